/**
 * One lane: every op on wasm's scalar types. Integers narrower than 32 bits live in an i32, always wrapped to their type.
 * `null` is a decision: the op is not defined on that type, or `expand` has written it in others.
 */
import binaryen from 'binaryen'
import { type Code, codes, dtypes } from '../../dtype.ts'
import { type Op, ops } from '../kernel/ops.ts'
import type { Asm, Module, Ref, WasmType } from './asm.ts'

/** Unary ops ignore `b`; `c` is there for ops of three. */
export type Emit = (asm: Asm, a: Ref, b: Ref, c?: Ref) => Ref
export type Row = Readonly<Record<Op, Emit | null>>

const allOps = Object.keys(ops) as Op[]

/** A row from the ops that are defined; the others are null. */
export const row = (defined: Partial<Record<Op, Emit>>): Row =>
  Object.fromEntries(allOps.map((name) => [name, defined[name] ?? null])) as Row

export function wasmType(code: Code): WasmType {
  if (code === 'f4') return binaryen.f32
  if (code === 'f8') return binaryen.f64
  return dtypes[code].bytes === 8 ? binaryen.i64 : binaryen.i32
}

/** Brings an i32 back into the range of a narrow integer type. */
export function wrap({ m }: Asm, code: Code, value: Ref): Ref {
  switch (code) {
    case 'i1':
      return m.i32.extend8_s(value)
    case 'i2':
      return m.i32.extend16_s(value)
    case 'u1':
      return m.i32.and(value, m.i32.const(0xff))
    case 'u2':
      return m.i32.and(value, m.i32.const(0xffff))
    default:
      return value
  }
}

/** Binaryen's declarations lack it. */
const { SIMDTernary } = binaryen as unknown as {
  readonly SIMDTernary: { setOp(expression: Ref, op: number): void }
}

/** Binaryen has no builder for relaxed SIMD: a node of the same form, given the other instruction. */
export function ternary(m: Module, instruction: number, a: Ref, b: Ref, c: Ref): Ref {
  const made = m.v128.bitselect(a, b, c)
  SIMDTernary.setOp(made, instruction)
  return made
}

export const fusedLanes = (m: Module, code: 'f4' | 'f8', a: Ref, b: Ref, c: Ref): Ref =>
  ternary(m, code === 'f4' ? binaryen.RelaxedMaddVecF32x4 : binaryen.RelaxedMaddVecF64x2, a, b, c)

function floats(code: 'f4' | 'f8'): Row {
  const ns = code === 'f4' ? 'f32' : 'f64'
  const type = wasmType(code)
  const constant = ({ m }: Asm, x: number) => m[ns].const(x)
  const pseudo =
    (name: 'lt' | 'gt'): Emit =>
    (asm, a, b) => {
      const x = asm.share(a, type)
      const y = asm.share(b, type)
      return asm.m.select(asm.m[ns][name](y(), x()), y(), x())
    }
  return row({
    add: ({ m }, a, b) => m[ns].add(a, b),
    sub: ({ m }, a, b) => m[ns].sub(a, b),
    mul: ({ m }, a, b) => m[ns].mul(a, b),
    div: ({ m }, a, b) => m[ns].div(a, b),
    neg: ({ m }, a) => m[ns].neg(a),
    abs: ({ m }, a) => m[ns].abs(a),
    min: ({ m }, a, b) => m[ns].min(a, b),
    max: ({ m }, a, b) => m[ns].max(a, b),
    pmin: pseudo('lt'),
    pmax: pseudo('gt'),
    sign: (asm, a) => {
      const x = asm.share(a, type)
      const one = asm.m[ns].copysign(constant(asm, 1), x())
      // NaN and the zeros are their own sign.
      return asm.m.select(asm.m[ns].gt(asm.m[ns].abs(x()), constant(asm, 0)), one, x())
    },
    eq: ({ m }, a, b) => m[ns].eq(a, b),
    ne: ({ m }, a, b) => m[ns].ne(a, b),
    lt: ({ m }, a, b) => m[ns].lt(a, b),
    le: ({ m }, a, b) => m[ns].le(a, b),
    gt: ({ m }, a, b) => m[ns].gt(a, b),
    ge: ({ m }, a, b) => m[ns].ge(a, b),
    floor: ({ m }, a) => m[ns].floor(a),
    ceil: ({ m }, a) => m[ns].ceil(a),
    trunc: ({ m }, a) => m[ns].trunc(a),
    round: (asm, a) => {
      const x = asm.share(a, type)
      const low = asm.share(asm.m[ns].floor(x()), type)
      const up = asm.m[ns].ge(asm.m[ns].sub(x(), low()), constant(asm, 0.5))
      const rounded = asm.m.select(up, asm.m[ns].add(low(), constant(asm, 1)), low())
      // What lies in [-0.5, -0] rounds to -0.
      return asm.m[ns].copysign(rounded, x())
    },
    nearest: ({ m }, a) => m[ns].nearest(a),
    copysign: ({ m }, a, b) => m[ns].copysign(a, b),
    // Scalars have no such instruction: one lane of the vectors' has.
    fma: ({ m }, a, b, c = 0) => {
      const shape = m[code === 'f4' ? 'f32x4' : 'f64x2']
      const fused = fusedLanes(m, code, shape.splat(a), shape.splat(b), shape.splat(c))
      return shape.extract_lane(fused, 0)
    },
    sqrt: ({ m }, a) => m[ns].sqrt(a),
  })
}

