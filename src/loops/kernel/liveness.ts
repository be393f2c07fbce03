/** Which locals may still be read: found backwards, from the results. */
import type { Expr, Stmt } from './ir.ts'
import { some } from './reads.ts'

type Live = ReadonlySet<number>

/** Where a break or continue to a label goes on, as what is live there. */
interface Exits {
  readonly breaks: ReadonlyMap<number, Live>
  readonly continues: ReadonlyMap<number, Live>
}

const none: Live = new Set()

const union = (a: Live, b: Live): Live => (b.size === 0 ? a : new Set([...a, ...b]))

function withReads(live: Live, e: Expr): Live {
  const next = new Set(live)
  some(e, (p) => {
    if (p.kind === 'local') next.add(p.local)
    return false
  })
  return next
}

/** Told of each statement, with what is live after it, and at the start of its `else` or `update`; in loops more than once. */
type Seen = (s: Stmt, after: Live, second: Live) => void

function before(body: readonly Stmt[], after: Live, exits: Exits, seen: Seen): Live {
  let live = after
  for (let k = body.length - 1; k >= 0; k--) {
    const s = body[k]
    if (s) live = beforeStmt(s, live, exits, seen)
  }
  return live
}

function beforeStmt(s: Stmt, after: Live, exits: Exits, seen: Seen): Live {
  switch (s.kind) {
    case 'set': {
      seen(s, after, none)
      const rest = new Set(after)
      rest.delete(s.local)
      return withReads(rest, s.value)
    }
    case 'store':
      return [...s.indices, s.value].reduce(withReads, after)
    case 'if': {
      const otherwise = before(s.else, after, exits, seen)
      seen(s, after, otherwise)
      return withReads(union(before(s.then, after, exits, seen), otherwise), s.cond)
    }
    case 'block': {
      const breaks = new Map(exits.breaks).set(s.label, after)
      seen(s, after, none)
      return before(s.body, after, { ...exits, breaks }, seen)
    }
    case 'loop': {
      const breaks = new Map(exits.breaks).set(s.label, after)
      let start: Live = none
      for (;;) {
        const update = before(s.update, start, { ...exits, breaks }, seen)
        seen(s, after, update)
        const continues = new Map(exits.continues).set(s.label, update)
        const next = union(start, before(s.body, update, { breaks, continues }, seen))
        if (next.size === start.size) return next
        start = next
      }
    }
    case 'break':
      return exits.breaks.get(s.label) ?? none
    case 'continue':
      return exits.continues.get(s.label) ?? none
  }
}

/** What is live after a statement, and at the start of its `else` or `update`. */
export interface LiveAround {
  readonly after: Live
  readonly second: Live
}

export interface Liveness {
  /** Locals whose value at the start may be read: a parameter's, or the zero that the others start with. */
  readonly atEntry: Live
  /** Assignments whose value nobody reads. */
  readonly deadSets: ReadonlySet<Stmt>
  readonly around: (s: Stmt) => LiveAround
}

const nothing: LiveAround = { after: none, second: none }

export function liveness(body: readonly Stmt[], outs: readonly number[]): Liveness {
  const lives = new Map<Stmt, LiveAround>()
  const exits = { breaks: new Map(), continues: new Map() }
  // One statement object may stand in several places, and a loop is gone through until nothing is added: all visits count.
  const atEntry = before(body, new Set(outs), exits, (s, after, second) => {
    const known = lives.get(s) ?? nothing
    lives.set(s, { after: union(after, known.after), second: union(second, known.second) })
  })
  const dead = [...lives].flatMap(([s, { after }]) => (s.kind !== 'set' || after.has(s.local) ? [] : [s]))
  return { atEntry, deadSets: new Set(dead), around: (s) => lives.get(s) ?? nothing }
}
