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
import type { FoldJob, Report, Runner, Slice } from '../target.ts'
import { loadWasm } from '../wasm.ts'
import { isPlain, type StagedFold, stageFold } from './fold-staged.ts'
import type { Pool } from './pool.ts'
import { limits, makeCost, rangesFor } from './share.ts'
import { beginRanges, end, type Shared, shareLoop } from './shared-loop.ts'
import { threads } from './threads.ts'

type Method = 'reduce' | 'accumulate'

/** Neighbouring outputs of a range, at least, where memory is read across them: as many as caches fetch in a row. */
const leastAcross = 512
/** A range begins and ends with a score of calls: it has to take so many times what those of other loops do, if it can. */
const shortRange = 6
/** And a row of them takes so long at least, where each is a call: a fold from the left. */
const rowNanoseconds = 500
const alignment = 64
/** Folds of so many elements are all timed: they take longer than the clock. */
const measuredFrom = 2048

const isDefined = <T>(value: T | null): value is T => value !== null

const shapeOf = ({ elements }: FoldJob): readonly number[] => elements[0]?.shape ?? []

/** How a fold is cut: slices of the axis, and ranges of so many (slice, output) pairs, slice by slice. */
interface Cut {
  readonly slices: number
  readonly slice: number
  readonly range: number
}

/** @param each nanoseconds an element */
function cut(
  { way, length, steps, vectorized }: Pick<FoldWork, 'way' | 'length' | 'steps' | 'vectorized'>,
  plan: Plan,
  each: number,
  count: number,
): Cut {
  const outputs = plan.size
  const nanoseconds = each * outputs * length
  const wanted = Math.max(
    rangesFor(nanoseconds / shortRange, count),
    Math.min(count, rangesFor(nanoseconds, count)),
  )
  const outputSteps = plan.innerSteps.slice(0, steps.length)
  const tree = way === 'tree'
  const across = isAcross({ length, steps, outputs: plan.inner, outputSteps }, tree && vectorized)
  const least = across ? Math.min(outputs, Math.max(leastAcross, tree ? 0 : rowNanoseconds / each)) : 1
  const blocks = Math.ceil(length / blockSize)
  const parts = Math.floor(outputs / least)
  if (!tree || parts >= wanted || blocks === 1) {
    // Few ranges come out even when each thread has as many.
    const even = parts < wanted ? Math.max(1, Math.floor(parts / count)) * count : wanted
    return { slices: 1, slice: length, range: Math.ceil(outputs / Math.min(outputs, even)) }
  }
  const slice = blockSize * 2 ** Math.floor(Math.log2(Math.max(1, (blocks * parts) / wanted)))
  const slices = Math.ceil(length / slice)
  const whole = Math.max(1, Math.round(slices / wanted))
  if (slices >= 4 * count) return { slices, slice, range: whole * outputs }
  // No range reaches from one slice into the next: that would be a narrow piece of it.
  let pieces = Math.min(parts, Math.ceil(wanted / slices))
  while (outputs % pieces !== 0) pieces--
  return { slices, slice, range: outputs / pieces }
}

/** The same for slices that are given: null where they are so few that each had better be shared alone. */
function cutList(list: readonly Slice[], outputs: number, each: number, count: number): Cut | null {
  if (list.length < 4 * count) return null
  const total = list.reduce((sum, { length }) => sum + length, 0)
  const wanted = Math.max(count, rangesFor((each * outputs * total) / shortRange, count))
  return {
    slices: list.length,
    slice: list.reduce((most, { length }) => Math.max(most, length), 0),
    range: Math.ceil((list.length * outputs) / wanted),
  }
}

/** The plan for every slice anew: elements stand still, and these are the steps of results from slice to slice. */
function perSlice(plan: Plan, count: number, slices: number, steps: readonly number[]): Plan {
  return {
    ...plan,
    size: plan.size * slices,
    outer: [slices, ...plan.outer],
    outerSteps: plan.outerSteps.map((own, k) => [k < count ? 0 : (steps[k - count] ?? 0), ...own]),
  }
}

