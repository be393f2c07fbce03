/**
 * Asynchronous calls on the parallel target: workers do all the work, this thread only copies plain operands in and out. A job that is
 * called off ends after the ranges begun; a worker that does not come out of one is ended, and replaced.
 */
import type { Plan } from '../../broadcast/plan.ts'
import { contiguousStrides } from '../../broadcast/shape.ts'
import type { Strided } from '../../broadcast/view.ts'
import { walk } from '../../broadcast/walk.ts'
import { dtypes, type TypedArray } from '../../dtype.ts'
import { TargetError } from '../../errors.ts'
import type { WasmLoop } from '../../loops/loop.ts'
import { failure, type Instance, instantiateIfRoom } from '../instance.ts'
import type { Block } from '../memory/allocator.ts'
import { addressOf, residentHeap } from '../memory/resident.ts'
import { unitsOf, type Work } from '../range.ts'
import { copyIn, copyOut, isSingle } from '../staging.ts'
import { type Report, type RunLater, throwIfAborted, type Watch } from '../target.ts'
import { crew } from './crew.ts'
import { halfWritten, type Outcome, type Pool, regionBytes } from './pool.ts'
import { fitsRecord, type Job } from './record.ts'
import { isRepeatable, isShareable, rangeOf } from './share.ts'
import { type Shared, shareLoop } from './shared-loop.ts'
import { startFailure } from './threads.ts'

/** Elements of a part: plain operands take so much shared memory. */
const most = 2 ** 18
/** How often this thread looks after the others, in milliseconds, where they wake it and where they cannot. */
const awaited = 20
const polled = 2
/** A worker that still runs so long after its job was called off is ended. */
const grace = 50
/** A part is computed so often before it is given up. */
const tries = 3
/** And so many workers may end meanwhile. */
const mostDeaths = 20

interface Placed {
  readonly work: Work
  /** Copies the results out, and gives the memory back. */
  copyOut(): void
  release(): void
}

/** The operands of a part in shared memory, for this part alone. Null: there is no room. */
function place(loop: WasmLoop, operands: readonly Strided[], plan: Plan, report: Report): Placed | null {
  const heap = residentHeap()
  const inputs = loop.inputs.length
  const blocks: Block[] = []
  const release = () => {
    for (const block of blocks.splice(0)) heap.release(block)
  }
  const shape = [...plan.outer, plan.inner]
  const steps = contiguousStrides(shape)
  const own = {
    innerSteps: [...plan.innerSteps],
    outerSteps: [...plan.outerSteps],
    offsets: [...plan.offsets],
  }
  const staged: number[] = []
  const pointers: number[] = []
  for (const [k, { data, code }] of operands.entries()) {
    const address = addressOf(data)
    if (address >= 0) {
      pointers.push(address)
      continue
    }
    const single = k < inputs && isSingle(plan, k)
    const block = heap.reserve((single ? 1 : plan.size) * dtypes[code].bytes)
    if (!block) {
      release()
      return null
    }
    blocks.push(block)
    pointers.push(block.address)
    own.offsets[k] = 0
    if (!single) {
      own.innerSteps[k] = 1
      own.outerSteps[k] = steps.slice(0, -1)
    }
    staged.push(k)
  }
  const each = (
    move: (k: number, view: TypedArray, at: number, offset: number, step: number, n: number) => void,
  ) => {
    const wide = staged.filter((k) => k >= inputs || !isSingle(plan, k))
    const views = wide.map((k) => heap.view((operands[k] as Strided).code) as TypedArray)
    const starts = wide.map((k) => (pointers[k] as number) / dtypes[(operands[k] as Strided).code].bytes)
    let at = 0
    walk(plan, (offsets, n) => {
      wide.forEach((k, i) => {
        move(
          k,
          views[i] as TypedArray,
          (starts[i] as number) + at,
          offsets[k] as number,
          plan.innerSteps[k] as number,
          n,
        )
      })
      at += n
    })
  }
  const count = (k: number, n: number) => {
    report.bytesCopied += n * dtypes[(operands[k] as Strided).code].bytes
  }
  for (const k of staged) {
    if (k >= inputs || !isSingle(plan, k)) continue
    const { data, code } = operands[k] as Strided
    copyIn(
      heap.view(code),
      (pointers[k] as number) / dtypes[code].bytes,
      data,
      plan.offsets[k] as number,
      1,
      1,
    )
    count(k, 1)
  }
  // Where a mask is false, outputs keep what they hold.
  const copied = loop.form === 'masked' ? operands.length : inputs
  each((k, view, at, offset, step, n) => {
    if (k >= copied) return
    copyIn(view, at, (operands[k] as Strided).data, offset, step, n)
    count(k, n)
  })
  return {
    work: { plan: { ...plan, ...own }, pointers, inputs, byRows: plan.outer.length > 0 },
    copyOut() {
      each((k, view, at, offset, step, n) => {
        if (k < inputs) return
        copyOut(view, at, (operands[k] as Strided).data, offset, step, n)
        count(k, n)
      })
    },
    release,
  }
}

const noRoom = 'the memory of resident arrays has no room left for an asynchronous call'

/** A loop whose context nobody else writes to gives it back when it is collected. */
const collected = new FinalizationRegistry<readonly Block[]>((blocks) => {
  for (const block of blocks) residentHeap().release(block)
})

