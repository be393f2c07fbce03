/** Every op as WGSL, class by class. `null` is a decision: the op is not defined on that class, or `expand` has written it in others. */
import type { Code } from '../../../dtype.ts'
import { type Op, ops } from '../../kernel/ops.ts'
import { bitsIn, type Class, type Classes, classOf, wrap } from './types.ts'

type Emit = (code: Code, a: string, b: string) => string
type Row = Readonly<Record<Op, Emit | null>>

const allOps = Object.keys(ops) as Op[]
const row = (defined: Partial<Record<Op, Emit>>): Row =>
  Object.fromEntries(allOps.map((name) => [name, defined[name] ?? null])) as Row

const call =
  (name: string): Emit =>
  (_, a, b) =>
    b === '' ? `${name}(${a})` : `${name}(${a}, ${b})`
const swapped =
  (name: string): Emit =>
  (_, a, b) =>
    `${name}(${b}, ${a})`
const not =
  (emit: Emit): Emit =>
  (code, a, b) =>
    `!${emit(code, a, b)}`
const infix =
  (sign: string): Emit =>
  (_, a, b) =>
    `(${a} ${sign} ${b})`
/** The result may leave the range of a narrow type. */
const wrapped =
  (emit: Emit): Emit =>
  (code, a, b) =>
    wrap(code, emit(code, a, b))

/** Shift counts are taken modulo the width. */
const count = (code: Code, b: string) => `(bitcast<u32>(${b}) & ${bitsIn(code) - 1}u)`
const longCount = (b: string) => `((${b}).x & 63u)`

const comparisons = {
  eq: infix('=='),
  ne: infix('!='),
  lt: infix('<'),
  le: infix('<='),
  gt: infix('>'),
  ge: infix('>='),
}
/** Of classes that compare by functions: less, equal, and less or equal. */
const compared = (lt: string, eq: string, le: Emit | null): Partial<Record<Op, Emit>> => ({
  eq: call(eq),
  ne: not(call(eq)),
  lt: call(lt),
  gt: swapped(lt),
  le: le ?? not(swapped(lt)),
  ge: le ? (code, a, b) => le(code, b, a) : not(call(lt)),
})

const ends: Partial<Record<Code, readonly [string, string]>> = {
  i1: ['-128', '127'],
  i2: ['-32768', '32767'],
  u1: ['0', '255'],
  u2: ['0', '65535'],
}
/** Narrow sums do not overflow an i32, so they only have to be cut. */
const saturating =
  (sign: '+' | '-', name: string): Emit =>
  (code, a, b) => {
    const range = ends[code]
    if (!range) return `${name}(${a}, ${b})`
    const sum = `clamp(i32(${a}) ${sign} i32(${b}), ${range[0]}, ${range[1]})`
    return classOf[code] === 'uint' ? `u32(${sum})` : sum
  }

const whole = {
  add: wrapped(infix('+')),
  sub: wrapped(infix('-')),
  mul: wrapped(infix('*')),
  and: infix('&'),
  or: infix('|'),
  xor: infix('^'),
  shl: wrapped((code, a, b) => `(${a} << ${count(code, b)})`),
  shr: (code, a, b) => `(${a} >> ${count(code, b)})`,
  not: wrapped((_, a) => `(~${a})`),
  min: call('min'),
  max: call('max'),
  ...comparisons,
} satisfies Partial<Record<Op, Emit>>

const clz: Emit = (code, a) => {
  const bits = bitsIn(code)
  const own = bits === 32 ? `bitcast<u32>(${a})` : `(bitcast<u32>(${a}) & ${2 ** bits - 1}u)`
  const zeros = `(countLeadingZeros(${own}) - ${32 - bits}u)`
  return classOf[code] === 'int' ? `i32(${zeros})` : zeros
}

const popcnt: Emit = (code, a) => {
  const bits = bitsIn(code)
  return bits === 32
    ? `countOneBits(${a})`
    : `countOneBits(${a} & ${2 ** bits - 1}${classOf[code] === 'int' ? '' : 'u'})`
}

const bool = row({
  and: infix('&'),
  or: infix('|'),
  xor: infix('!='),
  not: (_, a) => `(!${a})`,
  eq: infix('=='),
  ne: infix('!='),
})

