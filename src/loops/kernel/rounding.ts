/** Float operations that JavaScript lacks, exactly as IEEE 754 defines them. Slow and plain: the interpreter runs them. */
import type { FloatCode } from '../../dtype.ts'

/** Halves go to the even neighbour; zeros keep their sign. */
export function nearest(x: number): number {
  const up = Math.round(x)
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up
}

export const copySign = (size: number, sign: number): number =>
  sign < 0 || Object.is(sign, -0) ? -Math.abs(size) : Math.abs(size)

const f8 = new Float64Array(1)
const u8 = new BigUint64Array(f8.buffer)

/** A finite x is m * 2^e. */
function parts(x: number): { m: bigint; e: number } {
  f8[0] = x
  const bits = u8[0] ?? 0n
  const exponent = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  const m = exponent === 0 ? fraction : fraction | (1n << 52n)
  return { m: x < 0 ? -m : m, e: Math.max(exponent, 1) - 1075 }
}

const formats = { f4: { digits: 24, least: -149 }, f8: { digits: 53, least: -1074 } } as const

/** m * 2^e for a positive m, rounded once to the format: to nearest, halves to even. */
function round(type: FloatCode, m: bigint, e: number): number {
  const { digits, least } = formats[type]
  const length = m.toString(2).length
  const drop = Math.max(length - digits, least - e, 0)
  if (drop === 0) return scale(Number(m), e)
  const shift = BigInt(drop)
  const half = 1n << (shift - 1n)
  const rest = m & ((1n << shift) - 1n)
  const low = m >> shift
  const up = rest > half || (rest === half && (low & 1n) === 1n)
  const value = scale(Number(up ? low + 1n : low), e + drop)
  return type === 'f4' ? Math.fround(value) : value
}

/** x * 2^e, where the result is exact or too large: in steps that do not overflow on the way. */
function scale(x: number, e: number): number {
  if (e > 1000) return scale(x * 2 ** 1000, e - 1000)
  if (e < -1000) return scale(x * 2 ** -1000, e + 1000)
  return x * 2 ** e
}

/** a*b + c with one rounding, to f4 or f8. */
export function fusedMultiplyAdd(type: FloatCode, a: number, b: number, c: number): number {
  const rough = a * b + c
  // What is not finite, and the sign of an exact zero, come out right in two steps; but the product must not overflow.
  if (!Number.isFinite(a) || !Number.isFinite(b)) return rough
  if (!Number.isFinite(c)) return c
  if (a === 0 || b === 0) return rough
  const [x, y, z] = [parts(a), parts(b), parts(c)]
  const e = Math.min(x.e + y.e, z.e)
  const product = (x.m * y.m) << BigInt(x.e + y.e - e)
  const sum = product + (z.m << BigInt(z.e - e))
  if (sum === 0n) return c === 0 ? copySign(0, a) * copySign(1, b) + c : 0
  return sum < 0n ? -round(type, -sum, e) : round(type, sum, e)
}
