/** The suite that authors of targets run (lanewise/testing), on the targets that come with lanewise; and that it finds what is wrong. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { configure, ready, setNumThreads } from '../../src/index.ts'
import type { Target, TargetOf } from '../../src/target.ts'
import { cpu } from '../../src/targets/cpu.ts'
import { js } from '../../src/targets/js.ts'
import { parallel } from '../../src/targets/parallel/parallel.ts'
import { limits } from '../../src/targets/parallel/share.ts'
import { conformance } from '../../src/testing.ts'

await ready()
configure({ workerUrl: new URL('../../dist/parallel-worker.js', import.meta.url) })
setNumThreads(3)
// Everything is worth sharing.
Object.assign(limits, { awake: 0, asleep: 0, fold: 0, range: 1e-3, copied: 0 })

for (const target of [cpu, js, parallel]) for (const { name, run } of conformance(target)) test(name, run)

/** The names of the cases that fail. */
async function failures(target: Target, only: RegExp, options = {}): Promise<string[]> {
  const failed: string[] = []
  for (const { name, run } of conformance(target, options).filter((one) => only.test(one.name)))
    await run().catch((error: Error) => failed.push(`${name}: ${error.message}`))
  return failed
}

test('a target that rounds wrongly, ignores masks, or writes beside its output, fails', async () => {
  const wrong: TargetOf<'js'> = {
    ...js,
    name: 'wrong',
    load(loop, tables) {
      const { element } = loop
      const off = {
        ...loop,
        element: (values: Parameters<typeof element>[0]) => element(values).map((v) => (v === 1.5 ? 1.6 : v)),
      }
      return js.load(loop.form === 'masked' ? { ...off, form: 'map' } : off, tables)
    },
  }
  const failed = await failures(wrong, /where|rounding|arithmetic of f/)
  assert.ok(failed.some((text) => text.startsWith('wrong: where, of f8: ')))
  assert.ok(failed.some((text) => /want 1\.5 \(\d+ values of f\d apart\)/.test(text)))
})

test('what a target refuses passes if it is named, and only then', async () => {
  const small: Target = {
    ...js,
    name: 'small',
    refuses: ({ overload, form }) =>
      overload.kernel.core
        ? 'no arrays'
        : form === 'indexed' || form.includes('fold')
          ? `no ${form}`
          : [...overload.inputs, ...overload.outputs].includes('i8')
            ? 'no i8'
            : null,
  }
  const some = /i8|u2|at, |sums of i|accumulate|matrix|outside/
  assert.equal(await failures(small, some, { without: ['arrays', 'at', 'reduce', 'accumulate', 'i8'] }), [])
  const failed = await failures(small, some, { without: ['arrays', 'at', 'reduce', 'accumulate'] })
  assert.ok(failed.length > 0 && failed.every((text) => /no i8/.test(text)), failed.join('\n'))
})

test.run()
