/**
 * The typed IR: what a kernel means, as plain data. Expressions are pure; everything with an effect is a statement.
 *
 * Types are dtype codes. The kernel language's `int` (an exact integer) is `i8` here: "exact, as if in 64 bits". Integers wrap to
 * their type, f4 rounds to f4, b1 is a boolean. Operands of an op have one type; `cast` is the only conversion.
 * Passes take a kernel and return a kernel; the interpreter gives each of them the same meaning.
 */
import type { Code, TypedArray } from '../../dtype.ts'
import { type Op, opRow } from './ops.ts'

/** A place in the kernel's source, counted from 1. */
export interface Pos {
  readonly line: number
  readonly column: number
}

/** Something to say about a place. */
export interface Remark extends Pos {
  readonly reason: string
}

/** The flags of `fastmath`, which mean what LLVM's mean. */
export type Fastmath = 'nnan' | 'ninf' | 'nsz' | 'arcp' | 'contract' | 'afn' | 'reassoc'

export type Value = number | bigint | boolean

export type Expr =
  | { readonly kind: 'const'; readonly type: Code; readonly value: Value }
  | { readonly kind: 'local'; readonly type: Code; readonly local: number }
  /** The element of input operand `operand`; `type` is its dtype in memory. */
  | { readonly kind: 'input'; readonly type: Code; readonly operand: number }
  | {
      readonly kind: 'op'
      readonly type: Code
      readonly op: Op
      readonly args: readonly Expr[]
      readonly at?: Pos
    }
  /** A typed-array store: truncate, wrap modulo 2^n, NaN and infinities give 0; to b1: x is not 0 (NaN is true). */
  | { readonly kind: 'cast'; readonly type: Code; readonly arg: Expr }
  /** The same bits as a type of the same size: f8 with i8 and u8, f4 with i4 and u4. Of a NaN only that it is one is known. */
  | { readonly kind: 'bits'; readonly type: Code; readonly arg: Expr }
  /** Both sides may be evaluated: expressions are pure. */
  | {
      readonly kind: 'select'
      readonly type: Code
      readonly cond: Expr
      readonly then: Expr
      readonly else: Expr
    }
  /** An element of `kernel.arrays[array]`; `index` is i8. Outside the array it is the failed check `check`. */
  | {
      readonly kind: 'load'
      readonly type: Code
      readonly array: number
      readonly index: Expr
      readonly check: number
      readonly inside?: readonly Inside[]
    }
  /** An element of array operand `kernel.core.views[view]`; indices are i8, one an axis. Axis k fails as check `check + k`. */
  | {
      readonly kind: 'element'
      readonly type: Code
      readonly view: number
      readonly indices: readonly Expr[]
      readonly check: number
      readonly inside?: readonly Inside[]
    }
  /** The size of an axis of an array operand, an i4: each call has its own. */
  | { readonly kind: 'size'; readonly type: Code; readonly view: number; readonly axis: number }

export type Stmt =
  | { readonly kind: 'set'; readonly local: number; readonly value: Expr }
  /** Writes an element of an array operand; `value` has its type. Indices are checked first, as those of an element are. */
  | Store
  | {
      readonly kind: 'if'
      readonly cond: Expr
      readonly then: readonly Stmt[]
      readonly else: readonly Stmt[]
      /** Hardly any element takes it: it is skipped, however short it is, where none does. */
      readonly rare?: true
    }
  /** For ever: `body`, then `update`. `continue label` goes to `update`, `break label` leaves. */
  | {
      readonly kind: 'loop'
      readonly label: number
      readonly body: readonly Stmt[]
      readonly update: readonly Stmt[]
      readonly at?: Pos
      /** A counted loop whose rounds may run side by side, on lanes: see `kernel/parallel.ts`. */
      readonly lanes?: boolean
      /** A loop over prange, until `kernel/chunks.ts` has said what its sums mean. */
      readonly prange?: Prange
    }
  /** `break label` leaves it. An early return leaves the outermost block. */
  | { readonly kind: 'block'; readonly label: number; readonly body: readonly Stmt[] }
  | { readonly kind: 'break'; readonly label: number }
  | { readonly kind: 'continue'; readonly label: number }

