/** Loops, and the jumps out of them and out of `switch`. */
import type {
  BreakStatement,
  ContinueStatement,
  DoWhileStatement,
  ForOfStatement,
  ForStatement,
  Statement,
  WhileStatement,
} from 'acorn'
import { arrayProperty, rowOrElement } from './parse-arrays.ts'
import { assignPattern, declarePattern } from './parse-assign.ts'
import { not } from './parse-choices.ts'
import { binary } from './parse-expressions.ts'
import {
  asTree,
  type Build,
  branch,
  collect,
  constant,
  describe,
  emit,
  type Frame,
  newLabel,
  newLocal,
  place,
  readLocal,
  type Target,
} from './parse-frame.ts'
import { element } from './parse-members.ts'
import { beforeBody, checkIterations, prangeOf, type Range } from './parse-prange.ts'
import { type Place, syntaxError } from './source.ts'
import type { Step, Tree } from './tree.ts'

type Names = readonly string[]

export const newTarget = (build: Build, kind: Target['kind'], names: Names): Target => ({
  kind,
  label: newLabel(build),
  names,
  used: false,
})

/** Runs `make` with `target` as the innermost thing to leave. */
export function inside<T>({ targets }: Frame, target: Target, make: () => T): T {
  targets.push(target)
  try {
    return make()
  } finally {
    targets.pop()
  }
}

/** Leaves the loop unless the condition holds. */
function leaveUnless(build: Build, target: Target, test: Tree): void {
  if (test.kind === 'constant' && test.value) return
  target.used = true
  const leave: Step = { kind: 'break', label: target.label }
  if (test.kind === 'constant') emit(build, leave)
  else emit(build, { kind: 'if', test: not(test, test.at), then: [leave], else: [] })
}

const bodyOf = (frame: Frame, body: Statement): boolean =>
  frame.build.lower.statements(frame, [body], 'inside')

/** A loop whose parts are made by functions; its end is reached if something leaves it. */
function loop(
  frame: Frame,
  names: Names,
  at: Place,
  body: (t: Target) => void,
  update: (t: Target) => void,
): boolean {
  const { build } = frame
  const target = newTarget(build, 'loop', names)
  const main = branch(build, () => inside(frame, target, () => body(target)))
  const after = branch(build, () => update(target))
  emit(build, { kind: 'loop', label: target.label, body: main.steps, update: after.steps, at })
  return target.used
}

export function forLoop(frame: Frame, node: ForStatement | WhileStatement, names: Names): boolean {
  const { build } = frame
  const { lower } = build
  const init = node.type === 'ForStatement' ? node.init : undefined
  const update = node.type === 'ForStatement' ? node.update : undefined
  if (init?.type === 'VariableDeclaration') lower.statements(frame, [init], 'inside')
  else if (init) lower.effect(frame, init)
  const body = (target: Target) => {
    if (node.test) leaveUnless(build, target, lower.test(frame, node.test))
    bodyOf(frame, node.body)
  }
  const step = () => {
    if (update) lower.effect(frame, update)
  }
  return loop(frame, names, place(frame, node), body, step)
}

export function doWhile(frame: Frame, node: DoWhileStatement, names: Names): boolean {
  const { build } = frame
  const body = () => void bodyOf(frame, node.body)
  const test = (target: Target) => leaveUnless(build, target, build.lower.test(frame, node.test))
  return loop(frame, names, place(frame, node), body, test)
}

/** `for (const i of prange(n))`. */
function overRange(frame: Frame, node: ForOfStatement, names: Names, { from, to, step }: Range): boolean {
  const { build } = frame
  const at = place(frame, node)
  const counter = newLocal(build, 'i')
  const index = readLocal(counter, at)
  emit(build, { kind: 'set', local: counter, value: from })
  let label = 0
  let own: readonly Step[] = []
  const before = beforeBody(build)
  const body = (target: Target) => {
    leaveUnless(build, target, binary(step > 0 ? '<' : '>', index, to, at))
    label = target.label
    const { steps } = collect(build, () => {
      const { left } = node
      if (left.type !== 'VariableDeclaration') assignPattern(frame, left, index)
      else for (const d of left.declarations) declarePattern(frame, d.id, index)
      bodyOf(frame, node.body)
    })
    own = steps
    build.steps.push(...steps)
  }
  const update = () => {
    emit(build, { kind: 'set', local: counter, value: binary('+', index, constant(step, at), at) })
  }
  const ends = loop(frame, names, at, body, update)
  const joins = checkIterations(build, own, counter, label, before, at)
  const made = build.steps.at(-1)
  if (made?.kind === 'loop')
    build.steps[build.steps.length - 1] = {
      ...made,
      prange: {
        ...{ counter, to, step },
        joins: [...joins].map(([local, join]) => ({ local, join })),
        own: build.views.flatMap((_, view) => (view < before.views ? [] : [view])),
      },
    }
  return ends
}

/** `for (const v of table)`, `for (const row of a)`. */
export function forOf(frame: Frame, node: ForOfStatement, names: Names): boolean {
  const { build } = frame
  const at = place(frame, node)
  const range = prangeOf(frame, node)
  if (range) return overRange(frame, node, names, range)
  const over = build.lower.value(frame, node.right)
  if ((over.kind !== 'table' && over.kind !== 'array') || node.await) {
    return syntaxError(
      at,
      `a kernel cannot loop over ${describe(over)}`,
      'Only array parameters and captured arrays can be looped over.',
    )
  }
  const counter = newLocal(build, 'k')
  const index = readLocal(counter, at)
  emit(build, { kind: 'set', local: counter, value: constant(0, at) })
  const body = (target: Target) => {
    const length = over.kind === 'table' ? constant(over.length, at) : arrayProperty(over, 'length', at)
    leaveUnless(build, target, binary('<', index, asTree(length, at), at))
    const value = over.kind === 'table' ? element(over, index, at) : rowOrElement(over, index, at)
    const { left } = node
    if (left.type !== 'VariableDeclaration') assignPattern(frame, left, value)
    else for (const d of left.declarations) declarePattern(frame, d.id, value)
    bodyOf(frame, node.body)
  }
  const update = () => {
    emit(build, { kind: 'set', local: counter, value: binary('+', index, constant(1, at), at) })
  }
  return loop(frame, names, at, body, update)
}

export function jump(frame: Frame, node: BreakStatement | ContinueStatement): boolean {
  const leaves = node.type === 'BreakStatement'
  const name = node.label?.name
  const fits = (t: Target): boolean => {
    if (!leaves && t.kind !== 'loop') return false
    return name === undefined ? t.kind !== 'block' : t.names.includes(name)
  }
  const target = frame.targets.findLast(fits)
  if (!target) return syntaxError(place(frame, node), 'there is nothing here to leave')
  if (leaves) target.used = true
  emit(frame.build, { kind: leaves ? 'break' : 'continue', label: target.label })
  return false
}
