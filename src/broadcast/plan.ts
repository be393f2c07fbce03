/**
 * The iteration plan: which elements meet which, in which order. One plan serves every target.
 *
 * A plan is a rectangle of work with as few axes as the strides allow: axes of size 1 are dropped, axes that run backwards for
 * everyone are turned round, the rest is sorted into memory order, and neighbours that lie behind each other for every operand
 * become one axis. What is left is an inner run, for which a target calls its loop once, and the outer axes.
 * The order of visits is therefore free: plans are for work in which no element depends on another.
 */
import { axisOrder, type Shape, sizeOf, stridesFor } from './shape.ts'
import type { Layout } from './view.ts'

/** Steps and offsets count elements, one entry an operand. */
export interface Plan {
  /** Elements in all. */
  readonly size: number
  /** Elements of one inner run, and each operand's step within it. */
  readonly inner: number
  readonly innerSteps: readonly number[]
  /** Sizes of the outer axes, slowest first; `outerSteps[operand][axis]`. */
  readonly outer: readonly number[]
  readonly outerSteps: readonly (readonly number[])[]
  /** Where each operand starts. */
  readonly offsets: readonly number[]
}

/** The plan of one call over `shape`, to which every operand's own shape stretches. */
export function makePlan(shape: Shape, operands: readonly Layout[]): Plan {
  return singleRun(shape, operands) ?? sortedPlan(shape, operands)
}

const none: readonly number[] = []
const noStepsByCount: (readonly (readonly number[])[])[] = []

/** The outer steps of a plan without outer axes: one list for all plans of so many operands. */
const noSteps = (count: number): readonly (readonly number[])[] =>
  (noStepsByCount[count] ??= new Array<readonly number[]>(count).fill(none))

/** Most calls: every operand has the full shape and lies in C order, is 1-d, or is one element. Then the plan is one run. */
function singleRun(shape: Shape, operands: readonly Layout[]): Plan | undefined {
  const size = sizeOf(shape)
  const count = operands.length
  const innerSteps = new Array<number>(count)
  const offsets = new Array<number>(count)
  let turn = false
  let keep = size < 2
  for (let k = 0; k < count; k++) {
    const operand = operands[k] as Layout
    const step = size < 2 ? 0 : stepOf(operand, shape)
    if (step === undefined) return undefined
    innerSteps[k] = step
    offsets[k] = operand.offset
    if (step < 0) turn = true
    else if (step > 0) keep = true
  }
  if (turn && !keep)
    for (let k = 0; k < count; k++) {
      const step = innerSteps[k] as number
      offsets[k] = (offsets[k] as number) + step * (size - 1)
      innerSteps[k] = step === 0 ? 0 : -step
    }
  return { size, inner: size, innerSteps, outer: none, outerSteps: noSteps(count), offsets }
}

/** The one step that leads from each element to the next in C order, if there is one. */
function stepOf(operand: Layout, shape: Shape): number | undefined {
  const { shape: own, stride } = operand
  const last = own.length - 1
  if (last === 0 && shape.length === 1) return own[0] === 1 ? 0 : stride[0]
  if (last < shape.length - 1) return sizeOf(own) === 1 ? 0 : undefined
  let step: number | undefined
  let next = 0
  let stretched = false
  for (let axis = last; axis >= 0; axis--) {
    const size = own[axis] as number
    if (size !== shape[axis]) stretched = true
    if (size === 1) continue
    const s = stride[axis] as number
    if (step === undefined) step = s
    else if (s !== next) return undefined
    next = s * size
  }
  if (step === undefined) return 0
  return stretched ? undefined : step
}

/** The same work by rows: one run is a column of runs, and its steps lead from each to the next. Only for a plan with outer axes. */
export function rowsOf({ size, inner, outer, outerSteps, offsets }: Plan): Plan {
  return {
    size: size / inner,
    inner: outer.at(-1) as number,
    innerSteps: outerSteps.map((steps) => steps.at(-1) as number),
    outer: outer.slice(0, -1),
    outerSteps: outerSteps.map((steps) => steps.slice(0, -1)),
    offsets,
  }
}

interface Axis {
  size: number
  /** One entry an operand. */
  readonly steps: number[]
}

function sortedPlan(shape: Shape, operands: readonly Layout[]): Plan {
  const strides = operands.map((operand) => stridesFor(operand, shape))
  const offsets = operands.map((operand) => operand.offset)
  const axes: Axis[] = []
  for (const axis of axisOrder(shape.length, strides)) {
    const size = shape[axis] as number
    if (size === 1) continue
    const steps = strides.map((stride) => stride[axis] as number)
    if (steps.every((step) => step <= 0)) turnRound(steps, size, offsets)
    const faster = axes.at(-1)
    if (faster !== undefined && continues(faster, steps)) faster.size *= size
    else axes.push({ size, steps })
  }
  const best = cheapestInner(axes)
  const inner = axes[best]
  const outer: number[] = []
  const outerSteps: number[][] = operands.map(() => [])
  for (let i = axes.length - 1; i >= 0; i--) {
    if (i === best) continue
    const { size, steps } = axes[i] as Axis
    outer.push(size)
    for (let k = 0; k < steps.length; k++) outerSteps[k]?.push(steps[k] as number)
  }
  return {
    size: sizeOf(shape),
    inner: inner?.size ?? 1,
    innerSteps: inner?.steps ?? operands.map(() => 0),
    outer,
    outerSteps,
    offsets,
  }
}

/** Makes an axis run forwards: each operand starts at its other end. */
function turnRound(steps: number[], size: number, offsets: number[]): void {
  for (let k = 0; k < steps.length; k++) {
    const step = steps[k] as number
    if (step === 0) continue
    offsets[k] = (offsets[k] as number) + step * (size - 1)
    steps[k] = -step
  }
}

/** Does a slower axis lie right behind the faster one for every operand? */
const continues = (faster: Axis, steps: readonly number[]): boolean =>
  faster.steps.every((step, k) => step * faster.size === steps[k])

// Rough costs in nanoseconds: a call of an inner loop, an element read in sequence, one read at a distance, and what each
// element of distance adds (up to a cache line) once a run no longer fits the cache.
const callCost = 25
const sequentialCost = 0.3
const stridedCost = 0.6
const missCost = 0.3
const lineElements = 8
const cacheElements = 65536

/** Runs of this length hide the call: no need to look for a better axis. */
const longRun = 64

function elementCost(step: number, size: number): number {
  const distance = Math.abs(step)
  if (distance === 0) return 0
  if (distance === 1) return sequentialCost
  const misses = distance * size > cacheElements ? Math.min(distance, lineElements) * missCost : 0
  return stridedCost + misses
}

/** Normally the fastest axis (the first); another when that one is so short that calls would dominate. */
function cheapestInner(axes: readonly Axis[]): number {
  if (axes.length < 2 || (axes[0] as Axis).size >= longRun) return 0
  let best = 0
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < axes.length; i++) {
    const { size, steps } = axes[i] as Axis
    let cost = callCost / size
    for (let k = 0; k < steps.length; k++) cost += elementCost(steps[k] as number, size)
    if (cost < least) {
      least = cost
      best = i
    }
  }
  return best
}
