/** `at`, `outer` and `resolveDtypes`: bad input with its facts, memory that is shared, and arrays long enough for every path. */

import * as fc from 'fast-check'
import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  AxisError,
  BoundsError,
  BroadcastError,
  CastingError,
  LanewiseError,
  MemoryError,
  NoLoopError,
  OptionError,
  OutputError,
} from '../../src/errors.ts'
import { free, isResident, memoryInfo, resident, vectorize } from '../../src/index.ts'
import { thrown } from '../thrown.ts'
import { f8, functions, i4, list, range, targets, view } from './functions.ts'

// biome-ignore lint/suspicious/noExplicitAny: arguments and results of every kind are the subject here
type Any = (...args: any[]) => any
type Methods = Any & Record<'at' | 'outer' | 'resolveDtypes', Any>
const { is, equal } = assert

for (const target of targets) {
  const { add, less, divmod } = functions(target) as unknown as Record<string, Methods>
  if (!add || !less || !divmod) throw new Error('functions')
  const negative = vectorize(['i4(i4)', 'f8(f8)'], (x) => -x, {
    target,
    name: 'negative',
  }) as unknown as Methods
  const last = vectorize(['i4(i4,i4)', 'f8(f8,f8)'], (_, y) => y, { target }) as unknown as Methods
  const check = (name: string, run: () => void) => test(`${target}: ${name}`, run)

  check('an index that comes twice counts twice', () => {
    const x = f8(0, 0, 0, 0)
    is(add.at(x, [0, 0, -1], f8(1, 2, 3)), undefined)
    equal([...x], [3, 0, 0, 3])
    negative.at(x, [0, 0, 3])
    equal([...x], [3, 0, 0, -3])
    last.at(x, [1, 1, 1], [7, 8, 9])
    equal([...x], [3, 9, 0, -3])
  })

  check('casts are unsafe', () => {
    const x = i4(0, 0)
    add.at(x, [0, 0], 1.5)
    equal([...x], [2, 0])
    const small = Uint8Array.of(250)
    add.at(small, 0, 300)
    equal([...small], [(250 + 300) & 255])
    less.at(x, [0, 1], 2)
    equal([...x], [0, 1])
    const big = BigInt64Array.of(2n ** 62n)
    add.at(big, [0, 0], 1)
    equal([...big], [2n ** 62n + 2n])
  })

  check('bad input', () => {
    const x = f8(1, 2)
    const m = range([2, 3])
    type Row = [
      run: () => unknown,
      raised: abstract new (...a: never[]) => object,
      text: RegExp,
      facts?: object,
    ]
    const rows: Row[] = [
      [
        () => add.at(x, [0, 9], 1),
        BoundsError,
        /^index 9 is out of bounds for axis 0 with size 2$/,
        { index: 9, size: 2 },
      ],
      [
        () => add.at(x, -3, 1),
        BoundsError,
        /^index -3 is out of bounds for axis 0 with size 2$/,
        { index: -3 },
      ],
      [() => add.at(x, i4(0, -3), f8(1, 2)), BoundsError, /^index -3 is/, { index: -3, size: 2 }],
      [() => add.at(x, BigInt64Array.of(0n, 2n ** 40n), 1), BoundsError, /^index 1099511627776 is/],
      [
        () =>
          add.at(
            m,
            [
              [0, 1],
              [0, 5],
            ],
            1,
          ),
        BoundsError,
        /^index 5 is out of bounds for axis 1 with size 3$/,
      ],
      [() => add.at(x, [0.5], 1), OptionError, /only integers, slices/, { option: 'indices' }],
      [() => add.at(x, f8(0, 1), 1), OptionError, /float64/],
      [() => add.at(x, 0.5, 1), OptionError, /got 0.5/],
      [() => add.at(x, null, 1), OptionError, /got null/],
      [() => add.at(x, { from: 1 }, 1), OptionError, /'from'/],
      [() => add.at(x, { step: 0 }, 1), OptionError, /slice step cannot be zero/],
      [
        () => add.at(x, [{}, {}], 1),
        AxisError,
        /^too many indices for array: array is 1-dimensional, but 2 were indexed$/,
        { ndim: 1 },
      ],
      [
        () => add.at(x, [true], 1),
        BroadcastError,
        /boolean index did not match indexed array along axis 0; size of axis is 2 but size of corresponding boolean axis is 1/,
      ],
      [() => add.at(x, Uint8Array.of(0, 1, 0), 1), BroadcastError, /a uint8 array is a mask/],
      [
        () =>
          add.at(
            m,
            [
              [0, 1],
              [0, 1, 2],
            ],
            1,
          ),
        BroadcastError,
        /^shape mismatch: indexing arrays could not be broadcast together with shapes \(2,\) \(3,\)/,
      ],
      [
        () => add.at(x, [0, 1], [1, 2, 3]),
        BroadcastError,
        /array is not broadcastable to correct shape/,
        { shapes: [[3], [2]] },
      ],
      [() => add.at(x, [0], [[1]]), BroadcastError, /not broadcastable/],
      [() => add.at(x, [0, 1]), NoLoopError, /second operand needed for ufunc/],
      [() => negative.at(x, [0], 1), NoLoopError, /second operand provided when ufunc is unary/],
      [() => divmod.at(x, [0], 1), NoLoopError, /Only single output ufuncs supported/],
      [() => add.at([1, 2], [0], 1), OutputError, /first operand must be array/],
      [() => negative.outer([1], [2]), NoLoopError, /outer product only supported for binary functions/],
      [() => add.outer([1, 2], [3], { out: f8(0, 0) }), OutputError, /non-broadcastable output/],
      [() => add.resolveDtypes(['i4']), OptionError, /must be a list of length 2 \(inputs\) or 3/],
      [() => add.resolveDtypes(['i4', null]), OptionError, /All input dtypes must be provided/],
      [() => add.resolveDtypes(['i4', 'x4']), OptionError, /x4 is no dtype/],
      [() => add.resolveDtypes(['i4', 'f8'], { order: 'C' }), OptionError, /unknown option 'order'/],
      [
        () => add.resolveDtypes(['i4', 'f8', 'i4']),
        CastingError,
        /output from dtype\('float64'\) to dtype\('int32'\)/,
      ],
    ]
    for (const [run, raised, text, facts = {}] of rows) {
      const error = thrown(run)
      if (!(error instanceof raised)) throw error
      assert.instance(error, LanewiseError)
      assert.match(error.message, text)
      for (const [name, value] of Object.entries(facts)) equal(error[name], value, error.message)
      equal([...x], [1, 2])
    }
    const three = vectorize(['f8(f8,f8,f8)'], (a, b, c) => a + b + c) as unknown as Methods
    assert.match(thrown(() => three.at(x, 0, 1)).message, /Only unary and binary/)
    const gone = resident(f8(1, 2))
    free(gone)
    assert.instance(
      thrown(() => add.at(gone, 0, 1)),
      MemoryError,
    )
  })

  check('plain and resident, in blocks, indices of every kind', () => {
    const n = 9_001
    const size = 77
    const places = Int32Array.from({ length: n }, (_, i) => ((i * 31) % size) - (i % 3 === 0 ? size : 0))
    const values = Float64Array.from({ length: n }, (_, i) => i % 13)
    const want = new Float64Array(size)
    places.forEach((place, i) => {
      want[place < 0 ? place + size : place] =
        (want[place < 0 ? place + size : place] as number) + (values[i] as number)
    })
    const backwards = BigInt64Array.from({ length: 2 * n }, (_, k) => BigInt(places[n - 1 - (k >> 1)] ?? 0))
    const kinds = [
      places,
      Int16Array.from(places),
      BigInt64Array.from(places, BigInt),
      ndarray(backwards, [n], [-2], 2 * n - 1),
      [...places],
    ]
    for (const index of kinds)
      for (const far of [false, true]) {
        const x = new Float64Array(size)
        const array = far ? resident(x) : x
        add.at(array, index, values)
        equal(far ? list(array as never) : [...x], [...want])
      }
    const x = resident(new Float64Array(size))
    const before = memoryInfo().used
    add.at(x, resident(places), resident(values))
    add.at(x, places, values)
    assert.ok(memoryInfo().used - before <= 16 * n + 4096, 'what was made for one call is given back')
    equal(list(x), [...want.map((value) => 2 * value)])
    assert.throws(
      () => add.at(x, resident(Int32Array.from([...places, size])), 1),
      /index 77 is out of bounds/,
    )
    equal(list(x), [...want.map((value) => 2 * value)])
  })

  check('few elements of a long array', () => {
    const x = new Float64Array(500_000)
    add.at(x, i4(3, -1, 3), f8(1, 2, 4))
    equal([x[3], x[499_999], x[0]], [5, 2, 0])
    const strided = view(x, [250_000], [-2], 499_999)
    add.at(strided, i4(0, -1, 0), 10)
    equal([x[499_999], x[1]], [22, 10])
    assert.throws(() => add.at(x, i4(0, 500_000), 1), /index 500000/)
    is(x[0], 0)
  })

  check('views of several axes', () => {
    const m = range([2, 3, 4])
    add.at(m, [{}, [0, 0], { start: 1, stop: 3 }], 100)
    equal(m.get(0, 0, 1), 201)
    equal(m.get(1, 0, 2), 214)
    equal(m.get(1, 1, 2), 18)
    const t = range([2, 3]).transpose(1, 0)
    add.at(t, [[true, false, true]], f8(10, 20))
    equal(list(t), [
      [10, 23],
      [1, 4],
      [12, 25],
    ])
    const mask = view(Uint8Array.of(1, 0, 0, 1), [2, 2])
    const square = range([2, 2])
    add.at(square, mask, [10, 20])
    equal(list(square), [
      [10, 1],
      [2, 23],
    ])
    equal(add.outer(range([2, 1]), f8(1, 2, 3)).shape, [2, 1, 3])
    is(add.outer(1, 2), 3)
    equal(list(add.outer(f8(1, 2), 10)), [11, 12])
    is(isResident(add.outer(resident(f8(1)), [1])), true)
  })

  test(`${target}: indices, operand and array in one buffer`, () => {
    const size = 24
    const numbers = fc.integer({ min: 0, max: size - 1 })
    let runs = 0
    fc.assert(
      fc.property(
        fc.record({
          length: fc.integer({ min: 1, max: 8 }),
          count: fc.integer({ min: 0, max: 8 }),
          starts: fc.tuple(numbers, numbers, numbers),
          steps: fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(-2, -1, 1, 2, 0))),
          far: fc.boolean(),
          seed: fc.integer({ min: 0, max: 50 }),
        }),
        ({ length, count, starts, steps, far, seed }) => {
          const [x, index, b] = starts.map((offset, k) => ({
            offset,
            step: steps[k] ?? 1,
            size: k === 0 ? length : count,
          }))
          if (!x || !index || !b) return
          const inside = (p: typeof x) => {
            const end = p.offset + p.step * Math.max(p.size - 1, 0)
            return end >= 0 && end < size
          }
          fc.pre([x, index, b].every(inside) && x.step !== 0)
          runs++
          const values = Int32Array.from({ length: size }, (_, i) => ((i * 5 + seed) % (2 * length)) - length)
          const want = values.slice()
          const at = (from: Int32Array, p: typeof x, i: number) => from[p.offset + p.step * i] as number
          for (let i = 0; i < count; i++) {
            const place = at(values, index, i)
            const own = x.offset + x.step * (place < 0 ? place + length : place)
            want[own] = (want[own] as number) + at(values, b, i)
          }
          const data = far ? (resident(values).data as Int32Array) : values
          const part = (p: typeof x) => view(data, [p.size], [p.step], p.offset)
          add.at(part(x), part(index), part(b))
          equal([...data], [...want])
        },
      ),
      { numRuns: 400 },
    )
    assert.ok(runs > 100)
  })

  test(`${target}: outer into its own inputs`, () => {
    const x = f8(1, 2, 3, 4, 5, 6)
    add.outer(x.subarray(0, 2), x.subarray(2, 5), { out: view(x, [2, 3]) })
    equal([...x], [4, 5, 6, 5, 6, 7])
  })
}

test.run()
