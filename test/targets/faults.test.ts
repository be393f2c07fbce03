/** Things that go wrong while calls run, for real: the right result or one clear error, in bounded time, and the next call works. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { configure, ready, setNumThreads, vectorize } from '../../src/index.ts'
import type { Loose } from '../vectorize/functions.ts'

const dist = new URL('../../dist/', import.meta.url).href

/** What every program begins with: workers of the pool in `workers`, and functions that take long, and for ever. */
const prelude = `
  import threads from 'node:worker_threads'
  import { syncBuiltinESMExports } from 'node:module'
  const workers = []
  const { Worker } = threads
  threads.Worker = class extends Worker {
    constructor(url, options) { super(url, options); if (String(url).includes('parallel')) workers.push(this) }
  }
  syncBuiltinESMExports()
  const lanewise = await import('${dist}index.js')
  const { vectorize, linspace, zeros, setNumThreads, configure, ready } = lanewise
  const kernel = (x) => { let s = x; for (let i = 0; i < 400; i++) s = s * 0.5 + i; return s }
  const f = vectorize(['f8(f8)'], kernel), g = f.on('parallel')
  const endless = vectorize(['f8(f8)'], (x) => { let s = x; while (s >= 0) s = s * 0.5 + 1; return s }, { target: 'parallel' })
  const same = (a, b) => a.data.every((x, i) => x === b.data[i])
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  setNumThreads(2)
  await Promise.all([f.ready(), g.ready(), endless.ready()])
`

/** The JSON that a program prints; it must end by itself. */
function inProcess(code: string): unknown {
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', prelude + code], {
    encoding: 'utf8',
    timeout: 90_000,
  })
  return JSON.parse(out)
}

/** Starts a program; when it has printed something, `act`. Its exit code and signal. */
function interrupted(code: string, act: (child: ChildProcess) => void): Promise<readonly unknown[]> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', prelude + code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const limit = setTimeout(() => child.kill('SIGKILL'), 90_000)
  child.stdout.once('data', () => act(child))
  return new Promise((resolve) => {
    child.on('exit', (...how) => {
      clearTimeout(limit)
      resolve(how)
    })
  })
}

test('workers that are killed while an asynchronous call waits for them', () => {
  const outcomes = inProcess(`
    const x = linspace(0, 1, 300000), want = f(x)
    const outcomes = { right: 0, wrong: 0, error: 0 }
    for (let turn = 0; turn < 12; turn++) {
      const plain = turn % 2 === 0
      const call = g.async(plain ? Float64Array.from(x.data) : x)
      for (let k = 0; k < 3; k++) {
        await pause(turn)
        for (const worker of workers.splice(0)) worker.terminate()
      }
      try { outcomes[same(await call, want) ? 'right' : 'wrong']++ }
      catch (error) { if (error.code === 'target') outcomes.error++; else throw error }
      // In place nothing can be computed again.
      const own = zeros(300000)
      own.data.set(x.data)
      const other = g.async(own, own)
      await pause(turn)
      for (const worker of workers.splice(0)) worker.terminate()
      try { outcomes[same(await other, want) ? 'right' : 'wrong']++ }
      catch (error) { if (error.code === 'target') outcomes.error++; else throw error }
    }
    outcomes.last = same(await g.async(x), want)
    console.log(JSON.stringify(outcomes))`) as Record<string, number | boolean>
  assert.is(outcomes.wrong, 0)
  assert.is(Number(outcomes.right) + Number(outcomes.error), 24)
  assert.ok(Number(outcomes.right) >= 12)
  assert.is(outcomes.last, true)
})

test('workers that are killed while this thread hears no events: others take their place', () => {
  const threads = inProcess(`
    const x = linspace(0, 1, 100000)
    const most = () => {
      let threads = 1
      for (const until = performance.now() + 30000; threads < 2 && performance.now() < until; ) {
        g(x)
        threads = g.explain().last.threads
      }
      return threads
    }
    const before = most()
    for (const worker of workers.splice(0)) worker.terminate()
    // What they still do of a call does not count.
    for (let k = 0; k < 3; k++) g(x)
    console.log(JSON.stringify([before, most()]))`)
  assert.equal(threads, [2, 2])
})

