/**
 * The iterations of loops over prange, shared among threads: a core call is run by this thread up to such a loop, whose chunks are then
 * a job like the core calls of others, and goes on behind it.
 */
import { clear } from '../../broadcast/copy.ts'
import { coresIn, walkCores } from '../../broadcast/core.ts'
import type { Plan } from '../../broadcast/plan.ts'
import { sizeOf } from '../../broadcast/shape.ts'
import { dtypes, type TypedArray } from '../../dtype.ts'
import type { RangeLoop, SplitLoop } from '../../loops/loop.ts'
import type { CoreJob } from '../cores.ts'
import { elementBytes, failure, type Instance, instantiateIfRoom, invoke } from '../instance.ts'
import type { Block } from '../memory/allocator.ts'
import { residentHeap } from '../memory/resident.ts'
import type { Work } from '../range.ts'
import type { Report } from '../target.ts'
import { type Cost, limits, makeCost } from './share.ts'
import { begin, end, type Shared, shareLoop } from './shared-loop.ts'
import { threads } from './threads.ts'

const alignment = 64
/** A loop is cut into so many chunks at most (loops/kernel/chunks.ts). */
const mostChunks = 256

/** Loops that nobody can call any more give their contexts back. */
const collected = new FinalizationRegistry<readonly Block[]>((blocks) => {
  for (const block of blocks) residentHeap().release(block)
})

interface LoadedRange {
  readonly range: RangeLoop
  readonly instance: Instance
  readonly shared: Shared
  readonly bytes: readonly number[]
  /** Of an iteration. */
  readonly cost: Cost
}

interface LoadedSplit {
  readonly main: Instance
  readonly ranges: readonly LoadedRange[]
  /** The numbers of chunks, in order. */
  readonly numbers: Block
}

/** Runs the core calls of a job one after another. Null: there is no room for it, and nothing was done. @throws BoundsError */
export type RunSplit = (job: Omit<CoreJob, 'instance'>, report: Report) => true | null

