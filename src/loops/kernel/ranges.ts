/**
 * Which values can occur: abstract interpretation with intervals. A kernel is run once on ranges instead of numbers; where paths
 * meet, ranges are joined, conditions narrow them, loops are run until nothing grows any more (growing bounds jump to the next
 * bound of an integer type, so that this takes a few rounds), and then twice more, which takes back what was jumped too far.
 */
import { assume, type MaybeState, type State } from './assume.ts'
import { castValue } from './evaluate.ts'
import { castRange, isIntRange, join, opRange, type Range, rangeOf, typeRange } from './interval.ts'
import { type Expr, type Kernel, parts, type Stmt } from './ir.ts'
import { liveness } from './liveness.ts'

export interface Ranges {
  /** Where the values of this expression (this very object) lie; of its type if it is never computed. */
  of(e: Expr): Range
  /** Of each local: all values it is given, with what it starts with where that can be read. */
  readonly locals: readonly Range[]
}

function joinStates(a: MaybeState, b: MaybeState): MaybeState {
  if (!a || !b || a === b) return a ?? b
  // Few locals differ: a state is copied when the first does.
  let joined: Range[] | undefined
  for (const [k, other] of b.entries()) {
    const own = a[k]
    if (own === other || !own) continue
    const both = join(own, other)
    if (both === own) continue
    joined ??= a.slice()
    joined[k] = both
  }
  return joined ?? a
}

const tops = [0n, ...[7n, 8n, 15n, 16n, 31n, 32n, 63n, 64n].map((k) => (1n << k) - 1n)]
const bottoms = [0n, ...[7n, 15n, 31n, 63n].map((k) => -(1n << k))]

/** `next`, its bounds beyond those of `before` moved out to the next threshold. */
function widen(before: Range, next: Range): Range {
  if (isIntRange(before) && isIntRange(next)) {
    return {
      lo: next.lo < before.lo ? (bottoms.find((t) => t <= next.lo) ?? next.lo) : before.lo,
      hi: next.hi > before.hi ? (tops.find((t) => t >= next.hi) ?? next.hi) : before.hi,
    }
  }
  if (isIntRange(before) || isIntRange(next)) return next
  return {
    lo: next.lo < before.lo ? -Infinity : before.lo,
    hi: next.hi > before.hi ? Infinity : before.hi,
  }
}

/** By value, as `widen` compares: a bound of -0 is one of 0, or what differs in the sign of a zero alone would grow for ever. */
const sameState = (a: State, b: State): boolean =>
  a === b || a.every((r, k) => r === b[k] || (r.lo === b[k]?.lo && r.hi === b[k]?.hi))

/** The states with which breaks and continues leave, by label. */
interface Exits {
  readonly breaks: Map<number, MaybeState>
  readonly continues: Map<number, MaybeState>
}

/** The range that follows from those of the parts. */
function fromParts(e: Exclude<Expr, { kind: 'local' | 'select' }>, of: (part: Expr) => Range): Range {
  const inner = parts(e).map(of)
  switch (e.kind) {
    case 'const':
      return rangeOf(castValue(e.type, e.value))
    case 'op':
      return opRange(e.op, e.args[0]?.type ?? e.type, e.type, inner)
    case 'cast':
      return castRange(e.type, inner[0] ?? typeRange(e.arg.type))
    case 'size':
      return { lo: 0n, hi: 2n ** 31n - 1n }
    case 'input':
    case 'bits':
    case 'load':
    case 'element':
      return typeRange(e.type)
  }
}

/** The range of an expression alone, whatever its locals hold. */
export function rangeAlone(e: Expr): Range {
  switch (e.kind) {
    case 'local':
      return typeRange(e.type)
    case 'select':
      return join(rangeAlone(e.then), rangeAlone(e.else))
    default:
      return fromParts(e, rangeAlone)
  }
}