/** The plan of the `count` elements, with so many results, each one behind the other in its own order. */
function withRows(plan: Plan, count: number, results: number): Plan {
  const own = contiguousStrides([...plan.outer, plan.inner]).slice(0, -1)
  const every = <T>(value: T): T[] => new Array<T>(results).fill(value)
  return {
    ...plan,
    innerSteps: [...plan.innerSteps.slice(0, count), ...every(1)],
    outerSteps: [...plan.outerSteps.slice(0, count), ...every(own)],
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
  each: number,
  { machine: m, instance }: Loaded,
  shared: Shared,
  report: Report,
  list: readonly Slice[] | null,
): boolean {
  const { elements, axis, results } = job
  const shape = shapeOf(job)
  const length = shape[axis] as number
  const way = method === 'accumulate' ? 'scan' : job.tree ? 'tree' : 'left'
  const count = elements.length
  const wanted = results.filter(isDefined)
  /** The operand that a result is: what marks accumulators of a mask is none. */
  const placeOf = (result: Strided | null | undefined) => (result ? count + wanted.indexOf(result) : -1)
  const flat = method === 'accumulate' || list ? wanted.map((result) => withoutAxis(result, axis)) : wanted
  const plan = makePlan(
    shape.filter((_, k) => k !== axis),
    [...elements.map((one) => withoutAxis(one, axis)), ...flat],
  )
  const steps = elements.map(({ stride }) => stride[axis] as number)
  const { vectorized } = m
  const pieces = list
    ? cutList(list, plan.size, each, pool.size)
    : cut({ way, length, steps, vectorized }, plan, each, pool.size)
  if (!pieces) return false
  const { slices, slice, range } = pieces
  const direct = list || slices === 1 ? placesOf(job, loop) : null
  if (!direct && list) return false
  if (!direct && way === 'scan') {
    report.why ??= 'the results lie where other threads cannot write them'
    return false
  }
  const heap = residentHeap()
  const aligned = (bytes: number) => Math.ceil(bytes / alignment) * alignment
  const roomBytes = aligned(roomFor(m.accumulatorBytes, m.lanes, Math.min(plan.inner, range), slice))
  const rowBytes = aligned(m.rowBytes(1))
  const temporary = direct ? 0 : aligned(m.rowBytes(plan.size * slices))
  const tableBytes = list ? aligned(8 * slices) : 0
  const block = heap.reserve(rowBytes + temporary + tableBytes + roomBytes * pool.size)
  if (!block) return false
  try {
    const first = m.rowAt(block.address, 1)
    if (job.initial) m.fill(first, 1, job.initial)
    const partial = m.rowAt(block.address + rowBytes, plan.size * slices)
    const table = block.address + rowBytes + temporary
    list?.forEach(({ start, length }, i) => {
      heap.view('i4').set([start, length], table / 4 + 2 * i)
    })
    const within = job.initial && slices === 1
    const fold: FoldWork = {
      ...{ way, length, slices, slice, steps, vectorized, roomBytes },
      ...{ elements: m.elements, accumulators: m.accumulators, lanes: m.lanes },
      table: list ? table : -1,
      places: m.accumulators.map((_, k) => (direct ? placeOf(results[k]) : count + k)),
      resultSteps: m.accumulators.map((_, k) => (way === 'scan' ? (results[k]?.stride[axis] ?? 0) : 0)),
      initial: within ? block.address : -1,
      room: table + tableBytes,
      memory: heap.buffer().byteLength,
      repeatable: !elements.some(({ data }) => wanted.some((result) => result.data === data)),
    }
    const own = direct ? plan : withRows(plan, count, partial.length)
    const along = list ? wanted.map(({ stride }) => stride[axis] as number) : partial.map(() => plan.size)
    const work: Work = {
      plan: slices > 1 ? perSlice(own, count, slices, along) : own,
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

const tooCheap = 'plain elements that cost so little are folded by one thread: copying them would take longer'
const noRoom = 'shared memory has no room for a copy of the plain elements'

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

  /** False: it was not shared, and nothing was done. */
  const isWorthFolding = (nanoseconds: number) => nanoseconds >= limits.fold
  const share = (
    method: Method,
    job: FoldJob,
    total: number,
    report: Report,
    list: readonly Slice[] | null = null,
  ): boolean => {
    const each = costs[method].nanoseconds()
    if (threads.count() === 1 || !isWorthFolding(each * total)) return false
    if (each < limits.copied && job.elements.some(isPlain)) {
      report.why ??= tooCheap
      return false
    }
    const pool = threads.poolFor(each * total)
    if (!pool) return false
    let staged: StagedFold | null = null
    try {
      const loaded = resident()
      const shared = sharedIn(loaded.instance)
      if (!shared) return false
      staged = stageFold(job, loop, method === 'accumulate' || list !== null, report)
      if (!staged) {
        report.why ??= noRoom
        return false
      }
      const done = shareFold(loop, method, staged.job, pool, each, loaded, shared, report, list)
      if (done) staged.copyOut()
      return done
    } catch (error) {
      if (error instanceof MemoryError) return false
      throw error
    } finally {
      staged?.release()
    }
  }

  let resident: () => Loaded = () => {
    throw new TypeError('the loop is not loaded yet')
  }
  const elsewhere: FoldsElsewhere = (loaded) => {
    resident = loaded
    return (method, job, report) => {
      const shape = shapeOf(job)
      const total = sizeOf(shape)
      const isChain = total === shape[job.axis] && (method === 'accumulate' || !job.tree)
      const nanoseconds = costs[method].nanoseconds() * total
      if (isChain && threads.count() > 1 && nanoseconds >= limits.asleep) report.why ??= chain
      if (!isChain && share(method, job, total, report)) return true
      report.why ??= threads.whyAlone()
      return false
    }
  }

  const runner = loadWasm(loop, tables, null, null, elsewhere)
  /** The same, and what an element costs is learned from it. */
  const measured =
    (method: Method, f: Runner[Method]) =>
    (job: FoldJob, report: Report): void => {
      const size = sizeOf(shapeOf(job))
      const { threads: before, why } = report
      report.threads = 1
      const cost = costs[method]
      const start = size >= measuredFrom || cost.measures() ? performance.now() : -1
      f?.(job, report)
      if (start >= 0) cost.learn(size, (performance.now() - start) * report.threads)
      report.threads = Math.max(before, report.threads)
      // What is left after the first of several axes is little.
      if (before > 1 && why === undefined) delete report.why
    }
  const { reduceBlock } = runner
  return {
    ...runner,
    reduce: measured('reduce', runner.reduce),
    accumulate: measured('accumulate', runner.accumulate),
    reduceSlices(job, slices, report) {
      const outputs = sizeOf(shapeOf(job)) / (shapeOf(job)[job.axis] as number)
      const total = outputs * slices.reduce((sum, { length }) => sum + length, 0)
      const start = performance.now()
      const done = share('reduce', job, total, report, slices)
      if (done) costs.reduce.learn(total, (performance.now() - start) * report.threads)
      return done
    },
    ...(reduceBlock && {
      reduceBlock(x, initial, report) {
        report.why ??= threads.whyAlone()
        return reduceBlock(x, initial, report)
      },
    }),
  }
}
