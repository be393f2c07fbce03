/**
 * Kernels of every kind, for everything that must not change what a kernel means: the front end, the passes, the targets, and the
 * bundlers that functions pass through before they are read. Plain functions and factories, with what they capture beside them; plain
 * JavaScript that imports nothing, so the module can be given to any tool as it is. Every kernel ends for every input.
 */

// What kernels capture

export const square = (x) => x * x
export function clampTo(x, low, high) {
  if (x < low) return low
  return x > high ? high : x
}
export const divide = (a, b) => {
  const q = Math.floor(a / b)
  return [q, a - q * b]
}
export const twice = (x) => square2(x) + 1 - 1
function square2(x) {
  return 2 * x
}
export const gravity = 9.81
export const weights = new Float64Array([0.5, 0.25, 0.125, 0.0625])
export const steps = new Int16Array([-3, 0, 7, 12])
export const colours = new Uint8Array([10, 200, 30, 255, 0])
export const coefficients = [1, 0.5, 0.25, -0.125]
/** One kernel: its name, the dtypes of its operands (a list for each signature), the function, and what the factory captures. */
const rows = []
const row = (name, inputs, kernel, env) => {
  const lists = inputs.split(' ').map((list) => list.split(','))
  rows.push(env ? { name, inputs: lists, kernel, env } : { name, inputs: lists, kernel })
}

// Expressions

row('sum', 'f8,f8 i4,i4 u1,u1 i2,u1', (x, y) => x + y)
row('difference of products', 'f8,f8 i2,i2', (x, y) => x * x - y * y)
row('quotient', 'f8,f8 i4,i4 u1,u1', (x, y) => x / y)
row('remainder', 'f8,f8', (x, y) => x % y)
row('negation', 'f8 i4', (x) => -x)
row('plus', 'f8 i4', (x) => +x)
row('mean', 'f8,f8 i4,i4 u1,u1', (x, y) => (x + y) / 2)
row('polynomial', 'f8 i2', (x) => ((3 * x - 2) * x + 0.5) * x - 7)
row('rational', 'f8', (x) => (x * x + 1.5) / (x * x * x - 2))
row('square', 'f8 i2', (x) => x ** 2)
row('integer powers', 'i2 u1', (x) => x ** 3 - x ** 0 + x ** 1)
row('negative zero', 'f8', (x) => (x === 0 ? 1 / x : -0 * x))
row('folded constants', 'f8', (x) => x * (4 / 2) + (7 % 4) - (1 << 3) + 0.5 * 4)
row('folded infinities', 'f8', (x) => (x > 0 ? 1 / 0 : x < 0 ? -1 / 0 : 0 / 0))
row('hexadecimal and exponents', 'f8 i4', (x) => x + 0xff - 1e3 + 0b101 + 1_000)

// Comparison and choice

row('conditional', 'f8,f8 i4,i4', (x, y) => (x > y ? x - y : y - x))
row('nested conditionals', 'f8 i4', (x) => (x < -1 ? -1 : x > 1 ? 1 : x))
row(
  'comparisons added',
  'f8,f8',
  (x, y) => Number(x < y) + Number(x <= y) * 2 + Number(x == y) * 4 + Number(x != y) * 8,
)
row(
  'strict comparisons',
  'f8,f8 i4,i4',
  (x, y) => Number(x === y) + Number(x !== y) * 2 + Number(x > y) * 4 + Number(x >= y) * 8,
)
row('and or as conditions', 'f8,f8 i4,i4', (x, y) => ((x > 0 && y > 0) || (x < 0 && y < 0) ? 1 : 0))
row('and or as values', 'f8,f8 i4,i4', (x, y) => (x && y) + (x || y))
row('truth of numbers', 'f8 i4', (x) => (x ? 3 : 4) + (!x ? 10 : 20) + (!!x ? 100 : 200))
row('nullish', 'f8', (x) => (x ?? 5) + 1)
row('boolean result', 'f8,f8 i4,i4', (x, y) => x < y)
row('assignment in a condition', 'f8', (x) => {
  let y = 0
  if ((y = x * 2) > 3) y -= 3
  return y
})
row('effects in conditions', 'f8,f8', (x, y) => {
  let n = 0
  if (x > 0 && (n += 1) && y > 0) n += 10
  if (x < 0 || ((n += 100), y < 0)) n += 1e3
  const z = x > y ? ((n += 3), x) : ((n += 5), y)
  return n + (z > 0 ? 1 : 0)
})

