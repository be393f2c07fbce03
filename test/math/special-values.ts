/** What must come out exactly: zeros with their signs, infinities, NaN, and landmarks; every function has a row. */
import { type Op, opRow } from '../../src/loops/kernel/ops.ts'

type Float = 'f4' | 'f8'
type Row = readonly number[]

const tiny = 2 ** -1074
/** The least number above 1, and the greatest below. */
const [above, below] = [1 + 2 ** -52, 1 - 2 ** -53]
const landmarks: Partial<Record<Op, readonly (readonly number[])[]>> = {
  log2: [
    [1, 0],
    [8, 3],
    [2 ** -1074, -1074],
    [2 ** 1023, 1023],
    [-1, NaN],
  ],
  exp2: [
    [0, 1],
    [10, 1024],
    [-1074, tiny],
    [-1075, 0],
    [1023, 2 ** 1023],
    [1024, Infinity],
    [-Infinity, 0],
    [Infinity, Infinity],
    [NaN, NaN],
  ],
  erf: [
    [0, 0],
    [-0, -0],
    [Infinity, 1],
    [-Infinity, -1],
    [6, 1],
    [NaN, NaN],
    [tiny, tiny],
    [0.5, 0.5204998778130465],
  ],
  erfc: [
    [0, 1],
    [-0, 1],
    [Infinity, 0],
    [-Infinity, 2],
    [28, 0],
    [NaN, NaN],
    [-6, 2],
    [tiny, 1],
  ],
  gamma: [
    [0, Infinity],
    [-0, -Infinity],
    [-1, NaN],
    [-1e300, NaN],
    [1, 1],
    [2, 1],
    [5, 24],
    [11, 3628800],
    [23, 1.1240007277776077e21],
    [0.5, 1.772453850905516],
    [-0.5, -3.544907701811032],
    [-1.5, 2.363271801207355],
    [171.6243769563027, 1.7976931348622299e308],
    [171.62437695630274, Infinity],
    [172, Infinity],
    [Infinity, Infinity],
    [-Infinity, NaN],
    [NaN, NaN],
    [tiny, Infinity],
    [-tiny, -Infinity],
    [2 ** -1000, 2 ** 1000],
    [-177.5, tiny],
    [-176.5, -242 * tiny],
    [-182.5, -0],
    [-190.5, -0],
    [-191.5, 0],
    [-1000.5, -0],
  ],
  lgamma: [
    [0, Infinity],
    [-0, Infinity],
    [-1, Infinity],
    [-1e300, Infinity],
    [1, 0],
    [2, 0],
    [3, Math.LN2],
    [Infinity, Infinity],
    [-Infinity, Infinity],
    [NaN, NaN],
    [tiny, 744.4400719213812],
    [-tiny, 744.4400719213812],
    [-1.5, 0.860047015376481],
    [-2.4570247382208006, 5.619192358950097e-17],
    [2.559983327851638e305, 1.7976931348623155e308],
    [2.5599833278516387e305, Infinity],
    [above, -1.2816762426960008e-16],
  ],
  logaddexp: [
    [0, 0, Math.LN2],
    [1e308, 1e308, 1e308],
    [-1e308, 1e308, 1e308],
    [Infinity, -Infinity, Infinity],
    [-Infinity, -Infinity, -Infinity],
    [-Infinity, 3, 3],
    [-0, -Infinity, 0],
    [Infinity, Infinity, Infinity],
    [NaN, Infinity, NaN],
    [-Infinity, NaN, NaN],
    [0, -745, tiny],
    [0, -750, 0],
    [-0, -750, 0],
    [tiny, -745, 2 * tiny],
    [-Math.LN2, -Math.LN2, 2.3190468138462996e-17],
    [1000, 1000, 1000.6931471805599],
    [5, -Infinity, 5],
  ],
  sinpi: [
    [0, 0],
    [-0, -0],
    [1, 0],
    [-1, -0],
    [2, 0],
    [0.5, 1],
    [1.5, -1],
    [-0.5, -1],
    [2 ** 52 + 1, 0],
    [1e300, 0],
    [-1e300, -0],
    [1 / 6, 0.5],
    [tiny, 3 * tiny],
    [Infinity, NaN],
  ],
  cospi: [
    [0, 1],
    [0.5, 0],
    [-0.5, 0],
    [1.5, 0],
    [1, -1],
    [2 ** 53 - 1, -1],
    [1e300, 1],
    [tiny, 1],
    [-Infinity, NaN],
  ],
  nextafter: [
    [1, 2, above],
    [1, 0, below],
    [-1, -2, -above],
    [0, 1, tiny],
    [0, -1, -tiny],
    [-0, 0, 0],
    [0, -0, -0],
    [tiny, 0, 0],
    [-tiny, 0, -0],
    [Number.MAX_VALUE, Infinity, Infinity],
    [Infinity, 0, Number.MAX_VALUE],
    [NaN, 1, NaN],
    [1, NaN, NaN],
    [5, 5, 5],
  ],
  ldexp: [
    [0.75, 4, 12],
    [1, -1074, tiny],
    [1, -1075, 0],
    [3, -1075, 2 * tiny],
    [tiny, 2097, 2 ** 1023],
    [2 ** 1023, -2097, tiny],
    [1, 1024, Infinity],
    [-1, 5000, -Infinity],
    [-1, -5000, -0],
    [-0, 5, -0],
    [Infinity, -5000, Infinity],
    [NaN, 1, NaN],
  ],
  mantissa: [
    [8, 0.5],
    [-3, -0.75],
    [tiny, 0.5],
    [-0, -0],
    [Infinity, Infinity],
    [NaN, NaN],
    [Number.MAX_VALUE, below],
  ],
  exponent: [
    [8, 4],
    [-3, 2],
    [tiny, -1073],
    [0, 0],
    [-Infinity, 0],
    [NaN, 0],
    [Number.MAX_VALUE, 1024],
  ],
  log10: [
    [1, 0],
    [1000, 3],
    [1e15, 15],
    [1e22, 22],
    [0, -Infinity],
  ],
  log1p: [
    [tiny, tiny],
    [-1, -Infinity],
    [-1.5, NaN],
    [1e-20, 1e-20],
  ],
  cbrt: [
    [27, 3],
    [-343, -7],
    [1e-27, 1e-9],
    [1e300, 1e100],
    [3 * tiny, 2.4564162998551826e-108],
  ],
  hypot: [
    [3, 4, 5],
    [Infinity, NaN, Infinity],
    [NaN, 1, NaN],
    [1e300, 1e-300, 1e300],
    [tiny, 0, tiny],
  ],
  tan: [
    [tiny, tiny],
    [Math.PI / 4, 0.9999999999999999],
    [Math.PI / 2, 16331239353195370],
  ],
  rem: [
    [5.5, 2, 1.5],
    [-6, 3, -0],
    [1e308, tiny, 0],
    [1, Infinity, 1],
    [Infinity, 1, NaN],
    [1, 0, NaN],
    [1e300, 3, 1e300 % 3],
  ],
  asinh: [
    [tiny, tiny],
    [-1e-10, -1e-10],
  ],
  acosh: [
    [1, 0],
    [0.5, NaN],
  ],
  atanh: [
    [1, Infinity],
    [-1, -Infinity],
    [2, NaN],
    [-tiny, -tiny],
  ],

  exp: [
    [0, 1],
    [-745.2, 0],
    [-745.1332191019411, tiny],
    [709.8, Infinity],
  ],
  expm1: [
    [tiny, tiny],
    [-tiny, -tiny],
    [-50, -1],
    [-1e300, -1],
    [710, Infinity],
  ],
  log: [
    [1, 0],
    [tiny, -744.4400719213812],
    [-tiny, NaN],
    [Number.MAX_VALUE, 709.782712893384],
  ],
  sin: [
    [Math.PI, 1.2246467991473532e-16],
    [1e22, -0.8522008497671888],
    [tiny, tiny],
    [-tiny, -tiny],
  ],
  cos: [
    [Math.PI, -1],
    [tiny, 1],
    [6381956970095103 * 2 ** 797, -4.687165924254628e-19],
  ],
  tanh: [
    [tiny, tiny],
    [-tiny, -tiny],
    [22, 1],
    [-1e300, -1],
  ],
  sinh: [
    [tiny, tiny],
    [711, Infinity],
    [-711, -Infinity],
  ],
  cosh: [
    [tiny, 1],
    [-711, Infinity],
  ],
  atan: [
    [1, Math.PI / 4],
    [1e300, Math.PI / 2],
    [tiny, tiny],
  ],
  asin: [
    [1, Math.PI / 2],
    [-1, -Math.PI / 2],
    [1.0000000000000002, NaN],
    [tiny, tiny],
  ],
  acos: [
    [1, 0],
    [-1, Math.PI],
    [0, Math.PI / 2],
    [-1.0000000000000002, NaN],
  ],
  atan2: [
    [0, -1, Math.PI],
    [-0, -1, -Math.PI],
    [tiny, 1, tiny],
    [1, tiny, Math.PI / 2],
    [tiny, tiny, Math.PI / 4],
    [1e308, -1e308, 2.356194490192345],
    [tiny, 2, 0],
    [-tiny, 4, -0],
    [1e-310, 1e-300, 1e-310 / 1e-300],
  ],
  pow: [
    [2, 10, 1024],
    [10, 2, 100],
    [10, 22, 1e22],
    [2, -1074, tiny],
    [2, -1075, 0],
    [2, 1024, Infinity],
    [-2, 3, -8],
    [-2, 0.5, NaN],
    [NaN, 0, 1],
    [1, Infinity, NaN],
    [-1, -Infinity, NaN],
    [0, -1, Infinity],
    [-0, -1, -Infinity],
    [-0, -2, Infinity],
    [tiny, 0.5, 2.2227587494850775e-162],
    [0.5, 1e300, 0],
    [9, 0.5, 3],
    [-Infinity, 3, -Infinity],
    [4, tiny, 1],
    [1, NaN, NaN],
  ],
}

