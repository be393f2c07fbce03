/**
 * `lanewise/ufuncs`: NumPy's functions, ready made. Each is a row: loops, kernel, identity. The loops stand in NumPy's order, narrow
 * before wide, so that the search for a loop finds the one that NumPy's does; the kernels are ordinary ones, read from this file's
 * own source, and other kernels can call them.
 *
 * Where NumPy and JavaScript differ, these do as NumPy: floored division with the divisor's sign, integers that wrap, `1 ** NaN`.
 * Where NumPy raises or warns there is a value: dividing an integer by zero is 0, an integer to a negative power is the integer
 * part of the result; booleans are the integers 0 and 1 where NumPy has no loop for them (subtract, negative, sign).
 */
import { readyMade as vectorize } from './vectorize/ready-made.ts'

const integers = [
  ...(['i1(i1,i1)', 'u1(u1,u1)', 'i2(i2,i2)', 'u2(u2,u2)'] as const),
  ...(['i4(i4,i4)', 'u4(u4,u4)', 'i8(i8,i8)', 'u8(u8,u8)'] as const),
] as const
const floats = ['f4(f4,f4)', 'f8(f8,f8)'] as const
const numbers = [...integers, ...floats] as const
const all = ['b1(b1,b1)', ...numbers] as const
/** Integers are divided in float64; float32 stays what it is beside those that it holds exactly. */
const quotients = [
  ...(['f8(f8,f8)', 'f4(f4,f4)', 'f4(f4,b1)', 'f4(f4,i1)', 'f4(f4,u1)', 'f4(f4,i2)'] as const),
  ...(['f4(f4,u2)', 'f4(b1,f4)', 'f4(i1,f4)', 'f4(u1,f4)', 'f4(i2,f4)', 'f4(u2,f4)'] as const),
] as const
const questions2 = [
  ...(['b1(b1,b1)', 'b1(i1,i1)', 'b1(u1,u1)', 'b1(i2,i2)', 'b1(u2,u2)', 'b1(i4,i4)'] as const),
  ...(['b1(u4,u4)', 'b1(i8,i8)', 'b1(u8,u8)', 'b1(f4,f4)', 'b1(f8,f8)'] as const),
] as const
const numbers1 = [
  ...(['i1(i1)', 'u1(u1)', 'i2(i2)', 'u2(u2)', 'i4(i4)'] as const),
  ...(['u4(u4)', 'i8(i8)', 'u8(u8)', 'f4(f4)', 'f8(f8)'] as const),
] as const
const floats1 = ['f4(f4)', 'f8(f8)'] as const
const questions1 = [
  ...(['b1(b1)', 'b1(i1)', 'b1(u1)', 'b1(i2)', 'b1(u2)', 'b1(i4)'] as const),
  ...(['b1(u4)', 'b1(i8)', 'b1(u8)', 'b1(f4)', 'b1(f8)'] as const),
] as const

// ---- arithmetic

