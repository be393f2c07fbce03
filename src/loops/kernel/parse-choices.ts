/**
 * `? :`, `&&`, `||`. Where both sides are pure they stay expressions, which run well on lanes; where a side has effects, or could fail,
 * it becomes an `if` step, so that it happens only when JavaScript would let it happen.
 */
import {
  asTree,
  type Build,
  branch,
  constant,
  describe,
  emit,
  type Frame,
  isTree,
  newLocal,
  nothing,
  readLocal,
  spill,
  type Value,
} from './parse-frame.ts'
import { type Place, syntaxError } from './source.ts'
import { canFail, isTruth, type Step, type Tree } from './tree.ts'

/** The value as a condition: a number is left as it is, and tested where it is used. */
export function isTrue(value: Value, at: Place): Tree {
  if (value.kind === 'constant') return constant(Boolean(value.value), at)
  if (isTree(value)) return value
  if (value.kind === 'string') return asTree(value, at)
  return constant(value.kind !== 'undefined', at)
}

export function not(tree: Tree, at: Place): Tree {
  return tree.kind === 'constant'
    ? constant(!tree.value, at)
    : { kind: 'unary', operator: '!', arg: tree, at }
}

/** The condition as true or false. */
const truth = (tree: Tree): Tree => (isTruth(tree) ? tree : not(not(tree, tree.at), tree.at))

interface Side {
  readonly steps: readonly Step[]
  readonly result: Value
}

const pure = (value: Value): boolean =>
  value.kind === 'tuple' ? value.items.every(pure) : !(isTree(value) && canFail(value))

const isArray = ({ kind }: Value): boolean => kind === 'array' || kind === 'table'

const differ = (then: Value, otherwise: Value, at: Place): never => {
  if (isArray(then) && isArray(otherwise))
    syntaxError(
      at,
      'which array this is is known only when the kernel runs',
      'Choose the index of a row, a[test ? i : j], or its elements: test ? a[i] : b[i]. Make one array before the branches, not one in each.',
    )
  return syntaxError(
    at,
    `this is either ${describe(then)} or ${describe(otherwise)}, which is known only when the kernel runs`,
    'Choose between numbers, or between tuples of the same length.',
  )
}

/** Both sides as one expression. */
function select(test: Tree, then: Value, otherwise: Value, at: Place): Value {
  if (isTree(then) && isTree(otherwise)) return { kind: 'conditional', test, then, else: otherwise, at }
  if (then.kind === 'undefined' && otherwise.kind === 'undefined') return nothing
  if (then.kind === 'tuple' && otherwise.kind === 'tuple' && then.items.length === otherwise.items.length) {
    const items = then.items.map((item, k) => select(test, item, otherwise.items[k] ?? nothing, at))
    return { kind: 'tuple', items }
  }
  return differ(then, otherwise, at)
}

/** New locals for a value that is the one or the other, and how to set them. */
function slots(build: Build, a: Value, b: Value, at: Place): readonly [Value, (value: Value) => void] {
  if (isTree(a) && isTree(b)) {
    const local = newLocal(build, 't')
    return [readLocal(local, at), (v) => emit(build, { kind: 'set', local, value: asTree(v, at) })]
  }
  if (a.kind === 'undefined' && b.kind === 'undefined') return [nothing, () => {}]
  if (a.kind === 'tuple' && b.kind === 'tuple' && a.items.length === b.items.length) {
    const parts = a.items.map((item, k) => slots(build, item, b.items[k] ?? nothing, at))
    const set = (v: Value) => {
      if (v.kind === 'tuple') parts.forEach(([, setPart], k) => setPart(v.items[k] ?? nothing))
    }
    return [{ kind: 'tuple', items: parts.map(([item]) => item) }, set]
  }
  return differ(a, b, at)
}

function merge(build: Build, test: Tree, then: Side, otherwise: Side, at: Place): Value {
  if (
    then.steps.length === 0 &&
    otherwise.steps.length === 0 &&
    pure(then.result) &&
    pure(otherwise.result)
  ) {
    const shared = then.result.kind === 'tuple' && test.kind !== 'local' ? spill(build, test) : test
    return select(shared, then.result, otherwise.result, at)
  }
  const [value, set] = slots(build, then.result, otherwise.result, at)
  const steps = (side: Side) => [...side.steps, ...branch(build, () => set(side.result)).steps]
  emit(build, { kind: 'if', test, then: steps(then), else: steps(otherwise) })
  return value
}

/** The one value or the other; where the test is known, the other side is not even looked at. */
export function choose(
  { build }: Frame,
  test: Tree,
  then: () => Value,
  otherwise: () => Value,
  at: Place,
): Value {
  if (test.kind === 'constant') return test.value ? then() : otherwise()
  return merge(build, test, branch(build, then), branch(build, otherwise), at)
}

type Operator = '&&' | '||'

/** `left && right` or `left || right`, as the value that JavaScript gives. */
export function logicalValue(
  frame: Frame,
  operator: Operator,
  left: Tree,
  right: () => Value,
  at: Place,
): Value {
  const { build } = frame
  if (left.kind === 'constant') return Boolean(left.value) === (operator === '&&') ? right() : left
  const side = branch(build, right)
  if (
    isTruth(left) &&
    isTree(side.result) &&
    side.steps.length === 0 &&
    isTruth(side.result) &&
    pure(side.result)
  ) {
    return { kind: 'logical', operator, left, right: side.result, at }
  }
  const held = isTruth(left)
    ? left
    : left.kind === 'local' && side.steps.length === 0
      ? left
      : spill(build, left)
  // A condition that did not decide is false after `&&`, true after `||`.
  const kept: Side = { steps: [], result: isTruth(left) ? constant(operator === '||', at) : held }
  return operator === '&&' ? merge(build, held, side, kept, at) : merge(build, held, kept, side, at)
}

/** `left && right` or `left || right` as a condition. */
export function logicalTest(
  { build }: Frame,
  operator: Operator,
  left: Tree,
  right: () => Tree,
  at: Place,
): Tree {
  if (left.kind === 'constant') return Boolean(left.value) === (operator === '&&') ? right() : left
  const side = branch(build, right)
  if (side.steps.length === 0 && !canFail(side.result)) {
    return { kind: 'logical', operator, left, right: side.result, at }
  }
  const held = spill(build, truth(left))
  const local = held.kind === 'local' ? held.local : newLocal(build, 't')
  const steps: Step[] = [...side.steps, { kind: 'set', local, value: truth(side.result) }]
  const [then, otherwise] = operator === '&&' ? [steps, []] : [[], steps]
  emit(build, { kind: 'if', test: held, then, else: otherwise })
  return held
}
