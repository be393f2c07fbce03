/** `recompile`, and `env` as a thunk: what every method computes with afterwards, on every target; a thousand times without a leak. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memoryInfo, resident, vectorize } from '../../src/index.ts'
import { f8, i4, type Loose, list, targets, view } from './functions.ts'

const define = vectorize as unknown as (...args: unknown[]) => Loose

const make = (target: string, env: unknown): Loose =>
  define(
    ['i4(i4,i4)', 'f8(f8,f8)'],
    ({ k }: { k: number }) =>
      (x: number, y: number) =>
        x + k * y,
    { name: 'mix', target, identity: 'reorderable', env },
  )

/** What each method makes of small operands. */
function answers(f: Loose): unknown[] {
  const x = f8(1, 2, 3)
  const changed = f8(1, 1, 1)
  f.at(changed, [0, 0, 2], 1)
  return [
    f(1, 1),
    list(f(x, 1)),
    list(f(x, 1, { where: [true, false, true] })),
    f.reduce(x),
    list(f.accumulate(x)),
    list(f.reduceat(x, [0, 1])),
    list(f.outer(x, [1])),
    [...changed],
  ]
}

const wanted = (k: number): unknown[] => [
  1 + k,
  [1 + k, 2 + k, 3 + k],
  [1 + k, 0, 3 + k],
  1 + 5 * k,
  [1, 1 + 2 * k, 1 + 5 * k],
  [1, 2 + 3 * k],
  [[1 + k], [2 + k], [3 + k]],
  [1 + 2 * k, 1, 1 + k],
]

for (const target of targets) {
  // A thunk is asked again, an object read again, and given values are taken instead.
  test(`${target}: every method runs the recompiled kernel`, async () => {
    const env = { k: 2 }
    const ways: Loose[] = [make(target, () => ({ k: env.k })), make(target, env)]
    for (const f of ways) {
      env.k = 2
      f.recompile()
      const other = f.on(target === 'cpu' ? 'js' : 'cpu') as unknown as Loose
      const before = f.resolveDtypes(['i4', 'number'])
      for (const one of [f, other]) assert.equal(answers(one), wanted(2))
      env.k = 10
      assert.equal(answers(f), wanted(2), 'captured when it was compiled')
      assert.is(f.recompile(), f)
      for (const one of [f, other]) assert.equal(answers(one), wanted(10))
      assert.equal(list(await f.async(f8(1), 1)), [11])
      assert.is(f.recompile({ k: 3 }), f)
      for (const one of [f, other]) assert.equal(answers(one), wanted(3))
      assert.equal(list(await other.async(f8(1), 1)), [4])
      assert.equal(f.resolveDtypes(['i4', 'number']), before)
      assert.equal([f.types, f.identity, f.name], [['i4(i4,i4)', 'f8(f8,f8)'], 'reorderable', 'mix'])
    }
  })
}

test('other kernels take it in as it was; on js it is called, as it is', () => {
  const inner = make('cpu', { k: 2 })
  const kernel =
    ({ inner }: { inner: Loose }) =>
    (x: number) =>
      inner(x, 1)
  const outer = define(['f8(f8)'], kernel, { env: { inner } })
  assert.is(outer(1), 3)
  inner.recompile({ k: 5 })
  assert.is(outer(1), 3)
  assert.is(outer.on('js')(1), 6)
  outer.recompile()
  assert.is(outer(1), 6)
})

/** Loops that nobody holds give their memory back when they are collected. */
async function collected(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let i = 0; i < 4; i++) {
    collect()
    await new Promise((done) => setTimeout(done, 20))
  }
}

test('a thousand times, with several methods in use, leaks no memory', async () => {
  const f = make('cpu', { k: 2 })
  const x = resident(f8(1, 2, 3))
  // Results lie in an array of the caller's, so that nothing waits for a collection.
  const uses = [
    (k: number) => assert.is(f.reduce(x), 1 + 5 * k),
    () => f.at(x, i4(0), 0),
    () => f(x, 0, { out: x }),
  ]
  const round = (i: number) => {
    const k = i % 5
    f.recompile({ k })
    uses[i % uses.length]?.(k)
  }
  for (let k = 0; k < 21; k++) round(k)
  await collected()
  const { used } = memoryInfo()
  for (let k = 0; k < 1002; k++) round(k)
  const { used: before } = memoryInfo()
  assert.ok(before > used + 10_000, 'loops have memory of their own')
  await collected()
  const { used: after } = memoryInfo()
  assert.ok(after <= used + 2000, `${after - used} bytes more after a thousand loops`)
  assert.equal(list(view(x.data, [3])), [1, 2, 3])
})

test.run()
