/**
 * `at`: x[i] = f(x[i], b) for one index after another, so that an index that comes twice counts twice. The loop reads the index,
 * the element and the operand, computes, and writes the element; see the indexed form in loops/loop.ts.
 */
import { copied, copy } from '../broadcast/copy.ts'
import { isBranded, isView, toOutput } from '../broadcast/operand.ts'
import { mayShareMemory } from '../broadcast/overlap.ts'
import type { Plan } from '../broadcast/plan.ts'
import { indexOutside, type Positions, positions } from '../broadcast/positions.ts'
import { contiguousStrides, isContiguous, type Shape, sameShape, sizeOf } from '../broadcast/shape.ts'
import type { Strided } from '../broadcast/view.ts'
import { type Code, codeOfArray, dtypes, type TypedArray } from '../dtype.ts'
import { BroadcastError, NoLoopError, OutputError } from '../errors.ts'
import { settings } from '../settings.ts'
import { addressOf, checkNotFreed, haveOwnBlocks, isElsewhere } from '../targets/memory/resident.ts'
import { longestShort } from '../targets/target.ts'
import type { Given } from './choose.ts'
import { broughtHome } from './home.ts'
import { bind, type Core, type Last, loaded, type Ready, refresh } from './prepare.ts'
import { foldOperand, promised } from './reduce.ts'
import { fits, isScalar, kindOf, misfit, type Scalar, weakOperand } from './weak.ts'

/** A copy of the whole array costs less than looking up elements one by one, as long as it is not much longer than the index. */
const sparse = 8

/**
 * Changes elements of `x` in place, one index after another. Matches `numpy.ufunc.at`, unsafe casts included. On an asynchronous target
 * the promise says when it is done.
 * @throws NoLoopError for a function that does not take one or two inputs and give one result, or for a missing or superfluous
 *   operand; OutputError when `x` is no array; BoundsError for an index outside; AxisError, BroadcastError, OptionError for indices
 *   that fit nothing. Then nothing is changed.
 */
export function at(core: Core, args: readonly unknown[]): Promise<unknown> | undefined {
  if (core.epoch !== settings.epoch) refresh(core)
  if (core.promises) return promised(core, () => atLater(core, args))
  const { ready, selected, input } = prepared(core, args)
  if (sizeOf(selected.shape) > 0) run(core, ready, selected, input)
  return undefined
}

/** On an asynchronous target, or what it falls back to. Which elements are meant is found out here. */
async function atLater(core: Core, args: readonly unknown[]): Promise<void> {
  const [target, index, ...rest] = args
  const home = (one: unknown) => broughtHome(core, one)
  const own = Array.isArray(index) ? await Promise.all(index.map(home)) : await home(index)
  const { ready, selected, input } = prepared(core, [target, own, ...rest])
  if (sizeOf(selected.shape) === 0) return
  if (ready.target.kind === 'sync') run(core, ready, selected, input)
  else await runLater(core, ready, selected, input)
}

interface Prepared {
  readonly ready: Ready
  readonly selected: Positions
  readonly input: Strided | null
}

function prepared(core: Core, args: readonly unknown[]): Prepared {
  checkArity(core, args)
  const [target, index, value] = args
  const x = readArray(core, target)
  refuseFreed(index)
  const selected = positions(x, index)
  const operand = core.nin === 2 ? (isScalar(value) ? value : foldOperand(core, 'at', value)) : null
  if (operand !== null && !isScalar(operand)) checkStretches(operand.shape, selected.shape)
  const given = operand === null ? null : isScalar(operand) ? kindOf(operand) : operand.code
  const ready = readyFor(core, x.code, given, operand)
  const input = isScalar(operand) ? weakOperand(ready.inputs[1] ?? 'f8', operand) : operand
  return { ready, selected, input }
}

/** @throws MemoryError for an index, or one of several, in memory that was freed */
function refuseFreed(index: unknown): void {
  for (const one of Array.isArray(index) ? index : [index]) {
    const data: unknown = isView(one) ? one.data : one
    if (typeof data === 'object' && codeOfArray(data) !== undefined) checkNotFreed(data as TypedArray)
  }
}

