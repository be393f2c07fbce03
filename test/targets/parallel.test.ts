/** The parallel target against cpu: the same bits for any number of threads, the same errors, and nothing hangs when a worker dies. */
import { execFileSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { BoundsError, OptionError, TargetError } from '../../src/errors.ts'
import {
  configure,
  empty,
  getNumThreads,
  ones,
  ready,
  setNumThreads,
  vectorize,
  zeros,
} from '../../src/index.ts'
import type { Loose } from '../vectorize/functions.ts'

const file = new URL('../../dist/parallel-worker.js', import.meta.url)
configure({ workerUrl: file })
await ready()

const loose = (f: unknown) => f as Loose
/** Enough work to be shared, whatever it is measured to cost. */
const heavy = loose(
  vectorize(['f8(f8)', 'f4(f4)', 'i4(i4)'], (x) => {
    let s = x
    for (let i = 0; i < 200; i++) s = s * 0.5 + i
    return s
  }),
)
/** Uneven: an element in a thousand costs a thousand times as much. */
const uneven = loose(
  vectorize(['i4(i4)'], (x) => {
    const times = x % 1000 === 0 ? 20000 : 20
    let s = 0
    for (let i = 0; i < times; i++) s = (s * 31 + i) | 0
    return s
  }),
)
const counts = [1, 2, 3, 8]
const n = 60_000
const base = Float64Array.from({ length: 2 * n }, (_, i) => Math.sin(i) * 100)

const bytesOf = (x: { data: ArrayBufferView }) =>
  Buffer.from(x.data.buffer as ArrayBuffer, x.data.byteOffset, x.data.byteLength)
const same = (f: Loose, args: () => unknown[], shared = true) => {
  const want = f.on('cpu')(...args())
  for (const count of counts) {
    setNumThreads(count)
    const g = f.on('parallel')
    for (let turn = 0; turn < 3; turn++) {
      const got = g(...args())
      assert.equal(got.shape, want.shape)
      assert.equal(got.stride, want.stride)
      assert.is(Buffer.compare(bytesOf(got), bytesOf(want)), 0, `${count} threads, turn ${turn}`)
    }
    const { last } = g.explain()
    assert.is(last?.target, 'parallel')
    if (count === 1) assert.match(last?.why ?? '', /number of threads is 1/)
    else if (shared) assert.is(last?.why, undefined, 'it was shared')
    assert.ok((last?.threads ?? 0) <= count)
  }
}

const residentOf = (
  data: Float64Array | Float32Array | Int32Array,
  shape: number[],
  dtype: 'f8' | 'f4' | 'i4',
) => {
  const x = empty(shape, dtype)
  ;(x.data as Float64Array).set(data.subarray(0, x.data.length))
  return x
}

test('resident arrays', () => {
  const x = residentOf(base, [n], 'f8')
  same(heavy, () => [x])
  same(heavy, () => [residentOf(Float32Array.from(base), [n], 'f4')])
})

test('plain arrays, in chunks', () => {
  same(heavy, () => [base])
  same(heavy, () => [base.subarray(7)])
  same(heavy, () => [Int32Array.from(base)])
})

test('views: transposed, reversed, broadcast, with gaps', () => {
  const x = residentOf(base, [200, 300], 'f8')
  same(heavy, () => [x.transpose(1, 0)])
  same(heavy, () => [x.step(-1, -1)])
  same(heavy, () => [residentOf(base, [400, 300], 'f8').step(2, 1)])
  const add = loose(
    vectorize(['f8(f8,f8)'], (a, b) => {
      let s = a
      for (let i = 0; i < 200; i++) s = s * 0.5 + b
      return s
    }),
  )
  same(add, () => [x, ones([200, 1])])
  same(add, () => [x, ones([300])])
  same(add, () => [{ data: base, shape: [200, 300], stride: [1, 200], offset: 3 }, 2])
})

test('masks, several outputs, given outputs, in place', () => {
  const x = residentOf(base, [n], 'f8')
  const where = Uint8Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 1 : 0))
  same(heavy, () => [x, { where }])
  same(heavy, () => [base.subarray(0, n), { where }])
  same(heavy, () => [x, zeros([n])])
  same(heavy, () => {
    const own = residentOf(base, [n], 'f8')
    return [own, own]
  })
  same(heavy, () => {
    const own = base.slice(0, n)
    return [own, { data: own, shape: [n], stride: [1], offset: 0 }]
  })
})

