/**
 * Arithmetic on intervals. Integers and b1 (0 and 1) have bigint bounds, floats number bounds; NaN is outside every float interval
 * and may always occur beside it. Each row says where an op's result lies before it wraps; rounding is monotone, so the rounded
 * bounds of floats bound the rounded values.
 */
import { type Code, codes, dtypes } from '../../dtype.ts'
import { bitsOf, castValue, isInt } from './evaluate.ts'
import type { Op } from './ops.ts'

export interface IntRange {
  readonly lo: bigint
  readonly hi: bigint
}
export interface FloatRange {
  readonly lo: number
  readonly hi: number
}
export type Range = IntRange | FloatRange

export const isIntRange = (r: Range): r is IntRange => typeof r.lo === 'bigint'

const least = (list: readonly bigint[]): bigint => list.reduce((a, b) => (b < a ? b : a))
const most = (list: readonly bigint[]): bigint => list.reduce((a, b) => (b > a ? b : a))
const hull = (...list: readonly bigint[]): IntRange => ({ lo: least(list), hi: most(list) })

const full: FloatRange = { lo: -Infinity, hi: Infinity }
const truth: IntRange = { lo: 0n, hi: 1n }

/** All values of a type. */
export const typeRange = (type: Code): Range => typeRanges[type]

function rangeOfType(type: Code): Range {
  const bits = BigInt(bitsOf(type))
  switch (dtypes[type].kind) {
    case 'b':
      return truth
    case 'u':
      return { lo: 0n, hi: (1n << bits) - 1n }
    case 'i':
      return { lo: -(1n << (bits - 1n)), hi: (1n << (bits - 1n)) - 1n }
    case 'f':
      return full
  }
}

const typeRanges = Object.fromEntries(codes.map((code) => [code, rangeOfType(code)])) as Record<Code, Range>

/** The very `a` where that holds all of `b`: most do, and whoever compares sees it at once. */
export function join(a: Range, b: Range): Range {
  if (a === b) return a
  if (isIntRange(a) && isIntRange(b)) {
    if (b.lo >= a.lo && b.hi <= a.hi) return a
    return { lo: b.lo < a.lo ? b.lo : a.lo, hi: b.hi > a.hi ? b.hi : a.hi }
  }
  if (!isIntRange(a) && !isIntRange(b)) return { lo: Math.min(a.lo, b.lo), hi: Math.max(a.hi, b.hi) }
  throw new TypeError('an integer and a float have no common range')
}

/** What lies in both; undefined if nothing does. */
export function meet(a: Range, b: Range): Range | undefined {
  if (isIntRange(a) && isIntRange(b)) {
    const lo = a.lo < b.lo ? b.lo : a.lo
    const hi = a.hi > b.hi ? b.hi : a.hi
    return lo <= hi ? { lo, hi } : undefined
  }
  if (isIntRange(a) || isIntRange(b)) throw new TypeError('an integer and a float have no common range')
  const lo = Math.max(a.lo, b.lo)
  const hi = Math.min(a.hi, b.hi)
  return lo <= hi ? { lo, hi } : undefined
}

export const within = (inner: Range, outer: Range): boolean => inner.lo >= outer.lo && inner.hi <= outer.hi

export const rangeOf = (value: number | bigint | boolean): Range => {
  if (typeof value === 'bigint') return { lo: value, hi: value }
  if (typeof value === 'boolean') return value ? { lo: 1n, hi: 1n } : { lo: 0n, hi: 0n }
  return Number.isNaN(value) ? full : { lo: value, hi: value }
}

/** The smallest 2^k - 1 that the magnitudes of all these values stay below or at; for a negative x that of ~x. */
function mask(...ranges: readonly IntRange[]): bigint {
  const top = most(ranges.flatMap((r) => [r.hi < 0n ? ~r.hi : r.hi, r.lo < 0n ? ~r.lo : r.lo]))
  return top === 0n ? 0n : (1n << BigInt(top.toString(2).length)) - 1n
}

const spread = (a: IntRange, b: IntRange, f: (x: bigint, y: bigint) => bigint): IntRange =>
  hull(f(a.lo, b.lo), f(a.lo, b.hi), f(a.hi, b.lo), f(a.hi, b.hi))

/** Quotients are monotone on the divisors of one sign; by zero they are 0. */
function quotients(a: IntRange, b: IntRange, f: (x: bigint, y: bigint) => bigint): IntRange {
  const divisors = [b.lo, b.hi, -1n, 1n].filter((d) => d !== 0n && d >= b.lo && d <= b.hi)
  const found = divisors.flatMap((d) => [f(a.lo, d), f(a.hi, d)])
  if (b.lo <= 0n && b.hi >= 0n) found.push(0n)
  return hull(...found)
}

