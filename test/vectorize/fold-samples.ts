/** Random arrays for the tests of reductions. */
import fc from 'fast-check'
import { toArray } from '../../src/index.ts'
import type { Value } from './fold-oracle.ts'

const size = fc.constantFrom(1, 2, 3, 5, 7, 8, 9, 16, 17, 31)
const long = fc.constantFrom(1, 8, 63, 255, 256, 257, 260, 511, 520, 777, 1100, 2500)

/** One axis may be long; the others are short. */
export const shapes = fc
  .tuple(fc.array(size, { minLength: 0, maxLength: 2 }), long, fc.nat(2), fc.boolean())
  .map(([rest, n, place, swap]) => {
    const shape = rest.map((s) => (swap ? s : Math.min(s, 5)))
    shape.splice(Math.min(place, shape.length), 0, n)
    return shape
  })
  .filter((shape) => shape.reduce((a, b) => a * b, 1) <= 30000)

export const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)

/** A long list from few random numbers. */
export const listOf = (values: fc.Arbitrary<Value>, n: number): fc.Arbitrary<Value[]> =>
  fc
    .tuple(fc.array(values, { minLength: 16, maxLength: 16 }), fc.integer({ min: 1, max: 2 ** 31 - 1 }))
    .map(([few, seed]) => {
      let state = seed
      return Array.from({ length: n }, () => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0
        return few[(state >>> 16) % few.length] as Value
      })
    })

/** Of an array in C order. */
export const strides = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => count(shape.slice(axis + 1)))

/** The elements of a result in C order, booleans as 0 and 1. */
export function flat(x: unknown): unknown[] {
  return typeof x === 'object' ? ([toArray(x as never)].flat(9) as unknown[]) : [x]
}
