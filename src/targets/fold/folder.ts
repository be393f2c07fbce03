/**
 * A reducing loop on the cpu target. The outputs are planned like any call; each run of neighbouring outputs, with the axis, is
 * a tile, and the strides say whether lanes go across its outputs or along its axis. The result does not depend on that.
 */
import type { Strided } from '../../broadcast/view.ts'
import type { TypedArray } from '../../dtype.ts'
import { MemoryError } from '../../errors.ts'
import type { WasmLoop } from '../../loops/loop.ts'
import { failure, type Instance, instantiate } from '../instance.ts'
import type { Block } from '../memory/allocator.ts'
import type { Heap } from '../memory/heap.ts'
import { addressOf, residentHeap, stagingHeap } from '../memory/resident.ts'
import type { FoldJob, Report } from '../target.ts'
import { arena } from './arena.ts'
import { type Machine, makeMachine, type Row } from './machine.ts'
import { deliver, makeSource } from './source.ts'
import { eachTile, withoutAxis } from './tile.ts'
import { block, type Take } from './tree.ts'
import { accumulateTile, reduceTile } from './way.ts'

export interface Folder {
  reduce(job: FoldJob, report: Report): void
  accumulate(job: FoldJob, report: Report): void
  reduceBlock(x: Strided, initial: FoldJob['initial'], report: Report): (number | bigint)[] | null
}

/** Where a fold may go instead of this thread alone; false: it stays here, and nothing was done. */
export type FoldElsewhere = (method: 'reduce' | 'accumulate', job: FoldJob, report: Report) => boolean

/** It is given the loop in the memory of resident arrays, when it asks for it. @throws MemoryError where that has no room for it */
export type FoldsElsewhere = (resident: () => Loaded) => FoldElsewhere

/** A loop in a memory, and what folds with it there. */
export interface Loaded {
  readonly instance: Instance
  readonly machine: Machine
}

/**
 * @param keep is told of memory that has to be given back with the loop
 * @param elsewhere makes what is asked before each fold
 */
export function makeFolder(
  loop: WasmLoop,
  tables: readonly TypedArray[],
  keep: (heap: Heap, blocks: readonly Block[]) => void,
  elsewhere: FoldsElsewhere | null,
): Folder {
  const known = new Map<Heap, Loaded>()
  const loadedIn = (heap: Heap): Loaded => {
    let loaded = known.get(heap)
    if (!loaded) {
      const instance = instantiate(loop, tables, heap)
      keep(heap, instance.blocks)
      loaded = { instance, machine: machineOn(loop, instance) }
      known.set(heap, loaded)
    }
    return loaded
  }
  const foldElsewhere = elsewhere?.(() => loadedIn(residentHeap()))
  const machineIn = (heap: Heap, report: Report): Machine => {
    const { machine } = loadedIn(heap)
    machine.report = report
    return machine
  }
  /** In the memory of resident elements if it has room to work in, which is found out before anything is written. */
  const withRoom = (job: FoldJob, report: Report, run: (m: Machine, heap: Heap) => void): void => {
    if (job.elements.some(({ data }) => addressOf(data) >= 0)) {
      try {
        run(machineIn(residentHeap(), report), residentHeap())
        return
      } catch (error) {
        if (!(error instanceof MemoryError)) throw error
        report.why = 'no room left for this reduction beside resident arrays: they were copied'
      }
    }
    run(machineIn(stagingHeap(), report), stagingHeap())
  }
  /** `n` values of each accumulator to the results, from these offsets at these steps. */
  const deliverAll = (
    m: Machine,
    { results }: FoldJob,
    row: Row,
    offsets: readonly number[],
    steps: readonly number[],
    n: number,
  ): void => {
    results.forEach((result, k) => {
      if (!result) return
      const code = loop.outputs[k] ?? result.code
      deliver(m.view(code), code, row[k] as number, result, offsets[k] ?? 0, steps[k] ?? 0, n)
    })
  }

  return {
    reduceBlock(x, initial, report) {
      const length = x.shape[0] as number
      try {
        const address = addressOf(x.data)
        const heap = address >= 0 ? residentHeap() : stagingHeap()
        const m = machineIn(heap, report)
        const [bytes = 0] = m.elementBytes
        const source = address >= 0 ? null : makeSource([x], heap, report)
        source?.place([x.offset], x.stride, length)
        const from = source ? (source.at[0] as number) : address + x.offset * bytes
        const step = source ? (source.steps[0] as number) : (x.stride[0] as number) * bytes
        const first = initial && m.rowAt(m.room(-2, m.rowBytes(1)), 1)
        if (first) m.fill(first, 1, initial)
        const at = m.elementBytes.map(() => from)
        const steps = m.elementBytes.map(() => step)
        return m.values(block(m, at, steps, length, first))
      } catch (error) {
        if (error instanceof MemoryError) return null
        throw error
      }
    },
    reduce(job, report) {
      if (foldElsewhere?.('reduce', job, report)) return
      withRoom(job, report, (m, heap) => {
        const source = makeSource(job.elements, heap, report)
        const first = m.rowAt(m.room(-2, m.rowBytes(1)), 1)
        if (job.initial) m.fill(first, 1, job.initial)
        const [still, one] = [m.steps(0), m.steps(1)]
        eachTile(job, job.results, (tile, offsets, steps) => {
          const take: Take = (row, output, n) => {
            if (job.tree && job.initial) m.join(n, first, still, row, one, row, one)
            const at = offsets.map((offset, k) => offset + output * (steps[k] ?? 0))
            deliverAll(m, job, row, at, steps, n)
          }
          reduceTile(m, source, tile, job.tree, job.initial, take)
        })
      })
    },
    accumulate(job, report) {
      if (foldElsewhere?.('accumulate', job, report)) return
      withRoom(job, report, (m, heap) => {
        const source = makeSource(job.elements, heap, report)
        const steps = job.results.map((result) => result?.stride[job.axis] ?? 0)
        const addresses = placed(job, loop, heap)
        const flat = job.results.map((result) => result && withoutAxis(result, job.axis))
        eachTile(job, flat, (tile, offsets, outputSteps) => {
          accumulateTile(m, source, tile, {
            ...{ addresses, offsets, steps, outputSteps },
            write: (row, at, by, n) => deliverAll(m, job, row, at, by, n),
          })
        })
      })
    },
  }
}

function machineOn(loop: WasmLoop, instance: Instance): Machine {
  const { heap, functions, context } = instance
  const { elements = [], accumulators = [] } = loop.fold ?? {}
  return makeMachine({
    ...{ functions, context, elements, accumulators },
    lanes: loop.lanes * loop.interleave,
    vectorized: loop.vectorized,
    view: (code) => heap.view(code),
    room: (purpose, bytes) => arena(heap, purpose, bytes),
    failure: (code) => failure(loop, instance, code),
  })
}

/** Where all results lie, if wasm can write them there as they are. */
export function placed({ results }: FoldJob, loop: WasmLoop, heap: Heap): number[] | null {
  if (heap !== residentHeap()) return null
  const addresses = results.map((result, k) =>
    result && result.code === loop.outputs[k] ? addressOf(result.data) : -1,
  )
  return addresses.every((address) => address >= 0) ? addresses : null
}
