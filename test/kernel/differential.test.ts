/** Random source text: the interpreter of the typed IR and V8 agree, whatever the order of effects and jumps. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { infer } from '../../src/loops/kernel/infer.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import { define } from '../../src/loops/kernel/parse.ts'
import { verify } from '../../src/loops/kernel/verify.ts'
import { randomSource } from './random-source.ts'

const count = Number(process.env.LANEWISE_TEST_KERNELS ?? 250)
const inputs = [
  [0, 0],
  [1, -1],
  [-2.5, 3],
  [7, 0.5],
  [NaN, 2],
  [1e9, -Infinity],
] as const

/** The sign of a zero is not asked for: an int has none. */
const plain = (v: unknown): number => Number(v) + 0

test(`${count} random kernels mean what V8 makes of them`, () => {
  for (let seed = 1; seed <= count; seed++) {
    const source = randomSource(seed)
    const inV8 = new Function(`return ${source}`)() as (x: number, y: number) => unknown
    const { kernel, tables } = infer(define(source), ['f8', 'f8'], ['f8'])
    assert.equal(verify(kernel), [], source)
    for (const [x, y] of inputs) {
      const want = plain(inV8(x, y))
      const got = plain(interpret(kernel, tables, [x, y], { steps: 1e6 })[0])
      assert.ok(Object.is(got, want), `seed ${seed} (${x}, ${y}): ${got}, but V8 has ${want}\n${source}`)
    }
  }
})

test.run()
