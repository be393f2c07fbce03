/**
 * `switch`: a chain of ifs where no case runs on into the next, which runs well on lanes; else the cases stand one after the other,
 * and what was found first says where to begin.
 */
import type { Expression, Statement, SwitchCase, SwitchStatement } from 'acorn'
import { binary } from './parse-expressions.ts'
import {
  asTree,
  branch,
  constant,
  emit,
  type Frame,
  newLocal,
  type Position,
  place,
  readLocal,
  spill,
  within,
} from './parse-frame.ts'
import { inside, newTarget } from './parse-loops.ts'
import type { Place } from './source.ts'
import type { Tree } from './tree.ts'

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
