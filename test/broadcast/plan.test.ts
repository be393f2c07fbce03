import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { makePlan, type Plan } from '../../src/broadcast/plan.ts'
import type { Layout } from '../../src/broadcast/view.ts'
import { walk, walkRange } from '../../src/broadcast/walk.ts'
import { elementAt, indices, layoutOf, shapes, stretching } from './arbitrary.ts'

/** The tuples of element positions that a walk visits, in its order. */
function visited(plan: Plan, from = 0, to = plan.size): string[] {
  const seen: string[] = []
  walkRange(plan, from, to, (offsets, n) => {
    assert.ok(n > 0 && n <= plan.inner)
    for (let i = 0; i < n; i++)
      seen.push(offsets.map((o, k) => o + i * (plan.innerSteps[k] as number)).join())
  })
  return seen
}

const naive = (shape: readonly number[], operands: readonly Layout[]): string[] =>
  [...indices(shape)].map((index) => operands.map((x) => elementAt(x, index)).join())

const call = (shape: number[]) => fc.tuple(fc.array(stretching(shape), { maxLength: 3 }), layoutOf(shape))

test('a walk visits exactly what naive indexing visits', () => {
  fc.assert(
    fc.property(
      shapes(6, 4).chain((shape) => fc.tuple(fc.constant(shape), call(shape))),
      ([shape, [inputs, output]]) => {
        const operands = [...inputs, output]
        const plan = makePlan(shape, operands)
        assert.equal(visited(plan).sort(), naive(shape, operands).sort())
      },
    ),
    { numRuns: 600 },
  )
})

test('ranges that cover a plan visit in order what one walk visits', () => {
  fc.assert(
    fc.property(
      shapes(6, 4).chain((shape) => fc.tuple(fc.constant(shape), call(shape))),
      fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 4 }),
      ([shape, [inputs, output]], cuts) => {
        const plan = makePlan(shape, [...inputs, output])
        const ends = [
          0,
          ...cuts.map((c) => Math.floor((c * plan.size) / 100)).sort((a, b) => a - b),
          plan.size,
        ]
        const pieces = ends.slice(1).flatMap((end, i) => visited(plan, ends[i], end))
        assert.equal(pieces, visited(plan))
      },
    ),
    { numRuns: 500 },
  )
})

test('32 dimensions', () => {
  const shape = Array.from({ length: 32 }, (_, axis) => (axis % 4 === 0 ? 2 : 1))
  const stride = shape.map((_, axis) => (axis % 8 === 0 ? -(axis + 1) : axis + 1))
  const offset = shape.reduce((sum, size, axis) => sum + Math.abs(stride[axis] as number) * (size - 1), 0)
  const operands = [
    { shape, stride, offset },
    { shape: shape.slice(3), stride: stride.slice(3), offset },
  ]
  assert.equal(visited(makePlan(shape, operands)).sort(), naive(shape, operands).sort())
})

const layout = (shape: number[], stride: number[], offset = 0): Layout => ({ shape, stride, offset })
/** The plan in short: inner size and steps, outer sizes. */
const brief = (shape: number[], ...operands: Layout[]) => {
  const { inner, innerSteps, outer, offsets } = makePlan(shape, operands)
  return [inner, innerSteps, outer, offsets]
}

test('contiguous arrays of one shape are one run', () => {
  const c = layout([20, 30, 40], [1200, 40, 1])
  assert.equal(brief([20, 30, 40], c, c), [24000, [1, 1], [], [0, 0]])
  const f = layout([20, 30, 40], [1, 20, 600])
  assert.equal(brief([20, 30, 40], f, f), [24000, [1, 1], [], [0, 0]])
  assert.equal(brief([20, 30], layout([20, 30], [60, 2]), layout([20, 30], [30, 1])), [
    600,
    [2, 1],
    [],
    [0, 0],
  ])
})

test('axes that run backwards for everyone are turned round', () => {
  assert.equal(brief([5], layout([5], [-1], 4), layout([5], [-2], 8)), [5, [1, 2], [], [0, 0]])
  assert.equal(brief([5], layout([5], [-1], 4), layout([1], [1], 7)), [5, [1, 0], [], [0, 7]])
  assert.equal(brief([5], layout([5], [-1], 4), layout([5], [1])), [5, [-1, 1], [], [4, 0]])
  const back = layout([6, 100], [-100, -1], 599)
  assert.equal(brief([6, 100], back, back), [600, [1, 1], [], [0, 0]])
})

test('a broadcast row or column keeps the long axis inside', () => {
  const out = layout([300, 200], [200, 1])
  assert.equal(brief([300, 200], layout([200], [1]), out), [200, [1, 1], [300], [0, 0]])
  assert.equal(brief([300, 200], layout([300, 1], [1, 1]), out), [200, [0, 1], [300], [0, 0]])
})

test('a tiny innermost axis gives way to a much longer one', () => {
  const image = layout([500, 3], [3, 1])
  assert.equal(brief([500, 3], image, layout([3], [1]), image), [500, [3, 0, 3], [3], [0, 0, 0]])
  assert.equal(brief([5, 3], image, layout([3], [1]), layout([5, 3], [3, 1]))[2], [3])
  // 40 elements in sequence are better than 50 far apart.
  const wide = layout([50, 40], [4000, 1])
  assert.equal(brief([50, 40], wide, wide), [40, [1, 1], [50], [0, 0]])
})

test('0-d is one element, empty is none', () => {
  const point = layout([], [], 3)
  assert.equal(brief([], point, point), [1, [0, 0], [], [3, 3]])
  assert.equal(visited(makePlan([], [point, point])), ['3,3'])
  const empty = makePlan([3, 0, 2], [layout([3, 0, 2], [0, 2, 1]), layout([3, 1, 1], [1, 1, 1])])
  assert.is(empty.size, 0)
  walk(empty, () => assert.unreachable('an empty plan has no runs'))
})

test('a plan of no operands still counts', () => {
  assert.is(makePlan([2, 3], []).size, 6)
})

test.run()
