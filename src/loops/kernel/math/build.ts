/**
 * How the math functions are written: small builders for expressions, in which a plain number or bigint stands for a constant
 * of the other operand's type, and a `Build` that collects statements.
 */
import type { Code, FloatCode } from '../../../dtype.ts'
import { bitsValue, castValue, evaluate } from '../evaluate.ts'
import { bits, cast, constant, type Expr, type Local, local, op, type Stmt, set } from '../ir.ts'
import type { Op } from '../ops.ts'

/** An operand: an expression, or a constant of the type that the other operand has. */
export type Arg = Expr | number | bigint

export interface Variable {
  readonly get: Expr
  set(value: Expr): void
}

/** One function call under expansion. */
export interface Build {
  readonly type: FloatCode
  /** Whether fused multiply-adds may be used. */
  readonly fma: boolean
  /** Whether f8 is there for steps of f4 functions: not on a gpu. */
  readonly wide: boolean
  /** A constant of the function's type. */
  number(value: number): Expr
  /** Computes a value once. */
  let(value: Expr): Expr
  /** A value that `when` may change. */
  variable(value: Expr): Variable
  /** Statements for the few elements of which this holds; skipped where there is none. */
  when(cond: Expr, then: () => void): void
  /** Repeats `body` as long as this holds. */
  loop(cond: () => Expr, body: () => void): void
}

/** Where the locals and labels of a kernel come from while it grows. */
export interface Supply {
  readonly locals: Local[]
  label(): number
}

/** What the functions are written for. */
export interface Machine {
  readonly fma: boolean
  readonly wide: boolean
}

/** A Build whose statements go to `out`. */
export function startBuild(type: FloatCode, { fma, wide }: Machine, supply: Supply, out: Stmt[]): Build {
  let list = out
  const add = (of: Code): number => {
    supply.locals.push({ type: of, name: `m${supply.locals.length}` })
    return supply.locals.length - 1
  }
  const within = (body: () => void): Stmt[] => {
    const outer = list
    list = []
    body()
    const made = list
    list = outer
    return made
  }
  return {
    type,
    fma,
    wide,
    number: (value) => ({ kind: 'const', type, value: castValue(type, value) }),
    let(value) {
      if (value.kind === 'local' || value.kind === 'const') return value
      const id = add(value.type)
      list.push(set(id, value))
      return local(value.type, id)
    },
    variable(value) {
      const id = add(value.type)
      list.push(set(id, value))
      return { get: local(value.type, id), set: (next) => void list.push(set(id, next)) }
    },
    when(cond, then) {
      list.push({ kind: 'if', cond, then: within(then), else: [], rare: true })
    },
    loop(cond, body) {
      const label = supply.label()
      const inner = within(() => {
        list.push({ kind: 'if', cond: not(cond()), then: [{ kind: 'break', label }], else: [] })
        body()
      })
      list.push({ kind: 'loop', label, body: inner, update: [] })
    },
  }
}

/** The same statements, for the steps of a function that are computed in another type. */
export const withType = (b: Build, type: FloatCode): Build => ({
  ...b,
  type,
  number: (value) => ({ kind: 'const', type, value: castValue(type, value) }),
})

const typeOf = (args: readonly Arg[]): Code => {
  for (const a of args) if (typeof a === 'object') return a.type
  throw new TypeError('a constant needs an operand whose type it takes')
}
const toExpr = (type: Code, a: Arg): Expr =>
  typeof a === 'object' ? a : { kind: 'const', type, value: castValue(type, a) }

const nary =
  (name: Op) =>
  (...args: readonly Arg[]): Expr => {
    const type = typeOf(args)
    const made = op(
      name,
      args.map((a) => toExpr(type, a)),
    )
    const values = args.flatMap((a) =>
      typeof a !== 'object' ? [castValue(type, a)] : a.kind === 'const' ? [a.value] : [],
    )
    return values.length < args.length ? made : constant(made.type, evaluate(name, type, values))
  }
const binary = (name: Op) => (a: Arg, b: Arg) => nary(name)(a, b)
const unary = (name: Op) => (a: Expr) => nary(name)(a)

export const add = binary('add')
export const sub = binary('sub')
export const mul = binary('mul')
export const div = binary('div')
export const min = binary('min')
export const max = binary('max')
/** The lesser, or the first where one is NaN: one instruction, where `min` takes seven. */
export const pmin = binary('pmin')
/** The greater, or the first where one is NaN. */
export const pmax = binary('pmax')
export const copysign = binary('copysign')
export const and = binary('and')
export const or = binary('or')
export const xor = binary('xor')
export const shl = binary('shl')
export const shr = binary('shr')
export const eq = binary('eq')
export const ne = binary('ne')
export const lt = binary('lt')
export const le = binary('le')
export const gt = binary('gt')
export const ge = binary('ge')
export const neg = unary('neg')
export const abs = unary('abs')
export const not = unary('not')
export const sqrt = unary('sqrt')
export const nearest = unary('nearest')
export const floor = unary('floor')
export const trunc = unary('trunc')

export function select(cond: Expr, then: Arg, otherwise: Arg): Expr {
  const type = typeOf([then, otherwise])
  if (cond.kind === 'const') return toExpr(type, cond.value === true ? then : otherwise)
  return { kind: 'select', type, cond, then: toExpr(type, then), else: toExpr(type, otherwise) }
}

/** The value as one of another type. */
export const convert = (type: Code, x: Expr): Expr =>
  x.kind === 'const' ? constant(type, castValue(type, x.value)) : cast(type, x)

/** The unsigned integer of the same bits. */
export const toBits = (x: Expr): Expr => reinterpret(x.type === 'f4' ? 'u4' : 'u8', x)
/** The signed integer of the same bits. */
export const signedBits = (x: Expr): Expr => reinterpret(x.type === 'f4' ? 'i4' : 'i8', x)
/** The float of the same bits. */
export const fromBits = (i: Expr): Expr => reinterpret(i.type === 'u4' ? 'f4' : 'f8', i)

const reinterpret = (type: Code, x: Expr): Expr =>
  x.kind === 'const' ? constant(type, bitsValue(x.type, type, x.value)) : bits(type, x)

/** a*b + c in whichever way is fastest: with one rounding or two. */
export const madd = (b: Build, x: Arg, y: Arg, z: Arg): Expr =>
  b.fma ? nary('fma')(x, y, z) : add(mul(x, y), z)

/** a*b + c with one rounding: only where `b.fma`. */
export const fma = (x: Arg, y: Arg, z: Arg): Expr => nary('fma')(x, y, z)
