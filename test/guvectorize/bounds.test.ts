/**
 * Random data-dependent indices through the public door: a BoundsError exactly when an index is outside, by whatever way the
 * operands came in; around every operand lie NaNs that never appear in a result, and nothing beside an output is written.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { BoundsError } from '../../src/errors.ts'
import { guvectorize, ready, resident } from '../../src/index.ts'

// biome-ignore lint/suspicious/noExplicitAny: kernels see arrays of numbers and rows of them
type Any = any

await ready()

let state = 2463534242
const random = (n: number): number => {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % n
}

interface Placed {
  readonly data: Float64Array
  readonly shape: number[]
  readonly stride: number[]
  readonly offset: number
}

/** A view in the middle of NaNs, which are its canaries: any order of axes, either direction, gaps. */
function placed(shape: readonly number[], inResident: boolean, fill: () => number): Placed {
  const order = shape.map((_, axis) => axis).sort(() => random(3) - 1)
  const stride: number[] = []
  let span = 1 + random(2)
  let offset = 4
  for (const axis of order) {
    const size = shape[axis] ?? 1
    stride[axis] = random(3) === 0 ? -span : span
    if ((stride[axis] ?? 0) < 0) offset += span * Math.max(size - 1, 0)
    span *= Math.max(size, 1) + random(2)
  }
  const plain = new Float64Array(span + 12).fill(NaN)
  const view = { shape: [...shape], stride, offset }
  const data = inResident ? (resident(plain).data as Float64Array) : plain
  for (const at of places({ data, ...view })) data[at] = fill()
  return { data, ...view }
}

function places({ shape, stride, offset }: Placed): number[] {
  return shape.reduce(
    (all, size, axis) =>
      all.flatMap((at) => Array.from({ length: size }, (_, i) => at + i * (stride[axis] ?? 0))),
    [offset],
  )
}

const at = (v: Placed, ...index: number[]): number =>
  v.data[index.reduce((sum, i, axis) => sum + i * (v.stride[axis] ?? 0), v.offset)] ?? 0

const kernel = `(a, at, out) => {
  for (let i = 0; i < at.length; i++) {
    const row = a[at[i]]
    out[i] += row[at[i] + 1] * 2
  }
}`

for (const target of ['cpu', 'js'] as const) {
  test(`${target}: 200 calls with random indices`, () => {
    const gather = guvectorize('void(f8[:,:],f8[:],f8[:])', '(m,n),(k)->(k)', kernel, {
      target,
      name: 'gather',
    }) as Any
    let failed = 0
    for (let run = 0; run < 200; run++) {
      const [loops, m, n, k] = [1 + random(3), 1 + random(4), 2 + random(4), random(4)]
      const a = placed([loops, m, n], run % 2 === 0, () => random(100))
      const wild = random(3) === 0
      const index = placed([loops, k], run % 3 === 0, () =>
        wild ? random(9) - 2 : random(Math.max(1, Math.min(m, n - 1))),
      )
      const out = placed([loops, k], run % 5 === 0, () => 77)
      const before = [a, index, out].map(({ data }) => [...data])
      const want: number[] = []
      let outside: readonly [number, number] | undefined
      for (let l = 0; l < loops && !outside; l++) {
        for (let i = 0; i < k && !outside; i++) {
          const row = at(index, l, i)
          if (row < 0 || row >= m) outside = [row, m]
          else if (row + 1 >= n) outside = [row + 1, n]
          else want.push(at(a, l, row, row + 1) * 2)
        }
      }
      let error: unknown
      try {
        gather(a, index, out)
      } catch (e) {
        error = e
      }
      if (outside) {
        failed++
        assert.ok(error instanceof BoundsError, `${error}`)
        // Which element fails first is free: the order of core calls is.
        assert.ok([m, n].includes(error.size) && (error.index < 0 || error.index >= error.size))
        assert.is(error.line, 4)
      } else {
        assert.is(error, undefined)
        assert.equal(
          Array.from({ length: loops * k }, (_, i) => at(out, Math.floor(i / k), i % k)),
          want,
        )
      }
      const own = new Set(places(out))
      for (const [which, { data }] of [a, index, out].entries()) {
        data.forEach((v, i) => {
          if (which < 2 || !own.has(i))
            assert.ok(Object.is(v, before[which]?.[i]), `operand ${which}, element ${i}`)
        })
      }
    }
    assert.ok(failed > 20 && failed < 180, `${failed} failed`)
  })
}

