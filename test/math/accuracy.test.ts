/** Errors against recorded values of MPFR (scripts/accuracy/record.ts): in units in the last place, plain and fused, f8 and f4. */
import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { measureSingle } from '../../scripts/accuracy/f4.ts'
import { recorded } from '../../scripts/accuracy/inputs.ts'
import { worstOf } from '../../scripts/accuracy/worst.ts'
import { fuses } from '../../src/loops/fuses.ts'
import { functionNames } from '../../src/loops/kernel/math/functions.ts'
import { opRow } from '../../src/loops/kernel/ops.ts'
import { functionLoop } from './run-function.ts'

const file = new URL('../fixtures/math.json', import.meta.url)
const table: Record<string, { want: string; missing: string }> = JSON.parse(readFileSync(file, 'utf8'))
const ways = [false, true].filter((fma) => !fma || fuses())
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'))

/** The promise: 1 unit in the last place, on f8 2 for tanh; % is exact. Half a step of the recorded remainder is allowed for. */
const bounds: Readonly<Record<string, number>> = { tanh: 2, rem: 0 }

for (const fma of ways) {
  for (const name of functionNames) {
    const { arity } = opRow(name)
    const bound = bounds[name] ?? 1
    test(`${name} on f8${fma ? ', fused' : ''}`, () => {
      const values = recorded(name, arity)
      const row = table[name]
      if (!row) throw new Error(`no recorded values of ${name}`)
      const want = new Float64Array(bytes(row.want).buffer)
      const missing = new Int8Array(bytes(row.missing).buffer)
      const n = values.length / arity
      assert.is(want.length, n)
      const loop = functionLoop(name, 'f8', n, { fma })
      loop.inputs.forEach((column, k) => {
        for (let i = 0; i < n; i++) column[i] = values[i * arity + k] ?? 0
      })
      loop.run(n)
      const pairs = Float64Array.from({ length: 2 * n }, (_, k) =>
        k % 2 === 0 ? (want[k / 2] ?? 0) : (missing[(k - 1) / 2] ?? 0) / 200,
      )
      const worst = worstOf(values, arity, pairs, loop.output as Float64Array)
      assert.ok(worst.ulp <= bound + 0.003, `${worst.ulp} at ${worst.at}: ${worst.got} for ${worst.want}`)
    })
    if (arity > 1) continue
    test(`${name} on f4${fma ? ', fused' : ''}`, () => {
      const worst = measureSingle(name, 40009, fma)
      assert.ok(worst.ulp <= 1, `${worst.ulp} at ${worst.at}: ${worst.got} for ${worst.want}`)
    })
  }
}

for (const fma of ways) {
  test(`tan on f4 next to a pole, for a large operand${fma ? ', fused' : ''}`, () => {
    const loop = functionLoop('tan', 'f4', 1, { fma })
    const [x = []] = loop.inputs as [Float32Array]
    x[0] = 21999384576
    loop.run(1)
    // MPFR; a unit in the last place is 32.
    assert.ok(Math.abs(Number(loop.output[0]) + 496858356.68120497) <= 17, String(loop.output[0]))
  })
}

/** x, the y for which e^x + e^y is closest to 1, and the result (mpmath). */
const cancelling = [
  [-0.01, -4.610166019324897, 1.1671996822294661e-18],
  [-0.1, -2.3521684610440907, 3.5084531757496425e-18],
  [-0.2, -1.7077718009705198, 4.766737617812347e-18],
  [-0.3, -1.3502256128148467, 1.482330352742494e-17],
  [-0.4, -1.109632931588928, 2.5805402757906628e-17],
  [-0.5, -0.9327521295671886, 4.964190929818499e-18],
  [-0.6, -0.7958703683463196, -2.1027834701062326e-17],
  [-0.69, -0.6963042971440567, -1.083345542228209e-17],
  [-1e-6, -13.815511057964233, -8.05282180239753e-22],
  [-1e-12, -27.631021115929048, 3.5290852200220564e-29],
] as const

for (const fma of ways) {
  test(`logaddexp where nothing is left of the first 53 bits${fma ? ', fused' : ''}`, () => {
    const n = cancelling.length
    const loop = functionLoop('logaddexp', 'f8', n, { fma })
    cancelling.forEach(([x, y], i) => {
      for (const [column, value] of [[loop.inputs[0], x] as const, [loop.inputs[1], y] as const])
        if (column) column[i] = value
    })
    loop.run(n)
    cancelling.forEach(([x, y, want], i) => {
      const error = Math.abs(Number(loop.output[i]) - want)
      assert.ok(
        error <= 2 ** -106 * Math.exp(y) + 2 ** -53 * Math.abs(want),
        `${x}, ${y}: ${error / Math.exp(y)}`,
      )
    })
  })
}

test.run()
