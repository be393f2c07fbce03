/** How dtypes stand in WGSL, and how their elements lie in words of 32 bits: what the emitter and a target have to agree on. */
import { type Code, dtypes } from './dtype.ts'

/** Invocations of a workgroup. */
export const groupSize = 64

/** A workgroup takes a core call where a loop that it shares has so many rounds, and where there are no more core calls than that. */
export const sharing = { rounds: groupSize, calls: 1024 }

/** i8, u8 and f8 are pairs of words, the low one first; narrower integers live in an i32 or u32. */
export function wgslType(code: Code): string {
  const { kind, bytes } = dtypes[code]
  if (bytes === 8) return 'vec2u'
  switch (kind) {
    case 'b':
      return 'bool'
    case 'i':
      return 'i32'
    case 'u':
      return 'u32'
    case 'f':
      return 'f32'
  }
}

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
