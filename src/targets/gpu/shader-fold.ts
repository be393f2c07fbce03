/**
 * Shaders that reduce one axis, around a loop's `element` and `join`. Accumulators are `Results`, whose last field says whether they hold
 * something; nothing joined to anything is that. The tree is the one of cpu (targets/fold/tree.ts):
 *   blocks   a group of eight invocations is a block of 256 elements: eight partial results, joined in shared memory
 *   level    neighbouring blocks are joined, one level of the tree a dispatch
 *   finish   what comes before the first element joins the root, and goes to the outputs
 *   left     no tree: an invocation goes along the axis; it may keep every step
 * Between them accumulators lie in records of words.
 */
import { type Code, dtypes } from '../../dtype.ts'
import type { WgslLoop } from '../../loops/loop.ts'
import { elementAt, wgslType } from '../../wgsl-words.ts'
import { firstArray, groupSize, headWords, mayFail, usesTables } from './shader.ts'

export const foldStages = ['blocks', 'level', 'finish', 'left'] as const
export type FoldStage = (typeof foldStages)[number]

/** Where an element is: an array, or the same value everywhere. */
export interface FoldSource {
  readonly code: Code
  readonly array: number | null
}

export interface FoldKind {
  readonly stage: FoldStage
  /** Axes of the outputs. */
  readonly rank: number
  /** One an accumulator, then the mask if there is one. */
  readonly sources: readonly FoldSource[]
  /** dtype and array of each result that is wanted: one an accumulator, then the flag. */
  readonly results: readonly ({ readonly code: Code; readonly array: number } | null)[]
  /** `left` keeps every step. */
  readonly steps: boolean
  readonly initial: boolean
}

/** Words of the parameters: sizes of axes; units, length and blocks; of each source and result its offset, its steps, and its step along the axis. */
export interface FoldLayout {
  readonly sizes: number
  readonly length: number
  readonly blocks: number
  readonly sources: readonly number[]
  readonly results: readonly number[]
  readonly initial: readonly number[]
  readonly words: number
}

export function foldLayout({ rank, sources, results }: FoldKind): FoldLayout {
  let at = headWords
  const take = (count: number) => {
    const own = at
    at += count
    return own
  }
  const sizes = take(rank)
  const [length, blocks] = [take(1), take(1)]
  const places = sources.map(() => take(2 + rank))
  const outs = results.map(() => take(2 + rank))
  const initial = results.map(() => take(2))
  return { sizes, length, blocks, sources: places, results: outs, initial, words: Math.ceil(at / 4) * 4 }
}

/** Bindings of records: what a stage reads of the one before, and what it writes. */
export const recordsIn = 3
export const recordsOut = 4
export const firstFoldArray = firstArray + 2

/** Words of an accumulator's record. */
export const recordWords = ({ outputs }: WgslLoop): number =>
  1 + outputs.reduce((words, code) => words + (dtypes[code].bytes === 8 ? 2 : 1), 0)

const wordAt = (k: number) => `word(${k - headWords}u)`
const isNarrow = (code: Code) => dtypes[code].bytes < 4

export function foldShader(loop: WgslLoop, kind: FoldKind): string {
  const { stage, sources, results } = kind
  const { words } = foldLayout(kind)
  const reads = stage === 'blocks' || stage === 'left'
  const puts = stage === 'finish' || stage === 'left'
  const arrays = reads
    ? [...new Set(sources.flatMap(({ array }) => (array === null ? [] : [array])))].map((a) =>
        declare(a, 'read', 'u32'),
      )
    : []
  const outs = puts
    ? results.flatMap((one) =>
        one ? [declare(one.array, 'read_write', isNarrow(one.code) ? 'atomic<u32>' : 'u32')] : [],
      )
    : []
  const records = [
    ...(stage === 'level' || stage === 'finish' ? [record(recordsIn, 'read', 'lower')] : []),
    ...(stage === 'level' || stage === 'blocks' ? [record(recordsOut, 'read_write', 'upper')] : []),
  ]
  const tables = usesTables(loop) ? ['@group(0) @binding(1) var<storage, read> tables: array<u32>;'] : []
  const failed = mayFail(loop)
    ? ['@group(0) @binding(2) var<storage, read_write> failed: array<atomic<u32>, 4>;']
    : []
  return [
    `struct Parameters { zero: u32, n: u32, first: u32, width: u32, words: array<vec4u, ${(words - headWords + 3) >> 2}> }`,
    '@group(0) @binding(0) var<uniform> lw: Parameters;',
    ...[...tables, ...failed, ...records, ...arrays, ...outs],
    'fn word(k: u32) -> u32 { return lw.words[k >> 2u][k & 3u]; }',
    loop.code,
    ...(reads ? [...fetch(loop, kind)] : []),
    joined(loop),
    ...(records.length > 0 ? recordFunctions(loop, stage) : []),
    ...(puts ? [putFunction(loop, kind)] : []),
    ...mains[stage](kind),
  ].join('\n')
}

