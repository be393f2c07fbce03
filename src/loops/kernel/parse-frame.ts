/**
 * What lowering works with: the program that is being built, the frame of each function that is inlined into it, and the values that
 * expressions have while types are unknown: trees, and things that exist only at compile time (functions, tables, tuples …).
 */

import type { Expression, Identifier, Node, Statement, Super } from 'acorn'
import type { TypedArray } from '../../dtype.ts'
import type { Builtin } from './builtins.ts'
import type { Maker } from './makers.ts'
import type { AnyFunctionNode, Scoping, Variable } from './scope.ts'
import { type Place, placeOf, type Source, syntaxError } from './source.ts'
import {
  type Constant,
  type Made,
  readsAny,
  type Signature,
  type Step,
  type Table,
  type Tree,
  type View,
  type Written,
  written,
} from './tree.ts'

/** A source whose names are resolved. */
export interface Parsed extends Source {
  readonly scoping: Scoping
}

/** A function of lanewise. */
export interface Compiled {
  readonly name: string
  /** By these its arguments and results are converted; without any it takes what it is given. */
  readonly signatures: readonly Signature[]
  /** The function itself, once its own `env` is filled in. */
  readonly enter: (frame: Frame, at: Place) => Value
}

export interface Missing {
  readonly message: string
  readonly hint: string | undefined
}

/** Known at compile time only: none of these can be stored in an array, or chosen between at run time. */
export type Static =
  /** `missing` tells what it is that was looked for and is not there. */
  | { readonly kind: 'undefined'; readonly missing?: Missing }
  | { readonly kind: 'tuple'; readonly items: readonly Value[] }
  | {
      readonly kind: 'function'
      readonly parsed: Parsed
      readonly node: AnyFunctionNode
      /** Where it stands; a captured function stands nowhere. */
      readonly frame: Frame | undefined
    }
  | { readonly kind: 'builtin'; readonly names: readonly Builtin[] }
  | ({ readonly kind: 'compiled' } & Compiled)
  | { readonly kind: 'table'; readonly table: number; readonly name: string; readonly length: number }
  /** An array parameter, or a row of one: its first indices are fixed. */
  | {
      readonly kind: 'array'
      readonly view: number
      readonly name: string
      readonly rank: number
      readonly indices: readonly Tree[]
    }
  | {
      readonly kind: 'method'
      readonly name: 'get' | 'set'
      readonly array: Extract<Static, { kind: 'array' }>
    }
  | { readonly kind: 'object'; readonly name: string; readonly value: object }
  /** A function that makes arrays. */
  | { readonly kind: 'maker'; readonly name: Maker }
  | { readonly kind: 'prange' }
  | { readonly kind: 'string'; readonly text: string }

export type ArrayValue = Extract<Static, { kind: 'array' }>

export type Value = Tree | Static

export type Binding =
  | { readonly kind: 'local'; readonly local: number }
  | { readonly kind: 'value'; readonly value: Value }

/** Something that can be assigned to. */
export interface Reference {
  readonly read: () => Value
  /** Gives the value of the assignment. */
  readonly write: (value: Value) => Value
}

/** Where `break` and `continue` go. */
export interface Target {
  readonly kind: 'loop' | 'switch' | 'block'
  readonly label: number
  readonly names: readonly string[]
  used: boolean
}

/** How a function that is being inlined is left. */
export interface Exit {
  readonly label: number
  used: boolean
  /** The locals that take the result, or the arrays that are it, once a first `return` has shown how many there are. */
  results: readonly (number | ArrayValue)[] | undefined
  /** Is the result a tuple? */
  tuple: boolean
  /** The result of a function that ends in its only `return`. */
  value: Value | undefined
}

export interface Frame {
  readonly build: Build
  readonly parsed: Parsed
  readonly node: AnyFunctionNode
  /** Where it was called, unless it is the kernel itself or stands in its text. */
  readonly caller: Place | undefined
  /** The function around it in the source. */
  readonly outer: Frame | undefined
  /** The functions that are being inlined, this one last. */
  readonly stack: readonly AnyFunctionNode[]
  readonly bindings: Map<Variable, Binding>
  readonly targets: Target[]
  readonly exit: Exit
  /** The arguments as they were passed, for `arguments[1]`. */
  readonly args: readonly Value[]
}

