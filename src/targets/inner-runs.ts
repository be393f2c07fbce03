/** The simplest way to run: a function that goes along one axis. What lies around it is done here. */
import type { CoreCall } from '../broadcast/core.ts'
import type { Strided } from '../broadcast/view.ts'
import { walk } from '../broadcast/walk.ts'
import type { ArrayValue, Kernel } from '../loops/kernel/ir.ts'
import type { LoopForm } from '../loops/loop.ts'
import { CheckFailed, outside } from '../outside.ts'
import { walkCoreRuns } from './core-runs.ts'
import { checkIndices } from './indexed.ts'
import { addressOf } from './memory/resident.ts'
import type { Report, Run, RunCore } from './runner.ts'

/** Elements, or core calls, along one axis: number i of operand k begins at `offsets[k] + i * steps[k]` in its data. Lists are reused. */
export interface InnerRun {
  readonly n: number
  /** Inputs, outputs, then the arrays that a kernel makes. */
  readonly operands: readonly Strided[]
  readonly offsets: readonly number[]
  readonly steps: readonly number[]
  /** Core sizes of a kernel of arrays; of an indexed loop the length of its array. */
  readonly sizes: readonly number[]
  /** Of a kernel of arrays: steps along the axes of each of its views, 0 along those of size 1. */
  readonly viewSteps: readonly (readonly number[])[]
}

/**
 * A loop's way to run, made of `inner`, which is called for one inner run after another. Freed operands and indices outside are errors
 * before the first; what fails in one is a `CheckFailed` of the kernel's check, and becomes the error that every target throws.
 */
export function innerRuns(
  { form, kernel }: { readonly form: LoopForm; readonly kernel: Kernel },
  inner: (run: InnerRun) => void,
): { readonly run?: Run; readonly runCore?: RunCore } {
  const { core, checks, name } = kernel
  const views = core?.views ?? []
  const visit = (run: InnerRun, report: Report): void => {
    report.calls++
    try {
      inner(run)
    } catch (error) {
      if (!(error instanceof CheckFailed)) throw error
      throw outside(checks[error.check], name, error.index, error.size)
    }
  }
  const run: Run = (operands, plan, report) => {
    alive(operands)
    if (form === 'indexed') checkIndices(operands, plan)
    const sizes = form === 'indexed' ? [operands.at(-1)?.shape[0] ?? 0] : []
    const steps = plan.innerSteps
    walk(plan, (offsets, n) => visit({ n, operands, offsets, steps, sizes, viewSteps: [] }, report))
  }
  const runCore = (operands: readonly Strided[], call: CoreCall, report: Report): void => {
    alive(operands)
    const { sizes } = call
    walkCoreRuns(operands, call, ({ coreSteps, ...one }) => {
      const viewSteps = views.map(({ operand, dims }) =>
        dims.map((_, axis) => coreSteps[operand]?.[axis] ?? 0),
      )
      visit({ ...one, operands, sizes, viewSteps }, report)
    })
  }
  return core ? { runCore } : { run }
}

/** @throws when one was freed */
export function alive(operands: readonly Strided[]): void {
  for (const { data } of operands) addressOf(data)
}

/** The arrays that core call i of a run is given, as `interpret` takes them. */
export const arraysOf = (
  { core }: Kernel,
  { operands, offsets, steps, sizes, viewSteps }: InnerRun,
  i: number,
): ArrayValue[] =>
  (core?.views ?? []).map(({ operand, dims }, v) => ({
    data: operands[operand]?.data ?? new Uint8Array(0),
    shape: dims.map((dim) => (dim < 0 ? 1 : (sizes[dim] ?? 0))),
    stride: viewSteps[v] ?? [],
    offset: (offsets[operand] ?? 0) + i * (steps[operand] ?? 0),
  }))
