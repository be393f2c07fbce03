/** Core calls that are waited for: workers run them, also a single one that takes long or never ends, while this thread is free. */
import { clear, copy } from '../../broadcast/copy.ts'
import type { CoreCall } from '../../broadcast/core.ts'
import { sizeOf } from '../../broadcast/shape.ts'
import type { Strided } from '../../broadcast/view.ts'
import type { TypedArray } from '../../dtype.ts'
import type { WasmLoop } from '../../loops/loop.ts'
import { bytesOf, type CoreJob, inBlock, isWrittenByAll, planCores, roomFor } from '../cores.ts'
import type { Block } from '../memory/allocator.ts'
import { addressOf, residentHeap } from '../memory/resident.ts'
import { unitsOf } from '../range.ts'
import type { Report, RunCoreLater, Watch } from '../target.ts'
import { isForSplit, lay } from './cores.ts'
import { doneElsewhere, doneHere, noRoom } from './crew-job.ts'
import { makeLoad } from './later.ts'
import type { Split } from './prange.ts'
import { rangeOf } from './share.ts'
import { threads } from './threads.ts'

/** Plain operands of a part take about so much shared memory. */
const partBytes = 2 ** 23

interface PlacedCores {
  readonly job: Omit<CoreJob, 'instance'>
  /** Copies the results out. */
  copyOut(): void
  release(): void
}

/**
 * The operands in shared memory. Null: there is no room.
 * @param whole what the kernel makes as well
 */
function place(
  loop: WasmLoop,
  operands: readonly Strided[],
  call: CoreCall,
  whole: boolean,
  report: Report,
): PlacedCores | null {
  const heap = residentHeap()
  const blocks: Block[] = []
  const release = () => {
    for (const block of blocks.splice(0)) heap.release(block)
  }
  let homes = 0
  const placed: { operand: Strided; base: number }[] = []
  for (const [k, operand] of operands.entries()) {
    const base = addressOf(operand.data)
    // Else what a kernel makes has memory for each thread (`lay`).
    if (base >= 0 || (call.access[k] === 'scratch' && !whole)) {
      placed.push({ operand, base: Math.max(0, base) })
      continue
    }
    const block = roomFor(heap, operand)
    if (!block) {
      release()
      return null
    }
    blocks.push(block)
    homes += 2 ** k
    const there = inBlock(heap, operand, block)
    if (call.access[k] === 'scratch') clear(there)
    placed.push({ operand: there, base: 0 })
  }
  const own = placed.map(({ operand }) => operand)
  const job = { ...planCores(loop, own, call, homes), placed }
  const move = (which: (access: CoreCall['access'][number] | undefined) => boolean, out: boolean) => {
    for (const [k, there] of own.entries()) {
      const here = operands[k]
      if (!here || there === here || !which(call.access[k])) continue
      if (out) copy(there, here)
      else copy(here, there)
      report.bytesCopied += bytesOf(there)
    }
  }
  // Where a mask is false, outputs keep what they hold.
  move((access) => access !== 'scratch' && (access !== 'write' || call.mask !== null), false)
  return { job, copyOut: () => move((access) => access === 'write' || access === 'both', true), release }
}

export function makeCoreLater(
  loop: WasmLoop,
  tables: readonly TypedArray[],
  split: Split | null,
): RunCoreLater {
  const runner: RunCoreLater = {
    most(operands, { loop: shape }) {
      const calls = sizeOf(shape)
      const bytes = operands.reduce((sum, one) => sum + (addressOf(one.data) < 0 ? bytesOf(one) : 0), 0)
      return Math.max(1, Math.floor((calls * partBytes) / Math.max(bytes, 1)))
    },
    async run(operands, call, report, watch) {
      const splits = split !== null && isForSplit(call, operands)
      const placed = place(loop, operands, call, splits, report)
      if (!placed) return doneHere(noRoom, loop, report, watch)
      try {
        const { job } = placed
        const done = splits ? await split.runLater(job, report, watch) : await runWhole(job, report, watch)
        if (done === null) return doneHere(noRoom, loop, report, watch)
        if (done) placed.copyOut()
        return done
      } finally {
        placed.release()
      }
    },
  }
  /** Null: there is no room. */
  const runWhole = async (job: PlacedCores['job'], report: Report, watch: Watch): Promise<boolean | null> => {
    const own = load()
    // A worker has a number of at most that of threads.
    const laid = own && lay(job, loop.inputs.length, threads.count() + 1)
    if (!laid) return null
    try {
      const { work } = laid
      const operands = job.placed.map(({ operand }) => operand)
      const range = isWrittenByAll(job.call, operands)
        ? unitsOf(work)
        : rangeOf(work, Number.POSITIVE_INFINITY, threads.count(), loop.lanes * loop.interleave)
      return await doneElsewhere(own, loop, work, range, report, watch)
    } finally {
      laid.release()
    }
  }
  const load = makeLoad(runner, loop, tables)
  return runner
}
