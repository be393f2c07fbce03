/** The public functions that make, move and free arrays. */
import { copied } from '../../broadcast/copy.ts'
import { formatStrided } from '../../broadcast/format.ts'
import { type Nested, type Scalar, store, typedNested } from '../../broadcast/nested.ts'
import { isView, toStrided } from '../../broadcast/operand.ts'
import { contiguousStrides, sizeOf } from '../../broadcast/shape.ts'
import type { Strided } from '../../broadcast/view.ts'
import { type ArrayByCode, type Code, codeOf, type DType, dtypes, type TypedArray } from '../../dtype.ts'
import { OptionError, SignatureError } from '../../errors.ts'
import { unknownOption } from '../../unknown-option.ts'
import type { AnyArray, ArrayByDType, ArrayOptions, ArrayResult, CopyOf, DTypeOf } from './array-types.ts'
import { addressOf, allocateOrPlain, allocatePlain, freeData, isFreed, keptElsewhere } from './resident.ts'
import { makeResult } from './results.ts'

interface Form {
  readonly code: Code | undefined
  readonly order: 'C' | 'F' | undefined
}

const arrayOptions = ['dtype', 'order']

/** Of a dtype, or `{ dtype, order }`; `where` is the function that errors name. */
function formOf(where: string, given: DType | ArrayOptions | undefined): Form {
  const options: { dtype?: DType | undefined; order?: 'C' | 'F' } =
    typeof given === 'object' && given !== null ? given : { dtype: given }
  for (const name of Object.keys(options))
    if (!arrayOptions.includes(name)) unknownOption(where, name, arrayOptions)
  const { dtype, order } = options
  if (order !== undefined && order !== 'C' && order !== 'F')
    throw new OptionError(`order must be 'C' or 'F', not ${String(order)}`, {
      option: 'order',
      known: ['C', 'F'],
    })
  if (dtype === undefined) return { code: undefined, order }
  const code = codeOf(dtype)
  if (code !== undefined) return { code, order }
  throw new SignatureError(
    `unknown dtype ${JSON.stringify(dtype)}; the dtypes are ${Object.keys(dtypes).join(' ')}`,
    {
      text: String(dtype),
      position: 0,
    },
  )
}

function checkedShape(shape: number | readonly number[]): readonly number[] {
  const list = typeof shape === 'number' ? [shape] : shape
  if (Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0)) return list
  throw new OptionError(
    `a shape is an integer from 0 or an array of such, not ${JSON.stringify(shape) ?? String(shape)}`,
    { option: 'shape', known: ['integers from 0'] },
  )
}

/**
 * An array in wasm memory whose elements hold whatever was there. Matches `numpy.empty`.
 * Like all arrays that lanewise makes, it is an ordinary one when the memory is full; `memoryInfo()` counts that.
 * @param dtype f8 unless given; or `{ dtype, order }`
 * @throws OptionError for a bad shape or order, SignatureError for an unknown dtype, MemoryError when no memory has room
 */
export function empty<D extends DType = 'f8'>(
  shape: number | readonly number[],
  dtype?: D | ArrayOptions<D>,
): ArrayResult<ArrayByDType<D>> {
  const { code = 'f8', order = 'C' } = formOf('empty', dtype)
  const sizes = checkedShape(shape)
  return makeResult(code, allocateOrPlain(code, sizeOf(sizes)), sizes, contiguousStrides(sizes, order))
}

function filled<D extends ArrayByCode[Code]>(
  shape: number | readonly number[],
  value: Scalar,
  form: Form,
): ArrayResult<D> {
  const { code = 'f8', order = 'C' } = form
  const sizes = checkedShape(shape)
  const data: TypedArray = allocateOrPlain(code, sizeOf(sizes))
  if (data.length > 0) {
    store({ data, code }, 0, value)
    ;(data as { fill(value: unknown): void }).fill(data[0])
  }
  return makeResult(code, data, sizes, contiguousStrides(sizes, order))
}

/** An array of zeros in wasm memory. Matches `numpy.zeros`; arguments and errors as in `empty`. */
export function zeros<D extends DType = 'f8'>(
  shape: number | readonly number[],
  dtype?: D | ArrayOptions<D>,
): ArrayResult<ArrayByDType<D>> {
  return filled(shape, 0, formOf('zeros', dtype))
}

/** An array of ones in wasm memory. Matches `numpy.ones`; arguments and errors as in `empty`. */
export function ones<D extends DType = 'f8'>(
  shape: number | readonly number[],
  dtype?: D | ArrayOptions<D>,
): ArrayResult<ArrayByDType<D>> {
  return filled(shape, 1, formOf('ones', dtype))
}

