/** Functions of Math on the gpu: within 2 units in the last place of float64's, and right where there is no doubt. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { binary, leastNormal, operand, ulps, unary } from '../../scripts/accuracy/gpu-errors.ts'
import { ready, vectorize } from '../../src/index.ts'
import { randomFrom } from '../../src/testing/operands.ts'
import { skip } from '../skip.ts'
import { reasonForNoGpu } from './driver.ts'

const one = [...unary, 'floor', 'ceil', 'trunc', 'round', 'sign', 'abs'] as const
const two = [...binary, 'min', 'max'] as const
const special = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  2,
  3,
  -3,
  Infinity,
  -Infinity,
  NaN,
  2 ** 30,
  1e-30,
  88.8,
  -104,
  16777217,
]
/** Whether `got` will do where float64 says `want`. */
function near(got: number, want: number): boolean {
  const rounded = Math.fround(want)
  if (Math.abs(want) < leastNormal) return want === 0 ? Object.is(got, rounded) : Math.abs(got) <= leastNormal
  if (!Number.isFinite(rounded)) return Object.is(got, rounded)
  return ulps(got, want) <= 2
}

const random = randomFrom(3)
const value = (i: number): number => operand(i, random(2 ** 24) / 2 ** 24, random(2) === 0)
const ones = Float32Array.from([...special, ...Array.from({ length: 3000 }, (_, i) => value(i))])
const pairs = special.flatMap((x) => special.map((y) => [x, y] as const))
const more = Array.from({ length: 3000 }, (_, i) => [value(i), value(i + (i >> 1))] as const)
const [lefts, rights] = [0, 1].map((k) => Float32Array.from([...pairs, ...more].map((pair) => pair[k] ?? 0)))

const reason = await reasonForNoGpu()
await ready()
type OnGpu = (...args: unknown[]) => Promise<{ data: Float32Array }>
const onGpu = (type: string, source: string): OnGpu =>
  vectorize([type], source, { target: 'gpu' }) as unknown as OnGpu
const run = (name: string, body: () => Promise<void>): void => {
  if (reason !== null) skip(name, reason)
  else test(name, body)
}

for (const name of one)
  run(`Math.${name} on the gpu`, async () => {
    const { data } = await onGpu('f4(f4)', `x => Math.${name}(x)`)(ones)
    ones.forEach((x, i) => {
      if (x !== 0 && Math.abs(x) < leastNormal) return
      const [got, want] = [data[i] ?? 0, Math[name](x)]
      assert.ok(near(got, want), `${name}(${x}) is ${want}, but the gpu gave ${got}`)
    })
  })
for (const name of two)
  run(`Math.${name} on the gpu`, async () => {
    const { data } = await onGpu('f4(f4,f4)', `(x, y) => Math.${name}(x, y)`)(lefts, rights)
    lefts?.forEach((x, i) => {
      const y = rights?.[i] ?? 0
      const [got, want] = [data[i] ?? 0, Math[name](x, y)]
      assert.ok(near(got, want), `${name}(${x}, ${y}) is ${want}, but the gpu gave ${got}`)
    })
  })
run('% on the gpu is exact', async () => {
  const { data } = await onGpu('f4(f4,f4)', '(x, y) => x % y')(lefts, rights)
  lefts?.forEach((x, i) => {
    const y = rights?.[i] ?? 0
    const want = x % y
    if (want !== 0 && Math.abs(want) < leastNormal) return
    assert.ok(Object.is(data[i], want), `${x} % ${y} is ${want}, but the gpu gave ${data[i]}`)
  })
})

test.run()
