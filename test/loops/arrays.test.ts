/**
 * Kernels of arrays as WebAssembly against the interpreter: the same results, or the same failed check, for random sizes, strides
 * and data that indices depend on. Around every operand lie canaries and NaNs with a payload: nothing outside an operand is ever
 * read into a result or written.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dtypes } from '../../src/dtype.ts'
import { compile, lower, wat } from '../../src/loops/compile.ts'
import type { ArrayValue } from '../../src/loops/kernel/ir.ts'
import { print } from '../../src/loops/kernel/print.ts'
import { verify } from '../../src/loops/kernel/verify.ts'
import type { WasmLoop } from '../../src/loops/loop.ts'
import { type ArrayKernel, arrayKernel, dense, interpreted, type Outcome } from '../kernel/arrays.ts'
import { randomArrayKernel, randomLayout, randomSignature } from '../kernel/random-arrays.ts'

// biome-ignore lint/suspicious/noExplicitAny: kernels see arrays of numbers and rows of them
type Any = any

const memory = new WebAssembly.Memory({ initial: 8, maximum: 65536, shared: true })
const contextAt = 1024
const operandsAt = 8192
const room = 65536

/** A small generator of its own, so that every run of the tests asks the same. */
function generator(seed: number) {
  let state = seed >>> 0 || 1
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  return { next, int: (from: number, to: number) => from + Math.floor(next() * (to - from + 1)) }
}
type Random = ReturnType<typeof generator>

/** An operand in wasm memory, or the same in an array of its own for the interpreter: loop axis first, then the core's. */
interface Placed {
  readonly start: number
  readonly step: number
  readonly core: readonly number[]
  readonly shape: readonly number[]
}

/** Where `count` cores of this shape lie in a room: random order of axes, signs, gaps. */
function placed(
  random: Random,
  operand: number,
  count: number,
  shape: readonly number[],
  output: boolean,
  unit: boolean,
  packed: boolean,
): Placed {
  if (packed) {
    const core = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))
    const own = shape.reduce((a, b) => a * b, 1)
    const step = !output && random.next() < 0.3 ? random.int(0, 1) : own + random.int(0, 2)
    return { start: (operandsAt + operand * room) / 8 + 16, step, core, shape }
  }
  const axes = [...shape, count].map((size, axis) => ({ size, axis }))
  axes.sort(() => random.next() - 0.5)
  const last = shape.length - 1
  if (unit && last >= 0) axes.sort((a, b) => Number(b.axis === last) - Number(a.axis === last))
  const strides: number[] = []
  let span = unit ? 1 : random.int(1, 2)
  let low = 0
  for (const { size, axis } of axes) {
    const repeats = !output && axis === shape.length && random.next() < 0.2
    const upwards = (unit && axis === last) || random.next() < 0.7
    const stride = repeats ? 0 : upwards ? span : -span
    strides[axis] = stride
    if (stride < 0) low += stride * (Math.max(size, 1) - 1)
    if (!repeats) span *= Math.max(size, 1) + random.int(0, 1)
  }
  const start = (operandsAt + operand * room) / 8 + 16 - low
  return { start, step: strides[shape.length] ?? 0, core: strides.slice(0, shape.length), shape }
}

const payload = 0x7ff8dead0000beefn

interface Trial {
  readonly want: Outcome & { readonly outputs: readonly Float64Array[] }
  readonly got: Outcome & { readonly outputs: readonly Float64Array[] }
}

