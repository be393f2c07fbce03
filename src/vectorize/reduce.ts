/** `reduce`: axes, identity, mask and output in NumPy's order of questions; then one axis after another, the last first. */
import { copy } from '../broadcast/copy.ts'
import { store } from '../broadcast/nested.ts'
import { toStrided } from '../broadcast/operand.ts'
import { mayShareMemory } from '../broadcast/overlap.ts'
import { outputStrides, type Shape, sameShape, shapeText, sizeOf } from '../broadcast/shape.ts'
import type { Strided } from '../broadcast/view.ts'
import { type Code, dtypes, type TypedArray } from '../dtype.ts'
import { LanewiseError, NoLoopError, OutputError } from '../errors.ts'
import { settings } from '../settings.ts'
import { blockSize } from '../targets/fold/tile.ts'
import { findTarget } from '../targets/index.ts'
import type { Target } from '../targets/target.ts'
import { accumulatorsOf, foldLoop, requireFolding } from './fold-loop.ts'
import { axesOf, type FoldOptions, present, readFoldOptions, stretched } from './fold-options.ts'
import { type Core, type FoldReady, type Last, refresh } from './prepare.ts'
import { codeOfScalar, isScalar, weakOperand } from './weak.ts'

/** The array that is folded; a scalar is a 0-d one. */
export function foldOperand({ name }: Core, method: string, value: unknown): Strided {
  if (isScalar(value)) return weakOperand(codeOfScalar(value), value)
  try {
    return present(toStrided(value))
  } catch (error) {
    if (error instanceof LanewiseError) error.message = `${name}.${method}() input: ${error.message}`
    throw error
  }
}

export function foldReport(core: Core, { ready }: FoldReady): Last {
  const report: Last = { target: ready.target.name, threads: 1, calls: 0, bytesCopied: 0 }
  if (ready.why !== undefined) report.why = ready.why
  core.last = report
  core.lastLoop = ready
  return report
}

/**
 * Reduces an array along axes. Matches `numpy.ufunc.reduce`, whose texts its errors have.
 * @returns a new array or `out`; when all axes are reduced a number, bigint or boolean; of several results a list
 */
export function reduce(core: Core, value: unknown, given: unknown): unknown {
  if (core.epoch !== settings.epoch) refresh(core)
  return core.promises ? promised(core, () => reduceNow(core, value, given)) : reduceNow(core, value, given)
}

/** Once an asynchronous target, and the compiler, are there. */
export async function promised(core: Core, run: () => unknown): Promise<unknown> {
  await findTarget(core.target)
  await core.source.ready()
  return run()
}

/** What comes when the work is done: at once, where that is synchronous. */
export const after = <T>(work: void | Promise<void>, then: () => T | Promise<T>): T | Promise<T> =>
  work instanceof Promise ? work.then(then) : then()

/** No keywords at all. */
const isNothing = (given: unknown): boolean =>
  given === undefined || (typeof given === 'object' && given !== null && Object.keys(given).length === 0)

function reduceNow(core: Core, value: unknown, given: unknown): unknown {
  requireFolding(core, 'reduce')
  const options = readFoldOptions(given, core, 'reduce')
  const x = foldOperand(core, 'reduce', value)
  if (isNothing(given) && x.shape.length === 1) {
    const values = reduceBlock(core, x, options)
    if (values) return core.nout === 1 ? values[0] : values
  }
  const axes = axesOf(options.axis, x.shape.length)
  const loop = foldLoop(core, 'reduce', x.code, options)
  const initial = initialOf(loop, options)
  if (core.identity === null && axes.length > 1)
    throw refused(
      core,
      "is not reorderable, so at most one axis may be specified (a function with an identity, or identity: 'reorderable', takes several)",
    )
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
  const shape = kept.filter((_, axis) => !axes.includes(axis))
  const outs = loop.codes.map((_, k) => outputOf(core, options, k, axes, kept, shape))
  const mask = options.where ? stretched(options.where, x.shape, core.name) : null
  if (mask && initial === null)
    throw refused(core, "does not have an identity, so to use a where mask one has to specify 'initial'")
  const operands = mask ? [x, mask] : [x]
  const results = loop.codes.map((code, k) => {
    const out = outs[k]
    const target = loop.ready.target
    return out && (target.kind === 'async' || isApart(out, [...operands, ...outs.slice(0, k)]))
      ? out
      : newResult(loop, code, x, axes, shape)
  })
  const report = foldReport(core, loop)
  // As in NumPy, an axis without elements needs an identity even when there is no result either.
  const work = axes.some((axis) => x.shape[axis] === 0)
    ? fillEmpty(core, results, initial)
    : sizeOf(shape) > 0
      ? foldAxes(loop, x, mask, axes, results, initial, report)
      : undefined
  const { target } = loop.ready
  return after(work, () => {
    const answers = results.map((result, k): unknown => {
      const out = outs[k]
      if (out) {
        if (out !== result) copy(result, out)
        return options.outsGiven?.[k]
      }
      if (shape.length > 0 || (options.keepdims && kept.length > 0))
        return resultOn(target, result, ...layoutOf(result, options, axes, kept))
      const only = result.data[0] as number | bigint
      return result.code === 'b1' ? only !== 0 : only
    })
    return core.nout === 1 ? answers[0] : answers
  })
}

/** An array of the target over this memory. */
export const resultOn = (
  target: Target,
  { code, data }: Strided,
  shape: readonly number[],
  stride: readonly number[],
): unknown => target.memory.makeResult(code, data, shape, stride)

