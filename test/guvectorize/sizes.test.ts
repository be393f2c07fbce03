/** Core sizes and loop shapes: NumPy's rules, its vectors and its words. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { BroadcastError, CoreDimensionError, OptionError, OutputError } from '../../src/errors.ts'
import { parseLayout } from '../../src/guvectorize/layout.ts'
import { bindSizes, type SizesOption } from '../../src/guvectorize/sizes.ts'
import { thrown } from '../thrown.ts'

type Shapes = readonly (readonly number[])[]

/** Loop shape and core shapes. */
function bound(
  text: string,
  shapes: Shapes,
  outs?: readonly (readonly number[] | null)[],
  option?: SizesOption,
) {
  const layout = parseLayout(text)
  const none = layout.outputs.map(() => null)
  const { loop, cores } = bindSizes(layout, shapes, outs ?? none, option, 'f')
  return [loop, ...cores]
}

const matmul = '(n?,k),(k,m?)->(n?,m?)'
const bindings: readonly [string, Shapes, Shapes][] = [
  ['(n),(n)->()', [[3], [3]], [[], [3], [3], []]],
  ['(n),(n)->()', [[4, 3], [3]], [[4], [3], [3], []]],
  [
    '(n),(n)->()',
    [
      [4, 1, 3],
      [5, 3],
    ],
    [[4, 5], [3], [3], []],
  ],
  [
    '(m,n),(n,p)->(m,p)',
    [
      [7, 3, 4],
      [4, 5],
    ],
    [[7], [3, 4], [4, 5], [3, 5]],
  ],
  // matmul: (3,)@(3,2), (3,)@(3,), (5,2,3)@(3,), (3,)@(7,3,2)
  [matmul, [[3], [3, 2]], [[], [3], [3, 2], [2]]],
  [matmul, [[3], [3]], [[], [3], [3], []]],
  [matmul, [[5, 2, 3], [3]], [[5], [2, 3], [3], [2]]],
  [matmul, [[3], [7, 3, 2]], [[7], [3], [3, 2], [2]]],
  ['(3),(3)->(3)', [[2, 3], [3]], [[2], [3], [3], [3]]],
  ['(n)->()', [[0]], [[], [0], []]],
  ['(n)->()', [[0, 3]], [[0], [3], []]],
  ['(n|1),(n|1)->(n)', [[1], [4]], [[], [4], [4], [4]]],
  ['(n|1),(n|1)->(n)', [[2, 1], [1]], [[2], [1], [1], [1]]],
  ['(n|1),(n)->()', [[1], [0]], [[], [0], [0], []]],
  ['(m),(n)->(m+n-1)', [[4], [2, 3]], [[2], [4], [3], [6]]],
  ['(n,d)->(n*(n-1)/2)', [[5, 2]], [[], [5, 2], [10]]],
  ['(n),(n)', [[2, 3], [3]], [[2], [3], [3]]],
  ['(),()->()', [[2], [3, 1]], [[3, 2], [], [], []]],
]
for (const [text, shapes, want] of bindings) {
  test(`${text} of ${JSON.stringify(shapes)}`, () => assert.equal(bound(text, shapes), want))
}

test('sizes that only an output has come from the given output', () => {
  assert.equal(bound('()->(n)', [[2]], [[2, 5]]), [[2], [], [5]])
  assert.equal(bound('(m)->(n)', [[4]], [[7, 5]]), [[7], [4], [5]])
})

test('and from the option', () => {
  assert.equal(bound('()->(n)', [[2]], undefined, { n: 3 }), [[2], [], [3]])
  assert.equal(bound('(m)->(n)', [[4]], undefined, { n: ({ m = 0 }) => 2 * m }), [[], [4], [8]])
  const two = { p: ({ q = 0 }) => q + 1, q: 2 }
  assert.equal(bound('(m)->(q,p)', [[4]], undefined, two), [[], [4], [2, 3]])
})

const wrong: readonly [string, Shapes, readonly (readonly number[] | null)[], string, object][] = [
  [
    '(n),(n)->()',
    [[3], [2, 4]],
    [null],
    'f: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature (n),(n)->() (size 4 is different from 3)',
    { name: 'n', sizes: [4, 3], operand: 1 },
  ],
  [
    '(n),(n)->()',
    [[3], [1]],
    [null],
    'f: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature (n),(n)->() (size 1 is different from 3)',
    { name: 'n', sizes: [1, 3], operand: 1 },
  ],
  [
    '(3)->()',
    [[4]],
    [null],
    'f: Input operand 0 has a mismatch in its core dimension 0, with gufunc signature (3)->() (size 4 is different from 3)',
    { name: '3', operand: 0 },
  ],
  [
    '(m,n),(n,p)->(m,p)',
    [[3], [3, 2]],
    [null],
    'f: Input operand 0 does not have enough dimensions (has 1, gufunc core with signature (m,n),(n,p)->(m,p) requires 2)',
    { operand: 0 },
  ],
  [
    matmul,
    [[], [3, 2]],
    [null],
    `f: Input operand 0 does not have enough dimensions (has 0, gufunc core with signature ${matmul} requires 1)`,
    { operand: 0 },
  ],
  [
    '(n)->(n)',
    [[3]],
    [[4]],
    'f: Output operand 0 has a mismatch in its core dimension 0, with gufunc signature (n)->(n) (size 4 is different from 3)',
    { operand: 1 },
  ],
  [
    '(n)->(2*n)',
    [[3]],
    [[5]],
    'f: Output operand 0 has a mismatch in its core dimension 0, with gufunc signature (n)->(2*n) (size 5 is different from 6)',
    { name: '2*n', operand: 1 },
  ],
  [
    '(n)->(n,n)',
    [[3]],
    [[3]],
    'f: Output operand 0 does not have enough dimensions (has 1, gufunc core with signature (n)->(n,n) requires 2)',
    { operand: 1 },
  ],
  [
    '(m)->(n)',
    [[3]],
    [null],
    'f: Output operand 0 has core dimension 0 unspecified, with gufunc signature (m)->(n)',
    { name: 'n', operand: 1 },
  ],
  ['(n)->(n-5)', [[3]], [null], 'f: the size n-5 of an output is -2', { name: 'n-5', operand: 1 }],
]
for (const [text, shapes, outs, message, facts] of wrong) {
  test(`${text} of ${JSON.stringify(shapes)} is refused`, () => {
    const error = thrown(() => bound(text, shapes, outs))
    assert.ok(error instanceof CoreDimensionError, `${error}`)
    assert.ok(error.message.startsWith(message), error.message)
    for (const [key, value] of Object.entries(facts)) assert.equal(Reflect.get(error, key), value)
  })
}

test('loop dimensions broadcast, outputs do not', () => {
  assert.instance(
    thrown(() =>
      bound('(n),(n)->()', [
        [2, 3],
        [4, 3],
      ]),
    ),
    BroadcastError,
  )
  const error = thrown(() => bound('(n),(n)->()', [[2, 3], [3]], [[]]))
  assert.ok(error instanceof OutputError)
  assert.is(error.operand, 2)
  assert.equal(bound('(n)->()', [[3]], [[5]])[0], [5])
})

test('a wrong size from the option', () => {
  for (const n of [-1, 0.5, '3' as unknown as number, () => NaN]) {
    const error = thrown(() => bound('()->(n)', [[]], undefined, { n }))
    assert.ok(error instanceof OptionError)
    assert.is(error.option, 'sizes')
  }
})

test.run()
