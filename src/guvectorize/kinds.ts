/**
 * What the arguments of a function without signatures may be. Only a call tells; but most mistakes in a kernel are there whatever they
 * are, and are errors when it is defined: it is read for what the parameters may be, as its syntax shows.
 */
import type { Node } from 'acorn'
import { KernelSyntaxError } from '../errors.ts'
import { resolved } from '../loops/kernel/capture.ts'
import type { Definition } from '../loops/kernel/parse.ts'
import type { Variable } from '../loops/kernel/scope.ts'
import { sourceOf } from '../loops/kernel/source.ts'
import type { Options } from '../vectorize/options.ts'
import { kernelBrand } from '../vectorize/ufunc.ts'
import type { KernelFunction } from '../vectorize/vectorize.ts'
import type { Kind } from './dispatch.ts'

/** It takes any number of arguments. */
const anyFunction: CallableFunction = Math.hypot

const asFunction: readonly Kind[] = [anyFunction]
const asArray: readonly Kind[] = [1, 2, 3]
const asEither: readonly Kind[] = [0, 1, 2]
/** It is passed on to a function. */
const asAny: readonly Kind[] = [...asEither, anyFunction]

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string'

/** The nodes that stand at a property, or at all. */
function* children(node: Node): Generator<Node> {
  for (const value of Object.values(node) as unknown[])
    if (Array.isArray(value)) yield* value.filter(isNode)
    else if (isNode(value)) yield value
}

function visit(node: Node, see: (node: Node) => void): void {
  see(node)
  for (const child of children(node)) visit(child, see)
}

/** The candidates for each parameter of the kernel. */
export function parameters(
  kernel: KernelFunction | string,
  { env, name }: Options,
): readonly (readonly Kind[])[] {
  if (typeof kernel !== 'string' && kernelBrand in kernel) return []
  const { node, scoping } = resolved(sourceOf(kernel as CallableFunction, name))
  let inner: Node = node
  // With env the kernel is the function that the factory gives back.
  if (env !== undefined)
    visit(node.body, (n) => {
      if (inner === node && /^(ArrowFunction|Function)/.test(n.type)) inner = n
    })
  const called = new Set<Variable>()
  const indexed = new Set<Variable>()
  const passed = new Set<Variable>()
  const add = (to: Set<Variable>, n: unknown) => {
    const variable = isNode(n) && n.type === 'Identifier' ? scoping.uses.get(n as never) : undefined
    if (variable) to.add(variable)
  }
  visit(inner, (n) => {
    if (n.type === 'CallExpression') {
      add(called, Reflect.get(n, 'callee'))
      for (const arg of Reflect.get(n, 'arguments') as readonly unknown[]) add(passed, arg)
    }
    if (n.type === 'MemberExpression') add(indexed, Reflect.get(n, 'object'))
    if (n.type === 'ForOfStatement') add(indexed, Reflect.get(n, 'right'))
    const [to, from] = n.type === 'VariableDeclarator' ? ['id', 'init'] : ['left', 'right']
    if (Reflect.get(Reflect.get(n, to) ?? n, 'type') === 'ArrayPattern') add(indexed, Reflect.get(n, from))
  })
  const params = Reflect.get(inner, 'params') as readonly Node[]
  return params.map((param) => {
    const target = param.type === 'AssignmentPattern' ? (Reflect.get(param, 'left') as Node) : param
    const variable = scoping.uses.get(target as never)
    if (variable && called.has(variable)) return asFunction
    if (variable && indexed.has(variable)) return asArray
    return variable && passed.has(variable) ? asAny : asEither
  })
}

/** Every choice of one candidate each, those with few dimensions first. */
function combinations(candidates: readonly (readonly Kind[])[]): Kind[][] {
  const all = candidates.reduce<Kind[][]>(
    (before, own) =>
      before.length * own.length > 300
        ? before.map((b) => [...b, own[0] ?? 0])
        : before.flatMap((b) => own.map((kind) => [...b, kind])),
    [[]],
  )
  const total = (kinds: readonly Kind[]) =>
    kinds.reduce<number>((sum, kind) => sum + (typeof kind === 'number' ? kind : 0), 0)
  // A kernel of functions alone takes no arguments, which is said only where it cannot be otherwise.
  const ofValues = all.filter((kinds) => kinds.some((kind) => typeof kind === 'number'))
  return (ofValues.length > 0 ? ofValues : all).sort((a, b) => total(a) - total(b))
}

export type SyntaxProblem = InstanceType<typeof KernelSyntaxError>

/** What is wrong with a kernel as a whole shows when all of it has been read. */
const isOfKernel = ({ line, column }: SyntaxProblem): boolean => line === 1 && column === 1

const isLater = (a: SyntaxProblem, b: SyntaxProblem): boolean =>
  isOfKernel(a) !== isOfKernel(b) ? isOfKernel(a) : comesAfter(a, b)

const comesAfter = (a: SyntaxProblem, b: SyntaxProblem): boolean =>
  a.line > b.line || (a.line === b.line && a.column > b.column)

export interface Guess {
  readonly name: string
  readonly nin: number
  readonly required: number
  readonly definition: Definition
}

/**
 * The kernel, read for the first candidates that it makes sense for.
 * @throws KernelSyntaxError where there are none: the error that comes latest in the kernel; `problem`, where there are no candidates
 */
export function guess(
  candidates: readonly (readonly Kind[])[],
  read: (kinds: readonly Kind[]) => Definition,
  problem: SyntaxProblem,
): Guess {
  let latest: SyntaxProblem | undefined
  for (const kinds of combinations(candidates)) {
    try {
      const definition = read(kinds)
      const { name, required } = definition
      const functions = kinds.filter((kind) => typeof kind !== 'number').length
      return { name, nin: kinds.length, required: required + functions, definition }
    } catch (error) {
      if (!(error instanceof KernelSyntaxError)) throw error
      if (!latest || isLater(error, latest)) latest = error
    }
  }
  throw latest ?? problem
}
