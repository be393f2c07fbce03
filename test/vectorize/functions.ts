/** Functions that the tests of calls share, with NumPy's names and loops. */
import ndarray, { type NdArray } from 'ndarray'
import type { View } from '../../src/broadcast/view.ts'
import type { TypedArray } from '../../src/dtype.ts'
import { ready, targetNames, toArray } from '../../src/index.ts'
import type { AnyUfunc } from '../../src/vectorize/ufunc.ts'
import { vectorize } from '../../src/vectorize/vectorize.ts'

/** The callable without what TypeScript knows: these tests also pass what it forbids. */
// biome-ignore lint/suspicious/noExplicitAny: arguments and results of every kind are the subject here
export type Loose = ((...args: any[]) => any) & AnyUfunc

// In this place there is no compiled thread to wait for: the pipeline is loaded into this one.
await ready()

const known: readonly string[] = targetNames()
export const targets = (['cpu', 'js'] as const).filter((name) => known.includes(name))

export const functions = (target: string) => {
  const options = (name: string) => ({ name, target })
  return {
    add: vectorize(
      ['i4(i4,i4)', 'i8(i8,i8)', 'f4(f4,f4)', 'f8(f8,f8)'],
      (x, y) => x + y,
      options('add'),
    ) as unknown as Loose,
    less: vectorize(
      ['b1(u1,u1)', 'b1(i4,i4)', 'b1(i8,i8)', 'b1(u8,u8)', 'b1(f4,f4)', 'b1(f8,f8)'],
      (x, y) => x < y,
      options('less'),
    ) as unknown as Loose,
    both: vectorize(['b1(b1,b1)'], 'function (x, y) { return x && y }', options('both')) as unknown as Loose,
    ldexp: vectorize(
      ['f4(f4,i4)', 'f8(f8,i8)'],
      (x, n) => x * 2 ** Number(n),
      options('ldexp'),
    ) as unknown as Loose,
    divmod: vectorize(
      ['UniTuple(f8,2)(f8,f8)'],
      (x, y) => [Math.floor(x / y), x - y * Math.floor(x / y)],
      options('divmod'),
    ) as unknown as Loose,
  }
}

/** A view of a copy of the data, with the given strides. */
export const view = (data: TypedArray, shape: number[], stride?: number[], offset = 0): NdArray =>
  ndarray(data as Float64Array, shape, stride, offset) as unknown as NdArray

export const f8 = (...values: number[]) => Float64Array.from(values)
export const i4 = (...values: number[]) => Int32Array.from(values)

/** Consecutive numbers in a C-ordered float64 array. */
export function range(shape: number[], from = 0): NdArray {
  const size = shape.reduce((a, b) => a * b, 1)
  return view(
    Float64Array.from({ length: size }, (_, i) => i + from),
    shape,
  )
}

export const list = (x: unknown) => toArray(x as View) as (number | bigint)[]
export const dtype = (x: unknown): string => (x as NdArray).dtype
