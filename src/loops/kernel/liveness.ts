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

/** Calls `onSet` for each assignment, with what is live after it; in loops more than once, the last call counts. */
function before(
  body: readonly Stmt[],
  after: Live,
  exits: Exits,
  onSet: (s: Stmt, live: Live) => void,
): Live {
  let live = after
  for (let k = body.length - 1; k >= 0; k--) {
    const s = body[k]
    if (s) live = beforeStmt(s, live, exits, onSet)
  }
  return live
}

function beforeStmt(s: Stmt, after: Live, exits: Exits, onSet: (s: Stmt, live: Live) => void): Live {
  switch (s.kind) {
    case 'set': {
      onSet(s, after)
      const rest = new Set(after)
      rest.delete(s.local)
      return withReads(rest, s.value)
    }
    case 'if':
      return withReads(
        union(before(s.then, after, exits, onSet), before(s.else, after, exits, onSet)),
        s.cond,
      )
    case 'block': {
      const breaks = new Map(exits.breaks).set(s.label, after)
      return before(s.body, after, { ...exits, breaks }, onSet)
    }
    case 'loop': {
      const breaks = new Map(exits.breaks).set(s.label, after)
      let start: Live = none
      for (;;) {
        const update = before(s.update, start, { ...exits, breaks }, onSet)
        const continues = new Map(exits.continues).set(s.label, update)
        const next = union(start, before(s.body, update, { breaks, continues }, onSet))
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

export interface Liveness {
  /** Locals whose value at the start may be read: a parameter's, or the zero that the others start with. */
  readonly atEntry: Live
  /** Assignments whose value nobody reads. */
  readonly deadSets: ReadonlySet<Stmt>
}

export function liveness(body: readonly Stmt[], outs: readonly number[]): Liveness {
  const readAfter = new Map<Stmt, boolean>()
  const exits = { breaks: new Map(), continues: new Map() }
  // One statement object may stand in several places: then all of them have to be dead.
  const atEntry = before(body, new Set(outs), exits, (s, live) => {
    if (s.kind === 'set') readAfter.set(s, readAfter.get(s) === true || live.has(s.local))
  })
  const dead = [...readAfter].flatMap(([s, read]) => (read ? [] : [s]))
  return { atEntry, deadSets: new Set(dead) }
}
