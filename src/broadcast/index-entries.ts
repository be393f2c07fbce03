/**
 * What counts as an index, as in NumPy: integers, slices, arrays of integers and masks, one of them or a list with an entry an axis.
 * `...` and new axes do not exist.
 */
import { codeOfArray, dtypes } from '../dtype.ts'
import { OptionError } from '../errors.ts'
import { isBranded, isView, toStrided } from './operand.ts'
import { sizeOf } from './shape.ts'
import type { Strided } from './view.ts'

export interface Slice {
  readonly start?: number
  readonly stop?: number
  readonly step?: number
}

const kinds = [
  'an integer',
  'a slice { start, stop, step }',
  'an array of integers (not uint8)',
  'a mask: an array of booleans, or uint8',
  'a list of these, one an axis',
] as const

const notAnIndex = (what: string): Error =>
  new OptionError(
    `only integers, slices and integer or boolean arrays are valid indices, but got ${what}; an index is ${kinds.join(', ')}`,
    { option: 'indices', known: kinds },
  )

/** One entry of an index. An array has been read, a mask counts for as many axes as it has. */
export type Entry =
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'slice'; readonly slice: Slice }
  | { readonly kind: 'array'; readonly array: Strided }
  | { readonly kind: 'mask'; readonly mask: Strided }

export const axesOf = (entry: Entry): number => (entry.kind === 'mask' ? entry.mask.shape.length : 1)

const isElement = (value: unknown) => ['number', 'bigint', 'boolean'].includes(typeof value)

/** A list of numbers or booleans is an array; a list of anything else has an entry an axis. */
export function entriesOf(index: unknown): Entry[] {
  if (Array.isArray(index) && !index.every(isElement)) return index.map(entryOf)
  return [entryOf(index)]
}

function entryOf(value: unknown): Entry {
  if (typeof value === 'bigint' || typeof value === 'number') {
    if (!Number.isInteger(Number(value))) throw notAnIndex(String(value))
    return { kind: 'integer', value: Number(value) }
  }
  if (Array.isArray(value) || ArrayBuffer.isView(value) || isView(value) || isBranded(value))
    return arrayEntry(value)
  if (typeof value === 'object' && value !== null) return { kind: 'slice', slice: readSlice(value) }
  throw notAnIndex(value === null ? 'null' : typeof value)
}

function arrayEntry(value: unknown): Entry {
  const array = toStrided(value)
  switch (dtypes[array.code].kind) {
    case 'b':
      return { kind: 'mask', mask: array }
    case 'u':
      return array.code === 'u1' ? { kind: 'mask', mask: array } : { kind: 'array', array }
    case 'i':
      return { kind: 'array', array }
    case 'f': {
      // Nested arrays of JavaScript's numbers are f8: integers, if all of them are.
      const written = !isView(value) && codeOfArray(value) === undefined
      const whole = written && (array.data as Float64Array).every(Number.isInteger)
      if (whole || sizeOf(array.shape) === 0) return { kind: 'array', array }
      throw notAnIndex(`an array of ${dtypes[array.code].name}`)
    }
  }
}

const parts: readonly string[] = ['start', 'stop', 'step']

function readSlice(value: object): Slice {
  for (const [name, part] of Object.entries(value)) {
    if (!parts.includes(name)) throw notAnIndex(`an object with '${name}'`)
    if (part !== undefined && !Number.isInteger(part))
      throw notAnIndex(`a slice with ${name} ${String(part)}`)
  }
  const slice = value as Slice
  if (slice.step === 0)
    throw new OptionError('slice step cannot be zero', { option: 'indices', known: kinds })
  return slice
}

/** Start, step and count of a slice over an axis: Python's `slice.indices`. */
export function spanOf(
  { start, stop, step = 1 }: Slice,
  size: number,
): { start: number; step: number; count: number } {
  const back = step < 0
  const least = back ? -1 : 0
  const most = back ? size - 1 : size
  const clip = (value: number) => Math.min(most, Math.max(least, value < 0 ? value + size : value))
  const from = start === undefined ? (back ? most : least) : clip(start)
  const to = stop === undefined ? (back ? least : most) : clip(stop)
  return { start: from, step, count: Math.max(0, Math.ceil((to - from) / step)) }
}
