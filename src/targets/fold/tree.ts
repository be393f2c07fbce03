/**
 * The tree in which associative kernels reduce one axis. It hangs on logical indices alone:
 *
 *   block   256 elements, from a multiple of 256 on. Element i joins partial result i mod 8, in order; the first of a partial is
 *           its start. Then ((0+1)+(2+3))+((4+5)+(6+7)), where partials of a short last block that got no element are left out
 *   axis    neighbouring blocks 2k and 2k+1 are joined, then neighbours among the results, and so on; a last one without
 *           a neighbour goes up a level as it is
 *
 * Two ways through memory give that same tree. `across` has the lanes on neighbouring outputs and goes along the axis row by row;
 * `along` has them on the partial results of one output. Several outputs, or many blocks, are columns of one row of accumulators,
 * so that a call joins many.
 */
import { bytesOfRow, fits, type Machine, type Row } from './machine.ts'
import { copiedRun, type Source } from './placed.ts'
import { blockSize, partialCount, type Tile } from './tile.ts'

/** Columns of a tile: the partial results of so many fit the second cache; the fewer tiles, the longer memory is read in a row. */
export const tileColumns = 4096
/** Blocks that are joined level by level; more go on a stack of such chunks. */
const directChunk = 1024
const copiedChunk = copiedRun / blockSize
/** Columns that `along` collects from several short outputs. */
const collected = 512

/** Takes the results of `n` neighbouring outputs, from output `first` of the tile on. */
export type Take = (row: Row, first: number, n: number) => void

/** Rows of one length, taken and given back. */
interface Pool {
  take(): Row
  give(row: Row): void
}

function makePool(m: Machine, purpose: number, count: number, n: number): Pool {
  const free = m.rows(purpose, count, n).slice()
  return {
    take: () => free.pop() as Row,
    give: (row) => {
      free.push(row)
    },
  }
}

const levels = (count: number): number => Math.ceil(Math.log2(Math.max(1, count))) + 1

/** The binary tree over blocks, or chunks of them, as they come: complete subtrees wait on a stack for their neighbour. */
function makeJoiner(m: Machine, pool: Pool, n: () => number) {
  const stack: Row[] = []
  let count = 0
  const joined = (right: Row): Row => {
    const left = stack.pop() as Row
    const one = m.steps(1)
    m.join(n(), left, one, right, one, left, one)
    pool.give(right)
    return left
  }
  return {
    push(node: Row): void {
      let top = node
      for (let k = count++; k & 1; k >>= 1) top = joined(top)
      stack.push(top)
    },
    /** The root; ready for another tree. */
    finish(): Row {
      let top = stack.pop() as Row
      while (stack.length > 0) top = joined(top)
      count = 0
      return top
    },
  }
}

/** ((0+1)+(2+3))+((4+5)+(6+7)) of the first `present` rows. The rows are used up. */
function joinPartials(m: Machine, rows: readonly Row[], present: number, n: number, to: Row): void {
  const one = m.steps(1)
  const first = rows[0] as Row
  if (present === 1) m.gather(n, first, one, to)
  for (let distance = 1; distance < present; distance *= 2)
    for (let p = 0; p + distance < present; p += 2 * distance) {
      const left = rows[p] as Row
      const last = 2 * distance >= present
      m.join(n, left, one, rows[p + distance] as Row, one, last ? to : left, one)
    }
}

/** The binary tree over `count` rows of n, one behind the other from `first` on; they are used up, and the root lies in the first. */
export function joinRows(m: Machine, first: Row, count: number, n: number): Row {
  const rows = Array.from({ length: count }, (_, i) => m.from(first, i * n))
  if (count > 1) {
    if (n === 1) joinColumn(m, rows, m.steps(1), count)
    else joinPartials(m, rows, count, n, first)
  }
  return first
}

/** From one row to the next, of rows that were made together. */
const stepsBetween = (m: Machine, rows: readonly Row[]): Row =>
  m.accumulatorBytes.map((_, k) => (rows[1]?.[k] as number) - (rows[0]?.[k] as number))

/** The same for one column of rows that lie `step` behind each other: a call joins all pairs of a level. */
function joinColumn(m: Machine, rows: readonly Row[], step: Row, present: number): void {
  const first = rows[0] as Row
  for (let distance = 1; distance < present; distance *= 2) {
    const pairs = Math.ceil((present - distance) / (2 * distance))
    const steps = step.map((bytes) => 2 * distance * bytes)
    m.join(pairs, first, steps, rows[distance] as Row, steps, first, steps)
  }
}