test('workers that are killed while they run one long core call', () => {
  const [right, inPlace, next] = inProcess(`
    const source = '(x) => { let s = 0; for (let k = 0; k < 100000; k++) for (let i = 0; i < x.length; i++) s = s * 0.5 + x[i]; return s }'
    const sum = lanewise.jit(['f8(f8[:])'], source, { target: 'parallel' })
    const fill = lanewise.guvectorize('void(f8[:])', '(n)', \`(x) => { for (let k = 0; k < 100000; k++) for (let i = 1; i < x.length; i++) x[i] = x[i - 1] * 0.5 + x[i] * 0.25 }\`,
      { target: 'parallel', writableArgs: [0] })
    const x = Float64Array.from({ length: 1000 }, (_, i) => i), want = sum.on('cpu')(x)
    const killed = async (call) => {
      let over = false
      call.catch(() => {}).finally(() => { over = true })
      while (!over && workers.length === 0) await pause(1)
      await pause(60)
      for (const worker of workers.splice(0)) worker.terminate()
      return call.then((y) => y ?? 'done', (error) => error.code)
    }
    const right = await killed(sum.async(x)) === want
    const inPlace = await killed(fill.async(x))
    console.log(JSON.stringify([right, inPlace, await sum.async(Float64Array.from({ length: 1000 }, (_, i) => i)) === want]))`) as unknown[]
  assert.is(right, true)
  // Half written, unless it was done by then, or had not begun.
  assert.ok(inPlace === 'target' || inPlace === 'done')
  assert.is(next, true)
})

test('workers that are killed before they begin: an endless kernel is called off all the same, and later workers are used', () => {
  const [reasons, last, why] = inProcess(`
    const x = linspace(0, 1, 300000), want = f(x)
    const reasons = []
    for (let turn = 0; turn < 4; turn++) {
      const controller = new AbortController()
      const call = endless.async(zeros(1 + turn), { signal: controller.signal }).catch((reason) => reason)
      await pause(0)
      // Also those that have just been made in the place of others.
      for (let k = 0; k < 3; k++) {
        for (const worker of workers.splice(0)) worker.terminate()
        await pause(turn)
      }
      setTimeout(() => controller.abort('stop'), 50)
      reasons.push(await call)
    }
    const last = same(await g.async(x), want)
    console.log(JSON.stringify([reasons, last, g.explain().last.why ?? null]))`) as [
    unknown,
    boolean,
    unknown,
  ]
  assert.equal(reasons, ['stop', 'stop', 'stop', 'stop'])
  assert.is(last, true)
  assert.is(why, null)
})

test('where nobody but this thread could run a kernel that may not end, a call with a signal is an error, not a hang', () => {
  const [message, patient, next] = inProcess(`
    configure({ memory: { maximum: 1000 } })
    const { signal } = new AbortController()
    const ends = (x) => { let s = x; while (s < 3) s = s + 1; return s }
    const search = vectorize(['f8(f8)'], ends, { target: 'parallel' })
    const obeys = vectorize(['f8(f8)'], ends, { target: 'parallel', fallback: 'cpu' })
    const message = await search.async(new Float64Array(9), { signal }).catch((error) => error.message)
    const patient = [(await obeys.async(new Float64Array(9), { signal })).data[0], (await search.async(new Float64Array(9))).data[0]]
    configure({ memory: { maximum: Infinity } })
    console.log(JSON.stringify([message, patient, (await search.async(new Float64Array(9), { signal })).data[0]]))`) as [
    string,
    unknown,
    unknown,
  ]
  assert.match(message, /no worker runs this call: .*room.*fallback/)
  assert.equal(patient, [3, 3])
  assert.is(next, 3)
})

test('an exception in a kernel on a worker: this thread computes what is left', async () => {
  await ready()
  configure({ workerUrl: new URL('./throwing-worker.mjs', import.meta.url) })
  const g = vectorize(
    ['f8(f8)'],
    (x) => {
      let s = x
      for (let i = 0; i < 400; i++) s = s * 0.5 + i
      return s
    },
    { target: 'parallel' },
  ) as unknown as Loose
  const x = Float64Array.from({ length: 60_000 }, (_, i) => i / 7)
  const want = [...g.on('cpu')(x).data]
  setNumThreads(3)
  for (let turn = 0; turn < 8; turn++) {
    assert.equal([...g(x).data], want)
    assert.equal([...((await g.async(x)) as { data: Float64Array }).data], want)
    // In place it cannot be computed again: the right result, or an error.
    const own = x.slice()
    await g.async(own, own).then(
      () => assert.equal([...own], want),
      (error: { code: string }) => assert.is(error.code, 'target'),
    )
  }
  configure({ workerUrl: new URL('../../dist/parallel-worker.js', import.meta.url) })
  assert.equal([...((await g.async(x)) as { data: Float64Array }).data], want)
})

