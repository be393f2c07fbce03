/** The target that compiles nothing: every element is one call of the kernel, in which a debugger can stop. */

import { store } from '../broadcast/nested.ts'
import { walk } from '../broadcast/walk.ts'
import type { ArrayValue } from '../loops/kernel/ir.ts'
import type { JsLoop } from '../loops/loop.ts'
import { walkCoreRuns } from './core-runs.ts'
import { accumulatePlainly, reducePlainly } from './fold/plain.ts'
import { checkIndices } from './indexed.ts'
import { hostMemory } from './memory/host.ts'
import { addressOf } from './memory/resident.ts'
import { type FoldJob, type Run, type RunCore, type Runner, type TargetOf, targetVersion } from './target.ts'

export const js: TargetOf<'js'> = {
  version: targetVersion,
  name: 'js',
  consumes: 'js',
  kind: 'sync',
  unavailable: () => null,
  load,
  memory: hostMemory,
}

function load(loop: JsLoop): Runner {
  const { element, inputs, outputs, form, core } = loop
  if (core) return { runCore: coreRun(loop, core) }
  if (form === 'indexed') return { run: indexedRun(element) }
  const masked = form === 'masked'
  const run: Run = (operands, plan, report) => {
    // A freed operand is an error here.
    for (const { data } of operands) addressOf(data)
    const sources = operands.slice(0, masked ? -1 - outputs.length : inputs.length)
    const mask = masked ? operands[inputs.length - 1] : undefined
    const results = operands.slice(inputs.length, inputs.length + outputs.length)
    walk(plan, (offsets, n) => {
      report.calls++
      const at = (k: number, i: number) => (offsets[k] ?? 0) + i * (plan.innerSteps[k] ?? 0)
      for (let i = 0; i < n; i++) {
        if (mask && mask.data[at(inputs.length - 1, i)] === 0) continue
        const values = element(sources.map(({ data }, k) => data[at(k, i)] ?? 0))
        for (const [k, result] of results.entries()) store(result, at(inputs.length + k, i), values[k] ?? 0)
      }
    })
  }
  if (!loop.join) return { run }
  return {
    run,
    reduce(job, report) {
      guard(job)
      reducePlainly(loop, job, report)
    },
    accumulate(job, report) {
      guard(job)
      accumulatePlainly(loop, job, report)
    },
  }
}

/** A freed operand is an error here. */
function guard({ elements }: FoldJob): void {
  for (const { data } of elements) addressOf(data)
}

/** Every core call, one after another. */
function coreRun({ kernel, inputs }: JsLoop, element: NonNullable<JsLoop['core']>): RunCore {
  const views = kernel.core?.views ?? []
  return (operands, call, report) => {
    // A freed operand is an error here.
    for (const { data } of operands) addressOf(data)
    walkCoreRuns(operands, call, ({ n, offsets, steps, coreSteps }) => {
      report.calls++
      for (let i = 0; i < n; i++) {
        const at = operands.map((_, k) => (offsets[k] ?? 0) + i * (steps[k] ?? 0))
        const scalars = inputs.map((_, k) => operands[k]?.data[at[k] ?? 0] ?? 0)
        const arrays = views.map(({ operand, dims }): ArrayValue => {
          const { data } = operands[operand] ?? { data: new Uint8Array(0) }
          const shape = dims.map((dim) => (dim < 0 ? 1 : (call.sizes[dim] ?? 0)))
          return {
            data,
            shape,
            stride: dims.map((_, axis) => coreSteps[operand]?.[axis] ?? 0),
            offset: at[operand] ?? 0,
          }
        })
        element(scalars, arrays).forEach((value, k) => {
          const to = operands[inputs.length + k]
          if (to) store(to, at[inputs.length + k] ?? 0, value)
        })
      }
    })
  }
}

/** x[i] = f(x[i], …) for one index after another. */
const indexedRun =
  (element: JsLoop['element']): Run =>
  (operands, plan, report) => {
    for (const { data } of operands) addressOf(data)
    const [index, ...others] = operands
    const array = others.pop()
    if (index === undefined || array === undefined) return
    checkIndices(operands, plan)
    const [length = 0] = array.shape
    const last = operands.length - 1
    const at = (k: number, i: number) => (plan.offsets[k] ?? 0) + i * (plan.innerSteps[k] ?? 0)
    report.calls++
    for (let i = 0; i < plan.size; i++) {
      const own = Number(index.data[at(0, i)])
      const place = at(last, own < 0 ? own + length : own)
      const [value = 0] = element([
        array.data[place] ?? 0,
        ...others.map(({ data }, k) => data[at(1 + k, i)] ?? 0),
      ])
      store(array, place, value)
    }
  }
