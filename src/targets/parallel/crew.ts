/**
 * The workers of asynchronous calls: pools of their own, in which this thread takes no part, so that a call which is waited for and
 * one which blocks do not meet. Parts of several calls take turns in one pool; those that are one range, as a single core call that
 * may run for long is, go to pools of one worker each, so that they hold up nobody.
 */
import { throwIfAborted } from '../target.ts'
import { makePool, type Pool } from './pool.ts'
import { threads } from './threads.ts'

interface Crew {
  /** Null: no memory for workers, or none needed yet. */
  pool: Pool | null
  /** How the pool was made: made anew when that changes. */
  made: { readonly workers: number; readonly workerUrl: string | URL | null } | null
  busy: boolean
  readonly waiting: (() => void)[]
}

const makeCrew = (): Crew => ({ pool: null, made: null, busy: false, waiting: [] })

const all = makeCrew()
const alone: Crew[] = []

/** The crew for a job of so many ranges: of those with one worker the one with the shortest queue. */
function crewFor(ranges: number): Crew {
  if (ranges > 1) return all
  const free = alone.slice(0, threads.count()).find(({ busy }) => !busy)
  if (free) return free
  if (alone.length < threads.count()) {
    const made = makeCrew()
    alone.push(made)
    return made
  }
  const [first = all, ...others] = alone.slice(0, threads.count())
  return others.reduce((best, one) => (one.waiting.length < best.waiting.length ? one : best), first)
}

/** Null when there is no memory for it. */
function poolOf(crew: Crew): Pool | null {
  const workers = crew === all ? threads.count() : 1
  const workerUrl = threads.workerUrl()
  if (crew.pool && crew.made?.workers === workers && crew.made.workerUrl === workerUrl) return crew.pool
  crew.pool?.close()
  crew.made = { workers, workerUrl }
  crew.pool = makePool(workers + 1, workerUrl)
  return crew.pool
}

/** It is this call's turn. @throws the reason of a signal that is aborted meanwhile */
function turn(crew: Crew, signal: AbortSignal | undefined): Promise<void> {
  if (!crew.busy) {
    crew.busy = true
    return Promise.resolve()
  }
  return new Promise((resolve, reject) => {
    const start = () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }
    const abort = () => {
      crew.waiting.splice(crew.waiting.indexOf(start), 1)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
    crew.waiting.push(start)
  })
}

function next(crew: Crew): void {
  const start = crew.waiting.shift()
  if (start) start()
  else crew.busy = false
}

export const crew = {
  /** What `work`, a job of so many ranges, gives when its turn has come; a text when there is no crew. */
  async use<R>(
    signal: AbortSignal | undefined,
    ranges: number,
    work: (pool: Pool) => Promise<R>,
  ): Promise<R | string> {
    throwIfAborted(signal)
    const own = crewFor(ranges)
    await turn(own, signal)
    try {
      const pool = poolOf(own)
      if (!pool) return 'there is no memory for workers'
      return await work(pool)
    } finally {
      next(own)
    }
  },
}
