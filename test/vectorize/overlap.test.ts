/** Promise 3: the result is as if every input had been copied first. The oracle is just that. */
import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { resident } from '../../src/index.ts'
import { f8, functions, list, targets, view } from './functions.ts'

const length = 24

/** A view of a buffer of 24 elements with this shape: any strides and offset that stay inside. */
const layoutOf = (shape: readonly number[]) =>
  fc
    .tuple(...shape.map((size) => fc.integer({ min: -3, max: 3 }).map((stride) => (size === 1 ? 1 : stride))))
    .chain((stride) => {
      let low = 0
      let high = 0
      stride.forEach((step, axis) => {
        const reach = step * ((shape[axis] ?? 1) - 1)
        if (reach < 0) low -= reach
        else high += reach
      })
      return fc.record({
        shape: fc.constant([...shape]),
        stride: fc.constant([...stride]),
        offset: fc.integer({ min: low, max: Math.max(low, length - 1 - high) }),
      })
    })

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 2 })

interface Part {
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  readonly offset: number
}

/** Outputs may not meet themselves: then the order of writes would be the answer. */
function distinct({ shape, stride, offset }: Part): boolean {
  const seen = new Set<number>()
  for (let i = 0; i < (shape[0] ?? 1); i++) {
    for (let j = 0; j < (shape[1] ?? 1); j++) {
      const at = offset + i * (stride[0] ?? 0) + j * (stride[1] ?? 0)
      if (seen.has(at) || at < 0 || at >= length) return false
      seen.add(at)
    }
  }
  return true
}

const inside = ({ shape, stride, offset }: Part) => {
  const ends = shape.map((size, axis) => (stride[axis] ?? 0) * (size - 1))
  const low = ends.reduce((sum, end) => sum + Math.min(end, 0), offset)
  const high = ends.reduce((sum, end) => sum + Math.max(end, 0), offset)
  return low >= 0 && high < length
}

const cases = shapes.chain((shape) => fc.tuple(layoutOf(shape), layoutOf(shape), layoutOf(shape)))

for (const target of targets) {
  const { add, divmod } = functions(target)

  for (const place of ['plain', 'resident'] as const) {
    test(`${target}: three ${place} views of one buffer`, () => {
      const values = Float64Array.from({ length }, (_, i) => (i * i) % 17)
      let overlapping = 0
      fc.assert(
        fc.property(cases, ([a, b, out]) => {
          fc.pre(inside(a) && inside(b) && inside(out) && distinct(out))
          const data = place === 'plain' ? values.slice() : resident(values.slice()).data
          const at = (data: Float64Array, { shape, stride, offset }: Part) =>
            view(data, [...shape], [...stride], offset)
          const shared = data as Float64Array
          const want = list(add(at(values.slice(), a), at(values.slice(), b)))
          overlapping++
          assert.equal(list(add(at(shared, a), at(shared, b), at(shared, out))), want)
        }),
        { numRuns: 300 },
      )
      assert.ok(overlapping > 200)
    })
  }

  test(`${target}: NumPy's examples`, () => {
    const x = f8(1, 2, 3, 4, 5)
    add(x.subarray(0, 4), x.subarray(1), x.subarray(1))
    assert.equal([...x], [1, 3, 5, 7, 9])
    const y = view(f8(1, 2, 3), [3])
    add(y, y.step(-1), y)
    assert.equal(list(y), [4, 4, 4])
    const z = f8(1, 2, 3)
    assert.is(add(z, z, z), z)
    assert.equal([...z], [2, 4, 6])
    const one = view(f8(1), [3], [0])
    add(one, 1, one)
    assert.is(one.get(0), 2)
  })

  test(`${target}: two dtypes in one buffer`, () => {
    const buffer = new ArrayBuffer(32)
    const wide = new Float64Array(buffer)
    const narrow = new Float32Array(buffer, 8, 4)
    narrow.set([1, 2, 3, 4])
    add(narrow, 1, wide)
    assert.equal([...wide], [2, 3, 4, 5])
  })

  for (const place of ['plain', 'resident'] as const) {
    const memory = (length: number) =>
      (place === 'plain' ? new Float64Array(length) : resident(new Float64Array(length)).data) as Float64Array

    test(`${target}: two outputs of one ${place} buffer, element by element in turn`, () => {
      for (const n of [1, 2, 5, 37, 5000]) {
        const both = memory(2 * n)
        const x = Float64Array.from({ length: n }, (_, i) => 7 * i + 5)
        const [even, odd] = [view(both, [n], [2]), view(both, [n], [2], 1)]
        divmod(x, 7, even, odd)
        assert.ok(both.every((value, i) => value === (i % 2 === 0 ? i / 2 : 5)))
        divmod(view(x, [n], [-1], n - 1), 7, odd, even)
        assert.ok(both.every((value, i) => value === (i % 2 === 0 ? 5 : n - 1 - (i - 1) / 2)))
        add(even, odd, odd)
        assert.ok(both.every((value, i) => value === (i % 2 === 0 ? 5 : n + 4 - (i - 1) / 2)))
      }
    })

    test(`${target}: what lies between the elements of a ${place} output that meets itself`, () => {
      const between = memory(9).fill(-1)
      add(view(new Float64Array(9), [3, 3]), 1, view(between, [3, 3], [2, 2]))
      assert.equal([...between], [1, -1, 1, -1, 1, -1, 1, -1, 1])
    })
  }

  test(`${target}: two outputs, one of them an input`, () => {
    const x = f8(7, 8, 9)
    const y = f8(2, 3, 4)
    divmod(x, y, y, x)
    assert.equal([...y], [3, 2, 2])
    assert.equal([...x], [1, 2, 1])
  })
}

test.run()
