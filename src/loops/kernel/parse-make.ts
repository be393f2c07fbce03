/**
 * Arrays that a kernel makes: `empty(n)`, `zeros([m, n])`, `emptyLike(a)`, `new Float64Array(n)`. They are operands like others, which
 * the caller allocates before the kernel runs: where their sizes are made of what is known then, by computing them; else by
 * running the kernel up to there (sizing.ts). So no code allocates, and every place makes one array, whose memory is used again.
 */
import { type Code, codeOf } from '../../dtype.ts'
import { type Maker, makerRow } from './makers.ts'
import {
  type ArrayValue,
  asTree,
  type Build,
  constant,
  describe,
  emit,
  type Frame,
  isTree,
  newLabel,
  newLocal,
  readLocal,
  spill,
  type Value,
} from './parse-frame.ts'
import { type Place, syntaxError } from './source.ts'
import { branches, type Made, type Step, type Tree, withBranches } from './tree.ts'

/** The operand of a made array, until it is known whether it is a result. */
export const unplaced = -1
export const anonymous = 'array'

/** The tree in terms of what is known when a call begins; undefined where it takes more. */
function atEntry(build: Build, tree: Tree): Tree | undefined {
  switch (tree.kind) {
    case 'constant':
      return tree
    case 'local':
      return build.entry.get(tree.local)
    case 'size': {
      const made = build.made.find(({ view }) => view === tree.view)
      return made ? (made.known ? made.sizes[tree.axis] : undefined) : tree
    }
    case 'unary':
    case 'binary':
    case 'logical':
    case 'conditional':
    case 'call': {
      const parts = branches(tree).flatMap((part) => atEntry(build, part) ?? [])
      return parts.length === branches(tree).length ? withBranches(tree, parts) : undefined
    }
    case 'element':
    case 'item':
    case 'coerce':
      return undefined
  }
}

/** A local that gets its one value now. */
export function noteEntry(build: Build, local: number, value: Tree): void {
  const known = atEntry(build, value)
  if (known) build.entry.set(local, known)
}

/** Sizes of arrays that the kernel makes, as what they were made of: nothing else is there when sizes are computed. */
function withoutMade(build: Build, tree: Tree): Tree {
  if (tree.kind === 'size') {
    const made = build.made.find(({ view }) => view === tree.view)
    return made?.sizes[tree.axis] ?? tree
  }
  return withBranches(
    tree,
    branches(tree).map((part) => withoutMade(build, part)),
  )
}

const readsLocals = (tree: Tree): boolean => tree.kind === 'local' || branches(tree).some(readsLocals)

/** The sizes as the caller will compute them. */
function settledSizes(build: Build, sizes: readonly Tree[], at: Place): Pick<Made, 'sizes' | 'known'> {
  const known = sizes.flatMap((size) => atEntry(build, size) ?? [])
  if (known.length === sizes.length) {
    if (build.gives !== 'once' && known.some(readsLocals))
      syntaxError(
        at,
        'the size of this array hangs on a number, but it is made once for all core calls',
        'Make it of the sizes of arrays and constants: zeros(a.length), empty([a.shape[0], 3]).',
      )
    return { sizes: known, known: true }
  }
  if (build.gives !== 'once' || build.depth > 0)
    syntaxError(
      at,
      'the size of this array is known only when the kernel has run up to here',
      build.depth > 0
        ? 'Within a loop or a branch it has to be made of parameters and sizes alone; or make the array before.'
        : 'A kernel of guvectorize makes its arrays once for all core calls: of sizes and constants alone.',
    )
  return { sizes: sizes.map((size) => spill(build, withoutMade(build, size), 'size')), known: false }
}

/** The value of the element at these indices. */
type Elements = (indices: readonly Tree[]) => Tree

const storeAt = (
  build: Build,
  { view }: ArrayValue,
  indices: readonly Tree[],
  value: Tree,
  at: Place,
): void => emit(build, { kind: 'store', view, indices, value, at })

/** Sets every element. */
function fill(build: Build, array: ArrayValue, elementAt: Elements, at: Place): void {
  const axis = array.indices.length
  if (axis === array.rank) {
    storeAt(build, array, array.indices, elementAt(array.indices), at)
    return
  }
  const before = build.steps
  const body: Step[] = []
  const label = newLabel(build)
  const counter = newLocal(build, 'k')
  const index = readLocal(counter, at)
  const size: Tree = { kind: 'size', view: array.view, axis, at }
  const test: Tree = { kind: 'binary', operator: '>=', left: index, right: size, at }
  const next: Tree = { kind: 'binary', operator: '+', left: index, right: constant(1, at), at }
  emit(build, { kind: 'set', local: counter, value: constant(0, at) })
  build.steps = body
  emit(build, { kind: 'if', test, then: [{ kind: 'break', label }], else: [] })
  fill(build, { ...array, indices: [...array.indices, index] }, elementAt, at)
  build.steps = before
  emit(build, { kind: 'loop', label, body, update: [{ kind: 'set', local: counter, value: next }], at })
}

/** Zeros are what an array begins with where it is made once a call. */
const isOnce = ({ gives, depth }: Build): boolean => gives === 'once' && depth === 0
const isZero = (value: Tree): boolean => value.kind === 'constant' && Object.is(value.value, 0)

