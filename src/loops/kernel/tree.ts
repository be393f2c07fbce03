/**
 * The untyped tree: a kernel with JavaScript's syntax gone but its types still open. Names are resolved to locals, calls are inlined,
 * and whatever has an effect is a step of its own, in JavaScript's order of evaluation; expressions are pure.
 */
import type { Code, TypedArray } from '../../dtype.ts'
import type { Builtin } from './builtins.ts'
import type { Prange as TypedPrange } from './ir.ts'
import type { Place } from './source.ts'

export type Constant = number | bigint | boolean

export type UnaryOperator = '-' | '+' | '~' | '!'
export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '**'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '<<'
  | '>>'
  | '>>>'
  | '&'
  | '|'
  | '^'

/** The signatures of a lanewise function that is called, and the arguments by whose types one of them is chosen. */
export interface Choice {
  readonly name: string
  readonly signatures: readonly Signature[]
  readonly args: readonly Tree[]
}
export interface Signature {
  readonly inputs: readonly Code[]
  readonly outputs: readonly Code[]
}

export type Tree =
  | { readonly kind: 'constant'; readonly value: Constant; readonly at: Place }
  | { readonly kind: 'local'; readonly local: number; readonly at: Place }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly arg: Tree; readonly at: Place }
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: Tree
      readonly right: Tree
      readonly at: Place
    }
  /** Of two truth values. */
  | {
      readonly kind: 'logical'
      readonly operator: '&&' | '||'
      readonly left: Tree
      readonly right: Tree
      readonly at: Place
    }
  | {
      readonly kind: 'conditional'
      readonly test: Tree
      readonly then: Tree
      readonly else: Tree
      readonly at: Place
    }
  | { readonly kind: 'call'; readonly name: Builtin; readonly args: readonly Tree[]; readonly at: Place }
  | {
      readonly kind: 'element'
      readonly table: number
      readonly length: number
      readonly index: Tree
      readonly at: Place
    }
  /** An element of an array parameter. */
  | { readonly kind: 'item'; readonly view: number; readonly indices: readonly Tree[]; readonly at: Place }
  /** The size of an array parameter along an axis. */
  | { readonly kind: 'size'; readonly view: number; readonly axis: number; readonly at: Place }
  /** The argument or result number `slot` of a call by signature, converted to the type that the chosen signature gives it. */
  | {
      readonly kind: 'coerce'
      readonly choice: Choice
      readonly side: 'inputs' | 'outputs'
      readonly slot: number
      readonly arg: Tree
      readonly at: Place
    }

export type Step =
  | { readonly kind: 'set'; readonly local: number; readonly value: Tree }
  /** Writes an element of an array parameter. */
  | {
      readonly kind: 'store'
      readonly view: number
      readonly indices: readonly Tree[]
      readonly value: Tree
      readonly at: Place
    }
  /** An array that the kernel makes gets its sizes: those of `program.made[made]`, as far as they are not known at entry. */
  | { readonly kind: 'make'; readonly made: number; readonly sizes: readonly Tree[] }
  /** From here on the local is `undefined`, until it is set. */
  | { readonly kind: 'declare'; readonly local: number; readonly at: Place }
  | {
      readonly kind: 'if'
      readonly test: Tree
      readonly then: readonly Step[]
      readonly else: readonly Step[]
    }
  /** As in the IR. */
  | {
      readonly kind: 'loop'
      readonly label: number
      readonly body: readonly Step[]
      readonly update: readonly Step[]
      readonly at: Place
      readonly prange?: Prange
    }
  | { readonly kind: 'block'; readonly label: number; readonly body: readonly Step[] }
  | { readonly kind: 'break'; readonly label: number }
  | { readonly kind: 'continue'; readonly label: number }

/** As in the IR, with locals and a bound of the tree. */
export type Prange = Omit<TypedPrange, 'to'> & { readonly to: Tree }

export interface Table {
  readonly name: string
  readonly data: TypedArray
  /** A plain array of numbers: its elements are weak, as captured numbers are. */
  readonly weak: boolean
}

/** An array parameter, or an array that the kernel makes. */
export interface View {
  readonly name: string
  /** Which parameter it is; beyond the parameters come results, then what else the kernel makes. */
  readonly operand: number
  readonly rank: number
  readonly stored: boolean
}

