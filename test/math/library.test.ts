/** `lanewise/math`: the same functions called from JavaScript, in kernels of every type, and on the js target. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { configure, NotReadyError, ready, vectorize } from '../../src/index.ts'
import { calledFunction } from '../../src/loops/called.ts'
import { compiler } from '../../src/loops/compiler.ts'
import { applyFunction } from '../../src/loops/kernel/expand.ts'
import * as math from '../../src/math.ts'

await ready()

const x = Float64Array.of(-2.75, -1, -0, 0.3, 0.5, 1, 3, 1e-310, 700.3, Infinity, NaN)
const same = (got: ArrayLike<number>, want: readonly number[]) =>
  assert.equal([...Array.from(got)], [...want])

const { exp2, erf, erfc, gamma, lgamma, sinpi, cospi } = math
const unary = { exp2, erf, erfc, gamma, lgamma, sinpi, cospi }

for (const [name, f] of Object.entries(unary)) {
  test(`${name} in a kernel is ${name} called`, () => {
    const kernel = vectorize(
      ['f8(f8)'],
      ({ f }) =>
        (x) =>
          f(x),
      { env: { f } },
    )
    assert.ok(kernel.explain('f8(f8)').vectorized)
    configure({ deterministic: true })
    try {
      same(kernel(x).data, Array.from(x, f))
    } finally {
      configure({ deterministic: false })
    }
    same(kernel.on('js')(x).data, Array.from(x, f))
    assert.is(f.name, name)
    assert.is(f.length, 1)
  })
  test(`${name} of f4 is f4, and that of integers f8`, () => {
    const lazy = vectorize(
      ({ f }) =>
        (x) =>
          f(x),
      { env: { f } },
    )
    const single = lazy(Float32Array.from(x)).data as Float32Array
    assert.ok(single instanceof Float32Array)
    single.forEach((got, i) => {
      const want = f(Math.fround(x[i] ?? 0))
      assert.ok(Object.is(got, Math.fround(want)) || Math.abs(got / want - 1) < 2 ** -23, `${name} ${x[i]}`)
    })
    assert.ok(lazy(Int32Array.of(1, 2)).data instanceof Float64Array)
  })
}

test('two arguments', () => {
  const { copysign, nextafter, ldexp, logaddexp } = math
  const f = vectorize(
    ['UniTuple(f8,4)(f8,f8)'],
    ({ m }) =>
      (x, y) => [m.copysign(x, y), m.nextafter(x, y), m.ldexp(x, y), m.logaddexp(x, y)],
    {
      env: { m: math },
    },
  )
  const y = Float64Array.of(1, -1, 2, -3.5, NaN, 3, -Infinity, 2, 5000, 1, 1)
  const rows = f(x, y).map((part) => Array.from(part.data as Float64Array))
  const each = (g: (x: number, y: number) => number) => Array.from(x, (v, i) => g(v, y[i] ?? 0))
  // Which sign a NaN has is not said.
  assert.equal(rows[0], each(copysign))
  assert.equal(rows[1], each(nextafter))
  assert.equal(rows[2], each(ldexp))
  each(logaddexp).forEach((want, i) => {
    const got = rows[3]?.[i] ?? 0
    assert.ok(Object.is(got, want) || Math.abs(got / want - 1) < 2 ** -52, `logaddexp ${x[i]}, ${y[i]}`)
  })
  assert.is(nextafter(1, 2), 1 + 2 ** -52)
  assert.is(copysign(3, -0), -3)
})

test('nextafter of f4 is the next f4; ldexp has the type of its first argument', () => {
  const next = vectorize(
    ['f4(f4,f4)'],
    ({ nextafter }) =>
      (x, y) =>
        nextafter(x, y),
    { env: math },
  )
  same(next(Float32Array.of(1, 0), Float32Array.of(2, -1)).data, [1 + 2 ** -23, -(2 ** -149)])
  const shifted = vectorize(
    ({ ldexp }) =>
      (x, n) =>
        ldexp(x, n),
    { env: math },
  )
  const result = shifted(Float32Array.of(0.75, 3), Int32Array.of(4, -150)).data
  assert.ok(result instanceof Float32Array)
  same(result, [12, 2 * 2 ** -149])
})

test('ldexp takes exponents of every size, in kernels as called', () => {
  const n = Float64Array.of(2 ** 63, -(2 ** 63), 1e30, -1e30, 2 ** 64, 1.9, -1.9, NaN, Infinity, -Infinity)
  const want = Array.from(n, (k) => math.ldexp(3, k))
  assert.equal(want, [Infinity, 0, Infinity, 0, Infinity, 6, 1.5, 3, 3, 3])
  for (const types of ['f8(f8,f8)', 'f4(f4,f8)', 'f8(f8,f4)']) {
    const f = vectorize(
      [types],
      ({ ldexp }) =>
        (x, n) =>
          ldexp(x, n),
      { env: math },
    )
    const exponents = types.endsWith('f4)') ? Float32Array.from(n) : n
    same(f(3, exponents).data as Float64Array, want)
    same(f.on('js')(3, exponents).data as Float64Array, want)
  }
  const wide = vectorize(
    ['f8(f8,i8)'],
    ({ ldexp }) =>
      (x, n) =>
        ldexp(x, n),
    { env: math },
  )
  same(wide(3, BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), 2n)).data, [Infinity, 0, 12])
})

test('frexp gives a mantissa and an integer', () => {
  const f = vectorize(
    ['Tuple(f8,i4)(f8)'],
    ({ frexp }) =>
      (x) =>
        frexp(x),
    { env: math },
  )
  const [m, e] = f(Float64Array.of(8, -3, 0, 2 ** -1074, Infinity))
  same(m.data, [0.5, -0.75, 0, 0.5, Infinity])
  same(e.data, [4, 2, 0, -1073, 0])
  const back = vectorize(
    ['f8(f8)'],
    ({ frexp, ldexp }) =>
      (x) => {
        const [m, e] = frexp(x)
        return ldexp(m, e)
      },
    { env: math },
  )
  same(back(x).data, Array.from(x))
  assert.equal(math.frexp(-3), [-0.75, 2])
})

/** A program that calls a function often, with a compiler or without: how often that was asked, and what the calls gave. */
function called(compile: typeof compiler.compile, often: number) {
  const f = calledFunction('erfc')
  const own = compiler.compile
  let asked = 0
  compiler.compile = (isa, request) => {
    asked++
    return compile(isa, request)
  }
  try {
    return { results: Array.from({ length: often }, (_, k) => f(k / 64 - 1, 0)), asked: () => asked }
  } finally {
    compiler.compile = own
  }
}

const interpreted = (often: number) =>
  Array.from({ length: often }, (_, k) => applyFunction('erfc', 'f8', [k / 64 - 1]))

test('a function that is called often is compiled, once, to the same bits', () => {
  const { results, asked } = called(compiler.compile, 600)
  assert.is(asked(), 1)
  assert.equal(results, interpreted(600))
})

test('without a compiler calls are interpreted, and it is asked again ever later', () => {
  const { results, asked } = called(() => {
    throw new NotReadyError('not ready', {})
  }, 1000)
  assert.is(asked(), 2)
  assert.equal(results, interpreted(1000))
})

test('without compilation it is not asked', () => {
  configure({ jit: false })
  try {
    assert.is(called(compiler.compile, 300).asked(), 0)
  } finally {
    configure({ jit: true })
  }
})

test('an argument that is missing is an error', () => {
  assert.throws(
    () =>
      vectorize(
        ['f8(f8)'],
        ({ ldexp }) =>
          (x) =>
            (ldexp as (x: number) => number)(x),
        { env: math },
      ),
    /ldexp needs 2 arguments, not 1/,
  )
})

test.run()