/** Runs the loop and the interpreter on the same f8 operands. `unit`: elements are neighbours along last axes, the vector class. */
function trial(made: ArrayKernel, loop: WasmLoop, random: Random, unit: boolean): Trial {
  const { kernel, inputs, outputs } = made
  const core = kernel.core ?? { sizes: 0, views: [] }
  const codes = [...inputs, ...outputs]
  const count = random.int(0, random.next() < 0.5 ? 9 : 4)
  // Long enough for all steps of lanes, now and then.
  const drawn = Array.from({ length: core.sizes }, () => random.int(0, random.next() < 0.4 ? 14 : 4))
  // Now and then cores of one small size in C order, which have code of their own.
  const packed = unit && random.next() < 0.4
  const equal = random.int(1, 9)
  const sizes = packed && random.next() < 0.8 ? drawn.map(() => equal) : drawn
  const floats = new Float64Array(memory.buffer)
  new BigUint64Array(memory.buffer).fill(payload, operandsAt / 8)
  const own = floats.slice()
  const args: number[] = [contextAt, count]
  const sizesOf = (k: number) =>
    (core.views.find((v) => v.operand === k)?.dims ?? []).map((dim) => (dim < 0 ? 1 : (sizes[dim] ?? 0)))
  const places = codes.map((_, k) => placed(random, k, count, sizesOf(k), k >= inputs.length, unit, packed))
  const everywhere = ({ start, step, core, shape }: Placed, visit: (at: number) => void) => {
    const walk = (axis: number, at: number): void => {
      if (axis === shape.length) visit(at)
      else for (let i = 0; i < (shape[axis] ?? 0); i++) walk(axis + 1, at + i * (core[axis] ?? 0))
    }
    for (let i = 0; i < count; i++) walk(0, start + i * step)
  }
  places.forEach((place, k) => {
    args.push(place.start * 8, place.step * 8)
    everywhere(place, (at) => {
      const value = k < inputs.length ? random.int(-2, 5) + (random.next() < 0.05 ? 0.5 : 0) : 0
      // What an output holds before makes no difference where the loop says so.
      floats[at] = loop.fills?.includes(k) ? 12345.75 : value
      own[at] = value
    })
  })
  args.push(...sizes)
  places.forEach(({ core: steps }, k) => {
    const dims = core.views.find((v) => v.operand === k)?.dims ?? []
    steps.forEach((s, axis) => {
      if ((dims[axis] ?? -1) >= 0) args.push(s * 8)
    })
  })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(loop.shared as BufferSource), {
    env: { memory },
    math: Math as unknown as WebAssembly.ModuleImports,
  })
  const code = (exports[unit ? 'vector' : 'strided'] as (...args: number[]) => number)(...args)
  const got: Outcome =
    code === 0
      ? { results: [] }
      : {
          check: code - 1,
          index: floats[(contextAt + loop.context.errorIndex) / 8] ?? 0,
          size: floats[(contextAt + loop.context.errorSize) / 8] ?? 0,
        }
  let want: Outcome = { results: [] }
  for (let i = 0; i < count && 'results' in want; i++) {
    const operands = places.map(({ start, step, core, shape }, k) => {
      const isArray = core.length > 0 || kernel.core?.views.some((v) => v.operand === k)
      const value: ArrayValue = { data: own, offset: start + i * step, shape, stride: core }
      return isArray ? value : (own[start + i * step] ?? 0)
    })
    want = interpreted(made, operands)
    if (!('results' in want)) break
    want.results.forEach((v, k) => {
      const place = places[inputs.length + k]
      if (place) own[place.start + i * place.step] = Number(v)
    })
  }
  const [beyond, end] = [operandsAt / 8, (operandsAt + 6 * room) / 8]
  return {
    want: { ...('check' in want ? want : { results: [] }), outputs: [own.slice(beyond, end)] },
    got: { ...got, outputs: [floats.slice(beyond, end)] },
  }
}

const sameBits = (a: readonly Float64Array[], b: readonly Float64Array[]): boolean =>
  a.every((one, k) => Buffer.from(one.buffer).equals(Buffer.from(b[k]?.buffer ?? new ArrayBuffer(0))))

