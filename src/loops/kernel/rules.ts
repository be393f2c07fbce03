/**
 * The algebra that `simplify` may use: only what is exact, bit for bit, on every value of the types named, -0, NaN and wrapping
 * included. Constants stand on the right of commutative ops and comparisons (`swap` sees to that).
 */
import { type Code, dtypes } from '../../dtype.ts'
import { bitsOf, castValue, evaluate, isFloat, isInt, sameValue, wrap } from './evaluate.ts'
import { cast, constant, type Expr, op } from './ir.ts'
import { type Rule, rewriter } from './match.ts'
import { functionOf } from './math/functions.ts'
import type { Op } from './ops.ts'
import { mayFail } from './reads.ts'

export const rules: readonly Rule[] = [
  // nothing added: x + 0 is not x for the float -0, x + -0 is
  ['int', ['add', 'x', 0], 'x'],
  ['float', ['add', 'x', -0], 'x'],
  ['number', ['sub', 'x', 0], 'x'],
  ['int', ['sub', 0, 'x'], ['neg', 'x']],
  ['int', ['sub', 'x', 'x'], 0],
  ['number', ['add', 'x', ['neg', 'y']], ['sub', 'x', 'y']],
  ['number', ['add', ['neg', 'x'], 'y'], ['sub', 'y', 'x']],
  ['number', ['sub', 'x', ['neg', 'y']], ['add', 'x', 'y']],
  ['int', ['add', ['sub', 'x', 'y'], 'y'], 'x'],
  ['int', ['sub', ['add', 'x', 'y'], 'y'], 'x'],
  ['int', ['add', ['add', 'x', 'c'], 'd'], ['add', 'x', ['add', 'c', 'd']]],
  ['int', ['sub', ['sub', 'x', 'c'], 'd'], ['sub', 'x', ['add', 'c', 'd']]],

  // times and by one
  ['number', ['mul', 'x', 1], 'x'],
  ['number', ['mul', 'x', -1], ['neg', 'x']],
  ['int', ['mul', 'x', 0], 0],
  ['int', ['mul', ['mul', 'x', 'c'], 'd'], ['mul', 'x', ['mul', 'c', 'd']]],
  ['number', ['div', 'x', 1], 'x'],
  ['float', ['div', 'x', -1], ['neg', 'x']],
  ['signed', ['div', 'x', -1], ['neg', 'x']],
  ['int', ['div', 'x', 0], 0],
  ['int', ['floordiv', 'x', 1], 'x'],
  ['int', ['floordiv', 'x', 0], 0],
  ['unsigned', ['floordiv', 'x', 'y'], ['div', 'x', 'y']],
  ['int', ['rem', 'x', 1], 0],
  ['signed', ['rem', 'x', -1], 0],
  ['int', ['rem', 'x', 0], 0],
  ['float', ['rem', 'x', 0], Number.NaN],
  ['float', ['mul', ['neg', 'x'], ['neg', 'y']], ['mul', 'x', 'y']],
  ['float', ['div', ['neg', 'x'], ['neg', 'y']], ['div', 'x', 'y']],
  ['int', ['mul', ['neg', 'x'], ['neg', 'y']], ['mul', 'x', 'y']],

  // signs
  ['number', ['neg', ['neg', 'x']], 'x'],
  ['int', ['neg', ['sub', 'x', 'y']], ['sub', 'y', 'x']],
  ['number', ['abs', ['abs', 'x']], ['abs', 'x']],
  ['signed', ['abs', ['neg', 'x']], ['abs', 'x']],
  ['float', ['abs', ['neg', 'x']], ['abs', 'x']],
  ['unsigned', ['abs', 'x'], 'x'],

  // least and greatest; on floats they are total: NaN wins, -0 is below 0
  ['any', ['min', 'x', 'x'], 'x'],
  ['any', ['max', 'x', 'x'], 'x'],
  ['any', ['min', ['min', 'x', 'y'], 'y'], ['min', 'x', 'y']],
  ['any', ['max', ['max', 'x', 'y'], 'y'], ['max', 'x', 'y']],
  ['any', ['min', ['min', 'x', 'c'], 'd'], ['min', 'x', ['min', 'c', 'd']]],
  ['any', ['max', ['max', 'x', 'c'], 'd'], ['max', 'x', ['max', 'c', 'd']]],
  ['int', ['min', ['max', 'x', 'y'], 'y'], 'y'],
  ['int', ['max', ['min', 'x', 'y'], 'y'], 'y'],

  // rounding what is round
  ['float', ['floor', ['floor', 'x']], ['floor', 'x']],
  ['float', ['ceil', ['ceil', 'x']], ['ceil', 'x']],
  ['float', ['trunc', ['trunc', 'x']], ['trunc', 'x']],
  ['float', ['trunc', ['floor', 'x']], ['floor', 'x']],
  ['float', ['trunc', ['ceil', 'x']], ['ceil', 'x']],
  ['float', ['trunc', ['round', 'x']], ['round', 'x']],

  // bits; -1 is all ones in every type
  ['int', ['and', 'x', 0], 0],
  ['int', ['and', 'x', -1], 'x'],
  ['int', ['or', 'x', 0], 'x'],
  ['int', ['or', 'x', -1], -1],
  ['int', ['xor', 'x', 0], 'x'],
  ['int', ['xor', 'x', -1], ['not', 'x']],
  ['exact', ['and', 'x', 'x'], 'x'],
  ['exact', ['or', 'x', 'x'], 'x'],
  ['int', ['xor', 'x', 'x'], 0],
  ['bool', ['xor', 'x', 'x'], false],
  ['exact', ['not', ['not', 'x']], 'x'],
  ['int', ['and', ['and', 'x', 'c'], 'd'], ['and', 'x', ['and', 'c', 'd']]],
  ['int', ['or', ['or', 'x', 'c'], 'd'], ['or', 'x', ['or', 'c', 'd']]],
  ['int', ['xor', ['xor', 'x', 'c'], 'd'], ['xor', 'x', ['xor', 'c', 'd']]],
  ['int', ['shl', 'x', 0], 'x'],
  ['int', ['shr', 'x', 0], 'x'],
  ['int', ['shl', 0, 'x'], 0],
  ['int', ['shr', 0, 'x'], 0],

  // truth
  ['bool', ['and', 'x', true], 'x'],
  ['bool', ['and', 'x', false], false],
  ['bool', ['or', 'x', false], 'x'],
  ['bool', ['or', 'x', true], true],
  ['bool', ['xor', 'x', false], 'x'],
  ['bool', ['xor', 'x', true], ['not', 'x']],
  ['bool', ['eq', 'x', true], 'x'],
  ['bool', ['eq', 'x', false], ['not', 'x']],
  ['bool', ['ne', 'x', false], 'x'],
  ['bool', ['ne', 'x', true], ['not', 'x']],
  ['bool', ['and', 'x', ['not', 'x']], false],
  ['bool', ['or', 'x', ['not', 'x']], true],
  ['bool', ['and', ['and', 'x', 'y'], 'y'], ['and', 'x', 'y']],
  ['bool', ['or', ['or', 'x', 'y'], 'y'], ['or', 'x', 'y']],

  // comparisons: !(x < y) is x >= y only without NaN
  ['exact', ['eq', 'x', 'x'], true],
  ['exact', ['ne', 'x', 'x'], false],
  ['number', ['lt', 'x', 'x'], false],
  ['number', ['gt', 'x', 'x'], false],
  ['int', ['le', 'x', 'x'], true],
  ['int', ['ge', 'x', 'x'], true],
  ['bool', ['not', ['eq', 'x', 'y']], ['ne', 'x', 'y']],
  ['bool', ['not', ['ne', 'x', 'y']], ['eq', 'x', 'y']],
  ['int', ['eq', ['sub', 'x', 'y'], 0], ['eq', 'x', 'y']],
  ['int', ['ne', ['sub', 'x', 'y'], 0], ['ne', 'x', 'y']],

  // selects
  ['any', ['select', 'x', 'y', 'y'], 'y'],
  ['any', ['select', ['not', 'x'], 'y', 'z'], ['select', 'x', 'z', 'y']],
  ['bool', ['select', 'x', true, false], 'x'],
  ['bool', ['select', 'x', false, true], ['not', 'x']],
  ['any', ['select', 'x', ['select', 'x', 'y', 'z'], 'z'], ['select', 'x', 'y', 'z']],

  // on integers a choice by size is a least or a greatest
  ['int', ['select', ['lt', 'x', 'y'], 'x', 'y'], ['min', 'x', 'y']],
  ['int', ['select', ['le', 'x', 'y'], 'x', 'y'], ['min', 'x', 'y']],
  ['int', ['select', ['gt', 'x', 'y'], 'x', 'y'], ['max', 'x', 'y']],
  ['int', ['select', ['ge', 'x', 'y'], 'x', 'y'], ['max', 'x', 'y']],
  ['int', ['select', ['lt', 'x', 'y'], 'y', 'x'], ['max', 'x', 'y']],
  ['int', ['select', ['le', 'x', 'y'], 'y', 'x'], ['max', 'x', 'y']],
  ['int', ['select', ['gt', 'x', 'y'], 'y', 'x'], ['min', 'x', 'y']],
  ['int', ['select', ['ge', 'x', 'y'], 'y', 'x'], ['min', 'x', 'y']],
  // and on floats what x86 calls so: the first operand, unless the second is less or greater
  ['float', ['select', ['lt', 'x', 'y'], 'x', 'y'], ['pmin', 'y', 'x']],
  ['float', ['select', ['gt', 'x', 'y'], 'x', 'y'], ['pmax', 'y', 'x']],
  ['float', ['select', ['lt', 'x', 'y'], 'y', 'x'], ['pmax', 'x', 'y']],
  ['float', ['select', ['gt', 'x', 'y'], 'y', 'x'], ['pmin', 'x', 'y']],
]