/** The operations by which rounds of a loop join to one local. */
export type Join = 'add' | 'mul' | 'and' | 'or' | 'xor' | 'min' | 'max'

/** The counter goes from what it holds before the loop to before `to`; iterations need nothing of each other but `joins`. */
export interface Prange {
  readonly counter: number
  readonly to: Expr
  readonly step: number
  readonly joins: readonly { readonly local: number; readonly join: Join }[]
  /** Views that are made anew in every iteration. */
  readonly own: readonly number[]
}

export interface Store {
  readonly kind: 'store'
  readonly view: number
  readonly indices: readonly Expr[]
  readonly value: Expr
  readonly check: number
  readonly inside?: readonly Inside[]
}

/**
 * What is known of an index, axis by axis (left out: nothing, so that it is checked). `reached`: it is inside whenever the kernel
 * comes to it. `always`: it is inside in every round of the counted loops around it, also in those that do not come to it.
 */
export type Inside = 'checked' | 'reached' | 'always'

export interface Local {
  readonly type: Code
  /** For people: the name in the source, or a made-up one. */
  readonly name: string
}

/** A captured typed array: read only. Its elements are not part of the code. */
export interface ArraySlot {
  readonly name: string
  readonly type: Code
  readonly length: number
}

/** What a non-zero return of the loop means: `checks[code - 1]`. */
export interface Check {
  readonly at: Pos
  readonly array: string
  /** Which of several indices it checks. */
  readonly axis?: number
}

/** An array operand. Where it lies, its sizes and its steps are known when it is called. */
export interface ViewSlot {
  readonly name: string
  /** Which operand it is, inputs first. */
  readonly operand: number
  readonly type: Code
  /** For each axis the number of its core size; -1 for an axis of size 1, as operands without core dimensions have. */
  readonly dims: readonly number[]
  /** Does the kernel write to it? Loads of others stay what they are. */
  readonly stored: boolean
  /** Its elements lie side by side, in the order of C or of Fortran: the step of its last or first axis is the element's size. */
  readonly contiguous: 'C' | 'F' | null
}

/** What makes a kernel one of arrays: it is called with its operands' cores, not with elements. */
export interface Core {
  /** How many core sizes a call has. */
  readonly sizes: number
  readonly views: readonly ViewSlot[]
}

/** The contents of an array operand in one call: element [i, j] is `data[offset + i * stride[0] + j * stride[1]]`. */
export interface ArrayValue {
  readonly data: TypedArray
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  readonly offset: number
}

export interface Kernel {
  readonly name: string
  /** The text that positions point into. */
  readonly source: string
  /** Locals 0 … nin-1 are the parameters: their types are the signature's. All others start at 0 (false). */
  readonly locals: readonly Local[]
  readonly nin: number
  /** The locals that hold the results when the body has ended; their types are the signature's results. */
  readonly outs: readonly number[]
  readonly arrays: readonly ArraySlot[]
  readonly checks: readonly Check[]
  /** Absent in a kernel of scalars. With it, an array operand has no local that means anything, and `outs` may be empty. */
  readonly core?: Core
  /** What passes have done to it that its meaning allows by leave of an option: `explain()` shows them. */
  readonly notes?: readonly Remark[]
  /** Sums of floats may be added up in any order: `fastmath: ['reassoc']`. */
  readonly reassoc?: true
  readonly body: readonly Stmt[]
}

/** The contents of `kernel.arrays`, in order: they travel beside the kernel. */
export type Tables = readonly TypedArray[]

// Builders

