/**
 * THE op table: one record an op. What an op means is written here once, on bigints (integers, before wrapping to the result's
 * type), numbers (floats, before rounding f4) and booleans; the interpreter, constant folding and the tests all read it.
 * The emitters are `Record<Op, …>`, so a new row here is a type error there until it has been thought of.
 */
import { copySign, fusedMultiplyAdd, nearest } from './rounding.ts'

/** The kinds of type an op is defined on. */
export type OpDomain = 'int' | 'float' | 'bool'

export interface OpRow {
  readonly arity: 1 | 2 | 3
  /** The type of the result: the operands' own, or b1. */
  readonly result: 'same' | 'b1'
  readonly int?: (a: bigint, b: bigint, bits: number, signed: boolean) => bigint | boolean
  readonly float?: (a: number, b: number, c: number) => number | boolean
  /** Where an f4 result is not the f8 one, rounded. */
  readonly single?: (a: number, b: number, c: number) => number
  readonly bool?: (a: boolean, b: boolean) => boolean
  /** The property of `Math` that means the same on floats. */
  readonly math?: string
}

type Rows = Record<string, OpRow>

const minus1 = -1n
const abs = (a: bigint) => (a < 0n ? -a : a)
const floorDiv = (a: bigint, b: bigint) => {
  const q = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? q + minus1 : q
}
const countOnes = (a: bigint, bits: number) =>
  BigInt(BigInt.asUintN(bits, a).toString(2).replaceAll('0', '').length)
const countLeadingZeros = (a: bigint, bits: number) => {
  const unsigned = BigInt.asUintN(bits, a)
  return BigInt(unsigned === 0n ? bits : bits - unsigned.toString(2).length)
}
/** The nearest integer of a type. */
const saturate = (a: bigint, bits: number, signed: boolean) => {
  const lo = signed ? -(1n << BigInt(bits - 1)) : 0n
  const hi = (1n << BigInt(signed ? bits - 1 : bits)) - 1n
  return a < lo ? lo : a > hi ? hi : a
}
/** Shift counts are taken modulo the width, as JS does. */
const count = (b: bigint, bits: number) => BigInt.asUintN(64, b) % BigInt(bits)

const compare = (
  int: (a: bigint, b: bigint) => boolean,
  float: (a: number, b: number) => boolean,
): OpRow => ({ arity: 2, result: 'b1', int, float })

/** A function of `Math` on floats. */
const math = (name: 'exp' | 'log' | 'sin' | (keyof Math & string), arity: 1 | 2 = 1): OpRow => ({
  arity,
  result: 'same',
  float: Math[name as 'pow'],
  math: name,
})

/** A function that only kernel/math/ defines: `expand` comes before everything that would ask what it means. */
const library = (arity: 1 | 2 = 1): OpRow => ({ arity, result: 'same' })

