/**
 * Values of L lanes as lists of registers, and their conversions. A value of w bytes a lane takes max(1, L*w/16) registers;
 * where L*w < 16 only the low part of its one register counts.
 */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import type { Asm, Ref } from './asm.ts'
import { extract, laneRows, replace } from './lanes.ts'
import { constLanes, floatShape } from './lanes-shape.ts'
import { wasmType } from './scalar.ts'
import { scalarCast } from './scalar-cast.ts'

export type Width = 1 | 2 | 4 | 8

export const registers = (lanes: number, width: Width): number => Math.max(1, (lanes * width) / 16)

const share = (asm: Asm, x: Ref) => asm.share(x, binaryen.v128)

/** Even 32-bit lanes of two registers: the low halves of 64-bit lanes. */
const evens = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]
/** Low halves, and high halves, of two registers. */
const lows = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]
const highHalf = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]

/** One step up in width; each register gives its low half, then its high half. */
function unfold(asm: Asm, regs: readonly Ref[], count: number, half: (low: boolean, r: Ref) => Ref): Ref[] {
  const shared = regs.map((r) => share(asm, r))
  return Array.from({ length: count }, (_, j) => {
    const source = shared[j >> 1] ?? shared[0]
    return half(j % 2 === 0, source ? source() : 0)
  })
}

/** One step down in width: pairs of registers become one. */
function fold(asm: Asm, regs: readonly Ref[], pack: (low: Ref, high: Ref) => Ref): Ref[] {
  const shared = regs.map((r) => share(asm, r))
  const out: Ref[] = []
  for (let j = 0; j < shared.length; j += 2) {
    const low = shared[j]
    const high = shared[j + 1] ?? low
    if (low && high) out.push(pack(low(), high()))
  }
  return out
}

/** Integers one width up, by their sign. */
function widen(asm: Asm, regs: readonly Ref[], lanes: number, from: Width, signed: boolean): Ref[] {
  const { m } = asm
  const s = signed ? 's' : 'u'
  return unfold(asm, regs, registers(lanes, (from * 2) as Width), (low, r) => {
    const end = low ? 'low' : 'high'
    if (from === 1) return m.i16x8[`extend_${end}_i8x16_${s}`](r)
    if (from === 2) return m.i32x4[`extend_${end}_i16x8_${s}`](r)
    return m.i64x2[`extend_${end}_i32x4_${s}`](r)
  })
}

/** How many low bits of integers are wanted: all that count (then packs that saturate change nothing), signed or not, or fewer. */
type Kept = 'signed' | 'unsigned' | 'low bits'

/** The low halves of integers: one width down, modulo 2^n. */
function truncate(asm: Asm, regs: readonly Ref[], from: Width, kept: Kept): Ref[] {
  const { m } = asm
  if (from === 8) return fold(asm, regs, (a, b) => m.i8x16.shuffle(a, b, evens))
  const narrow = from === 4 ? 'i16x8' : 'i8x16'
  if (kept !== 'low bits') {
    const s = kept === 'signed' ? 's' : 'u'
    return fold(asm, regs, (a, b) =>
      narrow === 'i16x8' ? m.i16x8[`narrow_i32x4_${s}`](a, b) : m.i8x16[`narrow_i16x8_${s}`](a, b),
    )
  }
  const low = from === 4 ? constLanes(asm, 'u4', 0xffff) : constLanes(asm, 'u2', 0xff)
  const lowBits = share(asm, low)
  return fold(asm, regs, (a, b) => {
    const x = m.v128.and(a, lowBits())
    const y = m.v128.and(b, lowBits())
    return narrow === 'i16x8' ? m.i16x8.narrow_i32x4_u(x, y) : m.i8x16.narrow_i16x8_u(x, y)
  })
}

/** Integers from one width to another. */
export function resize(
  asm: Asm,
  regs: readonly Ref[],
  lanes: number,
  from: Width,
  to: Width,
  signed: boolean,
  kept: Kept,
): readonly Ref[] {
  let width = from
  let now = regs
  while (width < to) {
    now = widen(asm, now, lanes, width, signed)
    width = (width * 2) as Width
  }
  while (width > to) {
    now = truncate(asm, now, width, kept)
    width = (width / 2) as Width
  }
  return now
}

