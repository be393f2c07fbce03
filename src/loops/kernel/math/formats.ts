/** What the two float formats differ in, as the functions need it. */

import { bitsValue } from '../evaluate.ts'
import type { Expr } from '../ir.ts'
import { abs, add, type Build, fromBits, gt, madd, shl, signedBits, sub, toBits } from './build.ts'

interface Format {
  /** Bits of the fraction. */
  readonly fraction: number
  readonly bias: number
  /** 1.5 * 2^fraction: added to a number, it leaves the nearest integer in the lowest bits. */
  readonly magic: number
  readonly leastNormal: number
  /** ln 2 = high + low; high has so few bits that its product with an exponent is exact. */
  readonly ln2: { readonly high: number; readonly low: number }
}

const formats: Readonly<Record<'f4' | 'f8', Format>> = {
  f4: {
    fraction: 23,
    bias: 127,
    magic: 1.5 * 2 ** 23,
    leastNormal: 2 ** -126,
    ln2: { high: 0.693145751953125, low: 1.428606765330187e-6 },
  },
  f8: {
    fraction: 52,
    bias: 1023,
    magic: 1.5 * 2 ** 52,
    leastNormal: 2 ** -1022,
    ln2: { high: 0.6931471803691238, low: 1.9082149292705877e-10 },
  },
}

export const formatOf = (b: Build): Format => formats[b.type]

const patternOf = (b: Build, x: number): bigint =>
  bitsValue(b.type, b.type === 'f4' ? 'i4' : 'i8', x) as bigint

/** Whether x is not in [least, most], both positive: so also where it is NaN. Bits are in order as numbers are. */
export function outside(b: Build, x: Expr, least: number, most: number): Expr {
  const [first, last] = [patternOf(b, least), patternOf(b, most)]
  // Signed comparison of what is meant unsigned: from the lowest integer up.
  const lowest = b.type === 'f4' ? -(2n ** 31n) : -(2n ** 63n)
  return gt(add(signedBits(x), lowest - first), lowest + last - first)
}

/** Whether |x| > most, or x is NaN. */
export const beyond = (b: Build, x: Expr, most: number): Expr => gt(signedBits(abs(x)), patternOf(b, most))

/** The largest number. */
export const largest = { f4: 3.4028234663852886e38, f8: Number.MAX_VALUE } as const

/** x * scale to the nearest integer, as a number and (in the low bits of `bits`) as an integer. */
export function toNearest(b: Build, x: Expr, scale: number): { number: Expr; bits: Expr } {
  const { magic } = formatOf(b)
  const shifted = b.let(scale === 1 ? add(x, magic) : madd(b, x, scale, magic))
  return { number: b.let(sub(shifted, magic)), bits: toBits(shifted) }
}

/** x * 2^k for the k in the low bits of `bits`: exact while the result is a normal number. */
export const scaleBy = (b: Build, x: Expr, bits: Expr): Expr =>
  fromBits(add(toBits(x), shl(bits, formatOf(b).fraction)))

/** 2^k for an integral number k, where that is normal. */
export function powerOfTwo(b: Build, k: Expr): Expr {
  const { magic, bias, fraction } = formatOf(b)
  return fromBits(shl(toBits(add(k, magic + bias)), fraction))
}
