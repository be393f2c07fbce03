/**
 * What reductions have to give, said once more: the tree of promise 1, top down on logical indices, over plain lists; and the
 * kernels of these tests as functions on JavaScript values, rounded to each dtype by hand.
 */
import fc from 'fast-check'
import type { Strided } from '../../src/broadcast/view.ts'
import { type Code, dtypes, type TypedArray } from '../../src/dtype.ts'
import { allocate } from '../../src/targets/memory/resident.ts'
import { vectorize } from '../../src/vectorize/vectorize.ts'

export type Value = number | bigint
export type Join = (a: Value, b: Value) => Value
type Maybe = Value | undefined

const either = (join: Join, a: Maybe, b: Maybe): Maybe =>
  a === undefined ? b : b === undefined ? a : join(a, b)

/** Partials 0 … count-1 from `first` on: halves, joined. */
function halves(parts: readonly Maybe[], join: Join): Maybe {
  if (parts.length === 1) return parts[0]
  const middle = parts.length / 2
  return either(join, halves(parts.slice(0, middle), join), halves(parts.slice(middle), join))
}

/** A list splits after the largest power of two below its length. */
function binary(nodes: readonly Maybe[], join: Join): Maybe {
  if (nodes.length <= 1) return nodes[0]
  let left = 1
  while (2 * left < nodes.length) left *= 2
  return either(join, binary(nodes.slice(0, left), join), binary(nodes.slice(left), join))
}

const foldLeft = (values: readonly Maybe[], join: Join): Maybe =>
  values.reduce<Maybe>((acc, value) => either(join, acc, value), undefined)

/** The tree over one axis; undefined elements are masked out. */
export function tree(values: readonly Maybe[], join: Join): Maybe {
  const blocks = Array.from({ length: Math.ceil(values.length / 256) }, (_, b) => {
    const block = values.slice(256 * b, 256 * b + 256)
    const partial = (p: number) =>
      foldLeft(
        block.filter((_, i) => i % 8 === p),
        join,
      )
    return halves([0, 1, 2, 3, 4, 5, 6, 7].map(partial), join)
  })
  return binary(blocks, join)
}

/** An array of any rank as a list in C order. */
export interface Dense {
  readonly shape: readonly number[]
  readonly values: readonly Maybe[]
}

export function lines({ shape, values }: Dense, axis: number): { rest: number[]; lines: Maybe[][] } {
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1)
  const length = shape[axis] as number
  const outer = shape.slice(0, axis).reduce((a, b) => a * b, 1)
  const found: Maybe[][] = []
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++)
      found.push(Array.from({ length }, (_, k) => values[(o * length + k) * inner + i]))
  return { rest: shape.filter((_, k) => k !== axis), lines: found }
}

export interface Reducing {
  readonly join: Join
  readonly associative: boolean
}

/** Reduces axes, the last first. */
export function reduceDense(
  x: Dense,
  axes: readonly number[],
  { join, associative }: Reducing,
  initial?: Value,
): Dense {
  let now = x
  for (const axis of [...axes].sort((a, b) => b - a)) {
    const { rest, lines: all } = lines(now, axis)
    const one = (line: Maybe[]) => (associative ? tree(line, join) : foldLeft(line, join))
    now = { shape: rest, values: all.map(one) }
  }
  if (initial === undefined) return now
  if (associative) return { ...now, values: now.values.map((v) => either(join, initial, v)) }
  const [axis = 0] = axes
  return { ...now, values: lines(x, axis).lines.map((line) => foldLeft([initial, ...line], join)) }
}

/** Every step of a fold from the left. */
export const stepsOf = (values: readonly Value[], join: Join): Value[] => {
  const steps: Value[] = []
  for (const value of values) steps.push(steps.length === 0 ? value : join(steps.at(-1) as Value, value))
  return steps
}

const store = (code: Code) => {
  const slot = new dtypes[code].array(1)
  return (value: Value): Value => {
    slot[0] = value
    return slot[0] as Value
  }
}
const rounded = (code: Code, f: (a: number, b: number) => number): Join => {
  const keep = store(code)
  return (a, b) => keep(f(Number(a), Number(b)))
}
const whole = (code: Code, f: (a: bigint, b: bigint) => bigint): Join => {
  const keep = store(code)
  return (a, b) => keep(f(a as bigint, b as bigint))
}

