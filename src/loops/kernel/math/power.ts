/**
 * x^y = 2^(y log2 x). For f8 the logarithm has some 65 bits, as the sum of two numbers:
 *   log2 x = k + s (c + z c/3 + z² q(z)) with c = 2 / ln 2, s = f/(2+f), z = s², x = 2^k (1+f), all but the last term in pairs.
 * Then 2^p = 2^n e^((p - n) ln 2) for the integer n next to p. For f4 both are computed in f8, in single numbers, where f8 is there.
 * Special cases are those of JavaScript: (±1) ** ±Infinity is NaN, x ** 0 is 1 even for NaN.
 * Coefficients: scripts/coefficients (log2 f8).
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
  pmax,
  pmin,
  select,
  sub,
  trunc,
  withType,
} from './build.ts'
import { type Pair, product, sum } from './double.ts'
import { expPolynomial, scaleFar } from './exp.ts'
import { formatOf, scaleBy, toNearest } from './formats.ts'
import { lift, splitExponent } from './log.ts'
import { polynomial } from './polynomial.ts'

/** 2 / ln 2 and a third of it, in two parts each; then the coefficients beyond. */
const firsts = {
  f4: { high: 2.885390043258667, low: 3.851926067000022e-8 },
  f8: { high: 2.8853900817779268, low: 4.0710547481862066e-17 },
} as const
const seconds = {
  f4: { high: 0.9617967009544373, low: -7.028461812552678e-9 },
  f8: { high: 0.9617966939259756, low: 5.0577616648125907e-17 },
} as const
const coefficients = [
  0.5770780163556178, 0.412198583091993, 0.32059890226423526, 0.26230770192678327, 0.22198396159721012,
  0.19125598511786604, 0.19037794276705056,
] as const
const ln2s = {
  f4: { high: 0.6931471824645996, low: -1.9046542121259336e-9 },
  f8: { high: Math.LN2, low: 2.3190468138462996e-17 },
} as const

/** log2 of a normal positive x, scaled by 2^-scaled. */
function log2Pair(b: Build, x: Expr, scaled: Expr | number): Pair {
  const [first, second] = [firsts[b.type], seconds[b.type]]
  const { k, f } = splitExponent(b, x, 0)
  const bottom = sum(b, b.number(2), f)
  const inverse = b.let(div(1, bottom.high))
  const s = b.let(mul(f, inverse))
  const back = product(b, s, bottom.high)
  const rest = sub(sub(sub(f, back.high), back.low), mul(s, bottom.low))
  const sLow = b.let(mul(rest, inverse))
  const z = product(b, s, s)
  const zLow = b.let(madd(b, mul(s, 2), sLow, z.low))
  const beyond = mul(mul(z.high, z.high), polynomial(b, z.high, coefficients))
  const u = product(b, z.high, b.number(second.high))
  const uLow = add(u.low, madd(b, zLow, second.high, mul(z.high, second.low)))
  const v = sum(b, b.number(first.high), u.high)
  const vLow = add(v.low, add(add(uLow, first.low), beyond))
  const factor = sum(b, v.high, b.let(vLow))
  const p = product(b, s, factor.high)
  const pLow = add(p.low, madd(b, s, factor.low, mul(sLow, factor.high)))
  const whole = sum(b, b.let(sub(k, scaled)), p.high)
  return sum(b, whole.high, b.let(add(whole.low, pLow)))
}

/** y log2 x, in two parts. */
function exponent(b: Build, logarithm: Pair, y: Expr): Pair {
  const p = product(b, y, logarithm.high)
  return { high: p.high, low: b.let(madd(b, y, logarithm.low, p.low)) }
}

/** 2^(high + low) as y 2^n. */
function powerParts(b: Build, { high, low }: Pair) {
  const ln2 = ln2s[b.type]
  const n = toNearest(b, high, 1)
  const fraction = b.let(sub(high, n.number))
  const main = product(b, fraction, b.number(ln2.high))
  const rest = b.let(add(main.low, madd(b, low, ln2.high, mul(fraction, ln2.low))))
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
  const size = b.let(abs(x))
  const { k, f } = splitExponent(b, size, 0)
  const s = b.let(div(f, add(f, 2)))
  const z = b.let(mul(s, s))
  const series = polynomial(b, z, [firsts.f8.high, seconds.f8.high, ...coefficients.slice(0, 6)])
  const p = b.let(pmax(pmin(mul(y, add(k, mul(s, series))), 1000), -1000))
  const n = toNearest(b, p, 1)
  const r = b.let(mul(sub(p, n.number), ln2s.f8.high))
  const value = add(madd(b, mul(r, r), expPolynomial(b, r), r), 1)
  const result = b.variable(scaleBy(b, value, n.bits))
  const usual = and(gt(x, 0), lt(x, Infinity))
  b.when(not(and(usual, le(abs(y), Number.MAX_VALUE))), () => {
    result.set(special(b, x, y, result.get))
  })
  return result.get
}
