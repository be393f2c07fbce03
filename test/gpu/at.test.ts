/** `at` on the gpu: the bits of cpu, index after index, wherever the array, the indices and the operand are. */
import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Code } from '../../src/dtype.ts'
import { ready, toArray, toGpu, vectorize } from '../../src/index.ts'
import { GpuArray } from '../../src/targets/gpu/array.ts'
import { traffic } from '../../src/targets/gpu/buffers.ts'
import { laid, pick, randomFrom } from '../../src/testing/operands.ts'
import { skip } from '../skip.ts'
import { reasonForNoGpu } from './driver.ts'

// biome-ignore lint/suspicious/noExplicitAny: arguments and results of every kind are the subject here
type Any = any

const reason = await reasonForNoGpu()
await ready()
const onGpu = (name: string, run: () => Promise<void>): void => {
  if (reason !== null) skip(name, reason)
  else test(name, run)
}
const ufunc = (signature: string, text: string, more: object = {}): Any =>
  (vectorize as Any)([signature], text, { target: 'gpu', ...more })
const values = async (x: Any): Promise<unknown> => toArray(x instanceof GpuArray ? await x.read() : x)
const rejection = async (run: () => unknown): Promise<Error & { code?: string }> => {
  try {
    await run()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

const functions: readonly { readonly code: Code; readonly f: Any }[] = [
  { code: 'f4', f: ufunc('f4(f4,f4)', '(x, y) => x / 2 + y') },
  { code: 'i1', f: ufunc('i1(i1,i1)', '(x, y) => x * 3 - y') },
  { code: 'i8', f: ufunc('i8(i8,i8)', '(x, y) => x + y') },
  { code: 'u4', f: ufunc('u4(u4)', 'x => x + 7') },
]

onGpu('random arrays and indices', async () => {
  const random = randomFrom(4)
  for (let round = 0; round < 24; round++) {
    const { code, f } = functions[round % functions.length] as (typeof functions)[number]
    const shape = pick(random, [[9], [4, 5], [2000]])
    const x = laid(random, code, shape, 'plain')
    if (code === 'f4')
      for (const i of x.data.keys()) if (Math.abs(Number(x.data[i])) < 1e-30) x.data[i] = 0.25
    const n = 1 + random(12)
    const list = Int32Array.from({ length: n }, () => random(4))
    const index =
      shape.length === 1 ? list : pick<Any>(random, [[list, 1], [{ start: 1, stop: 3 }, list], list])
    const selected = ndarray(list).shape[0] as number
    const one = f.nin === 2 ? [pick<Any>(random, [3, new Uint8Array([2]), 5])] : []
    const many =
      f.nin === 2 && shape.length === 1 ? [Int8Array.from({ length: selected }, (_, i) => i - 3)] : one
    const before = x.data.slice()
    f.on('cpu').at(x.operand, index, ...many)
    const want = await values(x.operand)
    x.data.set(before as never)
    const story = `round ${round}: ${code} [${shape}] at ${JSON.stringify(index)}`
    const there = await toGpu(x.operand)
    const sent = random(2) === 0
    const given = sent ? await Promise.all(many.map((y) => (typeof y === 'number' ? y : toGpu(y)))) : many
    await f.at(there, sent && index === list ? await toGpu(list) : index, ...given)
    assert.equal(await values(there), want, `${story}, on the device`)
    await f.at(x.operand, index, ...many)
    assert.equal(await values(x.operand), want, story)
  }
})

onGpu('an array on the device stays there, of one on the host only what is meant travels', async () => {
  const add = ufunc('i4(i4,i4)', '(x, y) => x + y')
  const counts = await toGpu(new Int32Array(100))
  await add.at(counts, [3, 3, -1, 3], 1)
  const before = { ...traffic }
  await add.at(counts, [3, 3, -1, 3], 1)
  assert.equal(traffic, {
    uploads: before.uploads + 1,
    dispatches: before.dispatches + 1,
    readBacks: before.readBacks,
  })
  const { data } = (await counts.read()) as Any
  assert.equal([data[3], data[99], data[0]], [6, 2, 0])
  await add.at(counts, counts.hi(4), counts.lo(3).hi(1))
  assert.equal(((await counts.read()) as Any).data.slice(0, 7), Int32Array.of(18, 0, 0, 6, 0, 0, 6))
  const large = new Int32Array(1e6)
  await add.at(large, [5, 5, 999999], 2)
  assert.equal([large[5], large[999999], add.explain().last.bytesCopied < 100], [4, 2, true])
})

onGpu('an index outside changes nothing; a fallback runs it elsewhere', async () => {
  const add = ufunc('f4(f4,f4)', '(x, y) => x + y')
  for (const x of [new Float32Array(3), await toGpu(new Float32Array(3))]) {
    const error = await rejection(() => add.at(x, [0, 3], 1))
    assert.is(error.code, 'bounds')
    assert.match(error.message, /index 3 is out of bounds for axis 0 with size 3/)
    assert.equal(await values(x), [0, 0, 0])
  }
  const wide = ufunc('f8(f8,f8)', '(x, y) => x + y', { fallback: 'cpu' })
  const own = new Float64Array(2)
  await wide.at(own, [1, 1], 0.5)
  assert.equal([...own], [0, 1])
})

test.run()
