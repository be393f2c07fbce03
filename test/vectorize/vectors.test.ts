/**
 * The vectors that were executed with NumPy 2.4.6, one row each, in the order of the notes on NumPy: what comes out, or its error in
 * NumPy's words with our facts. `differs` says where DESIGN.md wants something else. Vectors of gufuncs (vecdot, matmul) are in
 * test/guvectorize; warnings about floating-point events do not exist here, their values are in test/ufuncs.test.ts.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { vectorize } from '../../src/index.ts'
import * as ufuncs from '../../src/ufuncs.ts'
import { thrown } from '../thrown.ts'
import { dtype, f8, functions, i4, type Loose, list, range, view } from './functions.ts'

const { add, subtract, maximum, minimum, divide, exp, power, equal, floor_divide, sqrt, log } =
  ufuncs as unknown as Record<keyof typeof ufuncs, Loose>
const { divmod, ldexp } = functions('cpu')
const modf = vectorize(['UniTuple(f8,2)(f8)'], (x) => [x % 1, Math.trunc(x)], {
  name: 'modf',
}) as unknown as Loose

const ones = (shape: number[], stride?: number[]) => {
  const size = shape.reduce((a, b) => a * b, 1)
  return view(new Float64Array(size).fill(1), shape, stride)
}
const zeros = (shape: number[]) => view(new Float64Array(shape.reduce((a, b) => a * b, 1)), shape)
const scalar = (value: number) => view(f8(value), [], [])
const A = () => range([2, 3])
const strides = (x: { stride: number[] }) => x.stride
const mask = view(Uint8Array.of(0, 0, 1, 1, 1, 1), [2, 3])

interface Raises {
  readonly name: string
  readonly message: RegExp
  readonly facts?: Readonly<Record<string, unknown>>
}
const raises = (name: string, message: RegExp, facts: Readonly<Record<string, unknown>> = {}): Raises => ({
  name,
  message,
  facts,
})

type Row = readonly [call: string, run: () => unknown, outcome: unknown, differs?: string]

const rows: readonly Row[] = [
  [
    'add(A, 1, where=A>2)',
    () => list(add(A(), 1, { where: mask })),
    [
      [0, 0, 3],
      [4, 5, 6],
    ],
    'skipped elements are 0, without a warning',
  ],
  ['add(0-d, 0-d)', () => add(scalar(1), scalar(2)).shape, [], 'any array in, array out'],
  ['add(1, 2)', () => add(1, 2), 3],
  [
    'add(ones3, 1, out=zeros((2,3)))',
    () => list(add(ones([3]), 1, { out: zeros([2, 3]) })),
    [
      [2, 2, 2],
      [2, 2, 2],
    ],
  ],
  [
    'add(ones((2,3)), 1, out=zeros3)',
    () => add(ones([2, 3]), 1, { out: zeros([3]) }),
    raises(
      'OutputError',
      /^non-broadcastable output operand with shape \(3,\) doesn't match the broadcast shape \(2,3\)/,
      { operand: 2, shape: [3], want: [2, 3] },
    ),
  ],
  [
    'add(f8, f8, out=i8)',
    () => add(f8(1), f8(1), { out: new BigInt64Array(1) }),
    raises(
      'CastingError',
      /^Cannot cast ufunc 'add' output from dtype\('float64'\) to dtype\('int64'\) with casting rule 'same_kind'/,
      { from: 'f8', to: 'i8', casting: 'same_kind', operand: 2 },
    ),
  ],
  ['add(f8, f8, out=f4)', () => list(add(f8(1), f8(1), { out: view(new Float32Array(1), [1]) })), [2]],
  [
    "add(f4, f8, casting='no')",
    () => add(new Float32Array(1), f8(1), { casting: 'no' }),
    raises(
      'CastingError',
      /^Cannot cast ufunc 'add' input 0 from dtype\('float32'\) to dtype\('float64'\) with casting rule 'no'/,
      { from: 'f4', to: 'f8', casting: 'no', operand: 0 },
    ),
  ],
  [
    "add(f8, 1., dtype='i4')",
    () => add(f8(1.7), 1, { dtype: 'i4' }),
    raises('CastingError', /^Cannot cast ufunc 'add' input 0 from dtype\('float64'\) to dtype\('int32'\)/, {
      from: 'f8',
      to: 'i4',
    }),
  ],
  ["the same, casting='unsafe'", () => list(add(f8(1.7), 1, { dtype: 'i4', casting: 'unsafe' })), [2]],
  ["add(i4, 1, signature='dd->d')", () => dtype(add(i4(1), 1, { signature: 'dd->d' })), 'float64'],
  [
    "add(i4, 1, signature=(None,None,'f8'))",
    () => dtype(add(i4(1), 1, { signature: [null, null, 'f8'] })),
    'float64',
  ],
  ['ldexp(1.5, [1,2] i8)', () => list(ldexp(1.5, BigInt64Array.of(1n, 2n))), [3, 6]],
  ['add(F, 1).strides', () => strides(add(ones([2, 3], [1, 2]), 1)), [1, 2]],
  ["order='C'", () => strides(add(ones([2, 3], [1, 2]), 1, { order: 'C' })), [3, 1]],
  ["order='A'", () => strides(add(ones([2, 3], [1, 2]), 1, { order: 'A' })), [1, 2]],
  [
    'add(ones((2,3,4)).transpose(2,0,1), 1).strides',
    () => strides(add(ones([2, 3, 4]).transpose(2, 0, 1), 1)),
    [1, 12, 4],
  ],
  ['add(x[::-1,::-1], 1)', () => strides(add(ones([3, 4]).step(-1, -1), 1)), [4, 1]],
  ["add(ones((3,1),'F'), ones((1,4)))", () => strides(add(ones([3, 1], [1, 3]), ones([1, 4]))), [4, 1]],
  ['add((0,3), (1,3))', () => add(zeros([0, 3]), ones([1, 3])).shape, [0, 3]],
  ['add((1,), (0,))', () => add(ones([1]), zeros([0])).shape, [0]],
  [
    'add((2,), (0,))',
    () => add(ones([2]), zeros([0])),
    raises('BroadcastError', /^operands could not be broadcast together with shapes \(2,\) \(0,\)/, {
      shapes: [[2], [0]],
    }),
  ],
  ['add.reduce((0,3))', () => list(add.reduce(zeros([0, 3]))), [0, 0, 0]],
  ['add.reduce((0,3), 1)', () => (add.reduce(zeros([0, 3]), { axis: 1 }) as { shape: number[] }).shape, [0]],
  [
    'maximum.reduce((0,3))',
    () => maximum.reduce(zeros([0, 3])),
    raises('NoLoopError', /^zero-size array to reduction operation maximum which has no identity$/),
  ],
  [
    'maximum.reduce((0,3), 1)',
    () => (maximum.reduce(zeros([0, 3]), { axis: 1 }) as { shape: number[] }).shape,
    [0],
  ],
  [
    'initial=-inf',
    () => list(maximum.reduce(zeros([0, 3]), { initial: -Infinity })),
    [-Infinity, -Infinity, -Infinity],
  ],
  [
    'add.reduce(A, axis=())',
    () => list(add.reduce(A(), { axis: [] })),
    [
      [0, 1, 2],
      [3, 4, 5],
    ],
  ],
  [
    'add.reduce(A, axis=(0,0))',
    () => add.reduce(A(), { axis: [0, 0] }),
    raises('AxisError', /^duplicate value in 'axis'/, { axis: [0, 0], ndim: 2 }),
  ],
  [
    'add.reduce(A, axis=2)',
    () => add.reduce(A(), { axis: 2 }),
    raises('AxisError', /^axis 2 is out of bounds for array of dimension 2$/, { axis: 2, ndim: 2 }),
  ],
  [
    'subtract.reduce(A, axis=(0,1))',
    () => subtract.reduce(A(), { axis: [0, 1] }),
    raises(
      'NoLoopError',
      /^reduction operation 'subtract' is not reorderable, so at most one axis may be specified/,
    ),
  ],
  ['subtract.reduce(A, axis=0)', () => list(subtract.reduce(A())), [-3, -3, -3]],
  ['add.reduce i1', () => add.reduce(Int8Array.of(100, 100)), 200n],
  ['add.reduce u1', () => add.reduce(Uint8Array.of(200, 100)), 300n],
  ['add.reduce bool', () => add.reduce([true, true]), 2n],
  ['add.accumulate i1', () => dtype(add.accumulate(Int8Array.of(1))), 'bigint64'],
  ['add.reduceat i1', () => dtype(add.reduceat(Int8Array.of(1), [0])), 'bigint64'],
  ['minimum.reduce i1', () => minimum.reduce(Int8Array.of(3, -4)), -4],
  ['maximum.reduce bool', () => maximum.reduce([false, true]), true],
  [
    'maximum.reduce(A, where=A>1)',
    () => maximum.reduce(A(), { where: mask }),
    raises(
      'NoLoopError',
      /^reduction operation 'maximum' does not have an identity, so to use a where mask one has to specify 'initial'$/,
    ),
  ],
  ['add.reduce(A, where=A>1)', () => list(add.reduce(A(), { where: mask })), [3, 4, 7]],
  [
    'add.reduce([], initial=None)',
    () => add.reduce(f8(), { initial: null }),
    raises('NoLoopError', /^zero-size array to reduction operation add which has no identity$/),
  ],
  [
    'exp.reduce',
    () => exp.reduce(f8(1)),
    raises('NoLoopError', /^reduce only supported for binary functions/),
  ],
  [
    'divmod.reduce',
    () => divmod.reduce(f8(1)),
    raises('NoLoopError', /^reduce only supported for functions returning a single value/),
  ],
  [
    'add.accumulate 0-d',
    () => add.accumulate(1),
    raises('AxisError', /^cannot accumulate on a scalar/, { ndim: 0 }),
  ],
  [
    'add.accumulate axis=None 2-d',
    () => add.accumulate(A(), { axis: null } as never),
    raises('AxisError', /^accumulate does not allow multiple axes/, { axis: null, ndim: 2 }),
  ],
  ['axis=None 1-d', () => list(add.accumulate(f8(1, 2), { axis: null } as never)), [1, 3]],
  [
    'add.reduceat(arange(4), [0,4])',
    () => add.reduceat(range([4]), [0, 4]),
    raises('BoundsError', /^index 4 out-of-bounds in add\.reduceat \[0, 4\)$/, { index: 4, size: 4 }),
  ],
  ['add.reduceat(x, [])', () => list(add.reduceat(range([4]), [])), []],
  ['add.reduceat(arange(8), [5,2,2,0])', () => list(add.reduceat(range([8]), [5, 2, 2, 0])), [5, 2, 2, 28]],
  ['add.reduceat, float index', () => list(add.reduceat(range([4]), f8(1.5))), [6]],
  ['add.outer((2,3), (4,))', () => (add.outer(A(), f8(1, 2, 3, 4)) as { shape: number[] }).shape, [2, 3, 4]],
  ['add.at(zeros(2,i4), [0,0], 1.5)', () => changed(i4(0, 0), (x) => add.at(x, [0, 0], 1.5)), [2, 0]],
  [
    'add.at(a, (0,9), 1)',
    () => add.at(f8(1, 2), [0, 9], 1),
    raises('BoundsError', /^index 9 is out of bounds for axis 0 with size 2/, { index: 9, size: 2 }),
  ],
  ['add.at, bool mask', () => changed(f8(1, 2), (x) => add.at(x, [false, true], 1)), [1, 3]],
  [
    'add.at, (slice, [0,0])',
    () => changed(f8(1, 2), (x) => add.at(view(x, [2, 1]), [{}, [0, 0]], 1)),
    [3, 4],
  ],
  ['divide([1,0], 0)', () => list(divide(f8(1, 0), 0)), [Infinity, NaN], 'no warnings'],
  ['int floor_divide by 0', () => list(floor_divide(i4(1), 0)), [0], 'no warning'],
  ['i1 -128 // -1', () => list(floor_divide(Int8Array.of(-128), -1)), [-128], 'no warning'],
  [
    'sqrt(-1), exp(1000), log(0)',
    () => [sqrt(-1), exp(1000), log(0)],
    [NaN, Infinity, -Infinity],
    'no warnings',
  ],
  ['power(2, -1) of ints', () => list(power(i4(2), -1)), [0], 'a value, not an error'],
  [
    'u1 array + 300',
    () => add(Uint8Array.of(1), 300),
    raises('CastingError', /the number 300 cannot be represented in uint8/, { to: 'u1', operand: 1 }),
  ],
  [
    'u1 array + -1',
    () => add(Uint8Array.of(1), -1),
    raises('CastingError', /the number -1 cannot be represented in uint8/),
  ],
  ['u1 array == 300', () => list(equal(Uint8Array.of(44), 300)), [0]],
  ['f4 array + 1e100', () => list(add(Float32Array.of(1), 1e100)), [Infinity], 'no warning'],
  [
    'modf(ones2, out=arr)',
    () => modf(ones([2]), { out: zeros([2]) }),
    raises('OutputError', /'out' must be a tuple of arrays/),
  ],
  ['modf(x, o0)', () => modf(f8(1.5), zeros([1])).map((x: unknown) => list(x)), [[0.5], [1]]],
  [
    'add(1, 2, o, out=o)',
    () => add(1, 2, scalar(0), { out: scalar(0) }),
    raises('OutputError', /cannot specify 'out' as both a positional and keyword argument/),
  ],
  [
    'out tuple of the wrong length',
    () => modf(f8(1), { out: [null] }),
    raises('OutputError', /The 'out' tuple must have exactly one entry per ufunc output/),
  ],
  [
    'non-array out',
    () => add(f8(1), 1, 'x'),
    raises('OutputError', /^return arrays must be of ArrayType/, { operand: 2 }),
  ],
  [
    'add.reduce(u1[200,100], out=u1 0-d)',
    () => changed(new Uint8Array(1), (x) => add.reduce(Uint8Array.of(200, 100), { out: view(x, [], []) })),
    [44],
  ],
  [
    'reduce, out of the wrong ndim',
    () => add.reduce(A(), { out: zeros([2, 3]) }),
    raises(
      'OutputError',
      /^output parameter for reduction operation add has the wrong number of dimensions: Found 2 but expected 1/,
      { operand: 1, shape: [2, 3], want: [3] },
    ),
  ],
  [
    'subtract.reduce([3.5, 0.5], out=i8)',
    () => changed(new BigInt64Array(1), (x) => subtract.reduce(f8(3.5, 0.5), { out: view(x, [], []) })),
    [3n],
    'NumPy casts the first element before it joins it, 2; here the result is cast, once',
  ],
  ['add.reduce([-0., -0.])', () => add.reduce(f8(-0, -0)), 0],
  ['the same, initial=-0.', () => add.reduce(f8(-0, -0), { initial: -0 }), -0],
  [
    'where: an int mask',
    () => add(f8(1), 1, { where: i4(1) }),
    raises(
      'CastingError',
      /Cannot cast array data from dtype\('int32'\) to dtype\('bool'\) according to the rule 'safe'/,
      {
        from: 'i4',
        to: 'b1',
      },
    ),
  ],
  ['where enlarges', () => add(1, f8(1), { where: [[true], [true]] }).shape, [2, 1]],
]

function changed<T extends Iterable<unknown>>(x: T, run: (x: T) => unknown): unknown[] {
  run(x)
  return [...x]
}

for (const [call, run, outcome, differs] of rows) {
  test(differs ? `${call} (${differs})` : call, () => {
    if (typeof outcome !== 'object' || !('message' in (outcome as object))) {
      const got = run()
      assert.equal(got, outcome)
      if (typeof got === 'number') assert.ok(Object.is(got, outcome), `${got}`)
      return
    }
    const { name, message, facts } = outcome as Raises
    const error = thrown(run)
    assert.is(error.name, name)
    assert.match(error.message, message)
    for (const [fact, value] of Object.entries(facts ?? {}))
      assert.equal(Reflect.get(error, fact), value, fact)
  })
}

test.run()
