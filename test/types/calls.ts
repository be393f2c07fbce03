/** Compiled, never run: what calls return. */
import { type GpuArray, type Result, type Scalar, toGpu, vectorize } from 'lanewise'
import { chunk, type F4, type F8, f4, f8, type I4, type I8, i4, i8, some, type U1, u1 } from './arrays.ts'
import { same } from './same.ts'

const hypot = vectorize(['f4(f4,f4)', 'f8(f8,f8)'], (x, y) => Math.sqrt(x * x + y * y))

// exact, else the first that is safe
{
  const r = hypot(f8, f8)
  same<typeof r, F8>()
}
{
  const r = hypot(f4, f4)
  same<typeof r, F4>()
}
{
  const r = hypot(f4, f8)
  same<typeof r, F8>()
}
{
  const r = hypot(i4, f4)
  same<typeof r, F8>()
}
{
  const r = hypot(u1, f4)
  same<typeof r, F4>()
}

// numbers are weak beside arrays, f8 alone
{
  const r = hypot(f4, 2)
  same<typeof r, F4>()
}
{
  const r = hypot(1, 2)
  same<typeof r, number>()
}
{
  const r = hypot(3 as number, 4)
  same<typeof r, number>()
}

// typed arrays, foreign views, nested arrays
{
  const r = hypot(new Float32Array(3), chunk)
  same<typeof r, F4>()
}
{
  const r = hypot([1, 2], [[3], [4]])
  same<typeof r, F8>()
}

// unknown dtypes: a union
{
  const r = hypot(some, 1)
  same<typeof r, F4 | F8>()
}
{
  const scalarOrArray = 1 as number | F8
  const r = hypot(scalarOrArray, 2)
  same<typeof r, number | F8>()
}

// `out` is what comes back
{
  const r = hypot(f8, f8, f4)
  same<typeof r, F4>()
}
{
  const r = hypot(f8, f8, { out: f4, casting: 'same_kind' })
  same<typeof r, F4>()
}
{
  const r = hypot(f8, f8, { where: u1, order: 'C' })
  same<typeof r, F8>()
}

// results by dtype
const isless = vectorize(['b1(f8,f8)'], (x, y) => x < y)
const mix = vectorize(['i8(i8)', 'u8(u8)'], (x) => x ^ (x << 13))
{
  const r = isless(1, 2)
  same<typeof r, boolean>()
  const a = isless(f8, 0)
  same<typeof a, U1>()
  hypot(f8, f8, { where: isless(f8, 0) })
}
{
  const r = mix(1n)
  same<typeof r, bigint>()
  const a = mix(i8)
  same<typeof a, I8>()
}

// several results
const divmod = vectorize(['UniTuple(f8,2)(f8,f8)'], (x, y) => {
  const q = Math.floor(x / y)
  return [q, x - q * y]
})
const split = vectorize('Tuple(i4,b1)(f8)', (x) => [Math.trunc(x), x < 0])
{
  const r = divmod(f8, 2)
  same<typeof r, [F8, F8]>()
  const [q, rest] = divmod(7, 2)
  same<typeof q | typeof rest, number>()
  const s = split(f8)
  same<typeof s, [I4, U1]>()
  const t = split(-1.5)
  same<typeof t, [number, boolean]>()
  const w = divmod(f8, 2, f8, null)
  same<(typeof w)[0], F8>()
  const both = divmod(f8, 2, { out: [f8, f4] })
  same<typeof both, [F8, F4]>()
}

// the result left to the kernel
const less = vectorize(['(f8,f8)'])((x, y) => x < y)
const sum = vectorize('(f8,f8)', (x, y) => x + y)
{
  const r = less(f8, 1)
  same<typeof r, U1>()
  const s = less(1, 2)
  same<typeof s, boolean>()
  const t = sum(1, 2)
  same<typeof t, number>()
  const a = sum(f8, f8)
  same<typeof a, Result>()
}

// no signatures at all
const lazy = vectorize((x, y) => x * y + 1)
{
  const r = lazy(f8, 2)
  same<typeof r, Result>()
  const s = lazy(1, 2)
  same<typeof s, number>()
  const two = vectorize((x) => [x, x < 0] as const)(1)
  same<typeof two, [number, boolean]>()
}

// a result is an operand
hypot(hypot(f4, f4), lazy(f8, 2))

