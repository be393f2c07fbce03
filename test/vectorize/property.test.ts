/**
 * The package against the interpreter, bit for bit: every kernel of the corpus on operands of all dtypes that its loops accept, of
 * any shape and layout, plain and resident, with and without outputs. And promise 1: one element, one answer.
 */
import fc from 'fast-check'
import type { NdArray } from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Code, canCast, codeOf, codes, type TypedArray } from '../../src/dtype.ts'
import { resident, vectorize } from '../../src/index.ts'
import { fuses } from '../../src/loops/fuses.ts'
import { bind } from '../../src/loops/kernel/bind.ts'
import { castValue, leave, sameValue } from '../../src/loops/kernel/evaluate.ts'
import { expand } from '../../src/loops/kernel/expand.ts'
import { infer } from '../../src/loops/kernel/infer.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import type { Value } from '../../src/loops/kernel/ir.ts'
import { define } from '../../src/loops/kernel/parse.ts'
import {
  indices,
  type Laid,
  laid,
  meeting,
  pick,
  type Random,
  randomFrom,
  read,
} from '../../src/testing/operands.ts'
import { type Case, corpus } from '../kernel/corpus.js'
import { type Loose, view } from './functions.ts'

const more: readonly Case[] = [
  {
    name: 'floor and rest',
    inputs: [
      ['f8', 'f8'],
      ['f4', 'f4'],
      ['i4', 'i4'],
    ],
    kernel: (x: number, y: number) => [Math.floor(x / y), x - y],
  },
  {
    name: 'three results',
    inputs: [
      ['f4', 'i2'],
      ['u1', 'u1'],
    ],
    kernel: (x: number, y: number) => [x < y, x + y, x * y],
  },
  {
    name: 'bits',
    inputs: [
      ['i8', 'i8'],
      ['u8', 'u8'],
    ],
    kernel: (x: number, y: number) => [x & y, x ^ (y >> 3)],
  },
  {
    name: 'wide sums',
    inputs: [
      ['i8', 'u1'],
      ['u8', 'u8'],
    ],
    kernel: (x: number, y: number) => x * y + x,
  },
]

type Call = (...args: unknown[]) => unknown

interface Checked {
  readonly call: Call
  readonly inputs: readonly Code[]
  readonly outputs: readonly Code[]
  /** What the kernel makes of values that lie in memory as these dtypes. */
  readonly meaning: (inputs: readonly Code[], outputs: readonly Code[]) => (row: readonly Value[]) => Value[]
}

function checkedCase({ kernel, env }: Case, names: readonly string[]): Checked {
  const inputs = names.map((name) => codeOf(name) ?? 'f8')
  const typed = infer(define(kernel, { env }), inputs)
  return {
    call: vectorize([`(${names})`], kernel as never, { env } as never) as unknown as Loose,
    inputs,
    outputs: typed.kernel.outs.map((id) => typed.kernel.locals[id]?.type ?? 'f8'),
    meaning(from, to) {
      const bound = expand(bind(typed.kernel, from, to), fuses())
      return (row) => interpret(bound, typed.tables, row, { steps: 200_000 })
    },
  }
}

const places = ['plain', 'resident'] as const
const sizes = [0, 1, 1, 2, 3, 4, 5, 7, 17]

/** A shape that stretches to the whole one: leading axes may be missing, others be of size 1. */
function narrower(random: Random, shape: readonly number[]): number[] {
  const own = random(3) === 0 ? shape.slice(random(shape.length + 1)) : [...shape]
  return own.map((size) => (random(5) === 0 ? 1 : size))
}

