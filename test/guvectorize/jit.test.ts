/** jit on whole arrays: arguments, results that the kernel makes, functions as arguments, and what is refused. */
import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  BoundsError,
  CastingError,
  CoreDimensionError,
  KernelSyntaxError,
  MemoryError,
  NoLoopError,
  OptionError,
  SignatureError,
} from '../../src/errors.ts'
import {
  emptyLike,
  guvectorize,
  isResident,
  jit,
  plain,
  ready,
  resident,
  toArray,
  vectorize,
  zeros,
} from '../../src/index.ts'
import { thrown } from '../thrown.ts'

// biome-ignore lint/suspicious/noExplicitAny: arguments and results of every kind are the subject here
type Any = any

await ready()

const values = (x: Any): Any => toArray(x)

const sum2dText = `(a) => {
  let s = 0
  for (let i = 0; i < a.shape[0]; i++) for (let j = 0; j < a.shape[1]; j++) s += a[i][j]
  return s
}`

for (const target of ['cpu', 'js']) {
  const make = (...args: Any[]): Any => (jit as Any)(...args, { target })

  test(`${target}: an array in, a number out`, () => {
    const sum2d = make('f8(f8[:,:])', sum2dText)
    const rows = [
      [1, 2],
      [3, 4.5],
    ]
    assert.is(sum2d(rows), 10.5)
    assert.is(sum2d(resident(ndarray(Float64Array.of(1, 2, 3, 4), [2, 2]).transpose(1, 0))), 10)
    assert.is(sum2d(ndarray(Int16Array.of(1, 2, 3, 4), [4, 1], [-1, 9], 3)), 10)
    assert.is(sum2d(ndarray(new Float64Array(0), [0, 3])), 0)
    assert.equal(sum2d.types, ['f8(f8[:,:])'])
    assert.is(sum2d.explain().last.target, target)
    assert.instance(
      thrown(() => sum2d(ndarray(new BigInt64Array(4), [2, 2]), rows, rows)),
      NoLoopError,
    )
    assert.is(typeof make('i8(i4[:])', '(a) => a[0]')(Int32Array.of(7)), 'bigint')
    assert.is(make('b1(f8[:])', '(a) => a[0] > 1')([2]), true)
    assert.is(make('f4(f4[:])', '(a) => a[0] + 0.1')(Float32Array.of(1)), Math.fround(1.1))
  })

  test(`${target}: signatures of several ranks and dtypes; the ranks choose, then the dtypes`, () => {
    const first = make(['f4(f4[:])', 'f8(f8[:])', 'f8(f8)'], '(a) => { let s = 0; s += 1; return s }')
    assert.is(first(Float32Array.of(5)), 1)
    assert.is(first(5), 1)
    const error = thrown(() =>
      first([
        [1, 2],
        [3, 4],
      ]),
    )
    assert.instance(error, NoLoopError)
    assert.match(error.message, '(2-d array)')
  })

  test(`${target}: arrays that the kernel makes are returned`, () => {
    const scaled = make(
      ['f4[:](f4[:],f4)', 'f8[:](f8[:],f8)'],
      '(u, k) => { const out = emptyLike(u); for (let i = 0; i < u.length; i++) out[i] = u[i] * k; return out }',
    )
    assert.equal(values(scaled([1, 2, 3], 2)), [2, 4, 6])
    assert.instance(scaled(Float32Array.of(1), 2).data, Float32Array)
    assert.ok(isResident(scaled(resident(Float64Array.of(1, 2)), 3)))
    const table = make(
      'f8[:,:](f8[:],f8[:])',
      '(a, b) => { const t = zeros([a.length, b.length]); for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) t[i][j] = a[i] * b[j]; return t }',
    )
    assert.equal(values(table([1, 2], [3, 4, 5])), [
      [3, 4, 5],
      [6, 8, 10],
    ])
    const conv = make(
      '(u, v) => { const n = u.length + v.length - 1; const out = empty(n); for (let i = 0; i < u.length; i++) for (let j = 0; j < v.length; j++) out[i + j] += u[i] * v[j]; return out }',
    )
    assert.equal(values(conv([1, 2, 3], [1, 10])), [1, 12, 23, 30])
    assert.instance(conv(Int32Array.of(1, 2), Int32Array.of(3)).data, Int32Array)
    const stats = make(
      '(a) => { let s = 0; const sq = emptyLike(a); for (let i = 0; i < a.length; i++) { s += a[i]; sq[i] = a[i] * a[i] } return [s, sq] }',
    )
    const [sum, squares] = stats([1, 2, 3])
    assert.equal([sum, values(squares)], [6, [1, 4, 9]])
    const steps = make(
      'f8[:](f8,f8)',
      '(n, d) => { const out = new Float64Array(n); for (let i = 0; i < n; i++) out[i] = i * d; return out }',
    )
    assert.equal(values(steps(3, 0.5)), [0, 0.5, 1])
    assert.equal(values(steps(0, 0.5)), [])
    assert.equal(values(make('i4[:](f8)', "(n) => full(n, 7, 'i4')")(2)), [7, 7])
    assert.equal(values(make('(n) => ones([n, 2])')(1)), [[1, 1]])
  })

  test(`${target}: sizes that the kernel has to compute first, and arrays that are made again`, () => {
    const positive = make(
      'f8[:](f8[:])',
      '(u) => { let c = 0; for (const x of u) if (x > 0) c++; const out = empty(c); let k = 0; for (const x of u) if (x > 0) out[k++] = x; return out }',
    )
    assert.equal(values(positive([1, -2, 3, -4, 5])), [1, 3, 5])
    assert.equal(values(positive([-1])), [])
    assert.equal(values(positive(ndarray(Int32Array.of(-1, 9, 2, 8), [2], [2], 1))), [9, 8])
    const many = ndarray(
      Float32Array.from({ length: 100_000 }, (_, i) => (i % 3) - 1),
      [100_000],
    )
    assert.is(positive(many).shape[0], 33_333)
    assert.is(positive(resident(many)).shape[0], 33_333)
    const again = make(
      'f8(f8[:])',
      '(a) => { let s = 0; for (let i = 0; i < 3; i++) { const t = zeros(a.length); t[i % a.length] += 1; for (const x of t) s += x } return s }',
    )
    assert.is(again([1, 2]), 3)
    const chain = make(
      '(a) => { let c = 0; for (const x of a) c += x; const first = empty(c); const second = zeros(first.length + 1); second[0] = first.length; return second }',
    )
    assert.equal(values(chain([1, 2])), [3, 0, 0, 0])
  })

  test(`${target}: functions are arguments, and each is compiled in`, () => {
    const twice = make('(g, x) => g(x) + g(2 * x)')
    assert.is(twice(Math.sqrt, 4), 2 + Math.sqrt(8))
    assert.is(
      twice((x: number) => x + 1, 4),
      14,
    )
    const sq = jit('f8(f8)', (x) => x * x)
    assert.is(twice(sq, 1), 5)
    const sum = make('(g, a) => { let s = 0; for (const x of a) s += g(x); return s }')
    assert.is(sum(sq, [1, 2, 3]), 14)
    assert.is(sum(sq, Int32Array.of(1, 2)), 5)
    assert.instance(
      thrown(() => sum(1, [1])),
      KernelSyntaxError,
    )
  })

  test(`${target}: parameters with defaults`, () => {
    const scaled = make('f8[:](f8[:])', '(a, k = 2) => { const o = emptyLike(a); o[0] = a[0] * k; return o }')
    assert.equal(values(scaled([3])), [6])
    const lazy = make('(a, k = 2) => a[0] * k')
    assert.equal([lazy([3]), lazy([3], 5)], [6, 15])
    const wrong: readonly (readonly [() => unknown, RegExp])[] = [
      [() => lazy(), /takes from 1 to 2 positional arguments but 0/],
      [() => lazy([1], 2, 3), /takes from 1 to 2 positional arguments but 3/],
      [() => scaled([1], 2), /takes 1 positional arguments but 2/],
    ]
    for (const [run, message] of wrong) {
      const error = thrown(run)
      assert.instance(error, NoLoopError)
      assert.match(error.message, message)
    }
  })

  test(`${target}: what it writes to its arguments is there afterwards`, () => {
    const ramp = make('void(f8[:],f8)', '(u, k) => { for (let i = 0; i < u.length; i++) u[i] = k + i }')
    const x = new Float64Array(5)
    assert.is(ramp(x.subarray(1, 4), 5), undefined)
    assert.equal([...x], [0, 5, 6, 7, 0])
    const narrow = new Float32Array(2)
    ramp(narrow, 0.5)
    assert.equal([...narrow], [0.5, 1.5])
    assert.instance(
      thrown(() => ramp(new Int32Array(2), 1)),
      CastingError,
    )
    const shift = make(
      'void(f8[:],f8[:])',
      '(from, to) => { for (let i = 0; i < to.length; i++) to[i] = from[i] }',
    )
    const y = Float64Array.of(1, 2, 3, 4)
    shift(y.subarray(0, 3), y.subarray(1))
    assert.equal([...y], [1, 1, 2, 3])
  })

  test(`${target}: indices and sizes outside are errors`, () => {
    const at = make('f8(f8[:],i8)', '(a, i) => a[i]')
    const error = thrown(() => at([1, 2], 2n))
    assert.instance(error, BoundsError)
    assert.match(error.message, "index 2 is out of bounds for 'a' with size 2")
    const sized = make('f8[:](f8)', '(n) => { const out = zeros(n); return out }')
    for (const n of [-1, 2.5, NaN]) {
      const wrong = thrown(() => sized(n))
      assert.instance(wrong, CoreDimensionError)
      assert.match(wrong.message, "makes 'out' with a size of -1")
    }
    assert.instance(
      thrown(() => sized(2 ** 31 - 1)),
      MemoryError,
    )
    assert.equal(values(sized(2)), [0, 0])
  })

  test(`${target}: kernels of guvectorize use helpers on rows, and scratch arrays that begin as zeros for every element`, () => {
    const norm = jit('f8(f8[:])', (a) => {
      let s = 0
      for (const x of a) s += x * x
      return Math.sqrt(s)
    })
    const norms = guvectorize(
      'void(f8[:,:],f8[:])',
      '(m,n)->(m)',
      ({ norm }: Any) =>
        (a: Any, out: Any) => {
          for (let i = 0; i < a.length; i++) out[i] = norm(a[i])
        },
      { env: { norm }, target },
    ) as Any
    assert.equal(
      values(
        norms([
          [3, 4],
          [6, 8],
        ]),
      ),
      [5, 10],
    )
    const rows = guvectorize(
      'void(f8[:,:],f8[:])',
      '(m,n)->(m)',
      '(a, out) => { let k = 0; for (const row of a) { for (const x of row) out[k] += x; k++ } }',
      { target },
    ) as Any
    assert.equal(
      values(
        rows([
          [1, 2],
          [3, 4],
        ]),
      ),
      [3, 7],
    )
    const parity = guvectorize(
      '(n)->()',
      '(a) => { const t = zeros(2); for (let i = 0; i < a.length; i++) t[i % 2] += a[i]; return t[0] * t[1] }',
      { target },
    ) as Any
    assert.equal(
      values(
        parity([
          [3, 1, 2],
          [9, 7, 8],
          [1, 1, 1],
        ]),
      ),
      [5, 119, 2],
    )
    assert.equal(parity.types, ['f8(f8[:])'])
    const median = guvectorize(
      '(n)->()',
      `(a, out) => {
        const t = emptyLike(a)
        for (let i = 0; i < a.length; i++) {
          let j = i
          for (; j > 0 && t[j - 1] > a[i]; j--) t[j] = t[j - 1]
          t[j] = a[i]
        }
        out[0] = t[a.length >> 1]
      }`,
      { target },
    ) as Any
    assert.equal(
      values(
        median([
          [3, 1, 2],
          [9, 7, 8],
        ]),
      ),
      [2, 8],
    )
    assert.instance(median(Float32Array.of(3, 1, 2)).data, Float32Array)
    const filtered = (guvectorize as Any)(
      'void(f8[:],f8[:],f8[:])',
      '(n),(n)->(n)',
      ({ median }: Any) =>
        (a: Any, b: Any, out: Any) => {
          median(a, out)
          out[1] = b[0]
        },
      {
        env: { median: guvectorize('void(f8[:],f8[:])', '(n)->(n)', '(a, out) => { out[0] = a[1] }') },
        target,
      },
    ) as Any
    assert.equal(values(filtered([1, 2, 3], [7, 8, 9])), [2, 7, 0])
  })
}

