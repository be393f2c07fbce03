/** A job that workers alone do: begun, waited for without blocking, called off; a worker that does not come out of it is ended. */
import { TargetError } from '../../errors.ts'
import type { WasmLoop } from '../../loops/loop.ts'
import { failure, type Instance } from '../instance.ts'
import { unitsOf, type Work } from '../range.ts'
import { type Report, throwIfAborted, type Watch } from '../target.ts'
import { crew } from './crew.ts'
import { halfWritten, type Outcome, type Pool } from './pool.ts'
import { fitsRecord, type Job } from './record.ts'
import { isRepeatable } from './share.ts'
import type { Shared } from './shared-loop.ts'
import { startFailure } from './threads.ts'

/** How often this thread looks after the others, in milliseconds, where they wake it and where they cannot. */
const awaited = 20
const polled = 2
/** A worker that still runs so long after its job was called off is ended. */
const grace = 50
/** A part is computed so often before it is given up. */
const tries = 3
/** And so many workers may end meanwhile. */
const mostDeaths = 20

export const noRoom = 'the memory of resident arrays has no room left for an asynchronous call'

type Failed = NonNullable<Outcome['failed']>

/** Nobody else does it. @throws TargetError where this thread would not hear the signal */
export function doneHere(why: string, loop: WasmLoop, report: Report, { signal, patient }: Watch): false {
  if (signal && !patient && !loop.ends)
    throw new TargetError(
      `no worker runs this call: ${why}. Its kernel may never end, and on this thread no signal could stop it; with a fallback, or without a signal, it would run here`,
      { target: 'parallel', reason: why },
    )
  report.why ??= why
  return false
}

/**
 * Workers do the work, in ranges of so many units, when its turn comes. False: nobody else does it, and this thread may.
 * @throws the error of the first check that failed
 */
export async function doneElsewhere(
  { instance, shared }: { readonly instance: Instance; readonly shared: Shared },
  loop: WasmLoop,
  work: Work,
  range: number,
  report: Report,
  watch: Watch,
): Promise<boolean> {
  const job: Job = { loop: shared.loop, work, range, ranges: Math.ceil(unitsOf(work) / range) }
  const done = await crew.use(watch.signal, job.ranges, (pool) => doneBy(pool, job, report, watch))
  if (typeof done === 'string') return doneHere(done, loop, report, watch)
  if (done.failed) throw failureOf(loop, instance, done.failed)
  return true
}

/** What became of the work, or why nobody does it. */
async function doneBy(pool: Pool, job: Job, report: Report, watch: Watch): Promise<Outcome | string> {
  const { work } = job
  const { size } = work.plan
  if (!fitsRecord(job)) return 'it has too many axes to be told to other threads'
  for (let left = tries; left > 0; left--) {
    const slot = pool.begin(job, true)
    if (slot === null) return 'every job slot is in use'
    const outcome = await end(pool, job, slot, watch, (finished) =>
      watch.progress(Math.floor((finished / job.ranges) * size), size),
    )
    if (outcome) {
      report.threads = Math.max(report.threads, outcome.threads)
      report.calls += outcome.calls
      // An exception on a worker: this thread does it all, and meets the exception or does not.
      if (outcome.failed === null || outcome.failed.code > 0) return outcome
      if (isRepeatable(work)) return 'a worker met an exception'
      break
    }
    const failure = startFailure(pool)
    if (failure !== null) return failure
    const { claimed, staffed } = pool.look(slot, job.ranges)
    if (!staffed && claimed === 0) return noRoom
    if (!isRepeatable(work)) break
  }
  throw isRepeatable(work)
    ? new TargetError(
        `workers of the parallel target ended in mid-call, ${tries} times: the call is given up. The next one runs with new workers`,
        { target: 'parallel', reason: 'workers end' },
      )
    : halfWritten()
}

/** Waits for a job. Null: workers have ended, and ranges are lost. @throws the signal's reason, once everybody has left the job */
async function end(
  pool: Pool,
  job: Job,
  slot: number,
  { signal }: Watch,
  progress: (finished: number) => void,
): Promise<Outcome | null> {
  const deaths = pool.ended() + mostDeaths
  try {
    for (;;) {
      const { finished, claimed, inside, staffed } = pool.look(slot, job.ranges)
      throwIfAborted(signal)
      if (finished === job.ranges) return pool.outcome(slot)
      const hopeless = !staffed || pool.broken() !== null || claimed >= job.ranges || pool.ended() > deaths
      if (!inside && hopeless) break
      progress(finished)
      await change(pool, slot, finished, signal)
    }
  } catch (error) {
    await leave(pool, job, slot)
    throw error
  }
  // The last range may have been finished between two looks.
  const done = pool.look(slot, job.ranges).finished === job.ranges
  if (!done) await leave(pool, job, slot)
  return done ? pool.outcome(slot) : null
}

/** Nobody works on the job any more, or will. */
async function leave(pool: Pool, job: Job, slot: number): Promise<void> {
  pool.callOff(slot)
  const until = performance.now() + grace
  while (pool.look(slot, job.ranges).inside) {
    if (performance.now() > until) await pool.evict(slot)
    else await change(pool, slot, pool.look(slot, job.ranges).finished, undefined)
  }
}

/** Something has happened, or some time has passed. The timer keeps a process alive that waits for nothing else. */
function change(pool: Pool, slot: number, seen: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const waiting = pool.nextFinish(slot, seen)
    const over = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', over)
      resolve()
    }
    const timer = setTimeout(over, waiting ? awaited : polled)
    signal?.addEventListener('abort', over)
    waiting?.then(over)
  })
}

/** The error of the first check that failed. */
function failureOf(loop: WasmLoop, instance: Instance, { code, index, size }: Failed): Error {
  const f64 = instance.heap.view('f8')
  f64[(instance.context + loop.context.errorIndex) / 8] = index
  f64[(instance.context + loop.context.errorSize) / 8] = size
  return failure(loop, instance, code)
}
