/** `accumulate` and `reduceat`: one axis, no identity, no mask. The first keeps every step, the second folds slices. */
import { copy } from '../broadcast/copy.ts'
import { mayOverlapItself, sameElements } from '../broadcast/overlap.ts'
import { outputStrides, type Shape, sameShape, shapeText, sizeOf } from '../broadcast/shape.ts'
import type { Strided } from '../broadcast/view.ts'
import type { Code } from '../dtype.ts'
import { AxisError, BoundsError, OptionError, OutputError } from '../errors.ts'
import { settings } from '../settings.ts'
import type { Slice } from '../targets/target.ts'
import { foldLoop, requireFolding } from './fold-loop.ts'
import { type FoldOptions, normalAxis, readFoldOptions } from './fold-options.ts'
import { broughtHome } from './home.ts'
import { type Core, type FoldReady, refresh } from './prepare.ts'
import { after, foldOperand, foldReport, isApart, promised, resultOn } from './reduce.ts'

type Method = 'accumulate' | 'reduceat'

/** What both begin with. */
interface Request {
  readonly x: Strided
  readonly axis: number
  readonly options: FoldOptions
  readonly loop: FoldReady
}

function read(core: Core, method: Method, value: unknown, given: unknown): Request {
  requireFolding(core, method)
  const options = readFoldOptions(given, core, method)
  const x = foldOperand(core, method, value)
  const axis = oneAxis(method, options.axis, x.shape.length)
  return { x, axis, options, loop: foldLoop(core, method, x.code, options) }
}

/** @throws AxisError, also for a 0-d array and for several axes */
function oneAxis(method: Method, axis: FoldOptions['axis'], ndim: number): number {
  if (ndim === 0) throw new AxisError(`cannot ${method} on a scalar`, { axis: axis ?? 0, ndim })
  const list = axis === undefined ? [0] : axis === null ? (ndim === 1 ? [0] : []) : [axis].flat()
  const [only] = list
  if (only === undefined || list.length > 1)
    throw new AxisError(`${method} does not allow multiple axes`, { axis, ndim })
  return normalAxis(only, ndim)
}

/**
 * Every step of a fold from the left along an axis. Matches `numpy.ufunc.accumulate`.
 * @returns a new array or `out`, which may be the array itself; of several results a list
 */
export function accumulate(core: Core, value: unknown, given: unknown): unknown {
  if (core.epoch !== settings.epoch) refresh(core)
  return core.promises
    ? promised(core, () => accumulateNow(core, value, given))
    : accumulateNow(core, value, given)
}

function accumulateNow(core: Core, value: unknown, given: unknown): unknown {
  const request = read(core, 'accumulate', value, given)
  const { x, axis, loop } = request
  return withResult(core, 'accumulate', request, x.shape, (results) => {
    const elements = results.map(() => x)
    const job = { elements, axis, results, initial: null, tree: false }
    return loop.accumulate(job, foldReport(core, loop))
  })
}

/**
 * Reduces the slices that begin at the indices and end before the next one; where the next is not larger, one element. Matches
 * `numpy.ufunc.reduceat`. A slice has the same bits as its own `reduce` without an identity.
 * @throws BoundsError for an index outside the axis
 */
export function reduceat(core: Core, value: unknown, indices: unknown, given: unknown): unknown {
  if (core.epoch !== settings.epoch) refresh(core)
  return core.promises
    ? promised(core, async () => reduceatNow(core, value, await broughtHome(core, indices), given))
    : reduceatNow(core, value, indices, given)
}

function reduceatNow(core: Core, value: unknown, indices: unknown, given: unknown): unknown {
  const request = read(core, 'reduceat', value, given)
  const { x, axis, loop } = request
  const starts = indexList(core, indices, x.shape[axis] as number)
  const shape = x.shape.with(axis, starts.length)
  return withResult(core, 'reduceat', request, shape, (outputs) => {
    const report = foldReport(core, loop)
    const size = x.shape[axis] as number
    const alike = groups(starts, size)
    const whole = { elements: outputs.map(() => x), axis, results: outputs, initial: null, tree: loop.tree }
    if (alike.length > 1 && loop.reduceSlices?.(whole, slicesOf(starts, size), report)) return
    const work = alike.map((group) => {
      const of = slices(x, axis, group)
      const elements = outputs.map(() => of)
      const results = outputs.map((result) => part(result, axis, group.at, group.count))
      return loop.reduce({ elements, axis: axis + 1, results, initial: null, tree: loop.tree }, report)
    })
    // Slices are independent of each other.
    if (loop.ready.target.kind === 'async') return Promise.all(work).then(() => {})
  })
}