function checkArity({ name, nin, nout, signature, source }: Core, args: readonly unknown[]): void {
  const wrong = (message: string) =>
    new NoLoopError(`${name}.at: ${message}`, {
      dtypes: [],
      types: source.overloads.map((overload) => overload.text),
    })
  if (signature !== null)
    throw wrong(`does not support ufunc with non-trivial signature: it has ${signature}`)
  if (nin > 2) throw wrong('Only unary and binary ufuncs supported at this time')
  if (nout !== 1) throw wrong('Only single output ufuncs supported at this time')
  if (args.length < 2 || args.length > 3)
    throw wrong(`at() takes an array, indices and an operand, but ${args.length} arguments were given`)
  if (nin === 2 && args[2] === undefined) throw wrong('second operand needed for ufunc')
  if (nin === 1 && args[2] !== undefined) throw wrong('second operand provided when ufunc is unary')
}

function readArray({ name }: Core, target: unknown): Strided {
  if (codeOfArray(target) === undefined && !isView(target) && !isBranded(target))
    throw new OutputError(`${name}.at: first operand must be array: a typed array, or a view of one`, {
      operand: 0,
    })
  return toOutput(target, 0)
}

/** `from` stretches to `to`, which does not stretch itself. */
function checkStretches(from: Shape, to: Shape): void {
  const missing = to.length - from.length
  const fit = missing >= 0 && from.every((size, axis) => size === 1 || size === to[missing + axis])
  if (!fit)
    throw new BroadcastError(
      `array is not broadcastable to correct shape: the operand has shape (${from}), the indices select shape (${to})`,
      { shapes: [from, to] },
    )
}

/**
 * The loop for these dtypes. A scalar takes the dtype of the array beside it; one that this cannot hold (1.5 on integers) is what
 * it is alone, which changes no result's dtype here.
 */
function readyFor(core: Core, x: Code, given: Given | null, operand: Strided | Scalar | null): Ready {
  const found = lookUp(core, given === null ? [x] : [x, given])
  if (!isScalar(operand)) return found
  const [, to = 'f8'] = found.overload.inputs
  if (fits(to, operand)) return found
  const own: Code = typeof operand === 'bigint' ? 'i8' : 'f8'
  const wider = lookUp(core, [x, own])
  if (wider.overload.inputs[1] !== own) throw misfit(core.name, 1, operand, found.overload, false)
  return wider
}

function lookUp(core: Core, given: readonly Given[]): Ready {
  const key = `at ${given}`
  const known = core.byCall.get(key)
  if (known) return known
  const outs = [given[0] as Code]
  const bound = bind(core, { form: 'indexed', given, outs, asked: null, casting: 'unsafe', widened: null })
  const ready = loaded(core, bound)
  core.byCall.set(key, ready)
  return ready
}

const isResident = ({ data }: Strided): boolean => addressOf(data) >= 0

function run(core: Core, ready: Ready, selected: Positions, operand: Strided | null): void {
  const { array, places, shape } = selected
  const count = sizeOf(shape)
  const beside = isResident(array)
  if (!beside && (array.shape[0] ?? 0) > sparse * (count + longestShort)) {
    runSparse(core, ready, selected, operand)
    return
  }
  const made: TypedArray[] = []
  const make = (code: Code, size: number): TypedArray => {
    const data = ready.target.memory.allocate(code, size, [array.data])
    made.push(data)
    return data
  }
  /** Beside a resident array every list is resident too; and nothing is read that the loop writes. */
  const apart = (input: Strided): Strided => {
    const near = !beside || input.shape.length === 0 || isResident(input)
    const own = haveOwnBlocks(input.data, array.data) || !mayShareMemory(input, array)
    return near && own ? input : copied(input, input.code, 'C', make)
  }
  try {
    const inputs = operand === null ? [places] : [places, columnOf(operand, shape, make)]
    runLoop(core, ready, [...inputs.map(apart), array], count)
  } finally {
    for (const data of made) ready.target.memory.free(data)
  }
}

/** Few elements of a long array: they are taken out into a short one, changed there, and put back. */
function runSparse(core: Core, ready: Ready, selected: Positions, operand: Strided | null): void {
  const { operands, count, putBack } = taken(selected, operand)
  runLoop(core, ready, operands, count)
  putBack()
}

