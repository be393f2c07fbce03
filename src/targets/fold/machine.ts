/**
 * The functions of a reducing wasm loop, on addresses. A row is where a value's accumulators lie: one address an accumulator,
 * its elements as neighbours unless steps (in bytes) say otherwise.
 */
import { type Code, dtypes, type TypedArray } from '../../dtype.ts'
import { type InnerLoop, invoke } from '../instance.ts'

export type Row = readonly number[]

/** Rows 64-byte aligned, as vectors like them. */
const alignment = 64

/** A loaded reducing loop, on whichever thread. */
export interface Parts {
  /** All functions of the module by name. */
  readonly functions: Readonly<Record<string, unknown>>
  readonly context: number
  readonly elements: readonly Code[]
  readonly accumulators: readonly Code[]
  /** Elements that the loop takes in one step. */
  readonly lanes: number
  readonly vectorized: boolean
  /** The whole memory as elements of a dtype, as it is now. */
  view(code: Code): TypedArray
  /** Where so many bytes may be worked in; rooms of different purposes do not overlap. */
  room(purpose: number, bytes: number): number
  /** The error that the code of a failed check stands for. */
  failure(code: number): Error
}

export interface Machine extends Parts {
  /** Of the reduction that runs: its calls are counted. */
  report: { calls: number }
  /** Bytes of each element, and of each accumulator. */
  readonly elementBytes: readonly number[]
  readonly accumulatorBytes: readonly number[]
  /** Bytes that a row of n takes. */
  rowBytes(n: number): number
  /** The row that begins here. */
  rowAt(address: number, n: number): Row
  /** `count` rows of n, one behind the other, in the room of this purpose. */
  rows(purpose: number, count: number, n: number): readonly Row[]
  /** The same row from its element i on. */
  from(row: Row, i: number): Row
  /** Steps of every accumulator: so many elements. */
  steps(elements: number): Row
  /** to = elements, converted. */
  start(n: number, at: Row, steps: Row, to: Row, toSteps: Row): void
  /** to = kernel(acc, elements) */
  step(n: number, acc: Row, accSteps: Row, at: Row, steps: Row, to: Row, toSteps: Row): void
  /** to = kernel(a, b) */
  join(n: number, a: Row, aSteps: Row, b: Row, bSteps: Row, to: Row, toSteps: Row): void
  /**
   * The 8 partial results of the blocks of `outputs` outputs: whole ones as columns of rows from `blocks` on, output behind output;
   * the rest of each, if there is one, as a column of rows from `rest` on.
   */
  runs(
    outputs: number,
    length: number,
    at: Row,
    steps: Row,
    outputSteps: Row,
    blocks: Row,
    partialSteps: Row,
    rest: Row,
    restSteps: Row,
  ): void
  /** The 8 partial results of n neighbouring outputs, for so many rows of the axis; n is at least `lanes`. */
  columns(n: number, rows: number, at: Row, rowSteps: Row, to: Row, partialSteps: Row): void
  /** From the left: each result is the next accumulator. */
  scan(n: number, acc: Row, at: Row, steps: Row, to: Row, toSteps: Row): void
  /** Writes one value of every accumulator, `n` times. */
  fill(row: Row, n: number, values: readonly (number | bigint)[]): void
  /** The first value of each accumulator. */
  values(row: Row): (number | bigint)[]
  /** Moves n values of each row, from element `from` to element `to`. */
  shift(row: Row, from: number, to: number, n: number): void
  /** Copies n values that lie `steps` apart to neighbours. */
  gather(n: number, from: Row, steps: Row, to: Row): void
}

