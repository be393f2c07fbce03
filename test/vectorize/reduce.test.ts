/** Reductions against the tree of promise 1, on every layout, dtype, kind of kernel and place in memory: the bits have to agree. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Case, casesOn, converted, type Dense, laidOut, layoutOf, reduceDense } from './fold-oracle.ts'
import { count, flat, listOf, shapes, strides } from './fold-samples.ts'
import { targets } from './functions.ts'

const runs = Number(process.env.LANEWISE_TEST_RUNS ?? 60)

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

test.run()
