/**
 * x = n π/2 + high - low with |high| <= π/4: what sin, cos and tan begin with. Multiples of π/2 are subtracted in parts whose
 * products with n are exact (or fused), and what each subtraction loses is kept. Arguments too large for that go
 * through reduce-huge.ts, together with infinities and NaN.
 * Parts of π/2: of 33 bits each (f4: 11), the last of all bits, and of 53 bits each (f4: 24, the first rounded down, so that the
 * second is positive, which keeps the sign of zero).
 */
import type { Expr } from '../ir.ts'
import { add, type Build, convert, fma, madd, mul, neg, sub, toBits, withType } from './build.ts'
import { beyond, formatOf, toNearest } from './formats.ts'

const short = {
  f4: [1.5703125, 0.0004837512969970703, 7.549533620476723e-8, 2.5633440682570896e-12],
  f8: [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32],
} as const
const long = {
  f4: [1.570796251296997, 7.549790126404332e-8, -1.7151245100058819e-15],
  f8: [1.5707963267948966, 6.123233995736765e-17, 1.082856673921914e-32],
} as const
/** π/2 in 33 and 53 bits. */
const two = [1.5707963267341256, 6.077100506506192e-11] as const
const perQuarter = 0.6366197723675814

/**
 * Below this n has at most 20 bits; 13 where f4 has to do with its own and products round. Fused, f4 can go further, but n is off
 * where x 2/π is rounded, by 2^-7 here.
 */
const most = { wide: 1.6e6, fused: 1e5, narrow: 12800 } as const
export const isNarrow = (b: Build): boolean => b.type === 'f4' && !b.wide

export interface Reduced {
  readonly high: Expr
  /** What is missing, negated: so a zero keeps its sign through `high - low`. */
  readonly low: Expr
  /** n in the low bits of an integer. */
  readonly quarters: Expr
}

/** Where f4 has f8 for its rest, which only fused multiply-adds make needless. */
const isMixed = (b: Build): boolean => b.type === 'f4' && b.wide && !b.fma

/** Whether x is too large for `restOf`, or no number. */
export const isHugeRest = (b: Build, x: Expr): Expr => beyond(b, x, most.wide)

/** Whether x is too large for `reduce`, or no number. */
export const isHuge = (b: Build, x: Expr): Expr =>
  beyond(b, x, isNarrow(b) ? most.narrow : b.type === 'f8' || isMixed(b) ? most.wide : most.fused)

export const reduce = (b: Build, x: Expr): Reduced => (isMixed(b) ? reduceSingle(b, x) : reduceByParts(b, x))

function reduceByParts(b: Build, x: Expr): Reduced {
  const { number: n, bits: quarters } = toNearest(b, x, perQuarter)
  if (b.fma) {
    const [p, q, r] = long[b.type]
    const first = b.let(fma(n, -p, x))
    const q1 = b.let(mul(n, q))
    const second = b.let(sub(first, q1))
    const lost = b.let(fma(n, r, add(sub(q1, sub(first, second)), fma(n, q, neg(q1)))))
    const high = b.let(sub(second, lost))
    return { high, low: b.let(sub(lost, sub(second, high))), quarters }
  }
  const [p, q, r, s] = short[b.type]
  const first = b.let(sub(x, mul(n, p)))
  const q1 = b.let(mul(n, q))
  const second = b.let(sub(first, q1))
  const lost1 = sub(q1, sub(first, second))
  const r1 = b.let(mul(n, r))
  const third = b.let(sub(second, r1))
  const lost2 = sub(r1, sub(second, third))
  const lost = b.let(add(add(lost1, lost2), mul(n, s)))
  const high = b.let(sub(third, lost))
  return { high, low: b.let(sub(lost, sub(third, high))), quarters }
}

/** For f4: the rest in f8. */
export function restOf(b: Build, x: Expr): { rest: Expr; quarters: Expr } {
  const wide = b.let(convert('f8', x))
  const { magic } = formatOf(withType(b, 'f8'))
  const shifted = b.let(madd(b, wide, perQuarter, magic))
  const n = b.let(sub(shifted, magic))
  const rest = b.let(madd(b, n, -two[1], madd(b, n, -two[0], wide)))
  return { rest, quarters: toBits(shifted) }
}

function reduceSingle(b: Build, x: Expr): Reduced {
  const { rest, quarters } = restOf(b, x)
  return narrowRest(b, rest, quarters)
}

/** A rest in f8 as one in two f4. */
export function narrowRest(b: Build, rest: Expr, quarters: Expr): Reduced {
  const high = b.let(convert('f4', rest))
  const low = b.let(convert('f4', sub(convert('f8', high), rest)))
  return { high, low, quarters: b.let(convert('u4', quarters)) }
}