export function makeMachine(parts: Parts): Machine {
  const { functions, context, elements, accumulators, room, failure } = parts
  const elementBytes = elements.map((code) => dtypes[code].bytes)
  const accumulatorBytes = accumulators.map((code) => dtypes[code].bytes)
  const args: number[] = []
  /** Arguments by their count: to cut an array costs more than to keep several. */
  const lists: number[][] = []
  const find = (name: string) => functions[name] as InnerLoop
  const [vector, strided] = [find('vector'), find('strided')]
  const [joinVector, joinStrided] = [find('joinVector'), find('joinStrided')]
  const [start, scan] = [find('start'), find('scan')]
  const [runs, columns] = [find('runs'), find('columns')]

  const begin = (n: number): number => {
    args[0] = context
    args[1] = n
    return 2
  }
  const put = (at: number, row: Row, steps: Row): number => {
    for (let k = 0; k < row.length; k++) {
      args[at++] = row[k] as number
      args[at++] = steps[k] as number
    }
    return at
  }
  const listOf = (count: number): number[] => {
    const list = lists[count] ?? new Array<number>(count).fill(0)
    lists[count] = list
    return list
  }
  const run = (f: InnerLoop, count: number): void => {
    const list = listOf(count)
    for (let i = 0; i < count; i++) list[i] = args[i] as number
    machine.report.calls++
    const code = invoke(f, list)
    if (code !== 0) throw failure(code)
  }
  const view = (k: number): TypedArray => parts.view(accumulators[k] ?? 'f8')
  const byCount: Row[] = []
  const lastRows: Partial<Record<number, Rows>> = {}

  const machine: Machine = {
    ...parts,
    report: { calls: 0 },
    elementBytes,
    accumulatorBytes,
    rowBytes: (n) => bytesOfRow(accumulatorBytes, n),
    rowAt(address, n) {
      let at = address
      return accumulatorBytes.map((bytes) => {
        const own = at
        at += aligned(n * bytes)
        return own
      })
    },
    rows(purpose, count, n) {
      const bytes = machine.rowBytes(n)
      const start = room(purpose, count * bytes)
      const last = lastRows[purpose]
      if (last?.start === start && last.rows.length === count && last.n === n) return last.rows
      const rows = Array.from({ length: count }, (_, i) => machine.rowAt(start + i * bytes, n))
      lastRows[purpose] = { start, n, rows }
      return rows
    },
    from: (row, i) =>
      i === 0 ? row : row.map((address, k) => address + i * (accumulatorBytes[k] as number)),
    steps: (count) => (byCount[count] ??= accumulatorBytes.map((bytes) => count * bytes)),
    start(n, at, steps, to, toSteps) {
      run(start, put(put(begin(n), at, steps), to, toSteps))
    },
    step(n, acc, accSteps, at, steps, to, toSteps) {
      const end = put(put(put(begin(n), acc, accSteps), at, steps), to, toSteps)
      const near =
        fits(accSteps, accumulatorBytes) && fits(steps, elementBytes, true) && fits(toSteps, accumulatorBytes)
      run(near ? vector : strided, end)
    },
    join(n, a, aSteps, b, bSteps, to, toSteps) {
      const end = put(put(put(begin(n), a, aSteps), b, bSteps), to, toSteps)
      const near =
        fits(aSteps, accumulatorBytes, true) &&
        fits(bSteps, accumulatorBytes) &&
        fits(toSteps, accumulatorBytes)
      run(near ? joinVector : joinStrided, end)
    },
    runs(outputs, length, at, steps, outputSteps, blocks, partialSteps, rest, restSteps) {
      args[0] = context
      args[1] = outputs
      args[2] = length
      let end = 3
      for (let k = 0; k < at.length; k++) {
        args[end++] = at[k] as number
        args[end++] = steps[k] as number
        args[end++] = outputSteps[k] as number
      }
      for (let k = 0; k < blocks.length; k++) {
        args[end++] = blocks[k] as number
        args[end++] = partialSteps[k] as number
        args[end++] = rest[k] as number
        args[end++] = restSteps[k] as number
      }
      run(runs, end)
    },
    columns(n, rows, at, rowSteps, to, partialSteps) {
      args[0] = context
      args[1] = n
      args[2] = rows
      run(columns, put(put(3, at, rowSteps), to, partialSteps))
    },
    scan(n, acc, at, steps, to, toSteps) {
      run(scan, put(put(put(begin(n), acc, toSteps), at, steps), to, toSteps))
    },
    fill(row, n, values) {
      row.forEach((address, k) => {
        const first = address / (accumulatorBytes[k] as number)
        const data = view(k)
        for (let i = 0; i < n; i++) data[first + i] = values[k] as number
      })
    },
    values: (row) => row.map((address, k) => view(k)[address / (accumulatorBytes[k] as number)] as number),
    shift(row, from, to, n) {
      row.forEach((address, k) => {
        const first = address / (accumulatorBytes[k] as number)
        view(k).copyWithin(first + to, first + from, first + from + n)
      })
    },
    gather(n, from, steps, to) {
      from.forEach((address, k) => {
        const bytes = accumulatorBytes[k] as number
        const data = view(k)
        const [source, step, target] = [
          address / bytes,
          (steps[k] as number) / bytes,
          (to[k] as number) / bytes,
        ]
        for (let i = 0; i < n; i++) data[target + i] = data[source + i * step] as number
      })
    },
  }
  return machine
}

/** The rows that were asked for last: reductions of one size follow each other. */
interface Rows {
  readonly start: number
  readonly n: number
  readonly rows: readonly Row[]
}

export const bytesOfRow = (accumulatorBytes: readonly number[], n: number): number =>
  accumulatorBytes.reduce((sum, bytes) => sum + aligned(n * bytes), 0)

const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment

/** Are these neighbours, so that the vector class may be used? An input may also stand still. */
export function fits(steps: Row, bytes: readonly number[], still = false): boolean {
  for (let k = 0; k < steps.length; k++) if (steps[k] !== bytes[k] && !(still && steps[k] === 0)) return false
  return true
}
