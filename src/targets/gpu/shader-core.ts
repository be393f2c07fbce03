/**
 * The shader around the `element` of a kernel of arrays: one invocation a core call. It finds where the cores begin, clears outputs that
 * begin as zeros, and calls.
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
  const views = new Set(loop.core?.views.map(({ operand }) => operand))
  const access = operands.flatMap((one, k): string[] => {
    if (!views.has(k)) return []
    const type = wgslType(one.code)
    const steps = Array.from(
      { length: one.rank },
      (_, axis) =>
        `fn step_${k}_${axis}() -> u32 { return ${coreStep(kind, one, layout.operands[k] ?? 0, axis)}; }`,
    )
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
  const begins = [...views].sort((a, b) => a - b).map((k) => `p${k}`)
  const call = `element(${[...args, ...begins].join(', ')})`
  const results = loop.returns
    ? [
        `  let r = ${call};`,
        ...loop.outputs.flatMap((code, o) => {
          const k = loop.inputs.length + o
          return [`  ${store(`a${operands[k]?.array}`, code, `p${k}`, `r.o${o}`)}`]
        }),
      ]
    : [`  ${call};`]
  const places = operands.map((one, k) => (one.array === null ? null : (layout.operands[k] ?? 0)))
  const chosen = mask
    ? [
        `  if (${mask.array === null ? valueAt('u4', layout.mask) : read({ ...mask, code: 'u1' }, `p${operands.length}`)} == 0u) { return; }`,
      ]
    : []
  return [
    ...preamble(loop, layout.words, [...declared, ...sizes, ...access]),
    `@compute @workgroup_size(${groupSize})`,
    'fn main(@builtin(global_invocation_id) id: vec3u) {',
    '  let i = id.x + id.y * lw.width;',
    '  if (i >= lw.n) { return; }',
    ...placeLines('i', kind.rank, layout.loop, [...places, mask?.array == null ? null : layout.mask], 'p'),
    ...chosen,
    ...operands.flatMap((one, k) => (one.cleared ? cleared(kind, one, k, layout.operands[k] ?? 0) : [])),
    ...results,
    '}',
  ].join('\n')
}

/** Zeros in the core of operand k. */
function cleared(kind: CoreKind, one: CoreOperand, k: number, at: number): string[] {
  const axes = Array.from({ length: one.rank }, (_, axis) => axis)
  const heads = axes.map(
    (axis) => `for (var j${axis} = 0u; j${axis} < ${coreSize(kind, at, axis)}; j${axis}++) {`,
  )
  const terms = axes.map((axis) => ` + j${axis} * ${coreStep(kind, one, at, axis)}`)
  const zero = dtypes[one.code].bytes === 8 ? 'vec2u()' : `${wgslType(one.code)}()`
  const put = store(`a${one.array}`, one.code, `(p${k}${terms.join('')})`, zero)
  return [`  ${[...heads, put, ...axes.map(() => '}')].join(' ')}`]
}
