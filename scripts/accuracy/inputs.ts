/** Operands to measure functions at: random bit patterns, the ranges where a function does its work, and awkward places. */
import { fuses } from '../../src/loops/fuses.ts'
import { functionNames } from '../../src/loops/kernel/math/functions.ts'
import type { Op } from '../../src/loops/kernel/ops.ts'

/** What is measured: the functions that are written in IR, and those that are one instruction or a few. */
export const measured: readonly Op[] = [...functionNames, 'sqrt', 'round', 'trunc', 'floor', 'ceil', 'sign']

/** Without fused multiply-adds, and with them where that makes a difference and the engine has them. */
export const waysOf = (name: Op): readonly boolean[] =>
  fuses() && functionNames.includes(name) ? [false, true] : [false]

/** mulberry32: the same numbers on every run. */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const words = new Uint32Array(2)
const double = new Float64Array(words.buffer)

function anyBits(random: () => number): number {
  words[0] = random() * 2 ** 32
  words[1] = random() * 2 ** 32
  return double[0] ?? 0
}

/** The numbers that are a few units in the last place away. */
export function neighbours(x: number): number[] {
  double[0] = x
  const [low = 0, high = 0] = words
  return [-3, -2, -1, 0, 1, 2, 3].map((step) => {
    words[1] = high
    words[0] = low + step
    return double[0] ?? 0
  })
}

const special = [
  0,
  1,
  2,
  3,
  0.5,
  0.25,
  Math.PI,
  Math.PI / 2,
  Math.PI / 4,
  Math.E,
  Math.LN2,
  Math.SQRT2,
  10,
  1e22,
]
const edges = [
  2 ** -1074,
  2 ** -1022,
  2 ** 1023,
  Number.MAX_VALUE,
  709.782712893384,
  745.1332191019411,
  8.5e16,
]

/** Worst cases of argument reduction: multiples of pi/2 that lie closest to doubles. */
const nearMultiples = [
  6381956970095103 * 2 ** 797,
  5.319372648326541e255,
  1.5707963267948966e300,
  11 * Math.PI,
]

const awkward = (): number[] => {
  const powers = Array.from({ length: 60 }, (_, k) => 2 ** (k - 30))
  const halfPis = Array.from({ length: 400 }, (_, k) => (k * k * k * Math.PI) / 2)
  const all = [...special, ...edges, ...nearMultiples, ...powers, ...halfPis].flatMap(neighbours)
  return [...all, ...all.map((x) => -x), Infinity, -Infinity, NaN, -0]
}

/** The ranges in which a function is neither trivial nor constant; uniform within each. */
const ranges: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  exp: [
    [-745.2, 709.8],
    [-1, 1],
    [-710, -700],
  ],
  expm1: [
    [-40, 709.8],
    [-1, 1],
    [-0.5, 0.5],
  ],
  log: [
    [0, 4],
    [0.7, 1.5],
    [0.99, 1.01],
    [0, 1e6],
  ],
  log1p: [
    [-1, 4],
    [-0.5, 1],
    [-0.01, 0.01],
  ],
  sin: [
    [-10, 10],
    [-1e5, 1e5],
    [-1e9, 1e9],
    [-1.6, 1.6],
  ],
  tan: [
    [-10, 10],
    [-1e5, 1e5],
    [-1.6, 1.6],
  ],
  asin: [
    [-1, 1],
    [-0.5, 0.5],
    [0.9, 1],
  ],
  atan: [
    [-10, 10],
    [-1, 1],
    [-3, 3],
  ],
  sinh: [
    [-710, 710],
    [-3, 3],
    [-1.2, 1.2],
  ],
  tanh: [
    [-22, 22],
    [-1, 1],
    [-0.1, 0.1],
  ],
  asinh: [
    [-10, 10],
    [-1, 1],
    [-0.6, 0.6],
    [-1e4, 1e4],
  ],
  acosh: [
    [1, 2],
    [1, 1.1],
    [1, 100],
  ],
  erf: [
    [-6, 6],
    [-1, 1],
    [-0.6, 0.6],
  ],
  erfc: [
    [-6, 27.3],
    [0.2, 3],
    [-0.6, 0.6],
    [25, 27.3],
  ],
  cbrt: [
    [-10, 10],
    [0, 1e6],
  ],
  gamma: [
    [-185, 172],
    [-6, 6],
    [0, 3],
  ],
  lgamma: [
    [-20, 20],
    [-6, 6],
    [0.5, 2.5],
    [0, 1e6],
  ],
}
/** Where lgamma is next to 0: the zero at -n is ever closer to it. */
const zerosOfLgamma = [
  -2.4570247382208006, -2.7476826467274127, -3.14358088834998, -3.955294284858598, -4.039361839740537,
  -4.991544640560048, -5.0082181683225935, -5.998607480080875, -6.001385294453155, -6.999801507890638,
  -7.000198333407325, -8.000024800270682, -8.999997244250977, -10.000000275573013, -10.99999997494789,
  -12.000000002087676, -12.99999999983941, -14.00000000001147, -14.999999999999236, -16.000000000000046,
]
const places: Readonly<Record<string, readonly number[]>> = { lgamma: zerosOfLgamma }
const like: Readonly<Record<string, string>> = {
  cos: 'sin',
  log2: 'log',
  log10: 'log',
  acos: 'asin',
  atanh: 'asin',
  cosh: 'sinh',
  exp2: 'exp',
  sinpi: 'asin',
  cospi: 'asin',
}

