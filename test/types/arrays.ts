/** Arrays for the other files. */
import type { Result } from 'lanewise'
import type { NdArray } from 'ndarray'

export type F8 = Result<Float64Array>
export type F4 = Result<Float32Array>
export type I4 = Result<Int32Array>
export type U1 = Result<Uint8Array>
export type I8 = Result<InstanceType<typeof BigInt64Array>>

export declare const f8: F8
export declare const f4: F4
export declare const i4: I4
export declare const i8: I8
export declare const u1: U1
/** As a function that takes any ndarray sees it. */
export declare const some: NdArray
/** A zarrita chunk, or a record somebody made. */
export declare const chunk: { data: Float32Array; shape: number[]; stride: number[] }
