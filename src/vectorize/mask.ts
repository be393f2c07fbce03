/** The keyword `where`: what counts as a mask. */
import { scalar, toStrided } from '../broadcast/operand.ts'
import type { Strided } from '../broadcast/view.ts'
import { type Code, dtypes } from '../dtype.ts'
import { CastingError } from '../errors.ts'
import { isScalar } from './weak.ts'

const nothing = scalar(new Uint8Array(1), 'b1')

/** Is it `where: false`? */
export const isScalarMask = (mask: Strided): boolean => mask === nothing

/**
 * A mask as an operand of dtype b1: bool and uint8 arrays (non-zero is true), nested arrays of booleans, a boolean. Null: no mask.
 * @throws CastingError for any other dtype; OptionError for what is no array
 */
export function readMask(value: unknown, name: string): Strided | null {
  if (value === true) return null
  if (value === false) return nothing
  if (isScalar(value)) throw notAMask(name, typeof value === 'bigint' ? 'i8' : 'f8')
  const mask = toStrided(value)
  if (mask.code !== 'b1' && mask.code !== 'u1') throw notAMask(name, mask.code)
  return { data: mask.data, code: 'b1', shape: mask.shape, stride: mask.stride, offset: mask.offset }
}

const notAMask = (name: string, from: Code): Error =>
  new CastingError(
    `${name}() where: Cannot cast array data from dtype('${dtypes[from].name}') to dtype('bool') according to the rule 'safe'; a mask is a bool or uint8 array, or nested arrays of booleans`,
    { from, to: 'b1', casting: 'safe', operand: 'where' },
  )
