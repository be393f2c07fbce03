/** The whole pipeline after the front end: what is emitted after every pass does what the kernel before the first one means. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Code, codes } from '../../src/dtype.ts'
import { ir, lower } from '../../src/loops/compile.ts'
import { emitWasm } from '../../src/loops/emit/wasm.ts'
import { bind } from '../../src/loops/kernel/bind.ts'
import { sameValue } from '../../src/loops/kernel/evaluate.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import type { Kernel, Tables, Value } from '../../src/loops/kernel/ir.ts'
import { type RandomOptions, randomKernel, valuesOf } from '../kernel/random-kernel.ts'
import { runLoop } from './run-loop.ts'

interface Case {
  readonly kernel: Kernel
  readonly tables: Tables
  readonly inputs: readonly Code[]
  readonly outputs: readonly Code[]
  readonly rows: readonly (readonly Value[])[]
}

/** Random kernels between operands of other random dtypes. */
function cases(options: RandomOptions, memory: readonly Code[]): fc.Arbitrary<Case> {
  const dtypes = fc.array(fc.constantFrom(...memory), { minLength: 5, maxLength: 5 })
  return fc
    .tuple(randomKernel({ ...options, elements: 1, size: 100 }), dtypes)
    .chain(([{ kernel, tables }, types]) => {
      const inputs = types.slice(0, kernel.nin)
      const outputs = types.slice(kernel.nin, kernel.nin + kernel.outs.length)
      return fc
        .array(fc.tuple(...inputs.map(valuesOf)), { minLength: 19, maxLength: 19 })
        .map((rows) => ({ kernel, tables, inputs, outputs, rows }))
    })
}

const checked: [string, RandomOptions, readonly Code[]][] = [
  ['ints between small operands', { types: ['i8', 'i8', 'b1', 'i4'] }, ['u1', 'i1', 'u2', 'i2', 'i4', 'u4']],
  ['ints of one byte', { types: ['i8', 'b1', 'u1'], loops: false }, ['u1']],
  ['ints and floats', { types: ['i8', 'f8', 'f4', 'b1'], tables: true }, codes],
]

for (const [name, options, memory] of checked) {
  test(`random kernels, every pass: ${name}`, () => {
    fc.assert(
      fc.property(cases(options, memory), fc.boolean(), ({ kernel, tables, inputs, outputs, rows }, simd) => {
        const bound = bind(kernel, inputs, outputs)
        const request = { kernel, inputs, outputs, simd }
        const loop = emitWasm({ ...request, kernel: lower(request) })
        const want = rows.map((row) => interpret(bound, tables, row))
        const out = runLoop(loop, tables, rows, { class: 'vector', step: () => 1 })
        if ('failed' in out) throw assert.unreachable(`check ${out.failed} failed`)
        out.columns.forEach((column, k) => {
          column.forEach((got, i) => {
            const expected = want[i]?.[k] ?? 0
            if (sameValue(expected, got)) return
            const story = `element ${i}, output ${k}: ${got} instead of ${expected}, of ${rows[i]?.join(', ')}`
            assert.unreachable(`${story} (simd ${simd})\n${ir(request)}`)
          })
        })
      }),
      { numRuns: Number(process.env.LANEWISE_TEST_RUNS ?? 150) },
    )
  })
}

test.run()
