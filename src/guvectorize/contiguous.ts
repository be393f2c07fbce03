/** `f8[::1]`: what a signature promises of an operand is checked. */
import type { Strided } from '../broadcast/view.ts'
import { NoLoopError, SignatureError } from '../errors.ts'
import type { Ready } from '../vectorize/prepare.ts'
import { coreOf, type Layout } from './layout.ts'
import type { Operands } from './signatures.ts'

type Order = 'C' | 'F'

function isContiguous({ shape, stride }: Strided, rank: number, order: Order): boolean {
  const first = shape.length - rank
  const axes = Array.from({ length: rank }, (_, k) => first + k)
  if (axes.some((axis) => shape[axis] === 0)) return true
  let span = 1
  for (const axis of order === 'C' ? axes.reverse() : axes) {
    if (shape[axis] !== 1 && stride[axis] !== span) return false
    span *= shape[axis] ?? 1
  }
  return true
}

/**
 * Operands have their core axes last. A loop that counts on neighbours is not found for others, as in Numba: nothing is copied silently.
 * @throws NoLoopError
 */
export function checkContiguous(name: string, { overload }: Ready, operands: readonly Strided[]): void {
  for (const { operand, dims, contiguous } of overload.kernel.core?.views ?? []) {
    const own = operands[operand]
    if (contiguous === null || !own) continue
    const rank = dims.filter((dim) => dim >= 0).length
    if (isContiguous(own, rank, contiguous)) continue
    throw new NoLoopError(
      `${name}: operand ${operand} is not contiguous in the order of ${contiguous}, as ${overload.text} asks: its core has the strides (${own.stride.slice(own.stride.length - rank).join(',')}); give a copy, array(x), or leave '::1' out of the signature`,
      { dtypes: [own.code], types: [overload.text] },
    )
  }
}

/** @throws SignatureError for '::1' on a dimension that may stretch or be missing */
export function checkPromises(layout: Layout, listed: readonly Operands[]): void {
  for (const { text, inputs, outputs } of listed)
    for (const [k, { contiguous }] of [...inputs, ...(outputs ?? [])].entries()) {
      const free = coreOf(layout, k).find(({ dim, stretches }) => stretches || layout.dims[dim]?.optional)
      if (contiguous === null || !free) continue
      throw new SignatureError(
        `the signature "${text}" promises that operand ${k} is contiguous, but in the layout ${layout.text} its dimension '${layout.dims[free.dim]?.name}' may stretch or be missing`,
        { text, position: Math.max(0, text.indexOf('::1')) },
      )
    }
}
