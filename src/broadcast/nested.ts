/**
 * JavaScript values as typed arrays: nested arrays with NumPy's discovery of shape and dtype, and the JS arrays or `get`-able
 * objects that some views have as their data.
 */
import { type Code, codeOfArray, dtypes, promote, type TypedArray } from '../dtype.ts'
import { BroadcastError, CastingError, OptionError } from '../errors.ts'
import { shapeText } from './shape.ts'

export type Scalar = number | bigint | boolean
export type Nested = Scalar | Nested[]

/** Elements with their dtype. */
export interface Elements {
  readonly data: TypedArray
  readonly code: Code
}

/** The dtype of a JavaScript value that stands alone: f8, i8 or b1. Undefined for what is no number. */
export function codeOfScalar(value: unknown): Code | undefined {
  if (typeof value === 'number') return 'f8'
  if (typeof value === 'bigint') return 'i8'
  return typeof value === 'boolean' ? 'b1' : undefined
}

/** What a typed array of this dtype stores for a value: truncated, wrapped, NaN and infinities 0; b1 is "not 0", NaN included. */
export function storedAs(code: Code, value: Scalar): number | bigint {
  if (code === 'b1') return Number(value) === 0 ? 0 : 1
  const { big, kind } = dtypes[code]
  if (typeof value !== 'bigint') {
    const x = Number(value)
    if (!big) return x
    return BigInt(Number.isFinite(x) ? Math.trunc(x) : 0)
  }
  if (big) return value
  // Number(value) would round away the low bits that an integer store keeps.
  return kind === 'f' ? Number(value) : Number(BigInt.asIntN(32, value))
}

/** `data[index] = value`, as storedAs has it. */
export function store({ data, code }: Elements, index: number, value: Scalar): void {
  const element = storedAs(code, value)
  // A clamped array is u1 like any other.
  data[index] = data instanceof Uint8ClampedArray ? Number(element) & 255 : element
}

/** A JavaScript array, or any object with a length and a `get`, as scijs calls "generic". */
export type Generic = readonly unknown[] | { readonly length: number; get(index: number): unknown }

export function isGeneric(data: unknown): data is Generic {
  if (Array.isArray(data)) return true
  if (typeof data !== 'object' || data === null) return false
  return (
    'get' in data && typeof data.get === 'function' && 'length' in data && typeof data.length === 'number'
  )
}

/** A typed copy of the elements `from <= i < to`. */
export function typedElements(data: Generic, from: number, to: number): Elements {
  const values: unknown[] = []
  for (let i = from; i < to; i++) values.push(isList(data) ? data[i] : data.get(i))
  return typed(values, undefined, values.reduce(promoted, undefined))
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

/**
 * Nested arrays as one typed array in C order. Numbers are f8, bigints i8, booleans b1, rows may be typed arrays; mixed ones
 * promote. With `want` the elements are stored to that dtype instead.
 * @throws BroadcastError when it is ragged, OptionError for an element that is no number or for too many levels, CastingError for a bigint beyond i8
 */
export function typedNested(
  values: readonly unknown[],
  want?: Code,
): Elements & { readonly shape: number[] } {
  const shape: number[] = []
  for (let level: unknown = values; isRow(level); level = level[0]) {
    if (shape.length === deepest) throw tooDeep()
    shape.push(level.length)
  }
  const flat: unknown[] = []
  let found: Code | undefined
  const collect = (level: unknown, depth: number): void => {
    if (!isRow(level)) {
      if (depth !== shape.length) throw ragged(shape, shape.slice(0, depth))
      flat.push(level)
      found = promoted(found, level)
      return
    }
    if (level.length !== shape[depth]) throw ragged(shape, [...shape.slice(0, depth), level.length])
    const row = codeOfArray(level)
    if (row === undefined) for (let i = 0; i < level.length; i++) collect(level[i], depth + 1)
    else {
      for (let i = 0; i < level.length; i++) flat.push(level[i])
      found = found === undefined ? row : promote(found, row)
    }
  }
  collect(values, 0)
  return { ...typed(flat, want, found), shape }
}

/** As many axes as an array of NumPy may have; an array that holds itself has no end. */
const deepest = 64
const tooDeep = (): Error =>
  new OptionError(
    `nested arrays go deeper than ${deepest} levels, the most axes there are: does one hold itself?`,
    {
      option: 'operand',
      known: [`at most ${deepest} levels`],
    },
  )

type Row = ArrayLike<unknown>
const isRow = (value: unknown): value is Row => Array.isArray(value) || codeOfArray(value) !== undefined

const ragged = (shape: readonly number[], found: readonly number[]): Error =>
  new BroadcastError(
    `nested arrays are ragged: the first row makes the shape ${shapeText(shape)}, another is ${shapeText(found)}; all rows of an axis have one length`,
    { shapes: [shape, found] },
  )

/** The dtype of what was found so far together with one more value. */
function promoted(found: Code | undefined, value: unknown): Code {
  const own = codeOfScalar(value)
  if (own === undefined) throw notANumber(value)
  return found === undefined || found === own ? own : promote(found, own)
}

/** Values as `want`, or as the dtype they have together: f8 when there are none, as in NumPy. */
function typed(values: readonly unknown[], want: Code | undefined, found: Code | undefined): Elements {
  const code = want ?? found ?? 'f8'
  const elements = { data: new dtypes[code].array(values.length), code }
  for (const [i, value] of values.entries()) {
    if (want === undefined && code === 'i8' && beyondInt64(value))
      throw new CastingError(
        `the integer ${value} does not fit int64, which bigints are; give a dtype, such as 'u8' or 'f8'`,
        { from: 'bigint', to: 'i8', casting: 'safe', operand: i },
      )
    store(elements, i, value as Scalar)
  }
  return elements
}

const beyondInt64 = (value: unknown): boolean =>
  typeof value === 'bigint' && BigInt.asIntN(64, value) !== value

const notANumber = (value: unknown): Error =>
  new OptionError(
    `an array element is ${typeof value === 'string' ? JSON.stringify(value) : String(value)}; elements are numbers, bigints or booleans`,
    { option: 'operand', known: ['number', 'bigint', 'boolean'] },
  )
