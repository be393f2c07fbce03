/** Which indices are checked, and which statements may fail a check. */
import { type Expr, parts, type Stmt, type Store, visit } from '../../kernel/ir.ts'

/** Axes of which nothing is known are checked. */
export const isChecked = (inside: Store['inside'], axis: number): boolean =>
  (inside?.[axis] ?? 'checked') === 'checked'

export const someChecked = ({ inside, indices }: Pick<Store, 'inside' | 'indices'>): boolean =>
  indices.some((_, axis) => isChecked(inside, axis))

/** May a check of its own fail here? */
export const fails = (e: Expr): boolean =>
  (e.kind === 'load' && isChecked(e.inside, 0)) ||
  (e.kind === 'element' && someChecked(e)) ||
  parts(e).some(fails)

/** A check that fails says so in `stopped`; nothing loops on behind one. */
export function mayStop(body: readonly Stmt[]): boolean {
  let found = false
  visit(
    body,
    (e) => {
      found ||= fails(e)
    },
    (s) => {
      found ||= s.kind === 'store' && someChecked(s)
    },
  )
  return found
}