const int = row({
  ...whole,
  neg: wrapped((_, a) => `(0 - ${a})`),
  abs: wrapped(call('abs')),
  sign: call('sign'),
  div: wrapped(call('div_i')),
  floordiv: wrapped(call('floordiv_i')),
  rem: call('rem_i'),
  hadd: call('hadd_i'),
  rhadd: call('rhadd_i'),
  zhadd: call('zhadd_i'),
  addSat: saturating('+', 'add_sat_i'),
  subSat: saturating('-', 'sub_sat_i'),
  clz,
  popcnt,
})

const uint = row({
  ...whole,
  neg: wrapped((_, a) => `(0u - ${a})`),
  abs: (_, a) => a,
  sign: (_, a) => `min(${a}, 1u)`,
  div: call('div_u'),
  floordiv: call('div_u'),
  rem: call('rem_u'),
  hadd: call('hadd_u'),
  rhadd: call('rhadd_u'),
  zhadd: call('hadd_u'),
  addSat: saturating('+', 'add_sat_u'),
  subSat: saturating('-', 'sub_sat_u'),
  clz,
  popcnt,
})

const words = {
  add: call('add_w'),
  sub: call('sub_w'),
  mul: call('mul_w'),
  neg: call('neg_w'),
  and: infix('&'),
  or: infix('|'),
  xor: infix('^'),
  not: (_, a) => `(~${a})`,
  shl: (_, a, b) => `shl_w(${a}, ${longCount(b)})`,
  clz: call('clz_pair'),
  popcnt: call('popcnt_pair'),
} satisfies Partial<Record<Op, Emit>>

const long = row({
  ...words,
  ...compared('lt_l', 'eq_w', null),
  shr: (_, a, b) => `shr_l(${a}, ${longCount(b)})`,
  abs: call('abs_l'),
  sign: call('sign_l'),
  min: call('min_l'),
  max: call('max_l'),
  div: call('div_l'),
  floordiv: call('floordiv_l'),
  rem: call('rem_l'),
  hadd: call('hadd_l'),
  rhadd: call('rhadd_l'),
  zhadd: call('zhadd_l'),
  addSat: call('add_sat_l'),
  subSat: call('sub_sat_l'),
})

const ulong = row({
  ...words,
  ...compared('lt_w', 'eq_w', null),
  shr: (_, a, b) => `shr_w(${a}, ${longCount(b)})`,
  abs: (_, a) => a,
  sign: (_, a) => `min_w(${a}, vec2u(1u, 0u))`,
  min: call('min_w'),
  max: call('max_w'),
  div: call('div_w'),
  floordiv: call('div_w'),
  rem: call('rem_w'),
  hadd: call('hadd_w'),
  rhadd: call('rhadd_w'),
  zhadd: call('hadd_w'),
  addSat: call('add_sat_w'),
  subSat: call('sub_sat_w'),
})

/** The same functions for all floats, by the end of their names. */
const floats = (end: 'f' | 'd' | 'p'): Partial<Record<Op, Emit>> => ({
  ...Object.fromEntries(
    (['neg', 'abs', 'sign', 'min', 'max', 'pmin', 'pmax', 'copysign', 'floor', 'ceil', 'trunc'] as const).map(
      (name) => [name, call(`${name}_${end}`)],
    ),
  ),
  round: call(`round_${end}`),
  nearest: call(`nearest_${end}`),
  sqrt: call(`sqrt_${end}`),
  ...compared(`lt_${end}`, `eq_${end}`, call(`le_${end}`)),
})

const float = row({
  ...floats('f'),
  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  div: infix('/'),
})

const double = row({
  ...floats('d'),
  add: call('add_d'),
  sub: call('sub_d'),
  mul: call('mul_d'),
  div: call('div_d'),
})

const pair = row({
  ...floats('p'),
  add: call('add_p'),
  sub: call('sub_p'),
  mul: call('mul_p'),
  div: call('div_p'),
})

const rows: Readonly<Record<Class, Row>> = { bool, int, uint, long, ulong, float, double, pair }

/** An op on operands of a dtype; `b` is '' where there is one. Null where it has no meaning, or is a function. */
export const emitOp = (op: Op, code: Code, a: string, b: string, classes: Classes = classOf): string | null =>
  rows[classes[code]][op]?.(code, a, b) ?? null