/** The short way for one axis of at most a block and no keywords; null where there is none. */
function reduceBlock(core: Core, x: Strided, options: FoldOptions): (number | bigint | boolean)[] | null {
  const length = x.shape[0] as number
  if (length === 0 || length > blockSize) return null
  const loop = foldLoop(core, 'reduce', x.code, options)
  if (!loop.tree || !loop.reduceBlock) return null
  const values = loop.reduceBlock(x, loop.first(), foldReport(core, loop))
  return values?.map((value, k) => (loop.codes[k] === 'b1' ? value !== 0 : value)) ?? null
}

/** May this be written while those are read, or written too? */
export const isApart = (out: Strided, others: readonly (Strided | null)[]): boolean =>
  others.every((other) => other === null || !mayShareMemory(other, out))

type Initial = readonly (number | bigint)[] | null

/** What comes before the first element: what was given, else the identity; null for none. */
function initialOf({ first, codes }: FoldReady, { initial }: FoldOptions): Initial {
  if (initial === undefined) return first()
  return initial === null ? null : accumulatorsOf(initial, codes)
}

const refused = ({ name, source }: Core, text: string): Error =>
  new NoLoopError(`reduction operation '${name}' ${text}`, {
    dtypes: [],
    types: source.overloads.map((overload) => overload.text),
  })

function fillEmpty({ name, source }: Core, results: readonly Strided[], initial: Initial): void {
  if (initial === null)
    throw new NoLoopError(`zero-size array to reduction operation ${name} which has no identity`, {
      dtypes: [],
      types: source.overloads.map((overload) => overload.text),
    })
  for (const [k, result] of results.entries()) {
    const data = new dtypes[result.code].array(1)
    store({ data, code: result.code }, 0, initial[k] ?? 0)
    copy({ data, code: result.code, shape: [], stride: [], offset: 0 }, result)
  }
}

/** A given output without the reduced axes. @throws OutputError */
function outputOf(
  { name }: Core,
  { outs, keepdims = false }: FoldOptions,
  k: number,
  axes: readonly number[],
  kept: Shape,
  shape: Shape,
): Strided | null {
  const out = outs?.[k]
  if (!out) return null
  const want = keepdims ? kept : shape
  if (out.shape.length !== want.length) {
    const hint = keepdims ? " (must match the operand's when keepdims=True)" : ''
    throw new OutputError(
      `output parameter for reduction operation ${name} has the wrong number of dimensions: Found ${out.shape.length} but expected ${want.length}${hint}`,
      { operand: 1 + k, shape: out.shape, want },
    )
  }
  if (!sameShape(out.shape, want))
    throw new OutputError(
      `non-broadcastable output operand with shape ${shapeText(out.shape)} doesn't match the shape ${shapeText(want)} of the reduction ${name}`,
      { operand: 1 + k, shape: out.shape, want },
    )
  return keepdims ? dropAxes(out, axes) : out
}

const dropAxes = (operand: Strided, axes: readonly number[]): Strided => ({
  ...operand,
  shape: operand.shape.filter((_, axis) => !axes.includes(axis)),
  stride: operand.stride.filter((_, axis) => !axes.includes(axis)),
})

/** In the memory order of the operand. */
function newResult(
  { ready }: FoldReady,
  code: Code,
  x: Strided,
  axes: readonly number[],
  shape: Shape,
): Strided {
  const data =
    shape.length === 0
      ? new dtypes[code].array(1)
      : ready.target.memory.allocate(code, sizeOf(shape), [x.data])
  return { data, code, shape, stride: outputStrides(shape, [dropAxes(x, axes)]), offset: 0 }
}

function layoutOf(
  { shape, stride }: Strided,
  { keepdims = false }: FoldOptions,
  axes: readonly number[],
  kept: Shape,
): [number[], number[]] {
  if (!keepdims) return [[...shape], [...stride]]
  let own = 0
  return [[...kept], kept.map((_, axis) => (axes.includes(axis) ? 0 : (stride[own++] as number)))]
}

/** One axis after another, the last first, through arrays of accumulators; what comes first joins at the end. */
function foldAxes(
  loop: FoldReady,
  x: Strided,
  mask: Strided | null,
  axes: readonly number[],
  results: readonly Strided[],
  initial: Initial,
  report: Last,
): void | Promise<void> {
  const { ready, codes } = loop
  const flags = mask !== null
  let step = loop
  let elements: readonly Strided[] = [...codes.map(() => x), ...(mask ? [mask] : [])]
  let left = axes
  if (left.length === 0) {
    left = [x.shape.length]
    elements = elements.map((one) => ({ ...one, shape: [...one.shape, 1], stride: [...one.stride, 0] }))
  }
  const first = initial === null ? null : flags ? [...initial, 1] : initial
  const temporaries: TypedArray[] = []
  const giveBack = (): void => {
    for (const data of temporaries) ready.target.memory.free(data)
  }
  const go = (left: readonly number[]): void | Promise<void> => {
    if (left.length === 0) return giveBack()
    const axis = left.at(-1) as number
    const last = left.length === 1
    const [now = x] = elements
    const shape = now.shape.filter((_, k) => k !== axis)
    const made = (flags ? [...codes, 'b1' as const] : codes).map((to, k): Strided | null => {
      if (last) return results[k] ?? null
      const data = ready.target.memory.allocate(to, sizeOf(shape), [x.data])
      temporaries.push(data)
      return { data, code: to, shape, stride: outputStrides(shape, [dropAxes(now, [axis])]), offset: 0 }
    })
    const job = { elements, axis, results: made, initial: last ? first : null, tree: step.tree }
    return after(step.reduce(job, report), () => {
      elements = made.filter((r) => r !== null)
      if (!last) step = loop.further()
      return go(left.slice(0, -1))
    })
  }
  return go(left)
}
