/**
 * x^y = 2^(y log2 x). For f8 the logarithm has some 65 bits, as the sum of two numbers:
 *   log2 x = k + s (3 + z + z² q(z)) c/3 with c = 2 / ln 2, s = f/(2+f), z = s², x = 2^k (1+f), all but the last term in pairs.
 * Then 2^p = 2^n e^((p - n) ln 2) for the integer n next to p. For f4 both are computed in f8, in single numbers and
 * with shorter polynomials, where f8 is there.
 * Special cases are those of JavaScript: (±1) ** ±Infinity is NaN, x ** 0 is 1 even for NaN.
 * Coefficients: scripts/coefficients (log2 f8, divided by c/3; log2 f4, exp2 f4).
 */
import type { Expr } from '../ir.ts'
import {
  abs,
  add,
  and,
  type Build,
  convert,
  div,
  eq,
  ge,
  gt,
  le,
  lt,
  madd,
  max,
  min,
  mul,
  ne,
  not,
  or,
  select,
  sub,
  trunc,
  withType,
} from './build.ts'
import { cut, cutProduct, type Pair, parted, plus, sum } from './double.ts'
import { expPolynomial, scaleFar } from './exp.ts'
import { beyond, formatOf, outside, scaleBy, toNearest } from './formats.ts'
import { lift, splitExponent } from './log.ts'
import { polynomial } from './polynomial.ts'

/** 2 / (3 ln 2) in two parts, and the coefficients beyond, divided by it. */
const thirds = {
  f4: { high: 0.9617967009544373, low: -7.028461812552678e-9 },
  f8: { high: 0.9617966939259756, low: 5.0577616648125907e-17 },
} as const
const coefficients = [
  0.6000000000000337, 0.4285714285515289, 0.3333333377926022, 0.27272676604456253, 0.23080133566595004,
  0.19885282027449555, 0.1979399014046756,
] as const
const ln2s = {
  f4: { high: 0.6931471824645996, low: -1.9046542121259336e-9 },
  f8: { high: Math.LN2, low: 2.3190468138462996e-17 },
} as const

/** The same with half the bits in the first part: see cut. */
const thirdsCut = {
  f4: { high: 0.961669921875, low: 0.00012677205086220056 },
  f8: { high: 0.9617966860532761, low: 7.872699542894897e-9 },
} as const
const ln2sCut = {
  f4: { high: 0.693115234375, low: 3.194618329871446e-5 },
  f8: { high: 0.6931471675634384, low: 1.2996506893889889e-8 },
} as const

/** For f4, in f8: log2((1+s)/(1-s)) / s over s², and (2^t - 1) / t. */
const single = {
  log2: [2.8853900817900855, 0.9617966733430159, 0.5770835846972002, 0.4116727365885252, 0.3407297586695496],
  exp2: [
    0.6931472028550343, 0.24022647913616163, 0.055503324711536205, 0.009618437358787651,
    0.0013398874408143326, 0.00015353361665722642,
  ],
} as const

/**
 * log2 of a normal positive x, scaled by 2^-scaled: k + s (3 + z + r) c/3, each factor in two parts. Without fused multiply-adds the
 * first parts are cut, so that their products are exact.
 */
function log2Pair(b: Build, x: Expr, scaled: Expr | number): Pair {
  const { k, f, m } = splitExponent(b, x, 0)
  const bottom = b.let(add(m, 1))
  const inverse = b.let(div(1, bottom))
  const s = b.let(mul(f, inverse))
  const z = b.let(mul(s, s))
  const curve = polynomial(b, z, coefficients)
  // s is sHigh + sLow.
  const sHigh = cut(b, s)
  const bottomHigh = b.let(sub(0, cut(b, bottom)))
  const bottomLow = b.let(sub(sub(-1, bottomHigh), m))
  const sLow = b.let(mul(madd(b, sHigh, bottomLow, madd(b, sHigh, bottomHigh, f)), inverse))
  const square = cutProduct(b, sHigh, sHigh)
  const rest = b.let(madd(b, mul(z, z), curve, plus(b, sLow, add(sHigh, s), square)))
  const factor = cut(b, b.let(add(add(square.high, 3), rest)))
  const factorLow = sub(rest, sub(sub(factor, 3), square.high))
  const main = cutProduct(b, sHigh, factor)
  const p = parted(b, { high: main.high, low: b.let(madd(b, sLow, factor, plus(b, s, factorLow, main))) })
  const third = thirds[b.type]
  const scale = b.fma ? third : thirdsCut[b.type]
  const product = cutProduct(b, p.high, b.number(scale.high))
  const low = madd(b, p.high, scale.low, plus(b, p.low, third.high, product))
  const whole = sum(b, b.let(sub(k, scaled)), product.high)
  return { high: whole.high, low: b.let(add(whole.low, low)) }
}

/** y log2 x, in two parts. */
function exponent(b: Build, logarithm: Pair, y: Expr): Pair {
  const { high, low } = parted(b, logarithm)
  const yHigh = cut(b, y)
  const p = cutProduct(b, yHigh, high)
  const rest = p.low ?? mul(sub(y, yHigh), high)
  return { high: p.high, low: b.let(madd(b, y, low, rest)) }
}

