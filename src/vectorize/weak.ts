/** JavaScript's scalars as operands: 0-d arrays of the loop's dtype, or the reason why they cannot be. */
import { storedAs } from '../broadcast/nested.ts'
import { scalar } from '../broadcast/operand.ts'
import type { Strided } from '../broadcast/view.ts'
import { type Code, dtypes } from '../dtype.ts'
import { CastingError } from '../errors.ts'
import type { Types, Weak } from './choose.ts'

export type Scalar = number | bigint | boolean

export const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'

export const kindOf = (value: Scalar): Weak =>
  typeof value === 'number' ? 'number' : typeof value === 'bigint' ? 'bigint' : 'boolean'

/** Its dtype where no array stands beside it. */
export const codeOfScalar = (value: Scalar): Code =>
  typeof value === 'number' ? 'f8' : typeof value === 'bigint' ? 'i8' : 'b1'

/** Does the dtype hold this value exactly? Floats take every number: they round. Only a bigint can be beyond them all. */
export function fits(code: Code, value: Scalar): boolean {
  const { kind, bytes } = dtypes[code]
  if (typeof value === 'boolean') return true
  if (kind === 'f') return typeof value === 'number' || Number.isFinite(Number(value))
  if (typeof value === 'number' && !Number.isInteger(value)) return false
  if (kind === 'b') return value >= 0 && value <= 1
  const bits = bytes * 8
  return kind === 'u'
    ? value >= 0 && value < 2 ** bits
    : value >= -(2 ** (bits - 1)) && value < 2 ** (bits - 1)
}

/** The value as a typed-array store keeps it. */
export function weakOperand(code: Code, value: Scalar): Strided {
  const data = new dtypes[code].array(1)
  data[0] = storedAs(code, value)
  return scalar(data, code)
}

/**
 * A value that an integer dtype cannot hold, for a comparison with that dtype in f8. Beyond 64 bits f8 would round the integers
 * up to such a value, so there it is infinite.
 */
export function beyond(code: Code, value: Scalar): number {
  const number = Number(value)
  return dtypes[code].bytes === 8 && Math.abs(number) >= 2 ** 63 ? number * Number.POSITIVE_INFINITY : number
}

/** @param wide whether a loop with f8 results exists, so that `dtype` is a way out */
export function misfit(
  name: string,
  operand: number,
  value: Scalar,
  loop: Types & { text: string },
  wide: boolean,
): Error {
  const to = loop.inputs[operand] ?? 'f8'
  if (dtypes[to].kind === 'f')
    return new CastingError(
      `${name}() input ${operand}: a bigint of ${String(value).length} digits is too large for ${dtypes[to].name}, which the loop ${loop.text} takes there; pass Infinity if that is meant`,
      { from: typeof value, to, casting: 'same_kind', operand },
    )
  const ways = wide ? "pass { dtype: 'f8' } to compute in float64" : 'pass an array of a dtype that can'
  return new CastingError(
    `${name}() input ${operand}: the ${typeof value} ${value} cannot be represented in ${dtypes[to].name}, which the loop ${loop.text} takes there (a scalar never widens the arrays beside it); ${ways}, or { casting: 'unsafe' } to wrap it`,
    { from: typeof value, to, casting: 'same_kind', operand },
  )
}
