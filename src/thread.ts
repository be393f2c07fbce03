/** Whether another thread still runs, for a thread that waits for it and so hears no events. */
import type { MessagePort } from 'node:worker_threads'

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
