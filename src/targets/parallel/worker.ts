/**
 * A worker of the pool, in Node and in browsers. It is told once where things lie; from then on it needs no messages: jobs, loops and
 * results are in shared memory. It looks for a job for a moment, because the next one often comes at once, and then sleeps.
 */

import { type Code, dtypes, type TypedArray } from '../../dtype.ts'
import type { RangeLoops } from '../range.ts'
import { makeRunRange, type RunRange } from '../range.ts'
import { builtin } from './builtin.ts'
import {
  asleep,
  type Control,
  ended,
  makeControl,
  running,
  slots,
  slotWordOf,
  threadWordOf,
  wordOf,
} from './control.ts'
import { readRecord, type SharedLoop } from './record.ts'
import { type Facts, takePart } from './take-part.ts'

/** What the pool tells a worker. */
export interface WorkerData {
  readonly memory: WebAssembly.Memory
  /** The address of the control block. */
  readonly control: number
  readonly thread: number
  /** Memory of this worker's own: contexts of loops. */
  readonly region: number
  readonly regionBytes: number
  /** How long it looks for the next job before it sleeps, in milliseconds. */
  readonly spin: number
}

/** Contexts are aligned as blocks of the heap are. */
const alignment = 64

interface Loaded {
  readonly run: RunRange
  readonly facts: Facts
}

/** Loops in this worker, each with a context in the worker's region; when that is full, all are forgotten. */
function makeLoader({ memory, region, regionBytes, thread }: WorkerData) {
  const loaded = new Map<number, Loaded>()
  let free = region
  const reserve = (bytes: number): number | null => {
    const address = free
    if (address + bytes > region + regionBytes) return null
    free = Math.ceil((address + bytes) / alignment) * alignment
    return address
  }
  /** The memory as it is by now: another thread may have made it grow. */
  const bufferTo = (end: number): ArrayBufferLike => {
    if (memory.buffer.byteLength < end) memory.grow(0)
    return memory.buffer
  }
  /** Null: there is no room, even for this one alone. */
  return (loop: SharedLoop): Loaded | null => {
    const known = loaded.get(loop.id)
    if (known) return known
    let context = reserve(loop.contextBytes)
    if (context === null) {
      loaded.clear()
      free = region
      context = reserve(loop.contextBytes)
      if (context === null) return null
    }
    const buffer = bufferTo(Math.max(loop.code + loop.codeBytes, loop.context + loop.contextBytes))
    const bytes = new Uint8Array(buffer)
    bytes.copyWithin(context, loop.context, loop.context + loop.contextBytes)
    // A module is not made from shared memory.
    const code = bytes.slice(loop.code, loop.code + loop.codeBytes)
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } })
    const f64 = new Float64Array(buffer)
    const facts: Facts = () => ({
      index: f64[(context + loop.errorIndex) / 8] ?? 0,
      size: f64[(context + loop.errorSize) / 8] ?? 0,
    })
    const own = {
      thread,
      view: (code: Code, bytes: number) => new dtypes[code].array(bufferTo(bytes)) as TypedArray,
    }
    const functions = exports as Functions
    const run = makeRunRange({ context, functions, ...functions }, loop.bytes, own)
    const made: Loaded = { run, facts }
    loaded.set(loop.id, made)
    return made
  }
}
type Functions = Omit<RangeLoops, 'context' | 'functions'> & RangeLoops['functions']

/** How many looks between two looks at the clock. */
const looks = 64

/** Waits until the newest job is another than `seen`; false when the pool is closed. */
function nextJob(control: Control, thread: number, seen: number, spin: number): boolean {
  const { i32 } = control
  const [job, closed] = [wordOf(control, 'job'), wordOf(control, 'closed')]
  const up = threadWordOf(control, thread, 'up')
  const until = performance.now() + spin
  do {
    for (let i = 0; i < looks; i++)
      if (Atomics.load(i32, job) !== seen) return Atomics.load(i32, closed) === 0
  } while (performance.now() < until)
  Atomics.store(i32, up, asleep)
  // One that is woken for the job that it has seen sleeps on.
  while (Atomics.load(i32, job) === seen) Atomics.wait(i32, job, seen)
  Atomics.store(i32, up, running)
  return Atomics.load(i32, closed) === 0
}

function work(data: WorkerData): void {
  const { memory, thread, spin } = data
  const control = makeControl(memory.buffer, data.control)
  const { i32 } = control
  const load = makeLoader(data)
  const loadIfRoom = (loop: SharedLoop): Loaded | null => {
    try {
      return load(loop)
    } catch {
      // An engine has room for so many instances, and so much code.
      return null
    }
  }
  Atomics.store(i32, threadWordOf(control, thread, 'up'), running)
  const inside = threadWordOf(control, thread, 'inside')
  let seen = 0
  try {
    while (nextJob(control, thread, seen, spin)) {
      seen = Atomics.load(i32, wordOf(control, 'job'))
      const slot = seen % slots
      Atomics.store(i32, inside, slot + 1)
      if (Atomics.load(i32, slotWordOf(control, slot, 'job')) === seen) {
        const job = readRecord(control, slot)
        const loaded = loadIfRoom(job.loop)
        if (loaded) takePart(control, thread, slot, job, loaded.run, loaded.facts)
        else Atomics.add(i32, slotWordOf(control, slot, 'unable'), 1)
      }
      Atomics.store(i32, inside, 0)
    }
  } finally {
    Atomics.store(i32, threadWordOf(control, thread, 'up'), ended)
  }
}

const threads = builtin<typeof import('node:worker_threads')>('node:worker_threads')
// A main thread that merely loads this file is no worker.
if (threads) {
  if (!threads.isMainThread) work(threads.workerData as WorkerData)
} else addEventListener('message', ({ data }: MessageEvent<WorkerData>) => work(data), { once: true })