/** Masks are the numbers -1 and 0, which fit everywhere. */
export const resizeMask = (
  asm: Asm,
  regs: readonly Ref[],
  lanes: number,
  from: Width,
  to: Width,
): readonly Ref[] => resize(asm, regs, lanes, from, to, true, 'signed')

/** Integers of 64 bits to f8, correctly rounded: both halves put into the mantissas of 2^84 and 2^52. */
function longsToDoubles(asm: Asm, regs: readonly Ref[], signed: boolean): Ref[] {
  const { m } = asm
  return regs.map((r) => {
    const x = share(asm, r)
    const bias = signed ? 0x4530000080000000n : 0x4530000000000000n
    const high = m.v128.xor(m.i64x2.shr_u(x(), m.i32.const(32)), constLanes(asm, 'i8', bias))
    const lowHalf = m.v128.and(x(), constLanes(asm, 'i8', 0xffffffffn))
    const low = m.v128.or(lowHalf, constLanes(asm, 'i8', 0x4330000000000000n))
    const offset = signed ? 2 ** 84 + 2 ** 63 + 2 ** 52 : 2 ** 84 + 2 ** 52
    return m.f64x2.add(m.f64x2.sub(high, constLanes(asm, 'f8', offset)), low)
  })
}

/** i4 or u4 to floats. */
function intsToFloats(asm: Asm, regs: readonly Ref[], lanes: number, signed: boolean, to: Code): Ref[] {
  const { m } = asm
  const s = signed ? 's' : 'u'
  if (to === 'f4') return regs.map((r) => m.f32x4[`convert_i32x4_${s}`](r))
  return unfold(asm, regs, registers(lanes, 8), (low, r) =>
    m.f64x2[`convert_low_i32x4_${s}`](low ? r : m.i8x16.shuffle(r, r, highHalf)),
  )
}

/** Floats to 32 bits, modulo 2^32, for any float; NaN and the infinities give 0. */
function anyFloatToInt(asm: Asm, from: Code, r: Ref): Ref {
  const { m } = asm
  const shape = m[floatShape(from)]
  const constant = (x: number) => constLanes(asm, from, x)
  const whole = share(asm, shape.trunc(r))
  const turns = shape.mul(whole(), constant(2 ** -32))
  // The remainder is exact; towards zero for f4, because a small negative plus 2^32 would round.
  const back = shape.mul(from === 'f4' ? shape.trunc(turns) : shape.floor(turns), constant(2 ** 32))
  const rest = share(asm, shape.sub(whole(), back))
  if (from === 'f8') return m.i32x4.trunc_sat_f64x2_u_zero(rest())
  const size = m.i32x4.trunc_sat_f32x4_u(m.f32x4.abs(rest()))
  const negative = share(asm, m.f32x4.lt(rest(), constant(0)))
  return m.i32x4.sub(m.v128.xor(size, negative()), negative())
}

/** Floats to 32 bits, modulo 2^32. Most are small, and one instruction does; the others are computed if there is one. */
function floatsToInts(asm: Asm, regs: readonly Ref[], from: Code): Ref[] {
  const { m } = asm
  const shape = m[floatShape(from)]
  const values = regs.map((r) => share(asm, r))
  const limit = () => constLanes(asm, from, 2 ** 31)
  const small = values.map((x) => shape.lt(shape.abs(x()), limit()))
  const allSmall = m.i32x4.all_true(small.reduce((a, b) => m.v128.and(a, b)))
  const ints = values.map(() => asm.local(binaryen.v128))
  const fill = (convert: (x: Ref) => Ref) =>
    asm.block(() => {
      ints.forEach((id, j) => {
        const x = values[j]
        if (x) asm.set(id, convert(x()))
      })
    })
  const fast = fill((x) => (from === 'f4' ? m.i32x4.trunc_sat_f32x4_s(x) : m.i32x4.trunc_sat_f64x2_s_zero(x)))
  asm.emit(
    m.if(
      allSmall,
      fast,
      fill((x) => anyFloatToInt(asm, from, x)),
    ),
  )
  const read = ints.map((id) => asm.get(id))
  return from === 'f4' ? read : fold(asm, read, (a, b) => m.i8x16.shuffle(a, b, lows))
}

