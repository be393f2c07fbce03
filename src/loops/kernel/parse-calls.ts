/**
 * Calls. Whatever is called is inlined: local functions (which see the kernel's locals), captured ones, and functions of lanewise.
 * What bundlers, compilers and coverage tools wrap around functions is seen through here.
 */
import type { CallExpression, Expression, Identifier, NewExpression, Node, SpreadElement, Super } from 'acorn'
import { type Builtin, builtinRow, foldCall, globals } from './builtins.ts'
import { unsupported } from './hints.ts'
import { codeOfConstructor, makerNamed } from './makers.ts'
import { callMethod } from './parse-arrays.ts'
import { declarePattern, initialise, variableOf } from './parse-assign.ts'
import {
  type ArrayValue,
  asTree,
  type Build,
  type Compiled,
  checkSize,
  collect,
  constant,
  describe,
  type Exit,
  emit,
  explainMissing,
  type Frame,
  inOrder,
  isTree,
  newLabel,
  nothing,
  place,
  readLocal,
  type Static,
  spill,
  unsetLocal,
  type Value,
} from './parse-frame.ts'
import { callMaker, typedArrayOf } from './parse-make.ts'
import { type Place, syntaxError } from './source.ts'
import type { Choice, Tree } from './tree.ts'

/** istanbul's counters: `cov_1a2b().s[3]++`. They count and nothing else, so they are left out. */
export function isCounter(node: Node): boolean {
  let inner = node as Expression | Super
  if (inner.type === 'UpdateExpression') inner = inner.argument
  while (inner.type === 'MemberExpression') inner = inner.object
  return (
    inner.type === 'CallExpression' &&
    inner.callee.type === 'Identifier' &&
    /^cov_\w+$/.test(inner.callee.name)
  )
}

/** The name at the root of `name`, `name.a.b` or `(0, name.a)`, if nothing declares it. */
export function unknownRoot(frame: Frame, callee: Expression | Super): Identifier | undefined {
  switch (callee.type) {
    case 'Identifier':
      return variableOf(frame, callee) || globals.has(callee.name) ? undefined : callee
    case 'MemberExpression':
      return unknownRoot(frame, callee.object)
    case 'SequenceExpression': {
      const last = callee.expressions.at(-1)
      return last && unknownRoot(frame, last)
    }
    default:
      return undefined
  }
}

const lastName = (callee: Expression | Super): string => {
  if (callee.type === 'Identifier') return callee.name
  if (callee.type === 'MemberExpression' && callee.property.type === 'Identifier') return callee.property.name
  if (callee.type === 'SequenceExpression') return lastName(callee.expressions.at(-1) ?? callee)
  return ''
}

type Argument = Expression | SpreadElement

/** What compilers call the helper that takes tuples apart, or what minifiers make of that: any other name is a function of the user's. */
const takesApart = (name: string): boolean =>
  name.length <= 2 || /^_*(?:sliced_?to_?array|read)_?\d*$/i.test(name)

/** A helper that a compiler put around something, known by its shape, since minifiers rename it; undefined for anything else. */
function helperCall(frame: Frame, node: CallExpression, at: Place): Value | undefined {
  const [first, second] = node.arguments
  if (node.arguments.length !== 2 || !first || !second) return undefined
  if (first.type === 'SpreadElement' || second.type === 'SpreadElement') return undefined
  const { lower } = frame.build
  // __name(f, "f") of esbuild gives a function its name.
  if (second.type === 'Literal' && typeof second.value === 'string') return lower.value(frame, first)
  if (/^_*pow(?:er)?\d*$/.test(lastName(node.callee))) {
    return lower.call(
      frame,
      { kind: 'builtin', names: ['Math.pow'] },
      argumentsOf(frame, [first, second]),
      at,
      'Math.pow',
    )
  }
  // _slicedToArray(tuple, 2) of Babel and __read(tuple, 2) of TypeScript: what destructuring becomes.
  if (second.type === 'Literal' && typeof second.value === 'number' && takesApart(lastName(node.callee))) {
    const { steps, result } = collect(frame.build, () => lower.value(frame, first))
    if (result.kind === 'tuple' || result.kind === 'table' || result.kind === 'array') {
      frame.build.steps.push(...steps)
      return result
    }
  }
  return undefined
}

function argumentsOf(frame: Frame, args: readonly Argument[]): Value[] {
  const makers = args.map((arg) => () => {
    return frame.build.lower.value(frame, arg.type === 'SpreadElement' ? arg.argument : arg)
  })
  return inOrder(frame.build, makers).flatMap((value, k) => spread(frame, value, args[k]))
}

