/** The decimal digits of floats: the fewest that name the number among its dtype's, or as many as are asked for, rounded. */

/** `0.d1d2d3… * 10^(exponent + 1)`; no trailing zeros, and no digits at all for 0. */
export interface Digits {
  readonly digits: string
  readonly exponent: number
}

type Float = 'f4' | 'f8'

/** The fewest digits that are read back as the same number. */
export function shortestDigits(x: number, code: Float): Digits {
  const size = Math.abs(x)
  if (code === 'f8') return digitsOf(size.toExponential())
  for (let places = 0; places < 8; places++) {
    const text = size.toExponential(places)
    if (Math.fround(Number(text)) === size) return digitsOf(text)
  }
  return digitsOf(size.toExponential(8))
}

/** The shortest digits when they are few enough, else the exact value rounded half to even; `most` is told the exponent. */
export function roundedDigits(x: number, code: Float, most: (exponent: number) => number): Digits {
  const shortest = shortestDigits(x, code)
  const count = most(shortest.exponent)
  return shortest.digits.length <= count ? shortest : exactDigits(x, count)
}

function digitsOf(text: string): Digits {
  const [mantissa = '', exponent = '0'] = text.split('e')
  const digits = mantissa.replace('.', '').replace(/0+$/, '')
  return { digits, exponent: digits === '' ? 0 : Number(exponent) }
}

/** More places than any double needs to be told from the middle between two short decimals. */
const manyPlaces = 100

/** The first `count` digits of the exact value, rounded half to even; zeros at the end are not among them. */
export function exactDigits(x: number, count: number): Digits {
  const { digits, exponent } = digitsOf(Math.abs(x).toExponential(manyPlaces))
  const kept = digits.slice(0, count)
  const rest = digits.slice(count)
  const odd = Number(kept.at(-1) ?? '0') % 2 === 1
  const up = rest > '5' || (rest === '5' && odd)
  if (!up) return digitsOf(`${kept}e${exponent}`)
  const next = String(BigInt(kept) + 1n)
  return { digits: next.replace(/0+$/, ''), exponent: exponent + next.length - kept.length }
}