export function operands(name: string, count: number): Float64Array {
  const random = generator(name.length * 7919 + name.charCodeAt(0))
  const known = ranges[like[name] ?? name] ?? [[-10, 10]]
  const first = [...awkward(), ...(places[name] ?? []).flatMap(neighbours)]
  const out = new Float64Array(Math.max(count, first.length))
  out.set(first)
  for (let k = first.length; k < out.length; k++) {
    const [low, high] = known[k % (known.length + 1)] ?? [0, 0]
    out[k] = low === high ? anyBits(random) : low + random() * (high - low)
  }
  return out
}

/** Pairs, one after another. */
export function pairs(name: string, count: number): Float64Array {
  const random = generator(name.length * 104729)
  const corners = [...special, ...edges, Infinity, NaN].flatMap((x) => [x, -x])
  const out: number[] = corners.flatMap((x) => corners.flatMap((y) => [x, y]))
  for (let k = 0; out.length < 2 * count; k++) {
    const kind = k % 5
    if (kind === 0 && name === 'logaddexp') {
      // Next to where the result is 0; in few digits, as below.
      const x = -random() * Math.LN2
      out.push(
        x,
        Math.fround(Math.log1p(-Math.exp(x))) * (1 + (random() - 0.5) / 2 ** Math.floor(random() * 24)),
      )
    } else if (kind === 0) out.push(anyBits(random), anyBits(random))
    else if (kind === 1) out.push(random() * 20 - 10, random() * 20 - 10)
    else if (kind === 2) {
      // Powers that are neither 0 nor infinite.
      const x = name === 'pow' ? random() * 2 ** Math.floor(random() * 200 - 100) : Math.abs(anyBits(random))
      // In few digits, so that engines whose logarithms differ agree on the operand.
      out.push(x, Math.fround(((random() * 2 - 1) * 745) / Math.log(x)))
    } else if (kind === 3)
      out.push(
        1 + (random() - 0.5) / 2 ** Math.floor(random() * 30),
        (random() - 0.5) * 2 ** Math.floor(random() * 40),
      )
    else {
      const x = anyBits(random)
      out.push(x, x * 2 ** Math.floor(random() * 60 - 30))
    }
  }
  // An exponent is a whole number, and mostly one that leaves something to round.
  if (name === 'ldexp')
    for (let k = 1; k < out.length; k += 2) {
      const n = out[k] ?? 0
      out[k] = Number.isFinite(n) && Math.abs(n) < 1e6 ? Math.trunc(n) : Math.trunc(random() * 4400 - 2200)
    }
  return Float64Array.from(out)
}

/** Some two thousand operands, or pairs: those of the recorded reference values. */
export function recorded(name: string, arity: number): Float64Array {
  const all = arity === 1 ? operands(name, 8000) : pairs(name, 8000)
  const rows = Math.floor(all.length / arity / 4)
  const out = new Float64Array(rows * arity)
  for (let k = 0; k < rows; k++) out.set(all.subarray(4 * k * arity, (4 * k + 1) * arity), k * arity)
  return out
}
