/** What tests read in emitted text: the body of the vector loop, and whether it is one of so many lanes. */
import * as assert from 'uvu/assert'
import { wat } from '../../src/loops/compile.ts'
import { infer } from '../../src/loops/kernel/infer.ts'
import { define } from '../../src/loops/kernel/parse.ts'
import type { CompileRequest, WasmLoop } from '../../src/loops/loop.ts'
import { parseSignature } from '../../src/loops/signature.ts'

/** A kernel with its signature, as a request to compile it for operands of the signature's dtypes. */
export function requestOf(types: string, kernel: ((...args: never[]) => unknown) | string): CompileRequest {
  const signature = parseSignature(types)
  const inputs = signature.inputs.map(({ code }) => code)
  const outputs = (signature.outputs ?? []).map(({ code }) => code)
  const made = infer(define(kernel), inputs, outputs)
  return { kernel: made.kernel, inputs, outputs, simd: true }
}

/** The text of `(loop $main …)`, or of the loop with another label, in `(func $vector …)`: what runs for each step. */
export function mainLoop(text: string, label = 'main'): string {
  const start = text.indexOf(`(loop $${label}`, text.indexOf('(func $vector '))
  assert.ok(start > 0, `a vector loop ${label}`)
  let depth = 0
  for (let i = start; i < text.length; i++) {
    if (text[i] === '(') depth++
    if (text[i] === ')' && --depth === 0) return text.slice(start, i + 1)
  }
  throw new Error('unbalanced text')
}

export const bodyOf = (request: CompileRequest): string => mainLoop(wat(request))

/** Reasons why a body is not one of `lanes` lanes. */
export function faults(body: string, { lanes, notes }: Pick<WasmLoop, 'lanes' | 'notes'>): string[] {
  const found = new Set<string>()
  if (/\(call /.test(body)) found.add('a call')
  if (/\((f32|f64)\.(?!const|convert)/.test(body)) found.add('scalar floats')
  if (!/\bv128\.(load|store)/.test(body)) found.add('no vector load or store')
  const said = notes.some(({ reason }) => reason.includes('lane by lane'))
  if (!said && /_lane(_[su])? \d/.test(body.replace(/v128\.(load|store)\d+_lane/g, '')))
    found.add('single lanes')
  for (const [shape, , count] of body.matchAll(/\b([if]\d+x(\d+))\.(?!const|splat)/g)) {
    if (Number(count) < lanes) found.add(`${shape} where ${lanes} lanes were claimed`)
  }
  return [...found]
}
