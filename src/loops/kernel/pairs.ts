/** What there is for f8 as the sum of two f4: arithmetic, square roots, comparisons and rounding, but no functions of `Math` beyond these. */
import { type Kernel, visit } from './ir.ts'
import type { Op } from './ops.ts'

const there: ReadonlySet<Op> = new Set<Op>([
  ...(['add', 'sub', 'mul', 'div', 'neg', 'abs', 'sign', 'sqrt', 'copysign'] as const),
  ...(['min', 'max', 'pmin', 'pmax', 'floor', 'ceil', 'trunc', 'round', 'nearest'] as const),
  ...(['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const),
])

/** The first op of f8 in this kernel that there is not, with its line; null where there are all. */
export function missingOnPairs({ body }: Kernel): string | null {
  let found: string | null = null
  visit(body, (e) => {
    if (found !== null || e.kind !== 'op' || e.args[0]?.type !== 'f8' || there.has(e.op)) return
    const name = e.op === 'rem' ? '%' : e.op
    found = e.at ? `${name} (line ${e.at.line})` : name
  })
  return found
}
