/**
 * Statements: one small function for each of ESTree's types. Each tells whether its end can be reached. An early `return` becomes
 * the other branch of its `if` where that is possible; only a return out of a loop or a switch has to leave a block.
 */
import type { IfStatement, ReturnStatement, Statement, VariableDeclaration } from 'acorn'
import { declareApart, declarePattern, declareVariable, initialise, variableOf } from './parse-assign.ts'
import { notInKernels } from './parse-expressions.ts'
import {
  type ArrayValue,
  asTree,
  branch,
  checkSize,
  describe,
  emit,
  type Frame,
  isTree,
  newLabel,
  newLocal,
  nothing,
  type Position,
  place,
  type Value,
  within,
} from './parse-frame.ts'
import { doWhile, forLoop, forOf, jump } from './parse-loops.ts'
import { anonymous } from './parse-make.ts'
import { switchStatement } from './parse-switch.ts'
import { type Place, syntaxError } from './source.ts'
import type { Tree } from './tree.ts'

/** Puts the result where the caller finds it. */
function deliver(frame: Frame, value: Value, position: Position, at: Place): void {
  const { build, exit } = frame
  if (position === 'last' && !exit.results && !exit.used) {
    exit.value = value
    return
  }
  const items = value.kind === 'tuple' ? value.items : [value]
  if (value.kind === 'undefined') {
    if (exit.results) syntaxError(at, 'this returns nothing, but another return gives a value')
    return
  }
  const returnable = items.map((item): Tree | ArrayValue =>
    isTree(item) || item.kind === 'array'
      ? item
      : syntaxError(at, `${describe(item)} is returned`, 'A kernel returns a number or a tuple of numbers.'),
  )
  const results =
    exit.results ??
    returnable.map((item, k) =>
      item.kind === 'array' ? item : newLocal(build, items.length === 1 ? 'result' : `result${k}`),
    )
  if (!exit.results) {
    for (const held of results) if (typeof held === 'number') build.results.add(held)
    exit.results = results
    exit.tuple = value.kind === 'tuple'
  }
  if (results.length !== items.length || exit.tuple !== (value.kind === 'tuple')) {
    const before = exit.tuple ? `a tuple of ${results.length}` : 'a number'
    const now = value.kind === 'tuple' ? `a tuple of ${items.length}` : 'a number'
    syntaxError(at, `this returns ${now}, but another return gives ${before}`)
  }
  returnable.forEach((item, k) => {
    const held = results[k]
    if (typeof held === 'number') emit(build, { kind: 'set', local: held, value: asTree(item, at) })
    else if (held && !isSameArray(held, item))
      syntaxError(
        at,
        `this returns another value than ${held.name === anonymous ? 'the array' : `the array \`${held.name}\``} that another return gives`,
        'Make one array before the branches, and return it everywhere.',
      )
  })
}

const isSameArray = (held: ArrayValue, item: Tree | ArrayValue): boolean =>
  item.kind === 'array' && item.view === held.view && item.indices.length + held.indices.length === 0

function returnStatement(frame: Frame, node: ReturnStatement, position: Position): boolean {
  const value = node.argument ? frame.build.lower.value(frame, node.argument) : nothing
  deliver(frame, value, position, place(frame, node))
  if (position === 'inside') {
    frame.exit.used = true
    emit(frame.build, { kind: 'break', label: frame.exit.label })
  }
  return false
}

/** Does it return on every path, as its syntax shows? */
function returns(node: Statement | null | undefined): boolean {
  if (!node) return false
  if (node.type === 'ReturnStatement') return true
  if (node.type === 'BlockStatement') return node.body.some(returns)
  return node.type === 'IfStatement' && returns(node.consequent) && returns(node.alternate)
}

/** An `if` and what follows it: where one branch returns, the rest belongs to the other. */
function ifStatement(
  frame: Frame,
  node: IfStatement,
  rest: readonly Statement[],
  position: Position,
): boolean {
  const { build } = frame
  const test = build.lower.test(frame, node.test)
  const then = [node.consequent]
  const otherwise = node.alternate ? [node.alternate] : []
  if (test.kind === 'constant') {
    return statements(frame, [...(test.value ? then : otherwise), ...rest], position)
  }
  const nest = position !== 'inside' && rest.length > 0
  const restThen = nest && returns(node.alternate) ? rest : []
  const restElse = nest && restThen.length === 0 && returns(node.consequent) ? rest : []
  const own = restThen.length + restElse.length === rest.length ? within(position) : 'inside'
  const a = branch(build, () => statements(frame, [...then, ...restThen], own))
  const b = branch(build, () => statements(frame, [...otherwise, ...restElse], own))
  if (a.steps.length + b.steps.length > 0) emit(build, { kind: 'if', test, then: a.steps, else: b.steps })
  const ends = a.result || b.result
  if (own !== 'inside' || rest.length === 0) return ends
  return ends && statements(frame, rest, position)
}

function declaration(frame: Frame, node: VariableDeclaration): void {
  if (node.kind !== 'let' && node.kind !== 'const' && node.kind !== 'var')
    notInKernels(place(frame, node), node.kind)
  for (const { id, init } of node.declarations) {
    // A `var` may be read by what it is given: var [a, b] = [b, a].
    if (init)
      (node.kind === 'var' ? declareApart : declarePattern)(frame, id, frame.build.lower.value(frame, init))
    else if (id.type === 'Identifier' && node.kind === 'let') {
      const variable = variableOf(frame, id)
      if (variable) declareVariable(frame, variable, place(frame, id))
    }
  }
}

type Handlers = {
  readonly [T in Statement['type']]?: (
    frame: Frame,
    node: Extract<Statement, { type: T }>,
    position: Position,
  ) => boolean
}

const handlers: Handlers = {
  ExpressionStatement(frame, node) {
    if (node.directive === undefined) frame.build.lower.effect(frame, node.expression)
    return true
  },
  VariableDeclaration(frame, node) {
    declaration(frame, node)
    return true
  },
  FunctionDeclaration: () => true,
  EmptyStatement: () => true,
  DebuggerStatement: () => true,
  ReturnStatement: returnStatement,
  IfStatement: (frame, node, position) => ifStatement(frame, node, [], position),
  BlockStatement: (frame, node, position) => statements(frame, node.body, position),
  WhileStatement: (frame, node) => forLoop(frame, node, []),
  DoWhileStatement: (frame, node) => doWhile(frame, node, []),
  ForStatement: (frame, node) => forLoop(frame, node, []),
  ForOfStatement: (frame, node) => forOf(frame, node, []),
  SwitchStatement: switchStatement,
  BreakStatement: jump,
  ContinueStatement: jump,
  LabeledStatement(frame, node) {
    const names = [node.label.name]
    let { body } = node
    while (body.type === 'LabeledStatement') {
      names.push(body.label.name)
      body = body.body
    }
    switch (body.type) {
      case 'WhileStatement':
      case 'ForStatement':
        return forLoop(frame, body, names)
      case 'DoWhileStatement':
        return doWhile(frame, body, names)
      case 'ForOfStatement':
        return forOf(frame, body, names)
      default:
        return labeledBlock(frame, body, names)
    }
  },
}

function labeledBlock(frame: Frame, body: Statement, names: readonly string[]): boolean {
  const { build, targets } = frame
  const target = { kind: 'block' as const, label: newLabel(build), names, used: false }
  targets.push(target)
  const { steps, result: ends } = branch(build, () => statements(frame, [body], 'inside'))
  targets.pop()
  emit(build, { kind: 'block', label: target.label, body: steps })
  return ends || target.used
}

function statement(frame: Frame, node: Statement, position: Position): boolean {
  const at = place(frame, node)
  checkSize(frame, at)
  const handle = handlers[node.type] as
    | ((frame: Frame, node: Statement, position: Position) => boolean)
    | undefined
  return handle ? handle(frame, node, position) : notInKernels(at, node.type)
}

/** A list of statements with a scope of its own; what cannot be reached is left out. */
export function statements(frame: Frame, body: readonly Statement[], position: Position): boolean {
  for (const node of body) {
    if (node.type !== 'FunctionDeclaration') continue
    const variable = variableOf(frame, node.id)
    if (variable && !frame.bindings.has(variable)) {
      initialise(frame, variable, { kind: 'function', parsed: frame.parsed, node, frame }, place(frame, node))
    }
  }
  for (const [k, node] of body.entries()) {
    const rest = body.slice(k + 1)
    if (node.type === 'IfStatement') return ifStatement(frame, node, rest, position)
    if (!statement(frame, node, rest.length === 0 ? position : 'inside')) return false
  }
  return true
}
