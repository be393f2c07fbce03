/** One worker, as Node has them and as browsers have them: made, told where things lie, noticed when it ends. */

import { closedBy } from '../../thread.ts'
import { builtin } from './builtin.ts'
import type { WorkerData } from './worker.ts'

export interface Spawned {
  /** Has it ended, although no event could tell? In a browser nobody ends it but us. */
  hasEnded(): boolean
  /** Ends it, whatever it is doing; kept when it is gone. */
  terminate(): Promise<void>
}

type Threads = typeof import('node:worker_threads')
type Fs = typeof import('node:fs')

/** Where the worker's file lies: beside this one once bundled. A name in a variable, so that bundlers leave it alone. */
const file = './parallel-worker.js'

function defaultUrl(): URL | null {
  // A bundle in CommonJS does not know where it lies.
  const here: string | undefined = import.meta.url
  return here ? new URL(file, here) : null
}

/** The reason why no worker can be made here, or null. */
export function reasonAgainstWorkers(workerUrl: string | URL | null): string | null {
  const threads = builtin<Threads>('node:worker_threads')
  if (!threads && typeof Worker === 'undefined') return 'this engine has no workers'
  const url = workerUrl ?? defaultUrl()
  const how = 'say where it is with configure({ workerUrl })'
  if (!url) return `the worker's file cannot be found from a bundle in CommonJS: ${how}`
  if (!threads) return null
  const at = url instanceof URL ? url : fileUrl(url)
  if (at.protocol === 'file:' && !builtin<Fs>('node:fs')?.existsSync(at))
    return `there is no file ${at.pathname} for its workers: ${how}`
  return null
}

/** Milliseconds after which a browser has ended a worker. */
const farewell = 100

const fileUrl = (text: string): URL => new URL(text, import.meta.url)

/** Bundlers know the first form, word for word: they publish the file under a name of theirs, and put that in its place. */
const makeWebWorker = (workerUrl: string | URL | null): Worker =>
  workerUrl === null
    ? new Worker(new URL('./parallel-worker.js', import.meta.url), { type: 'module' })
    : new Worker(workerUrl, { type: 'module' })

/** @param ended is called once when it has ended, with the reason; `failed`: its own error ended it, as one that cannot begin */
export function spawn(
  workerUrl: string | URL | null,
  data: WorkerData,
  ended: (reason: string, failed: boolean) => void,
): Spawned {
  const threads = builtin<Threads>('node:worker_threads')
  if (!threads) {
    const worker = makeWebWorker(workerUrl)
    worker.onerror = (event) =>
      ended(
        event.message ||
          `its file ${workerUrl === null ? '' : `${workerUrl} `}could not be loaded, or the policy of this page (worker-src) forbids it`,
        true,
      )
    worker.postMessage(data)
    return {
      hasEnded: () => false,
      async terminate() {
        worker.terminate()
        // No event tells when it is gone.
        await new Promise((resolve) => setTimeout(resolve, farewell))
        ended('it was ended', false)
      },
    }
  }
  // Without the parent's flags and loaders: they would only cost time.
  const { NODE_OPTIONS: _, ...env } = process.env
  const url = workerUrl ?? (defaultUrl() as URL)
  const at = url instanceof URL ? url : fileUrl(url)
  const { port1, port2 } = new threads.MessageChannel()
  port1.unref()
  const workerData = { ...data, port: port2 }
  const worker = new threads.Worker(at, { workerData, transferList: [port2], execArgv: [], env })
  worker.unref()
  let reason = ''
  worker.on('error', (error) => {
    reason = String(error)
  })
  worker.on('exit', (code) => ended(reason || `it ended with code ${code}`, reason !== ''))
  const hasClosed = closedBy(threads, port1)
  return {
    hasEnded() {
      // Nobody sends here, but the end comes through the same queue.
      threads.receiveMessageOnPort(port1)
      return hasClosed()
    },
    async terminate() {
      await worker.terminate()
    },
  }
}
