/**
 * The shader around the `element` of a kernel of arrays: an invocation a core call, or a workgroup. It finds where the cores begin, clears
 * outputs that begin as zeros, and calls.
 */
import { type Code, dtypes } from '../../dtype.ts'
import type { WgslLoop } from '../../loops/loop.ts'
import { elementAt, wgslType } from '../../wgsl-words.ts'
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
  valueAt,
  wordAt,
} from './shader-text.ts'

export interface CoreOperand {
  readonly code: Code
  /** Null: its value is among the parameters. */
  readonly array: number | null
  /** Axes of its core. */
  readonly rank: number
  readonly written: boolean
  /** Its cores are made zeros before they are given to the kernel. */
  readonly cleared: boolean
}

export interface CoreKind {
  /** Axes of the loop, and core sizes. */
  readonly rank: number
  readonly sizes: number
  /** Inputs, outputs, then what the kernel makes. */
  readonly operands: readonly CoreOperand[]
  readonly mask: CoreOperand | null
  /** A workgroup takes a core call. */
  readonly shared: boolean
}

/** Words of the parameters: sizes of the loop, core sizes; of each operand its value, or its offset, its steps over the loop, sizes and steps of its core. */
export interface CoreLayout {
  readonly loop: number
  readonly sizes: number
  readonly operands: readonly number[]
  readonly mask: number
  readonly words: number
}

export function coreLayoutOf({ rank, sizes, operands }: CoreKind): CoreLayout {
  const { take, words } = placeWords()
  const [loop, own] = [take(rank), take(sizes)]
  const places = operands.map((one) => take(Math.max(2, 1 + rank + 2 * one.rank)))
  const mask = take(1 + Math.max(1, rank))
  return { loop, sizes: own, operands: places, mask, words: words() }
}

const coreSize = ({ rank }: CoreKind, at: number, axis: number) => wordAt(at + 1 + rank + axis)
const coreStep = ({ rank }: CoreKind, { rank: own }: CoreOperand, at: number, axis: number) =>
  wordAt(at + 1 + rank + own + axis)

/** The loop as this kind calls it. */
const codeOf = (loop: WgslLoop, { shared }: CoreKind): WgslLoop =>
  shared && loop.shared ? { ...loop, code: loop.shared.code } : loop

