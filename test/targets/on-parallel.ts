/**
 * Loaded before a test file of the cpu target: from then on 'cpu' is the parallel target, on three threads, and shares whatever it
 * can, however little. So the file's own expectations, and its bits, are those of parallel.
 *   node --import tsx --import ./test/targets/on-parallel.ts FILE
 */
import { configure, registerTarget } from '../../src/index.ts'
import { parallel } from '../../src/targets/parallel/parallel.ts'
import { limits } from '../../src/targets/parallel/share.ts'
import { setNumThreads } from '../../src/targets/parallel/threads.ts'

configure({ workerUrl: new URL('../../dist/parallel-worker.js', import.meta.url) })
setNumThreads(Number(process.env.LANEWISE_NUM_THREADS ?? 3))
Object.assign(limits, { awake: 0, asleep: 0, range: 1e-3, copied: 0 })

let shared = 0
registerTarget({
  ...parallel,
  name: 'cpu',
  load(loop, tables) {
    const runner = parallel.load(loop, tables)
    const { run, runCore } = runner
    return {
      ...runner,
      run(operands, plan, report) {
        run(operands, plan, report)
        if (report.threads > 1) shared++
      },
      ...(runCore && {
        runCore(operands, call, report) {
          runCore(operands, call, report)
          if (report.threads > 1) shared++
        },
      }),
    }
  },
})
process.on('exit', () => console.error(`shared ${shared}`))
