/**
 * log1p, log2 and log10, and the inverse hyperbolic functions, which are logarithms of sums:
 *   asinh x = log(x + sqrt(x² + 1)), acosh x = log(x + sqrt(x² - 1)), atanh x = log((1 + x) / (1 - x)) / 2
 * The sums are kept in two parts u + c, and log(u + c) = log u + c/u. log2 and log10 keep more of the logarithm than log does before they scale it.
 * All of them in f8, also for f4 where f8 is there.
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
  fromBits,
  gt,
  lt,
  madd,
  mul,
  not,
  select,
  sub,
  toBits,
  withType,
} from './build.ts'
import { type Pair, product, root, sum, sumOfAny } from './double.ts'
import { beyond, formatOf, outside } from './formats.ts'
import { logarithm, logOf, logParts, splitExponent } from './log.ts'

/** A function of one argument that is computed in f8 for both types, where f8 is there. */
export const inDouble =
  (f: (b: Build, x: Expr) => Expr) =>
  (b: Build, x: Expr): Expr =>
    b.type === 'f8' || !b.wide ? f(b, x) : convert('f4', f(withType(b, 'f8'), b.let(convert('f8', x))))

interface Parts {
  readonly high: number
  readonly low: number
}
type ByType = Readonly<Record<'f4' | 'f8', Parts>>
/** 1 over ln 2 and ln 10, the first parts of 12 and 31 bits; log10 2, the first part of 15 and 41 bits. */
const perLn2: ByType = {
  f4: { high: 1.4423828125, low: 0.00031222839606925845 },
  f8: { high: 1.442695040255785, low: 6.331784189566044e-10 },
}
const perLn10: ByType = {
  f4: { high: 0.4342041015625, low: 9.038033749675378e-5 },
  f8: { high: 0.43429448176175356, low: 1.414982685385801e-10 },
}
const log10of2: ByType = {
  f4: { high: 0.301025390625, low: 4.605039066518657e-6 },
  f8: { high: 0.30102999566361177, low: 3.694239077158931e-13 },
}
const one: ByType = { f4: { high: 1, low: 0 }, f8: { high: 1, low: 0 } }
/** The upper half of a number. */
const upper = { f4: 0xfffff000n, f8: 0xffffffff00000000n } as const

/** k * unit + log(1+f) * per: the larger part of the logarithm is cut to half its bits, so that both products are exact. */
const scaledLog = (units: ByType, pers: ByType) =>
  inDouble((b, x) =>
    logarithm(b, x, (v, scaled) => {
      const [unit, per] = [units[b.type], pers[b.type]]
      const reduced = splitExponent(b, v, scaled)
      const { k, f } = reduced
      const { half, rest } = logParts(b, reduced)
      const main = b.let(fromBits(and(toBits(sub(f, half)), upper[b.type])))
      const left = b.let(add(sub(sub(f, main), half), rest))
      const product = b.let(mul(main, per.high))
      const small = madd(b, add(left, main), per.low, mul(left, per.high))
      const low = unit.low === 0 ? small : madd(b, k, unit.low, small)
      const big = unit.high === 1 ? k : b.let(mul(k, unit.high))
      const whole = b.let(add(big, product))
      return add(whole, add(low, add(sub(big, whole), product)))
    }),
  )

export const log2 = scaledLog(one, perLn2)
export const log10 = scaledLog(log10of2, perLn10)

/** log(u + c) for a normal u and a c in its last place or beyond: log u + t - t²/2 for t = c/u. */
function logOfPair(b: Build, u: Expr, c: Expr): Expr {
  const { ln2 } = formatOf(b)
  const reduced = splitExponent(b, u, 0)
  const { k, f } = reduced
  const { half, rest } = logParts(b, reduced)
  const t = b.let(div(c, u))
  const more = madd(b, mul(t, -0.5), t, t)
  const low = sub(half, madd(b, k, ln2.low, add(rest, more)))
  return madd(b, k, ln2.high, sub(f, low))
}

/** log(1 + high + low). */
function log1pPair(b: Build, { high, low }: Pair): Expr {
  const u = sumOfAny(b, b.number(1), high)
  return logOfPair(b, u.high, add(u.low, low))
}

/** Below this, second powers are in the last place. */
const tiny = { f4: 2 ** -12, f8: 2 ** -28 } as const

export const log1p = inDouble((b, x) => {
  const value = log1pPair(b, { high: x, low: b.number(0) })
  const result = b.variable(select(lt(abs(x), tiny[b.type]), madd(b, mul(x, -0.5), x, x), value))
  b.when(not(and(gt(x, -1), lt(x, Infinity))), () => {
    const below = select(eq(x, -1), b.number(-Infinity), NaN)
    result.set(select(lt(x, 0), below, x))
  })
  return result.get
})

/** From here on x² is x² ± 1. */
const large = { f4: 2 ** 40, f8: 2 ** 100 } as const
/** The distance from 1 to the next number. */
const epsilon = { f4: 2 ** -23, f8: 2 ** -52 } as const

/** log(x + sqrt(x² + one)) for x >= 0: x² + one must not be negative. */
function logOfRoot(b: Build, x: Expr, one: 1 | -1): Expr {
  const square = product(b, x, x)
  const whole = sumOfAny(b, square.high, b.number(one))
  const { high, low } = root(b, sum(b, whole.high, b.let(add(whole.low, square.low))))
  if (one === 1) {
    const w = sumOfAny(b, x, b.let(sub(high, 1)))
    return log1pPair(b, { high: w.high, low: b.let(add(w.low, low)) })
  }
  const less = sum(b, x, b.number(-1))
  const w = sumOfAny(b, less.high, high)
  return log1pPair(b, { high: w.high, low: b.let(add(add(w.low, less.low), low)) })
}

/** log(2x) for large x. */
const logOfTwice = (b: Build, x: Expr): Expr => logOf(b, splitExponent(b, x, -1))

export const asinh = inDouble((b, x) => {
  const size = b.let(abs(x))
  const result = b.variable(select(lt(size, tiny[b.type]), x, copysign(logOfRoot(b, size, 1), x)))
  b.when(beyond(b, x, large[b.type]), () => {
    result.set(select(lt(size, Infinity), copysign(logOfTwice(b, size), x), x))
  })
  return result.get
})

export const acosh = inDouble((b, x) => {
  const result = b.variable(logOfRoot(b, x, -1))
  b.when(outside(b, x, 1 + epsilon[b.type], large[b.type]), () => {
    const far = select(lt(x, Infinity), logOfTwice(b, x), x)
    const near = select(eq(x, 1), b.number(0), NaN)
    result.set(select(gt(x, 1), far, near))
  })
  return result.get
})

export const atanh = inDouble((b, x) => {
  const size = b.let(abs(x))
  const bottom = sum(b, b.number(1), b.let(sub(0, size)))
  const top = b.let(mul(size, 2))
  const ratio = b.let(div(top, bottom.high))
  const back = product(b, ratio, bottom.high)
  const left = sub(sub(sub(top, back.high), back.low), mul(ratio, bottom.low))
  const value = mul(log1pPair(b, { high: ratio, low: b.let(div(left, bottom.high)) }), 0.5)
  const result = b.variable(select(lt(size, tiny[b.type]), x, copysign(value, x)))
  b.when(beyond(b, x, 1 - epsilon[b.type] / 2), () => {
    result.set(select(eq(size, 1), copysign(b.number(Infinity), x), NaN))
  })
  return result.get
})
