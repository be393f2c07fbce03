/**
 * `lanewise/math`: functions that JavaScript's `Math` lacks. Called in a kernel that captures them they are compiled into its loop,
 * like those of `Math`; called with numbers they compute in float64, the same bits as a loop of float64 without fused multiply-adds
 * (interpreted at first, compiled once they have been called some hundred times).
 */
import { calledFunction } from './loops/called.ts'
import { type Builtin, mathBrand } from './loops/kernel/builtins.ts'
import type { Op } from './loops/kernel/ops.ts'

/** Makes a function known to kernels: as these builtins, one for each result. */
function branded<F extends CallableFunction>(name: string, builtins: readonly Builtin[], fn: F): F {
  Object.defineProperty(fn, 'name', { value: name })
  Object.defineProperty(fn, mathBrand, { value: builtins })
  return fn
}

type Unary = (x: number) => number
type Binary = (x: number, y: number) => number

function unary(name: Builtin & Op): Unary {
  const call = calledFunction(name)
  return branded(name, [name], (x: number) => call(x, 0))
}
function binary(name: Builtin & Op): Binary {
  const call = calledFunction(name)
  return branded(name, [name], (x: number, y: number) => call(x, y))
}

/** 2 to the power of x; exact where x is a whole number. */
export const exp2: Unary = /* @__PURE__ */ unary('exp2')
/** The error function, 2/√π times the integral of e^(-t²) from 0 to x (C's erf). */
export const erf: Unary = /* @__PURE__ */ unary('erf')
/** 1 - erf(x), precise also where that is tiny (C's erfc). */
export const erfc: Unary = /* @__PURE__ */ unary('erfc')
/** Γ(x), the factorial of x - 1; NaN at negative whole numbers and -Infinity, ±Infinity at ±0 (C's tgamma). */
export const gamma: Unary = /* @__PURE__ */ unary('gamma')
/** The natural logarithm of |Γ(x)|; Infinity at 0 and negative whole numbers (C's lgamma). */
export const lgamma: Unary = /* @__PURE__ */ unary('lgamma')
/** log(e^x + e^y) without overflow (NumPy's logaddexp). */
export const logaddexp: Binary = /* @__PURE__ */ binary('logaddexp')
/** sin(π x), exact at multiples of 1/2; at whole numbers a zero with the sign of x (IEEE 754 sinPi). */
export const sinpi: Unary = /* @__PURE__ */ unary('sinpi')
/** cos(π x), exact at multiples of 1/2; +0 halfway between whole numbers (IEEE 754 cosPi). */
export const cospi: Unary = /* @__PURE__ */ unary('cospi')
/** The size of x with the sign of y (C's and NumPy's copysign). */
export const copysign: Binary = /* @__PURE__ */ binary('copysign')
/** The next number of the type from x towards y; y where both are equal (C's and NumPy's nextafter). */
export const nextafter: Binary = /* @__PURE__ */ binary('nextafter')
/** x 2^n, rounded once; n is cut off to an integer, and infinities and NaN count as 0 (C's and NumPy's ldexp). */
export const ldexp: (x: number, n: number) => number = /* @__PURE__ */ makeLdexp()
/**
 * `[m, e]` with x = m 2^e and |m| in [1/2, 1), e an integer; of zeros, infinities and NaN [x, 0] (C's and NumPy's frexp).
 * In a kernel: `const [m, e] = frexp(x)`.
 */
export const frexp: (x: number) => [mantissa: number, exponent: number] = /* @__PURE__ */ makeFrexp()

function makeLdexp() {
  const call = calledFunction('ldexp')
  return branded('ldexp', ['ldexp'], (x: number, n: number) =>
    call(x, Number.isFinite(n) ? Math.trunc(n) : 0),
  )
}

function makeFrexp() {
  const [mantissa, exponent] = [calledFunction('mantissa'), calledFunction('exponent')]
  return branded('frexp', ['frexp mantissa', 'frexp exponent'], (x: number): [number, number] => [
    mantissa(x, 0),
    exponent(x, 0),
  ])
}
