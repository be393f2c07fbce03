/**
 * expm1, sinh, cosh and tanh, from the parts of e^x that exp.ts leaves unrounded.
 *   expm1 x = 2^k ((1 - 2^-k) + high + tail)
 *   sinh x = (e^x - e^-x)/2 for |x| >= 1, and x + x³ q(x²) below; cosh x = (e^x + e^-x)/2; tanh x = expm1 2x / (expm1 2x + 2)
 * tanh of f4 is computed in f8, where nothing is lost that counts.
 * Coefficients: scripts/coefficients (expm1 f4, sinh f4, sinh f8).
 */
import type { Expr } from '../ir.ts'
import {
  abs,
  add,
  type Build,
  convert,
  copysign,
  div,
  gt,
  le,
  lt,
  madd,
  mul,
  neg,
  not,
  pmax,
  pmin,
  select,
  sub,
  withType,
} from './build.ts'
import { sum } from './double.ts'
import { expParts, fineExpParts, scaleFar } from './exp.ts'
import { beyond, powerOfTwo, scaleBy, toNearest } from './formats.ts'
import { polynomial } from './polynomial.ts'

const coefficients = {
  f4: [0.1666666716337204, 0.008333315141499043, 0.00019841665925923735, 2.7899839096789947e-6],
  f8: [
    0.16666666666666669, 0.00833333333333297, 0.0001984126984153126, 2.7557319130344088e-6,
    2.5052126863862455e-8, 1.6056999787590893e-10, 7.765922744742788e-13,
  ],
} as const

/** Up to here 2^k is normal; above the second, everything is infinite. */
const limits = { f4: { plain: 87, most: 91 }, f8: { plain: 708, most: 712 } } as const

/** (e^x - 1) / 2^k and 2^-k, for x in the range in which both are normal. A zero keeps its sign. */
function reducedExpm1(b: Build, x: Expr) {
  const { high, tail, k } = fineExpParts(b, x)
  const unit = b.let(powerOfTwo(b, neg(k.number)))
  // high + (1 - 2^-k), and what both sums lose, with its sign turned.
  const less = b.let(sub(unit, 1))
  const main = b.let(sub(high, less))
  const lost = add(sub(sub(add(main, less), high), tail), sub(unit, add(less, 1)))
  const value = b.let(sub(main, lost))
  return { value, missing: sub(sub(main, value), lost), unit, high, tail, k }
}

export function expm1(b: Build, x: Expr): Expr {
  // Below -40 the result is -1.
  const { value, high, tail, k } = reducedExpm1(b, b.let(pmax(x, -40)))
  const result = b.variable(scaleBy(b, value, k.bits))
  const { plain, most } = limits[b.type]
  b.when(not(le(x, plain)), () => {
    result.set(select(gt(x, most), Infinity, scaleFar(b, b.let(add(add(high, tail), 1)), k.number)))
  })
  return result.get
}

/** e^r - 1 = r + r² q(r), as precise as f4. */
const coarse = [
  0.5000000044142052, 0.16666666370609126, 0.041666361014027674, 0.008333389351349373, 0.0013940618814738957,
  0.00019845876461314037,
] as const

/** tanh of an f4 x >= 0, in f8. */
function tanhSingle(b: Build, x: Expr): Expr {
  // From 10 on the result is 1.
  const twice = b.let(pmin(mul(x, 2), 20))
  const k = toNearest(b, twice, Math.LOG2E)
  const r = b.let(madd(b, k.number, -Math.LN2, twice))
  const grown = b.let(scaleBy(b, b.number(1), k.bits))
  const curve = madd(b, mul(r, r), polynomial(b, r, coarse), r)
  const value = b.let(madd(b, curve, grown, sub(grown, 1)))
  return div(value, add(value, 2))
}

export function tanh(b: Build, x: Expr): Expr {
  if (b.type === 'f4' && b.wide) {
    const size = b.let(convert('f8', abs(x)))
    return copysign(convert('f4', tanhSingle(withType(b, 'f8'), size)), x)
  }
  // From 22 on the result is 1.
  const { value, missing, unit, k } = reducedExpm1(b, b.let(pmin(mul(abs(x), 2), 44)))
  const twice = b.let(mul(unit, 2))
  const below = sum(b, b.let(pmax(twice, value)), b.let(pmin(twice, value)))
  const ratio = b.let(div(value, below.high))
  // What both have lost in rounding; 1 / (value + twice) is (1 - ratio) / twice.
  const rest = b.let(sub(1, ratio))
  const wrong = sub(mul(missing, rest), mul(ratio, below.low))
  const inverse = mul(mul(powerOfTwo(b, k.number), 0.5), rest)
  return copysign(add(ratio, mul(wrong, inverse)), x)
}

/** e^|x| / 2 in two parts, e^-|x| / 2, and the first where e^|x| may overflow. */
function halves(b: Build, size: Expr) {
  const { high, tail, k } = expParts(b, size)
  const whole = sum(b, b.number(1), high)
  const rest = b.let(add(whole.low, tail))
  const scale = b.let(mul(powerOfTwo(b, k.number), 0.5))
  const grown = b.let(mul(whole.high, scale))
  const more = b.let(mul(rest, scale))
  const shrunk = div(0.25, add(grown, more))
  const far = () => {
    const huge = scaleFar(b, add(whole.high, rest), b.let(sub(k.number, 1)))
    return select(gt(size, limits[b.type].most), Infinity, huge)
  }
  return { grown, more, shrunk, far }
}

export function cosh(b: Build, x: Expr): Expr {
  const size = b.let(abs(x))
  const { grown, more, shrunk, far } = halves(b, size)
  const result = b.variable(add(grown, add(more, shrunk)))
  b.when(beyond(b, x, limits[b.type].plain), () => result.set(far()))
  return result.get
}

export function sinh(b: Build, x: Expr): Expr {
  const size = b.let(abs(x))
  const { grown, more, shrunk, far } = halves(b, size)
  const z = b.let(mul(x, x))
  const small = madd(b, mul(z, x), polynomial(b, z, coefficients[b.type]), x)
  const large = copysign(sub(grown, sub(shrunk, more)), x)
  const result = b.variable(select(lt(size, 1), small, large))
  b.when(beyond(b, x, limits[b.type].plain), () => result.set(copysign(far(), x)))
  return result.get
}
