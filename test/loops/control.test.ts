/**
 * Control flow in source: random kernels with every kind of statement (early returns, switches, labelled loops, breaks, continues,
 * loops that end when the data says) in scalar code, on lanes and in the interpreter, bit for bit.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Code } from '../../src/dtype.ts'
import { compile } from '../../src/loops/compile.ts'
import { bind } from '../../src/loops/kernel/bind.ts'
import { castValue, leave, sameValue } from '../../src/loops/kernel/evaluate.ts'
import { expand } from '../../src/loops/kernel/expand.ts'
import { infer } from '../../src/loops/kernel/infer.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import { define } from '../../src/loops/kernel/parse.ts'
import { type Dialect, random, randomSource } from '../kernel/random-source.ts'
import { runLoop } from './run-loop.ts'

const dtypes: readonly (readonly [Code, Code, Dialect])[] = [
  ['f8', 'f8', 'floats'],
  ['f4', 'f4', 'floats'],
  ['f8', 'i4', 'floats'],
  ['u1', 'u1', 'integers'],
  ['i1', 'u2', 'integers'],
  ['i4', 'i2', 'integers'],
  ['u4', 'i8', 'integers'],
]
const numbers: Readonly<Record<Dialect, readonly number[]>> = {
  floats: [0, 1, -1, 0.5, 2.5, -3, 7, 100, -0.25, 3],
  integers: [0, 1, -1, 2, -3, 7, 100, 127, 128, 255, -128, 32767, 65535, 2 ** 31 - 1, 2 ** 31],
}
const runs = Number(process.env.LANEWISE_TEST_RUNS ?? 60)

const pick = (r: (n: number) => number, list: readonly number[]): number => list[r(list.length)] ?? 0

for (const [x, y, dialect] of dtypes) {
  const inputs = [x, y]
  test(`random source on (${inputs}): scalar, lanes and interpreter agree`, () => {
    let lanes = 0
    let masked = 0
    const count = Math.ceil(dialect === 'integers' ? runs / 2 : runs)
    for (let seed = 1; seed <= count; seed++) {
      const source = randomSource(seed, dialect)
      const { kernel } = infer(define(source), inputs)
      const outputs = kernel.outs.map((id) => kernel.locals[id]?.type ?? 'f8')
      const r = random(seed)
      const rows = Array.from({ length: 19 }, () =>
        inputs.map((code) => leave(code, castValue(code, pick(r, numbers[dialect])))),
      )
      const meant = expand(bind(kernel, inputs, outputs))
      const want = rows.map((row) => interpret(meant, [], row, { steps: 1_000_000 }))
      for (const simd of [true, false]) {
        const loop = compile({ kernel, inputs, outputs, simd })
        if (simd) {
          assert.ok(loop.vectorized, `on lanes: ${source}`)
          lanes++
          if (/for|while/.test(source)) masked++
        }
        const out = runLoop(loop, [], rows, { class: 'vector', step: () => 1 })
        if ('failed' in out) throw assert.unreachable('a check failed')
        rows.forEach((row, i) => {
          const [expected = 0, got = 0] = [want[i]?.[0], out.columns[0]?.[i]]
          if (!sameValue(expected, got))
            assert.unreachable(
              `${got} instead of ${expected}, of ${row}, simd ${simd}, seed ${seed}\n${source}`,
            )
        })
      }
    }
    assert.is(lanes, count)
    assert.ok(masked > count / 4, `${masked} kernels with loops`)
  })
}

test.run()
