/** The functions of examples/: each against its definition in plain JavaScript, on stacks and views. */

import { ready, toArray } from 'lanewise'
import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
// @ts-expect-error examples are JavaScript
import * as canny from '../examples/canny.mjs'
// @ts-expect-error examples are JavaScript
import * as g from '../examples/gufuncs.mjs'

// biome-ignore lint/suspicious/noExplicitAny: results of every rank are compared
type Any = any

await ready()

const values = (x: Any): Any => toArray(x)
let state = 11
const random = (): number => {
  state = (state * 1103515245 + 12345) % 2 ** 31
  return Math.floor((state / 2 ** 31) * 19) - 9
}
const array = (...shape: number[]) =>
  ndarray(Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, random), shape)
const rows = (x: Any): number[][] => values(x)
const sum = (list: readonly number[]): number => list.reduce((s, v) => s + v, 0)

test('products: of matrices and vectors, stacked and alone', () => {
  const [a, b] = [array(2, 3, 4), array(4, 5)]
  const [x, y] = [array(4), array(3)]
  const product = (p: number[][], q: number[][]) =>
    p.map((row) => (q[0] ?? []).map((_, j) => sum(row.map((v, k) => v * (q[k]?.[j] ?? 0)))))
  assert.equal(
    values(g.matmul(a, b)),
    values(a).map((m: number[][]) => product(m, rows(b))),
  )
  assert.equal(
    values(g.matmul(a.pick(0), x)),
    rows(a.pick(0)).map((row) => sum(row.map((v, k) => v * x.get(k)))),
  )
  assert.is(g.matmul(x, x).get(), sum([...x.data].map((v) => v * v)))
  assert.equal(values(g.matvec(a, x)), values(g.matmul(a, x)))
  assert.equal(values(g.vecmat(y, a)), values(g.matmul(y, a)))
  assert.equal(values(g.vecdot(a, x)), values(g.matmul(a, x)))
  assert.equal(
    values(g.weightedInner(a, x, x)),
    values(
      g.vecdot(
        a,
        Float64Array.from(x.data, (v) => v * v),
      ),
    ),
  )
  assert.equal(
    values(
      g.cross(
        [1, 0, 0],
        [
          [0, 1, 0],
          [0, 0, 1],
        ],
      ),
    ),
    [
      [0, 0, 1],
      [0, -1, 0],
    ],
  )
  assert.instance(g.matmul(Int32Array.of(1, 2), Int32Array.of(3, 4)).data, Int32Array)
})

test('along an axis: sums, averages, convolution, differences, sorting', () => {
  const a = array(3, 7)
  const along = (f: (row: number[]) => number[]) => rows(a).map(f)
  assert.equal(
    values(g.cumsum(a)),
    along((row) => row.map((_, i) => sum(row.slice(0, i + 1)))),
  )
  assert.equal(values(g.cumsum(a, { axis: 0 })), values(g.cumsum(a.transpose(1, 0)).transpose(1, 0)))
  const window = [2, 3, 4]
  assert.equal(
    values(g.movingAverage(a, window)),
    rows(a).map((row, r) =>
      row.map((_, i) => {
        const own = row.slice(Math.max(0, i + 1 - (window[r] ?? 0)), i + 1)
        return sum(own) / own.length
      }),
    ),
  )
  const b = [1, -2, 3]
  assert.equal(
    values(g.convolve(a, b)),
    along((row) => Array.from({ length: 9 }, (_, k) => sum(b.map((v, j) => v * (row[k - j] ?? 0))))),
  )
  const differences = (u: number[], dx: number) =>
    u.map((_, i) => {
      const [from, to] = [Math.max(i - 1, 0), Math.min(i + 1, u.length - 1)]
      return ((u[to] ?? 0) - (u[from] ?? 0)) / ((to - from) * dx)
    })
  assert.equal(
    values(g.centdiff1d(a, 0.5)),
    along((row) => differences(row, 0.5)),
  )
  assert.equal(values(g.centdiff(a.pick(1), 0.25)), differences(rows(a)[1] ?? [], 0.25))
  assert.equal(
    values(g.sort(a)),
    along((row) => [...row].sort((p, q) => p - q)),
  )
})

