/** Kernels of arrays of which a workgroup takes a core call, its invocations sharing the rounds of loops: what cpu gives, by the rule that `explain()` states. */
import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Code, TypedArray } from '../../src/dtype.ts'
import { dtypes } from '../../src/dtype.ts'
import { guvectorize, ready, toArray, toGpu } from '../../src/index.ts'
import { traffic } from '../../src/targets/gpu/buffers.ts'
import { randomFrom } from '../../src/testing/operands.ts'
import { sharing } from '../../src/wgsl-words.ts'
import { randomArrayKernel, randomLayout, randomSignature } from '../kernel/random-arrays.ts'
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

const random = randomFrom(3)
const array = (code: Code, shape: readonly number[]): Any => {
  const data = new dtypes[code].array(shape.reduce((a, b) => a * b, 1)) as TypedArray
  for (let i = 0; i < data.length; i++) {
    const value = random(16) - 5
    data[i] = (dtypes[code].big ? BigInt(value) : value) as number
  }
  return ndarray(data as Float64Array, [...shape])
}
const kernel = (signature: string, layout: string, text: string): Any =>
  (guvectorize as Any)([signature], layout, text, { target: 'gpu' })
const values = (x: Any): unknown => (Array.isArray(x) ? x.map(values) : toArray(x))
const why = (f: Any): string | undefined => f.explain().last.why

interface Row {
  readonly name: string
  readonly f: readonly [signature: string, layout: string, text: string]
  readonly shapes: readonly (readonly number[])[]
}
const n = 131
const rows: readonly Row[] = [
  {
    name: 'a loop, behind one that all run',
    f: [
      'void(f4[:],f4[:])',
      '(n)->(n)',
      `(x, out) => {
        let sum = 0
        for (const v of x) sum += v * v
        const length = Math.sqrt(sum)
        for (let i = 0; i < x.length; i++) out[i] = x[i] / length
      }`,
    ],
    shapes: [[3, n]],
  },
  {
    name: 'elements that one invocation writes, beside a loop, in outputs that begin as zeros',
    f: [
      'void(i2[:],i2[:])',
      '(n)->(n)',
      '(x, out) => { out[0] = x[0]; for (let i = 1; i < x.length - 1; i++) out[i] += x[i - 1] + x[i + 1] }',
    ],
    shapes: [[3, n]],
  },
  {
    name: 'sums in any order',
    f: [
      'Tuple(i8,f4,u1)(i8[:],f4[:],u1[:])',
      '(n),(n),(n)->(),(),()',
      `(x, y, z) => {
        let [s, t, u] = [7, y[0], 255]
        for (let i = 0; i < x.length; i++) { s -= x[i]; t = Math.min(t, y[i]); u &= z[i] | 8 }
        return [s, t, u]
      }`,
    ],
    shapes: [[2, n], [n], [2, n]],
  },
  {
    name: 'the columns of a product',
    f: [
      'void(f4[:,:],f4[:,:],f4[:,:])',
      '(m,n),(n,p)->(m,p)',
      `(a, b, out) => {
        for (let i = 0; i < a.shape[0]; i++)
          for (let j = 0; j < b.shape[1]; j++) {
            let s = 0
            for (let k = 0; k < a.shape[1]; k++) s += a[i][k] * b[k][j]
            out[i][j] = s
          }
      }`,
    ],
    shapes: [
      [2, 5, 6],
      [6, 70],
    ],
  },
  {
    name: 'rows, one behind another',
    f: [
      'void(i4[:,:],i4[:,:])',
      '(m,n)->(m,n)',
      `(a, out) => {
        for (let j = 0; j < a.shape[1]; j++) out[0][j] = a[0][j]
        for (let i = 1; i < a.shape[0]; i++)
          for (let j = 1; j < a.shape[1]; j++) out[i][j] = a[i][j] + out[i - 1][j - 1]
      }`,
    ],
    shapes: [[2, 9, n]],
  },
  {
    name: 'loops around which elements decide',
    f: [
      'void(i4[:],i4[:])',
      '(n)->(n)',
      `(x, out) => {
        if (x[0] < 0) return
        let left = 20
        while (left > 3) {
          if (x[1] > left) {
            for (let i = 0; i < x.length; i++) out[i] = (out[i] >> 1) + x[i]
          } else {
            for (let i = 0; i < x.length; i++) out[i] += x[x.length - 1 - i]
            left -= 2
          }
          left -= 1 + (out[2] & 3)
        }
      }`,
    ],
    shapes: [[9, n]],
  },
  {
    name: 'an array of its own',
    f: [
      'void(i1[:],i1[:])',
      '(n)->(n)',
      `(x, out) => {
        const own = new Int8Array(x.length)
        for (let i = 0; i < x.length; i++) own[i] = x[i] * 3
        for (let i = 0; i < x.length; i++) out[i] = own[x.length - 1 - i]
      }`,
    ],
    shapes: [[3, n]],
  },
]

