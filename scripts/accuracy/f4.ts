/**
 * The worst error of math functions of one argument on f4, over every `stride`-th bit pattern, against Math in f8: its error is
 * far below the last place of f4.
 */
import type { Op } from '../../src/loops/kernel/ops.ts'
import { opRow } from '../../src/loops/kernel/ops.ts'
import { functionLoop } from '../../test/math/run-function.ts'
import type { Worst } from './worst.ts'

const block = 1 << 16
const single = new Float32Array(1)
const bits = new Uint32Array(single.buffer)

function unit(x: number): number {
  single[0] = Math.abs(x)
  const exponent = (bits[0] ?? 0) >>> 23
  return 2 ** (Math.max(exponent, 1) - 150)
}

const largest = 3.4028234663852886e38

/** In units of the last place of the rounded result; infinite where the kind differs. */
function distance(got: number, exact: number): number {
  const want = Math.fround(exact)
  if (Object.is(got, want))
    return Number.isFinite(want) && want !== 0 ? Math.abs(got - exact) / unit(want) : 0
  if (!Number.isFinite(got) || !Number.isFinite(want)) {
    const past =
      (Math.abs(got) === Infinity && Math.abs(want) === largest) ||
      (Math.abs(want) === Infinity && Math.abs(got) === largest)
    return past && got * want > 0 ? 1 : Infinity
  }
  if (got === 0 && want === 0) return Infinity
  if (got * exact < 0) return Infinity
  return Math.abs(got - exact) / unit(want)
}

export function measureSingle(name: Op, stride: number, fma: boolean): Worst {
  const f = Math[opRow(name).math as 'exp']
  const loop = functionLoop(name, 'f4', block, { fma })
  const [input] = loop.inputs as [Float32Array]
  const patterns = new Uint32Array(input.buffer, input.byteOffset, block)
  let [ulp, wrong, at, got, want] = [0, 0, 0, 0, 0]
  for (let start = 0; start < 2 ** 32; start += block * stride) {
    for (let i = 0; i < block; i++) patterns[i] = start + i * stride
    loop.run(block)
    for (let i = 0; i < block; i++) {
      const x = input[i] ?? 0
      const y = loop.output[i] as number
      const exact = f(x)
      const error = distance(y, exact)
      if (error === Infinity) wrong++
      if (error > ulp) [ulp, at, got, want] = [error, x, y, exact]
    }
  }
  return { ulp, at: [at], got, want, wrong }
}
