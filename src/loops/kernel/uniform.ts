/**
 * Which values and which branches are the same on all lanes. What comes from an operand varies; so does a local that is set
 * where lanes may disagree. The emitter keeps the rest (loop counters, most of all) in scalars, with real branches.
 */
import { type Expr, type Kernel, parts, type Stmt } from './ir.ts'

export interface Uniformity {
  /** Locals that hold one value for all lanes. */
  readonly locals: ReadonlySet<number>
  /** Labels that all lanes leave, and repeat, together. */
  readonly labels: ReadonlySet<number>
  /** Does the expression differ between lanes? */
  readonly varies: (e: Expr) => boolean
}

/** Labels to which some lanes may have gone, while the others go on. */
type Gone = ReadonlySet<number>
const nobody: Gone = new Set()

export function analyseUniformity(kernel: Kernel): Uniformity {
  const varying = new Set<number>()
  const masked = new Set<number>()
  const seen = new Set<number>()
  const loops = new Set<number>()

  const varies = (e: Expr): boolean => {
    if (e.kind === 'input' || e.kind === 'element') return true
    if (e.kind === 'local') return varying.has(e.local)
    return parts(e).some(varies)
  }

  /** `apart`: lanes may disagree about being here. `around` are the labels around, outermost first. */
  const walk = (body: readonly Stmt[], start: boolean, around: readonly number[]): Gone => {
    let apart = start
    let gone = nobody
    for (const s of body) {
      const left = statement(s, apart, around)
      if (left.size === 0) continue
      gone = new Set([...gone, ...left])
      apart = true
    }
    return gone
  }

  const without = (gone: Gone, label: number): Gone => new Set([...gone].filter((g) => g !== label))

  const statement = (s: Stmt, apart: boolean, around: readonly number[]): Gone => {
    switch (s.kind) {
      case 'set':
        if (apart || varies(s.value)) varying.add(s.local)
        return nobody
      case 'store':
        return nobody
      case 'if': {
        const split = apart || varies(s.cond)
        return new Set([...walk(s.then, split, around), ...walk(s.else, split, around)])
      }
      case 'block':
        seen.add(s.label)
        return without(walk(s.body, apart, [...around, s.label]), s.label)
      case 'loop': {
        seen.add(s.label)
        loops.add(s.label)
        const inner = [...around, s.label]
        const split = apart || masked.has(s.label)
        const gone = walk(s.body, split, inner)
        return without(new Set([...gone, ...walk(s.update, split || gone.size > 0, inner)]), s.label)
      }
      case 'break':
      case 'continue': {
        if (!apart) return nobody
        masked.add(s.label)
        // A loop that some lanes leave for further out ends when none is left in it.
        for (const label of around.slice(around.indexOf(s.label))) if (loops.has(label)) masked.add(label)
        return new Set([s.label])
      }
    }
  }

  for (let known = -1; known !== varying.size + masked.size; ) {
    known = varying.size + masked.size
    walk(kernel.body, false, [])
  }
  const locals = kernel.locals.flatMap((_, id) => (varying.has(id) ? [] : [id]))
  const labels = [...seen].filter((label) => !masked.has(label))
  return { locals: new Set(locals), labels: new Set(labels), varies }
}