/** `zeros(n, { dtype: 'f4' })` is `zeros(n, 'f4')`. */
const dtypeAlone = (arg: Argument): Argument => {
  if (arg.type !== 'ObjectExpression') return arg
  const [only, ...more] = arg.properties
  const named =
    only?.type === 'Property' && !only.computed && only.key.type === 'Identifier' && only.key.name === 'dtype'
  return named && more.length === 0 ? only.value : arg
}

/** The elements of `...tuple`, or the value alone. */
export function spread(frame: Frame, value: Value, node: Node | null | undefined): readonly Value[] {
  if (node?.type !== 'SpreadElement') return [value]
  if (value.kind === 'tuple') return value.items
  return syntaxError(place(frame, node), `${describe(value)} cannot be spread`, 'Only tuples can.')
}

export function callExpression(frame: Frame, node: CallExpression): Value {
  if (isCounter(node)) return nothing
  const at = place(frame, node)
  const { lower } = frame.build
  const unknown = unknownRoot(frame, node.callee)
  if (unknown) {
    // Also what `import { zeros } from 'lanewise'` becomes in CommonJS: (0, lanewise.zeros)(n).
    const maker = makerNamed(lastName(node.callee))
    if (maker) return callMaker(frame, maker, argumentsOf(frame, node.arguments.map(dtypeAlone)), at)
    const helped = typedArrayCall(frame, node, at) ?? helperCall(frame, node, at)
    if (helped) return helped
    return lower.free(frame, unknown)
  }
  const callee = lower.value(frame, node.callee)
  const given = callee.kind === 'maker' ? node.arguments.map(dtypeAlone) : node.arguments
  return lower.call(frame, callee, argumentsOf(frame, given), at, lastName(node.callee))
}

/** `Float64Array.of(x, y)` and `Float64Array.from(a)`, where nothing declares that name. */
function typedArrayCall(
  frame: Frame,
  { callee, arguments: given }: CallExpression,
  at: Place,
): Value | undefined {
  if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return undefined
  const code = codeOfConstructor(callee.object.name)
  const method = lastName(callee)
  if (!code || (method !== 'of' && method !== 'from')) return undefined
  const args = argumentsOf(frame, given)
  const [from = nothing, ...more] = args
  if (method === 'of') return typedArrayOf(frame, code, { kind: 'tuple', items: args }, at)
  return isTree(from) || more.length > 0 ? undefined : typedArrayOf(frame, code, from, at)
}

/** `new Float64Array(n)`: zeros. */
export function newExpression(frame: Frame, node: NewExpression): Value {
  const at = place(frame, node)
  const { callee } = node
  const free = callee.type === 'Identifier' && !variableOf(frame, callee) ? callee.name : ''
  const code = codeOfConstructor(free)
  const [size, ...more] = argumentsOf(frame, node.arguments)
  const made = code && size && more.length === 0 ? typedArrayOf(frame, code, size, at) : undefined
  if (made) return made
  const [what = '', hint] = unsupported.NewExpression ?? []
  return syntaxError(at, `${what} is not part of the kernel language`, hint)
}

