/**
 * The workers of asynchronous calls: a pool of their own, in which this thread takes no part, so that a call which is waited for and
 * one which blocks do not meet. Parts of several calls take turns.
 */
import { throwIfAborted } from '../target.ts'
import { makePool, type Pool } from './pool.ts'
import { threads } from './threads.ts'

let pool: Pool | null = null
/** How the pool was made: made anew when that changes. */
let made: { readonly count: number; readonly workerUrl: string | URL | null } | null = null
let busy = false
const waiting: (() => void)[] = []

/** As many workers as there are threads; null when there is no memory for them. */
function current(): Pool | null {
  const count = threads.count()
  const workerUrl = threads.workerUrl()
  if (pool && made?.count === count && made.workerUrl === workerUrl) return pool
  pool?.close()
  made = { count, workerUrl }
  pool = makePool(count + 1, workerUrl)
  return pool
}

/** It is this call's turn. @throws the reason of a signal that is aborted meanwhile */
function turn(signal: AbortSignal | undefined): Promise<void> {
  if (!busy) {
    busy = true
    return Promise.resolve()
  }
  return new Promise((resolve, reject) => {
    const start = () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }
    const abort = () => {
      waiting.splice(waiting.indexOf(start), 1)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
    waiting.push(start)
  })
}

function next(): void {
  const start = waiting.shift()
  if (start) start()
  else busy = false
}

export const crew = {
  /** What `work` gives, when its turn has come; a text when there is no crew. */
  async use<R>(signal: AbortSignal | undefined, work: (pool: Pool) => Promise<R>): Promise<R | string> {
    throwIfAborted(signal)
    await turn(signal)
    try {
      const own = current()
      if (!own) return 'there is no memory for workers'
      return await work(own)
    } finally {
      next()
    }
  },
}
