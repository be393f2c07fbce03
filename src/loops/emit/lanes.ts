/**
 * Lanes: every op on one 128-bit register, by dtype. A value of L lanes is a list of registers, each row works on one of them.
 * `null` is a decision: there is no such instruction, and the emitter goes lane by lane through the scalar row.
 */
import binaryen from 'binaryen'
import { type Code, codes, dtypes } from '../../dtype.ts'
import type { Asm, Ref } from './asm.ts'
import { means, popcount, saturating } from './lanes-integer.ts'
import { floatShape, intShape, splatConst } from './lanes-shape.ts'
import { type Emit, fusedLanes, type Row, row, ternary } from './scalar.ts'

/** By a mask, all ones or all zeros in every lane: one blend instruction where there is relaxed SIMD, else three of bits. */
export const choose = ({ m }: Asm, mask: Ref, then: Ref, otherwise: Ref): Ref =>
  (m.getFeatures() & binaryen.Features.RelaxedSIMD) === 0
    ? m.v128.bitselect(then, otherwise, mask)
    : ternary(m, binaryen.RelaxedLaneselectI8x16, then, otherwise, mask)

const share = (asm: Asm, x: Ref) => asm.share(x, binaryen.v128)

function floats(code: 'f4' | 'f8'): Row {
  const shape = floatShape(code)
  const constant = (asm: Asm, x: number) => splatConst(asm, shape, x)
  const signBit = (asm: Asm) => splatConst(asm, shape, -0)
  const copySign = (asm: Asm, magnitude: Ref, sign: Ref) =>
    asm.m.v128.bitselect(sign, magnitude, signBit(asm))
  return row({
    add: ({ m }, a, b) => m[shape].add(a, b),
    sub: ({ m }, a, b) => m[shape].sub(a, b),
    mul: ({ m }, a, b) => m[shape].mul(a, b),
    div: ({ m }, a, b) => m[shape].div(a, b),
    neg: ({ m }, a) => m[shape].neg(a),
    abs: ({ m }, a) => m[shape].abs(a),
    min: ({ m }, a, b) => m[shape].min(a, b),
    max: ({ m }, a, b) => m[shape].max(a, b),
    pmin: ({ m }, a, b) => m[shape].pmin(a, b),
    pmax: ({ m }, a, b) => m[shape].pmax(a, b),
    sign: (asm, a) => {
      const x = share(asm, a)
      const nonzero = asm.m[shape].gt(asm.m[shape].abs(x()), constant(asm, 0))
      return choose(asm, nonzero, copySign(asm, constant(asm, 1), x()), x())
    },
    eq: ({ m }, a, b) => m[shape].eq(a, b),
    ne: ({ m }, a, b) => m[shape].ne(a, b),
    lt: ({ m }, a, b) => m[shape].lt(a, b),
    le: ({ m }, a, b) => m[shape].le(a, b),
    gt: ({ m }, a, b) => m[shape].gt(a, b),
    ge: ({ m }, a, b) => m[shape].ge(a, b),
    floor: ({ m }, a) => m[shape].floor(a),
    ceil: ({ m }, a) => m[shape].ceil(a),
    trunc: ({ m }, a) => m[shape].trunc(a),
    round: (asm, a) => {
      const x = share(asm, a)
      const low = share(asm, asm.m[shape].floor(x()))
      const up = asm.m[shape].ge(asm.m[shape].sub(x(), low()), constant(asm, 0.5))
      const carry = asm.m.v128.and(up, constant(asm, 1))
      return copySign(asm, asm.m[shape].add(low(), carry), x())
    },
    nearest: ({ m }, a) => m[shape].nearest(a),
    copysign: (asm, a, b) => copySign(asm, a, b),
    fma: ({ m }, a, b, c = 0) => fusedLanes(m, code, a, b, c),
    sqrt: ({ m }, a) => m[shape].sqrt(a),
  })
}

/** Unsigned comparison where wasm has the signed one only: flip the sign bits. */
function ordered(code: Code): { lt: Emit; gt: Emit; le: Emit; ge: Emit } {
  const shape = intShape(dtypes[code].bytes)
  const signed = dtypes[code].kind === 'i'
  if (shape === 'i64x2') {
    const flip = (asm: Asm, x: Ref) => (signed ? x : asm.m.v128.xor(x, splatConst(asm, shape, 1n << 63n)))
    return {
      lt: (asm, a, b) => asm.m.i64x2.lt_s(flip(asm, a), flip(asm, b)),
      gt: (asm, a, b) => asm.m.i64x2.gt_s(flip(asm, a), flip(asm, b)),
      le: (asm, a, b) => asm.m.i64x2.le_s(flip(asm, a), flip(asm, b)),
      ge: (asm, a, b) => asm.m.i64x2.ge_s(flip(asm, a), flip(asm, b)),
    }
  }
  return {
    lt: ({ m }, a, b) => (signed ? m[shape].lt_s(a, b) : m[shape].lt_u(a, b)),
    gt: ({ m }, a, b) => (signed ? m[shape].gt_s(a, b) : m[shape].gt_u(a, b)),
    le: ({ m }, a, b) => (signed ? m[shape].le_s(a, b) : m[shape].le_u(a, b)),
    ge: ({ m }, a, b) => (signed ? m[shape].ge_s(a, b) : m[shape].ge_u(a, b)),
  }
}

