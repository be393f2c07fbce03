/** Promise 2: which loop runs depends on the arguments' dtypes alone, not on what was called before. */
import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { codes, dtypes } from '../../src/dtype.ts'
import { toArray, vectorize } from '../../src/index.ts'
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

// One buffer, many views: few enough that the same shapes and strides come again, beside others that differ in one number.
const data = Float64Array.from({ length: 64 }, (_, i) => i + 0.5)
interface OutLayout {
  readonly stride: number[]
  readonly offset: number
}
interface ViewLayout extends OutLayout {
  readonly shape: number[]
}
const first: ViewLayout = { shape: [3, 4], stride: [4, 1], offset: 0 }
const layout = fc.constantFrom<ViewLayout[]>(
  first,
  { shape: [3, 4], stride: [4, 1], offset: 5 },
  { shape: [3, 4], stride: [1, 3], offset: 0 },
  { shape: [3, 4], stride: [1, 3], offset: 7 },
  { shape: [3, 4], stride: [-4, 1], offset: 40 },
  { shape: [3, 1], stride: [4, 1], offset: 0 },
  { shape: [4], stride: [2], offset: 0 },
  { shape: [4], stride: [-1], offset: 9 },
  { shape: [2, 3, 4], stride: [12, 4, 1], offset: 0 },
  { shape: [2, 3, 4], stride: [1, 8, 2], offset: 0 },
)
const outLayout = fc.option(
  fc.constantFrom<OutLayout[]>(
    { stride: [4, 1], offset: 0 },
    { stride: [1, 3], offset: 0 },
    { stride: [1, 3], offset: 2 },
    { stride: [5, -1], offset: 20 },
  ),
)
// Each call differs from the one before in one of these.
const change = fc.oneof(
  fc.record({ a: layout }),
  fc.record({ b: layout }),
  fc.record({ out: outLayout }),
  fc.record({ masked: fc.boolean() }),
)
const viewCalls = fc.array(change, { minLength: 4, maxLength: 30 })

test('layouts seen before, and lists that changed since, are planned as if they were new', () => {
  const add = vectorize(['f8(f8,f8)'], (x, y) => x + y) as unknown as Loose
  const fresh = () => vectorize(['f8(f8,f8)'], (x, y) => x + y, { target: 'js' }) as unknown as Loose
  const text = (result: unknown) => {
    const { shape, stride } = result as { shape: number[]; stride: number[] }
    return `${shape} ${stride} ${JSON.stringify(toArray(result as never))}`
  }
  fc.assert(
    fc.property(viewCalls, (list) => {
      // The same two objects all along: whoever keeps their lists sees them change.
      const [a, b] = [
        { data, shape: [...first.shape], stride: [...first.stride], offset: 0 },
        { data, shape: [...first.shape], stride: [...first.stride], offset: 0 },
      ]
      const lay = (x: typeof a, to: ViewLayout) => {
        x.shape.splice(0, Infinity, ...to.shape)
        x.stride.splice(0, Infinity, ...to.stride)
        x.offset = to.offset
      }
      let now = { a: first, b: first, out: null as OutLayout | null, masked: false }
      for (const one of list) {
        now = { ...now, ...one }
        const { out, masked } = now
        lay(a, now.a)
        lay(b, now.b)
        const options = () => ({
          ...(out && a.shape.length < 3 && b.shape.length < 3
            ? { out: { data: new Float64Array(32), shape: [3, 4], ...out } }
            : {}),
          ...(masked ? { where: [true, false, true, true] } : {}),
        })
        const results = [add, fresh()].map((f) => text(f(a, b, options())))
        assert.is(results[0], results[1])
      }
    }),
    { numRuns: 60 },
  )
})

test('the same layouts, now with an output in the memory of an input', () => {
  const add = vectorize(['f8(f8,f8)'], (x, y) => x + y) as unknown as Loose
  const gaps = { shape: [3, 4], stride: [1, 8], offset: 0 }
  const sums = [0, 1].map((own) => {
    const data = Float64Array.from({ length: 32 }, (_, i) => i)
    const out = { data: own ? data : new Float64Array(32), shape: [3, 4], stride: [4, 1], offset: 1 }
    add({ data, ...gaps }, 0.5, out)
    return toArray(out as never)
  })
  assert.equal(sums[1], sums[0])
})

test.run()
