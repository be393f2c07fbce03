/**
 * What ops and casts do to values. An integer of any type is a bigint, a float a number (f4: always a rounded one), b1 a boolean:
 * so a value's own type in JavaScript tells what it is cast from.
 */
import { type Code, dtypes } from '../../dtype.ts'
import type { Value } from './ir.ts'
import { type Op, opRow } from './ops.ts'

export const bitsOf = (type: Code): number => dtypes[type].bytes * 8
export const isInt = (type: Code): boolean => dtypes[type].kind === 'i' || dtypes[type].kind === 'u'
export const isFloat = (type: Code): boolean => dtypes[type].kind === 'f'
export const isSigned = (type: Code): boolean => dtypes[type].kind === 'i'

/** An integer modulo 2^n, as a value of `type`. */
export const wrap = (type: Code, value: bigint): bigint =>
  isSigned(type) ? BigInt.asIntN(bitsOf(type), value) : BigInt.asUintN(bitsOf(type), value)

const exact = 2n ** 53n

/** Rounded once, as wasm and C convert: by way of f8 it would be rounded twice. */
function toF4(value: bigint): number {
  if (value <= exact && value >= -exact) return Math.fround(Number(value))
  const magnitude = value < 0n ? -value : value
  const sticky = (magnitude & 0xffffn) === 0n ? 0n : 1n
  const rounded = Math.fround(Number((magnitude >> 16n) | sticky)) * 65536
  return value < 0n ? -rounded : rounded
}

function toInt(type: Code, value: Value): bigint {
  if (typeof value === 'bigint') return wrap(type, value)
  if (typeof value === 'boolean') return value ? 1n : 0n
  return Number.isFinite(value) ? wrap(type, BigInt(Math.trunc(value))) : 0n
}

/** The value as one of `type`: see `cast` of the IR. */
export function castValue(type: Code, value: Value): Value {
  switch (dtypes[type].kind) {
    case 'b':
      return typeof value === 'bigint' ? value !== 0n : value !== 0 && value !== false
    case 'i':
    case 'u':
      return toInt(type, value)
    case 'f':
      if (type === 'f8') return Number(value)
      return typeof value === 'bigint' ? toF4(value) : Math.fround(Number(value))
  }
}

const scratch = new DataView(new ArrayBuffer(8))

/** The bits of a value as one of `type`: see `bits` of the IR. */
export function bitsValue(from: Code, type: Code, value: Value): Value {
  if (from === 'f8' && typeof value === 'number') {
    scratch.setFloat64(0, value)
    return wrap(type, scratch.getBigInt64(0))
  }
  if (from === 'f4' && typeof value === 'number') {
    scratch.setFloat32(0, value)
    return wrap(type, BigInt(scratch.getInt32(0)))
  }
  if (typeof value !== 'bigint' || bitsOf(from) !== bitsOf(type)) {
    throw new TypeError(`the bits of ${from} are not those of ${type}`)
  }
  if (!isFloat(type)) return wrap(type, value)
  if (type === 'f8') {
    scratch.setBigInt64(0, BigInt.asIntN(64, value))
    return scratch.getFloat64(0)
  }
  scratch.setInt32(0, Number(BigInt.asIntN(32, value)))
  return scratch.getFloat32(0)
}

/** What `op` makes of operands of `type`. */
export function evaluate(op: Op, type: Code, args: readonly Value[]): Value {
  const row = opRow(op)
  const [a, b, c] = args
  if (typeof a === 'bigint' && row.int) {
    const result = row.int(a, typeof b === 'bigint' ? b : 0n, bitsOf(type), isSigned(type))
    return typeof result === 'bigint' ? wrap(type, result) : result
  }
  if (typeof a === 'number' && row.float) {
    const of = type === 'f4' && row.single ? row.single : row.float
    const result = of(a, typeof b === 'number' ? b : 0, typeof c === 'number' ? c : 0)
    return type === 'f4' && typeof result === 'number' ? Math.fround(result) : result
  }
  if (typeof a === 'boolean' && row.bool) return row.bool(a, b === true)
  throw new TypeError(`${op} is not defined on ${type}`)
}

/** A value from outside: JavaScript numbers are what integers of up to 4 bytes are there. */
export const enter = castValue

/** A value for outside: a number for integers of up to 4 bytes, a bigint for i8 and u8, a boolean for b1. */
export const leave = (type: Code, value: Value): Value =>
  typeof value === 'bigint' && !dtypes[type].big ? Number(value) : value

/** 0, or false. */
export const zeroOf = (type: Code): Value => castValue(type, 0)

/** Equal bit for bit; all NaNs are one value. */
export const sameValue = (a: Value, b: Value): boolean => Object.is(a, b)
