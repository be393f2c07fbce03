// A fixed table of kernels, and a hash of what each gives: the same in every engine when nothing is used in which they differ.
// Plain JavaScript, so that every Node runs it as it is, and pages and bundlers too.

const one = ['f8(f8)', 'f4(f4)']
const two = ['f8(f8,f8)', 'f4(f4,f4)']

/** Signatures, kernel, and what operands are made of: floats, fractions or integers. */
const table = {
  exp: [one, (x) => Math.exp(x), 'floats'],
  log: [one, (x) => Math.log(Math.abs(x)), 'floats'],
  log1p: [one, (x) => Math.log1p(x), 'fractions'],
  sin: [one, (x) => Math.sin(x), 'floats'],
  cos: [one, (x) => Math.cos(x), 'floats'],
  tan: [one, (x) => Math.tan(x), 'floats'],
  tanh: [one, (x) => Math.tanh(x), 'floats'],
  asinh: [one, (x) => Math.asinh(x), 'floats'],
  acos: [one, (x) => Math.acos(x), 'fractions'],
  cbrt: [one, (x) => Math.cbrt(x), 'floats'],
  pow: [two, (x, y) => Math.abs(x) ** y, 'floats'],
  atan2: [two, (x, y) => Math.atan2(x, y), 'floats'],
  hypot: [two, (x, y) => Math.hypot(x, y), 'floats'],
  softplus: [one, (x) => (x > 30 ? x : Math.log1p(Math.exp(x))), 'floats'],
  'Black-Scholes': [
    ['f8(f8,f8)'],
    (s, k) => {
      const strike = Math.abs(k) + 1
      const price = Math.abs(s) + 1
      const d = (Math.log(price / strike) + 0.045) / 0.3
      const a = Math.abs(d)
      const t = 1 / (1 + 0.2316419 * a)
      const n = 0.39894228 * Math.exp(-0.5 * a * a) * t * (0.31938153 + t * (-0.356563782 + t * 1.781477937))
      return price * (d > 0 ? 1 - n : n) - strike * Math.exp(-0.02) * (d > 0.3 ? 1 - n : n)
    },
    'floats',
  ],
  Mandelbrot: [
    ['i4(f8,f8)'],
    (a, b) => {
      let x = 0
      let y = 0
      let n = 0
      while (n < 100 && x * x + y * y < 4) {
        const t = x * x - y * y + a
        y = 2 * x * y + b
        x = t
        n++
      }
      return n
    },
    'fractions',
  ],
  Collatz: [
    ['i4(i4)'],
    (x) => {
      let n = 0
      let v = Math.abs(x % 5000) + 1
      while (v !== 1 && n < 300) {
        v = v % 2 === 0 ? Math.floor(v / 2) : 3 * v + 1
        n++
      }
      return n
    },
    'integers',
  ],
  blend: [['u1(u1,u1)'], (a, b) => Math.min(255, a + b), 'integers'],
  mean: [['i4(i4,i4)'], (a, b) => (a + b) / 2, 'integers'],
  remainder: [['i4(i4,i4)', 'f8(f8,f8)'], (a, b) => a % b, 'integers'],
}

const arrays = { f8: Float64Array, f4: Float32Array, i4: Int32Array, u1: Uint8Array }
const n = 20_000

/** Numbers of all sizes from a generator that is the same everywhere. */
function numbers(kind, seed) {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return Array.from({ length: n }, (_, i) => {
    const x = 2 * next() - 1
    if (kind === 'fractions') return x
    if (kind === 'integers') return Math.trunc(x * 2 ** (4 + (i % 28)))
    return i % 97 === 0 ? [0, -0, Infinity, -Infinity, NaN][i % 5] : x * 2 ** ((i % 19) - 9)
  })
}

/** FNV-1a over the bytes; all NaNs count as one value. */
export function hashOf(data) {
  if (data instanceof Float64Array || data instanceof Float32Array)
    for (let i = 0; i < data.length; i++) if (Number.isNaN(data[i])) data[i] = NaN
  let hash = 0x811c9dc5
  for (const byte of new Uint8Array(data.slice().buffer)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash.toString(16).padStart(8, '0')
}

/** A hash for each kernel and signature, and for sums; `call` is given the function and its operands. */
export async function hashes({ vectorize }, target, call = (f, operands) => f(...operands)) {
  const found = {}
  for (const [name, [signatures, kernel, kind]] of Object.entries(table))
    for (const signature of signatures) {
      const f = vectorize([signature], kernel, { target })
      const codes = signature.slice(signature.indexOf('(') + 1, -1).split(',')
      const operands = codes.map((code, k) => arrays[code].from(numbers(kind, 7 + k)))
      found[`${name} ${signature}`] = hashOf((await call(f, operands)).data)
    }
  const add = vectorize(['f8(f8,f8)'], (x, y) => x + y, { identity: 0, target })
  found.sum = hashOf(Float64Array.of(add.reduce(Float64Array.from(numbers('fractions', 3)))))
  return found
}
