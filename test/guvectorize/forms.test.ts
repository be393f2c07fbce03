/** Forms that people write in kernels of arrays: those that are compiled give what JavaScript gives, the others say what to write. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { BoundsError, KernelSyntaxError, KernelTypeError } from '../../src/errors.ts'
import { guvectorize, jit, ready, toArray, vectorize, zeros } from '../../src/index.ts'
import { thrown } from '../thrown.ts'

// biome-ignore lint/suspicious/noExplicitAny: arguments and results of every kind are the subject here
type Any = any

await ready()

const values = (x: Any): Any => (typeof x === 'object' ? toArray(x) : x)

const points = [
  [3, 4],
  [2, 5],
]

/** What each gives is told by JavaScript, where the kernel runs there as it is. */
const compiled: readonly (readonly [what: string, kernel: string, args: readonly Any[], want?: Any])[] = [
  ['a row taken apart', '(a) => { const [x, y] = a[1]; return x * y }', [points]],
  ['with a hole', '(a) => { const [, y] = a[0]; return y }', [points]],
  ['into rows', '(a) => { const [p, q] = a; return p[0] * q[1] }', [points]],
  ['in for … of', '(a) => { let s = 0; for (const [x, y] of a) s += x * y; return s }', [points]],
  ['as a parameter', '(a) => { const f = ([x, y]) => x - y; return f(a[1]) }', [points]],
  [
    'to variables that say which row',
    '(a) => { let i = 1, j = 0; [i, j] = a[i]; return i * 10 + j }',
    [points],
  ],
  ['declared again', '(a) => { var i = 1; var [i, j] = a[i]; return i * 10 + j }', [points]],
  [
    'elements as what is assigned',
    '(a) => { const t = new Float64Array(a[0]); [t[1], t[0]] = t; return t[0] * 10 + t[1] }',
    [points],
  ],
  [
    'typed arrays of elements',
    '(a) => { const w = new Float64Array([1, 2, a[0][1]]); return w[0] + 10 * w[2] }',
    [points],
  ],
  ['by of', '(a) => { const w = Uint8Array.of(a[0][0], 300); return w[0] + w[1] }', [points]],
  ['copies', '(a) => { const w = Int32Array.from(a[1]); w[0] += 7.9; return w[0] * a[1][0] }', [points]],
  [
    'an element of them by a counter',
    '(a) => { const w = new Float64Array([1, 2, 1]); let s = 0; for (let k = 0; k < 3; k++) s += w[k] * a[k]; return s }',
    [[1, 2, 4]],
  ],
  [
    'buffers that take turns',
    '(a) => { const n = a.length; const u = zeros([2, n]); let k = 0; for (let t = 0; t < 3; t++) { for (let j = 0; j < n; j++) u[1 - k][j] = u[k][j] + a[j]; k = 1 - k } return u[k][n - 1] }',
    [[1, 2, 4]],
    12,
  ],
  [
    'a dtype as an option',
    "(a) => { const t = zeros(a.length, { dtype: 'i4' }); t[1] = 4.7; return t }",
    [[1, 2]],
    [0, 4],
  ],
  [
    'a function that is passed on',
    '(f, a) => { const g = (h, x) => h(h(x)); return g(f, a) }',
    [(x: number) => x + 1, 5],
  ],
]

for (const target of ['cpu', 'js'])
  for (const [what, kernel, args, want] of compiled) {
    test(`${target}: ${what}`, () => {
      const expected = want ?? new Function(`return (${kernel})`)()(...args)
      assert.equal(values((jit as Any)(kernel, { target })(...args)), expected)
    })
  }

test('a row that is too short is an error', () => {
  const error = thrown(() => (jit as Any)('(a) => { const [x, y] = a[0]; return x * y }')([[3]]))
  assert.instance(error, BoundsError)
  assert.equal([error.index, error.size], [1, 1])
})

test('scratch arrays of elements and copies are anew for every element', () => {
  const sums = guvectorize(
    '(n)->()',
    '(a, o) => { const w = Float64Array.of(1, 2); w[0] += a[0]; o[0] = w[0] * w[1] }',
  )
  assert.equal(values(sums([[1], [2], [3]] as Any)), [4, 6, 8])
  const sorted = guvectorize(
    '(n)->(n)',
    '(a, o) => { const w = new Float64Array(a); for (let i = 0; i < a.length; i++) for (let j = i; j < a.length; j++) if (w[j] < w[i]) [w[i], w[j]] = [w[j], w[i]]; for (let i = 0; i < a.length; i++) o[i] = w[i] }',
  )
  assert.equal(
    values(
      sorted([
        [3, 1, 2],
        [9, 8, 7],
      ] as Any),
    ),
    [
      [1, 2, 3],
      [7, 8, 9],
    ],
  )
})

