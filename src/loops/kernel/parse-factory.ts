/**
 * A kernel that captures values is a factory, `({ g }) => x => g * x`, and gets them as `env`. Whether it is one, and what to tell
 * people who meet this for the first time: with a name of theirs that the kernel cannot see.
 */
import type { Expression, Identifier, Node, Pattern } from 'acorn'
import { globals } from './builtins.ts'
import { habitHint } from './hints.ts'
import type { Frame, Parsed } from './parse-frame.ts'
import type { Variable } from './scope.ts'
import { placeOf, syntaxError } from './source.ts'

const isFunctionNode = (node: Node): boolean =>
  node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression'

/** Does the function give back a function, as its syntax shows? */
function isFactory({ node, scoping }: Parsed): boolean {
  const functions = new Set<Variable>()
  const gives = (e: Expression | null | undefined): boolean => {
    if (!e) return false
    if (isFunctionNode(e)) return true
    const variable = e.type === 'Identifier' ? scoping.uses.get(e) : undefined
    if (variable) return functions.has(variable)
    if (e.type === 'SequenceExpression') return gives(e.expressions.at(-1))
    // Not of a value of its own: a.map((x) => …).
    const [first] = e.type === 'CallExpression' && !isMethod(e.callee) ? e.arguments : []
    return first !== undefined && first.type !== 'SpreadElement' && isFunctionNode(first)
  }
  const isMethod = (callee: Node): boolean => {
    if (callee.type !== 'MemberExpression') return false
    const owner = Reflect.get(callee, 'object') as Node
    return owner.type === 'Identifier' ? scoping.uses.has(owner as Identifier) : isMethod(owner)
  }
  if (node.body.type !== 'BlockStatement') return gives(node.body)
  const add = (id: Pattern) => {
    const variable = id.type === 'Identifier' ? scoping.uses.get(id) : undefined
    if (variable) functions.add(variable)
  }
  for (const s of node.body.body) {
    if (s.type === 'FunctionDeclaration') add(s.id)
    if (s.type === 'VariableDeclaration') for (const d of s.declarations) if (gives(d.init)) add(d.id)
  }
  return node.body.body.some((s) => s.type === 'ReturnStatement' && gives(s.argument))
}

const keysOf = (pattern: Pattern | undefined): string[] =>
  pattern?.type === 'ObjectPattern'
    ? pattern.properties.flatMap((p) =>
        p.type === 'Property' && p.key.type === 'Identifier' ? [p.key.name] : [],
      )
    : []

/** A factory wants `env`, anything else does not. */
export function checkFactory(parsed: Parsed, captured: object | undefined): void {
  const at = placeOf(parsed, parsed.node)
  const factory = isFactory(parsed)
  if (captured && !factory) {
    syntaxError(
      at,
      '`env` is given, but the kernel is not a factory',
      `With env, write a function that takes it and gives back the kernel:\n\n  ${rewritten(parsed, Object.keys(captured))}`,
    )
  }
  if (!captured && factory) {
    const keys = keysOf(parsed.node.params[0])
    const example = keys.length > 0 ? `{ env: { ${keys.join(', ')} } }` : '{ env: { … } }'
    syntaxError(
      at,
      'the kernel is a factory (it gives back a function), but no `env` is given',
      `Give what it captures: ${example}. Without captured values write the inner function alone.`,
    )
  }
}

/** The user's own line, with `env`. */
function rewritten({ text }: Parsed, names: readonly string[]): string {
  const [line = '', ...more] = text.trim().split('\n')
  return `({ ${names.join(', ')} }) => ${line.trimEnd()}${more.length > 0 ? ' …' : ''}`
}

/** What to do about a name that nothing declares. */
export function freeHint(frame: Frame, name: string): string {
  const { parsed, build } = frame
  if (name === parsed.name)
    return 'A function that calls itself cannot be inlined: write the recursion as a loop.'
  const habit = habitHint(name)
  if (habit) return habit
  const why = 'Kernels are compiled from their source and cannot see the variables around them.'
  if (parsed !== build.main) {
    return `${why} \`${parsed.name}\` is captured, so only its own source is compiled: give it what it needs as an argument, or make it a jit function with an env of its own.`
  }
  if (build.factory)
    return `${why} Add \`${name}\` to env, and take it where the factory takes env: ({ …, ${name} }) => …`
  const names = parsed.scoping.free
    .map((id) => id.name)
    .filter((n) => !globals.has(n) && !n.startsWith('__') && n !== 'arguments')
  const list = [...new Set([name, ...names])]
  return `${why} Capture it with env:\n\n  ${rewritten(parsed, list)}\n\nand give the option { env: { ${list.join(', ')} } }.`
}
