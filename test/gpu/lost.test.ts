/** Devices that are lost, and what they refuse: errors with a reason, and the next call has another device. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { makePlan } from '../../src/broadcast/plan.ts'
import { configure, guvectorize, ready, toGpu, vectorize } from '../../src/index.ts'
import { compileWgsl } from '../../src/loops/compile.ts'
import { infer } from '../../src/loops/kernel/infer.ts'
import { define } from '../../src/loops/kernel/parse.ts'
import { acquireGpu } from '../../src/targets/gpu/device.ts'
import { gpu } from '../../src/targets/gpu/gpu.ts'
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
/** What a promise rejects with, or null. */
const rejection = (promise: Promise<unknown>): Promise<(Error & { code?: string; reason?: string }) | null> =>
  promise.then(
    () => null,
    (error) => error,
  )
const turns = async (n: number) => {
  for (let i = 0; i < n; i++) await Promise.resolve()
}

const x = Float32Array.from({ length: 1000 }, (_, i) => i)
const twice: Any = vectorize(['f4(f4)'], '(x) => 2 * x', { target: 'gpu' })
const sum: Any = vectorize(['f4(f4,f4)'], '(x, y) => x + y', { target: 'gpu', identity: 0 })
const last: Any = guvectorize(['f4(f4[:])'], '(n)->()', '(a) => a[a.length - 1]', { target: 'gpu' })
/** Each with its result as a number. */
const calls: readonly (readonly [string, number, () => Promise<unknown>])[] = [
  ['a call', 1998, async () => (await twice(x)).data[999]],
  ['a reduction', 499500, () => sum.reduce(x)],
  ['a kernel of arrays', 999, async () => (await last(x)).data[0]],
  ['an upload', 999, async () => (await (await toGpu(x)).read()).data[999]],
]

for (const [name, want, call] of calls)
  onGpu(`${name}, the device lost at any moment of it: done, or an error with the reason`, async () => {
    const run = async () => assert.is(await call(), want)
    await run()
    let rejected = 0
    for (let when = 0; when < 48; when += 3) {
      const { device } = await acquireGpu()
      const done = rejection(run())
      await turns(when)
      device.destroy()
      const error = await done
      if (error === null) continue
      rejected++
      assert.is(error.code, 'target', `${when}: ${error.stack}`)
      assert.match(error.message, /lost/, `${when}`)
    }
    assert.ok(rejected > 0)
    assert.is(await rejection(run()), null)
  })

onGpu('what was on a lost device is gone, and says so; new arrays have a new one', async () => {
  const there = await toGpu(x)
  const result = await twice(there)
  ;(await acquireGpu()).device.destroy()
  await new Promise((resolve) => setTimeout(resolve, 20))
  for (const error of [
    await rejection(twice(there)),
    await rejection(result.read()),
    await rejection(twice(x, { out: there })),
  ]) {
    assert.is(error?.code, 'target')
    assert.match(error?.message ?? '', /contents of this GpuArray are gone: the device was lost/)
  }
  assert.is((await (await twice(await toGpu(x))).read()).data[3], 6)
})

onGpu('two devices: what lives on one is no operand of the other, and both stay what they are', async () => {
  const mine = await toGpu(x)
  const { create } = (await import('webgpu' as string)) as Any
  const adapter = await create([]).requestAdapter()
  const device = await adapter.requestDevice()
  configure({ device })
  try {
    const theirs = await toGpu(x)
    assert.is((await (await twice(theirs)).read()).data[3], 6)
    for (const call of [
      () => twice(mine),
      () => sum(mine, theirs),
      () => sum.reduce(mine),
      () => last(mine),
      () => sum.at(mine, [0], 1),
    ]) {
      const error = await rejection(Promise.resolve().then(call))
      assert.is(error?.code, 'target')
      assert.match(error?.message ?? '', /lives on another device than the one in use/)
    }
    assert.is((await mine.read()).data[3], 3)
    configure({ device: null })
    assert.is((await (await twice(mine)).read()).data[3], 6)
    configure({ device })
    assert.is((await (await twice(theirs)).read()).data[3], 6)
    device.destroy()
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.match(
      (await rejection(twice(x)))?.message ?? '',
      /not available: the device was lost.*hands in another/,
    )
  } finally {
    configure({ device: null })
  }
  assert.is((await (await twice(mine)).read()).data[3], 6)
  assert.throws(() => configure({ device: adapter }), /'device' must be a GPUDevice or null/)
})

onGpu('a shader that is refused names its line, and that of the kernel', async () => {
  const { kernel } = infer(
    define(`(x, y) => {
      const z = x * y
      return z - 3
    }`),
    ['f4', 'f4'],
  )
  const loop = compileWgsl({ kernel, inputs: ['f4', 'f4'], outputs: ['f4'], simd: false })
  const broken = { ...loop, code: loop.code.replace(' - 3f', ' - 3u') }
  assert.is.not(broken.code, loop.code)
  const operand = (value: number) => ({
    data: Float32Array.of(value),
    code: 'f4' as const,
    shape: [1],
    stride: [1],
    offset: 0,
  })
  const operands = [operand(1), operand(2), operand(0)]
  const run = gpu
    .load(broken, [])
    .run?.(operands, makePlan([1], operands), { threads: 1, calls: 0, bytesCopied: 0 })
  const error = await rejection(Promise.resolve(run))
  assert.is(error?.code, 'target')
  assert.match(error?.message ?? '', /WGSL was refused: .* in `.* - 3u.*`, made of line 3 of the kernel/)
})

test.run()
