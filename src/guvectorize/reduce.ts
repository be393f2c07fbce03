/**
 * `reduce` of a gufunc whose result has the dimensions of its inputs, such as `(n,n),(n,n)->(n,n)`: it joins the elements of loop axes.
 * It folds from the left, one after another: products of matrices may be associative, but the order of their factors matters.
 * NumPy has no reductions of gufuncs.
 */
import { copied, copy } from '../broadcast/copy.ts'
import { toStrided } from '../broadcast/operand.ts'
import { contiguousStrides, type Shape, sameShape, shapeText, sizeOf } from '../broadcast/shape.ts'
import type { Strided } from '../broadcast/view.ts'
import { type Code, dtypes, type TypedArray } from '../dtype.ts'
import {
  BroadcastError,
  CoreDimensionError,
  NoLoopError,
  OptionError,
  OutputError,
  TargetError,
} from '../errors.ts'
import { settings } from '../settings.ts'
import { makeResult } from '../targets/memory/results.ts'
import { call } from '../vectorize/call.ts'
import { axesOf, type FoldOptions, readFoldOptions } from '../vectorize/fold-options.ts'
import { bind, type Core, refresh } from '../vectorize/prepare.ts'
import { foldOperand } from '../vectorize/reduce.ts'
import { isScalar, weakOperand } from '../vectorize/weak.ts'
import type { Layout } from './layout.ts'

/** The core dimensions of all three operands, where they have as many. */
function commonRank({ inputs, outputs, dims }: Layout): number | null {
  const [a, b, ...more] = inputs
  const [out, ...others] = outputs
  const whole = a && b && out && more.length + others.length === 0
  if (!whole || a.length === 0 || dims.some(({ optional }) => optional)) return null
  return a.length === b.length && a.length === out.length ? a.length : null
}

const refused = ({ source }: Core, text: string): Error =>
  new NoLoopError(text, { dtypes: [], types: source.overloads.map((overload) => overload.text) })

/** As an operand of a call. */
const asView = ({ data, shape, stride, offset, code }: Strided) => ({
  data,
  shape: [...shape],
  stride: [...stride],
  offset,
  ...(code === 'b1' ? { dtype: 'bool' } : {}),
})

const without = <T>(list: readonly T[], axis: number): T[] => list.filter((_, k) => k !== axis)

const elementOf = (x: Strided, axis: number, index: number): Strided => ({
  ...x,
  shape: without(x.shape, axis),
  stride: without(x.stride, axis),
  offset: x.offset + index * (x.stride[axis] ?? 0),
})

/** The dtype in which it folds: what the loop of accumulators and elements gives back is what it takes. */
function foldCode(core: Core, x: Code, { dtype, outs }: FoldOptions): Code {
  const resultOf = (first: Code): Code => {
    const asked = dtype ? [null, null, dtype] : null
    const query = {
      form: 'map',
      given: [first, x],
      outs: [null],
      asked,
      casting: 'unsafe',
      widened: null,
    } as const
    return bind(core, query).overload.outputs[0] ?? first
  }
  const code = resultOf(dtype ?? outs?.[0]?.code ?? x)
  if (resultOf(code) === code) return code
  throw refused(
    core,
    `No loop matching the specified signature and casting was found for ufunc ${core.name}: reduce needs one whose result has the dtype of its first input`,
  )
}

/** Each step is a call that it would have to wait for. */
function notAwaited({ name, target = settings.target }: Core): Error {
  const reason = "reduce of a kernel of arrays runs on targets that answer at once: call f.on('cpu').reduce"
  return new TargetError(`${name}.reduce() does not run on the target '${target}': ${reason}`, {
    target,
    reason,
  })
}

interface Fold {
  readonly core: Core
  readonly code: Code
  readonly options: FoldOptions
}

const join = ({ core, options }: Fold, left: Strided, right: Strided): Strided => {
  const keywords = options.dtype ? [{ dtype: options.dtype, casting: 'unsafe' }] : []
  const result = toStrided(call(core, [asView(left), asView(right), ...keywords]))
  if (sameShape(result.shape, left.shape)) return result
  throw new CoreDimensionError(
    `${core.name}: reduce needs results of the shape of its elements, ${shapeText(left.shape)}, but they have ${shapeText(result.shape)}`,
    { name: '', sizes: result.shape, operand: 2 },
  )
}

const plainArray = (code: Code, length: number): TypedArray => new dtypes[code].array(length)

const owned = (from: Strided, code: Code): Strided => copied(from, code, 'C', plainArray)

