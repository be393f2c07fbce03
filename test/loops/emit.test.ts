/** The emitted code against the interpreter: random kernels, all types, both stride classes, SIMD and scalar, bit for bit. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { emitWasm } from '../../src/loops/emit/wasm.ts'
import { bind } from '../../src/loops/kernel/bind.ts'
import { sameValue } from '../../src/loops/kernel/evaluate.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import type { Kernel, Tables, Value } from '../../src/loops/kernel/ir.ts'
import { print } from '../../src/loops/kernel/print.ts'
import { type RandomOptions, randomKernel } from '../kernel/random-kernel.ts'
import { type Layout, runLoop } from './run-loop.ts'

const layouts: readonly Layout[] = [
  { class: 'vector', step: () => 1 },
  { class: 'strided', step: () => 1 },
  { class: 'strided', step: (k) => (k % 2 === 0 ? -2 : 3) },
]

function bound(kernel: Kernel): Kernel {
  const type = (id: number) => kernel.locals[id]?.type ?? 'f8'
  const inputs = Array.from({ length: kernel.nin }, (_, k) => type(k))
  return bind(kernel, inputs, kernel.outs.map(type))
}

function check(kernel: Kernel, tables: Tables, rows: readonly (readonly Value[])[], simd: boolean): void {
  const type = (id: number) => kernel.locals[id]?.type ?? 'f8'
  const inputs = Array.from({ length: kernel.nin }, (_, k) => type(k))
  const outputs = kernel.outs.map(type)
  const ready = bound(kernel)
  const loop = emitWasm({ kernel: ready, inputs, outputs, simd })
  assert.ok(WebAssembly.validate(loop.shared as BufferSource), 'the module is valid')
  const want = rows.map((row) => interpret(kernel, tables, row, { steps: 100000 }))
  // 1 … n elements, so that every length of rest is met.
  const many = Array.from({ length: 21 }, (_, i) => i % rows.length)
  for (const layout of layouts) {
    for (const n of [1, many.length]) {
      const chosen = many.slice(0, n)
      const out = runLoop(
        loop,
        tables,
        chosen.map((i) => rows[i] as Value[]),
        layout,
      )
      if ('failed' in out) throw assert.unreachable(`check ${out.failed} failed`)
      out.columns.forEach((column, k) => {
        column.forEach((got, i) => {
          const expected = (want[chosen[i] as number] as Value[])[k] as Value
          if (sameValue(expected, got)) return
          const story = `element ${i} of ${n}, output ${k}: ${got} instead of ${expected}`
          const facts = `simd ${simd}, ${layout.class}, ${loop.lanes} × ${loop.interleave} lanes`
          assert.unreachable(`${story} (${facts})\n${print(kernel)}`)
        })
      })
    }
  }
}

const cases: [string, RandomOptions][] = [
  ['floats, straight', { types: ['f8', 'f4', 'b1'], loops: false }],
  ['integers, straight', { types: ['i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'b1'], loops: false }],
  ['all types, with loops', {}],
  ['f8 with loops', { types: ['f8', 'b1', 'i4'] }],
  ['narrow integers with loops', { types: ['u1', 'i1', 'i2', 'b1'] }],
  ['tables', { types: ['f4', 'i4', 'i8', 'b1'], tables: true }],
]
const runs = Number(process.env.LANEWISE_TEST_RUNS ?? 150)

for (const [name, options] of cases) {
  test(`random kernels: ${name}`, () => {
    fc.assert(
      fc.property(randomKernel({ ...options, size: 80 }), fc.boolean(), ({ kernel, tables, rows }, simd) => {
        check(kernel, tables, rows, simd)
      }),
      { numRuns: runs },
    )
  })
}

test.run()