test('scratch arrays are arrays of their elements on js too', () => {
  const reversed = guvectorize('(n)->(n)', {
    env: { zeros },
  })(({ zeros }: Any) => (a: Any, out: Any) => {
    const sums = zeros([2, a.length])
    for (let i = 0; i < a.length; i++) sums[1][i] += a[a.length - 1 - i]
    for (let i = 0; i < a.length; i++) out[i] = sums[1][i] + sums[0][i]
  }) as Any
  const outside = guvectorize('(n)->(n)', (a: Any, out: Any) => {
    const copy = new Float64Array(a.length)
    out[0] = copy[a.length]
  }) as Any
  for (const target of ['cpu', 'js']) {
    assert.equal(values(reversed.on(target)([1, 2, 3])), [3, 2, 1])
    assert.instance(
      thrown(() => outside.on(target)([1, 2, 3])),
      BoundsError,
    )
  }
})

test('captured arrays are copied, and stay as they are', () => {
  const first = (jit as Any)(
    'f8[:](f8)',
    ({ w }: Any) =>
      (x: number) => {
        const t = new Float64Array(w)
        t[0] = x
        return t
      },
    { env: { w: [1, 2, 3] } },
  )
  assert.equal(values(first(9)), [9, 2, 3])
  assert.equal(values(first(8)), [8, 2, 3])
})

test('functions of jit that take functions are inlined with them', () => {
  const integral = jit((f: Any, a: Any, b: Any) => {
    let s = 0
    for (let i = 0; i < 8; i++) s += f(a + ((i + 0.5) * (b - a)) / 8)
    return (s * (b - a)) / 8
  }) as Any
  const plainly = (f: (x: number) => number, a: number, b: number): number => {
    let s = 0
    for (let i = 0; i < 8; i++) s += f(a + ((i + 0.5) * (b - a)) / 8)
    return (s * (b - a)) / 8
  }
  const captured = (vectorize as Any)(
    'f8(f8)',
    ({ integral, sq }: Any) =>
      (x: number) =>
        integral(sq, 0, x),
    {
      env: { integral, sq: (x: number) => x * x },
    } as Any,
  ) as Any
  const local = (vectorize as Any)(
    'f8(f8)',
    ({ integral }: Any) =>
      (x: number) =>
        integral((t: number) => t * x, 0, 1),
    {
      env: { integral },
    } as Any,
  ) as Any
  assert.is(
    captured(3),
    plainly((x) => x * x, 0, 3),
  )
  assert.is(
    local(3),
    plainly((t) => t * 3, 0, 1),
  )
  const twice = jit(
    ({ integral }: Any) =>
      (f: Any, x: Any) =>
        integral(f, 0, x) * 2,
    { env: { integral } },
  ) as Any
  assert.is(
    twice((x: number) => x * 3, 2),
    plainly((x) => x * 3, 0, 2) * 2,
  )
})