// Bits

row('bitwise', 'f8,f8 i4,i4 u1,u1', (x, y) => (x & y) + (x | y) * 2 - (x ^ y) + ~x)
row('shifts', 'f8,f8 i4,i4', (x, y) => (x << y) + (x >> y) - (x >>> y))
row('to int32', 'f8 u4', (x) => (x | 0) + (x >>> 0) + ~~x)
row('population count', 'f8 u4 i4', (x) => {
  let v = x - ((x >>> 1) & 1431655765)
  v = (v & 858993459) + ((v >>> 2) & 858993459)
  return (((v + (v >>> 4)) & 252645135) * 16843009) >>> 24
})
row('imul and clz32', 'f8,f8 i4,i4', (x, y) => Math.imul(x, y) + Math.clz32(x))
row('integer division', 'i4,i4', (x, y) => (y === 0 ? 0 : Math.trunc(x / y) * 1e3 + Math.floor(x / y)))
row('quotients as int32', 'f8,f8 i4,i4', (x, y) => ((x / y) | 0) + ~~(x / y) + ((x / y) >> 1))

// Math

row('roots', 'f8 i4', (x) => Math.sqrt(x) + Math.sqrt(Math.abs(x)))
row('rounding', 'f8 i4', (x) => Math.floor(x) + Math.ceil(x) * 2 + Math.trunc(x) * 4 + Math.round(x) * 8)
row('sign and abs', 'f8 i4 u1', (x) => Math.sign(x) * Math.abs(x) + 1)
row('min and max', 'f8,f8 i4,i4', (x, y) => Math.min(x, y, 3) - Math.max(x, y))
row('min of nothing', 'f8', (x) => (x > 0 ? Math.min() : Math.max()))
row('fround', 'f8', (x) => Math.fround(x) * 3)
row(
  'predicates',
  'f8 i4',
  (x) =>
    Number(Number.isNaN(x)) +
    Number(isFinite(x)) * 2 +
    Number(Number.isInteger(x)) * 4 +
    Number(Number.isSafeInteger(x)) * 8 +
    Number(isNaN(x)) * 16 +
    Number(Number.isFinite(x)) * 32,
)
row(
  'constants',
  'f8',
  (x) => x * Math.PI + Math.E - Math.SQRT2 + Number.EPSILON * x + Number.MAX_SAFE_INTEGER,
)
row(
  'exponentials',
  'f8',
  (x) => Math.exp(-x) + Math.expm1(x) + Math.log(x) + Math.log1p(x) + Math.log2(x) + Math.log10(x),
)
row(
  'trigonometry',
  'f8',
  (x) => Math.sin(x) * Math.cos(x) + Math.tan(x) + Math.asin(x) + Math.acos(x) + Math.atan(x),
)
row(
  'hyperbolic',
  'f8',
  (x) => Math.sinh(x) + Math.cosh(x) + Math.tanh(x) + Math.asinh(x) + Math.acosh(x) + Math.atanh(x),
)
row(
  'functions of two',
  'f8,f8',
  (x, y) => Math.atan2(y, x) + Math.hypot(x, y) + Math.pow(x, y) + Math.cbrt(x),
)
row('clamp', 'f8,f8,f8 i4,i4,i4', (x, low, high) => Math.min(Math.max(x, low), high))
row('softplus', 'f8', (x) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0))

// Variables

row('const and let', 'f8,f8 i2,i2', (x, y) => {
  const a = x + 1
  let b = a * y
  b = b - a
  return b
})
row('var before its declaration', 'f8', (x) => {
  u = x * 2
  for (var i = 0; i < 3; i++) var u = u + i
  return u + i
})
row('compound assignment', 'f8,f8', (x, y) => {
  let a = x
  a += y
  a -= 2
  a *= y
  a /= 3
  a %= 7
  a **= 2
  let b = x | 0
  b <<= 3
  b >>= 1
  b >>>= 2
  b &= 255
  b |= 16
  b ^= 3
  return a + b
})
row('logical assignment', 'f8,f8', (x, y) => {
  let a = x
  let b = y
  a &&= y
  b ||= x
  a ??= 5
  const c = b ?? 7
  return a - c
})
row('increments as values', 'f8', (x) => {
  let i = x
  const a = i++ * 2
  const b = ++i * 3
  const c = i-- * 5
  const d = --i * 7
  return a + b + c + d + i
})
row('order of evaluation', 'f8,f8', (x, y) => {
  let a = x
  const first = a + (a = y) * a
  const second = a++ + a
  return first - second + (a *= 2) + a
})
row('assigned parameters', 'f8,f8 i4,i4', (x, y) => {
  x = x + y
  y = x - y
  return x * 2 - y
})
row('shadowing', 'f8', (x) => {
  let y = x
  {
    const x2 = y * 2
    y = x2 + 1
  }
  for (let x2 = 0; x2 < 2; x2++) y += x2
  return y + x
})
row('unset variable', 'f8', (x) => {
  let y
  if (x > 0) y = 1
  return y + x
})
row('default parameters', 'f8,f8', (x, y = 2 * x) => x * y)

