/** Strided arrays as plain records: what users hand in, and what the engine works on. */
import type { Code, TypedArray } from '../dtype.ts'

/** Anything array-like with strides, in elements: a scijs ndarray, a zarrita chunk, one of our results. */
export interface View<T = TypedArray> {
  readonly data: T
  readonly shape: number[]
  readonly stride: number[]
  readonly offset?: number
  readonly dtype?: string
}

/** Where the elements of an array lie: strides and offset count elements. */
export interface Layout {
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  readonly offset: number
}

/** An operand after checking: every reachable element lies inside `data`. */
export interface Strided extends Layout {
  readonly data: TypedArray
  readonly code: Code
}
