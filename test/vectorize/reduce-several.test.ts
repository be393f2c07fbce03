/** Reductions with several results: accumulators and elements in pairs, against the same tree over lists of pairs. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NoLoopError, OptionError, OutputError } from '../../src/errors.ts'
import { isResident, resident, vectorize } from '../../src/index.ts'
import { thrown } from '../thrown.ts'
import type { Folding } from './fold-functions.ts'
import { laidOut, layoutOf, lines, reduceDense, stepsOf, type Value } from './fold-oracle.ts'
import { count, flat, listOf, shapes, strides } from './fold-samples.ts'
import { f8, list, range, targets, view } from './functions.ts'

type Pair = readonly [number, number]

const lowHigh = (a: number, b: number, c: number, d: number) => [a < c ? a : c, b > d ? b : d]
/** Results that mix, so that an accumulator written too early shows, and that are not associative, so that the tree shows. */
const mixed = (a: number, b: number, c: number, d: number) => [a + c * 0.5 - b, b * 0.25 + d + a]

const make = (kernel: unknown, options: object, signatures = ['UniTuple(f8,2)(f8,f8,f8,f8)']) =>
  (vectorize as unknown as (signatures: string[], kernel: unknown, options: object) => Folding)(
    signatures,
    kernel,
    options,
  )

const joining = (kernel: typeof mixed) => (a: Pair, b: Pair) => kernel(...a, ...b) as unknown as Pair