const commutes = new Set<Op>(['add', 'mul', 'min', 'max', 'and', 'or', 'xor', 'eq', 'ne'])
const mirror: Partial<Record<Op, Op>> = { lt: 'gt', gt: 'lt', le: 'ge', ge: 'le' }
const negation: Partial<Record<Op, Op>> = { lt: 'ge', ge: 'lt', gt: 'le', le: 'gt' }

/** Can every value of `from` be held by `to` as it is? */
export function holds(to: Code, from: Code): boolean {
  if (from === to || from === 'b1') return true
  const a = dtypes[from]
  const b = dtypes[to]
  if (b.kind === 'f') return a.kind === 'f' ? a.bytes <= b.bytes : a.bytes < b.bytes
  if (a.kind === 'f' || to === 'b1') return false
  return a.kind === b.kind ? a.bytes <= b.bytes : a.kind === 'u' && a.bytes < b.bytes
}

/** op(constants) -> constant; cast(constant) -> constant; a constant is held as its type holds it. */
function fold(e: Expr): Expr | undefined {
  if (e.kind === 'op') {
    // Functions that are written in IR are folded where they are expanded.
    if (isFloat(e.type) && functionOf(e.op)) return undefined
    const values = e.args.flatMap((a) => (a.kind === 'const' ? [castValue(a.type, a.value)] : []))
    if (values.length < e.args.length) return undefined
    return constant(e.type, evaluate(e.op, e.args[0]?.type ?? e.type, values))
  }
  if (e.kind === 'cast')
    return e.arg.kind === 'const'
      ? constant(e.type, castValue(e.type, castValue(e.arg.type, e.arg.value)))
      : undefined
  if (e.kind === 'select')
    return e.cond.kind === 'const' ? (e.cond.value === true ? e.then : e.else) : undefined
  if (e.kind !== 'const') return undefined
  const value = castValue(e.type, e.value)
  return sameValue(value, e.value) ? undefined : constant(e.type, value)
}

