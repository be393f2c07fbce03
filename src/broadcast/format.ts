/**
 * Arrays as text, as NumPy prints them: one format for all elements, columns aligned, long rows wrapped, and the middle of
 * large arrays left out. Matches `numpy.array2string` with its default options (and `str` for 0-d arrays).
 */
import type { Code } from '../dtype.ts'
import { type Digits, exactDigits, roundedDigits, shortestDigits } from './digits.ts'
import { sizeOf } from './shape.ts'
import type { Strided } from './view.ts'

const lineWidth = 75
const precision = 8
/** Arrays with more elements show only so many at each end of an axis. */
const threshold = 1000
const edgeItems = 3

type Element = number | bigint
type Formatter = (value: Element) => string

/** The array as NumPy's `print` shows it. */
export function formatStrided(x: Strided): string {
  if (x.shape.length === 0) return formatScalar(x.code, x.data[x.offset] as Element)
  const size = sizeOf(x.shape)
  if (size === 0) return '[]'
  const summary = size > threshold
  const shown: Element[] = []
  collect(x, 0, x.offset, summary, shown)
  return formatAxis(x, 0, x.offset, summary, formatterFor(x.code, shown))
}

/** One number alone: `1.0`, `1e+16`, `True`. */
function formatScalar(code: Code, value: Element): string {
  if (code === 'b1') return value ? 'True' : 'False'
  if (code !== 'f4' && code !== 'f8') return String(value)
  const x = Number(value)
  if (!Number.isFinite(x)) return nonFinite(x)
  const digits = shortestDigits(x, code)
  const size = Math.abs(x)
  if (size !== 0 && (size < 1e-4 || size >= (code === 'f4' ? 1e6 : 1e16))) {
    const { fraction, integer, exponent } = scientific(digits)
    return `${sign(x)}${integer}${fraction && '.'}${fraction}e${exponentText(exponent, 2)}`
  }
  const { integer, fraction } = positional(digits)
  return `${sign(x)}${integer}.${fraction || '0'}`
}

/** Which indices of an axis are shown: all, or both ends (-1 is the gap between them). */
function shownIndices(size: number, summary: boolean): number[] {
  const all = summary && size > 2 * edgeItems
  if (!all) return Array.from({ length: size }, (_, i) => i)
  return [0, 1, 2, -1, size - 3, size - 2, size - 1]
}

function collect(x: Strided, axis: number, at: number, summary: boolean, into: Element[]): void {
  if (axis === x.shape.length) {
    into.push(x.data[at] as Element)
    return
  }
  for (const i of shownIndices(x.shape[axis] as number, summary))
    if (i >= 0) collect(x, axis + 1, at + i * (x.stride[axis] as number), summary, into)
}

/** One axis in brackets; rows of the last axis wrap, others stand on lines of their own. */
function formatAxis(x: Strided, axis: number, at: number, summary: boolean, format: Formatter): string {
  const inner = x.shape.length - 1 - axis
  const indent = ' '.repeat(axis + 1)
  const parts = shownIndices(x.shape[axis] as number, summary).map((i) => {
    if (i < 0) return '...'
    const place = at + i * (x.stride[axis] as number)
    return inner === 0 ? format(x.data[place] as Element) : formatAxis(x, axis + 1, place, summary, format)
  })
  if (inner > 0) return `[${parts.join('\n'.repeat(inner) + indent)}]`
  // Each bracket that closes after the row takes a column.
  return `[${wrapped(parts, indent, lineWidth - axis - 1)}]`
}

function wrapped(words: readonly string[], indent: string, width: number): string {
  const lines: string[] = []
  let line = indent
  for (const [i, word] of words.entries()) {
    if (line.length + word.length > width && line.length > indent.length) {
      lines.push(line.trimEnd())
      line = indent
    }
    line += word
    if (i < words.length - 1) line += ' '
  }
  lines.push(line)
  return lines.join('\n').slice(indent.length)
}

