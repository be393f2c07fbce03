/** Every kernel of the corpus means what V8 makes of the function itself. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Code, codeOf, dtypes } from '../../src/dtype.ts'
import { castValue, leave } from '../../src/loops/kernel/evaluate.ts'
import { infer } from '../../src/loops/kernel/infer.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import type { Value } from '../../src/loops/kernel/ir.ts'
import { define } from '../../src/loops/kernel/parse.ts'
import { verify } from '../../src/loops/kernel/verify.ts'
import { corpus } from './corpus.js'

const floats = [
  0,
  -0,
  1,
  -1,
  0.5,
  -2.75,
  3,
  7,
  5e-324,
  2 ** 31,
  -(2 ** 33) - 1.5,
  1e300,
  Infinity,
  -Infinity,
  NaN,
]
const ints = [
  0,
  1,
  2,
  3,
  5,
  7,
  100,
  127,
  255,
  32767,
  65535,
  2 ** 31 - 1,
  2 ** 32 - 1,
  -1,
  -2,
  -3,
  -128,
  -32768,
  -(2 ** 31),
]

function valuesOf(code: Code): number[] {
  if (dtypes[code].kind === 'f') return floats
  return [...new Set(ints.map((v) => Number(castValue(code, v))))]
}

/** All combinations of a few, a sample of many. */
function* combinations(lists: readonly (readonly number[])[]): Generator<number[]> {
  const total = lists.reduce((n, list) => n * list.length, 1)
  const stride = total > 400 ? 7 : 1
  for (let k = 0; k < total; k += stride) {
    let rest = k
    yield lists.map((list) => {
      const value = list[rest % list.length] ?? 0
      rest = Math.floor(rest / list.length)
      return value
    })
  }
}

const asCode = (name: string): Code => {
  const code = codeOf(name)
  assert.ok(code, name)
  return code
}

for (const { name, inputs, kernel, env } of corpus) {
  for (const dtypeNames of inputs) {
    test(`${name} of ${dtypeNames.join(', ')}`, () => {
      const codesIn = dtypeNames.map(asCode)
      const { kernel: made, tables } = infer(define(kernel, { env }), codesIn)
      assert.equal(verify(made), [])
      const plain = (env ? kernel(env as never) : kernel) as (...args: number[]) => unknown
      const types = made.outs.map((id) => made.locals[id]?.type ?? 'f8')
      for (const args of combinations(codesIn.map(valuesOf))) {
        const result: unknown = plain(...args)
        const want = (Array.isArray(result) ? result : [result]).map((v: Value | undefined, k) => {
          const type = types[k] ?? 'f8'
          return leave(type, castValue(type, v ?? NaN))
        })
        const got = interpret(made, tables, args, { steps: 100_000 })
        assert.ok(
          want.length === got.length && want.every((v, k) => Object.is(v, got[k])),
          `(${args.join(', ')}): ${got.join(', ')}, but V8 has ${want.join(', ')}`,
        )
      }
    })
  }
}

test('the corpus is large', () => {
  assert.ok(corpus.length >= 60)
})

test.run()