export const constant = (type: Code, value: Value): Expr => ({ kind: 'const', type, value })
export const local = (type: Code, id: number): Expr => ({ kind: 'local', type, local: id })
export const cast = (type: Code, arg: Expr): Expr => (arg.type === type ? arg : { kind: 'cast', type, arg })
export const bits = (type: Code, arg: Expr): Expr => (arg.type === type ? arg : { kind: 'bits', type, arg })
export const select = (cond: Expr, then: Expr, otherwise: Expr): Expr => ({
  kind: 'select',
  type: then.type,
  cond,
  then,
  else: otherwise,
})
export function op(name: Op, args: readonly Expr[], at?: Pos): Expr {
  const type = opRow(name).result === 'b1' ? 'b1' : (args[0]?.type ?? 'f8')
  return at ? { kind: 'op', type, op: name, args, at } : { kind: 'op', type, op: name, args }
}
export const set = (id: number, value: Expr): Stmt => ({ kind: 'set', local: id, value })

/** The direct parts of an expression. */
export function parts(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case 'const':
    case 'local':
    case 'input':
    case 'size':
      return []
    case 'op':
      return e.args
    case 'cast':
    case 'bits':
      return [e.arg]
    case 'select':
      return [e.cond, e.then, e.else]
    case 'load':
      return [e.index]
    case 'element':
      return e.indices
  }
}

/** The same expression with other parts. */
export function withParts(e: Expr, next: readonly Expr[]): Expr {
  const [a, b, c] = next
  switch (e.kind) {
    case 'const':
    case 'local':
    case 'input':
    case 'size':
      return e
    case 'op':
      return { ...e, args: next }
    case 'cast':
    case 'bits':
      return a ? { ...e, arg: a } : e
    case 'select':
      return a && b && c ? { ...e, cond: a, then: b, else: c } : e
    case 'load':
      return a ? { ...e, index: a } : e
    case 'element':
      return { ...e, indices: next }
  }
}

/** Rewrites expressions from the leaves up. */
export function mapExpr(e: Expr, f: (e: Expr) => Expr): Expr {
  const old = parts(e)
  if (old.length === 0) return f(e)
  const next = old.map((p) => mapExpr(p, f))
  return f(next.every((p, i) => p === old[i]) ? e : withParts(e, next))
}

/** Rewrites every expression of a list of statements. */
export function mapStmts(body: readonly Stmt[], f: (e: Expr) => Expr): Stmt[] {
  return body.map((s): Stmt => {
    switch (s.kind) {
      case 'set':
        return { ...s, value: mapExpr(s.value, f) }
      case 'store':
        return { ...s, indices: s.indices.map((e) => mapExpr(e, f)), value: mapExpr(s.value, f) }
      case 'if':
        return { ...s, cond: mapExpr(s.cond, f), then: mapStmts(s.then, f), else: mapStmts(s.else, f) }
      case 'loop':
        return { ...s, body: mapStmts(s.body, f), update: mapStmts(s.update, f) }
      case 'block':
        return { ...s, body: mapStmts(s.body, f) }
      case 'break':
      case 'continue':
        return s
    }
  })
}

/** Visits every statement and every expression, outer ones first. */
export function visit(
  body: readonly Stmt[],
  onExpr: (e: Expr) => void,
  onStmt: (s: Stmt) => void = () => {},
): void {
  const expr = (e: Expr): void => {
    onExpr(e)
    for (const p of parts(e)) expr(p)
  }
  for (const s of body) {
    onStmt(s)
    switch (s.kind) {
      case 'set':
        expr(s.value)
        break
      case 'store':
        for (const index of s.indices) expr(index)
        expr(s.value)
        break
      case 'if':
        expr(s.cond)
        visit(s.then, onExpr, onStmt)
        visit(s.else, onExpr, onStmt)
        break
      case 'loop':
        visit(s.body, onExpr, onStmt)
        visit(s.update, onExpr, onStmt)
        break
      case 'block':
        visit(s.body, onExpr, onStmt)
        break
      case 'break':
      case 'continue':
        break
    }
  }
}
