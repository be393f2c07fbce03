/**
 * Expressions: one small function for each of ESTree's types. What has an effect is emitted as a step at the place where JavaScript
 * would evaluate it; what is left is a pure tree, or something that exists at compile time only.
 */
import type { AssignmentExpression, Expression, Node, Pattern, Super, UpdateExpression } from 'acorn'
import { foldBinary, foldUnary } from './fold.ts'
import { unsupported } from './hints.ts'
import { assignPattern, read, reference } from './parse-assign.ts'
import { callExpression, isCounter, newExpression, spread } from './parse-calls.ts'
import { choose, isTrue, logicalTest, logicalValue, not } from './parse-choices.ts'
import {
  asTree,
  constant,
  type Frame,
  inOrder,
  isTree,
  isUndefined,
  nothing,
  place,
  spill,
  type Value,
} from './parse-frame.ts'
import { member } from './parse-members.ts'
import { type Place, syntaxError } from './source.ts'
import type { BinaryOperator, Tree, UnaryOperator } from './tree.ts'

export function notInKernels(at: Place, type: string): never {
  const [what, hint] = unsupported[type] ?? [`this (${type})`, undefined]
  return syntaxError(at, `${what} is not part of the kernel language`, hint)
}

export function binary(operator: BinaryOperator, left: Tree, right: Tree, at: Place): Tree {
  if (left.kind === 'constant' && right.kind === 'constant') {
    const value = foldBinary(operator, left.value, right.value)
    if (value !== undefined) return constant(value, at)
  }
  return { kind: 'binary', operator, left, right, at }
}

export function unary(operator: UnaryOperator, arg: Tree, at: Place): Tree {
  const value = arg.kind === 'constant' ? foldUnary(operator, arg.value) : undefined
  return value === undefined ? { kind: 'unary', operator, arg, at } : constant(value, at)
}

const equality: Readonly<Record<string, '==' | '!='>> = { '==': '==', '===': '==', '!=': '!=', '!==': '!=' }
const binaryOperators: ReadonlySet<string> = new Set<BinaryOperator>(
  '+ - * / % ** == != < <= > >= << >> >>> & | ^'.split(' ') as BinaryOperator[],
)
const isBinaryOperator = (operator: string): operator is BinaryOperator => binaryOperators.has(operator)

/** A node with two operands. */
interface Sided extends Node {
  readonly left: Node
  readonly right: Node
}

function operate(
  frame: Frame,
  operator: string,
  node: Sided,
  [left = nothing, right = nothing]: readonly Value[],
): Value {
  const { build } = frame
  const at = place(frame, node)
  const equal = equality[operator]
  // A number is never undefined, so what compilers make of default parameters is decided here.
  if (equal && (left.kind === 'undefined' || right.kind === 'undefined')) {
    const same = isUndefined(build, left, at) === isUndefined(build, right, at)
    return constant(same === (equal === '=='), at)
  }
  const name = equal ?? operator
  if (!isBinaryOperator(name)) return notInKernels(at, operator)
  return binary(name, asTree(left, place(frame, node.left)), asTree(right, place(frame, node.right)), at)
}

const isPattern = (node: Pattern): boolean => node.type === 'ArrayPattern' || node.type === 'ObjectPattern'

function assignment(frame: Frame, node: AssignmentExpression): Value {
  const { build } = frame
  const { lower } = build
  const at = place(frame, node)
  const { operator, left, right } = node
  if (operator === '=') {
    if (isPattern(left)) {
      const value = lower.value(frame, right)
      assignPattern(frame, left, value)
      return value
    }
    const target = reference(frame, left)
    return target.write(lower.value(frame, right))
  }
  const target = reference(frame, left)
  const write = (): Value => target.write(lower.value(frame, right))
  switch (operator) {
    case '&&=':
      return choose(frame, isTrue(target.read(), at), write, target.read, at)
    case '||=':
      return choose(frame, isTrue(target.read(), at), target.read, write, at)
    case '??=':
      return isUndefined(build, target.read(), at) ? write() : target.read()
    default: {
      const operands = inOrder(build, [target.read, () => lower.value(frame, right)])
      return target.write(operate(frame, operator.slice(0, -1), node, operands))
    }
  }
}

function update(frame: Frame, node: UpdateExpression, used: boolean): Value {
  const at = place(frame, node)
  const target = reference(frame, node.argument)
  const old = asTree(target.read(), at)
  const before = used && !node.prefix ? spill(frame.build, old) : old
  const after = target.write(binary(node.operator === '++' ? '+' : '-', before, constant(1, at), at))
  return node.prefix ? after : before
}

type Handlers = {
  readonly [T in Expression['type']]?: (frame: Frame, node: Extract<Expression, { type: T }>) => Value
}