export function makeLater(loop: WasmLoop, tables: readonly TypedArray[]): RunLater {
  let loaded: { readonly instance: Instance; readonly shared: Shared } | null = null
  const load = () => {
    if (loaded) return loaded
    if (loop.context.bytes > regionBytes) return null
    const instance = instantiateIfRoom(loop, tables, residentHeap())
    if (!instance) return null
    collected.register(runner, instance.blocks)
    const shared = shareLoop(runner, loop, instance)
    loaded = shared && { instance, shared }
    return loaded
  }

  /** Nobody else does it. @throws TargetError where this thread would not hear the signal */
  const here = (why: string, report: Report, { signal, patient }: Watch): false => {
    if (signal && !patient && !loop.ends)
      throw new TargetError(
        `no worker runs this call: ${why}. Its kernel may never end, and on this thread no signal could stop it; with a fallback, or without a signal, it would run here`,
        { target: 'parallel', reason: why },
      )
    report.why ??= why
    return false
  }

  const runner: RunLater = {
    most,
    async run(operands, plan, report, watch) {
      const own = load()
      const placed = own && place(loop, operands, plan, report)
      if (!placed) {
        return here(noRoom, report, watch)
      }
      try {
        const done = await crew.use(watch.signal, (pool) =>
          doneBy(pool, own.shared, placed.work, plan.size, report, watch),
        )
        if (typeof done === 'string') return here(done, report, watch)
        if (done.failed) throw failureOf(loop, own.instance, done.failed)
        placed.copyOut()
        return true
      } finally {
        placed.release()
      }
    },
  }
  return runner
}

type Failed = NonNullable<Outcome['failed']>

/** What became of the work, or why nobody does it. */
async function doneBy(
  pool: Pool,
  { loop }: Shared,
  work: Work,
  size: number,
  report: Report,
  watch: Watch,
): Promise<Outcome | string> {
  const units = unitsOf(work)
  const step = 64
  const range = isShareable(work) ? rangeOf(work, Number.POSITIVE_INFINITY, pool.size - 1, step) : units
  const job: Job = { loop, work, range, ranges: Math.ceil(units / range) }
  if (!fitsRecord(job)) return 'it has too many axes to be told to other threads'
  for (let left = tries; left > 0; left--) {
    const slot = pool.begin(job, job.ranges)
    if (slot === null) return 'every job slot is in use'
    const outcome = await end(pool, job, slot, watch, (finished) =>
      watch.progress(Math.floor((finished / job.ranges) * size), size),
    )
    if (outcome) {
      report.threads = Math.max(report.threads, outcome.threads)
      report.calls += outcome.calls
      // An exception on a worker: this thread does it all, and meets the exception or does not.
      if (outcome.failed === null || outcome.failed.code > 0) return outcome
      if (isRepeatable(work)) return 'a worker met an exception'
      break
    }
    const failure = startFailure(pool)
    if (failure !== null) return failure
    const { claimed, staffed } = pool.look(slot)
    if (!staffed && claimed === 0) return noRoom
    if (!isRepeatable(work)) break
  }
  throw isRepeatable(work)
    ? new TargetError(
        `workers of the parallel target ended in mid-call, ${tries} times: the call is given up. The next one runs with new workers`,
        { target: 'parallel', reason: 'workers end' },
      )
    : halfWritten()
}

/** Waits for a job. Null: workers have ended, and ranges are lost. @throws the signal's reason, once everybody has left the job */
async function end(
  pool: Pool,
  job: Job,
  slot: number,
  { signal }: Watch,
  progress: (finished: number) => void,
): Promise<Outcome | null> {
  const deaths = pool.ended() + mostDeaths
  try {
    for (;;) {
      const { finished, claimed, inside, staffed } = pool.look(slot)
      throwIfAborted(signal)
      if (finished === job.ranges) return pool.outcome(slot)
      const hopeless = !staffed || pool.broken() !== null || claimed >= job.ranges || pool.ended() > deaths
      if (!inside && hopeless) break
      progress(finished)
      await change(pool, slot, finished, signal)
    }
  } catch (error) {
    await leave(pool, slot)
    throw error
  }
  // The last range may have been finished between two looks.
  const done = pool.look(slot).finished === job.ranges
  if (!done) await leave(pool, slot)
  return done ? pool.outcome(slot) : null
}

/** Nobody works on the job any more, or will. */
async function leave(pool: Pool, slot: number): Promise<void> {
  pool.callOff(slot)
  const until = performance.now() + grace
  while (pool.look(slot).inside) {
    if (performance.now() > until) await pool.evict(slot)
    else await change(pool, slot, pool.look(slot).finished, undefined)
  }
}

/** Something has happened, or some time has passed. The timer keeps a process alive that waits for nothing else. */
function change(pool: Pool, slot: number, seen: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const waiting = pool.nextFinish(slot, seen)
    const over = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', over)
      resolve()
    }
    const timer = setTimeout(over, waiting ? awaited : polled)
    signal?.addEventListener('abort', over)
    waiting?.then(over)
  })
}

/** The error of the first check that failed. */
function failureOf(loop: WasmLoop, instance: Instance, { code, index, size }: Failed): Error {
  const f64 = instance.heap.view('f8')
  f64[(instance.context + loop.context.errorIndex) / 8] = index
  f64[(instance.context + loop.context.errorSize) / 8] = size
  return failure(loop, instance, code)
}
