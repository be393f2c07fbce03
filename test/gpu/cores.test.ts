/** Kernels of arrays on the gpu: what cpu gives, wherever the operands are and however they lie. */
import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Code } from '../../src/dtype.ts'
import { guvectorize, jit, ready, toArray, toGpu } from '../../src/index.ts'
import { GpuArray } from '../../src/targets/gpu/array.ts'
import { traffic } from '../../src/targets/gpu/buffers.ts'
import { laid, pick, randomFrom } from '../../src/testing/operands.ts'
import { skip } from '../skip.ts'
import { reasonForNoGpu } from './driver.ts'

// biome-ignore lint/suspicious/noExplicitAny: arguments and results of every kind are the subject here
type Any = any

const reason = await reasonForNoGpu()
await ready()
const onGpu = (name: string, run: () => Promise<void>): void => {
  if (reason !== null) skip(name, reason)
  else test(name, run)
}
const rejection = async (run: () => unknown): Promise<Error & { code?: string; line?: number }> => {
  try {
    await run()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
/** Subnormal numbers may be zeros: none is let in. */
const flushed = (x: Any): unknown =>
  Array.isArray(x) ? x.map(flushed) : typeof x === 'number' && Math.abs(x) < 2 ** -126 ? 0 : x
/** Elements as nested lists, wherever they are. */
const values = async (x: Any): Promise<unknown> => {
  if (Array.isArray(x)) return Promise.all(x.map(values))
  const here = x instanceof GpuArray ? await x.read() : x
  return flushed(typeof here === 'object' ? toArray(here as Any) : here)
}

const gpu = { target: 'gpu' } as const
const matmul: Any = guvectorize(
  ['void(f4[:,:],f4[:,:],f4[:,:])', 'void(i4[:,:],i4[:,:],i4[:,:])'],
  '(m,n),(n,p)->(m,p)',
  (a, b, out) => {
    for (let i = 0; i < a.shape[0]; i++)
      for (let j = 0; j < b.shape[1]; j++) {
        let s = 0
        for (let k = 0; k < a.shape[1]; k++) s += a[i][k] * b[k][j]
        out[i][j] = s
      }
  },
  gpu,
)
const dot: Any = guvectorize(
  ['f4(f4[:],f4[:])', 'i4(i4[:],i4[:])', 'i8(i8[:],i8[:])'],
  '(n),(n)->()',
  (a, b) => {
    let s = 0
    for (let i = 0; i < a.length; i++) s += a[i] * b[i]
    return s
  },
  gpu,
)
/** Reads what it has written, so it sees the zeros that outputs begin as. */
const cumsum: Any = guvectorize(
  ['void(u1[:],u1[:])', 'void(i2[:],i2[:])', 'void(f4[:],f4[:])', 'void(u8[:],u8[:])'],
  '(n)->(n)',
  (a, out) => {
    for (let i = 0; i < a.length; i++) {
      out[i] += a[i]
      if (i > 0) out[i] += out[i - 1]
    }
  },
  gpu,
)
/** A result without core dimensions, as an array of one element. */
const total: Any = guvectorize(
  ['void(i2[:],i2[:])'],
  '(n)->()',
  (a, out) => {
    for (let i = 0; i < a.length; i++) out[0] = out[0] * 3 + a[i]
  },
  gpu,
)
/** Two results, a number beside an array, and one that may stretch. */
const shifted: Any = guvectorize(
  ['void(i4[:],i4,i4[:],b1[:])'],
  '(n),()->(n),(n)',
  (a, by, out, up) => {
    for (let i = 0; i < a.length; i++) {
      out[i] = a[i] + by
      up[i] = out[i] > a[i]
    }
  },
  gpu,
)
/** With an array of its own for each call. */
const reversed: Any = guvectorize(
  ['void(f4[:],f4[:])'],
  '(n)->(n)',
  (a, out) => {
    const own = new Float32Array(a.length)
    for (let i = 0; i < a.length; i++) own[a.length - 1 - i] += a[i]
    for (let i = 0; i < a.length; i++) out[i] = own[i]
  },
  gpu,
)

const cases: readonly { f: Any; types: readonly Code[]; cores: readonly (readonly number[])[] }[] = [
  {
    f: matmul,
    types: ['f4', 'f4'],
    cores: [
      [2, 3],
      [3, 4],
    ],
  },
  {
    f: matmul,
    types: ['i4', 'i2'],
    cores: [
      [1, 5],
      [5, 2],
    ],
  },
  { f: dot, types: ['f4', 'f4'], cores: [[7], [7]] },
  { f: dot, types: ['u1', 'i4'], cores: [[3], [3]] },
  { f: dot, types: ['i8', 'i4'], cores: [[4], [4]] },
  { f: cumsum, types: ['u1'], cores: [[5]] },
  { f: cumsum, types: ['u8'], cores: [[3]] },
  { f: cumsum, types: ['i2'], cores: [[9]] },
  { f: cumsum, types: ['f4'], cores: [[0]] },
  { f: total, types: ['i2'], cores: [[5]] },
  { f: shifted, types: ['i4', 'i4'], cores: [[6], []] },
  { f: reversed, types: ['f4'], cores: [[4]] },
]
const loops = [[], [3], [1], [2, 3], [0], [70]]

onGpu('random layouts give what cpu gives', async () => {
  const random = randomFrom(5)
  for (let round = 0; round < 60; round++) {
    const { f, types, cores } = cases[round % cases.length] as (typeof cases)[number]
    const loop = pick(random, loops)
    const inputs = types.map((code, k) => {
      const own = loop
        .map((size) => (random(4) === 0 ? 1 : size))
        .slice(random(3) === 0 ? random(loop.length + 1) : 0)
      const made = laid(random, code, [...own, ...(cores[k] ?? [])], random(2) === 0 ? 'plain' : 'resident')
      if (code === 'f4')
        (made.data as Float32Array).forEach((x, i) => {
          made.data[i] = flushed(x) as number
        })
      return made.operand
    })
    const want = await values(f.on('cpu')(...inputs))
    const there = random(3) === 0 ? await Promise.all(inputs.map((x) => toGpu(x))) : inputs
    assert.equal(await values(await f(...there)), want, `round ${round}: ${f.name} ${types}, loop [${loop}]`)
  }
})

onGpu('given outputs, masks, and an input that is the output', async () => {
  const x = () =>
    ndarray(
      Float32Array.from({ length: 12 }, (_, i) => i),
      [4, 3],
    )
  const where = [true, false, true, true]
  for (const there of [false, true]) {
    const at = async (a: Any) => (there ? await toGpu(a) : a)
    const out = x()
    const own = await at(out)
    await cumsum(await at(x()), { out: own, where })
    assert.equal(await values(own), [
      [0, 1, 3],
      [3, 4, 5],
      [6, 13, 21],
      [9, 19, 30],
    ])
    const same = await at(x())
    await cumsum(same, { out: same })
    assert.equal(await values(same), [
      [0, 1, 3],
      [3, 7, 12],
      [6, 13, 21],
      [9, 19, 30],
    ])
    assert.equal(await values(await cumsum(await at(x()), { where: [false, true, false, false] })), [
      [0, 0, 0],
      [3, 7, 12],
      [0, 0, 0],
      [0, 0, 0],
    ])
  }
})

onGpu('axes and keepdims', async () => {
  const x = ndarray(
    Float32Array.from({ length: 24 }, (_, i) => i),
    [2, 3, 4],
  )
  for (const keywords of [{ axis: 1 }, { axis: 0, keepdims: true }]) {
    const want = await values(dot.on('cpu')(x, x, keywords))
    assert.equal(await values(await dot(x, x, keywords)), want)
    assert.equal(await values(await dot(await toGpu(x), x, keywords)), want)
  }
})

onGpu('arrays on the device stay there; numbers come as numbers', async () => {
  const x = await toGpu(ndarray(new Float32Array(24).fill(2), [6, 4]))
  await cumsum(x)
  const before = { ...traffic }
  const y = await cumsum(await cumsum(x))
  assert.equal(traffic, { ...before, dispatches: before.dispatches + 2 })
  assert.equal(((await values(y)) as number[][])[5], [2, 6, 12, 20])
  assert.is(await values(await dot(new Float32Array([1, 2]), new Float32Array([3, 4]))), 11)
})

onGpu('an index outside an array is an error that names its line, and ends loops', async () => {
  const f: Any = guvectorize(
    ['i4(i4[:])'],
    '(n)->()',
    `a => {
      let i = 0
      while (a[i] !== 9) i++
      return i
    }`,
    gpu,
  )
  const rows = ndarray(Int32Array.of(1, 9, 3, 3), [2, 2])
  for (const x of [rows, await toGpu(rows)]) {
    const error = await rejection(async () => values(await f(x)))
    assert.is(error.code, 'bounds')
    assert.match(error.message, /index 2 is out of bounds for 'a' with size 2/)
    assert.is(error.line, 3)
  }
  const store: Any = guvectorize(
    ['void(i4[:],i4,i4[:])'],
    '(n),()->(n)',
    '(a, at, out) => { out[at] = a[0] }',
    gpu,
  )
  assert.equal(await values(await store(Int32Array.of(5, 6), 1)), [0, 5])
  const error = await rejection(() => store(Int32Array.of(5, 6), -1))
  assert.match(error.message, /index -1 is out of bounds for 'out' with size 2/)
})

onGpu('only the side that is taken is looked at', async () => {
  const f: Any = guvectorize(
    ['void(i4[:],i4[:])'],
    '(n)->(n)',
    '(a, out) => { for (let i = 0; i < a.length; i++) out[i] = i > 0 ? a[i - 1] : i < 2 && a[i + 1] > 1 ? 7 : -1 }',
    gpu,
  )
  assert.equal(await values(await f(Int32Array.of(4, 5, 6))), [7, 4, 5])
})

onGpu('jit on arrays: numbers, arrays it makes, arrays it writes to', async () => {
  const total: Any = jit(
    'f4(f4[:,:])',
    '(x) => { let s = 0; for (const row of x) for (const v of row) s += v; return s }',
    gpu,
  )
  const x = ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3])
  assert.is(await total(x), 21)
  assert.is(await total((await toGpu(x)).T), 21)
  const twice: Any = jit(
    'f4[:](f4[:],i4)',
    '(x, n) => { const out = new Float32Array(x.length * n); for (let i = 0; i < out.length; i++) out[i] = x[i % x.length]; return out }',
    gpu,
  )
  assert.equal(await values(await twice(Float32Array.of(1, 2), 2)), [1, 2, 1, 2])
  const made = await twice(await toGpu(Float32Array.of(1, 2)), 2)
  assert.instance(made, GpuArray)
  assert.equal(await values(made), [1, 2, 1, 2])
  const scale: Any = jit(
    'void(i2[:],i2)',
    '(x, by) => { for (let i = 0; i < x.length; i++) x[i] *= by }',
    gpu,
  )
  const own = Int16Array.of(1, 2, 3)
  await scale(own, 3)
  assert.equal([...own], [3, 6, 9])
  const there = await toGpu(own)
  await scale(there.step(2), 2)
  assert.equal(await values(there), [6, 6, 18])
})

