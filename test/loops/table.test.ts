/** The kernel table of the benchmarks: what a loop claims about its lanes is what its body holds. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { kernels } from '../../bench/kernels.mjs'
import { compile, wat } from '../../src/loops/compile.ts'
import { infer } from '../../src/loops/kernel/infer.ts'
import { define } from '../../src/loops/kernel/parse.ts'
import type { CompileRequest } from '../../src/loops/loop.ts'
import { parseSignature } from '../../src/loops/signature.ts'

/** The text of `(loop $main …)` in `(func $vector …)`: what runs for each step. */
export function mainLoop(text: string): string {
  const start = text.indexOf('(loop $main', text.indexOf('(func $vector'))
  assert.ok(start > 0, 'a vector loop')
  let depth = 0
  for (let i = start; i < text.length; i++) {
    if (text[i] === '(') depth++
    if (text[i] === ')' && --depth === 0) return text.slice(start, i + 1)
  }
  throw new Error('unbalanced text')
}

/** Reasons why a body is not one of `lanes` lanes. */
function faults(body: string, lanes: number): string[] {
  const found: string[] = []
  if (/\(call /.test(body)) found.push('a call')
  if (/\((f32|f64)\.(?!const)/.test(body)) found.push('scalar floats')
  if (!/\bv128\.(load|store)/.test(body)) found.push('no vector load or store')
  for (const [shape, , count] of body.matchAll(/\b([if]\d+x(\d+))\.(?!const|splat)/g)) {
    if (Number(count) < lanes) found.push(`${shape} where ${lanes} lanes were claimed`)
  }
  return found
}

function requestOf(row: (typeof kernels)[number]): CompileRequest {
  const signature = parseSignature(row.types)
  const inputs = signature.inputs.map(({ code }) => code)
  const outputs = (signature.outputs ?? []).map(({ code }) => code)
  const { kernel } = infer(define(row.kernel), inputs, outputs)
  return { kernel, inputs, outputs, simd: true }
}

test('the check sees calls, scalar floats and narrow shapes', () => {
  assert.equal(faults('(v128.load)(call $x)(f64.add)(f64x2.add)', 4).length, 3)
  assert.equal(faults('(v128.load)(f64x2.add)(f64.const 1)', 2), [])
})

for (const row of kernels) {
  test(`${row.types} ${row.name}`, () => {
    const request = requestOf(row)
    const loop = compile(request)
    if (!loop.vectorized) {
      assert.ok(loop.notes.length > 0, 'a scalar loop says why')
      for (const note of loop.notes) assert.ok(note.line >= 1 && note.column >= 1)
      return
    }
    const body = mainLoop(wat(request))
    assert.equal([...new Set(faults(body, loop.lanes))], [])
  })
}

test.run()
