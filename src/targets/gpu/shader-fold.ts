/**
 * Shaders that reduce one axis, around a loop's `element` and `join`. Accumulators are `Results`, whose last field says whether they hold
 * something; nothing joined to anything is that. The tree is the one of cpu (targets/fold/tree.ts):
 *   blocks   a group of eight invocations is a block of 256 elements: eight partial results, joined in shared memory; a dispatch may have
 *            only some blocks of each output
 *   level    eight neighbours are joined, three levels of the tree a dispatch, in the same way
 *   finish   what comes before the first element joins the root, and goes to the outputs
 *   left     no tree: an invocation goes along the axis; it may keep every step
 * Between them accumulators lie in records of words.
 */
import { type Code, dtypes } from '../../dtype.ts'
import type { WgslLoop } from '../../loops/loop.ts'
import { elementAt } from '../../wgsl-words.ts'
import {
  declare,
  firstArray,
  fromWord,
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

/**
 * Words of the parameters: sizes of axes; length and blocks of an output in this dispatch, the number of the first of them, and how many
 * there are in all; of each source and result its offset, its steps, and its step along the axis.
 */
export interface FoldLayout {
  readonly sizes: number
  readonly length: number
  readonly blocks: number
  readonly firstBlock: number
  readonly allBlocks: number
  readonly sources: readonly number[]
  readonly results: readonly number[]
  readonly initial: readonly number[]
  readonly words: number
}

export function foldLayout({ rank, sources, results }: FoldKind): FoldLayout {
  const { take, words } = placeWords()
  const sizes = take(rank)
  const [length, blocks, firstBlock, allBlocks] = [take(1), take(1), take(1), take(1)]
  const places = sources.map(() => take(2 + rank))
  const outs = results.map(() => take(2 + rank))
  const initial = results.map(() => take(2))
  const own = { length, blocks, firstBlock, allBlocks }
  return { sizes, ...own, sources: places, results: outs, initial, words: words() }
}

/** Bindings of records: what a stage reads of the one before, and what it writes. */
export const recordsIn = 3
export const recordsOut = 4
export const firstFoldArray = firstArray + 2

/** Words of an accumulator's record. */
export const recordWords = ({ outputs }: WgslLoop): number =>
  1 + outputs.reduce((words, code) => words + (dtypes[code].bytes === 8 ? 2 : 1), 0)

export function foldShader(loop: WgslLoop, kind: FoldKind): string {
  const { stage, sources, results } = kind
  const { words } = foldLayout(kind)
  const reads = stage === 'blocks' || stage === 'left'
  const puts = stage === 'finish' || stage === 'left'
  const array = (a: number, mode: 'read' | 'read_write', element: string) =>
    declare(firstFoldArray + a, mode, `a${a}`, element)
  const arrays = new Set(sources.flatMap((one) => (one.array === null ? [] : [one.array])))
  const outputs = new Map(results.flatMap((one) => (one ? [[one.array, one.code] as const] : [])))
  const declared = [
    ...(stage === 'level' || stage === 'finish' ? [declare(recordsIn, 'read', 'lower', 'u32')] : []),
    ...(stage === 'level' || stage === 'blocks' ? [declare(recordsOut, 'read_write', 'upper', 'u32')] : []),
    ...(reads ? [...arrays].map((a) => array(a, 'read', 'u32')) : []),
    ...(puts ? [...outputs].map(([a, code]) => array(a, 'read_write', storedElement(code))) : []),
  ]
  return [
    ...preamble(loop, words, declared),
    ...(reads ? fetch(loop, kind) : []),
    joined(loop),
    ...(stage === 'left' ? [] : recordFunctions(loop, stage)),
    ...(puts ? [putFunction(loop, kind)] : []),
    ...mains[stage](kind),
  ].join('\n')
}

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
    'output',
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
  const lines = placeLines('output', kind.rank, layout.sizes, layout.results, 'q')
  const puts = kind.results.flatMap((result, k): string[] => {
    if (!result) return []
    const at = `(q${k} + i * ${wordAt((layout.results[k] ?? 0) + 1 + kind.rank)})`
    return [`  ${store(`a${result.array}`, result.code, at, `r.o${k}`)}`]
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
  ...(name === 'unit' ? [`var<workgroup> partials: array<Results, ${groupSize}>;`] : []),
  `@compute @workgroup_size(${groupSize})`,
  `fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {`,
  `  let ${name} = (group.x + group.y * lw.width) * ${name === 'unit' ? groupSize / 8 : groupSize}u + local${name === 'unit' ? ' / 8u' : ''};`,
]

/** Neighbours that are joined at once: three levels of the tree. */
export const fanIn = 8

/** Eight neighbouring invocations join what they have, and the first of them keeps it. */
const eightJoined = (record: string): string[] => [
  '  partials[local] = acc;',
  '  workgroupBarrier();',
  ...[1, 2, 4].flatMap((step) => [
    `  if (local % ${2 * step}u == 0u) { partials[local] = both(partials[local], partials[local + ${step}u]); }`,
    '  workgroupBarrier();',
  ]),
  `  if (local % ${fanIn}u == 0u && unit < lw.n) { keep(${record}, partials[local]); }`,
]

const mains: Readonly<Record<FoldStage, (kind: FoldKind) => string[]>> = {
  blocks: (kind) => {
    const { length, blocks, firstBlock, allBlocks } = foldLayout(kind)
    const record = `(unit / ${wordAt(blocks)}) * ${wordAt(allBlocks)} + ${wordAt(firstBlock)} + unit % ${wordAt(blocks)}`
    return [
      ...head('unit'),
      '  var acc = Results();',
      '  if (unit < lw.n) {',
      `    let at = places(unit / ${wordAt(blocks)});`,
      `    let begin = (unit % ${wordAt(blocks)}) * 256u + local % 8u;`,
      `    let end = min(${wordAt(length)}, begin - local % 8u + 256u);`,
      '    for (var i = begin; i < end; i += 8u) { acc = join_element(acc, at, i); }',
      '  }',
      ...eightJoined(record),
      '}',
    ]
  },
  level: (kind) => {
    const { blocks } = foldLayout(kind)
    return [
      ...head('unit'),
      '  var acc = Results();',
      `  let old = ${wordAt(blocks)};`,
      `  let now = (old + ${fanIn - 1}u) / ${fanIn}u;`,
      `  let i = (unit % now) * ${fanIn}u + local % ${fanIn}u;`,
      '  if (unit < lw.n && i < old) { acc = record((unit / now) * old + i); }',
      ...eightJoined('unit'),
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
