/** Polynomials by Estrin's scheme: pairs, then pairs of pairs, so that no long chain of dependent steps arises. */
import type { Expr } from '../ir.ts'
import { type Arg, type Build, madd, mul } from './build.ts'

/** c[0] + c[1] x + c[2] x² + … */
export function polynomial(b: Build, x: Expr, coefficients: readonly number[]): Expr {
  let terms: Arg[] = coefficients.map(b.number)
  for (let power = b.let(x); ; power = b.let(mul(power, power))) {
    const next: Arg[] = []
    for (let k = 0; k < terms.length; k += 2) {
      const [low, high] = [terms[k] ?? 0, terms[k + 1]]
      next.push(high === undefined ? low : madd(b, high, power, low))
    }
    terms = next
    const [only] = terms
    if (terms.length === 1 && typeof only === 'object') return only
  }
}
