/** From source to typed IR: what V8 itself makes of the same function is what the interpreter has to make of the IR. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Code } from '../../src/dtype.ts'
import { infer } from '../../src/loops/kernel/infer.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import { define } from '../../src/loops/kernel/parse.ts'

const values = [0, -0, 1, -1, 0.5, -2.75, 3, 1e-310, 2 ** 31, -(2 ** 53), 1e300, Infinity, -Infinity, NaN]

type Kernel = (x: number, y: number) => number

/** On f8 a kernel means what plain JavaScript means. */
function same(name: string, kernel: Kernel): void {
  test(name, () => {
    const { kernel: made, tables } = infer(define(kernel), ['f8', 'f8'])
    for (const x of values) {
      for (const y of values) {
        const [got] = interpret(made, tables, [x, y])
        assert.ok(Object.is(got, Number(kernel(x, y))), `${x}, ${y}: ${got}`)
      }
    }
  })
}

/** The dtype of the result where the signature leaves it out. */
function gives(source: string, inputs: readonly Code[], want: Code): void {
  test(`${source} of ${inputs.join(', ')} is ${want}`, () => {
    const { kernel } = infer(define(source), inputs)
    assert.is(kernel.locals[kernel.outs[0] ?? -1]?.type, want)
  })
}

same('arithmetic', (x, y) => (x * y - x / y) % 3)
same('an early return', (x, y) => {
  if (x < 0) return -x
  const z = x + y
  return z * 2
})
same('a loop with an early return', (x, y) => {
  let n = 0
  while (true) {
    x = x / 2 + y
    n++
    if (n > 8 || x < 1) return n + x
  }
})
gives('(x, y) => x + y', ['i4', 'i4'], 'i4')
gives('(x, y) => x / y', ['u1', 'u1'], 'f8')
gives('(x, y) => x * y', ['u1', 'f4'], 'f4')
gives('(x, y) => x * y', ['i4', 'f4'], 'f8')
gives('(x, y) => x < y', ['i4', 'f4'], 'b1')
gives('x => x * 0.5', ['f4'], 'f4')
gives('x => x * 0.5', ['i2'], 'f8')
gives('x => (x > 0 ? 1 : 2)', ['f4'], 'f8')

test.run()
