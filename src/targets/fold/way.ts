/** A tile is folded across its outputs or along its axis, whichever reads memory better. The result does not depend on that. */
import { accumulateAcross, accumulateAlong, leftAcross, leftAlong, type Sink } from './left.ts'
import type { Machine } from './machine.ts'
import type { Source } from './placed.ts'
import type { Tile } from './tile.ts'
import { across, acrossBytes, along, alongBytes, type Take } from './tree.ts'

/** Reduces the axis of a tile. `initial` comes before the first element of a fold from the left; a tree knows nothing of it. */
export function reduceTile(
  m: Machine,
  source: Source,
  tile: Tile,
  tree: boolean,
  initial: readonly (number | bigint)[] | null,
  take: Take,
): void {
  const lanesAcross = isAcross(tile, tree && m.vectorized)
  if (tree) (lanesAcross ? across : along)(m, source, tile, take)
  else (lanesAcross ? leftAcross : leftAlong)(m, source, tile, initial, take)
}

export function accumulateTile(m: Machine, source: Source, tile: Tile, sink: Sink): void {
  if (isAcross(tile, false)) accumulateAcross(m, source, tile, sink)
  else accumulateAlong(m, source, tile, sink)
}

/** Room that is enough for every tile of at most so many outputs and such a length, of elements in memory. */
export const roomFor = (
  accumulatorBytes: readonly number[],
  lanes: number,
  outputs: number,
  length: number,
) =>
  Math.max(
    acrossBytes(accumulatorBytes, lanes, outputs, length),
    alongBytes(accumulatorBytes, outputs, length),
  )

// Rough costs in nanoseconds.
const callCost = 40
const outputCost = 150
const neighbourCost = 0.3
const strideCost = 0.6
const lineCost = 0.3
const lineElements = 8
/** What a fold from the left waits for the result before, and what another access of accumulators in memory costs. */
const chainCost = 1.5
const memoryCost = 0.3

const readCost = (steps: readonly number[]): number =>
  steps.reduce((sum, step) => {
    const distance = Math.abs(step)
    return sum + (distance <= 1 ? neighbourCost : strideCost + lineCost * Math.min(distance, lineElements))
  }, 0)

/** Whether the lanes had better go across the outputs. */
export function isAcross(tile: Omit<Tile, 'offsets'>, partials: boolean): boolean {
  const acrossCost = readCost(tile.outputSteps) + memoryCost + callCost / tile.outputs
  const alongCost = readCost(tile.steps) + outputCost / tile.length + (partials ? 0 : chainCost)
  return acrossCost < alongCost
}
