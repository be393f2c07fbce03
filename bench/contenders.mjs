/**
 * Who is timed: the same work by lanewise, over resident and over plain arrays, and by hand-written loops. A contender is
 * { name, time(k), run, results }; its name is a column of the tables.
 */
import ndarray from 'ndarray'
import { free, resident, vectorize, zeros } from '../dist/index.js'
import { codes, compare, kernels, resultsOf } from './kernels.mjs'
import { timed } from './race.mjs'

const compiled = new Map()

/** The lanewise function of a row, compiled once. */
export function ufunc(row) {
  if (!compiled.has(row)) compiled.set(row, vectorize([row.types], row.kernel))
  return compiled.get(row)
}

/** A call without spreading, which would cost more than the work at small sizes. */
export function calling(f, args) {
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
export const elements = ({ data, offset, size }) => data.subarray(offset, offset + size)

/** Wraps a function and says where its results are found afterwards. */
export const contender = (name, run, results) => ({ name, time: timed(run), run, results })

/** The loop that a reader of the table would have written, over ordinary typed arrays. */
export function loopContender(row, size, inputs, loop = row.loop, first = [size]) {
  const out = resultsOf(row, size)
  return contender('loop', calling(loop, [...first, ...inputs, ...out]), () => out)
}

/**
 * Contenders of lanewise over ndarrays: `views(place)` gives the inputs placed with `resident`, or left where they are. With `native`, the
 * name of a target, it takes part over the same resident arrays.
 */
export function ourContenders(row, shape, views, native) {
  const f = ufunc(row)
  const size = shape.reduce((a, b) => a * b, 1)
  const plainOut = resultsOf(row, size).map((data) => ndarray(data, shape))
  const residentOut = codes(row).results.map((code) => zeros(shape, code))
  const nativeOut = native ? codes(row).results.map((code) => zeros(shape, code)) : []
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
      ...(native
        ? [
            contender('target-c', calling(f.on(native), [...residentIn, ...nativeOut]), () =>
              nativeOut.map(elements),
            ),
          ]
        : []),
    ],
    close: () => [...residentIn, ...residentOut, ...nativeOut, ...last].forEach(free),
  }
}

export const remoteView = (data, dtype, view = {}) => ({
  dtype,
  data,
  length: data.length,
  shape: view.shape ?? [data.length],
  stride: view.stride ?? [1],
  offset: view.offset ?? 0,
})

export function checked(row, contenders) {
  const [loop] = contenders.filter(({ name }) => name === 'loop')
  loop.run()
  const want = loop.results()
  for (const { name, run, results } of contenders) {
    run()
    compare(row, name, results(), want)
  }
  return want
}

/** The row that layouts and calls are measured with. */
export const sum = kernels.find(({ types, name }) => types === 'f8(f8,f8)' && name === 'a + b')
