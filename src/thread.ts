/**
 * Whether another thread still runs, for a thread that waits for it and so hears no events. Of a thread with a message port it is
 * known in every Node. Of others only on Linux: a thread says its number in the operating system, and there is a folder for each that
 * runs; elsewhere the number is 0, and nothing is known.
 */
import type { MessagePort } from 'node:worker_threads'

const files = (): typeof import('node:fs') | undefined =>
  typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:fs')

/** The number of this thread, or 0. */
export function threadNumber(): number {
  try {
    return Number(files()?.readlinkSync('/proc/thread-self').split('/').at(-1) ?? 0)
  } catch {
    return 0
  }
}

/** Has the thread of this number ended, for all that can be known? */
export const hasEnded = (thread: number): boolean =>
  thread !== 0 && files()?.existsSync(`/proc/self/task/${thread}`) === false

/**
 * Whether the other end of a port has closed, as it does when its thread ends, however that comes about. No event tells this to a
 * thread that sleeps, so it is asked in a roundabout way: a closed port cannot be transferred, which Node finds before it reads the
 * message. An open one stays where it is, because this message cannot be read. The port closes once what came before has been received.
 */
export function closedBy(
  { MessageChannel }: typeof import('node:worker_threads'),
  port: MessagePort,
): () => boolean {
  const { port1: probe } = new MessageChannel()
  probe.unref()
  return () => {
    let read = false
    const unreadable = {
      get message(): never {
        read = true
        throw new Error('not to be sent')
      },
    }
    try {
      probe.postMessage(unreadable, [port])
    } catch {}
    return !read
  }
}
