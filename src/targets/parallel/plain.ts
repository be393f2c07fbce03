/**
 * Plain operands on the parallel target: chunks of them pass through shared memory, two in turns. While workers compute one chunk, this
 * thread copies the next in and the one before out.
 */
import type { Plan } from '../../broadcast/plan.ts'
import type { Strided } from '../../broadcast/view.ts'
import { walkRange } from '../../broadcast/walk.ts'
import { dtypes, type TypedArray } from '../../dtype.ts'
import type { WasmLoop } from '../../loops/loop.ts'
import type { Instance } from '../instance.ts'
import type { Block } from '../memory/allocator.ts'
import { residentHeap } from '../memory/resident.ts'
import { unitsOf, type Work } from '../range.ts'
import { copyIn, copyOut, isSingle } from '../staging.ts'
import type { Report } from '../target.ts'
import { type Cost, limits } from './share.ts'
import { type Begun, begin, end, type Shared } from './shared-loop.ts'
import { threads } from './threads.ts'

/** Elements of a chunk. */
const chunkElements = 32768

export interface PlainLoop {
  readonly loop: WasmLoop
  readonly step: number
  readonly cost: Cost
  readonly sharedIn: (instance: Instance) => Shared | null
}

interface Chunk {
  readonly from: number
  readonly to: number
  readonly lane: number
  readonly work: Work
  /** Null: it is for this thread alone. */
  readonly begun: Begun | null
}

/** The code of a failed check, or 0, and where its facts are; null: this thread had better do it alone. */
export function runPlain(
  { loop, step, cost, sharedIn }: PlainLoop,
  operands: readonly Strided[],
  plan: Plan,
  resident: () => Instance | null,
  report: Report,
): { readonly code: number; readonly instance: Instance } | null {
  const each = cost.nanoseconds()
  const pool = each < limits.copied ? null : threads.poolFor(each * plan.size)
  const instance = pool && resident()
  const shared = instance && sharedIn(instance)
  if (!pool || !instance || !shared) return null
  const inputs = loop.inputs.length
  const copiedIn = loop.form === 'masked' ? operands.length : inputs
  const single = operands.map((_, k) => k < inputs && isSingle(plan, k))
  const bytes = operands.map(({ code }) => dtypes[code].bytes)
  const length = Math.min(chunkElements, plan.size)
  const heap = residentHeap()
  const blocks: Block[] = []
  /** Two buffers an operand, one for all chunks where it is a single element. */
  const reserved = operands.every((_, k) => {
    for (let lane = 0; lane < 2; lane++) {
      const block = heap.reserve(single[k] ? 8 : length * (bytes[k] as number))
      if (!block) return false
      blocks.push(block)
    }
    return true
  })
  try {
    if (!reserved) return null
    const at = (k: number, lane: number) => (blocks[2 * k + (single[k] ? 0 : lane)] as Block).address
    const views = operands.map(({ code }) => heap.view(code) as TypedArray)
    const copy = (
      { from, to, lane }: Pick<Chunk, 'from' | 'to' | 'lane'>,
      first: number,
      last: number,
      out: boolean,
    ) => {
      let done = 0
      walkRange(plan, from, to, (offsets, n) => {
        for (let k = first; k < last; k++) {
          if (single[k]) continue
          const place = at(k, lane) / (bytes[k] as number) + done
          const { data } = operands[k] as Strided
          const [view, offset, stride] = [
            views[k] as TypedArray,
            offsets[k] as number,
            plan.innerSteps[k] as number,
          ]
          if (out) copyOut(view, place, data, offset, stride, n)
          else copyIn(view, place, data, offset, stride, n)
          report.bytesCopied += n * (bytes[k] as number)
        }
        done += n
      })
    }
    operands.forEach(({ data }, k) => {
      if (!single[k]) return
      copyIn(views[k] as TypedArray, at(k, 0) / (bytes[k] as number), data, plan.offsets[k] as number, 1, 1)
      report.bytesCopied += bytes[k] as number
    })
    const workOf = (n: number, lane: number): Work => ({
      plan: {
        size: n,
        inner: n,
        innerSteps: single.map((one) => (one ? 0 : 1)),
        outer: [],
        outerSteps: single.map(() => []),
        offsets: single.map(() => 0),
      },
      pointers: operands.map((_, k) => at(k, lane)),
      inputs,
      byRows: false,
    })
    const finish = ({ begun, work }: Chunk): number =>
      begun ? end(pool, shared, begun, report) : shared.run(work, 0, unitsOf(work), report)
    let before: Chunk | null = null
    for (let from = 0, lane = 0; from < plan.size; from += length, lane = 1 - lane) {
      const to = Math.min(plan.size, from + length)
      copy({ from, to, lane }, 0, copiedIn, false)
      const code: number = before ? finish(before) : 0
      if (code !== 0) return { code, instance }
      const work = workOf(to - from, lane)
      const begun = begin(pool, shared, work, each * (to - from), step)
      if (before) copy(before, inputs, operands.length, true)
      before = { from, to, lane, work, begun }
    }
    if (before) {
      const code = finish(before)
      if (code !== 0) return { code, instance }
      copy(before, inputs, operands.length, true)
    }
    return { code: 0, instance }
  } finally {
    for (const block of blocks) heap.release(block)
  }
}
