/** Loops over prange shared among threads: the bits of cpu and of the interpreter for any number of threads, errors, dying workers. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { BoundsError, TargetError } from '../../src/errors.ts'
import { configure, guvectorize, jit, prange, ready, resident, setNumThreads } from '../../src/index.ts'
import { limits } from '../../src/targets/parallel/share.ts'

// biome-ignore lint/suspicious/noExplicitAny: kernels of every kind are the subject here
type Any = any

const file = new URL('../../dist/parallel-worker.js', import.meta.url)
configure({ workerUrl: file })
await ready()
Object.assign(limits, { awake: 0, asleep: 0, fold: 0, range: 1e-3, copied: 0 })

let state = 11
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}
const below = (n: number) => Math.floor(random() * n)
const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T

const numbers = (n: number) =>
  Float64Array.from({ length: n }, () => (random() - 0.5) * 2 ** (below(30) - 15))

/** Every number of a result, as bits; a NaN is a NaN. */
function bits(result: Any): string[] {
  const list = Array.isArray(result) ? result : [result]
  return list
    .flatMap((x: Any) => (typeof x === 'object' ? [...x.data] : [x]))
    .map((x) => (Object.is(x, -0) ? '-0' : `${x}`))
}

const counts = [1, 2, 3, 8]
const busy = jit(['f8(f8[:])'], (a: Any) => {
  let s = 0
  for (const i of prange(a.length)) {
    let x = a[i]
    for (let k = 0; k < 1000; k++) x = x * 0.5 + k
    s += x
  }
  return s
}) as Any

/** Does this for each number of threads, once all of them have begun to work. */
function onThreads(run: (count: number, wake: () => void) => void): void {
  const a = numbers(4000)
  for (const count of counts) {
    setNumThreads(count)
    const f = busy.on('parallel')
    const until = performance.now() + 5000
    do f(a)
    while (f.explain().last.threads < Math.min(count, 2) && performance.now() < until)
    run(count, () => f(a))
  }
}

const value = (depth: number): string =>
  pick([
    () => 'a[i]',
    () => 'a[(i * 7) % a.length]',
    () => 'i',
    () => 'r',
    () => String((random() * 3).toFixed(2)),
    () => (depth > 0 ? `(${value(depth - 1)} ${pick(['+', '-', '*'])} ${value(depth - 1)})` : 'a[i]'),
    () => (depth > 0 ? `Math.sqrt(Math.abs(${value(depth - 1)}))` : 'i'),
  ])()
const whole = (): string => pick(['i', '(i * 5 + 3)', '(i % 13)', '(i & 255)'])
const joins: readonly (() => string)[] = [
  () => `s += ${value(2)}`,
  () => `p *= 1 + ${value(0)} / 1e9`,
  () => `lo = Math.min(lo, ${value(1)})`,
  () => `hi = Math.max(${value(1)}, hi)`,
  () => `x ^= ${whole()}`,
  () => `o |= ${whole()}`,
  () => `n &= ${whole()}`,
  () => 'c++',
]
const statement = (depth: number): string =>
  pick([
    () => pick(joins)(),
    () => pick(joins)(),
    () => `out[i] = ${value(2)}`,
    () => `r = ${value(1)}`,
    () => (depth > 0 ? `if (${value(1)} > ${value(0)}) { ${statements(depth - 1)} }` : 'c++'),
    () => `if (i % 5 === ${below(5)}) continue`,
    () =>
      depth > 0
        ? `for (let k = 0; k < ${1 + below(4)}; k++) { own[k] = own[k] + ${value(1)}; ${statement(0)} }`
        : 'c++',
  ])()
const statements = (depth: number): string =>
  Array.from({ length: 1 + below(3) }, () => statement(depth)).join('; ')
const range = (): string =>
  pick(['a.length', 'm', `${below(4)}, m`, `m - 1, -1, -1`, `0, a.length, ${1 + below(3)}`, 'm - 1, -1, -2'])
const loopOver = (): string =>
  `for (const i of prange(${range()})) { let r = 1; const own = new Float64Array(4); ${statements(2)} }`
/** Loops in rows, in loops and in branches. */
const program = (): string => {
  const all = pick([
    () => loopOver(),
    () => `${loopOver()}; s = s * 0.5; ${loopOver()}`,
    () => `for (let t = 0; t < 3; t++) { ${loopOver()}; s = s / 2 + t }`,
    () => `if (m > 5) { ${loopOver()} } else { s = 1 }; ${loopOver()}`,
    () => `for (let t = 0; t < 4; t++) { if (t === 1) continue; if (t > 2) break; ${loopOver()} }`,
  ])()
  return `(a, m) => { let [s, p, lo, hi] = [0.5, 1, Infinity, -Infinity]; let [x, o, n, c] = [0, 0, -1, 0]; const out = new Float64Array(a.length); ${all}; return [s, p, lo, hi, x, o, n, c, out] }`
}

