/** Elements that are too few for all threads, of a kernel of numbers that has loops over prange: one after another, their loops shared. */
import { type CoreCall, corePlan } from '../../broadcast/core.ts'
import type { Plan } from '../../broadcast/plan.ts'
import type { Strided } from '../../broadcast/view.ts'
import { walk } from '../../broadcast/walk.ts'
import { dtypes, type TypedArray } from '../../dtype.ts'
import type { WasmLoop } from '../../loops/loop.ts'
import type { Placed } from '../cores.ts'
import { residentHeap } from '../memory/resident.ts'
import type { Report } from '../target.ts'
import { makeSplit } from './prange.ts'

/** False: there is no room, and nothing was done. */
export type RunElements = (operands: readonly Strided[], plan: Plan, report: Report) => boolean

/** Null where the loop is in one part. */
export function makeElements(loop: WasmLoop, tables: readonly TypedArray[]): RunElements | null {
  if (!loop.split) return null
  const split = makeSplit(loop.split, tables)
  const inputs = loop.inputs.length
  return (operands, plan, report) => {
    const heap = residentHeap()
    const block = heap.reserve(8 * operands.length)
    if (!block) return false
    try {
      // Each is a core call on arrays of one element.
      const placed = operands.map(({ code }, k): Placed => {
        const offset = (block.address + 8 * k) / dtypes[code].bytes
        return { operand: { data: heap.view(code), code, shape: [], stride: [], offset }, base: 0 }
      })
      const call: CoreCall = {
        ...{ loop: [], sizes: [], mask: null },
        ranks: operands.map(() => 0),
        access: operands.map((_, k) => (k < inputs ? 'read' : 'write')),
      }
      const own = corePlan(
        call,
        placed.map(({ operand }) => operand),
      )
      const job = { placed, call, plan: own, sizes: [], vector: true, zeros: [] }
      const at = placed.map(({ operand }) => operand)
      let done = true
      walk(plan, (offsets, n) => {
        for (let i = 0; i < n && done; i++) {
          const from = operands.map((_, k) => (offsets[k] ?? 0) + i * (plan.innerSteps[k] ?? 0))
          for (const [k, { data, offset }] of at.entries())
            if (k < inputs) data[offset] = operands[k]?.data[from[k] ?? 0] ?? 0
          done = split.run(job, report) !== null
          for (const [k, { data }] of operands.entries()) {
            const { data: made, offset = 0 } = at[k] ?? {}
            if (k >= inputs && done) data[from[k] ?? 0] = made?.[offset] ?? 0
          }
        }
      })
      return done
    } finally {
      heap.release(block)
    }
  }
}
