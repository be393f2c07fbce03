/** Of an index outside its array: what a run says, and the error that every way to run a kernel throws. */
import { BoundsError } from './errors.ts'

/** An index was outside its array: `check` and the two numbers that a `BoundsError` needs. */
export class CheckFailed extends Error {
  readonly check: number
  readonly index: number
  readonly size: number
  constructor(check: number, index: number, size: number) {
    super(`check ${check} failed: index ${index}, size ${size}`)
    this.name = 'CheckFailed'
    this.check = check
    this.index = index
    this.size = size
  }
}

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
