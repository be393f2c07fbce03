/**
 * What independent threads reach: workers that share nothing, each with its part of the elements in memory of its own, over the cpu
 * target. Nobody claims, wakes or waits for anybody within a sample, so the parallel target cannot be faster than this.
 */
import { Worker, workerData } from 'node:worker_threads'

const own = new URL(import.meta.url)

/** A contender for `race`: `count` workers that run the row of the kernel table called `name` on `n` elements together. */
export async function aloneContender(name, types, n, count) {
  const words = new Int32Array(new SharedArrayBuffer(64))
  const workers = Array.from(
    { length: count },
    () => new Worker(own, { workerData: { alone: words, name, types, n: Math.floor(n / count) } }),
  )
  for (const worker of workers) worker.unref()
  const pause = () => new Promise((resolve) => setTimeout(resolve, 5))
  while (Atomics.load(words, 2) < count) await pause()
  const time = (times) => {
    Atomics.store(words, 1, times)
    Atomics.store(words, 2, 0)
    const start = process.hrtime.bigint()
    Atomics.add(words, 0, 1)
    Atomics.notify(words, 0)
    // Asleep, as the workers need the processors.
    for (let seen = 0; seen < count; seen = Atomics.load(words, 2)) Atomics.wait(words, 2, seen)
    return Number(process.hrtime.bigint() - start)
  }
  return { name: 'alone', time, stop: () => Promise.all(workers.map((worker) => worker.terminate())) }
}

async function work({ alone: words, name, types, n }) {
  const { resident, vectorize, zeros } = await import('../dist/index.js')
  const { calling } = await import('./contenders.mjs')
  const { codes, inputsOf, kernels } = await import('./kernels.mjs')
  const row = kernels.find((one) => one.name === name && one.types === types)
  const f = vectorize([row.types], row.kernel)
  const out = codes(row).results.map((code) => zeros([n], code))
  const call = calling(f, [...inputsOf(row, n).map((data) => resident(data)), ...out])
  let seen = 0
  for (;;) {
    Atomics.add(words, 2, 1)
    Atomics.notify(words, 2)
    Atomics.wait(words, 0, seen)
    seen = Atomics.load(words, 0)
    for (let left = Atomics.load(words, 1); left > 0; left--) call()
  }
}

if (workerData?.alone) await work(workerData)
