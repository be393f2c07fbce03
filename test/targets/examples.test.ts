/** The targets of examples/, which stand outside: they see what lanewise publishes, and pass the suite for authors of targets. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { configure, getTarget, ones, registerTarget, vectorize } from 'lanewise'
import type { Target } from 'lanewise/target'
import { conformance } from 'lanewise/testing'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
// Its options of configure.
import type {} from '../../examples/target-c/c.ts'
import { root } from '../packed.ts'
import { skip } from '../skip.ts'

const example = (name: string): Promise<never> => import(join(root, 'examples', name)) as Promise<never>
const { trace } = (await example('target-trace/trace.ts')) as {
  trace: (inner: Target, name?: string) => { target: Target; events: Record<string, unknown>[] }
}
const { timeline } = (await example('target-trace/timeline.ts')) as {
  timeline: (events: readonly object[], title: string) => string
}

const traced = trace(getTarget('cpu'), 'traced')
for (const { name, run } of conformance(traced.target)) test(name, run)

for (const name of ['target-c', 'target-trace'])
  test(`${name} is short, all its files together`, () => {
    const folder = join(root, 'examples', name)
    const lines = readdirSync(folder).map(
      (file) => readFileSync(join(folder, file), 'utf8').split('\n').length - 1,
    )
    const count = lines.reduce((sum, n) => sum + n, 0)
    assert.ok(count > 0 && count < 300, `${count} lines`)
  })

test('a trace tells of every run: its plan, its bytes, its time', () => {
  traced.events.length = 0
  const f = vectorize('f8(f8,f4)', (x, y) => x + y, { target: 'traced', name: 'plus' })
  f(ones([60, 100]), ones([100], 'f4'))
  const [load, run, ...more] = traced.events
  assert.equal(more, [])
  assert.is(load?.what, 'load')
  assert.is(run?.what, 'run')
  assert.is(run?.loop, 'plus f8(f8,f4)')
  assert.equal(run?.sizes, [60, 100])
  assert.equal(run?.steps, [
    [100, 1],
    [0, 1],
    [100, 1],
  ])
  assert.is(run?.bytes, 60 * 100 * 8 + 100 * 4 + 60 * 100 * 8)
  assert.ok(Number(run?.took) > 0)
  const picture = timeline(traced.events, 'a <title>')
  assert.is(picture.match(/<rect x="[\d.]+" y="\d+" width="[\d.]+" height="20"/g)?.length, 2)
  assert.match(picture, 'a &#60;title&#62;')
})

const koffi = existsSync(join(root, 'node_modules/koffi'))
const { c } = koffi ? ((await example('target-c/c.ts')) as { c: Target }) : { c: null }
const reason = c ? c.unavailable() : 'koffi is not installed'
if (!c || reason !== null) skip('the target in C', reason ?? '')
else {
  registerTarget(c)
  // What the code means does not hang on how well it is compiled, but how long that takes.
  configure({ cFlags: ['-O0'] })
  for (const { name, run } of conformance(c)) test(name, run)

  test('the target in C gives the bits of cpu, on lanes too', () => {
    configure({ cFlags: ['-O3', '-march=native'] })
    const f = vectorize('f8(f8,f8)', (x, y) => Math.sin(x) * y + Math.sqrt(y), { name: 'wave' })
    const x = Float64Array.from({ length: 1003 }, (_, i) => (i - 500) ** 3 / 7)
    const y = Float64Array.from(x, (_, i) => i / 3)
    assert.equal(f.on('c')(x, y), f(x, y))
    assert.is(f.on('c').explain().last?.target, 'c')
  })
  test('without its compiler it is not available, and another target takes over', () => {
    configure({ cc: 'no-such-compiler' })
    const f = vectorize('f8(f8)', (x) => x, { target: 'c', fallback: 'cpu' })
    assert.is(f(2), 2)
    assert.match(f.explain().last?.why ?? '', "there is no C compiler 'no-such-compiler' here")
    assert.throws(() => configure({ cc: 7 } as never), /^configure: 'cc' must be a command, but got 7/)
    configure({ cc: 'cc' })
  })
  test('the examples compile against what is published', () => {
    const { stdout, status } = spawnSync(
      process.execPath,
      ['node_modules/typescript/bin/tsc', '-p', 'examples'],
      {
        cwd: root,
        encoding: 'utf8',
      },
    )
    assert.is(status, 0, stdout)
  })
}

test.run()
