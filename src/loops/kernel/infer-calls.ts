/** The functions of Math and Number on typed values: one row each. */

import { noIndex } from '../../outside.ts'
import type { Builtin } from './builtins.ts'
import { lowBits } from './infer-operators.ts'
import {
  and,
  constantOf,
  constantValue,
  convert,
  entering,
  float,
  held,
  int,
  make,
  pick,
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
import { asFloat, asNumber, common, irType, isFloat, isWide, type as makeType } from './types.ts'

type Call = (g: Typing, args: readonly Typed[], at: Place) => Typed

const none = constantOf(NaN)
const first = (args: readonly Typed[]): Typed => args[0] ?? none
const numberOf = (args: readonly Typed[]): Typed => convert(first(args), asNumber(first(args).type))

/** Integers are whole already: only floats need the op. */
const rounding =
  (name: Op): Call =>
  (_, args, at) => {
    const x = numberOf(args)
    return isFloat(x.type) ? typed(make(name, [x.expr], at), x.type) : x
  }

/** Defined on integers too. */
const keeping =
  (name: Op): Call =>
  (_, args, at) => {
    const x = numberOf(args)
    return typed(make(name, [x.expr], at), x.type)
  }

/** f4 for f4, else f8. */
const floating =
  (name: Op): Call =>
  (_, args, at) => {
    const to = asFloat(args.map((a) => a.type).reduce(common))
    return typed(
      make(
        name,
        args.map((a) => toBase(a, to)),
        at,
      ),
      to,
    )
  }

/** From the left, two by two, all in the type in which they meet. */
const folding =
  (name: Op, empty: number): Call =>
  (_, args, at) => {
    if (args.length === 0) return constantOf(empty)
    const to = asNumber(args.map((a) => a.type).reduce(common))
    return typed(
      args.map((a) => toBase(a, to)).reduce((a, b) => make(name, [a, b], at)),
      to,
    )
  }

const hypot: Call = (g, args, at) => {
  if (args.length === 0) return constantOf(0)
  const [only] = args
  if (only && args.length === 1) return floating('abs')(g, [only], at)
  const to = asFloat(args.map((a) => a.type).reduce(common))
  return typed(
    args.map((a) => toBase(a, to)).reduce((a, b) => make('hypot', [a, b], at)),
    to,
  )
}

const yes = constant('b1', true)
const no = constant('b1', false)

/** A question about a number; `ofInteger` is the answer for integers. */
const asking =
  (ofInteger: boolean, ofFloat: (x: Expr, at: Place) => Expr): Call =>
  (g, args, at) => {
    const x = first(args)
    return truthOf(isFloat(x.type) ? ofFloat(held(g, x).expr, at) : ofInteger ? yes : no)
  }

const isNaNCall = asking(false, (x, at) => make('ne', [x, x], at))
const below = (x: Expr, limit: number, name: 'lt' | 'le', at: Place): Expr =>
  make(name, [make('abs', [x], at), float(x.type, limit)], at)
const isFiniteCall = asking(true, (x, at) => below(x, Infinity, 'lt', at))
const isWhole = (x: Expr, at: Place): Expr => make('eq', [make('trunc', [x], at), x], at)
const largest = Number.MAX_SAFE_INTEGER

const isSafeInteger: Call = (g, args, at) => {
  const x = first(args)
  if (isFloat(x.type)) {
    const { expr } = held(g, x)
    // f4 rounds the limit itself up to 2^53, which is not safe.
    const limit = x.type.base === 'f4' ? below(expr, 2 ** 53, 'lt', at) : below(expr, largest, 'le', at)
    return truthOf(and(isWhole(expr, at), limit))
  }
  const { expr } = held(g, convert(x, asNumber(x.type)))
  const top = make('le', [expr, toCode(expr.type, int(largest))], at)
  if (expr.type === 'u8') return truthOf(top)
  return truthOf(and(top, make('ge', [expr, int(-largest)], at)))
}

/** Rounded to f4, but a number as JavaScript has it: what is computed from it is not f4. */
const fround: Call = (_, args) => {
  const x = first(args)
  if (x.type.base === 'f4') return x
  const to = asFloat(x.type)
  return typed(toCode('f8', toCode('f4', x.expr)), to)
}

const imul: Call = (_, args, at) => {
  const [a = none, b = none] = args
  const product = make('mul', [lowBits(a, 'i4'), lowBits(b, 'i4')], at)
  return typed(toCode('i8', product), makeType('int', a.type.from | b.type.from))
}

const clz32: Call = (_, args, at) => {
  const x = first(args)
  return typed(toCode('i8', make('clz', [lowBits(x, 'u4')], at)), makeType('int', x.type.from))
}

const toNumber: Call = (_, args) => {
  const x = first(args)
  return isWide(x.type) ? entering('f8', toCode('f8', x.expr)) : convert(x, asNumber(x.type))
}

const toBigInt: Call = (_, args) => {
  const x = first(args)
  return x.type.base === 'u8' ? x : entering('i8', toCode('i8', x.expr))
}

const widths = {
  asIntN: { 8: 'i1', 16: 'i2', 32: 'i4', 64: 'i8' },
  asUintN: { 8: 'u1', 16: 'u2', 32: 'u4', 64: 'u8' },
} as const

const cut =
  (name: 'asIntN' | 'asUintN'): Call =>
  (g, [bits = none, x = none], at) => {
    const n = constantValue(bits)
    const code = n === 8 || n === 16 || n === 32 || n === 64 ? widths[name][n] : undefined
    if (!code || isFloat(x.type)) {
      return g.fail(
        at,
        `BigInt.${name} takes a constant width of 8, 16, 32 or 64 and an integer`,
        [bits.type, x.type],
        'BigInt(x) makes an i8 of any number.',
      )
    }
    const kept = toCode(code, x.expr)
    return code === 'u8' ? entering('u8', kept) : entering('i8', toCode('i8', kept))
  }

/** Of the type of its first argument; the second is an integer, of any size: as an i8, 2^63 would be negative. */
const ldexp: Call = (g, [x = none, n = none], at) => {
  const to = asFloat(x.type)
  const count = convert(n, asNumber(n.type))
  const whole = isFloat(count.type) ? wholeOf(held(g, count).expr, at) : count.expr
  return typed(make('ldexp', [toBase(x, to), toCode(irType[to.base], whole)], at), to)
}
const wholeOf = (x: Expr, at: Place): Expr =>
  pick(below(x, Infinity, 'lt', at), make('trunc', [x], at), float(x.type, 0))

const frexpExponent: Call = (g, args, at) => {
  const { expr, type } = floating('exponent')(g, args, at)
  return typed(toCode('i8', toCode('i4', expr)), makeType('int', type.from))
}

export const calls: Readonly<Record<Builtin, Call>> = {
  'Math.abs': keeping('abs'),
  'Math.sign': keeping('sign'),
  'Math.floor': rounding('floor'),
  'Math.ceil': rounding('ceil'),
  'Math.trunc': rounding('trunc'),
  'Math.round': rounding('round'),
  'Math.min': folding('min', Infinity),
  'Math.max': folding('max', -Infinity),
  'Math.fround': fround,
  'Math.imul': imul,
  'Math.clz32': clz32,
  'Math.sqrt': floating('sqrt'),
  'Math.hypot': hypot,
  'Math.pow': floating('pow'),
  'Math.cbrt': floating('cbrt'),
  'Math.exp': floating('exp'),
  'Math.expm1': floating('expm1'),
  'Math.log': floating('log'),
  'Math.log1p': floating('log1p'),
  'Math.log2': floating('log2'),
  'Math.log10': floating('log10'),
  'Math.sin': floating('sin'),
  'Math.cos': floating('cos'),
  'Math.tan': floating('tan'),
  'Math.asin': floating('asin'),
  'Math.acos': floating('acos'),
  'Math.atan': floating('atan'),
  'Math.atan2': floating('atan2'),
  'Math.sinh': floating('sinh'),
  'Math.cosh': floating('cosh'),
  'Math.tanh': floating('tanh'),
  'Math.asinh': floating('asinh'),
  'Math.acosh': floating('acosh'),
  'Math.atanh': floating('atanh'),
  Number: toNumber,
  BigInt: toBigInt,
  Boolean: (_, args) => truthOf(truth(first(args))),
  isNaN: isNaNCall,
  isFinite: isFiniteCall,
  'Number.isNaN': isNaNCall,
  'Number.isFinite': isFiniteCall,
  'Number.isInteger': asking(true, (x, at) => and(isWhole(x, at), below(x, Infinity, 'lt', at))),
  'Number.isSafeInteger': isSafeInteger,
  'BigInt.asIntN': cut('asIntN'),
  'BigInt.asUintN': cut('asUintN'),
  exp2: floating('exp2'),
  erf: floating('erf'),
  erfc: floating('erfc'),
  gamma: floating('gamma'),
  lgamma: floating('lgamma'),
  logaddexp: floating('logaddexp'),
  sinpi: floating('sinpi'),
  cospi: floating('cospi'),
  copysign: floating('copysign'),
  nextafter: floating('nextafter'),
  ldexp,
  'frexp mantissa': floating('mantissa'),
  'frexp exponent': frexpExponent,
}

/** A float as an index, or as a size: what is no whole number becomes `otherwise`. */
export function indexOf(g: Typing, index: Typed, at: Place, otherwise = noIndex): Expr {
  const { expr, type } = convert(index, asNumber(index.type))
  if (!isFloat(type)) return toCode('i8', expr)
  const x = held(g, typed(expr, type)).expr
  return pick(and(isWhole(x, at), below(x, 2 ** 53, 'lt', at)), toCode('i8', x), int(otherwise))
}
