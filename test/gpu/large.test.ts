/** More elements than one binding holds: the same results from a device that binds little at once. */
import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { TypedArray } from '../../src/dtype.ts'
import { ready, toGpu, vectorize } from '../../src/index.ts'
import { traffic } from '../../src/targets/gpu/buffers.ts'
import { acquireGpu } from '../../src/targets/gpu/device.ts'
import { skip } from '../skip.ts'
import { reasonForNoGpu } from './driver.ts'

const reason = await reasonForNoGpu()
await ready()

interface Result {
  readonly data: TypedArray
  read(): Promise<Result>
}
type Loose = ((...args: unknown[]) => Promise<Result>) & {
  on(target: string): (...args: unknown[]) => Result
  reduce(...args: unknown[]): Promise<Result>
}
const ufunc = (...args: unknown[]): Loose => (vectorize as unknown as (...a: unknown[]) => Loose)(...args)
const list = ({ data }: { readonly data: unknown }) => [...(data as Float32Array)]

/** The same work as on a device that binds so many bytes at most. */
async function binding(bytes: number, run: () => Promise<void>): Promise<void> {
  const gpu = (await acquireGpu()) as { mostBound: number }
  const own = gpu.mostBound
  gpu.mostBound = bytes
  try {
    await run()
  } finally {
    gpu.mostBound = own
  }
}
const limited = (name: string, run: () => Promise<void>): void => {
  if (reason !== null) skip(name, reason)
  else test(name, () => binding(4096, run))
}

const n = 5003
const x = Float32Array.from({ length: n }, (_, i) => i % 251)
const y = Float32Array.from({ length: n }, (_, i) => i % 17)
const sum = ufunc(['f4(f4,f4)'], '(x, y) => x + 2 * y', { target: 'gpu' })

limited('arrays of the host go in parts', async () => {
  const before = traffic.dispatches
  assert.equal(list(await sum(x, y)), list(sum.on('cpu')(x, y)))
  assert.ok(traffic.dispatches - before > 4)
})

limited('arrays on the device are bound in windows, wherever their views begin', async () => {
  const [a, b] = [await toGpu(x), await toGpu(y)]
  assert.equal(list(await (await sum(a, b)).read()), list(sum.on('cpu')(x, y)))
  const [c, d] = [a.lo(3).hi(4000), b.lo(1000).hi(4000)]
  const want = sum.on('cpu')(x.subarray(3, 4003), y.subarray(1000, 5000))
  assert.equal(list(await (await sum(c, d)).read()), list(want))
})

limited('what is overwritten is read as it was before', async () => {
  const a = await toGpu(x)
  await sum(a.hi(n - 1), a.lo(1), { out: a.lo(1) })
  const want = x.slice()
  want.set(sum.on('cpu')(x.subarray(0, n - 1), x.subarray(1)).data as Float32Array, 1)
  assert.equal(list(await a.read()), [...want])
  const own = x.slice()
  await sum(own.subarray(0, n - 1), own.subarray(1), { out: own.subarray(1) })
  assert.equal([...own], [...want])
})

limited('masks, narrow integers, several axes', async () => {
  const bytes = ufunc(['u1(u1,u1)'], '(x, y) => Math.min(255, x + y)', { target: 'gpu' })
  const small = Uint8Array.from({ length: 3 * n }, (_, i) => i % 200)
  const where = {
    data: Uint8Array.from(small, (v) => v & 1),
    shape: [3 * n],
    stride: [1],
    offset: 0,
    dtype: 'bool',
  }
  const out = small.slice()
  await bytes(small, small, { out, where })
  assert.equal(
    [...out],
    [...small].map((v) => (v & 1 ? Math.min(255, 2 * v) : v)),
  )
  const table = ndarray(x.subarray(0, 5000), [50, 100])
  const turned = ndarray(x.subarray(0, 5000), [50, 100], [1, 50])
  assert.equal(list(await sum(table, turned)), list(sum.on('cpu')(table, turned)))
})

limited('reductions share out the outputs, and the blocks of one', async () => {
  const add = ufunc(['f4(f4,f4)'], '(x, y) => x + y', { target: 'gpu', identity: 0 })
  for (const shape of [
    [20, 250],
    [2, 2500],
    [2500, 2],
  ])
    for (const axis of [0, 1]) {
      const table = ndarray(x.subarray(0, 5000), shape)
      const want = (add.on('cpu') as unknown as Loose).reduce(table, { axis }) as unknown as Result
      assert.equal(list(await add.reduce(table, { axis })), list(want))
      // A column of long rows reaches too far.
      if (shape[1] !== 2 && axis === 0) continue
      assert.equal(list(await (await add.reduce(await toGpu(table), { axis })).read()), list(want))
    }
  const all = (add.on('cpu') as unknown as Loose).reduce(x)
  assert.is(await add.reduce(await toGpu(x)), all as unknown)
})

limited('elements too far apart for any part are an error that says what to do', async () => {
  const add = ufunc(['f4(f4,f4)'], '(x, y) => x + y', { target: 'gpu', identity: 0 })
  const error: Error & { code?: string } = await add
    .reduce(await toGpu(ndarray(x.subarray(0, 5000), [20, 250])), { axis: 0 })
    .then(
      () => assert.unreachable(),
      (cause) => cause,
    )
  assert.is(error.code, 'target')
  assert.match(error.message, /does not fit into what this device binds at once \(4096 bytes\)/)
})

test.run()