export interface Folding {
  readonly identity: unknown
  reduce(x: unknown, options?: object): unknown
  accumulate(x: unknown, options?: object): unknown
  reduceat(x: unknown, indices: unknown, options?: object): unknown
}

export interface Case extends Reducing {
  readonly name: string
  readonly f: Folding
  /** The dtype of the elements, and of the accumulator. */
  readonly from: Code
  readonly to: Code
  readonly values: fc.Arbitrary<Value>
}

const all = [
  'b1(b1,b1)',
  'u1(u1,u1)',
  'i2(i2,i2)',
  'i4(i4,i4)',
  'u8(u8,u8)',
  'i8(i8,i8)',
  'f4(f4,f4)',
  'f8(f8,f8)',
]
const fine = fc.double({ min: -1e3, max: 1e3, noNaN: true })
/** Zeros of both signs, and seldom enough that most results are none a NaN. */
const special = fc.oneof(
  { arbitrary: fc.constantFrom(-0, -0, -1, -Infinity), weight: 997 },
  { arbitrary: fc.constantFrom(0), weight: 2 },
  { arbitrary: fc.constant(NaN), weight: 1 },
)
const single = fine.map(Math.fround)
const int = (min: number, max: number) => fc.integer({ min, max })
const big = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const flag = int(0, 1)

const wander = (x: number, y: number) => {
  let s = x
  for (let i = 0; i < 20 && s > -2; i++) {
    if (s > y) s = s * 0.5 + y * 0.25 - 1
    else {
      s = s + y * 0.25
      if (s > 900) break
    }
  }
  return s
}
const table = Int32Array.of(5, 3, 0, 7, 1, 6, 2, 4)
const near = (x: number, y: number) => (x * 3 + y * 5) & 7

/** Kernels of every kind in one list: more than the types of `vectorize` know. */
const anyVectorize = vectorize as unknown as (
  signatures: string[],
  kernel: unknown,
  options: object,
) => Folding

/** The functions under test on one target. */
export function casesOn(target: string): Case[] {
  const make = (name: string, signatures: string[], kernel: unknown, identity?: unknown, env?: object) =>
    anyVectorize(signatures, kernel, {
      ...{ name, target },
      ...(identity === undefined ? {} : { identity }),
      ...(env ? { env } : {}),
    })
  const add = make('add', all.slice(1), 'function (x, y) { return x + y }', 0)
  const maximum = make('maximum', all, '(x, y) => x > y ? x : y', 'reorderable')
  const greatest = make('greatest', ['f4(f4,f4)', 'f8(f8,f8)'], '(x, y) => Math.max(x, y)', 'reorderable')
  const subtract = make('subtract', ['i4(i4,i4)', 'f4(f4,f4)', 'f8(f8,f8)'], '(x, y) => x - y')
  const either = make('either', ['b1(b1,b1)'], '(x, y) => x !== y', false)
  const walk = make('wander', ['f8(f8,f8)'], wander, 'reorderable')
  const lookup = make(
    'lookup',
    ['i4(i4,i4)'],
    ({ table }: { table: Int32Array }) =>
      (x: number, y: number) =>
        table[(x * 3 + y * 5) & 7],
    'reorderable',
    { table },
  )
  // Scalar code has its own way through a block.
  const remainder = anyVectorize(['f8(f8,f8)'], '(x, y) => x % (y + 0.5) + 1', {
    ...{ name: 'remainder', target, identity: 'reorderable', simd: false },
  })
  const larger = (a: Value, b: Value) => (a > b ? a : b)
  const tree = (
    f: Folding,
    name: string,
    from: Code,
    to: Code,
    values: fc.Arbitrary<Value>,
    join: Join,
  ): Case => ({
    ...{ f, name: `${name} ${from}`, from, to, values, join, associative: true },
  })
  const left = (...args: Parameters<typeof tree>): Case => ({ ...tree(...args), associative: false })
  const sum = (code: Code) => rounded(code, (a, b) => a + b)
  return [
    tree(add, 'add', 'f8', 'f8', fine, sum('f8')),
    tree(add, 'add', 'f4', 'f4', single, sum('f4')),
    tree(
      add,
      'add',
      'i8',
      'i8',
      big,
      whole('i8', (a, b) => a + b),
    ),
    tree(
      add,
      'add',
      'i4',
      'i8',
      int(-(2 ** 31), 2 ** 31 - 1),
      whole('i8', (a, b) => a + b),
    ),
    tree(
      add,
      'add',
      'u1',
      'u8',
      int(0, 255),
      whole('u8', (a, b) => a + b),
    ),
    tree(maximum, 'maximum', 'u1', 'u1', int(0, 255), larger),
    tree(maximum, 'maximum', 'i2', 'i2', int(-(2 ** 15), 2 ** 15 - 1), larger),
    tree(maximum, 'maximum', 'f8', 'f8', fine, larger),
    tree(maximum, 'maximum', 'b1', 'b1', flag, larger),
    tree(greatest, 'greatest', 'f8', 'f8', special, rounded('f8', Math.max)),
    tree(greatest, 'greatest', 'f4', 'f4', special, rounded('f4', Math.max)),
    tree(either, 'either', 'b1', 'b1', flag, (a, b) => Number(a !== b)),
    tree(walk, 'wander', 'f8', 'f8', fine, rounded('f8', wander)),
    tree(walk, 'wander', 'f4', 'f8', single, rounded('f8', wander)),
    tree(
      lookup,
      'lookup',
      'i4',
      'i4',
      int(0, 7),
      rounded('i4', (a, b) => table[near(a, b)] as number),
    ),
    tree(
      remainder,
      'remainder',
      'f8',
      'f8',
      fine,
      rounded('f8', (a, b) => (a % (b + 0.5)) + 1),
    ),
    left(
      subtract,
      'subtract',
      'f8',
      'f8',
      fine,
      rounded('f8', (a, b) => a - b),
    ),
    left(
      subtract,
      'subtract',
      'f4',
      'f4',
      single,
      rounded('f4', (a, b) => a - b),
    ),
    left(
      subtract,
      'subtract',
      'i2',
      'i4',
      int(-(2 ** 15), 2 ** 15 - 1),
      rounded('i4', (a, b) => a - b),
    ),
  ]
}

