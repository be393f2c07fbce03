/** The emitted code against the interpreter: random kernels, all types, both stride classes, SIMD and scalar, bit for bit. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { codes } from '../../src/dtype.ts'
import { compile } from '../../src/loops/compile.ts'
import { emitWasm } from '../../src/loops/emit/wasm.ts'
import { bind } from '../../src/loops/kernel/bind.ts'
import { sameValue } from '../../src/loops/kernel/evaluate.ts'
import { infer } from '../../src/loops/kernel/infer.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import type { Kernel, Tables, Value } from '../../src/loops/kernel/ir.ts'
import { define } from '../../src/loops/kernel/parse.ts'
import { print } from '../../src/loops/kernel/print.ts'
import type { WasmLoop } from '../../src/loops/loop.ts'
import { type RandomOptions, randomKernel, valuesOf } from '../kernel/random-kernel.ts'
import { type Layout, runLoop } from './run-loop.ts'

const layouts: readonly Layout[] = [
  { class: 'vector', step: () => 1 },
  { class: 'strided', step: () => 1 },
  { class: 'strided', step: (k) => (k % 2 === 0 ? -2 : 3) },
  { class: 'strided', step: (k) => (k === 1 ? -1 : 1) },
]

type Rows = readonly (readonly Value[])[]

/** The loop does on every layout what the interpreter says of each row. */
function check(loop: WasmLoop, bound: Kernel, tables: Tables, rows: Rows): void {
  assert.ok(WebAssembly.validate(loop.shared as BufferSource), 'the module is valid')
  const want = rows.map((row) => interpret(bound, tables, row, { steps: 100000 }))
  for (const layout of layouts) {
    for (const n of [1, 3 * loop.lanes * loop.interleave - 3]) {
      const chosen = Array.from({ length: n }, (_, i) => i % rows.length)
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
          const facts = `${layout.class}, ${loop.lanes} × ${loop.interleave} lanes`
          assert.unreachable(`${story} (${facts})\n${print(bound)}`)
        })
      })
    }
  }
}

const typesOf = (kernel: Kernel, ids: readonly number[]) => ids.map((id) => kernel.locals[id]?.type ?? 'f8')
const parameters = (kernel: Kernel) => Array.from({ length: kernel.nin }, (_, k) => k)

const cases: [string, RandomOptions][] = [
  ['floats, straight', { types: ['f8', 'f4', 'b1'], loops: false }],
  ['integers, straight', { types: ['i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'b1'], loops: false }],
  [
    'narrowed integers',
    { types: ['i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8'], loops: false, narrowed: true },
  ],
  ['all types, with loops', {}],
  ['f8 with loops', { types: ['f8', 'b1', 'i4'] }],
  ['narrow integers with loops', { types: ['u1', 'i1', 'i2', 'b1'] }],
  ['tables', { types: ['f4', 'i4', 'i8', 'b1'], tables: true }],
]
const runs = Number(process.env.LANEWISE_TEST_RUNS ?? 150)

for (const [name, options] of cases) {
  test(`the emitter on random kernels: ${name}`, () => {
    fc.assert(
      fc.property(randomKernel({ ...options, size: 80 }), fc.boolean(), ({ kernel, tables, rows }, simd) => {
        const inputs = typesOf(kernel, parameters(kernel))
        const outputs = typesOf(kernel, kernel.outs)
        const bound = bind(kernel, inputs, outputs)
        check(emitWasm({ kernel: bound, inputs, outputs, simd }), bound, tables, rows)
      }),
      { numRuns: runs },
    )
  })
}

test('a loop ends when its lanes leave in its condition at the end', () => {
  const definition = define(`x => { let n = 0; do { n++; x /= 2 } while (x >= 1); return n }`)
  const { kernel } = infer(definition, ['f8'], ['i4'])
  const loop = compile({ kernel, inputs: ['f8'], outputs: ['i4'], simd: true })
  check(loop, bind(kernel, ['f8'], ['i4']), [], [[1], [1000], [0.5], [2 ** 40]])
})

test('a loop that ends for the lanes that come to it is not entered when none does', () => {
  const definition = define(`x => {
    let steps = 0
    for (let j = 1; j < 100; j++) {
      if (j > 2) {
        if (x < j) break
        for (let k = 0; k !== 12; k += j) steps++
      }
    }
    return steps
  }`)
  const { kernel } = infer(definition, ['f8'], ['i4'])
  const loop = compile({ kernel, inputs: ['f8'], outputs: ['i4'], simd: true })
  check(loop, bind(kernel, ['f8'], ['i4']), [], [[1], [3], [4], [4.5]])
})

test('the whole pipeline on random kernels, operands of any dtype in memory', () => {
  const kernelAndOperands = randomKernel({ size: 80 }).chain(({ kernel, tables }) => {
    const code = fc.constantFrom(...codes)
    const memory = fc.tuple(
      fc.tuple(...parameters(kernel).map(() => code)),
      fc.tuple(...kernel.outs.map(() => code)),
    )
    return memory.chain(([inputs, outputs]) =>
      fc
        .array(fc.tuple(...inputs.map(valuesOf)), { minLength: 4, maxLength: 4 })
        .map((rows) => ({ kernel, tables, inputs, outputs, rows })),
    )
  })
  fc.assert(
    fc.property(kernelAndOperands, fc.boolean(), ({ kernel, tables, inputs, outputs, rows }, simd) => {
      const loop = compile({ kernel, inputs, outputs, simd })
      check(loop, bind(kernel, inputs, outputs), tables, rows)
    }),
    { numRuns: 2 * runs },
  )
})

test.run()
