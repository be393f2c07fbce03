/**
 * lgamma, the logarithm of |Γ(x)|: that of gamma.ts's parts, without their exponential. Next to a zero little would be left of them: there
 * it is u (c + u q(u)), u = x - zero, for the zeros at 1, 2 and those from -2.46 to -3.96, with the zero and c in two parts. The others lie
 * within 1/20 of a whole number n, ever closer to it; they come from
 *   1/|Γ(-n-r)| = |r| (1+r) (2+r) … (n+r) / Γ(1-r)
 * in two parts throughout, the last factor as a polynomial.
 * For f4 see gamma-single.ts, but for the zeros. Coefficients: scripts/coefficients/gamma.py.
 */
import type { Expr } from '../ir.ts'
import {
  abs,
  add,
  and,
  type Build,
  eq,
  floor,
  gt,
  le,
  lt,
  madd,
  mul,
  nearest,
  neg,
  select,
  sub,
} from './build.ts'
import { letPair, type Pair, pairOf, productOfPairs, selectPair, sum, sumOfPairs, times } from './double.ts'
import { logOf, logOfPair } from './exp-log-pair.ts'
import { gammaParts, reflected } from './gamma.ts'
import { lgammaSingle } from './gamma-single.ts'
import { inDouble } from './log-more.ts'
import { polynomial } from './polynomial.ts'

interface Zero {
  /** It is the one next to any x above this. */
  readonly from: number
  readonly at: { readonly high: number; readonly low: number }
  readonly slope: { readonly high: number; readonly low: number }
  readonly rest: readonly number[]
}

/** Zeros below come by way of the next whole number. */
const lowest = -3.98

const zeros: readonly Zero[] = [
  {
    from: 1.5,
    at: { high: 2, low: 0 },
    slope: { high: 0.42278433509846713, low: 4.942915152430645e-18 },
    rest: [
      0.3224670334241132, -0.06735230105319807, 0.02058080842778454, -0.007385551028798206,
      0.0028905103307982263, -0.0011927536641521545, 0.00050966941174356, -0.0002233374539367963,
      9.954090743354528e-5,
    ],
  },
  {
    from: 0,
    at: { high: 1, low: 0 },
    slope: { high: -0.5772156649015329, low: 4.942915152430645e-18 },
    rest: [
      0.8224670334241132, -0.4006856343865286, 0.270580808427782, -0.20738555106754414, 0.16955717703303116,
      -0.1440497523954941, 0.12550953721250238, -0.11153282878227358, 0.10028143132966974,
    ],
  },
  {
    from: -2.6,
    at: { high: -2.4570247382208006, low: -3.7075610815513266e-17 },
    slope: { high: 1.5156034480216574, low: -4.0695290379659363e-17 },
    rest: [
      4.8583209516339965, 1.4112911430779742, 8.721782583815331, 5.800414567154081, 24.824942123367457,
      24.03880886980378, 82.22911909543589, 100.78271266048817, 296.79423385745116,
    ],
  },
  {
    from: -3,
    at: { high: -2.7476826467274127, low: 9.055340329338315e-17 },
    slope: { high: -1.9143501856115988, low: -6.288473508186805e-17 },
    rest: [
      9.575189475709667, -20.09513491684187, 62.62728271351106, -194.76615541416288, 646.9060001151777,
      -2193.108253555386, 7610.381554277124, -26872.98927079335, 95865.99546024084,
    ],
  },
  {
    from: -3.5,
    at: { high: -3.14358088834998, low: -2.1818179852331714e-16 },
    slope: { high: 7.781884658131351, low: -1.2366266971852707e-16 },
    rest: [
      25.831338372387957, 112.268986297176, 588.8907422380013, 3277.193785507428, 19023.06198443352,
      113559.65607680246, 692049.5501912885, 4286417.938792988, 26868552.289824765,
    ],
  },
  {
    from: lowest,
    at: { high: -3.955294284858598, low: -1.999428391746348e-17 },
    slope: { high: -20.725060845803707, low: 1.4319348367658305e-15 },
    rest: [
      251.7146825868894, -3730.6047156806117, 62588.081918766045, -1119991.5016782274, 20877114.72676385,
      -400276937.34337074, 7834396936.152717, -155880148960.28845, 3138165504709.855,
    ],
  },
]
/** 1/Γ(1-r) by powers of r: the first in two parts. */
const reciprocal = [
  { high: 1.0, low: 3.035560965850351e-39 },
  { high: -0.5772156649015329, low: 4.942915152430645e-18 },
  { high: -0.6558780715202539, low: 2.137185197068536e-17 },
  { high: 0.04200263503409524, low: -1.4920306285650505e-18 },
  { high: 0.16653861138229148, low: 1.0189144546844124e-17 },
  { high: 0.04219773455554433, low: 3.357999268247857e-18 },
  { high: -0.009621971527876973, low: -5.300031454996254e-19 },
  { high: -0.0072189432466631, low: 3.600653712773152e-19 },
  { high: -0.0011651675918590652, low: 5.661720426666926e-20 },
  { high: 0.00021524167411495098, low: -2.377192105921693e-21 },
  { high: 0.00012805028238811617, low: -2.7374088526871944e-21 },
  { high: 2.013485478078824e-5, low: 1.4988369779739164e-21 },
] as const
const moreReciprocal = [
  -1.2504934821287666e-6, -1.133027231982734e-6, -2.0563384719850583e-7, -6.116094693854034e-9,
  5.0031812265840216e-9, 1.181186982370226e-9,
] as const

