/** Arguments and captured values that lie, change, loop or call back: an error or the right answer, and nothing else happens. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { View } from '../../src/broadcast/view.ts'
import { BoundsError, KernelSyntaxError, MemoryError, OptionError } from '../../src/errors.ts'
import { configure, free, resident, vectorize } from '../../src/index.ts'
import { thrown } from '../thrown.ts'
import { f8, functions, i4, type Loose, list, targets, view } from './functions.ts'

for (const target of targets) {
  const { add } = functions(target)

  test(`${target}: an operand whose getter calls the same function`, () => {
    const x = f8(1, 2, 3)
    const y = f8(10, 20, 30)
    const lazy = {
      get data() {
        return add(y, y).data
      },
      shape: [3],
      stride: [1],
      offset: 0,
    }
    for (let i = 0; i < 3; i++) {
      assert.equal(list(add(x, y)), [11, 22, 33])
      assert.equal(list(add(x, lazy)), [21, 42, 63])
      assert.equal(list(add(lazy, x)), [21, 42, 63])
      const out = f8(0, 0, 0)
      add(lazy, lazy, out)
      assert.equal([...out], [40, 80, 120])
    }
  })

  test(`${target}: an error thrown by a getter is the caller's own`, () => {
    const own = new TypeError('mine')
    const broken = {
      data: f8(1),
      stride: [1],
      get shape(): number[] {
        throw own
      },
    }
    assert.is(
      thrown(() => add(broken, 1)),
      own,
    )
    assert.equal(list(add(f8(1), 1)), [2])
  })

  test(`${target}: nested arrays without an end`, () => {
    const own: unknown[] = []
    own.push(own)
    const error = thrown(() => add(own, 1))
    assert.instance(error, OptionError)
    assert.match(error.message, /^add\(\) input 0: nested arrays go deeper than 64 levels/)
    let deep: unknown = 1
    for (let level = 0; level < 64; level++) deep = [deep]
    assert.is(add(deep, 1).dimension, 64)
  })

  test(`${target}: a shape that no memory holds`, () => {
    const endless = view(f8(1), [2 ** 26, 2 ** 26], [0, 0])
    assert.instance(
      thrown(() => add(endless, 1)),
      MemoryError,
    )
    assert.equal(list(add(f8(1), 1)), [2])
  })

  test(`${target}: tables are as they were captured, wherever the operands live`, () => {
    const table = f8(1, 2)
    const weights = [1, 2]
    const at = vectorize(
      ['f8(i4)'],
      ({ table, weights }) =>
        (i) =>
          10 * (table[i] ?? 0) + (weights[i] ?? 0),
      {
        env: { table, weights },
        target,
      },
    ) as unknown as Loose
    assert.equal(list(at(i4(0, 1))), [11, 22])
    table[1] = 7
    weights[1] = 9
    assert.equal(list(at(i4(0, 1))), [11, 22])
    assert.equal(list(at(resident(i4(0, 1)))), [11, 22])
    at.recompile()
    assert.equal(list(at(i4(0, 1))), [11, 79])
    assert.equal(list(at(resident(i4(0, 1)))), [11, 79])
  })

  test(`${target}: an index outside a table`, () => {
    for (const table of [f8(5, 6), [5, 6]]) {
      const options = { env: { table }, target, name: 'at' }
      const at = vectorize(
        ['f8(i4)'],
        ({ table }) =>
          (i) =>
            i > 90 ? -1 : (table[2 * i] ?? 0),
        options,
      ) as unknown as Loose
      for (const input of [i4(0, 0, 3, 0, 0), resident(i4(0, 0, 3, 0, 0))]) {
        const error = thrown(() => at(input))
        assert.instance(error, BoundsError)
        assert.instance(error, RangeError)
        const { line, index, size } = error
        assert.equal({ line, index, size }, { line: 1, index: 6, size: 2 })
        assert.ok(Number(error.column) > 20)
        assert.match(
          error.message,
          /^index 6 is out of bounds for 'table' with size 2 \(at, line 1, column \d+\)$/,
        )
      }
      assert.is(thrown(() => at(i4(-1))).index, -2)
      assert.equal(list(at(i4(0, 99))), [5, -1])
      const fraction = vectorize(
        ['f8(f8)'],
        ({ table }) =>
          (i) =>
            table[i] ?? 0,
        options,
      ) as unknown as Loose
      assert.equal(list(fraction(f8(0, 1))), [5, 6])
      for (const i of [0.5, -0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
        const error = thrown(() => fraction(f8(0, i)))
        assert.instance(error, BoundsError)
        assert.match(
          error.message,
          /^an index that is no whole number is out of bounds for 'table' with size 2 /,
        )
        assert.equal([error.index, error.size], [Number.NaN, 2])
      }
      const text = '({ table }) => (i) => {\n  const k = i\n  return table[k]\n}'
      const { line, column } = thrown(() => vectorize('f8(i4)', text as `${string}=>`, options)(i4(2)))
      assert.equal([line, column], [3, 10])
    }
  })

  test(`${target}: the data of a freed array cannot be captured`, () => {
    const gone = resident(f8(1, 2))
    const kept = resident(f8(3, 4))
    const make = (table: Float64Array) =>
      vectorize(
        ['f8(i4)'],
        ({ table }) =>
          (i) =>
            table[i],
        { env: { table }, target },
      ) as unknown as Loose
    const at = make(kept.data)
    free(gone)
    free(kept)
    assert.instance(
      thrown(() => make(gone.data)),
      MemoryError,
    )
    assert.equal(list(at(i4(0, 1))), [3, 4], 'captured before it was freed')
    assert.instance(
      thrown(() => at.recompile()),
      MemoryError,
    )
    assert.equal(list(at(i4(0, 1))), [3, 4])
  })
}

test('kernels and captured values that are none', () => {
  const define = vectorize as unknown as (...args: unknown[]) => Loose
  const none = thrown(() => define(() => 1))
  assert.instance(none, KernelSyntaxError)
  assert.match(none.message, /takes no arguments/)
  const number = thrown(() =>
    define(
      'f8(f8)',
      ({ k }: { k: number }) =>
        (x: number) =>
          k * x,
      { env: () => 3 },
    ),
  )
  assert.instance(number, OptionError)
  assert.match(number.message, /returned 3/)
  const array = thrown(() =>
    define(
      'f8(i4)',
      ({ t }: { t: number[] }) =>
        (i: number) =>
          t[i],
      { env: { t: resident(f8(1)) } },
    ),
  )
  assert.match(array.message, /env: { t: plain\(t\)\.data }/)
  assert.match(thrown(() => define('F8(f8)', (x: number) => x)).message, /did you mean 'f8' \(float64\)\?/)
})

test('deterministic: no fused multiply-adds, in functions that exist too', () => {
  const f = vectorize(['f8(f8)'], (x) => Math.exp(x)) as unknown as Loose
  const x = Float64Array.from({ length: 1000 }, (_, i) => i / 50 - 10)
  const fused = f.explain('f8(f8)').fma
  const before = list(f(x))
  try {
    configure({ deterministic: true })
    f(x)
    assert.is(f.explain().fma, false)
    assert.not.match(f.inspect('wat'), /relaxed/)
    assert.is(f.explain().last?.calls, 1)
  } finally {
    configure({ deterministic: false })
  }
  assert.equal(list(f(x)), before)
  assert.is(f.explain().fma, fused)
  assert.is(/relaxed/.test(f.inspect('wat')), fused)
})

test('a view needs whole numbers in arrays', () => {
  const { add } = functions('cpu')
  const fields = [
    { shape: Int32Array.of(1), stride: [1] },
    { shape: [1], stride: Int32Array.of(1) },
    { shape: [1.5], stride: [1] },
    { shape: [1], stride: ['1'] },
    { shape: [1], stride: [1], offset: 0.5 },
    { shape: [-1], stride: [1] },
    { shape: [1, 1], stride: [1] },
  ]
  for (const field of fields)
    assert.instance(
      thrown(() => add({ data: f8(1, 2), ...field }, 1)),
      OptionError,
    )
  const frozen: View = Object.freeze({
    data: f8(1, 2),
    shape: Object.freeze([2]) as number[],
    stride: Object.freeze([1]) as number[],
  })
  assert.equal(list(add(frozen, 1)), [2, 3])
  assert.equal(list(add(new Proxy(frozen, {}), 1)), [2, 3])
})

test.run()
