/** prange: in kernels, captured and free, and in plain JavaScript, which is the oracle; what iterations may not do. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { KernelSyntaxError } from '../../src/errors.ts'
import { configure, guvectorize, jit, prange, ready, toArray, vectorize } from '../../src/index.ts'
import { thrown } from '../thrown.ts'

// biome-ignore lint/suspicious/noExplicitAny: kernels of every kind are the subject here
type Any = any

configure({ workerUrl: new URL('../../dist/parallel-worker.js', import.meta.url) })
await ready()

const ranges: readonly (readonly [number, ...number[]])[] = [
  [0],
  [1],
  [7],
  [-3],
  [2, 9],
  [9, 2],
  [2, 9, 3],
  [9, 2, -1],
  [9, 1, -3],
  [3, 3],
]

test('in plain code it is a range', () => {
  assert.equal([...prange(4)], [0, 1, 2, 3])
  assert.equal([...prange(2, 9, 3)], [2, 5, 8])
  assert.equal([...prange(9, 2, -3)], [9, 6, 3])
  assert.equal([...prange(-1)], [])
  for (const step of [0, 0.5, Number.NaN]) assert.throws(() => [...prange(0, 3, step)], /step of prange/)
})

test('kernels count as plain code does', () => {
  for (const args of ranges) {
    const text = `(x) => { let s = 0; for (const i of prange(${args})) { if (i === 3) continue; s += x + 10 * i } return s }`
    const want = new Function('prange', `return ${text}`)(prange)(0.5)
    assert.is((vectorize(['f8(f8)'], text) as Any)(0.5), want, text)
    const first = args.map((_, k) => (k === 0 ? 'a' : String(args[k]))).join()
    const dynamic = `(a, x) => { let s = 0; for (const i of prange(${first})) { if (i === 3) continue; s += x + 10 * i } return s }`
    for (const target of ['cpu', 'parallel', 'js'])
      assert.is(
        (vectorize(['f8(i4,f8)'], dynamic, { target }) as Any)(args[0], 0.5),
        want,
        `${target} ${dynamic}`,
      )
  }
})

test('by name, captured, and as CommonJS has it; whatever they are called', () => {
  const captured = jit(
    ['f8(f8[:])'],
    ({ p }: Any) =>
      (a: Any) => {
        let [sum, most, bits] = [0, -Infinity, 0]
        for (const i of p(a.length)) {
          sum += a[i]
          most = Math.max(a[i], most)
          bits |= 1 << i
        }
        return sum + 100 * most + 1000 * bits
      },
    { env: { p: prange } },
  ) as Any
  assert.is(captured(Float64Array.of(1, 5, 2)), 8 + 500 + 7000)
  const common = jit(
    ['f8(f8[:])'],
    '(a) => { let s = 0; for (const i of (0, lanewise.prange)(a.length)) s += a[i]; return s }',
  ) as Any
  assert.is(common(Float64Array.of(1, 5, 2)), 8)
  const free = jit(['f8(f8[:])'], (a: Any) => {
    let s = 1
    for (const i of prange(0, a.length, 2)) s = s * a[i] * 2
    return s
  }) as Any
  assert.is(free(Float64Array.of(3, 9, 5)), 60)
})

test('array kernels write the elements of their iteration', () => {
  const smooth = guvectorize('(n)->(n)', (a: Any, out: Any) => {
    for (const i of prange(1, a.length - 1)) {
      let s = 0
      for (let k = -1; k <= 1; k++) s += a[i + k]
      out[i] += s / 3
      out[i] *= 2
    }
  }) as Any
  assert.equal(toArray(smooth(Float64Array.of(1, 2, 3, 4, 8))), [0, 4, 6, 10, 0])
  const table = jit(['f8[:](i4)'], (n: Any) => {
    const out = new Float64Array(n)
    for (const i of prange(n)) {
      const own = new Float64Array(3)
      for (let k = 1; k < 3; k++) own[k] = (own[k - 1] as number) + i
      out[i] = own[2] as number
    }
    return out
  }) as Any
  assert.equal(toArray(table(4)), [0, 2, 4, 6])
})

test('what one iteration takes from another is an error that names it', () => {
  const bad: readonly (readonly [string, RegExp, number])[] = [
    [
      '(a, out) => { for (const i of prange(1, a.length)) out[i] = out[i - 1] + a[i] }',
      /`out` is written by one iteration/,
      1,
    ],
    [
      '(a, out) => { for (const i of prange(a.length)) {\n out[i] = a[i]\n out[i + 1] = 0 } }',
      /`out` is written/,
      3,
    ],
    [
      '(a, out) => { let last = 0\n for (const i of prange(a.length)) { out[i] = last\n last = a[i] } }',
      /`last` is carried/,
      3,
    ],
    [
      '(a, out) => { let s = 0\n for (const i of prange(a.length)) { s += a[i]; out[i] = s } }',
      /`s` is carried/,
      2,
    ],
    [
      '(a, out) => { let s = 0\n for (const i of prange(a.length)) s -= a[i]\n out[0] = s }',
      /`s` is carried/,
      2,
    ],
  ]
  for (const [text, message, line] of bad) {
    const error = thrown(() => guvectorize('(n)->(n)', text)) as unknown as InstanceType<
      typeof KernelSyntaxError
    >
    assert.instance(error, KernelSyntaxError, text)
    assert.match(error.message, message)
    assert.is(error.line, line, text)
    assert.match(error.hint ?? '', /prange|counter/)
  }
})

test('what iterations may do', () => {
  for (const text of [
    '(a, out) => { for (const i of prange(1, a.length)) out[i] = a[i - 1] + a[i] }',
    '(a, out) => { for (const i of prange(a.length)) { let s = 0; for (let k = 0; k < i; k++) s = a[k] - s; out[i] = s } }',
    '(a, out) => { let s = 0; let p = 1; for (const i of prange(a.length)) { s ^= i; p *= a[i] } out[0] = s + p }',
    '(a, out) => { let n = 0; for (const i of prange(a.length)) if (a[i] > 2) n++; out[0] = n }',
    '(a, out) => { let s = 0; for (const i of prange(a.length)) for (let k = 0; k < 3; k++) s += a[i] * k; out[0] = s }',
  ]) {
    const f = guvectorize('(n)->(n)', text) as Any
    const plain = new Function('prange', `return ${text}`)(prange)
    const a = Float64Array.of(1, 2, 3, 4, 5)
    const out = new Float64Array(5)
    plain(a, out)
    for (const target of ['cpu', 'parallel', 'js']) assert.equal([...f.on(target)(a).data], [...out], text)
  }
})

test.run()
