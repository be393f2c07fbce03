/** Which elements of an array an index selects, and in which shape. They may be selected repeatedly. */
import { dtypes } from '../dtype.ts'
import { AxisError, BoundsError, BroadcastError } from '../errors.ts'
import { axesOf, type Entry, entriesOf, type Slice, spanOf } from './index-entries.ts'
import { broadcastShapes, type Shape, shapeText, sizeOf, stridesFor } from './shape.ts'
import type { Strided } from './view.ts'

/** Selected elements, as places in an array of one axis. */
export interface Positions {
  /** The array: from its lowest element to its highest. */
  readonly array: Strided
  /** i4 and of one axis; negative ones count from the end. Nobody has looked yet whether all are inside. */
  readonly places: Strided
  /** The shape in which they are selected. */
  readonly shape: Shape
}

/** The error for an index outside its axis; matches NumPy's IndexError. */
export const indexOutside = (index: number, axis: number, size: number): Error =>
  new BoundsError(`index ${index} is out of bounds for axis ${axis} with size ${size}`, {
    line: 0,
    column: 0,
    index,
    size,
  })

/**
 * The indices of an array, stretched to `shape` in C order, counted from the start of their axis.
 * @throws BoundsError for the first that is outside
 */
function indicesIn(array: Strided, shape: Shape, axis: number, size: number): Int32Array {
  const made = new Int32Array(sizeOf(shape))
  if (made.length === 0) return made
  const strides = stridesFor(array, shape)
  const last = shape.length - 1
  const inner = shape[last] ?? 1
  const step = strides[last] ?? 0
  const counter = new Array<number>(shape.length).fill(0)
  const read = readerOf(array, axis, size)
  let row = array.offset
  for (let done = 0; ; ) {
    read(row, step, made, done, inner)
    done += inner
    if (done === made.length) return made
    for (let k = last - 1; k >= 0; k--) {
      row += strides[k] as number
      counter[k] = (counter[k] as number) + 1
      if ((counter[k] as number) < (shape[k] as number)) break
      row -= (strides[k] as number) * (shape[k] as number)
      counter[k] = 0
    }
  }
}

/** Brings `n` indices from element `at` on to `made`, from `done` on. @throws BoundsError for the first that is outside */
type Reader = (at: number, step: number, made: Int32Array, done: number, n: number) => void

function readerOf({ data, code }: Strided, axis: number, size: number): Reader {
  const { big, bytes, kind } = dtypes[code]
  if (big) {
    // Two words are read much faster than a bigint is made.
    const words = new Int32Array(data.buffer, data.byteOffset, 2 * data.length)
    return (at, step, made, done, n) => fromWords(words, at, step, made, done, n, axis, size)
  }
  // All but u4 are i4 too, and an engine converts whole arrays fastest.
  const fits = bytes < 4 || kind === 'i'
  return (at, step, made, done, n) => {
    if (fits && step === 1) {
      made.set(data.subarray(at, at + n) as Int32Array, done)
      countFromStart(made, done, n, axis, size)
      return
    }
    for (let i = 0; i < n; i++) {
      const index = data[at + i * step] as number
      if (index >= size || index < -size) throw indexOutside(index, axis, size)
      made[done + i] = index < 0 ? index + size : index
    }
  }
}

function fromWords(
  words: Int32Array,
  at: number,
  step: number,
  made: Int32Array,
  done: number,
  n: number,
  axis: number,
  size: number,
): void {
  for (let i = 0, word = 2 * at; i < n; i++, word += 2 * step) {
    const low = words[word] as number
    const high = words[word + 1] as number
    // High words repeat the sign in all that are i4.
    if (high !== low >> 31 || low >= size || low < -size)
      throw indexOutside(high * 2 ** 32 + (low >>> 0), axis, size)
    made[done + i] = low < 0 ? low + size : low
  }
}

