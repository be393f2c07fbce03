/**
 * Runs of indexed loops. Their operands are the indices (1-d), what the kernel takes besides, and a 1-d array; the plan is one run
 * over the indices, in which the array's step is that between its elements.
 */
import type { Plan } from '../broadcast/plan.ts'
import { indexOutside } from '../broadcast/positions.ts'
import type { Strided } from '../broadcast/view.ts'
import { dtypes, type TypedArray } from '../dtype.ts'
import { MemoryError } from '../errors.ts'
import type { WasmLoop } from '../loops/loop.ts'
import { type Instance, invoke } from './instance.ts'
import { stagingHeap } from './memory/resident.ts'
import { blockElements, bufferAddress, copyIn, copyOut, isSingle } from './staging.ts'
import type { Report } from './target.ts'

const lengthOf = (operands: readonly Strided[]): number => operands.at(-1)?.shape[0] ?? 0

/** Tells the loop how long the array is. */
export function setLength(loop: WasmLoop, { heap, context }: Instance, operands: readonly Strided[]): void {
  heap.view('i4')[(context + loop.context.length) / 4] = lengthOf(operands)
}

/** The first index outside, if there is one. */
function firstOutside(operands: readonly Strided[], plan: Plan): number | undefined {
  const length = lengthOf(operands)
  const { data } = operands[0] as Strided
  const [offset = 0] = plan.offsets
  const [step = 0] = plan.innerSteps
  for (let i = 0; i < plan.size; i++) {
    const index = Number(data[offset + i * step])
    if (index >= length || index < -length) return index
  }
  return undefined
}

/** The error for a loop that found an index outside. */
export const outside = (operands: readonly Strided[], plan: Plan): Error =>
  indexOutside(firstOutside(operands, plan) ?? 0, 0, lengthOf(operands))

/** @throws BoundsError when an index is outside */
export function checkIndices(operands: readonly Strided[], plan: Plan): void {
  const index = firstOutside(operands, plan)
  if (index !== undefined) throw indexOutside(index, 0, lengthOf(operands))
}

/**
 * Copies the array into the staging memory, changes it there, and copies it back when all went well. Indices and operands pass
 * through block by block.
 */
export function runStagedIndexed(
  loop: WasmLoop,
  instance: Instance,
  operands: readonly Strided[],
  plan: Plan,
  report: Report,
): number {
  const heap = stagingHeap()
  const last = operands.length - 1
  const array = operands[last] as Strided
  const length = lengthOf(operands)
  const bytes = operands.map(({ code }) => dtypes[code].bytes)
  const size = bytes[last] as number
  const starts = operands.map((_, k) => bufferAddress(heap, k))
  const block = heap.reserve(Math.max(8, length * size))
  if (!block) throw new MemoryError(`no memory to stage ${length} elements in`, { bytes: length * size })
  try {
    starts[last] = block.address
    setLength(loop, instance, operands)
    const views = operands.map(({ code }): TypedArray => heap.view(code))
    const first = (k: number) => (starts[k] as number) / (bytes[k] as number)
    const step = plan.innerSteps[last] as number
    const offset = plan.offsets[last] as number
    copyIn(views[last] as TypedArray, first(last), array.data, offset, step, length)
    report.bytesCopied += 2 * length * size
    const single = operands.map((_, k) => isSingle(plan, k))
    const args: number[] = [instance.context, 0]
    operands.forEach((_, k) => {
      args.push(starts[k] as number, single[k] && k < last ? 0 : (bytes[k] as number))
    })
    for (let from = 0; from < plan.size; from += blockElements) {
      const n = Math.min(blockElements, plan.size - from)
      for (let k = 0; k < last; k++) {
        if (single[k] && from > 0) continue
        const { data } = operands[k] as Strided
        const own = plan.innerSteps[k] as number
        const count = single[k] ? 1 : n
        copyIn(views[k] as TypedArray, first(k), data, (plan.offsets[k] as number) + from * own, own, count)
        report.bytesCopied += count * (bytes[k] as number)
      }
      args[1] = n
      const code = invoke(instance.strided, args)
      if (code !== 0) return code
      report.calls++
    }
    copyOut(views[last] as TypedArray, first(last), array.data, offset, step, length)
    return 0
  } finally {
    heap.release(block)
  }
}
