/**
 * x % y, exactly: x - trunc(x/y) y, where a quotient of less than 2^52 makes that exact. For larger quotients y is first scaled up,
 * and then down again in steps of 2^51. In f8 also for f4.
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
  ge,
  gt,
  lt,
  mul,
  not,
  select,
  sub,
  trunc,
  withType,
} from './build.ts'
import { product } from './double.ts'
import { powerOfTwo } from './formats.ts'

/** Quotients below `most` are exact. Larger ones are taken apart in `count` steps and a last one, with y scaled within 1 / ±`end`. */
const ranges = {
  f4: { most: 2 ** 23, step: 21, count: 13, end: 2 ** 60 },
  f8: { most: 2 ** 52, step: 51, count: 42, end: 2 ** 500 },
} as const

/** x mod y for x >= 0 and y > 0, not too large, with x < 2^52 y. */
function step1(b: Build, x: Expr, y: Expr): Expr {
  const q = b.let(trunc(div(x, y)))
  const p = product(b, q, y)
  const r = b.let(sub(sub(x, p.high), p.low))
  // The quotient may have been rounded up to an integer.
  return select(lt(r, 0), add(r, y), r)
}

export function rem(b: Build, x: Expr, y: Expr): Expr {
  if (b.type === 'f4' && b.wide) {
    const [v, w] = [b.let(convert('f8', x)), b.let(convert('f8', y))]
    return convert('f4', rem(withType(b, 'f8'), v, w))
  }
  const { most, step, count, end } = ranges[b.type]
  const [size, by] = [b.let(abs(x)), b.let(abs(y))]
  const result = b.variable(copysign(step1(b, size, by), x))
  const usual = and(
    and(lt(div(size, by), most), lt(size, Infinity)),
    and(lt(by, end ** 1.8), gt(by, end ** -1.8)),
  )
  b.when(not(usual), () => {
    const rest = b.variable(size)
    const n = b.variable(b.number(count))
    b.loop(
      () => ge(n.get, 0),
      () => {
        const third = b.let(powerOfTwo(b, b.let(mul(n.get, step / 3))))
        const scaled = b.let(mul(mul(mul(by, third), third), third))
        const applies = and(ge(rest.get, scaled), lt(scaled, Infinity))
        // Away from the ends of the range, where parts of products would be lost.
        const [high, low] = [b.let(gt(scaled, end)), b.let(lt(scaled, 1 / end))]
        const scale = b.let(select(high, 1 / end, select(low, end, b.number(1))))
        const back = select(high, end, select(low, 1 / end, b.number(1)))
        const less = mul(step1(b, b.let(mul(rest.get, scale)), b.let(mul(scaled, scale))), back)
        rest.set(select(applies, less, rest.get))
        n.set(sub(n.get, 1))
      },
    )
    const valid = and(and(lt(size, Infinity), gt(by, 0)), eq(by, by))
    result.set(copysign(select(valid, rest.get, NaN), x))
  })
  return result.get
}
