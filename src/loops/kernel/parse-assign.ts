/** Giving values to names: declarations, parameters, patterns, assignment, and reading what was given. */
import type { Identifier, MemberExpression, Node, Pattern } from 'acorn'
import { elementReference, heldArray } from './parse-arrays.ts'
import {
  type ArrayValue,
  asTree,
  type Binding,
  type Build,
  constant,
  describe,
  emit,
  type Frame,
  isTree,
  newLocal,
  nothing,
  nowSet,
  place,
  type Reference,
  readLocal,
  spill,
  unsetLocal,
  type Value,
} from './parse-frame.ts'
import { anonymous, noteEntry, unplaced } from './parse-make.ts'
import { indexOf, property } from './parse-members.ts'
import type { Variable } from './scope.ts'
import { type Place, syntaxError } from './source.ts'
import type { Tree } from './tree.ts'

export const variableOf = (frame: Frame, id: Identifier): Variable | undefined =>
  frame.parsed.scoping.uses.get(id)

/** Does the value that it is declared with stay its value for good? */
function isFixed({ kind, writes, late }: Variable): boolean {
  if (kind === 'parameter') return writes === 0
  return writes === 1 && !(kind === 'var' && late)
}

/** The frame in which the variable lives. */
function homeOf(frame: Frame | undefined, variable: Variable): Frame | undefined {
  return !frame || frame.bindings.has(variable) ? frame : homeOf(frame.outer, variable)
}

const bindValue = (frame: Frame, variable: Variable, value: Value): void => {
  frame.bindings.set(variable, { kind: 'value', value })
}

function setLocal(frame: Frame, variable: Variable, value: Tree): void {
  const old = frame.bindings.get(variable)
  const local = old?.kind === 'local' ? old.local : newLocal(frame.build, variable.name)
  frame.bindings.set(variable, { kind: 'local', local })
  emit(frame.build, { kind: 'set', local, value })
  nowSet(frame.build, local)
}

/** A tuple with each number in a local of its own, so that it is a value and the elements can be assigned. */
function heldTuple(build: Build, name: string, items: readonly Value[]): Value {
  const held = items.map((item, k): Value => {
    if (item.kind === 'tuple') return heldTuple(build, `${name}${k}`, item.items)
    if (!isTree(item)) return item
    const local = newLocal(build, `${name}${k}`)
    emit(build, { kind: 'set', local, value: item })
    return readLocal(local, item.at)
  })
  return { kind: 'tuple', items: held }
}

/** From here on the variable is undefined. */
export function declareVariable(frame: Frame, variable: Variable, at: Place): void {
  if (variable.writes === 0) {
    bindValue(frame, variable, nothing)
    return
  }
  frame.bindings.set(variable, { kind: 'local', local: unsetLocal(frame.build, variable.name, at) })
}

const onceOnly = 'Which function or array a name means must be known when the kernel is compiled: use const.'
const swapped =
  'To swap two arrays make one, zeros([2, n]), and swap the index of the row: u[k] and u[1 - k].'

const assignedAgain = ({ name }: Variable, value: Value, at: Place): never =>
  syntaxError(
    at,
    `\`${name}\` is ${describe(value)} and is assigned again`,
    value.kind === 'array' ? `${onceOnly} ${swapped}` : onceOnly,
  )

/** An array that the kernel makes is called as the first variable that holds it. */
function nameArray({ views }: Build, array: ArrayValue, name: string): ArrayValue {
  const slot = views[array.view]
  if (slot?.operand !== unplaced || slot.name !== anonymous || array.indices.length > 0) return array
  slot.name = name
  return { ...array, name }
}

/** The variable begins with this value. */
export function initialise(frame: Frame, variable: Variable, value: Value, at: Place): void {
  if (value.kind === 'tuple') bindValue(frame, variable, heldTuple(frame.build, variable.name, value.items))
  else if (isFixed(variable) && value.kind === 'array')
    bindValue(frame, variable, heldArray(frame.build, nameArray(frame.build, value, variable.name)))
  else if (isFixed(variable) && (!isTree(value) || value.kind === 'constant')) {
    bindValue(frame, variable, value)
  } else if (isTree(value)) {
    setLocal(frame, variable, value)
    const binding = frame.bindings.get(variable)
    if (isFixed(variable) && binding?.kind === 'local') noteEntry(frame.build, binding.local, value)
  } else if (value.kind === 'undefined') declareVariable(frame, variable, at)
  else assignedAgain(variable, value, at)
}

function assignTo(frame: Frame, old: Value, value: Value, at: Place): void {
  if (old.kind === 'tuple' && value.kind === 'tuple' && old.items.length === value.items.length) {
    const items = value.items.map((item) => (isTree(item) ? spill(frame.build, item) : item))
    old.items.forEach((item, k) => {
      const next = items[k]
      if (next) assignTo(frame, item, next, at)
    })
  } else if (old.kind === 'local') {
    emit(frame.build, { kind: 'set', local: old.local, value: asTree(value, at) })
  } else syntaxError(at, `${describe(value)} cannot be assigned to ${describe(old)}`, onceOnly)
}

export function assign(frame: Frame, variable: Variable, value: Value, at: Place): void {
  if (variable.kind === 'const') syntaxError(at, `\`${variable.name}\` is a constant and cannot be assigned`)
  const home = homeOf(frame, variable)
  const old = home?.bindings.get(variable)
  if (!home || !old) syntaxError(at, `\`${variable.name}\` is used before it is declared`)
  if (old.kind === 'value') assignTo(frame, old.value, value, at)
  else if (isTree(value)) setLocal(home, variable, value)
  // `let f; f = x => …`: the only value it ever has.
  else if (variable.writes === 1) initialise(home, variable, value, at)
  else if (isTree(value) || value.kind === 'undefined') asTree(value, at)
  else assignedAgain(variable, value, at)
}

