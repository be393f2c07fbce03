/** Which functions are measured on the gpu, and how far a float32 is off: for the script, and for the test. */

export const unary = [
  ...['exp', 'expm1', 'log', 'log1p', 'log2', 'log10', 'sqrt', 'cbrt', 'sin', 'cos', 'tan', 'asin', 'acos'],
  ...['atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh'],
] as const
export const binary = ['pow', 'atan2', 'hypot'] as const

/** Smaller numbers may be zeros to a driver. */
export const leastNormal = 2 ** -126

/** The distance from `exact`, in units in its last place. */
export const ulps = (got: number, exact: number): number =>
  Math.abs(got - exact) / 2 ** (Math.floor(Math.log2(Math.abs(exact))) - 23)

/** One in two in the range where functions bend, one in two of any size; `unit` is a random number below 1. */
export const operand = (i: number, unit: number, negative: boolean): number => {
  const size = i % 2 === 0 ? unit * 4 : 2 ** (unit * 60 - 30)
  return Math.fround(negative ? -size : size)
}