/** Kernels of jit without signatures. */
const refused: readonly (readonly [kernel: string, message: RegExp, hint: RegExp])[] = [
  ['(a) => a.map((x) => x * 2)', /an array has no property `map`/, /get\(i, …\)/],
  ['(a) => { const [x, ...y] = a; return x }', /the rest of an array/, /Count on/],
  ['(a) => a[0, 1]', /one index in each pair of brackets/, /a\[i\]\[j\]/],
  ['(a) => a[1.5]', /no element 1.5/, /^$/],
  ['(a) => a[-1]', /no element -1/, /a\.length - 1/],
  ['(a) => a.get(-1)', /no element -1/, /a\.length - 1/],
  ['(a) => { a[-2] = 3 }', /no element -2/, /a\.length - 2/],
  ['(a, k) => k > 0 ? zeros(a.length) : ones(a.length)', /which array this is/, /before the branches/],
  [
    '(a, k) => { let o; if (k > 0) o = zeros(a.length); else o = ones(a.length); return o }',
    /`o` is an array and is assigned again/,
    /use const/,
  ],
  ['(a) => { let o = zeros(a.length); o = zeros(a.length); return o }', /assigned again/, /u\[1 - k\]/],
  [
    '(a, k) => { if (k > 0) { const p = zeros(a.length); return p } const q = ones(a.length); return q }',
    /another value than the array `p`/,
    /before the branches/,
  ],
  ['(a) => { a[0] = 3; return a }', /returns an array that is a parameter/, /emptyLike/],
  ['(a) => { const s = zeros(a.length); return [s, s] }', /returned twice/, /each once/],
  ['(a) => { const s = zeros([a.length, 2]); return s[0] }', /returns a row/, /emptyLike/],
  [
    '(a) => { let s = 0; for (let i = 1; i < a.length; i++) s += zeros(i).length; return s }',
    /known only when the kernel has run/,
    /make the array before/,
  ],
  [
    '(a) => { const w = [1, 2, a[0]]; let s = 0; for (let i = 0; i < 3; i++) s += w[i]; return s }',
    /index of a tuple/,
    /new Float64Array/,
  ],
  ['(a) => { const s = linspace(0, 1, 3); return s[0] + a[0] }', /`linspace` is not defined/, /empty\(n\)/],
  ['(a) => smoothed(a, 3)[0]', /`smoothed` is not defined/, /Capture it with env/],
  ['(a) => fullLike(a, 3)', /`fullLike` is not defined/, /full\(a\.shape, value\)/],
  ['(a) => { const w = new Array(3); return w[0] + a[0] }', /`new` is not part/, /new Float64Array\(n\)/],
  ['(a) => { const s = zeros(); return s[0] + a[0] }', /`zeros` needs a size/, /zeros\(n\)/],
]

for (const [kernel, message, hint] of refused)
  test(`refused: ${kernel}`, () => {
    const error = thrown(() => (jit as Any)(kernel)([1, 2], 1))
    assert.ok(error instanceof KernelSyntaxError, `${error}`)
    assert.match(error.message, message)
    assert.match(String(error.hint ?? ''), hint)
  })

/** Without signatures: the dtypes of the outputs for inputs of f4, and of i4. */
const dtypes: readonly (readonly [kernel: string, layout: string, f4: string, i4: string])[] = [
  ['(a, o) => { for (let i = 0; i < a.length; i++) o[i] = 2 * a[i] }', '(n)->(n)', 'float32', 'int32'],
  [
    '(a, o) => { let s = 0; for (let i = 0; i < a.length; i++) { o[i] = Math.exp(a[i]); s += o[i] } for (let i = 0; i < a.length; i++) o[i] /= s }',
    '(n)->(n)',
    'float32',
    'float64',
  ],
  ['(a, o) => { for (const x of a) o[0] += x }', '(n)->()', 'float32', 'int32'],
  ['(a, o) => { for (const x of a) o[0] += x / 2 }', '(n)->()', 'float32', 'float64'],
  ['(a, o) => { for (let i = 0; i < a.length; i++) o[i] = a[i] > 1 }', '(n)->(n)', 'uint8', 'uint8'],
  [
    '(a, o, p) => { for (let i = 0; i < a.length; i++) { p[i] = Math.sqrt(o[i]); o[i] = a[i] } }',
    '(n)->(n),(n)',
    'float32,float32',
    'int32,float64',
  ],
  [
    '(a, o) => { const t = zeros(a.length); for (let i = 0; i < a.length; i++) { t[i] = a[i]; o[i] = Math.max(t[i], o[i] / 3) } }',
    '(n)->(n)',
    'float32',
    'float64',
  ],
  ['(a, o) => { for (let i = 0; i < a.length; i++) o[i] = i }', '(n)->(n)', 'float64', 'float64'],
]
for (const [kernel, layout, f4, i4] of dtypes)
  test(`outputs hold what is stored: ${layout} ${kernel}`, () => {
    const f = guvectorize(layout, kernel) as Any
    const seen = (x: Any) =>
      [f(x)]
        .flat()
        .map((r: Any) => r.dtype)
        .join()
    assert.equal(
      [seen(Float32Array.of(1, 2)), seen(Int32Array.of(1, 2)), seen(Float32Array.of(1, 2))],
      [f4, i4, f4],
    )
  })

test('a signature of a captured function that does not fit names it', () => {
  const h = jit('f4(f4[:])', '(a) => a[0]')
  const error = thrown(() =>
    guvectorize(
      'void(f8[:],f8[:])',
      '(n)->()',
      ({ h }: Any) =>
        (x: Any, o: Any) => {
          o[0] = h(x)
        },
      { env: { h } } as Any,
    ),
  )
  assert.instance(error, KernelTypeError)
  assert.match(error.message, /no signature of `h` takes \(f8\)/)
})

test.run()
