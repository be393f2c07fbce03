/** Core calls: a kernel of arrays is called for each element of the loop dimensions, with the last axes of its operands. */
import { makePlan, type Plan } from './plan.ts'
import type { Shape } from './shape.ts'
import type { Layout, Strided } from './view.ts'

/** `write`: zeros to begin with, whatever was there. `both`: read and written in place. */
export type Access = 'read' | 'write' | 'both'

export interface CoreCall {
  /** Over which the kernel is called. */
  readonly loop: Shape
  /** The core sizes, in the layout's order. */
  readonly sizes: readonly number[]
  /** How many axes of each operand, its last ones, are its core. */
  readonly ranks: readonly number[]
  readonly access: readonly Access[]
}

const cut = ({ shape, stride, offset }: Layout, rank: number): Layout => ({
  shape: shape.slice(0, shape.length - rank),
  stride: stride.slice(0, stride.length - rank),
  offset,
})

/** The plan over the loop dimensions alone. */
export const corePlan = ({ loop, ranks }: CoreCall, operands: readonly Layout[]): Plan =>
  makePlan(
    loop,
    operands.map((operand, k) => cut(operand, ranks[k] ?? 0)),
  )

/** The steps along the core axes of an operand, in elements; 0 along axes of size 1, which may stretch. */
export function coreSteps({ shape, stride }: Strided, rank: number): number[] {
  const first = shape.length - rank
  return shape.slice(first).map((size, axis) => (size === 1 ? 0 : (stride[first + axis] ?? 0)))
}