/** An i8 array of one axis as i4; null when an element does not fit. One test for all: a branch for each would take most of the time. */
function lowWords({ data, shape, stride, offset }: Strided): Strided | null {
  const words = new Int32Array(data.buffer, data.byteOffset, 2 * data.length)
  const made = new Int32Array(sizeOf(shape))
  const step = 2 * (stride[0] ?? 0)
  let beyond = 0
  for (let i = 0, word = 2 * offset; i < made.length; i++, word += step) {
    const low = words[word] as number
    beyond |= (words[word + 1] as number) ^ (low >> 31)
    made[i] = low
  }
  return beyond === 0 ? list(made) : null
}

function countFromStart(indices: Int32Array, from: number, n: number, axis: number, size: number): void {
  for (let i = from; i < from + n; i++) {
    const index = indices[i] as number
    if (index >= size || index < -size) throw indexOutside(index, axis, size)
    if (index < 0) indices[i] = index + size
  }
}

/** The indices of the true elements of a mask, one list an axis. */
function trueIndices({ data, shape, stride, offset }: Strided): Int32Array[] {
  const found: number[][] = shape.map(() => [])
  const walk = (axis: number, at: number, index: number[]): void => {
    if (axis === shape.length) {
      if (data[at] !== 0)
        for (let k = 0; k < index.length; k++) (found[k] as number[]).push(index[k] as number)
      return
    }
    for (let i = 0; i < (shape[axis] as number); i++) {
      index[axis] = i
      walk(axis + 1, at + i * (stride[axis] as number), index)
    }
  }
  walk(0, offset, [])
  return found.map((list) => Int32Array.from(list))
}

function checkMask(mask: Shape, shape: Shape, first: number): void {
  mask.forEach((size, k) => {
    const axis = first + k
    if (size === shape[axis]) return
    throw new BroadcastError(
      `boolean index did not match indexed array along axis ${axis}; size of axis is ${shape[axis]} but size of corresponding boolean axis is ${size} (a uint8 array is a mask: indices belong in another dtype)`,
      { shapes: [shape, mask] },
    )
  })
}

/** Indices of one axis that an array of the index selects. */
interface Advanced {
  readonly axis: number
  readonly entry: number
  readonly array: Strided
}

const list = (values: Int32Array, shape: Shape = [values.length]): Strided => ({
  data: values,
  code: 'i4',
  shape,
  stride: shape.length === 0 ? [] : [1],
  offset: 0,
})

/** Offsets of all combinations of two lists, the second running faster. */
function sums(slow: Int32Array, fast: Int32Array): Int32Array {
  if (fast.length === 1 && fast[0] === 0) return slow
  const made = new Int32Array(slow.length * fast.length)
  for (let i = 0, k = 0; i < slow.length; i++)
    for (let j = 0; j < fast.length; j++) made[k++] = (slow[i] as number) + (fast[j] as number)
  return made
}

/** The lowest and the highest element that an array reaches; high < low when it is empty. */
function reach({ shape, stride, offset }: Strided): { low: number; high: number } {
  let low = offset
  let high = offset
  for (const [axis, size] of shape.entries()) {
    if (size === 0) return { low: offset, high: offset - 1 }
    const far = (stride[axis] as number) * (size - 1)
    if (far < 0) low += far
    else high += far
  }
  return { low, high }
}

/** The whole of an array as one axis; places in it count elements of its data. */
function flat(x: Strided): Strided {
  const { low, high } = reach(x)
  return { data: x.data, code: x.code, shape: [high - low + 1], stride: [1], offset: low }
}

/**
 * The elements that `index` selects of `x`. As in NumPy: a list with an entry an axis, axes without one taken whole; index arrays
 * stretch to one shape, which stands where they stand, or first when a slice is between them. `...` and new axes do not exist.
 * @throws BoundsError, AxisError (too many indices), BroadcastError (index arrays or a mask that do not fit), OptionError
 */