export const ops = {
  // arithmetic
  add: { arity: 2, result: 'same', int: (a, b) => a + b, float: (a, b) => a + b },
  sub: { arity: 2, result: 'same', int: (a, b) => a - b, float: (a, b) => a - b },
  mul: { arity: 2, result: 'same', int: (a, b) => a * b, float: (a, b) => a * b },
  /** Integers truncate towards zero, and x/0 is 0. */
  div: { arity: 2, result: 'same', int: (a, b) => (b === 0n ? 0n : a / b), float: (a, b) => a / b },
  floordiv: { arity: 2, result: 'same', int: (a, b) => (b === 0n ? 0n : floorDiv(a, b)) },
  /** The sign of the dividend; x%0 is 0 on integers. */
  rem: { arity: 2, result: 'same', int: (a, b) => (b === 0n ? 0n : a % b), float: (a, b) => a % b },
  neg: { arity: 1, result: 'same', int: (a) => -a, float: (a) => -a },
  abs: { arity: 1, result: 'same', int: abs, float: Math.abs, math: 'abs' },
  sign: {
    arity: 1,
    result: 'same',
    int: (a) => (a > 0n ? 1n : a < 0n ? minus1 : 0n),
    float: Math.sign,
    math: 'sign',
  },
  min: {
    arity: 2,
    result: 'same',
    int: (a, b) => (a < b ? a : b),
    float: (a, b) => Math.min(a, b),
    math: 'min',
  },
  max: {
    arity: 2,
    result: 'same',
    int: (a, b) => (a > b ? a : b),
    float: (a, b) => Math.max(a, b),
    math: 'max',
  },
  /** As wasm has them, one instruction: the second where it is less (or greater), so the first beside a NaN. */
  pmin: { arity: 2, result: 'same', float: (a, b) => (b < a ? b : a) },
  pmax: { arity: 2, result: 'same', float: (a, b) => (b > a ? b : a) },

  // what lies between needs one bit more than the type has; `narrow` finds them
  /** (a + b) / 2, down: a halving add. */
  hadd: { arity: 2, result: 'same', int: (a, b) => (a + b) >> 1n },
  /** (a + b) / 2, up. */
  rhadd: { arity: 2, result: 'same', int: (a, b) => (a + b + 1n) >> 1n },
  /** (a + b) / 2, towards zero. */
  zhadd: { arity: 2, result: 'same', int: (a, b) => (a + b) / 2n },
  /** A sum, or difference, that stays at the end of the type's range. */
  addSat: { arity: 2, result: 'same', int: (a, b, bits, signed) => saturate(a + b, bits, signed) },
  subSat: { arity: 2, result: 'same', int: (a, b, bits, signed) => saturate(a - b, bits, signed) },

  // bits; shifts of signed types are arithmetic, of unsigned ones logical
  and: { arity: 2, result: 'same', int: (a, b) => a & b, bool: (a, b) => a && b },
  or: { arity: 2, result: 'same', int: (a, b) => a | b, bool: (a, b) => a || b },
  xor: { arity: 2, result: 'same', int: (a, b) => a ^ b, bool: (a, b) => a !== b },
  not: { arity: 1, result: 'same', int: (a) => ~a, bool: (a) => !a },
  shl: { arity: 2, result: 'same', int: (a, b, bits) => a << count(b, bits) },
  shr: { arity: 2, result: 'same', int: (a, b, bits) => a >> count(b, bits) },
  /** How many bits are one; `popcounts` finds it. */
  popcnt: { arity: 1, result: 'same', int: (a, _, bits) => countOnes(a, bits) },
  clz: { arity: 1, result: 'same', int: (a, _, bits) => countLeadingZeros(a, bits) },

  // comparison
  eq: {
    ...compare(
      (a, b) => a === b,
      (a, b) => a === b,
    ),
    bool: (a, b) => a === b,
  },
  ne: {
    ...compare(
      (a, b) => a !== b,
      (a, b) => a !== b,
    ),
    bool: (a, b) => a !== b,
  },
  lt: compare(
    (a, b) => a < b,
    (a, b) => a < b,
  ),
  le: compare(
    (a, b) => a <= b,
    (a, b) => a <= b,
  ),
  gt: compare(
    (a, b) => a > b,
    (a, b) => a > b,
  ),
  ge: compare(
    (a, b) => a >= b,
    (a, b) => a >= b,
  ),

  /** The size of the first, the sign of the second; which sign a NaN has is not said. */
  copysign: { arity: 2, result: 'same', float: copySign },
  /** a·b + c, rounded once. Only functions that were written for it use it. */
  fma: {
    arity: 3,
    result: 'same',
    float: (a, b, c) => fusedMultiplyAdd('f8', a, b, c),
    single: (a, b, c) => fusedMultiplyAdd('f4', a, b, c),
  },

  // rounding
  floor: math('floor'),
  ceil: math('ceil'),
  trunc: math('trunc'),
  round: math('round'),
  /** To the nearest integer, halves to the even one. */
  nearest: { arity: 1, result: 'same', float: nearest },

  // functions
  sqrt: math('sqrt'),
  cbrt: math('cbrt'),
  hypot: math('hypot', 2),
  exp: math('exp'),
  expm1: math('expm1'),
  log: math('log'),
  log1p: math('log1p'),
  log2: math('log2'),
  log10: math('log10'),
  pow: math('pow', 2),
  sin: math('sin'),
  cos: math('cos'),
  tan: math('tan'),
  asin: math('asin'),
  acos: math('acos'),
  atan: math('atan'),
  atan2: math('atan2', 2),
  sinh: math('sinh'),
  cosh: math('cosh'),
  tanh: math('tanh'),
  asinh: math('asinh'),
  acosh: math('acosh'),
  atanh: math('atanh'),

  // functions of lanewise/math: they have no other meaning than their IR
  exp2: library(),
  erf: library(),
  erfc: library(),
  gamma: library(),
  lgamma: library(),
  logaddexp: library(2),
  sinpi: library(),
  cospi: library(),
  nextafter: library(2),
  /** x 2^n for an integral n, rounded once. */
  ldexp: library(2),
  /** x = mantissa 2^exponent with |mantissa| in [1/2, 1): the two results of frexp, both as floats. */
  mantissa: library(),
  exponent: library(),
} as const satisfies Rows

export type Op = keyof typeof ops
/** The row of an op, at its general type. */
export const opRow = (op: Op): OpRow => ops[op]