/**
 * Where a statement stands in its function. `last`: nothing comes after it, and it runs whenever the function does. `tail`: nothing
 * comes after it, so a return needs no jump.
 */
export type Position = 'inside' | 'tail' | 'last'

/** The position of what stands in a branch. */
export const within = (position: Position): Position => (position === 'last' ? 'tail' : position)

/** The ways into the parts of lowering, tied together in parse.ts: expressions call functions, functions hold expressions. */
export interface Lower {
  readonly value: (frame: Frame, node: Expression | Super) => Value
  readonly effect: (frame: Frame, node: Expression) => void
  readonly test: (frame: Frame, node: Expression) => Tree
  readonly call: (frame: Frame, callee: Value, args: readonly Value[], at: Place, name: string) => Value
  /** Does the end of the statements remain reachable? */
  readonly statements: (frame: Frame, body: readonly Statement[], position: Position) => boolean
  /** A name that nothing declares. */
  readonly free: (frame: Frame, id: Identifier) => Value
}

/**
 * A kernel that is called for each element of loop dimensions has parameters for its outputs, or returns numbers. One that is called
 * once may return nothing, numbers, and arrays that it makes.
 */
export type Gives = 'written' | 'returned' | 'once'

export interface Build {
  readonly lower: Lower
  /** What a value is that calls itself a function of lanewise. */
  readonly compiled: (value: unknown) => Compiled | undefined
  /** The kernel's own source, and whether it is a factory: for hints. */
  readonly main: Parsed
  readonly factory: boolean
  readonly locals: string[]
  readonly tables: Table[]
  /** Array parameters, then the arrays that the kernel makes; `stored` once something is written to them. */
  readonly views: { -readonly [K in keyof View]: View[K] }[]
  readonly made: Made[]
  /** How a kernel of arrays gives its results; undefined for a kernel of scalars. */
  gives: Gives | undefined
  /** What a call knows when it begins: parameters that are numbers, and locals that are computed from them once. */
  readonly entry: Map<number, Tree>
  /** The plain arrays among them, and the typed ones made of them. */
  readonly copies: Map<object, TypedArray>
  /** Where steps go at the moment. */
  steps: Step[]
  labels: number
  /** How many branches and loops stand around. */
  depth: number
  size: number
  /** Locals that may be undefined here: declared without a value, at this depth, and not set since on every path. */
  readonly unset: Map<number, number>
  /** Locals that take the results of functions: nothing else sets them. */
  readonly results: Set<number>
}

const maxSize = 20_000

export const place = (frame: Frame, node: Node): Place => placeOf(frame.parsed, node, frame.caller)

export function emit(build: Build, step: Step): void {
  build.size++
  build.steps.push(step)
}

export function newLocal(build: Build, name: string): number {
  build.locals.push(name)
  return build.locals.length - 1
}

export const newLabel = (build: Build): number => build.labels++

/** A local that is undefined until it is set. */
export function unsetLocal(build: Build, name: string, at: Place): number {
  const local = newLocal(build, name)
  build.unset.set(local, build.depth)
  emit(build, { kind: 'declare', local, at })
  return local
}

/** The local has a value from here on; within a branch it has one only there. */
export function nowSet({ unset, depth }: Build, local: number): void {
  if (depth <= (unset.get(local) ?? -1)) unset.delete(local)
}

/** Is the value undefined? An error where only the running kernel could tell. */
export function isUndefined(build: Build, value: Value, at: Place): boolean {
  if (value.kind !== 'local' || !build.unset.has(value.local)) return value.kind === 'undefined'
  return syntaxError(
    at,
    `whether \`${build.locals[value.local]}\` is undefined is known only when the kernel runs`,
    'Declare the variable with a number, and test for that number.',
  )
}

export function checkSize({ build }: Frame, at: Place): void {
  if (build.size < maxSize) return
  syntaxError(
    at,
    `the kernel grows beyond ${maxSize} steps once its functions are inlined`,
    'Write a loop instead.',
  )
}