const scratch = `(a, at, out) => {
  const t = zeros([2, a.length + 1])
  for (let i = 0; i < at.length; i++)
    t[i % 2][at[i]] += a[i % a.length]
  for (let i = 0; i < out.length; i++) out[i] = t[0][i] + 10 * t[1][i + 1]
}`

for (const target of ['cpu', 'js'] as const) {
  test(`${target}: 150 calls with random indices into an array that the kernel makes, some of them masked`, () => {
    const scatter = guvectorize('void(f8[:],f8[:],f8[:])', '(n),(k)->(n)', scratch, { target }) as Any
    let failed = 0
    for (let run = 0; run < 150; run++) {
      const [loops, n, k] = [1 + random(4), 1 + random(4), random(5)]
      const a = placed([loops, n], run % 2 === 0, () => random(100))
      const wild = random(3) === 0
      const index = placed([loops, k], run % 3 === 0, () => (wild ? random(n + 4) - 1 : random(n + 1)))
      const out = placed([loops, n], run % 5 === 0, () => 77)
      const mask = Uint8Array.from({ length: loops }, () => Number(run % 4 > 0 || random(2) === 0))
      const before = [a, index, out].map(({ data }) => [...data])
      const want: number[] = []
      let outside = false
      for (let l = 0; l < loops; l++) {
        const t = [new Array<number>(n + 1).fill(0), new Array<number>(n + 1).fill(0)]
        for (let i = 0; i < k; i++) {
          const to = at(index, l, i)
          if (to < 0 || to > n) outside ||= mask[l] === 1
          else (t[i % 2] as number[])[to] = (t[i % 2]?.[to] ?? 0) + at(a, l, i % n)
        }
        for (let i = 0; i < n; i++)
          want.push(mask[l] === 1 ? (t[0]?.[i] ?? 0) + 10 * (t[1]?.[i + 1] ?? 0) : 77)
      }
      let error: unknown
      try {
        scatter(a, index, out, run % 4 > 0 ? {} : { where: mask })
      } catch (e) {
        error = e
      }
      if (outside) {
        failed++
        assert.ok(error instanceof BoundsError, `${error}`)
        assert.is(error.size, n + 1)
        assert.is(error.line, 4)
      } else {
        assert.is(error, undefined)
        assert.equal(
          Array.from({ length: loops * n }, (_, i) => at(out, Math.floor(i / n), i % n)),
          want,
        )
      }
      const own = new Set(places(out))
      for (const [which, { data }] of [a, index, out].entries())
        data.forEach((v, i) => {
          if (which < 2 || !own.has(i))
            assert.ok(Object.is(v, before[which]?.[i]), `operand ${which}, element ${i}`)
        })
    }
    assert.ok(failed > 10 && failed < 140, `${failed} failed`)
  })
}

/** Kernels whose indices hang on data: under a condition, in a chain, as what is written, in rows, in a loop that data ends. */
const wild = {
  'under a condition': `(a, at, out) => {
    for (let i = 0; i < at.length; i++)
      out[i] = at[i] % 2 === 0 ? a[i][at[i]] : at[i] > 5 ? a[at[i] - 5][0] : -1
  }`,
  'as a chain': `(a, at, out) => {
    let k = at[0]
    for (let i = 0; i < at.length; i++) {
      k = at[k]
      out[i] = k
    }
  }`,
  'as what is written': `(a, at, out) => {
    for (let i = 0; i < at.length; i++) out[at[i]] += a[0][i % a.shape[1]]
  }`,
  'in a row that is passed on': `(a, at, out) => {
    const last = (row, k) => row[row.length - 1 - k]
    for (let i = 0; i < at.length; i++) out[i] = last(a[i % a.length], at[i])
  }`,
  'in a loop that data ends': `(a, at, out) => {
    let n = 0
    while (at[n] > 0) n++
    out[0] = n
    for (let i = at[0]; i < n; i++) out[i] = a[0][i + at[n]]
  }`,
  'affine, with a bound from data': `(a, at, out) => {
    for (let i = 0; i < at[0]; i++) out[i] = a[0][i + 1] + 2 * at[i]
  }`,
  'downwards, by a step': `(a, at, out) => {
    for (let i = at[0]; i >= at[1]; i -= 2) out[i] = a[0][i]
  }`,
}

