/**
 * Cores of one small size, whose neighbours in a row run on lanes (kernel/packs.ts), and cores side by side, whose rows are transposed
 * (emit/transposed.ts): bit by bit what the same cores give where elements lie apart.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Code, dtypes } from '../../src/dtype.ts'
import { guvectorize, ready, zeros } from '../../src/index.ts'

// biome-ignore lint/suspicious/noExplicitAny: kernels see arrays of numbers and rows of them
type Any = any

await ready()

const matmul = (a: Any, b: Any, out: Any) => {
  for (let i = 0; i < a.shape[0]; i++)
    for (let j = 0; j < b.shape[1]; j++) {
      let s = 0
      for (let k = 0; k < a.shape[1]; k++) s += a[i][k] * b[k][j]
      out[i][j] = s
    }
}

const kernels: readonly [name: string, layout: string, kernel: (...args: Any[]) => void][] = [
  ['products', '(m,n),(n,p)->(m,p)', matmul],
  [
    'products that add to the output',
    '(m,n),(n,p)->(m,p)',
    (a, b, out) => {
      for (let i = 0; i < a.shape[0]; i++)
        for (let k = 0; k < a.shape[1]; k++)
          for (let j = 0; j < b.shape[1]; j++) out[i][j] += a[i][k] * b[k][j]
    },
  ],
  [
    'vector by matrix, and the largest of each column',
    '(m),(m,n)->(n),(n)',
    (v, a, out, most) => {
      for (let j = 0; j < a.shape[1]; j++) {
        let [s, high] = [0, a[0][j]]
        for (let i = 0; i < v.length; i++) {
          s += v[i] * a[i][j]
          high = Math.max(high, a[i][j] > 2 ? 2 : -a[i][j])
        }
        out[j] = s
        most[j] = high
      }
    },
  ],
  [
    'transposed and outer',
    '(m,n),(m),(n)->(n,m)',
    (a, u, v, out) => {
      for (let i = 0; i < a.shape[0]; i++)
        for (let j = 0; j < a.shape[1]; j++) out[j][i] = a[i][j] - u[i] * v[j]
    },
  ],
  [
    'an output that is read again, backwards',
    '(n),(n)->(n)',
    (a, b, out) => {
      for (let i = 0; i < a.length; i++) out[i] = a[i] * 2 + out[i]
      for (let i = a.length - 1; i > 0; i--) out[i] = out[i - 1] * b[i]
    },
  ],
  [
    'convolutions, four rounds at a time',
    '(m),(n)->(m+n-1)',
    (a, b, out) => {
      for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) out[i + j] += a[i] * b[j]
    },
  ],
  [
    'rows of which one element is made otherwise',
    '(n),(n)->(n)',
    (a, b, out) => {
      for (let i = 0; i < a.length; i++) out[i] = a[i] * b[i] + 0.5
      out[0] = a[a.length - 1] / 3
    },
  ],
]

const values = [0, 1, -1, 2, 3, -7, 0.5, 100, 255, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-3]
const types: readonly Code[][] = [['f8'], ['f4'], ['u1'], ['f4', 'f8']]

let seed = 0
/** The same elements in C order, and every other one of twice as many. */
function bothWays(shape: number[], code: Code) {
  const near = zeros(shape, code)
  const wide = zeros([...shape, 2], code)
  const { kind, big } = dtypes[code]
  for (let i = 0; i < near.size; i++) {
    const value = values[(i * 5 + seed++) % values.length] as number
    const whole = Number.isFinite(value) ? Math.trunc(value) : 9
    const element = (kind === 'f' ? value : big ? BigInt(whole) : whole) as number
    near.data[near.offset + i] = element
    wide.data[wide.offset + 2 * i] = element
  }
  const apart = { data: wide.data, shape, stride: wide.stride.slice(0, -1), offset: wide.offset }
  return { near, apart }
}