export function positions(x: Strided, index: unknown): Positions {
  const entries = entriesOf(index)
  const [only] = entries
  if (entries.length > 1 || only?.kind !== 'array' || x.shape.length !== 1) return selected(x, entries)
  // Most calls: one axis, and an array of indices, which are the places.
  const { array } = only
  const { shape } = array
  if (shape.length === 1) {
    const places = array.code === 'i4' ? array : array.code === 'i8' ? lowWords(array) : null
    if (places) return { array: x, places, shape }
  }
  return { array: x, places: list(indicesIn(array, shape, 0, x.shape[0] as number)), shape }
}

function selected(x: Strided, entries: readonly Entry[]): Positions {
  const ndim = x.shape.length
  const used = entries.reduce((sum, entry) => sum + axesOf(entry), 0)
  if (used > ndim)
    throw new AxisError(
      `too many indices for array: array is ${ndim}-dimensional, but ${used} were indexed`,
      { axis: ndim, ndim },
    )
  const arrays: Advanced[] = []
  const slices: { axis: number; entry: number; slice: Slice }[] = []
  let axis = 0
  entries.forEach((entry, k) => {
    switch (entry.kind) {
      case 'integer':
        arrays.push({ axis: axis++, entry: k, array: list(Int32Array.of(entry.value), []) })
        break
      case 'array':
        arrays.push({ axis: axis++, entry: k, array: entry.array })
        break
      case 'slice':
        slices.push({ axis: axis++, entry: k, slice: entry.slice })
        break
      case 'mask':
        checkMask(entry.mask.shape, x.shape, axis)
        for (const values of trueIndices(entry.mask))
          arrays.push({ axis: axis++, entry: k, array: list(values) })
    }
  })
  for (; axis < ndim; axis++) slices.push({ axis, entry: entries.length + axis, slice: {} })

  const shape = indexShape(arrays)
  const whole = flat(x)
  const chosen = new Int32Array(sizeOf(shape)).fill(x.offset - whole.offset)
  for (const one of arrays) {
    const size = x.shape[one.axis] as number
    const step = x.stride[one.axis] as number
    const own = indicesIn(one.array, shape, one.axis, size)
    for (let i = 0; i < own.length; i++) chosen[i] = (chosen[i] as number) + (own[i] as number) * step
  }
  const spans = slices.map(({ axis, slice }) => ({ axis, ...spanOf(slice, x.shape[axis] as number) }))
  const before = inOneRow(arrays) ? slices.filter(({ entry }) => entry < (arrays[0]?.entry ?? 0)).length : 0
  const combine = (part: typeof spans) =>
    part.reduce<Int32Array>((table, { axis, start, step, count }) => {
      const stride = x.stride[axis] as number
      return sums(
        table,
        Int32Array.from({ length: count }, (_, i) => (start + i * step) * stride),
      )
    }, Int32Array.of(0))
  const counts = (part: typeof spans) => part.map(({ count }) => count)
  const [slow, fast] = [spans.slice(0, before), spans.slice(before)]
  return {
    array: whole,
    places: list(sums(sums(combine(slow), chosen), combine(fast))),
    shape: [...counts(slow), ...shape, ...counts(fast)],
  }
}

function indexShape(arrays: readonly Advanced[]): Shape {
  const shapes = arrays.map(({ array }) => array.shape)
  try {
    return broadcastShapes(shapes)
  } catch (error) {
    if (!(error instanceof BroadcastError)) throw error
    throw new BroadcastError(
      `shape mismatch: indexing arrays could not be broadcast together with shapes ${shapes.map(shapeText).join(' ')}`,
      { shapes },
    )
  }
}

/** Is there no slice between the first and the last array? */
const inOneRow = (arrays: readonly Advanced[]): boolean =>
  arrays.every(({ entry }, k) => k === 0 || entry - (arrays[k - 1]?.entry ?? 0) <= 1)
