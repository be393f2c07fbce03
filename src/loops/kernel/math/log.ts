/**
 * log x = k ln 2 + log(1+f) with x = 2^k (1+f), 1+f in [sqrt(1/2), sqrt(2)), and log(1+f) = 2 atanh(s) for s = f/(2+f):
 * written as f + (s³ q(s²) + (s f²/2 - f²/2)), so that only small terms are rounded before the last steps.
 * Coefficients: scripts/coefficients (log f4, log f8).
 */
import type { Expr } from '../ir.ts'
import {
  add,
  and,
  type Build,
  div,
  eq,
  fromBits,
  gt,
  lt,
  madd,
  mul,
  or,
  select,
  shr,
  sub,
  toBits,
} from './build.ts'
import { formatOf, largest, outside } from './formats.ts'
import { polynomial } from './polynomial.ts'

const coefficients = {
  f4: [0.6666677594184875, 0.3997758626937866, 0.29870691895484924],
  f8: [
    0.6666666666666734, 0.3999999999941699, 0.28571428741915456, 0.22222198618341302, 0.18183562120223645,
    0.15314103887337105, 0.14795443494898947,
  ],
} as const

/** Bits of sqrt(1/2), of 1, of the fraction, and of 2^fraction. */
const patterns = {
  f4: { rootHalf: 0x3f3504f3n, one: 0x3f800000n, fraction: 0x7fffffn, shift: 0x4b000000n },
  f8: {
    rootHalf: 0x3fe6a09e667f3bcdn,
    one: 0x3ff0000000000000n,
    fraction: 0xfffffffffffffn,
    shift: 0x4330000000000000n,
  },
} as const

/** 2^k m with m = 1+f. */
export interface Reduced {
  readonly k: Expr
  readonly f: Expr
  readonly m: Expr
}

/** x * 2^-scaled as 2^k (1+f), for a normal positive x. */
export function splitExponent(b: Build, x: Expr, scaled: number): Reduced {
  const { rootHalf, one, fraction, shift } = patterns[b.type]
  const format = formatOf(b)
  const biased = b.let(add(toBits(x), one - rootHalf))
  const exponent = fromBits(or(shr(biased, BigInt(format.fraction)), shift))
  const k = b.let(sub(exponent, 2 ** format.fraction + format.bias + scaled))
  const m = b.let(fromBits(add(and(biased, fraction), rootHalf)))
  return { k, f: b.let(sub(m, 1)), m }
}

/** s, s² and q(s²). The divisor is of 1+f, which is known before f is. */
function logTerms(b: Build, { f, m }: Reduced) {
  const s = b.let(div(f, add(m, 1)))
  const z = b.let(mul(s, s))
  return { s, z, curve: polynomial(b, z, coefficients[b.type]) }
}

/** f²/2 and s (f²/2 + s² q(s²)): log(1+f) is f - (half - rest). */
export function logParts(b: Build, reduced: Reduced): { half: Expr; rest: Expr } {
  const { s, z, curve } = logTerms(b, reduced)
  const half = b.let(mul(mul(reduced.f, 0.5), reduced.f))
  return { half, rest: mul(s, madd(b, z, curve, half)) }
}

/** k ln 2 + log(1+f). Few steps follow the polynomial: they would wait for it, and everything else is ready before. */
export function logOf(b: Build, reduced: Reduced): Expr {
  const { ln2 } = formatOf(b)
  const { k, f } = reduced
  const { s, z, curve } = logTerms(b, reduced)
  const minus = b.let(mul(mul(f, -0.5), f))
  const early = b.let(sub(madd(b, k, ln2.low, minus), mul(s, minus)))
  return madd(b, k, ln2.high, add(f, madd(b, b.let(mul(s, z)), curve, early)))
}

/** Powers of two that make subnormal numbers normal. */
export const lift = { f4: 25, f8: 54 } as const

/** A function like log: `plain` computes it for x * 2^-scaled, x normal; the rest follows from that. */
export function logarithm(b: Build, x: Expr, plain: (x: Expr, scaled: number) => Expr): Expr {
  const result = b.variable(plain(x, 0))
  b.when(outside(b, x, formatOf(b).leastNormal, largest[b.type]), () => {
    const lifted = plain(b.let(mul(x, 2 ** lift[b.type])), lift[b.type])
    const improper = select(eq(x, 0), -Infinity, b.number(NaN))
    const most = select(lt(x, Infinity), improper, x)
    const small = and(gt(x, 0), lt(x, Infinity))
    result.set(select(small, lifted, most))
  })
  return result.get
}

export const log = (b: Build, x: Expr): Expr =>
  logarithm(b, x, (v, scaled) => logOf(b, splitExponent(b, v, scaled)))
