/**
 * Math functions on lanes, on scalars and in the interpreter: the same bits, in the middle of random kernels with control flow.
 * Where the engine has relaxed SIMD and fuses, once more with fused multiply-adds.
 */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Code } from '../../src/dtype.ts'
import { laneRows } from '../../src/loops/emit/lanes.ts'
import { scalarRows } from '../../src/loops/emit/scalar.ts'
import { emitWasm } from '../../src/loops/emit/wasm.ts'
import { fuses } from '../../src/loops/fuses.ts'
import { bind } from '../../src/loops/kernel/bind.ts'
import { sameValue } from '../../src/loops/kernel/evaluate.ts'
import { expand } from '../../src/loops/kernel/expand.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import type { Kernel, Value } from '../../src/loops/kernel/ir.ts'
import { functionNames } from '../../src/loops/kernel/math/functions.ts'
import { type Op, opRow, ops } from '../../src/loops/kernel/ops.ts'
import { print } from '../../src/loops/kernel/print.ts'
import { simplify } from '../../src/loops/kernel/simplify.ts'
import { verify } from '../../src/loops/kernel/verify.ts'
import { randomKernel, valuesOf } from '../kernel/random-kernel.ts'
import { runLoop } from '../loops/run-loop.ts'
import { kernelOf } from './run-function.ts'

test('an op on floats has instructions, for scalars and for lanes, or is written in others', () => {
  for (const type of ['f4', 'f8'] as const)
    for (const op of Object.keys(ops) as Op[]) {
      if (!opRow(op).float) continue
      const written = functionNames.includes(op)
      assert.is(scalarRows[type][op] === null, written, `${op} on ${type}, scalar`)
      assert.is(laneRows[type][op] === null, written, `${op} on ${type}, lanes`)
    }
})

const ways = [false, true].filter((fma) => !fma || fuses())
const runs = Number(process.env.LANEWISE_TEST_RUNS ?? 60)

function check(kernel: Kernel, rows: readonly (readonly Value[])[], fma: boolean): void {
  const type = (id: number): Code => kernel.locals[id]?.type ?? 'f8'
  const inputs = Array.from({ length: kernel.nin }, (_, k) => type(k))
  const outputs = kernel.outs.map(type)
  const ready = expand(simplify(bind(kernel, inputs, outputs)), fma)
  assert.equal(verify(ready), [])
  const want = rows.map((row) => interpret(ready, [], row, { steps: 1000000 }))
  for (const simd of [true, false]) {
    const loop = emitWasm({ kernel: ready, inputs, outputs, simd, fma })
    assert.ok(WebAssembly.validate(loop.shared as BufferSource), 'the module is valid')
    assert.is(loop.vectorized, simd, 'nothing keeps it off the lanes')
    const layout = { class: 'vector', step: () => 1 } as const
    const out = runLoop(loop, [], rows, layout)
    if ('failed' in out) throw assert.unreachable(`check ${out.failed} failed`)
    out.columns.forEach((column, k) => {
      column.forEach((got, i) => {
        const expected = (want[i] as Value[])[k] as Value
        if (sameValue(expected, got)) return
        const story = `row ${i}, output ${k}: ${got} instead of ${expected} (simd ${simd}, fma ${fma})`
        assert.unreachable(`${story}\n${rows[i]}\n${print(kernel)}`)
      })
    })
  }
}

for (const fma of ways) {
  for (const name of functionNames) {
    for (const type of ['f8', 'f4'] as const) {
      test(`${name} on ${type}${fma ? ', fused' : ''}: one result on lanes, scalars and in the interpreter`, () => {
        const kernel = kernelOf(name, type)
        const row = fc.tuple(...Array.from({ length: kernel.nin }, () => valuesOf(type)))
        const [rows = []] = fc.sample(fc.array(row, { minLength: 150, maxLength: 150 }), {
          numRuns: 1,
          seed: 7,
        })
        check(kernel, rows, fma)
      })
    }
  }

  test(`random kernels with functions${fma ? ', fused' : ''}`, () => {
    const options = { types: ['f8', 'f4', 'b1', 'i4'] as Code[], functions: true, size: 80, elements: 9 }
    fc.assert(
      fc.property(randomKernel(options), ({ kernel, rows }) => check(kernel, rows, fma)),
      { numRuns: runs },
    )
  })
}

test.run()
