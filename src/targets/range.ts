/** A plan over operands that lie in a loop's memory: the whole of it, or a range that one thread takes. */
import { type Plan, rowsOf } from '../broadcast/plan.ts'
import { walkRange } from '../broadcast/walk.ts'
import { type CoreThread, type CoreWork, makeCoreRange } from './core-range.ts'
import { type FoldWork, makeFoldRange } from './fold/range.ts'
import { type Instance, invoke } from './instance.ts'

export interface Work {
  readonly plan: Plan
  /** Where element 0 of each operand's data lies. */
  readonly pointers: readonly number[]
  /** The inputs among the operands. */
  readonly inputs: number
  /** Counted in rows (whole inner runs), which share a way into WebAssembly, or in elements. */
  readonly byRows: boolean
  /** Of a kernel of arrays: the plan is over its core calls. */
  readonly core?: CoreWork
  /** Of a reducing loop: the plan is over its outputs. */
  readonly fold?: FoldWork
}

/** What a range is counted in. */
export const unitsOf = ({ plan, byRows }: Work): number => (byRows ? plan.size / plan.inner : plan.size)

/** May the vector class run it? Every step is an element or, of an input, none. */
function isVector({ plan, inputs }: Work): boolean {
  for (let k = 0; k < plan.innerSteps.length; k++) {
    const step = plan.innerSteps[k] as number
    if (step !== 1 && (step !== 0 || (k >= inputs && plan.inner > 1))) return false
  }
  return true
}

export type RunRange = (work: Work, from: number, to: number, report: { calls: number }) => number

/** What is used of a loaded loop. */
export type RangeLoops = Pick<
  Instance,
  'context' | 'vector' | 'strided' | 'vectorRows' | 'stridedRows' | 'functions'
>

/**
 * Runs units `from <= i < to`; the result is 0, or the number of the check that failed. `bytes` are those of an element.
 * @param thread of a kernel of arrays, or a reducing loop: where it runs
 */
export function makeRunRange(
  instance: RangeLoops,
  bytes: readonly number[],
  thread: CoreThread | null = null,
): RunRange {
  const cores = thread && makeCoreRange(instance, bytes, thread)
  const folds = thread && makeFoldRange({ ...instance, ...thread })
  const args = new Array<number>(2 + 2 * bytes.length).fill(0)
  const rowArgs = new Array<number>(3 + 3 * bytes.length).fill(0)
  args[0] = rowArgs[0] = instance.context

  const runs: RunRange = (work, from, to, report) => {
    const { plan, pointers } = work
    const inner = isVector(work) ? instance.vector : instance.strided
    for (let k = 0; k < bytes.length; k++)
      args[3 + 2 * k] = (plan.innerSteps[k] as number) * (bytes[k] as number)
    let code = 0
    walkRange(plan, from, to, (offsets, n) => {
      if (code !== 0) return
      args[1] = n
      for (let k = 0; k < bytes.length; k++)
        args[2 + 2 * k] = (pointers[k] as number) + (offsets[k] as number) * (bytes[k] as number)
      code = invoke(inner, args)
      report.calls++
    })
    return code
  }

  const rows: RunRange = (work, from, to, report) => {
    const { plan, pointers } = work
    const byRow = rowsOf(plan)
    const inner = isVector(work) ? instance.vectorRows : instance.stridedRows
    rowArgs[1] = plan.inner
    for (let k = 0; k < bytes.length; k++) {
      rowArgs[4 + 3 * k] = (plan.innerSteps[k] as number) * (bytes[k] as number)
      rowArgs[5 + 3 * k] = (byRow.innerSteps[k] as number) * (bytes[k] as number)
    }
    let code = 0
    walkRange(byRow, from, to, (offsets, count) => {
      if (code !== 0) return
      rowArgs[2] = count
      for (let k = 0; k < bytes.length; k++)
        rowArgs[3 + 3 * k] = (pointers[k] as number) + (offsets[k] as number) * (bytes[k] as number)
      code = inner(...rowArgs)
      report.calls += count
    })
    return code
  }
  return (work, from, to, report) => {
    const { plan, pointers, core, fold, byRows } = work
    if (cores && core) return cores(plan, pointers, core, from, to, report)
    if (folds && fold) return folds(plan, pointers, fold, from, to, report)
    return (byRows ? rows : runs)(work, from, to, report)
  }
}
