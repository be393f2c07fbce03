/**
 * gamma and the parts of lgamma for f4: as in gamma.ts, but in single numbers of f8, whose errors stay far below the last place of f4.
 * Coefficients: scripts/coefficients/gamma.py.
 */
import type { Expr } from '../ir.ts'
import {
  abs,
  add,
  type Build,
  div,
  eq,
  floor,
  lt,
  madd,
  mul,
  nearest,
  neg,
  pmin,
  select,
  sub,
} from './build.ts'
import { exp } from './exp.ts'
import { log } from './log.ts'
import { polynomial } from './polynomial.ts'
import { sinpi } from './trig.ts'

/** (log 2π - 1) / 2. */
const offset = 0.4189385332046727
/** Stirling's series, times t, by powers of 1/t². */
const series = [
  0.08333333333304886, -0.0027777774213234244, 0.0007935785990953884, -0.0005900409919859163,
  0.0006836054046890286,
] as const

/** What Γ(a) is made of, for a > 0: e^power / (a factor) for a < 5, else e^power. */
interface Parts {
  readonly small: Expr
  readonly power: Expr
  readonly factor: Expr
}

function partsOf(b: Build, a: Expr): Parts {
  const small = b.let(lt(a, 5))
  const t = b.let(add(a, select(small, b.number(5), 0)))
  const c = b.let(mul(a, t))
  const inverse = b.let(div(1, t))
  const rest = mul(inverse, polynomial(b, b.let(mul(inverse, inverse)), series))
  const power = b.let(madd(b, sub(t, 0.5), sub(log(b, t), 1), add(rest, offset)))
  return { small, power, factor: b.let(mul(add(c, 4), add(c, 6))) }
}

/** |Γ(-a)| e^power, for an a that is no whole number. */
function reflected(b: Build, a: Expr, { small, factor }: Parts): Expr {
  const sine = sinpi(b, b.let(abs(sub(a, nearest(a)))))
  return div(mul(select(small, factor, 1), Math.PI), mul(sine, select(small, b.number(1), a)))
}

/** From here on Γ is infinite in f4, or Γ(-x) 0. */
const most = 50

export function gammaSingle(b: Build, x: Expr): Expr {
  const size = b.let(abs(x))
  const parts = partsOf(b, b.let(pmin(size, most)))
  const grown = b.let(exp(b, parts.power))
  // With x itself, as zeros count with their signs.
  const result = b.variable(div(grown, select(parts.small, mul(x, parts.factor), 1)))
  b.when(lt(x, 0), () => {
    const value = b.let(div(reflected(b, size, parts), grown))
    const below = b.let(floor(size))
    const even = eq(mul(floor(mul(below, 0.5)), 2), below)
    result.set(select(eq(below, size), NaN, select(even, neg(value), value)))
  })
  return result.get
}

/** log |Γ(x)|, but for some 2^-48 where that is small. */
export function lgammaSingle(b: Build, x: Expr): Expr {
  const size = b.let(abs(x))
  const parts = partsOf(b, size)
  const result = b.variable(sub(parts.power, log(b, b.let(select(parts.small, mul(size, parts.factor), 1)))))
  b.when(lt(x, 0), () => result.set(sub(log(b, b.let(reflected(b, size, parts))), parts.power)))
  return result.get
}
