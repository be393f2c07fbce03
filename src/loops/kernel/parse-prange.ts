/**
 * `for (const i of prange(n))`: a counted loop, and a promise that no iteration needs another. The promise is checked here: what is
 * carried from one iteration to the next is an error, unless it is joined to a local by one operation that may take any order.
 */
import type { ForOfStatement } from 'acorn'
import type { Join } from './ir.ts'
import { unknownRoot } from './parse-calls.ts'
import { asTree, type Build, constant, type Frame, place, spill } from './parse-frame.ts'
import { type Place, syntaxError } from './source.ts'
import { branches, inner, type Step, type Tree } from './tree.ts'

export interface Range {
  readonly from: Tree
  readonly to: Tree
  readonly step: number
}

const stepOf = (tree: Tree, at: Place): number => {
  const value = tree.kind === 'constant' ? tree.value : undefined
  if (typeof value === 'number' && Number.isInteger(value) && value !== 0) return value
  return syntaxError(
    at,
    'the step of `prange` is a whole number that is known when the kernel is read, and not 0',
    'Write prange(a, b, 2), and compute from the counter what else is needed.',
  )
}

/** What the loop runs over, if it is a call of prange. */
export function prangeOf(frame: Frame, { right, await: waits }: ForOfStatement): Range | null {
  if (waits || right.type !== 'CallExpression') return null
  const { callee } = right
  const unknown = unknownRoot(frame, callee)
  const named =
    unknown && callee.type !== 'Super'
      ? /(?:^|\.|, )prange\)?$/.test(frame.parsed.text.slice(callee.start, callee.end).trim())
      : false
  if (unknown ? !named : frame.build.lower.value(frame, callee).kind !== 'prange') return null
  const at = place(frame, right)
  const args = right.arguments.map((arg) => {
    if (arg.type === 'SpreadElement') return syntaxError(at, '`prange` takes numbers')
    const tree = asTree(frame.build.lower.value(frame, arg), at)
    // A size stays what it is; anything else is computed once.
    return tree.kind === 'size' ? tree : spill(frame.build, tree)
  })
  const [first, second, third] = args
  if (!first || args.length > 3)
    return syntaxError(at, `\`prange\` takes 1 to 3 arguments, not ${args.length}`)
  return second
    ? { from: first, to: second, step: third ? stepOf(third, at) : 1 }
    : { from: constant(0, at), to: first, step: 1 }
}

/** What was there before the body was lowered: whatever is beyond is made anew in every iteration. */
export interface Before {
  readonly locals: number
  readonly views: number
}
export const beforeBody = ({ locals, views }: Build): Before => ({
  locals: locals.length,
  views: views.length,
})

const hint =
  'Iterations of prange come in any order. A local from outside may be joined to by one of += *= &= |= ^=, Math.min and Math.max, and is not read otherwise; declare all others inside the loop, or count with a plain for.'

type Access = Pick<Extract<Tree, { kind: 'item' }>, 'view' | 'indices' | 'at'>

/**
 * What iterations join to, and by what.
 * @throws KernelSyntaxError for what one iteration takes from another, and for leaving the loop
 */
