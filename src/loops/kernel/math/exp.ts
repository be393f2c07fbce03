/**
 * e^x = 2^k e^r with r = x - k ln 2, |r| <= ln 2 / 2, and e^r = 1 + r + r²/2 + r³ q(r). What is lost when r is rounded is
 * added again in its last, smallest term.
 * 2^x likewise, with r ln 2 in two parts for r = x - k.
 * Coefficients: scripts/coefficients (exp f4, exp f8).
 */
import type { Expr } from '../ir.ts'
import { add, type Build, floor, gt, lt, madd, mul, select, sub } from './build.ts'
import { beyond, formatOf, powerOfTwo, scaleBy, toNearest } from './formats.ts'
import { polynomial } from './polynomial.ts'

const coefficients = {
  f4: [
    0.5, 0.1666666716337204, 0.041666481643915176, 0.00833321176469326, 0.0013933343579992652,
    0.00019940319180022925,
  ],
  f8: [
    0.5, 0.16666666666666677, 0.04166666666666659, 0.008333333333321464, 0.0013888888888935926,
    0.00019841269886473797, 2.4801587213006215e-5, 2.755724391213934e-6, 2.755737372355584e-7,
    2.5109126657531706e-8, 2.0883152499568826e-9,
  ],
} as const

/** Where 2^k is normal, as e^x then is; and where e^x is certainly infinite, or 0. */
const limits = {
  f4: { plain: 86.5, most: 89, least: -104 },
  f8: { plain: 708, most: 710, least: -746 },
} as const

interface Limits {
  readonly plain: number
  readonly most: number
  readonly least: number
}

/** The p of e^r = 1 + r + r² p(r). */
export const expPolynomial = (b: Build, r: Expr): Expr => polynomial(b, r, coefficients[b.type])

/** e^x - 1 = 2^k (1 + high + tail) - 1, where tail is much smaller than high. */
export interface ExpParts {
  readonly high: Expr
  readonly tail: Expr
  /** k as a number, and in the low bits of an integer. */
  readonly k: { readonly number: Expr; readonly bits: Expr }
}

/** x - k ln 2 as high + low, and k. */
function reduceExp(b: Build, x: Expr) {
  const { ln2 } = formatOf(b)
  const k = toNearest(b, x, Math.LOG2E)
  const high = b.let(madd(b, k.number, -ln2.high, x))
  const low = b.let(mul(k.number, -ln2.low))
  return { k, high, low, r: b.let(add(high, low)) }
}

export function expParts(b: Build, x: Expr): ExpParts {
  const { k, high, low, r } = reduceExp(b, x)
  return { high, tail: madd(b, mul(r, r), expPolynomial(b, r), low), k }
}

/** The same with a better tail: for functions in which 1 is taken away again. */
export function fineExpParts(b: Build, x: Expr): ExpParts {
  const { k, high, low, r } = reduceExp(b, x)
  const square = b.let(mul(r, r))
  // What r lost in rounding counts in its square too.
  const last = madd(b, add(sub(high, r), low), r, low)
  const [half = 0.5, ...beyond] = coefficients[b.type]
  const curve = madd(b, mul(square, r), polynomial(b, r, beyond), last)
  return { high, tail: b.let(add(mul(square, half), curve)), k }
}

/** y * 2^k where that may be no normal number: in two steps, of which only the second rounds. */
export function scaleFar(b: Build, y: Expr, k: Expr): Expr {
  const half = b.let(floor(mul(k, 0.5)))
  return mul(mul(y, powerOfTwo(b, half)), powerOfTwo(b, sub(k, half)))
}

/** 2^k (1 + high + tail), and what it is where that is no normal number: `x` and its limits tell. */
function scaled(b: Build, x: Expr, { high, tail, k }: ExpParts, { plain, most, least }: Limits): Expr {
  const y = b.let(add(add(high, tail), 1))
  const result = b.variable(scaleBy(b, y, k.bits))
  b.when(beyond(b, x, plain), () => {
    const far = scaleFar(b, y, k.number)
    result.set(select(gt(x, most), Infinity, select(lt(x, least), 0, far)))
  })
  return result.get
}

export const exp = (b: Build, x: Expr): Expr => scaled(b, x, expParts(b, x), limits[b.type])

const limits2 = {
  f4: { plain: 125, most: 128.5, least: -151 },
  f8: { plain: 1021, most: 1025, least: -1076 },
} as const
/** ln 2 in two parts: the first of so few bits that its product with the upper half of a number is exact; and what cuts that off. */
const parts2 = {
  f4: { high: 0.693115234375, low: 3.1946184945309415e-5, cut: 1.5 * 2 ** 11 },
  f8: { high: 0.6931471824645996, low: -1.904654299957768e-9, cut: 1.5 * 2 ** 26 },
} as const

/** 2^x = 2^k (1 + high + tail). */
export function exp2Parts(b: Build, x: Expr): ExpParts {
  const { high: ln2, low, cut } = parts2[b.type]
  const k = toNearest(b, x, 1)
  const r = b.let(sub(x, k.number))
  const upper = b.let(sub(add(r, cut), cut))
  const high = b.let(mul(upper, ln2))
  const rest = b.let(madd(b, sub(r, upper), Math.LN2, mul(upper, low)))
  const t = b.let(add(high, rest))
  return { high, tail: madd(b, mul(t, t), expPolynomial(b, t), rest), k }
}

export const exp2 = (b: Build, x: Expr): Expr => scaled(b, x, exp2Parts(b, x), limits2[b.type])
