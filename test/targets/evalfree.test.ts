/** The eval-free array behaves as scijs's ndarray does, whatever is done to both. */
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { evalFreeArray } from '../../src/targets/memory/evalfree.ts'

const kinds = [
  Float64Array,
  Float32Array,
  Int8Array,
  Uint8ClampedArray,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
]
type Kind = (typeof kinds)[number]

type Any = ReturnType<typeof evalFreeArray>

const step = fc.oneof(
  ...(['hi', 'lo', 'step', 'pick', 'transpose'] as const).map((method) =>
    fc.record({
      method: fc.constant(method),
      args: fc.array(fc.option(fc.integer({ min: -2, max: 3 }), { nil: undefined, freq: 3 }), {
        maxLength: 4,
      }),
    }),
  ),
)

/** `step(0)` divides by zero, and transposing needs a permutation: in both arrays garbage, and not promised to be the same. */
function sensible(
  { method, args }: { method: string; args: readonly (number | undefined)[] },
  x: Any,
): unknown[] {
  if (method === 'step') return args.map((arg) => (arg === 0 ? 1 : arg))
  if (method === 'transpose') return [...x.shape.keys()].reverse().slice(0, x.dimension)
  if (method === 'pick')
    return args.map((arg, axis) => (arg !== undefined && arg >= (x.shape[axis] ?? 0) ? null : (arg ?? null)))
  return args.map((arg, axis) => (arg === undefined ? undefined : Math.min(arg, x.shape[axis] ?? arg)))
}

function same(mine: Any, theirs: Any): void {
  assert.equal([...mine.shape], [...theirs.shape])
  assert.equal([...mine.stride], [...theirs.stride])
  assert.is(mine.offset, theirs.offset)
  assert.is(mine.data, theirs.data)
  assert.is(mine.dtype, theirs.dtype)
  assert.is(mine.dimension, theirs.dimension)
  assert.is(mine.size, theirs.size)
  // Where two strides are equal ndarray itself has no rule.
  if (new Set(theirs.stride.map(Math.abs)).size === theirs.stride.length)
    assert.equal([...mine.order], [...theirs.order])
}

test('the same shapes, strides, offsets and elements after any views', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Kind>(...kinds),
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 }),
      fc.array(step, { maxLength: 5 }),
      fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
      (kind, shape, steps, at) => {
        const size = shape.reduce((n, k) => n * k, 1)
        const data = new kind(size)
        const big = data instanceof BigInt64Array || data instanceof BigUint64Array
        for (let i = 0; i < size; i++) data[i] = big ? BigInt(i) : i % 100
        let theirs = ndarray(data as Float64Array, shape) as unknown as Any
        let mine = evalFreeArray(data, theirs.shape, theirs.stride, theirs.offset)
        same(mine, theirs)
        for (const it of steps) {
          if (theirs.dimension < 0) break
          const args = sensible(it, theirs) as number[]
          theirs = theirs[it.method](...args)
          mine = mine[it.method](...args)
          if (theirs.dimension < 0) break
          same(mine, theirs)
        }
        if (theirs.dimension < 0 || theirs.size === 0) return
        const index = theirs.shape.map((n, axis) => (at[axis] as number) % n)
        assert.is(mine.index(...index), theirs.index(...index))
        assert.is(mine.get(...index), theirs.get(...index))
        const value = (big ? 77n : 77) as number
        assert.is(mine.set(...index, value), value)
        assert.is(theirs.get(...index), value)
      },
    ),
    { numRuns: 3000 },
  )
})

test('0-d arrays: elements, values, and what is left when they are picked', () => {
  const data = Float64Array.of(3, 4)
  const theirs = ndarray(data, [], [], 1)
  const mine = evalFreeArray(data, [], [], 1)
  assert.is(mine.get(), theirs.get())
  assert.is(mine.valueOf(), 4)
  assert.is(mine.index(), theirs.index())
  mine.set(9)
  assert.is(theirs.get(), 9)
  const nothing = mine.pick()
  const none = theirs.pick()
  const facts = (x: Any) => [
    x.dimension,
    x.size,
    [...x.shape],
    [...x.stride],
    [...x.order],
    x.dtype,
    x.get(),
    x.index(),
  ]
  assert.equal(facts(nothing as Any), facts(none as Any))
  assert.is(nothing.pick(), null)
  assert.is(nothing.lo().dimension, -1)
})

test('T reverses the axes', () => {
  const x = evalFreeArray(new Float64Array(24), [2, 3, 4], [12, 4, 1], 0)
  assert.equal(
    [x.T.shape, x.T.stride],
    [
      [4, 3, 2],
      [1, 4, 12],
    ],
  )
})

test('where code generation is forbidden, results are these', () => {
  const program = `
    import { array, toArray, free, format } from ${JSON.stringify(new URL('../../src/targets/memory/arrays.ts', import.meta.url).href)}
    import { inspect } from 'node:util'
    let forbidden = false
    try { new Function('') } catch { forbidden = true }
    const x = array([[1, 2], [3, 4]], 'i4')
    const y = x.transpose(1, 0).step(-1)
    console.log(JSON.stringify([forbidden, toArray(y), y.get(0, 1), x.dtype, inspect(x.T), format(x.pick(0))]))
    x[Symbol.dispose]()
    try { x.data && toArray(y) } catch (error) { console.log(error.name) }
  `
  const printed = execFileSync(
    process.execPath,
    ['--disallow-code-generation-from-strings', '--import', 'tsx', '--input-type=module', '--eval', program],
    { encoding: 'utf8' },
  )
  assert.equal(printed.trim().split('\n'), [
    JSON.stringify([
      true,
      [
        [2, 4],
        [1, 3],
      ],
      4,
      'int32',
      '[[1 3]\n [2 4]]',
      '[1 2]',
    ]),
    'MemoryError',
  ])
})

test.run()
