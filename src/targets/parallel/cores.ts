/**
 * Core calls shared over their loop dimensions. Each is computed by one thread, so its bits are those of cpu; what a kernel makes for
 * itself lies apart for every thread.
 */
import type { CoreCall } from '../../broadcast/core.ts'
import { sizeOf } from '../../broadcast/shape.ts'
import type { Strided } from '../../broadcast/view.ts'
import { walk } from '../../broadcast/walk.ts'
import { dtypes } from '../../dtype.ts'
import type { WasmLoop } from '../../loops/loop.ts'
import type { CoreWork } from '../core-range.ts'
import { type CoreJob, type CoresElsewhere, isWrittenByAll } from '../cores.ts'
import type { Instance } from '../instance.ts'
import type { Block } from '../memory/allocator.ts'
import { residentHeap } from '../memory/resident.ts'
import type { Work } from '../range.ts'
import type { Split } from './prange.ts'
import { type Cost, limits, makeCost } from './share.ts'
import { begin, end, type Shared, shareLoop } from './shared-loop.ts'
import { threads } from './threads.ts'

/** A core call costs what its sizes make it cost, so it is learned for each; so many are kept. */
const mostCosts = 32
const alignment = 64

interface Costs {
  of(sizes: readonly number[]): Cost
}

function makeCosts(): Costs {
  const known = new Map<string, Cost>()
  return {
    of(sizes) {
      const key = sizes.join()
      let cost = known.get(key)
      if (!cost) {
        if (known.size === mostCosts) known.delete(known.keys().next().value as string)
        cost = makeCost()
        known.set(key, cost)
      }
      return cost
    },
  }
}

/** Elements that a core call looks at, if it looks at each once: what is known of it before it has run. */
const elementsOf = ({ ranks }: CoreCall, operands: readonly Strided[]): number =>
  operands.reduce((sum, { shape }, k) => sum + sizeOf(shape.slice(shape.length - (ranks[k] ?? 0))), 0)

/** What lies in shared memory for the time of a job. */
export interface Laid {
  readonly work: Work
  release(): void
}

/** The job as numbers: the mask as bytes, and memory for what each of `count` threads makes. Null: there is no room. */
export function lay(
  { placed, call, plan, sizes, vector, zeros }: Omit<CoreJob, 'instance'>,
  inputs: number,
  count: number,
): Laid | null {
  const heap = residentHeap()
  const blocks: Block[] = []
  const release = () => {
    for (const block of blocks) heap.release(block)
  }
  const reserve = (bytes: number): number | null => {
    const block = heap.reserve(bytes)
    if (!block) return null
    blocks.push(block)
    new Uint8Array(heap.buffer(), block.address, bytes).fill(0)
    return block.address
  }
  const perThread: number[] = []
  const pointers: number[] = []
  const clears: { operand: number; shape: readonly number[]; stride: readonly number[] }[] = []
  for (const [k, { operand, base }] of placed.entries()) {
    const access = call.access[k]
    const rank = call.ranks[k] ?? 0
    const shape = operand.shape.slice(operand.shape.length - rank)
    const stride = operand.stride.slice(operand.stride.length - rank)
    const bytes = dtypes[operand.code].bytes
    const own = access === 'scratch' ? Math.ceil((sizeOf(shape) * bytes) / alignment + 1) * alignment : 0
    const address = own > 0 ? reserve(own * count) : base
    if (address === null) {
      release()
      return null
    }
    perThread.push(own)
    // The plan counts from the operand's offset, also for what is elsewhere now.
    pointers.push(own > 0 ? address - operand.offset * bytes : base)
    if (zeros[k]) clears.push({ operand: k, shape, stride })
  }
  let mask = -1
  if (call.mask) {
    const address = reserve(plan.size)
    if (address === null) {
      release()
      return null
    }
    mask = address
    const flags = heap.view('u1')
    const { data } = call.mask
    const step = plan.innerSteps.at(-1) ?? 0
    let at = mask
    walk(plan, (offsets, n) => {
      const from = offsets.at(-1) ?? 0
      for (let i = 0; i < n; i++) flags[at++] = data[from + i * step] === 0 ? 0 : 1
    })
  }
  const core: CoreWork = {
    sizes,
    vector,
    mask,
    memory: heap.buffer().byteLength,
    perThread,
    clears,
    repeatable: !call.access.includes('both'),
  }
  const own = call.mask
    ? {
        ...plan,
        innerSteps: plan.innerSteps.slice(0, -1),
        outerSteps: plan.outerSteps.slice(0, -1),
        offsets: plan.offsets.slice(0, -1),
      }
    : plan
  return { work: { plan: own, pointers, inputs, byRows: false, core }, release }
}

/** Core calls that are too few for all threads go one after another, each with its own loops shared. */
export const isForSplit = (call: CoreCall, operands: readonly Strided[]): boolean =>
  sizeOf(call.loop) < threads.count() || isWrittenByAll(call, operands)

export function shareCores(loop: WasmLoop, split: Split | null): CoresElsewhere {
  const costs = makeCosts()
  const step = loop.lanes * loop.interleave
  /** Lives as long as the runner, and with it what is shared. */
  const owner = {}
  let shared: Shared | null = null
  const sharedIn = (instance: Instance): Shared | null => {
    if (shared?.instance !== instance) shared = shareLoop(owner, loop, instance)
    return shared
  }
  // Nothing is known of what an iteration of prange costs: such a call is shared to find out.
  const guess = (call: CoreCall, operands: readonly Strided[]) =>
    costs.of(call.sizes).nanoseconds(split ? limits.asleep : 1 + elementsOf(call, operands))
  const wantsSplit = (call: CoreCall, operands: readonly Strided[]): boolean =>
    split !== null && isForSplit(call, operands)

  const tryShared = (job: CoreJob, nanoseconds: number, report: Parameters<typeof end>[3]): number | null => {
    const pool = threads.poolFor(nanoseconds)
    const own = pool && sharedIn(job.instance)
    const laid = own && lay(job, loop.inputs.length, pool.size)
    if (!laid) return null
    try {
      const begun = begin(pool, own, laid.work, nanoseconds, step)
      return begun && end(pool, own, begun, report)
    } finally {
      laid.release()
    }
  }

  return {
    wants: (call, operands) =>
      (wantsSplit(call, operands) || (sizeOf(call.loop) > 1 && !isWrittenByAll(call, operands))) &&
      threads.poolFor(guess(call, operands) * sizeOf(call.loop)) !== null,
    run(job, alone, report) {
      const { call, plan } = job
      const operands = job.placed.map(({ operand }) => operand)
      const byAll = isWrittenByAll(call, operands)
      const nanoseconds = guess(call, operands) * plan.size
      const start = performance.now()
      const before = report.threads
      report.threads = 1
      const inShared = job.instance.heap === residentHeap()
      const splits = wantsSplit(call, operands)
      const tryAny = (): number | null => {
        if (!inShared) return null
        if (!splits) return plan.size > 1 && !byAll ? tryShared(job, nanoseconds, report) : null
        const done = threads.poolFor(nanoseconds) && split?.run(job, report)
        return done ? 0 : null
      }
      const code = tryAny()
      if (code === null)
        report.why ??=
          plan.size === 1 && !split
            ? 'one core call runs on one thread, and no loop over prange in it can be shared'
            : byAll && !splits
              ? 'all core calls write to one array'
              : threads.whyAlone()
      const done = code ?? alone()
      costs.of(call.sizes).learn(plan.size, (performance.now() - start) * report.threads)
      report.threads = Math.max(before, report.threads)
      return done
    },
  }
}
