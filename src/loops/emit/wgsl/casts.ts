/** Conversions and constants. A cast is a typed-array store: truncated, wrapped modulo 2^n; NaN and infinities give 0. */
import type { Code } from '../../../dtype.ts'
import { bitsValue } from '../../kernel/evaluate.ts'
import type { Value } from '../../kernel/ir.ts'
import { type Class, type Classes, classOf, wrap } from './types.ts'

type Convert = (x: string) => string
const call =
  (name: string): Convert =>
  (x) =>
    `${name}(${x})`
const same: Convert = (x) => x
const low: Convert = (x) => `(${x}).x`
const signedLow: Convert = (x) => `bitcast<i32>((${x}).x)`
const one =
  (zero: string, value: string): Convert =>
  (x) =>
    `select(${zero}, ${value}, ${x})`
const after =
  (f: Convert, g: Convert): Convert =>
  (x) =>
    f(g(x))
const anyWord: Convert = (x) => `any(${x} != vec2u(0u, 0u))`

/** From a row to a column. What is cast to a narrow integer is wrapped afterwards. */
const table: Readonly<Record<Class, Readonly<Record<Class, Convert>>>> = {
  bool: {
    bool: same,
    int: one('0', '1'),
    uint: one('0u', '1u'),
    long: one('vec2u(0u, 0u)', 'vec2u(1u, 0u)'),
    ulong: one('vec2u(0u, 0u)', 'vec2u(1u, 0u)'),
    float: one('0f', '1f'),
    double: one('vec2u(0u, 0u)', 'vec2u(0u, 0x3ff00000u)'),
    pair: one('vec2u(0u, 0u)', 'vec2u(0x3f800000u, 0u)'),
  },
  int: {
    bool: (x) => `(${x} != 0)`,
    int: same,
    uint: call('bitcast<u32>'),
    long: call('i_to_w'),
    ulong: call('i_to_w'),
    float: call('f32'),
    double: after(call('l_to_d'), call('i_to_w')),
    pair: after(call('l_to_p'), call('i_to_w')),
  },
  uint: {
    bool: (x) => `(${x} != 0u)`,
    int: call('bitcast<i32>'),
    uint: same,
    long: (x) => `vec2u(${x}, 0u)`,
    ulong: (x) => `vec2u(${x}, 0u)`,
    float: call('f32'),
    double: (x) => `w_to_d(vec2u(${x}, 0u))`,
    pair: (x) => `w_to_p(vec2u(${x}, 0u))`,
  },
  long: {
    bool: anyWord,
    int: signedLow,
    uint: low,
    long: same,
    ulong: same,
    float: call('l_to_f'),
    double: call('l_to_d'),
    pair: call('l_to_p'),
  },
  ulong: {
    bool: anyWord,
    int: signedLow,
    uint: low,
    long: same,
    ulong: same,
    float: call('w_to_f'),
    double: call('w_to_d'),
    pair: call('w_to_p'),
  },
  float: {
    bool: (x) => `((bitcast<u32>(${x}) & 0x7fffffffu) != 0u)`,
    int: (x) => `bitcast<i32>(f_to_u(${x}))`,
    uint: call('f_to_u'),
    long: call('f_to_w'),
    ulong: call('f_to_w'),
    float: same,
    double: call('f_to_d'),
    pair: (x) => `made_p(${x}, 0f)`,
  },
  double: {
    bool: (x) => `!is_zero_d(${x})`,
    int: (x) => `bitcast<i32>(d_to_w(${x}).x)`,
    uint: (x) => `d_to_w(${x}).x`,
    long: call('d_to_w'),
    ulong: call('d_to_w'),
    float: call('d_to_f'),
    double: same,
    pair: call('d_to_p'),
  },
  pair: {
    bool: (x) => `!is_zero_f(hi_p(${x}))`,
    int: (x) => `bitcast<i32>(p_to_w(${x}).x)`,
    uint: (x) => `p_to_w(${x}).x`,
    long: call('p_to_w'),
    ulong: call('p_to_w'),
    float: call('hi_p'),
    double: call('p_to_d'),
    pair: same,
  },
}

export const emitCast = (from: Code, to: Code, x: string, classes: Classes = classOf): string =>
  from === to ? x : wrap(to, table[classes[from]][classes[to]](x))

/** A value of memory as the code holds it, and back. */
export const emitEntry = (code: Code, x: string, classes: Classes): string =>
  classes[code] === classOf[code] ? x : table[classOf[code]][classes[code]](x)
export const emitExit = (code: Code, x: string, classes: Classes): string =>
  classes[code] === classOf[code] ? x : table[classes[code]][classOf[code]](x)

/** The same bits as a type of the same size. */
export function emitBits(from: Code, to: Code, x: string): string {
  if (classOf[to] === 'float') return from === 'i4' ? `of_bits(bitcast<u32>(${x}))` : `of_bits(${x})`
  if (classOf[from] === classOf[to] || classOf[from] === 'double' || classOf[to] === 'double') return x
  return to === 'i4' ? `bitcast<i32>(${x})` : to === 'u4' ? `bitcast<u32>(${x})` : x
}

const hex = (value: bigint) => `0x${value.toString(16)}u`
const pair = (value: bigint): string => {
  const bits = BigInt.asUintN(64, value)
  return `vec2u(${hex(bits & 0xffffffffn)}, ${hex(bits >> 32n)})`
}

/** Subnormal and endless numbers are no literals of WGSL, which also refuses what it can compute them from. */
function floatText(value: number): string {
  const size = Math.abs(value)
  const plain = (size === 0 && !Object.is(value, -0)) || (size >= 2 ** -126 && size < Infinity)
  if (plain) return `${value}f`
  return `of_bits(${hex(BigInt.asUintN(32, bitsValue('f4', 'u4', value) as bigint))})`
}

/** A constant; `value` is as the interpreter holds it. */
export function emitConstant(code: Code, value: Value, classes: Classes = classOf): string {
  switch (classes[code]) {
    case 'bool':
      return String(value === true || value === 1)
    case 'int':
      return Number(value) === -(2 ** 31) ? '(-2147483647 - 1)' : `${Number(value)}`
    case 'uint':
      return `${Number(value)}u`
    case 'long':
    case 'ulong':
      return pair(BigInt(value))
    case 'float':
      return floatText(Math.fround(Number(value)))
    case 'double':
      return pair(bitsValue('f8', 'u8', Number(value)) as bigint)
    case 'pair': {
      const high = Math.fround(Number(value))
      const low = Number.isFinite(high) ? Math.fround(Number(value) - high) : 0
      const word = (x: number) => hex(bitsValue('f4', 'u4', x) as bigint)
      return `vec2u(${word(high)}, ${word(low)})`
    }
  }
}