for (const target of targets) {
  const check = (name: string, run: () => void) => test(`${target}: ${name}`, run)
  const minmax = make(lowHigh, { name: 'minmax', target, identity: 'reorderable' })

  for (const [name, kernel, identity] of [
    ['minmax', lowHigh, 'reorderable'],
    ['mixed', mixed, 'reorderable'],
    ['mixed from the left', mixed, null],
  ] as const) {
    const f = make(kernel, { name: 'f', target, identity })
    const associative = identity !== null
    const join = joining(kernel)
    // The oracle folds any values that can be joined: here pairs.
    const asValues = { join: join as unknown as (a: Value, b: Value) => Value, associative }
    const sample = shapes.chain((shape) =>
      fc.record({
        values: listOf(fc.integer({ min: -50, max: 50 }), count(shape)),
        layout: layoutOf(shape),
        shape: fc.constant(shape),
        home: fc.boolean(),
        axes: associative ? fc.subarray([...shape.keys()]) : fc.nat(shape.length - 1).map((axis) => [axis]),
        masked: fc.boolean(),
        initial: fc.option(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }))),
      }),
    )
    check(`${name} reduces in the same tree on every layout`, () => {
      fc.assert(
        fc.property(sample, ({ values, layout, shape, home, axes, masked, initial }) => {
          const where = masked && initial !== null
          const taken = (i: number) => !where || (i * 7) % 3 !== 0
          const pairs = values.map((v, i) => (taken(i) ? ([Number(v), Number(v)] as Pair) : undefined))
          const want = reduceDense(
            { shape, values: pairs as unknown as Value[] },
            axes,
            asValues,
            (initial ?? undefined) as unknown as Value,
          )
          const mask = Uint8Array.from(values, (_, i) => Number(taken(i)))
          const x = laidOut('f8', { shape, values }, layout, home)
          const got = f.reduce(x, {
            axis: axes,
            ...(initial ? { initial } : {}),
            ...(where ? { where: { data: mask, shape, stride: strides(shape), offset: 0 } } : {}),
          })
          assert.is(got.length, 2)
          for (const k of [0, 1])
            flat(got[k]).forEach((v, i) => {
              const pair = want.values[i] as unknown as Pair
              if (!Object.is(v, pair[k])) assert.unreachable(`result ${k} at ${i}: ${v} instead of ${pair}`)
            })
        }),
        { numRuns: target === 'js' ? 15 : 60 },
      )
    })
    check(`${name} accumulates`, () => {
      fc.assert(
        fc.property(sample, ({ values, layout, shape, home, axes }) => {
          const [axis = 0] = axes
          const got = f.accumulate(laidOut('f8', { shape, values }, layout, home), { axis })
          const pairs = values.map((v) => [Number(v), Number(v)] as Pair) as unknown as Value[]
          const all = lines({ shape, values: pairs }, axis).lines
          const want = all.map((line) => stepsOf(line as Value[], asValues.join) as unknown as Pair[])
          for (const k of [0, 1]) {
            const found = lines({ shape, values: flat(got[k]) as Value[] }, axis).lines
            assert.equal(
              found,
              want.map((line) => line.map((pair) => pair[k])),
            )
          }
        }),
        { numRuns: target === 'js' ? 8 : 25 },
      )
    })
  }

  check('out, keepdims, scalars, axes without elements', () => {
    const x = range([2, 3])
    assert.equal(minmax.reduce(x).map(list), [
      [0, 1, 2],
      [3, 4, 5],
    ])
    assert.equal(minmax.reduce(x, { axis: null }), [0, 5])
    assert.equal(minmax.reduce(7), [7, 7])
    const [low, high] = minmax.reduce(x, { axis: 1, keepdims: true })
    assert.equal(
      [low.shape, high.shape],
      [
        [2, 1],
        [2, 1],
      ],
    )
    const out = view(f8(0, 0, 0), [3])
    const both = minmax.reduce(x, { out: [null, out] })
    assert.is(both[1], out)
    assert.equal(
      [list(both[0]), list(out)],
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
    )
    const empty = view(f8(), [0, 2])
    assert.equal(minmax.reduce(empty, { initial: [1, -1] }).map(list), [
      [1, 1],
      [-1, -1],
    ])
    assert.match(thrown(() => minmax.reduce(empty)).message, /^zero-size array to reduction operation minmax/)
    assert.equal(minmax.reduceat(f8(3, 1, 2, 9, 4), [0, 3]).map(list), [
      [1, 4],
      [3, 9],
    ])
  })

  check('outputs that overlap the operand or each other get what a copy gives', () => {
    const data = f8(5, 1, 4, 2, 3, 9)
    const shared = view(data, [3])
    const got = minmax.reduce(view(data, [2, 3]), { out: [shared, view(data, [3], [1], 3)] })
    assert.is(got[0], shared)
    assert.equal([...data], [2, 1, 4, 5, 3, 9])
    const steps = f8(5, 1, 9)
    minmax.accumulate(view(steps, [3]), { out: [view(steps, [3]), null] })
    assert.equal([...steps], [5, 1, 1])
  })

  check('dtypes: narrow integers, several loops, dtype, without signatures', () => {
    const narrow = make(lowHigh, { target, identity: 'reorderable' }, [
      'UniTuple(u1,2)(u1,u1,u1,u1)',
      'UniTuple(f4,2)(f4,f4,f4,f4)',
    ])
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 37) % 251)
    assert.equal(narrow.reduce(bytes), [0, 250])
    assert.equal(narrow.reduce(bytes, { dtype: 'f4' }), [0, 250])
    assert.equal(narrow.reduce(Int16Array.of(-3, 4)), [-3, 4])
    const lazy = (vectorize as unknown as (kernel: unknown, options: object) => Folding)(lowHigh, {
      target,
      identity: 'reorderable',
    })
    assert.equal(lazy.reduce(Int32Array.of(4, -7, 9)), [-7, 9])
    const pair = make(
      (n: number, s: number, m: number, x: number) => [n + m, s + x],
      { target, identity: 0 },
      ['Tuple(i8,f8)(i8,f8,i8,f8)'],
    )
    assert.equal(pair.reduce(Int32Array.of(1, 2, 3)), [6n, 6])
  })

  check('errors say what is needed', () => {
    const x = range([2, 3])
    assert.instance(
      thrown(() => minmax.reduce(x, { out: range([3]) })),
      OutputError,
    )
    assert.match(
      thrown(() => minmax.reduce(x, { out: [range([3]), range([2])] })).message,
      /shape \(2,\).* \(3,\)/,
    )
    assert.instance(
      thrown(() => minmax.reduce(x, { initial: [1] })),
      OptionError,
    )
    const three = make((lo: number, hi: number, v: number) => [lo - v, hi + v], { target, identity: 0 }, [
      'UniTuple(f8,2)(f8,f8,f8)',
    ])
    assert.instance(
      thrown(() => three.reduce(x)),
      NoLoopError,
    )
  })
}

test('several results on lanes, resident where the operand is', () => {
  const minmax = make(lowHigh, { identity: 'reorderable' })
  const [low] = minmax.reduce(resident(view(f8(...new Array(600).keys()), [2, 300])))
  assert.ok(isResident(low))
  const { vectorized } = (minmax as unknown as { explain(): { vectorized: boolean } }).explain()
  assert.ok(vectorized)
})

test.run()
