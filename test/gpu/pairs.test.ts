/** `precision: 'float-float'`: float64 as the sum of two float32, to an error that is stated, and like float64 where there is nothing to round. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { guvectorize, ready, toGpu, vectorize } from '../../src/index.ts'
import { pick, randomFrom } from '../../src/testing/operands.ts'
import { skip } from '../skip.ts'
import { reasonForNoGpu } from './driver.ts'

// biome-ignore lint/suspicious/noExplicitAny: arguments and results of every kind are the subject here
type Any = any

const reason = await reasonForNoGpu()
await ready()
const onGpu = (name: string, run: () => Promise<void>): void => {
  if (reason !== null) skip(name, reason)
  else test(name, run)
}
const options = { target: 'gpu', precision: 'float-float' } as const
const ufunc = (signature: string, text: string, more: object = {}): Any =>
  (vectorize as Any)([signature], text, { ...options, ...more })

/** Of what is computed from numbers of 48 bits. */
const bound = 2 ** -45

/** Numbers that are the sum of two float32, of sizes from 1e-12 to 1e12. */
function numbers(seed: number, n: number): Float64Array {
  const random = randomFrom(seed)
  return Float64Array.from({ length: n }, () => {
    const high = Math.fround((random(2 ** 24) / 2 ** 23 - 1) * 10 ** (random(24) - 12))
    return high + Math.fround(high * (random(2 ** 24) / 2 ** 24 - 0.5) * 2 ** -24)
  })
}
const x = numbers(1, 5000)
const y = numbers(2, 5000)

/** Several results are one shader, which is what takes long. */
const together = (types: readonly string[], texts: readonly string[]): Any =>
  ufunc(`Tuple(${types})(f8,f8)`, `(x, y) => [${texts}]`)

const arithmetic = ['x + y', 'x - y', 'x * y', 'x / y', 'Math.sqrt(Math.abs(x))', 'x * x - y * y']
const computed = together(
  arithmetic.map(() => 'f8'),
  arithmetic,
)

onGpu('+ - * / and square roots', async () => {
  const [got, want] = [await computed(x, y), computed.on('js')(x, y)]
  arithmetic.forEach((text, k) => {
    let worst = 0
    got[k].data.forEach((value: number, i: number) => {
      const [a = 0, b = 0] = [x[i], y[i]]
      const exact = want[k].data[i]
      // What cancels is measured against what it was made of.
      const size = text.includes('x * x') ? a * a + b * b : Math.abs(exact)
      worst = Math.max(worst, Math.abs(value - exact) / size)
    })
    assert.ok(worst < bound, `${text}: 2^${Math.log2(worst)}`)
  })
})

onGpu(
  'the error is that from 3e-24 to 3e38, also at the ends; below it is 2^-124 more, beyond there is infinity',
  async () => {
    const random = randomFrom(8)
    const [least, most] = [Math.log2(3e-24), Math.log2(3e38)]
    const part = () => random(2 ** 24) / 2 ** 24
    /** All exponents, and each end as often as all others together. */
    const exponent = () => {
      const width = pick(random, [2, 2, most - least, most - least])
      return random(2) === 0 ? least + width * part() : most - width * part()
    }
    const number = (size: number) => {
      const high = Math.fround((random(2) === 0 ? 1 : -1) * size)
      return high + Math.fround(high * (part() - 0.5) * 2 ** -24)
    }
    const n = 8000
    const left = Float64Array.from({ length: n }, () => number(2 ** exponent()))
    const right = Float64Array.from({ length: n }, (_, i) =>
      // Now and then they cancel, or their product is about as small or large as it may be.
      number(pick(random, [2 ** exponent(), Math.abs(left[i] ?? 1) * (1 + part() * 2 ** -random(20))])),
    )
    const [got, want] = [await computed(left, right), computed.on('js')(left, right)]
    const seen = { within: 0, below: 0, beyond: 0 }
    arithmetic.slice(0, 5).forEach((text, k) => {
      for (let i = 0; i < n; i++) {
        const [value, exact] = [got[k].data[i], want[k].data[i]]
        const size = Math.abs(exact)
        const story = `${text} of ${left[i]} and ${right[i]}: ${value} instead of ${exact}`
        if (size >= 2 ** 128) {
          seen.beyond++
          assert.is(value, Math.sign(exact) * Infinity, story)
        } else if (size <= 3e38) {
          const isBelow = size < 3e-24
          seen[isBelow ? 'below' : 'within']++
          assert.ok(Math.abs(value - exact) <= size * bound + (isBelow ? 2 ** -124 : 0), story)
        }
      }
    })
    assert.ok(seen.within > 20000 && seen.below > 500 && seen.beyond > 500, JSON.stringify(seen))
  },
)

