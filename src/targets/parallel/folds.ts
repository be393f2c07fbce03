/**
 * Folds shared over their outputs and, where those are few, over slices of the axis: aligned at blocks of the tree and a power of two
 * of them long, so that each is a subtree, and their results are joined as the tree has them.
 */
import { mayOverlapItself } from '../../broadcast/overlap.ts'
import { makePlan, type Plan } from '../../broadcast/plan.ts'
import { contiguousStrides, sizeOf } from '../../broadcast/shape.ts'
import type { Strided } from '../../broadcast/view.ts'
import { walk } from '../../broadcast/walk.ts'
import { dtypes, type TypedArray } from '../../dtype.ts'
import { MemoryError } from '../../errors.ts'
import type { WasmLoop } from '../../loops/loop.ts'
import type { FoldsElsewhere, Loaded } from '../fold/folder.ts'
import type { Machine, Row } from '../fold/machine.ts'
import type { FoldWork } from '../fold/range.ts'
import { deliver } from '../fold/source.ts'
import { blockSize, withoutAxis } from '../fold/tile.ts'
import { joinRows } from '../fold/tree.ts'
import { isAcross, roomFor } from '../fold/way.ts'
import { failure, type Instance } from '../instance.ts'
import { addressOf, residentHeap } from '../memory/resident.ts'
import type { Work } from '../range.ts'
import type { FoldJob, Report, Runner } from '../target.ts'
import { loadWasm } from '../wasm.ts'
import type { Pool } from './pool.ts'
import { isWorth, makeCost, rangesFor } from './share.ts'
import { beginRanges, end, type Shared, shareLoop } from './shared-loop.ts'
import { threads } from './threads.ts'

type Method = 'reduce' | 'accumulate'

/** Neighbouring outputs of a range, at least, where memory is read across them: some cache lines at a time. */
const leastAcross = 256
const alignment = 64

const isDefined = <T>(value: T | null): value is T => value !== null

const shapeOf = ({ elements }: FoldJob): readonly number[] => elements[0]?.shape ?? []

/** How a fold is cut: slices of the axis, and ranges of so many (slice, output) pairs, slice by slice. */
interface Cut {
  readonly slices: number
  readonly slice: number
  readonly range: number
}

/** @param wanted as many ranges as there should be */
function cut(
  fold: Pick<FoldWork, 'way' | 'length' | 'steps' | 'vectorized'>,
  plan: Plan,
  wanted: number,
): Cut {
  const { way, length, steps, vectorized } = fold
  const outputSteps = plan.innerSteps.slice(0, steps.length)
  const tile = { length, steps, outputs: plan.inner, outputSteps }
  const across = isAcross(tile, way === 'tree' && vectorized)
  const outputs = plan.size
  const apart = Math.ceil(outputs / (across ? Math.min(outputs, leastAcross) : 1))
  const blocks = Math.ceil(length / blockSize)
  const fewer = way === 'tree' && apart < wanted
  const each = fewer ? Math.max(1, Math.floor((blocks * apart) / wanted)) : blocks
  const slice = fewer ? blockSize * 2 ** Math.floor(Math.log2(each)) : length
  const slices = Math.ceil(length / slice)
  const even = Math.ceil((outputs * slices) / wanted)
  const multiple = slices > 1 && even > outputs ? outputs : across && even >= leastAcross ? 64 : 1
  return { slices, slice, range: Math.ceil(even / multiple) * multiple }
}

/** The plan of the `count` elements, for every slice anew, with so many results behind each other in its own order. */
function sliced(plan: Plan, count: number, slices: number, results: number): Plan {
  const outer = [slices, ...plan.outer]
  const own = contiguousStrides([...outer, plan.inner]).slice(0, -1)
  const every = <T>(value: T): T[] => new Array<T>(results).fill(value)
  return {
    size: plan.size * slices,
    inner: plan.inner,
    innerSteps: [...plan.innerSteps.slice(0, count), ...every(1)],
    outer,
    outerSteps: [...plan.outerSteps.slice(0, count).map((steps) => [0, ...steps]), ...every(own)],
    offsets: [...plan.offsets.slice(0, count), ...every(0)],
  }
}

/** Where all results lie, if every thread can write them there as they are. */
function placesOf({ results }: FoldJob, loop: WasmLoop): number[] | null {
  const addresses = results.filter(isDefined).map((result) => {
    const code = loop.outputs[results.indexOf(result)]
    return result.code === code && !mayOverlapItself(result) ? addressOf(result.data) : -1
  })
  return addresses.every((address) => address >= 0) ? addresses : null
}