test('random kernels: the same bits for any number of threads, on cpu, and in the interpreter', () => {
  const cases = Array.from({ length: 8 }, () => {
    const text = program()
    const f = jit(text) as Any
    const a = numbers(1 + below(700))
    const args = [a, below(2) === 0 ? a.length : below(a.length + 1)]
    const want = bits(f.on('cpu')(...args))
    assert.equal(bits(f.on('js')(...args)), want, `interpreter: ${text}`)
    return { text, f: f.on('parallel'), args, want }
  })
  let shared = 0
  onThreads((count, wake) => {
    for (const { text, f, args, want } of cases) {
      wake()
      let most = 0
      for (let turn = 0; turn < 2 || (turn < 12 && count > 1 && most < 2); turn++) {
        assert.equal(bits(f(...args)), want, `${count} threads: ${text}`)
        most = Math.max(most, f.explain().last.threads)
      }
      if (most > 1) shared++
    }
  })
  assert.ok(shared > cases.length / 2, `${shared} calls were shared`)
})

test('kernels of numbers: one element or few', () => {
  const quarter = (n: Any, x: Any) => {
    let s = 0
    for (const i of prange(n)) {
      const t = (i + 0.5) / n
      s += x / (1 + t * t)
    }
    return (4 * s) / n
  }
  const cases = [jit(['f8(i4,f8)'], quarter), jit(quarter), jit(['f4(f8,f8)'], quarter)] as Any[]
  const xs = Float64Array.of(1, 2)
  const wants = cases.map((f) => [
    f.on('cpu')(60_000, 1),
    f.on('cpu')(777, 1),
    ...f.on('cpu')(60_000, xs).data,
  ])
  assert.ok(Math.abs(wants[0]?.[0] - Math.PI) < 1e-9)
  onThreads((count, wake) => {
    for (const [k, f] of cases.entries()) {
      const g = f.on('parallel')
      wake()
      let most = 0
      const until = performance.now() + 3000
      do {
        assert.equal([g(60_000, 1), g(777, 1), ...g(60_000, xs).data], wants[k])
        most = Math.max(most, g.explain().last.threads)
      } while (count > 2 && most < 2 && performance.now() < until)
      if (count > 2) assert.ok(most > 1, g.explain().last.why)
    }
  })
})

test('asynchronous calls: the bits of cpu, by workers alone', async () => {
  setNumThreads(3)
  let most = 0
  for (let k = 0; k < 8; k++) {
    const text = program()
    const f = jit(text) as Any
    const args = [k % 2 === 0 ? numbers(1000) : resident(numbers(1000)), 700]
    const want = bits(f.on('cpu')(...args))
    const g = f.on('parallel')
    for (let turn = 0; turn < 3; turn++) {
      assert.equal(bits(await g.async(...args)), want, text)
      most = Math.max(most, g.explain().last.threads)
    }
  }
  const a = numbers(4000)
  const { signal } = new AbortController()
  const f = busy.on('parallel')
  const until = performance.now() + 5000
  do assert.is(await f.async(a, { signal }), busy.on('cpu')(a))
  while (f.explain().last.threads < 2 && performance.now() < until)
  assert.ok(Math.max(most, f.explain().last.threads) > 1)
  // Others take the place of workers that end, or the call is an error.
  for (const after of [2, 5, 11]) {
    process.env.LANEWISE_TEST_STORES = String(after)
    configure({ workerUrl: new URL('./dying-worker.mjs', import.meta.url) })
    const got = await f.async(a).catch((error: unknown) => error)
    if (got instanceof Error) assert.instance(got, TargetError)
    else assert.is(got, busy.on('cpu')(a))
  }
  configure({ workerUrl: file })
  assert.is(await f.async(a), busy.on('cpu')(a))
})

test('up to 256 iterations, sums are those of plain JavaScript', () => {
  const text = '(a) => { let s = 0; for (const i of prange(a.length)) s += a[i] * 1.1; return s }'
  const plain = new Function('prange', `return ${text}`)(prange)
  for (const n of [0, 1, 255, 256]) {
    const a = numbers(n)
    assert.is((jit(['f8(f8[:])'], text) as Any)(a), plain(a))
  }
})

