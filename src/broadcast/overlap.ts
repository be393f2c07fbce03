/**
 * Do two arrays share memory? Promise 3 (a result is as if every input had been copied first) rests on the answers: they may
 * say yes too often, never no wrongly.
 *
 * Two arrays meet where `startA + sum(strideA * i) + byte = startB + sum(strideB * j) + byte` has a solution with every index
 * inside its bounds: a bounded linear Diophantine equation, as in NumPy's `solve_may_share_memory`. It is solved exactly by a
 * search that almost always takes a handful of steps; when it takes more than `workLimit`, the answer is "maybe".
 */
import { dtypes, type TypedArray } from '../dtype.ts'
import { sameShape } from './shape.ts'
import type { Layout, Strided } from './view.ts'

const workLimit = 2000

/** May any byte belong to both arrays? Matches `numpy.shares_memory` where the search ends in time. */
export function mayShareMemory(a: Strided, b: Strided): boolean {
  if (!sameMemory(a.data, b.data)) return false
  const x = extent(a)
  const y = extent(b)
  if (x === undefined || y === undefined || x.high <= y.low || y.high <= x.low) return false
  // With all terms made positive (an axis may be counted from either end): the lowest byte of a against the highest of b.
  const terms = [...axisTerms(a), ...axisTerms(b)]
  terms.push({ factor: 1, bound: dtypes[a.code].bytes + dtypes[b.code].bytes - 2 })
  return solvable(terms, y.high - 1 - x.low)
}

/** Does any byte lie between the outermost elements of both? */
export function spansMeet(a: Strided, b: Strided): boolean {
  if (!sameMemory(a.data, b.data)) return false
  const x = extent(a)
  const y = extent(b)
  return x !== undefined && y !== undefined && y.low < x.high && x.low < y.high
}

/**
 * Is it the very same array: start, shape, strides and dtype? Reading an element just before it is written is then safe, so
 * that element-wise work needs no copy.
 */
export function sameElements(a: Strided, b: Strided): boolean {
  if (a.code !== b.code || !sameShape(a.shape, b.shape) || !sameMemory(a.data, b.data)) return false
  if (start(a) !== start(b)) return false
  return a.shape.every((size, axis) => size === 1 || a.stride[axis] === b.stride[axis])
}

/** May two indices of the array mean the same element (a stride of 0, a sliding window)? Never wrongly no. */
export function mayOverlapItself({ shape, stride }: Layout): boolean {
  if (shape.includes(0)) return false
  const axes = [...shape.keys()].filter((axis) => shape[axis] !== 1)
  axes.sort((p, q) => Math.abs(stride[p] as number) - Math.abs(stride[q] as number))
  let span = 0
  for (const axis of axes) {
    const step = Math.abs(stride[axis] as number)
    if (step <= span) return true
    span += step * ((shape[axis] as number) - 1)
  }
  return false
}

/**
 * Different SharedArrayBuffer objects may be one memory (a wasm memory makes a new one each time it grows), so any two of
 * them count as one.
 */
function sameMemory(a: TypedArray, b: TypedArray): boolean {
  if (a === b) return true
  const x = a.buffer
  const y = b.buffer
  return x === y || !(x instanceof ArrayBuffer || y instanceof ArrayBuffer)
}

/** The byte of the element at index 0, 0, … */
const start = (a: Strided): number => a.data.byteOffset + a.offset * dtypes[a.code].bytes

/** The bytes `low <= byte < high` between the outermost elements; undefined when there are none. */
function extent(a: Strided): { readonly low: number; readonly high: number } | undefined {
  const { bytes } = dtypes[a.code]
  let low = start(a)
  let high = low + bytes
  for (let axis = 0; axis < a.shape.length; axis++) {
    const size = a.shape[axis] as number
    if (size === 0) return undefined
    const reach = (a.stride[axis] as number) * bytes * (size - 1)
    if (reach < 0) low += reach
    else high += reach
  }
  return { low, high }
}

/** `factor * x` with 0 <= x <= bound. */
interface Term {
  readonly factor: number
  readonly bound: number
}

function axisTerms(a: Strided): Term[] {
  const terms: Term[] = []
  for (const [axis, size] of a.shape.entries()) {
    const factor = Math.abs(a.stride[axis] as number) * dtypes[a.code].bytes
    if (factor !== 0 && size > 1) terms.push({ factor, bound: size - 1 })
  }
  return terms
}

/** Can the terms sum to `target`? Largest factors first, so that few values of each are left to try. */
function solvable(given: readonly Term[], target: number): boolean {
  const terms = merged(given)
  // Of the terms from i on: the largest sum, and a divisor of every sum.
  const most = new Array<number>(terms.length + 1).fill(0)
  const divisor = new Array<number>(terms.length + 1).fill(0)
  for (let i = terms.length - 1; i >= 0; i--) {
    const { factor, bound } = terms[i] as Term
    most[i] = (most[i + 1] as number) + factor * bound
    divisor[i] = gcd(factor, divisor[i + 1] as number)
  }
  let work = 0
  const search = (i: number, rest: number): boolean => {
    if (rest === 0) return true
    const term = terms[i]
    if (term === undefined || rest % (divisor[i] as number) !== 0) return false
    const least = Math.max(0, Math.ceil((rest - (most[i + 1] as number)) / term.factor))
    for (let x = Math.min(term.bound, Math.floor(rest / term.factor)); x >= least; x--) {
      if (++work > workLimit) return true
      if (search(i + 1, rest - x * term.factor)) return true
    }
    return false
  }
  return search(0, target)
}

function merged(terms: readonly Term[]): Term[] {
  const bounds = new Map<number, number>()
  for (const { factor, bound } of terms) bounds.set(factor, (bounds.get(factor) ?? 0) + bound)
  return [...bounds].map(([factor, bound]) => ({ factor, bound })).sort((a, b) => b.factor - a.factor)
}

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}
