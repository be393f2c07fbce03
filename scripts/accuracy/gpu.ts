/**
 * node --import tsx scripts/accuracy/gpu.ts [count]: the worst errors of float32 functions on the gpu at hand, against float64.
 * Subnormal operands and results are left out: drivers may take them for zeros.
 */
import { ready, vectorize } from '../../src/index.ts'
import { gpuInfo } from '../../src/targets/gpu/gpu.ts'

const count = Number(process.argv[2] ?? 100_000)
const one = [
  ...[
    'exp',
    'expm1',
    'log',
    'log1p',
    'log2',
    'log10',
    'sqrt',
    'cbrt',
    'sin',
    'cos',
    'tan',
    'asin',
    'acos',
    'atan',
  ],
  ...['sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh'],
] as const
const two = ['pow', 'atan2', 'hypot'] as const
const leastNormal = 2 ** -126

/** Half of all in the range where functions bend, half of any size. */
const value = (i: number): number => {
  const sign = Math.random() < 0.5 ? -1 : 1
  return i % 2 === 0 ? sign * Math.random() * 4 : sign * 2 ** (Math.random() * 60 - 30)
}
const column = (): Float32Array => Float32Array.from({ length: count }, (_, i) => value(i))

function worst(got: Float32Array, want: (i: number) => number, inputs: readonly Float32Array[]): number {
  let most = 0
  for (let i = 0; i < got.length; i++) {
    const exact = want(i)
    if (inputs.some((x) => Math.abs(x[i] ?? 0) < leastNormal)) continue
    if (!(Math.abs(exact) >= leastNormal) || !Number.isFinite(Math.fround(exact))) continue
    const ulp = 2 ** (Math.floor(Math.log2(Math.abs(exact))) - 23)
    most = Math.max(most, Math.abs((got[i] ?? NaN) - exact) / ulp)
  }
  return most
}

const { adapter, reason } = await gpuInfo()
await ready()
console.log(adapter ?? `no gpu: ${reason}`)
for (const name of adapter ? one : []) {
  const x = column()
  const f = vectorize(['f4(f4)'], `x => Math.${name}(x)`, { target: 'gpu' })
  const { data } = await f(x)
  console.log(name.padEnd(8), worst(data as Float32Array, (i) => Math[name](x[i] ?? 0), [x]).toFixed(3))
}
for (const name of adapter ? two : []) {
  const [x, y] = [column(), column()]
  const f = vectorize(['f4(f4,f4)'], `(x, y) => Math.${name}(x, y)`, { target: 'gpu' })
  const { data } = await f(x, y)
  const want = (i: number) => Math[name](x[i] ?? 0, y[i] ?? 0)
  console.log(name.padEnd(8), worst(data as Float32Array, want, [x, y]).toFixed(3))
}