/** What a name stands for. */
export function read(frame: Frame, id: Identifier): Value {
  const variable = variableOf(frame, id)
  if (!variable) return frame.build.lower.free(frame, id)
  const binding: Binding | undefined = homeOf(frame, variable)?.bindings.get(variable)
  const at = place(frame, id)
  if (!binding) return syntaxError(at, `\`${id.name}\` is used before it is declared`)
  if (binding.kind === 'local') return readLocal(binding.local, at)
  // A captured constant is reported where it is used.
  return binding.value.kind === 'constant' ? constant(binding.value.value, at) : binding.value
}

export function reference(frame: Frame, node: Node): Reference {
  const at = place(frame, node)
  if (isIdentifier(node)) {
    const variable = variableOf(frame, node)
    const write = (variable: Variable, value: Value): Value => {
      assign(frame, variable, value, at)
      return read(frame, node)
    }
    if (variable) return { read: () => read(frame, node), write: (v) => write(variable, v) }
    return syntaxError(
      at,
      `\`${node.name}\` is not a variable of the kernel, so it cannot be assigned`,
      'A kernel gives its results with return: [q, r] for several.',
    )
  }
  if (isMember(node)) {
    const owner = frame.build.lower.value(frame, node.object)
    if (owner.kind === 'tuple') {
      const k = indexOf(frame, node)
      const item = k === undefined ? undefined : owner.items[k]
      const write = (item: Value, value: Value): Value => {
        assignTo(frame, item, value, at)
        return item
      }
      if (item) return { read: () => item, write: (v) => write(item, v) }
      return syntaxError(at, 'the index of a tuple must be a constant within it')
    }
    if (owner.kind === 'array') return elementReference(frame, owner, node)
    if (owner.kind === 'table') {
      return syntaxError(
        at,
        `\`${owner.name}\` is captured and read only`,
        'A kernel gives its results with return.',
      )
    }
    return syntaxError(at, `${describe(owner)} has nothing that can be assigned`)
  }
  return syntaxError(at, 'this cannot be assigned to')
}

const isIdentifier = (node: Node): node is Identifier => node.type === 'Identifier'
const isMember = (node: Node): node is MemberExpression => node.type === 'MemberExpression'

type Give = (frame: Frame, target: Pattern, value: Value, at: Place) => void

const declaring: Give = (frame, target, value, at) => {
  const variable = isIdentifier(target) ? variableOf(frame, target) : undefined
  if (!variable) syntaxError(at, 'a name is expected here')
  initialise(frame, variable, value, at)
}
const assigning: Give = (frame, target, value) => void reference(frame, target).write(value)

/** Takes a value apart as a pattern says. */
function give(frame: Frame, pattern: Pattern, value: Value, how: Give): void {
  const at = place(frame, pattern)
  const { build } = frame
  switch (pattern.type) {
    case 'Identifier':
    case 'MemberExpression':
      how(frame, pattern, value, at)
      return
    case 'AssignmentPattern': {
      const given = value.kind === 'undefined' ? build.lower.value(frame, pattern.right) : value
      give(frame, pattern.left, given, how)
      return
    }
    case 'ArrayPattern': {
      const rest = (k: number): Value =>
        value.kind === 'tuple' ? { kind: 'tuple', items: value.items.slice(k) } : nothing
      if (value.kind !== 'tuple' && value.kind !== 'table' && value.kind !== 'array') {
        syntaxError(at, `${describe(value)} cannot be taken apart as a tuple`)
      }
      if (value.kind !== 'tuple' && pattern.elements.some((e) => e?.type === 'RestElement'))
        syntaxError(
          at,
          'the rest of an array cannot be taken',
          'Count on from there: for (let i = 1; i < a.length; i++).',
        )
      // Which row it is stays as it was; its elements are read one by one, as JavaScript's iterators do.
      const from = value.kind === 'array' ? heldArray(build, value) : value
      pattern.elements.forEach((element, k) => {
        if (!element) return
        if (element.type === 'RestElement') give(frame, element.argument, rest(k), how)
        else give(frame, element, property(frame, from, String(k), at), how)
      })
      return
    }
    case 'ObjectPattern':
      for (const p of pattern.properties) {
        if (p.type !== 'Property' || p.computed) syntaxError(place(frame, p), 'name the properties')
        const key =
          p.key.type === 'Identifier' ? p.key.name : p.key.type === 'Literal' ? String(p.key.value) : ''
        const part = property(frame, value, key, place(frame, p))
        give(frame, p.value, part, how)
      }
      return
    case 'RestElement':
      syntaxError(at, 'a rest element takes the rest of a tuple')
  }
}

/** `const pattern = value`, or a parameter. */
export const declarePattern = (frame: Frame, pattern: Pattern, value: Value): void =>
  give(frame, pattern, value, declaring)

/** The right side of `[a, b] = [b, a]`, all read before anything is written. */
function apart({ build }: Frame, pattern: Pattern, value: Value): Value {
  if (value.kind !== 'tuple' || value.items.length < 2 || pattern.type !== 'ArrayPattern') return value
  return { ...value, items: value.items.map((v) => (isTree(v) ? spill(build, v) : v)) }
}

/** `var pattern = value`, where the pattern's names may be in the value. */
export const declareApart = (frame: Frame, pattern: Pattern, value: Value): void =>
  give(frame, pattern, apart(frame, pattern, value), declaring)

/** `pattern = value` */
export const assignPattern = (frame: Frame, pattern: Pattern, value: Value): void =>
  give(frame, pattern, apart(frame, pattern, value), assigning)
