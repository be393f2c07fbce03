/** The keywords of `reduce`, `accumulate` and `reduceat`, one row each, and what an axis may be. */
import { toOutput, toStrided } from '../broadcast/operand.ts'
import { type Shape, shapeText } from '../broadcast/shape.ts'
import type { Strided } from '../broadcast/view.ts'
import { type Code, codeOf, codes, dtypes } from '../dtype.ts'
import { AxisError, BroadcastError, CastingError, OptionError, OutputError } from '../errors.ts'
import { checkNotFreed } from '../targets/memory/resident.ts'
import { unknownOption } from '../unknown-option.ts'
import { isOptions } from './options.ts'
import { codeOfScalar, isScalar, type Scalar, weakOperand } from './weak.ts'

/** Keywords after checking; undefined where nothing was given. */
export interface FoldOptions {
  /** An axis, a list of them, or null for all. */
  axis?: number | readonly number[] | null
  dtype?: Code
  /** One a result, null where it is to be allocated; undefined when none was given. */
  outs?: readonly (Strided | null)[]
  /** What was given as `out`, which is what is returned. */
  outsGiven?: readonly unknown[]
  keepdims?: boolean
  /** One for all accumulators, or one for each. */
  initial?: Scalar | readonly Scalar[] | null
  where?: Strided
}

type Method = 'reduce' | 'accumulate' | 'reduceat'
type Read = (value: unknown, into: FoldOptions, where: string, nout: number) => void

const wrong = (where: string, option: string, want: string, value: unknown): Error =>
  new OptionError(`${where} ${option} must be ${want}, but got ${String(value)}`, {
    option,
    known: [want],
  })

const isAxis = (value: unknown): value is number => Number.isInteger(value)

const readers: Readonly<Record<string, Read>> = {
  axis(value, into, where) {
    const list: readonly unknown[] = Array.isArray(value) ? value : []
    if (value === null || isAxis(value)) into.axis = value
    else if (Array.isArray(value) && list.every(isAxis)) into.axis = list
    else throw wrong(where, 'axis', 'an integer, a list of integers, or null for all axes', value)
  },
  dtype(value, into, where) {
    if (value === null) return
    const code = typeof value === 'string' ? codeOf(value) : undefined
    if (code === undefined)
      throw new OptionError(`${where} dtype: ${String(value)} is no dtype (such as 'f8' or 'float64')`, {
        option: 'dtype',
        known: codes,
      })
    into.dtype = code
  },
  out(value, into, where, nout) {
    if (value === null) return
    const list: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (list.length !== nout)
      throw new OutputError(
        `${where} The 'out' tuple must have exactly one entry per ufunc output: got ${list.length}, it has ${nout}`,
        { operand: 1 },
      )
    if (list.every((one) => one === null)) return
    into.outs = list.map((one, k) => (one === null ? null : present(toOutput(one, 1 + k))))
    into.outsGiven = list
  },
  keepdims(value, into, where) {
    if (typeof value !== 'boolean') throw wrong(where, 'keepdims', 'true or false', value)
    into.keepdims = value
  },
  initial(value, into, where, nout) {
    const list: readonly unknown[] = nout > 1 && Array.isArray(value) ? value : []
    if (value === null || isScalar(value)) into.initial = value
    else if (list.length === nout && list.every(isScalar)) into.initial = list
    else {
      const many = nout > 1 ? ` (or a list of ${nout}, one a result)` : ''
      throw wrong(where, 'initial', `a number, bigint or boolean${many}, or null for none`, value)
    }
  },
  where(value, into) {
    if (value !== true) into.where = maskOf(value)
  },
}

const known: Readonly<Record<Method, readonly string[]>> = {
  reduce: ['axis', 'dtype', 'out', 'keepdims', 'initial', 'where'],
  accumulate: ['axis', 'dtype', 'out'],
  reduceat: ['axis', 'dtype', 'out'],
}

/** The operand itself. @throws MemoryError for one that was freed */
export function present(operand: Strided): Strided {
  checkNotFreed(operand.data)
  return operand
}

/** A mask is b1, or u1 whose elements count as true where they are not 0. */
function maskOf(value: unknown): Strided {
  const mask = isScalar(value) ? weakOperand(codeOfScalar(value), value) : present(toStrided(value))
  if (mask.code === 'b1' || mask.code === 'u1') return { ...mask, code: 'b1' }
  throw new CastingError(
    `Cannot cast array data from dtype('${dtypes[mask.code].name}') to dtype('bool') according to the rule 'safe': where takes a mask of dtype bool or uint8`,
    { from: mask.code, to: 'b1', casting: 'safe', operand: 'where' },
  )
}

/**
 * Checks the keywords of a method of the function `name` with `nout` results.
 * @throws OptionError for an unknown keyword or a wrong value, OutputError and CastingError for what `out` and `where` are not
 */
export function readFoldOptions(
  given: unknown,
  { name, nout }: { readonly name: string; readonly nout: number },
  method: Method,
): FoldOptions {
  const where = `${name}.${method}()`
  const into: FoldOptions = {}
  if (given === undefined) return into
  if (typeof given !== 'object' || given === null || !isOptions(given))
    throw new OptionError(`${where} takes its keywords as an object, such as { axis: 1 }`, {
      option: 'arguments',
      known: known[method],
    })
  for (const [option, value] of Object.entries(given)) {
    const read = known[method].includes(option) ? readers[option] : undefined
    if (!read) unknownOption(where, option, known[method])
    if (value !== undefined) read(value, into, where, nout)
  }
  return into
}

/** One axis counted from the front. @throws AxisError */
export function normalAxis(axis: number, ndim: number): number {
  if (axis >= -ndim && axis < ndim) return axis < 0 ? axis + ndim : axis
  throw new AxisError(`axis ${axis} is out of bounds for array of dimension ${ndim}`, { axis, ndim })
}

/**
 * The axes to reduce, in ascending order. A 0-d array takes axis 0 and -1 for none.
 * @throws AxisError for one out of bounds, and for one given twice
 */
export function axesOf(axis: FoldOptions['axis'], ndim: number): number[] {
  if (axis === null) return Array.from({ length: ndim }, (_, k) => k)
  if (ndim === 0 && (axis === undefined || axis === 0 || axis === -1)) return []
  const list = axis === undefined ? [0] : typeof axis === 'number' ? [axis] : axis
  const axes = list.map((one) => normalAxis(one, ndim)).sort((a, b) => a - b)
  if (new Set(axes).size < axes.length)
    throw new AxisError(`duplicate value in 'axis': [${list}] for an array of dimension ${ndim}`, {
      axis,
      ndim,
    })
  return axes
}

/** A mask over the shape it stretches to. @throws BroadcastError when it does not */
export function stretched(mask: Strided, shape: Shape, name: string): Strided {
  const missing = shape.length - mask.shape.length
  const fits = missing >= 0 && mask.shape.every((size, k) => size === 1 || size === shape[k + missing])
  if (!fits)
    throw new BroadcastError(
      `operands could not be broadcast together with shapes ${shapeText(shape)} ${shapeText(mask.shape)}: the where mask of ${name}.reduce() stretches to its operand, not the other way round`,
      { shapes: [shape, mask.shape] },
    )
  const stride = shape.map((_, axis) => {
    const own = axis - missing
    return own < 0 || mask.shape[own] === 1 ? 0 : (mask.stride[own] as number)
  })
  return { ...mask, shape, stride }
}