export const add = /* @__PURE__ */ vectorize(all, (x, y) => x + y, {
  name: 'add',
  identity: 0,
  doc: 'x + y; on booleans: or',
})
export const subtract = /* @__PURE__ */ vectorize(numbers, (x, y) => x - y, {
  name: 'subtract',
  doc: 'x - y',
})
export const multiply = /* @__PURE__ */ vectorize(all, (x, y) => x * y, {
  name: 'multiply',
  identity: 1,
  doc: 'x * y; on booleans: and',
})
export const divide = /* @__PURE__ */ vectorize(quotients, (x, y) => x / y, {
  name: 'divide',
  doc: 'x / y, of integers in float64',
})
export const floor_divide = /* @__PURE__ */ vectorize(
  numbers,
  (x, y) => {
    const rest = y === 0 ? 0 : x % y
    const exact = x - rest
    let q = Math.floor(exact / y)
    // The quotient of floats may have been rounded to just below the whole number that it is.
    if (y !== 0 && exact - q * y !== 0 && exact / y - q > 0.5) q += 1
    if (rest !== 0 && rest < 0 !== y < 0) q -= 1
    return q === 0 ? Math.sign(x) * Math.sign(y) * 0 : q
  },
  { name: 'floor_divide', doc: 'the largest integer not above x / y; 0 for an integer divided by 0' },
)
export const remainder = /* @__PURE__ */ vectorize(
  numbers,
  (x, y) => {
    const rest = x % y
    if (rest === 0) return Math.sign(y) * 0
    return rest < 0 !== y < 0 ? rest + y : rest
  },
  { name: 'remainder', doc: 'x - y * floor_divide(x, y): it has the sign of y; 0 for an integer and 0' },
)
export const power = /* @__PURE__ */ vectorize(
  numbers,
  (x, y) => {
    // `y % 0` is 0 on integers, which is known when this is compiled, and NaN on floats: so each has its own branch.
    if (Number.isFinite(y % 0)) {
      if (y < 0) return x === 1 ? 1 : x === -1 ? 1 - 2 * Math.abs(y % 2) : 0
      let result = 1
      let base = x
      for (let n = y; n !== 0; n = Math.floor(n / 2)) {
        if (n % 2 !== 0) result *= base
        base *= base
      }
      return result
    }
    return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y
  },
  { name: 'power', doc: 'x to the power y; of integers by repeated multiplication, which wraps' },
)
export const negative = /* @__PURE__ */ vectorize(numbers1, (x) => -x, { name: 'negative', doc: '-x' })
export const absolute = /* @__PURE__ */ vectorize(['b1(b1)', ...numbers1], (x) => Math.abs(x), {
  name: 'absolute',
  doc: 'x without its sign',
})
export const sign = /* @__PURE__ */ vectorize(numbers1, (x) => (x > 0 ? 1 : x < 0 ? -1 : x === 0 ? 0 : x), {
  name: 'sign',
  doc: '-1, 0 or 1; NaN for NaN',
})
export const maximum = /* @__PURE__ */ vectorize(all, (x, y) => Math.max(x, y), {
  name: 'maximum',
  identity: 'reorderable',
  doc: 'the larger of x and y; NaN if one of them is',
})
export const minimum = /* @__PURE__ */ vectorize(all, (x, y) => Math.min(x, y), {
  name: 'minimum',
  identity: 'reorderable',
  doc: 'the smaller of x and y; NaN if one of them is',
})

// ---- functions

export const sqrt = /* @__PURE__ */ vectorize(floats1, (x) => Math.sqrt(x), {
  name: 'sqrt',
  doc: 'the square root',
})
export const exp = /* @__PURE__ */ vectorize(floats1, (x) => Math.exp(x), {
  name: 'exp',
  doc: 'e to the power x',
})
export const log = /* @__PURE__ */ vectorize(floats1, (x) => Math.log(x), {
  name: 'log',
  doc: 'the natural logarithm',
})
export const sin = /* @__PURE__ */ vectorize(floats1, (x) => Math.sin(x), {
  name: 'sin',
  doc: 'the sine of x radians',
})
export const cos = /* @__PURE__ */ vectorize(floats1, (x) => Math.cos(x), {
  name: 'cos',
  doc: 'the cosine of x radians',
})

// ---- comparisons and logic

export const less = /* @__PURE__ */ vectorize(questions2, (x, y) => x < y, { name: 'less', doc: 'x < y' })
export const less_equal = /* @__PURE__ */ vectorize(questions2, (x, y) => x <= y, {
  name: 'less_equal',
  doc: 'x <= y',
})
export const greater = /* @__PURE__ */ vectorize(questions2, (x, y) => x > y, {
  name: 'greater',
  doc: 'x > y',
})
export const greater_equal = /* @__PURE__ */ vectorize(questions2, (x, y) => x >= y, {
  name: 'greater_equal',
  doc: 'x >= y',
})
export const equal = /* @__PURE__ */ vectorize(questions2, (x, y) => x === y, { name: 'equal', doc: 'x = y' })
export const not_equal = /* @__PURE__ */ vectorize(questions2, (x, y) => x !== y, {
  name: 'not_equal',
  doc: 'x ≠ y',
})
export const logical_and = /* @__PURE__ */ vectorize(questions2, (x, y) => x !== 0 && y !== 0, {
  name: 'logical_and',
  identity: true,
  doc: 'are both other than 0?',
})
export const logical_or = /* @__PURE__ */ vectorize(questions2, (x, y) => x !== 0 || y !== 0, {
  name: 'logical_or',
  identity: false,
  doc: 'is one of them other than 0?',
})
export const logical_not = /* @__PURE__ */ vectorize(questions1, (x) => x === 0, {
  name: 'logical_not',
  doc: 'is x 0?',
})
export const isnan = /* @__PURE__ */ vectorize(questions1, (x) => Number.isNaN(x), {
  name: 'isnan',
  doc: 'is x NaN?',
})
export const isfinite = /* @__PURE__ */ vectorize(questions1, (x) => Number.isFinite(x), {
  name: 'isfinite',
  doc: 'is x neither infinite nor NaN?',
})
