/**
 * The shader around the `element` of an indexed loop: an invocation for each element that is changed, which takes its indices in order.
 * `turns` are words: where each element's indices begin (and the last's end), where it is in the array, and all indices by their elements.
 */
import type { Code } from '../../dtype.ts'
import type { WgslLoop } from '../../loops/loop.ts'
import { elementAt } from '../../wgsl-words.ts'
import {
  atomically,
  declare,
  firstArray,
  groupSize,
  placeWords,
  preamble,
  store,
  storedElement,
  valueAt,
  wordAt,
} from './shader-text.ts'

export const turnsArray = firstArray

export interface AtKind {
  /** The operand's dtype and array, null: its value is among the parameters. Absent where the kernel takes none. */
  readonly operand: { readonly code: Code; readonly array: number | null } | null
  readonly array: number
}

/** Words of the parameters: the operand's value, or its offset and step; the array's offset and step. */
export function atLayout() {
  const { take, words } = placeWords()
  return { operand: take(2), array: take(2), words: words() }
}

export function atShader(loop: WgslLoop, { operand, array }: AtKind): string {
  const layout = atLayout()
  const [code = 'f4'] = loop.outputs
  const element = storedElement(code)
  const declared = [
    declare(turnsArray, 'read', 'turns', 'u32'),
    declare(firstArray + 1 + array, 'read_write', `a${array}`, element),
    ...(operand && operand.array !== null
      ? [declare(firstArray + 1 + operand.array, 'read', `a${operand.array}`, 'u32')]
      : []),
  ]
  const own = elementAt(`a${array}`, code, '0u', 'place')
  const value = !operand
    ? []
    : operand.array === null
      ? [valueAt(operand.code, layout.operand)]
      : [elementAt(`a${operand.array}`, operand.code, '0u', 'q')]
  return [
    ...preamble(loop, layout.words, declared),
    `@compute @workgroup_size(${groupSize})`,
    'fn main(@builtin(global_invocation_id) id: vec3u) {',
    '  let i = id.x + id.y * lw.width;',
    '  if (i >= lw.n) { return; }',
    `  let place = ${wordAt(layout.array)} + turns[lw.n + 1u + i] * ${wordAt(layout.array + 1)};`,
    `  var x = ${element === 'u32' ? own : atomically(own)};`,
    '  for (var k = turns[i]; k < turns[i + 1u]; k++) {',
    `    let q = ${wordAt(layout.operand)} + turns[2u * lw.n + 1u + k] * ${wordAt(layout.operand + 1)};`,
    `    x = element(${['x', ...value].join(', ')}).o0;`,
    '  }',
    `  ${store(`a${array}`, code, 'place', 'x')}`,
    '}',
  ].join('\n')
}