test('uneven work', () => {
  same(uneven, () => [
    residentOf(
      Int32Array.from({ length: n }, (_, i) => i),
      [n],
      'i4',
    ),
  ])
})

test('main waits for a range that takes a worker long, and does not take it for lost', () => {
  const slow = loose(
    vectorize(['i4(i4)'], (x) => {
      let s = 1
      for (let i = 0; i < 2_000_000; i++) s = (s * 31 + i + x) | 0
      return s
    }),
  )
  // In place: what were computed twice would be another value.
  same(slow, () => {
    const own = residentOf(
      Int32Array.from({ length: 96 }, (_, i) => i),
      [96],
      'i4',
    )
    return [own, own]
  })
})

test('an output whose elements share memory has the last value, as on cpu', () => {
  const x = residentOf(base, [200, 300], 'f8')
  const one = () => ({ data: new Float64Array(300), shape: [200, 300], stride: [0, 1], offset: 0 })
  same(heavy, () => [x, one()], false)
})

test('the first check that fails is the error, whichever thread meets one', () => {
  const table = Float64Array.from({ length: 100 }, (_, i) => i)
  const look = loose(
    vectorize(
      ['f8(i4)'],
      ({ table }) =>
        (i) => {
          let s = 0
          for (let k = 0; k < 50; k++) s += table[i] as number
          return s
        },
      { env: { table } },
    ),
  )
  const index = residentOf(
    Int32Array.from({ length: n }, (_, i) =>
      i > 20_000 && i % 1000 === 7 ? 100 + Math.floor(i / 1000) : i % 100,
    ),
    [n],
    'i4',
  )
  for (const count of counts) {
    setNumThreads(count)
    for (let turn = 0; turn < 5; turn++) {
      let met: unknown
      try {
        look.on('parallel')(index)
      } catch (error) {
        met = error
      }
      assert.instance(met, BoundsError)
      assert.is((met as InstanceType<typeof BoundsError>).index, 120, `${count} threads`)
      assert.is((met as InstanceType<typeof BoundsError>).size, 100)
    }
  }
  // And the pool is as good as before.
  same(heavy, () => [base])
})

test('the number of threads', () => {
  setNumThreads(5)
  assert.is(getNumThreads(), 5)
  for (const wrong of [0, -1, 1.5, 65, Number.NaN, '2']) {
    assert.throws(
      () => setNumThreads(wrong as number),
      (error: unknown) => error instanceof OptionError,
    )
    assert.is(getNumThreads(), 5)
  }
  setNumThreads(2)
})

test('what is not shared says so', () => {
  const add = loose(vectorize(['f8(f8,f8)'], (x, y) => x + y, { identity: 0, target: 'parallel' }))
  for (const n of [200, 1000]) {
    assert.is(add.reduce(ones([n])), n)
    assert.is(add.explain().last?.why, 'too little work to share')
  }
  add.accumulate(ones([1e6]))
  assert.match(add.explain().last?.why ?? '', /each step needs the one before it/)
  add.at(zeros([10]), [1, 1], 1)
  assert.match(add.explain().last?.why ?? '', /one index after another/)
  add(ones([10]), ones([10]))
  assert.is(add.explain().last?.why, 'too little work to share')
  assert.is(add.explain().last?.threads, 1)
})

test('calls that are too short to wake workers do so when they come close together', () => {
  setNumThreads(3)
  setNumThreads(2)
  const g = heavy.on('parallel')
  const [x, out] = [residentOf(base, [400], 'f8'), zeros([400])]
  const want = [...heavy.on('cpu')(x).data]
  let threads = 1
  for (const until = performance.now() + 20_000; threads < 2 && performance.now() < until; ) {
    g(x, out)
    threads = Math.max(threads, g.explain().last?.threads ?? 1)
  }
  assert.equal([...out.data], want)
  assert.is(threads, 2)
})

