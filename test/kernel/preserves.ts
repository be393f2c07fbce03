/** Two kernels do the same: bit for bit, failed checks included; NaN is one value, -0 is not 0. */
import * as assert from 'uvu/assert'
import { sameValue } from '../../src/loops/kernel/evaluate.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import type { Kernel, Tables, Value } from '../../src/loops/kernel/ir.ts'
import { print } from '../../src/loops/kernel/print.ts'
import { verify } from '../../src/loops/kernel/verify.ts'
import { CheckFailed } from '../../src/outside.ts'
import type { RandomKernel } from './random-kernel.ts'

function results(kernel: Kernel, tables: Tables, row: readonly Value[]): Value[] {
  try {
    return interpret(kernel, tables, row, { steps: 100000 })
  } catch (error) {
    if (!(error instanceof CheckFailed)) throw error
    return [error.check, error.index, error.size, 0.25]
  }
}

export function assertSame(
  before: Kernel,
  after: Kernel,
  { tables, rows }: Pick<RandomKernel, 'tables' | 'rows'>,
) {
  assert.equal(verify(after), [])
  for (const row of rows) {
    const want = results(before, tables, row)
    const got = results(after, tables, row)
    const same = want.length === got.length && want.every((v, i) => sameValue(v, got[i] ?? 0))
    const story = `on ${row.join(', ')}: ${got.join(', ')} instead of ${want.join(', ')}`
    if (!same) assert.unreachable(`${story}\n${print(before)}\n${print(after)}`)
  }
}
