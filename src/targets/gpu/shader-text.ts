/**
 * What all shaders share. Bindings: 0 the parameters, 1 the tables, 2 the failed check, then arrays. The parameters are words; the first
 * of them have names:
 *   zero   a zero that no compiler knows
 *   n      how much there is to do
 *   width  how much of it a row of the rectangle of workgroups does
 */
import { type Code, dtypes } from '../../dtype.ts'
import type { WgslLoop } from '../../loops/loop.ts'
import { groupSize, wgslType } from '../../wgsl-words.ts'

export { groupSize }
export const firstArray = 3
/** Where `n` and `width` stand, and how many words come before those without names. */
export const headWord = { n: 1, width: 2 } as const
export const headWords = 4

/** Places for words of the parameters, one after another; `words` is how many there are then, in whole vectors. */
export function placeWords() {
  let at = headWords
  return {
    take(count: number): number {
      const own = at
      at += count
      return own
    },
    words: (): number => Math.ceil(at / 4) * 4,
  }
}

export const usesTables = ({ code }: WgslLoop): boolean => code.includes('tables[')
export const mayFail = ({ code }: WgslLoop): boolean => code.includes('failed[')

/** What stands before a loop's own code; `words` of parameters in all. */
export function preamble(loop: WgslLoop, words: number, declared: readonly string[]): string[] {
  return [
    `struct Parameters { zero: u32, n: u32, width: u32, words: array<vec4u, ${(words - headWords + 3) >> 2}> }`,
    '@group(0) @binding(0) var<uniform> lw: Parameters;',
    ...(usesTables(loop) ? [declare(1, 'read', 'tables', 'u32')] : []),
    ...(mayFail(loop)
      ? ['@group(0) @binding(2) var<storage, read_write> failed: array<atomic<u32>, 4>;']
      : []),
    ...declared,
    'fn word(k: u32) -> u32 { return lw.words[k >> 2u][k & 3u]; }',
    loop.code,
  ]
}

export const declare = (
  binding: number,
  mode: 'read' | 'read_write',
  name: string,
  element: string,
): string => `@group(0) @binding(${binding}) var<storage, ${mode}> ${name}: array<${element}>;`

/** Word `k` of the parameters. */
export const wordAt = (k: number): string => `word(${k - headWords}u)`

/** A value among the parameters. */
export function valueAt(code: Code, at: number): string {
  const low = wordAt(at)
  return dtypes[code].bytes === 8 ? `vec2u(${low}, ${wordAt(at + 1)})` : fromWord(code, low)
}

/** A word as a value of at most four bytes. */
export function fromWord(code: Code, word: string): string {
  switch (wgslType(code)) {
    case 'f32':
      return `bitcast<f32>(${word})`
    case 'i32':
      return `bitcast<i32>(${word})`
    case 'bool':
      return `(${word} != 0u)`
    default:
      return word
  }
}

/** A value of at most four bytes as a word. */
export function toWord(code: Code, value: string): string {
  const type = wgslType(code)
  if (type === 'bool') return `select(0u, 1u, ${value})`
  return type === 'u32' ? value : `bitcast<u32>(${value})`
}

const isNarrow = (code: Code) => dtypes[code].bytes < 4

/** The elements of an array whose single elements are written: neighbours of less than a word are written by other invocations. */
export const storedElement = (code: Code): string => (isNarrow(code) ? 'atomic<u32>' : 'u32')

/** Reads of words of `a…`, as those of atomic words. */
export const atomically = (text: string): string =>
  text.replaceAll(/(a\d+)\[((?:[^[\]])*)\]/g, 'atomicLoad(&$1[$2])')

/** Writes element `at`. */
export function store(to: string, code: Code, at: string, value: string): string {
  const { bytes } = dtypes[code]
  if (bytes === 8) return `${to}[2u * ${at}] = ${value}.x; ${to}[2u * ${at} + 1u] = ${value}.y;`
  const word = toWord(code, value)
  if (bytes === 4) return `${to}[${at}] = ${word};`
  const [shift, mask] = bytes === 2 ? [1, '0xffffu'] : [2, '0xffu']
  const bits = `${8 * bytes}u * (${at} & ${2 ** shift - 1}u)`
  const unit = `&${to}[${at} >> ${shift}u]`
  return `atomicAnd(${unit}, ~(${mask} << (${bits}))); atomicOr(${unit}, (${word} & ${mask}) << (${bits}));`
}

/** Offsets of things laid out over axes, the last the fastest: `name0`, `name1`, … for a position in a variable called `index`. */
export function placeLines(
  index: string,
  rank: number,
  sizes: number,
  things: readonly (number | null)[],
  name: string,
): string[] {
  const lines = [`  var rest = ${index};`]
  for (let axis = rank - 1; axis > 0; axis--)
    lines.push(`  let d${axis} = rest % ${wordAt(sizes + axis)}; rest /= ${wordAt(sizes + axis)};`)
  if (rank > 0) lines.push('  let d0 = rest;')
  things.forEach((at, k) => {
    if (at === null) return
    const terms = Array.from({ length: rank }, (_, axis) => ` + d${axis} * ${wordAt(at + 1 + axis)}`)
    lines.push(`  let ${name}${k} = ${wordAt(at)}${terms.join('')};`)
  })
  return lines
}
