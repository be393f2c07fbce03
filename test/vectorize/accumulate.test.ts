/** accumulate and reduceat: against plain folds on every layout, against NumPy's recorded answers, and their errors. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { AxisError, BoundsError, NoLoopError, OptionError, OutputError } from '../../src/errors.ts'
import { resident, vectorize } from '../../src/index.ts'
import { elements, folds, recorded } from '../fixtures/folds.ts'
import { thrown } from '../thrown.ts'
import { foldFunctions } from './fold-functions.ts'
import {
  type Case,
  casesOn,
  converted,
  laidOut,
  layoutOf,
  lines,
  stepsOf,
  tree,
  type Value,
} from './fold-oracle.ts'
import { count, flat, listOf, shapes } from './fold-samples.ts'
import { dtype, f8, list, range, targets, view } from './functions.ts'

const runs = Number(process.env.LANEWISE_TEST_RUNS ?? 40)

const sample = (one: Case) =>
  shapes.chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      values: listOf(one.values, count(shape)),
      layout: layoutOf(shape),
      resident: fc.boolean(),
      axis: fc.nat(shape.length - 1),
      inPlace: fc.boolean(),
      starts: fc.array(fc.nat(1 << 20), { maxLength: 12 }),
      bins: fc.option(fc.integer({ min: 1, max: 9 })),
    }),
  )

/** The lists of one axis put back in C order. */
function backInOrder(
  shape: readonly number[],
  axis: number,
  all: readonly (readonly unknown[])[],
): unknown[] {
  const inner = count(shape.slice(axis + 1))
  const length = all[0]?.length ?? 0
  return Array.from({ length: all.length * length }, (_, at) => {
    const outer = Math.floor(at / (length * inner))
    return all[outer * inner + (at % inner)]?.[Math.floor(at / inner) % length]
  })
}

function same(got: unknown, want: readonly unknown[]): void {
  const found = flat(got)
  assert.is(found.length, want.length)
  found.forEach((v, i) => {
    if (!Object.is(v, want[i])) assert.unreachable(`element ${i}: ${v} instead of ${want[i]}`)
  })
}

