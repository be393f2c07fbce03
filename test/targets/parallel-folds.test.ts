/** reduce, accumulate, reduceat, outer and at on parallel: the bits of cpu for any number of threads, whatever is reduced how. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'

import { BoundsError } from '../../src/errors.ts'
import { configure, empty, ready, setNumThreads, vectorize } from '../../src/index.ts'
import { limits } from '../../src/targets/parallel/share.ts'
import type { Loose } from '../vectorize/functions.ts'

const file = new URL('../../dist/parallel-worker.js', import.meta.url)
configure({ workerUrl: file })
await ready()
/** Everything is shared that can be, however little. */
Object.assign(limits, { awake: 0, asleep: 0, fold: 0, range: 1e-3, copied: 0 })

const loose = (f: unknown) => f as Loose
const numbers = ['i4(i4,i4)', 'f4(f4,f4)', 'f8(f8,f8)']
const functions = {
  add: loose(vectorize(numbers, (x, y) => x + y, { identity: 0 })),
  logaddexp: loose(
    vectorize(numbers.slice(1), (x, y) => Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y))), {
      identity: 'reorderable',
    }),
  ),
  subtract: loose(vectorize(numbers, (x, y) => x - y)),
  farthest: loose(
    vectorize(
      ['UniTuple(f8,2)(f8,f8,f8,f8)'],
      (least, most, x, y) => [Math.min(least, x), Math.max(most, y)],
      { identity: 'reorderable' },
    ),
  ),
}
const counts = [1, 2, 3, 8]

/** A generator of the same numbers in every run. */
function makeRandom(seed: number) {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return {
    below: (n: number) => Math.floor(next() * n),
    of: <T>(list: readonly T[]) => list[Math.floor(next() * list.length)] as T,
  }
}
const random = makeRandom(5)

const arrays = { f8: Float64Array, f4: Float32Array, i4: Int32Array }
type Dtype = keyof typeof arrays
const base = Float64Array.from({ length: 120_000 }, (_, i) => Math.sin(i * i) * 1000 + i / 7)

/** Resident or plain, of these sizes in some layout. */
function someArray(shape: readonly number[], dtype: Dtype, resident: boolean, layout: string) {
  const wide = layout === 'gaps' ? shape.map((size) => 2 * size) : [...shape]
  const order = layout === 'transposed' ? wide.toReversed() : wide
  const size = order.reduce((a, b) => a * b, 1)
  const x = empty(order, dtype)
  const values = arrays[dtype].from(base.subarray(0, size))
  ;(x.data as Float64Array).set(values as Float64Array)
  const all = resident ? x : { ...x, data: values, shape: order, stride: x.stride, offset: 0 }
  const view = { data: all.data, shape: [...all.shape], stride: [...all.stride], offset: 0 }
  if (layout === 'transposed')
    return { ...view, shape: view.shape.toReversed(), stride: view.stride.toReversed() }
  if (layout === 'gaps')
    return { ...view, shape: [...shape], stride: view.stride.map((step) => 2 * step), offset: 1 }
  if (layout === 'reversed')
    return { ...view, stride: view.stride.map((step) => -step), offset: Math.max(0, size - 1) }
  return view
}

const bytesOf = (x: unknown): unknown => {
  if (Array.isArray(x)) return x.map(bytesOf)
  if (typeof x !== 'object' || x === null) return Object.is(x, -0) ? '-0' : String(x)
  const { data, shape, stride, offset } = x as {
    data: Float64Array
    shape: number[]
    stride: number[]
    offset: number
  }
  const own = data.slice(0)
  return [
    [...shape],
    [...stride],
    offset,
    Buffer.from(own.buffer, own.byteOffset, own.byteLength).toString('latin1'),
  ]
}

interface Case {
  readonly name: string
  readonly resident: boolean
  readonly call: (target: string) => unknown
  readonly last: (target: string) => { threads: number; why?: string } | undefined
}

const shapes = [
  [20_000],
  [3, 9000],
  [9000, 3],
  [70, 400],
  [400, 70],
  [30, 5, 150],
  [5, 2000, 4],
  [1, 7000],
  [257],
  [64, 256],
]
const layouts = ['plain order', 'transposed', 'gaps', 'reversed']