test('workers that cannot load a loop: this thread computes it all', async () => {
  process.env.LANEWISE_TEST_UNABLE = '1'
  configure({ workerUrl: new URL('./throwing-worker.mjs', import.meta.url) })
  setNumThreads(3)
  const g = vectorize(['f8(f8)'], (x) => Math.sqrt(x) + 1, { target: 'parallel' }) as unknown as Loose
  const x = Float64Array.from({ length: 60_000 }, (_, i) => i / 7)
  const want = [...g.on('cpu')(x).data]
  for (let turn = 0; turn < 3; turn++) {
    assert.equal([...g(x).data], want)
    assert.equal([...((await g.async(x)) as { data: Float64Array }).data], want)
    assert.match(String(g.explain().last?.why), /room/)
  }
  delete process.env.LANEWISE_TEST_UNABLE
  configure({ workerUrl: new URL('../../dist/parallel-worker.js', import.meta.url) })
})

test('the number of threads changes while calls run', () => {
  const right = inProcess(`
    const x = linspace(0, 1, 200000), want = f(x), few = linspace(0, 1, 5000)
    let n = 0
    const onProgress = () => { if (n++ % 4 === 0) setNumThreads(1 + n % 3); g(few) }
    const all = await Promise.all([g.async(x, { onProgress }), g.async(x, { onProgress }), g.async(x)])
    console.log(JSON.stringify([n > 2, ...all.map((y) => same(y, want))]))`)
  assert.equal(right, [true, true, true, true])
})

test('a memory that is full: calls are done on this thread, and say so', () => {
  const [right, why] = inProcess(`
    const x = Float64Array.from({ length: 50000 }, (_, i) => i), want = f(x)
    configure({ memory: { maximum: 1000 } })
    const y = await g.async(x)
    console.log(JSON.stringify([same(y, want) && same(g(x), want), g.explain().last.why ?? null]))`) as [
    boolean,
    string,
  ]
  assert.is(right, true)
  assert.is(typeof why, 'string')
})

test('inside a worker of the user, whose arrays are those of this thread', () => {
  const answers = inProcess(`
    const x = linspace(0, 1, 100000), want = f(x)
    const source = \`
      import { parentPort, workerData } from 'node:worker_threads'
      import('${dist}index.js').then(async ({ vectorize, isResident, setNumThreads }) => {
        setNumThreads(2)
        const g = vectorize(['f8(f8)'], \${kernel}, { target: 'parallel' })
        const shared = workerData
        const own = Float64Array.from(shared)
        const y = g(own)
        const z = await g.async(own)
        // Results go where this thread's array lies.
        await g.async(shared, shared)
        const view = { data: shared, shape: [shared.length], stride: [1], offset: 0 }
        parentPort.postMessage({ y: y.data, z: z.data, resident: isResident(view), threads: g.explain().last.threads })
      })\`
    const worker = new Worker(source, { eval: true, workerData: x.data })
    const [answer] = await Promise.all([new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)), g.async(x)])
    console.log(JSON.stringify([same({ data: answer.y }, want), same({ data: answer.z }, want), same(x, want), answer.resident]))`)
  assert.equal(answers, [true, true, true, false])
})

test('process.exit in mid-call, and SIGINT', async () => {
  const running = `
    endless.async(zeros(1000)).catch(() => {})
    await pause(100)
    console.log('running')
  `
  assert.equal(await interrupted(`${running} process.exit(7)`, () => {}), [7, null])
  assert.equal(await interrupted(running, (child) => child.kill('SIGINT')), [null, 'SIGINT'])
  // A program that handles the signal hears it, because its event loop turns.
  const handled = `process.on('SIGINT', () => process.exit(9)); ${running}`
  assert.equal(await interrupted(handled, (child) => child.kill('SIGINT')), [9, null])
})

test.run()
