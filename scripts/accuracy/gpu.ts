/**
 * node --import tsx scripts/accuracy/gpu.ts [count]: the worst errors of float32 functions on the gpu at hand, against float64.
 * Subnormal operands and results are left out: drivers may take them for zeros.
 */
import { ready, vectorize } from '../../src/index.ts'
import { gpuInfo } from '../../src/targets/gpu/gpu.ts'
import { binary, leastNormal, operand, ulps, unary } from './gpu-errors.ts'

const count = Number(process.argv[2] ?? 100_000)
const column = (): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => operand(i, Math.random(), Math.random() < 0.5))

function worst(got: Float32Array, want: (i: number) => number, inputs: readonly Float32Array[]): number {
  let most = 0
  for (let i = 0; i < got.length; i++) {
    const exact = want(i)
    if (inputs.some((x) => Math.abs(x[i] ?? 0) < leastNormal)) continue
    if (!(Math.abs(exact) >= leastNormal) || !Number.isFinite(Math.fround(exact))) continue
    most = Math.max(most, ulps(got[i] ?? NaN, exact))
  }
  return most
}

const { adapter, reason } = await gpuInfo()
await ready()
console.log(adapter ?? `no gpu: ${reason}`)
for (const name of adapter ? unary : []) {
  const x = column()
  const f = vectorize(['f4(f4)'], `x => Math.${name}(x)`, { target: 'gpu' })
  const { data } = await f(x)
  console.log(name.padEnd(8), worst(data as Float32Array, (i) => Math[name](x[i] ?? 0), [x]).toFixed(3))
}
for (const name of adapter ? binary : []) {
  const [x, y] = [column(), column()]
  const f = vectorize(['f4(f4,f4)'], `(x, y) => Math.${name}(x, y)`, { target: 'gpu' })
  const { data } = await f(x, y)
  const want = (i: number) => Math[name](x[i] ?? 0, y[i] ?? 0)
  console.log(name.padEnd(8), worst(data as Float32Array, want, [x, y]).toFixed(3))
}
