/** Folds from the left, for kernels that are not associative, and `accumulate`, which keeps every step of such a fold. */
import type { Machine, Row } from './machine.ts'
import { copiedRun, type Source } from './placed.ts'
import type { Tile } from './tile.ts'
import { type Take, tileColumns } from './tree.ts'

type Initial = readonly (number | bigint)[] | null

/** Row by row along the axis, lanes on the outputs. */
export function leftAcross(m: Machine, source: Source, tile: Tile, initial: Initial, take: Take): void {
  const width = Math.min(tile.outputs, tileColumns)
  const acc = m.rowAt(m.room(0, m.rowBytes(width)), width)
  const one = m.steps(1)
  for (let first = 0; first < tile.outputs; first += width) {
    const n = Math.min(width, tile.outputs - first)
    const offsets = tile.offsets.map((offset, k) => offset + first * (tile.outputSteps[k] as number))
    if (initial) m.fill(acc, n, initial)
    for (let i = 0; i < tile.length; i++) {
      source.place(offsets, tile.outputSteps, n)
      if (i === 0 && !initial) m.start(n, source.at, source.steps, acc, one)
      else m.step(n, acc, one, source.at, source.steps, acc, one)
      for (let k = 0; k < offsets.length; k++) offsets[k] = (offsets[k] as number) + (tile.steps[k] as number)
    }
    take(acc, first, n)
  }
}

/** Output by output; nothing is on lanes. */
export function leftAlong(m: Machine, source: Source, tile: Tile, initial: Initial, take: Take): void {
  const acc = m.rowAt(m.room(0, m.rowBytes(1)), 1)
  const still = m.steps(0)
  const run = source.direct ? tile.length : copiedRun
  for (let output = 0; output < tile.outputs; output++) {
    if (initial) m.fill(acc, 1, initial)
    for (let from = 0; from < tile.length; from += run) {
      const n = Math.min(run, tile.length - from)
      source.place(placesOf(tile, output, from), tile.steps, n)
      const skip = from === 0 && !initial ? 1 : 0
      if (skip === 1) m.start(1, source.at, source.steps, acc, still)
      const at = source.at.map((address, k) => address + skip * (source.steps[k] as number))
      m.scan(n - skip, acc, at, source.steps, acc, still)
    }
    take(acc, output, 1)
  }
}

const placesOf = (tile: Tile, output: number, element: number): number[] =>
  tile.offsets.map(
    (offset, k) => offset + output * (tile.outputSteps[k] as number) + element * (tile.steps[k] as number),
  )

/** Where a row of results goes: `offsets` and steps belong to the results of the tile. */
export interface Sink {
  /** Where element 0 of each result lies if wasm may write there; null when they are copied. */
  readonly addresses: readonly number[] | null
  readonly offsets: readonly number[]
  readonly steps: readonly number[]
  readonly outputSteps: readonly number[]
  /** Copies `n` values of each accumulator to the results, from these offsets at these steps. */
  write(row: Row, offsets: readonly number[], steps: readonly number[], n: number): void
}

/** The place of this output and element in each result. */
const offsetsOf = (sink: Sink, output: number, element: number): number[] =>
  sink.offsets.map(
    (offset, k) => offset + output * (sink.outputSteps[k] as number) + element * (sink.steps[k] as number),
  )

const inBytes = (m: Machine, steps: readonly number[]): Row =>
  steps.map((step, k) => step * (m.accumulatorBytes[k] as number))

/** The row of results that begins with this output and element. */
const rowIn = (m: Machine, sink: Sink, addresses: readonly number[], output: number, element: number): Row =>
  offsetsOf(sink, output, element).map(
    (offset, k) => (addresses[k] as number) + offset * (m.accumulatorBytes[k] as number),
  )

/** Accumulates row by row, lanes on the outputs. */
export function accumulateAcross(m: Machine, source: Source, tile: Tile, sink: Sink): void {
  if (sink.addresses) accumulateThere(m, source, tile, sink, sink.addresses)
  else accumulateCopied(m, source, tile, sink)
}

function accumulateThere(
  m: Machine,
  source: Source,
  tile: Tile,
  sink: Sink,
  addresses: readonly number[],
): void {
  const width = Math.min(tile.outputs, tileColumns)
  const steps = inBytes(m, sink.outputSteps)
  for (let first = 0; first < tile.outputs; first += width) {
    const n = Math.min(width, tile.outputs - first)
    let before: Row = []
    for (let i = 0; i < tile.length; i++) {
      const row = rowIn(m, sink, addresses, first, i)
      source.place(placesOf(tile, first, i), tile.outputSteps, n)
      if (i === 0) m.start(n, source.at, source.steps, row, steps)
      else m.step(n, before, steps, source.at, source.steps, row, steps)
      before = row
    }
  }
}

function accumulateCopied(m: Machine, source: Source, tile: Tile, sink: Sink): void {
  const width = Math.min(tile.outputs, tileColumns)
  const acc = m.rowAt(m.room(0, m.rowBytes(width)), width)
  const one = m.steps(1)
  for (let first = 0; first < tile.outputs; first += width) {
    const n = Math.min(width, tile.outputs - first)
    for (let i = 0; i < tile.length; i++) {
      source.place(placesOf(tile, first, i), tile.outputSteps, n)
      if (i === 0) m.start(n, source.at, source.steps, acc, one)
      else m.step(n, acc, one, source.at, source.steps, acc, one)
      sink.write(acc, offsetsOf(sink, first, i), sink.outputSteps, n)
    }
  }
}

/** Accumulates output by output. */
export function accumulateAlong(m: Machine, source: Source, tile: Tile, sink: Sink): void {
  const run = Math.min(tile.length, copiedRun)
  const acc = m.rowAt(m.room(0, m.rowBytes(1)), 1)
  const buffer = sink.addresses ? acc : m.rowAt(m.room(-6, m.rowBytes(run)), run)
  const one = m.steps(1)
  for (let output = 0; output < tile.outputs; output++) {
    for (let from = 0; from < tile.length; from += run) {
      const n = Math.min(run, tile.length - from)
      source.place(placesOf(tile, output, from), tile.steps, n)
      const skip = from === 0 ? 1 : 0
      const [to, steps] = sink.addresses
        ? [rowIn(m, sink, sink.addresses, output, from), inBytes(m, sink.steps)]
        : [buffer, one]
      const ahead = (count: number): Row => to.map((address, k) => address + count * (steps[k] as number))
      if (skip === 1) {
        m.start(1, source.at, source.steps, to, steps)
        m.gather(1, to, steps, acc)
      }
      const at = source.at.map((address, k) => address + skip * (source.steps[k] as number))
      m.scan(n - skip, acc, at, source.steps, ahead(skip), steps)
      m.gather(1, ahead(n - 1), steps, acc)
      if (!sink.addresses) sink.write(buffer, offsetsOf(sink, output, from), sink.steps, n)
    }
  }
}
