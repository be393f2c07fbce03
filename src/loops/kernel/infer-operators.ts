/** Operators on typed values: one row each. */

import {
  and,
  constantValue,
  convert,
  float,
  held,
  int,
  make,
  negated,
  or,
  type Typed,
  type Typing,
  toBase,
  toCode,
  truth,
  truthOf,
  typed,
} from './infer-values.ts'
import { constant, type Expr } from './ir.ts'
import type { Op } from './ops.ts'
import type { Place } from './source.ts'
import type { BinaryOperator, UnaryOperator } from './tree.ts'
import { asFloat, asNumber, common, isFloat, isWide, type as makeType, type Type } from './types.ts'

type Binary = (g: Typing, a: Typed, b: Typed, at: Place) => Typed

/** Both operands in the type in which they meet. */
const arithmetic =
  (name: Op): Binary =>
  (_, a, b, at) => {
    const to = common(a.type, b.type)
    return typed(make(name, [toBase(a, to), toBase(b, to)], at), to)
  }

/** Quotients are floats, also those of integers. */
const divide: Binary = (_, a, b, at) => {
  const to = asFloat(common(a.type, b.type))
  return typed(make('div', [toBase(a, to), toBase(b, to)], at), to)
}

/** The quotient of two integers, as an integer; undefined where one is a float. */
export function integerDivision(name: 'div' | 'floordiv', a: Typed, b: Typed, at: Place): Typed | undefined {
  if (isFloat(a.type) || isFloat(b.type)) return undefined
  const to = common(a.type, b.type)
  return typed(make(name, [toBase(a, to), toBase(b, to)], at), to)
}

const mirrored: Partial<Record<Op, Op>> = { lt: 'gt', gt: 'lt', le: 'ge', ge: 'le', eq: 'eq', ne: 'ne' }

/** A u8 with a signed integer: compared as the numbers they are, not as 64 bits. */
function compareUnsigned(g: Typing, name: Op, unsigned: Typed, signed: Typed, at: Place): Expr {
  const s = held(g, signed)
  const negative = make('lt', [s.expr, toCode(s.expr.type, int(0))], at)
  const bits = make(name, [unsigned.expr, toCode('u8', s.expr)], at)
  // Against a negative number a u8 is greater and different.
  return ['gt', 'ge', 'ne'].includes(name) ? or(negative, bits) : and(negated(negative), bits)
}

const compare =
  (name: Op): Binary =>
  (g, a, b, at) => {
    const signed = (t: Typed) => !isFloat(t.type) && t.type.base !== 'u8'
    const isNatural = (t: Typed) => (constantValue(t) ?? -1) >= 0
    if (a.type.base === 'u8' && signed(b) && !isNatural(b)) {
      return truthOf(compareUnsigned(g, name, a, convert(b, asNumber(b.type)), at))
    }
    if (b.type.base === 'u8' && signed(a) && !isNatural(a)) {
      return truthOf(compareUnsigned(g, mirrored[name] ?? name, b, convert(a, asNumber(a.type)), at))
    }
    if ((name === 'eq' || name === 'ne') && a.type.base === 'b1' && b.type.base === 'b1') {
      return truthOf(make(name, [a.expr, b.expr], at))
    }
    if (a.type.base === 'u8' && signed(b)) return truthOf(make(name, [a.expr, toCode('u8', b.expr)], at))
    if (b.type.base === 'u8' && signed(a)) return truthOf(make(name, [toCode('u8', a.expr), b.expr], at))
    const to = common(a.type, b.type)
    return truthOf(make(name, [toBase(a, to), toBase(b, to)], at))
  }

/** The low 32 bits, as JavaScript takes them of any number. */
export const lowBits = (value: Typed, code: 'i4' | 'u4'): Expr => toCode(code, value.expr)

const intFrom = (a: Type, b: Type = a): Type => makeType('int', a.from | b.from)

const bitwise =
  (name: Op): Binary =>
  (g, a, b, at) => {
    if (a.type.base === 'b1' && b.type.base === 'b1') {
      return typed(make(name, [a.expr, b.expr], at), makeType('b1', a.type.from | b.type.from))
    }
    if (isWide(a.type) || isWide(b.type)) {
      if (isFloat(a.type) || isFloat(b.type)) return mixedBits(g, a, b, at)
      return arithmetic(name)(g, a, b, at)
    }
    const bits = make(name, [lowBits(a, 'i4'), lowBits(b, 'i4')], at)
    return typed(toCode('i8', bits), intFrom(a.type, b.type))
  }

