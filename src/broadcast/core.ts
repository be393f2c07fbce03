/** Core calls: a kernel of arrays is called for each element of the loop dimensions, with the last axes of its operands. */
import { copy } from './copy.ts'
import { makePlan, type Plan } from './plan.ts'
import type { Shape } from './shape.ts'
import type { Layout, Strided } from './view.ts'
import { type Visit, walk, walkWhere } from './walk.ts'

/**
 * `write`: zeros to begin with, whatever was there. `both`: read and written in place. `scratch`: zeros when the call begins, without
 * loop dimensions, and of no use to anybody afterwards.
 */
export type Access = 'read' | 'write' | 'both' | 'scratch'

/** The same object given again says that the operands have the same shapes and strides again. */
export interface CoreCall {
  /** Over which the kernel is called. */
  readonly loop: Shape
  /** The core sizes, in the layout's order. */
  readonly sizes: readonly number[]
  /** How many axes of each operand, its last ones, are its core. */
  readonly ranks: readonly number[]
  readonly access: readonly Access[]
  /** Stretches to the loop dimensions: where it is false the kernel is not called, and outputs keep what they hold. */
  readonly mask: Strided | null
}

const cut = ({ shape, stride, offset }: Layout, rank: number): Layout => ({
  shape: shape.slice(0, shape.length - rank),
  stride: stride.slice(0, stride.length - rank),
  offset,
})

/** The plan over the loop dimensions alone; the mask, if there is one, is its last operand. */
export const corePlan = ({ loop, ranks, mask }: CoreCall, operands: readonly Layout[]): Plan =>
  makePlan(loop, [...operands.map((operand, k) => cut(operand, ranks[k] ?? 0)), ...(mask ? [mask] : [])])

/** The steps along the core axes of an operand, in elements; 0 along axes of size 1, which may stretch. */
export function coreSteps({ shape, stride }: Strided, rank: number): number[] {
  const first = shape.length - rank
  return shape.slice(first).map((size, axis) => (size === 1 ? 0 : (stride[first + axis] ?? 0)))
}

/** Visits the runs of such a plan, or where there is a mask the parts of them in which it is true. */
export function walkCores(plan: Plan, mask: Strided | null, visit: Visit): void {
  if (mask === null) walk(plan, visit)
  else walkWhere(plan, plan.innerSteps.length - 1, mask.data, visit)
}

/** The cores of an operand in such a run, as one array. */
export function coresIn(
  { shape, stride, ...operand }: Strided,
  rank: number,
  offset: number,
  n: number,
  step: number,
): Strided {
  const first = shape.length - rank
  return { ...operand, shape: [n, ...shape.slice(first)], stride: [step, ...stride.slice(first)], offset }
}

/** Copies operand k of a call to another array of its shape, where the mask is true. */
export function copyCores({ loop, mask, ranks }: CoreCall, k: number, from: Strided, to: Strided): void {
  if (mask === null) {
    copy(from, to)
    return
  }
  const rank = ranks[k] ?? 0
  const plan = makePlan(loop, [cut(from, rank), cut(to, rank), mask])
  const [fromStep = 0, toStep = 0] = plan.innerSteps
  walkCores(plan, mask, ([i = 0, j = 0], n) => {
    copy(coresIn(from, rank, i, n, fromStep), coresIn(to, rank, j, n, toStep))
  })
}

/** A part of a call: its loop runs from `from` to before `from + n` along an axis. */
export interface Part {
  readonly axis: number
  readonly from: number
  readonly n: number
}

/** Which axis of an operand a loop axis is; -1 where the operand has it not, or stretches along it. */
export function axisOf({ loop, ranks }: CoreCall, k: number, { shape }: Layout, axis: number): number {
  const own = axis - loop.length + shape.length - (ranks[k] ?? 0)
  return own >= 0 && shape[own] !== 1 ? own : -1
}

/** The part of an array along one of its axes. */
export function partOf(array: Strided, axis: number, { from, n }: Part): Strided {
  if (axis < 0) return array
  const shape = array.shape.map((size, k) => (k === axis ? n : size))
  return { ...array, shape, offset: array.offset + from * (array.stride[axis] ?? 0) }
}

export function partOfCall(call: CoreCall, part: Part): CoreCall {
  const { loop, mask } = call
  const axis = mask ? part.axis - loop.length + mask.shape.length : -1
  return {
    ...call,
    loop: loop.map((size, k) => (k === part.axis ? part.n : size)),
    mask: mask && (mask.shape[axis] === 1 ? mask : partOf(mask, axis, part)),
  }
}
