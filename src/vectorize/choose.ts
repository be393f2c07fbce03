/**
 * Which loop runs: a function of the arguments' dtypes alone, never of their values or of earlier calls.
 *
 * The search, first hit wins:
 *   1. the loop whose input dtypes are exactly the arguments', a scalar of JavaScript counting as the arrays' dtype (NEP 50)
 *   2. the first listed loop to whose inputs all those cast safely
 *   3. the same, but a JavaScript scalar goes into any input: only the arrays' dtypes matter
 *   4. the same, but a uint8 array is also a mask for a b1 input
 */
import { type Code, canCast, dtypes, promote } from '../dtype.ts'

/** JavaScript's scalars: they carry a kind, but no width. */
export type Weak = 'number' | 'bigint' | 'boolean'
export type Given = Code | Weak

/** The dtypes between which a loop computes. */
export interface Types {
  readonly inputs: readonly Code[]
  readonly outputs: readonly Code[]
}

/** What weak scalars are where no array says otherwise. */
const alone: Readonly<Record<Weak, Code>> = { number: 'f8', bigint: 'i8', boolean: 'b1' }

export const isWeak = (given: Given): given is Weak => given in alone

function weakCode(weak: Weak, arrays: Code): Code {
  // A number says more than a mask can hold; a boolean never does.
  return dtypes[arrays].kind === 'b' ? alone[weak] : arrays
}

/** The dtypes of the arguments, weak scalars taking that of the arrays: numbers alone are f8, bigints i8, booleans b1. */
export function dtypesOf(given: readonly Given[]): Code[] {
  let arrays: Code | undefined
  for (const g of given) if (!isWeak(g)) arrays = arrays === undefined ? g : promote(arrays, g)
  return given.map((g) => (!isWeak(g) ? g : arrays === undefined ? alone[g] : weakCode(g, arrays)))
}

/** Does this value of a listed loop take this argument? */
type Takes = (given: Given, effective: Code, wanted: Code) => boolean

const stages: readonly Takes[] = [
  (_, effective, wanted) => effective === wanted,
  (_, effective, wanted) => canCast(effective, wanted),
  (given, _, wanted) => isWeak(given) || canCast(given, wanted),
  (given, _, wanted) => isWeak(given) || canCast(given, wanted) || (given === 'u1' && wanted === 'b1'),
]

/** The loop for these arguments, or undefined. */
export function search<T extends Types>(loops: readonly T[], given: readonly Given[]): T | undefined {
  const effective = dtypesOf(given)
  for (const takes of stages) {
    const hit = loops.find((loop) =>
      loop.inputs.every((wanted, i) => takes(given[i] ?? wanted, effective[i] ?? wanted, wanted)),
    )
    if (hit) return hit
  }
  return undefined
}

/** Dtypes that a call asks for, operand by operand (inputs, then outputs); null leaves one open. Null: none at all. */
export type Asked = readonly (Code | null)[] | null

/** The listed loops that have the dtypes asked for. */
export const narrowed = <T extends Types>(loops: readonly T[], asked: Asked): readonly T[] =>
  asked === null
    ? loops
    : loops.filter((loop) =>
        asked.every(
          (code, k) => code === null || code === (loop.inputs[k] ?? loop.outputs[k - loop.inputs.length]),
        ),
      )