export function coreShader(loop: WgslLoop, kind: CoreKind): string {
  const layout = coreLayoutOf(kind)
  const { operands, mask } = kind
  const all = mask ? [...operands, mask] : operands
  const arrays = Math.max(-1, ...all.map(({ array }) => array ?? -1)) + 1
  const usersOf = (a: number) => all.filter(({ array }) => array === a)
  const elementOf = (a: number) => {
    const put = usersOf(a).find(({ written }) => written)
    return put ? storedElement(put.code) : 'u32'
  }
  const declared = Array.from({ length: arrays }, (_, a) =>
    declare(
      firstArray + a,
      usersOf(a).some(({ written }) => written) ? 'read_write' : 'read',
      `a${a}`,
      elementOf(a),
    ),
  )
  const read = ({ code, array }: CoreOperand, at: string): string => {
    const text = elementAt(`a${array}`, code, '0u', at)
    return elementOf(array ?? 0) === 'u32' ? text : atomically(text)
  }
  const views = new Map(loop.core?.views.map(({ operand, dims }) => [operand, dims]))
  const access = operands.flatMap((one, k): string[] => {
    const dims = views.get(k)
    if (!dims) return []
    const type = wgslType(one.code)
    // What has no core dimension is an array of one element in the kernel.
    const steps = dims.map((_, axis) => {
      const step = axis < one.rank ? coreStep(kind, one, layout.operands[k] ?? 0, axis) : '0u'
      return `fn step_${k}_${axis}() -> u32 { return ${step}; }`
    })
    const get = `fn get_${k}(i: u32) -> ${type} { return ${read(one, 'i')}; }`
    const put = `fn put_${k}(i: u32, x: ${type}) { ${store(`a${one.array}`, one.code, 'i', 'x')} }`
    return [...steps, get, ...(one.written ? [put] : [])]
  })
  const sizes = Array.from(
    { length: kind.sizes },
    (_, d) => `fn size_${d}() -> u32 { return ${wordAt(layout.sizes + d)}; }`,
  )
  const args = loop.inputs.flatMap((code, k) => {
    const one = operands[k]
    if (!one || views.has(k)) return []
    return [one.array === null ? valueAt(code, layout.operands[k] ?? 0) : read(one, `p${k}`)]
  })
  const begins = [...views.keys()].sort((a, b) => a - b).map((k) => `p${k}`)
  const call = `element(${[...args, ...begins].join(', ')})`
  const puts = loop.outputs.map((code, o) => {
    const k = loop.inputs.length + o
    return store(`a${operands[k]?.array}`, code, `p${k}`, `r.o${o}`)
  })
  const results = loop.returns
    ? [`  let r = ${call};`, kind.shared ? `  if (lane == 0u) { ${puts.join(' ')} }` : `  ${puts.join(' ')}`]
    : [`  ${call};`]
  const places = operands.map((one, k) => (one.array === null ? null : (layout.operands[k] ?? 0)))
  const isChosen = (one: CoreOperand): string =>
    one.array === null ? valueAt('u4', layout.mask) : read({ ...one, code: 'u1' }, `p${operands.length}`)
  // All invocations of a workgroup have to know that they go the same way.
  const chosen = !mask
    ? []
    : kind.shared
      ? [`  chosen = ${isChosen(mask)};`, '  if (workgroupUniformLoad(&chosen) == 0u) { return; }']
      : [`  if (${isChosen(mask)} == 0u) { return; }`]
  const zeros = operands.flatMap((one, k) =>
    one.cleared ? [cleared(kind, one, k, layout.operands[k] ?? 0)] : [],
  )
  const group = [
    'var<private> lane: u32;',
    ...(mask ? ['var<workgroup> chosen: u32;'] : []),
    `@compute @workgroup_size(${groupSize})`,
    'fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) own: u32) {',
    '  lane = own;',
  ]
  const single = [
    `@compute @workgroup_size(${groupSize})`,
    'fn main(@builtin(global_invocation_id) id: vec3u) {',
  ]
  return [
    ...preamble(codeOf(loop, kind), layout.words, [...declared, ...sizes, ...access]),
    ...(kind.shared ? group : single),
    '  let i = id.x + id.y * lw.width;',
    '  if (i >= lw.n) { return; }',
    ...placeLines('i', kind.rank, layout.loop, [...places, mask?.array == null ? null : layout.mask], 'p'),
    ...chosen,
    ...zeros,
    ...(kind.shared && zeros.length > 0 ? ['  storageBarrier();'] : []),
    ...results,
    '}',
  ].join('\n')
}

/** Zeros in the core of operand k; a workgroup shares them. */
function cleared(kind: CoreKind, one: CoreOperand, k: number, at: number): string {
  const axes = Array.from({ length: one.rank }, (_, axis) => axis)
  const size = (axis: number) => coreSize(kind, at, axis)
  const zero = dtypes[one.code].bytes === 8 ? 'vec2u()' : `${wgslType(one.code)}()`
  const put = (indices: readonly string[]) => {
    const terms = indices.map((index, axis) => ` + ${index} * ${coreStep(kind, one, at, axis)}`)
    return store(`a${one.array}`, one.code, `(p${k}${terms.join('')})`, zero)
  }
  const names = axes.map((axis) => `j${axis}`)
  if (!kind.shared) {
    const heads = axes.map((axis) => `for (var j${axis} = 0u; j${axis} < ${size(axis)}; j${axis}++) {`)
    return `  ${[...heads, put(names), ...axes.map(() => '}')].join(' ')}`
  }
  const all = ['1u', ...axes.map(size)].join(' * ')
  const indices = axes.reverse().map((axis) => `let j${axis} = rest % ${size(axis)}; rest /= ${size(axis)};`)
  return `  for (var j = own; j < ${all}; j += ${groupSize}u) { var rest = j; ${indices.join(' ')} ${put(names)} }`
}
