/**
 * The pool: workers over the memory of resident arrays, and the calling thread as one of them. Main publishes a job and takes part in
 * it at once; workers that are awake join, sleepers are woken. Main waits only for ranges that others have begun.
 */
import { TargetError } from '../../errors.ts'
import { residentHeap } from '../memory/resident.ts'
import type { RunRange } from '../range.ts'
import { unitsOf } from '../range.ts'
import {
  type Control,
  claimed,
  controlBytes,
  doneOf,
  ended,
  factOf,
  makeControl,
  mostThreads,
  running,
  slots,
  slotWordOf,
  threadWordOf,
  wordOf,
} from './control.ts'
import { processors } from './processors.ts'
import { type Job, writeRecord } from './record.ts'
import { type Spawned, spawn } from './spawn.ts'
import { type Facts, takePart } from './take-part.ts'

/** What became of a job. `failed`: the check, of the first range that failed. */
export interface Outcome {
  readonly threads: number
  readonly calls: number
  readonly failed: {
    readonly code: number
    readonly range: number
    readonly index: number
    readonly size: number
  } | null
}

/** How far a job is. */
export interface Look {
  /** Ranges that are done, and that somebody has begun. */
  readonly finished: number
  readonly claimed: number
  /** Is a thread at work on it? */
  readonly inside: boolean
  /** Is there any worker that can load its loop? There may be no memory for one. */
  readonly staffed: boolean
}

export interface Pool {
  /** Threads, this one counted. */
  readonly size: number
  /** Why there are no workers, if they end as soon as they are made. */
  broken(): string | null
  /** Are workers looking for a job just now? */
  awake(): boolean
  /**
   * Publishes a job, on which workers begin at once. Null: no slot is free, and nothing was done. One job at a time.
   * @param alone this thread takes no part in it
   */
  begin(job: Job, alone?: boolean): number | null
  /**
   * Takes part in the job of this slot until it is done.
   * @param again ranges may be computed a second time, because no output is an input
   * @throws TargetError when a worker ended within a range that cannot be
   */
  end(job: Job, slot: number, run: RunRange, facts: Facts, again: boolean): Outcome
  /**
   * The same without taking part or waiting: how far it is, once all is done what became of it, and when that changes. Wakes others
   * while ranges of it are left that nobody has begun: who was woken may have ended since.
   */
  look(slot: number, ranges: number): Look
  outcome(slot: number): Outcome
  /** Null where nobody can be told. */
  nextFinish(slot: number, seen: number): Promise<unknown> | null
  /** Ranges that nobody has begun are passed over. */
  callOff(slot: number): void
  /** Ends the workers that are at work on it; later ones take their place. */
  evict(slot: number): Promise<void>
  /** Workers that have ended. */
  ended(): number
  /** Workers leave when they have nothing to do; the pool is not used again. */
  close(): void
}

const self = 0
/** Memory of each worker for the contexts of loops. */
export const regionBytes = 2 ** 18
/** Workers look so long for the next job (milliseconds), and main for the last range, before they sleep. */
export const workerSpin = 0.1
const mainSpin = 0.05
/** Main looks after the others so often while it sleeps. */
const slice = 2
/** Whoever waits for a promise looks at least so often (milliseconds). */
const longestWait = 20
const never = 0x7fffffff
/** Workers that ended one after another before they began, by no error of their own: somebody ends them, and new ones may begin. */
const mostUnborn = 20

/** After so many jobs that this thread did alone it looks whether the others have ended. */
const mostUnhelped = 8

interface Member {
  readonly thread: number
  /** As of its end: by then another may have its words. */
  began: boolean
  readonly spawned: Spawned
}

/** What one worker has left half done, no other can do again. */
export const halfWritten = (): Error =>
  new TargetError(
    'a worker of the parallel target ended in mid-call, and the outputs it was writing are inputs too: they hold neither the old values nor all the new ones. The next call runs with a new worker',
    { target: 'parallel', reason: 'a worker ended' },
  )