/** An array that the kernel makes. */
export interface Made {
  readonly view: number
  /** One an axis. */
  readonly sizes: readonly Tree[]
  /** Are they made of parameters and their sizes alone? */
  readonly known: boolean
  /** Its dtype, or the view whose dtype it has; neither: that of what is stored to it. */
  readonly code: Code | null
  readonly like: number | null
}

export interface Program {
  /** The names of the locals. */
  readonly locals: readonly string[]
  /** The locals that hold the operands. */
  readonly params: readonly number[]
  readonly body: readonly Step[]
  /** The locals that hold the results; nothing reads them. */
  readonly outs: readonly number[]
  /** Where the kernel makes arrays, results are views: arrays it made, and numbers stored to arrays of one element. */
  readonly results: readonly number[]
  readonly made: readonly Made[]
  readonly tables: readonly Table[]
  readonly views: readonly View[]
}

/** The direct parts of a tree. */
export function branches(tree: Tree): readonly Tree[] {
  switch (tree.kind) {
    case 'constant':
    case 'local':
    case 'size':
      return []
    case 'unary':
    case 'coerce':
      return [tree.arg]
    case 'binary':
    case 'logical':
      return [tree.left, tree.right]
    case 'conditional':
      return [tree.test, tree.then, tree.else]
    case 'call':
      return tree.args
    case 'element':
      return [tree.index]
    case 'item':
      return tree.indices
  }
}

/** The same tree with other parts. */
export function withBranches(tree: Tree, next: readonly Tree[]): Tree {
  const [a, b, c] = next
  switch (tree.kind) {
    case 'constant':
    case 'local':
    case 'size':
      return tree
    case 'unary':
    case 'coerce':
      return a ? { ...tree, arg: a } : tree
    case 'binary':
    case 'logical':
      return a && b ? { ...tree, left: a, right: b } : tree
    case 'conditional':
      return a && b && c ? { ...tree, test: a, then: b, else: c } : tree
    case 'call':
      return { ...tree, args: next }
    case 'element':
      return a ? { ...tree, index: a } : tree
    case 'item':
      return { ...tree, indices: next }
  }
}

const some = (tree: Tree, holds: (tree: Tree) => boolean): boolean =>
  holds(tree) || branches(tree).some((part) => some(part, holds))

/** Does evaluating it read something that was written? */
export const readsAny = (tree: Tree, { locals, views }: Written): boolean =>
  some(tree, (t) => (t.kind === 'local' && locals.has(t.local)) || (t.kind === 'item' && views.has(t.view)))

/** Can evaluating it fail? Then it must not be evaluated where JavaScript would not. */
export const canFail = (tree: Tree): boolean =>
  some(tree, (t) => t.kind === 'item' || (t.kind === 'element' && !isWithin(t)))

const isWithin = ({ index, length }: Extract<Tree, { kind: 'element' }>): boolean =>
  index.kind === 'constant' &&
  Number.isInteger(index.value) &&
  Number(index.value) >= 0 &&
  Number(index.value) < length

/** Is it `true` or `false` whatever the types are? */
export function isTruth(tree: Tree): boolean {
  switch (tree.kind) {
    case 'constant':
      return typeof tree.value === 'boolean'
    case 'unary':
      return tree.operator === '!'
    case 'binary':
      return ['==', '!=', '<', '<=', '>', '>='].includes(tree.operator)
    case 'logical':
      return true
    case 'conditional':
      return isTruth(tree.then) && isTruth(tree.else)
    case 'call':
      return tree.name === 'Boolean' || /^(?:Number\.)?is[A-Z]/.test(tree.name)
    case 'local':
    case 'element':
    case 'item':
    case 'size':
    case 'coerce':
      return false
  }
}

/** The lists of steps within a step. */
export function inner(step: Step): readonly (readonly Step[])[] {
  switch (step.kind) {
    case 'if':
      return [step.then, step.else]
    case 'loop':
      return [step.body, step.update]
    case 'block':
      return [step.body]
    case 'set':
    case 'store':
    case 'make':
    case 'declare':
    case 'break':
    case 'continue':
      return []
  }
}

/** Locals that are set, and array parameters that are stored to. */
export interface Written {
  readonly locals: Set<number>
  readonly views: Set<number>
}

/** What these steps write, added to `found`. */
export function written(
  steps: readonly Step[],
  found: Written = { locals: new Set(), views: new Set() },
): Written {
  for (const step of steps) {
    if (step.kind === 'set') found.locals.add(step.local)
    if (step.kind === 'store') found.views.add(step.view)
    for (const list of inner(step)) written(list, found)
  }
  return found
}
