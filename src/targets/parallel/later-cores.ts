/** Core calls that are waited for: workers run them, also a single one that takes long or never ends, while this thread is free. */
import { copy } from '../../broadcast/copy.ts'
import type { CoreCall } from '../../broadcast/core.ts'
import type { Strided } from '../../broadcast/view.ts'
import type { TypedArray } from '../../dtype.ts'
import type { WasmLoop } from '../../loops/loop.ts'
import { bytesOf, inBlock, isWrittenByAll, planCores, roomFor } from '../cores.ts'
import type { Block } from '../memory/allocator.ts'
import { addressOf, residentHeap } from '../memory/resident.ts'
import { unitsOf } from '../range.ts'
import type { Report, RunCoreLater } from '../target.ts'
import { lay } from './cores.ts'
import { doneElsewhere, doneHere, noRoom } from './crew-job.ts'
import { makeLoad, type Placed } from './later.ts'
import { rangeOf } from './share.ts'
import { threads } from './threads.ts'

/** Plain operands of a part take about so much shared memory. */
const partBytes = 2 ** 23

/** Null: there is no room. */
function place(loop: WasmLoop, operands: readonly Strided[], call: CoreCall, report: Report): Placed | null {
  const heap = residentHeap()
  const blocks: Block[] = []
  const release = () => {
    for (const block of blocks.splice(0)) heap.release(block)
  }
  let homes = 0
  const placed: { operand: Strided; base: number }[] = []
  for (const [k, operand] of operands.entries()) {
    const base = addressOf(operand.data)
    // What a kernel makes has memory for each thread (`lay`).
    if (base >= 0 || call.access[k] === 'scratch') {
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
    placed.push({ operand: inBlock(heap, operand, block), base: 0 })
  }
  const own = placed.map(({ operand }) => operand)
  const planned = planCores(loop, own, call, homes)
  // A worker has a number of at most that of threads.
  const laid = lay({ ...planned, placed }, loop.inputs.length, threads.count() + 1)
  if (!laid) {
    release()
    return null
  }
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
  move((access) => access !== 'write' || call.mask !== null, false)
  return {
    work: laid.work,
    copyOut: () => move((access) => access !== 'read', true),
    release() {
      laid.release()
      release()
    },
  }
}

export function makeCoreLater(loop: WasmLoop, tables: readonly TypedArray[]): RunCoreLater {
  const runner: RunCoreLater = {
    most(operands, { loop: shape }) {
      const calls = shape.reduce((product, n) => product * n, 1)
      const bytes = operands.reduce((sum, one) => sum + (addressOf(one.data) < 0 ? bytesOf(one) : 0), 0)
      return Math.max(1, Math.floor((calls * partBytes) / Math.max(bytes, 1)))
    },
    async run(operands, call, report, watch) {
      const own = load()
      const placed = own && place(loop, operands, call, report)
      if (!placed) return doneHere(noRoom, loop, report, watch)
      const { work } = placed
      try {
        const range = isWrittenByAll(call, operands)
          ? unitsOf(work)
          : rangeOf(work, Number.POSITIVE_INFINITY, threads.count(), loop.lanes * loop.interleave)
        const done = await doneElsewhere(own, loop, work, range, report, watch)
        if (done) placed.copyOut()
        return done
      } finally {
        placed.release()
      }
    },
  }
  const load = makeLoad(runner, loop, tables)
  return runner
}