/** An array of these sizes. Whoever makes it sets its elements: it may hold what it held when it was made before. */
function makeArray(
  { build }: Frame,
  sizes: readonly Tree[],
  dtype: Pick<Made, 'code' | 'like'>,
  at: Place,
): ArrayValue {
  if (!build.gives)
    syntaxError(
      at,
      'a scalar kernel cannot make arrays',
      'Kernels of guvectorize and jit can; or capture a typed array as a table with env.',
    )
  const rank = sizes.length
  const view = build.views.push({ name: anonymous, operand: unplaced, rank, stored: true }) - 1
  const settled = settledSizes(build, sizes, at)
  const made = build.made.push({ view, ...settled, ...dtype }) - 1
  const array: ArrayValue = { kind: 'array', view, name: anonymous, rank, indices: [] }
  emit(build, { kind: 'make', made, sizes: settled.known ? [] : settled.sizes })
  return array
}

/** The same with all elements `value`. */
function makeFilled(
  frame: Frame,
  sizes: readonly Tree[],
  dtype: Pick<Made, 'code' | 'like'>,
  value: Tree,
  at: Place,
): ArrayValue {
  const { build } = frame
  const first = spill(build, value)
  const array = makeArray(frame, sizes, dtype, at)
  if (!isOnce(build) || !isZero(first)) fill(build, array, () => first, at)
  return array
}

/** `new Float64Array(n)`: zeros; `new Float64Array(a)` and `new Float64Array([x, y])`: copies. Undefined for anything else. */
export function typedArrayOf(frame: Frame, code: Code, value: Value, at: Place): Value | undefined {
  const { build } = frame
  const dtype = { code, like: null }
  if (isTree(value)) return makeFilled(frame, [value], dtype, constant(0, at), at)
  if (value.kind === 'tuple') {
    const items = value.items.map((item) => spill(build, asTree(item, at)))
    const array = makeArray(frame, [constant(items.length, at)], dtype, at)
    for (const [k, item] of items.entries()) storeAt(build, array, [constant(k, at)], item, at)
    return array
  }
  if (value.kind === 'table') {
    const { table, length } = value
    const array = makeArray(frame, [constant(length, at)], dtype, at)
    fill(build, array, ([index = constant(0, at)]) => ({ kind: 'element', table, length, index, at }), at)
    return array
  }
  if (value.kind !== 'array' || value.rank - value.indices.length !== 1) return undefined
  const from = { ...value, indices: value.indices.map((index) => spill(build, index, 'i')) }
  const size: Tree = { kind: 'size', view: from.view, axis: from.indices.length, at }
  const array = makeArray(frame, [size], dtype, at)
  fill(
    build,
    array,
    (indices) => ({ kind: 'item', view: from.view, indices: [...from.indices, ...indices], at }),
    at,
  )
  return array
}

const wrongShape = (name: string, given: Value, at: Place): never =>
  syntaxError(
    at,
    `\`${name}\` takes a size or a tuple of sizes, but got ${describe(given)}`,
    'Write zeros(n), zeros([m, n]).',
  )

function sizesOf(name: string, shape: Value | undefined, at: Place): Tree[] {
  if (shape === undefined)
    return syntaxError(at, `\`${name}\` needs a size`, 'Write zeros(n), zeros([m, n]).')
  if (shape.kind !== 'tuple') {
    if (shape.kind === 'array' || shape.kind === 'string') wrongShape(name, shape, at)
    return [asTree(shape, at)]
  }
  if (shape.items.length === 0) wrongShape(name, shape, at)
  return shape.items.map((item) => asTree(item, at))
}

function codeNamed(name: string, dtype: Value | undefined, at: Place): Made['code'] {
  if (dtype === undefined || dtype.kind === 'undefined') return null
  const code = dtype.kind === 'string' ? codeOf(dtype.text) : undefined
  if (code !== undefined) return code
  const got = dtype.kind === 'string' ? JSON.stringify(dtype.text) : describe(dtype)
  return syntaxError(at, `the dtype of \`${name}\` is a text such as 'f4', but got ${got}`)
}

/** `zeros(shape, dtype)`, `full(shape, value, dtype)`, `emptyLike(array, dtype)` … */
export function callMaker(frame: Frame, name: Maker, args: readonly Value[], at: Place): Value {
  const { like, fill: begin } = makerRow(name)
  const [first, ...rest] = args
  const filled = begin === 'argument' ? rest.shift() : constant(begin, at)
  if (filled === undefined) return syntaxError(at, `\`${name}\` needs the value of the elements`)
  const code = codeNamed(name, rest[0], at)
  const value = asTree(filled, at)
  if (!like) return makeFilled(frame, sizesOf(name, first, at), { code, like: null }, value, at)
  if (first?.kind !== 'array')
    return syntaxError(at, `\`${name}\` takes an array, but got ${first ? describe(first) : 'nothing'}`)
  const sizes = Array.from({ length: first.rank - first.indices.length }, (_, axis): Tree => {
    return { kind: 'size', view: first.view, axis: first.indices.length + axis, at }
  })
  return makeFilled(frame, sizes, { code, like: first.view }, value, at)
}