/**
 * An array of one value in wasm memory, stored as a typed array stores it. Matches `numpy.full`.
 * @param dtype f8 for a number, i8 for a bigint, b1 for a boolean, unless given
 */
export function full<V extends number | bigint | boolean, D extends DType = DTypeOf<V>>(
  shape: number | readonly number[],
  value: V,
  dtype?: D | ArrayOptions<D>,
): ArrayResult<ArrayByDType<D>> {
  const { code, order } = formOf('full', dtype)
  return filled(shape, value, { code: code ?? typedNested([value]).code, order })
}

/**
 * The numbers from `start` up to but without `stop`, or from 0 up to `start` when it stands alone. Matches `numpy.arange`,
 * also in that the distance of elements is rounded to the dtype; f8 unless given.
 * @throws OptionError when the step is 0 or a number is not finite
 */
export function arange<D extends DType = 'f8'>(
  start: number,
  stop?: number,
  step = 1,
  dtype?: D,
): ArrayResult<ArrayByDType<D>> {
  const { code = 'f8' } = formOf('arange', dtype)
  const first = stop === undefined ? 0 : start
  const end = stop ?? start
  const count = Math.ceil((end - first) / step)
  if (!Number.isFinite(count))
    throw new OptionError(
      `arange from ${first} to ${end} by ${step} has no end: the limits are finite and the step is not 0`,
      { option: 'step', known: ['finite numbers, not 0'] },
    )
  const length = Math.max(0, count)
  if (code === 'b1' && length > 2)
    throw new OptionError(`arange of b1 has at most 2 elements, not ${length}`, {
      option: 'dtype',
      known: Object.keys(dtypes).filter((known) => known !== 'b1'),
    })
  const data: TypedArray = allocateOrPlain(code, length)
  const target = { data, code }
  if (length > 0) store(target, 0, first)
  if (length > 1) store(target, 1, first + step)
  if (length > 2) progress(data)
  return makeResult(code, data, [length], [1])
}

/** Continues with the distance of the first two elements, in the arithmetic of the dtype. */
function progress(data: TypedArray): void {
  const a = data[0]
  const b = data[1]
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    const big = data as BigInt64Array
    for (let i = 2; i < big.length; i++) big[i] = a + BigInt(i) * (b - a)
    return
  }
  const round = data instanceof Float32Array ? Math.fround : (x: number) => x
  const from = Number(a)
  const distance = round(Number(b) - from)
  for (let i = 2; i < data.length; i++) data[i] = from + round(i * distance)
}

/**
 * `count` numbers from `start` to `stop`, both included, at equal distances. Matches `numpy.linspace`; integers round down.
 * @throws OptionError when the count is not an integer from 0
 */
export function linspace<D extends DType = 'f8'>(
  start: number,
  stop: number,
  count = 50,
  dtype?: D,
): ArrayResult<ArrayByDType<D>> {
  const { code = 'f8' } = formOf('linspace', dtype)
  if (!Number.isSafeInteger(count) || count < 0)
    throw new OptionError(`Number of samples, ${String(count)}, must be a non-negative integer`, {
      option: 'count',
      known: ['integers from 0'],
    })
  const { kind } = dtypes[code]
  const data: TypedArray = allocateOrPlain(code, count)
  const target = { data, code }
  const delta = stop - start
  const step = delta / (count - 1)
  for (let i = 0; i < count; i++) {
    // A step that underflows to 0 would lose the difference.
    const along = step === 0 ? (i / (count - 1)) * delta : i * step
    const x = i === 0 ? start : i === count - 1 ? stop : along + start
    store(target, i, kind === 'i' || kind === 'u' ? Math.floor(x) : x)
  }
  return makeResult(code, data, [count], [1])
}

/** An array object over a checked one; `given` itself when it is one, and its data are not a copy. */
function resultOf<X>(from: Strided, given?: X): ArrayResult<CopyOf<X>> {
  const { code, data, shape, stride, offset } = from
  const same = isView(given) && given.data === data ? given : makeResult(code, data, shape, stride, offset)
  return same as ArrayResult<CopyOf<X>>
}

/** Any operand that is an array, freed ones refused. */
function checked(x: unknown): Strided {
  const strided = toStrided(x)
  addressOf(strided.data)
  return strided
}