/** One call on random operands: the results, element by element, and nothing beside them written. */
function check({ call, inputs, outputs, meaning }: Checked, seed: number): void {
  const random = randomFrom(seed)
  const shape =
    random(6) === 0 ? [random(5000)] : Array.from({ length: random(4) }, () => pick(random, sizes))
  const place = () => (random(4) === 0 ? pick(random, places) : home)
  const home = pick(random, places)
  const memory: Code[] = []
  const columns: ((i: number) => Value)[] = []
  const shapes: number[][] = []
  const args = inputs.map((wanted, k): unknown => {
    // One of them has the whole shape.
    if (k > 0 && random(8) === 0) {
      const value = castValue(wanted, pick(random, [0, 1, 2, 3, 1, 100]))
      memory.push(wanted)
      columns.push(() => leave(wanted, value))
      return leave(wanted, value)
    }
    const code = pick(
      random,
      codes.filter((from) => canCast(from, wanted)),
    )
    const own = k === 0 ? [...shape] : narrower(random, shape)
    const { operand, data, at } = laid(random, code, own, place())
    const meets = meeting(own, shape)
    const values = at.map((index) => read(code, data[index] as number | bigint))
    memory.push(code)
    columns.push((i) => values[meets[i] ?? 0] as Value)
    shapes.push(own)
    return operand
  })
  const outs = outputs.map((code): Laid | null =>
    random(2) === 0
      ? null
      : laid(
          random,
          pick(
            random,
            codes.filter((to) => canCast(code, to, 'same_kind')),
          ),
          shape,
          place(),
        ),
  )
  const given = outs.some((out) => out !== null)
  const before = outs.map((out) => out?.data.slice())
  const lists = outs.map((out) => out?.operand ?? null)
  const result = given ? call(...args, { out: lists }) : call(...args)
  const results = outputs.length === 1 ? [result] : (result as unknown[])
  const to = outputs.map((code, k) => outs[k]?.code ?? code)
  const mean = meaning(memory, to)
  const count = shape.reduce((n, size) => n * size, 1)
  const found = results.map((result, k) => elementsOf(result, to[k] ?? 'f8', outs[k] ?? null, shape))
  for (let i = 0; i < count; i++) {
    const row = columns.map((column) => column(i))
    const want = mean(row)
    for (const [k, values] of found.entries())
      if (!sameValue(want[k] as Value, values[i] as Value))
        assert.unreachable(
          `(${memory})->(${to}) of shapes ${JSON.stringify(shapes)}, element ${i}, output ${k}: ${values[i]} instead of ${want[k]}, of ${row}`,
        )
  }
  outs.forEach((out, k) => {
    if (out === null) return
    const written = new Set(out.at)
    const strayed = out.data.findIndex(
      (value: unknown, i: number) => !written.has(i) && !Object.is(value, before[k]?.[i]),
    )
    assert.is(strayed, -1, `output ${k} was written beside its elements, at ${strayed}`)
  })
}

/** The elements of a result in C order. */
function elementsOf(result: unknown, code: Code, out: Laid | null, shape: readonly number[]): Value[] {
  if (typeof result !== 'object' || result === null) return [result as Value]
  if (out !== null) assert.is(result, out.operand)
  const { data, stride, offset } = result as NdArray
  assert.equal([...(result as NdArray).shape], [...shape])
  return indices(shape, stride, offset).map((at) =>
    read(code, (data as unknown as TypedArray)[at] as number | bigint),
  )
}

const runs = Number(process.env.LANEWISE_TEST_RUNS ?? 3)

for (const row of [...corpus, ...more]) {
  for (const names of row.inputs) {
    const made = checkedCase(row, names)

    test(`${row.name} (${names})`, () => {
      fc.assert(
        fc.property(fc.noShrink(fc.nat(2 ** 31 - 1)), (seed) => check(made, seed)),
        { numRuns: runs },
      )
    })

    test(`${row.name} (${names}): one element, one answer`, () => oneAnswer(made))
  }
}

/** The same elements in the body and the rest of the loop, strided, backwards, alone, plain and resident. */
function oneAnswer({ call, inputs, outputs }: Checked): void {
  const n = 37
  const random = randomFrom(n)
  const columns = inputs.map((code) => laid(random, code, [2 * n], 'plain').data.slice(0, 2 * n))
  const results = (result: unknown): Value[][] =>
    (outputs.length === 1 ? [result] : (result as unknown[])).map((one) => {
      const { data, shape, stride, offset } = one as NdArray
      const at = indices(shape, stride, offset)
      return at.map((index) => (data as unknown as TypedArray)[index] as number | bigint)
    })
  const agree = (how: string, found: Value[][], wanted: Value[][], from: number, step: number) => {
    for (const [k, values] of found.entries())
      values.forEach((value, i) => {
        const want = wanted[k]?.[from + i * step] as Value
        if (!sameValue(value, want))
          assert.unreachable(`${how}, element ${i}, output ${k}: ${value} instead of ${want}`)
      })
  }
  const want = results(call(...columns))
  const firstDoubled = columns.map((data, k) =>
    k === 0 ? data.filter((_: unknown, i: number) => i % 2 === 0) : data.slice(0, n),
  )
  const wantMixed = results(call(...firstDoubled))
  for (const place of places) {
    const home = columns.map((data) => (place === 'plain' ? data : (resident(data).data as TypedArray)))
    const on = (length: number, step: number, offset: number) =>
      results(call(...home.map((data) => view(data, [length], [step], offset))))
    for (let from = 0; from < 9; from++) agree(`${place} from ${from}`, on(n, 1, from), want, from, 1)
    for (let from = 0; from < 3; from++) agree(`${place}, each second`, on(n - 2, 2, from), want, from, 2)
    agree(`${place}, backwards`, on(2 * n, -1, 2 * n - 1), want, 2 * n - 1, -1)
    for (let at = 0; at < n; at += 5) agree(`${place}, alone`, on(1, 1, at), want, at, 1)
    const mixed = home.map((data, k) => view(data, [n], [k === 0 ? 2 : 1], 0))
    agree(`${place}, each in its own step`, results(call(...mixed)), wantMixed, 0, 1)
  }
}

test.run()