const kernels: readonly [string, string, string, CallableFunction | string][] = [
  [
    'gather',
    '(n),(m)->(m)',
    'void(f8[:],f8[:],f8[:])',
    (a: Any, at: Any, out: Any) => {
      for (let i = 0; i < at.length; i++) out[i] = a[at[i]]
    },
  ],
  [
    'scatter',
    '(n),(m)->(n)',
    'void(f8[:],f8[:],f8[:])',
    (a: Any, at: Any, out: Any) => {
      for (let i = 0; i < at.length; i++) out[at[i]] += a[i] + 1
    },
  ],
  [
    'two indices from data',
    '(m,n),(k)->(k)',
    'void(f8[:,:],f8[:],f8[:])',
    (a: Any, at: Any, out: Any) => {
      for (let i = 0; i < at.length - 1; i++) out[i + 1] = a[at[i]][at[i + 1]] + out[i]
    },
  ],
  [
    'store to a place from data',
    '(m,n),(k)->(m,n)',
    'void(f8[:,:],f8[:],f8[:,:])',
    (a: Any, at: Any, out: Any) => {
      for (const v of at) out[v][a.shape[1] - 1 - v] = a[v][v] * 2
    },
  ],
  [
    'an index of an index',
    '(n),()->()',
    'void(f8[:],f8,f8[:])',
    (a: Any, k: number, out: Any) => {
      let i = k
      for (let steps = 0; steps < 6; steps++) {
        if (steps > 2 && a[i] === i) break
        i = a[i]
      }
      out[0] = i
    },
  ],
  [
    'matmul',
    '(m,n),(n,p)->(m,p)',
    'void(f8[:,:],f8[:,:],f8[:,:])',
    (a: Any, b: Any, out: Any) => {
      for (let i = 0; i < a.shape[0]; i++)
        for (let j = 0; j < b.shape[1]; j++) {
          let s = 0
          for (let k = 0; k < a.shape[1]; k++) s += a[i][k] * b[k][j]
          out[i][j] = s
        }
    },
  ],
  [
    'matmul by rows',
    '(m,n),(n,p)->(m,p)',
    'void(f8[:,:],f8[:,:],f8[:,:])',
    (a: Any, b: Any, out: Any) => {
      for (let i = 0; i < a.shape[0]; i++)
        for (let k = 0; k < a.shape[1]; k++)
          for (let j = 1; j < b.shape[1]; j++) out[i][j] += a[i][k] * b[k][j] - k
    },
  ],
  ['returned', '(n)->(),()', 'UniTuple(f8,2)(f8[:])', (a: Any) => [a[0] + a.length, a[a.length - 1]]],
  [
    'sorted',
    '(n)->(n)',
    'void(f8[:],f8[:])',
    (a: Any, out: Any) => {
      for (let i = 0; i < a.length; i++) {
        let j = i
        for (; j > 0 && out[j - 1] > a[i]; j--) out[j] = out[j - 1]
        out[j] = a[i]
      }
    },
  ],
  [
    'off by one',
    '(n)->(n)',
    'void(f8[:],f8[:])',
    (a: Any, out: Any) => {
      for (let i = 0; i <= a.length; i++) if (a[i] < 4) out[i] = a[i + 1] - a[i]
    },
  ],
  [
    'convolution',
    '(m),(n)->(m+n-1)',
    'void(f8[:],f8[:],f8[:])',
    (a: Any, b: Any, out: Any) => {
      for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) out[i + j] += a[i] * b[j]
    },
  ],
  [
    'five neighbours and where they are',
    '(n)->(n)',
    'void(f8[:],f8[:])',
    (a: Any, out: Any) => {
      for (let i = 2; i < a.length - 2; i++) out[i] = a[i - 2] + a[i - 1] - a[i] + a[i + 1] * a[i + 2] - i
    },
  ],
  [
    'blur with a masked store',
    '(h,w),(k)->(h,w)',
    'void(f8[:,:],f8[:],f8[:,:])',
    (a: Any, k: Any, out: Any) => {
      for (let y = 1; y < a.shape[0] - 1; y++)
        for (let x = 1; x < a.shape[1] - 1; x++) {
          let s = 0
          for (let d = -1; d <= 1; d++) s += a[y + d][x - d] * a[y][x + d]
          if (s > 3) out[y][x] = s
          else if (s < x) out[y][x + 1 - 1] += k.length
        }
    },
  ],
  [
    'clamped neighbours',
    '(n)->(n)',
    'void(f8[:],f8[:])',
    (a: Any, out: Any) => {
      for (let i = 0; i < a.length; i++) out[i] = a[Math.min(i + 2, a.length - 1)] - a[Math.max(i - 2, 0)]
    },
  ],
  [
    'sums in any order: counts, parities, extremes',
    '(n)->(),(),(),()',
    'void(f8[:],f8[:],f8[:],f8[:],f8[:])',
    (a: Any, count: Any, parity: Any, least: Any, most: Any) => {
      let [above, bits, low, high] = [0, 0, Number.POSITIVE_INFINITY, a.length > 0 ? a[0] : -7]
      for (let i = 0; i < a.length; i++) {
        if (a[i] > 1) above++
        bits ^= a[i] * 3
        low = Math.min(low, a[i] * a[i])
        high = Math.max(a[i] - 1, high)
      }
      count[0] = above
      parity[0] = bits
      least[0] = low
      most[0] = high
    },
  ],
  [
    'costly terms of two sums, in order',
    '(m,n)->(m),()',
    'void(f8[:,:],f8[:],f8[:])',
    (a: Any, out: Any, all: Any) => {
      let total = 0.1
      for (let y = 0; y < a.shape[0]; y++) {
        let s = 0.3
        for (let x = 0; x < a.shape[1]; x++) {
          const v = Math.sqrt(Math.abs(a[y][x] / 7)) / (3 + a[y][x] * a[y][x]) / 1.1
          s += v
          total = Math.sqrt(v * 3) - total
        }
        out[y] = s
      }
      all[0] = total
    },
  ],
  [
    'even and odd, backwards',
    '(n),(m)->(m),(m)',
    'void(f8[:],f8[:],f8[:],f8[:])',
    (a: Any, b: Any, out: Any, more: Any) => {
      for (let i = 0; 2 * i + 1 < a.length; i++) {
        out[i] = a[2 * i] + b[i]
        more[i] = out[i] * a[2 * i + 1]
      }
      for (let i = b.length - 1; i >= 0; i--) more[i] += i
    },
  ],
]

