/** i8 and u8 on the gpu: pairs of words, with the bits of cpu for whatever bits they hold. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ready, toGpu, vectorize } from '../../src/index.ts'
import { randomFrom } from '../../src/testing/operands.ts'
import { add } from '../../src/ufuncs.ts'
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

const n = 500
const edges = [0n, 1n, 2n, 7n, 63n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n]
/** Edges and their negatives, then random bits of every length. */
function patterns(seed: number): BigInt64Array {
  const random = randomFrom(seed)
  const some = () => (BigInt(random(2 ** 32)) << 32n) | BigInt(random(2 ** 32))
  return BigInt64Array.from({ length: n }, (_, i) => {
    const edge = edges[(i * (seed + 2)) % edges.length] ?? 0n
    return i < 100 ? (i % 2 === 0 ? edge : -edge) : some() >> BigInt(random(64))
  })
}
const x = patterns(1)
const y = patterns(3)

const binary = ['x + y', 'x - y', 'x * y', 'x % y', 'Math.floor(x / y)', 'x & y', 'x | y', 'x ^ y']
const more = [
  'x << y',
  'x >> y',
  'Math.min(x, y)',
  'Math.max(x, y)',
  '-x',
  '~x',
  'Math.abs(x)',
  'Math.sign(x)',
]
const compared = ['x < y', 'x <= y', 'x > y', 'x >= y', 'x === y', 'x !== y', 'x && y', '!x']

/** Several results are one shader, which is what takes long. */
const together = (types: readonly string[], inputs: string, texts: readonly string[]): Any =>
  (vectorize as Any)(
    [`Tuple(${types})(${inputs})`],
    `${inputs.includes(',') ? '(x, y)' : 'x'} => [${texts}]`,
    { target: 'gpu' },
  )

async function sameBits(f: Any, texts: readonly string[], ...operands: readonly unknown[]): Promise<void> {
  const [got, want] = [await f(...operands), f.on('cpu')(...operands)]
  texts.forEach((text, k) => {
    for (let i = 0; i < n; i++) {
      const [a, b] = [got[k].data[i], want[k].data[i]]
      if (!Object.is(a, b))
        assert.unreachable(`${text} of ${operands.map((one) => (one as Any)[i])}: ${a} instead of ${b}`)
    }
  })
}

for (const code of ['i8', 'u8'])
  onGpu(`every operation of ${code}`, async () => {
    const operands = code === 'i8' ? [x, y] : [x, y].map((one) => new BigUint64Array(one.buffer))
    for (const [type, texts] of [
      [code, binary],
      [code, more],
      ['b1', compared],
    ] as const) {
      const types = texts.map(() => type)
      await sameBits(together(types, `${code},${code}`, texts), texts, ...operands)
    }
  })

onGpu('counts of ones', async () => {
  const text = (bits: number, n: string) => {
    const mask = (byte: string) => `0x${byte.repeat(bits / 8)}${n}`
    return `(x) => {
      x -= (x >> 1) & ${mask('55')}
      x = (x & ${mask('33')}) + ((x >> 2) & ${mask('33')})
      return (((x + (x >> 4)) & ${mask('0f')}) * ${mask('01')}) >> ${bits - 8} & 0x7f
    }`
  }
  const words = new Uint32Array(x.buffer, 0, n)
  for (const [types, kernel, operand] of [
    ['u1(u8)', text(64, 'n'), new BigUint64Array(x.buffer)],
    ['i8(i8)', text(64, 'n'), x],
    ['u1(u4)', text(32, ''), words],
    ['i4(i4)', text(32, ''), new Int32Array(x.buffer, 0, n)],
  ] as const) {
    const f: Any = vectorize([types] as Any, kernel as Any, { target: 'gpu' })
    const got = [...(await f(operand)).data].map(Number)
    const bits = (value: number | bigint) => BigInt.asUintN(8 * operand.BYTES_PER_ELEMENT, BigInt(value))
    const want = [...(operand as Iterable<number | bigint>)].map(
      (value) => bits(value).toString(2).replaceAll('0', '').length,
    )
    assert.equal(got, want, types)
  }
})

onGpu('casts from and to every type', async () => {
  const types = ['i1', 'u2', 'i4', 'u4', 'u8', 'f4', 'b1']
  const values = types.map(() => 'x')
  await sameBits(together(types, 'i8', values), types, x)
  await sameBits(together(types, 'u8', values), types, new BigUint64Array(x.buffer))
  const both = ['i8', 'u8']
  const floats = Float32Array.from(x, (value, i) => Number(value) / (i % 3 === 0 ? 1 : 1000))
  floats.set([NaN, Infinity, -Infinity, -0, 0.5, -0.5])
  for (const [code, data] of [
    ['f4', floats],
    ['i4', Int32Array.from(x, (value) => Number(BigInt.asIntN(32, value)))],
    ['u4', Uint32Array.from(x, (value) => Number(BigInt.asUintN(32, value)))],
    ['u1', Uint8Array.from(x, (value) => Number(BigInt.asUintN(8, value)))],
  ] as const)
    await sameBits(
      together(both, code, ['x', 'x']),
      both.map((to) => `${to} of ${code}`),
      data,
    )
})

onGpu('the sum of an int32 array is an int64, as everywhere', async () => {
  const sum: Any = (add as Any).on('gpu')
  const large = new Int32Array(1000).fill(2 ** 31 - 1)
  assert.is(await sum.reduce(large), 1000n * (2n ** 31n - 1n))
  const there = await toGpu({ data: large, shape: [2, 500], stride: [500, 1] })
  const rows = await (await sum.reduce(there, { axis: 1 })).read()
  assert.equal([...rows.data], [500n * (2n ** 31n - 1n), 500n * (2n ** 31n - 1n)])
})

test.run()