for (const { name, f, shapes } of rows)
  onGpu(`a workgroup shares ${name}`, async () => {
    const own = kernel(...f)
    const codes = [...f[0].slice(f[0].indexOf('(', 1)).matchAll(/(\w\w)\[/g)].map(([, code]) => code as Code)
    const operands = shapes.map((shape, k) => array(codes[k] ?? 'f4', shape))
    const before = traffic.dispatches
    assert.equal(values(await own(...operands)), values(own.on('cpu')(...operands)))
    assert.is(traffic.dispatches, before + 1)
    assert.match(why(own) ?? '', /a workgroup took each core call/)
    assert.match(own.explain().notes[0].reason, /where there are 64 and more and at most 1024 core calls/)
  })

const double = kernel(
  'void(f4[:],f4[:])',
  '(n)->(n)',
  '(x, out) => { for (let i = 0; i < x.length; i++) out[i] = 2 * x[i] }',
)

onGpu('few rounds, or many calls: an invocation a call', async () => {
  for (const [shape, isShared] of [
    [[5, 64], true],
    [[5, 63], false],
    [[1025, 64], false],
  ] as const) {
    const x = array('f4', shape)
    assert.equal(values(await double(x)), values(double.on('cpu')(x)))
    assert.is(why(double) !== undefined, isShared, String(shape))
  }
})

onGpu('masks, strides and what stays on the device', async () => {
  const there = await toGpu(array('f4', [n, 4]))
  const x = there.T.step(1, -1)
  const out = await toGpu(array('f4', [4, n]))
  const [plain, before] = [values(await x.read()) as number[][], values(await out.read()) as number[][]]
  const where = [true, false, false, true]
  await double(x, { out, where })
  assert.ok(why(double) !== undefined)
  const want = plain.map((row, i) => (where[i] ? row.map((v) => 2 * v) : before[i]))
  assert.equal(values(await out.read()), want)
})

onGpu('random kernels, all of which are shared', async () => {
  const own = { ...sharing }
  Object.assign(sharing, { rounds: -Infinity, calls: Infinity })
  const next = () => random(2 ** 32) / 2 ** 32
  const chance = { next, int: (from: number, to: number) => from + random(to - from + 1) }
  try {
    for (let done = 0; done < 6; ) {
      const text = randomArrayKernel(chance)
      // Drivers take seconds for long ones.
      if (text.length > 400) continue
      const code = done % 2 === 0 ? 'i4' : 'f4'
      const f = kernel(randomSignature.replaceAll('f8', code), randomLayout, text)
      if (!f.explain().notes.some((note: Any) => /workgroup/.test(note.reason))) continue
      done++
      const x = [array(code, [2, 70]), array(code, [3, 70]), array(code, [2, 70])]
      const outcome = async (run: () => unknown): Promise<unknown> => {
        try {
          return values(await run())
        } catch (error) {
          return (error as Any).code
        }
      }
      const want = await outcome(() => f.on('cpu')(...x))
      assert.equal(await outcome(() => f(...x)), want, text)
      assert.match(why(f) ?? '', /a workgroup took each core call/)
    }
  } finally {
    Object.assign(sharing, own)
  }
})

test.run()
