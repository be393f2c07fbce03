/** What a job says about a fold, as numbers; see record.ts. */
import { type Code, codes } from '../../dtype.ts'
import type { FoldWork } from '../fold/range.ts'

const ways = ['tree', 'left', 'scan'] as const

const fixed = 15

export const foldWords = ({ elements, accumulators }: FoldWork): number =>
  fixed + 2 * elements.length + 3 * accumulators.length

export function writeFold(put: (...numbers: readonly number[]) => void, fold: FoldWork): void {
  const { way, elements, accumulators, lanes, vectorized, length, slices, slice, table } = fold
  put(elements.length, accumulators.length, ways.indexOf(way), lanes, vectorized ? 1 : 0)
  put(length, slices, slice, table, fold.initial, fold.room, fold.roomBytes, fold.memory)
  put(fold.repeatable ? 1 : 0)
  put(...elements.map((code) => codes.indexOf(code)), ...fold.steps)
  put(...accumulators.map((code) => codes.indexOf(code)), ...fold.places, ...fold.resultSteps)
}

export function readFold(next: () => number): FoldWork {
  const many = (count: number): number[] => Array.from({ length: count }, next)
  const codesOf = (count: number): Code[] => many(count).map((index) => codes[index] as Code)
  const [elements, accumulators] = [next(), next()]
  const [way, lanes, vectorized] = [ways[next()] ?? 'tree', next(), next() === 1]
  const [length, slices, slice, table] = [next(), next(), next(), next()]
  const [initial, room, roomBytes, memory] = [next(), next(), next(), next()]
  const repeatable = next() === 1
  return {
    ...{ way, lanes, vectorized, length, slices, slice, table },
    ...{ initial, room, roomBytes, memory, repeatable },
    elements: codesOf(elements),
    steps: many(elements),
    accumulators: codesOf(accumulators),
    places: many(accumulators),
    resultSteps: many(accumulators),
  }
}
