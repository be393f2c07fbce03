/**
 * Values go where they are read: constants and copies everywhere they still hold, other expressions where the one place that reads
 * them is further down the same list of statements and nothing in between has changed what they read.
 */
import { type Expr, type Kernel, mapExpr, type Stmt } from './ir.ts'
import { localsOf, mayFail, readCounts, writesOf } from './reads.ts'

/** What locals are known to hold: constants and other locals. */
type Known = ReadonlyMap<number, Expr>

/** What is still known after these locals have been set. */
function without(known: Known, written: ReadonlySet<number>): Known {
  if (written.size === 0) return known
  return new Map(
    [...known].filter(([id, e]) => !written.has(id) && !(e.kind === 'local' && written.has(e.local))),
  )
}

const substitute = (e: Expr, known: Known): Expr =>
  known.size === 0 ? e : mapExpr(e, (p) => (p.kind === 'local' ? (known.get(p.local) ?? p) : p))

function copyList(body: readonly Stmt[], start: Known): Stmt[] {
  let known = start
  return body.map((s): Stmt => {
    switch (s.kind) {
      case 'set': {
        const value = substitute(s.value, known)
        known = without(known, new Set([s.local]))
        const copy = value.kind === 'const' || (value.kind === 'local' && value.local !== s.local)
        if (copy) known = new Map(known).set(s.local, value)
        return { ...s, value }
      }
      case 'store': {
        const indices = s.indices.map((e) => substitute(e, known))
        return { ...s, indices, value: substitute(s.value, known) }
      }
      case 'if': {
        const cond = substitute(s.cond, known)
        const next = { ...s, cond, then: copyList(s.then, known), else: copyList(s.else, known) }
        known = without(known, writesOf([s]))
        return next
      }
      case 'block': {
        const body = copyList(s.body, known)
        known = without(known, writesOf([s]))
        return { ...s, body }
      }
      case 'loop': {
        known = without(known, writesOf([s]))
        return { ...s, body: copyList(s.body, known), update: copyList(s.update, known) }
      }
      case 'break':
      case 'continue':
        return s
    }
  })
}

/** Constants and copies, to all places where they hold. */
export const copies = (kernel: Kernel): Kernel => ({ ...kernel, body: copyList(kernel.body, new Map()) })

const inLoop = (s: Stmt): boolean => {
  switch (s.kind) {
    case 'loop':
      return true
    case 'if':
      return s.then.some(inLoop) || s.else.some(inLoop)
    case 'block':
      return s.body.some(inLoop)
    default:
      return false
  }
}

const replaceIn = (s: Stmt, id: number, value: Expr): Stmt => {
  const inExpr = (e: Expr) => mapExpr(e, (p) => (p.kind === 'local' && p.local === id ? value : p))
  const inList = (body: readonly Stmt[]) => body.map((t) => replaceIn(t, id, value))
  switch (s.kind) {
    case 'set':
      return { ...s, value: inExpr(s.value) }
    case 'store':
      return { ...s, indices: s.indices.map(inExpr), value: inExpr(s.value) }
    case 'if':
      return { ...s, cond: inExpr(s.cond), then: inList(s.then), else: inList(s.else) }
    case 'block':
      return { ...s, body: inList(s.body) }
    case 'loop':
      return { ...s, body: inList(s.body), update: inList(s.update) }
    case 'break':
    case 'continue':
      return s
  }
}

/** Where, after `from`, the one read of `id` may take `value` instead; -1 if nowhere. */
function readerOf(body: readonly Stmt[], from: number, id: number, value: Expr): number {
  const needs = localsOf(value)
  for (let k = from; k < body.length; k++) {
    const s = body[k]
    if (!s) return -1
    const reads = readCounts([s]).has(id)
    if (reads && s.kind === 'set') return k
    const writes = writesOf([s])
    if (writes.has(id) || [...needs].some((n) => writes.has(n)) || (reads && inLoop(s))) return -1
    if (reads) return k
  }
  return -1
}

/** Expressions that one place reads, to that place. */
export function forward(kernel: Kernel): Kernel {
  const reads = readCounts(kernel.body)
  const outs = new Set(kernel.outs)
  const sets = new Map<number, number>()
  const count = (body: readonly Stmt[]): void => {
    for (const s of body) {
      if (s.kind === 'set') sets.set(s.local, (sets.get(s.local) ?? 0) + 1)
      else if (s.kind === 'if') count([...s.then, ...s.else])
      else if (s.kind === 'block') count(s.body)
      else if (s.kind === 'loop') count([...s.body, ...s.update])
    }
  }
  count(kernel.body)
  const movable = (s: Stmt): s is Extract<Stmt, { kind: 'set' }> =>
    s.kind === 'set' &&
    reads.get(s.local) === 1 &&
    sets.get(s.local) === 1 &&
    !outs.has(s.local) &&
    !localsOf(s.value).has(s.local) &&
    !mayFail(s.value)

  const list = (body: readonly Stmt[]): readonly Stmt[] => {
    let rest: Stmt[] = body.map((s): Stmt => {
      if (s.kind === 'if') return { ...s, then: list(s.then), else: list(s.else) }
      if (s.kind === 'block') return { ...s, body: list(s.body) }
      if (s.kind === 'loop') return { ...s, body: list(s.body), update: list(s.update) }
      return s
    })
    for (let k = 0; k < rest.length; k++) {
      const s = rest[k]
      if (!s || !movable(s)) continue
      const reader = readerOf(rest, k + 1, s.local, s.value)
      if (reader < 0) continue
      rest = rest.flatMap((t, i) => (i === k ? [] : i === reader ? [replaceIn(t, s.local, s.value)] : [t]))
      k--
    }
    return rest
  }
  return { ...kernel, body: list(kernel.body) }
}
