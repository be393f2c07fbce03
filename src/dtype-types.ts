/** The table of dtypes once more, for TypeScript alone: names, array tags and safe casts. Tests hold it against the real one. */
import type { Code, LongName } from './dtype.ts'

/** The dtype of a typed array, by its `Symbol.toStringTag`. */
export interface CodeByTag {
  Int8Array: 'i1'
  Int16Array: 'i2'
  Int32Array: 'i4'
  BigInt64Array: 'i8'
  Uint8Array: 'u1'
  Uint8ClampedArray: 'u1'
  Uint16Array: 'u2'
  Uint32Array: 'u4'
  BigUint64Array: 'u8'
  Float32Array: 'f4'
  Float64Array: 'f8'
}

/** The dtype of the elements of a typed array; any of them where that is not known. */
export type CodeOfData<D> = D extends { readonly [Symbol.toStringTag]: infer Tag }
  ? Tag extends keyof CodeByTag
    ? CodeByTag[Tag]
    : Code
  : Code

/** Every name of a dtype. */
export interface CodeByName extends Readonly<Record<Code | LongName | 'double', Code>> {
  b1: 'b1'
  i1: 'i1'
  i2: 'i2'
  i4: 'i4'
  i8: 'i8'
  u1: 'u1'
  u2: 'u2'
  u4: 'u4'
  u8: 'u8'
  f4: 'f4'
  f8: 'f8'
  bool: 'b1'
  int8: 'i1'
  int16: 'i2'
  int32: 'i4'
  int64: 'i8'
  uint8: 'u1'
  uint16: 'u2'
  uint32: 'u4'
  uint64: 'u8'
  float32: 'f4'
  float64: 'f8'
  double: 'f8'
}

/** NumPy's type characters. */
export interface CodeByChar {
  '?': 'b1'
  b: 'i1'
  B: 'u1'
  h: 'i2'
  H: 'u2'
  i: 'i4'
  I: 'u4'
  l: 'i8'
  q: 'i8'
  L: 'u8'
  Q: 'u8'
  f: 'f4'
  d: 'f8'
}

/** The dtypes that cast safely to a dtype: `canCast`, transposed. */
export interface SafelyTo extends Readonly<Record<Code, Code>> {
  b1: 'b1'
  i1: 'b1' | 'i1'
  u1: 'b1' | 'u1'
  i2: 'b1' | 'i1' | 'u1' | 'i2'
  u2: 'b1' | 'u1' | 'u2'
  i4: 'b1' | 'i1' | 'u1' | 'i2' | 'u2' | 'i4'
  u4: 'b1' | 'u1' | 'u2' | 'u4'
  i8: 'b1' | 'i1' | 'u1' | 'i2' | 'u2' | 'i4' | 'u4' | 'i8'
  u8: 'b1' | 'u1' | 'u2' | 'u4' | 'u8'
  f4: 'b1' | 'i1' | 'u1' | 'i2' | 'u2' | 'f4'
  f8: Code
}
