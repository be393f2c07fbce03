/** What code reads and writes, and when two pieces of it are the same. */
import { sameValue } from './evaluate.ts'
import { type Expr, type Kernel, parts, type Stmt, visit } from './ir.ts'

/** Equal as trees; where in the source they stand does not matter. */
export function sameExpr(a: Expr, b: Expr): boolean {
  if (a === b) return true
  if (a.type !== b.type) return false
  if (a.kind === 'const') return b.kind === 'const' && sameValue(a.value, b.value)
  if (a.kind === 'local') return b.kind === 'local' && a.local === b.local
  if (a.kind === 'input') return b.kind === 'input' && a.operand === b.operand
  if (a.kind === 'op' && !(b.kind === 'op' && a.op === b.op)) return false
  if (a.kind === 'load' && !(b.kind === 'load' && a.array === b.array && a.check === b.check)) return false
  if (a.kind === 'element' && !(b.kind === 'element' && a.view === b.view && a.check === b.check))
    return false
  if (a.kind === 'size') return b.kind === 'size' && a.view === b.view && a.axis === b.axis
  const left = parts(a)
  const right = parts(b)
  return (
    a.kind === b.kind &&
    left.length === right.length &&
    left.every((p, i) => {
      const q = right[i]
      return q !== undefined && sameExpr(p, q)
    })
  )
}

const sameLists = (a: readonly Stmt[], b: readonly Stmt[]): boolean =>
  a === b || (a.length === b.length && a.every((s, i) => sameStmt(s, b[i])))

function sameStmt(a: Stmt, b: Stmt | undefined): boolean {
  if (a === b) return true
  if (!b) return false
  switch (a.kind) {
    case 'set':
      return b.kind === 'set' && a.local === b.local && sameExpr(a.value, b.value)
    case 'store':
      return (
        b.kind === 'store' &&
        a.view === b.view &&
        a.check === b.check &&
        sameExpr(a.value, b.value) &&
        a.indices.every((e, k) => {
          const other = b.indices[k]
          return other !== undefined && sameExpr(e, other)
        })
      )
    case 'if':
      return (
        b.kind === 'if' && sameExpr(a.cond, b.cond) && sameLists(a.then, b.then) && sameLists(a.else, b.else)
      )
    case 'loop':
      return (
        b.kind === 'loop' && a.label === b.label && sameLists(a.body, b.body) && sameLists(a.update, b.update)
      )
    case 'block':
      return b.kind === 'block' && a.label === b.label && sameLists(a.body, b.body)
    case 'break':
    case 'continue':
      return b.kind === a.kind && a.label === b.label
  }
}

export const sameBody: (a: readonly Stmt[], b: readonly Stmt[]) => boolean = sameLists

/** Is there a part, or the whole, of which this holds? */
export const some = (e: Expr, holds: (e: Expr) => boolean): boolean =>
  holds(e) || parts(e).some((p) => some(p, holds))

/**
 * A load may fail its check, and stores change what it reads: such an expression must be computed exactly where, and when, the
 * kernel says so.
 */
export const mayFail = (e: Expr): boolean => some(e, (p) => p.kind === 'load' || p.kind === 'element')

/** The locals that an expression reads. */
export function localsOf(e: Expr): Set<number> {
  const found = new Set<number>()
  some(e, (p) => {
    if (p.kind === 'local') found.add(p.local)
    return false
  })
  return found
}

/** The locals set anywhere in these statements. */
export function writesOf(body: readonly Stmt[]): Set<number> {
  const found = new Set<number>()
  visit(
    body,
    () => {},
    (s) => {
      if (s.kind === 'set') found.add(s.local)
    },
  )
  return found
}

/** How often each local is read in these statements. */
export function readCounts(body: readonly Stmt[]): Map<number, number> {
  const counts = new Map<number, number>()
  visit(body, (e) => {
    if (e.kind === 'local') counts.set(e.local, (counts.get(e.local) ?? 0) + 1)
  })
  return counts
}

/** Is there a break or continue to this label? */
export function targets(body: readonly Stmt[], label: number, kind?: 'break' | 'continue'): boolean {
  let found = false
  visit(
    body,
    () => {},
    (s) => {
      if ((s.kind === 'break' || s.kind === 'continue') && s.label === label && (!kind || s.kind === kind)) {
        found = true
      }
    },
  )
  return found
}

/** Can the end of these statements be reached? False only if surely not. */
export function completes(body: readonly Stmt[]): boolean {
  return body.every((s) => {
    switch (s.kind) {
      case 'set':
      case 'store':
        return true
      case 'if':
        return completes(s.then) || completes(s.else)
      case 'block':
        return completes(s.body) || targets(s.body, s.label)
      case 'loop':
        return targets(s.body, s.label, 'break') || targets(s.update, s.label, 'break')
      case 'break':
      case 'continue':
        return false
    }
  })
}

/** The first label that the kernel does not use. */
export function freeLabel(kernel: Kernel): number {
  let free = 0
  visit(
    kernel.body,
    () => {},
    (s) => {
      if (s.kind === 'loop' || s.kind === 'block') free = Math.max(free, s.label + 1)
    },
  )
  return free
}
