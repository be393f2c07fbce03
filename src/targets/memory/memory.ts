/** What a target's memory is. */
import type { Strided } from '../../broadcast/view.ts'
import type { Code, TypedArray } from '../../dtype.ts'

/** Where results lie. `hostMemory` (memory/host.ts) is the memory of cpu: resident arrays beside those, else plain ones. */
export interface Memory {
  /** For the result of a call on this data. */
  allocate(code: Code, length: number, beside: readonly unknown[]): TypedArray
  /** Gives it back, if it is not the collector's. */
  free(data: TypedArray): void
  /** Makes a new result zeros. */
  clear(made: Strided): void
  /** An array object over it. */
  makeResult(
    code: Code,
    data: TypedArray,
    shape: readonly number[],
    stride: readonly number[],
    offset?: number,
  ): unknown
  /** Of a target whose arrays have memory of their own: copies of an array of the host there, and of one of its own on the host. */
  readonly moves?: {
    there(x: Strided): Promise<Strided>
    home(x: Strided): Promise<Strided>
  }
}
