/** What must come out exactly: zeros with their signs, infinities, NaN, and landmarks; every function has a row. */
import { applyFunction } from '../../src/loops/kernel/expand.ts'
import { opRow } from '../../src/loops/kernel/ops.ts'
import { landmarks, type Subject, tiny } from './landmarks.ts'

type Float = 'f4' | 'f8'
type Row = readonly number[]

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

/**
 * What a function means: the engine's own, or for those that it lacks and f4 ours on f8, which have landmarks of their own and are
 * compared with MPFR. The next number of f4 is another one than that of f8.
 */
function meaning(name: Subject, type: Float): ((...args: number[]) => number) | undefined {
  if (name === 'fround') return Math.fround
  const { math, float } = opRow(name)
  if (math) return Math[math as 'pow']
  if (float) return (a, b = 0) => Number(float(a, b, 0))
  return type === 'f4' && name !== 'nextafter' ? (...args) => applyFunction(name, 'f8', args) : undefined
}

export const arityOf = (name: Subject): number => (name === 'fround' ? 1 : opRow(name).arity)

/** Operands at which a function on a type is asked; for f4 they have been rounded. */
export function rowsOf(name: Subject, type: Float): Row[] {
  const pairs = ordinary.flatMap((x) => ordinary.map((y) => [x, y]))
  const rows = arityOf(name) === 1 ? edges.map((x) => [x]) : pairs
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
export function mistakes(name: Subject, type: Float, results: readonly number[]): string[] {
  const rows = rowsOf(name, type)
  const known = landmarks[name] ?? []
  const math = meaning(name, type)
  return rows.flatMap((row, i) => {
    const got = results[i] ?? Number.NaN
    const landmark = type === 'f8' ? known[i - rows.length + known.length]?.at(-1) : undefined
    const right =
      landmark === undefined ? !math || isRight(got, math(...row), type) : Object.is(got, landmark)
    return right ? [] : [`${name}(${row}) on ${type} is ${got}, not ${landmark ?? math?.(...row)}`]
  })
}