for (const [name, layout, signature, source] of kernels) {
  test(`${name}: wasm and interpreter agree, and touch nothing else`, () => {
    const made = arrayKernel(layout, signature, source)
    const request = { ...made, simd: true }
    const lowered = lower(request)
    assert.equal(verify(lowered), [])
    const loops = [compile(request), compile({ ...request, simd: false })]
    const random = generator(name.length * 7919)
    let failed = 0
    for (let run = 0; run < 100; run++) {
      const { want, got } = trial(made, loops[run % 3 === 0 ? 1 : 0] as WasmLoop, random, run % 2 === 0)
      if ('check' in want) {
        failed++
        const { outputs: _, ...facts } = want
        const { outputs: __, ...found } = got
        assert.equal(found, facts, `run ${run}`)
      }
      if (!sameBits(got.outputs, want.outputs)) assert.unreachable(`run ${run} of ${print(lowered)}`)
    }
    if (/data|gather|scatter|off|index/.test(name)) assert.ok(failed > 7 && failed < 93, `${failed} failed`)
  })
}

test('which outputs need not be zeros', () => {
  const fills = (layout: string, signature: string, kernel: string) => {
    const made = arrayKernel(layout, signature, kernel)
    return compile({ ...made, simd: true }).fills
  }
  const one = (body: string) => fills('(n)->(n)', 'void(f8[:],f8[:])', `(a, out) => { ${body} }`)
  const two = (body: string) => fills('(m,n)->(m,n)', 'void(f8[:,:],f8[:,:])', `(a, out) => { ${body} }`)
  const loop = 'for (let i = 0; i < a.length; i++)'
  const nest = 'for (let i = 0; i < a.shape[0]; i++) for (let j = 0; j < a.shape[1]; j++)'
  assert.equal(one(`${loop} out[i] = a[i]`), [1])
  assert.equal(one(`${loop} { out[i] = 0; for (const v of a) out[i] += v }`), [1])
  assert.equal(one(`let s = 0; for (const v of a) s += v; ${loop} { if (s > 3) s = 0; out[i] = s }`), [1])
  assert.equal(two(`${nest} { let s = 0; for (const v of a[i]) s += v; out[i][j] = s }`), [1])
  assert.equal(fills('(n)->()', 'void(f8[:],f8[:])', '(a, out) => { out[0] = a.length }'), [1])
  assert.equal(fills('(n)->()', 'f8(f8[:])', 'a => { let s = 0; for (const v of a) s += v; return s }'), [1])
  for (const body of [
    `${loop} out[i] += a[i]`,
    `${loop} { if (i > 0) out[i] = out[i - 1]; out[i] = a[i] }`,
    `${loop} if (a[i] > 0) out[i] = a[i]`,
    `${loop} { out[i] = a[i]; if (a[i] > 2) break }`,
    `${loop} { if (a[i] > 2) continue; out[i] = a[i] }`,
    'for (let i = 1; i < a.length; i++) out[i] = a[i]',
    'for (let i = 0; i < a.length - 1; i++) out[i] = a[i]',
    'for (let i = 0; i < a.length; i += 2) out[i] = a[i]',
    `${loop} for (const v of a) out[0] = v`,
    `for (const v of a) if (v > 9) return; ${loop} out[i] = a[i]`,
    `${loop} out[i] = a[a[i]]`,
  ])
    assert.equal(one(body), [], body)
  for (const body of [
    `${nest} out[0][j] = a[i][j]`,
    `${nest} if (i !== j) out[i][j] = a[i][j]`,
    'for (let i = 0; i < a.shape[1]; i++) for (let j = 0; j < a.shape[1]; j++) out[0][j] = a[0][i]',
  ])
    assert.equal(two(body), [], body)
  const square = '(a, out) => { for (let i = 0; i < a.length; i++) for (const v of a) out[i][i] = v }'
  assert.equal(fills('(n)->(n,n)', 'void(f8[:],f8[:,:])', square), [])
  const other = '(a, b, out) => { for (const v of b) for (let i = 0; i < a.length; i++) out[i] = v }'
  assert.equal(fills('(n),(m)->(n)', 'void(f8[:],f8[:],f8[:])', other), [])
})