function formatterFor(code: Code, shown: readonly Element[]): Formatter {
  if (code === 'b1') return (value) => (value ? ' True' : 'False')
  if (code === 'f4' || code === 'f8') return floatFormatter(code, shown.map(Number))
  const width = Math.max(...shown.map((value) => String(value).length))
  return (value) => String(value).padStart(width)
}

function floatFormatter(code: 'f4' | 'f8', shown: readonly number[]): Formatter {
  const finite = shown.filter(Number.isFinite)
  const exponents = finite.length > 0 && needsExponents(code, finite)
  const form = exponents ? scientificFormat(code, finite) : positionalFormat(code, finite)
  const others = shown.filter((x) => !Number.isFinite(x)).map((x) => nonFinite(x).length)
  const width = Math.max(form.width, ...others)
  return (value) => {
    const x = Number(value)
    return (Number.isFinite(x) ? form.write(x) : nonFinite(x)).padStart(width)
  }
}

/** Do the sizes of the numbers call for exponents? Compared in the numbers' own precision. */
function needsExponents(code: 'f4' | 'f8', finite: readonly number[]): boolean {
  const round = code === 'f4' ? Math.fround : (x: number) => x
  const sizes = finite.filter((x) => x !== 0).map(Math.abs)
  if (sizes.length === 0) return false
  const most = Math.max(...sizes)
  const least = Math.min(...sizes)
  return most >= (code === 'f4' ? 1e6 : 1e8) || least < round(1e-4) || round(most / least) > 1000
}

interface FloatFormat {
  readonly width: number
  write(x: number): string
}

/** `1.  `, `2.25`: the points in one column. */
function positionalFormat(code: 'f4' | 'f8', finite: readonly number[]): FloatFormat {
  const parts = (x: number) => {
    const { integer, fraction } = positional(roundedDigits(x, code, (exponent) => exponent + 1 + precision))
    return { integer: sign(x) + integer, fraction }
  }
  const all = finite.map(parts)
  const left = Math.max(0, ...all.map(({ integer }) => integer.length))
  const right = Math.max(0, ...all.map(({ fraction }) => fraction.length))
  return {
    width: left + 1 + right,
    write(x) {
      const { integer, fraction } = parts(x)
      return `${integer.padStart(left)}.${fraction.padEnd(right)}`
    },
  }
}

/** `1.00e+00`, `1.25e-07`: as many places for all. */
function scientificFormat(code: 'f4' | 'f8', finite: readonly number[]): FloatFormat {
  const all = finite.map((x) => scientific(roundedDigits(x, code, () => 1 + precision)))
  const places = Math.max(...all.map(({ fraction }) => fraction.length))
  const exponentDigits = Math.max(2, ...all.map(({ exponent }) => String(Math.abs(exponent)).length))
  const write = (x: number): string => {
    const { integer, fraction, exponent } = scientific(exactDigits(x, 1 + places))
    return `${sign(x)}${integer}.${fraction.padEnd(places, '0')}e${exponentText(exponent, exponentDigits)}`
  }
  return { width: Math.max(...finite.map((x) => write(x).length)), write }
}

const sign = (x: number): string => (x < 0 || Object.is(x, -0) ? '-' : '')

function nonFinite(x: number): string {
  if (Number.isNaN(x)) return 'nan'
  return x > 0 ? 'inf' : '-inf'
}

const exponentText = (exponent: number, digits: number): string =>
  (exponent < 0 ? '-' : '+') + String(Math.abs(exponent)).padStart(digits, '0')

function positional({ digits, exponent }: Digits): { integer: string; fraction: string } {
  if (exponent < 0) return { integer: '0', fraction: digits === '' ? '' : '0'.repeat(-exponent - 1) + digits }
  return {
    integer: digits.slice(0, exponent + 1).padEnd(exponent + 1, '0'),
    fraction: digits.slice(exponent + 1),
  }
}

function scientific({ digits, exponent }: Digits): { integer: string; fraction: string; exponent: number } {
  return { integer: digits[0] ?? '0', fraction: digits.slice(1), exponent }
}
