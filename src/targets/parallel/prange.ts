/**
 * The iterations of loops over prange, shared among threads: a core call is run by this thread up to such a loop, whose chunks are then
 * a job like the core calls of others, and goes on behind it.
 */
import { clear } from '../../broadcast/copy.ts'
import { coresIn, walkCores } from '../../broadcast/core.ts'
import { sizeOf } from '../../broadcast/shape.ts'
import { dtypes, type TypedArray } from '../../dtype.ts'
import type { RangeLoop, SplitLoop, WasmLoop } from '../../loops/loop.ts'
import type { CoreWork } from '../core-range.ts'
import type { CoreJob } from '../cores.ts'
import { elementBytes, failure, type Instance, instantiateIfRoom } from '../instance.ts'
import type { Block } from '../memory/allocator.ts'
import { residentHeap } from '../memory/resident.ts'
import { unitsOf, type Work } from '../range.ts'
import type { Report, Watch } from '../target.ts'
import { doneElsewhere } from './crew-job.ts'
import { type Cost, limits, makeCost, rangeOf } from './share.ts'
import { begin, end, type Shared, shareLoop } from './shared-loop.ts'
import { threads } from './threads.ts'

const alignment = 64
/** A loop is cut into so many chunks at most (loops/kernel/chunks.ts). */
const mostChunks = 256

/** Loops that nobody can call any more give their contexts back. */
const collected = new FinalizationRegistry<readonly Block[]>((blocks) => {
  for (const block of blocks) residentHeap().release(block)
})

interface LoadedPart {
  readonly loop: WasmLoop
  readonly instance: Instance
  readonly shared: Shared
}

interface LoadedRange extends LoadedPart {
  readonly range: RangeLoop
  readonly bytes: readonly number[]
  /** Of an iteration. */
  readonly cost: Cost
}

interface LoadedSplit {
  readonly main: LoadedPart
  readonly ranges: readonly LoadedRange[]
  /** The numbers of chunks, in order. */
  readonly numbers: Block
}

type SplitJob = Omit<CoreJob, 'instance'>

/** What a core call consists of, step after step: a part of it that one thread runs, or chunks of a loop. */
interface Step {
  readonly part: LoadedPart
  readonly work: Work
  /** Of chunks: so many iterations, each of which costs what was learned of that loop. */
  readonly range?: { readonly cost: Cost; readonly count: number }
}

export interface Split {
  /** Runs the core calls of a job one after another. Null: there is no room for it, and nothing was done. @throws BoundsError */
  run(job: SplitJob, report: Report): true | null
  /** The same by workers alone. @throws the reason of the signal */
  runLater(job: SplitJob, report: Report, watch: Watch): Promise<true | null>
}

