/**
 * `reduce` of a gufunc whose result has the dimensions of its inputs, such as `(n,n),(n,n)->(n,n)`: it joins the elements of loop axes.
 * It folds from the left, one after another: products of matrices may be associative, but the order of their factors matters.
 * NumPy has no reductions of gufuncs.
 */
import { copied, copy } from '../broadcast/copy.ts'
import { asOperand, toStrided } from '../broadcast/operand.ts'
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
import { chooseTarget } from '../targets/index.ts'
import { isElsewhere } from '../targets/memory/resident.ts'
import { makeResult } from '../targets/memory/results.ts'
import type { Target } from '../targets/target.ts'
import { call } from '../vectorize/call.ts'
import { axesOf, type FoldOptions, readFoldOptions } from '../vectorize/fold-options.ts'
import { bind, type Core, refresh } from '../vectorize/prepare.ts'
import { foldOperand, promised } from '../vectorize/reduce.ts'
import type { Bound } from '../vectorize/source.ts'
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

const without = <T>(list: readonly T[], axis: number): T[] => list.filter((_, k) => k !== axis)

const elementOf = (x: Strided, axis: number, index: number): Strided => ({
  ...x,
  shape: without(x.shape, axis),
  stride: without(x.stride, axis),
  offset: x.offset + index * (x.stride[axis] ?? 0),
})

/** The loop that joins: what it gives back, the dtype in which it folds, is what it takes of accumulators. */
function boundFor(core: Core, x: Code, { dtype, outs }: FoldOptions): Bound {
  const loopOf = (first: Code): Bound => {
    const asked = dtype ? [null, null, dtype] : null
    const query = {
      form: 'map',
      given: [first, x],
      outs: [null],
      asked,
      casting: 'unsafe',
      widened: null,
    } as const
    return bind(core, query)
  }
  const codeOf = ({ overload }: Bound, otherwise: Code) => overload.outputs[0] ?? otherwise
  const first = dtype ?? outs?.[0]?.code ?? x
  const code = codeOf(loopOf(first), first)
  const loop = loopOf(code)
  if (codeOf(loop, code) === code) return loop
  throw refused(
    core,
    `No loop matching the specified signature and casting was found for ufunc ${core.name}: reduce needs one whose result has the dtype of its first input`,
  )
}

interface Fold {
  readonly core: Core
  readonly code: Code
  readonly options: FoldOptions
}

/**
 * What a reduction asks for, step by step, and is given: two elements joined (in `out`, if there is one), a copy in the dtype in which
 * it folds, or an array where the work is done.
 */
type Ask =
  | {
      readonly kind: 'join'
      readonly left: Strided
      readonly right: Strided
      readonly out: Strided | null
      /** Nobody needs `left` any more. */
      readonly spent: boolean
    }
  | { readonly kind: 'own' | 'there'; readonly x: Strided }
type Steps = Generator<Ask, Strided, Strided>

function argumentsOf(
  { code, options }: Fold,
  { left, right, out }: Extract<Ask, { kind: 'join' }>,
): unknown[] {
  const keywords = {
    dtype: out ? code : options.dtype,
    casting: 'unsafe',
    ...(out && { out: asOperand(out) }),
  }
  return [asOperand(left), asOperand(right), ...(options.dtype || out ? [keywords] : [])]
}

function joined({ core }: Fold, { left }: Extract<Ask, { kind: 'join' }>, value: unknown): Strided {
  const result = toStrided(value)
  if (sameShape(result.shape, left.shape)) return result
  throw new CoreDimensionError(
    `${core.name}: reduce needs results of the shape of its elements, ${shapeText(left.shape)}, but they have ${shapeText(result.shape)}`,
    { name: '', sizes: result.shape, operand: 2 },
  )
}

const plainArray = (code: Code, length: number): TypedArray => new dtypes[code].array(length)

const owned = (from: Strided, code: Code): Strided => copied(from, code, 'C', plainArray)

/** All at once. */
function taken(fold: Fold, steps: Steps): Strided {
  let next = steps.next()
  while (!next.done) {
    const ask = next.value
    const answer =
      ask.kind === 'join'
        ? joined(fold, ask, call(fold.core, argumentsOf(fold, ask)))
        : ask.kind === 'own'
          ? owned(ask.x, fold.code)
          : ask.x
    next = steps.next(answer)
  }
  return next.value
}

/** Each waited for; on a target with memory of its own, arrays stay there until all is done, or (`stays`) for good. */
async function awaited(fold: Fold, { memory }: Target, steps: Steps, stays: boolean): Promise<Strided> {
  const { moves } = memory
  /** Nobody else knows these. */
  const made = new Set<TypedArray>()
  const kept = (x: Strided): Strided => {
    made.add(x.data)
    return x
  }
  const there = async (x: Strided) => (!moves || isElsewhere(x.data) ? x : kept(await moves.there(x)))
  const home = async (x: Strided) => (moves && isElsewhere(x.data) ? moves.home(x) : x)
  const answer = async (ask: Ask): Promise<Strided> => {
    switch (ask.kind) {
      case 'join': {
        const result = joined(fold, ask, await call(fold.core, argumentsOf(fold, ask)))
        if (ask.out === null) kept(result)
        return result
      }
      case 'own':
        return there(owned(await home(ask.x), fold.code))
      case 'there':
        return there(ask.x)
    }
  }
  let result: Strided | null = null
  try {
    let next = steps.next()
    while (!next.done) {
      const ask = next.value
      const given = await answer(ask)
      if (ask.kind === 'join' && ask.spent && made.delete(ask.left.data)) memory.free(ask.left.data)
      next = steps.next(given)
    }
    result = stays ? next.value : await home(next.value)
    return result
  } finally {
    for (const data of made) if (data !== result?.data) memory.free(data)
  }
}

