// Random calls on the parallel target, and random faults while they run; every result is compared with that of cpu.
//   node scripts/soak.mjs [--minutes 10] [--seed 1]
// Prints counts. A wrong result, an error that is none of those expected, or a call that takes longer than a minute ends it with code 1.
import { syncBuiltinESMExports } from 'node:module'
import { parseArgs } from 'node:util'
import threads from 'node:worker_threads'

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } })
const minutes = Number(values.minutes ?? 10)
let state = Number(values.seed ?? 1)

const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}
const below = (n) => Math.floor(random() * n)
const chance = (p) => random() < p
const pick = (list) => list[below(list.length)]

// Every worker of the pools, so that faults can end some.
const workers = new Set()
const { Worker } = threads
threads.Worker = class extends Worker {
  constructor(url, options) {
    super(url, options)
    if (!String(url).includes('parallel-worker')) return
    workers.add(this)
    this.on('exit', () => workers.delete(this))
  }
}
syncBuiltinESMExports()

// A thread that sees whether this one still gets on.
const limit = 60_000
const beat = new Int32Array(new SharedArrayBuffer(4))
const watchdog = `
  import { workerData } from 'node:worker_threads'
  let seen = -1
  setInterval(() => {
    const now = Atomics.load(workerData.beat, 0)
    if (now === seen) {
      process._rawDebug('soak: a call hangs')
      process.kill(process.pid, 'SIGKILL')
    }
    seen = now
  }, workerData.limit)`
new Worker(new URL(`data:text/javascript,${encodeURIComponent(watchdog)}`), {
  workerData: { beat, limit },
}).unref()

const { configure, empty, free, getNumThreads, guvectorize, jit, prange, setNumThreads, vectorize } =
  await import('../dist/index.js')

const kernels = [
  vectorize(['f8(f8,f8)'], (x, y) => {
    let s = x
    for (let i = 0; i < 100; i++) s = s * 0.5 + y
    return s
  }),
  vectorize(['f8(f8,f8)'], (x, y) => x + y),
  vectorize(['f4(f4,f4)', 'f8(f8,f8)'], (x, y) => Math.exp(-x * x) * Math.sin(y)),
  vectorize(['i4(i4,i4)'], (x, y) => {
    let n = 0
    let v = Math.abs(x % 10000) + 1
    while (v !== 1 && n < 500) {
      v = v % 2 === 0 ? Math.floor(v / 2) : 3 * v + 1
      n++
    }
    return n + y
  }),
]
/** One core call a row, with an array of its own. */
const rows = guvectorize(['void(f8[:],f8[:],f8[:])'], '(n),(n)->(n)', (x, y, out) => {
  const sums = new Float64Array(x.length)
  for (let i = 1; i < x.length; i++) sums[i] = sums[i - 1] * 0.5 + x[i]
  for (let k = 0; k < 20; k++) for (let i = 0; i < x.length; i++) out[i] = out[i] * 0.5 + sums[i] * y[i]
})
/** One call that is all there is. */
const series = jit(['f8[:](f8[:],f8[:])'], (x, y) => {
  const out = new Float64Array(x.length)
  let s = 0
  for (const i of prange(x.length)) {
    s += Math.exp(-y[i] * y[i])
    out[i] = Math.sin(x[i]) * y[i]
  }
  for (let i = 0; i < x.length; i++) out[i] += s
  return out
})
const arrays = [rows, series]
const endless = vectorize(
  ['f8(f8)'],
  (x) => {
    let s = x
    while (s >= 0) s = s * 0.5 + 1
    return s
  },
  { target: 'parallel' },
)

/** The same in one core call. */
const stuckCore = jit(
  ['f8(f8[:])'],
  (x) => {
    let s = x[0]
    while (s >= 0) s = s * 0.5 + 1
    return s
  },
  { target: 'parallel' },
)

const counts = { calls: 0, right: 0, aborted: 0, 'given up': 0, 'no room': 0 }
const faults = { killed: 0, resized: 0, restarted: 0, endless: 0, 'memory full': 0 }

class Wrong extends Error {}

/** An array of numbers, resident or plain, whole or a view. */
function operand(f, shape) {
  const code = f.types[0].startsWith('i4') ? 'i4' : 'f8'
  const size = shape.reduce((a, b) => a * b, 1)
  const resident = chance(0.5)
  const x = resident
    ? empty([...shape], code)
    : {
        data: new (code === 'i4' ? Int32Array : Float64Array)(size),
        shape: [...shape],
        stride: shape.map((_, k) => shape.slice(k + 1).reduce((a, b) => a * b, 1)),
        offset: 0,
      }
  const from = below(1000)
  for (let i = 0; i < size; i++) x.data[i] = ((i * 37 + from) % 1013) - 500
  if (shape.length === 2 && chance(0.3)) {
    // In another order of memory.
    x.stride.reverse()
    x.stride[0] = 1
    x.stride[1] = shape[0]
  }
  return { x, release: () => resident && chance(0.5) && free(x) }
}

