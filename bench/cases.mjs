/**
 * What is timed: each case holds the data of one row of one table, and the contenders over it. The contenders of lanewise and of
 * JavaScript run in this process; `remote` tells the other languages what to load. Names of contenders are the tables' columns.
 */
import ndarray from 'ndarray'
import ops from 'ndarray-ops'
import { free, resident, vectorize, zeros } from '../dist/index.js'
import { generator } from './kernels/inputs.mjs'
import { codes, compare, inputsOf, kernels, resultsOf } from './kernels.mjs'
import { timed } from './race.mjs'

const compiled = new Map()

/** The lanewise function of a row, compiled once. */
function ufunc(row) {
  if (!compiled.has(row)) compiled.set(row, vectorize([row.types], row.kernel))
  return compiled.get(row)
}

/** A call without spreading, which would cost more than the work at small sizes. */
function calling(f, args) {
  const [a, b, c, d, e, g, h] = args
  const calls = [
    () => f(),
    () => f(a),
    () => f(a, b),
    () => f(a, b, c),
    () => f(a, b, c, d),
    () => f(a, b, c, d, e),
    () => f(a, b, c, d, e, g),
    () => f(a, b, c, d, e, g, h),
  ]
  return calls[args.length]
}

const listed = (result) => (Array.isArray(result) ? result : [result])

/** The elements of a contiguous array. */
const elements = ({ data, offset, size }) => data.subarray(offset, offset + size)

/** Wraps a function and says where its results are found afterwards. */
const contender = (name, run, results) => ({ name, time: timed(run), run, results })

/** The loop that a reader of the table would have written, over ordinary typed arrays. */
function loopContender(row, size, inputs, loop = row.loop, first = [size]) {
  const out = resultsOf(row, size)
  return contender('loop', calling(loop, [...first, ...inputs, ...out]), () => out)
}

/** Contenders of lanewise over ndarrays: `views(place)` gives the inputs placed with `resident`, or left where they are. */
function ourContenders(row, shape, views) {
  const f = ufunc(row)
  const size = shape.reduce((a, b) => a * b, 1)
  const plainOut = resultsOf(row, size).map((data) => ndarray(data, shape))
  const residentOut = codes(row).results.map((code) => zeros(shape, code))
  const [plainIn, residentIn] = [views((x) => x), views(resident)]
  const allocate = calling(f, residentIn)
  let last = []
  const allocating = () => {
    last.forEach(free)
    last = listed(allocate())
  }
  return {
    plainIn,
    residentIn,
    lanes: f.explain(row.types).lanes,
    contenders: [
      contender('resident', calling(f, [...residentIn, ...residentOut]), () => residentOut.map(elements)),
      contender('plain', calling(f, [...plainIn, ...plainOut]), () => plainOut.map(elements)),
      contender('allocating', allocating, () => last.map(elements)),
    ],
    close: () => [...residentIn, ...residentOut, ...last].forEach(free),
  }
}

const remoteView = (data, dtype, view = {}) => ({
  dtype,
  data,
  length: data.length,
  shape: view.shape ?? [data.length],
  stride: view.stride ?? [1],
  offset: view.offset ?? 0,
})

function checked(row, contenders) {
  const [loop] = contenders.filter(({ name }) => name === 'loop')
  loop.run()
  const want = loop.results()
  for (const { name, run, results } of contenders) {
    run()
    compare(row, name, results(), want)
  }
  return want
}

/** One row of the kernel table, at n elements. */
export function kernelCase(row, n) {
  return {
    section: 'kernels',
    name: row.name,
    types: row.types,
    n,
    open() {
      const inputs = inputsOf(row, n)
      const { inputs: inputCodes, results } = codes(row)
      const ours = ourContenders(row, [n], (place) => inputs.map((data) => place(ndarray(data))))
      const loop = loopContender(row, n, inputs)
      const contenders = [...ours.contenders, loop]
      if (row.ndarrayOps) {
        const out = resultsOf(row, n).map((data) => ndarray(data))
        const run = calling(row.ndarrayOps, [ops, ...out, ...ours.plainIn])
        contenders.push(contender('ndarray-ops', run, () => out.map(elements)))
      }
      const want = checked(row, contenders)
      return {
        lanes: ours.lanes,
        contenders,
        want,
        remote: {
          row,
          inputs: inputs.map((data, k) => remoteView(data, inputCodes[k])),
          outputs: want.map((data, k) => remoteView(data, results[k])),
          contiguous: true,
        },
        close: ours.close,
      }
    },
  }
}

// The first operand of a binary row seen through a view; the second and the result are contiguous. m is the side of a square.
const layouts = [
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

const sum = kernels.find(({ types, name }) => types === 'f8(f8,f8)' && name === 'a + b')

function layoutCase(layout, n) {
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

/** What a call costs when there is next to nothing to compute, and what its parts cost. */
const callCase = {
  section: 'calls',
  name: 'a + b on 10 elements',
  types: sum.types,
  n: 10,
  open() {
    const inputs = inputsOf(sum, 10)
    const ours = ourContenders(sum, [10], (place) => inputs.map((data) => place(ndarray(data))))
    const f = ufunc(sum)
    const registry = new FinalizationRegistry(() => {})
    const heap = new ArrayBuffer(1 << 16)
    const token = {}
    const parts = {
      'resident, new result': calling(f, ours.residentIn),
      'plain, new result': calling(f, ours.plainIn),
      'part: new Float64Array(buffer, 0, 10)': () => new Float64Array(heap, 0, 10),
      'part: the same, registered for finalization': () =>
        registry.register(new Float64Array(heap, 0, 10), token),
      'part: ndarray(data)': () => ndarray(inputs[0], [10], [1], 0),
    }
    const loop = loopContender(sum, 10, inputs)
    const want = checked(sum, [...ours.contenders, loop])
    return {
      contenders: [
        ...ours.contenders.map((one) =>
          one.name === 'allocating' ? { ...one, name: 'resident, new result, freed' } : one,
        ),
        ...Object.entries(parts).map(([name, run]) => contender(name, run)),
        loop,
      ],
      want,
      remote: {
        row: sum,
        inputs: inputs.map((data) => remoteView(data, 'f8')),
        outputs: [remoteView(want[0], 'f8')],
        contiguous: true,
        allocating: true,
      },
      close: ours.close,
    }
  },
}

/** All cases in the order of the tables. */
export function cases({ sizes, extra, filter }) {
  const wanted = (one) => filter.test(`${one.section} ${one.name} ${one.types} ${one.n}`)
  return [
    ...kernels.flatMap((row) => sizes.map((n) => kernelCase(row, n))),
    ...extra.map((n) => kernelCase(sum, n)),
    ...layouts.flatMap((layout) => sizes.filter((n) => n > 1e3).map((n) => layoutCase(layout, n))),
    callCase,
  ].filter(wanted)
}