/** Arrays as JavaScript has them, whose indices are checked. */
const checked = (list: readonly unknown[]): unknown[] =>
  new Proxy(list as unknown[], {
    get(own, key) {
      if (key === 'length') return own.length
      const index = Number(key)
      if (!Number.isInteger(index) || index < 0 || index >= own.length)
        throw Object.assign(new Error('outside'), { index, size: own.length })
      return own[index]
    },
    set(own, key, value) {
      const index = Number(key)
      if (!Number.isInteger(index) || index < 0 || index >= own.length)
        throw Object.assign(new Error('outside'), { index, size: own.length })
      own[index] = value
      return true
    },
  })

for (const [what, text] of Object.entries(wild))
  for (const [target, options] of [
    ['cpu', {}],
    ['cpu', { simd: false }],
    ['js', {}],
  ] as const) {
    test(`${target}${'simd' in options ? ' without lanes' : ''}: an index ${what}: 60 calls of up to 11 elements`, () => {
      const run = guvectorize('void(f8[:,:],f8[:],f8[:])', '(m,n),(k)->(k)', text, {
        target,
        ...options,
      }) as Any
      const plainly = new Function(`return (${text})`)() as CallableFunction
      let failed = 0
      for (let k = 0; k < 60; k++) {
        const [loops, m, n, count] = [1 + random(11), 1 + random(4), 1 + random(5), 2 + random(4)]
        const high = random(3) === 0 ? 8 : Math.min(m, n, count)
        const a = placed([loops, m, n], k % 2 === 0, () => random(50))
        const index = placed([loops, count], k % 3 === 0, () => random(high) + (high === 8 ? -random(2) : 0))
        const out = placed([loops, count], k % 5 === 0, () => 77)
        const before = [a, index, out].map(({ data }) => [...data])
        const want: number[][] = []
        const failures: string[] = []
        for (let l = 0; l < loops; l++) {
          const rows = Array.from({ length: m }, (_, i) =>
            checked(Array.from({ length: n }, (_, j) => at(a, l, i, j))),
          )
          const own = new Array<number>(count).fill(0)
          const matrix = Object.assign(checked(rows), {})
          try {
            plainly(
              new Proxy(matrix, { get: (list, key) => (key === 'shape' ? [m, n] : Reflect.get(list, key)) }),
              checked(Array.from({ length: count }, (_, i) => at(index, l, i))),
              checked(own),
            )
          } catch (error) {
            failures.push(
              `${Reflect.get(error as object, 'index')} of ${Reflect.get(error as object, 'size')}`,
            )
          }
          want.push(own)
        }
        let error: unknown
        try {
          run(a, index, out)
        } catch (e) {
          error = e
        }
        if (failures.length > 0) {
          failed++
          assert.ok(error instanceof BoundsError, `${what} ${k}: ${error}`)
          // Which element fails first is free.
          assert.ok(failures.includes(`${error.index} of ${error.size}`), `${error.message}: ${failures}`)
        } else {
          assert.is(error, undefined, `${what} ${k}`)
          assert.equal(
            Array.from({ length: loops * count }, (_, i) => at(out, Math.floor(i / count), i % count)),
            want.flat(),
            `${what} ${k}`,
          )
        }
        const own = new Set(places(out))
        for (const [which, { data }] of [a, index, out].entries())
          data.forEach((v, i) => {
            if (which < 2 || !own.has(i))
              assert.ok(Object.is(v, before[which]?.[i]), `operand ${which}, element ${i}`)
          })
      }
      assert.ok(failed > 5 && failed < 58, `${failed} failed`)
    })
  }

test.run()
