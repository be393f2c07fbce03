/**
 * Suites of the cpu target, unchanged, with everything shared that can be (on-parallel.ts), beside what all targets pass
 * (conformance.test.ts). Others run so by hand.
 */
import { execFile } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const suites = ['guvectorize/calls', 'guvectorize/bounds', 'vectorize/overlap', 'vectorize/reduce']

const from = new URL('../../', import.meta.url)
const run = (suite: string) =>
  new Promise<{ failed: boolean; output: string }>((resolve) => {
    const args = [...process.execArgv, '--import', './test/targets/on-parallel.ts', `test/${suite}.test.ts`]
    execFile(process.execPath, args, { cwd: from, timeout: 300_000 }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, output: stdout + stderr }),
    )
  })

let shared = 0
for (const suite of suites)
  test(`${suite} on parallel`, async () => {
    const { failed, output } = await run(suite)
    assert.not(failed, output)
    shared += Number(/^shared (\d+)$/m.exec(output)?.[1])
  })

test('and calls of theirs were shared', () => {
  assert.ok(shared > 0)
})

test.run()