/** Strip by strip, or row by row, along the axis: lanes on the outputs. */
export function across(m: Machine, source: Source, tile: Tile, take: Take): void {
  const width = roundedUp(Math.min(tile.outputs, tileColumns), m.lanes)
  const blocks = Math.ceil(tile.length / blockSize)
  const pool = makePool(m, 0, levels(blocks) + 2, width)
  const partials = m.rows(-4, partialCount, width)
  const partialSteps = stepsBetween(m, partials)
  let n = width
  const joiner = makeJoiner(m, pool, () => n)
  const rowSteps = inBytes(tile.steps, m.elementBytes)
  const neighbours = source.direct && fits(inBytes(tile.outputSteps, m.elementBytes), m.elementBytes)
  for (let first = 0; first < tile.outputs; first += width) {
    const own = Math.min(width, tile.outputs - first)
    const strips = neighbours && own >= m.lanes
    // Strips are whole: the last one repeats some columns.
    n = strips ? roundedUp(own, m.lanes) : own
    const offsets = tile.offsets.map((offset, k) => offset + first * (tile.outputSteps[k] as number))
    for (let block = 0; block < blocks; block++) {
      const rows = Math.min(blockSize, tile.length - block * blockSize)
      if (strips) {
        source.place(offsets, tile.outputSteps, own)
        m.columns(own, rows, source.at, rowSteps, partials[0] as Row, partialSteps)
        for (let k = 0; k < offsets.length; k++)
          offsets[k] = (offsets[k] as number) + rows * (tile.steps[k] as number)
      } else eachRow(m, source, tile, partials, offsets, rows, n)
      const node = pool.take()
      joinPartials(m, partials, Math.min(partialCount, rows), n, node)
      joiner.push(node)
    }
    const root = joiner.finish()
    if (n > own) m.shift(root, n - (own % m.lanes), n - m.lanes, own % m.lanes)
    take(root, first, own)
    pool.give(root)
  }
}

/** Room for it with at most so many outputs and such a length. */
export function acrossBytes(
  accumulatorBytes: readonly number[],
  lanes: number,
  outputs: number,
  length: number,
): number {
  const width = roundedUp(Math.min(outputs, tileColumns), lanes)
  const rows = levels(Math.ceil(length / blockSize)) + 2 + partialCount
  return rows * bytesOfRow(accumulatorBytes, width)
}

const roundedUp = (n: number, to: number): number => Math.ceil(n / to) * to

const inBytes = (steps: readonly number[], bytes: readonly number[]): Row =>
  steps.map((step, k) => step * (bytes[k] as number))

/** The partial results of a block, row by row. */
function eachRow(
  m: Machine,
  source: Source,
  tile: Tile,
  partials: readonly Row[],
  offsets: number[],
  rows: number,
  n: number,
): void {
  const one = m.steps(1)
  for (let i = 0; i < rows; i++) {
    source.place(offsets, tile.outputSteps, n)
    const partial = partials[i % partialCount] as Row
    if (i < partialCount) m.start(n, source.at, source.steps, partial, one)
    else m.step(n, partial, one, source.at, source.steps, partial, one)
    for (let k = 0; k < offsets.length; k++) offsets[k] = (offsets[k] as number) + (tile.steps[k] as number)
  }
}

/** Output by output, lanes on the partial results. */
export function along(m: Machine, source: Source, tile: Tile, take: Take): void {
  const full = Math.floor(tile.length / blockSize)
  const chunk = source.direct ? directChunk : copiedChunk
  const chunks = Math.max(1, Math.ceil(tile.length / (chunk * blockSize)))
  const group =
    chunks > 1 ? 1 : Math.min(tile.outputs, Math.max(1, Math.floor(collected / Math.max(1, full))))
  const columns = Math.max(1, group * Math.min(full, chunk))
  const pool = makePool(m, 0, levels(chunks) + 3, group)
  const tree = makeTree(m, columns, group, pool)
  const joiner = makeJoiner(m, pool, () => n)
  let n = group
  const at = source.direct ? group : 1
  const outputSteps = inBytes(tile.outputSteps, m.elementBytes)
  const offsets = tile.offsets.slice()
  for (let first = 0; first < tile.outputs; first += group) {
    n = Math.min(group, tile.outputs - first)
    for (let from = 0; from < tile.length; from += chunk * blockSize) {
      const length = Math.min(tile.length - from, chunk * blockSize)
      // Copied elements come one output at a time.
      for (let g = 0; g < n; g += at) {
        for (let k = 0; k < offsets.length; k++) {
          const output = (tile.offsets[k] as number) + (first + g) * (tile.outputSteps[k] as number)
          offsets[k] = output + from * (tile.steps[k] as number)
        }
        source.place(offsets, tile.steps, length)
        tree.fill(source, length, g, Math.min(at, n - g), outputSteps)
      }
      joiner.push(tree.finish(length, n))
    }
    const root = joiner.finish()
    take(root, first, n)
    pool.give(root)
  }
}

