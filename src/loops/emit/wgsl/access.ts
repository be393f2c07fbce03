/** How elements lie in words of 32 bits, and which of them an element is computed from. Only text: a target may load this without the pipeline. */
import { type Code, dtypes } from '../../../dtype.ts'
import type { LoopForm } from '../../loop.ts'

/** Element `i` of what begins at word `start` of an array<u32>. */
export function elementAt(array: string, code: Code, start: string, i: string): string {
  const at = start === '0u' ? i : `${start} + ${i}`
  switch (dtypes[code].bytes) {
    case 8:
      return `vec2u(${array}[${start} + 2u * ${i}], ${array}[${start} + 2u * ${i} + 1u])`
    case 4:
      return typed(code, `${array}[${at}]`)
    case 2:
      return typed(code, narrow(code, `${array}[${start} + (${i} >> 1u)]`, `16u * (${i} & 1u)`, 16))
    default:
      return typed(code, narrow(code, `${array}[${start} + (${i} >> 2u)]`, `8u * (${i} & 3u)`, 8))
  }
}

const narrow = (code: Code, text: string, shift: string, bits: number): string =>
  dtypes[code].kind === 'i'
    ? `extractBits(bitcast<i32>(${text}), ${shift}, ${bits}u)`
    : `extractBits(${text}, ${shift}, ${bits}u)`

/** A word as a value; narrow integers are in their type already. */
function typed(code: Code, value: string): string {
  if (code === 'f4') return `bitcast<f32>(${value})`
  if (code === 'i4') return `bitcast<i32>(${value})`
  if (code === 'b1') return `(${value} != 0u)`
  return value
}

/** What an element is computed from: its inputs, those of the form; with a mask also what the outputs hold. */
export const readsOf = (
  form: LoopForm,
  inputs: readonly Code[],
  outputs: readonly Code[],
): readonly Code[] => (form === 'masked' ? [...inputs, ...outputs] : inputs)
