/**
 * The words that threads share, all in the memory of resident arrays, and the meaning of each. Every thread claims ranges of the
 * current job by adding to one word; nobody hands them out, so nobody waits for a thread that has not begun.
 *
 * A job's words are never reused while a thread may still look at them: jobs take turns in a ring of slots. A thread says that it is
 * inside before it looks whether the slot holds its job; main takes the job away before it looks whether somebody is inside. So one of
 * them sees the other.
 */

/** What a claim adds to the word of claims, and how many there are in it. */
export const claimFirst = 1
export const claimLast = 0x10000
export const claimed = (claims: number): number => (claims & 0xffff) + (claims >> 16)

/** Int32 words at the start of the block. */
export const words = {
  /** The number of the newest job; sleepers wait here. */
  job: 0,
  /** Not 0: threads leave for good. */
  closed: 1,
} as const

/** Words of one job slot. */
export const slotWords = {
  /** Which job this slot holds; -1 while it is written. */
  job: 0,
  /** Claims from the first range on, and from the last one back: two counters of 16 bits. */
  next: 1,
  /** Ranges that were claimed and are done with; whoever waits for the last one sleeps here. */
  finished: 2,
  /** Ranges from this one on are passed over: the first that failed. */
  stop: 3,
  /** Calls of the inner loop. */
  calls: 4,
  /** Threads that have run a range. */
  threads: 5,
  /** Threads that could not load its loop. */
  unable: 6,
} as const

/** Words of one thread. */
export const threadWords = {
  /** Not 0: it is in slot number `inside - 1`. */
  inside: 0,
  /** The check that failed in its range `failedRange`, whose facts are f64 words; -1 for an exception; 0 for neither. */
  failed: 1,
  failedRange: 2,
  /** 0: it has not begun; then `running`, or `asleep` until there is another job; at last `ended`. */
  up: 3,
} as const

export const running = 1
export const ended = 2
export const asleep = 3

/** f64 words of one thread: the index and the size of a failed check. */
export const threadFacts = { index: 0, size: 1 } as const

export const slots = 8
export const mostThreads = 64
const line = 64
/** What a job says (record.ts), in f64 words: addresses and sizes are exact in them. */
export const recordWords = 1024

/** A job has at most so many ranges: each has a byte that says when it is done. */
export const mostRanges = 4096

const threadBytes = 2 * line
const slotBytes = line + 8 * recordWords + mostRanges

export const controlBytes = line + mostThreads * threadBytes + slots * slotBytes

export interface Control {
  readonly u8: Uint8Array
  readonly i32: Int32Array
  readonly f64: Float64Array
  /** The block's address, in i32 words. */
  readonly base: number
}

export const makeControl = (buffer: ArrayBufferLike, address: number): Control => ({
  u8: new Uint8Array(buffer),
  i32: new Int32Array(buffer),
  f64: new Float64Array(buffer),
  base: address / 4,
})

const threadAt = (thread: number) => line + thread * threadBytes
const slotAt = (slot: number) => line + mostThreads * threadBytes + slot * slotBytes

/** Indices of words in `i32`. */
export const wordOf = ({ base }: Control, word: keyof typeof words): number => base + words[word]
export const slotWordOf = ({ base }: Control, slot: number, word: keyof typeof slotWords): number =>
  base + slotAt(slot) / 4 + slotWords[word]
export const threadWordOf = ({ base }: Control, thread: number, word: keyof typeof threadWords): number =>
  base + threadAt(thread) / 4 + threadWords[word]
/** Indices of words in `f64`. */
export const factOf = ({ base }: Control, thread: number, fact: keyof typeof threadFacts): number =>
  (4 * base + threadAt(thread) + line) / 8 + threadFacts[fact]
export const recordOf = ({ base }: Control, slot: number): number => (4 * base + slotAt(slot) + line) / 8
/** The index in `u8` of a range's byte. */
export const doneOf = ({ base }: Control, slot: number, range: number): number =>
  4 * base + slotAt(slot) + line + 8 * recordWords + range
