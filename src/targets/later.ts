/**
 * Calls that are waited for: the work in parts, between which this thread is free. A target that has threads does the parts there
 * (`runLater`), any other one here, each for a few milliseconds.
 */
import { corePartsOf, partsOf } from '../broadcast/parts.ts'
import { sizeOf } from '../broadcast/shape.ts'
import { type Report, type Run, type RunCore, type Runner, throwIfAborted, type Watch } from './target.ts'

/** How long a part is to take, in milliseconds: half a frame on this thread; what starting one costs is little on others. */
const here = 8
const elsewhere = 60
/** Elements of the first part, and by how much one may be larger than that before it. */
const firstHere = 64
const firstElsewhere = 4096
const firstCoresElsewhere = 64
const growth = 8

/** Learns from the parts before how many elements the next is to have. */
function makeSizes(first: number, milliseconds: number) {
  let size = first
  return {
    wanted: (): number => size,
    learn(elements: number, took: number): void {
      const fitting = (elements * milliseconds) / Math.max(took, 1e-3)
      const next = Math.min(fitting, growth * Math.max(elements, 1))
      // Whole steps of every loop, where there are as many.
      size = next >= 64 ? Math.floor(next / 64) * 64 : Math.max(1, Math.floor(next))
    },
  }
}

/** The same loop, run so that whoever calls it waits for a promise. */
export function later<R extends Runner & { readonly run: Run }>(runner: R, watch: Watch): R {
  const { run, runCore, runLater, runCoreLater } = runner
  const runHere = (
    operands: Parameters<Run>[0],
    plan: Parameters<Run>[1],
    report: Report,
    own: Watch,
  ): Promise<void> => {
    const sizes = makeSizes(firstHere, here)
    return each(partsOf(plan, sizes.wanted), plan.size, own, async (part) => {
      const start = performance.now()
      await run(operands, part, report)
      sizes.learn(part.size, performance.now() - start)
      return part.size
    })
  }
  const runParts: Run = (operands, plan, report) => {
    if (!runLater) return runHere(operands, plan, report, watch)
    const sizes = makeSizes(firstElsewhere, elsewhere)
    const wanted = () => Math.min(runLater.most, sizes.wanted())
    let away = true
    return each(partsOf(plan, wanted), plan.size, watch, async (part, progress) => {
      const start = performance.now()
      const own = { ...watch, progress }
      away &&= await runLater.run(operands, part, report, own)
      if (away) sizes.learn(part.size, performance.now() - start)
      else await runHere(operands, part, report, own)
      return part.size
    })
  }
  const runCoresHere = (
    run: RunCore,
    [operands, call, report]: Parameters<RunCore>,
    own: Watch,
  ): Promise<void> => {
    const sizes = makeSizes(1, here)
    return each(corePartsOf({ operands, call }, sizes.wanted), sizeOf(call.loop), own, async (part) => {
      const start = performance.now()
      const size = sizeOf(part.call.loop)
      await run(part.operands, part.call, report)
      sizes.learn(size, performance.now() - start)
      return size
    })
  }
  const runCoreParts: RunCore | undefined =
    runCore &&
    ((operands, call, report) => {
      if (!runCoreLater) return runCoresHere(runCore, [operands, call, report], watch)
      const sizes = makeSizes(firstCoresElsewhere, elsewhere)
      const most = runCoreLater.most(operands, call)
      const wanted = () => Math.min(most, sizes.wanted())
      let away = true
      const parts = corePartsOf({ operands, call }, wanted)
      return each(parts, sizeOf(call.loop), watch, async (part, progress) => {
        const start = performance.now()
        const size = sizeOf(part.call.loop)
        const own = { ...watch, progress }
        away &&= await runCoreLater.run(part.operands, part.call, report, own)
        if (away) sizes.learn(size, performance.now() - start)
        else await runCoresHere(runCore, [part.operands, part.call, report], own)
        return size
      })
    })
  return { ...runner, run: runParts, ...(runCoreParts && { runCore: runCoreParts }) }
}

/**
 * The same loop on an asynchronous target, whose work has no parts: it is done, or the promise is rejected by the signal, whatever the
 * device goes on with.
 */
export function watched<R extends Runner & { readonly run: Run }>(runner: R, watch: Watch): R {
  const { run, runCore } = runner
  const done = async (work: void | Promise<void>, total: number): Promise<void> => {
    await unlessAborted(Promise.resolve(work), watch.signal)
    if (total > 0) watch.progress(total, total)
  }
  const own: Run = (operands, plan, report) => done(run(operands, plan, report), plan.size)
  const ownCore: RunCore | undefined =
    runCore && ((operands, call, report) => done(runCore(operands, call, report), sizeOf(call.loop)))
  return { ...runner, run: own, ...(ownCore && { runCore: ownCore }) }
}

function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
    if (signal.aborted) stop()
  })
}

/** Part after part, with a pause behind each. */
async function each<P>(
  parts: Iterable<P>,
  total: number,
  watch: Watch,
  run: (part: P, progress: (elements: number) => void) => Promise<number>,
): Promise<void> {
  let done = 0
  let told = 0
  const tell = (elements: number): void => {
    if (elements === told) return
    told = elements
    watch.progress(elements, total)
  }
  for (const part of parts) {
    throwIfAborted(watch.signal)
    done += await run(part, (elements) => tell(done + elements))
    tell(done)
    if (done < total) await pause()
  }
  throwIfAborted(watch.signal)
}

/** Lets the event loop do what has gathered: input, timers, messages. */
function pause(): Promise<void> {
  const immediate: unknown = Reflect.get(globalThis, 'setImmediate')
  if (typeof immediate === 'function') return new Promise((resolve) => immediate(resolve))
  return new Promise((resolve) => {
    // A timer would wait 4 ms.
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