/** Elements in accumulator form: what the first of them is stored as. */
export const converted = ({ from, to }: Case, value: Value): Value =>
  from === to ? value : dtypes[to].big ? BigInt(value) : Number(value)

/** A random memory order for a shape: axes permuted, gaps, some backwards. */
export const layoutOf = (
  shape: readonly number[],
): fc.Arbitrary<{ stride: number[]; offset: number; length: number }> =>
  fc
    .record({
      order: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length, maxLength: shape.length }),
      gaps: fc.array(fc.constantFrom(1, 1, 1, 2, 3), { minLength: shape.length, maxLength: shape.length }),
      back: fc.array(fc.constantFrom(false, false, false, true), {
        minLength: shape.length,
        maxLength: shape.length,
      }),
      before: fc.integer({ min: 0, max: 5 }),
      plain: fc.boolean(),
    })
    .map(({ order, gaps, back, before, plain }) => {
      const stride = new Array<number>(shape.length).fill(0)
      let step = 1
      let offset = before
      for (const axis of plain ? [...shape.keys()].reverse() : order) {
        const size = shape[axis] as number
        const own = step * (plain ? 1 : (gaps[axis] as number))
        step = own * Math.max(1, size)
        const turned = !plain && back[axis]
        stride[axis] = turned ? -own : own
        if (turned) offset += own * Math.max(0, size - 1)
      }
      return { stride, offset, length: before + step + 1 }
    })

/** The dense list laid out that way, in an array of its own or in resident memory. */
export function laidOut(
  code: Code,
  dense: Dense,
  layout: { stride: readonly number[]; offset: number; length: number },
  resident: boolean,
): Strided & { readonly dtype?: string } {
  const data: TypedArray = resident
    ? (allocate(code, layout.length) as TypedArray)
    : new dtypes[code].array(layout.length)
  // What is read beside the elements shows in the result.
  data.fill((dtypes[code].big ? 77n : code === 'b1' ? 1 : 77) as never)
  const index = new Array<number>(dense.shape.length).fill(0)
  for (const value of dense.values) {
    const at = index.reduce((sum, i, axis) => sum + i * (layout.stride[axis] as number), layout.offset)
    data[at] = (value ?? 0) as Value
    for (let axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1
      if ((index[axis] as number) < (dense.shape[axis] as number)) break
      index[axis] = 0
    }
  }
  const view = { data, code, shape: [...dense.shape], stride: [...layout.stride], offset: layout.offset }
  return code === 'b1' ? { ...view, dtype: 'bool' } : view
}
