/**
 * atan, atan2, asin and acos.
 * The angle of a point (x, y) is m π/4 ± atan t with |t| <= tan(π/8): t is the smaller coordinate over the larger, or, where
 * that is above tan(π/8), their difference over their sum. t is computed to twice the precision, so that only the last sum rounds.
 * asin x = x + x³ q(x²) up to 1/2; above, π/2 - 2 asin sqrt((1-x)/2), with the root in two parts.
 * atan2 of f4 is computed in f8, without the second way.
 * Coefficients: scripts/coefficients (atan, atan2, asin).
 */
import type { Expr } from '../ir.ts'
import {
  abs,
  add,
  and,
  type Build,
  convert,
  copysign,
  div,
  eq,
  fromBits,
  ge,
  gt,
  le,
  lt,
  madd,
  mul,
  not,
  or,
  pmax,
  pmin,
  select,
  sub,
  toBits,
  withType,
  xor,
} from './build.ts'
import { product, root, sum } from './double.ts'
import { polynomial } from './polynomial.ts'

const atans = {
  f4: [
    -0.33333316445350647, 0.1999852955341339, -0.14244429767131805, 0.10599487274885178, -0.06090893596410751,
  ],
  f8: [
    -0.333333333333332, 0.1999999999995369, -0.14285714280202147, 0.11111110783640755, -0.09090897762034504,
    0.07692060292843579, -0.06663105046705628, 0.058478977103189174, -0.05039348496671039,
    0.03806583360547898, -0.017908783421250817,
  ],
} as const
/** Up to 1, in f8, as precise as f4. */
const atansToOne = [
  -0.3333332689956411, 0.1999967112366452, -0.14279833063753752, 0.11058223773944884, -0.0881109176098095,
  0.0674159809987047, -0.04468995616504538, 0.02253987988662854, -0.007317962778955446, 0.0011137900379555748,
] as const
const asins = {
  f4: [0.16666752099990845, 0.0749531015753746, 0.045469019562006, 0.024185502901673317, 0.04215701296925545],
  f8: [
    0.16666666666665408, 0.07500000000337102, 0.04464285682827013, 0.03038195913898113, 0.022371758008737617,
    0.017359705316378104, 0.013885230601957104, 0.012169240345234159, 0.006527862704180293,
    0.01952854690865914, -0.0162246601880464, 0.03191252893457411,
  ],
} as const

/** π/4 in two parts; three times the first is exact. */
const quarterPi = {
  f4: { high: 0.7853981852531433, low: -2.1855694143368964e-8 },
  f8: { high: 0.7853981633974483, low: 3.061616997868383e-17 },
} as const
/** Coordinates of this size can be divided, multiplied and split without trouble. */
const plain = { f4: { least: 2 ** -40, most: 2 ** 40 }, f8: { least: 2 ** -400, most: 2 ** 400 } } as const
const tanEighth = 0.41421356237309503

interface Ratio {
  readonly high: Expr
  readonly low: Expr
}

/** m π/4 + t (or - t where `back`). */
function angle(b: Build, m: Expr, t: Ratio, back: Expr): Expr {
  const { high, low } = quarterPi[b.type]
  const z = b.let(mul(t.high, t.high))
  const curve = madd(b, mul(z, t.high), polynomial(b, z, atans[b.type]), t.low)
  const sign = b.let(select(back, b.number(-0), 0))
  const turn = (v: Expr) => fromBits(xor(toBits(v), toBits(sign)))
  const main = sum(b, b.let(mul(m, high)), b.let(turn(t.high)))
  return add(main.high, add(main.low, madd(b, m, low, turn(curve))))
}

/** The ratio of small to large as t, and 1 where π/4 has been taken off, else 0. */
function reduceRatio(b: Build, small: Expr, large: Expr): { t: Ratio; m: Expr } {
  const wide = b.let(gt(small, mul(large, tanEighth)))
  const top = sum(b, b.let(select(wide, neg0(b, large), small)), b.let(select(wide, small, 0)))
  const bottom = sum(b, large, b.let(select(wide, small, 0)))
  const inverse = b.let(div(1, bottom.high))
  const high = b.let(mul(top.high, inverse))
  const back = product(b, high, bottom.high)
  const left = sub(sub(sub(top.high, back.high), back.low), sub(mul(high, bottom.low), top.low))
  return { t: { high, low: mul(left, inverse) }, m: b.let(select(wide, b.number(1), 0)) }
}

const neg0 = (b: Build, x: Expr): Expr => sub(b.number(0), x)

export function atan(b: Build, x: Expr): Expr {
  const size = b.let(pmin(abs(x), plain[b.type].most))
  const inverted = b.let(gt(size, 1))
  const small = b.let(select(inverted, b.number(1), size))
  const large = b.let(select(inverted, size, 1))
  const { t, m } = reduceRatio(b, small, large)
  return copysign(angle(b, select(inverted, sub(2, m), m), t, inverted), x)
}