/** A call of whatever the callee turned out to be. */
export function call(frame: Frame, callee: Value, args: readonly Value[], at: Place, name: string): Value {
  switch (callee.kind) {
    case 'function':
      return inline(frame, callee, args, at)
    case 'builtin':
      return callBuiltins(frame, callee.names, args, at)
    case 'compiled':
      return callCompiled(frame, callee, args, at)
    case 'method':
      return callMethod(frame, callee, args, at)
    case 'maker':
      return callMaker(frame, callee.name, args, at)
    default:
      explainMissing(callee, at)
      return syntaxError(at, `${name ? `\`${name}\`` : 'this'} is ${describe(callee)}, not a function`)
  }
}

type FunctionValue = Extract<Static, { kind: 'function' }>

/** How a function's parameters get their values. */
type Pass = (frame: Frame) => void

const newExit = (build: Build): Exit => ({
  label: newLabel(build),
  used: false,
  results: undefined,
  tuple: false,
  value: undefined,
})

const passTo =
  (args: readonly Value[]): Pass =>
  (frame) =>
    frame.node.params.forEach((pattern, k) => {
      const rest: Value = { kind: 'tuple', items: args.slice(k) }
      if (pattern.type === 'RestElement') declarePattern(frame, pattern.argument, rest)
      else declarePattern(frame, pattern, args[k] ?? nothing)
    })

/** The body of the function, here. `caller` is undefined for the kernel itself. */
export function inline(
  around: Pick<Frame, 'build' | 'stack'>,
  { parsed, node, frame: outer }: FunctionValue,
  args: readonly Value[],
  at: Place | undefined,
  pass: Pass = passTo(args),
): Value {
  const { build } = around
  const caller = outer ? outer.caller : at
  const frame: Frame = {
    build,
    parsed,
    node,
    caller,
    outer,
    stack: [...around.stack, node],
    bindings: new Map(),
    targets: [],
    exit: newExit(build),
    args,
  }
  const start = place(frame, node)
  if (at && around.stack.includes(node)) {
    syntaxError(at, 'a function that calls itself cannot be inlined', 'Write the recursion as a loop.')
  }
  if (node.async || node.generator) {
    syntaxError(start, `a kernel cannot call ${node.async ? 'an async function' : 'a generator'}`)
  }
  build.size++
  checkSize(frame, at ?? start)
  const self = node.type === 'FunctionExpression' && node.id ? variableOf(frame, node.id) : undefined
  if (self) initialise(frame, self, { kind: 'function', parsed, node, frame: outer }, start)
  for (const variable of parsed.scoping.vars.get(node) ?? []) {
    frame.bindings.set(variable, { kind: 'local', local: unsetLocal(build, variable.name, start) })
  }
  pass(frame)
  if (node.body.type !== 'BlockStatement') return build.lower.value(frame, node.body)
  const { body } = node.body
  const { steps, result: ends } = collect(build, () => build.lower.statements(frame, body, 'last'))
  const { exit } = frame
  if (exit.used) emit(build, { kind: 'block', label: exit.label, body: steps })
  else build.steps.push(...steps)
  if (exit.value) return exit.value
  const results = exit.results?.map((held) =>
    typeof held === 'number' ? readLocal(held, at ?? start) : held,
  )
  if (!results) return nothing
  if (ends) {
    const hint = 'Add a return at the end: an element must have a value in every case.'
    syntaxError(start, 'not every path through this function returns a value', hint)
  }
  const [single = nothing] = results
  return exit.tuple ? { kind: 'tuple', items: results } : single
}

/** One result, or a tuple of what each of them gives. */
function callBuiltins(frame: Frame, names: readonly Builtin[], values: readonly Value[], at: Place): Value {
  const [only] = names
  if (only && names.length === 1) return callBuiltin(only, values, at)
  const args = values.map((v) => spill(frame.build, asTree(v, at)))
  return { kind: 'tuple', items: names.map((name) => callBuiltin(name, args, at)) }
}

function callBuiltin(name: Builtin, values: readonly Value[], at: Place): Value {
  const { arity, variadic } = builtinRow(name)
  const given = variadic ? values : values.slice(0, arity)
  if (given.length < arity) {
    const needs = arity === 1 ? 'one argument' : `${arity} arguments`
    return syntaxError(at, `${name} needs ${needs}, not ${values.length}`)
  }
  const args = given.map((v) => asTree(v, at))
  const constants = args.flatMap((a) => (a.kind === 'constant' ? [a.value] : []))
  if (constants.length === args.length) {
    const folded = foldCall(name, constants)
    if (folded !== undefined) return constant(folded, at)
    const [only] = constants
    if (name === 'BigInt' && Number.isSafeInteger(only)) return constant(BigInt(Number(only)), at)
  }
  const [left, right] = args
  // One form for both spellings of a power.
  if (name === 'Math.pow' && left && right) return { kind: 'binary', operator: '**', left, right, at }
  return { kind: 'call', name, args, at }
}

/** A function of lanewise with signatures: arguments and results have the types of the one that is chosen. */
function callCompiled(frame: Frame, fn: Compiled, values: readonly Value[], at: Place): Value {
  const target = fn.enter(frame, at)
  if (target.kind !== 'function')
    return syntaxError(at, `\`${fn.name}\` is ${describe(target)}, not a function`)
  if (fn.signatures.length === 0) return inline(frame, target, values, at)
  const args = values.map((v) => (v.kind === 'array' ? v : spill(frame.build, asTree(v, at))))
  if (fn.signatures.every((s) => s.inputs.length !== args.length)) {
    const known = [...new Set(fn.signatures.map((s) => s.inputs.length))].join(' or ')
    return syntaxError(at, `\`${fn.name}\` takes ${known} arguments, not ${args.length}`)
  }
  // An element stands for the dtype of its array, which is passed as it is.
  const typing = args.map((arg) => (arg.kind === 'array' ? anElement(arg, at) : arg))
  const choice: Choice = { name: fn.name, signatures: fn.signatures, args: typing }
  const coerce =
    (side: 'inputs' | 'outputs') =>
    (arg: Value, slot: number): Value =>
      isTree(arg) ? ({ kind: 'coerce', choice, side, slot, arg, at } satisfies Tree) : arg
  const result = inline(frame, target, args.map(coerce('inputs')), at)
  return result.kind === 'tuple'
    ? { ...result, items: result.items.map(coerce('outputs')) }
    : coerce('outputs')(result, 0)
}

const anElement = ({ view, rank }: ArrayValue, at: Place): Tree => ({
  kind: 'item',
  view,
  indices: Array.from({ length: rank }, () => constant(0, at)),
  at,
})
