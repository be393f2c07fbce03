/** Promise 2: which loop runs depends on the arguments' dtypes alone, not on what was called before. */
import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { codes, dtypes } from '../../src/dtype.ts'
import { vectorize } from '../../src/index.ts'
import { dtype, type Loose, targets } from './functions.ts'

const scalars: unknown[] = [1, 1n, true]
const arrays: unknown[] = codes.filter((c) => c !== 'b1').map((c) => new dtypes[c].array(2))
const argument = fc.constantFrom(...scalars, ...arrays)
const calls = fc.array(fc.tuple(argument, argument), { minLength: 2, maxLength: 6 })

const makers: Record<string, (target: string) => Loose> = {
  listed: (target) =>
    vectorize(['i4(i4,i4)', 'f4(f4,f4)', 'f8(f8,f8)'], (x, y) => x + y, { target }) as unknown as Loose,
  lazy: (target) => vectorize((x: number, y: number) => x + y, { target }) as unknown as Loose,
}

const kindOf = (result: unknown): string => (typeof result === 'object' ? dtype(result) : typeof result)

for (const target of targets) {
  for (const [name, make] of Object.entries(makers)) {
    test(`${target}, ${name}: fresh and used functions agree`, () => {
      const fresh = new Map<string, string>()
      const key = (args: unknown[]) =>
        args
          .map((a) => (typeof a === 'object' ? dtype(a) || (a as object).constructor.name : typeof a))
          .join()
      const freshKind = (args: unknown[]) => {
        const known = fresh.get(key(args))
        if (known !== undefined) return known
        const kind = kindOf(make(target)(...args))
        fresh.set(key(args), kind)
        return kind
      }
      fc.assert(
        fc.property(calls, (list) => {
          const used = make(target)
          for (const args of list) assert.is(kindOf(used(...args)), freshKind(args))
        }),
        { numRuns: target === 'cpu' ? 20 : 100 },
      )
    })
  }
}

test.run()