test('sums of integers of every width, and of f4, in order or joined', () => {
  const random = generator(77)
  for (const code of ['i1', 'u2', 'i4', 'f4'] as const)
    for (const how of ['s += a[i]', 's = Math.min(s, a[i])', 's = Math.max(a[i] * 2, s)', 's ^= a[i]']) {
      const made = arrayKernel(
        '(n)->()',
        `void(${code}[:],f8[:])`,
        `(a, out) => { let s = 3; for (let i = 0; i < a.length; i++) { ${how} } out[0] = s }`,
      )
      const loop = compile({ ...made, simd: true })
      const addsUp = code === 'f4' && how.includes('+=')
      assert.is(loop.lanes > 1 && !loop.notes.some(({ reason }) => /adds up in order/.test(reason)), !addsUp)
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(loop.shared as BufferSource), {
        env: { memory },
      })
      for (const n of [0, 1, 7, 70, 133]) {
        const a = dense(
          [n],
          Array.from({ length: n }, () => random.int(-300, 300) / (dtypes[code].kind === 'f' ? 4 : 1)),
          code,
        )
        new Uint8Array(memory.buffer).set(new Uint8Array(a.data.buffer), operandsAt)
        const out = dense([1])
        interpreted(made, [a, out])
        const at = operandsAt + room
        const run = exports.vector as (...args: number[]) => number
        assert.is(run(contextAt, 1, operandsAt, 0, at, 0, n, dtypes[code].bytes), 0)
        assert.is(new Float64Array(memory.buffer)[at / 8], out.data[0], `${code} ${how} ${n}`)
      }
    }
})

test('an i4 index and an f4 operand: conversions are part of the loop', () => {
  const made = arrayKernel('(n),(m)->(m)', 'void(f8[:],i8[:],f8[:])', (a: Any, at: Any, out: Any) => {
    for (let i = 0; i < at.length; i++) out[i] = a[at[i]]
  })
  const loop = compile({ ...made, inputs: ['f4', 'i2'], outputs: ['f8'], simd: true })
  const at = operandsAt
  new Float32Array(memory.buffer).set([0.1, 2, 3], at / 4)
  new Int16Array(memory.buffer).set([2, 0, 1, 7], (at + 64) / 2)
  const floats = new Float64Array(memory.buffer)
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(loop.shared as BufferSource), {
    env: { memory },
  })
  const run = exports.strided as (...args: number[]) => number
  assert.is(run(contextAt, 1, at, 0, at + 64, 0, at + 128, 0, 3, 3, 4, 2, 8), 0)
  assert.equal([...floats.slice((at + 128) / 8, (at + 152) / 8)], [3, Math.fround(0.1), 2])
  assert.is.not(run(contextAt, 1, at, 0, at + 64, 0, at + 128, 0, 3, 4, 4, 2, 8), 0)
  assert.is(floats[(contextAt + loop.context.errorIndex) / 8], 7)
})

