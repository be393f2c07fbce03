/**
 * cbrt: a polynomial for the fraction, a step of Halley's method, and a last correction by the exact remainder v - t³.
 * hypot: sqrt(x² + y²), the sum and its root in two parts.
 * Both in f8, for f4 without the last parts. Coefficients: scripts/coefficients (cbrt f8).
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
  floor,
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
  sqrt,
  sub,
  withType,
} from './build.ts'
import { product, root, sum } from './double.ts'
import { formatOf, largest, outside, powerOfTwo } from './formats.ts'
import { splitExponent } from './log.ts'
import { polynomial } from './polynomial.ts'

const coefficients = [
  0.4216828816673432, 1.0560469640902737, -0.836127672166705, 0.5110174551176252, -0.1795794072209978,
  0.02695878948553752,
] as const
const cubeRoots = { of2: 1.2599210498948732, of4: 1.5874010519681996 } as const

/** The cube root of a normal positive x. */
function plainCbrt(b: Build, x: Expr, exact: boolean): Expr {
  const { k, f } = splitExponent(b, x, 0)
  const thirds = b.let(floor(madd(b, k, 1 / 3, 1 / 6)))
  const rest = b.let(sub(k, mul(thirds, 3)))
  const m = b.let(add(f, 1))
  const [one, two] = [b.let(eq(rest, 1)), b.let(eq(rest, 2))]
  const factor = select(two, cubeRoots.of4, select(one, cubeRoots.of2, b.number(1)))
  const v = b.let(mul(m, select(two, 4, select(one, 2, b.number(1)))))
  const start = b.let(mul(polynomial(b, m, coefficients), factor))
  const cube = b.let(mul(mul(start, start), start))
  const better = b.let(div(mul(start, madd(b, v, 2, cube)), madd(b, cube, 2, v)))
  const scale = powerOfTwo(b, thirds)
  if (!exact) return mul(better, scale)
  const square = product(b, better, better)
  const third = product(b, square.high, better)
  const left = sub(sub(sub(v, third.high), third.low), mul(square.low, better))
  return mul(add(better, div(left, mul(square.high, 3))), scale)
}

/** Three times these exponents make subnormal numbers normal. */
const thirds = { f4: 8, f8: 18 } as const

export function cbrt(b: Build, x: Expr): Expr {
  if (b.type === 'f4' && b.wide) {
    const wide = withType(b, 'f8')
    const w = b.let(convert('f8', x))
    const size = b.let(abs(w))
    const usual = and(gt(size, 0), lt(size, Infinity))
    return convert('f4', select(usual, copysign(plainCbrt(wide, size, false), w), w))
  }
  const size = b.let(abs(x))
  const result = b.variable(copysign(plainCbrt(b, size, true), x))
  b.when(outside(b, size, formatOf(b).leastNormal, largest[b.type]), () => {
    const up = thirds[b.type]
    const lifted = mul(plainCbrt(b, b.let(mul(size, 2 ** (3 * up))), true), 2 ** -up)
    result.set(select(and(gt(size, 0), lt(size, Infinity)), copysign(lifted, x), x))
  })
  return result.get
}

/** Numbers of this size have squares whose parts are all normal. */
const sizes = {
  f4: { least: 2 ** -50, most: 2 ** 60, far: 2 ** 80, apart: 2 ** -30 },
  f8: { least: 2 ** -400, most: 2 ** 500, far: 2 ** 600, apart: 2 ** -60 },
} as const

function plainHypot(b: Build, large: Expr, small: Expr): Expr {
  const p = product(b, large, large)
  const q = product(b, small, small)
  const whole = sum(b, p.high, q.high)
  const { high, low } = root(b, { high: whole.high, low: b.let(add(whole.low, add(p.low, q.low))) })
  return add(high, low)
}

export function hypot(b: Build, x: Expr, y: Expr): Expr {
  if (b.type === 'f4' && b.wide) {
    const [v, w] = [b.let(convert('f8', x)), b.let(convert('f8', y))]
    const endless = or(eq(abs(v), Infinity), eq(abs(w), Infinity))
    return convert('f4', select(endless, Infinity, sqrt(madd(b, v, v, mul(w, w)))))
  }
  const { least, most, far, apart } = sizes[b.type]
  const [v, w] = [b.let(abs(x)), b.let(abs(y))]
  // One of both is NaN if v or w is.
  const large = b.let(pmax(w, v))
  const small = b.let(pmin(v, w))
  const result = b.variable(plainHypot(b, large, small))
  b.when(not(and(ge(small, least), le(large, most))), () => {
    const down = b.let(gt(large, most))
    const scale = b.let(select(down, 1 / far, b.number(far)))
    // Beside a large one, a small one does not count: but it must not overflow.
    const scaled = plainHypot(b, b.let(mul(large, scale)), b.let(mul(small, scale)))
    const alone = b.let(lt(small, mul(large, apart)))
    const sized = select(alone, large, mul(scaled, select(down, far, b.number(1 / far))))
    const endless = or(eq(v, Infinity), eq(w, Infinity))
    result.set(select(endless, Infinity, sized))
  })
  return result.get
}
