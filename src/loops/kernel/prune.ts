/** Statements that do nothing or are never reached, and structure that nobody needs. */
import { type Kernel, op, type Stmt } from './ir.ts'
import { liveness } from './liveness.ts'
import { completes, mayFail, targets } from './reads.ts'

/** A body without `kind label` at its end, where going on does the same. */
function withoutLast(body: readonly Stmt[], kind: 'break' | 'continue', label: number): readonly Stmt[] {
  const last = body.at(-1)
  if (!last) return body
  const rest = body.slice(0, -1)
  if (last.kind === kind && last.label === label) return rest
  if (last.kind !== 'if') return body
  const then = withoutLast(last.then, kind, label)
  const otherwise = withoutLast(last.else, kind, label)
  return then === last.then && otherwise === last.else ? body : [...rest, { ...last, then, else: otherwise }]
}

/** What stands for one statement: none, itself, or several. */
function pruneStmt(s: Stmt): readonly Stmt[] {
  switch (s.kind) {
    case 'set':
      return s.value.kind === 'local' && s.value.local === s.local ? [] : [s]
    case 'if': {
      if (s.cond.kind === 'const') return pruneList(s.cond.value === true ? s.then : s.else)
      const then = pruneList(s.then)
      const otherwise = pruneList(s.else)
      if (then.length === 0 && otherwise.length === 0 && !mayFail(s.cond)) return []
      if (s.cond.kind === 'op' && s.cond.op === 'not' && otherwise.length > 0) {
        const [cond] = s.cond.args
        if (cond) return [{ ...s, cond, then: otherwise, else: then }]
      }
      if (then.length === 0 && otherwise.length > 0) {
        return [{ ...s, cond: op('not', [s.cond]), then: otherwise, else: [] }]
      }
      return [{ ...s, then, else: otherwise }]
    }
    case 'block': {
      const body = withoutLast(pruneList(s.body), 'break', s.label)
      return targets(body, s.label) ? [{ ...s, body }] : body
    }
    case 'loop': {
      const body = withoutLast(pruneList(s.body), 'continue', s.label)
      if (completes(body) || targets(body, s.label, 'continue')) {
        return [{ ...s, body, update: pruneList(s.update) }]
      }
      // It never comes round a second time.
      return [{ kind: 'block', label: s.label, body }]
    }
    case 'store':
    case 'break':
    case 'continue':
      return [s]
  }
}

function pruneList(body: readonly Stmt[]): readonly Stmt[] {
  const kept: Stmt[] = []
  for (const s of body) {
    kept.push(...pruneStmt(s))
    const last = kept.at(-1)
    if (last && !completes([last])) break
  }
  return kept
}

function withoutDead(body: readonly Stmt[], dead: ReadonlySet<Stmt>): Stmt[] {
  return body.flatMap((s): Stmt[] => {
    switch (s.kind) {
      case 'set':
        return dead.has(s) && !mayFail(s.value) ? [] : [s]
      case 'if':
        return [{ ...s, then: withoutDead(s.then, dead), else: withoutDead(s.else, dead) }]
      case 'loop':
        return [{ ...s, body: withoutDead(s.body, dead), update: withoutDead(s.update, dead) }]
      case 'block':
        return [{ ...s, body: withoutDead(s.body, dead) }]
      case 'store':
      case 'break':
      case 'continue':
        return [s]
    }
  })
}

export function prune(kernel: Kernel): Kernel {
  const body = pruneList(kernel.body)
  return { ...kernel, body: withoutDead(body, liveness(body, kernel.outs).deadSets) }
}
