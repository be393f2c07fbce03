/** The key of a call: the dtypes of its operands, four bits each, inputs then outputs. */
import type { Given } from './choose.ts'

/** 0 is a result that is to be allocated. */
export const digits: Readonly<Record<Given, number>> = {
  ...{ b1: 1, i1: 2, i2: 3, i4: 4, i8: 5, u1: 6, u2: 7, u4: 8, u8: 9, f4: 10, f8: 11 },
  ...{ number: 12, bigint: 13, boolean: 14 },
}

/** Beyond these many operands the key is a text: more bits than a small integer has. */
export const mostDigits = 7
