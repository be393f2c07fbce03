/** Errors in units in the last place of the correctly rounded result. */
export interface Worst {
  readonly ulp: number
  /** The operands that have it. */
  readonly at: readonly number[]
  readonly got: number
  readonly want: number
  /** How many results differ in kind: NaN, infinity, zero or a zero's sign. */
  readonly wrong: number
}

const bits = new BigInt64Array(1)
const double = new Float64Array(bits.buffer)

/** The distance to the next number of larger size. */
function unit(x: number): number {
  double[0] = Math.abs(x)
  const exponent = Number((bits[0] ?? 0n) >> 52n)
  return exponent > 53 ? 2 ** (exponent - 1075) : 2 ** -1074 * 2 ** Math.max(0, exponent - 1)
}

/** `wanted` holds pairs: the result rounded, and what is missing, in units of its last place. */
export function worstOf(
  values: Float64Array,
  arity: number,
  wanted: Float64Array,
  results: Float64Array,
): Worst {
  let ulp = 0
  let where = -1
  let wrong = 0
  results.forEach((got, i) => {
    const [want = 0, missing = 0] = [wanted[2 * i], wanted[2 * i + 1]]
    const apart = distance(got, want)
    if (apart === Infinity) wrong++
    const error = Math.abs(apart - missing)
    if (error <= ulp) return
    ulp = error
    where = i
  })
  return {
    ulp,
    at: Array.from(values.subarray(where * arity, (where + 1) * arity)),
    got: results[where] ?? 0,
    want: wanted[2 * where] ?? 0,
    wrong,
  }
}

/** Both in units of `want`; infinite where they differ in kind: NaN, infinities, signs. */
function distance(got: number, want: number): number {
  if (Object.is(got, want)) return 0
  // Rounded past the largest number, or short of it.
  if (Math.abs(want) === Infinity && Math.abs(got) === Number.MAX_VALUE)
    return Math.sign(got) === Math.sign(want) ? 1 : Infinity
  if (Math.abs(got) === Infinity && Math.abs(want) === Number.MAX_VALUE)
    return Math.sign(got) === Math.sign(want) ? 1 : Infinity
  const sameSign = Object.is(Math.sign(got) || got, Math.sign(want) || want) || got === 0 || want === 0
  if (!Number.isFinite(got) || !Number.isFinite(want) || !sameSign || (got === 0 && want === 0))
    return Infinity
  return (got - want) / unit(want)
}