/** 2^(high + low) as y 2^n. */
function powerParts(b: Build, p: Pair) {
  const n = toNearest(b, p.high, 1)
  const { high, low } = parted(b, { high: b.let(sub(p.high, n.number)), low: p.low })
  const ln2 = ln2s[b.type]
  const scale = b.fma ? ln2 : ln2sCut[b.type]
  const main = cutProduct(b, high, b.number(scale.high))
  const rest = b.let(madd(b, high, scale.low, plus(b, low, ln2.high, main)))
  const r = b.let(add(main.high, rest))
  const tail = madd(b, mul(r, r), expPolynomial(b, r), rest)
  return { value: b.let(add(add(main.high, tail), 1)), n }
}

/** Exponents beyond `huge` count as that; powers up to 2^±`plain` are normal; beyond the others, infinite or 0. */
const limits = {
  f4: { huge: 2 ** 36, plain: 124, most: 129, least: -151 },
  f8: { huge: 2 ** 66, plain: 1021, most: 1025, least: -1080 },
} as const

function powByPairs(b: Build, x: Expr, y: Expr): Expr {
  const { huge, plain, most, least } = limits[b.type]
  const { leastNormal } = formatOf(b)
  const p = exponent(b, log2Pair(b, x, 0), y)
  const near = powerParts(b, p)
  const result = b.variable(scaleBy(b, near.value, near.n.bits))
  const usual = and(and(ge(x, leastNormal), lt(x, Infinity)), le(abs(y), huge))
  b.when(not(and(usual, le(abs(p.high), plain))), () => {
    const size = b.let(abs(x))
    const small = b.let(lt(size, leastNormal))
    const lifted = b.let(select(small, mul(size, 2 ** lift[b.type]), size))
    const bounded = b.let(max(min(y, huge), -huge))
    const logarithm = log2Pair(b, lifted, b.let(select(small, b.number(lift[b.type]), 0)))
    const q = exponent(b, logarithm, bounded)
    const { value, n } = powerParts(b, q)
    const far = scaleFar(b, value, n.number)
    const finite = select(gt(q.high, most), Infinity, select(lt(q.high, least), 0, far))
    result.set(special(b, x, y, finite))
  })
  return result.get
}

/** The power of |x| with everything that is not ordinary about x and y. */
function special(b: Build, x: Expr, y: Expr, power: Expr): Expr {
  const size = b.let(abs(x))
  const [one, zero, infinite, nan] = [1, 0, Infinity, NaN].map(b.number) as [Expr, Expr, Expr, Expr]
  const whole = eq(trunc(y), y)
  const half = b.let(mul(y, 0.5))
  const odd = and(whole, ne(trunc(half), half))
  // The sign counts for zeros too.
  const negative = b.let(lt(div(1, select(eq(x, 0), x, one)), 0))
  const under = b.let(or(lt(x, 0), and(eq(x, 0), negative)))
  const ends = or(eq(size, 0), eq(size, Infinity))
  // 0 and infinity, by the sign of y; so is what an infinite y makes of the others.
  const grows = b.let(ne(gt(size, 1), lt(y, 0)))
  const extreme = select(grows, infinite, zero)
  const endless = b.let(eq(abs(y), Infinity))
  const sized = b.let(select(or(ends, endless), extreme, power))
  const signed = b.let(select(and(under, odd), sub(b.number(-0), sized), sized))
  const complex = and(and(lt(x, 0), lt(size, Infinity)), and(not(whole), not(endless)))
  const undefinedPower = or(complex, and(endless, eq(size, 1)))
  const known = select(undefinedPower, nan, signed)
  const ordered = and(eq(x, x), eq(y, y))
  return select(eq(y, 0), one, select(ordered, known, nan))
}

export function pow(b: Build, x: Expr, y: Expr): Expr {
  if (b.type === 'f8' || !b.wide) return powByPairs(b, x, y)
  const wide = withType(b, 'f8')
  return convert('f4', powSingle(wide, b.let(convert('f8', x)), b.let(convert('f8', y))))
}

/** In f8, for operands that were f4: their logarithms and powers are ordinary numbers there. */
function powSingle(b: Build, x: Expr, y: Expr): Expr {
  const { plain } = limits.f8
  const size = b.let(abs(x))
  const { k, f, m } = splitExponent(b, size, 0)
  const s = b.let(div(f, add(m, 1)))
  const z = b.let(mul(s, s))
  const series = polynomial(b, z, single.log2)
  const p = b.let(mul(y, add(k, mul(s, series))))
  const n = toNearest(b, p, 1)
  const t = b.let(sub(p, n.number))
  const value = b.let(madd(b, t, polynomial(b, t, single.exp2), 1))
  const result = b.variable(scaleBy(b, value, n.bits))
  // Of f4 all powers that are neither 0 nor infinite are within `plain`.
  b.when(or(outside(b, x, 2 ** -1022, Number.MAX_VALUE), beyond(b, p, plain)), () => {
    const far = select(gt(p, plain), Infinity, select(lt(p, -plain), 0, result.get))
    result.set(special(b, x, y, far))
  })
  return result.get
}