/** The elements in order, as bits; a NaN is a NaN. */
function elements({ data, shape, stride, offset = 0 }) {
  const found = []
  const visit = (axis, at) => {
    if (axis === shape.length) found.push(data[at])
    else for (let i = 0; i < shape[axis]; i++) visit(axis + 1, at + i * stride[axis])
  }
  visit(0, offset)
  return found
}

const sameAs = (want, got) => want.length === got.length && want.every((x, i) => Object.is(x, got[i]))

function fault() {
  const kind = below(10)
  if (kind < 5) {
    for (const worker of workers) if (chance(0.4)) worker.terminate()
    faults.killed++
  } else if (kind < 8) {
    setNumThreads(1 + below(5))
    faults.resized++
  } else if (kind < 9) {
    configure({ workerUrl: new URL('../dist/parallel-worker.js', import.meta.url) })
    faults.restarted++
  } else {
    const maximum = chance(0.5) ? 2 ** 20 * below(20) : Number.POSITIVE_INFINITY
    configure({ memory: { maximum } })
    faults['memory full']++
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Workers kept ending, or nobody but this thread was left, which would not hear the signal. */
const isGivenUp = (error) =>
  error?.code === 'target' && /in mid-call|no worker runs this call/.test(error.message)

async function stuck() {
  const controller = new AbortController()
  setTimeout(() => controller.abort('stop'), below(60))
  faults.endless++
  const reason = await pick([endless, stuckCore])
    .async(new Float64Array(1 + below(5000)), { signal: controller.signal })
    .then(
      () => 'it ended',
      (error) => error,
    )
  if (isGivenUp(reason)) counts['given up']++
  else if (reason === 'stop') counts.aborted++
  else throw reason instanceof Error ? reason : new Wrong(`an endless kernel: ${reason}`)
}

async function call() {
  Atomics.add(beat, 0, 1)
  const f = pick(chance(0.3) ? arrays : kernels)
  const g = f.on('parallel')
  const shape = f === series || chance(0.5) ? [1 + below(120_000)] : [1 + below(300), 1 + below(300)]
  const a = operand(f, shape)
  const b = operand(f, !arrays.includes(f) && chance(0.3) ? [1] : shape)
  const controller = new AbortController()
  const asynchronous = chance(0.6)
  const aborts = asynchronous && chance(0.2)
  const inPlace = f !== series && chance(0.2)
  counts.calls++
  try {
    const want = elements(f(a.x, b.x))
    let got
    if (asynchronous) {
      const onProgress = () => chance(0.02) && fault()
      const options = { signal: controller.signal, onProgress, ...(inPlace && { out: a.x }) }
      const waiting = g.async(a.x, b.x, options)
      // It may be over before it is waited for.
      waiting.catch(() => {})
      if (aborts) setTimeout(() => controller.abort('enough'), below(20))
      if (chance(0.3)) {
        await pause(below(5))
        fault()
      }
      got = await waiting
    } else {
      if (chance(0.3)) fault()
      got = inPlace ? g(a.x, b.x, a.x) : g(a.x, b.x)
    }
    if (!sameAs(want, elements(got))) throw new Wrong(`${f.name} of ${shape}: not what cpu gives`)
    counts.right++
  } catch (error) {
    if (error === 'enough' && aborts) counts.aborted++
    else if (isGivenUp(error)) counts['given up']++
    // Kernels of arrays need room beside resident arrays.
    else if (error?.code === 'memory' && arrays.includes(f)) counts['no room']++
    else throw error
  } finally {
    a.release()
    b.release()
  }
}

const until = performance.now() + minutes * 60_000
try {
  while (performance.now() < until) {
    const several = Array.from({ length: 1 + below(3) }, () => (chance(0.1) ? stuck() : call()))
    await Promise.all(several)
  }
  // And in the end all is as at the beginning.
  configure({ memory: { maximum: Number.POSITIVE_INFINITY } })
  setNumThreads(2)
  for (let turn = 0; turn < 10; turn++) await call()
  const text = (all) =>
    Object.entries(all)
      .map(([what, n]) => `${n} ${what}`)
      .join(', ')
  console.log(
    `${text(counts)}; faults: ${text(faults)}; threads now ${getNumThreads()}; nothing lost, nothing hung`,
  )
} catch (error) {
  console.error(
    `soak: ${error instanceof Error ? error.stack : error}; seed ${values.seed ?? 1}, after ${JSON.stringify(counts)}`,
  )
  process.exitCode = 1
}
