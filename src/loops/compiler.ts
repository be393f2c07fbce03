/**
 * The way to the pipeline. Where a thread may wait (Node, Deno, Bun), a compile thread answers synchronously. In a browser the
 * pipeline is loaded by `ready()`, and until then a synchronous request is a NotReadyError.
 */
import type { MessagePort, Worker } from 'node:worker_threads'
import { LanewiseError, NotReadyError } from '../errors.ts'
import { closedBy } from '../thread.ts'
import type { Job, JobResults, jobs } from './compile.ts'
import type { CompileRequest, Compiler } from './loop.ts'

type Result<J extends Job> = JobResults[J]

export interface Question {
  readonly id: number
  readonly job: Job
  readonly request: CompileRequest
}
export interface Answer {
  readonly id: number
  readonly result?: Result<Job>
  readonly error?: string
  /** Why there will be no answer. */
  readonly gone?: string
}
export interface ThreadData {
  readonly port: MessagePort
  /** Counts answers; whoever waits for one sleeps here. */
  readonly state: Int32Array
}

type Threads = typeof import('node:worker_threads')

interface Thread {
  readonly worker: Worker
  readonly port: MessagePort
  readonly state: Int32Array
  readonly receive: Threads['receiveMessageOnPort']
  readonly hasClosed: () => boolean
  readonly waiting: Map<number, (answer: Answer) => void>
}

/** Longer than the slowest machine takes to load binaryen, for a thread of which nothing can be known: its caller must not hang. */
const patience = 60_000
/** How often it is looked whether the thread still runs. */
const slice = 250

let pipeline: typeof jobs | null = null
let thread: Thread | null = null
let questions = 0

const builtin = <M>(name: string): M | undefined =>
  typeof process === 'undefined' ? undefined : (process.getBuiltinModule?.(name) as M | undefined)

/** Where the thread's file lies: beside this one once bundled. A name in a variable, so that bundlers leave it alone. */
const threadFile = './compile-thread.js'

function startThread(): Thread | null {
  if (thread) return thread
  const threads = builtin<Threads>('node:worker_threads')
  const fs = builtin<typeof import('node:fs')>('node:fs')
  if (!threads || !fs) return null
  // A bundle in CommonJS does not know where it lies.
  const here: string | undefined = import.meta.url
  if (!here) return null
  const url = new URL(threadFile, here)
  if (url.protocol !== 'file:' || !fs.existsSync(url)) return null
  const { port1, port2 } = new threads.MessageChannel()
  const state = new Int32Array(new SharedArrayBuffer(4))
  const data: ThreadData = { port: port2, state }
  // Without the parent's flags: a loader such as tsx would work on binaryen for seconds.
  const { NODE_OPTIONS: _, ...env } = process.env
  const worker = new threads.Worker(url, { workerData: data, transferList: [port2], execArgv: [], env })
  worker.unref()
  const waiting: Thread['waiting'] = new Map()
  const started: Thread = {
    ...{ worker, port: port1, state, waiting },
    receive: threads.receiveMessageOnPort,
    hasClosed: closedBy(threads, port1),
  }
  thread = started
  port1.on('message', (answer: Answer) => waiting.get(answer.id)?.(answer))
  port1.unref()
  worker.on('error', (error) => forget(started, `the compile thread failed (${String(error)})`))
  worker.on('exit', (code) => forget(started, `the compile thread ended with code ${code}`))
  return thread
}

/** Nobody asks it any more, and who waits for it hears the reason. */
function forget(dead: Thread, reason: string): void {
  // By now another one may have taken its place.
  if (thread === dead) thread = null
  for (const [id, settle] of dead.waiting) settle({ id, gone: reason })
}

function unpack<J extends Job>(answer: Answer): Result<J> {
  if (answer.gone !== undefined)
    throw new LanewiseError(
      `no loop was compiled: ${answer.gone} before it answered. The next call starts another one`,
      'internal',
    )
  if (answer.error === undefined) return answer.result as Result<J>
  throw new LanewiseError(`the compiler failed, which is a bug of lanewise: ${answer.error}`, 'internal')
}

function ask(to: Thread, job: Job, request: CompileRequest): number {
  const id = ++questions
  to.port.postMessage({ id, job, request } satisfies Question)
  return id
}

/** Sends the question and sleeps until its answer is there; other answers go to those who wait for them. */
function askAndWait<J extends Job>(to: Thread, job: J, request: CompileRequest): Result<J> {
  const id = ask(to, job, request)
  for (let waited = 0; waited < patience; ) {
    const seen = Atomics.load(to.state, 0)
    const received = to.receive(to.port) as { message: Answer } | undefined
    if (received) {
      if (received.message.id === id) return unpack<J>(received.message)
      to.waiting.get(received.message.id)?.(received.message)
    } else if (to.hasClosed()) {
      forget(to, 'the compile thread ended')
      return unpack<J>({ id, gone: 'the compile thread ended' })
    } else if (Atomics.wait(to.state, 0, seen, slice) === 'timed-out') waited += slice
  }
  throw new LanewiseError(`the compile thread gave no answer within ${patience / 1000} s`, 'internal')
}

function run<J extends Job>(job: J, request: CompileRequest): Result<J> {
  if (pipeline) return pipeline[job](request)
  const to = startThread()
  if (to) return askAndWait(to, job, request)
  throw new NotReadyError(
    'the compiler is not loaded yet: `await ready()` (or `await f.ready()`) before the first synchronous call, or call `f.async(…)`',
    {},
  )
}

async function runAsync<J extends Job>(job: J, request: CompileRequest): Promise<Result<J>> {
  const to = pipeline ? null : startThread()
  if (!to) {
    await load()
    return run(job, request)
  }
  to.port.ref()
  try {
    const answer = await new Promise<Answer>((resolve) => {
      const id = ask(to, job, request)
      to.waiting.set(id, (answer) => {
        to.waiting.delete(id)
        resolve(answer)
      })
    })
    return unpack<J>(answer)
  } finally {
    if (to.waiting.size === 0) to.port.unref()
  }
}

async function load(): Promise<void> {
  if (pipeline) return
  const { loadBinaryen } = await import('./emit/load.ts')
  await loadBinaryen()
  pipeline = (await import('./compile.ts')).jobs
}

export const compiler: Compiler = {
  start() {
    if (!pipeline) startThread()
  },
  compile: (isa, request) => run(isa, request),
  compileAsync: (isa, request) => runAsync(isa, request),
  inspect: (request, what) => run(`${what} text`, request),
  async ready() {
    if (!startThread()) await load()
  },
}
