/**
 * Reductions made of element-wise runs alone, for targets that have nothing else: the tree of tree.ts, a level a run, for all
 * outputs and blocks at once. Where the kernel has no identity, and for `accumulate`, it is a run for each element of the axis.
 */
import { makePlan } from '../../broadcast/plan.ts'
import { contiguousStrides, sizeOf } from '../../broadcast/shape.ts'
import type { Strided } from '../../broadcast/view.ts'
import { type Code, dtypes, type TypedArray } from '../../dtype.ts'
import type { FoldJob, Memory, Report, Run, Runner } from '../target.ts'
import { blockSize, partialCount, withoutAxis } from './tile.ts'

/** The parts of a reducing loop, as element-wise ones. */
export interface FoldRuns {
  /** Accumulators and elements to accumulators. */
  step(): Run
  /** Two accumulators to one. */
  join(): Run
  /** Elements to accumulators. */
  start(): Run
  move(): Run
}

/** One an accumulator, or an element. */
type Row = readonly Strided[]
type Work = () => void | Promise<void>

/** One thing after another; whoever has to be waited for is. */
function drive(works: Iterator<Work>): void | Promise<void> {
  for (;;) {
    const { value, done } = works.next()
    if (done) return undefined
    const waited = value()
    if (waited instanceof Promise) return waited.then(() => drive(works))
  }
}

/** `count` elements along an axis, `step` apart. */
const along = (row: Row, axis: number, from: number, step: number, count: number): Row =>
  row.map((one) => ({
    ...one,
    shape: one.shape.with(axis, count),
    stride: one.stride.with(axis, (one.stride[axis] ?? 0) * step),
    offset: one.offset + from * (one.stride[axis] ?? 0),
  }))

/** Element i of the axis, which is gone. */
const at = (row: Row, axis: number, i: number): Row =>
  row.map((one) => withoutAxis({ ...one, offset: one.offset + i * (one.stride[axis] ?? 0) }, axis))

/** The axis moved to the front, and there cut into `rows` times `size` from element `from` on. */
const blocksOf = (row: Row, axis: number, from: number, rows: number, size: number, step: number): Row =>
  row.map((one) => {
    const own = one.stride[axis] ?? 0
    const rest = withoutAxis(one, axis)
    return {
      ...rest,
      shape: [rows, size, ...rest.shape],
      stride: [step * own, own, ...rest.stride],
      offset: one.offset + from * own,
    }
  })

export function foldByRuns(
  runs: FoldRuns,
  codes: readonly Code[],
  memory: Memory,
): Required<Pick<Runner, 'reduce' | 'accumulate'>> {
  const run =
    (which: Run, reads: readonly Row[], to: Row, report: Report): Work =>
    () => {
      const operands = [...reads.flat(), ...to]
      const shape = to[0]?.shape ?? []
      return sizeOf(shape) > 0 ? which(operands, makePlan(shape, operands), report) : undefined
    }
  const scratch = (job: FoldJob, shape: readonly number[], made: TypedArray[]): Row =>
    codes.map((code) => {
      const beside = job.elements.map(({ data }) => data)
      const data = memory.allocate(code, sizeOf(shape), beside)
      made.push(data)
      return { data, code, shape: [...shape], stride: contiguousStrides(shape), offset: 0 }
    })
  /** What comes before the first element, the same for all outputs. */
  const initialRow = ({ initial }: FoldJob): Row | null =>
    initial &&
    codes.map((code, k) => {
      const data = new dtypes[code].array(1)
      data[0] = (initial[k] ?? 0) as number
      return { data, code, shape: [], stride: [], offset: 0 }
    })
  /** Where results go; those nobody wants into memory of their own. */
  const resultsOf = (job: FoldJob, shape: readonly number[], made: TypedArray[]): Row => {
    const spare = job.results.includes(null) ? scratch(job, shape, made) : []
    return codes.map((_, k) => (job.results[k] ?? spare[k]) as Strided)
  }

  function* tree(job: FoldJob, report: Report, made: TypedArray[]): Generator<Work> {
    const { elements, axis } = job
    const length = elements[0]?.shape[axis] ?? 0
    const rest = withoutAxis(elements[0] as Strided, axis).shape
    const blocks = Math.ceil(length / blockSize)
    const partials = scratch(job, [blocks, partialCount, ...rest], made)
    /** Partial results of `count` blocks from block `first` on, which have `size` elements each. */
    function* fill(first: number, count: number, size: number): Generator<Work> {
      const block = along(partials, 0, first, 1, count)
      for (let i = 0; i < size && count > 0; i += partialCount) {
        const present = Math.min(partialCount, size - i)
        const own = along(block, 1, 0, 1, present)
        const from = blocksOf(elements, axis, first * blockSize + i, count, present, blockSize)
        yield i === 0 ? run(runs.start(), [from], own, report) : run(runs.step(), [own, from], own, report)
      }
      yield* joined(block, 1, Math.min(partialCount, size), report)
    }
    const full = Math.floor(length / blockSize)
    yield* fill(0, full, blockSize)
    yield* fill(full, blocks - full, length - full * blockSize)
    const roots = at(partials, 1, 0)
    yield* joined(roots, 0, blocks, report)
    const first = initialRow(job)
    const root = at(roots, 0, 0)
    const results = resultsOf(job, rest, made)
    yield first ? run(runs.join(), [first, root], results, report) : run(runs.move(), [root], results, report)
  }

  /** Neighbours along an axis, then neighbours among what comes of them; the first is the root. */
  function* joined(row: Row, axis: number, count: number, report: Report): Generator<Work> {
    for (let distance = 1; distance < count; distance *= 2) {
      const pairs = Math.ceil((count - distance) / (2 * distance))
      const left = along(row, axis, 0, 2 * distance, pairs)
      yield run(runs.join(), [left, along(row, axis, distance, 2 * distance, pairs)], left, report)
    }
  }

  function* fromLeft(job: FoldJob, report: Report, made: TypedArray[]): Generator<Work> {
    const { elements, axis } = job
    const length = elements[0]?.shape[axis] ?? 0
    const results = resultsOf(job, withoutAxis(elements[0] as Strided, axis).shape, made)
    const first = initialRow(job)
    if (first) yield run(runs.move(), [first], results, report)
    for (let i = 0; i < length; i++) {
      const own = at(elements, axis, i)
      yield i === 0 && !first
        ? run(runs.start(), [own], results, report)
        : run(runs.step(), [results, own], results, report)
    }
  }

  function* everyStep(job: FoldJob, report: Report, made: TypedArray[]): Generator<Work> {
    const { elements, axis } = job
    const shape = elements[0]?.shape ?? []
    const results = resultsOf(job, shape, made)
    for (let i = 0; i < (shape[axis] ?? 0); i++) {
      const [own, to] = [at(elements, axis, i), at(results, axis, i)]
      yield i === 0
        ? run(runs.start(), [own], to, report)
        : run(runs.step(), [at(results, axis, i - 1), own], to, report)
    }
  }

  const through =
    (works: (job: FoldJob, report: Report, made: TypedArray[]) => Generator<Work>) =>
    (job: FoldJob, report: Report): void | Promise<void> => {
      const made: TypedArray[] = []
      const giveBack = (): void => made.forEach((data) => memory.free(data))
      let done: void | Promise<void>
      try {
        done = drive(works(job, report, made))
      } catch (error) {
        giveBack()
        throw error
      }
      return done instanceof Promise ? done.finally(giveBack) : giveBack()
    }
  return {
    reduce: (job, report) => (job.tree ? through(tree) : through(fromLeft))(job, report),
    accumulate: through(everyStep),
  }
}
