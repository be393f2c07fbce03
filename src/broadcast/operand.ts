/** What users hand in becomes a checked operand: views, typed arrays, nested arrays. */
import { type Code, codeOfArray, type TypedArray } from '../dtype.ts'
import { BoundsError, OptionError, OutputError } from '../errors.ts'
import { isGeneric, typedElements, typedNested } from './nested.ts'
import { contiguousStrides, shapeText } from './shape.ts'
import type { Strided, View } from './view.ts'

const unit: readonly number[] = Object.freeze([1])
const none: readonly number[] = Object.freeze([])

/** A whole typed array as a 1-d operand. */
const vector = (data: TypedArray, code: Code): Strided => ({
  data,
  code,
  shape: [data.length],
  stride: unit,
  offset: 0,
})

/** A 0-d operand that holds one value in an array of its own. */
export const scalar = (data: TypedArray, code: Code): Strided => ({
  data,
  code,
  shape: none,
  stride: none,
  offset: 0,
})

/**
 * What users hand in as an operand: a view, a typed array (1-d), or nested arrays (their own copy; `[1, 2]` is f8). Plain
 * numbers, bigints and booleans are not arrays: they are weak, and the callable's business.
 * The result shares `shape`, `stride` and `data` with a view.
 * @throws OptionError for what is no array or has malformed fields, BoundsError when strides reach outside `data`,
 *   BroadcastError for ragged nested arrays
 */
export function toStrided(operand: unknown): Strided {
  // Views are the most frequent, and looking for three properties is the cheapest test.
  if (isView(operand)) return checkedView(operand)
  const code = codeOfArray(operand)
  if (code !== undefined) return vector(operand as TypedArray, code)
  if (Array.isArray(operand)) {
    const { data, code, shape } = typedNested(operand)
    return { data, code, shape, stride: contiguousStrides(shape), offset: 0 }
  }
  const own = branded(operand)
  if (own) return own
  throw notAnArray(operand)
}

/** The method by which an object that is no view, because its elements are not here, says what operand it is. */
export const operandBrand = Symbol.for('lanewise.operand')

/** An operand of a call, wherever its elements are. */
export const asOperand = (x: Strided) => ({ [operandBrand]: () => x })

const branded = (value: unknown): Strided | undefined =>
  typeof value === 'object' && value !== null && operandBrand in value
    ? (value as { [operandBrand](): Strided })[operandBrand]()
    : undefined

/**
 * A given output: a view of a typed array, or a typed array.
 * @throws OutputError for anything else, or when the view's elements are not inside its data
 */
export function toOutput(out: unknown, operand: number): Strided {
  const inView = isView(out)
  const data: unknown = inView ? out.data : out
  const code = codeOfArray(data)
  const own = code === undefined ? branded(out) : undefined
  if (own) return own
  if (code === undefined)
    throw new OutputError(
      `return arrays must be of ArrayType: output operand ${operand} is ${describe(out)}; an output is a typed array, or a view { data, shape, stride, offset } of one`,
      { operand },
    )
  return inView ? typedView(out, data as TypedArray, code) : vector(data as TypedArray, code)
}

/** Does it say itself what operand it is? */
export const isBranded = (value: unknown): boolean => branded(value) !== undefined

/** Has this value the fields of a view? Brands are not asked for: scijs ndarrays, zarrita chunks and plain records all are. */
export function isView(value: unknown): value is View<unknown> {
  return (
    typeof value === 'object' && value !== null && 'data' in value && 'shape' in value && 'stride' in value
  )
}

function checkedView(view: View<unknown>): Strided {
  const code = codeOfArray(view.data)
  return code === undefined ? genericView(view) : typedView(view, view.data as TypedArray, code)
}

function typedView(view: View<unknown>, data: TypedArray, code: Code): Strided {
  const { shape, stride, offset = 0 } = view
  checkReach(shape, stride, offset, data.length)
  return { data, code: code === 'u1' && view.dtype === 'bool' ? 'b1' : code, shape, stride, offset }
}

/** A view of a JavaScript array, or of an object with `get` and `length`: the part that it reaches is copied. */
function genericView(view: View<unknown>): Strided {
  const { data, shape, stride, offset = 0 } = view
  if (!isGeneric(data)) throw notAnArray(view)
  const { low, high } = checkReach(shape, stride, offset, data.length)
  return { ...typedElements(data, low, high + 1), shape, stride, offset: high < low ? 0 : offset - low }
}

interface Reach {
  /** The first and the last index that is read; high < low when the array is empty. */
  readonly low: number
  readonly high: number
}

const nowhere: Reach = { low: 0, high: -1 }

/** Checks the fields of a view; allocates nothing when the array is one run from its start. */
function checkReach(
  shape: readonly number[],
  stride: readonly number[],
  offset: number,
  length: number,
): Reach {
  if (!Array.isArray(shape) || !Array.isArray(stride) || shape.length !== stride.length)
    throw malformed('stride', `shape and stride are arrays of one length`, shape, stride, offset)
  if (!Number.isInteger(offset)) throw malformed('offset', 'the offset is an integer', shape, stride, offset)
  let low = offset
  let high = offset
  let empty = false
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis] as number
    const step = stride[axis] as number
    if (!Number.isInteger(size) || size < 0)
      throw malformed('shape', 'sizes are integers from 0', shape, stride, offset)
    if (!Number.isInteger(step))
      throw malformed('stride', 'strides are integers (elements, not bytes)', shape, stride, offset)
    if (size === 0) empty = true
    else if (step < 0) low += step * (size - 1)
    else high += step * (size - 1)
  }
  if (empty) return nowhere
  if (low < 0 || high >= length)
    throw new BoundsError(
      `array of shape ${shapeText(shape)}, stride [${stride}] and offset ${offset} reaches element ${low < 0 ? low : high} of data that has ${length} elements`,
      { line: 0, column: 0, index: low < 0 ? low : high, size: length },
    )
  return { low, high }
}

function malformed(option: string, rule: string, shape: unknown, stride: unknown, offset: unknown): Error {
  return new OptionError(
    `malformed array: ${rule}; got shape ${describe(shape)}, stride ${describe(stride)}, offset ${describe(offset)}`,
    { option, known: [rule] },
  )
}

const kinds = [
  'a view { data, shape, stride, offset } such as an ndarray',
  'a typed array',
  'nested arrays of numbers, bigints or booleans',
  'a number, bigint or boolean',
] as const

const notAnArray = (value: unknown): Error =>
  new OptionError(`${describe(value)} is not an array: an operand is ${kinds.join(', ')}`, {
    option: 'operand',
    known: kinds,
  })

function describe(value: unknown): string {
  if (Array.isArray(value)) return `[${value.slice(0, 8)}${value.length > 8 ? ',…' : ''}]`
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 40))}`
  if (typeof value === 'function') return `the function ${value.name || '(anonymous)'}`
  if (typeof value !== 'object' || value === null) return String(value)
  if (isView(value)) return `a view of ${describe(value.data)}`
  return `an object of ${(value.constructor as { name?: string } | undefined)?.name ?? 'no class'}`
}