export function ranges(kernel: Kernel): Ranges {
  const seen = new Map<Expr, Range>()
  const sets: (Range | undefined)[] = []
  // Rounds on the way to a fixed point see states that are too small: nothing is noted in them.
  let noting = 0

  const note = (e: Expr, r: Range): Range => {
    if (noting === 0) {
      const before = seen.get(e)
      seen.set(e, before ? join(before, r) : r)
    }
    return r
  }

  const compute = (e: Expr, state: State): Range => {
    switch (e.kind) {
      case 'local':
        return state[e.local] ?? typeRange(e.type)
      case 'select': {
        range(e.cond, state)
        const yes = assume(state, e.cond, true, quiet)
        const no = assume(state, e.cond, false, quiet)
        const then = yes && range(e.then, yes)
        const otherwise = no && range(e.else, no)
        return then && otherwise ? join(then, otherwise) : (then ?? otherwise ?? typeRange(e.type))
      }
      default:
        return fromParts(e, (part) => range(part, state))
    }
  }
  const range = (e: Expr, state: State): Range => note(e, compute(e, state))
  const quietly = <T>(work: () => T): T => {
    noting++
    const result = work()
    noting--
    return result
  }
  const quiet = (e: Expr, state: State): Range => quietly(() => compute(e, state))

  const run = (body: readonly Stmt[], start: MaybeState, exits: Exits): MaybeState => {
    let state = start
    for (const s of body) {
      if (!state) return undefined
      state = step(s, state, exits)
    }
    return state
  }

  const leave = (states: Map<number, MaybeState>, label: number, state: State): undefined => {
    states.set(label, joinStates(states.get(label), state))
    return undefined
  }

  const step = (s: Stmt, state: State, exits: Exits): MaybeState => {
    switch (s.kind) {
      case 'set': {
        const value = range(s.value, state)
        if (noting === 0) {
          const before = sets[s.local]
          sets[s.local] = before ? join(before, value) : value
        }
        return state.with(s.local, value)
      }
      case 'store':
        for (const index of s.indices) range(index, state)
        range(s.value, state)
        return state
      case 'if': {
        range(s.cond, state)
        const then = run(s.then, assume(state, s.cond, true, quiet), exits)
        return joinStates(then, run(s.else, assume(state, s.cond, false, quiet), exits))
      }
      case 'block': {
        const outer = exits.breaks.get(s.label)
        exits.breaks.set(s.label, undefined)
        const end = run(s.body, state, exits)
        const left = exits.breaks.get(s.label)
        exits.breaks.set(s.label, outer)
        return joinStates(end, left)
      }
      case 'loop':
        return loop(s, state, exits)
      case 'break':
        return leave(exits.breaks, s.label, state)
      case 'continue':
        return leave(exits.continues, s.label, state)
    }
  }

  const loop = (s: Extract<Stmt, { kind: 'loop' }>, start: State, exits: Exits): MaybeState => {
    /** Once round from `head`: the state with which the next round begins, and that after a break. */
    const round = (head: State, to: Exits): { again: MaybeState; left: MaybeState } => {
      to.breaks.set(s.label, undefined)
      to.continues.set(s.label, undefined)
      const end = run(s.body, head, to)
      const again = run(s.update, joinStates(end, to.continues.get(s.label)), to)
      return { again, left: to.breaks.get(s.label) }
    }
    const next = (head: State): State => {
      // What leaves further out counts in the last round only.
      const apart = { breaks: new Map(exits.breaks), continues: new Map(exits.continues) }
      return joinStates(start, round(head, apart).again) ?? start
    }
    const head = quietly(() => {
      let head = start
      for (let k = 0; ; k++) {
        const grown = joinStates(head, next(head)) ?? head
        if (sameState(grown, head)) return next(next(head))
        head = k < 2 ? grown : head.map((r, id) => widen(r, grown[id] ?? r))
      }
    })
    return round(head, exits).left
  }

  const entry = kernel.locals.map((l, k) =>
    k < kernel.nin ? typeRange(l.type) : rangeOf(castValue(l.type, 0)),
  )
  run(kernel.body, entry, { breaks: new Map(), continues: new Map() })
  const { atEntry } = liveness(kernel.body, kernel.outs)
  const locals = entry.map((first, k) => {
    const given = sets[k]
    return given && !atEntry.has(k) ? given : given ? join(first, given) : first
  })
  return { of: (e) => seen.get(e) ?? typeRange(e.type), locals }
}
