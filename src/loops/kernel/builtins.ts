/**
 * The functions that a kernel finds in JavaScript and in lanewise/math, one row each. The former are known by identity, the latter by
 * their brand, so it does not matter under what name they arrive. What they mean on types is in infer-calls.ts.
 */
import type { Value as Constant } from './ir.ts'

const { isNaN: convertingIsNaN, isFinite: convertingIsFinite } = globalThis

/** The property of a function of lanewise/math that holds its name here; a `Symbol.for`, so that two copies of lanewise agree. */
export const mathBrand = Symbol.for('lanewise.math')

interface BuiltinRow {
  /** Null for functions of lanewise/math. */
  readonly fn: CallableFunction | null
  /** How many arguments it needs; further ones are ignored, unless `variadic`. */
  readonly arity: number
  readonly variadic: boolean
  /** Every engine gives the same bits, so a call on constants is a constant. */
  readonly exact: boolean
}

const exact = (fn: CallableFunction, arity: number): BuiltinRow => ({
  fn,
  arity,
  variadic: false,
  exact: true,
})
const inexact = (fn: CallableFunction, arity: number): BuiltinRow => ({
  fn,
  arity,
  variadic: false,
  exact: false,
})
const variadic = (fn: CallableFunction, isExact: boolean): BuiltinRow => ({
  fn,
  arity: 0,
  variadic: true,
  exact: isExact,
})

const library = (arity: number): BuiltinRow => ({ fn: null, arity, variadic: false, exact: false })

export const builtins = {
  'Math.abs': exact(Math.abs, 1),
  'Math.sign': exact(Math.sign, 1),
  'Math.floor': exact(Math.floor, 1),
  'Math.ceil': exact(Math.ceil, 1),
  'Math.trunc': exact(Math.trunc, 1),
  'Math.round': exact(Math.round, 1),
  'Math.min': variadic(Math.min, true),
  'Math.max': variadic(Math.max, true),
  'Math.fround': exact(Math.fround, 1),
  'Math.imul': exact(Math.imul, 2),
  'Math.clz32': exact(Math.clz32, 1),
  'Math.sqrt': exact(Math.sqrt, 1),
  'Math.hypot': variadic(Math.hypot, false),
  'Math.pow': inexact(Math.pow, 2),
  'Math.cbrt': inexact(Math.cbrt, 1),
  'Math.exp': inexact(Math.exp, 1),
  'Math.expm1': inexact(Math.expm1, 1),
  'Math.log': inexact(Math.log, 1),
  'Math.log1p': inexact(Math.log1p, 1),
  'Math.log2': inexact(Math.log2, 1),
  'Math.log10': inexact(Math.log10, 1),
  'Math.sin': inexact(Math.sin, 1),
  'Math.cos': inexact(Math.cos, 1),
  'Math.tan': inexact(Math.tan, 1),
  'Math.asin': inexact(Math.asin, 1),
  'Math.acos': inexact(Math.acos, 1),
  'Math.atan': inexact(Math.atan, 1),
  'Math.atan2': inexact(Math.atan2, 2),
  'Math.sinh': inexact(Math.sinh, 1),
  'Math.cosh': inexact(Math.cosh, 1),
  'Math.tanh': inexact(Math.tanh, 1),
  'Math.asinh': inexact(Math.asinh, 1),
  'Math.acosh': inexact(Math.acosh, 1),
  'Math.atanh': inexact(Math.atanh, 1),
  Number: exact(Number, 1),
  BigInt: inexact(BigInt, 1),
  Boolean: exact(Boolean, 1),
  isNaN: exact(convertingIsNaN, 1),
  isFinite: exact(convertingIsFinite, 1),
  'Number.isNaN': exact(Number.isNaN, 1),
  'Number.isFinite': exact(Number.isFinite, 1),
  'Number.isInteger': exact(Number.isInteger, 1),
  'Number.isSafeInteger': exact(Number.isSafeInteger, 1),
  'BigInt.asIntN': inexact(BigInt.asIntN, 2),
  'BigInt.asUintN': inexact(BigInt.asUintN, 2),
  exp2: library(1),
  erf: library(1),
  erfc: library(1),
  gamma: library(1),
  lgamma: library(1),
  logaddexp: library(2),
  sinpi: library(1),
  cospi: library(1),
  copysign: library(2),
  nextafter: library(2),
  ldexp: library(2),
  'frexp mantissa': library(1),
  'frexp exponent': library(1),
} as const satisfies Record<string, BuiltinRow>

export type Builtin = keyof typeof builtins

export const builtinRow = (name: Builtin): BuiltinRow => builtins[name]

const byFunction = new Map<unknown, Builtin>(
  (Object.keys(builtins) as Builtin[]).flatMap((name) => {
    const { fn } = builtins[name]
    return fn ? [[fn, name]] : []
  }),
)

/** The builtins that are the results of this function, if it is one: several for one that gives a tuple. */
export function builtinsOf(fn: CallableFunction): readonly Builtin[] | undefined {
  const known = byFunction.get(fn)
  if (known) return [known]
  const brand: unknown = Reflect.get(fn, mathBrand)
  return Array.isArray(brand) ? (brand as Builtin[]) : undefined
}

/** What a free name may mean in a kernel. */
export const globals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['Math', Math],
  ['Number', Number],
  ['BigInt', BigInt],
  ['Boolean', Boolean],
  ['isNaN', convertingIsNaN],
  ['isFinite', convertingIsFinite],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['undefined', undefined],
])

/** `name` of constants, where the answer is the same on every engine. */
export function foldCall(name: Builtin, args: readonly Constant[]): Constant | undefined {
  const { fn, exact: isExact } = builtinRow(name)
  if (!fn || !isExact || (args.some((a) => typeof a === 'bigint') && name !== 'Boolean')) return undefined
  const value: unknown = Reflect.apply(fn, undefined, args)
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined
}