// Statements

row('if else', 'f8 i4', (x) => {
  let y
  if (x < 0) y = -1
  else if (x > 0) y = 1
  else y = 0
  return y
})
row('early returns', 'f8 i4', (x) => {
  if (x < -10) return -1
  if (x > 10) {
    if (x > 100) return 3
    return 2
  }
  const y = x * 2
  return y + 1
})
row('half early return', 'f8', (x) => {
  if (x > 0) {
    if (x > 2) return 7
    x = 1
  }
  return x * 2
})
row('for', 'f8 i4', (x) => {
  let sum = 0
  for (let i = 0; i < 10; i++) sum += i * x
  return sum
})
row('for in both directions', 'f8', (x) => {
  let sum = x
  for (let i = 0, j = 10; i < j; i += 2, j--) sum += i - j * 0.5
  return sum
})
row('while', 'f8', (x) => {
  let n = 0
  while (x > 1 && n < 60) {
    x /= 2
    n++
  }
  return n
})
row('do while', 'f8', (x) => {
  let n = 0
  do {
    n += 1
    if (n === 2) continue
    x = x * 0.5
  } while (x > 1 && n < 50)
  return x + n
})
row('break and continue', 'f8', (x) => {
  let sum = 0
  for (let i = 0; i < 20; i++) {
    if (i % 3 === 0) continue
    if (i > x) break
    sum += i
  }
  return sum
})
row('labels', 'f8', (x) => {
  let count = 0
  outer: for (let i = 0; i < 6; i++) {
    for (let j = 0; j < 6; j++) {
      if (j > i) continue outer
      if (i * j > x) break outer
      count++
    }
  }
  block: {
    if (count > 5) break block
    count += 100
  }
  return count
})
row('return from a loop', 'f8', (x) => {
  for (let i = 0; i < 10; i++) {
    if (i * i > x) return i
  }
  return -1
})
row('endless loop with return', 'f8', (x) => {
  let n = 0
  for (;;) {
    if (n > 20 || n * n >= x) return n
    n++
  }
})
row('switch', 'i4 u1', (x) => {
  switch (x) {
    case 0:
      return 10
    case 1:
    case 2:
      return 20
    default:
      return 30
  }
})
row('switch that falls through', 'f8 i4', (x) => {
  let sum = 0
  switch (x) {
    case 1:
      sum += 1
    default:
      sum += 10
    case 3:
      sum += 100
      break
    case -1:
      sum += 1e3
  }
  return sum
})
row('switch in a loop', 'f8', (x) => {
  let sum = 0
  for (let i = 0; i < 5; i++) {
    switch (i) {
      case 0:
        continue
      case 3:
        if (x > 0) break
        sum += 7
        break
      default:
        sum += i
    }
    sum += 0.5
  }
  return sum
})
row('comma', 'f8', (x) => {
  let y = 0
  for (let i = 0; (y += x), i < 3; y++, i++);
  return (y++, y)
})
row('Collatz', 'i4 u1', (x) => {
  let n = 0
  while (x > 1 && n < 200) {
    x = x % 2 === 0 ? x / 2 : 3 * x + 1
    n++
  }
  return n
})
row('Newton cube root', 'f8', (x) => {
  let y = x / 3
  for (let i = 0; i < 60; i++) {
    const next = (2 * y + x / (y * y)) / 3
    if (Math.abs(next - y) < 1e-12) break
    y = next
  }
  return y
})
row('Mandelbrot', 'f8,f8', (cx, cy) => {
  let x = 0
  let y = 0
  let n = 0
  while (n < 50 && x * x + y * y <= 4) {
    const t = x * x - y * y + cx
    y = 2 * x * y + cy
    x = t
    n++
  }
  return n
})

