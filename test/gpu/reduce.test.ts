/** Reductions on the gpu: the bits of cpu, whatever the layout, the axes, the mask, and where operands live. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Code, TypedArray } from '../../src/dtype.ts'
import { ready, toGpu, vectorize } from '../../src/index.ts'
import { GpuArray } from '../../src/targets/gpu/array.ts'
import { traffic } from '../../src/targets/gpu/buffers.ts'
import { laid, pick, randomFrom } from '../../src/testing/operands.ts'
import { skip } from '../skip.ts'
import { reasonForNoGpu } from './driver.ts'

const reason = await reasonForNoGpu()
await ready()
const onGpu = (name: string, run: () => Promise<void>): void => {
  if (reason !== null) skip(name, reason)
  else test(name, run)
}

interface Result {
  readonly data: TypedArray
  readonly shape: number[]
  readonly stride: number[]
  readonly offset: number
}
type Method = (x: unknown, options?: unknown) => unknown
interface Folding {
  on(target: string): Folding
  reduce: Method
  accumulate: Method
  reduceat(x: unknown, indices: unknown, options?: unknown): unknown
}
const folding = (...args: unknown[]): Folding =>
  (vectorize as unknown as (...a: unknown[]) => Folding)(...args)

const functions: readonly { readonly code: Code; readonly f: Folding; readonly dtype?: Code }[] = [
  { code: 'f4', f: folding(['f4(f4,f4)'], '(x, y) => x + y', { identity: 0 }) },
  { code: 'f4', f: folding(['f4(f4,f4)'], '(x, y) => Math.max(x, y)', { identity: 'reorderable' }) },
  { code: 'f4', f: folding(['f4(f4,f4)'], '(x, y) => x / 2 - y') },
  { code: 'i4', f: folding(['i4(i4,i4)'], '(x, y) => x ^ y', { identity: 0 }) },
  { code: 'i4', f: folding(['i8(i8,i8)'], '(x, y) => x + y', { identity: 0 }) },
  { code: 'u1', f: folding(['u1(u1,u1)'], '(x, y) => Math.min(x, y)', { identity: 255 }) },
  {
    code: 'i2',
    f: folding(['f4(f4,f4)'], '(x, y) => x * 0.5 + y', { identity: 'reorderable' }),
    dtype: 'f4',
  },
  { code: 'u4', f: folding(['b1(b1,b1)'], '(x, y) => x || y', { identity: false }), dtype: 'b1' },
  {
    code: 'f4',
    f: folding(['UniTuple(f4,2)(f4,f4,f4,f4)'], '(lo, hi, x, y) => [Math.min(lo, x), Math.max(hi, y)]', {
      identity: 'reorderable',
    }),
  },
]

const flush = (x: unknown) => (typeof x === 'number' && Math.abs(x) < 2 ** -126 ? 0 : x)
function elements(result: unknown): unknown[] {
  if (typeof result !== 'object' || result === null) return [flush(result)]
  const { data, shape, stride, offset } = result as Result
  const at = shape.reduce(
    (starts: number[], size, axis) =>
      starts.flatMap((start) => Array.from({ length: size }, (_, i) => start + i * (stride[axis] ?? 0))),
    [offset],
  )
  return at.map((i) => flush(data[i]))
}
const listOf = (result: unknown): unknown[] => (Array.isArray(result) ? result : [result])
const home = (result: unknown): Promise<unknown[]> =>
  Promise.all(listOf(result).map((one) => (one instanceof GpuArray ? one.read() : one)))

/** Subnormal numbers are none, so that sums do not hang on what the driver makes of them. */
function operand(random: (n: number) => number, code: Code, shape: readonly number[]) {
  const own = laid(random, code, shape, random(2) === 0 ? 'plain' : 'resident')
  if (code === 'f4')
    for (const [i, v] of own.data.entries()) if (Math.abs(Number(v)) < 1e-30) own.data[i] = 0.25
  return own.operand
}

const shapes = [[1], [7], [255], [256], [257], [600], [5, 300], [300, 5], [3, 4, 5], [2, 513, 3]]

onGpu('reduce has the bits of cpu', async () => {
  const random = randomFrom(5)
  for (let round = 0; round < 60; round++) {
    const { code, f, dtype } = pick(random, functions)
    const shape = pick(random, shapes)
    const x = operand(random, code, shape)
    const reorderable = (f as unknown as { identity: unknown }).identity !== null
    const axis = reorderable && random(3) === 0 ? null : random(shape.length)
    const options = {
      axis,
      keepdims: random(2) === 0,
      ...(dtype ? { dtype } : {}),
      ...(random(3) === 0 ? { initial: 3 } : {}),
    }
    const masked = reorderable && random(3) === 0 && 'initial' in options
    const where = masked ? { where: laid(random, 'b1', shape, 'plain').operand } : {}
    const want = listOf(f.on('cpu').reduce(x, { ...options, ...where })).map(elements)
    const there = random(3) === 0 ? await toGpu(x) : x
    const got = await home(await f.on('gpu').reduce(there, { ...options, ...where }))
    assert.equal(
      got.map(elements),
      want,
      `round ${round}: ${code} [${shape}] ${JSON.stringify(options)} ${masked}`,
    )
  }
})

