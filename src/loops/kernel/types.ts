/**
 * The types of the kernel language and how they meet. A type is a base and the dtypes that entered into the value: they decide
 * whether an int may meet f4 as f4, and what dtype a result has that was left out. A value that nothing but literals, captured
 * numbers and counters entered is weak: it takes the type of what it meets.
 */
import { type Code, canCast, codes, dtypes } from '../../dtype.ts'

export type Base = 'b1' | 'int' | 'i8' | 'u8' | 'f4' | 'f8'

export interface Type {
  readonly base: Base
  /** A set of dtypes, one bit each, and the bit of weak numbers. */
  readonly from: number
}

const bit = (code: Code): number => 1 << codes.indexOf(code)
const weakBit = 1 << codes.length

export const type = (base: Base, from: number): Type => ({ base, from })

/** The base that values of a dtype have in a kernel: exact integers, unless they have 64 bits. */
const bases: Readonly<Record<Code, Base>> = {
  b1: 'b1',
  i1: 'int',
  i2: 'int',
  i4: 'int',
  u1: 'int',
  u2: 'int',
  u4: 'int',
  i8: 'i8',
  u8: 'u8',
  f4: 'f4',
  f8: 'f8',
}

/** The type of an operand of this dtype. */
export const typeOfCode = (code: Code): Type => type(bases[code], bit(code))

/** What comparisons give: no dtype enters through them, so in arithmetic they are as weak as the 1 and 0 that minifiers make of them. */
export const truthType: Type = type('b1', 0)
export const weakInt = type('int', weakBit)
export const weakFloat = type('f8', weakBit)

/** What the base is in the IR. */
export const irType: Readonly<Record<Base, Code>> = {
  b1: 'b1',
  int: 'i8',
  i8: 'i8',
  u8: 'u8',
  f4: 'f4',
  f8: 'f8',
}

export const isWeak = ({ from }: Type): boolean => (from & ~weakBit) === 0
export const isFloat = ({ base }: Type): boolean => base === 'f4' || base === 'f8'
/** 64 bits that wrap, as opposed to an exact int. */
export const isWide = ({ base }: Type): boolean => base === 'i8' || base === 'u8'

const has = (from: number, code: Code): boolean => (from & bit(code)) !== 0
const entered = ({ from }: Type): readonly Code[] => codes.filter((code) => has(from, code))

/** The type of a literal, judged by its value: a whole number that JavaScript holds exactly is an int. */
export function typeOfConstant(value: number | bigint | boolean): Type {
  if (typeof value === 'boolean') return truthType
  if (typeof value === 'bigint') return type(value >= 2n ** 63n ? 'u8' : 'i8', weakBit)
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? weakInt : weakFloat
}

function commonFloat(a: Type, b: Type): Type {
  const from = a.from | b.from
  const strongF8 = (t: Type) => t.base === 'f8' && !isWeak(t)
  if (strongF8(a) || strongF8(b)) return type('f8', from)
  if (a.base === 'f4' || b.base === 'f4') {
    const other = a.base === 'f4' ? b : a
    const fits = !isWide(other) && entered(other).every((code) => canCast(code, 'f4'))
    return fits || isFloat(other) ? type('f4', from) : type('f8', from | bit('f8'))
  }
  // A fraction is left: with anything but weak values it is an f8.
  return isWeak(type('f8', from)) && !isWide(a) && !isWide(b) ? weakFloat : type('f8', from | bit('f8'))
}

function commonInt(a: Type, b: Type): Type {
  const from = a.from | b.from
  if (!isWide(a) && !isWide(b)) return type('int', from)
  const narrow = [a, b].filter((t) => !isWide(t))
  const unsigned = [a, b].some((t) => t.base === 'u8' && !isWeak(t))
  // A literal follows a u8; everything else makes it signed.
  if (unsigned && [a, b].every((t) => t.base === 'u8' || isWeak(t))) return type('u8', from)
  if (a.base === 'u8' && b.base === 'u8') return type('u8', from)
  // A bigint literal among ints brings in its 64 bits.
  const literal = [a, b].some((t) => isWide(t) && isWeak(t)) && narrow.some((t) => !isWeak(t))
  return type('i8', literal ? from | bit('i8') : from)
}

/** The type in which two values meet in arithmetic. */
export const common = (a: Type, b: Type): Type =>
  isFloat(a) || isFloat(b) ? commonFloat(a, b) : commonInt(a, b)

/** The type of a local that holds the one or the other; truth values among themselves stay what they are. */
export const join = (a: Type, b: Type): Type =>
  a.base === 'b1' && b.base === 'b1' ? type('b1', a.from | b.from) : common(a, b)

export const sameType = (a: Type, b: Type): boolean => a.base === b.base && a.from === b.from

/** The value as a number: true is 1. */
export const asNumber = (t: Type): Type => (t.base === 'b1' ? type('int', t.from) : t)

/** The type of a function that has no integer form: f4 for f4, else f8. */
export function asFloat(t: Type): Type {
  if (isFloat(t)) return t
  return isWeak(t) && !isWide(t) ? weakFloat : type('f8', t.from | bit('f8'))
}

/** The dtype of a result that was left out: NumPy's promotion of what entered. */
export function resultCode(t: Type): Code {
  if (t.base === 'b1') return 'b1'
  const dtypesIn = entered(t)
  if (dtypesIn.length === 0) return isWide(t) ? irType[t.base] : 'f8'
  const found = codes.find((c) => dtypesIn.every((d) => canCast(d, c)))
  // A weak int with bool is NumPy's default int.
  if (found === 'b1' && (t.from & weakBit) !== 0) return 'i8'
  return found ?? 'f8'
}

/** For people: the base, and what kind of value it is. */
export const showType = (t: Type): string => (isWeak(t) ? `weak ${isFloat(t) ? 'float' : 'int'}` : t.base)

/** Do values of this type go into a parameter of this dtype, as an argument of a call by signature? */
export function accepts(code: Code, t: Type): boolean {
  if (t.base === 'b1') return true
  if (!isWeak(t)) return canCast(resultCode(t), code)
  return isFloat(t) ? dtypes[code].kind === 'f' : code !== 'b1'
}