/** Low bytes of two products of sixteen, which wasm gives as 16-bit lanes. */
function multiplyBytes(asm: Asm, a: Ref, b: Ref): Ref {
  const x = share(asm, a)
  const y = share(asm, b)
  const low = asm.m.i16x8.extmul_low_i8x16_u(x(), y())
  const high = asm.m.i16x8.extmul_high_i8x16_u(x(), y())
  return asm.m.i8x16.shuffle(low, high, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30])
}

function ints(code: Code): Row {
  const { bytes, kind } = dtypes[code]
  const shape = intShape(bytes)
  const signed = kind === 'i'
  const { lt, gt, le, ge } = ordered(code)
  const constant = (asm: Asm, x: number) => splatConst(asm, shape, x)
  const pick =
    (compare: Emit): Emit =>
    (asm, a, b) => {
      const x = share(asm, a)
      const y = share(asm, b)
      return choose(asm, compare(asm, x(), y()), x(), y())
    }
  const minmax = (name: 'min' | 'max', compare: Emit): Emit =>
    shape === 'i64x2' ? pick(compare) : ({ m }, a, b) => m[shape][`${name}_${signed ? 's' : 'u'}`](a, b)
  return row({
    add: ({ m }, a, b) => m[shape].add(a, b),
    sub: ({ m }, a, b) => m[shape].sub(a, b),
    mul: shape === 'i8x16' ? multiplyBytes : ({ m }, a, b) => m[shape].mul(a, b),
    neg: ({ m }, a) => m[shape].neg(a),
    abs: ({ m }, a) => (signed ? m[shape].abs(a) : a),
    sign: (asm, a) => {
      const x = share(asm, a)
      // Masks are -1 where true.
      if (!signed) return asm.m[shape].neg(asm.m[shape].ne(x(), constant(asm, 0)))
      return asm.m[shape].sub(lt(asm, x(), constant(asm, 0)), gt(asm, x(), constant(asm, 0)))
    },
    min: minmax('min', lt),
    max: minmax('max', gt),
    ...means(code),
    ...saturating(code),
    and: ({ m }, a, b) => m.v128.and(a, b),
    or: ({ m }, a, b) => m.v128.or(a, b),
    xor: ({ m }, a, b) => m.v128.xor(a, b),
    not: ({ m }, a) => m.v128.not(a),
    popcnt: (asm, a) => popcount(asm, bytes, a),
    eq: ({ m }, a, b) => m[shape].eq(a, b),
    ne: ({ m }, a, b) => m[shape].ne(a, b),
    lt,
    le,
    gt,
    ge,
  })
}

/** Masks: all ones or all zeros a lane, so their width does not matter. */
const masks = row({
  and: ({ m }, a, b) => m.v128.and(a, b),
  or: ({ m }, a, b) => m.v128.or(a, b),
  xor: ({ m }, a, b) => m.v128.xor(a, b),
  not: ({ m }, a) => m.v128.not(a),
  eq: ({ m }, a, b) => m.v128.not(m.v128.xor(a, b)),
  ne: ({ m }, a, b) => m.v128.xor(a, b),
})

function rowOf(code: Code): Row {
  switch (dtypes[code].kind) {
    case 'b':
      return masks
    case 'f':
      return floats(code === 'f4' ? 'f4' : 'f8')
    case 'i':
    case 'u':
      return ints(code)
  }
}

/** Instructions on one register, by dtype. */
export const laneRows = Object.fromEntries(codes.map((c) => [c, rowOf(c)])) as Readonly<Record<Code, Row>>

/** One lane of a register, as a scalar. */
export function extract({ m }: Asm, code: Code, register: Ref, lane: number): Ref {
  switch (code) {
    case 'f4':
      return m.f32x4.extract_lane(register, lane)
    case 'f8':
      return m.f64x2.extract_lane(register, lane)
    case 'i1':
      return m.i8x16.extract_lane_s(register, lane)
    case 'b1':
    case 'u1':
      return m.i8x16.extract_lane_u(register, lane)
    case 'i2':
      return m.i16x8.extract_lane_s(register, lane)
    case 'u2':
      return m.i16x8.extract_lane_u(register, lane)
    case 'i4':
    case 'u4':
      return m.i32x4.extract_lane(register, lane)
    case 'i8':
    case 'u8':
      return m.i64x2.extract_lane(register, lane)
  }
}

const shapeOf = (code: Code) => (dtypes[code].kind === 'f' ? floatShape(code) : intShape(dtypes[code].bytes))

export const replace = ({ m }: Asm, code: Code, register: Ref, lane: number, value: Ref): Ref =>
  m[shapeOf(code)].replace_lane(register, lane, value)

/** A scalar in every lane. */
export const splat = ({ m }: Asm, code: Code, value: Ref): Ref => m[shapeOf(code)].splat(value)
