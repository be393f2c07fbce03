/** Copies elements from one array to another, casting as typed-array stores do. Plain JavaScript: for results and conversions, not for the hot path. */

import { type Code, dtypes, type TypedArray } from '../dtype.ts'
import { store } from './nested.ts'
import { makePlan } from './plan.ts'
import { contiguousStrides, type Order, outputStrides, sizeOf } from './shape.ts'
import type { Strided } from './view.ts'
import { walk } from './walk.ts'

/** Shorter runs are copied faster by a loop than by a call of `set`. */
const shortRun = 16

/** `to[…] = from`, where `from` stretches to the shape of `to`. They must not overlap. */
export function copy(from: Strided, to: Strided): void {
  const plan = makePlan(to.shape, [from, to])
  const [fromStep = 0, toStep = 0] = plan.innerSteps
  const natural = storesNaturally(from.code, to)
  walk(plan, ([i = 0, j = 0], n) => {
    if (natural && fromStep === 1 && toStep === 1 && n > shortRun)
      setNaturally(to.data, from.data.subarray(i, i + n), j)
    else if (natural)
      for (let k = 0; k < n; k++) to.data[j + k * toStep] = from.data[i + k * fromStep] as number
    else for (let k = 0; k < n; k++) store(to, j + k * toStep, from.data[i + k * fromStep] as number | bigint)
  })
}

/** Does plain assignment between the typed arrays do what the cast asks for? */
function storesNaturally(from: Code, to: Strided): boolean {
  if (from === to.code) return true
  return (
    to.code !== 'b1' && dtypes[from].big === dtypes[to.code].big && !(to.data instanceof Uint8ClampedArray)
  )
}

/** Zeros, false in a b1. */
export function clear(to: Strided): void {
  const zero = dtypes[to.code].big ? 0n : 0
  const plan = makePlan(to.shape, [to])
  const [step = 0] = plan.innerSteps
  walk(plan, ([i = 0], n) => {
    if (step === 1)
      (to.data as { fill(value: number | bigint, from: number, to: number): void }).fill(zero, i, i + n)
    else for (let k = 0; k < n; k++) to.data[i + k * step] = zero
  })
}

const setNaturally = (to: TypedArray, from: TypedArray, at: number): void =>
  (to as { set(source: TypedArray, offset: number): void }).set(from, at)

/** A new array with this one's elements, in memory from `allocate`; order K keeps its axes in their order. */
export function copied(
  from: Strided,
  code: Code,
  order: Order,
  allocate: (code: Code, length: number) => TypedArray,
): Strided {
  const { shape } = from
  const stride = order === 'C' ? contiguousStrides(shape) : outputStrides(shape, [from], order)
  const to: Strided = { data: allocate(code, sizeOf(shape)), code, shape: [...shape], stride, offset: 0 }
  copy(from, to)
  return to
}