/** What `make` emits, kept apart. */
export function collect<T>(build: Build, make: () => T): { readonly steps: Step[]; readonly result: T } {
  const before = build.steps
  const steps: Step[] = []
  build.steps = steps
  try {
    return { steps, result: make() }
  } finally {
    build.steps = before
  }
}

/** What `make` emits, where it runs not always, or more than once. */
export function branch<T>(build: Build, make: () => T): { readonly steps: Step[]; readonly result: T } {
  build.depth++
  const made = collect(build, make)
  build.depth--
  return made
}

const statics: ReadonlySet<string> = new Set<Static['kind']>([
  'undefined',
  'tuple',
  'function',
  'builtin',
  'compiled',
  'table',
  'array',
  'method',
  'object',
  'maker',
  'prange',
  'string',
])
export const isTree = (value: Value): value is Tree => !statics.has(value.kind)

export const constant = (value: Constant, at: Place): Tree => ({ kind: 'constant', value, at })
export const readLocal = (id: number, at: Place): Tree => ({ kind: 'local', local: id, at })
export const nothing: Value = { kind: 'undefined' }

/** The tree held in a local, so that later steps do not change it and using it twice costs nothing. */
export function spill(build: Build, tree: Tree, name = 't'): Tree {
  if (tree.kind === 'constant') return tree
  const id = newLocal(build, name)
  emit(build, { kind: 'set', local: id, value: tree })
  return readLocal(id, tree.at)
}

function protect(build: Build, value: Value, changed: Written): Value {
  const safe = (tree: Tree): Tree => (readsAny(tree, changed) ? spill(build, tree) : tree)
  if (value.kind === 'array') return { ...value, indices: value.indices.map(safe) }
  if (value.kind === 'tuple') return { ...value, items: value.items.map((v) => protect(build, v, changed)) }
  return isTree(value) ? safe(value) : value
}

/** Values in JavaScript's order of evaluation: one that a later one changes is put aside first. */
export function inOrder(build: Build, makers: readonly (() => Value)[]): Value[] {
  const parts = makers.map((make) => collect(build, make))
  return parts.map(({ steps, result }, k) => {
    build.steps.push(...steps)
    const later = parts.slice(k + 1).flatMap((part) => part.steps)
    return later.length > 0 ? protect(build, result, written(later)) : result
  })
}

const words: Record<Static['kind'], string> = {
  undefined: 'undefined',
  tuple: 'a tuple',
  function: 'a function',
  builtin: 'a function',
  compiled: 'a function',
  table: 'an array',
  array: 'an array',
  method: 'a function',
  object: 'an object',
  maker: 'a function',
  prange: 'a function',
  string: 'a string',
}

export const describe = (value: Value): string => (isTree(value) ? 'a number' : words[value.kind])

const wordHints: Partial<Record<Static['kind'], string>> = {
  undefined: 'Give it a value first; a function must return one on every path.',
  tuple: 'Take it apart first: const [q, r] = f(x, y).',
  function: 'Functions can only be called in a kernel.',
  builtin: 'Functions can only be called in a kernel.',
  compiled: 'Functions can only be called in a kernel.',
  table: 'Take an element of it: table[i].',
  array: 'Take an element of it: a[i], or a[i][j] of one with two dimensions.',
  method: 'Call it: a.get(i, j), a.set(i, j, value).',
  maker: 'Call it: zeros(n), emptyLike(a).',
  prange: 'Loop over it: for (const i of prange(n)).',
  object: 'Kernels compute with numbers; take a number from it: object.key.',
  string: 'Kernels compute with numbers.',
}

/** Something that was looked for is not there: that is the error, wherever it shows. */
export function explainMissing(value: Value, at: Place): void {
  if (value.kind === 'undefined' && value.missing) syntaxError(at, value.missing.message, value.missing.hint)
}

/** The value as a number. */
export function asTree(value: Value, at: Place): Tree {
  if (isTree(value)) return value
  explainMissing(value, at)
  return syntaxError(at, `${words[value.kind]} stands where a number is needed`, wordHints[value.kind])
}
