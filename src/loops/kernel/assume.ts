/** What a condition that holds, or does not, tells about the locals in it. */
import type { Code } from '../../dtype.ts'
import { castValue, isFloat, isInt } from './evaluate.ts'
import {
  castRange,
  type FloatRange,
  type IntRange,
  isIntRange,
  meet,
  type Range,
  typeRange,
  within,
} from './interval.ts'
import type { Expr } from './ir.ts'
import type { Op } from './ops.ts'

/** A range for each local. */
export type State = readonly Range[]
/** undefined: this place is never reached. */
export type MaybeState = State | undefined
export type RangeOf = (e: Expr, state: State) => Range

const opposite: Partial<Record<Op, Op>> = { eq: 'ne', ne: 'eq', lt: 'ge', ge: 'lt', gt: 'le', le: 'gt' }
const mirrored: Partial<Record<Op, Op>> = { eq: 'eq', ne: 'ne', lt: 'gt', gt: 'lt', le: 'ge', ge: 'le' }

/** The values of a in `a op b`, when it holds. */
function intBound(op: Op, a: IntRange, b: IntRange): IntRange {
  switch (op) {
    case 'eq':
      return b
    case 'lt':
      return { lo: a.lo, hi: b.hi - 1n }
    case 'le':
      return { lo: a.lo, hi: b.hi }
    case 'gt':
      return { lo: b.lo + 1n, hi: a.hi }
    case 'ge':
      return { lo: b.lo, hi: a.hi }
    case 'ne':
      if (b.lo !== b.hi) return a
      return { lo: a.lo === b.lo ? a.lo + 1n : a.lo, hi: a.hi === b.lo ? a.hi - 1n : a.hi }
    default:
      return a
  }
}

function floatBound(op: Op, a: FloatRange, b: FloatRange): FloatRange {
  switch (op) {
    case 'eq':
      return b
    case 'lt':
    case 'le':
      return { lo: a.lo, hi: b.hi }
    case 'gt':
    case 'ge':
      return { lo: b.lo, hi: a.hi }
    default:
      return a
  }
}

const exact: FloatRange = { lo: -(2 ** 53), hi: 2 ** 53 }

/** The state in which `e` lies within `range`. */
function restrict(state: State, e: Expr, range: Range, rangeOf: RangeOf): MaybeState {
  if (e.kind === 'local') {
    const both = meet(state[e.local] ?? typeRange(e.type), range)
    return both && state.with(e.local, both)
  }
  if (e.kind === 'cast' && isInt(e.arg.type)) {
    const inner = rangeOf(e.arg, state)
    if (isIntRange(range))
      return within(inner, typeRange(e.type)) ? restrict(state, e.arg, range, rangeOf) : state
    const asFloat = castRange('f8', inner)
    if (e.type !== 'f8' || !within(asFloat, exact)) return state
    const bounds = meet(range, asFloat)
    if (!bounds || isIntRange(bounds)) return undefined
    const lo = BigInt(Math.ceil(bounds.lo))
    const hi = BigInt(Math.floor(bounds.hi))
    return lo <= hi ? restrict(state, e.arg, { lo, hi }, rangeOf) : undefined
  }
  if (e.kind === 'op' && (e.op === 'add' || e.op === 'sub') && isIntRange(range)) {
    const [x, c] = e.args
    if (!x || c?.kind !== 'const') return state
    const by = castValue(e.type, c.value)
    const inner = rangeOf(x, state)
    if (typeof by !== 'bigint' || !isIntRange(inner)) return state
    const shift = e.op === 'add' ? by : -by
    if (!within({ lo: inner.lo + shift, hi: inner.hi + shift }, typeRange(e.type))) return state
    return restrict(state, x, { lo: range.lo - shift, hi: range.hi - shift }, rangeOf)
  }
  return state
}

/** A comparison of floats that fails bounds nothing if the other side may be NaN: then it fails for every value. */
const sure = (e: Expr): boolean =>
  e.kind === 'const' ? !Number.isNaN(e.value) : e.kind === 'cast' && !isFloat(e.arg.type)

function compare(
  state: State,
  op: Op,
  a: Expr,
  b: Expr,
  type: Code,
  holds: boolean,
  rangeOf: RangeOf,
): MaybeState {
  const name = holds ? op : opposite[op]
  const mirror = name && mirrored[name]
  if (!name || !mirror) return state
  const bound = (at: State, e: Expr, by: Expr, how: Op): MaybeState => {
    const x = rangeOf(e, at)
    const y = rangeOf(by, at)
    if (isIntRange(x) && isIntRange(y)) {
      const r = intBound(how, x, y)
      return r.lo <= r.hi ? restrict(at, e, r, rangeOf) : undefined
    }
    if (isIntRange(x) || isIntRange(y) || (!holds && !sure(by))) return at
    const r = floatBound(how, x, y)
    // Where no number is left there may still be NaN.
    if (!(r.lo <= r.hi)) return holds || sure(e) ? undefined : at
    return restrict(at, e, r, rangeOf)
  }
  if (!isInt(type) && type !== 'b1' && !holds && !sure(a) && !sure(b)) return state
  const first = bound(state, a, b, name)
  return first && bound(first, b, a, mirror)
}

/** The state after `cond` was found to be `holds`; undefined if it cannot be. */
export function assume(state: State, cond: Expr, holds: boolean, rangeOf: RangeOf): MaybeState {
  const known = rangeOf(cond, state)
  if (known.lo === known.hi && (known.lo === 1n) !== holds) return undefined
  const want: IntRange = holds ? { lo: 1n, hi: 1n } : { lo: 0n, hi: 0n }
  if (cond.kind === 'local') return restrict(state, cond, want, rangeOf)
  if (cond.kind !== 'op') return state
  const [a, b] = cond.args
  if (!a) return state
  if (cond.op === 'not') return assume(state, a, !holds, rangeOf)
  if (!b) return state
  if ((cond.op === 'and' && holds) || (cond.op === 'or' && !holds)) {
    const first = assume(state, a, holds, rangeOf)
    return first && assume(first, b, holds, rangeOf)
  }
  return compare(state, cond.op, a, b, a.type, holds, rangeOf)
}
