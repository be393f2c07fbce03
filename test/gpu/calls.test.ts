/** Calls on the gpu: any layout, what is on the device and what is not, masks, outputs, errors; and nothing is copied that need not be. */
import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Code, TypedArray } from '../../src/dtype.ts'
import { configure, gpuInfo, ready, resident, toGpu, vectorize } from '../../src/index.ts'
import { GpuArray } from '../../src/targets/gpu/array.ts'
import { traffic } from '../../src/targets/gpu/buffers.ts'
import { emptyLike } from '../../src/targets/memory/arrays.ts'
import { laid, pick, randomFrom } from '../../src/testing/operands.ts'
import { skip } from '../skip.ts'
import { reasonForNoGpu } from './driver.ts'

const reason = await reasonForNoGpu()
await ready()
const onGpu = (name: string, run: () => Promise<void>): void => {
  if (reason !== null) skip(name, reason)
  else test(name, run)
}

/** What a promise rejects with. */
const rejection = async (promise: Promise<unknown>): Promise<Error & { code?: string; line?: number }> => {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

type Loose = ((...args: unknown[]) => Promise<Result>) & {
  on(target: string): (...args: unknown[]) => Result
  explain(): { notes: unknown[]; last?: { target: string; why?: string } }
}
interface Result {
  readonly data: TypedArray
  readonly shape: number[]
  readonly stride: number[]
  readonly offset: number
}
const ufunc = (...args: unknown[]): Loose => (vectorize as unknown as (...a: unknown[]) => Loose)(...args)

const kernels: readonly { readonly types: readonly Code[]; readonly f: Loose }[] = [
  { types: ['f4', 'f4'], f: ufunc(['f4(f4,f4)'], '(x, y) => x * 2 - y', { target: 'gpu' }) },
  { types: ['i4', 'i4'], f: ufunc(['i4(i4,i4)'], '(x, y) => x * y + 1', { target: 'gpu' }) },
  { types: ['u1', 'u1'], f: ufunc(['u1(u1,u1)'], '(x, y) => Math.min(255, x + y)', { target: 'gpu' }) },
  { types: ['i2', 'i2'], f: ufunc(['i2(i2,i2)'], '(x, y) => x - (y >> 1)', { target: 'gpu' }) },
  { types: ['f4', 'i1'], f: ufunc(['f4(f4,i1)'], '(x, y) => x + y', { target: 'gpu' }) },
  { types: ['u4', 'u4'], f: ufunc(['b1(u4,u4)'], '(x, y) => x < y', { target: 'gpu' }) },
  { types: ['i8', 'i4'], f: ufunc(['i8(i8,i8)'], '(x, y) => x * y - (x >> 3)', { target: 'gpu' }) },
  {
    types: ['i4', 'u1'],
    f: ufunc(['Tuple(i4,u1)(i4,u1)'], '(x, y) => [x % (y + 1), y ^ 5]', { target: 'gpu' }),
  },
]

/** The elements of an array in C order; subnormal numbers may be zeros. */
function elements({ data, shape, stride, offset }: Result): unknown[] {
  const all = shape.reduce(
    (starts: number[], size, axis) =>
      starts.flatMap((start) => Array.from({ length: size }, (_, i) => start + i * (stride[axis] ?? 0))),
    [offset],
  )
  return all.map((i) => {
    const value = data[i]
    return typeof value === 'number' && Math.abs(value) < 2 ** -126 ? 0 : value
  })
}
const listOf = (result: Result | Result[]): Result[] => (Array.isArray(result) ? result : [result])

const shapes = [[], [1], [7], [64], [3, 5], [4, 1, 6], [0, 3], [33, 2]]

onGpu('random layouts give what cpu gives', async () => {
  const random = randomFrom(7)
  for (let round = 0; round < 80; round++) {
    const { types, f } = pick(random, kernels)
    const shape = pick(random, shapes)
    const operands = types.map((code) => {
      const own = shape
        .map((size) => (random(4) === 0 ? 1 : size))
        .slice(random(3) === 0 ? random(shape.length + 1) : 0)
      return laid(random, code, own, random(2) === 0 ? 'plain' : 'resident')
    })
    const inputs = operands.map(({ operand }) => operand)
    const want = listOf(f.on('cpu')(...inputs)).map(elements)
    const there = random(3) === 0 ? await Promise.all(inputs.map((x) => toGpu(x))) : inputs
    const got = listOf(await f(...there))
    const back = await Promise.all(got.map((one) => (one instanceof GpuArray ? one.read() : one)))
    const story = `round ${round}, shape [${shape}], ${types}`
    assert.equal((back as unknown as Result[]).map(elements), want, story)
  }
})

onGpu('masks and given outputs: what is left out stays', async () => {
  const random = randomFrom(11)
  for (let round = 0; round < 40; round++) {
    const { types, f } = pick(random, kernels.slice(0, 7))
    const shape = pick(random, shapes)
    const inputs = types.map((code) => laid(random, code, shape, 'plain').operand)
    const code = (f as unknown as { types: string[] }).types[0]?.split('(')[0] as Code
    const out = laid(random, code, shape, random(2) === 0 ? 'plain' : 'resident')
    const mask = laid(random, 'b1', shape, 'plain').operand
    const before = out.data.slice()
    const where = random(2) === 0 ? { where: mask } : {}
    f.on('cpu')(...inputs, { out: out.operand, ...where })
    const want = out.data.slice()
    out.data.set(before as never)
    const there = random(2) === 0 ? await toGpu(out.operand) : null
    await f(...inputs, { out: there ?? out.operand, ...where })
    if (there) {
      const back = (await there.read()) as unknown as Result
      const { shape: own, stride, offset = 0 } = out.operand
      assert.equal(elements(back), elements({ data: want, shape: own, stride, offset }))
    } else assert.equal([...out.data].map(flush), [...want].map(flush), `round ${round}: ${types} [${shape}]`)
  }
})
const flush = (x: number | bigint) => (typeof x === 'number' && Math.abs(x) < 2 ** -126 ? 0 : x)

onGpu('an output may be an input, and views of one array may overlap', async () => {
  const f = ufunc(['f4(f4,f4)'], '(x, y) => x + 2 * y', { target: 'gpu' })
  const x = await toGpu(new Float32Array([1, 2, 3, 4, 5, 6, 7, 8, 9]))
  await f(x, x, { out: x })
  assert.equal([...((await x.read()) as unknown as Result).data], [3, 6, 9, 12, 15, 18, 21, 24, 27])
  await f(x.lo(1), x.hi(8), { out: x.lo(1) })
  assert.equal([...((await x.read()) as unknown as Result).data], [3, 12, 21, 30, 39, 48, 57, 66, 75])
  await f(x, x.step(-1), { out: x })
  assert.equal([...((await x.read()) as unknown as Result).data], [153, 144, 135, 126, 117, 108, 99, 90, 81])
})

onGpu('numbers give a number, and numbers beside arrays are weak', async () => {
  const f = ufunc(['i4(i4,i4)', 'f4(f4,f4)'], '(x, y) => x + y', { target: 'gpu' })
  assert.is(await f(new Float32Array([1.5]), 2).then((r) => r.data[0]), 3.5)
  assert.is(((await f(2, 3, { dtype: 'f4' })) as unknown as number) + 0, 5)
  const scalar = await f(await toGpu(new Int32Array([1, 2, 3])), 4)
  assert.equal([...((await (scalar as unknown as GpuArray).read()) as unknown as Result).data], [5, 6, 7])
})

onGpu('a chain of GpuArrays never touches the host', async () => {
  const f = ufunc(['f4(f4,f4)'], '(x, y) => x * y', { target: 'gpu' })
  const x = await toGpu(new Float32Array(1000).fill(2))
  await f(x, x)
  const before = { ...traffic }
  let y = x as unknown as GpuArray
  for (let i = 0; i < 5; i++) y = (await f(y, x)) as unknown as GpuArray
  assert.equal(traffic, { ...before, dispatches: before.dispatches + 5 })
  assert.is(((await y.T.read()) as unknown as Result).data[999], 64)
  assert.is(traffic.readBacks, before.readBacks + 1)
})

onGpu('a plain array is uploaded once, and a result read back once', async () => {
  const f = ufunc(['f4(f4,f4,f4)'], '(x, y, z) => x * y + z', { target: 'gpu' })
  const x = new Float32Array(100).fill(3)
  await f(x, x, 1)
  const before = { ...traffic }
  await f(x, x, 1)
  assert.equal(traffic, {
    uploads: before.uploads + 1,
    dispatches: before.dispatches + 1,
    readBacks: before.readBacks + 1,
  })
})

onGpu('tables are read, and an index outside one is an error that names its line', async () => {
  const table = new Float32Array([10, 20, 30])
  const f = ufunc(['f4(i4)'], '({ table }) => i => table[i]', { target: 'gpu', env: { table } })
  assert.equal([...(await f(new Int32Array([2, 0, 1]))).data], [30, 10, 20])
  for (const wrong of [new Int32Array([0, 3]), await toGpu(new Int32Array([0, 3]))]) {
    const error = await rejection(f(wrong).then((r) => (r instanceof GpuArray ? r.read() : r)))
    assert.match(error.message, /index 3 is out of bounds for 'table' with size 3/)
    assert.is(error.line, 1)
  }
})

onGpu('an index that is no whole number is said to be none', async () => {
  const table = new Float32Array([10, 20, 30])
  const f = ufunc(['f4(f4)'], '({ table }) => x => table[x]', { target: 'gpu', env: { table } })
  const error = await rejection(f(new Float32Array([1, 1.5])))
  assert.match(error.message, /^an index that is no whole number is out of bounds for 'table' with size 3/)
})

onGpu('an f8 signature is refused, with the ways out', async () => {
  const f = ufunc(['f8(f8)'], 'x => x + 1', { target: 'gpu' })
  const error = await rejection(f(new Float64Array(1)))
  assert.is(error.code, 'target')
  assert.match(error.message, /float64 has no counterpart in WGSL.*f4\(f4,f4\).*'cpu'/)
})

onGpu('with a fallback, what the gpu does not run is run there, and said', async () => {
  const f = ufunc(['f8(f8)'], 'x => x + 1', { target: 'gpu', fallback: 'cpu' })
  assert.equal([...(await f(new Float64Array([1, 2]))).data], [2, 3])
  const { last } = f.explain()
  assert.is(last?.target, 'cpu')
  assert.match(last?.why ?? '', /float64/)
})

onGpu('a GpuArray belongs to the gpu: elsewhere it is an error', async () => {
  const f = ufunc(['f4(f4)'], 'x => x + 1')
  const x = await toGpu(new Float32Array(3))
  assert.throws(() => (f as unknown as (x: unknown) => void)(x), /lives on the target 'gpu'/)
  x.free()
  assert.match((await rejection((f.on('gpu') as unknown as Loose)(x))).message, /was freed/)
  assert.match((await rejection(x.read())).message, /was freed/)
})

onGpu('more results than the device binds at once share buffers', async () => {
  const types = ['i4', 'u1', 'i4', 'f4', 'i8', 'u1', 'i4', 'i4', 'i4', 'u1', 'i4', 'b1', 'u1', 'i4', 'i2']
  const f = ufunc([`Tuple(${types})(i4,i4)`], `(x, y) => [${types.map((_, k) => `x * ${k} + y`)}]`, {
    target: 'gpu',
  })
  for (const n of [70, 5]) {
    const x = Int32Array.from({ length: 3 * n }, (_, i) => i - 5)
    for (const a of [x, ndarray(x, [3, n], [1, 3])])
      assert.equal(
        listOf(await f(a, ndarray(Int32Array.of(7, 1, 2), a === x ? [] : [3, 1]))).map(elements),
        listOf(f.on('cpu')(a, ndarray(Int32Array.of(7, 1, 2), a === x ? [] : [3, 1]))).map(elements),
      )
  }
})

onGpu('outer of what is on the device', async () => {
  const f = ufunc(['f4(f4,f4)'], '(x, y) => x - y', { target: 'gpu' }) as unknown as {
    outer(...args: unknown[]): Promise<GpuArray>
  }
  const x = await toGpu(new Float32Array([1, 2]))
  for (const result of [
    await f.outer(x, new Float32Array([10, 20, 30])),
    await f.outer(x, await toGpu(new Float32Array([10, 20, 30]))),
  ]) {
    const { data, shape } = (await result.read()) as unknown as Result
    assert.equal(
      [[...data], shape],
      [
        [-9, -19, -29, -8, -18, -28],
        [2, 3],
      ],
    )
  }
})

onGpu('async hears its signal, and tells when all is done', async () => {
  const f = ufunc(['i4(i4)'], 'x => { let s = 0; for (let i = 0; i < x; i++) s ^= i * s + 1; return s }', {
    target: 'gpu',
  }) as unknown as { async(...args: unknown[]): Promise<Result> }
  const told: number[][] = []
  const onProgress = (...progress: number[]) => told.push(progress)
  await f.async(new Int32Array([1, 2]), { onProgress })
  assert.equal(told, [[2, 2]])
  const reason = new Error('enough')
  const control = new AbortController()
  setTimeout(() => control.abort(reason), 20)
  const error = await rejection(f.async(new Int32Array([5e7]), { signal: control.signal }))
  assert.is(error, reason)
})

onGpu('arguments are checked as on every target, but errors are rejections', async () => {
  const f = ufunc(['f4(f4,f4)'], '(x, y) => x + y', { target: 'gpu' })
  const shapes = await rejection(f(new Float32Array(3), new Float32Array(4)))
  assert.match(shapes.message, /could not be broadcast together/)
  assert.match((await rejection(f(new Float32Array(3)))).message, /positional arguments/)
})

onGpu('more elements than one row of workgroups', async () => {
  const f = ufunc(['u1(u1)'], 'x => x + 1', { target: 'gpu' })
  const n = 65535 * 64 * 4 + 77
  const x = new Uint8Array(n).fill(7)
  const { data } = await f(x)
  assert.ok(data.length === n && (data as Uint8Array).every((v) => v === 8))
  const strided = ndarray(x, [65535 * 64 + 5], [3])
  const r = await f(strided)
  assert.ok((r.data as Uint8Array).every((v) => v === 8))
})

onGpu('configure sets the target of all functions', async () => {
  const f = ufunc(['f4(f4)'], 'x => x * 2')
  configure({ target: 'gpu' })
  try {
    const r = f(new Float32Array([1, 2]))
    assert.instance(r, Promise)
    assert.equal([...(await r).data], [2, 4])
    assert.is(f.explain().last?.target, 'gpu')
  } finally {
    configure({ target: 'cpu' })
  }
  const now = f(new Float32Array([1])) as unknown as Result
  assert.is(now.data[0], 2)
})

onGpu('gpuInfo names the adapter, its limits and features', async () => {
  const info = await gpuInfo()
  assert.ok(info.available && (info.adapter ?? '').length > 0)
  assert.ok((info.limits?.maxStorageBufferBindingSize ?? 0) > 2 ** 26)
  assert.instance(info.features, Array)
})

onGpu('resident results', async () => {
  const f = ufunc(['f4(f4)'], 'x => x * 2', { target: 'gpu' })
  const x = resident(new Float32Array([1, 2, 3]))
  const out = emptyLike(x)
  await f(x, { out })
  assert.equal([...(out.data as Float32Array)], [2, 4, 6])
})

/** What compilers of shaders simplify, though not one of these is an identity of float32. */
const foldable = [
  '(x / y) * y',
  '(x * y) / y',
  'x / y / y',
  '(x * 3.1) * 0.7',
  '(x / 3.1) / 0.7',
  '(x / 0.3) * 7.1',
  'x * 0',
  '0 / x',
  'x + 0',
  '(x - y) + y',
  'x + (y - x)',
  '(x + 0.1) - 0.1',
  'x * y + x * y',
  'x * y - x * 0.1',
]
onGpu('nothing is folded that float32 would round', async () => {
  const numbers = Float32Array.of(
    0,
    -0,
    1,
    -1,
    0.1,
    3.7,
    -7.3,
    1e10,
    1e-10,
    2e20,
    Infinity,
    NaN,
    16777217,
    1 / 3,
  )
  const grid = [...numbers].flatMap((x) => [...numbers].map((y) => [x, y] as const))
  const x = ndarray(Float32Array.from(grid, ([first]) => first))
  const y = ndarray(Float32Array.from(grid, ([, second]) => second))
  for (const body of foldable)
    for (const text of [`(x, y) => ${body}`, `(x, y) => { let z = y; z = ${body}; return z }`]) {
      const f = ufunc(['f4(f4,f4)'], text, { target: 'gpu' })
      const got = await f(x, y)
      assert.equal(elements(got), elements(f.on('js')(x, y)), text)
    }
})

test.run()
