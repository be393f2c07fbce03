/** Forms of loops made of runs of `map`, for targets that do not take them: see `LoopForm`. */
import type { Plan } from '../broadcast/plan.ts'
import type { Strided } from '../broadcast/view.ts'
import { walkWhere } from '../broadcast/walk.ts'
import { checkIndices } from './indexed.ts'
import { alive } from './inner-runs.ts'
import type { Run } from './runner.ts'

const oneRun = (n: number, offsets: readonly number[], innerSteps: readonly number[]): Plan => ({
  size: n,
  inner: n,
  innerSteps,
  outer: [],
  outerSteps: offsets.map(() => []),
  offsets,
})

/** Runs of elements whose mask, operand number `mask`, is true. */
export const maskedByRuns =
  (run: Run, mask: number): Run =>
  (operands, plan, report) => {
    const { data } = operands[mask] as Strided
    alive(operands)
    const others = operands.toSpliced(mask, 1)
    const steps = plan.innerSteps.toSpliced(mask, 1)
    walkWhere(plan, mask, data, (offsets, n) => {
      run(others, oneRun(n, offsets.toSpliced(mask, 1), steps), report)
    })
  }

/** One element after another, because an index may come again. */
export const indexedByRuns =
  (run: Run): Run =>
  (operands, plan, report) => {
    alive(operands)
    checkIndices(operands, plan)
    const last = operands.length - 1
    const [indices, array] = [operands[0] as Strided, operands[last] as Strided]
    const [length = 0] = array.shape
    const own = operands.with(0, array)
    const steps = own.map(() => 0)
    for (let i = 0; i < plan.size; i++) {
      const at = plan.offsets.map((offset, k) => offset + i * (plan.innerSteps[k] ?? 0))
      const index = Number(indices.data[at[0] ?? 0])
      const place =
        (plan.offsets[last] ?? 0) + (index < 0 ? index + length : index) * (plan.innerSteps[last] ?? 0)
      run(own, oneRun(1, at.with(0, place).with(last, place), steps), report)
    }
  }