/** What `of` gives of the zero that is next to x. */
function nextTo(x: Expr, of: (zero: Zero) => Expr): Expr {
  const last = zeros[zeros.length - 1] as Zero
  return zeros.reduceRight(
    (value, zero) => (zero === last ? value : select(gt(x, zero.from), of(zero), value)),
    of(last),
  )
}

function nearZero(b: Build, x: Expr): Expr {
  const number = (of: (zero: Zero) => number): Expr => b.let(nextTo(x, (zero) => b.number(of(zero))))
  const u = sum(
    b,
    b.let(
      sub(
        x,
        number((zero) => zero.at.high),
      ),
    ),
    b.let(neg(number((zero) => zero.at.low))),
  )
  const slope = { high: number((zero) => zero.slope.high), low: number((zero) => zero.slope.low) }
  const { high, low } = productOfPairs(b, u, slope)
  const rest = (zeros[0] as Zero).rest.map((_, k) => number((zero) => zero.rest[k] ?? 0))
  const curve = mul(mul(u.high, u.high), polynomialOf(b, u.high, rest))
  return add(high, add(low, curve))
}

/** By Horner's scheme, of coefficients that differ between elements. */
const polynomialOf = (b: Build, x: Expr, coefficients: readonly Expr[]): Expr =>
  coefficients.reduceRight((sum, c) => madd(b, sum, x, c))

/** For an x that is next to, but is not, a negative whole number. */
function nearPole(b: Build, x: Expr): Expr {
  const a = b.let(neg(x))
  const n = b.let(nearest(a))
  const r = b.let(sub(a, n))
  let value: Pair = { high: b.let(polynomial(b, r, moreReciprocal)), low: b.number(0) }
  for (const c of [...reciprocal].reverse()) value = sumOfPairs(b, pairOf(b, c), times(b, value, r))
  const start = times(b, value, b.let(abs(r)))
  const [high, low] = [b.variable(start.high), b.variable(start.low)]
  const factor = b.variable(a)
  // Each of them is a number: it has no bits beyond the last of a.
  b.loop(
    () => gt(factor.get, 0.5),
    () => {
      const next = times(b, { high: high.get, low: low.get }, factor.get)
      high.set(next.high)
      low.set(next.low)
      factor.set(sub(factor.get, 1))
    },
  )
  const log = logOfPair(b, letPair(b, { high: high.get, low: low.get }))
  return neg(add(log.high, log.low))
}

/** lgamma next to any of its zeros. */
const small = (b: Build, x: Expr): Expr => select(gt(x, lowest), nearZero(b, x), nearPole(b, x))

const isPole = (x: Expr): Expr => and(le(x, 0), eq(floor(x), x))

/** Next to a zero the parts of the logarithm cancel below this. */
const near = { f4: 2 ** -14, f8: 2 ** -6 } as const
/** Γ(x) is 1/x below the first; products with x stay finite up to the second. */
const [tiny, large] = [2 ** -60, 2 ** 900]

function lgammaDouble(b: Build, x: Expr): Expr {
  const size = b.let(abs(x))
  const parts = gammaParts(b, size)
  const bottom = times(b, parts.factor, size)
  const one = pairOf(b, { high: 1, low: 0 })
  const less = logOfPair(b, letPair(b, selectPair(parts.small, bottom, one)))
  const value = sumOfPairs(b, parts.power, { high: neg(less.high), low: neg(less.low) })
  const result = b.variable(add(value.high, value.low))
  b.when(lt(x, 0), () => {
    const turned = sumOfPairs(b, logOfPair(b, reflected(b, size, parts)), {
      high: neg(parts.power.high),
      low: neg(parts.power.low),
    })
    result.set(add(turned.high, turned.low))
  })
  b.when(lt(abs(result.get), near.f8), () => result.set(small(b, x)))
  b.when(lt(size, tiny), () => {
    const { high, low } = logOf(b, b.let(mul(size, 2 ** 120)), 120)
    result.set(neg(add(high, low)))
  })
  b.when(gt(size, large), () => {
    const factor = sumOfPairs(b, logOf(b, size, 0), pairOf(b, { high: -1, low: 0 }))
    const scaled = times(b, factor, b.let(mul(size, 2 ** -300)))
    result.set(select(lt(size, Infinity), mul(add(scaled.high, scaled.low), 2 ** 300), size))
  })
  return select(isPole(x), Infinity, result.get)
}

const single = inDouble((b, x) => {
  const result = b.variable(lgammaSingle(b, x))
  b.when(lt(abs(result.get), near.f4), () => result.set(small(b, x)))
  return select(isPole(x), Infinity, result.get)
})

export const lgamma = (b: Build, x: Expr): Expr => (b.type === 'f8' ? lgammaDouble(b, x) : single(b, x))