// long names, NumPy's letters, white space, a bare string
{
  const r = vectorize('float32( float32, int16 )', (x, y) => x * y)(f4, 1)
  same<typeof r, F4>()
  const s = vectorize('dd->d', (x, y) => x * y)(f8, 1)
  same<typeof s, F8>()
  const t = vectorize(['ff->f', 'dd->d'])((x, y) => x * y)(f4, f4)
  same<typeof t, F4>()
  const u = vectorize('double(double)')((x) => x)(f8)
  same<typeof u, F8>()
}

// signatures that are not literal: unions, no errors
declare const list: string[]
declare const one: string
{
  const f = vectorize(list, (x, y) => x + y)
  const r = f(f8, f8, f8)
  r.shape
  const s = f(1, 2)
  same<typeof s, Scalar>()
  const g = vectorize(one, (x) => x)
  const t = g(f8)
  same<typeof t, Result>()
  const h = vectorize(list)((x, y, z) => x + y + z)
  h(f8, f8, f8, { out: f8 })
  const lit = vectorize(['f4(f4)', 'f8(f8)'] as ('f4(f4)' | 'f8(f8)')[], (x) => x)
  const u = lit(f8)
  same<typeof u, F4 | F8>()
}

// targets
const gpu = vectorize(['f4(f4)'], (x) => x * 2, { target: 'gpu' })
{
  const r = gpu(f4)
  same<typeof r, Promise<F4>>()
  const s = gpu.on('cpu')(f4)
  same<typeof s, F4>()
  const t = hypot.on('gpu')(1, 2)
  same<typeof t, Promise<number>>()
  const u = vectorize(['f4(f4)'], { target: 'gpu' })((x) => x * 2)(f4)
  same<typeof u, Promise<F4>>()
  const v = hypot.on('parallel')(f8, f8)
  same<typeof v, F8>()
  const w = hypot.on('cpu' as string)(f8, f8)
  same<typeof w, F8 | Promise<F8>>()
  const there = await toGpu(f4)
  const g = hypot.on('gpu')(there, 1)
  same<typeof g, Promise<GpuArray>>()
  const h = divmod.on('gpu')(there, there)
  same<typeof h, Promise<[GpuArray, GpuArray]>>()
  const i = (await g.then((y) => gpu.on('gpu')(y.T))).read()
  same<Awaited<typeof i>['shape'], number[]>()
  const j = hypot.on('gpu').reduce(there, { keepdims: true })
  same<typeof j, Promise<GpuArray>>()
  const x = hypot.async(f4, f4)
  same<typeof x, Promise<F4>>()
  const y = hypot.async(f4, f4, { signal: new AbortController().signal })
  same<typeof y, Promise<F4>>()
}

// facts
same<typeof hypot.nin, 2>()
same<typeof divmod.nout, 2>()
{
  const types: readonly string[] = hypot.types
  const wat: string = hypot.inspect('wat', types[0])
  const { lanes, notes } = hypot.explain('f8(f8,f8)')
  const text: string = `${wat} ${lanes * 2} ${notes.map((n) => `${n.line}: ${n.reason}`)}`
  const again = hypot.recompile()
  same<typeof again, typeof hypot>()
  text.length
}

// methods
{
  const out = hypot.reduce(f8, { axis: [0, 1], initial: 1, where: u1, out: f4 })
  same<typeof out, F4>()
  const kept = hypot.reduce(f8, { axis: null, keepdims: true })
  same<typeof kept, Result>()
  const sum = hypot.reduce(f8)
  same<typeof sum, Result | Scalar>()
  const steps = hypot.accumulate(i4, { axis: -1, dtype: 'f8' })
  same<typeof steps, Result>()
  const inPlace = hypot.accumulate(f8, { out: f8 })
  same<typeof inPlace, F8>()
  const slices = hypot.reduceat(f8, [0, 4])
  same<typeof slices, Result>()
  // @ts-expect-error accumulate goes along one axis
  hypot.accumulate(f8, { axis: [0, 1] })
  // @ts-expect-error no keyword of reduce
  hypot.reduce(f8, { axes: 0 })
  const minmax = vectorize(['UniTuple(f8,2)(f8,f8,f8,f8)'], (a, b, x, y) => [Math.min(a, x), Math.max(b, y)])
  const both = minmax.reduce(f8, { initial: [1, 0] })
  same<typeof both, [Result | Scalar, Result | Scalar]>()
}
