/**
 * The exponential and the logarithm of pairs, as pairs, in f8: for functions that go on computing with them.
 *   e^x = 2^k (1 + r + r²/2 + r³ q(r)) as in exp.ts, with r and its square in two parts
 *   log x = k ln 2 + 2s + 2/3 s³ + s⁵ q(s²) as in log.ts, all but the last term in two parts
 * Both are off by some 2^-60 at most: the exponential of itself; the logarithm of itself too, also where that is small.
 * Coefficients: scripts/coefficients/gamma.py.
 */
import type { Expr } from '../ir.ts'
import { add, type Build, div, madd, mul, sub } from './build.ts'
import { type Pair, pairOf, product, productOfPairs, sum, sumOfAny } from './double.ts'
import { formatOf, toNearest } from './formats.ts'
import { splitExponent } from './log.ts'
import { polynomial } from './polynomial.ts'

const growth = [
  0.16666666666666666, 0.04166666666666667, 0.008333333333333333, 0.001388888888888375,
  0.00019841269841266415, 2.480158732554432e-5, 2.755731923995482e-6, 2.7557273647451087e-7,
  2.505207800522273e-8, 2.0914685161418067e-9, 1.608432667975492e-10,
] as const
const twoThirds = { high: 0.6666666666666666, low: 3.700743415417188e-17 } as const
const rest = [
  0.4, 0.2857142857142937, 0.22222222221654805, 0.18181818335616193, 0.15384594939930188, 0.1333480587800337,
  0.11706205452589702, 0.11723495288228333,
] as const

/** A pair times 2^k. */
export interface ScaledPair extends Pair {
  readonly k: ReturnType<typeof toNearest>
}

/** e^x. */
export function expOfPair(b: Build, x: Pair): ScaledPair {
  const { ln2 } = formatOf(b)
  const k = toNearest(b, x.high, Math.LOG2E)
  const first = b.let(madd(b, k.number, -ln2.high, x.high))
  const r = sumOfAny(b, first, b.let(madd(b, k.number, -ln2.low, x.low)))
  const square = product(b, r.high, r.high)
  const half = b.let(mul(square.high, 0.5))
  const curve = mul(mul(square.high, r.high), polynomial(b, r.high, growth))
  const start = sum(b, b.number(1), r.high)
  const main = sum(b, start.high, half)
  const small = add(madd(b, r.high, r.low, r.low), madd(b, square.low, 0.5, curve))
  return { ...sum(b, main.high, b.let(add(add(start.low, main.low), small))), k }
}

/** log(x 2^-scaled) for a normal positive x. */
export function logOf(b: Build, x: Expr, scaled: number): Pair {
  const { ln2 } = formatOf(b)
  const { k, f } = splitExponent(b, x, scaled)
  const bottom = sum(b, b.number(2), f)
  const inverse = b.let(div(1, bottom.high))
  const s = b.let(mul(f, inverse))
  const back = product(b, s, bottom.high)
  const sLow = b.let(mul(sub(sub(sub(f, back.high), back.low), mul(s, bottom.low)), inverse))
  const square = product(b, s, s)
  const z: Pair = { high: square.high, low: b.let(madd(b, mul(s, 2), sLow, square.low)) }
  const second = productOfPairs(b, z, pairOf(b, twoThirds))
  const more = b.let(madd(b, mul(z.high, z.high), polynomial(b, z.high, rest), second.low))
  const p = productOfPairs(b, { high: s, low: sLow }, { high: second.high, low: more })
  const main = sum(b, b.let(mul(s, 2)), p.high)
  const whole = sum(b, b.let(mul(k, ln2.high)), main.high)
  const low = add(add(main.low, p.low), madd(b, k, ln2.low, mul(sLow, 2)))
  return sum(b, whole.high, b.let(add(whole.low, low)))
}

/** log x for a pair. */
export function logOfPair(b: Build, x: Pair): Pair {
  const { high, low } = logOf(b, x.high, 0)
  const t = b.let(div(x.low, x.high))
  return sum(b, high, b.let(add(low, madd(b, mul(t, -0.5), t, t))))
}
