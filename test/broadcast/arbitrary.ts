/** Random strided arrays for properties: any shape, strides that may be 0 or negative, an offset that keeps all inside. */
import fc from 'fast-check'
import type { Layout } from '../../src/broadcast/view.ts'

export const shapes = (maxDims = 6, maxSize = 5): fc.Arbitrary<number[]> =>
  fc.array(
    fc.oneof(
      { weight: 15, arbitrary: fc.integer({ min: 1, max: maxSize }) },
      { weight: 1, arbitrary: fc.constant(0) },
    ),
    { maxLength: maxDims },
  )

/** A layout over this shape, with the length that its data needs. */
export const layoutOf = (shape: readonly number[]): fc.Arbitrary<Layout & { length: number }> =>
  fc
    .record({
      stride: fc.oneof(
        fc.array(fc.integer({ min: -7, max: 7 }), { minLength: shape.length, maxLength: shape.length }),
        fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }).chain((order) =>
          fc
            .array(fc.constantFrom(-2, -1, 1, 1, 1, 0, 3), {
              minLength: shape.length,
              maxLength: shape.length,
            })
            .map((factors) => permuted(shape, order, factors)),
        ),
      ),
      pad: fc.integer({ min: 0, max: 3 }),
    })
    .map(({ stride, pad }) => {
      let low = 0
      let high = 0
      for (const [axis, size] of shape.entries()) {
        const reach = (stride[axis] as number) * Math.max(size - 1, 0)
        if (reach < 0) low += reach
        else high += reach
      }
      return { shape, stride, offset: pad - low, length: high - low + 1 + 2 * pad }
    })

/** Contiguous in the order given (fastest first), then each stride times its factor. */
function permuted(shape: readonly number[], order: readonly number[], factors: readonly number[]): number[] {
  const stride = new Array<number>(shape.length).fill(0)
  let step = 1
  for (const axis of order) {
    const factor = factors[axis] as number
    stride[axis] = step * factor
    step *= Math.max(shape[axis] as number, 1) * Math.max(Math.abs(factor), 1)
  }
  return stride
}

/** A layout whose shape stretches to `shape`: leading axes dropped, some sizes 1. */
export const stretching = (shape: readonly number[]): fc.Arbitrary<Layout & { length: number }> =>
  fc
    .record({
      drop: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: shape.length })),
      ones: fc.array(fc.constantFrom(false, false, true), {
        minLength: shape.length,
        maxLength: shape.length,
      }),
    })
    .chain(({ drop, ones }) => layoutOf(shape.map((size, i) => (ones[i] ? 1 : size)).slice(drop)))

/** Every index of a shape, in C order. */
export function* indices(shape: readonly number[]): Generator<number[]> {
  if (shape.includes(0)) return
  const index = shape.map(() => 0)
  for (;;) {
    yield index.slice()
    let axis = shape.length - 1
    while (axis >= 0 && index[axis] === (shape[axis] as number) - 1) index[axis--] = 0
    if (axis < 0) return
    index[axis] = (index[axis] as number) + 1
  }
}

/** Where naive indexing finds the element of a (stretching) layout. */
export function elementAt({ shape, stride, offset }: Layout, index: readonly number[]): number {
  const missing = index.length - shape.length
  return shape.reduce(
    (at, size, axis) => at + (size === 1 ? 0 : (index[missing + axis] as number) * (stride[axis] as number)),
    offset,
  )
}
