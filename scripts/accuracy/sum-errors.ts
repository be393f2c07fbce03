/** How far float32 sums are from the exact ones. */
import type { View } from '../../src/broadcast/view.ts'

/** Uniform float32 numbers in [0, 1): multiples of 2^-24, the same on every machine. */
export function uniform(count: number): Float32Array {
  const data = new Float32Array(count)
  let state = 12345
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    data[i] = (state >>> 8) / 2 ** 24
  }
  return data
}

/** Float32's unit in the last place at x. */
const ulp = (x: number): number => 2 ** (Math.floor(Math.log2(x)) - 23)

/**
 * The worst error of `sum` over uniform numbers of this shape, in units in the last place. float64 adds up to 2^29 multiples of 2^-24
 * below 1 without rounding, so the exact sums are plain loops.
 * @param axis null: all of them
 */
export function sumErrors(shape: readonly number[], axis: number | null, sum: (x: View) => unknown): number {
  const count = shape.reduce((a, b) => a * b, 1)
  const data = uniform(count)
  const stride = shape.map((_, k) => shape.slice(k + 1).reduce((a, b) => a * b, 1))
  const got = sum({ data, shape: [...shape], stride, offset: 0 })
  const inner = axis === null ? 1 : (stride[axis] as number)
  const size = axis === null ? count : (shape[axis] as number)
  const exact = new Float64Array(count / size)
  for (let i = 0; i < count; i++) {
    const result = Math.floor(i / (inner * size)) * inner + (i % inner)
    exact[result] = (exact[result] as number) + (data[i] as number)
  }
  const found = typeof got === 'number' ? [got] : (got as View).data
  let worst = 0
  for (const [k, want] of exact.entries()) {
    const rounded = Math.fround(want)
    worst = Math.max(worst, Math.abs(Number(found[k]) - rounded) / ulp(rounded))
  }
  return worst
}
