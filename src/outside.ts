/** The error of an index outside its array, as every way to run a kernel throws it. */
import { BoundsError } from './errors.ts'

/** What stands for a float that is no whole number, and so no index of any array. */
export const noIndex = -(2 ** 53)

interface Check {
  readonly at: { readonly line: number; readonly column: number }
  readonly array: string
}

const unknown: Check = { at: { line: 0, column: 0 }, array: 'array' }

/** `check`: what the kernel named `name` looked at; `index` is NaN in the error when it was no whole number. */
export function outside(check: Check | undefined, name: string, index: number, size: number): Error {
  const { at, array } = check ?? unknown
  const { line, column } = at
  const which = index === noIndex ? 'an index that is no whole number' : `index ${index}`
  return new BoundsError(
    `${which} is out of bounds for '${array}' with size ${size} (${name}, line ${line}, column ${column})`,
    { line, column, index: index === noIndex ? Number.NaN : index, size },
  )
}