for (const target of targets) {
  const numRuns = target === 'js' ? Math.ceil(runs / 4) : runs
  for (const one of casesOn(target)) {
    test(`${target}: ${one.name} accumulates from the left on every layout`, () => {
      fc.assert(
        fc.property(sample(one), ({ values, layout, shape, resident: inWasm, axis, inPlace }) => {
          const dense = { shape, values: values.map((value) => converted(one, value)) }
          const all = lines(dense, axis).lines.map((line) => stepsOf(line as Value[], one.join))
          const want = backInOrder(shape, axis, all)
          const x = laidOut(one.from, { shape, values }, layout, inWasm)
          const out = inPlace && one.from === one.to && one.to !== 'b1' ? { out: x } : {}
          const got = one.f.accumulate(x, { axis, ...out })
          if ('out' in out) assert.is(got, x)
          same(got, want)
        }),
        { numRuns },
      )
    })

    test(`${target}: ${one.name} reduces slices as it reduces them alone`, () => {
      fc.assert(
        fc.property(sample(one), ({ values, layout, shape, resident: inWasm, axis, starts, bins }) => {
          const size = shape[axis] as number
          const regular = Array.from({ length: Math.ceil(size / (bins ?? 1)) }, (_, k) => k * (bins ?? 1))
          const indices = bins ? regular : starts.map((start) => start % size)
          const dense = { shape, values: values.map((value) => converted(one, value)) }
          const all = lines(dense, axis).lines.map((line) =>
            indices.map((start, k) => {
              const end = Math.max(start + 1, indices[k + 1] ?? size)
              const slice = line.slice(start, end) as Value[]
              return one.associative ? tree(slice, one.join) : stepsOf(slice, one.join).at(-1)
            }),
          )
          const x = laidOut(one.from, { shape, values }, layout, inWasm)
          const got = one.f.reduceat(x, Int32Array.from(indices), { axis })
          assert.equal((got as { shape: number[] }).shape, shape.with(axis, indices.length))
          same(got, backInOrder(shape, axis, all))
        }),
        { numRuns },
      )
    })
  }

  const functions = foldFunctions(target)
  const { add, subtract, maximum } = functions
  const check = (name: string, run: () => void) => test(`${target}: ${name}`, run)
  const close = (a: unknown, b: unknown) => Math.abs(Number(a) - Number(b)) <= 1e-6 * Math.abs(Number(b))

  for (const method of ['accumulate', 'reduceat'] as const)
    check(`NumPy's answers to ${folds[method].length} calls of ${method}`, () => {
      for (const one of folds[method]) {
        const f = functions[one.ufunc as keyof typeof functions]
        const plain = recorded(one.dtype, one.shape, one.values)
        for (const x of one.dtype === 'b1' ? [plain] : [plain, resident(plain as never)]) {
          const story = JSON.stringify(one)
          const call = () =>
            method === 'accumulate'
              ? f.accumulate(x, one.options)
              : f.reduceat(x, Int32Array.from(one.indices ?? []), one.options)
          if (!one.result) {
            assert.ok(thrown(call).message.startsWith(one.error ?? 'an error'), story)
            continue
          }
          const got = call()
          const want = elements(one.result.dtype, one.result.values)
          assert.equal(got.shape, one.result.shape, story)
          assert.is(dtype(got), dtype(view(want, [])), story)
          const found = flat(got)
          assert.is(found.length, want.length, story)
          found.forEach((value, i) => {
            assert.ok(Object.is(value, want[i]) || close(value, want[i]), `${i}: ${value} in ${story}`)
          })
        }
      }
    })

  check('no identity comes before the first element', () => {
    assert.equal(list(add.accumulate(f8(-0, -0))), [-0, -0])
    assert.equal(list(add.reduceat(f8(-0, -0), [0])), [-0])
    assert.equal(list(add.accumulate(f8())), [])
    assert.equal(list(add.reduceat([1, 2], [])), [])
  })

  check('axes', () => {
    const x = range([2, 3])
    const sums = [
      [0, 1, 2],
      [3, 5, 7],
    ]
    assert.equal(list(add.accumulate(x)), sums)
    assert.equal(list(add.accumulate(x, { axis: [0] })), sums)
    assert.equal(list(add.accumulate(x, { axis: -1 })), [
      [0, 1, 3],
      [3, 7, 12],
    ])
    assert.equal(list(add.accumulate([1, 2], { axis: null })), [1, 3])
    assert.equal(list(add.reduceat(range([8]), [5, 2, 2, 0])), [5, 2, 2, 28])
    assert.equal(list(add.reduceat(range([4]), [0.7, 1.2])), [0, 6])
    assert.equal(list(add.reduceat(x, [0, 1], { axis: 1 })), [
      [0, 3],
      [3, 9],
    ])
  })

  check('out gives the dtype, and may overlap the operand', () => {
    const bytes = new Int8Array(3)
    add.accumulate(f8(1.5, 2, 300), { out: bytes })
    assert.equal([...bytes], [1, 3, 47])
    const data = f8(1, 2, 3, 4, 5)
    add.accumulate(view(data, [4]), { out: view(data, [4], [1], 1) })
    assert.equal([...data], [1, 1, 3, 6, 10])
    const turned = f8(1, 2, 3, 4)
    subtract.accumulate(turned, { out: view(turned, [4], [-1], 3) })
    assert.equal([...turned], [-8, -4, -1, 1])
    const slices = f8(1, 2, 3, 4)
    add.reduceat(slices, [0, 2], { out: view(slices, [2], [1], 1) })
    assert.equal([...slices], [1, 3, 7, 4])
  })

  check('errors', () => {
    const x = range([2, 3])
    const cases: [() => unknown, abstract new (...args: never[]) => object, RegExp | string][] = [
      [() => add.accumulate(3), AxisError, 'cannot accumulate on a scalar'],
      [() => add.reduceat(3, [0]), AxisError, 'cannot reduceat on a scalar'],
      [() => add.accumulate(x, { axis: null }), AxisError, 'accumulate does not allow multiple axes'],
      [() => add.accumulate(x, { axis: [0, 1] }), AxisError, 'accumulate does not allow multiple axes'],
      [() => add.reduceat(x, [0], { axis: [] }), AxisError, 'reduceat does not allow multiple axes'],
      [() => add.accumulate(x, { axis: 5 }), AxisError, 'axis 5 is out of bounds for array of dimension 2'],
      [() => add.reduceat(range([4]), [0, 4]), BoundsError, 'index 4 out-of-bounds in add.reduceat [0, 4)'],
      [() => add.reduceat(x, [-1]), BoundsError, 'index -1 out-of-bounds in add.reduceat [0, 2)'],
      [
        () => add.reduceat(view(f8(), [0, 3]), [0]),
        BoundsError,
        'index 0 out-of-bounds in add.reduceat [0, 0)',
      ],
      [() => add.reduceat(x, [[0]]), OptionError, /list of indices, not an array of shape \(1,1\)/],
      [() => add.reduceat(x, 0), OptionError, /list of indices/],
      [() => add.accumulate(x, { keepdims: true }), OptionError, /unknown option 'keepdims'/],
      [() => add.accumulate(x, { out: range([3]) }), OutputError, /Found 1 but expected 2/],
      [() => maximum.accumulate(x, { out: range([3, 3]) }), OutputError, /\(3,3\) .* \(2,3\)/],
      [() => add.reduceat(x, [0], { out: range([2, 3]) }), OutputError, /\(2,3\) .* \(1,3\)/],
    ]
    for (const [run, raised, message] of cases) {
      const error = thrown(run)
      assert.instance(error, raised)
      if (typeof message === 'string') assert.is(error.message, message)
      else assert.match(error.message, message)
    }
    const exp = vectorize(['f8(f8)'], '(x) => x + 1', { target })
    for (const run of [() => exp.accumulate([1]), () => exp.reduceat([1], [0])]) {
      const error = thrown(run)
      assert.instance(error, NoLoopError)
      assert.match(error.message, /^(accumulate|reduceat) only supported for binary functions/)
    }
  })
}

test.run()