onGpu('reduce joins elements of a loop axis, there or from the host', async () => {
  const product: Any = guvectorize(
    ['void(i4[:,:],i4[:,:],i4[:,:])'],
    '(n,n),(n,n)->(n,n)',
    `(a, b, out) => {
      for (let i = 0; i < a.shape[0]; i++)
        for (let j = 0; j < a.shape[0]; j++)
          for (let k = 0; k < a.shape[0]; k++) out[i][j] += a[i][k] * b[k][j]
    }`,
    { ...gpu, identity: 'reorderable' },
  )
  const x = ndarray(
    Int32Array.from({ length: 54 }, (_, i) => ((i * 7) % 5) - 2),
    [3, 2, 3, 3],
  )
  const bytes = ndarray(
    Int8Array.from(x.data, (v) => v),
    [3, 2, 3, 3],
  )
  const initial = [
    [1, 1, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]
  const there = await toGpu(x)
  for (const keywords of [{}, { axis: 1, keepdims: true }, { axis: [0, 1] }, { initial }, { axis: [] }]) {
    const want = await values(product.on('cpu').reduce(x, keywords))
    const before = { ...traffic }
    assert.equal(await values(await product.reduce(x, keywords)), want)
    assert.is(traffic.readBacks, before.readBacks + 1)
    const result = await product.reduce(there, keywords)
    assert.instance(result, GpuArray)
    assert.equal(await values(result), want)
    assert.equal(await values(await product.reduce(await toGpu(bytes), { ...keywords, dtype: 'i4' })), want)
  }
  const want = (await values(product.on('cpu').reduce(x, { axis: 1 }))) as unknown
  const out = ndarray(new Int32Array(27), [3, 3, 3])
  assert.is(await product.reduce(there, { axis: 1, out }), out)
  assert.equal(await values(out), want)
  const own = await toGpu(ndarray(new Int32Array(27), [3, 1, 3, 3]))
  assert.is(await product.reduce(there, { axis: 1, out: own, keepdims: true }), own)
  assert.equal(await values(own.pick(null, 0)), want)
})

onGpu('a check that failed is heard of by who reads what was computed from its result', async () => {
  const get: Any = guvectorize(
    ['void(i4[:],i4,i4[:])'],
    '(n),()->(n)',
    '(a, at, out) => { out[0] = a[at] }',
    gpu,
  )
  const x = await toGpu(Int32Array.of(5, 6))
  const wrong = await get(x, 2)
  const later = await shifted(wrong, 1)
  assert.match((await rejection(() => later[0].read())).message, /index 2 is out of bounds for 'a'/)
  await get(x, 1, { out: wrong })
  assert.equal(await values(await shifted(wrong, 1)), [
    [7, 1],
    [1, 1],
  ])
})

onGpu('what is not offered is an error that says so', async () => {
  const f8: Any = guvectorize(['void(f8[:],f8[:])'], '(n)->(n)', '(a, out) => { out[0] = a[0] }', gpu)
  assert.match((await rejection(() => f8(new Float64Array(2)))).message, /float64 has no counterpart in WGSL/)
  const wrong = await rejection(async () =>
    cumsum(Float32Array.of(1), { out: await toGpu(new Float64Array(1)) }),
  )
  assert.match(wrong.message, /written as f4/)
  const counted: Any = jit(
    'f4[:](f4[:])',
    '(x) => { let n = 0; for (const v of x) if (v > 0) n++; return new Float32Array(n) }',
    gpu,
  )
  assert.match(
    (await rejection(() => counted(Float32Array.of(1)))).message,
    /sizes of arrays that it makes are computed by a loop/,
  )
  const sized: Any = jit('f4[:](i4[:])', '(x) => new Float32Array(x[0])', gpu)
  assert.equal(await values(await sized(Int32Array.of(2))), [0, 0])
  const elsewhere = await rejection(async () => sized(await toGpu(Int32Array.of(2))))
  assert.is(elsewhere.code, 'target')
  assert.match(elsewhere.message, /depend on elements of an array that lives there/)
  const repeated = await toGpu({ data: new Float32Array(2), shape: [3, 2], stride: [0, 1] })
  const overlapping = await rejection(() => cumsum(ndarray(new Float32Array(6), [3, 2]), { out: repeated }))
  assert.is(overlapping.code, 'output')
  assert.match(overlapping.message, /its elements overlap each other/)
})

test.run()