/** Of so many cores, all of whose sizes are n. */
function agree(f: Any, layout: string, codes: readonly Code[], cores: number, n: number): void {
  const [inputs = [], outputs = []] = layout
    .split('->')
    .map((side) => side.split('),').map((core) => core.split(',').filter((name) => /\w/.test(name)).length))
  const given = inputs.map((rank, k) =>
    bothWays([cores, ...Array<number>(rank).fill(n)], codes[k % codes.length] as Code),
  )
  const read = (a: Any) => Array.from({ length: a.size }, (_, i) => a.data[a.offset + i])
  const near = [f(...given.map((one) => one.near))].flat().map(read)
  const apart = [f(...given.map((one) => one.apart))].flat().map(read)
  assert.is(near.length, outputs.length)
  near.forEach((elements, k) => {
    elements.forEach((v, i) => {
      assert.ok(Object.is(v, apart[k]?.[i]), `${codes}, ${cores} by ${n}, result ${k}, element ${i}`)
    })
  })
}

for (const [name, layout, kernel] of kernels)
  test(`${name}: the same bits side by side and apart`, () => {
    const f = guvectorize(layout, kernel) as Any
    for (const codes of name === 'products' ? types : types.slice(0, 2))
      for (const n of [1, 2, 3, 4, 5, 8, 13]) agree(f, layout, codes, 3, n)
  })

/** Rounds that need the round before, so that cores are on lanes: their rows are transposed where they lie in C order. */
const rounds: typeof kernels = [
  [
    'running sums, and decaying ones',
    '(n),()->(n),(n)',
    (a, k, sums, decaying) => {
      let [s, t] = [0, 0]
      for (let i = 0; i < a.length; i++) {
        s += a[i]
        t = t * k + a[i] - i
        sums[i] = s
        decaying[i] = t
      }
    },
  ],
  [
    'running maxima',
    '(n)->(n)',
    (a, out) => {
      let high = 0
      for (let i = 0; i < a.length; i++) {
        if (a[i] > high) high = a[i]
        out[i] = high
      }
    },
  ],
  [
    'differences of neighbours added up in a row further back',
    '(m,n)->(n)',
    (a, out) => {
      for (let j = 0; j < a.shape[0]; j++) {
        let s = 0
        for (let i = 1; i < a.shape[1] - 1; i++) {
          s += a[j][i + 1] - a[j][i - 1]
          out[i - 1] = s
        }
      }
    },
  ],
]

for (const [name, layout, kernel] of rounds)
  test(`${name}: the same bits transposed and element by element`, () => {
    const f = guvectorize(layout, kernel) as Any
    for (const code of ['f8', 'f4', 'i4', 'i2', 'u1', 'i8'] as const)
      for (const n of [1, 2, 5, 19, 34]) agree(f, layout, [code], code === 'u1' ? 37 : 19, n)
  })

test('rows of four cores are loaded whole, two columns at a time', () => {
  const f = guvectorize('(n)->(n)', (a: Any, out: Any) => {
    let s = 0
    for (let i = 0; i < a.length; i++) {
      s += a[i]
      out[i] = s
    }
  }) as Any
  f(zeros([9, 9], 'f8'))
  const loops = String(f.inspect('wat'))
    .split('(loop $')
    .map((part) => {
      const count = (what: RegExp) => part.match(what)?.length ?? 0
      return [/v128\.load /g, /i8x16\.shuffle/g, /f64x2\.add/g, /v128\.store /g].map(count)
    })
  assert.ok(
    loops.some((counts) => String(counts) === '4,8,4,4'),
    loops.join(' | '),
  )
})

test('a product of 4 by 4 loads each row once, and multiplies two columns at a time', () => {
  const f = guvectorize('(m,n),(n,p)->(m,p)', matmul) as Any
  f(zeros([2, 4, 4], 'f8'), zeros([2, 4, 4], 'f8'))
  const text: string = f.inspect('wat')
  const loops = text.split('(loop $').map((part) => {
    const count = (what: RegExp) => part.match(what)?.length ?? 0
    return [/v128\.load /g, /v128\.load64_splat/g, /f64x2\.mul/g, /f64x2\.add/g, /v128\.store /g].map(count)
  })
  assert.ok(
    loops.some((counts) => String(counts) === '8,16,32,32,8'),
    loops.join(' | '),
  )
  const said: string = JSON.stringify(f.explain())
  assert.match(
    said,
    'sizes are all one of 2, 3, 4, in C order, run without loops, 2 neighbours in a row at a time',
  )
})

test.run()