onGpu('accumulate and reduceat have the bits of cpu', async () => {
  const random = randomFrom(9)
  for (let round = 0; round < 24; round++) {
    const { code, f, dtype } = pick(random, functions)
    const shape = pick(random, shapes)
    const x = operand(random, code, shape)
    const axis = random(shape.length)
    const options = { axis, ...(dtype ? { dtype } : {}) }
    const there = random(3) === 0 ? await toGpu(x) : x
    const story = `round ${round}: ${code} [${shape}] axis ${axis}`
    const steps = await home(await f.on('gpu').accumulate(there, options))
    assert.equal(steps.map(elements), listOf(f.on('cpu').accumulate(x, options)).map(elements), story)
    const starts = Array.from({ length: 1 + random(4) }, () => random(shape[axis] ?? 1))
    const indices = random(2) === 0 ? await toGpu(Int32Array.from(starts)) : starts
    const parts = await home(await f.on('gpu').reduceat(there, indices, options))
    assert.equal(parts.map(elements), listOf(f.on('cpu').reduceat(x, starts, options)).map(elements), story)
  }
})

onGpu('into an output, on the device and on the host', async () => {
  const add = folding(['f4(f4,f4)'], '(x, y) => x + y', { identity: 0 }).on('gpu')
  const x = { data: Float32Array.from({ length: 12 }, (_, i) => i), shape: [3, 4], stride: [4, 1], offset: 0 }
  const out = new Float32Array(4)
  assert.is(await add.reduce(x, { out }), out)
  assert.equal([...out], [12, 15, 18, 21])
  const there = await toGpu(x)
  await add.reduce(there, { axis: 0, out: there.pick(1) })
  assert.equal(elements(await there.read()), [0, 1, 2, 3, 12, 15, 18, 21, 8, 9, 10, 11])
})

onGpu('two results may go to two rows of one array', async () => {
  const f = folding(['UniTuple(i4,2)(i4,i4,i4,i4)'], '(lo, hi, x, y) => [Math.min(lo, x), Math.max(hi, y)]', {
    identity: 'reorderable',
  }).on('gpu')
  const x = { data: new Int32Array([5, 1, 4, 2, 9, 3]), shape: [2, 3], stride: [3, 1], offset: 0 }
  const out = await toGpu({ data: new Int32Array(6), shape: [2, 3], stride: [3, 1], offset: 0 })
  await f.reduce(x, { out: [out.pick(0), out.pick(1)] })
  assert.equal(elements(await out.read()), [2, 1, 3, 5, 9, 4])
})

onGpu('a GpuArray is reduced without the host', async () => {
  const add = folding(['f4(f4,f4)'], '(x, y) => x + y', { identity: 0 }).on('gpu')
  const x = await toGpu({
    data: new Float32Array(6000).fill(1),
    shape: [3, 2000],
    stride: [2000, 1],
    offset: 0,
  })
  const before = { ...traffic }
  const sums = (await add.reduce(x, { axis: 1 })) as GpuArray
  assert.equal([traffic.uploads, traffic.readBacks], [before.uploads, before.readBacks])
  assert.equal(elements(await sums.read()), [2000, 2000, 2000])
  assert.is(await add.reduce(x, { axis: null }), 6000)
  // Blocks of 256, then three levels of the tree at a time, then the output.
  const { dispatches } = traffic
  const long = Float32Array.from({ length: 20000 }, (_, i) => i / 7)
  assert.is(
    await add.reduce(long),
    folding(['f4(f4,f4)'], '(x, y) => x + y', { identity: 0 }).on('cpu').reduce(long),
  )
  assert.is(traffic.dispatches, dispatches + 5)
})

onGpu('errors of reductions are rejections', async () => {
  const f = folding(['f4(f4,f4)'], '(x, y) => x - y').on('gpu')
  const rejected = async (run: () => unknown) => {
    try {
      await run()
    } catch (error) {
      return (error as Error).message
    }
    throw new Error('nothing was thrown')
  }
  const x = new Float32Array(4)
  assert.match(await rejected(() => f.reduce(x, { axis: 3 })), /axis 3 is out of bounds/)
  assert.match(await rejected(() => f.reduce(new Float32Array(0))), /zero-size array to reduction/)
})

test.run()
