/**
 * Loaded before a test file of the cpu target: from then on 'cpu' is the parallel target, on three threads, and shares whatever it
 * can, however little. So the file's own expectations, and its bits, are those of parallel.
 *   node --import ./scripts/loader.mjs --import ./test/targets/on-parallel.ts FILE
 */
import { configure, registerTarget } from '../../src/index.ts'
import { parallel } from '../../src/targets/parallel/parallel.ts'
import { limits } from '../../src/targets/parallel/share.ts'
import { setNumThreads } from '../../src/targets/parallel/threads.ts'
import type { Report, TargetOf } from '../../src/targets/target.ts'

configure({ workerUrl: new URL('../../dist/parallel-worker.js', import.meta.url) })
setNumThreads(Number(process.env.LANEWISE_NUM_THREADS ?? 3))
Object.assign(limits, { awake: 0, asleep: 0, fold: 0, range: 1e-3, copied: 0 })

let shared = 0
/** The same method, counted where it was shared; its last argument is the report. */
const counted =
  <A extends readonly unknown[], R>(f: (...args: [...A, Report]) => R) =>
  (...args: [...A, Report]): R => {
    const done = f(...args)
    if ((args.at(-1) as Report).threads > 1) shared++
    return done
  }
const sharing: TargetOf<'wasm'> = {
  ...parallel,
  name: 'cpu',
  load(loop, tables) {
    const runner = parallel.load(loop, tables)
    const { run, runCore, reduce, accumulate } = runner
    return {
      ...runner,
      ...(run && { run: counted(run) }),
      ...(runCore && { runCore: counted(runCore) }),
      ...(reduce && { reduce: counted(reduce) }),
      ...(accumulate && { accumulate: counted(accumulate) }),
    }
  },
}
registerTarget(sharing)
process.on('exit', () => console.error(`shared ${shared}`))
