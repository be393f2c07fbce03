/** `where`: computed where the mask is true, untouched elsewhere; NumPy's answers, and a fuzz whose oracle copies first. */
import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { BoundsError } from '../../src/errors.ts'
import { array, isResident, resident, vectorize } from '../../src/index.ts'
import { elementAt, indices, layoutOf, stretching } from '../broadcast/arbitrary.ts'
import { thrown } from '../thrown.ts'
import { dtype, f8, functions, i4, type Loose, list, range, targets, view } from './functions.ts'

const u1 = (...values: number[]) => Uint8Array.from(values)

for (const target of targets) {
  const { add, less, divmod } = functions(target)
  const check = (name: string, run: () => void) => test(`${target}: ${name}`, run)

  check('what is left out keeps what out holds, and is 0 without out', () => {
    const out = f8(-1, -2, -3)
    assert.is(add(f8(1, 2, 3), 1, { out, where: u1(1, 0, 7) }), out)
    assert.equal([...out], [2, -2, 4])
    add(f8(1, 2, 3), 1, out, { where: [false, true, false] })
    assert.equal([...out], [2, 3, 4])
    assert.equal(list(add(f8(1, 2, 3), 1, { where: [true, false, true] })), [2, 0, 4])
    const far = add(resident(f8(1, 2, 3)), 1, { where: [true, false, true] })
    assert.equal([isResident(far), list(far)], [true, [2, 0, 4]])
  })

  check('the mask stretches, and enlarges the result', () => {
    assert.equal(list(add(f8(1, 2), 1, { where: [[true], [false], [true]] })), [
      [2, 3],
      [0, 0],
      [2, 3],
    ])
    assert.equal(list(add(1, 2, { where: [true, false] })), [3, 0])
    const out = range([2, 3])
    add(10, 1, { out, where: [true, false, true] })
    assert.equal(list(out), [
      [11, 1, 11],
      [11, 4, 11],
    ])
  })

  check('true is no mask, false leaves everything', () => {
    assert.is(add(1, 2, { where: true }), 3)
    assert.is(add(1, 2, { where: false }), 0)
    assert.is(less(1, 2, { where: false }), false)
    assert.equal(list(add(f8(1, 2), 1, { where: true })), [2, 3])
    assert.equal(list(add(f8(1, 2), 1, { where: false })), [0, 0])
    assert.equal(add(1, 2, { where: view(u1(1), [], []) }).shape, [])
  })

  check('the result of a comparison is a mask', () => {
    const x = f8(1, 5, 2, 9)
    assert.equal(list(add(x, 100, { where: less(x, 4) })), [101, 0, 102, 0])
    assert.equal(list(less(x, 4, { where: less(1, x) })), [0, 0, 1, 0])
  })

  check('with the other keywords', () => {
    const out = new Float32Array([7, 7])
    add(i4(1, 2), i4(1, 1), { out, where: [true, false], dtype: 'f8' })
    assert.equal([...out], [2, 7])
    assert.is(dtype(add(i4(1, 2), 1, { where: [true, false], dtype: 'f4' })), 'float32')
    assert.equal(add(range([2, 3]), 1, { where: [true, true, false], order: 'F' }).stride, [1, 2])
    const [q, r] = divmod(f8(7, 9), 2, { out: [null, f8(5, 5)], where: [false, true] })
    assert.equal(
      [list(q), [...r]],
      [
        [0, 4],
        [5, 1],
      ],
    )
  })

  check('empty arrays', () => {
    assert.equal(add(f8(), 1, { where: [[true], [false]] }).shape, [2, 0])
  })

  check('a mask that is the output', () => {
    const mask = u1(1, 0, 1, 0)
    less(f8(5, 0, 0, 0), 1, { out: mask, where: mask })
    assert.equal([...mask], [0, 0, 1, 0])
    const next = u1(1, 1, 0, 0, 0)
    less(f8(5, 0, 0, 0), 1, { out: next.subarray(1), where: next.subarray(0, 4) })
    assert.equal([...next], [1, 0, 1, 0, 0])
  })

  check('long arrays, plain and resident, with a rest', () => {
    const n = 10_007
    const x = Float64Array.from({ length: n }, (_, i) => i)
    const mask = Uint8Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 1 : 0))
    const want = x.map((value, i) => (mask[i] ? value + 1 : -value))
    const out = x.map((value) => -value)
    add(x, 1, { out, where: mask })
    assert.equal(out, want)
    const far = array(x.map((value) => -value))
    add(array(x), 1, { out: far, where: array(mask) })
    assert.equal(Float64Array.from(far.data as Float64Array), want)
  })

  test(`${target}: random layouts that share one buffer`, () => {
    const size = 64
    const shape = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 })
    const layouts = shape.chain((s) => fc.tuple(layoutOf(s), stretching(s), stretching(s)))
    let runs = 0
    fc.assert(
      fc.property(layouts, fc.boolean(), fc.integer({ min: 0, max: 9 }), ([out, x, mask], far, shift) => {
        fc.pre([out, x, mask].every(({ length }) => length + shift <= size))
        const places = [...indices(out.shape)]
        fc.pre(new Set(places.map((index) => elementAt(out, index))).size === places.length)
        runs++
        const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 7 + shift) % 3)
        const want = bytes.slice()
        for (const index of places)
          if (bytes[elementAt(mask, index)])
            want[elementAt(out, index) + shift] = (bytes[elementAt(x, index)] as number) < 2 ? 1 : 0
        const data = far ? (resident(bytes).data as Uint8Array) : bytes
        const at = (part: typeof out, offset: number) =>
          view(data, [...part.shape], [...part.stride], part.offset + offset)
        less(at(x, 0), 2, { out: at(out, shift), where: at(mask, 0) })
        assert.equal(Uint8Array.from(data), want)
      }),
      { numRuns: 400 },
    )
    assert.ok(runs > 100)
  })
}

test('checks, and loops that end, count where the mask is true alone', () => {
  const t = f8(5, 6, 7)
  const look = vectorize(
    ['f8(i4)'],
    ({ t }) =>
      (i) =>
        t[i] ?? 0,
    {
      env: { t },
      name: 'look',
    },
  ) as unknown as Loose
  assert.equal(list(look(i4(0, 9, 2, -1), { where: [true, false, true, false] })), [5, 0, 7, 0])
  const error = thrown(() => look(i4(0, 9, 2, -1), { where: [false, false, true, true] }))
  assert.instance(error, BoundsError)
  assert.is(error.index, -1)
  const halvings = vectorize(['i4(i4)'], (x) => {
    let n = 0
    for (let y = x; y !== 1; y = y / 2) n++
    return n
  }) as unknown as Loose
  assert.equal(list(halvings(i4(8, 0, 4, 3), { where: [true, false, true, false] })), [3, 0, 2, 0])
})

test.run()
