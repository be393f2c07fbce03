/**
 * gamma. With Stirling's series, for t >= 5,
 *   log Γ(t) = (t - 1/2) (log t - 1) + (log 2π - 1)/2 + 1/12t + q(1/t²)/t³
 * in two parts; a number a below 5 comes from t = a + 5: Γ(a) = Γ(a+5) / (a (a+1) … (a+4)), and (a+1) … (a+4) = (c+4) (c+6) with
 * c = a (a+5). Negative numbers by reflection: Γ(-a) = -π / (a sin(πa) Γ(a)).
 * For f4 see gamma-single.ts. Coefficients: scripts/coefficients/gamma.py.
 */
import type { Expr } from '../ir.ts'
import {
  abs,
  add,
  type Build,
  div,
  eq,
  floor,
  lt,
  madd,
  mul,
  nearest,
  neg,
  pmin,
  select,
  sub,
} from './build.ts'
import {
  letPair,
  type Pair,
  pairOf,
  product,
  productOfPairs,
  quotient,
  selectPair,
  sum,
  sumOfAny,
  sumOfPairs,
  times,
} from './double.ts'
import { scaleFar } from './exp.ts'
import { expOfPair, logOf } from './exp-log-pair.ts'
import { beyond, scaleBy } from './formats.ts'
import { gammaSingle } from './gamma-single.ts'
import { inDouble } from './log-more.ts'
import { polynomial } from './polynomial.ts'

const offset = { high: 0.4189385332046727, low: 1.6728209650585413e-17 } as const
const twelfth = { high: 0.08333333333333333, low: 4.578925796460232e-18 } as const
const series = [
  -0.0027777777777775424, 0.0007936507934548253, -0.0005952380314602332, 0.0008417401936890325,
  -0.0019164909750471856, 0.006347482770170544, -0.027099643464224357, 0.11694774462091197,
  -0.3193575170974957,
] as const
/** sin(πr) / r by powers of r²: the first in two parts. */
const sines = [
  { high: Math.PI, low: 1.2246467874567524e-16 },
  { high: -5.16771278004997, low: 2.26657359927343e-16 },
  { high: 2.5501640398773455, low: -7.949114615456707e-17 },
] as const
const moreSines = [
  -0.5992645293207921, 0.08214588661112787, -0.007370430945707596, 0.0004663028056889684,
  -2.191535285969446e-5, 7.952025736213849e-7, -2.293998713586946e-8, 5.249879114060463e-10,
] as const

/** What Γ(a) is made of, for a > 0: e^power / (a factor) for a < 5, else e^power. */
export interface GammaParts {
  readonly small: Expr
  readonly power: Pair
  readonly factor: Pair
}

/** (t - 1/2) (log t - 1) and all that follows, for a t that is not too large for a product. */
function stirling(b: Build, t: Pair): Pair {
  const log = logOf(b, t.high, 0)
  const less = sumOfPairs(b, log, pairOf(b, { high: -1, low: 0 }))
  const main = productOfPairs(b, sum(b, t.high, b.number(-0.5)), less)
  const inverse = b.let(div(1, t.high))
  const z = b.let(mul(inverse, inverse))
  const back = product(b, inverse, t.high)
  const missing = mul(sub(sub(1, back.high), back.low), inverse)
  const twelfthLow = madd(b, missing, twelfth.high, mul(inverse, twelfth.low))
  const first = product(b, inverse, b.number(twelfth.high))
  const rest = madd(b, mul(z, inverse), polynomial(b, z, series), twelfthLow)
  // The derivative is nearly log t - 1/2t.
  const moved = mul(t.low, madd(b, inverse, -0.5, log.high))
  const small = sumOfPairs(b, pairOf(b, offset), { high: first.high, low: b.let(add(first.low, rest)) })
  return sumOfPairs(b, main, { high: small.high, low: b.let(add(small.low, moved)) })
}

export function gammaParts(b: Build, a: Expr): GammaParts {
  const small = b.let(lt(a, 5))
  const t = sumOfAny(b, a, b.let(select(small, b.number(5), 0)))
  const c = times(b, t, a)
  const [four, six] = [4, 6].map((n) => sumOfPairs(b, c, pairOf(b, { high: n, low: 0 }))) as [Pair, Pair]
  return { small, power: stirling(b, t), factor: productOfPairs(b, four, six) }
}

/** sin(πr) for |r| <= 1/2. */
function sine(b: Build, r: Expr): Pair {
  const z = product(b, r, r)
  const last = b.let(mul(z.high, polynomial(b, z.high, moreSines)))
  const [first, second, third] = sines.map((c) => pairOf(b, c)) as [Pair, Pair, Pair]
  const inner = sum(b, third.high, b.let(add(third.low, last)))
  const middle = sumOfPairs(b, second, productOfPairs(b, z, inner))
  return times(b, sumOfPairs(b, first, productOfPairs(b, z, middle)), r)
}

/** |Γ(-a)| e^power, for an a that is no whole number: the power may be that of a smaller one. */
export function reflected(b: Build, a: Expr, { small, factor }: GammaParts): Pair {
  const pi = pairOf(b, sines[0])
  const s = sine(b, b.let(abs(sub(a, nearest(a)))))
  const top = letPair(b, selectPair(small, productOfPairs(b, factor, pi), pi))
  const bottom = letPair(b, selectPair(small, s, times(b, s, a)))
  return quotient(b, top, bottom)
}

/** Below this Γ(x) is 1/x; from here on Γ is infinite, or Γ(-x) 0. */
const [tiny, most] = [2 ** -60, 190]

function gammaDouble(b: Build, x: Expr): Expr {
  const size = b.let(abs(x))
  const a = b.let(pmin(size, most))
  const parts = gammaParts(b, a)
  const { k, ...grown } = expOfPair(b, parts.power)
  const bottom = times(b, parts.factor, a)
  const { high, low } = quotient(
    b,
    grown,
    letPair(b, selectPair(parts.small, bottom, pairOf(b, { high: 1, low: 0 }))),
  )
  const value = b.let(add(high, low))
  const result = b.variable(scaleBy(b, value, k.bits))
  b.when(beyond(b, x, 170), () => result.set(scaleFar(b, value, k.number)))
  b.when(lt(x, 0), () => {
    const ratio = quotient(b, reflected(b, size, parts), grown)
    const turned = scaleFar(b, b.let(add(ratio.high, ratio.low)), b.let(neg(k.number)))
    const below = b.let(floor(size))
    const even = eq(mul(floor(mul(below, 0.5)), 2), below)
    result.set(select(eq(below, size), NaN, select(even, neg(turned), turned)))
  })
  b.when(lt(size, tiny), () => result.set(div(1, x)))
  return result.get
}

const single = inDouble(gammaSingle)

export const gamma = (b: Build, x: Expr): Expr => (b.type === 'f8' ? gammaDouble(b, x) : single(b, x))
