/** What gufuncs of NumPy do not have: masks, reductions, promises that are checked; and large operands, which go in parts. */
import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  AxisError,
  BroadcastError,
  CoreDimensionError,
  NoLoopError,
  OptionError,
  OutputError,
  SignatureError,
} from '../../src/errors.ts'
import { array, guvectorize, jit, ready, resident, toArray } from '../../src/index.ts'
import { thrown } from '../thrown.ts'

// biome-ignore lint/suspicious/noExplicitAny: arguments and results of every kind are the subject here
type Any = any

await ready()

const values = (x: Any): Any => toArray(x)
const f8 = (shape: readonly number[], fill: (i: number) => number = (i) => i + 1) =>
  ndarray(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => fill(i)),
    [...shape],
  )

const square = `(a, b, out) => {
  for (let i = 0; i < a.shape[0]; i++) for (let j = 0; j < b.shape[1]; j++) {
    let s = 0
    for (let k = 0; k < b.shape[0]; k++) s += a[i][k] * b[k][j]
    out[i][j] = s
  }
}`

for (const target of ['cpu', 'js']) {
  const cumsum = guvectorize(
    '(n)->(n)',
    '(a, out) => { let s = 0; for (let i = 0; i < a.length; i++) { s += a[i]; out[i] = s } }',
    {
      target,
      name: 'cumsum',
    },
  ) as Any
  const dot = guvectorize(
    '(n),(n)->()',
    '(a, b) => { let s = 0; for (let i = 0; i < a.length; i++) s += a[i] * b[i]; return s }',
    { target, name: 'dot' },
  ) as Any
  const pick = guvectorize('(n),()->()', '(a, i) => a[i]', { target, name: 'pick' }) as Any
  const matmul = guvectorize('(m,n),(n,p)->(m,p)', square, { target, name: 'matmul' }) as Any

  test(`${target}: where chooses core calls; the rest of out stays, of a new result is 0`, () => {
    const x = f8([4, 2])
    const mask = [true, false, false, true]
    assert.equal(values(cumsum(x, { where: mask })), [
      [1, 3],
      [0, 0],
      [0, 0],
      [7, 15],
    ])
    for (const wrap of [(y: Any) => y, resident]) {
      const out = wrap(f8([4, 2], () => 9))
      assert.is(cumsum(wrap(x), out, { where: Uint8Array.from(mask, Number) }), out)
      assert.equal(values(out), [
        [1, 3],
        [9, 9],
        [9, 9],
        [7, 15],
      ])
    }
    // It stretches, and makes the result larger.
    assert.equal(values(dot(x, x, { where: [[true, true, false, false], mask] })), [
      [5, 25, 0, 0],
      [5, 0, 0, 113],
    ])
    assert.equal(values(cumsum([1, 2], { where: [true, false] })), [
      [1, 3],
      [0, 0],
    ])
    assert.equal(values(cumsum(x, { where: false })), values(f8([4, 2], () => 0)))
    assert.equal(values(cumsum(x, { where: true }))[3], [7, 15])
    // What is left out is not computed: no index of it is looked at.
    assert.equal(values(pick(x, BigInt64Array.of(1n, 9n, -1n, 0n), { where: mask })), [2, 0, 0, 7])
    // A result of another dtype keeps what no loop could hold.
    const big = BigInt64Array.of(2n ** 60n + 1n, 0n)
    dot(f8([2, 1]), f8([2, 1]), ndarray(big), { where: [false, true], casting: 'unsafe' })
    assert.equal([...big], [2n ** 60n + 1n, 4n])
    // A mask that is the output's own memory is read before it is written.
    const bytes = Uint8Array.of(1, 0, 1)
    const plus = guvectorize(
      '(n)->(n)',
      '(a, out) => { for (let i = 0; i < a.length; i++) out[i] = a[i] - 1 }',
      { target },
    ) as Any
    plus(ndarray(Uint8Array.of(1, 7, 9), [3, 1]), ndarray(bytes, [3, 1]), { where: ndarray(bytes) })
    assert.equal([...bytes], [0, 0, 8])
    assert.instance(
      thrown(() => cumsum(x, { where: [true, false, true] })),
      BroadcastError,
    )
  })

  test(`${target}: where over random views gives what plain calls give`, () => {
    let state = 7
    const random = (n: number) => {
      state = (state * 1103515245 + 12345) % 2 ** 31
      return Math.floor((state / 2 ** 31) * n)
    }
    for (let run = 0; run < 20; run++) {
      const [a, b] = [1 + random(4), 1 + random(4)]
      const x =
        run % 2
          ? f8([b, a, 3], () => random(9)).transpose(1, 0, 2)
          : f8([a, b, 3], () => random(9)).step(1, -1, -1)
      const mask = ndarray(
        Uint8Array.from({ length: a * b }, () => random(2)),
        [a, b],
        run % 3 ? [b, 1] : [1, a],
      )
      const all = cumsum(x)
      const out = f8([a, b, 3], () => -1)
      cumsum(run % 3 === 0 ? resident(x) : x, run % 5 === 0 ? out.transpose(0, 1, 2) : out, { where: mask })
      for (let i = 0; i < a; i++)
        for (let j = 0; j < b; j++)
          for (let k = 0; k < 3; k++) assert.is(out.get(i, j, k), mask.get(i, j) ? all.get(i, j, k) : -1)
    }
  })

  test(`${target}: reduce joins loop axes from the left, where the layout allows it`, () => {
    const a = [
      [1, 1],
      [0, 1],
    ]
    const b = [
      [1, 0],
      [1, 1],
    ]
    const two = values(matmul(a, b))
    assert.equal(values(matmul.reduce([a, b])), two)
    assert.equal(values(matmul.reduce([a, b, a])), values(matmul(two, a)))
    assert.equal(values(matmul.reduce([a, b], { keepdims: true })), [two])
    assert.equal(
      values(
        matmul.reduce(
          [
            [a, b],
            [b, a],
          ],
          { axis: 1 },
        ),
      ),
      [two, values(matmul(b, a))],
    )
    assert.equal(
      values(
        matmul.reduce(
          [
            [a, b],
            [b, a],
          ],
          { axis: -1 },
        ),
      ),
      [two, values(matmul(b, a))],
    )
    assert.equal(values(matmul.reduce([[a, b]], { axis: 0 })), [a, b])
    assert.equal(
      values(
        matmul.reduce([a, b], {
          initial: [
            [0, 1],
            [1, 0],
          ],
        }),
      ),
      values(
        matmul(
          matmul(
            [
              [0, 1],
              [1, 0],
            ],
            a,
          ),
          b,
        ),
      ),
    )
    const none = ndarray(new Float64Array(0), [0, 2, 2])
    assert.equal(
      values(
        matmul.reduce(none, {
          initial: [
            [1, 0],
            [0, 1],
          ],
        }),
      ),
      [
        [1, 0],
        [0, 1],
      ],
    )
    assert.equal(values(matmul.reduce(a, { axis: [] })), a)
    const out = f8([2, 2])
    assert.is(matmul.reduce([a, b], { out }), out)
    assert.equal(values(out), two)
    const ints = matmul.reduce(ndarray(Int32Array.of(1, 2, 3, 4, 1, 0, 0, 1), [2, 2, 2]))
    assert.instance(ints.data, Int32Array)
    assert.instance(matmul.reduce([a, b], { dtype: 'f4' }).data, Float32Array)
    // Where the order does not matter, several axes.
    const add = guvectorize(
      '(n),(n)->(n)',
      '(a, b, out) => { for (let i = 0; i < a.length; i++) out[i] = a[i] + b[i] }',
      { target, identity: 0, name: 'add' },
    ) as Any
    assert.equal(values(add.reduce(f8([2, 3, 2]), { axis: [0, 1] })), [36, 42])
    assert.equal(add.reduce(f8([2, 3, 2]), { axis: null, keepdims: true }).shape, [1, 1, 2])
    assert.equal(values(add.reduce(ndarray(new Float64Array(0), [0, 2]))), [0, 0])
    const refused: readonly [() => unknown, unknown, RegExp][] = [
      [() => dot.reduce(f8([2, 2])), NoLoopError, /Reduction not defined on ufunc with signature/],
      [
        () => matmul.reduce(none),
        NoLoopError,
        /zero-size array to reduction operation matmul which has no identity/,
      ],
      [() => matmul.reduce(f8([2, 2, 2, 2]), { axis: [0, 1] }), NoLoopError, /not reorderable/],
      [() => matmul.reduce(f8([2, 2, 2]), { axis: 1 }), AxisError, /axis 1 is out of bounds/],
      [() => matmul.reduce(f8([2, 2, 3])), CoreDimensionError, /mismatch|shape/],
      [() => matmul.reduce([1, 2]), CoreDimensionError, /enough dimensions/],
      [() => matmul.reduce(f8([2, 2, 2]), { out: f8([2]) }), OutputError, /non-broadcastable/],
      [() => matmul.reduce(f8([2, 2, 2]), { where: true, initial: 1, x: 1 }), OptionError, /unknown option/],
      [() => matmul.reduce(f8([2, 2, 2]), { where: [true, false] }), OptionError, /where/],
      [() => matmul.reduce(f8([2, 2, 2]), { initial: [1, 2, 3] }), BroadcastError, /initial/],
    ]
    for (const [run, error, message] of refused) {
      const made = thrown(run)
      assert.instance(made, error, `${made}`)
      assert.match(made.message, message)
    }
  })

  test(`${target}: f8[::1] is checked`, () => {
    const first = guvectorize(
      'void(f8[::1],f8[::1])',
      '(n)->(n)',
      '(a, out) => { for (let i = 0; i < a.length; i++) out[i] = 2 * a[i] }',
      { target, name: 'double' },
    ) as Any
    const x = Float64Array.of(1, 2, 3, 4)
    const odd = ndarray(x, [2], [2])
    assert.equal(values(first(x)), [2, 4, 6, 8])
    assert.equal(values(first(ndarray(x, [2, 2], [1, 2]).transpose(1, 0))), [
      [2, 4],
      [6, 8],
    ])
    assert.equal(values(first(f8([3, 2]), { axis: -1 })), [
      [2, 4],
      [6, 8],
      [10, 12],
    ])
    const error = thrown(() => first(odd))
    assert.instance(error, NoLoopError)
    assert.match(error.message, 'double: operand 0 is not contiguous')
    assert.equal(values(first(array(odd))), [2, 6])
    assert.instance(
      thrown(() => first([1, 2], ndarray(new Float64Array(4), [2], [2]))),
      NoLoopError,
    )
    assert.instance(
      thrown(() => first(f8([3, 2]), { axis: 0 })),
      NoLoopError,
    )
    const columns = (jit as Any)('f8(f8[::1,:])', '(a) => a[1][0] * 10 + a[0][1]', { target })
    const c = ndarray(Float64Array.of(1, 2, 3, 4), [2, 2])
    assert.is(columns(c.transpose(1, 0)), 23)
    assert.instance(
      thrown(() => columns(c)),
      NoLoopError,
    )
    assert.is((jit as Any)('f8(f8[:,::1])', '(a) => a[1][0] * 10 + a[0][1]', { target })(c), 32)
    assert.equal(first.types, ['void(f8[::1],f8[::1])'])
  })
}

