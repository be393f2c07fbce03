/**
 * A reducing loop on the cpu target. The outputs are planned like any call; each run of neighbouring outputs, with the axis, is
 * a tile, and the strides say whether lanes go across its outputs or along its axis. The result does not depend on that.
 */
import type { Strided } from '../../broadcast/view.ts'
import type { TypedArray } from '../../dtype.ts'
import { MemoryError } from '../../errors.ts'
import type { WasmLoop } from '../../loops/loop.ts'
import { instantiate } from '../instance.ts'
import type { Block } from '../memory/allocator.ts'
import type { Heap } from '../memory/heap.ts'
import { addressOf, residentHeap, stagingHeap } from '../memory/resident.ts'
import type { FoldJob, Report } from '../target.ts'
import { arena } from './arena.ts'
import { accumulateAcross, accumulateAlong, leftAcross, leftAlong } from './left.ts'
import { type Machine, makeMachine, type Row } from './machine.ts'
import { deliver, makeSource, type Source } from './source.ts'
import { eachTile, type Tile, withoutAxis } from './tile.ts'
import { across, along, block, type Take } from './tree.ts'

export interface Folder {
  reduce(job: FoldJob, report: Report): void
  accumulate(job: FoldJob, report: Report): void
  reduceBlock(x: Strided, initial: FoldJob['initial'], report: Report): (number | bigint)[] | null
}

/** @param keep is told of memory that has to be given back with the loop */
export function makeFolder(
  loop: WasmLoop,
  tables: readonly TypedArray[],
  keep: (heap: Heap, blocks: readonly Block[]) => void,
): Folder {
  const machines = new Map<Heap, Machine>()
  const machineIn = (heap: Heap, report: Report): Machine => {
    let machine = machines.get(heap)
    if (!machine) {
      const instance = instantiate(loop, tables, heap)
      keep(heap, instance.blocks)
      machine = makeMachine(loop, instance)
      machines.set(heap, machine)
    }
    machine.report = report
    return machine
  }
  /** In the memory of resident elements if it has room to work in, which is found out before anything is written. */
  const withRoom = (job: FoldJob, report: Report, run: (m: Machine) => void): void => {
    if (job.elements.some(({ data }) => addressOf(data) >= 0)) {
      try {
        run(machineIn(residentHeap(), report))
        return
      } catch (error) {
        if (!(error instanceof MemoryError)) throw error
        report.why = 'no room left for this reduction beside resident arrays: they were copied'
      }
    }
    run(machineIn(stagingHeap(), report))
  }

  return {
    reduceBlock(x, initial, report) {
      const address = addressOf(x.data)
      // Plain elements would have to be copied first.
      if (address < 0) return null
      try {
        const m = machineIn(residentHeap(), report)
        const [bytes = 0] = m.elementBytes
        const from = address + x.offset * bytes
        const step = (x.stride[0] as number) * bytes
        const first = initial && m.rowAt(arena(m.instance.heap, -2, m.rowBytes(1)), 1)
        if (first) m.fill(first, 1, initial)
        const at = m.elementBytes.map(() => from)
        const steps = m.elementBytes.map(() => step)
        return m.values(block(m, at, steps, x.shape[0] as number, first))
      } catch (error) {
        if (error instanceof MemoryError) return null
        throw error
      }
    },
    reduce: (job, report) =>
      withRoom(job, report, (m) => {
        const source = makeSource(job.elements, m.instance.heap, report)
        const first = m.rowAt(arena(m.instance.heap, -2, m.rowBytes(1)), 1)
        if (job.initial) m.fill(first, 1, job.initial)
        const [still, one] = [m.steps(0), m.steps(1)]
        eachTile(job, job.results, (tile, offsets, steps) => {
          const take: Take = (row: Row, output, n) => {
            if (job.tree && job.initial) m.join(n, first, still, row, one, row, one)
            job.results.forEach((result, k) => {
              if (!result) return
              const [offset = 0, step = 0] = [offsets[k], steps[k]]
              const code = loop.outputs[k] ?? result.code
              deliver(m.instance.heap, code, row[k] as number, result, offset + output * step, step, n)
            })
          }
          const lanesAcross = isAcross(tile, job.tree && m.loop.vectorized)
          if (job.tree) (lanesAcross ? across : along)(m, source, tile, take)
          else (lanesAcross ? leftAcross : leftAlong)(m, source, tile, job.initial, take)
        })
      }),
    accumulate: (job, report) =>
      withRoom(job, report, (m) => {
        const source: Source = makeSource(job.elements, m.instance.heap, report)
        const steps = job.results.map((result) => result?.stride[job.axis] ?? 0)
        const addresses = placed(job, loop, m.instance.heap)
        const flat = job.results.map((result) => result && withoutAxis(result, job.axis))
        eachTile(job, flat, (tile, offsets, outputSteps) => {
          const sink = { addresses, results: job.results, offsets, steps, outputSteps }
          if (isAcross(tile, false)) accumulateAcross(m, source, tile, sink)
          else accumulateAlong(m, source, tile, sink)
        })
      }),
  }
}

/** Where all results lie, if wasm can write them there as they are. */
function placed({ results }: FoldJob, loop: WasmLoop, heap: Heap): number[] | null {
  if (heap !== residentHeap()) return null
  const addresses = results.map((result, k) =>
    result && result.code === loop.outputs[k] ? addressOf(result.data) : -1,
  )
  return addresses.every((address) => address >= 0) ? addresses : null
}

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

/** Whether the lanes had better go across the outputs. Does not change the result. */
function isAcross(tile: Tile, partials: boolean): boolean {
  const acrossCost = readCost(tile.outputSteps) + memoryCost + callCost / tile.outputs
  const alongCost = readCost(tile.steps) + outputCost / tile.length + (partials ? 0 : chainCost)
  return acrossCost < alongCost
}
