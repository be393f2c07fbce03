/** Reductions that have ways of their own: wide tables, where lanes go across the outputs in strips; and single blocks. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { resident, vectorize } from '../../src/index.ts'
import { casesOn, converted, laidOut, reduceDense } from './fold-oracle.ts'
import { flat, listOf } from './fold-samples.ts'
import './functions.ts'

/** Full blocks, rests of each size mod 8, passes of 64 rows and a part of one; and more columns than a tile has. */
const sizes = fc.constantFrom(
  ...[1, 2, 7, 8, 9, 63, 64, 65, 72, 255, 256, 257, 511, 512, 700].flatMap((rows) =>
    [31, 32, 33, 41].map((columns) => [rows, columns] as const),
  ),
  ...([
    [9, 4097],
    [3, 8195],
  ] as const),
)

for (const one of casesOn('cpu').filter(({ associative }) => associative))
  test(`${one.name} reduces wide tables in the same tree`, () => {
    const sample = sizes.chain(([rows, columns]) =>
      fc.record({
        shape: fc.constant([rows, columns]),
        values: listOf(one.values, rows * columns),
        gap: fc.constantFrom(0, 0, 3),
        backwards: fc.boolean(),
        masked: fc.boolean(),
      }),
    )
    fc.assert(
      fc.property(sample, ({ shape, values, gap, backwards, masked }) => {
        const [rows = 0, columns = 0] = shape
        const step = columns + gap
        const layout = {
          stride: [backwards ? -step : step, 1],
          offset: backwards ? step * (rows - 1) : 0,
          length: step * rows,
        }
        const where = masked && typeof one.f.identity !== 'string'
        const taken = (i: number) => !where || i % 13 !== 5
        const elements = values.map((v, i) => (taken(i) ? converted(one, v) : undefined))
        const first =
          typeof one.f.identity === 'string'
            ? undefined
            : converted({ ...one, from: 'i4' }, Number(one.f.identity))
        const want = reduceDense({ shape, values: elements }, [0], one, first)
        const x = laidOut(one.from, { shape, values }, layout, true)
        const mask = {
          data: Uint8Array.from(values, (_, i) => Number(taken(i))),
          shape,
          stride: [columns, 1],
          offset: 0,
        }
        const got = one.f.reduce(x, where ? { axis: 0, where: mask } : { axis: 0 })
        flat(got).forEach((v, i) => {
          const value = typeof v === 'boolean' ? Number(v) : v
          if (!Object.is(value, want.values[i]))
            assert.unreachable(`column ${i}: ${value} instead of ${want.values[i]}`)
        })
      }),
      { numRuns: 6 },
    )
  })

/** Outputs beside each other, and the parts of a long one, are folded at the same time; what is left over, alone. */
const long = fc.constantFrom(
  ...[250, 256, 264, 513, 1030].flatMap((length) =>
    [1, 3, 4, 9].map((outputs) => [outputs, length] as const),
  ),
  ...([1024, 1280, 1799, 5000] as const).map((length) => [1, length] as const),
)

for (const one of casesOn('cpu').filter(({ associative }) => associative))
  test(`${one.name} reduces long rows in the same tree`, () => {
    const sample = long.chain(([outputs, length]) =>
      fc.record({
        shape: fc.constant([outputs, length]),
        values: listOf(one.values, outputs * length),
        gap: fc.constantFrom(0, 0, 5),
        backwards: fc.boolean(),
      }),
    )
    fc.assert(
      fc.property(sample, ({ shape, values, gap, backwards }) => {
        const [outputs = 0, length = 0] = shape
        const step = length + gap
        const layout = {
          stride: [backwards ? -step : step, 1],
          offset: backwards ? step * (outputs - 1) : 0,
          length: step * outputs,
        }
        const elements = values.map((v) => converted(one, v))
        const first =
          typeof one.f.identity === 'string'
            ? undefined
            : converted({ ...one, from: 'i4' }, Number(one.f.identity))
        const want = reduceDense({ shape, values: elements }, [1], one, first)
        const got = one.f.reduce(laidOut(one.from, { shape, values }, layout, true), { axis: 1 })
        flat(got).forEach((v, i) => {
          const value = typeof v === 'boolean' ? Number(v) : v
          if (!Object.is(value, want.values[i]))
            assert.unreachable(`row ${i}: ${value} instead of ${want.values[i]}`)
        })
      }),
      { numRuns: 6 },
    )
  })

/** No keywords, and one axis of at most a block, or a little more: the short way to the same tree. */
for (const one of casesOn('cpu').filter(({ associative }) => associative))
  test(`${one.name} reduces short arrays without keywords in the same tree`, () => {
    const sample = fc.constantFrom(1, 2, 3, 7, 8, 9, 63, 64, 100, 255, 256, 257).chain((length) =>
      fc.record({
        values: listOf(one.values, length),
        step: fc.constantFrom(1, 1, 2, 3, -1, -2),
        resident: fc.boolean(),
      }),
    )
    fc.assert(
      fc.property(sample, ({ values, step, resident }) => {
        const shape = [values.length]
        const reach = Math.abs(step) * (values.length - 1)
        const layout = { stride: [step], offset: 2 + (step < 0 ? reach : 0), length: 4 + reach }
        const first =
          typeof one.f.identity === 'string'
            ? undefined
            : converted({ ...one, from: 'i4' }, Number(one.f.identity))
        const want = reduceDense({ shape, values: values.map((v) => converted(one, v)) }, [0], one, first)
        const got = one.f.reduce(laidOut(one.from, { shape, values }, layout, resident))
        const value = typeof got === 'boolean' ? Number(got) : got
        if (!Object.is(value, want.values[0])) assert.unreachable(`${value} instead of ${want.values[0]}`)
      }),
      { numRuns: 30 },
    )
  })

test('functions of several results reduce short arrays without keywords', () => {
  const minmax = vectorize(
    ['UniTuple(f8,2)(f8,f8,f8,f8)'],
    '(a, b, c, d) => [Math.min(a, c), Math.max(b, d)]',
    { identity: 'reorderable' },
  ) as unknown as { reduce(x: unknown): unknown }
  for (const length of [1, 9, 256, 300]) {
    const values = Float64Array.from({ length }, (_, i) => ((i * 37) % 101) - 50)
    assert.equal(minmax.reduce(resident(values)), [Math.min(...values), Math.max(...values)])
  }
})

test.run()