const declare = (array: number, mode: string, type: string) =>
  `@group(0) @binding(${firstFoldArray + array}) var<storage, ${mode}> a${array}: array<${type}>;`
const record = (binding: number, mode: string, name: string) =>
  `@group(0) @binding(${binding}) var<storage, ${mode}> ${name}: array<u32>;`

const fieldsOf = ({ outputs }: WgslLoop): readonly Code[] => [...outputs, 'b1']

/** The accumulators that both make; a missing one is no accumulator. */
const joined = (loop: WgslLoop): string => {
  const of = (name: string) => fieldsOf(loop).map((_, k) => `${name}.o${k}`)
  return `fn both(a: Results, b: Results) -> Results { return join(${[...of('a'), ...of('b')].join(', ')}); }`
}

/** \`at\` of each source for an output, and \`joinElement\`: an accumulator and element i of what lies there. */
function fetch(loop: WgslLoop, { rank, sources, ...kind }: FoldKind): string[] {
  const layout = foldLayout({ rank, sources, ...kind })
  const count = loop.outputs.length
  const lines = placeLines(
    rank,
    layout.sizes,
    sources.map((_, k) => layout.sources[k] ?? 0),
    'p',
  )
  const places = sources.map((_, k) => `p${k}: u32`).join(', ')
  const values = sources.map(({ code, array }, k) => {
    const at = layout.sources[k] ?? 0
    if (array === null) return valueAt(code, at)
    return elementAt(`a${array}`, code, '0u', `(p${k} + i * ${wordAt(at + 1 + rank)})`)
  })
  const mask = sources.length > count ? truth(sources[count]?.code ?? 'b1', values[count] ?? 'true') : 'true'
  const acc = fieldsOf(loop).map((_, k) => `acc.o${k}`)
  return [
    `struct Places { ${places} }`,
    `fn places(output: u32) -> Places {`,
    ...lines,
    `  return Places(${sources.map((_, k) => `p${k}`).join(', ')});`,
    '}',
    `fn join_element(acc: Results, at: Places, i: u32) -> Results {`,
    ...sources.map((_, k) => `  let p${k} = at.p${k};`),
    `  return element(${[...acc, ...values.slice(0, count), mask].join(', ')});`,
    '}',
  ]
}

const truth = (code: Code, value: string): string => (code === 'b1' ? value : `(${value} != 0u)`)

/** Offsets of things laid out over the outputs' axes, the last the fastest. */
function placeLines(rank: number, sizes: number, things: readonly number[], name: string): string[] {
  const lines = ['  var rest = output;']
  for (let axis = rank - 1; axis > 0; axis--)
    lines.push(`  let d${axis} = rest % ${wordAt(sizes + axis)}; rest /= ${wordAt(sizes + axis)};`)
  if (rank > 0) lines.push('  let d0 = rest;')
  things.forEach((at, k) => {
    const terms = Array.from({ length: rank }, (_, axis) => ` + d${axis} * ${wordAt(at + 1 + axis)}`)
    lines.push(`  let ${name}${k} = ${wordAt(at)}${terms.join('')};`)
  })
  return lines
}

/** A value among the parameters. */
function valueAt(code: Code, at: number): string {
  const low = wordAt(at)
  if (dtypes[code].bytes === 8) return `vec2u(${low}, ${wordAt(at + 1)})`
  return fromWord(code, low)
}

