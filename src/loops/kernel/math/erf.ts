/**
 * erf and erfc. Below 3/4 erf x = x + x q(x²); from there on erfc x = e^(-x²) g / (1 + 2x), where g is a polynomial in
 * (x - 4) / (x + 4) (after Shepherd and Laframboise, Math. Comp. 36, 1981). x², the exponential, g and the quotient are kept in two
 * parts, so that only the last step rounds. Both in f8, also for f4.
 * Coefficients: scripts/coefficients/erf.py.
 */
import type { Expr } from '../ir.ts'
import { abs, add, type Build, copysign, div, ge, lt, madd, mul, pmin, select, sub } from './build.ts'
import { product, quotient, sum } from './double.ts'
import { fineExpParts, scaleFar } from './exp.ts'
import { beyond, scaleBy } from './formats.ts'
import { inDouble } from './log-more.ts'
import { polynomial } from './polynomial.ts'

const scaled = [
  1.2329951186255526, -0.13962111684056247, 0.015379652102619766, 0.06809705425468682, -0.10103906603630404,
  0.09373283499861676, -0.06633036581228409, 0.037167515531919895, -0.01619773405591165,
  0.0050319700416283026, -0.0007577733136210261, -0.00019925713398403304, 0.0001506218660584476,
  -2.4397293709348743e-5, -1.122291861702589e-5, 5.704325527318425e-6, 2.9639671701474037e-7,
  -8.157536030264092e-7, 7.007726225939664e-8, 9.963669781288243e-8, -1.3478117328949061e-8,
  -8.162435007722838e-9,
] as const
/** What is missing from the first of them, which counts most. */
const missing = -4.56453727151586e-17
const small = [
  0.1283791670955126, -0.37612638903183754, 0.11283791670955087, -0.026866170645118446, 0.005223977625222192,
  -0.0008548327001135946, 0.00012055331545294116, -1.4925589383821143e-5, 1.646038320985815e-6,
  -1.63332293434337e-7, 1.4413879289095029e-8, -9.502840894774706e-10,
] as const

/** erf x - x for |x| < 3/4. */
const beyondX = (b: Build, x: Expr): Expr => mul(x, polynomial(b, b.let(mul(x, x)), small))

/** erfc a for a >= 3/4, as (high + low) 2^k. */
function complement(b: Build, a: Expr) {
  const square = product(b, a, a)
  const { high, tail, k } = fineExpParts(b, b.let(sub(0, square.high)))
  const start = sum(b, b.number(1), high)
  const grown = sum(b, start.high, b.let(add(start.low, tail)))
  const rest = sub(grown.low, mul(square.low, grown.high))
  const t = b.let(div(sub(a, 4), add(a, 4)))
  const [first = 0, ...more] = scaled
  const g = sum(b, b.number(first), b.let(madd(b, t, polynomial(b, t, more), missing)))
  const top = product(b, grown.high, g.high)
  const topLow = b.let(add(top.low, madd(b, grown.high, g.low, mul(rest, g.high))))
  const bottom = sum(b, b.let(mul(a, 2)), b.number(1))
  return { ...quotient(b, { high: top.high, low: topLow }, bottom), k }
}

/** Where erf is 1, and where erfc is 0. */
const [most, least] = [6.5, 27.3]

export const erf = inDouble((b, x) => {
  const size = b.let(abs(x))
  const { high, low, k } = complement(b, b.let(pmin(size, most)))
  const main = b.let(scaleBy(b, high, k.bits))
  const whole = sum(b, b.number(1), b.let(sub(0, main)))
  const far = add(whole.high, sub(whole.low, scaleBy(b, low, k.bits)))
  // NaN is among the small.
  return select(ge(size, 0.75), copysign(far, x), add(x, beyondX(b, x)))
})

export const erfc = inDouble((b, x) => {
  const size = b.let(abs(x))
  const bounded = b.let(pmin(size, least))
  const { high, low, k } = complement(b, bounded)
  const value = b.let(add(high, low))
  const tail = b.variable(scaleBy(b, value, k.bits))
  b.when(beyond(b, size, 26), () => tail.set(scaleFar(b, value, k.number)))
  const whole = sum(b, b.number(1), b.let(sub(0, x)))
  const near = add(whole.high, sub(whole.low, beyondX(b, x)))
  const far = select(lt(x, 0), sub(2, tail.get), tail.get)
  return select(ge(size, 0.75), far, near)
})