test('elements behind indices of unknown value stay on one thread, and explain() says why', () => {
  const histogram = jit(
    ['void(i4[:],f8[:])'],
    (bins: Any, h: Any) => {
      for (const i of prange(bins.length)) h[bins[i]] += 1
    },
    { target: 'parallel' },
  ) as Any
  const bins = Int32Array.from({ length: 3000 }, () => below(7))
  const want = new Float64Array(7)
  for (const bin of bins) want[bin] = (want[bin] as number) + 1
  setNumThreads(3)
  for (let turn = 0; turn < 3; turn++) {
    const h = new Float64Array(7)
    histogram(bins, h)
    assert.equal([...h], [...want])
  }
  const { last, notes } = histogram.explain()
  assert.is(last.threads, 1)
  assert.match(last.why, /no loop over prange/)
  assert.ok(
    notes.some(({ reason }: Any) =>
      /stay on one thread: two of its iterations may mean the same element of `h`/.test(reason),
    ),
  )
})

test('gufuncs: core calls one after another where they are few, with a mask, resident and plain', () => {
  const blur = guvectorize(['void(f8[:],f8,f8[:])'], '(n),()->(n)', (a: Any, w: Any, out: Any) => {
    for (const i of prange(1, a.length - 1)) {
      let s = a[i]
      for (let k = 0; k < 300; k++) s = s * 0.5 + w * (a[i - 1] + a[i + 1])
      out[i] = s
    }
  }) as Any
  const a = resident({ data: numbers(4000), shape: [2, 2000], stride: [2000, 1], offset: 0 })
  const w = Float64Array.of(0.5, 2)
  const where = Uint8Array.of(0, 1)
  const want = [blur.on('cpu')(a, w), blur.on('cpu')(a, w, { where })].map(bits)
  onThreads((count, wake) => {
    const f = blur.on('parallel')
    wake()
    let most = 0
    const until = performance.now() + 3000
    do {
      assert.equal(bits(f(a, w)), want[0])
      most = Math.max(most, f.explain().last.threads)
    } while (count > 2 && most < 2 && performance.now() < until)
    if (count > 2) assert.ok(most > 1, f.explain().last.why)
    assert.equal(bits(f(a, w, { where })), want[1])
    assert.equal(
      bits(f({ data: a.data.slice(), shape: [2, 2000], stride: [2000, 1], offset: 0 }, w)),
      want[0],
    )
  })
})

test('of several indices outside, that of the first iteration is the error', () => {
  const f = jit(['f8(f8[:],i4[:])'], (a: Any, at: Any) => {
    let s = 0
    for (const i of prange(at.length)) s += a[at[i]]
    return s
  }) as Any
  const at = Int32Array.from({ length: 4000 }, (_, i) => (i > 700 && i % 100 === 0 ? 1000 + i : i % 10))
  const a = numbers(10)
  onThreads(() => {
    for (let turn = 0; turn < 5; turn++) {
      const error = assert.throws(
        () => f.on('parallel')(a, at),
        (e: Any) => e instanceof BoundsError && e.index === 1800 && e.size === 10,
      )
      assert.is(error, undefined)
    }
  })
})

test('a worker that dies in mid-loop: done again where that is possible, else an error; the next call works', () => {
  const twice = jit(['void(f8[:],f8[:])'], (a: Any, out: Any) => {
    for (const i of prange(a.length)) {
      let x = a[i]
      for (let k = 0; k < 300; k++) x = x * 0.5 + k
      out[i] = x
    }
  }) as Any
  const inPlace = jit(['void(f8[:])'], (a: Any) => {
    for (const i of prange(a.length)) {
      let x = a[i]
      for (let k = 0; k < 300; k++) x = x * 0.5 + k
      a[i] = x
    }
  }) as Any
  const a = numbers(20_000)
  const want = new Float64Array(a.length)
  twice.on('cpu')(a, want)
  let errors = 0
  for (const after of [3, 5, 8]) {
    process.env.LANEWISE_TEST_STORES = String(after)
    configure({ workerUrl: new URL('./dying-worker.mjs', import.meta.url) })
    setNumThreads(3)
    const start = performance.now()
    // Workers take a while to begin.
    const goesOn = () => performance.now() < start + (errors === 0 ? 10_000 : 150)
    do {
      const out = new Float64Array(a.length)
      twice.on('parallel')(a, out)
      assert.is(Buffer.compare(Buffer.from(out.buffer), Buffer.from(want.buffer)), 0, `after ${after}`)
      const own = a.slice()
      try {
        inPlace.on('parallel')(own)
        assert.equal(own, want, `in place, after ${after}`)
      } catch (error) {
        if (!(error instanceof TargetError)) throw error
        assert.match(error.message, /ended in mid-call/)
        errors++
      }
    } while (goesOn())
  }
  assert.ok(errors > 0, 'and some were given up')
  configure({ workerUrl: file })
})

test.run()