/** c + x -> x + c; c < x -> x > c */
function swap(e: Expr): Expr | undefined {
  if (e.kind !== 'op') return undefined
  const [a, b] = e.args
  if (a?.kind !== 'const' || !b || b.kind === 'const') return undefined
  const name = commutes.has(e.op) ? e.op : mirror[e.op]
  return name && { ...e, op: name, args: [b, a] }
}

/** A(B(x)) -> A(x), where B changes no value of x, or both only cut off high bits. */
function castOfCast(e: Expr): Expr | undefined {
  if (e.kind !== 'cast') return undefined
  if (e.arg.type === e.type) return e.arg
  if (e.arg.kind !== 'cast') return undefined
  const [a, b, x] = [e.type, e.arg.type, e.arg.arg]
  const cuts = isInt(a) && isInt(b) && bitsOf(a) <= bitsOf(b)
  return cuts || holds(b, x.type) ? cast(a, x) : undefined
}

/** B(x) < B(y) -> x < y, where B holds every value of x and y; also when y is a constant that x's type holds. */
function compareUncast(e: Expr): Expr | undefined {
  if (e.kind !== 'op' || e.type !== 'b1') return undefined
  const [a, b] = e.args
  if (a?.kind !== 'cast' || !b || !holds(a.type, a.arg.type)) return undefined
  const type = a.arg.type
  if (type === 'b1' && e.op !== 'eq' && e.op !== 'ne') return undefined
  if (b.kind === 'cast' && b.arg.type === type) return { ...e, args: [a.arg, b.arg] }
  if (b.kind !== 'const' || Object.is(b.value, -0)) return undefined
  const value = castValue(type, b.value)
  return Object.is(castValue(b.type, value), b.value)
    ? { ...e, args: [a.arg, constant(type, value)] }
    : undefined
}

