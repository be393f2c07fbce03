/**
 * sin and cos: after reduction to |r| <= π/4, sin r = r + r³ q(r²) and cos r = 1 - r²/2 + r⁴ q(r²); of both, each element takes
 * one, and a sign, by its quarter turn.
 * sinpi and cospi have an exact reduction, x = n/2 + r with |r| <= 1/4, and r π in two parts.
 * Coefficients: scripts/coefficients (sin, cos); those of sin negated, which keeps the sign of zero.
 */
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
  lt,
  madd,
  mul,
  nearest,
  select,
  shl,
  sub,
  toBits,
  xor,
} from './build.ts'
import { product } from './double.ts'
import { toNearest } from './formats.ts'
import { polynomial } from './polynomial.ts'
import { isHuge, narrowRest, type Reduced, reduce } from './reduce.ts'
import { reduceHuge } from './reduce-huge.ts'

const sines = {
  f4: [0.16666655242443085, -0.008332190103828907, 0.00019518454791978002],
  f8: [
    0.1666666666666663, -0.008333333333321922, 0.00019841269829463037, -2.75573135842721e-6,
    2.5050742688472943e-8, -1.5895967511161465e-10,
  ],
} as const
const cosines = {
  f4: [0.04166664555668831, -0.00138873141258955, 2.4433173166471533e-5],
  f8: [
    0.0416666666666666, -0.001388888888887448, 2.4801587289677574e-5, -2.7557314403058445e-7,
    2.08757295751718e-9, -1.1359949831519974e-11,
  ],
} as const

/** sin x for `ahead` = 0, cos x for `ahead` = 1: quarter turns ahead of the sine. */
function wave(b: Build, { high, low, quarters }: Reduced, ahead: 0 | 1): Expr {
  const z = b.let(mul(high, high))
  const sine = sub(high, madd(b, mul(z, high), polynomial(b, z, sines[b.type]), low))
  const half = b.let(mul(z, 0.5))
  const near = b.let(sub(1, half))
  const rest = madd(b, mul(z, z), polynomial(b, z, cosines[b.type]), mul(high, low))
  const cosine = add(near, add(sub(sub(1, near), half), rest))
  const turned = ahead === 0 ? quarters : b.let(add(quarters, 1n))
  const value = select(eq(and(turned, 1n), 1n), cosine, sine)
  const sign = shl(and(turned, 2n), b.type === 'f4' ? 30n : 62n)
  return fromBits(xor(toBits(value), sign))
}

function trigonometric(b: Build, x: Expr, ahead: 0 | 1): Expr {
  const result = b.variable(wave(b, reduce(b, x), ahead))
  b.when(isHuge(b, x), () => {
    const far = wave(b, reduceHuge(b, x), ahead)
    result.set(select(lt(abs(x), Infinity), far, NaN))
  })
  return result.get
}

/** π in two parts; products of less than `least` with it have no low part. */
const pis = {
  f4: { high: 3.1415927410125732, low: -8.742277657347586e-8, least: 2 ** -90 },
  f8: { high: Math.PI, low: 1.2246467991473532e-16, least: 2 ** -900 },
} as const

/** x π modulo whole turns. */
function reducePi(b: Build, x: Expr): Reduced {
  const even = mul(nearest(mul(x, 0.5)), 2)
  const y = b.let(sub(x, even))
  const { number: n, bits } = toNearest(b, y, 2)
  const r = b.let(sub(y, mul(n, 0.5)))
  if (b.type === 'f4' && b.wide) return narrowRest(b, b.let(mul(convert('f8', r), Math.PI)), bits)
  const pi = pis[b.type]
  const { high, low } = product(b, r, b.number(pi.high))
  // The low part of a tiny product cannot be had: there the high one is good enough.
  const rest = select(lt(abs(r), pi.least), 0, sub(0, madd(b, r, pi.low, low)))
  return { high, low: b.let(rest), quarters: bits }
}

/** At whole numbers a zero with the sign of x. */
export function sinpi(b: Build, x: Expr): Expr {
  const value = b.let(wave(b, reducePi(b, x), 0))
  return select(eq(value, 0), copysign(b.number(0), x), value)
}

/** At halves of odd numbers +0. */
export const cospi = (b: Build, x: Expr): Expr => add(wave(b, reducePi(b, x), 1), 0)

export const sin = (b: Build, x: Expr): Expr => trigonometric(b, x, 0)
export const cos = (b: Build, x: Expr): Expr => trigonometric(b, x, 1)