function someCase(): Case {
  const name = random.of(Object.keys(functions) as (keyof typeof functions)[])
  const f = functions[name]
  const dtype: Dtype =
    name === 'farthest'
      ? 'f8'
      : name === 'logaddexp'
        ? random.of(['f4', 'f8'] as const)
        : random.of(['i4', 'f4', 'f8'] as const)
  let shape = random.of(shapes)
  const layout = random.of(layouts)
  if (layout === 'gaps') shape = shape.map((size) => Math.max(1, size >> 1))
  const resident = random.below(3) > 0
  const x = someArray(shape, dtype, resident, layout)
  const axis = random.below(shape.length)
  const method = random.of(['reduce', 'reduce', 'accumulate', 'reduceat'] as const)
  const text = `${name}.${method} ${dtype} [${shape}] axis ${axis} ${layout} ${resident ? 'resident' : 'plain'}`
  const last = (target: string) => f.on(target).explain().last
  if (method === 'reduceat') {
    const n = shape[axis] as number
    const indices = Array.from({ length: 1 + random.below(30) }, () => random.below(n))
    if (random.below(2) === 0) indices.sort((a, b) => a - b)
    return {
      name: `${text} ${indices}`,
      resident,
      last,
      call: (target) => f.on(target).reduceat(x, indices, { axis }),
    }
  }
  if (method === 'accumulate')
    return { name: text, resident, last, call: (target) => f.on(target).accumulate(x, { axis }) }
  const options: Record<string, unknown> = { axis }
  if (name !== 'subtract' && random.below(4) === 0) options.axis = null
  if (random.below(3) === 0) options.initial = name === 'farthest' ? [3, 4] : 3
  if (random.below(4) === 0) options.keepdims = true
  if (random.below(3) === 0) {
    const size = shape.reduce((a, b) => a * b, 1)
    const data = Uint8Array.from({ length: size }, (_, i) => (i % 7 === 0 || i % 1000 > 700 ? 0 : 1))
    options.where = {
      data,
      shape,
      stride: shape.map((_, k) => shape.slice(k + 1).reduce((a, b) => a * b, 1)),
      offset: 0,
    }
    if (options.initial === undefined && name !== 'add') options.initial = name === 'farthest' ? [3, 4] : 3
  }
  return {
    name: `${text} ${Object.keys(options)}`,
    resident,
    last,
    call: (target) => f.on(target).reduce(x, options),
  }
}

test('random calls, for 1, 2, 3 and 8 threads', () => {
  const cases = Array.from({ length: 100 }, someCase)
  const want = cases.map(({ call }) => bytesOf(call('cpu')))
  for (const count of counts) {
    setNumThreads(count)
    const shared = { resident: 0, plain: 0 }
    for (const [k, { name, resident, call, last }] of cases.entries()) {
      assert.equal(bytesOf(call('parallel')), want[k], `${count} threads: ${name}`)
      const { threads = 1, why } = last('parallel') ?? {}
      assert.ok(threads <= count)
      if (threads > 1) shared[resident ? 'resident' : 'plain']++
      else if (count === 1) assert.is(why, 'the number of threads is 1', name)
    }
    for (const [where, n] of Object.entries(shared)) assert.is(n > 0, count > 1, `${n} ${where} were shared`)
  }
})

test('a worker that ends in mid-reduction', () => {
  const x = someArray([300, 257], 'f8', true, 'plain order')
  const f = functions.logaddexp
  const calls = [
    (g: Loose) => g.reduce(x, { axis: 0 }),
    (g: Loose) => g.reduce(x, { axis: null }),
    (g: Loose) => g.accumulate(x),
  ]
  const want = calls.map((call) => bytesOf(call(f.on('cpu'))))
  setNumThreads(3)
  for (const after of [2, 3, 4, 5, 7, 11, 23]) {
    process.env.LANEWISE_TEST_STORES = String(after)
    configure({ workerUrl: new URL('./dying-worker.mjs', import.meta.url) })
    const until = performance.now() + 150
    do
      for (const [k, call] of calls.entries())
        assert.equal(bytesOf(call(f.on('parallel'))), want[k], `after ${after}`)
    while (performance.now() < until)
  }
  configure({ workerUrl: file })
})

test('a check that fails is the error of cpu, also where its range was lost', () => {
  const table = Float64Array.from({ length: 100 }, (_, i) => i)
  const look = loose(
    vectorize(
      ['i4(i4,i4)'],
      ({ table }) =>
        (x, y) =>
          x + Math.trunc(table[y] as number),
      { identity: 0, env: { table } },
    ),
  )
  const x = empty([60_000], 'i4')
  for (let i = 0; i < 60_000; i++) x.data[i] = i > 40_000 && i % 1000 === 7 ? -1 - i : 0
  const met = (target: string) => {
    try {
      look.on(target).reduce(x)
    } catch (error) {
      return error as Error
    }
    throw new Error('no error')
  }
  const want = met('cpu')
  assert.instance(want, BoundsError)
  for (const stores of [1e9, 3, 5]) {
    process.env.LANEWISE_TEST_STORES = String(stores)
    configure({ workerUrl: new URL('./dying-worker.mjs', import.meta.url) })
    for (let turn = 0; turn < 5; turn++) assert.is(met('parallel').message, want.message)
  }
  configure({ workerUrl: file })
})

test.run()