/** Room for it, where elements lie in memory, with at most so many outputs and such a length. */
export function alongBytes(accumulatorBytes: readonly number[], outputs: number, length: number): number {
  const chunks = Math.ceil(length / (directChunk * blockSize))
  const columns = bytesOfRow(accumulatorBytes, Math.max(collected, directChunk))
  const group = bytesOfRow(accumulatorBytes, Math.min(collected, outputs))
  return (partialCount + 1) * columns + (levels(chunks) + 3 + partialCount) * group
}

/** The whole tree of one output of at most a block, without what many outputs and blocks need; `initial` comes before it. */
export function block(m: Machine, at: Row, steps: Row, length: number, initial: Row | null): Row {
  const rows = m.rows(-5, partialCount, 1)
  const root = rows[0] as Row
  const partialSteps = stepsBetween(m, rows)
  m.runs(1, length, at, steps, steps, root, partialSteps, root, partialSteps)
  joinColumn(m, rows, partialSteps, Math.min(partialCount, length))
  if (initial) m.join(1, initial, m.steps(0), root, m.steps(1), root, m.steps(1))
  return root
}

/** The lower levels for `along`: columns are the full blocks of each output, output by output; short last blocks are apart. */
function makeTree(m: Machine, columns: number, group: number, pool: Pool) {
  const wide = m.rows(-1, partialCount + 1, columns)
  const other = wide[partialCount] as Row
  const short = m.rows(-3, partialCount, group)
  const one = m.steps(1)
  const two = m.steps(2)
  const [partialSteps, shortSteps] = [stepsBetween(m, wide), stepsBetween(m, short)]

  return {
    /** The partial results of the blocks of `outputs` outputs, from number `first` on. */
    fill(source: Source, length: number, first: number, outputs: number, outputSteps: Row): void {
      const full = Math.floor(length / blockSize)
      const blocks = m.from(wide[0] as Row, first * full)
      const rest = m.from(short[0] as Row, first)
      m.runs(outputs, length, source.at, source.steps, outputSteps, blocks, partialSteps, rest, shortSteps)
    },
    /** One value an output, in a row of the pool. */
    finish(length: number, outputs: number): Row {
      let full = Math.floor(length / blockSize)
      const rest = length - full * blockSize
      let last = rest > 0
      const tail = short[0] as Row
      if (full > 0) joinPartials(m, wide, partialCount, outputs * full, wide[0] as Row)
      if (last && outputs === 1) joinColumn(m, short, shortSteps, Math.min(partialCount, rest))
      else if (last) joinPartials(m, short, Math.min(partialCount, rest), outputs, tail)
      let [now, next] = [wide[0] as Row, other]
      while (full > 1 || (full === 1 && last)) {
        const half = full >> 1
        if (full % 2 === 1) {
          const end = m.from(now, full - 1)
          const steps = m.steps(full)
          if (last) m.join(outputs, end, steps, tail, one, tail, one)
          else m.gather(outputs, end, steps, tail)
          last = true
        }
        joinPairs(now, next, full, half, outputs)
        ;[now, next] = [next, now]
        full = half
      }
      const result = pool.take()
      m.gather(outputs, full === 1 ? now : tail, one, result)
      return result
    },
  }

  /** Neighbours among the `full` nodes of every output. */
  function joinPairs(from: Row, to: Row, full: number, half: number, outputs: number): void {
    if (half === 0) return
    if (full % 2 === 0 || outputs === 1) m.join(outputs * half, from, two, m.from(from, 1), two, to, one)
    else if (outputs < half)
      for (let g = 0; g < outputs; g++) {
        const left = m.from(from, g * full)
        m.join(half, left, two, m.from(left, 1), two, m.from(to, g * half), one)
      }
    else
      for (let pair = 0; pair < half; pair++) {
        const left = m.from(from, 2 * pair)
        const steps = m.steps(full)
        m.join(outputs, left, steps, m.from(left, 1), steps, m.from(to, pair), m.steps(half))
      }
  }
}