/** Lets `fold` fill `out`, or new arrays, or new arrays that are then copied to an `out` that overlaps the operand. */
function withResult(
  { name, nout }: Core,
  method: Method,
  { x, options, loop }: Request,
  shape: Shape,
  fold: (results: readonly Strided[]) => void | Promise<void>,
): unknown {
  const { outs = [], outsGiven } = options
  outs.forEach((out, k) => {
    if (out) checkOutput(name, method, out, k, shape)
  })
  const results = loop.codes.map((code, k) => {
    const out = outs[k]
    if (!out) return newResult(loop, code, x, shape)
    const inPlace = method === 'accumulate' && sameElements(x, out) && !mayOverlapItself(out)
    const others = outs.filter((_, i) => i < k)
    const { kind } = loop.ready.target
    return kind === 'async' || isApart(out, inPlace && nout === 1 ? [] : [x, ...others])
      ? out
      : newResult(loop, code, x, shape)
  })
  return after(sizeOf(shape) > 0 ? fold(results) : undefined, () => {
    const answers = results.map((result, k): unknown => {
      const out = outs[k]
      if (!out) return resultOn(loop.ready.target, result, [...result.shape], [...result.stride])
      if (out !== result) copy(result, out)
      return outsGiven?.[k]
    })
    return nout === 1 ? answers[0] : answers
  })
}

function checkOutput(name: string, method: Method, out: Strided, k: number, want: Shape): void {
  if (sameShape(out.shape, want)) return
  const wrong =
    out.shape.length === want.length
      ? `non-broadcastable output operand with shape ${shapeText(out.shape)} doesn't match the shape ${shapeText(want)} of ${name}.${method}`
      : `output parameter for ${method} operation ${name} has the wrong number of dimensions: Found ${out.shape.length} but expected ${want.length}`
  throw new OutputError(wrong, { operand: 1 + k, shape: out.shape, want })
}

function newResult({ ready }: FoldReady, code: Code, x: Strided, shape: Shape): Strided {
  const data = ready.target.memory.allocate(code, sizeOf(shape), [x.data])
  return { data, code, shape, stride: outputStrides(shape, [{ ...x, shape }]), offset: 0 }
}

/** The checked indices. Fractions are cut off. */
function indexList(core: Core, value: unknown, size: number): number[] {
  const { data, shape, stride, offset } = foldOperand(core, 'reduceat', value)
  if (shape.length !== 1)
    throw new OptionError(
      `${core.name}.reduceat() takes a list of indices, not an array of shape ${shapeText(shape)}`,
      { option: 'indices', known: ['a 1-d array of integers'] },
    )
  return Array.from({ length: shape[0] as number }, (_, k) => {
    const index = Math.trunc(Number(data[offset + k * (stride[0] as number)]))
    if (index >= 0 && index < size) return index
    throw new BoundsError(`index ${index} out-of-bounds in ${core.name}.reduceat [0, ${size})`, {
      line: 0,
      column: 0,
      index,
      size,
    })
  })
}

/** Slices of one length, each as far from the one before: together one more axis. */
interface Group {
  /** The number of the first. */
  readonly at: number
  readonly start: number
  readonly length: number
  count: number
  distance: number
}

/** From each index to before the next one, if that is larger. */
const slicesOf = (starts: readonly number[], size: number): Slice[] =>
  starts.map((start, k) => ({ start, length: Math.max(1, (starts[k + 1] ?? size) - start) }))

function groups(starts: readonly number[], size: number): Group[] {
  const found: Group[] = []
  for (const [k, { start, length }] of slicesOf(starts, size).entries()) {
    const group = found.at(-1)
    const distance = group ? start - group.start - (group.count - 1) * group.distance : 0
    if (group?.length === length && (group.count === 1 || group.distance === distance)) {
      group.distance = distance
      group.count++
    } else found.push({ at: k, start, length, count: 1, distance: 0 })
  }
  return found
}

function slices(x: Strided, axis: number, { start, length, count, distance }: Group): Strided {
  const step = x.stride[axis] as number
  return {
    ...x,
    shape: x.shape.toSpliced(axis, 1, count, length),
    stride: x.stride.toSpliced(axis, 1, distance * step, step),
    offset: x.offset + start * step,
  }
}

const part = (x: Strided, axis: number, from: number, count: number): Strided => ({
  ...x,
  shape: x.shape.with(axis, count),
  offset: x.offset + from * (x.stride[axis] as number),
})
