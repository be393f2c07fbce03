/** A call of a kernel of arrays as the simplest targets go through it: run after run of core calls, with what they write made zeros. */

import { clear } from '../broadcast/copy.ts'
import { type CoreCall, corePlan, coreSteps, coresIn, walkCores } from '../broadcast/core.ts'
import type { Strided } from '../broadcast/view.ts'

export interface CoreRun {
  /** So many core calls; where the first begins, and the steps from one to the next, in elements, one an operand. */
  readonly n: number
  readonly offsets: readonly number[]
  readonly steps: readonly number[]
  /** Along the core axes of each operand. */
  readonly coreSteps: readonly (readonly number[])[]
}

export function walkCoreRuns(
  operands: readonly Strided[],
  call: CoreCall,
  visit: (run: CoreRun) => void,
): void {
  operands.forEach((operand, k) => {
    const access = call.access[k]
    if (access === 'scratch' || (access === 'write' && call.mask === null)) clear(operand)
  })
  const plan = corePlan(call, operands)
  const steps = plan.innerSteps
  const inside = operands.map((operand, k) => coreSteps(operand, call.ranks[k] ?? 0))
  walkCores(plan, call.mask, (offsets, n) => {
    operands.forEach((operand, k) => {
      if (call.mask !== null && call.access[k] === 'write')
        clear(coresIn(operand, call.ranks[k] ?? 0, offsets[k] ?? 0, n, steps[k] ?? 0))
    })
    visit({ n, offsets, steps, coreSteps: inside })
  })
}