export function makeSplit(
  { main, ranges, floats, ints }: SplitLoop,
  tables: readonly TypedArray[],
): RunSplit {
  let loaded: LoadedSplit | null = null

  const load = (): LoadedSplit | null => {
    if (loaded) return loaded
    const heap = residentHeap()
    const blocks: Block[] = []
    const instances = [main, ...ranges.map(({ loop }) => loop)].map((loop) => {
      const instance = instantiateIfRoom(loop, tables, heap)
      if (instance) blocks.push(...instance.blocks)
      return instance
    })
    const numbers = heap.reserve(mostChunks)
    if (numbers) blocks.push(numbers)
    const [first, ...others] = instances
    const made = others.flatMap((instance, k): LoadedRange[] => {
      const range = ranges[k]
      const shared = instance && range ? shareLoop(run, range.loop, instance) : null
      return instance && range && shared
        ? [{ range, instance, shared, bytes: elementBytes(range.loop), cost: makeCost() }]
        : []
    })
    if (!first || !numbers || made.length < ranges.length) {
      for (const block of blocks) heap.release(block)
      return null
    }
    collected.register(run, blocks)
    const view = heap.view('u1')
    for (let k = 0; k < mostChunks; k++) view[numbers.address + k] = k
    loaded = { main: first, ranges: made, numbers }
    return loaded
  }

  const run: RunSplit = (job, report) => {
    const own = load()
    if (!own) return null
    const heap = residentHeap()
    const blocks: Block[] = []
    const reserve = (bytes: number): number | null => {
      const block = heap.reserve(bytes)
      if (block) blocks.push(block)
      return block?.address ?? null
    }
    try {
      const [floatsAt, intsAt] = [reserve(8 * floats), reserve(8 * ints)]
      // What a kernel makes anew in every iteration, apart for every thread.
      const scratch = new Map<number, { readonly at: number; readonly bytes: number }>()
      for (const k of new Set(ranges.flatMap((range) => range.own))) {
        const { shape = [], code = 'f8' } = job.placed[k]?.operand ?? {}
        const bytes = Math.ceil((sizeOf(shape) * dtypes[code].bytes) / alignment + 1) * alignment
        const at = reserve(bytes * threads.count())
        if (at === null) return null
        scratch.set(k, { at, bytes })
      }
      if (floatsAt === null || intsAt === null) return null
      runAll(own, job, { floatsAt, intsAt, scratch }, report)
      return true
    } finally {
      for (const block of blocks) heap.release(block)
    }
  }

  interface Laid {
    readonly floatsAt: number
    readonly intsAt: number
    readonly scratch: ReadonlyMap<number, { readonly at: number; readonly bytes: number }>
  }

  const runAll = (
    own: LoadedSplit,
    { placed, call, plan, sizes, vector }: Parameters<RunSplit>[0],
    laid: Laid,
    report: Report,
  ): void => {
    const heap = residentHeap()
    const counts = call.sizes.length
    const allSizes = [...sizes.slice(0, counts), floats, ints, ...sizes.slice(counts), 8, 8]
    const ends = [laid.floatsAt, laid.intsAt]
    const inner = vector ? own.main.vector : own.main.strided
    const bytes = placed.map(({ operand }) => dtypes[operand.code].bytes)
    const args = [own.main.context, 1]
    for (let k = 0; k < placed.length + 2; k++) args.push(0, 0)
    args.push(...allSizes)
    const one = (offsets: readonly number[], i: number): void => {
      const starts = placed.map((_, k) => (offsets[k] ?? 0) + i * (plan.innerSteps[k] ?? 0))
      const pointers = [...placed.map(({ base }, k) => base + (starts[k] ?? 0) * (bytes[k] ?? 0)), ...ends]
      placed.forEach(({ operand }, k) => {
        if (call.access[k] === 'write') clear(coresIn(operand, call.ranks[k] ?? 0, starts[k] ?? 0, 1, 0))
      })
      pointers.forEach((pointer, k) => {
        args[2 + 2 * k] = pointer
      })
      heap.view('f8').fill(0, laid.floatsAt / 8, laid.floatsAt / 8 + floats)
      heap.view('f8').fill(0, laid.intsAt / 8, laid.intsAt / 8 + ints)
      for (;;) {
        const code = invoke(inner, args)
        report.calls++
        if (code !== 0) throw failure(main, own.main, code)
        const [next = 0, count = 0, length = 1] = [0, 1, 2].map((k) =>
          Number(heap.view('i8')[laid.intsAt / 8 + k]),
        )
        const range = own.ranges[next - 1]
        if (!range) return
        if (count > 0) runRange(range, { pointers, sizes: allSizes, vector }, count, length)
      }
    }
    const runRange = (
      { range, instance, shared, bytes: each, cost }: LoadedRange,
      {
        pointers,
        sizes: given,
        vector: neighbours,
      }: Pick<Work, 'pointers'> & Pick<CoreJob, 'sizes' | 'vector'>,
      count: number,
      length: number,
    ): void => {
      const chunks = Math.ceil(count / length)
      const still = each.map(() => 0)
      const chunkPlan: Plan = {
        size: chunks,
        inner: chunks,
        innerSteps: [...still.slice(1), 1],
        outer: [],
        outerSteps: still.map(() => []),
        offsets: still,
      }
      const apart = (k: number) => (range.own.includes(k) ? laid.scratch.get(k) : undefined)
      const work: Work = {
        plan: chunkPlan,
        pointers: [...pointers.map((pointer, k) => apart(k)?.at ?? pointer), own.numbers.address],
        inputs: range.loop.inputs.length,
        byRows: false,
        core: {
          sizes: given,
          vector: neighbours,
          mask: -1,
          memory: heap.buffer().byteLength,
          perThread: still.map((_, k) => apart(k)?.bytes ?? 0),
          clears: [],
          repeatable: range.repeatable,
        },
      }
      const nanoseconds = cost.nanoseconds(limits.asleep / count) * count
      const did = { threads: 1, calls: 0, bytesCopied: 0 }
      const start = performance.now()
      const pool = threads.poolFor(nanoseconds)
      const begun = pool && begin(pool, shared, work, nanoseconds, 1)
      const code = begun ? end(pool, shared, begun, did) : shared.run(work, 0, chunks, did)
      cost.learn(count, (performance.now() - start) * did.threads)
      report.calls += did.calls
      report.threads = Math.max(report.threads, did.threads)
      if (code !== 0) throw failure(range.loop, instance, code)
    }
    walkCores(plan, call.mask, (offsets, n) => {
      for (let i = 0; i < n; i++) one(offsets, i)
    })
  }
  return run
}
