/**
 * Array parameters: elements, rows (which are arrays again, with their first indices fixed), sizes, `get` and `set`. Which
 * parameters are arrays, and of how many dimensions, the layout says; where they lie and how large they are, each call.
 */
import type { MemberExpression, Node } from 'acorn'
import {
  asTree,
  type Build,
  emit,
  type Frame,
  nothing,
  place,
  type Reference,
  type Static,
  spill,
  type Value,
} from './parse-frame.ts'
import { type Place, syntaxError } from './source.ts'
import type { Tree } from './tree.ts'

export type ArrayStatic = Extract<Static, { kind: 'array' }>

/** The array with its indices held in locals, so that later steps do not change which row it is. */
export const heldArray = (build: Build, array: ArrayStatic): ArrayStatic => ({
  ...array,
  indices: array.indices.map((index) => spill(build, index, 'i')),
})

const nameOf = ({ name, indices }: ArrayStatic): string => name + '[…]'.repeat(indices.length)

const sizeOf = (array: ArrayStatic, axis: number, at: Place): Tree => ({
  kind: 'size',
  view: array.view,
  axis: array.indices.length + axis,
  at,
})

const left = ({ rank, indices }: ArrayStatic): number => rank - indices.length

/** `array[index]`: an element, or a row. */
export function rowOrElement(array: ArrayStatic, index: Tree, at: Place): Value {
  if (index.kind === 'constant' && Number(index.value) < 0) {
    const last =
      Number(index.value) === -1 ? '' : ` or, from its end, ${array.name}.length - ${-Number(index.value)}`
    syntaxError(
      at,
      `\`${nameOf(array)}\` has no element ${index.value}: indices count from 0`,
      `The last one is ${array.name}[${array.name}.length - 1]${last}.`,
    )
  }
  if (index.kind === 'constant' && typeof index.value === 'number' && !Number.isInteger(index.value))
    syntaxError(at, `\`${nameOf(array)}\` has no element ${index.value}: indices are whole numbers`)
  const indices = [...array.indices, index]
  return indices.length < array.rank ? { ...array, indices } : { kind: 'item', view: array.view, indices, at }
}

/** `array.key` */
export function arrayProperty(array: ArrayStatic, key: string, at: Place): Value {
  if (/^\d+$/.test(key)) return rowOrElement(array, { kind: 'constant', value: Number(key), at }, at)
  switch (key) {
    case 'length':
      return sizeOf(array, 0, at)
    case 'shape':
      return {
        kind: 'tuple',
        items: Array.from({ length: left(array) }, (_, axis) => sizeOf(array, axis, at)),
      }
    case 'get':
    case 'set':
      return { kind: 'method', name: key, array }
    default:
      return syntaxError(
        at,
        `an array has no property \`${key}\` in a kernel`,
        'It has length, shape, get(i, …) and set(i, …, value); its elements are a[i], a[i][j]. A copy of a vector is new Float64Array(a).',
      )
  }
}

/** Does it do nothing but give a value? */
const isIdle = ({ type }: Node): boolean =>
  type === 'Identifier' || type === 'Literal' || type === 'BinaryExpression'

/** `array[…]` as an expression. */
export function arrayMember(frame: Frame, array: ArrayStatic, node: MemberExpression): Value {
  if (node.property.type === 'PrivateIdentifier') return nothing
  const at = place(frame, node)
  if (node.property.type === 'SequenceExpression' && node.property.expressions.every(isIdle))
    syntaxError(
      place(frame, node.property),
      `\`${array.name}\` has one index in each pair of brackets; the first ones here do nothing`,
      `Write ${array.name}[i][j], or ${array.name}.get(i, j).`,
    )
  const index = asTree(frame.build.lower.value(frame, node.property), place(frame, node.property))
  return rowOrElement(array, index, at)
}

function store({ build }: Frame, array: ArrayStatic, indices: readonly Tree[], value: Tree, at: Place): Tree {
  const slot = build.views[array.view]
  if (slot) slot.stored = true
  const held = spill(build, value)
  emit(build, { kind: 'store', view: array.view, indices, value: held, at })
  return held
}

/** An element as what is assigned to; its indices are found before the value is. */
export function elementReference(frame: Frame, array: ArrayStatic, node: MemberExpression): Reference {
  const at = place(frame, node)
  const target = node.computed ? arrayMember(frame, array, node) : nothing
  if (target.kind !== 'item') {
    syntaxError(
      at,
      target.kind === 'array'
        ? 'a row cannot be assigned as a whole'
        : 'this property of an array cannot be assigned',
      'Assign its elements one by one: a[i][j] = value.',
    )
  }
  const indices = target.indices.map((index) => spill(frame.build, index, 'i'))
  return {
    read: () => ({ ...target, indices }),
    write: (value) => store(frame, array, indices, asTree(value, at), at),
  }
}

/** `array.get(i, j)` and `array.set(i, j, value)`. */
export function callMethod(
  frame: Frame,
  { name, array }: Extract<Static, { kind: 'method' }>,
  args: readonly Value[],
  at: Place,
): Value {
  const want = left(array) + (name === 'set' ? 1 : 0)
  if (args.length !== want) {
    const form = `${array.name}.${name}(${['i', 'j', 'k', 'l'].slice(0, left(array)).join(', ')}${name === 'set' ? ', value' : ''})`
    syntaxError(at, `\`${name}\` takes ${want} arguments here, not ${args.length}`, `Write ${form}.`)
  }
  const trees = args.map((arg) => asTree(arg, at))
  const element = trees
    .slice(0, left(array))
    .reduce<Value>((row, index) => (row.kind === 'array' ? rowOrElement(row, index, at) : row), array)
  const value = trees[left(array)]
  if (element.kind !== 'item' || name === 'get' || !value) return element
  store(frame, array, element.indices, value, at)
  return nothing
}
