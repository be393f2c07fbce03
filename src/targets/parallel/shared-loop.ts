/** A loop that every thread can load, and its jobs: begun, taken part in, and what became of them. */
import type { WasmLoop } from '../../loops/loop.ts'
import { elementBytes, type Instance } from '../instance.ts'
import type { Block } from '../memory/allocator.ts'
import { residentHeap } from '../memory/resident.ts'
import { makeRunRange, type RunRange, unitsOf, type Work } from '../range.ts'
import type { Report } from '../target.ts'
import { halfWritten, type Pool } from './pool.ts'
import { describeLoop, fitsRecord, type Job, type SharedLoop } from './record.ts'
import { isRepeatable, rangeOf } from './share.ts'

/** Loops that nobody can call any more give the copy of their code back. */
const collected = new FinalizationRegistry<Block>((block) => residentHeap().release(block))

let loops = 0

export interface Shared {
  /** Of this thread, in the memory of resident arrays. */
  readonly instance: Instance
  readonly loop: SharedLoop
  readonly run: RunRange
}

/** Puts the loop's code where workers find it, for as long as `owner` lives. Null: there is no room. */
export function shareLoop(owner: object, loop: WasmLoop, instance: Instance): Shared | null {
  const heap = residentHeap()
  const block = heap.reserve(loop.shared.length)
  if (!block) return null
  new Uint8Array(heap.buffer(), block.address, loop.shared.length).set(loop.shared)
  collected.register(owner, block)
  const bytes = elementBytes(loop)
  return {
    instance,
    loop: describeLoop(++loops, loop, block.address, loop.shared.length, instance.context, bytes),
    run: makeRunRange(instance, bytes, { thread: 0, view: (code) => heap.view(code) }),
  }
}

export interface Begun {
  readonly job: Job
  readonly slot: number
}

/** Offers the work, of about so many nanoseconds, to the pool. Null: it is one range, or there is no place to say it. */
export function begin(
  pool: Pool,
  shared: Shared,
  work: Work,
  nanoseconds: number,
  step: number,
): Begun | null {
  return beginRanges(pool, shared, work, rangeOf(work, nanoseconds, pool.size, step))
}

/** The same in ranges of so many units. */
export function beginRanges(pool: Pool, shared: Shared, work: Work, range: number): Begun | null {
  const job: Job = { loop: shared.loop, work, range, ranges: Math.ceil(unitsOf(work) / range) }
  if (job.ranges < 2 || !fitsRecord(job)) return null
  const slot = pool.begin(job)
  return slot === null ? null : { job, slot }
}

/** Takes part until it is done; the code of the first failed check, whose facts are then in the instance's context, or 0. */
export function end(
  pool: Pool,
  { instance, loop, run }: Shared,
  { job, slot }: Begun,
  report: Report,
): number {
  const f64 = instance.heap.view('f8')
  const [index, size] = [(instance.context + loop.errorIndex) / 8, (instance.context + loop.errorSize) / 8]
  const facts = () => ({ index: f64[index] ?? 0, size: f64[size] ?? 0 })
  const { threads, calls, failed } = pool.end(job, slot, run, facts, isRepeatable(job.work))
  report.threads = Math.max(report.threads, threads)
  report.calls += calls
  if (!failed) return 0
  if (failed.code < 0) {
    // An exception on a worker. What lies behind was passed over: this thread does it all, and meets the exception or does not.
    if (!isRepeatable(job.work)) throw halfWritten()
    return run(job.work, failed.range * job.range, unitsOf(job.work), report)
  }
  f64[index] = failed.index
  f64[size] = failed.size
  return failed.code
}
