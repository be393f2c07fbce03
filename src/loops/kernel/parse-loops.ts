/** Loops, `switch`, and the jumps out of them. */
import type {
  BreakStatement,
  ContinueStatement,
  DoWhileStatement,
  Expression,
  ForOfStatement,
  ForStatement,
  Statement,
  SwitchCase,
  SwitchStatement,
  WhileStatement,
} from 'acorn'
import { assignPattern, declarePattern } from './parse-assign.ts'
import { not } from './parse-choices.ts'
import { binary } from './parse-expressions.ts'
import {
  asTree,
  type Build,
  branch,
  constant,
  describe,
  emit,
  type Frame,
  newLabel,
  newLocal,
  type Position,
  place,
  readLocal,
  spill,
  type Target,
  within,
} from './parse-frame.ts'
import { element } from './parse-members.ts'
import { type Place, syntaxError } from './source.ts'
import type { Step, Tree } from './tree.ts'

type Names = readonly string[]

const newTarget = (build: Build, kind: Target['kind'], names: Names): Target => ({
  kind,
  label: newLabel(build),
  names,
  used: false,
})

/** Runs `make` with `target` as the innermost thing to leave. */
function inside<T>({ targets }: Frame, target: Target, make: () => T): T {
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

/** `for (const v of table)`. */
export function forOf(frame: Frame, node: ForOfStatement, names: Names): boolean {
  const { build } = frame
  const at = place(frame, node)
  const over = build.lower.value(frame, node.right)
  if (over.kind !== 'table' || node.await) {
    return syntaxError(
      at,
      `a kernel cannot loop over ${describe(over)}`,
      'Only a captured array has elements to loop over.',
    )
  }
  const counter = newLocal(build, 'k')
  const index = readLocal(counter, at)
  emit(build, { kind: 'set', local: counter, value: constant(0, at) })
  const body = (target: Target) => {
    leaveUnless(build, target, binary('<', index, constant(over.length, at), at))
    const value = element(over, index, at)
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

const endsInBreak = (c: SwitchCase): boolean => {
  const last = c.consequent.at(-1)
  return last?.type === 'BreakStatement' && !last.label
}

/** Does the case never go on into the next one, as its syntax shows? An empty one shares the next one's statements. */
function stops(body: readonly Statement[]): boolean {
  const last = body.at(-1)
  if (!last) return true
  if (last.type === 'BlockStatement') return last.body.length > 0 && stops(last.body)
  return ['BreakStatement', 'ContinueStatement', 'ReturnStatement'].includes(last.type)
}

interface Group {
  readonly tests: readonly Expression[]
  readonly isDefault: boolean
  readonly body: readonly Statement[]
}

/** Cases that share their statements, as in `case 1: case 2: …`. */
function groupsOf(cases: readonly SwitchCase[], alone: boolean): Group[] {
  const groups: Group[] = []
  let tests: Expression[] = []
  let isDefault = false
  for (const [k, c] of cases.entries()) {
    if (c.test) tests.push(c.test)
    else isDefault = true
    if (c.consequent.length === 0 && k < cases.length - 1) continue
    groups.push({
      tests,
      isDefault,
      body: alone && endsInBreak(c) ? c.consequent.slice(0, -1) : c.consequent,
    })
    tests = []
    isDefault = false
  }
  return groups
}

/** Cases that do not run on into one another: a chain of ifs. */
function separate(frame: Frame, on: Tree, groups: readonly Group[], position: Position): boolean {
  const { build } = frame
  const run = (group: Group | undefined): boolean =>
    !group || build.lower.statements(frame, group.body, position)
  const fallback = groups.find((g) => g.isDefault)
  const others = groups.filter((g) => g !== fallback)
  const from = (k: number): boolean => {
    const group = others[k]
    if (!group) return run(fallback)
    const test = group.tests
      .map((node) => equals(frame, on, node))
      .reduce((left, right): Tree => ({ kind: 'logical', operator: '||', left, right, at: right.at }))
    const then = branch(build, () => run(group))
    const otherwise = branch(build, () => from(k + 1))
    emit(build, { kind: 'if', test, then: then.steps, else: otherwise.steps })
    return then.result || otherwise.result
  }
  return from(0)
}

/** Cases that run on into one another: first find where to begin, then run all from there. */
function connected(frame: Frame, on: Tree, groups: readonly Group[], at: Place): boolean {
  const { build } = frame
  const begin = newLocal(build, 'begin')
  const beginAt = (k: number) => emit(build, { kind: 'set', local: begin, value: constant(k, at) })
  const tests = groups.flatMap((g, k) => g.tests.map((node) => ({ node, k })))
  const fallback = groups.findIndex((g) => g.isDefault)
  const find = (n: number): void => {
    const next = tests[n]
    if (!next) {
      beginAt(fallback < 0 ? groups.length : fallback)
      return
    }
    const test = equals(frame, on, next.node)
    const then = branch(build, () => beginAt(next.k)).steps
    const otherwise = branch(build, () => find(n + 1)).steps
    emit(build, { kind: 'if', test, then, else: otherwise })
  }
  find(0)
  let ends = true
  for (const [k, group] of groups.entries()) {
    const side = branch(build, () => build.lower.statements(frame, group.body, 'inside'))
    const test = binary('<=', readLocal(begin, at), constant(k, at), at)
    emit(build, { kind: 'if', test, then: side.steps, else: [] })
    ends = side.result
  }
  return ends || fallback < 0
}

function equals(frame: Frame, on: Tree, node: Expression): Tree {
  const at = place(frame, node)
  return binary('==', on, asTree(frame.build.lower.value(frame, node), at), at)
}

/** A test that can neither fail nor do anything. */
const isPlain = ({ test }: SwitchCase): boolean =>
  !test ||
  test.type === 'Literal' ||
  test.type === 'Identifier' ||
  (test.type === 'UnaryExpression' && test.argument.type === 'Literal')

export function switchStatement(frame: Frame, node: SwitchStatement, position: Position): boolean {
  const { build } = frame
  const { cases } = node
  const at = place(frame, node)
  const target = newTarget(build, 'switch', [])
  const on = spill(build, asTree(build.lower.value(frame, node.discriminant), at), 'on')
  const alone = cases.every((c, k) => isPlain(c) && (k === cases.length - 1 || stops(c.consequent)))
  const groups = groupsOf(cases, alone)
  const { steps, result: ends } = branch(build, () =>
    inside(frame, target, () =>
      alone ? separate(frame, on, groups, within(position)) : connected(frame, on, groups, at),
    ),
  )
  if (target.used) emit(build, { kind: 'block', label: target.label, body: steps })
  else build.steps.push(...steps)
  return ends || target.used
}