// Tuples and functions

row('tuple result', 'f8,f8 i4,i4', (x, y) => [x + y, x - y])
row('tuple from branches', 'f8', (x) => {
  if (x < 0) return [-x, 1]
  return [x, 0]
})
row('swap', 'f8,f8', (x, y) => {
  let a = x
  let b = y
  ;[a, b] = [b, a]
  ;[a, b] = [a + b, a - b]
  return a * 3 + b
})
row('destructured', 'f8,f8', (x, y) => {
  const pair = (a, b) => [a * b, a + b]
  const [p, s] = pair(x, y)
  const [, q = 5] = pair(s, p)
  return p - s * q
})
row('tuple elements', 'f8,f8', (x, y) => {
  const v = [x, y, x + y]
  v[0] += v[2]
  return v[0] * v[1] - v.length
})
row('local functions', 'f8 i4', (x) => {
  const double = (v) => v * 2
  function half(v) {
    return v / 2
  }
  const both = function (v) {
    return double(v) + half(v)
  }
  return both(x) + later(x)
  function later(v) {
    return v + 1
  }
})
row('closures', 'f8', (x) => {
  let n = 0
  const add = (v) => {
    n += v
    return n
  }
  const first = add(x) + add(1)
  for (let i = 0; i < 3; i++) {
    const scaled = (v) => v * i
    add(scaled(x))
  }
  return first + n
})
row('function with early return', 'f8,f8', (x, y) => {
  const sign = (v) => {
    for (let i = 0; i < 2; i++) if (v < -i) return -1 - i
    return v > 0 ? 1 : 0
  }
  return sign(x) * 10 + sign(y)
})
row('function with defaults', 'f8', (x) => {
  const scale = (v, by = 3, plus = by * 2) => v * by + plus
  return scale(x) + scale(x, 2) - scale(x, 2, 1)
})
row('names of Math', 'f8', (x) => {
  const { sqrt, abs, PI } = Math
  const M = Math
  return sqrt(abs(x)) * PI + M.floor(x)
})

// Captured values

row(
  'captured number',
  'f8',
  ({ g }) =>
    (t) =>
      0.5 * g * t * t,
  { g: gravity },
)
row(
  'captured function',
  'f8 i2',
  ({ f }) =>
    (x) =>
      f(x) + f(x + 1),
  { f: square },
)
row(
  'captured native',
  'f8',
  ({ root, top }) =>
    (x) =>
      root(top(x, 0)),
  { root: Math.sqrt, top: Math.max },
)
row(
  'captured function with statements',
  'f8,f8',
  ({ clamp }) =>
    (x, y) =>
      clamp(x, -y, y),
  { clamp: clampTo },
)
row(
  'captured tuple function',
  'f8,f8',
  ({ divmod }) =>
    (x, y) => {
      const [q, r] = divmod(x, y)
      return q * 10 + r
    },
  { divmod: divide },
)
row(
  'captured table',
  'f8 i4',
  ({ t }) =>
    (x) => {
      const i = Math.min(Math.max(Math.trunc(x), 0), t.length - 1)
      return i === i ? t[i] * x : -1
    },
  { t: weights },
)
row(
  'sum of a table',
  'f8',
  ({ t }) =>
    (x) => {
      let sum = 0
      for (let i = 0; i < t.length; i++) sum += t[i] * x
      return sum
    },
  { t: steps },
)
row(
  'palette',
  'u1 i4',
  ({ palette }) =>
    (x) =>
      x >= 0 && x < palette.length ? palette[x] : 0,
  { palette: colours },
)
row(
  'plain array',
  'f8',
  ({ c }) =>
    (x) => {
      let sum = 0
      for (let i = c.length - 1; i >= 0; i--) sum = sum * x + c[i]
      const [a] = c
      return sum + a
    },
  { c: coefficients },
)
row(
  'env as a whole',
  'f8',
  (env) => {
    const twiceG = env.g * 2
    return (t) => twiceG * t + env.deep.h
  },
  { g: gravity, deep: { h: 3 } },
)
row(
  'captured switch',
  'f8',
  ({ fast, f }) =>
    (x) =>
      fast ? x * 2 : f(x),
  { fast: true, f: square },
)
row(
  'factory in long form',
  'f8',
  function ({ a, b = 2 }) {
    const k = a * b
    function kernel(x) {
      return x * k + b
    }
    return kernel
  },
  { a: 3 },
)
export const corpus = rows
