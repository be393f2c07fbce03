/**
 * The parallel target: the loops of cpu, their work shared with workers over the memory of resident arrays. Same elements, same
 * instructions, same bits; what is too little to share runs on this thread alone, and the report says so.
 */
import type { TypedArray } from '../../dtype.ts'
import type { WasmLoop } from '../../loops/loop.ts'
import type { Instance } from '../instance.ts'
import { hostMemory } from '../memory/host.ts'
import { canShare } from '../memory/resident.ts'
import { type Runner, type TargetOf, targetVersion } from '../target.ts'
import { loadWasm } from '../wasm.ts'
import { shareCores } from './cores.ts'
import { makeElements, type RunElements } from './elements.ts'
import { loadFolding } from './folds.ts'
import { makeLater } from './later.ts'
import { makeCoreLater } from './later-cores.ts'
import { runPlain } from './plain.ts'
import { makeSplit } from './prange.ts'
import { isShareable, isWorth, limits, makeCost } from './share.ts'
import { begin, end, type Shared, shareLoop } from './shared-loop.ts'
import { reasonAgainstWorkers } from './spawn.ts'
import { setWorkerUrl, threads } from './threads.ts'

const notIsolated =
  'this page is not cross-origin isolated, so it has no shared memory: serve it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp'

export const parallel: TargetOf<'wasm'> = {
  version: targetVersion,
  name: 'parallel',
  consumes: 'wasm',
  kind: 'sync',
  unavailable: () => (canShare() ? reasonAgainstWorkers(threads.workerUrl()) : notIsolated),
  load,
  memory: hostMemory,
  settings: {
    workerUrl: (value) =>
      typeof value === 'string' || value instanceof URL ? () => setWorkerUrl(value) : 'a URL',
  },
}

/** What `configure` takes for it. */
export interface ParallelSettings {
  /** Where the parallel target's workers find their file, `parallel-worker.js` of this package, if not beside its other files. */
  workerUrl?: string | URL
}

function load(loop: WasmLoop, tables: readonly TypedArray[]): Runner {
  if (loop.core) {
    const split = loop.split ? makeSplit(loop.split, tables) : null
    const runner = loadWasm(loop, tables, null, shareCores(loop, split))
    return { ...runner, runCoreLater: makeCoreLater(loop, tables, split) }
  }
  if (loop.fold) return loadFolding(loop, tables)
  if (loop.form === 'indexed') return onOneThread(loadWasm(loop, tables))
  const step = loop.lanes * loop.interleave
  const [inMemory, throughMemory] = [makeCost(), makeCost()]
  /** Of the way that the run has gone. */
  let cost = inMemory
  /** Lives as long as the runner, and with it what is shared. */
  const owner = {}
  let shared: Shared | null = null
  const sharedIn = (instance: Instance): Shared | null => {
    if (shared?.instance !== instance) shared = shareLoop(owner, loop, instance)
    return shared
  }
  const runner = loadWasm(loop, tables, {
    inMemory(instance, work, report) {
      cost = inMemory
      const nanoseconds = cost.nanoseconds() * work.plan.size
      const pool = isShareable(work) ? threads.poolFor(nanoseconds) : null
      const own = pool && sharedIn(instance)
      const begun = own && begin(pool, own, work, nanoseconds, step)
      if (begun) return end(pool, own, begun, report)
      report.why ??= threads.whyAlone()
      return null
    },
    plain(operands, plan, resident, report) {
      cost = throughMemory
      const done = runPlain({ loop, step, cost, sharedIn }, operands, plan, resident, report)
      if (!done) report.why ??= threads.whyAlone()
      return done
    },
  })
  const { run, runShort } = runner
  const runElements = makeElements(loop, tables)
  // Nothing is known of what an iteration of prange costs: such an element is shared to find out.
  const nanoseconds = (n: number): number => n * inMemory.nanoseconds(runElements ? limits.asleep : undefined)
  const runFew = (...[operands, plan, report]: Parameters<RunElements>): boolean => {
    if (!runElements || plan.size >= threads.count() || !threads.poolFor(nanoseconds(plan.size))) return false
    cost = inMemory
    return runElements(operands, plan, report)
  }
  return {
    ...runner,
    runLater: makeLater(loop, tables),
    run(operands, plan, report) {
      const start = performance.now()
      if (!runFew(operands, plan, report)) run?.(operands, plan, report)
      cost.learn(plan.size, (performance.now() - start) * report.threads)
    },
    // Only what is too little to share goes the short way.
    ...(runShort && {
      wantsPlan: (n: number) => threads.count() > 1 && isWorth(nanoseconds(n), threads.mayWake),
      runShort(n, operands, report) {
        report.threads = 1
        report.why = threads.whyAlone()
        if (!inMemory.measures()) return runShort(n, operands, report)
        const start = performance.now()
        const done = runShort(n, operands, report)
        if (done) inMemory.learn(n, performance.now() - start)
        return done
      },
    }),
  }
}

/** An element may come again at any later index, and each time it needs what was there before. */
function onOneThread({ run }: Runner): Runner {
  return {
    run(operands, plan, report) {
      report.why ??= 'at takes one index after another, on one thread'
      run?.(operands, plan, report)
    },
  }
}