/** Casts lane by lane through the scalar ones. */
function oneByOne(asm: Asm, regs: readonly Ref[], lanes: number, from: Code, to: Code): Ref[] {
  const shared = regs.map((r) => share(asm, r))
  const perIn = 16 / dtypes[from].bytes
  const perOut = 16 / dtypes[to].bytes
  return Array.from({ length: registers(lanes, dtypes[to].bytes) }, (_, j) => {
    let made = constLanes(asm, to, 0)
    for (let lane = j * perOut; lane < Math.min(lanes, (j + 1) * perOut); lane++) {
      const source = shared[Math.floor(lane / perIn)]
      if (!source) continue
      const scalar = asm.share(extract(asm, from, source(), lane % perIn), wasmType(from))
      made = replace(asm, to, made, lane % perOut, scalarCast(asm, from, to, scalar()))
    }
    return made
  })
}

/** A cast of numbers (not to or from masks) with the meaning of a typed-array store. `fits`: no value is outside the type. */
export function castLanes(
  asm: Asm,
  regs: readonly Ref[],
  lanes: number,
  from: Code,
  to: Code,
  fits = false,
): readonly Ref[] {
  const { m } = asm
  const a = dtypes[from]
  const b = dtypes[to]
  const kept = !fits ? 'low bits' : b.kind === 'i' ? 'signed' : 'unsigned'
  if (from === to) return regs
  if (a.kind !== 'f' && b.kind !== 'f') {
    return resize(asm, regs, lanes, a.bytes, b.bytes, a.kind === 'i', kept)
  }
  if (a.kind === 'f' && b.kind === 'f') {
    if (to === 'f8') {
      return unfold(asm, regs, registers(lanes, 8), (low, r) =>
        m.f64x2.promote_low_f32x4(low ? r : m.i8x16.shuffle(r, r, highHalf)),
      )
    }
    const halves = regs.map((r) => m.f32x4.demote_f64x2_zero(r))
    return fold(asm, halves, (x, y) => m.i8x16.shuffle(x, y, lows))
  }
  if (b.kind === 'f') {
    const signed = a.kind === 'i'
    if (a.bytes < 8) {
      const ints = resize(asm, regs, lanes, a.bytes, 4, signed, 'low bits')
      return intsToFloats(asm, ints, lanes, signed || a.bytes < 4, to)
    }
    return to === 'f8' ? longsToDoubles(asm, regs, signed) : oneByOne(asm, regs, lanes, from, to)
  }
  if (b.bytes === 8) return oneByOne(asm, regs, lanes, from, to)
  return resize(asm, floatsToInts(asm, regs, from), lanes, 4, b.bytes, false, kept)
}

/** Where the numbers are not zero (NaN is not): a mask of the numbers' width. */
export function nonzero(asm: Asm, regs: readonly Ref[], code: Code): Ref[] {
  const ne = laneRows[code].ne
  return regs.map((r) => (ne ? ne(asm, r, constLanes(asm, code, 0)) : r))
}

/** A mask as numbers 0 and 1. */
export function maskToNumbers(
  asm: Asm,
  regs: readonly Ref[],
  lanes: number,
  width: Width,
  to: Code,
): readonly Ref[] {
  const sized = resizeMask(asm, regs, lanes, width, dtypes[to].bytes)
  return sized.map((r) => asm.m.v128.and(r, constLanes(asm, to, 1)))
}

/** Whether any lane of a mask is set: an i32. Only a mask that fills its registers may be asked. */
export function anyLane({ m }: Asm, regs: readonly Ref[]): Ref {
  return m.v128.any_true(regs.reduce((a, b) => m.v128.or(a, b)))
}