function ints(code: Code): Row {
  const wide = dtypes[code].bytes === 8
  const signed = dtypes[code].kind === 'i'
  const bits = dtypes[code].bytes * 8
  const type = wasmType(code)
  const ns = wide ? 'i64' : 'i32'
  const constant = ({ m }: Asm, x: number) => (wide ? m.i64.const(BigInt(x)) : m.i32.const(x))
  const wrapped =
    (f: Emit): Emit =>
    (asm, a, b) =>
      wrap(asm, code, f(asm, a, b))
  const less: Emit = ({ m }, a, b) => (signed ? m[ns].lt_s(a, b) : m[ns].lt_u(a, b))
  const greater: Emit = ({ m }, a, b) => (signed ? m[ns].gt_s(a, b) : m[ns].gt_u(a, b))
  const negate = (asm: Asm, a: Ref) => asm.m[ns].sub(constant(asm, 0), a)
  const pick =
    (compare: Emit): Emit =>
    (asm, a, b) => {
      const x = asm.share(a, type)
      const y = asm.share(b, type)
      return asm.m.select(compare(asm, x(), y()), x(), y())
    }
  /** Division that cannot trap: x/0 is 0, and x/-1 is -x, which wraps. */
  const divide: Emit = (asm, a, b) => {
    const { m } = asm
    const x = asm.share(a, type)
    const y = asm.share(b, type)
    if (!signed) {
      const q = m[ns].div_u(x(), m.select(m[ns].eqz(y()), constant(asm, 1), y()))
      return m.select(m[ns].eqz(y()), constant(asm, 0), q)
    }
    const special = m[ns].le_u(m[ns].add(y(), constant(asm, 1)), constant(asm, 1))
    const q = m[ns].div_s(x(), m.select(special, constant(asm, 1), y()))
    const unless0 = m.select(m[ns].eqz(y()), constant(asm, 0), q)
    return wrap(asm, code, m.select(m[ns].eq(y(), constant(asm, -1)), negate(asm, x()), unless0))
  }
  const remainder: Emit = (asm, a, b) => {
    const { m } = asm
    const x = asm.share(a, type)
    const y = asm.share(b, type)
    const r = m[ns].sub(x(), m[ns].mul(divide(asm, x(), y()), y()))
    return m.select(m[ns].eqz(y()), constant(asm, 0), wrap(asm, code, r))
  }
  const floorDivide: Emit = (asm, a, b) => {
    if (!signed) return divide(asm, a, b)
    const { m } = asm
    const x = asm.share(a, type)
    const y = asm.share(b, type)
    const q = asm.share(divide(asm, x(), y()), type)
    const inexact = m[ns].ne(m[ns].mul(q(), y()), x())
    const opposite = m[ns].lt_s(m[ns].xor(x(), y()), constant(asm, 0))
    const down = m.i32.and(m.i32.and(inexact, opposite), m[ns].ne(y(), constant(asm, 0)))
    return m[ns].sub(q(), wide ? m.i64.extend_u(down) : down)
  }
  const asUnsigned = ({ m }: Asm, a: Ref) =>
    bits < 32 && signed ? m.i32.and(a, m.i32.const(2 ** bits - 1)) : a
  const half = (asm: Asm, a: Ref) =>
    signed ? asm.m[ns].shr_s(a, constant(asm, 1)) : asm.m[ns].shr_u(a, constant(asm, 1))
  /** What two numbers share, and half of what they do not. */
  const halving: Emit = (asm, a, b) => {
    const x = asm.share(a, type)
    const y = asm.share(b, type)
    return asm.m[ns].add(asm.m[ns].and(x(), y()), half(asm, asm.m[ns].xor(x(), y())))
  }
  const saturating =
    (name: 'add' | 'sub'): Emit =>
    (asm, a, b) => {
      const { m } = asm
      const [x, y] = [asm.share(a, type), asm.share(b, type)]
      const made = asm.share(wrap(asm, code, m[ns][name](x(), y())), type)
      if (!signed) {
        const over = name === 'add' ? m[ns].lt_u(made(), x()) : m[ns].lt_u(x(), y())
        return m.select(over, wrap(asm, code, constant(asm, name === 'add' ? -1 : 0)), made())
      }
      // It went over if it has another sign than x, and x and y could do that.
      const flips = m[ns].and(
        m[ns].xor(x(), made()),
        name === 'add' ? m[ns].xor(y(), made()) : m[ns].xor(x(), y()),
      )
      const top = wide ? m.i64.const(2n ** 63n - 1n) : m.i32.const(2 ** (bits - 1) - 1)
      const end = m[ns].xor(m[ns].shr_s(x(), constant(asm, bits - 1)), top)
      return m.select(m[ns].lt_s(flips, constant(asm, 0)), end, made())
    }
  const shiftCount = (asm: Asm, b: Ref) => asm.m[ns].and(b, constant(asm, bits - 1))
  return row({
    add: wrapped(({ m }, a, b) => m[ns].add(a, b)),
    sub: wrapped(({ m }, a, b) => m[ns].sub(a, b)),
    mul: wrapped(({ m }, a, b) => m[ns].mul(a, b)),
    div: divide,
    floordiv: floorDivide,
    rem: remainder,
    neg: wrapped(negate),
    abs: (asm, a) => {
      if (!signed) return a
      const x = asm.share(a, type)
      const flipped = asm.m.select(less(asm, x(), constant(asm, 0)), negate(asm, x()), x())
      return wrap(asm, code, flipped)
    },
    sign: (asm, a) => {
      const x = asm.share(a, type)
      const above = greater(asm, x(), constant(asm, 0))
      const below = less(asm, x(), constant(asm, 0))
      const sign = asm.m.i32.sub(above, below)
      return wide ? asm.m.i64.extend_s(sign) : sign
    },
    min: pick(less),
    max: pick(greater),
    hadd: halving,
    rhadd: (asm, a, b) => {
      const { m } = asm
      const [x, y] = [asm.share(a, type), asm.share(b, type)]
      return m[ns].sub(m[ns].or(x(), y()), half(asm, m[ns].xor(x(), y())))
    },
    zhadd: (asm, a, b) => {
      if (!signed) return halving(asm, a, b)
      const { m } = asm
      const [x, y] = [asm.share(a, type), asm.share(b, type)]
      const low = asm.share(halving(asm, x(), y()), type)
      // A negative sum that is odd was rounded away from zero.
      const odd = m[ns].and(m[ns].xor(x(), y()), constant(asm, 1))
      return m[ns].add(low(), m[ns].and(odd, m[ns].shr_s(low(), constant(asm, bits - 1))))
    },
    addSat: saturating('add'),
    subSat: saturating('sub'),
    and: ({ m }, a, b) => m[ns].and(a, b),
    or: ({ m }, a, b) => m[ns].or(a, b),
    xor: ({ m }, a, b) => m[ns].xor(a, b),
    not: wrapped((asm, a) => asm.m[ns].xor(a, constant(asm, -1))),
    shl: wrapped((asm, a, b) => asm.m[ns].shl(a, shiftCount(asm, b))),
    shr: (asm, a, b) =>
      signed ? asm.m[ns].shr_s(a, shiftCount(asm, b)) : asm.m[ns].shr_u(a, shiftCount(asm, b)),
    popcnt: (asm, a) => asm.m[ns].popcnt(asUnsigned(asm, a)),
    clz: (asm, a) => {
      const zeros = asm.m[ns].clz(asUnsigned(asm, a))
      return bits < 32 ? asm.m.i32.sub(zeros, asm.m.i32.const(32 - bits)) : zeros
    },
    eq: ({ m }, a, b) => m[ns].eq(a, b),
    ne: ({ m }, a, b) => m[ns].ne(a, b),
    lt: less,
    gt: greater,
    le: ({ m }, a, b) => (signed ? m[ns].le_s(a, b) : m[ns].le_u(a, b)),
    ge: ({ m }, a, b) => (signed ? m[ns].ge_s(a, b) : m[ns].ge_u(a, b)),
  })
}

const bools = row({
  and: ({ m }, a, b) => m.i32.and(a, b),
  or: ({ m }, a, b) => m.i32.or(a, b),
  xor: ({ m }, a, b) => m.i32.xor(a, b),
  not: ({ m }, a) => m.i32.eqz(a),
  eq: ({ m }, a, b) => m.i32.eq(a, b),
  ne: ({ m }, a, b) => m.i32.ne(a, b),
})

function rowOf(code: Code): Row {
  switch (dtypes[code].kind) {
    case 'b':
      return bools
    case 'f':
      return floats(code === 'f4' ? 'f4' : 'f8')
    case 'i':
    case 'u':
      return ints(code)
  }
}

/** Scalar instructions by dtype. */
export const scalarRows = Object.fromEntries(codes.map((c) => [c, rowOf(c)])) as Readonly<Record<Code, Row>>
