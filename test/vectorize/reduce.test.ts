/** Reductions against the tree of promise 1, on every layout, dtype, kind of kernel and place in memory: the bits have to agree. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { toArray } from '../../src/index.ts'
import {
  type Case,
  casesOn,
  converted,
  type Dense,
  laidOut,
  layoutOf,
  reduceDense,
  type Value,
} from './fold-oracle.ts'
import { targets } from './functions.ts'

const runs = Number(process.env.LANEWISE_TEST_RUNS ?? 60)

const size = fc.constantFrom(1, 2, 3, 5, 7, 8, 9, 16, 17, 31)
const long = fc.constantFrom(1, 8, 63, 255, 256, 257, 260, 511, 520, 777, 1100, 2500)

/** One axis may be long; the others are short. */
const shapes = fc
  .tuple(fc.array(size, { minLength: 0, maxLength: 2 }), long, fc.nat(2), fc.boolean())
  .map(([rest, n, place, swap]) => {
    const shape = rest.map((s) => (swap ? s : Math.min(s, 5)))
    shape.splice(Math.min(place, shape.length), 0, n)
    return shape
  })
  .filter((shape) => shape.reduce((a, b) => a * b, 1) <= 30000)

const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)

/** A long list from few random numbers. */
const listOf = (values: fc.Arbitrary<Value>, n: number): fc.Arbitrary<Value[]> =>
  fc
    .tuple(fc.array(values, { minLength: 16, maxLength: 16 }), fc.integer({ min: 1, max: 2 ** 31 - 1 }))
    .map(([few, seed]) => {
      let state = seed
      return Array.from({ length: n }, () => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0
        return few[(state >>> 16) % few.length] as Value
      })
    })

const sample = (one: Case) =>
  shapes.chain((shape) =>
    fc.record({
      values: listOf(one.values, count(shape)),
      layout: layoutOf(shape),
      shape: fc.constant(shape),
      resident: fc.boolean(),
      axes: one.associative ? fc.subarray([...shape.keys()]) : fc.nat(shape.length - 1).map((axis) => [axis]),
      mask: fc.option(fc.array(fc.boolean(), { minLength: 13, maxLength: 13 })),
      initial: fc.option(one.values, { nil: undefined }),
      keepdims: fc.boolean(),
    }),
  )

function flat(x: unknown): unknown[] {
  return typeof x === 'object' ? ([toArray(x as never)].flat(9) as unknown[]) : [x]
}

for (const target of targets)
  for (const one of casesOn(target))
    test(`${target}: ${one.name} reduces in the same tree on every layout`, () => {
      fc.assert(
        fc.property(sample(one), ({ values, layout, shape, resident, axes, mask, initial, keepdims }) => {
          const elements = values.map((value) => converted(one, value))
          const needs = mask !== null && initial === undefined && typeof one.f.identity === 'string'
          const masked = mask !== null && !needs && (one.associative || initial !== undefined)
          const taken = (i: number) => !masked || (mask as boolean[])[i % 13] === true
          const dense: Dense = { shape, values: elements.map((v, i) => (taken(i) ? v : undefined)) }
          const first =
            initial !== undefined
              ? converted(one, initial)
              : typeof one.f.identity === 'string' || one.f.identity === null
                ? undefined
                : converted({ ...one, from: 'i4' }, Number(one.f.identity))
          const want = reduceDense(dense, axes, one, first)
          const x = laidOut(one.from, { shape, values }, layout, resident)
          const flags = values.map((_, i) => Number(taken(i)))
          const where = { data: Uint8Array.from(flags), shape, stride: strides(shape), offset: 0 }
          const got = one.f.reduce(x, {
            axis: axes,
            keepdims,
            ...(initial === undefined ? {} : { initial }),
            ...(masked ? { where } : {}),
          })
          const kept = keepdims ? shape.map((n, k) => (axes.includes(k) ? 1 : n)) : want.shape
          if (typeof got === 'object') assert.equal((got as { shape: number[] }).shape, kept)
          const gotten = flat(got).map((v) => (typeof v === 'boolean' ? Number(v) : v))
          gotten.forEach((v, i) => {
            if (!Object.is(v, want.values[i]))
              assert.unreachable(`output ${i}: ${v} instead of ${want.values[i]}`)
          })
        }),
        { numRuns: target === 'js' ? Math.ceil(runs / 4) : runs },
      )
    })

const strides = (shape: readonly number[]): number[] => shape.map((_, axis) => count(shape.slice(axis + 1)))

test.run()
