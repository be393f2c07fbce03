/**
 * The kernel table: every speed claim is made over these rows. Rows may be added, never removed. Each row is data:
 * - `name`, `types`: the row's title and its lanewise signature;
 * - `args`: a generator of inputs for each argument; the names are those of the Python and C texts. `outs` names the results;
 * - `kernel`: what lanewise compiles;
 * - `loop(n, ...inputs, ...results)`: the loop one would write by hand in JavaScript;
 * - `ndarrayOps`, `numpy`, `numba`, `c`: the same for the peers that can say it (`numba` is the body of the function, `c` of the loop);
 * - `tolerance`: how far two results may differ, and why: units in the last place, `absolute`, `relative`, or the `share` of
 *   elements that may differ at all.
 */
import { float32 } from './kernels/float32.mjs'
import { float64 } from './kernels/float64.mjs'
import { float64Control } from './kernels/float64-control.mjs'
import { generator } from './kernels/inputs.mjs'
import { integer, mixed } from './kernels/integer.mjs'

export const kernels = [...float64, ...float64Control, ...float32, ...integer, ...mixed].map((row) => ({
  outs: ['out'],
  ...row,
}))

const arrays = {
  b1: Uint8Array,
  u1: Uint8Array,
  u4: Uint32Array,
  i4: Int32Array,
  i8: BigInt64Array,
  f4: Float32Array,
  f8: Float64Array,
}

/** The dtype codes of a row: of its inputs, and of its results. */
export function codes(row) {
  const inputs = row.types.slice(row.types.lastIndexOf('(') + 1, -1).split(',')
  const result = row.types.match(/[biuf]\d/)[0]
  return { inputs, results: row.outs.map(() => result) }
}

/** n seeded inputs for each argument of a row, in ordinary typed arrays. */
export function inputsOf(row, n, seed = 1) {
  const random = generator(seed)
  const { inputs } = codes(row)
  return Object.values(row.args).map((draw, k) => {
    const data = new arrays[inputs[k]](n)
    for (let i = 0; i < n; i++) data[i] = draw(random, n, i)
    return data
  })
}

/** Zeroed arrays for a row's results. */
export function resultsOf(row, n) {
  return codes(row).results.map((code) => new arrays[code](n))
}

function worst(tolerance, got, want) {
  if ('share' in tolerance) {
    let different = 0
    for (let i = 0; i < want.length; i++) if (got[i] !== want[i]) different++
    return { error: different / want.length, limit: tolerance.share, unit: 'of the elements' }
  }
  const single = want instanceof Float32Array
  const [limit, unit, scale] =
    'ulp' in tolerance
      ? [
          tolerance.ulp,
          'ulp',
          (x) => Math.max(Math.abs(x), single ? 2 ** -126 : 2 ** -1022) * (single ? 2 ** -23 : 2 ** -52),
        ]
      : 'relative' in tolerance
        ? [tolerance.relative, 'relative', Math.abs]
        : [tolerance.absolute, 'absolute', () => 1]
  let error = 0
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i]) || got[i] === want[i]) continue
    const distance = Math.abs(Number(got[i]) - Number(want[i])) / scale(Number(want[i]))
    if (!(distance <= error)) error = distance
  }
  return { error, limit, unit }
}

/** Throws unless both lists of results agree within the row's tolerance. */
export function compare(row, who, got, want) {
  want.forEach((expected, k) => {
    if (got[k].length !== expected.length)
      throw new Error(`${row.name} ${row.types}: ${who} gave ${got[k].length} elements`)
    const { error, limit, unit } = worst(row.tolerance, got[k], expected)
    if (!(error <= limit)) {
      throw new Error(
        `${row.name} ${row.types}: ${who} is ${error} ${unit} away from the plain loop, ${limit} allowed`,
      )
    }
  })
}
