/**
 * The plan of the last call whose plan was not plain to see: calls in a loop have the same shapes and strides again and again,
 * and to compare a few numbers is quicker than to plan. Lists are copied, for their arrays' owners may change them.
 */
import type { Plan } from './plan.ts'
import type { Shape } from './shape.ts'
import type { Layout } from './view.ts'

export interface Recalled {
  /** Of the operands as they were given; `absent` stands for what was allocated. */
  readonly layouts: readonly Layout[]
  readonly shape: Shape
  /** Strides of all operands over their own shape, those of allocated ones too. */
  readonly strides: readonly (readonly number[])[]
  readonly plan: Plan
}

const copyOf = ({ shape, stride, offset }: Layout): Layout => ({
  shape: shape.slice(),
  stride: stride.slice(),
  offset,
})

export function recall(
  given: readonly Layout[],
  absent: Layout,
  operands: readonly Layout[],
  shape: Shape,
  plan: Plan,
): Recalled {
  return {
    layouts: given.map((layout) => (layout === absent ? absent : copyOf(layout))),
    shape: shape.slice(),
    strides: operands.map(({ stride }) => stride.slice()),
    plan,
  }
}

export function isRecalled({ layouts }: Recalled, absent: Layout, operands: readonly Layout[]): boolean {
  if (layouts.length !== operands.length) return false
  for (let k = 0; k < layouts.length; k++) {
    const known = layouts[k] as Layout
    const now = operands[k] as Layout
    if (known === now) continue
    if (known === absent || now === absent || known.offset !== now.offset) return false
    if (!isSameLayout(known, now)) return false
  }
  return true
}

/** The same shape and strides, wherever the arrays begin. */
export const isSameLayout = (a: Layout, b: Layout): boolean =>
  sameList(a.shape, b.shape) && sameList(a.stride, b.stride)

function sameList(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
