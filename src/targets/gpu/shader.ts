/**
 * The shader around a loop's `element`. Two kinds:
 *   dense    every array is one run of neighbours, or one element: four elements an invocation, whole words and vectors of words
 *   strided  any steps along any axes: one element an invocation; results narrower than a word are put into it by atomic operations
 * An array has one binding; inputs that are outputs as well share theirs.
 */
import { type Code, dtypes } from '../../dtype.ts'
import type { WgslLoop } from '../../loops/loop.ts'
import { elementAt } from '../../wgsl-words.ts'
import {
  atomically,
  declare,
  firstArray,
  groupSize,
  placeLines,
  placeWords,
  preamble,
  store,
  storedElement,
  toWord,
  valueAt,
  wordAt,
} from './shader-text.ts'

/** Where an operand comes from: the parameters, or an array bound as number `array`. */
export type Access =
  | { readonly kind: 'value' }
  | { readonly kind: 'array'; readonly array: number; readonly step: 0 | 1 }

export interface ShaderKind {
  readonly kind: 'dense' | 'strided'
  /** Axes of a strided one. */
  readonly rank: number
  /** One an operand: inputs (with the mask), then outputs. */
  readonly access: readonly Access[]
}

/** How the parameters are laid out, in words: the axes' sizes, then of each operand its value (two words) or its offset and its steps. */
export interface ParameterLayout {
  readonly sizes: number
  readonly operands: readonly number[]
  readonly words: number
}

export function layoutOf({ rank, access }: ShaderKind): ParameterLayout {
  const { take, words } = placeWords()
  const sizes = take(rank)
  const operands = access.map(() => take(1 + Math.max(rank, 1)))
  return { sizes, operands, words: words() }
}

/** Elements that one invocation computes. */
export const perInvocation = ({ kind }: ShaderKind): number => (kind === 'dense' ? 4 : 1)

/** The dtypes of all operands. */
const codesOf = ({ inputs, outputs }: WgslLoop): readonly Code[] => [...inputs, ...outputs]

/** The type of an array's elements: what one invocation reads of a dense one, and words otherwise. */
function elementType(loop: WgslLoop, kind: ShaderKind, array: number): string {
  const codes = codesOf(loop)
  const users = codes.flatMap((code, k) => (usesArray(kind.access[k], array) ? [{ code, k }] : []))
  if (kind.kind === 'dense') {
    const bytes = dtypes[users[0]?.code ?? 'f4'].bytes
    return bytes === 1 ? 'u32' : bytes === 2 ? 'vec2u' : 'vec4u'
  }
  const put = users.find(({ k }) => k >= loop.inputs.length)
  return put ? storedElement(put.code) : 'u32'
}

const usesArray = (access: Access | undefined, array: number) =>
  access?.kind === 'array' && access.array === array

const writes = (loop: WgslLoop, { access }: ShaderKind, array: number) =>
  access.some((one, k) => k >= loop.inputs.length && usesArray(one, array))

/** The module's text. */
export function shaderText(loop: WgslLoop, kind: ShaderKind): string {
  const arrays = 1 + Math.max(-1, ...kind.access.map((one) => (one.kind === 'array' ? one.array : -1)))
  const declared = Array.from({ length: arrays }, (_, a) =>
    declare(
      firstArray + a,
      writes(loop, kind, a) ? 'read_write' : 'read',
      `a${a}`,
      elementType(loop, kind, a),
    ),
  )
  return [
    ...preamble(loop, layoutOf(kind).words, declared),
    ...(kind.kind === 'dense' ? dense(loop, kind) : strided(loop, kind)),
  ].join('\n')
}

const head = [
  `@compute @workgroup_size(${groupSize})`,
  'fn main(@builtin(global_invocation_id) id: vec3u) {',
  '  let i = id.x + id.y * lw.width;',
]

