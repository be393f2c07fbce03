/** The target that compiles nothing: every element is one call of the kernel, in which a debugger can stop. */

import { store } from '../broadcast/nested.ts'
import type { Value } from '../loops/kernel/ir.ts'
import type { JsLoop } from '../loops/loop.ts'
import { accumulatePlainly, reducePlainly } from './fold/plain.ts'
import { indexedByRuns, maskedByRuns } from './forms.ts'
import { alive, arraysOf, innerRuns } from './inner-runs.ts'
import { hostMemory } from './memory/host.ts'
import { type Runner, type TargetOf, targetVersion } from './target.ts'

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
  const { element, core, kernel, form, inputs } = loop
  const own = form === 'masked' ? inputs.length - 1 : inputs.length
  const runner = innerRuns({ form: 'map', kernel }, (inner) => {
    const { n, operands, offsets, steps } = inner
    const at = (k: number, i: number) => (offsets[k] ?? 0) + i * (steps[k] ?? 0)
    for (let i = 0; i < n; i++) {
      const values: Value[] = []
      for (let k = 0; k < own; k++) values.push(operands[k]?.data[at(k, i)] ?? 0)
      const results = core ? core(values, arraysOf(kernel, inner, i)) : element(values)
      results.forEach((value, k) => {
        const to = operands[own + k]
        if (to) store(to, at(own + k, i), value)
      })
    }
  })
  const { run } = runner
  if (!run) return runner
  if (form === 'masked') return { run: maskedByRuns(run, own) }
  if (form === 'indexed') return { run: indexedByRuns(run) }
  if (!loop.join) return { run }
  return {
    run,
    reduce(job, report) {
      alive(job.elements)
      reducePlainly(loop, job, report)
    },
    accumulate(job, report) {
      alive(job.elements)
      accumulatePlainly(loop, job, report)
    },
  }
}
