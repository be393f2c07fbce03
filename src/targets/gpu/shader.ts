/**
 * The shader around a loop's `element`. Two kinds:
 *   dense    every array is one run of neighbours, or one element: four elements an invocation, whole words and vectors of words
 *   strided  any steps along any axes: one element an invocation; results narrower than a word are put into it by atomic operations
 * Bindings: 0 the parameters, 1 the tables, 2 the failed check, then one an array (inputs that are outputs as well share theirs).
 */
import { type Code, dtypes } from '../../dtype.ts'
import type { WgslLoop } from '../../loops/loop.ts'
import { elementAt, wgslType } from '../../wgsl-words.ts'

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

export const groupSize = 64
export const firstArray = 3
/** Words of the parameters before those of the operands. */
export const headWords = 4

/** How the parameters are laid out, in words: the axes' sizes, then of each operand its value (two words) or its offset and its steps. */
export interface ParameterLayout {
  readonly sizes: number
  readonly operands: readonly number[]
  readonly words: number
}

export function layoutOf({ rank, access }: ShaderKind): ParameterLayout {
  let at = headWords + rank
  const operands = access.map(() => {
    const own = at
    at += 1 + Math.max(rank, 1)
    return own
  })
  return { sizes: headWords, operands, words: Math.ceil(at / 4) * 4 }
}

/** Elements that one invocation computes. */
export const perInvocation = ({ kind }: ShaderKind): number => (kind === 'dense' ? 4 : 1)

const isNarrow = (code: Code) => dtypes[code].bytes < 4

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
  const put = users.some(({ code, k }) => k >= loop.inputs.length && isNarrow(code))
  return put ? 'atomic<u32>' : 'u32'
}

const usesArray = (access: Access | undefined, array: number) =>
  access?.kind === 'array' && access.array === array

const writes = (loop: WgslLoop, { access }: ShaderKind, array: number) =>
  access.some((one, k) => k >= loop.inputs.length && usesArray(one, array))

export const usesTables = ({ code }: WgslLoop): boolean => code.includes('tables[')
export const mayFail = ({ code }: WgslLoop): boolean => code.includes('failed[')

/** The module's text. */
export function shaderText(loop: WgslLoop, kind: ShaderKind): string {
  const arrays = 1 + Math.max(-1, ...kind.access.map((one) => (one.kind === 'array' ? one.array : -1)))
  const declared = Array.from({ length: arrays }, (_, a) => {
    const mode = writes(loop, kind, a) ? 'read_write' : 'read'
    return `@group(0) @binding(${firstArray + a}) var<storage, ${mode}> a${a}: array<${elementType(loop, kind, a)}>;`
  })
  const { words } = layoutOf(kind)
  const tables = usesTables(loop) ? ['@group(0) @binding(1) var<storage, read> tables: array<u32>;'] : []
  const failed = mayFail(loop)
    ? ['@group(0) @binding(2) var<storage, read_write> failed: array<atomic<u32>, 4>;']
    : []
  return [
    `struct Parameters { zero: u32, n: u32, first: u32, width: u32, words: array<vec4u, ${(words - headWords + 3) >> 2}> }`,
    '@group(0) @binding(0) var<uniform> lw: Parameters;',
    ...tables,
    ...failed,
    ...declared,
    'fn word(k: u32) -> u32 { return lw.words[k >> 2u][k & 3u]; }',
    loop.code,
    ...(kind.kind === 'dense' ? dense(loop, kind) : strided(loop, kind)),
  ].join('\n')
}

const head = [
  `@compute @workgroup_size(${groupSize})`,
  'fn main(@builtin(global_invocation_id) id: vec3u) {',
  '  let i = id.x + id.y * lw.width;',
]

const wordAt = (k: number) => `word(${k - headWords}u)`

/** A value among the parameters. */
function parameter(code: Code, at: number): string {
  const low = wordAt(at)
  if (dtypes[code].bytes === 8) return `vec2u(${low}, ${wordAt(at + 1)})`
  switch (code) {
    case 'f4':
      return `bitcast<f32>(${low})`
    case 'b1':
      return `(${low} != 0u)`
    default:
      return dtypes[code].kind === 'i' ? `bitcast<i32>(${low})` : low
  }
}

/** As a word, or two. */
function toWord(code: Code, value: string): string {
  if (code === 'b1') return `select(0u, 1u, ${value})`
  if (wgslType(code) === 'u32') return value
  return `bitcast<u32>(${value})`
}

function dense(loop: WgslLoop, kind: ShaderKind): string[] {
  const { operands } = layoutOf(kind)
  const codes = codesOf(loop)
  const load: string[] = []
  const args: string[] = []
  loop.reads.forEach((code, k) => {
    const access = kind.access[k]
    if (access?.kind !== 'array') {
      args.push(parameter(code, operands[k] ?? 0))
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
  const { rank } = kind
  const digits: string[] = ['  var rest = lw.first + i;']
  // The last axis is the fastest.
  for (let axis = rank - 1; axis > 0; axis--)
    digits.push(`  let d${axis} = rest % ${wordAt(sizes + axis)}; rest /= ${wordAt(sizes + axis)};`)
  if (rank > 0) digits.push('  let d0 = rest;')
  const place = (k: number) => {
    const terms = Array.from(
      { length: rank },
      (_, axis) => ` + d${axis} * ${wordAt((operands[k] ?? 0) + 1 + axis)}`,
    )
    return `${wordAt(operands[k] ?? 0)}${terms.join('')}`
  }
  const codes = codesOf(loop)
  const atomic = (array: number) => elementType(loop, kind, array) !== 'u32'
  const places = codes.flatMap((_, k) =>
    kind.access[k]?.kind === 'array' ? [`  let p${k} = ${place(k)};`] : [],
  )
  const args = loop.reads.map((code, k) => {
    const access = kind.access[k]
    if (access?.kind !== 'array') return parameter(code, operands[k] ?? 0)
    const name = `a${access.array}`
    const text = elementAt(name, code, '0u', `p${k}`)
    return atomic(access.array) ? text.replaceAll(/a\d+\[((?:[^[\]])*)\]/g, `atomicLoad(&${name}[$1])`) : text
  })
  const put = loop.outputs.flatMap((code, o): string[] => {
    const k = loop.inputs.length + o
    const access = kind.access[k]
    if (access?.kind !== 'array') return []
    const to = `a${access.array}`
    const { bytes } = dtypes[code]
    if (bytes === 8) return [`  ${to}[2u * p${k}] = r.o${o}.x; ${to}[2u * p${k} + 1u] = r.o${o}.y;`]
    const value = toWord(code, `r.o${o}`)
    if (bytes === 4)
      return [atomic(access.array) ? `  atomicStore(&${to}[p${k}], ${value});` : `  ${to}[p${k}] = ${value};`]
    const [shift, unit, mask] = bytes === 2 ? [1, 16, '0xffffu'] : [2, 8, '0xffu']
    const bits = `${unit}u * (p${k} & ${2 ** shift - 1}u)`
    return [
      `  atomicAnd(&${to}[p${k} >> ${shift}u], ~(${mask} << (${bits})));`,
      `  atomicOr(&${to}[p${k} >> ${shift}u], (${value} & ${mask}) << (${bits}));`,
    ]
  })
  return [
    ...head,
    '  if (i >= lw.n) { return; }',
    ...digits,
    ...places,
    `  let r = element(${args.join(', ')});`,
    ...put,
    '}',
  ]
}
