/** A bound kernel is the kernel between two casts. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Code, codes } from '../../src/dtype.ts'
import { bind } from '../../src/loops/kernel/bind.ts'
import { castValue, leave } from '../../src/loops/kernel/evaluate.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import { cast, type Kernel, local, op, set, type Value } from '../../src/loops/kernel/ir.ts'
import { print } from '../../src/loops/kernel/print.ts'
import { verify } from '../../src/loops/kernel/verify.ts'
import { randomKernel, valuesOf } from './random-kernel.ts'

const hypot: Kernel = {
  name: 'hypot',
  source: '',
  locals: [
    { type: 'f8', name: 'x' },
    { type: 'b1', name: 'on' },
    { type: 'f8', name: 'r' },
  ],
  nin: 2,
  outs: [2],
  arrays: [],
  checks: [],
  body: [set(2, op('mul', [local('f8', 0), cast('f8', local('b1', 1))]))],
}

test('operands are read and cast, results are cast and stand in new locals', () => {
  const bound = bind(hypot, ['i4', 'u1'], ['f4'])
  assert.is(
    print(bound),
    `hypot(x:f8, on:b1) -> (out:f4) {
  x:f8 = f8(input0:i4)
  on:b1 = b1(input1:u1)
  r:f8 = x * f8(on)
  out:f4 = f4(r)
}
`,
  )
  assert.equal(interpret(bound, [], [3, 7]), [3])
  assert.equal(interpret(bound, [], [3, 256]), [0], 'a u1 is taken modulo 256 at the door')
  assert.throws(() => bind(hypot, ['i4'], ['f4']), /hypot has 2 inputs and 1 outputs/)
})

test('for random kernels and dtypes', () => {
  const memory = fc.array(fc.constantFrom<Code>(...codes), { minLength: 5, maxLength: 5 })
  const cases = fc.tuple(randomKernel({ elements: 1 }), memory).chain(([{ kernel, tables }, types]) => {
    const inputs = types.slice(0, kernel.nin)
    const outputs = types.slice(kernel.nin, kernel.nin + kernel.outs.length)
    return fc.tuple(...inputs.map(valuesOf)).map((values) => ({ kernel, tables, inputs, outputs, values }))
  })
  fc.assert(
    fc.property(cases, ({ kernel, tables, inputs, outputs, values }) => {
      const bound = bind(kernel, inputs, outputs)
      assert.equal(verify(bound), [])
      const params = values.map((v, k): Value => {
        const own = kernel.locals[k]?.type ?? 'f8'
        return leave(own, castValue(own, castValue(inputs[k] ?? 'f8', v)))
      })
      const inner = interpret(kernel, tables, params)
      const want = inner.map((v, k) => {
        const from = kernel.locals[kernel.outs[k] ?? 0]?.type ?? 'f8'
        const to = outputs[k] ?? 'f8'
        return leave(to, castValue(to, castValue(from, v)))
      })
      assert.equal(interpret(bound, tables, values), want)
    }),
  )
})

test.run()
