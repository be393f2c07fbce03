/** Random operands in every layout that views can have, and what lies in them. */
import ndarray, { type NdArray } from 'ndarray'
import type { View } from '../broadcast/view.ts'
import { type Code, dtypes, type TypedArray } from '../dtype.ts'
import { castValue, leave } from '../loops/kernel/evaluate.ts'
import type { Value } from '../loops/kernel/ir.ts'
import { resident } from '../targets/memory/arrays.ts'

/** Whole numbers below `n`, the same ones for the same seed. */
export type Random = (n: number) => number

export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) % n
  }
}

export const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T

const floats = [
  0,
  -0,
  1,
  -1,
  0.5,
  -2.75,
  7,
  5e-324,
  -1e-40,
  2 ** 31,
  -(2 ** 33) - 1.5,
  1e300,
  Infinity,
  -Infinity,
  NaN,
]
const ints = [
  0,
  1,
  2,
  3,
  7,
  100,
  127,
  128,
  255,
  32767,
  65535,
  2 ** 31 - 1,
  2 ** 32 - 1,
  -1,
  -2,
  -128,
  -32768,
  -(2 ** 31),
  2n ** 53n + 1n,
  0x123456789abcdefn,
  2n ** 63n - 1n,
  -(2n ** 63n),
]

/** A value as it lies in memory; truth values of other arrays' bytes need not be 0 and 1. */
function element(random: Random, code: Code): number | bigint {
  if (code === 'b1') return pick(random, [0, 0, 1, 1, 2, 255])
  const value =
    dtypes[code].kind === 'f'
      ? random(3) === 0
        ? pick(random, floats)
        : random(2000) / 64 - 9
      : pick(random, ints)
  return leave(code, castValue(code, value)) as number | bigint
}

export const read = (code: Code, value: number | bigint): Value => (code === 'b1' ? value !== 0 : value)

/** An array with its shape, and where its elements lie in `data`, in C order. */
export interface Laid {
  readonly code: Code
  readonly operand: View | NdArray
  readonly data: TypedArray
  readonly at: readonly number[]
}

/** An array of this shape: axes in any order in memory, steps of any size and sign, an offset, elements all around. */
export function laid(
  random: Random,
  code: Code,
  shape: readonly number[],
  place: 'plain' | 'resident',
): Laid {
  const stride = new Array<number>(shape.length).fill(0)
  const axes = [...shape.keys()]
  let reach = 1
  let start = random(4)
  while (axes.length > 0) {
    const [axis = 0] = axes.splice(random(axes.length), 1)
    const size = shape[axis] ?? 1
    const step = reach * (1 + (random(3) === 0 ? random(3) : 0))
    const backwards = random(3) === 0
    stride[axis] = backwards ? -step : step
    if (backwards) start += step * Math.max(0, size - 1)
    reach = step * Math.max(1, size)
  }
  const at = indices(shape, stride, start)
  const length = Math.max(start, ...at) + 1 + random(4)
  const own = new dtypes[code].array(length)
  for (let i = 0; i < length; i++) own[i] = element(random, code)
  const data = place === 'plain' ? own : (resident(own).data as TypedArray)
  return { code, operand: viewOf(code, data, [...shape], stride, start), data, at }
}

const viewOf = (
  code: Code,
  data: TypedArray,
  shape: number[],
  stride: number[],
  offset: number,
): View | NdArray =>
  code === 'b1'
    ? { data, shape, stride, offset, dtype: 'bool' }
    : (ndarray(data as Float64Array, shape, stride, offset) as unknown as NdArray)

/** Where the elements of a view lie, in C order. */
export const indices = (shape: readonly number[], stride: readonly number[], offset: number): number[] =>
  shape.reduce(
    (starts, size, axis) =>
      starts.flatMap((start) => Array.from({ length: size }, (_, i) => start + i * (stride[axis] ?? 0))),
    [offset],
  )

/** For every element of `shape` in C order, which element (in C order) of an operand of shape `own` meets it. */
export function meeting(own: readonly number[], shape: readonly number[]): number[] {
  const steps = new Array<number>(shape.length).fill(0)
  let step = 1
  for (let axis = own.length - 1; axis >= 0; axis--) {
    const size = own[axis] ?? 1
    if (size !== 1) steps[axis + shape.length - own.length] = step
    step *= size
  }
  return indices(shape, steps, 0)
}
