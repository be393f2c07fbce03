/** One lane: casts, loads, stores and constants. A cast means what a typed-array store means. */
import { type Code, dtypes } from '../../dtype.ts'
import type { Value } from '../kernel/ir.ts'
import type { Asm, Ref } from './asm.ts'
import { wasmType, wrap } from './scalar.ts'

const isFloat = (code: Code) => dtypes[code].kind === 'f'
const isWide = (code: Code) => dtypes[code].bytes === 8
const isSigned = (code: Code) => dtypes[code].kind === 'i'
const ns = (code: Code) => (code === 'f4' ? 'f32' : 'f64')

export function scalarConst({ m }: Asm, code: Code, value: Value): Ref {
  if (isFloat(code)) return m[ns(code)].const(Number(value))
  const int = BigInt(value)
  return isWide(code) ? m.i64.const(BigInt.asIntN(64, int)) : m.i32.const(Number(BigInt.asIntN(32, int)))
}

/** x modulo 2^64 as an i64, exactly; NaN and the infinities give 0. */
function floatToInt64(asm: Asm, from: Code, value: Ref): Ref {
  const { m } = asm
  const f = ns(from)
  const x = asm.share(value, wasmType(from))
  const small = m[f].lt(m[f].abs(x()), m[f].const(2 ** 63))
  const turns = m[f].floor(m[f].mul(x(), m[f].const(2 ** -64)))
  const low = m[f].sub(x(), m[f].mul(turns, m[f].const(2 ** 64)))
  return m.select(small, m.i64.trunc_s_sat[f](x()), m.i64.trunc_u_sat[f](low))
}

function intToFloat({ m }: Asm, from: Code, to: Code, value: Ref): Ref {
  const f = m[ns(to)]
  const width = isWide(from) ? 'i64' : 'i32'
  return isSigned(from) ? f.convert_s[width](value) : f.convert_u[width](value)
}

function isTrue({ m }: Asm, from: Code, value: Ref): Ref {
  if (isFloat(from)) return m[ns(from)].ne(value, m[ns(from)].const(0))
  const zero = isWide(from) ? m.i64.eqz(value) : m.i32.eqz(value)
  return m.i32.eqz(zero)
}

export function scalarCast(asm: Asm, from: Code, to: Code, value: Ref): Ref {
  const { m } = asm
  if (from === to) return value
  if (to === 'b1') return isTrue(asm, from, value)
  if (isFloat(to)) {
    if (!isFloat(from)) return intToFloat(asm, from, to, value)
    return to === 'f8' ? m.f64.promote(value) : m.f32.demote(value)
  }
  if (isFloat(from)) {
    const int = floatToInt64(asm, from, value)
    return isWide(to) ? int : wrap(asm, to, m.i32.wrap(int))
  }
  if (isWide(to)) {
    if (isWide(from)) return value
    return isSigned(from) ? m.i64.extend_s(value) : m.i64.extend_u(value)
  }
  return wrap(asm, to, isWide(from) ? m.i32.wrap(value) : value)
}

/** The same bits as another type of the same size. */
export function scalarBits({ m }: Asm, from: Code, to: Code, value: Ref): Ref {
  if (isFloat(from) === isFloat(to)) return value
  if (isFloat(to)) return to === 'f8' ? m.f64.reinterpret(value) : m.f32.reinterpret(value)
  return from === 'f8' ? m.i64.reinterpret(value) : m.i32.reinterpret(value)
}

export function scalarLoad({ m }: Asm, code: Code, pointer: Ref, offset = 0): Ref {
  switch (code) {
    case 'b1':
      return m.i32.ne(m.i32.load8_u(offset, 1, pointer), m.i32.const(0))
    case 'i1':
      return m.i32.load8_s(offset, 1, pointer)
    case 'u1':
      return m.i32.load8_u(offset, 1, pointer)
    case 'i2':
      return m.i32.load16_s(offset, 1, pointer)
    case 'u2':
      return m.i32.load16_u(offset, 1, pointer)
    case 'i4':
    case 'u4':
      return m.i32.load(offset, 1, pointer)
    case 'i8':
    case 'u8':
      return m.i64.load(offset, 1, pointer)
    case 'f4':
      return m.f32.load(offset, 1, pointer)
    case 'f8':
      return m.f64.load(offset, 1, pointer)
  }
}

export function scalarStore({ m }: Asm, code: Code, pointer: Ref, value: Ref, offset = 0): Ref {
  switch (code) {
    case 'b1':
    case 'i1':
    case 'u1':
      return m.i32.store8(offset, 1, pointer, value)
    case 'i2':
    case 'u2':
      return m.i32.store16(offset, 1, pointer, value)
    case 'i4':
    case 'u4':
      return m.i32.store(offset, 1, pointer, value)
    case 'i8':
    case 'u8':
      return m.i64.store(offset, 1, pointer, value)
    case 'f4':
      return m.f32.store(offset, 1, pointer, value)
    case 'f8':
      return m.f64.store(offset, 1, pointer, value)
  }
}
