/** Masked loops on random kernels: where the mask is true they do what the kernel means, elsewhere nothing changes. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Code, codes } from '../../src/dtype.ts'
import { ir, lower } from '../../src/loops/compile.ts'
import { emitWasm } from '../../src/loops/emit/wasm.ts'
import { bind } from '../../src/loops/kernel/bind.ts'
import { sameValue } from '../../src/loops/kernel/evaluate.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import type { Value } from '../../src/loops/kernel/ir.ts'
import { verify } from '../../src/loops/kernel/verify.ts'
import { type RandomOptions, randomKernel, valuesOf } from '../kernel/random-kernel.ts'
import { type Layout, runLoop } from './run-loop.ts'

const count = 19

const cases = (options: RandomOptions) =>
  fc
    .tuple(
      randomKernel({ ...options, elements: 1, size: 60 }),
      fc.array(fc.constantFrom(...codes), { minLength: 5, maxLength: 5 }),
    )
    .chain(([{ kernel, tables }, types]) => {
      const inputs = types.slice(0, kernel.nin)
      const outputs = types.slice(kernel.nin, kernel.nin + kernel.outs.length)
      const column = (code: Code) => fc.array(valuesOf(code), { minLength: count, maxLength: count })
      return fc.record({
        kernel: fc.constant(kernel),
        tables: fc.constant(tables),
        inputs: fc.constant(inputs),
        outputs: fc.constant(outputs),
        given: fc.tuple(...inputs.map(column)),
        held: fc.tuple(...outputs.map(column)),
        mask: fc.array(fc.boolean(), { minLength: count, maxLength: count }),
        simd: fc.boolean(),
      })
    })

const layouts: readonly Layout[] = [
  { class: 'vector', step: () => 1 },
  { class: 'strided', step: (k) => (k % 2 === 0 ? -2 : 3) },
]

const rowsOf = (columns: readonly (readonly Value[])[]): Value[][] =>
  Array.from({ length: count }, (_, i) => columns.map((column) => column[i] ?? 0))

const kinds: readonly (readonly [string, RandomOptions])[] = [
  ['straight lines', { loops: false }],
  ['loops and branches', {}],
  ['tables', { tables: true, loops: false }],
]

for (const [name, options] of kinds) {
  test(`random kernels under a mask: ${name}`, () => {
    fc.assert(
      fc.property(cases(options), ({ kernel, tables, inputs, outputs, given, held, mask, simd }) => {
        const request = { kernel, inputs, outputs, simd, form: 'masked' as const }
        const lowered = lower(request)
        assert.equal(verify(lowered), [])
        const loop = emitWasm({ ...request, kernel: lowered })
        assert.equal(loop.inputs, [...inputs, 'b1'])
        const bound = bind(kernel, inputs, outputs)
        const before = rowsOf(held)
        const rows = rowsOf([...given, mask])
        const want = rows.map((row, i) => (mask[i] ? interpret(bound, tables, row) : (before[i] ?? [])))
        for (const layout of layouts) {
          const out = runLoop(loop, tables, rows, { ...layout, held: before })
          if ('failed' in out) throw assert.unreachable(`check ${out.failed} failed`)
          out.columns.forEach((column, k) => {
            column.forEach((got, i) => {
              const expected = want[i]?.[k] ?? 0
              if (!sameValue(expected, got))
                assert.unreachable(`element ${i}, ${layout.class}: ${got}, not ${expected}\n${ir(request)}`)
            })
          })
        }
      }),
      { numRuns: Number(process.env.LANEWISE_TEST_RUNS ?? 60) },
    )
  })
}

test.run()
