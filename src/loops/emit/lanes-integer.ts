/** Integer ops that take several lane instructions, or another one than they say: means, saturating sums, shifts and products by constants. */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import type { Asm, Ref } from './asm.ts'
import { intShape, splatConst } from './lanes-shape.ts'
import type { Emit } from './scalar.ts'

const share = (asm: Asm, x: Ref) => asm.share(x, binaryen.v128)

/** Shifts by a count that is the same in all lanes (an i32): wasm's vector shifts. */
export function shiftLanes(asm: Asm, op: 'shl' | 'shr', code: Code, a: Ref, count: Ref): Ref {
  const shape = asm.m[intShape(dtypes[code].bytes)]
  if (op === 'shl') return shape.shl(a, count)
  return dtypes[code].kind === 'i' ? shape.shr_s(a, count) : shape.shr_u(a, count)
}

/** Of 64-bit lanes, the low half of the first register and the high half of the second. */
const lowThenHigh = [0, 1, 2, 3, 20, 21, 22, 23, 8, 9, 10, 11, 28, 29, 30, 31]

/** Shifts by a constant. An arithmetic right shift of 64 bits is not an instruction of x86 before AVX-512, a blend of two is. */
export function shiftByConst(asm: Asm, op: 'shl' | 'shr', code: Code, a: Ref, count: number): Ref {
  const { m } = asm
  const by = () => m.i32.const(count)
  if (op === 'shl' || code !== 'i8' || count > 32 || count === 0) return shiftLanes(asm, op, code, a, by())
  const x = share(asm, a)
  const low = m.i64x2.shr_u(x(), by())
  const high = m.i32x4.shr_s(x(), m.i32.const(Math.min(count, 31)))
  return m.i8x16.shuffle(low, high, lowThenHigh)
}

/** The signed digits of a factor, -1, 0 or 1 times powers of two, the fewest there are (its non-adjacent form). */
function digitsOf(factor: bigint): { readonly power: number; readonly negative: boolean }[] {
  const digits: { power: number; negative: boolean }[] = []
  let rest = factor
  for (let power = 0; rest !== 0n; power++, rest >>= 1n) {
    if ((rest & 1n) === 0n) continue
    const negative = (rest & 3n) === 3n
    digits.push({ power, negative })
    rest += negative ? 1n : -1n
  }
  return digits
}

/** x * factor on 64-bit lanes as shifts and sums, where that is less than the eight instructions of a product; else undefined. */
export function timesConst(asm: Asm, a: Ref, factor: bigint): Ref | undefined {
  const digits = digitsOf(BigInt.asIntN(64, factor)).reverse()
  const [first, ...others] = digits
  if (!first || first.negative || digits.length > 3) return undefined
  const { m } = asm
  const x = share(asm, a)
  const part = (power: number) => (power === 0 ? x() : m.i64x2.shl(x(), m.i32.const(power)))
  return others.reduce(
    (sum, { power, negative }) => (negative ? m.i64x2.sub(sum, part(power)) : m.i64x2.add(sum, part(power))),
    part(first.power),
  )
}

/** How many ones there are: in bytes, whose counts are then added in pairs. */
export function popcount(asm: Asm, bytes: number, a: Ref): Ref {
  const { m } = asm
  const ofBytes = m.i8x16.popcnt(a)
  if (bytes === 1) return ofBytes
  const ofPairs = m.i16x8.extadd_pairwise_i8x16_u(ofBytes)
  if (bytes === 2) return ofPairs
  // Of numbers so small, products with one, added in pairs: an instruction less than the unsigned sums.
  const ofFours = m.i32x4.dot_i16x8_s(ofPairs, splatConst(asm, 'i16x8', 1))
  if (bytes === 4) return ofFours
  const fours = share(asm, ofFours)
  const low = m.v128.and(fours(), splatConst(asm, 'i64x2', 0xffffffffn))
  return m.i64x2.add(low, m.i64x2.shr_u(fours(), m.i32.const(32)))
}

interface Means {
  readonly hadd: Emit
  readonly rhadd: Emit
  readonly zhadd: Emit
}

/** Halving adds: bytes and pairs of bytes have an unsigned one that rounds up, all others are made of bits. */
export function means(code: Code): Means {
  const { bytes, kind } = dtypes[code]
  const shape = intShape(bytes)
  const signed = kind === 'i'
  const one = (asm: Asm) => splatConst(asm, shape, 1)
  const flip = (asm: Asm, x: Ref) =>
    signed ? asm.m.v128.xor(x, splatConst(asm, shape, bytes === 1 ? 0x80 : 0x8000)) : x
  const half = (asm: Asm, x: Ref) => shiftLanes(asm, 'shr', code, x, asm.m.i32.const(1))
  const rhadd: Emit = (asm, a, b) => {
    const { m } = asm
    if (shape === 'i8x16' || shape === 'i16x8') return flip(asm, m[shape].avgr_u(flip(asm, a), flip(asm, b)))
    const [x, y] = [share(asm, a), share(asm, b)]
    return m[shape].sub(m.v128.or(x(), y()), half(asm, m.v128.xor(x(), y())))
  }
  const hadd: Emit = (asm, a, b) => {
    const { m } = asm
    const [x, y] = [share(asm, a), share(asm, b)]
    const differing = m.v128.xor(x(), y())
    return bytes <= 2
      ? m[shape].sub(rhadd(asm, x(), y()), m.v128.and(differing, one(asm)))
      : m[shape].add(m.v128.and(x(), y()), half(asm, differing))
  }
  const zhadd: Emit = (asm, a, b) => {
    if (!signed) return hadd(asm, a, b)
    const { m } = asm
    const [x, y] = [share(asm, a), share(asm, b)]
    const low = share(asm, hadd(asm, x(), y()))
    // A negative sum that is odd was rounded away from zero.
    const negative =
      shape === 'i8x16'
        ? m.v128.and(m.i8x16.lt_s(low(), splatConst(asm, shape, 0)), one(asm))
        : m[shape].shr_u(low(), m.i32.const(8 * bytes - 1))
    return m[shape].add(low(), m.v128.and(m.v128.xor(x(), y()), negative))
  }
  return { hadd, rhadd, zhadd }
}

/** Saturating sums: only bytes and pairs of bytes have them. */
export function saturating(code: Code): { readonly addSat?: Emit; readonly subSat?: Emit } {
  const { bytes, kind } = dtypes[code]
  const shape = intShape(bytes)
  if (shape !== 'i8x16' && shape !== 'i16x8') return {}
  return {
    addSat: ({ m }, a, b) => (kind === 'i' ? m[shape].add_saturate_s(a, b) : m[shape].add_saturate_u(a, b)),
    subSat: ({ m }, a, b) => (kind === 'i' ? m[shape].sub_saturate_s(a, b) : m[shape].sub_saturate_u(a, b)),
  }
}

/** x / 2^k towards zero: a negative x is first moved up by 2^k - 1. */
export function divideByPower(asm: Asm, code: Code, a: Ref, k: number): Ref {
  const shape = asm.m[intShape(dtypes[code].bytes)]
  const bits = 8 * dtypes[code].bytes
  const x = share(asm, a)
  const sign = k === 1 ? x() : shiftByConst(asm, 'shr', code, x(), bits - 1)
  const up = shape.shr_u(sign, asm.m.i32.const(bits - k))
  return shiftByConst(asm, 'shr', code, shape.add(x(), up), k)
}
