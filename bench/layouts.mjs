/** a + b where a is a view: strided, reversed, transposed, broadcast. */
import ndarray from 'ndarray'
import ops from 'ndarray-ops'
import { checked, contender, loopContender, ourContenders, remoteView, sum } from './contenders.mjs'
import { generator } from './kernels/inputs.mjs'

// The first operand of a binary row seen through a view; the second and the result are contiguous. m is the side of a square.
export const layouts = [
  {
    name: 'contiguous',
    view: (m) => ({ length: m * m, shape: [m, m], stride: [m, 1], offset: 0 }),
    at: (m, i, j) => i * m + j,
  },
  {
    name: 'x.step(2)',
    view: (m) => ({ length: 2 * m * m, shape: [m * m], stride: [2], offset: 0 }),
    at: (m, i, j) => 2 * (i * m + j),
  },
  {
    name: 'x.step(-1)',
    view: (m) => ({ length: m * m, shape: [m * m], stride: [-1], offset: m * m - 1 }),
    at: (m, i, j) => m * m - 1 - (i * m + j),
  },
  {
    name: 'x.transpose(1, 0)',
    view: (m) => ({ length: m * m, shape: [m, m], stride: [1, m], offset: 0 }),
    at: (m, i, j) => j * m + i,
  },
  {
    name: 'a row to all rows',
    view: (m) => ({ length: m, shape: [m], stride: [1], offset: 0 }),
    at: (_m, _i, j) => j,
  },
  {
    name: 'a column to all columns',
    view: (m) => ({ length: m, shape: [m, 1], stride: [1, 1], offset: 0 }),
    at: (_m, i) => i,
  },
]

// The loops one would write for a + b over each layout, each its own function so that each stays monomorphic.
const stridedLoops = {
  contiguous: (m) => (a, b, out) => {
    for (let i = 0; i < m * m; i++) out[i] = a[i] + b[i]
  },
  'x.step(2)': (m) => (a, b, out) => {
    for (let i = 0; i < m * m; i++) out[i] = a[2 * i] + b[i]
  },
  'x.step(-1)': (m) => (a, b, out) => {
    for (let i = 0, j = m * m - 1; i < m * m; i++, j--) out[i] = a[j] + b[i]
  },
  'x.transpose(1, 0)': (m) => (a, b, out) => {
    for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) out[i * m + j] = a[j * m + i] + b[i * m + j]
  },
  'a row to all rows': (m) => (a, b, out) => {
    for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) out[i * m + j] = a[j] + b[i * m + j]
  },
  'a column to all columns': (m) => (a, b, out) => {
    for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) out[i * m + j] = a[i] + b[i * m + j]
  },
}

export function layoutCase(layout, n) {
  const m = Math.round(Math.sqrt(n))
  return {
    section: 'layouts',
    name: layout.name,
    types: sum.types,
    n: m * m,
    open() {
      const view = layout.view(m)
      const shape = view.shape.length === 1 && view.shape[0] === m * m ? [m * m] : [m, m]
      const stride = shape.length === 1 ? [1] : [m, 1]
      const random = generator(2)
      const a = Float64Array.from({ length: view.length }, random)
      const b = Float64Array.from({ length: m * m }, random)
      const ours = ourContenders(sum, shape, (place) => {
        const base = place(ndarray(a))
        return [
          ndarray(base.data, view.shape, view.stride, base.offset + view.offset),
          place(ndarray(b, shape)),
        ]
      })
      const contenders = [
        ...ours.contenders,
        loopContender(sum, m * m, [a, b], stridedLoops[layout.name](m), []),
      ]
      if (view.shape.length === shape.length && view.shape.every((size, k) => size === shape[k])) {
        const out = ndarray(new Float64Array(m * m), shape)
        const run = () => ops.add(out, ours.plainIn[0], ours.plainIn[1])
        contenders.push(contender('ndarray-ops', run, () => [out.data]))
      }
      const want = checked(sum, contenders)
      for (let i = 0; i < m; i++) {
        if (want[0][i * m] !== a[layout.at(m, i, 0)] + b[i * m])
          throw new Error(`the loop for ${layout.name} is wrong`)
      }
      return {
        contenders,
        want,
        remote: {
          row: sum,
          inputs: [remoteView(a, 'f8', view), remoteView(b, 'f8', { shape, stride })],
          outputs: [remoteView(want[0], 'f8', { shape, stride })],
          contiguous: false,
        },
        close: ours.close,
      }
    },
  }
}
