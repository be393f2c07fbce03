/** NumPy's ufuncs that the tests of reductions use, with its loops and identities. */
import { vectorize } from '../../src/vectorize/vectorize.ts'

/** The methods without what TypeScript knows: these tests also pass what it forbids. */
export interface Folding {
  // biome-ignore lint/suspicious/noExplicitAny: arguments and results of every kind are the subject here
  reduce(x: unknown, options?: object): any
  // biome-ignore lint/suspicious/noExplicitAny: as above
  accumulate(x: unknown, options?: object): any
  // biome-ignore lint/suspicious/noExplicitAny: as above
  reduceat(x: unknown, indices: unknown, options?: object): any
}

const numeric = ['i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f4', 'f8']
const loops = (codes: readonly string[]) => codes.map((code) => `${code}(${code},${code})`)

export function foldFunctions(target: string) {
  const make = (name: string, kernel: string, identity: number | string | null, codes = numeric): Folding =>
    vectorize(loops(codes), kernel as '=>', {
      ...{ name, target },
      identity: identity as number,
    }) as unknown as Folding
  return {
    add: make('add', '(x, y) => x + y', 0),
    multiply: make('multiply', '(x, y) => x * y', 1),
    maximum: make('maximum', '(x, y) => x > y ? x : y', 'reorderable', ['b1', ...numeric]),
    minimum: make('minimum', '(x, y) => x < y ? x : y', 'reorderable', ['b1', ...numeric]),
    subtract: make('subtract', '(x, y) => x - y', null),
  }
}