/** !(x < y) -> x >= y on integers */
function notCompare(e: Expr): Expr | undefined {
  if (e.kind !== 'op' || e.op !== 'not') return undefined
  const [a] = e.args
  const name = a?.kind === 'op' ? negation[a.op] : undefined
  if (!name || a?.kind !== 'op' || !isInt(a.args[0]?.type ?? 'f8')) return undefined
  return { ...a, op: name }
}

/** select(c, x, false) -> c && x; select(c, true, x) -> c || x */
function selectOfTruth(e: Expr): Expr | undefined {
  if (e.kind !== 'select' || e.type !== 'b1') return undefined
  if (e.else.kind === 'const' && e.else.value === false && !mayFail(e.then))
    return op('and', [e.cond, e.then])
  if (e.then.kind === 'const' && e.then.value === true && !mayFail(e.else)) return op('or', [e.cond, e.else])
  return undefined
}

/** The exponent of a positive power of two, else undefined. */
function log2(value: bigint): number | undefined {
  return value > 0n && (value & (value - 1n)) === 0n ? value.toString(2).length - 1 : undefined
}

/** x * 2^k -> x << k; unsigned x / 2^k -> x >> k and x % 2^k -> x & (2^k - 1); floor(x / 2^k) -> x >> k */
function powerOfTwo(e: Expr): Expr | undefined {
  if (e.kind !== 'op' || !isInt(e.type)) return undefined
  const [x, c] = e.args
  if (!x || c?.kind !== 'const' || typeof c.value !== 'bigint') return undefined
  // In a signed type only the wrapped 2^(n-1) is negative, and x << (n-1) is what it multiplies to.
  const factor = e.op === 'mul' ? BigInt.asUintN(bitsOf(e.type), c.value) : c.value
  const k = log2(factor)
  if (k === undefined || k === 0) return undefined
  const unsigned = dtypes[e.type].kind === 'u'
  const count = constant(e.type, BigInt(k))
  if (e.op === 'mul') return { ...e, op: 'shl', args: [x, count] }
  if (e.op === 'floordiv' || (e.op === 'div' && unsigned)) return { ...e, op: 'shr', args: [x, count] }
  if (e.op === 'rem' && unsigned) return { ...e, op: 'and', args: [x, constant(e.type, c.value - 1n)] }
  return undefined
}

