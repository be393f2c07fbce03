/** Typed values: an IR expression with its type, and the conversions between types. Constants are converted on the spot. */
import { type Code, dtypes } from '../../dtype.ts'
import { castValue } from './evaluate.ts'
import { cast, constant, type Expr, local, op, type Stmt, select, set } from './ir.ts'
import type { Op } from './ops.ts'
import { outermost, type Place } from './source.ts'
import type { Constant } from './tree.ts'
import { irType, isFloat, type Type, truthType, typeOfCode, typeOfConstant } from './types.ts'

export interface Typed {
  readonly expr: Expr
  readonly type: Type
}

/** A kernel that is being typed. */
export interface Typing {
  /** Where statements go at the moment. */
  steps: Stmt[]
  readonly newLocal: (code: Code, name: string) => number
  /** Reports an error of types; while types still grow it only stands in with a value. */
  readonly fail: (at: Place, message: string, types: readonly Type[], hint?: string) => Typed
}

export const typed = (expr: Expr, type: Type): Typed => ({ expr, type })

/** A cast in the IR, done at once on constants. */
export function toCode(code: Code, e: Expr): Expr {
  if (e.kind === 'const' && e.type !== code) return constant(code, castValue(code, e.value))
  return cast(code, e)
}

export const toBase = ({ expr }: Typed, to: Type): Expr => toCode(irType[to.base], expr)
export const convert = (value: Typed, to: Type): Typed => typed(toBase(value, to), to)

export const constantOf = (value: Constant): Typed => {
  const type = typeOfConstant(value)
  const code = irType[type.base]
  const held = dtypes[code].kind === 'f' || code === 'b1' ? value : BigInt(value)
  return typed(constant(code, held), type)
}

/** An int constant in the IR. */
export const int = (value: number): Expr => constant('i8', BigInt(value))
export const float = (code: Code, value: number): Expr => constant(code, castValue(code, value))

/** What an element of this dtype is once it is read. */
export const entering = (code: Code, e: Expr): Typed => convert(typed(e, typeOfCode(code)), typeOfCode(code))

/** Held in a local, so that it can be used twice. */
export function held(g: Typing, value: Typed): Typed {
  if (value.expr.kind === 'const' || value.expr.kind === 'local') return value
  const id = g.newLocal(value.expr.type, 't')
  g.steps.push(set(id, value.expr))
  return typed(local(value.expr.type, id), value.type)
}

export const make = (name: Op, args: readonly Expr[], at: Place): Expr => op(name, args, outermost(at))

/** Both sides true, or one of them. */
export const and = (a: Expr, b: Expr): Expr => op('and', [a, b])
export const or = (a: Expr, b: Expr): Expr => op('or', [a, b])
export const negated = (e: Expr): Expr => op('not', [e])

/** Is it true, as a condition? 0 and NaN are not. */
export function truth({ expr, type }: Typed): Expr {
  if (expr.kind === 'const') {
    return constant('b1', typeof expr.value === 'number' ? Boolean(expr.value) : castValue('b1', expr.value))
  }
  if (type.base === 'b1') return expr
  if (isFloat(type)) return op('gt', [op('abs', [expr]), float(expr.type, 0)])
  return op('ne', [expr, toCode(expr.type, int(0))])
}

export const truthOf = (expr: Expr): Typed => typed(expr, truthType)

export const pick = (cond: Expr, then: Expr, otherwise: Expr): Expr =>
  cond.kind === 'const' ? (cond.value === true ? then : otherwise) : select(cond, then, otherwise)

/** The value of a constant, as a number. */
export const constantValue = ({ expr }: Typed): number | undefined =>
  expr.kind === 'const' && typeof expr.value !== 'boolean' ? Number(expr.value) : undefined