const mixedBits: Binary = (g, a, b, at) =>
  g.fail(
    at,
    'a bitwise operator on a 64-bit integer and a float',
    [a.type, b.type],
    'Convert the float first: BigInt(x) gives an i8.',
  )

/** Shifts: the type is that of what is shifted; `>>>` gives an unsigned one. */
const shift =
  (name: Op, code: 'i4' | 'u4', wide: (t: Type) => Type): Binary =>
  (g, a, b, at) => {
    if (isWide(a.type) || isWide(b.type)) {
      if (isFloat(a.type) || isFloat(b.type)) return mixedBits(g, a, b, at)
      const to = isWide(a.type) ? wide(a.type) : wide(makeType('i8', a.type.from))
      return typed(make(name, [toBase(a, to), toBase(b, to)], at), to)
    }
    const bits = make(name, [lowBits(a, code), toCode(code, lowBits(b, 'i4'))], at)
    return typed(toCode('i8', bits), intFrom(a.type))
  }

/** x ** n by repeated squaring. */
function multiplied(g: Typing, base: Typed, n: number, at: Place): Typed {
  if (n === 1) return base
  const half = multiplied(g, base, Math.floor(n / 2), at)
  const whole = held(g, half)
  const square = typed(make('mul', [whole.expr, whole.expr], at), base.type)
  return n % 2 === 0 ? square : typed(make('mul', [square.expr, base.expr], at), base.type)
}

const mostMultiplied = 1024

/** An integer to a constant power >= 0 stays an integer; floats are squared exactly as x * x. */
const power: Binary = (g, a, b, at) => {
  const n = b.expr.kind === 'const' ? Number(b.expr.value) : undefined
  const base = convert(a, asNumber(a.type))
  const whole = n !== undefined && Number.isInteger(n) && n >= 0 && n <= mostMultiplied
  if (whole && n === 0)
    return isFloat(base.type) ? typed(float(base.expr.type, 1), base.type) : typed(int(1), base.type)
  if (whole && (!isFloat(base.type) || n <= 2)) return multiplied(g, held(g, base), n, at)
  const to = asFloat(common(base.type, b.type))
  return typed(make('pow', [toBase(base, to), toBase(b, to)], at), to)
}

const same = (t: Type): Type => t
const unsigned = (t: Type): Type => makeType('u8', t.from)

export const binaryOperators: Readonly<Record<BinaryOperator, Binary>> = {
  '+': arithmetic('add'),
  '-': arithmetic('sub'),
  '*': arithmetic('mul'),
  '/': divide,
  '%': arithmetic('rem'),
  '**': power,
  '==': compare('eq'),
  '!=': compare('ne'),
  '<': compare('lt'),
  '<=': compare('le'),
  '>': compare('gt'),
  '>=': compare('ge'),
  '&': bitwise('and'),
  '|': bitwise('or'),
  '^': bitwise('xor'),
  '<<': shift('shl', 'i4', same),
  '>>': shift('shr', 'i4', same),
  '>>>': shift('shr', 'u4', unsigned),
}

type Unary = (a: Typed, at: Place) => Typed

export const unaryOperators: Readonly<Record<UnaryOperator, Unary>> = {
  '+': (a) => convert(a, asNumber(a.type)),
  '-': (a, at) => {
    const { expr, type } = convert(a, asNumber(a.type))
    return typed(make('neg', [expr], at), type)
  },
  '~': (a, at) => {
    if (isWide(a.type)) return typed(make('not', [a.expr], at), a.type)
    return typed(toCode('i8', make('not', [lowBits(a, 'i4')], at)), intFrom(a.type))
  },
  '!': (a) => {
    const cond = truth(a)
    return truthOf(cond.kind === 'const' ? constant('b1', cond.value !== true) : negated(cond))
  },
}

/** Is the operator one that takes the low 32 bits of its operands? Then it takes those of an integer quotient too. */
export const takesBits = (operator: BinaryOperator | UnaryOperator): boolean =>
  ['&', '|', '^', '<<', '>>', '>>>', '~'].includes(operator)
