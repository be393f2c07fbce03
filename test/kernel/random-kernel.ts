/**
 * Random well-typed kernels. A kernel is read off a list of small numbers, one for each choice; 0 is always the simplest, and a
 * list that has run out goes on with zeros: so fast-check's own shrinking of lists finds small counterexamples.
 */
import fc from 'fast-check'
import { type Code, codes, dtypes, type TypedArray } from '../../src/dtype.ts'
import { castValue, isFloat, isInt } from '../../src/loops/kernel/evaluate.ts'
import {
  cast,
  constant,
  type Expr,
  type Kernel,
  local,
  op,
  type Stmt,
  select,
  set,
  type Tables,
  type Value,
} from '../../src/loops/kernel/ir.ts'
import type { Op } from '../../src/loops/kernel/ops.ts'

export interface RandomOptions {
  /** The types in use; all if left out. */
  readonly types?: readonly Code[]
  /** Loops, blocks and breaks; without them only straight lines and ifs. */
  readonly loops?: boolean
  /** Captured tables, their loads always inside. */
  readonly tables?: boolean
  /** Functions of Math that are not exact everywhere. */
  readonly functions?: boolean
  /** Ops that only `narrow` makes, of types that it has chosen. */
  readonly narrowed?: boolean
  /** How many choices a kernel is made of at most. */
  readonly size?: number
  /** How many elements each operand has. */
  readonly elements?: number
}

export interface RandomKernel {
  readonly kernel: Kernel
  readonly tables: Tables
  /** One row an element: the values of all inputs. */
  readonly rows: readonly (readonly Value[])[]
}

const intBinary: Op[] = ['add', 'sub', 'mul', 'min', 'max', 'and', 'or', 'xor', 'shl', 'shr']
const intNarrowedUnary: Op[] = ['popcnt']
const intNarrowed: Op[] = ['hadd', 'rhadd', 'zhadd', 'addSat', 'subSat']
const intDivision: Op[] = ['div', 'floordiv', 'rem']
const intUnary: Op[] = ['neg', 'abs', 'not', 'sign', 'clz']
const floatBinary: Op[] = ['add', 'sub', 'mul', 'div', 'min', 'max', 'pmin', 'pmax']
const floatUnary: Op[] = ['neg', 'abs', 'sqrt', 'floor', 'ceil', 'trunc', 'round', 'sign']
const functions: Op[] = ['exp', 'log', 'sin', 'cos', 'tanh', 'pow', 'atan2', 'hypot', 'rem']
const comparisons: Op[] = ['lt', 'le', 'gt', 'ge', 'eq', 'ne']
const binaryFunctions = new Set<Op>(['pow', 'atan2', 'hypot', 'rem'])

const ints = [0n, 1n, 2n, -1n, 3n, 7n, 8n, 10n, 16n, 100n, 127n, 128n, 255n, 256n, -128n, 1000n, 32767n]
const wide = [
  65535n,
  65536n,
  2n ** 31n - 1n,
  -(2n ** 31n),
  2n ** 32n,
  2n ** 53n,
  2n ** 63n - 1n,
  -(2n ** 63n),
]
const floats = [0, 1, -1, 0.5, 2, -0, 3, 255, 1e10, -2.5, 1e300, Infinity, -Infinity, NaN, 2 ** 31, 2 ** 53]

/** Values of a dtype as they are outside (see `leave`), its edges often. */
export function valuesOf(type: Code): fc.Arbitrary<Value> {
  if (type === 'b1') return fc.boolean()
  if (isFloat(type)) {
    const small = fc.integer({ min: -300, max: 300 }).map((x) => x / 4)
    const any = fc.double().map((x) => castValue(type, x))
    return fc.oneof(
      fc.constantFrom(...floats).map((x) => castValue(type, x)),
      small,
      any,
    )
  }
  const bits = dtypes[type].bytes * 8
  const any = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n })
  const small = fc.bigInt({ min: -20n, max: 300n })
  return fc.oneof(small, any, fc.constantFrom(...ints, ...wide)).map((x) => {
    const value = dtypes[type].kind === 'i' ? BigInt.asIntN(bits, x) : BigInt.asUintN(bits, x)
    return dtypes[type].big ? value : Number(value)
  })
}