test('in other kernels: whole arrays, made arrays, and functions of lanewise that make them', () => {
  const twice = (jit as Any)(
    'f8[:](f8[:])',
    ({ emptyLike }: Any) =>
      (a: Any) => {
        const out = emptyLike(a)
        for (let i = 0; i < a.length; i++) out[i] = 2 * a[i]
        return out
      },
    { env: { emptyLike } } as Any,
  ) as Any
  const four = jit(
    ({ twice, zeros }: Any) =>
      (a: Any) => {
        const t = zeros(1)
        t[0] = 1
        const b = twice(twice(a))
        return b[0] + t[0]
      },
    { env: { twice, zeros } },
  ) as Any
  assert.is(four([3]), 13)
  const commonJs = jit(
    'f8[:](f8[:])',
    '(a) => { const out = (0, lanewise_1.zeros)(a.length); out[0] = 1; return out }',
  ) as Any
  assert.equal(values(commonJs([5, 6])), [1, 0])
})

test('numbers alone stay elementwise; with scratch arrays they are calls of one', () => {
  const sq = jit('f8(f8)', (x) => x * x)
  assert.equal(values(sq([1, 2, 3])), [1, 4, 9])
  const scratch = jit(
    'f8(f8)',
    '(x) => { const t = zeros(3); for (let i = 0; i < 3; i++) t[i] = x * i; return t[0] + t[1] + t[2] }',
  ) as Any
  assert.is(scratch(2), 6)
  assert.instance(
    thrown(() => scratch([1, 2])),
    NoLoopError,
  )
  const lanes = thrown(() => vectorize('f8(f8)', '(x) => zeros(3)[0] + x'))
  assert.instance(lanes, KernelSyntaxError)
  assert.match(lanes.message, 'a scalar kernel cannot make arrays')
})