/**
 * A copy in wasm memory: of nested arrays (`[1, 2]` is f8, bigints are i8, booleans b1), a typed array, or a view.
 * Matches `numpy.array`: another dtype is cast to as typed arrays store, and a view keeps the order of its axes unless told.
 * @throws BroadcastError for ragged nested arrays, OptionError for what is no array
 */
export function array<D extends DType>(
  values: readonly Nested[] | AnyArray,
  dtype: D | (ArrayOptions<D> & { dtype: D }),
): ArrayResult<ArrayByDType<D>>
export function array<X extends readonly Nested[] | AnyArray>(
  values: X,
  options?: { order?: 'C' | 'F' },
): ArrayResult<CopyOf<X>>
export function array(values: readonly Nested[] | AnyArray, dtype?: DType | ArrayOptions): ArrayResult {
  const { code, order } = formOf('array', dtype)
  if (!Array.isArray(values)) {
    const from = checked(values)
    return resultOf(copied(from, code ?? from.code, order ?? 'K', allocateOrPlain))
  }
  const nested = typedNested(values, code)
  const { shape } = nested
  const from: Strided = { ...nested, stride: contiguousStrides(shape), offset: 0 }
  return resultOf(copied(from, from.code, order ?? 'C', allocateOrPlain))
}

/** A copy in wasm memory, of the same dtype and order of axes; the array itself when it is there already. */
export function resident<X extends AnyArray>(x: X): ArrayResult<CopyOf<X>> {
  const from = checked(x)
  if (addressOf(from.data) === -1) return resultOf<X>(copied(from, from.code, 'K', allocateOrPlain))
  return resultOf(from, x)
}

/** A copy in an ordinary typed array, of the same dtype and order of axes; the array itself when it is in one already. */
export function plain<X extends AnyArray>(x: X): ArrayResult<CopyOf<X>> {
  const from = checked(x)
  const inWasm = addressOf(from.data) !== -1 || keptElsewhere(from.data)
  if (inWasm) return resultOf<X>(copied(from, from.code, 'K', allocatePlain))
  return resultOf(from, x)
}

/** Does the array live in wasm memory? A freed one does not. */
export function isResident(x: AnyArray): boolean {
  const { data } = toStrided(x)
  return !isFreed(data) && addressOf(data) !== -1
}

/**
 * Gives the memory of a resident array back now, not when it is collected. It and all its views must not be used any more.
 * An ordinary array is left alone, so that results may be freed wherever they live.
 * @throws MemoryError when it was freed before
 */
export function free(x: AnyArray): void {
  freeData(toStrided(x).data)
}

/** The elements as nested JavaScript arrays; one value for a 0-d array. Matches `numpy.ndarray.tolist`. */
export function toArray(x: AnyArray): Nested {
  const { shape, stride, offset, data, code } = checked(x)
  const from = (axis: number, at: number): Nested => {
    if (axis < shape.length)
      return Array.from({ length: shape[axis] as number }, (_, i) =>
        from(axis + 1, at + i * (stride[axis] as number)),
      )
    const value = data[at] as number | bigint
    return code === 'b1' ? value !== 0 : value
  }
  return from(0, offset)
}

/** The array as NumPy prints it. */
export function format(x: AnyArray): string {
  return formatStrided(checked(x))
}

/**
 * An array of the shape of `x`, as `empty` makes it: in C order, of its dtype unless another is given. Matches `numpy.empty_like`.
 * @throws OptionError for what is no array, SignatureError for an unknown dtype
 */
export function emptyLike<X extends AnyArray>(x: X): ArrayResult<CopyOf<X>>
export function emptyLike<D extends DType>(x: AnyArray, dtype: D): ArrayResult<ArrayByDType<D>>
export function emptyLike(x: AnyArray, dtype?: DType): ArrayResult {
  const { shape, code } = toStrided(x)
  return empty(shape, dtype ?? code)
}

/** The same with zeros. Matches `numpy.zeros_like`. */
export function zerosLike<X extends AnyArray>(x: X): ArrayResult<CopyOf<X>>
export function zerosLike<D extends DType>(x: AnyArray, dtype: D): ArrayResult<ArrayByDType<D>>
export function zerosLike(x: AnyArray, dtype?: DType): ArrayResult {
  const { shape, code } = toStrided(x)
  return zeros(shape, dtype ?? code)
}

/** Kernels that capture these make arrays of their own by them. */
for (const [name, fn] of Object.entries({ empty, zeros, ones, full, emptyLike, zerosLike }))
  Object.defineProperty(fn, Symbol.for('lanewise.maker'), { value: name })
