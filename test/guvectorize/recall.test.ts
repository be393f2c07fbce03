/** A call like the one before takes a shorter way. What is different this time counts: data, overlap, dtypes, shapes, strides. */
import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { BoundsError, CoreDimensionError } from '../../src/errors.ts'
import { guvectorize, jit, ready, resident, toArray } from '../../src/index.ts'
import { thrown } from '../thrown.ts'

// biome-ignore lint/suspicious/noExplicitAny: arguments and results of every kind are the subject here
type Any = any

await ready()

const mix =
  '(a, b, out) => { for (let i = 0; i < a.length; i++) { out[0] += a[i] * b[i]; out[i] -= a[a.length - 1 - i] } }'
const define = (target: string): Any => guvectorize('(n),(n)->(n)', mix, { target }) as Any

function random(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

for (const target of ['cpu', 'js'])
  test(`${target}: whatever was called before, a call gives what it gives alone`, () => {
    const pick = random(7)
    const [f, fresh] = [define(target), define('js')]
    const memory = (own: boolean, floats: boolean): Any => {
      const data = (floats ? new Float64Array(64) : new Int32Array(64)).map((_, k) => k + 1)
      return own ? resident(ndarray(data as Float64Array)).data : data
    }
    for (let round = 0; round < 40; round++) {
      const own = pick(2) === 0
      const [stride, rows, n] = [[1, -1, 2][pick(3)] ?? 1, 1 + pick(3), 1 + pick(4)]
      // The same shapes and strides a few times: at other places, and perhaps in one and the same memory.
      for (let turn = 0; turn < 3; turn++) {
        const pools = [0, 1, 2].map(() => memory(own, pick(4) > 0))
        const at = (pool: number) => ({
          data: pools[pool],
          shape: [rows, n],
          stride: [n * 2, stride],
          offset: 8 + pick(24),
        })
        const overlaps = pick(3) === 0
        const a = at(0)
        const b = at(overlaps ? 0 : 1)
        const out = pick(2) === 0 ? at(overlaps ? 0 : 2) : null
        const before = pools.map((pool) => [...pool])
        const once = (g: Any) => {
          pools.forEach((pool, k) => {
            pool.set(before[k])
          })
          const result = toArray(out ? g(a, b, { out, casting: 'unsafe' }) : g(a, b))
          return [result, pools.map((pool) => [...pool])]
        }
        // A call of another kind, so that the next is like none before.
        fresh([1], [1])
        const want = once(fresh)
        assert.equal(once(f), want)
      }
    }
  })

test('results of calls like one another are arrays of their own', () => {
  const f = define('cpu')
  for (const own of [true, false]) {
    const a = own ? resident(ndarray(Float64Array.of(1, 2))) : Float64Array.of(1, 2)
    const [first, second] = [f(a, a), f(a, a)]
    second.data.fill(9)
    assert.equal(toArray(first), [3, -1])
  }
})

test('what a given list of sizes or strides holds is read in every call', () => {
  const f = define('cpu')
  const a = ndarray(Float64Array.of(1, 2, 3, 4))
  const want = toArray(f(a, a))
  const view: Any = { data: a.data, shape: [4], stride: [1], offset: 0 }
  assert.equal(toArray(f(view, view)), want)
  view.stride[0] = -1
  view.offset = 3
  assert.equal(toArray(f(view, view)), toArray(define('js')(view, view)))
})

test('errors are those of the first call', () => {
  const [a, b] = [resident(ndarray(Float64Array.of(0, 2))), resident(ndarray(Float64Array.of(5, 6)))]
  const at = guvectorize('(n),(n)->(n)', '(a, b, out) => { out[a[0] | 0] = b[0] }') as Any
  assert.equal(toArray(at(a, b)), [5, 0])
  a.set(0, 2)
  assert.instance(
    thrown(() => at(a, b)),
    BoundsError,
  )
  assert.instance(
    thrown(() => at(a, ndarray(new Float64Array(3)))),
    CoreDimensionError,
  )
  a.set(0, 1)
  assert.equal(toArray(at(a, b)), [0, 5])
})

test('functions of jit give the number of each call, whatever was called before or meanwhile', () => {
  const sum = jit(
    'f8(f8[:,:])',
    'a => { let s = 0; for (const row of a) for (const v of row) s += v; return s }',
  ) as Any
  const data = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  const own = resident(ndarray(data)).data
  const view = (of: Any, shape: number[], stride: number[], offset: number): Any => ({
    data: of,
    shape,
    stride,
    offset,
  })
  for (const of of [data, own, data])
    for (let turn = 0; turn < 2; turn++) {
      assert.is(sum(view(of, [2, 2], [2, 1], 0)), 10)
      assert.is(sum(view(of, [2, 2], [2, 1], 4)), 26)
      assert.is(sum(view(of, [2, 2], [-2, 1], 2)), 10)
      assert.is(sum(view(of, [2, 3], [3, 1], 2)), 33)
      assert.is(sum(view(of, [0, 3], [3, 1], 2)), 0)
    }
  // An argument that calls the function itself while it is read.
  const inner = view(own, [2, 2], [2, 1], 4)
  const outer = {
    ...view(own, [2, 2], [2, 1], 0),
    get data() {
      assert.is(sum(inner), 26)
      return own
    },
  }
  assert.is(sum(outer), 10)
  const first = jit('f8(f8[:],i8)', '(a, i) => a[i]') as Any
  assert.is(first(data, 1), 2)
  assert.instance(
    thrown(() => first(data, 8)),
    BoundsError,
  )
  assert.is(first(data, 2), 3)
})

test.run()
