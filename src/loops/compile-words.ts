/** Int32 words that the compile thread shares with the thread that asks. */
export const words = {
  /** Counts answers; whoever waits for one sleeps here. */
  answers: 0,
  /** The compile thread's number in the operating system. */
  thread: 1,
  /** Not 0: it has ended by itself. */
  ended: 2,
} as const
