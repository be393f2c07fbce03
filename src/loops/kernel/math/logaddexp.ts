/**
 * logaddexp: log(e^x + e^y) = m + log(1 + e^-d) for the greater operand m and d = |x - y|, which is kept in two parts, as all that
 * follows. Where the sum cancels, log(1 + s) for s = (e^x - 1) + e^y in twice the digits: then m is in [-log 2, 0], and s is small.
 * For f4 in single numbers of f8, but where the sum cancels.
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
  gt,
  lt,
  madd,
  max,
  min,
  mul,
  neg,
  not,
  select,
  sub,
  withType,
} from './build.ts'
import {
  letPair,
  type Pair,
  pairOf,
  product,
  productOfPairs,
  selectPair,
  sumOfAny,
  sumOfPairs,
  times,
} from './double.ts'
import { exp } from './exp.ts'
import { expOfPair, logOfPair } from './exp-log-pair.ts'
import { powerOfTwo, toNearest } from './formats.ts'
import { log1p } from './log-more.ts'

/** ln 2 in parts of 33 and 53 bits, the last of 53. */
const ln2 = [0.6931471803691238, 1.9082149292705877e-10, 1.1612227229362532e-26] as const

/** Below the first the parts of e^-d may be subnormal; beyond the second it is 0. */
const [least, most] = [-600, 750]
const up = 600

/** log(1 + e) for a pair e in [0, 1]. */
function logOfOnePlus(b: Build, e: Pair): Pair {
  const whole = sumOfAny(b, b.number(1), e.high)
  const { high, low } = logOfPair(b, whole)
  return { high, low: b.let(add(low, div(e.low, whole.high))) }
}

/** e^x - 1 for |x| < 0.75, by its series. */
function growth(b: Build, x: Pair): Pair {
  const [high, low, k] = [b.variable(b.number(1)), b.variable(b.number(0)), b.variable(b.number(28))]
  // 1 + x/k (1 + x/(k+1) (…))
  b.loop(
    () => gt(k.get, 1.5),
    () => {
      const count = b.let(k.get)
      const grown = productOfPairs(b, { high: high.get, low: low.get }, x)
      const part = b.let(div(grown.high, count))
      const back = product(b, part, count)
      const rest = div(add(sub(sub(grown.high, back.high), back.low), grown.low), count)
      const next = sumOfPairs(b, pairOf(b, { high: 1, low: 0 }), { high: part, low: b.let(rest) })
      high.set(next.high)
      low.set(next.low)
      k.set(sub(count, 1))
    },
  )
  return productOfPairs(b, { high: high.get, low: low.get }, x)
}

/** log(e^x + e^y) where that is small: x in [-0.7, 0], y below. */
function nearZero(b: Build, x: Expr, y: Expr): Expr {
  const none = b.number(0)
  const k = toNearest(b, y, Math.LOG2E)
  const first = b.let(sub(y, mul(k.number, ln2[0])))
  const second = product(b, k.number, b.number(-ln2[1]))
  const r = sumOfPairs(
    b,
    { high: first, low: none },
    { high: second.high, low: b.let(madd(b, k.number, -ln2[2], second.low)) },
  )
  const scale = b.let(powerOfTwo(b, k.number))
  const one = pairOf(b, { high: 1, low: 0 })
  const grown = times(b, sumOfPairs(b, one, growth(b, r)), scale)
  const { high, low } = logOfOnePlus(b, sumOfPairs(b, growth(b, { high: x, low: none }), grown))
  return add(high, low)
}

function logaddexpDouble(b: Build, x: Expr, y: Expr): Expr {
  const [upper, lower] = [b.let(max(x, y)), b.let(min(x, y))]
  const apart = sumOfAny(b, b.let(neg(upper)), lower)
  const far = b.let(lt(apart.high, -most))
  const minus = letPair(b, selectPair(far, pairOf(b, { high: -most, low: 0 }), apart))
  const { high, low, k } = expOfPair(b, minus)
  const scale = b.let(powerOfTwo(b, k.number))
  const log = logOfOnePlus(b, { high: b.let(mul(high, scale)), low: b.let(mul(low, scale)) })
  const whole = sumOfAny(b, upper, log.high)
  const result = b.variable(add(whole.high, add(whole.low, log.low)))
  const cancelled = lt(abs(result.get), mul(log.high, 1 / 16))
  b.when(and(cancelled, gt(minus.high, least)), () => result.set(nearZero(b, upper, lower)))
  b.when(not(gt(minus.high, least)), () => {
    // The logarithm is e^-d itself. What is next to it in size is added 2^up times as large, where both are in two parts.
    const grown = powerOfTwo(b, b.let(add(k.number, up)))
    const sum = sumOfAny(b, b.let(mul(upper, 2 ** up)), b.let(mul(high, grown)))
    const tail = mul(add(sum.high, add(sum.low, mul(low, grown))), 2 ** -up)
    // Infinities and NaN too are the greater one.
    result.set(select(lt(abs(upper), 1), tail, upper))
  })
  return result.get
}

/** For f4: single numbers of f8 will do, but where the sum cancels. */
function logaddexpSingle(b: Build, x: Expr, y: Expr): Expr {
  const [upper, lower] = [b.let(max(x, y)), b.let(min(x, y))]
  const minus = b.let(sub(lower, upper))
  const log = b.let(log1p(b, b.let(exp(b, minus))))
  const result = b.variable(add(upper, log))
  b.when(lt(abs(result.get), mul(log, 2 ** -16)), () => result.set(nearZero(b, upper, lower)))
  // Equal infinities, and NaN.
  return select(eq(minus, minus), result.get, upper)
}

export function logaddexp(b: Build, x: Expr, y: Expr): Expr {
  if (b.type === 'f8') return logaddexpDouble(b, x, y)
  const [u, v] = [x, y].map((e) => b.let(convert('f8', e))) as [Expr, Expr]
  return convert('f4', logaddexpSingle(withType(b, 'f8'), u, v))
}
