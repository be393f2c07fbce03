/**
 * What is timed: each case is a row of one of the tables; `open()` makes its data and the contenders over them. Those of lanewise
 * and of JavaScript run in this process; `remote` tells the other languages what to load.
 */
import ndarray from 'ndarray'
import ops from 'ndarray-ops'
import { callCase } from './calls.mjs'
import {
  calling,
  checked,
  contender,
  elements,
  loopContender,
  ourContenders,
  remoteView,
  sum,
} from './contenders.mjs'
import { codes, inputsOf, kernels, resultsOf } from './kernels.mjs'
import { layoutCase, layouts } from './layouts.mjs'

/** One row of the kernel table, at n elements; `native` is the name of the target in C, where it is there. */
export function kernelCase(row, n, native) {
  return {
    section: 'kernels',
    name: row.name,
    types: row.types,
    n,
    open() {
      const inputs = inputsOf(row, n)
      const { inputs: inputCodes, results } = codes(row)
      const ours = ourContenders(row, [n], (place) => inputs.map((data) => place(ndarray(data))), native)
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

/** All cases in the order of the tables. */
export function cases({ sizes, extra, filter, native }) {
  const wanted = (one) => filter.test(`${one.section} ${one.name} ${one.types} ${one.n}`)
  return [
    callCase(false),
    ...kernels.flatMap((row) => sizes.map((n) => kernelCase(row, n, native))),
    ...extra.map((n) => kernelCase(sum, n, native)),
    ...layouts.flatMap((layout) => sizes.filter((n) => n > 1e3).map((n) => layoutCase(layout, n))),
    callCase(true),
  ].filter(wanted)
}
