/** Functions of a number's parts: nextafter, ldexp, and the two results of frexp. */
import type { Expr } from '../ir.ts'
import {
  abs,
  add,
  and,
  type Build,
  convert,
  copysign,
  eq,
  fromBits,
  gt,
  lt,
  mul,
  ne,
  or,
  pmax,
  pmin,
  select,
  shr,
  sub,
  toBits,
  trunc,
  withType,
} from './build.ts'
import { formatOf, powerOfTwo } from './formats.ts'
import { lift } from './log.ts'

const exponentMask = { f4: 0x7f800000n, f8: 0x7ff0000000000000n } as const
const ones = { f4: 0xffffffffn, f8: 0xffffffffffffffffn } as const
const leastPositive = { f4: 2 ** -149, f8: 2 ** -1074 } as const

/** C's: the next number from x towards y; y where both are equal. */
export function nextafter(b: Build, x: Expr, y: Expr): Expr {
  const outward = ne(gt(y, x), lt(x, 0))
  const bits = toBits(x)
  const stepped = fromBits(select(outward, add(bits, 1n), sub(bits, 1n)))
  const moved = select(eq(x, 0), copysign(b.number(leastPositive[b.type]), y), stepped)
  const unordered = or(ne(x, x), ne(y, y))
  return select(eq(x, y), y, select(unordered, add(x, y), moved))
}

/** A step of ldexp, and beyond what there is nothing left. */
const strides = { f4: { length: 120, most: 290 }, f8: { length: 1000, most: 2200 } } as const

/**
 * x 2^n in steps that are exact but the last: the rest of n first, so that whatever the steps make subnormal has not been
 * rounded before. For f4 in f8, where nothing is out of range until the end.
 */
export function ldexp(b: Build, x: Expr, n: Expr): Expr {
  if (b.type === 'f4' && b.wide) {
    const wide = withType(b, 'f8')
    const power = powerOfTwo(wide, b.let(pmax(pmin(convert('f8', n), 500), -500)))
    return convert('f4', mul(convert('f8', x), power))
  }
  const { most, length } = strides[b.type]
  const count = b.let(pmax(pmin(n, most), -most))
  const steps = b.let(trunc(mul(count, 1 / length)))
  const rest = powerOfTwo(b, sub(count, mul(steps, length)))
  const step = b.let(powerOfTwo(b, copysign(b.number(length), count)))
  const once = select(gt(abs(steps), 0), step, 1)
  const twice = select(gt(abs(steps), 1), step, 1)
  return mul(mul(mul(x, rest), once), twice)
}

/** x scaled to be normal where it is subnormal, and by how many powers of two. */
function normal(b: Build, x: Expr) {
  const { leastNormal } = formatOf(b)
  const small = b.let(lt(abs(x), leastNormal))
  const up = lift[b.type]
  return { value: b.let(select(small, mul(x, 2 ** up), x)), less: select(small, b.number(up), 0) }
}

/** Zeros, infinities and NaN are their own mantissas. */
const ordinary = (b: Build, x: Expr): Expr => and(lt(abs(x), Infinity), gt(abs(x), b.number(0)))

export function mantissa(b: Build, x: Expr): Expr {
  const { value } = normal(b, x)
  const field = exponentMask[b.type]
  const half = toBits(b.number(0.5))
  return select(ordinary(b, x), fromBits(or(and(toBits(value), ones[b.type] ^ field), half)), x)
}

export function exponent(b: Build, x: Expr): Expr {
  const { value, less } = normal(b, x)
  const { fraction, bias } = formatOf(b)
  const field = shr(and(toBits(value), exponentMask[b.type]), BigInt(fraction))
  // The bits of 2^fraction + field.
  const whole = fromBits(or(field, toBits(b.number(2 ** fraction))))
  return select(ordinary(b, x), sub(sub(whole, 2 ** fraction + bias - 1), less), 0)
}
