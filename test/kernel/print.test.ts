/** The text of every kind of statement and expression, and that random kernels print without a hole. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cast, constant, type Expr, type Kernel, local, op, select, set } from '../../src/loops/kernel/ir.ts'
import { print, printExpr } from '../../src/loops/kernel/print.ts'
import { verify } from '../../src/loops/kernel/verify.ts'
import { randomKernel } from './random-kernel.ts'

const x = local('i8', 0)
const y = local('f8', 1)
const kernel: Kernel = {
  name: 'f',
  source: '',
  locals: [
    { type: 'i8', name: 'x' },
    { type: 'f8', name: 'y' },
    { type: 'f8', name: 'y' },
  ],
  nin: 2,
  outs: [2],
  arrays: [{ name: 'gains', type: 'f8', length: 4 }],
  checks: [{ at: { line: 1, column: 1 }, array: 'gains' }],
  body: [
    {
      kind: 'block',
      label: 0,
      body: [
        {
          kind: 'if',
          cond: op('lt', [x, constant('i8', 3n)]),
          then: [{ kind: 'break', label: 0 }],
          else: [],
        },
        {
          kind: 'loop',
          label: 1,
          body: [
            {
              kind: 'if',
              cond: op('gt', [y, constant('f8', -0)]),
              then: [{ kind: 'break', label: 1 }],
              else: [{ kind: 'continue', label: 1 }],
            },
          ],
          update: [set(1, op('add', [y, constant('f8', 0.5)]))],
        },
      ],
    },
    set(2, { kind: 'load', type: 'f8', array: 0, index: op('and', [x, constant('i8', 3n)]), check: 1 }),
  ],
}

test('a kernel, one statement a line', () => {
  assert.is(
    print(kernel),
    `f(x:i8, y:f8) -> (y.2:f8) {
  table gains:f8[4]
  block L0 {
    if x < 3:i8 {
      break L0
    }
    loop L1 {
      if y > -0:f8 {
        break L1
      } else {
        continue L1
      }
    } update {
      y:f8 = y + 0.5:f8
    }
  }
  y.2:f8 = gains[x & 3:i8]
}
`,
  )
})

test('parentheses where they are needed, and only there', () => {
  const text = (e: Expr) => printExpr(kernel, e)
  const one = constant('f8', 1)
  assert.is(text(op('mul', [op('add', [y, one]), y])), '(y + 1:f8) * y')
  assert.is(text(op('add', [op('mul', [y, one]), y])), 'y * 1:f8 + y')
  assert.is(text(op('sub', [op('sub', [y, one]), y])), 'y - 1:f8 - y')
  assert.is(text(op('sub', [y, op('sub', [y, one])])), 'y - (y - 1:f8)')
  assert.is(text(op('neg', [op('add', [y, y])])), '-(y + y)')
  assert.is(text(op('hypot', [op('add', [y, y]), y])), 'hypot(y + y, y)')
  assert.is(text(cast('i4', op('shr', [x, op('shr', [x, x])]))), 'i4(x >> (x >> x))')
  assert.is(text(select(op('not', [op('eq', [x, x])]), y, one)), '~(x == x) ? y : 1:f8')
  assert.is(text({ kind: 'input', type: 'u1', operand: 1 }), 'input1:u1')
})

test('random kernels are well formed, and their text names every part', () => {
  fc.assert(
    fc.property(randomKernel({ tables: true, functions: true }), ({ kernel }) => {
      assert.equal(verify(kernel), [])
      const text = print(kernel)
      assert.not.match(text, /undefined|\[object|\?:/)
    }),
  )
})

test('a kernel that is not well formed is found out', () => {
  const wrong = (e: Expr) => verify({ ...kernel, body: [set(2, e)] }).join('\n')
  assert.match(wrong(op('add', [y, x])), /operands of f8 and i8/)
  assert.match(wrong(constant('f8', 1n)), /a constant of f8 is a number/)
  assert.match(wrong(constant('u1', 256n)), /does not fit u1/)
  assert.match(wrong(x), /local of f8|of f8 is set to i8/)
  assert.match(wrong(local('f4', 1)), /local 1 is f8, not f4/)
  assert.match(wrong(op('floor', [x])), /floor is not defined on i8/)
  assert.match(wrong(select(x, y, y)), /the condition is i8/)
  assert.match(verify({ ...kernel, body: [{ kind: 'continue', label: 7 }] }).join(), /continue L7/)
})

test.run()