test('workers that end in mid-call, with a range claimed or not', () => {
  const want = heavy.on('cpu')(base)
  const g = heavy.on('parallel')
  setNumThreads(3)
  let errors = 0
  for (let after = 2; after < 40; after += after < 10 ? 1 : 7) {
    process.env.LANEWISE_TEST_STORES = String(after)
    configure({ workerUrl: new URL('./dying-worker.mjs', import.meta.url) })
    for (let turn = 0; turn < 4; turn++) {
      // Long enough for workers to start and take part.
      const until = performance.now() + 100
      do assert.is(Buffer.compare(bytesOf(g(base)), bytesOf(want)), 0, `after ${after}`)
      while (performance.now() < until)
      // In place nothing can be computed a second time: the right result, or an error.
      const own = residentOf(base, [2 * n], 'f8')
      try {
        assert.is(Buffer.compare(bytesOf(g(own, own)), bytesOf(want)), 0, `in place, after ${after}`)
      } catch (error) {
        if (!(error instanceof TargetError)) throw error
        assert.match(error.message, /ended in mid-call/)
        errors++
      }
    }
  }
  assert.ok(errors > 0, 'and some were given up')
  configure({ workerUrl: file })
  same(heavy, () => [base])
})

test('workers without a file: everything runs on this thread, and says so', async () => {
  configure({ workerUrl: 'data:text/javascript,throw new Error("no file")' })
  setNumThreads(2)
  const g = heavy.on('parallel')
  for (let turn = 0; turn < 6; turn++) {
    g(base)
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  assert.match(g.explain().last?.why ?? '', /no worker could be started: .*configure\({ workerUrl }\)/)
  configure({ workerUrl: file })
})

const dist = new URL('../../dist/', import.meta.url).href

/** The JSON that a process prints; it must end by itself. */
function inProcess(code: string, env: Record<string, string> = {}): unknown {
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 60_000,
  })
  return JSON.parse(out)
}

test('a process ends by itself, workers or not; LANEWISE_NUM_THREADS', () => {
  const code = `
    import { vectorize, ones, getNumThreads } from '${dist}index.js'
    const f = vectorize(['f8(f8)'], (x) => { let s = x; for (let i = 0; i < 40; i++) s = s * 0.5 + i; return s }, { target: 'parallel' })
    const x = ones(200000)
    for (let i = 0; i < 5; i++) f(x)
    console.log(JSON.stringify([getNumThreads(), f.explain().last.why ?? null]))`
  assert.equal(inProcess(code, { LANEWISE_NUM_THREADS: '3' }), [3, null])
  assert.equal(inProcess(code, { LANEWISE_NUM_THREADS: '1' }), [1, 'the number of threads is 1'])
})

test('workers that are killed before, and in the middle of calls', () => {
  const code = `
    import threads from 'node:worker_threads'
    import { syncBuiltinESMExports } from 'node:module'
    const workers = []
    const { Worker } = threads
    threads.Worker = class extends Worker {
      constructor(url, options) { super(url, options); if (String(url).includes('parallel')) workers.push(this) }
    }
    syncBuiltinESMExports()
    const { vectorize, linspace, zeros, setNumThreads } = await import('${dist}index.js')
    const kernel = (x) => { let s = x; for (let i = 0; i < 400; i++) s = s * 0.5 + i; return s }
    const f = vectorize(['f8(f8)'], kernel), g = f.on('parallel')
    setNumThreads(3)
    const x = linspace(0, 1, 50000), want = f(x), out = zeros(50000)
    const outcomes = { right: 0, wrong: 0, error: 0 }
    const check = (y) => { for (let i = 0; i < 50000; i++) if (y.data[i] !== want.data[i]) return outcomes.wrong++; outcomes.right++ }
    for (let turn = 0; turn < 40; turn++) {
      g(x, out)
      for (const worker of workers.splice(0)) worker.terminate()
      const until = performance.now() + (turn % 8) * 0.3
      while (performance.now() < until);
      out.data.fill(-1)
      check(g(x, out))
      // In place nothing can be computed again: an error, or the right result.
      const own = zeros(50000); own.data.set(x.data)
      for (const worker of workers.splice(0)) worker.terminate()
      try { check(g(own, own)) } catch (error) { if (error.code === 'target') outcomes.error++; else throw error }
      if (turn % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    }
    check(g(x))
    console.log(JSON.stringify(outcomes))`
  const outcomes = inProcess(code) as { right: number; wrong: number; error: number }
  assert.is(outcomes.wrong, 0)
  assert.is(outcomes.right + outcomes.error, 81)
  assert.ok(outcomes.right >= 41)
})

test.run()