/** A fold as a job: null where it cannot be shared, with the reason. */
function shareFold(
  loop: WasmLoop,
  method: Method,
  job: FoldJob,
  pool: Pool,
  nanoseconds: number,
  { machine: m, instance }: Loaded,
  shared: Shared,
  report: Report,
): boolean {
  const { elements, axis, results } = job
  const shape = shapeOf(job)
  const length = shape[axis] as number
  const way = method === 'accumulate' ? 'scan' : job.tree ? 'tree' : 'left'
  const count = elements.length
  const wanted = results.filter(isDefined)
  /** The operand that a result is: what marks accumulators of a mask is none. */
  const placeOf = (result: Strided | null | undefined) => (result ? count + wanted.indexOf(result) : -1)
  const flat = method === 'accumulate' ? wanted.map((result) => withoutAxis(result, axis)) : wanted
  const plan = makePlan(
    shape.filter((_, k) => k !== axis),
    [...elements.map((one) => withoutAxis(one, axis)), ...flat],
  )
  const steps = elements.map(({ stride }) => stride[axis] as number)
  const { vectorized } = m
  const { slices, slice, range } = cut(
    { way, length, steps, vectorized },
    plan,
    rangesFor(nanoseconds, pool.size),
  )
  const direct = slices === 1 ? placesOf(job, loop) : null
  if (!direct && way === 'scan') {
    report.why ??= 'the results lie where other threads cannot write them'
    return false
  }
  const heap = residentHeap()
  const aligned = (bytes: number) => Math.ceil(bytes / alignment) * alignment
  const roomBytes = aligned(roomFor(m.accumulatorBytes, m.lanes, Math.min(plan.inner, range), slice))
  const rowBytes = aligned(m.rowBytes(1))
  const temporary = direct ? 0 : aligned(m.rowBytes(plan.size * slices))
  const block = heap.reserve(rowBytes + temporary + roomBytes * pool.size)
  if (!block) return false
  try {
    const first = m.rowAt(block.address, 1)
    if (job.initial) m.fill(first, 1, job.initial)
    const partial = m.rowAt(block.address + rowBytes, plan.size * slices)
    const within = job.initial && slices === 1
    const fold: FoldWork = {
      ...{ way, length, slices, slice, steps, vectorized, roomBytes },
      ...{ elements: m.elements, accumulators: m.accumulators, lanes: m.lanes },
      table: -1,
      places: m.accumulators.map((_, k) => (direct ? placeOf(results[k]) : count + k)),
      resultSteps: m.accumulators.map((_, k) => (way === 'scan' ? (results[k]?.stride[axis] ?? 0) : 0)),
      initial: within ? block.address : -1,
      room: block.address + rowBytes + temporary,
      memory: heap.buffer().byteLength,
      repeatable: !elements.some(({ data }) => wanted.some((result) => result.data === data)),
    }
    const work: Work = {
      plan: direct ? plan : sliced(plan, count, slices, partial.length),
      pointers: [...elements.map(({ data }) => addressOf(data)), ...(direct ?? partial)],
      inputs: count,
      byRows: false,
      fold,
    }
    const begun = beginRanges(pool, shared, work, range)
    if (!begun) return false
    const code = end(pool, shared, begun, report)
    if (code !== 0) {
      // This thread computes it again, and meets the error that cpu meets.
      if (fold.repeatable) return false
      throw failure(loop, instance, code)
    }
    if (direct) return true
    m.report = report
    const root = joinRows(m, partial, slices, plan.size)
    if (job.initial && !within) m.join(plan.size, first, m.steps(0), root, m.steps(1), root, m.steps(1))
    deliverAll(m, loop, job, plan, root)
    return true
  } finally {
    heap.release(block)
  }
}

/** One value an output, in the plan's order, to the results. */
function deliverAll(m: Machine, loop: WasmLoop, { elements, results }: FoldJob, plan: Plan, root: Row): void {
  let done = 0
  walk(plan, (offsets, n) => {
    let operand = elements.length
    for (const [k, result] of results.entries()) {
      if (!result) continue
      const code = loop.outputs[k] ?? result.code
      const at = (root[k] as number) + done * dtypes[code].bytes
      deliver(m.view(code), code, at, result, offsets[operand] ?? 0, plan.innerSteps[operand] ?? 0, n)
      operand++
    }
    done += n
  })
}

const chain = 'a fold from the left along one axis is a chain: each step needs the one before it'

/** A reducing loop on the parallel target. */
export function loadFolding(loop: WasmLoop, tables: readonly TypedArray[]): Runner {
  const costs = { reduce: makeCost(), accumulate: makeCost() }
  /** Lives as long as the runner, and with it what is shared. */
  const owner = {}
  let known: Shared | null = null
  const sharedIn = (instance: Instance): Shared | null => {
    if (known?.instance !== instance) known = shareLoop(owner, loop, instance)
    return known
  }
  const isPlain = ({ data }: Strided) => addressOf(data) < 0

  const elsewhere: FoldsElsewhere = {
    fold(method, job, resident, report) {
      const shape = shapeOf(job)
      const total = sizeOf(shape)
      const nanoseconds = costs[method].nanoseconds() * total
      const alone = total === shape[job.axis] && (method === 'accumulate' || !job.tree) ? chain : null
      if (alone !== null && threads.count() > 1 && isWorth(nanoseconds, threads.awake)) report.why ??= alone
      const pool = alone === null ? threads.poolFor(nanoseconds) : null
      if (pool && !job.elements.some(isPlain)) {
        try {
          const loaded = resident()
          const shared = sharedIn(loaded.instance)
          if (shared && shareFold(loop, method, job, pool, nanoseconds, loaded, shared, report)) return true
        } catch (error) {
          if (!(error instanceof MemoryError)) throw error
        }
      }
      report.why ??= threads.whyAlone()
      return false
    },
  }

  const runner = loadWasm(loop, tables, null, null, elsewhere)
  /** The same, and what an element costs is learned from it. */
  const measured =
    (method: Method, f: Runner[Method]) =>
    (job: FoldJob, report: Report): void => {
      const size = sizeOf(shapeOf(job))
      const before = report.threads
      report.threads = 1
      const cost = costs[method]
      const start = cost.measures(size) ? performance.now() : -1
      f?.(job, report)
      if (start >= 0) cost.learn(size, (performance.now() - start) * report.threads)
      report.threads = Math.max(before, report.threads)
    }
  const { reduceBlock } = runner
  return {
    ...runner,
    reduce: measured('reduce', runner.reduce),
    accumulate: measured('accumulate', runner.accumulate),
    ...(reduceBlock && {
      reduceBlock(x, initial, report) {
        report.why ??= threads.whyAlone()
        return reduceBlock(x, initial, report)
      },
    }),
  }
}