test('an integer element beyond 31 bits is outside, however it is held', () => {
  const made = arrayKernel('(n),()->()', 'f8(f8[:],u4)', (a: Any, i: number) => a[i])
  const loop = compile({ ...made, simd: true })
  const floats = new Float64Array(memory.buffer)
  floats.set([5, 6], operandsAt / 8)
  const words = new Uint32Array(memory.buffer)
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(loop.shared as BufferSource), {
    env: { memory },
  })
  const run = (index: number) => {
    words[(operandsAt + 64) / 4] = index
    return (exports.strided as (...args: number[]) => number)(
      ...[contextAt, 1, operandsAt, 0, operandsAt + 64, 0, operandsAt + 128, 0, 2, 8],
    )
  }
  assert.is(run(1), 0)
  assert.is(floats[(operandsAt + 128) / 8], 6)
  assert.is(run(4294967295), 1)
  assert.is(floats[(contextAt + loop.context.errorIndex) / 8], 4294967295)
})

test('random kernels, on lanes and not', () => {
  const random = generator(20240607)
  let [failed, lanes, runs] = [0, 0, 0]
  for (let k = 0; k < 28; k++) {
    const source = randomArrayKernel(random)
    const made = arrayKernel(randomLayout, randomSignature, source)
    const request = { ...made, simd: true }
    const loops = [compile(request), compile({ ...request, simd: false })]
    if (loops[0]?.vectorized) lanes++
    for (let run = 0; run < 9; run++) {
      const loop = loops[run % 3 === 0 ? 1 : 0] as WasmLoop
      const { want, got } = trial(made, loop, random, run % 2 === 0)
      runs++
      if ('check' in want) failed++
      const { outputs: _, ...facts } = want
      const { outputs: __, ...found } = got
      assert.equal(found, facts, `run ${run} of ${source}`)
      if (!sameBits(got.outputs, want.outputs)) assert.unreachable(`run ${run} of ${source}`)
    }
  }
  assert.ok(failed > runs / 20 && failed < (9 * runs) / 10, `${failed} of ${runs} failed`)
  assert.ok(lanes > 7, `${lanes} on lanes`)
})

test('four rounds add to an element before it is stored, where rounds come to the same ones', () => {
  const sources = kernels.filter(([name]) => name === 'matmul by rows' || name === 'convolution')
  for (const [[name, layout, signature, source], boundscheck] of sources.flatMap((one) =>
    [true, false].map((checked) => [one, checked] as const),
  )) {
    const request = { ...arrayKernel(layout, signature, source), simd: true, boundscheck }
    const loops = wat(request).split('(loop $lanes')
    const counts = loops.map((text) =>
      [/v128\.store /g, /f64x2\.mul/g].map((what) => text.match(what)?.length ?? 0),
    )
    assert.ok(
      counts.some(([stores, products]) => stores === 4 && products === 16),
      `${name}: ${counts.join(' | ')}`,
    )
    assert.ok(compile(request).notes.some(({ reason }) => reason.startsWith('4 rounds at a time add to')))
  }
})

test('where many elements are read, a register is stored before the next one is loaded', () => {
  const source = `(a, out) => { for (let i = 2; i < a.length - 2; i++) out[i] = a[i - 2] + a[i - 1] + a[i] + a[i + 1] }`
  const orderOf = (text: string) => text.match(/v128\.(load|store)/g)?.map((op) => op[5])
  const request = { ...arrayKernel('(n)->(n)', 'void(f8[:],f8[:])', source), simd: true }
  const loops = wat(request).split('(loop $lanes')
  assert.ok(loops.some((text) => orderOf(text)?.join('').startsWith('llllsllllsllllslllls')))
  const few = {
    ...arrayKernel('(n)->(n)', 'void(f8[:],f8[:])', source.replace(' + a[i + 1]', '')),
    simd: true,
  }
  const others = wat(few).split('(loop $lanes')
  assert.ok(others.some((text) => orderOf(text)?.join('').startsWith('llllllllllllssss')))
})

test('short rounds that need each other stand in a row, and only the row is counted', () => {
  const source = '(a, out) => { let s = 0; for (let i = 0; i < a.length; i++) s += a[i]; out[0] = s }'
  const request = { ...arrayKernel('(n)->()', 'void(f8[:],f8[:])', source), simd: true }
  const row = Array.from({ length: 8 }, (_, k) => `f64.load${k ? ` offset=${8 * k}` : ''} align=1`)
  const loops = wat(request).split('(loop $')
  assert.ok(loops.some((text) => String(text.match(/f64\.load( offset=\d+)? align=1/g)) === String(row)))
})

test.run()
