/** Reductions as the real NumPy does them: recorded calls, the vectors of its documentation, and its errors. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  AxisError,
  BroadcastError,
  CastingError,
  NoLoopError,
  OptionError,
  OutputError,
} from '../../src/errors.ts'
import { array, resident, vectorize } from '../../src/index.ts'
import { elements, folds, recorded, uniforms } from '../fixtures/folds.ts'
import { thrown } from '../thrown.ts'
import { foldFunctions } from './fold-functions.ts'
import { dtype, f8, list, range, targets, view } from './functions.ts'

const close = (a: unknown, b: unknown): boolean =>
  Object.is(a, b) || Math.abs(Number(a) - Number(b)) <= 1e-6 * Math.abs(Number(b))

for (const target of targets) {
  const functions = foldFunctions(target)
  const { add, multiply, maximum, minimum, subtract } = functions
  const check = (name: string, run: () => void) => test(`${target}: ${name}`, run)

  check(`NumPy's answers to ${folds.reduce.length} calls of reduce`, () => {
    for (const one of folds.reduce) {
      const f = functions[one.ufunc as keyof typeof functions]
      const { where } = one.options
      const mask = where ? { where: recorded('b1', where.shape, where.values) } : {}
      const plain = recorded(one.dtype, one.shape, one.values)
      // Arrays of wasm memory have no dtype of their own for masks.
      for (const x of one.dtype === 'b1' ? [plain] : [plain, resident(plain as never)]) {
        const story = JSON.stringify(one)
        const call = () => f.reduce(x, { ...one.options, ...mask })
        if (!one.result) {
          assert.ok(thrown(call).message.startsWith(one.error ?? 'an error'), story)
          continue
        }
        const got = call()
        const want = elements(one.result.dtype, one.result.values)
        const isArray = typeof got === 'object'
        assert.equal(isArray ? got.shape : [], one.result.shape, story)
        const found: unknown[] = isArray ? list(got).flat(9) : [got]
        if (isArray) assert.is(dtype(got).replace('bool', 'uint8'), dtype(view(want, [])), story)
        assert.is(found.length, want.length, story)
        found.forEach((value, i) => {
          const number = typeof value === 'boolean' ? Number(value) : value
          assert.ok(close(number, want[i]), `${i}: ${String(value)} instead of ${want[i]} in ${story}`)
        })
      }
    }
  })

  check('float sums are as good as sums in float64', () => {
    for (const one of folds.sums) {
      const got = add.reduce(uniforms(one), { axis: one.axis })
      const found: unknown[] = typeof got === 'object' ? list(got) : [got]
      const ulp = one.dtype === 'f4' ? 2 ** -23 : 2 ** -52
      found.forEach((value, i) => {
        const want = one.values[i] as number
        assert.ok(Math.abs(Number(value) - want) <= 4 * ulp * want, `${value} instead of ${want}`)
      })
    }
  })

  check('axes', () => {
    const x = range([2, 3])
    assert.equal(list(add.reduce(x)), [3, 5, 7])
    assert.equal(list(add.reduce(x, { axis: -1 })), [3, 12])
    assert.is(add.reduce(x, { axis: null }), 15)
    assert.is(add.reduce(x, { axis: [1, 0] }), 15)
    assert.equal(list(add.reduce(x, { axis: [] })), [
      [0, 1, 2],
      [3, 4, 5],
    ])
    assert.equal(add.reduce(x, { axis: 0, keepdims: true }).shape, [1, 3])
    assert.equal(add.reduce(x, { axis: null, keepdims: true }).shape, [1, 1])
  })

  check('scalars and 0-d arrays reduce to themselves', () => {
    assert.is(add.reduce(3), 3)
    assert.is(add.reduce(3n), 3n)
    assert.is(add.reduce(view(f8(4), [], []), { axis: -1 }), 4)
    assert.is(add.reduce(view(f8(4), [], []), { axis: null }), 4)
    assert.is(maximum.reduce(true), true)
    assert.instance(
      thrown(() => add.reduce(3, { axis: 1 })),
      AxisError,
    )
  })

  check('an identity comes before the first element, minus zeros show it', () => {
    assert.is(add.reduce(f8(-0, -0)), 0)
    assert.is(add.reduce(f8(-0, -0), { initial: -0 }), -0)
    assert.is(add.reduce(f8(-0, -0), { initial: null }), -0)
    assert.is(add.reduce([1, 2], { initial: 10 }), 13)
    assert.is(subtract.reduce(f8(1, 2), { initial: 3 }), 0)
  })

  check('empty arrays', () => {
    const none = view(f8(), [0, 3])
    assert.equal(list(add.reduce(none)), [0, 0, 0])
    assert.equal(add.reduce(none, { axis: 1 }).shape, [0])
    assert.is(multiply.reduce(f8()), 1)
    assert.equal(maximum.reduce(none, { axis: 1 }).shape, [0])
    assert.equal(list(maximum.reduce(none, { initial: -Infinity })), [-Infinity, -Infinity, -Infinity])
    const error = thrown(() => maximum.reduce(none))
    assert.instance(error, NoLoopError)
    assert.is(error.message, 'zero-size array to reduction operation maximum which has no identity')
    assert.instance(
      thrown(() => add.reduce(f8(), { initial: null })),
      NoLoopError,
    )
  })

  check('sums and products of narrow integers are 64 bits wide, others keep their dtype', () => {
    assert.is(add.reduce(Int8Array.of(100, 100)), 200n)
    assert.is(add.reduce(Uint8Array.of(200, 100)), 300n)
    assert.is(add.reduce([true, true]), 2n)
    assert.is(multiply.reduce(Int32Array.of(1 << 30, 8)), 2n ** 33n)
    assert.is(add.reduce(Int8Array.of(100, 100), { dtype: 'f8' }), 200)
    assert.is(add.reduce(Int8Array.of(100, 100), { dtype: 'i1' }), -56)
    assert.is(minimum.reduce(Int8Array.of(3, -4)), -4)
    assert.is(maximum.reduce([false, true]), true)
    assert.is(subtract.reduce(Int8Array.of(100, -100)), -56)
    assert.is(add.reduce(Float32Array.of(16777216, 1)), 16777216)
  })

  check('only the kernels x + y and x * y widen, and only to loops they have', () => {
    const make = (signatures: string[] | null, kernel: string) =>
      (signatures
        ? vectorize(signatures, kernel as '=>', { target, identity: 'reorderable' })
        : vectorize(kernel as '=>', { target, identity: 'reorderable' })) as unknown as typeof add
    const bytes = Int8Array.of(100, 100)
    assert.is(make(null, '(x, y) => x + y').reduce(bytes), 200n)
    assert.is(make(null, '(x, y) => x + 2 * y').reduce(bytes), 44)
    assert.is(make(['i1(i1,i1)'], '(x, y) => x + y').reduce(bytes), -56)
    assert.is(make(['i1(i1,i1)', 'i8(i8,i8)'], '(x, y) => x + y').reduce(bytes), 200n)
  })

  check('out gives the dtype, and takes the result', () => {
    const byte = view(new Uint8Array(1), [], [])
    assert.is(add.reduce(Uint8Array.of(200, 100), { out: byte }), byte)
    assert.is(byte.get(), 44)
    const out = view(f8(0, 0, 0, 0, 0, 0), [3], [-2], 4)
    assert.is(add.reduce(range([2, 3]), { out }), out)
    assert.equal([...(out.data as Float64Array)], [7, 0, 5, 0, 3, 0])
    const kept = view(f8(0, 0), [2, 1])
    add.reduce(range([2, 3]), { axis: 1, keepdims: true, out: kept })
    assert.equal(list(kept), [[3], [12]])
    const narrow = view(new Int8Array(1), [], [])
    add.reduce(f8(1.5, 2), { out: narrow })
    assert.is(narrow.get(), 3)
  })

  check('out may be a part of the operand', () => {
    const data = f8(1, 2, 3, 4, 5, 6)
    add.reduce(view(data, [2, 3]), { axis: 1, out: view(data, [2]) })
    assert.equal([...data], [6, 15, 3, 4, 5, 6])
    const square = f8(1, 2, 3, 4)
    add.reduce(view(square, [2, 2]), { axis: 0, out: view(square, [2], [2]) })
    assert.equal([...square], [4, 2, 6, 4])
  })

  check('masks', () => {
    const x = range([2, 3])
    const where = { data: Uint8Array.of(0, 0, 1, 1, 1, 1), shape: [2, 3], stride: [3, 1], offset: 0 }
    assert.equal(list(add.reduce(x, { where })), [3, 4, 7])
    assert.is(add.reduce(x, { where, axis: null }), 14)
    assert.equal(list(maximum.reduce(x, { where, initial: -1 })), [3, 4, 5])
    assert.equal(list(maximum.reduce(x, { where: [false, true, false], initial: -1 })), [-1, 4, -1])
    assert.equal(list(add.reduce(x, { where: false })), [0, 0, 0])
    assert.equal(list(add.reduce(x, { where: true })), [3, 5, 7])
    assert.is(add.reduce(f8(-0, 5), { where: [true, false], initial: -0 }), -0)
  })

  check('several results of an error leave no doubt', () => {
    const x = range([2, 3])
    const cases: [() => unknown, abstract new (...args: never[]) => object, RegExp | string][] = [
      [() => add.reduce(x, { axis: 2 }), AxisError, 'axis 2 is out of bounds for array of dimension 2'],
      [() => add.reduce(x, { axis: [0, -2] }), AxisError, /^duplicate value in 'axis'/],
      [() => add.reduce(x, { axis: 1.5 }), OptionError, /axis must be an integer/],
      [() => add.reduce(x, { axes: 1 }), OptionError, /unknown option 'axes'.*known options: axis, dtype/],
      [() => add.reduce(x, 1 as never), OptionError, /keywords as an object/],
      [() => add.reduce(x, { dtype: 'f16' }), OptionError, /f16 is no dtype/],
      [
        () => subtract.reduce(x, { axis: [0, 1] }),
        NoLoopError,
        /^reduction operation 'subtract' is not reorderable, so at most one axis may be specified/,
      ],
      [
        () => maximum.reduce(x, { where: [true, false, true] }),
        NoLoopError,
        "reduction operation 'maximum' does not have an identity, so to use a where mask one has to specify 'initial'",
      ],
      [
        () => add.reduce(x, { out: range([2, 3]) }),
        OutputError,
        'output parameter for reduction operation add has the wrong number of dimensions: Found 2 but expected 1',
      ],
      [
        () => add.reduce(x, { out: range([3]), keepdims: true }),
        OutputError,
        "output parameter for reduction operation add has the wrong number of dimensions: Found 1 but expected 2 (must match the operand's when keepdims=True)",
      ],
      [() => add.reduce(x, { out: range([2]) }), OutputError, /shape \(2,\).* \(3,\)/],
      [
        () => add.reduce(x, { where: Int32Array.of(1, 0, 1) }),
        CastingError,
        /^Cannot cast array data from dtype\('int32'\) to dtype\('bool'\) according to the rule 'safe'/,
      ],
      [() => add.reduce(f8(1, 2, 3), { where: [[true, false, true]] }), BroadcastError, /\(3,\) \(1,3\)/],
    ]
    for (const [run, raised, message] of cases) {
      const error = thrown(run)
      assert.instance(error, raised)
      if (typeof message === 'string') assert.is(error.message, message)
      else assert.match(error.message, message)
    }
  })

  check('functions that cannot reduce', () => {
    const less = vectorize(['b1(f8,f8)'], '(x, y) => x < y', { target, name: 'less' })
    const exp = vectorize(['f8(f8)'], '(x) => x + 1', { target })
    const divmod = vectorize(['UniTuple(f8,2)(f8,f8)'], '(x, y) => [x, y]', { target })
    assert.match(thrown(() => less.reduce([1, 2])).message, /^No loop matching .* was found for ufunc less/)
    assert.match(thrown(() => exp.reduce([1, 2])).message, /^reduce only supported for binary functions/)
    assert.match(
      thrown(() => divmod.reduce([1, 2])).message,
      /^reduce only supported for functions returning a single value/,
    )
    const and = vectorize(['b1(b1,b1)', 'b1(f8,f8)'], '(x, y) => x != 0 && y != 0', {
      target,
      identity: true,
    })
    assert.is(and.reduce([1, 2]), true)
    assert.is(and.reduce([1, 0]), false)
  })
}

test('results of resident arrays are resident, reduced axes leave memory order alone', () => {
  const { add } = foldFunctions('cpu')
  const x = array([
    [1, 2, 3],
    [4, 5, 6],
  ])
  assert.equal(list(add.reduce(x.transpose(1, 0), { axis: 0 })), [6, 15])
  const y = view(f8(...Array.from({ length: 24 }, (_, i) => i)), [2, 3, 4], [1, 2, 6])
  assert.equal(add.reduce(y, { axis: 1 }).stride, [1, 2])
})

test('a failed check in a kernel is an error of the reduction', () => {
  const pick = vectorize(['i4(i4,i4)'], '({ t }) => (x, y) => t[x + y]', {
    identity: 'reorderable',
    env: { t: Int32Array.of(0, 1, 2, 3) },
  })
  assert.is(pick.reduce(Int32Array.of(0, 1, 2)), 3)
  assert.match(
    thrown(() => pick.reduce(Int32Array.of(0, 1, 2, 3))).message,
    /^index 5 is out of bounds for 't' with size 4/,
  )
})

test.run()