function foldAxis(fold: Fold, x: Strided, axis: number, initial: Strided | null): Strided {
  const count = x.shape[axis] ?? 0
  let result = initial ?? owned(elementOf(x, axis, 0), fold.code)
  for (let i = initial ? 0 : 1; i < count; i++) result = join(fold, result, elementOf(x, axis, i))
  return result
}

/** What comes before the first element, over the shape of the result: what was given, or for no elements the identity. */
function initialOf({ core, code }: Fold, given: unknown, empty: boolean, shape: Shape): Strided | null {
  const value = given !== undefined ? given : empty && isScalar(core.identity) ? core.identity : null
  if (value === null) return null
  const from = isScalar(value) ? weakOperand(code, value) : toStrided(value)
  const data = plainArray(code, sizeOf(shape))
  const to: Strided = { data, code, shape: [...shape], stride: contiguousStrides(shape), offset: 0 }
  const missing = shape.length - from.shape.length
  if (missing < 0 || !from.shape.every((size, k) => size === 1 || size === shape[k + missing]))
    throw new BroadcastError(
      `operands could not be broadcast together with shapes ${shapeText(shape)} ${shapeText(from.shape)}: 'initial' of ${core.name}.reduce() stretches to its result`,
      { shapes: [shape, from.shape] },
    )
  copy(from, to)
  return to
}

/**
 * Reduces loop axes of an array, of which the core dimensions are the last ones.
 * @throws NoLoopError for other layouts, for an empty array without identity and `initial`, for several axes without identity
 */
export const gufuncReduce =
  (layout: Layout) =>
  (core: Core, value: unknown, given: unknown): unknown => {
    const rank = commonRank(layout)
    if (rank === null)
      throw refused(
        core,
        `Reduction not defined on ufunc with signature: ${core.name} has ${layout.text}; it takes two inputs and a result of as many core dimensions each, such as (n,n),(n,n)->(n,n)`,
      )
    if (core.epoch !== settings.epoch) refresh(core)
    if (core.promises) throw notAwaited(core)
    const { initial, ...rest } = (given ?? {}) as { initial?: unknown }
    const options = readFoldOptions(given === undefined ? undefined : rest, core, 'reduce')
    if (options.where)
      throw new OptionError(`${core.name}.reduce() takes no 'where': a gufunc folds every element`, {
        option: 'where',
        known: ['axis', 'dtype', 'out', 'keepdims', 'initial'],
      })
    const x = foldOperand(core, 'reduce', value)
    const loops = x.shape.length - rank
    if (loops < 0)
      throw new CoreDimensionError(
        `${core.name}: Input operand 0 does not have enough dimensions (has ${x.shape.length}, gufunc core with signature ${layout.text} requires ${rank})`,
        { name: layout.dims[0]?.name ?? '', sizes: x.shape, operand: 0 },
      )
    const axes = axesOf(options.axis, loops)
    if (core.identity === null && axes.length > 1)
      throw refused(
        core,
        `reduction operation '${core.name}' is not reorderable, so at most one axis may be specified (a function with an identity, or identity: 'reorderable', takes several)`,
      )
    const fold: Fold = { core, code: foldCode(core, x.code, options), options }
    const shape = x.shape.filter((_, axis) => !axes.includes(axis))
    const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    const empty = axes.some((axis) => x.shape[axis] === 0)
    const first = initialOf(fold, initial, empty, shape)
    if (empty && first === null)
      throw refused(core, `zero-size array to reduction operation ${core.name} which has no identity`)
    let result = empty && first ? first : x
    if (!empty)
      for (const [k, axis] of [...axes].reverse().entries())
        result = foldAxis(fold, result, axis, k === axes.length - 1 ? first : null)
    if (axes.length === 0) result = first ? join(fold, first, x) : owned(x, fold.code)
    const ones = options.keepdims ? axes : []
    return delivered(core, result, options, options.keepdims ? kept : shape, ones)
  }

/** The result, or what was given to write to; `ones` are axes that it has kept. */
function delivered(
  core: Core,
  result: Strided,
  { outs, outsGiven }: FoldOptions,
  want: Shape,
  ones: readonly number[],
): unknown {
  const out = outs?.[0]
  let own = 0
  const stride = want.map((_, axis) => (ones.includes(axis) ? 0 : (result.stride[own++] ?? 0)))
  const full: Strided = { ...result, shape: [...want], stride }
  if (!out) return makeResult(full.code, full.data, full.shape, full.stride, full.offset)
  if (!sameShape(out.shape, want))
    throw new OutputError(
      `non-broadcastable output operand with shape ${shapeText(out.shape)} doesn't match the shape ${shapeText(want)} of the reduction ${core.name}`,
      { operand: 1, shape: out.shape, want },
    )
  copy(full, out)
  return outsGiven?.[0]
}
