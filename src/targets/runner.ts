/** What a target makes of a loop: the ways to run it, and what they are given. */
import type { CoreCall } from '../broadcast/core.ts'
import type { Plan } from '../broadcast/plan.ts'
import type { Strided } from '../broadcast/view.ts'
import type { TypedArray } from '../dtype.ts'

/** What a run did, for `explain().last`. */
export interface Report {
  threads: number
  /** Calls of the inner loop. */
  calls: number
  bytesCopied: number
  /** Why the call did not run where or how it was asked to; on the gpu, whether workgroups shared core calls. */
  why?: string
}

/** Operands are the inputs, then the outputs, in the plan's order. An asynchronous target gives a promise. */
export type Run = (operands: readonly Strided[], plan: Plan, report: Report) => void | Promise<void>

/** Kernels of arrays: the last axes of the operands are their cores. */
export type RunCore = (operands: readonly Strided[], call: CoreCall, report: Report) => void | Promise<void>

/** Operands that are `n` neighbours each, from an offset in their data; a number is the same for every element. */
export interface ShortOperands {
  readonly data: (TypedArray | number)[]
  readonly offset: number[]
}

/** One axis to fold, with a reducing loop. */
export interface FoldJob {
  /** As many as the loop has elements, all of one shape; there is at least one element to fold. */
  readonly elements: readonly Strided[]
  readonly axis: number
  /** One an accumulator, null where it is not wanted: without the axis, or for `accumulate` with it. They overlap no element. */
  readonly results: readonly (Strided | null)[]
  /** What comes before the first element, one an accumulator. */
  readonly initial: readonly (number | bigint)[] | null
  /** The kernel is associative: partial results are joined in a tree. Else it folds from the left. */
  readonly tree: boolean
}

/** A piece of an axis. */
export interface Slice {
  readonly start: number
  readonly length: number
}

/** Who waits for a call. */
export interface Watch {
  readonly signal: AbortSignal | undefined
  /** The signal need not stop a kernel in mid-element: this thread may run it, where others cannot. */
  readonly patient: boolean
  /** So many of all elements (of a kernel of arrays: calls of it) are done. */
  progress(done: number, total: number): void
}

/** @throws the reason of the signal if it is aborted */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw signal.reason
}

/** Runs that other threads do, while this one is free. */
export interface RunLater {
  /** Elements of a part, at most. */
  readonly most: number
  /**
   * Runs a part. Its operands stay as they are meanwhile, and whatever else a run writes to is its own.
   * False: it cannot be done elsewhere, and was not begun.
   * @throws the reason of the signal, once nobody works on it any more
   */
  run(operands: readonly Strided[], plan: Plan, report: Report, watch: Watch): Promise<boolean>
}

/** The same of core calls. */
export interface RunCoreLater {
  /** Core calls of a part, at most. */
  most(operands: readonly Strided[], call: CoreCall): number
  run(operands: readonly Strided[], call: CoreCall, report: Report, watch: Watch): Promise<boolean>
}

/** A loaded loop: the ways to run it, as far as its form has them. What is missing is refused when it is loaded. */
export interface Runner {
  /** Of the forms map, masked and indexed. */
  readonly run?: Run
  /** Those of a reducing loop, where the target has them. `accumulate` keeps every step of a fold from the left. */
  readonly reduce?: (job: FoldJob, report: Report) => void | Promise<void>
  readonly accumulate?: (job: FoldJob, report: Report) => void | Promise<void>
  /** Folds each of many slices of the axis at once; the results have one element a slice along it. False: `reduce` has to, one by one. */
  readonly reduceSlices?: (job: FoldJob, slices: readonly Slice[], report: Report) => boolean
  /** The short way to the tree over one axis of at most a block: the accumulators' values. Null: `reduce` has to. */
  readonly reduceBlock?: (
    x: Strided,
    initial: FoldJob['initial'],
    report: Report,
  ) => (number | bigint)[] | null
  /** Of a kernel of arrays, which has no other way to run. */
  readonly runCore?: RunCore
  /** Of a target with threads. */
  readonly runLater?: RunLater
  readonly runCoreLater?: RunCoreLater
  /** Does a run of so many neighbours rather take a plan than the short way? */
  readonly wantsPlan?: (n: number) => boolean
  /** The short way for neighbours, at most `longestShort` of them where they are plain. False: nothing was done, `run` has to. */
  readonly runShort?: (n: number, operands: ShortOperands, report: Report) => boolean
}

/** What is staged as one block. */
export const longestShort = 4096
