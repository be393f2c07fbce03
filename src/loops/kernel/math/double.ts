/** Numbers as unevaluated sums of two: what the functions need beyond the precision of their type. */
import type { Expr } from '../ir.ts'
import { add, type Build, div, fma, mul, neg, pmax, sqrt, sub } from './build.ts'
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

/** The square root of a pair. */
export function root(b: Build, z: Pair): Pair {
  const high = b.let(sqrt(z.high))
  const square = product(b, high, high)
  const left = add(sub(sub(z.high, square.high), square.low), z.low)
  // The root of 0 is 0: any divisor will do.
  return { high, low: b.let(div(left, pmax(add(high, high), formatOf(b).leastNormal))) }
}