test('f8[::1] on a dimension that may stretch or be missing is refused', () => {
  for (const layout of ['(n|1),(n|1)->(n)', '(n?),(n?)->(n?)'])
    assert.instance(
      thrown(() =>
        guvectorize('void(f8[::1],f8[:],f8[:])', layout, '(a, b, out) => { out[0] = a[0] + b[0] }'),
      ),
      SignatureError,
    )
})

test('large plain operands go through wasm memory in parts', () => {
  const cumsum = guvectorize(
    'void(f8[:],f8[:],f8[:])',
    '(n),(m)->(n)',
    '(a, b, out) => { let s = b[0]; for (let i = 0; i < a.length; i++) { s += a[i]; out[i] = s } }',
  ) as Any
  const rows = 3 * 70_000 + 1
  const x = f8([rows, 4], (i) => i % 97)
  const first = Float64Array.of(5)
  const mask = ndarray(Uint8Array.from({ length: rows }, (_, i) => Number(i % 3 !== 1)))
  for (const options of [{}, { where: mask }]) {
    const out = cumsum(x, first, options)
    for (let i = 0; i < rows; i += 997) {
      let s = 5
      for (let k = 0; k < 4; k++) {
        s += x.get(i, k)
        assert.is(out.get(i, k), 'where' in options && i % 3 === 1 ? 0 : s)
      }
    }
    assert.ok(cumsum.explain().last.calls > 1)
  }
  const fortran = ndarray(x.data, [4, rows], [1, 4])
  const sums = cumsum(fortran, first, { axes: [0, 0, 0] })
  assert.is(sums.get(3, rows - 1), cumsum(x, first).get(rows - 1, 3))
})

test.run()
