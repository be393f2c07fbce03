/** A range of a fold over elements in memory, wherever it runs: on the thread that was asked, or on a worker that knows numbers only. */
import type { Plan } from '../../broadcast/plan.ts'
import { walkRange } from '../../broadcast/walk.ts'
import type { Code, TypedArray } from '../../dtype.ts'
import { MemoryError } from '../../errors.ts'
import { type Machine, makeMachine, type Row } from './machine.ts'
import { placedSource } from './placed.ts'
import type { Tile } from './tile.ts'
import { accumulateTile, reduceTile } from './way.ts'

/** What a fold has besides a plan over its outputs, whose operands are the elements, then the results that are wanted. */
export interface FoldWork {
  /** `left`: from the left; `scan`: the same, and every step is kept. */
  readonly way: 'tree' | 'left' | 'scan'
  readonly elements: readonly Code[]
  readonly accumulators: readonly Code[]
  /** Elements that the loop takes in one step. */
  readonly lanes: number
  readonly vectorized: boolean
  /** Of the axis, and the elements' steps along it. */
  readonly length: number
  readonly steps: readonly number[]
  /** The axis is cut in so many slices, each with results of its own; they are the plan's first axis, in which elements stand still. */
  readonly slices: number
  /** Elements of a slice, the last of which may be shorter; 0: slices are pairs of i32 (start, length) at `table`. */
  readonly slice: number
  readonly table: number
  /** The operand that holds the results of each accumulator, -1 where they are not wanted; their steps along the axis of a scan. */
  readonly places: readonly number[]
  readonly resultSteps: readonly number[]
  /** Where a value of each accumulator lies that comes first; -1 for none. */
  readonly initial: number
  /** Room to work in: so many bytes for each thread, one behind the other. */
  readonly room: number
  readonly roomBytes: number
  /** The memory has at least so many bytes. */
  readonly memory: number
  /** Results share no memory with elements, so that a range may be computed again. */
  readonly repeatable: boolean
}

/** A loaded loop on a thread. */
export interface FoldThread {
  readonly functions: Readonly<Record<string, unknown>>
  readonly context: number
  readonly thread: number
  /** The memory as elements, once it has so many bytes. */
  readonly view: (code: Code, bytes: number) => TypedArray
}

/** A check failed. */
class Failed extends Error {
  readonly number: number
  constructor(number: number) {
    super()
    this.number = number
  }
}

type Run = (
  plan: Plan,
  pointers: readonly number[],
  fold: FoldWork,
  from: number,
  to: number,
  report: { calls: number },
) => number

export function makeFoldRange({ functions, context, thread, view }: FoldThread): Run {
  let machine: Machine | null = null
  let work: FoldWork | null = null
  let views: Partial<Record<Code, TypedArray>> = {}
  let used = 0
  const viewOf = (code: Code): TypedArray => (views[code] ??= view(code, work?.memory ?? 0))
  const make = ({ elements, accumulators, lanes, vectorized }: FoldWork): Machine =>
    makeMachine({
      ...{ functions, context, elements, accumulators, lanes, vectorized },
      view: viewOf,
      room(_, bytes) {
        const at = used
        used += bytes
        if (work && used > work.room + (thread + 1) * work.roomBytes)
          throw new MemoryError('no room for a range of a reduction', { bytes })
        return at
      },
      failure: (code) => new Failed(code),
    })

  return (plan, pointers, fold, from, to, report) => {
    if (work !== fold) views = {}
    work = fold
    machine ??= make(fold)
    machine.report = report
    try {
      runRange(machine, plan, pointers, fold, from, to, () => {
        used = fold.room + thread * fold.roomBytes
      })
      return 0
    } catch (error) {
      if (error instanceof Failed) return error.number
      throw error
    }
  }
}

function runRange(
  m: Machine,
  plan: Plan,
  pointers: readonly number[],
  fold: FoldWork,
  from: number,
  to: number,
  begin: () => void,
): void {
  const { way, slices, slice, length, steps, places, table } = fold
  const count = steps.length
  const source = placedSource(pointers.slice(0, count), m.elementBytes)
  const outputSteps = plan.innerSteps.slice(0, count)
  const perSlice = plan.size / slices
  const first = fold.initial < 0 ? null : m.rowAt(fold.initial, 1)
  const before = first && way === 'left' ? m.values(first) : null
  const [still, one] = [m.steps(0), m.steps(1)]
  const bounds = table < 0 ? null : m.view('i4')
  /** The steps of each accumulator's results from output to output. */
  const resultSteps = places.map((place) => plan.innerSteps[place] ?? 0)
  let unit = from
  walkRange(plan, from, to, (offsets, outputs) => {
    const number = Math.floor(unit / perSlice)
    unit += outputs
    const start = bounds ? (bounds[table / 4 + 2 * number] as number) : number * slice
    const own = bounds
      ? (bounds[table / 4 + 2 * number + 1] as number)
      : slices === 1
        ? length
        : Math.min(slice, length - start)
    const tile: Tile = {
      offsets: steps.map((step, k) => (offsets[k] as number) + start * step),
      length: own,
      ...{ steps, outputs, outputSteps },
    }
    const resultOffsets = places.map((place) => offsets[place] ?? 0)
    begin()
    if (way === 'scan') {
      const addresses = places.map((place) => pointers[place] ?? 0)
      const sink = { addresses, offsets: resultOffsets, steps: fold.resultSteps, outputSteps: resultSteps }
      accumulateTile(m, source, tile, { ...sink, write: () => {} })
      return
    }
    reduceTile(m, source, tile, way === 'tree', before, (row: Row, output, n) => {
      if (first && way === 'tree') m.join(n, first, still, row, one, row, one)
      for (const [k, place] of places.entries()) {
        if (place < 0) continue
        const bytes = m.accumulatorBytes[k] as number
        const step = resultSteps[k] as number
        const at = (pointers[place] as number) / bytes + (resultOffsets[k] as number) + output * step
        move(m.view(m.accumulators[k] as Code), (row[k] as number) / bytes, at, step, n)
      }
    })
  })
}

/** `n` neighbours to where they are `step` apart, in one memory. */
function move(data: TypedArray, from: number, to: number, step: number, n: number): void {
  if (step === 1) data.copyWithin(to, from, from + n)
  else for (let i = 0; i < n; i++) data[to + i * step] = data[from + i] as number
}
