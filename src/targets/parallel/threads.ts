/** How many threads there are, and the pool that they form: made when it is first worth it, made anew when the number changes. */
import { OptionError } from '../../errors.ts'
import { settings, warnOnce } from '../../settings.ts'
import { mostThreads } from './control.ts'
import { makePool, type Pool, workerSpin } from './pool.ts'
import { processors } from './processors.ts'
import { isWorth, limits } from './share.ts'

let wanted: number | null = settings.threads
let pool: Pool | null = null
let workerUrl: string | URL | null = null

const count = (): number => wanted ?? processors()

function change(): void {
  pool?.close()
  pool = null
}

/**
 * Sets how many threads the parallel target uses, the calling one counted. Matches `numba.set_num_threads`, but may exceed the number
 * of processors.
 * @throws OptionError when it is not an integer from 1 to 64
 */
export function setNumThreads(n: number): void {
  if (!Number.isInteger(n) || n < 1 || n > mostThreads)
    throw new OptionError(`setNumThreads takes an integer from 1 to ${mostThreads}, but got ${String(n)}`, {
      option: 'threads',
      known: [`1 … ${mostThreads}`],
    })
  if (n === count()) return
  wanted = n
  change()
}

/** How many threads the parallel target uses: what was set, else LANEWISE_NUM_THREADS, else one a processor. */
export const getNumThreads = (): number => count()

/** Says where workers find their file. */
export function setWorkerUrl(url: string | URL | null): void {
  workerUrl = url
  change()
}

/** Why a pool has no workers, in words that tell what to do; said once on the console too. Null: it has, or will. */
export function startFailure(pool: Pool | null): string | null {
  const reason = pool?.broken() ?? null
  if (reason === null) return null
  const text = `no worker could be started: ${reason}. Say where their file is with configure({ workerUrl })`
  warnOnce(`target 'parallel' runs on one thread: ${text}`)
  return text
}

/** Calls that would have been shared if workers had been awake: since when, how many, and their work in nanoseconds. */
let since = 0
let calls = 0
let passed = 0

/** Nobody has been given work since all were seen asleep: then they are, and a look at their words would cost microseconds. */
let sleeping = false

function someAwake(): boolean {
  sleeping = !pool?.awake()
  return !sleeping
}

/** May workers be awake, or is it time to look whether they should be woken? */
function mayWake(nanoseconds: number): boolean {
  if ((!sleeping && someAwake()) || passed + nanoseconds >= limits.asleep) return true
  calls++
  passed += nanoseconds
  return false
}

/**
 * Are workers awake, or is it time to wake them, for calls that come so close together that they would stay awake? As much work has to
 * pass before as one call has to have that wakes them by itself; only then is the clock looked at, since a look costs microseconds where
 * nothing is in the caches.
 */
function awake(nanoseconds: number): boolean {
  if (!sleeping && someAwake()) return true
  calls++
  passed += nanoseconds
  if (passed < limits.asleep) return false
  const now = performance.now()
  const between = (now - since - passed / 1e6) / calls
  since = now
  calls = passed = 0
  return between < workerSpin / 2
}

export const threads = {
  count,
  workerUrl: () => workerUrl,
  mayWake,
  /** The pool, for work of so many nanoseconds; null when it had better run on this thread. */
  poolFor(nanoseconds: number): Pool | null {
    if (count() === 1 || !isWorth(nanoseconds, awake)) return null
    pool ??= makePool(count(), workerUrl)
    sleeping = false
    return pool?.broken() === null ? pool : null
  },
  /** Why a run stays on this thread. */
  whyAlone: (): string =>
    count() === 1 ? 'the number of threads is 1' : (startFailure(pool) ?? 'too little work to share'),
}
