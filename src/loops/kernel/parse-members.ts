/** Members: elements of tables and tuples, properties of captured objects and of Math and its like. */
import type { MemberExpression } from 'acorn'
import { capture, randomIsRefused } from './capture.ts'
import { propertyHint } from './hints.ts'
import { arrayMember, arrayProperty } from './parse-arrays.ts'
import { asTree, constant, describe, type Frame, isTree, nothing, place, type Value } from './parse-frame.ts'
import { type Place, syntaxError } from './source.ts'
import type { Tree } from './tree.ts'

const names: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [Math, 'Math'],
  [Number, 'Number'],
  [BigInt, 'BigInt'],
])

/** The index of a tuple's element; undefined where it is not a constant. */
export function indexOf(frame: Frame, node: MemberExpression): number | undefined {
  if (!node.computed || node.property.type === 'PrivateIdentifier') return undefined
  const index = frame.build.lower.value(frame, node.property)
  return index.kind === 'constant' ? Number(index.value) : undefined
}

function ofObject(frame: Frame, owner: object, name: string, key: string, at: Place): Value {
  if (owner === Math && key === 'random') randomIsRefused(at)
  const known = names.get(owner)
  const value: unknown = Reflect.get(owner, key)
  if (!known && key in owner && (value === undefined || value === null)) {
    const missing = { message: `\`${key}\` is ${value} in ${name}`, hint: 'Give it a value.' }
    return { kind: 'undefined', missing }
  }
  if (value === undefined) {
    const keys = Object.keys(owner)
    const list = keys.length > 0 ? `It has: ${keys.join(', ')}.` : 'It is empty.'
    const message = `\`${key}\` is not in ${known ?? name}`
    if (known) syntaxError(at, message, propertyHint(known, owner, key))
    return { kind: 'undefined', missing: { message, hint: list } }
  }
  return capture(frame.build, known ? `${known}.${key}` : key, value, at)
}

/** `owner.key` */
export function property(frame: Frame, owner: Value, key: string, at: Place): Value {
  switch (owner.kind) {
    case 'object':
      return ofObject(frame, owner.value, owner.name, key, at)
    case 'builtin': {
      const [name] = owner.names
      if (name === 'Number') return ofObject(frame, Number, 'Number', key, at)
      if (name === 'BigInt') return ofObject(frame, BigInt, 'BigInt', key, at)
      break
    }
    case 'tuple':
      if (key === 'length') return constant(owner.items.length, at)
      if (/^\d+$/.test(key)) return owner.items[Number(key)] ?? nothing
      break
    case 'table':
      if (key === 'length') return constant(owner.length, at)
      if (/^\d+$/.test(key)) return element(owner, constant(Number(key), at), at)
      break
    case 'array':
      return arrayProperty(owner, key, at)
    default:
      break
  }
  return syntaxError(at, `${describe(owner)} has no property \`${key}\` in a kernel`, hintFor(owner))
}

/** People who meet this often have an array in mind. */
function hintFor(owner: Value): string | undefined {
  if (isTree(owner))
    return 'A scalar kernel gets one element at a time. A kernel of guvectorize or jit gets arrays where its signature says so (f8[:]), or its layout or arguments.'
  if (owner.kind === 'object' && 'data' in owner.value)
    return `Capture the elements, a typed array: env: { ${owner.name}: plain(${owner.name}).data }.`
  return undefined
}

type TableValue = Extract<Value, { kind: 'table' }>

export const element = ({ table, length }: TableValue, index: Tree, at: Place): Tree => ({
  kind: 'element',
  table,
  length,
  index,
  at,
})

export function member(frame: Frame, node: MemberExpression): Value {
  const at = place(frame, node)
  const owner = frame.build.lower.value(frame, node.object)
  if (!node.computed) {
    const key = node.property.type === 'Identifier' ? node.property.name : ''
    return property(frame, owner, key, place(frame, node.property))
  }
  if (node.property.type === 'Literal' && typeof node.property.value === 'string') {
    return property(frame, owner, node.property.value, at)
  }
  if (owner.kind === 'array') return arrayMember(frame, owner, node)
  if (owner.kind === 'table' && node.property.type !== 'PrivateIdentifier') {
    const index = asTree(frame.build.lower.value(frame, node.property), place(frame, node.property))
    return element(owner, index, at)
  }
  if (owner.kind === 'tuple') {
    const k = indexOf(frame, node)
    if (k !== undefined) return property(frame, owner, String(k), at)
    return syntaxError(
      at,
      'the index of a tuple must be a constant',
      'Use a typed array: one that is captured, or new Float64Array([x, y, z]) in a kernel of guvectorize or jit.',
    )
  }
  return syntaxError(at, `${describe(owner)} cannot be indexed`, hintFor(owner))
}