export function makeSplit({ main, ranges, floats, ints }: SplitLoop, tables: readonly TypedArray[]): Split {
  /** Lives as long as the runner, and with it what is shared. */
  const owner = {}
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
      const shared = instance && range ? shareLoop(owner, range.loop, instance) : null
      return instance && range && shared
        ? [{ loop: range.loop, range, instance, shared, bytes: elementBytes(range.loop), cost: makeCost() }]
        : []
    })
    const shared = first ? shareLoop(owner, main, first) : null
    if (!first || !shared || !numbers || made.length < ranges.length) {
      for (const block of blocks) heap.release(block)
      return null
    }
    collected.register(owner, blocks)
    const view = heap.view('u1')
    for (let k = 0; k < mostChunks; k++) view[numbers.address + k] = k
    loaded = { main: { loop: main, instance: first, shared }, ranges: made, numbers }
    return loaded
  }

  /** Memory for the time of a job. Null: there is no room. */
  const lay = (job: SplitJob): (Laid & { release(): void }) | null => {
    const heap = residentHeap()
    const blocks: Block[] = []
    const release = () => {
      for (const block of blocks) heap.release(block)
    }
    const reserve = (bytes: number): number | null => {
      const block = heap.reserve(bytes)
      if (block) blocks.push(block)
      return block?.address ?? null
    }
    const [floatsAt, intsAt] = [reserve(8 * floats), reserve(8 * ints)]
    // What a kernel makes anew in every iteration, apart for every thread; workers that are waited for count from 1.
    const scratch = new Map<number, { readonly at: number; readonly bytes: number }>()
    let full = floatsAt === null || intsAt === null
    for (const k of new Set(ranges.flatMap((range) => range.own))) {
      const { shape = [], code = 'f8' } = job.placed[k]?.operand ?? {}
      const bytes = Math.ceil((sizeOf(shape) * dtypes[code].bytes) / alignment + 1) * alignment
      const at = full ? null : reserve(bytes * (threads.count() + 1))
      if (at === null) full = true
      else scratch.set(k, { at, bytes })
    }
    if (floatsAt === null || intsAt === null || full) {
      release()
      return null
    }
    return { floatsAt, intsAt, scratch, release }
  }

  interface Laid {
    readonly floatsAt: number
    readonly intsAt: number
    readonly scratch: ReadonlyMap<number, { readonly at: number; readonly bytes: number }>
  }

  /** The steps of all core calls; each is done before the next is asked for. */
  function* steps(
    own: LoadedSplit,
    { placed, call, plan, sizes, vector }: SplitJob,
    { floatsAt, intsAt, scratch }: Laid,
  ): Generator<Step, void> {
    const heap = residentHeap()
    const counts = call.sizes.length
    const allSizes = [...sizes.slice(0, counts), floats, ints, ...sizes.slice(counts), 8, 8]
    const bytes = placed.map(({ operand }) => dtypes[operand.code].bytes)
    const runs: { readonly offsets: readonly number[]; readonly n: number }[] = []
    walkCores(plan, call.mask, (offsets, n) => {
      runs.push({ offsets: [...offsets], n })
    })
    const workOf = (
      pointers: readonly number[],
      inputs: number,
      chunks: number,
      rest: Partial<CoreWork>,
    ): Work => {
      const still = pointers.map(() => 0)
      return {
        plan: {
          size: chunks,
          inner: chunks,
          innerSteps: still,
          outer: [],
          outerSteps: still.map(() => []),
          offsets: still,
        },
        pointers,
        inputs,
        byRows: false,
        core: {
          sizes: allSizes,
          vector,
          mask: -1,
          memory: heap.buffer().byteLength,
          perThread: still,
          clears: [],
          repeatable: false,
          ...rest,
        },
      }
    }
    function* one(at: readonly number[]): Generator<Step, void> {
      const pointers = [
        ...placed.map(({ base }, k) => base + (at[k] ?? 0) * (bytes[k] ?? 0)),
        floatsAt,
        intsAt,
      ]
      placed.forEach(({ operand }, k) => {
        if (call.access[k] === 'write') clear(coresIn(operand, call.ranks[k] ?? 0, at[k] ?? 0, 1, 0))
      })
      heap.view('f8').fill(0, floatsAt / 8, floatsAt / 8 + floats)
      heap.view('f8').fill(0, intsAt / 8, intsAt / 8 + ints)
      const first = workOf(pointers, main.inputs.length, 1, {})
      for (;;) {
        yield { part: own.main, work: first }
        const [next = 0, count = 0, length = 1] = [0, 1, 2].map((k) =>
          Number(heap.view('i8')[intsAt / 8 + k]),
        )
        const part = own.ranges[next - 1]
        if (!part) break
        if (count === 0) continue
        const { range, loop, cost } = part
        const apart = (k: number) => (range.own.includes(k) ? scratch.get(k) : undefined)
        const there = [...pointers.map((pointer, k) => apart(k)?.at ?? pointer), own.numbers.address]
        const work = workOf(there, loop.inputs.length, Math.ceil(count / length), {
          perThread: there.map((_, k) => apart(k)?.bytes ?? 0),
          repeatable: range.repeatable,
        })
        // The last operand counts chunks.
        const { plan: still } = work
        yield {
          part,
          work: { ...work, plan: { ...still, innerSteps: [...still.innerSteps.slice(1), 1] } },
          range: { cost, count },
        }
      }
    }
    for (const { offsets, n } of runs)
      for (let i = 0; i < n; i++)
        yield* one(placed.map((_, k) => (offsets[k] ?? 0) + i * (plan.innerSteps[k] ?? 0)))
  }

  const runStep = ({ part, work, range }: Step, report: Report): void => {
    const { loop, instance, shared } = part
    const did = { threads: 1, calls: 0, bytesCopied: 0 }
    const start = performance.now()
    const nanoseconds = range ? range.cost.nanoseconds(limits.asleep / range.count) * range.count : 0
    const pool = range ? threads.poolFor(nanoseconds) : null
    const begun = pool && begin(pool, shared, work, nanoseconds, 1)
    const code = begun ? end(pool, shared, begun, did) : shared.run(work, 0, unitsOf(work), did)
    range?.cost.learn(range.count, (performance.now() - start) * did.threads)
    report.calls += did.calls
    report.threads = Math.max(report.threads, did.threads)
    if (code !== 0) throw failure(loop, instance, code)
  }

  return {
    run(job, report) {
      const own = load()
      const laid = own && lay(job)
      if (!laid) return null
      try {
        for (const step of steps(own, job, laid)) runStep(step, report)
        return true
      } finally {
        laid.release()
      }
    },
    async runLater(job, report, watch) {
      const own = load()
      const laid = own && lay(job)
      if (!laid) return null
      try {
        for (const step of steps(own, job, laid)) {
          const { part, work } = step
          const range = rangeOf(work, Number.POSITIVE_INFINITY, threads.count(), 1)
          if (!(await doneElsewhere(part, part.loop, work, range, report, watch))) runStep(step, report)
        }
        return true
      } finally {
        laid.release()
      }
    },
  }
}
