/**
 * Plain views on their way through wasm memory. Where elements do not lie side by side, copying them one by one would cost more
 * than the loop: so the whole span of memory that a view reaches is copied at once, and the loop goes over it with the view's
 * own steps, as over a resident array.
 */
import { mayOverlapItself, spansMeet } from '../broadcast/overlap.ts'
import type { Plan } from '../broadcast/plan.ts'
import type { Strided } from '../broadcast/view.ts'
import { dtypes } from '../dtype.ts'
import type { Block } from './memory/allocator.ts'
import type { Heap } from './memory/heap.ts'
import type { Settable } from './staging.ts'
import type { Report } from './target.ts'

/** A span with more than this many elements for each one that is used is not worth copying. */
const widestSpread = 4
/** Above this many bytes in all, blocks are kinder to memory. */
const mostBytes = 2 ** 28

interface Span {
  readonly low: number
  readonly length: number
  readonly block: Block
}

/** The first and the last element that the plan reaches, and how many different ones. */
function reach(plan: Plan, k: number): { low: number; high: number; count: number } {
  let low = plan.offsets[k] as number
  let high = low
  let count = 1
  const extend = (step: number, size: number) => {
    if (step === 0) return
    count *= size
    if (step > 0) high += step * (size - 1)
    else low += step * (size - 1)
  }
  extend(plan.innerSteps[k] as number, plan.inner)
  plan.outer.forEach((size, axis) => {
    extend((plan.outerSteps[k] as readonly number[])[axis] as number, size)
  })
  return { low, high, count }
}

/** Does every operand go through the plan side by side? Then blocks do. */
const inOneRow = (plan: Plan): boolean =>
  plan.outer.length === 0 && plan.innerSteps.every((step) => step === 1 || step === 0)

/** Outputs whose spans meet would write back over each other what lies between their elements. */
const outputsMeet = (outputs: readonly Strided[]): boolean =>
  outputs.some((a, k) => outputs.slice(k + 1).some((b) => spansMeet(a, b)))

/**
 * Copies the operands' spans to the heap and notes where their data would begin. The result copies outputs back and releases
 * the memory. Null: spans do not suit these operands, and nothing was done.
 */
export function stageSpans(
  heap: Heap,
  operands: readonly Strided[],
  inputs: number,
  masked: boolean,
  plan: Plan,
  pointers: number[],
  report: Report,
): (() => void) | null {
  if (inOneRow(plan) || outputsMeet(operands.slice(inputs))) return null
  const reaches = operands.map((_, k) => reach(plan, k))
  const bytesOf = (k: number) => dtypes[(operands[k] as Strided).code].bytes
  let total = 0
  for (const [k, { low, high, count }] of reaches.entries()) {
    if (high - low + 1 > widestSpread * count) return null
    total += (high - low + 1) * bytesOf(k)
  }
  if (total > mostBytes) return null
  const spans: Span[] = []
  const release = () => {
    for (const { block } of spans) heap.release(block)
  }
  for (const [k, { low, high }] of reaches.entries()) {
    const length = high - low + 1
    const block = heap.reserve(length * bytesOf(k))
    if (!block) {
      release()
      return null
    }
    spans.push({ low, length, block })
    pointers[k] = block.address - low * bytesOf(k)
  }
  for (const [k, { low, length, block }] of spans.entries()) {
    const operand = operands[k] as Strided
    // What an output's span holds between its elements comes back as it was.
    const filled = length === reaches[k]?.count && !mayOverlapItself(operand)
    if (k >= inputs && !masked && filled) continue
    const { data, code } = operand
    const view = heap.view(code) as unknown as Settable
    view.set(data.subarray(low, low + length), block.address / bytesOf(k))
    report.bytesCopied += length * bytesOf(k)
  }
  return () => {
    for (let k = inputs; k < operands.length; k++) {
      const { low, length, block } = spans[k] as Span
      const { data, code } = operands[k] as Strided
      const from = block.address / bytesOf(k)
      ;(data as unknown as Settable).set(heap.view(code).subarray(from, from + length), low)
      report.bytesCopied += length * bytesOf(k)
    }
    release()
  }
}