function fromWord(code: Code, word: string): string {
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

const toWord = (code: Code, value: string): string => {
  const type = wgslType(code)
  return type === 'bool' ? `select(0u, 1u, ${value})` : type === 'u32' ? value : `bitcast<u32>(${value})`
}

function recordFunctions(loop: WgslLoop, stage: FoldStage): string[] {
  const size = recordWords(loop)
  const get: string[] = []
  const put: string[] = []
  let word = 0
  fieldsOf(loop).forEach((code, k) => {
    const at = (w: number) => `${size}u * unit + ${w}u`
    if (dtypes[code].bytes === 8) {
      get.push(`vec2u(lower[${at(word)}], lower[${at(word + 1)}])`)
      put.push(`upper[${at(word)}] = r.o${k}.x; upper[${at(word + 1)}] = r.o${k}.y;`)
      word += 2
    } else {
      get.push(fromWord(code, `lower[${at(word)}]`))
      put.push(`upper[${at(word)}] = ${toWord(code, `r.o${k}`)};`)
      word++
    }
  })
  const reader = `fn record(unit: u32) -> Results { return Results(${get.join(', ')}); }`
  const writer = `fn keep(unit: u32, r: Results) { ${put.join(' ')} }`
  return [...(stage === 'blocks' ? [] : [reader]), ...(stage === 'finish' ? [] : [writer])]
}

/** Writes accumulators to the outputs, at step i along the axis. */
function putFunction(loop: WgslLoop, kind: FoldKind): string {
  const layout = foldLayout(kind)
  const lines = placeLines(kind.rank, layout.sizes, layout.results, 'q')
  const puts = kind.results.flatMap((result, k): string[] => {
    if (!result) return []
    const value = `r.o${k}`
    const to = `a${result.array}`
    const at = `(q${k} + i * ${wordAt((layout.results[k] ?? 0) + 1 + kind.rank)})`
    const { bytes } = dtypes[result.code]
    if (bytes === 8) return [`  ${to}[2u * ${at}] = ${value}.x; ${to}[2u * ${at} + 1u] = ${value}.y;`]
    const word = toWord(result.code, value)
    if (bytes === 4) return [`  ${to}[${at}] = ${word};`]
    const [shift, unit, mask] = bytes === 2 ? [1, 16, '0xffffu'] : [2, 8, '0xffu']
    const bits = `${unit}u * (${at} & ${2 ** shift - 1}u)`
    return [
      `  atomicAnd(&${to}[${at} >> ${shift}u], ~(${mask} << (${bits})));`,
      `  atomicOr(&${to}[${at} >> ${shift}u], (${word} & ${mask}) << (${bits}));`,
    ]
  })
  const before = loop.outputs.map((code, k) => valueAt(code, layout.initial[k] ?? 0))
  return [
    'fn put(output: u32, i: u32, r: Results) {',
    ...lines,
    ...puts,
    '}',
    `fn before() -> Results { return Results(${[...before, 'true'].join(', ')}); }`,
  ].join('\n')
}

const head = (name: string) => [
  `@compute @workgroup_size(${groupSize})`,
  `fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {`,
  `  let ${name} = (group.x + group.y * lw.width) * ${name === 'unit' ? groupSize / 8 : groupSize}u + local${name === 'unit' ? ' / 8u' : ''};`,
]

const mains: Readonly<Record<FoldStage, (kind: FoldKind) => string[]>> = {
  blocks: (kind) => {
    const { length, blocks } = foldLayout(kind)
    return [
      `var<workgroup> partials: array<Results, ${groupSize}>;`,
      ...head('unit'),
      '  var acc = Results();',
      '  if (unit < lw.n) {',
      `    let at = places(unit / ${wordAt(blocks)});`,
      `    let begin = (unit % ${wordAt(blocks)}) * 256u + local % 8u;`,
      `    let end = min(${wordAt(length)}, begin - local % 8u + 256u);`,
      '    for (var i = begin; i < end; i += 8u) { acc = join_element(acc, at, i); }',
      '  }',
      '  partials[local] = acc;',
      '  workgroupBarrier();',
      ...[1, 2, 4].flatMap((step) => [
        `  if (local % ${2 * step}u == 0u) { partials[local] = both(partials[local], partials[local + ${step}u]); }`,
        '  workgroupBarrier();',
      ]),
      '  if (local % 8u == 0u && unit < lw.n) { keep(unit, partials[local]); }',
      '}',
    ]
  },
  level: (kind) => {
    const { blocks } = foldLayout(kind)
    return [
      ...head('k'),
      '  if (k >= lw.n) { return; }',
      `  let old = ${wordAt(blocks)};`,
      '  let now = (old + 1u) / 2u;',
      '  let left = (k / now) * old + 2u * (k % now);',
      '  var r = record(left);',
      '  if (2u * (k % now) + 1u < old) { r = both(r, record(left + 1u)); }',
      '  keep(k, r);',
      '}',
    ]
  },
  finish: ({ initial }) => [
    ...head('output'),
    '  if (output >= lw.n) { return; }',
    `  put(output, 0u, ${initial ? 'both(before(), record(output))' : 'record(output)'});`,
    '}',
  ],
  left: (kind) => {
    const { length } = foldLayout(kind)
    return [
      ...head('output'),
      '  if (output >= lw.n) { return; }',
      `  var acc = ${kind.initial ? 'before()' : 'Results()'};`,
      '  let at = places(output);',
      `  for (var i = 0u; i < ${wordAt(length)}; i++) {`,
      '    acc = join_element(acc, at, i);',
      ...(kind.steps ? ['    put(output, i, acc);'] : []),
      '  }',
      ...(kind.steps ? [] : ['  put(output, 0u, acc);']),
      '}',
    ]
  },
}