test('targets, asynchronous calls, new values of env, what was compiled', async () => {
  const scaled = jit(
    ({ k }: Any) =>
      (a: Any) =>
        a[0] * k,
    { env: { k: 2 } },
  ) as Any
  assert.is(await scaled.async([4]), 8)
  assert.is(scaled.on('js')([5]), 10)
  assert.is(scaled.on('js').explain().target, 'js')
  assert.match(scaled.inspect('ir'), ';; bind')
  scaled.recompile({ k: 3 })
  assert.is(scaled([4]), 12)
  assert.is(scaled(Int32Array.of(4)), 12)
  assert.ok(scaled.types.includes('i4(i4[:])'))
  await scaled.ready()
  assert.match(scaled.explain('f4(f4[:])').signature, /f4/)
  assert.is(plain(zeros(1)).data.length, 1)
  assert.equal(values(emptyLike(Int32Array.of(1, 2))).length, 2)
})

const definitions: readonly [string, () => unknown, unknown, RegExp][] = [
  [
    'a parameter returned',
    () => (jit as Any)('f8[:](f8[:])', (a: Any) => a),
    KernelSyntaxError,
    /returns an array that is a parameter/,
  ],
  [
    'a row returned',
    () => (jit as Any)('f8[:](f8[:,:])', (a: Any) => a[0]),
    KernelSyntaxError,
    /returns a row/,
  ],
  [
    'a number instead of an array',
    () => (jit as Any)('f8[:](f8[:])', '(a) => a[0]'),
    SignatureError,
    /returns a 1-d array, but it returns a number/,
  ],
  [
    'another rank',
    () => (jit as Any)('f8[:,:](f8[:])', '(a) => emptyLike(a)'),
    SignatureError,
    /returns a 2-d array, but it returns a 1-d array/,
  ],
  [
    'another dtype',
    () => (jit as Any)('f8[:](f4[:])', '(a) => emptyLike(a)'),
    SignatureError,
    /makes result 0 an array of f4/,
  ],
  [
    'an unknown dtype',
    () => (jit as Any)('f8[:](f8)', "(n) => zeros(n, 'f9')"),
    KernelSyntaxError,
    /dtype of `zeros`/,
  ],
  [
    'a negative index',
    () => (jit as Any)('f8(f8[:])', (a: Any) => a[-1]),
    KernelSyntaxError,
    /a\.length - 1/,
  ],
  [
    'a free variable',
    () => (jit as Any)((a: Any) => a[0] + elsewhere),
    KernelSyntaxError,
    /`elsewhere` is not defined/,
  ],
  [
    'two arrays for one result',
    () => (jit as Any)('f8[:](f8)', '(n) => { if (n > 1) { for (;;) return zeros(2) } return zeros(3) }'),
    KernelSyntaxError,
    /another value than the array/,
  ],
  [
    'a size in a loop',
    () =>
      jit(
        'f8(f8[:])',
        '(a) => { let s = 0; for (const x of a) { const t = zeros(x); s += t.length } return s }',
      ),
    KernelSyntaxError,
    /known only when the kernel has run/,
  ],
  [
    'a size from what was written',
    () =>
      jit('f8[:](f8[:])', '(a) => { const t = emptyLike(a); t[0] = 2; const out = zeros(t[0]); return out }'),
    KernelSyntaxError,
    /hangs on elements/,
  ],
  [
    'a size from a number of guvectorize',
    () => (guvectorize as Any)('(n),()->()', '(a, k, out) => { out[0] = zeros(k).length }'),
    KernelSyntaxError,
    /hangs on a number/,
  ],
  [
    'arities',
    () => (jit as Any)(['f8(f8[:])', 'f8(f8[:],f8)'], '(a, b = 1) => a[0] * b'),
    SignatureError,
    /number of inputs/,
  ],
]
declare const elsewhere: number
for (const [what, define, error, message] of definitions)
  test(`refused when it is defined: ${what}`, () => {
    const made = thrown(define)
    assert.instance(made, error, `${made}`)
    assert.match(made.message, message)
  })

test('refused when it is called: outputs and keywords of array functions', () => {
  const sum = jit('f8(f8[:])', (a: Any) => a[0]) as Any
  for (const args of [
    [[1], { out: new Float64Array(1) }],
    [[1], { axis: 0 }],
    [[1], { where: [true] }],
  ])
    assert.instance(
      thrown(() => sum(...args)),
      OptionError,
    )
})

test.run()