export function checkIterations(
  build: Build,
  body: readonly Step[],
  counter: number,
  label: number,
  before: Before,
  at: Place,
): ReadonlyMap<number, Join> {
  const joins = new Map<number, Join>()
  const reads = new Map<number, Place>()
  const sets: { readonly local: number; readonly value: Tree }[] = []
  const [stores, items]: [Access[], Access[]] = [[], []]
  /** What locals of the body are, if they are set in one place. */
  const values = new Map<number, Tree | null>()
  const known = new Set([label])
  const see = (tree: Tree): void => {
    if (tree.kind === 'local' && !reads.has(tree.local)) reads.set(tree.local, tree.at)
    if (tree.kind === 'item') items.push(tree)
    for (const part of branches(tree)) see(part)
  }
  const carried = (local: number, where: Place): never =>
    syntaxError(where, `\`${build.locals[local]}\` is carried from one iteration of prange to the next`, hint)
  const visit = (steps: readonly Step[]): void => {
    for (const step of steps) {
      if (step.kind === 'set' && step.local < before.locals) sets.push(step)
      else if (step.kind === 'set') {
        values.set(step.local, values.has(step.local) ? null : step.value)
        see(step.value)
      }
      if (step.kind === 'store') {
        stores.push(step)
        for (const tree of [...step.indices, step.value]) see(tree)
      }
      if (step.kind === 'if') see(step.test)
      if (step.kind === 'make') for (const size of step.sizes) see(size)
      if (step.kind === 'loop' || step.kind === 'block') known.add(step.label)
      if (step.kind === 'continue' || step.kind === 'break') {
        const leaves = step.kind === 'break' && step.label === label
        if (leaves || !known.has(step.label))
          syntaxError(
            at,
            '`break` or `return` leaves a loop over prange',
            'Use `continue`, or count with a plain for.',
          )
      }
      for (const list of inner(step)) visit(list)
    }
  }
  visit(body)
  for (const { local, value } of sets) {
    const join = joined(local, value)
    const was = joins.get(local)
    if (join === null || (was !== undefined && was !== join.name)) carried(local, value.at)
    else {
      joins.set(local, join.name)
      for (const tree of join.others) see(tree)
    }
  }
  for (const local of joins.keys()) {
    const where = reads.get(local)
    if (where) carried(local, where)
  }
  const offset = (index: Tree) => offsetOf(index, counter, values)
  for (const store of stores) {
    if (store.view >= before.views) continue
    for (const other of [...stores, ...items])
      if (other.view === store.view && meets(store, other, offset))
        syntaxError(
          other.at,
          `\`${build.views[store.view]?.name}\` is written by one iteration of prange where another one reads or writes`,
          'Write only elements whose index is the counter, or count with a plain for.',
        )
  }
  return joins
}

const operations: Readonly<Record<string, Join>> = {
  '+': 'add',
  '*': 'mul',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
  'Math.min': 'min',
  'Math.max': 'max',
}

/** The value as the local joined with others by one operation; null where it is something else. */
function joined(
  local: number,
  value: Tree,
): { readonly name: Join; readonly others: readonly Tree[] } | null {
  const isOwn = (tree: Tree): boolean => tree.kind === 'local' && tree.local === local
  if (value.kind === 'call') {
    const name = operations[value.name]
    const others = value.args.filter((arg) => !isOwn(arg))
    return name && others.length === value.args.length - 1 ? { name, others } : null
  }
  const name = value.kind === 'binary' ? operations[value.operator] : undefined
  if (value.kind !== 'binary' || !name) return null
  const { operator, left, right } = value
  if (isOwn(left)) return { name, others: [right] }
  if (isOwn(right)) return { name, others: [left] }
  const further = left.kind === 'binary' && left.operator === operator ? joined(local, left) : null
  return further && { name, others: [...further.others, right] }
}

/** The index as the counter and a number added to it. */
function offsetOf(index: Tree, counter: number, values: ReadonlyMap<number, Tree | null>): number | null {
  if (index.kind === 'local') {
    if (index.local === counter) return 0
    const value = values.get(index.local)
    return value ? offsetOf(value, counter, values) : null
  }
  if (index.kind !== 'binary' || index.right.kind !== 'constant') return null
  const base = offsetOf(index.left, counter, values)
  const by = Number(index.right.value)
  if (base === null) return null
  return index.operator === '+' ? base + by : index.operator === '-' ? base - by : null
}

/** Do two iterations surely meet in an element: along an axis both count with the loop, but not in step? */
function meets(a: Access, b: Access, offset: (index: Tree) => number | null): boolean {
  let apart = false
  for (const [axis, index] of a.indices.entries()) {
    const other = b.indices[axis]
    if (!other) return false
    if (index.kind === 'constant' && other.kind === 'constant' && index.value !== other.value) return false
    const [p, q] = [offset(index), offset(other)]
    if (p !== null && q !== null && p !== q) apart = true
    else if (p !== null && p === q) return false
  }
  return apart
}
