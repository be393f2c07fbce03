/**
 * Integer expressions of a narrow type that go through a wider sum, and the one narrow op that is the same: means, `(a + b) >> 1`,
 * and sums that are cut off at the ends of the type, `min(a + b, 255)`.
 */
import type { Code } from '../../dtype.ts'
import { bitsOf, castValue, isInt } from './evaluate.ts'
import { isIntRange, join, type Range, typeRange, within } from './interval.ts'
import { constant, type Expr, op } from './ir.ts'
import type { Op } from './ops.ts'
import type { Ranges } from './ranges.ts'

type OpExpr = Extract<Expr, { kind: 'op' }>

export interface Idiom {
  readonly op: 'hadd' | 'rhadd' | 'zhadd' | 'addSat' | 'subSat'
  /** The narrow type: it holds both operands, and the result. */
  readonly type: Code
  readonly args: readonly [Expr, Expr]
  /** What is left to do with the result: the op's own kind of division, by this. */
  readonly then?: { readonly op: Op; readonly by: bigint }
}

const constantOf = (e: Expr | undefined): bigint | undefined => {
  if (e?.kind !== 'const') return undefined
  const value = castValue(e.type, e.value)
  return typeof value === 'bigint' ? value : undefined
}

const isOp = (e: Expr | undefined, ...names: readonly Op[]): e is OpExpr =>
  e?.kind === 'op' && names.includes(e.op)

/** The same value without casts that change nothing of it. */
function uncast(e: Expr | undefined, facts: Ranges): Expr | undefined {
  if (e?.kind !== 'cast' || !isInt(e.arg.type)) return e
  return within(facts.of(e.arg), typeRange(e.type)) ? uncast(e.arg, facts) : e
}

/** How far a sum is shifted down, or divided by a power of two, and how that rounds. */
function halvings(e: OpExpr, facts: Ranges): { count: bigint; round: 'hadd' | 'zhadd' } | undefined {
  const [sum] = e.args
  const by = constantOf(e.args[1])
  if (!sum || by === undefined || by < 1n) return undefined
  if (e.op === 'shr') return by < BigInt(bitsOf(e.type)) ? { count: by, round: 'hadd' } : undefined
  if ((e.op !== 'div' && e.op !== 'floordiv') || (by & (by - 1n)) !== 0n || by === 1n) return undefined
  const down = e.op === 'floordiv' || facts.of(sum).lo >= 0
  return { count: BigInt(by.toString(2).length - 1), round: down ? 'hadd' : 'zhadd' }
}

/** `fit` gives the narrowest type that holds a range and is no narrower than these operands are anyway. */
type Fit = (range: Range, operands: readonly Expr[]) => Code

function mean(e: OpExpr, facts: Ranges, fit: Fit): Idiom | undefined {
  const found = halvings(e, facts)
  const sum = uncast(e.args[0], facts)
  if (!found || !isOp(sum, 'add')) return undefined
  const [first, second] = sum.args
  const inner = uncast(first, facts)
  // (x + y + 1) >> 1 rounds up.
  const up = found.round === 'hadd' && constantOf(second) === 1n && isOp(inner, 'add')
  const [x, y] = up ? inner.args : sum.args
  if (!x || !y) return undefined
  const type = fit(join(facts.of(x), facts.of(y)), [x, y])
  // The sum itself must be exact, and too wide.
  if (bitsOf(type) >= bitsOf(sum.type) || within(facts.of(sum), typeRange(type))) return undefined
  const name = up ? 'rhadd' : found.round
  const rest = found.count - 1n
  if (rest === 0n) return { op: name, type, args: [x, y] }
  const then = name === 'zhadd' ? { op: 'div' as const, by: 1n << rest } : { op: 'shr' as const, by: rest }
  return { op: name, type, args: [x, y], then }
}

const saturatingTypes: readonly Code[] = ['u1', 'i1', 'u2', 'i2']

const least = (a: bigint, b: bigint) => (a < b ? a : b)
const greatest = (a: bigint, b: bigint) => (a > b ? a : b)

/** `e` without the `min` and `max` around it, and the bounds that they gave: an outer one also bounds what an inner one has cut off. */
function unclamped(
  given: Expr,
  facts: Ranges,
): { readonly inner: Expr; readonly lo?: bigint | undefined; readonly hi?: bigint | undefined } {
  const e = uncast(given, facts) ?? given
  if (!isOp(e, 'min', 'max')) return { inner: e }
  const [x, c] = e.args
  const bound = constantOf(c)
  if (!x || bound === undefined) return { inner: e }
  const { inner, lo, hi } = unclamped(x, facts)
  const cut = e.op === 'min' ? least : greatest
  const [low, high] = [lo, hi].map((b) => (b === undefined ? b : cut(b, bound)))
  return e.op === 'min' ? { inner, lo: low, hi: high ?? bound } : { inner, lo: low ?? bound, hi: high }
}

function clamped(e: OpExpr, facts: Ranges): Idiom | undefined {
  const { inner, lo, hi } = unclamped(e, facts)
  if (!isOp(inner, 'add', 'sub')) return undefined
  const [x, y] = inner.args
  const sum = facts.of(inner)
  if (!x || !y || !isIntRange(sum)) return undefined
  const type = saturatingTypes.find((t) => {
    const range = typeRange(t)
    const below = lo === range.lo || (lo === undefined && sum.lo >= range.lo)
    const above = hi === range.hi || (hi === undefined && sum.hi <= range.hi)
    return below && above && within(facts.of(x), range) && within(facts.of(y), range)
  })
  if (type === undefined || within(sum, typeRange(type))) return undefined
  return { op: inner.op === 'add' ? 'addSat' : 'subSat', type, args: [x, y] }
}

/** The idiom that `e`, an op on integers, is, if any. */
export function idiomOf(e: OpExpr, facts: Ranges, fit: Fit): Idiom | undefined {
  switch (e.op) {
    case 'shr':
    case 'div':
    case 'floordiv':
      return mean(e, facts, fit)
    case 'min':
    case 'max':
      return clamped(e, facts)
    default:
      return undefined
  }
}

/** The idiom as an expression, of operands that `as` makes ones of its type. */
export function fromIdiom({ op: name, type, args, then }: Idiom, as: (type: Code, e: Expr) => Expr): Expr {
  const made = op(
    name,
    args.map((a) => as(type, a)),
  )
  return then ? op(then.op, [made, constant(type, then.by)]) : made
}