/** Null: there is no memory for it. */
export function makePool(size: number, workerUrl: string | URL | null): Pool | null {
  const heap = residentHeap()
  const count = Math.min(size, mostThreads)
  const block = heap.reserve(controlBytes)
  if (!block) return null
  new Uint8Array(heap.buffer(), block.address, controlBytes).fill(0)
  const control = makeControl(heap.buffer(), block.address)
  const { i32 } = control
  const word = (name: Parameters<typeof wordOf>[1]) => wordOf(control, name)
  const members: (Member | undefined)[] = []
  /** Where each worker says whether it is awake. */
  const states = Array.from({ length: count - 1 }, (_, k) => threadWordOf(control, k + 1, 'up'))
  let number = 0
  let closed = false
  let broken: string | null = null
  let deaths = 0
  let unborn = 0
  let unhelped = 0

  const hire = (thread: number): void => {
    const region = heap.reserve(regionBytes)
    if (!region) return
    for (const name of ['inside', 'failed', 'up'] as const)
      Atomics.store(i32, threadWordOf(control, thread, name), 0)
    const data = {
      memory: heap.memory,
      control: block.address,
      thread,
      region: region.address,
      regionBytes,
      spin: workerSpin,
    }
    const member: Member = {
      thread,
      began: false,
      spawned: spawn(workerUrl, data, (reason, failed) => {
        bury(member)
        // One that was ended before it began might have; one that failed would fail again.
        if (!member.began && (failed || unborn >= mostUnborn)) broken = reason
        heap.release(region)
        if (closed && members.every((one) => one === undefined)) heap.release(block)
      }),
    }
    members[thread] = member
  }

  /** A thread that has ended is no member any more, and so in no slot. */
  const bury = (member: Member): void => {
    if (members[member.thread] !== member) return
    members[member.thread] = undefined
    member.began = Atomics.exchange(i32, threadWordOf(control, member.thread, 'up'), 0) !== 0
    unborn = member.began ? 0 : unborn + 1
    deaths++
  }

  const buryAll = (): void => {
    for (const member of members) if (member && isGone(control, member)) bury(member)
  }

  const isEmpty = (slot: number): boolean =>
    members.every(
      (one) => !one || Atomics.load(i32, threadWordOf(control, one.thread, 'inside')) !== slot + 1,
    )

  const complete = (): void => {
    if (broken !== null) return
    for (let thread = 1; thread < count; thread++) if (!members[thread]) hire(thread)
  }

  /** A slot that nobody looks at, now closed to those who come late; null if there is none. */
  const openSlot = (): number | null => {
    for (let tries = 0; tries < slots; tries++) {
      number = number === never ? 1 : number + 1
      const slot = number % slots
      if (!isEmpty(slot)) continue
      Atomics.store(i32, slotWordOf(control, slot, 'job'), -1)
      // Whoever came in between sees that and leaves.
      for (let looks = 0; looks < 10000; looks++) if (isEmpty(slot)) return slot
    }
    return null
  }

  /** Wakes as many as the job is short of, but not more than there are processors: they would take the time of those at work. */
  const rouse = (ranges: number, alone: boolean): void => {
    const most = alone ? processors() : processors() - 1
    let missing = Math.min(ranges, most)
    for (const state of states) if (Atomics.load(i32, state) === running) missing--
    if (missing > 0) Atomics.notify(i32, word('job'), missing)
  }

  const publish = (job: Job, alone: boolean): number | null => {
    const slot = openSlot()
    if (slot === null) return null
    writeRecord(control, slot, job)
    for (const name of ['next', 'finished', 'calls', 'threads', 'unable'] as const)
      Atomics.store(i32, slotWordOf(control, slot, name), 0)
    Atomics.store(i32, slotWordOf(control, slot, 'stop'), never)
    const done = doneOf(control, slot, 0)
    control.u8.fill(0, done, done + job.ranges)
    Atomics.store(i32, slotWordOf(control, slot, 'job'), number)
    Atomics.store(i32, word('job'), number)
    rouse(alone ? job.ranges : job.ranges - 1, alone)
    return slot
  }

  /** Waits for the ranges that others have begun. True: all are done. False: a thread has ended, and some are lost. */
  const waited = (job: Job, slot: number): boolean => {
    const finished = slotWordOf(control, slot, 'finished')
    const until = performance.now() + mainSpin
    for (;;) {
      const seen = Atomics.load(i32, finished)
      if (seen === job.ranges) return true
      if (performance.now() < until) continue
      buryAll()
      if (isEmpty(slot)) return Atomics.load(i32, finished) === job.ranges
      sleep(i32, finished, seen)
    }
  }

  /** Computes the ranges that were lost; the check that failed, in the first of them in which one did. */
  const redo = (job: Job, slot: number, run: RunRange, facts: Facts, again: boolean): Outcome['failed'] => {
    if (!again) throw halfWritten()
    const units = unitsOf(job.work)
    for (let range = 0; range < job.ranges; range++) {
      if (Atomics.load(control.u8, doneOf(control, slot, range)) !== 0) continue
      const code = run(job.work, range * job.range, Math.min(units, (range + 1) * job.range), { calls: 0 })
      if (code !== 0) return { code, range, ...facts() }
    }
    return null
  }

  /** The failure of the lowest range: those of later ranges may be other ones from call to call. */
  const firstFailure = (): Outcome['failed'] => {
    let first: Outcome['failed'] = null
    for (let thread = 0; thread < count; thread++) {
      const at = threadWordOf(control, thread, 'failed')
      const code = Atomics.exchange(i32, at, 0)
      if (code === 0) continue
      const range = i32[threadWordOf(control, thread, 'failedRange')] as number
      if (first !== null && first.range < range) continue
      const fact = (name: 'index' | 'size') => control.f64[factOf(control, thread, name)] as number
      first = { code, range, index: fact('index'), size: fact('size') }
    }
    return first
  }

  const outcome = (slot: number): Outcome => {
    const read = (name: 'threads' | 'calls') => Atomics.load(i32, slotWordOf(control, slot, name))
    return { threads: read('threads'), calls: read('calls'), failed: firstFailure() }
  }

  complete()
  return {
    size: count,
    broken: () => broken,
    // In one function, which is short where nothing is in the caches.
    awake() {
      for (const state of states) if (Atomics.load(i32, state) === running) return true
      return false
    },
    begin(job, alone = false) {
      complete()
      return publish(job, alone)
    },
    end(job, slot, run, facts, again) {
      takePart(control, self, slot, job, run, facts)
      const lost = waited(job, slot) ? null : redo(job, slot, run, facts, again)
      const { failed, ...rest } = outcome(slot)
      // Whoever is taken to be awake may have ended: no event tells while this thread blocks.
      unhelped = rest.threads > 1 ? 0 : unhelped + 1
      if (unhelped % mostUnhelped === mostUnhelped - 1) buryAll()
      const first = lost && (failed === null || lost.range < failed.range) ? lost : failed
      return { ...rest, failed: first }
    },
    look(slot, ranges) {
      buryAll()
      complete()
      // In this order: whoever had claimed by then was inside, and once nobody is, finished what will be.
      const begun = claimed(Atomics.load(i32, slotWordOf(control, slot, 'next')))
      const inside = !isEmpty(slot)
      const finished = Atomics.load(i32, slotWordOf(control, slot, 'finished'))
      const unable = Atomics.load(i32, slotWordOf(control, slot, 'unable'))
      const staffed = members.filter((one) => one !== undefined).length > unable
      if (begun < ranges) rouse(ranges - begun, true)
      return { finished, claimed: begun, inside, staffed }
    },
    outcome,
    nextFinish(slot, seen) {
      const wait: unknown = Reflect.get(Atomics, 'waitAsync')
      if (typeof wait !== 'function') return null
      const { value }: { value: unknown } = wait(
        i32,
        slotWordOf(control, slot, 'finished'),
        seen,
        longestWait,
      )
      return Promise.resolve(value)
    },
    callOff: (slot) => {
      Atomics.store(i32, slotWordOf(control, slot, 'stop'), 0)
    },
    async evict(slot) {
      const within = members.filter(
        (one) => one && Atomics.load(i32, threadWordOf(control, one.thread, 'inside')) === slot + 1,
      )
      await Promise.all(within.map((one) => one?.spawned.terminate()))
    },
    ended: () => deaths,
    close() {
      closed = true
      Atomics.store(i32, word('closed'), 1)
      Atomics.add(i32, word('job'), 1)
      Atomics.notify(i32, word('job'))
    },
  }
}

/** Sleeps a slice, where this thread may: the main thread of a browser may not, and looks again at once. */
function sleep(i32: Int32Array, at: number, seen: number): void {
  try {
    Atomics.wait(i32, at, seen, slice)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
}

/** Has this worker ended, although nobody could tell us yet? */
const isGone = (control: Control, { thread, spawned }: Member): boolean =>
  Atomics.load(control.i32, threadWordOf(control, thread, 'up')) === ended || spawned.hasEnded()