function dense(loop: WgslLoop, kind: ShaderKind): string[] {
  const { operands } = layoutOf(kind)
  const codes = codesOf(loop)
  const load: string[] = []
  const args: string[] = []
  loop.reads.forEach((code, k) => {
    const access = kind.access[k]
    if (access?.kind !== 'array') {
      args.push(valueAt(code, operands[k] ?? 0))
      return
    }
    const from = `a${access.array}`
    const offset = wordAt(operands[k] ?? 0)
    if (access.step === 0) {
      load.push(`  let v${k} = ${inDense(code, from, offset)};`)
      args.push(`v${k}`)
      return
    }
    const { bytes } = dtypes[code]
    if (bytes === 8) {
      load.push(`  let at${k} = (${offset} >> 1u) + 2u * i;`)
      args.push(`pair(${from}[at${k} + (j >> 1u)], j)`)
    } else {
      load.push(`  var w${k} = ${from}[(${offset} >> 2u) + i];`)
      args.push(inWord(code, `w${k}`, bytes))
    }
  })
  const put: string[] = []
  const within: string[] = []
  loop.outputs.forEach((code, o) => {
    const k = loop.inputs.length + o
    const access = kind.access[k]
    if (access?.kind !== 'array') return
    const at = `(${wordAt(operands[k] ?? 0)} >> ${dtypes[code].bytes === 8 ? 1 : 2}u)`
    const to = `a${access.array}`
    const value = `r.o${o}`
    switch (dtypes[code].bytes) {
      case 8:
        load.push(`  var low${o} = vec4u(); var high${o} = vec4u();`)
        within.push(
          `    if (j < 2u) { low${o}[2u * j] = ${value}.x; low${o}[2u * j + 1u] = ${value}.y; } else { high${o}[2u * j - 4u] = ${value}.x; high${o}[2u * j - 3u] = ${value}.y; }`,
        )
        put.push(`  ${to}[${at} + 2u * i] = low${o}; ${to}[${at} + 2u * i + 1u] = high${o};`)
        break
      case 4:
        load.push(`  var out${o} = vec4u();`)
        within.push(`    out${o}[j] = ${toWord(code, value)};`)
        put.push(`  ${to}[${at} + i] = out${o};`)
        break
      case 2:
        load.push(`  var out${o} = vec2u();`)
        within.push(`    out${o}[j >> 1u] |= (${toWord(code, value)} & 0xffffu) << (16u * (j & 1u));`)
        put.push(`  ${to}[${at} + i] = out${o};`)
        break
      default:
        load.push(`  var out${o} = 0u;`)
        within.push(`    out${o} |= (${toWord(code, value)} & 0xffu) << (8u * j);`)
        put.push(`  ${to}[${at} + i] = out${o};`)
    }
  })
  const pair = codes.some((code) => dtypes[code].bytes === 8)
    ? ['fn pair(v: vec4u, j: u32) -> vec2u { return select(v.xy, v.zw, (j & 1u) == 1u); }']
    : []
  return [
    ...pair,
    ...head,
    '  if (4u * i >= lw.n) { return; }',
    ...load,
    // What lies behind the last element may fail, or never end.
    '  for (var j = 0u; j < min(4u, lw.n - 4u * i); j++) {',
    `    let r = element(${args.join(', ')});`,
    ...within,
    '  }',
    ...put,
    '}',
  ]
}

/** Element j of the four that were read. */
function inWord(code: Code, word: string, bytes: number): string {
  if (bytes === 4)
    return code === 'f4'
      ? `bitcast<f32>(${word}[j])`
      : code === 'i4'
        ? `bitcast<i32>(${word}[j])`
        : `${word}[j]`
  const [text, shift] = bytes === 2 ? [`${word}[j >> 1u]`, '16u * (j & 1u)'] : [word, '8u * j']
  const bits = 8 * bytes
  const part =
    dtypes[code].kind === 'i'
      ? `extractBits(bitcast<i32>(${text}), ${shift}, ${bits}u)`
      : `extractBits(${text}, ${shift}, ${bits}u)`
  return code === 'b1' ? `(${part} != 0u)` : part
}

/** One element of an array that is bound in units of four. */
function inDense(code: Code, array: string, i: string): string {
  const { bytes } = dtypes[code]
  if (bytes === 8) return `select(${array}[${i} >> 1u].xy, ${array}[${i} >> 1u].zw, (${i} & 1u) == 1u)`
  const unit = `${array}[${i} >> 2u]`
  return inWord(code, unit, bytes).replaceAll(/\bj\b/g, `(${i} & 3u)`)
}

function strided(loop: WgslLoop, kind: ShaderKind): string[] {
  const { sizes, operands } = layoutOf(kind)
  const isArray = (k: number) => kind.access[k]?.kind === 'array'
  const places = operands.map((at, k) => (isArray(k) ? at : null))
  const args = loop.reads.map((code, k) => {
    const access = kind.access[k]
    if (access?.kind !== 'array') return valueAt(code, operands[k] ?? 0)
    const text = elementAt(`a${access.array}`, code, '0u', `p${k}`)
    const atomic = elementType(loop, kind, access.array) !== 'u32'
    return atomic ? atomically(text) : text
  })
  const puts = loop.outputs.flatMap((code, o): string[] => {
    const k = loop.inputs.length + o
    const access = kind.access[k]
    return access?.kind === 'array' ? [`  ${store(`a${access.array}`, code, `p${k}`, `r.o${o}`)}`] : []
  })
  return [
    ...head,
    '  if (i >= lw.n) { return; }',
    ...placeLines('i', kind.rank, sizes, places, 'p'),
    `  let r = element(${args.join(', ')});`,
    ...puts,
    '}',
  ]
}
