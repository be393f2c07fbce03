/** Numbers as unevaluated sums of two: what the functions need beyond the precision of their type. */
import type { Expr } from '../ir.ts'
import {
  type Arg,
  add,
  and,
  type Build,
  div,
  fma,
  fromBits,
  madd,
  mul,
  neg,
  pmax,
  select,
  sqrt,
  sub,
  toBits,
} from './build.ts'
import { formatOf } from './formats.ts'

export interface Pair {
  readonly high: Expr
  readonly low: Expr
}

/** 2^12 + 1 and 2^27 + 1: a product with it splits a number into halves (Dekker). */
const splitter = { f4: 4097, f8: 134217729 } as const

function halves(b: Build, x: Expr): Pair {
  const scaled = b.let(mul(x, splitter[b.type]))
  const high = b.let(sub(scaled, sub(scaled, x)))
  return { high, low: b.let(sub(x, high)) }
}

/** x*y exactly, while no part is too large or too small. */
export function product(b: Build, x: Expr, y: Expr): Pair {
  const high = b.let(mul(x, y))
  if (b.fma) return { high, low: b.let(fma(x, y, neg(high))) }
  const p = halves(b, x)
  const q = x === y ? p : halves(b, y)
  const first = sub(mul(p.high, q.high), high)
  const middle = x === y ? mul(mul(p.high, p.low), 2) : add(mul(p.high, q.low), mul(p.low, q.high))
  return { high, low: b.let(add(add(first, middle), mul(p.low, q.low))) }
}

/** The upper half of a number's bits: 12 and 26. */
const upper = { f4: 0xfffff000n, f8: 0xfffffffff8000000n } as const

/** x with half its bits: products of two such numbers are exact. With fused multiply-adds x itself, because cutProduct then tells the rest. */
export const cut = (b: Build, x: Expr): Expr => (b.fma ? x : b.let(fromBits(and(toBits(x), upper[b.type]))))

/** x*y for numbers that have been cut, and what it lacks, if anything. */
export interface CutProduct {
  readonly high: Expr
  readonly low: Expr | undefined
}

export function cutProduct(b: Build, x: Expr, y: Expr): CutProduct {
  const high = b.let(mul(x, y))
  return { high, low: b.fma ? b.let(fma(x, y, neg(high))) : undefined }
}

/** x*y + what the product lacks. */
export const plus = (b: Build, x: Arg, y: Arg, { low }: CutProduct): Expr =>
  low ? madd(b, x, y, low) : mul(x, y)

/** The same sum, its first part cut. */
export function parted(b: Build, { high, low }: Pair): Pair {
  if (b.fma) return { high, low }
  const upper = cut(b, b.let(add(high, low)))
  return { high: upper, low: b.let(add(sub(high, upper), low)) }
}

/** x + y exactly, for |x| >= |y| or x = 0. */
export function sum(b: Build, x: Expr, y: Expr): Pair {
  const high = b.let(add(x, y))
  return { high, low: b.let(sub(y, sub(high, x))) }
}

/** x + y exactly. */
export function sumOfAny(b: Build, x: Expr, y: Expr): Pair {
  const high = b.let(add(x, y))
  const part = b.let(sub(high, x))
  return { high, low: b.let(add(sub(x, sub(high, part)), sub(y, part))) }
}

/** A pair times a number, but for some 2^-104 of it. */
export function times(b: Build, p: Pair, x: Expr): Pair {
  const { high, low } = product(b, p.high, x)
  return sum(b, high, b.let(madd(b, p.low, x, low)))
}

/** The product of two pairs, but for some 2^-102 of it. */
export function productOfPairs(b: Build, p: Pair, q: Pair): Pair {
  const { high, low } = product(b, p.high, q.high)
  return sum(b, high, b.let(add(low, madd(b, p.high, q.low, mul(p.low, q.high)))))
}

/** The sum of two pairs, but for some 2^-104 of the larger one. */
export function sumOfPairs(b: Build, p: Pair, q: Pair): Pair {
  const { high, low } = sumOfAny(b, p.high, q.high)
  return sum(b, high, b.let(add(low, add(p.low, q.low))))
}

/** The quotient of two pairs, but for some 2^-100 of it; not normalized. */
export function quotient(b: Build, top: Pair, bottom: Pair): Pair {
  const high = b.let(div(top.high, bottom.high))
  const back = product(b, high, bottom.high)
  const left = sub(add(sub(sub(top.high, back.high), back.low), top.low), mul(high, bottom.low))
  return { high, low: b.let(div(left, bottom.high)) }
}

/** A constant in two parts. */
export const pairOf = (b: Build, { high, low }: { readonly high: number; readonly low: number }): Pair => ({
  high: b.number(high),
  low: b.number(low),
})

export const selectPair = (cond: Expr, then: Pair, otherwise: Pair): Pair => ({
  high: select(cond, then.high, otherwise.high),
  low: select(cond, then.low, otherwise.low),
})

export const letPair = (b: Build, p: Pair): Pair => ({ high: b.let(p.high), low: b.let(p.low) })

/** The square root of a pair. */
export function root(b: Build, z: Pair): Pair {
  const high = b.let(sqrt(z.high))
  const square = product(b, high, high)
  const left = add(sub(sub(z.high, square.high), square.low), z.low)
  // The root of 0 is 0: any divisor will do.
  return { high, low: b.let(div(left, pmax(add(high, high), formatOf(b).leastNormal))) }
}
