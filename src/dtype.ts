/**
 * The dtypes, one row each, and what follows from the rows: names, casting levels, promotion.
 * A new dtype is a new row here; the tables elsewhere are `Record<Code, …>`, so `tsc` names the places that need one.
 * (Planned: f2, c8, c16.)
 */

export type Code = 'b1' | 'i1' | 'i2' | 'i4' | 'i8' | 'u1' | 'u2' | 'u4' | 'u8' | 'f4' | 'f8'
export type FloatCode = 'f4' | 'f8'
export type LongName =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'float32'
  | 'float64'
export type DType = Code | LongName

export type TypedArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array

// @types/ndarray takes the bigint arrays only as their constructors make them.
type Int64Array = InstanceType<typeof BigInt64Array>
type Uint64Array = InstanceType<typeof BigUint64Array>

/** The typed array that holds each dtype. */
export interface ArrayByCode extends Readonly<Record<Code, TypedArray>> {
  b1: Uint8Array
  i1: Int8Array
  i2: Int16Array
  i4: Int32Array
  i8: Int64Array
  u1: Uint8Array
  u2: Uint16Array
  u4: Uint32Array
  u8: Uint64Array
  f4: Float32Array
  f8: Float64Array
}

export type TypedArrayConstructor = {
  new (length: number): TypedArray
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedArray
  readonly BYTES_PER_ELEMENT: number
  readonly name: string
}

/** b bool, u unsigned, i signed, f float: in the order in which `same_kind` casts may climb. */
export type Kind = 'b' | 'u' | 'i' | 'f'

export interface DTypeRow {
  readonly code: Code
  readonly name: LongName
  /** NumPy's type character (Linux), as in `dd->d`. */
  readonly char: string
  readonly bytes: 1 | 2 | 4 | 8
  readonly kind: Kind
  readonly array: TypedArrayConstructor
  /** Elements are bigints in JavaScript. */
  readonly big: boolean
}

const row = (
  code: Code,
  name: LongName,
  char: string,
  bytes: DTypeRow['bytes'],
  kind: Kind,
  array: TypedArrayConstructor,
  big = false,
): DTypeRow => ({ code, name, char, bytes, kind, array, big })

export const dtypes: Readonly<Record<Code, DTypeRow>> = {
  b1: row('b1', 'bool', '?', 1, 'b', Uint8Array),
  i1: row('i1', 'int8', 'b', 1, 'i', Int8Array),
  u1: row('u1', 'uint8', 'B', 1, 'u', Uint8Array),
  i2: row('i2', 'int16', 'h', 2, 'i', Int16Array),
  u2: row('u2', 'uint16', 'H', 2, 'u', Uint16Array),
  i4: row('i4', 'int32', 'i', 4, 'i', Int32Array),
  u4: row('u4', 'uint32', 'I', 4, 'u', Uint32Array),
  i8: row('i8', 'int64', 'l', 8, 'i', BigInt64Array, true),
  u8: row('u8', 'uint64', 'L', 8, 'u', BigUint64Array, true),
  f4: row('f4', 'float32', 'f', 4, 'f', Float32Array),
  f8: row('f8', 'float64', 'd', 8, 'f', Float64Array),
}

/** All codes, narrow before wide: the order in which promotion searches. */
export const codes = Object.keys(dtypes) as readonly Code[]

const byName = new Map<string, Code>(
  codes.flatMap((code): [string, Code][] => [
    [code, code],
    [dtypes[code].name, code],
  ]),
)
byName.set('double', 'f8')
// q and Q are NumPy's `long long`, the same 64 bits as l and L here.
const byChar = new Map<string, Code>([
  ...codes.map((code): [string, Code] => [dtypes[code].char, code]),
  ['q', 'i8'],
  ['Q', 'u8'],
])

/** 'f8', 'float64', 'double' -> 'f8'; undefined for what is no dtype. */
export const codeOf = (name: string): Code | undefined => byName.get(name)

/** NumPy's type characters: 'd' -> 'f8'. */
export const codeOfChar = (char: string): Code | undefined => byChar.get(char)

const byTag = new Map<string, Code>([
  ...codes.filter((c) => c !== 'b1').map((code): [string, Code] => [dtypes[code].array.name, code]),
  ['Uint8ClampedArray', 'u1'],
])

const tagOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Int8Array.prototype) as object,
  Symbol.toStringTag,
)?.get as (this: unknown) => string | undefined

/** The dtype of a typed array's elements, also one from another realm; undefined for anything else. */
export function codeOfArray(data: unknown): Code | undefined {
  const tag = tagOf.call(data)
  return tag === undefined ? undefined : byTag.get(tag)
}

export const castings = ['no', 'equiv', 'safe', 'same_kind', 'unsafe'] as const
export type Casting = (typeof castings)[number]

const climb: Readonly<Record<Kind, number>> = { b: 0, u: 1, i: 2, f: 3 }

function castsSafely(from: DTypeRow, to: DTypeRow): boolean {
  if (from.kind === 'b') return true
  if (to.kind === from.kind) return to.bytes >= from.bytes
  if (to.kind === 'i') return from.kind === 'u' && to.bytes > from.bytes
  // As NumPy has it: 64-bit integers go "safely" to f8 although not exactly.
  if (to.kind === 'f') return from.kind !== 'f' && (to.bytes > from.bytes || to.bytes === 8)
  return false
}

/** May values of `from` be cast to `to` under this casting rule? Matches `numpy.can_cast`. */
export function canCast(from: Code, to: Code, casting: Casting = 'safe'): boolean {
  if (from === to || casting === 'unsafe') return true
  if (casting === 'no' || casting === 'equiv') return false
  const a = dtypes[from]
  const b = dtypes[to]
  if (castsSafely(a, b)) return true
  return casting === 'same_kind' && b.kind !== 'b' && climb[a.kind] <= climb[b.kind]
}

/** The first dtype to which both cast safely. Matches `numpy.promote_types`. */
export function promote(a: Code, b: Code): Code {
  if (a === b) return a
  return codes.find((c) => canCast(a, c) && canCast(b, c)) ?? 'f8'
}
