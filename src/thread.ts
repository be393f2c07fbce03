/**
 * Whether another thread still runs, for a thread that waits for it and so hears no events. A thread says its number in the operating
 * system; Linux has a folder for each that runs. Elsewhere the number is 0, and nothing is known.
 */

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