const edges = Float64Array.of(
  ...[
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    1e8 + 0.5,
    -1e8 - 0.5,
    2 ** 40 + 1,
    2 ** 31,
    -(2 ** 31),
    2 ** 24 + 1,
  ],
  ...[0.1, -0.7, 123456789.25, 3e38, -3e38, Infinity, -Infinity, NaN],
)
const grid = [...edges].flatMap((a) => [...edges].map((b) => [a, b] as const))
const left = Float64Array.from(grid, ([a]) => a)
const right = Float64Array.from(grid, ([, b]) => b)

onGpu('comparisons, rounding, minima and casts are exact, with the signs of zeros', async () => {
  const groups: readonly (readonly [type: string, texts: readonly string[]])[] = [
    ['b1', ['x < y', 'x <= y', 'x === y', 'x !== y', 'x >= y']],
    [
      'f8',
      [
        'Math.floor(x)',
        'Math.ceil(x)',
        'Math.trunc(x)',
        'Math.round(x)',
        'Math.abs(x)',
        '-x',
        'Math.sign(x)',
      ],
    ],
    ['f8', ['Math.min(x, y)', 'Math.max(x, y)']],
    ['i4', ['x | 0', 'y | 0']],
  ]
  // What both sides start from: 48 bits of each number.
  const hold = together(['f8', 'f8'], ['x', 'y'])
  const [held, other] = (await hold(left, right)).map(({ data }: { data: Float64Array }) => data)
  for (const [type, texts] of groups) {
    const f = together(
      texts.map(() => type),
      texts,
    )
    const [got, want] = [await f(held, other), f.on('js')(held, other)]
    texts.forEach((text, k) => {
      got[k].data.forEach((value: number, i: number) => {
        const right = want[k].data[i]
        assert.ok(
          Object.is(value, right),
          `${text} of ${held[i]} and ${other[i]}: ${value} instead of ${right}`,
        )
      })
    })
  }
})

onGpu('beyond float32 it is infinite, and what is exact in 48 bits stays', async () => {
  const f = ufunc('f8(f8)', 'x => x')
  const exact = [1e300, -1e39, 2 ** 47 + 1, 1 + 2 ** -47, 123456789012345, -0.1 - 2 ** -30]
  const { data } = await f(Float64Array.from(exact))
  assert.equal([...data].slice(0, 5), [Infinity, -Infinity, 2 ** 47 + 1, 1 + 2 ** -47, 123456789012345])
  assert.ok(Math.abs(data[5] / (exact[5] ?? 0) - 1) < 2 ** -48)
})

onGpu('arrays on the device, reductions, kernels of arrays, integers', async () => {
  const add = ufunc('f8(f8,f8)', '(x, y) => x + y', { identity: 0 })
  const sum = await add.reduce(await toGpu(x))
  const want = add.on('cpu').reduce(x)
  assert.ok(Math.abs(sum - want) < 1e12 * 5000 * bound)
  const mean: Any = guvectorize(
    ['f8(f8[:])'],
    '(n)->()',
    'a => { let s = 0; for (const v of a) s += v; return s / a.length }',
    options,
  )
  const got = (await mean(Float64Array.of(1, 2, 2 ** 30 + 2 ** -10))).data[0]
  assert.ok(Math.abs(got - (3 + 2 ** 30 + 2 ** -10) / 3) < 2 ** 29 * bound)
  const third = ufunc('f8(i4)', 'i => i / 3')
  const { data } = await third(Int32Array.of(1, -7, 2 ** 31 - 1))
  ;[1, -7, 2 ** 31 - 1].forEach((i, k) => assert.ok(Math.abs(data[k] / (i / 3) - 1) < bound))
})

onGpu('functions that there are not are an error that names the line', async () => {
  for (const [text, name] of [
    ['Math.exp(x)', 'exp'],
    ['x % 3', '%'],
    ['x ** 1.5', 'pow'],
  ]) {
    const f = ufunc('f8(f8)', `(x) => {\n  return ${text}\n}`)
    const error: Error & { code?: string } = await f(x).then(assert.unreachable, (cause: Error) => cause)
    assert.is(error.code, 'target')
    assert.ok(error.message.includes(`and not ${name} (line 2): use float32 for that`), error.message)
  }
})

test.run()