/** The angle of a point whose coordinates have been reduced to t and m. */
function pointAngle(b: Build, y: Expr, x: Expr, t: Ratio, m: Expr): Expr {
  const swapped = b.let(gt(abs(y), abs(x)))
  const left = b.let(lt(copysign(b.number(1), x), 0))
  const first = b.let(select(swapped, sub(2, m), m))
  return copysign(angle(b, b.let(select(left, sub(4, first), first)), t, xor(swapped, left)), y)
}

/** The angle of a point of two f4, in f8 and without its sign. */
function atan2Single(b: Build, y: Expr, x: Expr): Expr {
  // Coordinates so large that they are as good as infinite, and a divisor where both are 0. NaN comes through.
  const up = b.let(pmin(abs(y), 2 ** 400))
  const size = b.let(pmin(abs(x), 2 ** 400))
  const t = b.let(div(pmin(up, size), pmax(pmax(size, up), 2 ** -400)))
  const z = b.let(mul(t, t))
  const near = b.let(madd(b, mul(z, t), polynomial(b, z, atansToOne), t))
  const turned = b.let(select(gt(up, size), sub(Math.PI / 2, near), near))
  return select(lt(copysign(b.number(1), x), 0), sub(Math.PI, turned), turned)
}

export function atan2(b: Build, y: Expr, x: Expr): Expr {
  if (b.type === 'f4' && b.wide) {
    const wide = atan2Single(withType(b, 'f8'), b.let(convert('f8', y)), b.let(convert('f8', x)))
    return copysign(convert('f4', wide), y)
  }
  const { least, most } = plain[b.type]
  const [up, right] = [b.let(abs(y)), b.let(abs(x))]
  // One of both is NaN if y or x is.
  const small = b.let(pmin(up, right))
  const large = b.let(pmax(right, up))
  const near = reduceRatio(b, small, large)
  const result = b.variable(pointAngle(b, y, x, near.t, near.m))
  b.when(not(and(ge(small, least), le(large, most))), () => {
    // Infinities become 1 beside 0, or two equal numbers; so do zeros. Else both are brought to a size that can be handled.
    const endless = b.let(eq(large, Infinity))
    const scale = b.let(select(gt(large, 1), b.number(1 / most), most))
    const brought = (v: Expr) => select(endless, select(eq(v, Infinity), b.number(1), 0), mul(v, scale))
    const low = b.let(brought(small))
    const high = b.let(brought(large))
    const { t, m } = reduceRatio(b, low, b.let(select(eq(high, 0), b.number(1), high)))
    // A tiny ratio is its own angle: one division, which also rounds results that are not normal.
    const ratio = b.let(div(small, large))
    const tiny = b.let(or(lt(ratio, 2 ** -60), eq(small, 0)))
    const straight = select(or(endless, eq(small, 0)), b.number(0), ratio)
    const angleOf = pointAngle(
      b,
      y,
      x,
      {
        high: b.let(select(and(tiny, not(eq(small, large))), straight, t.high)),
        low: b.let(select(tiny, b.number(0), t.low)),
      },
      b.let(select(tiny, b.number(0), m)),
    )
    // NaN is the sum of both where one is.
    result.set(select(eq(add(small, large), add(small, large)), angleOf, add(small, large)))
  })
  return result.get
}

/** Up to 1/2: x itself; above: twice the asin of this root. And the part of the series beyond x. */
function arcParts(b: Build, x: Expr) {
  const size = b.let(abs(x))
  const outer = b.let(ge(size, 0.5))
  const half = b.let(mul(sub(1, size), 0.5))
  const { high, low } = root(b, { high: half, low: b.number(0) })
  const z = b.let(select(outer, half, mul(x, x)))
  const series = b.let(mul(z, polynomial(b, z, asins[b.type])))
  const twice = b.let(mul(high, 2))
  const rest = b.let(mul(madd(b, high, series, low), 2))
  return { outer, series, twice, rest }
}

export function asin(b: Build, x: Expr): Expr {
  const { outer, series, twice, rest } = arcParts(b, x)
  const { high, low } = quarterPi[b.type]
  const main = sum(b, b.number(2 * high), b.let(sub(0, twice)))
  const far = copysign(add(main.high, add(main.low, sub(2 * low, rest))), x)
  return select(outer, far, madd(b, x, series, x))
}

export function acos(b: Build, x: Expr): Expr {
  const { outer, series, twice, rest } = arcParts(b, x)
  const { high, low } = quarterPi[b.type]
  const left = b.let(lt(x, 0))
  // m π/4 + main + tail
  const m = b.let(select(outer, select(left, b.number(4), 0), 2))
  const main = b.let(select(outer, select(left, sub(0, twice), twice), sub(0, x)))
  const tail = select(outer, select(left, sub(0, rest), rest), mul(sub(0, x), series))
  const whole = sum(b, b.let(mul(m, high)), main)
  return add(whole.high, add(whole.low, madd(b, m, low, tail)))
}