/** The elements that are meant, each once, and which of them each index means. */
function taken({ array, places, shape }: Positions, operand: Strided | null) {
  const [length = 0] = array.shape
  const [step = 1] = array.stride
  const count = sizeOf(shape)
  const slots = new Map<number, number>()
  const own = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const place = array.offset + placeOf(places, i, length) * step
    let slot = slots.get(place)
    if (slot === undefined) {
      slot = slots.size
      slots.set(place, slot)
    }
    own[i] = slot
  }
  const data = new dtypes[array.code].array(slots.size)
  for (const [place, slot] of slots) data[slot] = array.data[place] as number
  const few = vector(data, array.code)
  const inputs = [vector(own, 'i4')]
  if (operand !== null) inputs.push(columnOf(operand, shape, (code, size) => new dtypes[code].array(size)))
  const putBack = () => {
    for (const [place, slot] of slots) array.data[place] = data[slot] as number
  }
  return { operands: [...inputs, few], count, putBack }
}

/** Index `i`, counted from the start. @throws BoundsError */
function placeOf({ data, offset, stride }: Strided, i: number, length: number): number {
  const index = data[offset + i * (stride[0] ?? 1)] as number
  if (index >= length || index < -length) throw indexOutside(index, 0, length)
  return index < 0 ? index + length : index
}

/** An array of the host sends only what is meant; one that is there already stays there. */
async function runLater(
  core: Core,
  ready: Ready,
  selected: Positions,
  operand: Strided | null,
): Promise<void> {
  const { array, places, shape } = selected
  const { moves } = ready.target.memory
  const isThere = operand !== null && isElsewhere(operand.data)
  const plain = isThere && !isColumn(operand, shape) && moves ? await moves.home(operand) : operand
  if (!isElsewhere(array.data)) {
    const { operands, count, putBack } = taken(selected, plain)
    await runLoop(core, ready, operands, count)
    putBack()
    return
  }
  const count = sizeOf(shape)
  const [length = 0] = array.shape
  const own = Int32Array.from({ length: count }, (_, i) => placeOf(places, i, length))
  const inputs = [vector(own, 'i4')]
  if (plain !== null) inputs.push(columnOf(plain, shape, (code, size) => new dtypes[code].array(size)))
  await runLoop(core, ready, [...inputs, array], count)
}

const vector = (data: TypedArray, code: Code): Strided => ({
  data,
  code,
  shape: [data.length],
  stride: [1],
  offset: 0,
})

/** Is there one value an index, in order, or one for all? */
const isColumn = (operand: Strided, shape: Shape): boolean =>
  sizeOf(operand.shape) === 1 ||
  (shape.length === 1 && sameShape(operand.shape, shape)) ||
  (sizeOf(operand.shape) === sizeOf(shape) && isContiguous(operand))

/** The operand as one value an index, in the indices' order; one element stands for all. */
function columnOf(operand: Strided, shape: Shape, make: (code: Code, size: number) => TypedArray): Strided {
  const { data, code, offset } = operand
  const count = sizeOf(shape)
  if (sizeOf(operand.shape) === 1) return { data, code, shape: [], stride: [], offset }
  if (shape.length === 1 && sameShape(operand.shape, shape)) return operand
  if (sizeOf(operand.shape) === count && isContiguous(operand))
    return { data, code, shape: [count], stride: [1], offset }
  const column: Strided = {
    data: make(code, count),
    code,
    shape,
    stride: contiguousStrides(shape),
    offset: 0,
  }
  copy(operand, column)
  return vector(column.data, code)
}

function runLoop(
  core: Core,
  ready: Ready,
  operands: readonly Strided[],
  count: number,
): void | Promise<void> {
  const plan: Plan = {
    size: count,
    inner: count,
    innerSteps: operands.map(({ stride }) => stride[0] ?? 0),
    outer: [],
    outerSteps: operands.map(() => []),
    offsets: operands.map(({ offset }) => offset),
  }
  const report: Last = { target: ready.target.name, threads: 1, calls: 0, bytesCopied: 0 }
  if (ready.why !== undefined) report.why = ready.why
  const done = ready.run(operands, plan, report)
  core.last = report
  core.lastLoop = ready
  return done
}
