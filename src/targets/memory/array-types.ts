/** The arrays that go in and come out, as TypeScript sees them. */
/// <reference lib="esnext.disposable" preserve="true" />
import type { NdArray } from 'ndarray'
import type { View } from '../../broadcast/view.ts'
import type { ArrayByCode, Code, DType, TypedArray } from '../../dtype.ts'
import type { CodeByName, CodeOfData } from '../../dtype-types.ts'

/** Any array: a view, an ndarray, a typed array. */
export type AnyArray = View | NdArray | TypedArray

export interface ArrayOptions<D extends DType = DType> {
  dtype?: D
  /** C: the last axis is contiguous; F: the first. */
  order?: 'C' | 'F'
}

/** An array object over one kind of typed array; without a dtype, over any. `using` frees it. */
export type ArrayResult<D extends ArrayByCode[Code] = ArrayByCode[Code]> = NdArray<D> & Disposable

/** `f8` or `float64` -> Float64Array. */
export type ArrayByDType<D extends DType> = ArrayByCode[CodeByName[D]]

/** A typed array's type without its buffer; a clamped one is plain u1. */
type SameArray<D> = ArrayByCode[CodeOfData<D>]

/** The elements of nested arrays. Written out: a recursive type would never end on the recursive type of nested arrays. */
export type Leaf<X> = X extends readonly (infer A)[]
  ? A extends readonly (infer B)[]
    ? B extends readonly (infer C)[]
      ? C extends readonly unknown[]
        ? unknown
        : C
      : B
    : A
  : X

/** What nested arrays become: numbers f8, bigints i8, booleans b1. */
type NestedArray<X> = X extends number
  ? Float64Array
  : X extends bigint
    ? ArrayByCode['i8']
    : X extends boolean
      ? Uint8Array
      : ArrayByCode[Code]

/** The typed array in which a copy of these values of the same dtype lies. */
export type CopyOf<X> = X extends readonly unknown[]
  ? NestedArray<Leaf<X>>
  : X extends TypedArray
    ? SameArray<X>
    : X extends { readonly data: infer D }
      ? SameArray<D>
      : ArrayByCode[Code]

/** The dtype of a JavaScript value that stands alone. */
export type DTypeOf<V> = V extends bigint ? 'i8' : V extends boolean ? 'b1' : 'f8'