function* foldAxis(
  { code }: Fold,
  x: Strided,
  axis: number,
  initial: Strided | null,
  out: Strided | null,
): Steps {
  const count = x.shape[axis] ?? 0
  const first = elementOf(x, axis, 0)
  let left = initial ?? (count > 1 && x.code === code ? first : yield { kind: 'own', x: first })
  const from = initial ? 0 : 1
  for (let i = from; i < count; i++) {
    const right = elementOf(x, axis, i)
    left = yield { kind: 'join', left, right, out: i === count - 1 ? out : null, spent: i > from }
  }
  return left
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

/** What an array is reduced to, from what is read of the keywords. */
function* reduced(
  fold: Fold,
  given: Strided,
  axes: readonly number[],
  first: Strided | null,
  out: Strided | null,
): Steps {
  const initial = first && (yield { kind: 'there', x: first })
  const empty = axes.some((axis) => given.shape[axis] === 0)
  if (empty && initial) return initial
  if (axes.length === 0 && !initial) return yield { kind: 'own', x: given }
  const x = yield { kind: 'there', x: given }
  if (axes.length === 0 && initial) return yield { kind: 'join', left: initial, right: x, out, spent: false }
  let result = x
  for (const [k, axis] of [...axes].reverse().entries()) {
    const isLast = k === axes.length - 1
    result = yield* foldAxis(fold, result, axis, isLast ? initial : null, isLast ? out : null)
  }
  return result
}

/**
 * Reduces loop axes of an array, of which the core dimensions are the last ones.
 * @throws NoLoopError for other layouts, for an empty array without identity and `initial`, for several axes without identity
 */
export const gufuncReduce =
  (layout: Layout) =>
  (core: Core, value: unknown, given: unknown): unknown => {
    if (core.epoch !== settings.epoch) refresh(core)
    return core.promises
      ? promised(core, () => reduceNow(layout, core, value, given))
      : reduceNow(layout, core, value, given)
  }

function reduceNow(layout: Layout, core: Core, value: unknown, given: unknown): unknown {
  const rank = commonRank(layout)
  if (rank === null)
    throw refused(
      core,
      `Reduction not defined on ufunc with signature: ${core.name} has ${layout.text}; it takes two inputs and a result of as many core dimensions each, such as (n,n),(n,n)->(n,n)`,
    )
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
  const bound = boundFor(core, x.code, options)
  const fold: Fold = { core, code: bound.overload.outputs[0] ?? x.code, options }
  const shape = x.shape.filter((_, axis) => !axes.includes(axis))
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
  const empty = axes.some((axis) => x.shape[axis] === 0)
  const first = initialOf(fold, initial, empty, shape)
  if (empty && first === null)
    throw refused(core, `zero-size array to reduction operation ${core.name} which has no identity`)
  const want = options.keepdims ? kept : shape
  const ones = options.keepdims ? axes : []
  checkOut(core, options, want)
  if (!core.promises) {
    const result = taken(fold, reduced(fold, x, axes, first, null))
    return delivered(result, options, want, ones, makeResult)
  }
  const { target } = chooseTarget(core.target, core.fallback, { overload: bound.overload, form: 'map' })
  const out = options.outs?.[0]
  const direct =
    out && isElsewhere(out.data) ? ones.reduceRight((o, axis) => elementOf(o, axis, 0), out) : null
  const steps = reduced(fold, x, axes, first, direct)
  const stays = direct !== null || (isElsewhere(x.data) && !out)
  return awaited(fold, target, steps, stays).then((result) => {
    if (direct === null) return delivered(result, options, want, ones, target.memory.makeResult)
    if (result.data === direct.data) return options.outsGiven?.[0]
    throw notJoined(core, target)
  })
}

/** What is there to write would have to be copied. */
function notJoined({ name }: Core, { name: target }: Target): Error {
  const reason = 'there is nothing to join, so nothing is written to an output that lives there'
  return new TargetError(`${name}.reduce() on the target '${target}': ${reason}`, { target, reason })
}

function checkOut({ name }: Core, { outs }: FoldOptions, want: Shape): void {
  const out = outs?.[0]
  if (!out || sameShape(out.shape, want)) return
  throw new OutputError(
    `non-broadcastable output operand with shape ${shapeText(out.shape)} doesn't match the shape ${shapeText(want)} of the reduction ${name}`,
    { operand: 1, shape: out.shape, want },
  )
}

/** The result, or what was given to write to; `ones` are axes that it has kept. */
function delivered(
  result: Strided,
  { outs, outsGiven }: FoldOptions,
  want: Shape,
  ones: readonly number[],
  make: Target['memory']['makeResult'],
): unknown {
  const out = outs?.[0]
  let own = 0
  const stride = want.map((_, axis) => (ones.includes(axis) ? 0 : (result.stride[own++] ?? 0)))
  const { code, data, offset } = result
  if (!out) return make(code, data, want, stride, offset)
  copy({ ...result, shape: [...want], stride }, out)
  return outsGiven?.[0]
}
