/** Calls that are waited for: what a synchronous call gives, in parts; called off, told of progress, several at once. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { partsOf } from '../../src/broadcast/parts.ts'
import { makePlan, type Plan } from '../../src/broadcast/plan.ts'
import { walk } from '../../src/broadcast/walk.ts'
import { configure, guvectorize, jit, ready, setNumThreads, vectorize, zeros } from '../../src/index.ts'
import type { Loose } from './functions.ts'

configure({ workerUrl: new URL('../../dist/parallel-worker.js', import.meta.url) })
setNumThreads(2)
await ready()

type Results = Promise<{ data: Float64Array; shape: number[] }>
interface Later extends Loose {
  on(target: string): this
  async(...args: unknown[]): Results
}
const loose = (f: unknown) => f as Later
const n = 30_000
const base = Float64Array.from({ length: n }, (_, i) => Math.sin(i) * 100)
const slow = loose(
  vectorize(['f8(f8,f8)'], (x, y) => {
    let s = x
    for (let i = 0; i < 300; i++) s = s * 0.5 + y
    return s
  }),
)
const targets = ['cpu', 'parallel', 'js']

/** What a promise came to. */
const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: unknown) => ({ error }),
  )

test('parts of a plan visit what the plan visits, in its order', () => {
  const visits = (plans: Iterable<Plan>) => {
    const all: string[] = []
    for (const plan of plans)
      walk(plan, (offsets, n) => {
        for (let i = 0; i < n; i++)
          all.push(offsets.map((offset, k) => offset + i * (plan.innerSteps[k] ?? 0)).join())
      })
    return all
  }
  const axis = fc.record({
    size: fc.integer({ min: 1, max: 5 }),
    a: fc.integer({ min: -3, max: 9 }),
    b: fc.integer(),
  })
  fc.assert(
    fc.property(
      fc.array(axis, { maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
      (axes, sizes) => {
        const shape = axes.map(({ size }) => size)
        const plan = makePlan(shape, [
          { shape, stride: axes.map(({ a }) => a), offset: 7 },
          { shape, stride: axes.map(({ b }) => b), offset: 0 },
        ])
        let turn = 0
        const wanted = () => sizes[turn++ % sizes.length] ?? 1
        const largest = Math.max(...sizes)
        const parts = [...partsOf(plan, wanted)]
        assert.ok(parts.every(({ size }) => size > 0 && size <= largest))
        assert.equal(visits(parts), visits([plan]))
      },
    ),
  )
})

test('the same results and errors on every target', async () => {
  const views: Readonly<Record<string, () => unknown[]>> = {
    plain: () => [base, 1],
    resident: () => [Object.assign(zeros([n]), {}), base],
    transposed: () => [
      { data: base, shape: [100, 300], stride: [1, 100], offset: 0 },
      { data: base, shape: [300], stride: [2], offset: 5 },
    ],
    masked: () => [base, 2, { where: Uint8Array.from(base, (x) => Number(x > 0)) }],
    'one number': () => [3, 4],
    empty: () => [new Float64Array(0), 1],
    'in place': () => {
      const own = base.slice()
      return [own, 0.25, own]
    },
    overlapping: () => {
      const own = base.slice()
      return [own.subarray(0, n - 1), 0.25, own.subarray(1)]
    },
    'onto one': () => [base, 1, { data: new Float64Array(1), shape: [n], stride: [0], offset: 0 }],
    shapes: () => [base, base.subarray(1)],
    dtypes: () => [new BigInt64Array(3), 1],
  }
  for (const target of targets)
    for (const [name, args] of Object.entries(views)) {
      const f = slow.on(target)
      const call = () => f(...args())
      let want: unknown
      try {
        want = call()
      } catch (error) {
        want = { error }
      }
      const got = await outcome(f.async(...args()))
      const plainly = (x: unknown) =>
        x instanceof Object && 'data' in x ? [...(x as { data: Float64Array }).data] : x
      assert.equal(plainly(got), plainly(want), `${name} on ${target}`)
    }
})

test('between parts the event loop turns; progress comes to all', async () => {
  for (const target of targets) {
    const f = slow.on(target)
    let turns = 0
    let over = false
    const turn = () => {
      turns++
      if (!over) setImmediate(turn)
    }
    setImmediate(turn)
    const told: number[] = []
    await f.async(base, 1, {
      onProgress(done: number, total: number) {
        assert.is(total, n)
        told.push(done)
      },
    })
    over = true
    assert.ok(turns >= 1, `${target} ${turns}`)
    assert.equal(
      told,
      [...new Set(told)].sort((a, b) => a - b),
    )
    assert.is(told.at(-1), n)
    assert.ok(told.length > 1)
  }
})

test('a signal ends a call with its reason, before it begins and in the middle', async () => {
  for (const target of targets) {
    const f = slow.on(target)
    assert.is(
      await f.async(base, 1, { signal: AbortSignal.abort('never') }).catch((e: unknown) => e),
      'never',
    )
    const controller = new AbortController()
    const reason = new Error('enough')
    const out = new Float64Array(n)
    const got = await f
      .async(base, 1, { out, signal: controller.signal, onProgress: () => controller.abort(reason) })
      .catch((e: unknown) => e)
    assert.is(got, reason)
    // And the next call is whole.
    assert.equal([...(await f.async(base, 1)).data], [...f(base, 1).data])
  }
})

test('options that are something else are refused', async () => {
  for (const options of [{ signal: 1 }, { onProgress: 1 }])
    assert.is(
      ((await outcome(slow.async(base, 1, options))) as { error: { code: string } }).error.code,
      'option',
    )
})

test('an error in onProgress ends the call', async () => {
  const reason = new Error('no more')
  const fail = () => {
    throw reason
  }
  for (const target of targets)
    assert.is(
      await slow
        .on(target)
        .async(base, 1, { onProgress: fail })
        .catch((e: unknown) => e),
      reason,
    )
})

test('several at once, and synchronous ones in between', async () => {
  for (const target of targets) {
    const f = slow.on(target)
    const want = [1, 2, 3].map((y) => [...f(base, y).data])
    const calls = [1, 2, 3].map((y) =>
      f.async(base, y, {
        onProgress: () => assert.equal([...f(base.subarray(0, 500), y).data], want[y - 1]?.slice(0, 500)),
      }),
    )
    const got = await Promise.all(calls)
    assert.equal(
      got.map(({ data }) => [...data]),
      want,
    )
  }
})

test('kernels of arrays, in parts of their loop; jit functions', async () => {
  const sum = loose(
    guvectorize(
      ['void(f8[:],f8[:])'],
      '(n)->()',
    )((x, out) => {
      let s = 0
      for (let k = 0; k < 40; k++) for (let i = 0; i < x.length; i++) s = s * 0.5 + x[i]
      out[0] = s
    }),
  )
  const total = loose(
    jit(['f8(f8[:])'], (x) => {
      let s = 0
      for (let i = 0; i < x.length; i++) s += x[i]
      return s
    }),
  )
  // Arrays of its own, whose size it computes, and one that it writes in place.
  const ranks = loose(
    guvectorize(
      ['void(f8[:],f8[:])'],
      '(n)->(n)',
      `(x, out) => {
        const counts = new Float64Array(2 * x.length)
        for (let i = 0; i < x.length; i++) for (let j = 0; j < x.length; j++) if (x[j] < x[i]) counts[i] += 1
        for (let i = 0; i < x.length; i++) out[i] += counts[i]
      }`,
    ),
  )
  const sums = loose(
    guvectorize(
      'void(f8[:],f8[:])',
      '(n),(n)',
      (a, b) => {
        for (let i = 1; i < a.length; i++) b[i] = (b[i - 1] as number) * 0.5 + (a[i] as number)
      },
      { writableArgs: [1] },
    ),
  )
  const x = { data: base, shape: [10, 300, 10], stride: [1, 100, 10], offset: 0 }
  const mask = Uint8Array.from({ length: 300 }, (_, i) => i % 2)
  for (const target of targets) {
    const f = sum.on(target)
    for (const options of [{}, { where: mask }]) {
      const told: number[] = []
      const got = await f.async(x, { ...options, onProgress: (done: number) => told.push(done) })
      assert.equal([...got.data], [...f(x, options).data])
      assert.equal(got.shape, [10, 300])
      assert.is(told.at(-1), 3000)
      assert.ok(told.length > 1)
    }
    // A result in a dtype of its own is cast when all parts are done.
    const out = new Float32Array(3000)
    await f.async(x, { out: { data: out, shape: [10, 300], stride: [300, 1], offset: 0 } })
    assert.equal(out[7], Math.fround(f(x).get(0, 7)))
    assert.is(await total.on(target).async(base), total.on(target)(base))
    const [got, want] = [await ranks.on(target).async(x), ranks.on(target)(x)]
    assert.equal([...got.data], [...want.data])
    const [own, other] = [base.slice(), base.slice()]
    await sums.on(target).async(x, { ...x, data: own })
    sums.on('cpu')(x, { ...x, data: other })
    assert.equal(own, other)
  }
})

test('one long core call: this thread is free, others get their turn, its signal ends it', async () => {
  const slowly = loose(
    jit(['f8(f8[:])'], (x) => {
      let s = 0
      for (let k = 0; k < 20000; k++) for (let i = 0; i < x.length; i++) s = s * 0.5 + x[i]
      return s
    }),
  ).on('parallel')
  const few = base.subarray(0, 2000)
  const want = slowly.on('cpu')(few)
  let ticks = 0
  const ticking = setInterval(() => ticks++, 1)
  assert.is(await slowly.async(few), want)
  clearInterval(ticking)
  assert.ok(ticks > 1)
  const kernel = `(x, out) => {
    let s = x[0]
    while (s >= 0) s = s * 0.5 + 1
    out[0] = s
  }`
  const never = loose(guvectorize(['void(f8[:],f8[:])'], '(n)->(n)', kernel)).on('parallel')
  for (const args of [[few], [Object.assign(zeros([20]), {})]]) {
    const controller = new AbortController()
    const stuck = outcome(never.async(...args, { signal: controller.signal }))
    // Neither waits for the kernel that never ends.
    assert.is(await slowly.async(few.subarray(0, 20)), slowly.on('cpu')(few.subarray(0, 20)))
    assert.equal([...(await slow.on('parallel').async(base, 1)).data], [...slow(base, 1).data])
    controller.abort('enough')
    assert.equal(await stuck, { error: 'enough' })
  }
  assert.is(await slowly.async(few), want)
})

const endless = loose(
  vectorize(['f8(f8)'], (x) => {
    let s = x
    while (s >= 0) s = s * 0.5 + 1
    return s
  }),
).on('parallel')

test('an endless kernel is ended by its signal; others get their turn', async () => {
  for (const make of [
    (x: number[]) => Float64Array.from(x),
    (x: number[]) => Object.assign(zeros([x.length]), {}),
  ])
    for (let turn = 0; turn < 3; turn++) {
      const controller = new AbortController()
      // Elements for several ranges: those of one go to a worker of their own.
      const some = Array.from({ length: 300 }, (_, i) => (i === 7 ? -1 : 1))
      const stuck = outcome(endless.async(make(some), { signal: controller.signal }))
      const queued = slow.on('parallel').async(base, turn)
      const impatient = new AbortController()
      const gone = outcome(slow.on('parallel').async(base, 3, { signal: impatient.signal }))
      await new Promise((resolve) => setTimeout(resolve, 20 * turn))
      // Synchronous calls have threads of their own.
      assert.equal([...slow.on('parallel')(base, 2).data], [...slow(base, 2).data])
      impatient.abort('no time')
      assert.equal(await gone, { error: 'no time' })
      controller.abort('at last')
      assert.equal(await stuck, { error: 'at last' })
      assert.equal([...(await queued).data], [...slow(base, turn).data])
    }
})

test('checks that fail on a worker are the error that cpu meets', async () => {
  const table = Float64Array.from({ length: 100 }, (_, i) => i)
  const look = loose(
    vectorize(
      ['f8(i4)'],
      ({ table }) =>
        (i) =>
          table[i],
      { env: { table } },
    ),
  )
  const index = Int32Array.from({ length: n }, (_, i) => (i > 20_000 && i % 1000 === 7 ? i : i % 100))
  const messages = new Set<string>()
  for (const target of targets.slice(0, 2))
    for (let turn = 0; turn < 3; turn++) {
      const got = (await outcome(look.on(target).async(index))) as { error: Error }
      messages.add(`${got.error.name}: ${got.error.message}`)
    }
  assert.is(messages.size, 1)
  assert.match([...messages][0] ?? '', /^BoundsError: index 20007 is out of bounds/)
})

test('what an asynchronous call ran on', async () => {
  const f = slow.on('parallel')
  await f.async(base, 1)
  const { last } = f.explain()
  assert.is(last?.why, undefined)
  assert.ok((last?.threads ?? 0) >= 1)
  assert.ok((last?.bytesCopied ?? 0) >= 16 * n)
})

test.run()
