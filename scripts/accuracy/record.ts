/**
 * Records reference values for test/math/accuracy.test.ts: for each function the results at `recorded` operands, and what is
 * missing from them in 1/200 of a unit in the last place.
 *   node --import tsx scripts/accuracy/record.ts
 */
import { writeFileSync } from 'node:fs'
import { functionNames } from '../../src/loops/kernel/math/functions.ts'
import { opRow } from '../../src/loops/kernel/ops.ts'
import { reference } from './f8.ts'
import { recorded } from './inputs.ts'

const table: Record<string, { want: string; missing: string }> = {}
for (const name of functionNames) {
  const { arity } = opRow(name)
  const pairs = reference(name, arity, recorded(name, arity))
  const want = Float64Array.from({ length: pairs.length / 2 }, (_, k) => pairs[2 * k] ?? 0)
  const missing = Int8Array.from(want, (_, k) => Math.round(200 * (pairs[2 * k + 1] ?? 0)))
  const text = (values: Float64Array | Int8Array) => Buffer.from(values.buffer).toString('base64')
  table[name] = { want: text(want), missing: text(missing) }
}
writeFileSync(
  new URL('../../test/fixtures/math.json', import.meta.url),
  `${JSON.stringify(table, null, 1)}\n`,
)
