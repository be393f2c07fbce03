/** What kernels write to: distinct arrays in which it can be found afterwards; and sizes that only outputs have. */
import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { CoreDimensionError, OptionError, OutputError, SignatureError } from '../../src/errors.ts'
import { guvectorize, jit, ready, resident, toArray, vectorize } from '../../src/index.ts'
import { thrown } from '../thrown.ts'

// biome-ignore lint/suspicious/noExplicitAny: arguments and results of every kind are the subject here
type Any = any

await ready()

const values = (x: Any): Any => toArray(x)

const both = '(a, o, p) => { for (let i = 0; i < a.length; i++) { o[i] = a[i]; p[i] = 10 * a[i] } }'

for (const target of ['cpu', 'js']) {
  test(`${target}: outputs that share memory are refused, and nothing is written`, () => {
    const f = guvectorize('(n)->(n),(n)', both, { target }) as Any
    const divmod = vectorize('UniTuple(f8,2)(f8,f8)', (x, y) => [Math.floor(x / y), x % y], { target }) as Any
    for (const own of [new Float64Array(6), resident(new Float64Array(6)).data]) {
      const at = (offset: number, stride = 1) => ({ data: own, shape: [3], stride: [stride], offset })
      for (const out of [
        [at(0), at(0)],
        [at(0), at(2)],
        [at(0, 2), at(2, 1)],
      ]) {
        for (const run of [() => f([1, 2, 3], { out }), () => divmod([7, 8, 9], 2, { out })]) {
          const error = thrown(run)
          assert.instance(error, OutputError)
          assert.match(error.message, /are both written, but share memory/)
        }
        assert.ok([...own].every((v) => v === 0))
      }
      f([1, 2, 3], { out: [at(0, 2), at(1, 2)] })
      assert.equal([...own], [1, 10, 2, 20, 3, 30])
      divmod([7, 8, 9], 2, { out: [at(0, 2), at(1, 2)] })
      assert.equal([...own], [3, 1, 4, 0, 4, 1])
      own.fill(0)
    }
  })

  test(`${target}: so are arguments that a kernel writes to`, () => {
    const swap = (jit as Any)(
      'void(f8[:],f8[:])',
      '(a, b) => { for (let i = 0; i < a.length; i++) { const t = a[i]; a[i] = b[i]; b[i] = t } }',
      { target },
    )
    const data = Float64Array.of(1, 2, 3, 4)
    assert.instance(
      thrown(() => swap(data.subarray(0, 3), data.subarray(1))),
      OutputError,
    )
    swap(data.subarray(0, 2), data.subarray(2))
    assert.equal([...data], [3, 4, 1, 2])
    const scaled = guvectorize('(n)->()', '(a, o) => { o[0] = a[0]; a[0] = 9 }', {
      target,
      writableArgs: ['a'],
    }) as Any
    assert.instance(
      thrown(() => scaled(data, { out: { data, shape: [], stride: [], offset: 0 } })),
      OutputError,
    )
  })

  test(`${target}: writes that nobody could see are refused`, () => {
    const f = guvectorize('(n),(n)', '(a, b) => { for (let i = 0; i < a.length; i++) b[i] += a[i] }', {
      target,
      writableArgs: ['b'],
    }) as Any
    const ramp = (jit as Any)('void(f8[:],f8)', '(u, k) => { u[0] = k }', { target })
    const set = guvectorize('void(i4[:],i4[:])', '()->()', '(a, o) => { a[0] = 6; o[0] = 5 }', {
      target,
      writableArgs: [0],
    }) as Any
    for (const run of [
      () => f([1, 2], [0, 0]),
      () => f([1, 2], ndarray([0, 0] as Any, [2])),
      () => ramp([1, 2], 3),
      () => set(1),
    ]) {
      const error = thrown(run)
      assert.instance(error, OutputError)
      assert.match(error.message, /of which it has a copy/)
    }
    const into = Int32Array.of(1, 2)
    assert.equal(values(set(into)), [5, 5])
    assert.equal([...into], [6, 6])
  })

  test(`${target}: what is written does not stretch over loop dimensions`, () => {
    const f = guvectorize('(n),(n)', '(a, b) => { for (let i = 0; i < a.length; i++) b[i] += a[i] }', {
      target,
      writableArgs: ['b'],
    }) as Any
    const rows = ndarray(Float64Array.of(1, 2, 3, 4), [2, 2])
    const error = thrown(() => f(rows, new Float64Array(2)))
    assert.instance(error, OutputError)
    assert.match(
      error.message,
      "non-broadcastable output operand with shape () doesn't match the broadcast shape (2,)",
    )
    assert.equal([error.operand, error.shape, error.want], [1, [], [2]])
    const into = ndarray(new Float64Array(4), [2, 2])
    f([1, 2], into)
    assert.equal(values(into), [
      [1, 2],
      [1, 2],
    ])
  })
}

test('nor over a core dimension', () => {
  const error = thrown(() => guvectorize('(n|1),(n)', '(a, b) => { a[0] = b[0] }', { writableArgs: ['a'] }))
  assert.instance(error, OptionError)
  assert.match(error.message, /input 0, which may stretch/)
})

test('jit has no writableArgs, and says why', () => {
  const error = thrown(() => (jit as Any)('void(f8[:])', '(u) => { u[0] = 1 }', { writableArgs: ['u'] }))
  assert.instance(error, OptionError)
  assert.match(error.message, /one of jit may write to all that it is given/)
})

const fill = '(a, o) => { for (let i = 0; i < o.length; i++) o[i] = i }'

test('sizes tells those sizes that only outputs have, and a given output agrees with it', () => {
  const f = guvectorize('(m)->(n)', fill, { sizes: { n: ({ m = 0 }: Any) => 2 * m } } as Any) as Any
  assert.equal(values(f([1, 2])), [0, 1, 2, 3])
  const error = thrown(() => f([1, 2], new Float64Array(3)))
  assert.instance(error, CoreDimensionError)
  assert.match(
    error.message,
    'Output operand 0 has a mismatch in its core dimension 0, with gufunc signature (m)->(n) (size 3 is different from 4)',
  )
  assert.equal([error.name, error.sizes, error.operand], ['n', [3, 4], 1])
  for (const [layout, sizes, known] of [
    ['(m)->(n)', { m: 3 }, ['n']],
    ['(m)->(n)', { k: 3 }, ['n']],
    ['(m)->(m)', { m: 3 }, []],
    ['(m)->(m+1)', { 'm+1': 3 }, []],
  ] as const) {
    const wrong = thrown(() => guvectorize(layout, fill, { sizes } as Any))
    assert.instance(wrong, OptionError)
    assert.equal([wrong.option, wrong.known], ['sizes', [...known]])
  }
})

test('size expressions are made of sizes that inputs have', () => {
  const error = thrown(() => guvectorize('(n)->(m),(m+1)', both))
  assert.instance(error, SignatureError)
  assert.is(
    error.message,
    `the size expression uses 'm', which no input has at position 10 in "(n)->(m),(m+1)"`,
  )
})

test.run()