test('distances, factors and systems', () => {
  const x = array(2, 4, 3)
  const distances = (points: number[][]) =>
    points.flatMap((p, i) =>
      points.slice(i + 1).map((q) => Math.sqrt(sum(p.map((v, k) => (v - (q[k] ?? 0)) ** 2)))),
    )
  assert.equal(values(g.pairwiseDistance(x)), values(x).map(distances))
  const a = array(5, 3, 3)
  const definite = g.matmul(a, a.transpose(0, 2, 1))
  for (let i = 0; i < 3; i++) for (let s = 0; s < 5; s++) definite.set(s, i, i, definite.get(s, i, i) + 1)
  const lower = g.cholesky(definite)
  const back = g.matmul(lower, lower.transpose(0, 2, 1))
  back.data.forEach((v: number, k: number) => assert.ok(Math.abs(v - definite.data[k]) < 1e-10))
  assert.is(lower.get(0, 0, 2), 0)
  const b = array(5, 3)
  const solved = g.solve(definite, b)
  const again = g.matvec(definite, solved)
  again.data.forEach((v: number, k: number) => assert.ok(Math.abs(v - (b.data[k] ?? 0)) < 1e-8))
  assert.equal(
    values(
      g.solve(
        [
          [0, 1],
          [2, 0],
        ],
        [
          [3, 4],
          [6, 8],
        ],
      ),
    ),
    [
      [2, 3],
      [4, 6],
    ],
  )
})

test('pictures: smoothing, derivatives and edges', () => {
  const at = (a: number[][], y: number, x: number) =>
    a[Math.min(Math.max(y, 0), a.length - 1)]?.[Math.min(Math.max(x, 0), (a[0]?.length ?? 0) - 1)] ?? 0
  const picture = ndarray(Float32Array.from({ length: 6 * 7 }, random), [6, 7])
  const a = rows(picture)
  const weights = Float32Array.of(1, 2, 1)
  const blurred = rows(canny.blur(picture, weights))
  const [gx, gy] = canny.sobel(picture)
  a.forEach((row, y) =>
    row.forEach((_, x) => {
      let s = 0
      let [sx, sy] = [0, 0]
      for (let j = -1; j <= 1; j++)
        for (let i = -1; i <= 1; i++) {
          const v = at(a, y + j, x + i)
          s += v * (2 - Math.abs(i)) * (2 - Math.abs(j))
          sx += v * i * (2 - Math.abs(j))
          sy += v * j * (2 - Math.abs(i))
        }
      const border = y === 0 || x === 0 || y === 5 || x === 6
      assert.is(blurred[y]?.[x], s)
      assert.is(gx.get(y, x) + 0, border ? 0 : sx + 0)
      assert.is(gy.get(y, x) + 0, border ? 0 : sy + 0)
    }),
  )
  // A bright square has a closed edge of one pixel, and two pictures at once have two.
  const square = ndarray(new Float32Array(2 * 24 * 24), [2, 24, 24])
  for (let y = 8; y < 16; y++) for (let x = 8; x < 16; x++) square.set(1, y, x, 200)
  const edges = canny.canny(square, 40, 100)
  assert.equal(edges.shape, [2, 24, 24])
  assert.is(sum([...edges.pick(0).data].slice(0, 24 * 24)), 0)
  for (let y = 10; y < 14; y++) {
    const row = rows(edges.pick(1))[y] ?? []
    assert.is(row.filter((v) => v === 255).length, 2, `row ${y}`)
  }
  // A weak pixel counts where it hangs together with a strong one.
  const m = Float32Array.of(0, 50, 50, 150, 0, 0, 50, 0)
  assert.equal(values(canny.hysteresis(ndarray(m, [1, 8]), 40, 100)), [[0, 255, 255, 255, 0, 0, 0, 0]])
})

test.run()
