/**
 * node bench/scaling.mjs: what limits the parallel target as threads grow, each by itself. For 1, 2, 4, 8 and 16 threads: what it costs
 * to claim a range while all claim at once; how long sleepers take to wake, the first and the last of them; and throughput of kernels
 * that compute, that are uneven, and that wait for memory, in times of cpu, with gigabytes a second. `--quick` for fewer rounds.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { free, jit, ones, prange, resident, setNumThreads, vectorize, zeros } from '../dist/index.js'
import { race, timed } from './race.mjs'
import { three } from './report.mjs'

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const settings = options.quick
  ? { rounds: 5, sampleMs: 3, budgetMs: 250 }
  : { rounds: 11, sampleMs: 10, budgetMs: 1500 }
const counts = [1, 2, 4, 8, 16]
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]

/** Words that bare threads share: what they are to do, how many are asleep or done, the counter, when each woke. */
const bare = `
  import { workerData } from 'node:worker_threads'
  const { words, times, thread, claims } = workerData
  let seen = 0
  for (;;) {
    Atomics.add(words, 1, 1)
    while (Atomics.wait(words, 0, seen) === 'ok' && Atomics.load(words, 0) === seen);
    times[thread] = performance.timeOrigin + performance.now()
    seen = Atomics.load(words, 0)
    if (seen < 0) break
    const start = performance.now()
    if (seen % 2 === 1) for (let i = 0; i < claims; i++) Atomics.add(words, 16, 1)
    else {
      let s = 0
      for (let i = 0; i < 4e6; i++) s = s * 0.5 + i
      times[thread] += s === 1 ? 1 : 0
    }
    times[64 + thread] = performance.now() - start
    Atomics.add(words, 2, 1)
  }`

async function bareThreads(count) {
  const claims = 300_000
  const words = new Int32Array(new SharedArrayBuffer(256))
  const times = new Float64Array(new SharedArrayBuffer(1024))
  const url = new URL(`data:text/javascript,${encodeURIComponent(bare)}`)
  const all = Array.from(
    { length: count },
    (_, thread) => new Worker(url, { workerData: { words, times, thread, claims } }),
  )
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  let turn = 0
  const round = async () => {
    while (Atomics.load(words, 1) < count) await pause(1)
    // Until they sleep.
    await pause(5)
    Atomics.store(words, 1, 0)
    Atomics.store(words, 2, 0)
    turn++
    const start = performance.timeOrigin + performance.now()
    Atomics.store(words, 0, turn)
    Atomics.notify(words, 0)
    while (Atomics.load(words, 2) < count) await pause(1)
    return {
      woke: [...times.slice(0, count)].map((t) => 1000 * (t - start)),
      took: [...times.slice(64, 64 + count)],
    }
  }
  const [claim, first, last, computed] = [[], [], [], []]
  for (let k = 0; k < 2 * settings.rounds; k++) {
    const { woke, took } = await round()
    if (turn % 2 === 1) claim.push((1e6 * Math.max(...took)) / (claims * count))
    else {
      first.push(Math.min(...woke))
      last.push(Math.max(...woke))
      computed.push(Math.max(...woke.map((t, k) => t / 1000 + took[k])))
    }
  }
  Atomics.store(words, 0, -1)
  Atomics.notify(words, 0)
  await Promise.all(all.map((worker) => worker.terminate()))
  return { claim: median(claim), first: median(first), last: median(last), computed: median(computed) }
}

const n = 1e6
const x = ones(n)
const y = resident(Float64Array.from({ length: n }, (_, i) => i / n))
const out = zeros(n)
const most = 1e7
const wide = [ones(most), ones(most), zeros(most)]
const compute = vectorize(['f8(f8)'], (v) => Math.exp(-v * v) * Math.sin(v))
const uneven = vectorize(['f8(f8)'], (v) => {
  let s = v
  const rounds = 400 * v * v
  for (let i = 0; i < rounds; i++) s = s * 0.5 + i
  return s
})
const plus = vectorize(['f8(f8,f8)'], (a, b) => a + b)
const sum = jit(['f8(f8[:])'], (a) => {
  let s = 0
  for (const i of prange(a.length)) s += Math.exp(-a[i] * a[i])
  return s
})
const cases = [
  { name: 'exp and sin', calls: (f) => () => f(y, out), f: compute, bytes: 16 * n },
  { name: 'uneven loop', calls: (f) => () => f(y, out), f: uneven, bytes: 16 * n },
  { name: 'a + b at 1e7', calls: (f) => () => f(...wide), f: plus, bytes: 24 * most },
  { name: 'prange sum of exp', calls: (f) => () => f(y), f: sum, bytes: 8 * n },
]

console.log(`${availableParallelism()} processors, Node ${process.version}`)
/** What bare loops gain by threads: no more can be had here, whatever else the machine is doing. */
let alone = 0
for (const count of counts) {
  const { claim, first, last, computed } = await bareThreads(count)
  if (count === 1) alone = computed
  console.log(
    `${count} threads: a claim ${three(claim)} ns when all claim at once; sleepers awake after ${three(first)} µs, the last after ${three(last)} µs; bare loops ${three((count * alone) / computed)} times one thread`,
  )
}
for (const { name, calls, f, bytes } of cases) {
  const texts = []
  for (const count of counts) {
    setNumThreads(count)
    const both = [
      { name: 'cpu', time: timed(calls(f)) },
      { name: 'parallel', time: timed(calls(f.on('parallel'))) },
    ]
    const { cpu, parallel } = await race(both, settings)
    texts.push(`${count}: ${three(cpu.median / parallel.median)} (${three(bytes / parallel.median)} GB/s)`)
  }
  console.log(`${name}, times cpu by threads: ${texts.join(', ')}`)
}
for (const array of [x, y, out, ...wide]) free(array)