const floorDiv = (x: bigint, y: bigint) => (x % y !== 0n && x < 0n !== y < 0n ? x / y - 1n : x / y)

function remainders(a: IntRange, b: IntRange): IntRange {
  const largest = most([b.lo < 0n ? -b.lo : b.lo, b.hi < 0n ? -b.hi : b.hi])
  if (largest === 0n) return { lo: 0n, hi: 0n }
  return {
    lo: a.lo < 0n ? most([a.lo, 1n - largest]) : 0n,
    hi: a.hi > 0n ? least([a.hi, largest - 1n]) : 0n,
  }
}

/** Counts are masked: one that may reach the width may be anything below it. */
const counts = (b: IntRange, bits: number): IntRange =>
  b.lo >= 0n && b.hi < BigInt(bits) ? b : { lo: 0n, hi: BigInt(bits - 1) }

const length = (x: bigint) => (x === 0n ? 0n : BigInt(x.toString(2).length))

const decide = (yes: boolean, no: boolean): IntRange =>
  yes ? { lo: 1n, hi: 1n } : no ? { lo: 0n, hi: 0n } : truth

type IntRow = (a: IntRange, b: IntRange, type: Code) => IntRange

const intRows: Partial<Record<Op, IntRow>> = {
  add: (a, b) => ({ lo: a.lo + b.lo, hi: a.hi + b.hi }),
  sub: (a, b) => ({ lo: a.lo - b.hi, hi: a.hi - b.lo }),
  mul: (a, b) => spread(a, b, (x, y) => x * y),
  div: (a, b) => quotients(a, b, (x, y) => x / y),
  floordiv: (a, b) => quotients(a, b, floorDiv),
  rem: remainders,
  neg: (a) => ({ lo: -a.hi, hi: -a.lo }),
  abs: (a) => {
    const ends = hull(a.lo < 0n ? -a.lo : a.lo, a.hi < 0n ? -a.hi : a.hi)
    return a.lo <= 0n && a.hi >= 0n ? { lo: 0n, hi: ends.hi } : ends
  },
  sign: (a) => ({ lo: a.lo < 0n ? -1n : a.lo > 0n ? 1n : 0n, hi: a.hi < 0n ? -1n : a.hi > 0n ? 1n : 0n }),
  min: (a, b) => ({ lo: least([a.lo, b.lo]), hi: least([a.hi, b.hi]) }),
  max: (a, b) => ({ lo: most([a.lo, b.lo]), hi: most([a.hi, b.hi]) }),
  hadd: (a, b) => ({ lo: (a.lo + b.lo) >> 1n, hi: (a.hi + b.hi) >> 1n }),
  rhadd: (a, b) => ({ lo: (a.lo + b.lo + 1n) >> 1n, hi: (a.hi + b.hi + 1n) >> 1n }),
  zhadd: (a, b) => ({ lo: (a.lo + b.lo) / 2n, hi: (a.hi + b.hi) / 2n }),
  and: (a, b) => {
    if (a.lo >= 0n && b.lo >= 0n) return { lo: 0n, hi: least([a.hi, b.hi]) }
    if (a.lo >= 0n) return { lo: 0n, hi: a.hi }
    if (b.lo >= 0n) return { lo: 0n, hi: b.hi }
    return { lo: ~mask(a, b), hi: most([a.hi, b.hi, -1n]) }
  },
  or: (a, b) => ({ lo: a.lo >= 0n && b.lo >= 0n ? most([a.lo, b.lo]) : ~mask(a, b), hi: mask(a, b) }),
  xor: (a, b) => ({ lo: a.lo >= 0n && b.lo >= 0n ? 0n : ~mask(a, b), hi: mask(a, b) }),
  not: (a, _, type) => {
    const top = dtypes[type].kind === 'u' ? (1n << BigInt(bitsOf(type))) - 1n : -1n
    return { lo: top - a.hi, hi: top - a.lo }
  },
  shl: (a, b, type) => spread(a, counts(b, bitsOf(type)), (x, y) => x << y),
  shr: (a, b, type) => spread(a, counts(b, bitsOf(type)), (x, y) => x >> y),
  clz: (a, _, type) => {
    const bits = BigInt(bitsOf(type))
    return a.lo < 0n ? { lo: 0n, hi: bits } : { lo: bits - length(a.hi), hi: bits - length(a.lo) }
  },
  popcnt: (_a, _b, type) => ({ lo: 0n, hi: BigInt(bitsOf(type)) }),
  eq: (a, b) => decide(a.lo === a.hi && b.lo === b.hi && a.lo === b.lo, a.hi < b.lo || b.hi < a.lo),
  ne: (a, b) => decide(a.hi < b.lo || b.hi < a.lo, a.lo === a.hi && b.lo === b.hi && a.lo === b.lo),
  lt: (a, b) => decide(a.hi < b.lo, a.lo >= b.hi),
  le: (a, b) => decide(a.hi <= b.lo, a.lo > b.hi),
  gt: (a, b) => decide(a.lo > b.hi, a.hi <= b.lo),
  ge: (a, b) => decide(a.lo >= b.hi, a.hi < b.lo),
}

