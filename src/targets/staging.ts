/**
 * Plain arrays on their way through wasm memory: block by block, in the plan's order. A block's elements lie side by side, so
 * that whatever the strides were, one call of the vector loop computes it. Blocks are as large as the cache likes.
 */
import type { Plan } from '../broadcast/plan.ts'
import type { Strided } from '../broadcast/view.ts'
import { walkRange } from '../broadcast/walk.ts'
import { type Code, dtypes, type TypedArray } from '../dtype.ts'
import { MemoryError } from '../errors.ts'
import { type Instance, invoke } from './instance.ts'
import type { Block } from './memory/allocator.ts'
import type { Heap } from './memory/heap.ts'
import { stagingHeap } from './memory/resident.ts'
import type { Report, ShortOperands } from './target.ts'

/** Elements of a block, and so the bytes of its buffer for the widest dtypes. */
export const blockElements = 4096
const bufferBytes = blockElements * 8

/** Shorter runs are copied faster by a loop than by making a subarray for `set`. */
const shortRun = 24

/** One buffer an operand, shared by all loops: runs do not overlap in time. */
const buffers: Block[] = []

export function bufferAddress(heap: Heap, operand: number): number {
  while (buffers.length <= operand) {
    const block = heap.reserve(bufferBytes)
    if (!block) throw new MemoryError('no memory to stage plain arrays in', { bytes: bufferBytes })
    buffers.push(block)
  }
  return (buffers[operand] as Block).address
}

/** `set` as a typed array has it, between arrays of one dtype. */
export type Settable = { set(from: TypedArray, at: number): void }

/** `n` elements, `step` apart, to neighbours; arrays of one dtype. */
export function copyIn(
  to: TypedArray,
  at: number,
  from: TypedArray,
  offset: number,
  step: number,
  n: number,
): void {
  if (step === 1 && offset === 0 && n === from.length) (to as Settable).set(from, at)
  else if (step === 1 && n > shortRun) (to as Settable).set(from.subarray(offset, offset + n), at)
  else for (let i = 0; i < n; i++) to[at + i] = from[offset + i * step] as number
}

/** The other way. */
export function copyOut(
  from: TypedArray,
  at: number,
  to: TypedArray,
  offset: number,
  step: number,
  n: number,
): void {
  if (step === 1 && n > shortRun) (to as Settable).set(from.subarray(at, at + n), offset)
  else for (let i = 0; i < n; i++) to[offset + i * step] = from[at + i] as number
}

/** The ends of buffers that short results were last copied from: making one costs more than copying. */
const ends: TypedArray[] = []

/** As `runStaged`, for vectors of neighbours that fit one block. */
export function runStagedShort(
  instance: Instance,
  codes: readonly Code[],
  inputs: number,
  n: number,
  { data, offset }: ShortOperands,
  args: number[],
  report: Report,
): number {
  const heap = stagingHeap()
  args[0] = instance.context
  args[1] = n
  for (let k = 0; k < codes.length; k++) {
    const code = codes[k] as Code
    const { bytes } = dtypes[code]
    const from = data[k] as TypedArray | number
    const start = bufferAddress(heap, k)
    args[2 + 2 * k] = start
    args[3 + 2 * k] = typeof from === 'number' ? 0 : bytes
    if (k >= inputs) continue
    const view: TypedArray = heap.view(code)
    if (typeof from === 'number') view[start / bytes] = from
    else copyIn(view, start / bytes, from, offset[k] as number, 1, n)
    report.bytesCopied += typeof from === 'number' ? bytes : n * bytes
  }
  const failed = invoke(instance.vector, args)
  if (failed !== 0) return failed
  report.calls++
  for (let k = inputs; k < codes.length; k++) {
    const code = codes[k] as Code
    const view: TypedArray = heap.view(code)
    const to = data[k] as TypedArray
    report.bytesCopied += n * dtypes[code].bytes
    if (n === 1) {
      to[offset[k] as number] = view[bufferAddress(heap, k) / dtypes[code].bytes] as number
      continue
    }
    let end = ends[k]
    if (end === undefined || end.length !== n || end.constructor !== view.constructor) {
      const at = bufferAddress(heap, k) / dtypes[code].bytes
      ends[k] = end = view.subarray(at, at + n)
    }
    ;(to as unknown as Settable).set(end, offset[k] as number)
  }
  return 0
}

/** An operand that is one element for the whole plan. */
export const isSingle = (plan: Plan, k: number): boolean =>
  plan.innerSteps[k] === 0 && (plan.outerSteps[k] as readonly number[]).every((step) => step === 0)

/** Runs the plan through the staging memory; returns the code of a failed check, or 0. */
export function runStaged(
  instance: Instance,
  operands: readonly Strided[],
  inputs: number,
  masked: boolean,
  plan: Plan,
  report: Report,
): number {
  const heap = stagingHeap()
  const count = operands.length
  // A masked loop leaves elements of its outputs alone, so that they go in too.
  const copiedIn = masked ? count : inputs
  const starts = operands.map((_, k) => bufferAddress(heap, k))
  const views = operands.map((operand) => heap.view(operand.code))
  const firsts = operands.map((operand, k) => (starts[k] as number) / dtypes[operand.code].bytes)
  const single = operands.map((_, k) => k < inputs && isSingle(plan, k))
  const args: number[] = [instance.context, 0]
  operands.forEach((operand, k) => {
    const { bytes } = dtypes[operand.code]
    args.push(starts[k] as number, single[k] ? 0 : bytes)
    if (!single[k]) return
    copyIn(views[k] as TypedArray, firsts[k] as number, operand.data, plan.offsets[k] as number, 1, 1)
    report.bytesCopied += bytes
  })
  for (let from = 0; from < plan.size; from += blockElements) {
    const to = Math.min(plan.size, from + blockElements)
    let done = 0
    walkRange(plan, from, to, (offsets, n) => {
      for (let k = 0; k < copiedIn; k++) {
        if (single[k]) continue
        const { data } = operands[k] as Strided
        const at = (firsts[k] as number) + done
        copyIn(views[k] as TypedArray, at, data, offsets[k] as number, plan.innerSteps[k] as number, n)
      }
      done += n
    })
    args[1] = to - from
    const code = invoke(instance.vector, args)
    if (code !== 0) return code
    report.calls++
    done = 0
    walkRange(plan, from, to, (offsets, n) => {
      for (let k = inputs; k < count; k++) {
        const { data } = operands[k] as Strided
        const at = (firsts[k] as number) + done
        copyOut(views[k] as TypedArray, at, data, offsets[k] as number, plan.innerSteps[k] as number, n)
      }
      done += n
    })
  }
  operands.forEach((operand, k) => {
    if (masked && k >= inputs) report.bytesCopied += plan.size * dtypes[operand.code].bytes
    if (!single[k]) report.bytesCopied += plan.size * dtypes[operand.code].bytes
  })
  return 0
}