/** The choices, one by one. */
class Choices {
  readonly #list: readonly number[]
  #next = 0
  constructor(list: readonly number[]) {
    this.#list = list
  }
  get left(): boolean {
    return this.#next < this.#list.length
  }
  below(n: number): number {
    return (this.#list[this.#next++] ?? 0) % n
  }
  of<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)]
    if (item === undefined) throw new Error('nothing to choose from')
    return item
  }
}

interface Scope {
  readonly loops: readonly number[]
  readonly blocks: readonly number[]
  /** Counters, which only their own loop sets. */
  readonly fixed: ReadonlySet<number>
}

function build(list: readonly number[], o: Required<RandomOptions>): Kernel {
  const choices = new Choices(list)
  const nin = 1 + choices.below(3)
  const free = 1 + choices.below(4)
  const locals = Array.from({ length: nin + free }, (_, k) => ({
    type: choices.of(o.types),
    name: k < nin ? `p${k}` : `v${k}`,
  }))
  const arrays = o.tables ? [{ name: 'table', type: 'f4' as Code, length: 4 }] : []
  let labels = 0

  const constantOf = (type: Code): Expr => {
    if (type === 'b1') return constant(type, choices.below(2) === 1)
    if (isFloat(type)) return constant(type, castValue(type, choices.of(floats)))
    return constant(type, castValue(type, choices.below(4) === 3 ? choices.of(wide) : choices.of(ints)))
  }
  const leaf = (type: Code): Expr => {
    const same = locals.flatMap((l, id) => (l.type === type ? [id] : []))
    const choice = choices.below(4)
    if (choice === 3) return constantOf(type)
    if (same.length > 0 && choice !== 2) return local(type, choices.of(same))
    const id = choices.below(locals.length)
    return cast(type, local(locals[id]?.type ?? 'f8', id))
  }
  const numeric = o.types.filter((t) => t !== 'b1')

  const boolean = (depth: number): Expr => {
    const choice = choices.below(5)
    if (choice === 4) return op('not', [expr('b1', depth - 1)])
    if (choice === 3) {
      return op(choices.of<Op>(['and', 'or', 'xor', 'eq', 'ne']), [
        expr('b1', depth - 1),
        expr('b1', depth - 1),
      ])
    }
    const type = numeric.length > 0 ? choices.of(numeric) : 'b1'
    const name = type === 'b1' ? 'eq' : choices.of(comparisons)
    return op(name, [expr(type, depth - 1), expr(type, depth - 1)])
  }
  const number = (type: Code, depth: number): Expr => {
    const [binary, unary, rare] = isInt(type)
      ? [
          o.narrowed ? [...intBinary, ...intNarrowed] : intBinary,
          o.narrowed ? [...intUnary, ...intNarrowedUnary] : intUnary,
          intDivision,
        ]
      : [floatBinary, floatUnary, o.functions ? functions : (['div'] as Op[])]
    const choice = choices.below(8)
    if (choice < 5) return op(choices.of(binary), [expr(type, depth - 1), expr(type, depth - 1)])
    if (choice < 7) return op(choices.of(unary), [expr(type, depth - 1)])
    const name = choices.of(rare)
    const two = isInt(type) || name === 'div' || binaryFunctions.has(name)
    return op(name, two ? [expr(type, depth - 1), expr(type, depth - 1)] : [expr(type, depth - 1)])
  }
  const expr = (type: Code, depth: number): Expr => {
    const choice = depth <= 0 || !choices.left ? 0 : choices.below(8)
    if (choice === 0) return leaf(type)
    if (choice === 1) return cast(type, expr(choices.of(o.types), depth - 1))
    if (choice === 2) return select(expr('b1', depth - 1), expr(type, depth - 1), expr(type, depth - 1))
    if (choice === 3 && arrays.length > 0) {
      const index = op('and', [expr('i8', depth - 1), constant('i8', 3n)])
      return cast(type, { kind: 'load', type: 'f4', array: 0, index, check: 1 })
    }
    return type === 'b1' ? boolean(depth) : number(type, depth)
  }

  const assignment = (scope: Scope): Stmt => {
    const open = locals.flatMap((_, id) => (scope.fixed.has(id) ? [] : [id]))
    // locals before parameters, so that most kernels compute something
    const id = choices.of(open.sort((a, b) => Number(a < nin) - Number(b < nin)))
    return set(id, expr(locals[id]?.type ?? 'f8', 3))
  }

  /** Counts up or down a few times, by a counter that may have been declared wide or narrow. */
  const loop = (depth: number, scope: Scope): Stmt[] => {
    const label = labels++
    const intTypes = o.types.filter(isInt)
    const type = intTypes.length > 0 ? choices.of(intTypes) : 'i4'
    const counter = locals.length
    locals.push({ type, name: `i${counter}` })
    const times = 1n + BigInt(choices.below(5))
    const step = 1n + BigInt(choices.below(3))
    const down = choices.below(3) === 2
    const of = (value: bigint) => constant(type, value)
    const at = local(type, counter)
    const start = of(down ? times * step : 0n)
    const end = of(down ? 0n : times * step)
    const ended = down ? op('le', [at, end]) : op(choices.of<Op>(['ge', 'eq']), [at, end])
    const inner = {
      loops: [...scope.loops, label],
      blocks: scope.blocks,
      fixed: new Set([...scope.fixed, counter]),
    }
    const exit: Stmt = { kind: 'break', label }
    return [
      set(counter, start),
      {
        kind: 'loop',
        label,
        body: [{ kind: 'if', cond: ended, then: [exit], else: [] }, ...body(depth - 1, inner)],
        update: [set(counter, op(down ? 'sub' : 'add', [at, of(step)]))],
      },
    ]
  }

  const statement = (depth: number, scope: Scope): Stmt[] => {
    const choice = choices.below(8)
    if (choice === 4 && depth > 0) {
      const cond = expr('b1', 2)
      return [{ kind: 'if', cond, then: body(depth - 1, scope), else: body(depth - 1, scope) }]
    }
    if (o.loops && choice === 5 && depth > 0) return loop(depth, scope)
    if (o.loops && choice === 6 && depth > 0) {
      const label = labels++
      const inner = { ...scope, blocks: [...scope.blocks, label] }
      return [{ kind: 'block', label, body: body(depth - 1, inner) }]
    }
    if (o.loops && choice === 7) {
      const exits: Stmt[] = [
        ...[...scope.loops, ...scope.blocks].map((label): Stmt => ({ kind: 'break', label })),
        ...scope.loops.map((label): Stmt => ({ kind: 'continue', label })),
      ]
      if (exits.length > 0) {
        return [{ kind: 'if', cond: expr('b1', 2), then: [choices.of(exits)], else: [] }]
      }
    }
    return [assignment(scope)]
  }
  const body = (depth: number, scope: Scope): Stmt[] =>
    Array.from({ length: 1 + choices.below(3) }, () => statement(depth, scope)).flat()

  const start: Scope = { loops: [], blocks: [], fixed: new Set() }
  const statements: Stmt[] = []
  do statements.push(...body(3, start))
  while (choices.left && statements.length < 12)
  const outs = Array.from(
    { length: 1 + choices.below(2) },
    (_, k) => nin + ((choices.below(free) + k) % free),
  )
  return { name: 'random', source: '', locals, nin, outs, arrays, checks: [], body: statements }
}

/** Random kernels with the inputs to run them on. */
export function randomKernel(options: RandomOptions = {}): fc.Arbitrary<RandomKernel> {
  const o: Required<RandomOptions> = {
    types: codes,
    loops: true,
    tables: false,
    functions: false,
    narrowed: false,
    size: 120,
    elements: 4,
    ...options,
  }
  const table: TypedArray = Float32Array.of(0.5, -3, NaN, 1e9)
  return fc
    .array(fc.nat(255), { minLength: 10, maxLength: o.size, size: 'max' })
    .map((list) => build(list, o))
    .chain((kernel) => {
      const row = fc.tuple(...kernel.locals.slice(0, kernel.nin).map((l) => valuesOf(l.type)))
      return fc
        .array(row, { minLength: o.elements, maxLength: o.elements })
        .map((rows) => ({ kernel, tables: kernel.arrays.length > 0 ? [table] : [], rows }))
    })
}
