/** Kernels of arrays on the parallel target against cpu: the same bits for any number of threads, the same errors. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { BoundsError } from '../../src/errors.ts'
import { configure, empty, guvectorize, ready, setNumThreads } from '../../src/index.ts'

configure({ workerUrl: new URL('../../dist/parallel-worker.js', import.meta.url) })
await ready()

// biome-ignore lint/suspicious/noExplicitAny: calls of every kind are the subject here
type Any = any

const counts = [1, 2, 8]
let state = 7
const random = () => {
  state = (state * 16807) % 2147483647
  return state / 2147483647
}

const bytesOf = ({ data }: { data: ArrayBufferView }) =>
  Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)

/** Calls until one was shared: workers take a while to start. */
function same(f: Any, args: () => unknown[]): void {
  const listed = (x: Any): Any[] => (Array.isArray(x) ? x : [x])
  const want = listed(f.on('cpu')(...args()))
  for (const count of counts) {
    setNumThreads(count)
    const g = f.on('parallel')
    let most = 1
    const until = performance.now() + 2000
    for (let turn = 0; turn < 3 || (count > 1 && most === 1 && performance.now() < until); turn++) {
      for (const [k, got] of listed(g(...args())).entries()) {
        assert.equal(got.shape, want[k]?.shape)
        assert.is(Buffer.compare(bytesOf(got), bytesOf(want[k] as Any)), 0, `${count} threads, turn ${turn}`)
      }
      most = Math.max(most, g.explain().last.threads)
    }
    assert.is(most > 1, count > 1, `${count} threads: ${g.explain().last.why}`)
  }
}

const plain = (shape: number[]) => {
  const data = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, random)
  const stride = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))
  return { data, shape, stride, offset: 0 }
}
const resident = (shape: number[]): Any => {
  const x = empty(shape)
  x.data.set(plain(shape).data)
  return x
}

const matmul = guvectorize(['void(f8[:,:],f8[:,:],f8[:,:])'], '(m,n),(n,p)->(m,p)', (a, b, out) => {
  for (let i = 0; i < a.shape[0]; i++)
    for (let j = 0; j < b.shape[1]; j++) {
      let s = 0
      for (let k = 0; k < a.shape[1]; k++) s += a[i][k] * b[k][j]
      out[i][j] = s
    }
}) as Any
/** Zeros before it begins, and an array of its own. */
const histogram = guvectorize(
  ['void(f8[:],f8[:])'],
  '(n)->(n)',
  `(a, out) => {
    const counts = new Float64Array(a.length)
    for (let i = 0; i < a.length; i++) counts[Math.floor(a[i] * a.length)] += 1
    for (let i = 0; i < a.length; i++) for (let j = 0; j <= i; j++) out[i] += counts[j] * Math.sqrt(j)
  }`,
) as Any

test('products of matrices: resident, plain, small and large, stretched, views', () => {
  const [a, b] = [resident([3000, 12, 8]), resident([3000, 8, 10])]
  same(matmul, () => [a, b])
  const [c, d] = [resident([8, 10]), resident([12, 10])]
  same(matmul, () => [a, c])
  same(matmul, () => [a.transpose(0, 2, 1), d])
  same(matmul, () => [a.step(-2), b.step(2)])
  const [x, y] = [plain([4000, 12, 8]), plain([8, 10])]
  same(matmul, () => [x, y])
  const large = [plain([6, 90, 90]), plain([2, 1, 90, 90])]
  same(matmul, () => large)
  const [tiny, other] = [resident([200, 300, 3, 3]), resident([300, 3, 3])]
  same(matmul, () => [tiny, other])
})

test('kernels that make arrays have them for each thread', () => {
  const a = resident([4000, 40])
  same(histogram, () => [a])
  const b = plain([4000, 40])
  same(histogram, () => [b])
})

test('masks: what they leave out keeps what it holds', () => {
  const a = resident([4000, 40])
  const where = Uint8Array.from({ length: 4000 }, () => Number(random() < 0.7))
  same(histogram, () => [a, { where }])
  const out = () => Object.assign(plain([4000, 40]), { data: new Float64Array(160000).fill(5) })
  same(histogram, () => [a, out(), { where }])
  const half = Uint8Array.from({ length: 200 }, (_, i) => i % 2)
  const grid = resident([20, 200, 40])
  same(histogram, () => [grid, { where: { data: half, shape: [200], stride: [-1], offset: 199 } }])
})

test('arrays that are written in place', () => {
  const sums = guvectorize(
    'void(f8[:],f8[:])',
    '(n),(n)',
    (a, b) => {
      for (let k = 0; k < 20; k++)
        for (let i = 1; i < a.length; i++) b[i] = (b[i - 1] as number) * 0.5 + (a[i] as number)
    },
    { writableArgs: [1] },
  ) as Any
  const a = resident([4000, 40])
  const start = plain([4000, 40])
  for (const count of counts) {
    setNumThreads(count)
    const run = (target: string) => {
      const b = resident([4000, 40])
      b.data.set(start.data)
      sums.on(target)(a, b)
      return b
    }
    const want = run('cpu')
    for (let turn = 0; turn < 5; turn++) assert.is(Buffer.compare(bytesOf(run('parallel')), bytesOf(want)), 0)
  }
})

test('the first check that fails is the error', () => {
  const a = resident([4000, 40])
  a.data[1000 * 40 + 3] = 2
  a.data[3999 * 40] = 3
  for (const count of counts) {
    setNumThreads(count)
    for (let turn = 0; turn < 8; turn++) {
      let met: unknown
      try {
        histogram.on('parallel')(a)
      } catch (error) {
        met = error
      }
      assert.instance(met, BoundsError)
      assert.is((met as InstanceType<typeof BoundsError>).index, 80)
    }
  }
})

test.run()
