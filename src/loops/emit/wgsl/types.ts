/**
 * How values stand in WGSL. Integers narrower than 32 bits live in an i32 or u32, always wrapped to their type; i8 and u8 are pairs
 * of words, the low one first; so is f8, which is computed bit by bit, or is a pair of f4 (library-pair.ts).
 */
import { type Code, dtypes } from '../../../dtype.ts'

/** What the ops of a dtype are written for: dtypes of one class share them. */
export type Class = 'bool' | 'int' | 'uint' | 'long' | 'ulong' | 'float' | 'double' | 'pair'

export type Classes = Readonly<Record<Code, Class>>

export const classOf: Classes = {
  b1: 'bool',
  i1: 'int',
  i2: 'int',
  i4: 'int',
  i8: 'long',
  u1: 'uint',
  u2: 'uint',
  u4: 'uint',
  u8: 'ulong',
  f4: 'float',
  f8: 'double',
}

/** With f8 as the sum of two f4: `precision: 'float-float'`. */
export const pairClasses: Classes = { ...classOf, f8: 'pair' }

/** Brings an i32 or u32 back into the range of a narrow integer. */
export function wrap(code: Code, value: string): string {
  switch (code) {
    case 'i1':
      return `extractBits(${value}, 0u, 8u)`
    case 'i2':
      return `extractBits(${value}, 0u, 16u)`
    case 'u1':
      return `(${value} & 0xffu)`
    case 'u2':
      return `(${value} & 0xffffu)`
    case 'b1':
    case 'i4':
    case 'u4':
    case 'i8':
    case 'u8':
    case 'f4':
    case 'f8':
      return value
  }
}

export const bitsIn = (code: Code): number => dtypes[code].bytes * 8
