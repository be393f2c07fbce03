/**
 * tan r = r + r³ q(r²) for |r| <= π/4, in two parts; in every other quarter -1 / tan r, corrected by its remainder.
 * For f4 in f8, in single numbers. Coefficients: scripts/coefficients (tan).
 */
import type { Expr } from '../ir.ts'
import { abs, add, and, type Build, convert, div, eq, lt, madd, mul, select, sub, withType } from './build.ts'
import { product, sum } from './double.ts'
import { polynomial } from './polynomial.ts'
import { isHuge, isHugeRest, type Reduced, reduce, restOf } from './reduce.ts'
import { hugeRest, reduceHuge } from './reduce-huge.ts'

const coefficients = {
  f4: [
    0.33333155512809753, 0.13338825106620789, 0.05340956151485443, 0.02443535067141056, 0.003112577134743333,
    0.009389305487275124,
  ],
  f8: [
    0.3333333333333333, 0.13333333333333794, 0.0539682539679093, 0.02186948854855905, 0.00886323527028001,
    0.003592131534308436, 0.0014558021510839498, 0.000590238609721439, 0.00023812242977428052,
    0.00010045185273325139, 3.009792565538927e-5, 3.3395976077222494e-5, -1.7440569116444034e-5,
    2.5092789362584174e-5, -1.2292500448023708e-5, 4.477603913570415e-6,
  ],
} as const

function tangent(b: Build, { high, low, quarters }: Reduced): Expr {
  const square = product(b, high, high)
  const z = square.high
  const [third, ...beyond] = coefficients.f8
  const factor = sum(b, b.number(third), b.let(mul(z, polynomial(b, z, beyond))))
  const cube = product(b, high, z)
  const curve = product(b, cube.high, factor.high)
  const cubeLow = madd(b, high, square.low, cube.low)
  const curveLow = add(curve.low, madd(b, cube.high, factor.low, mul(cubeLow, factor.high)))
  // What r misses grows by 1 + tan² r.
  const t = b.let(add(high, curve.high))
  const lost = madd(b, mul(t, t), low, low)
  const main = sum(b, high, curve.high)
  const { high: value, low: rest } = sum(b, main.high, b.let(add(main.low, sub(curveLow, lost))))
  // Sums have lost the sign of a zero.
  const whole = b.let(select(eq(high, 0), high, value))
  const inverse = b.let(div(-1, whole))
  const back = product(b, inverse, whole)
  const left = add(add(add(back.high, 1), back.low), mul(inverse, rest))
  return select(eq(and(quarters, 1n), 1n), madd(b, inverse, left, inverse), whole)
}

function tangentSingle(b: Build, rest: Expr, quarters: Expr): Expr {
  const z = b.let(mul(rest, rest))
  const whole = b.let(madd(b, mul(z, rest), polynomial(b, z, coefficients.f4), rest))
  return convert('f4', select(eq(and(quarters, 1n), 1n), div(-1, whole), whole))
}

export function tan(b: Build, x: Expr): Expr {
  if (b.type === 'f4' && b.wide) {
    const wide = withType(b, 'f8')
    const near = restOf(b, x)
    const result = b.variable(tangentSingle(wide, near.rest, near.quarters))
    b.when(isHugeRest(b, x), () => {
      const { rest, quarters } = hugeRest(b, x)
      result.set(select(lt(abs(x), Infinity), tangentSingle(wide, rest, quarters), NaN))
    })
    return result.get
  }
  const result = b.variable(tangent(b, reduce(b, x)))
  b.when(isHuge(b, x), () => {
    result.set(select(lt(abs(x), Infinity), tangent(b, reduceHuge(b, x)), NaN))
  })
  return result.get
}
