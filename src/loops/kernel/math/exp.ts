/**
 * e^x = 2^k e^r with r = x - k ln 2, |r| <= ln 2 / 2, and e^r = 1 + r + r²/2 + r³ q(r). What is lost when r is rounded is
 * added again in its last, smallest term.
 * Coefficients: scripts/coefficients (exp f4, exp f8).
 */
import type { Expr } from '../ir.ts'
import { abs, add, type Build, floor, gt, le, lt, madd, mul, not, select, sub } from './build.ts'
import { formatOf, powerOfTwo, scaleBy, toNearest } from './formats.ts'
import { polynomial } from './polynomial.ts'

const coefficients = {
  f4: [0.5, 0.16666534543037415, 0.04166724905371666, 0.008367431350052357, 0.001386273535899818],
  f8: [
    0.5, 0.16666666666666433, 0.04166666666660399, 0.00833333333350049, 0.0013888888926781007,
    0.00019841269465255666, 2.4801508703112713e-5, 2.755764173519417e-6, 2.762517814579031e-7,
    2.4978097588719263e-8,
  ],
} as const

/** Where 2^k is normal, as e^x then is; and where e^x is certainly infinite, or 0. */
const limits = {
  f4: { plain: 86.5, most: 89, least: -104 },
  f8: { plain: 708, most: 710, least: -746 },
} as const

/** e^x - 1 = 2^k (1 + high + tail) - 1, where tail is much smaller than high. */
export interface ExpParts {
  readonly high: Expr
  readonly tail: Expr
  /** k as a number, and in the low bits of an integer. */
  readonly k: { readonly number: Expr; readonly bits: Expr }
}

export function expParts(b: Build, x: Expr): ExpParts {
  const { ln2 } = formatOf(b)
  const k = toNearest(b, x, Math.LOG2E)
  const high = b.let(madd(b, k.number, -ln2.high, x))
  const low = b.let(mul(k.number, -ln2.low))
  const r = b.let(add(high, low))
  const tail = madd(b, mul(r, r), polynomial(b, r, coefficients[b.type]), low)
  return { high, tail, k }
}

/** y * 2^k where that may be no normal number: in two steps, of which only the second rounds. */
export function scaleFar(b: Build, y: Expr, k: Expr): Expr {
  const half = b.let(floor(mul(k, 0.5)))
  return mul(mul(y, powerOfTwo(b, half)), powerOfTwo(b, sub(k, half)))
}

export function exp(b: Build, x: Expr): Expr {
  const { high, tail, k } = expParts(b, x)
  const y = b.let(add(add(high, tail), 1))
  const result = b.variable(scaleBy(b, y, k.bits))
  const { plain, most, least } = limits[b.type]
  b.when(not(le(abs(x), plain)), () => {
    const far = scaleFar(b, y, k.number)
    result.set(select(gt(x, most), Infinity, select(lt(x, least), 0, far)))
  })
  return result.get
}