const corners = (a: FloatRange, b: FloatRange, f: (x: number, y: number) => number): FloatRange => {
  const ends = [f(a.lo, b.lo), f(a.lo, b.hi), f(a.hi, b.lo), f(a.hi, b.hi)]
  return ends.some(Number.isNaN) ? full : { lo: Math.min(...ends), hi: Math.max(...ends) }
}
const rising =
  (f: (x: number) => number) =>
  (a: FloatRange): FloatRange => ({ lo: f(a.lo), hi: f(a.hi) })

type FloatRow = (a: FloatRange, b: FloatRange) => FloatRange

/** Functions that engines approximate are left out: nothing is promised of their last bit. */
const floatRows: Partial<Record<Op, FloatRow>> = {
  add: (a, b) => corners(a, b, (x, y) => x + y),
  sub: (a, b) => corners(a, b, (x, y) => x - y),
  mul: (a, b) => corners(a, b, (x, y) => x * y),
  div: (a, b) => (b.lo <= 0 && b.hi >= 0 ? full : corners(a, b, (x, y) => x / y)),
  rem: (a) => ({ lo: Math.min(a.lo, 0), hi: Math.max(a.hi, 0) }),
  neg: (a) => ({ lo: -a.hi, hi: -a.lo }),
  abs: (a) => ({
    lo: a.lo <= 0 && a.hi >= 0 ? 0 : Math.min(Math.abs(a.lo), Math.abs(a.hi)),
    hi: Math.max(Math.abs(a.lo), Math.abs(a.hi)),
  }),
  sign: rising(Math.sign),
  min: (a, b) => ({ lo: Math.min(a.lo, b.lo), hi: Math.min(a.hi, b.hi) }),
  max: (a, b) => ({ lo: Math.max(a.lo, b.lo), hi: Math.max(a.hi, b.hi) }),
  floor: rising(Math.floor),
  ceil: rising(Math.ceil),
  trunc: rising(Math.trunc),
  round: rising(Math.round),
  sqrt: rising((x) => Math.sqrt(Math.max(x, 0))),
}

/** Where the values of an op lie that has operands of `type` in these ranges. */
export function opRange(op: Op, type: Code, result: Code, args: readonly Range[]): Range {
  const [a, b = a] = args
  const whole = typeRange(result)
  if (!a || !b) return whole
  if (isIntRange(a) && isIntRange(b)) {
    // On b1 the bits are the truth values; only `not` is another function there.
    const row =
      type === 'b1' && op === 'not' ? (x: IntRange) => ({ lo: 1n - x.hi, hi: 1n - x.lo }) : intRows[op]
    const raw = row?.(a, b, type)
    return raw && within(raw, whole) ? raw : whole
  }
  if (isIntRange(a) || isIntRange(b) || isInt(result) || result === 'b1') return whole
  const raw = floatRows[op]?.(a, b)
  return raw ? { lo: roundTo(result, raw.lo), hi: roundTo(result, raw.hi) } : whole
}

const roundTo = (type: Code, x: number): number => (type === 'f4' ? Math.fround(x) : x)

/** Where the values of a cast lie. */
export function castRange(to: Code, from: Range): Range {
  const whole = typeRange(to)
  if (to === 'b1') {
    if (!isIntRange(from)) return whole
    return decide(from.lo > 0n || from.hi < 0n, from.lo === 0n && from.hi === 0n)
  }
  if (!isInt(to)) {
    return { lo: Number(castValue(to, from.lo)), hi: Number(castValue(to, from.hi)) }
  }
  if (isIntRange(from)) return within(from, whole) ? from : whole
  if (!Number.isFinite(from.lo) || !Number.isFinite(from.hi)) return whole
  // NaN becomes 0.
  const ends = hull(BigInt(Math.trunc(from.lo)), BigInt(Math.trunc(from.hi)), 0n)
  return within(ends, whole) ? ends : whole
}
