/**
 * What every thread does with a job, the one that published it too: claim a range, run it, claim the next. The publisher and every second
 * worker claim from the first range on, others from the last one back: so in call after call each meets about the elements that are in
 * its cache.
 */
import type { RunRange } from '../range.ts'
import { unitsOf } from '../range.ts'
import {
  type Control,
  claimed,
  claimFirst,
  claimLast,
  doneOf,
  factOf,
  slotWordOf,
  threadWordOf,
} from './control.ts'
import type { Job } from './record.ts'

/** The facts of a failed check, where the loop has put them. */
export type Facts = () => { index: number; size: number }

export function takePart(
  control: Control,
  thread: number,
  slot: number,
  job: Job,
  run: RunRange,
  facts: Facts,
): void {
  const { i32 } = control
  const [next, finished, stop] = (['next', 'finished', 'stop'] as const).map((word) =>
    slotWordOf(control, slot, word),
  ) as [number, number, number]
  const [calls, threads] = [slotWordOf(control, slot, 'calls'), slotWordOf(control, slot, 'threads')]
  const units = unitsOf(job.work)
  const report = { calls: 0 }
  let runs = 0
  const fromLast = thread % 2 === 1
  for (;;) {
    const claims = Atomics.add(i32, next, fromLast ? claimLast : claimFirst)
    if (claimed(claims) >= job.ranges) break
    const range = fromLast ? job.ranges - 1 - (claims >> 16) : claims & 0xffff
    if (range < Atomics.load(i32, stop)) {
      if (runs++ === 0) Atomics.add(i32, threads, 1)
      report.calls = 0
      runOne(control, thread, slot, range, facts, () => {
        const from = range * job.range
        return run(job.work, from, Math.min(units, from + job.range), report)
      })
      Atomics.add(i32, calls, report.calls)
    }
    Atomics.store(control.u8, doneOf(control, slot, range), 1)
    if (Atomics.add(i32, finished, 1) + 1 === job.ranges) Atomics.notify(i32, finished)
  }
}

function runOne(
  control: Control,
  thread: number,
  slot: number,
  range: number,
  facts: Facts,
  run: () => number,
): void {
  const { i32, f64 } = control
  let code: number
  try {
    code = run()
  } catch {
    code = -1
  }
  if (code === 0) return
  if (code > 0) {
    const { index, size } = facts()
    f64[factOf(control, thread, 'index')] = index
    f64[factOf(control, thread, 'size')] = size
  }
  i32[threadWordOf(control, thread, 'failedRange')] = range
  Atomics.store(i32, threadWordOf(control, thread, 'failed'), code)
  // Ranges behind it need not run any more; those before it do, and one of them may fail too.
  const stop = slotWordOf(control, slot, 'stop')
  let seen = Atomics.load(i32, stop)
  while (range < seen) {
    const was = Atomics.compareExchange(i32, stop, seen, range)
    if (was === seen) break
    seen = was
  }
}