const ordinary = [0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, Infinity, -Infinity, NaN, 1e30, -1e30]
const [largest, least] = [3.4028234663852886e38, 2 ** -149]
/** Ends of the formats, where exponentials overflow, and arguments of many turns. */
const far = [
  tiny,
  2 ** -1022,
  least,
  2 ** -126,
  Number.MAX_VALUE,
  largest,
  88.8,
  104,
  709.9,
  745.2,
  1e5,
  1e22,
  2 ** 60,
]
const edges = [...ordinary, ...far, ...far.map((x) => -x)]

const byEngine = (name: Op): ((...args: number[]) => number) | undefined => {
  const { math } = opRow(name)
  if (name === 'rem') return (a, b) => a % b
  return math ? Math[math as 'pow'] : undefined
}

/** Operands at which a function on a type is asked; for f4 they have been rounded. */
export function rowsOf(name: Op, type: Float): Row[] {
  const pairs = ordinary.flatMap((x) => ordinary.map((y) => [x, y]))
  const rows = opRow(name).arity === 1 ? edges.map((x) => [x]) : pairs
  const all = [...rows, ...(landmarks[name] ?? []).map((row) => row.slice(0, -1))]
  return type === 'f8' ? all : all.map((row) => row.map(Math.fround))
}

/** The kinds of results that are the same on every engine. */
const isSpecial = (x: number) => !Number.isFinite(x) || x === 0 || Math.abs(x) === 1

function isRight(got: number, exact: number, type: Float): boolean {
  const want = type === 'f4' ? Math.fround(exact) : exact
  // Where e^x is next to 1 engines differ in the last place.
  if (isSpecial(want) && isSpecial(exact)) return Object.is(got, want)
  return Math.abs(got - exact) <= 1e-6 * Math.abs(exact) + (type === 'f4' ? least : tiny) || got === want
}

/** What is wrong with the results at `rowsOf`. */
export function mistakes(name: Op, type: Float, results: readonly number[]): string[] {
  const rows = rowsOf(name, type)
  const known = landmarks[name] ?? []
  const math = byEngine(name)
  return rows.flatMap((row, i) => {
    const got = results[i] ?? Number.NaN
    const landmark = type === 'f8' ? known[i - rows.length + known.length]?.at(-1) : undefined
    const right =
      landmark === undefined ? !math || isRight(got, math(...row), type) : Object.is(got, landmark)
    return right ? [] : [`${name}(${row}) on ${type} is ${got}, not ${landmark ?? math?.(...row)}`]
  })
}
