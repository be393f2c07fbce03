/**
 * The compile thread: binaryen cannot be loaded synchronously, so in Node, Deno and Bun it lives in a worker, and the thread
 * that needs a loop waits for it. Answers go through a message port; `state` wakes the waiting thread.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { Answer, Question, ThreadData } from './compiler.ts'
import { loadBinaryen } from './emit/load.ts'

const { port, state } = workerData as ThreadData
const pipeline = loadBinaryen().then(() => import('./compile.ts'))

async function answer({ id, job, request }: Question): Promise<Answer> {
  try {
    const { jobs } = await pipeline
    return { id, result: jobs[job](request) }
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

port.on('message', async (question: Question) => {
  port.postMessage(await answer(question))
  Atomics.add(state, 0, 1)
  Atomics.notify(state, 0)
})
// The port keeps this thread alive; the main thread has let go of both.
parentPort?.on('close', () => port.close())