/** x / 2^k -> x * 2^-k on floats: exact, where 2^-k is a normal number */
function divisionByPower(e: Expr): Expr | undefined {
  if (e.kind !== 'op' || e.op !== 'div' || !isFloat(e.type)) return undefined
  const [x, c] = e.args
  if (!x || c?.kind !== 'const' || typeof c.value !== 'number') return undefined
  const power = Math.log2(Math.abs(c.value))
  const most = e.type === 'f4' ? 126 : 1022
  if (!Number.isInteger(power) || Math.abs(power) > most || 2 ** power !== Math.abs(c.value)) return undefined
  return { ...e, op: 'mul', args: [x, constant(e.type, 1 / c.value)] }
}

/** Counts are taken modulo the width; two shifts the same way are one. */
function shifts(e: Expr): Expr | undefined {
  if (e.kind !== 'op' || (e.op !== 'shl' && e.op !== 'shr')) return undefined
  const [x, c] = e.args
  if (!x || c?.kind !== 'const' || typeof c.value !== 'bigint') return undefined
  const bits = BigInt(bitsOf(e.type))
  const of = (count: bigint) => constant(e.type, wrap(e.type, count))
  const count = BigInt.asUintN(64, c.value) % bits
  if (count !== c.value) return { ...e, args: [x, of(count)] }
  if (x.kind !== 'op' || x.op !== e.op) return undefined
  const [y, d] = x.args
  if (!y || d?.kind !== 'const' || typeof d.value !== 'bigint' || d.value < 0n || d.value >= bits)
    return undefined
  const both = count + d.value
  if (both < bits) return { ...e, args: [y, of(both)] }
  if (e.op === 'shr' && dtypes[e.type].kind === 'i') return { ...e, args: [y, of(bits - 1n)] }
  return mayFail(y) ? undefined : of(0n)
}

const roundsAlike = new Set<Op>([
  ...(['add', 'sub', 'mul', 'div', 'sqrt', 'neg', 'abs', 'sign', 'min', 'max', 'pmin', 'pmax'] as const),
  ...(['floor', 'ceil', 'trunc', 'round'] as const),
])

/** An f8 expression whose values f4 holds, as f4. */
function asF4(e: Expr): Expr | undefined {
  if (e.kind === 'cast') return holds('f4', e.arg.type) ? cast('f4', e.arg) : undefined
  if (e.kind !== 'const') return undefined
  const value = castValue('f4', e.value)
  return sameValue(value, e.value) ? constant('f4', value) : undefined
}

/** f4(f8(x) + f8(y)) -> x + y: f8 has more than twice the digits of f4, so rounding twice is rounding once (Figueroa) */
function throughF8(e: Expr): Expr | undefined {
  if (e.kind !== 'cast' || e.type !== 'f4' || e.arg.kind !== 'op' || e.arg.type !== 'f8') return undefined
  if (!roundsAlike.has(e.arg.op)) return undefined
  const args = e.arg.args.flatMap((a) => asF4(a) ?? [])
  return args.length === e.arg.args.length ? { ...e.arg, type: 'f4', args } : undefined
}

const functions = [
  throughF8,
  fold,
  swap,
  castOfCast,
  compareUncast,
  notCompare,
  selectOfTruth,
  powerOfTwo,
  divisionByPower,
  shifts,
  rewriter(rules),
]

/** The expression after the first rule that applies at its root, else itself. */
export function rewrite(e: Expr): Expr {
  for (const rule of functions) {
    const made = rule(e)
    if (made) return made
  }
  return e
}