const expressions: Handlers = {
  Literal(frame, node) {
    const at = place(frame, node)
    if (typeof node.value === 'string') return { kind: 'string', text: node.value }
    if (node.value === null) return node.regex ? notInKernels(at, 'RegExp') : nothing
    if (typeof node.value === 'object' || node.value === undefined) return notInKernels(at, 'RegExp')
    if (typeof node.value === 'bigint' && node.value >= 2n ** 64n) {
      return syntaxError(at, `${node.value}n needs more than 64 bits`)
    }
    return constant(node.value, at)
  },
  Identifier: read,
  MemberExpression: member,
  CallExpression: callExpression,
  NewExpression: newExpression,
  ParenthesizedExpression: (frame, node) => frame.build.lower.value(frame, node.expression),
  ChainExpression: (frame, node) => frame.build.lower.value(frame, node.expression),
  ArrowFunctionExpression: (frame, node) => ({ kind: 'function', parsed: frame.parsed, node, frame }),
  FunctionExpression: (frame, node) => ({ kind: 'function', parsed: frame.parsed, node, frame }),
  SequenceExpression(frame, node) {
    const last = node.expressions.at(-1)
    for (const e of node.expressions.slice(0, -1)) frame.build.lower.effect(frame, e)
    return last ? frame.build.lower.value(frame, last) : nothing
  },
  ArrayExpression(frame, node) {
    const makers = node.elements.map((e) => (): Value => {
      if (!e) return syntaxError(place(frame, node), 'a tuple has no holes')
      return frame.build.lower.value(frame, e.type === 'SpreadElement' ? e.argument : e)
    })
    const items = inOrder(frame.build, makers)
    return { kind: 'tuple', items: items.flatMap((item, k) => spread(frame, item, node.elements[k])) }
  },
  UnaryExpression(frame, node) {
    const at = place(frame, node)
    const { lower } = frame.build
    switch (node.operator) {
      case 'void':
        lower.effect(frame, node.argument)
        return nothing
      case '!':
        return not(lower.test(frame, node.argument), at)
      case 'typeof':
      case 'delete':
        return notInKernels(at, node.operator)
      default:
        return unary(node.operator, asTree(lower.value(frame, node.argument), at), at)
    }
  },
  BinaryExpression(frame, node) {
    const { left, right } = node
    if (left.type === 'PrivateIdentifier') return notInKernels(place(frame, node), 'in')
    const makers = [left, right].map((side) => () => frame.build.lower.value(frame, side))
    return operate(frame, node.operator, node, inOrder(frame.build, makers))
  },
  LogicalExpression(frame, node) {
    const { lower } = frame.build
    const at = place(frame, node)
    const left = lower.value(frame, node.left)
    const right = () => lower.value(frame, node.right)
    if (node.operator === '??') return isUndefined(frame.build, left, at) ? right() : left
    if (!isTree(left)) {
      const known = isTrue(left, at)
      const goesOn = known.kind === 'constant' && known.value === (node.operator === '&&')
      return goesOn ? right() : left
    }
    return logicalValue(frame, node.operator, left, right, at)
  },
  ConditionalExpression(frame, node) {
    const { lower } = frame.build
    const test = lower.test(frame, node.test)
    const then = () => lower.value(frame, node.consequent)
    const otherwise = () => lower.value(frame, node.alternate)
    return choose(frame, test, then, otherwise, place(frame, node))
  },
  AssignmentExpression: assignment,
  UpdateExpression: (frame, node) => (isCounter(node) ? nothing : update(frame, node, true)),
}

/** What an expression stands for; its effects are emitted. */
export function value(frame: Frame, node: Expression | Super): Value {
  const handle = expressions[node.type as Expression['type']] as
    | ((frame: Frame, node: Expression | Super) => Value)
    | undefined
  return handle ? handle(frame, node) : notInKernels(place(frame, node), node.type)
}

/** The effects of an expression alone. */
export function effect(frame: Frame, node: Expression): void {
  const { lower } = frame.build
  switch (node.type) {
    case 'SequenceExpression':
      for (const e of node.expressions) effect(frame, e)
      return
    case 'UpdateExpression':
      if (!isCounter(node)) update(frame, node, false)
      return
    case 'UnaryExpression':
      if (node.operator !== '!' && node.operator !== 'void') break
      effect(frame, node.argument)
      return
    case 'LogicalExpression':
      if (node.operator !== '??') {
        const test = lower.test(frame, node.left)
        const run = () => {
          effect(frame, node.right)
          return nothing
        }
        const skip = () => nothing
        const [then, otherwise] = node.operator === '&&' ? [run, skip] : [skip, run]
        choose(frame, test, then, otherwise, place(frame, node))
        return
      }
      break
    case 'ConditionalExpression': {
      const branch = (e: Expression) => () => {
        effect(frame, e)
        return nothing
      }
      const test = lower.test(frame, node.test)
      choose(frame, test, branch(node.consequent), branch(node.alternate), place(frame, node))
      return
    }
    default:
      break
  }
  value(frame, node)
}

/** Is the expression true? The tree may be a number, which is tested where it is used. */
export function test(frame: Frame, node: Expression): Tree {
  const at = place(frame, node)
  if (node.type === 'LogicalExpression' && node.operator !== '??') {
    return logicalTest(frame, node.operator, test(frame, node.left), () => test(frame, node.right), at)
  }
  return isTrue(value(frame, node), at)
}
