/** Population counts by sums of fields are one op, however they are spelled; what only looks like one is left alone. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { lower } from '../../src/loops/compile.ts'
import { bind } from '../../src/loops/kernel/bind.ts'
import type { Kernel, Value } from '../../src/loops/kernel/ir.ts'
import { print } from '../../src/loops/kernel/print.ts'
import { requestOf } from '../loops/body.ts'
import { assertSame } from './preserves.ts'

type Spelling = readonly [name: string, types: string, kernel: ((x: number, y: number) => number) | string]

const counts: readonly Spelling[] = [
  [
    'in place, signed, with a product',
    'i4(i4)',
    (n) => {
      n = n - ((n >> 1) & 0x55555555)
      n = (n & 0x33333333) + ((n >> 2) & 0x33333333)
      return (((n + (n >> 4)) & 0xf0f0f0f) * 0x1010101) >> 24
    },
  ],
  [
    'with sums in the end',
    'u1(u4)',
    (x) => {
      x -= (x >>> 1) & 0x55555555
      x = ((x >>> 2) & 0x33333333) + (x & 0x33333333)
      x = ((x >>> 4) + x) & 0x0f0f0f0f
      x += x >>> 8
      x += x >>> 16
      return x & 0x3f
    },
  ],
  [
    'with a mask at every step',
    'i4(u4)',
    (x) => {
      x = (x & 0x55555555) + ((x >>> 1) & 0x55555555)
      x = (x & 0x33333333) + ((x >>> 2) & 0x33333333)
      x = (x & 0x0f0f0f0f) + ((x >>> 4) & 0x0f0f0f0f)
      x = (x & 0x00ff00ff) + ((x >>> 8) & 0x00ff00ff)
      return (x & 0x0000ffff) + (x >>> 16)
    },
  ],
  [
    'where two differ',
    'u1(u4,u4)',
    (a, b) => {
      let d = a ^ b
      d -= (d >>> 1) & 0x55555555
      d = (d & 0x33333333) + ((d >>> 2) & 0x33333333)
      return Math.imul((d + (d >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
    },
  ],
  [
    'of 64 bits',
    'u1(u8)',
    `(x) => {
      x -= (x >> 1) & 0x5555555555555555n
      x = (x & 0x3333333333333333n) + ((x >> 2) & 0x3333333333333333n)
      return (((x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fn) * 0x0101010101010101n) >> 56
    }`,
  ],
  [
    'in a loop, over shifted values',
    'i4(u4,u1)',
    (x, times) => {
      let all = 0
      for (let k = 0; k < (times & 7); k++) {
        let y = x >>> k
        y -= (y >>> 1) & 0x55555555
        y = (y & 0x33333333) + ((y >>> 2) & 0x33333333)
        all += Math.imul((y + (y >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
      }
      return all
    },
  ],
]

const others: readonly Spelling[] = [
  [
    'a bit is missing from a mask',
    'i4(u4)',
    (x) => {
      x -= (x >>> 1) & 0x55555555
      x = (x & 0x33333333) + ((x >>> 2) & 0x33333331)
      return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
    },
  ],
  [
    'fields without room for the sum',
    'i4(u4)',
    (x) => {
      x -= (x >>> 1) & 0x55555555
      x = (x + (x >>> 2)) & 0x33333333
      return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
    },
  ],
  [
    'half of the bits',
    'i4(u4)',
    (x) => {
      x -= (x >>> 1) & 0x55555555
      x = (x & 0x33333333) + ((x >>> 2) & 0x33333333)
      x = (x + (x >>> 4)) & 0x0f0f0f0f
      x += x >>> 8
      return x & 0x3f
    },
  ],
  [
    'a mask without room for 32',
    'i4(u4)',
    (x) => {
      x -= (x >>> 1) & 0x55555555
      x = (x & 0x33333333) + ((x >>> 2) & 0x33333333)
      x = (x + (x >>> 4)) & 0x0f0f0f0f
      x += x >>> 8
      x += x >>> 16
      return x & 0x1f
    },
  ],
  [
    'another value in between',
    'i4(u4,u4)',
    (x, y) => {
      let n = x - ((x >>> 1) & 0x55555555)
      if (y > 7) n = y
      n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
      return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
    },
  ],
  [
    'the highest field is not all of it',
    'i4(u4)',
    (x) => {
      x -= (x >>> 1) & 0x55555555
      x = (x & 0x33333333) + ((x >>> 2) & 0x33333333)
      return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 16
    },
  ],
]

const edges = [0, 1, 2, 3, 0x55555555, 0xaaaaaaaa, 0xffffffff, 0x80000000, 0x7fffffff, 0xff, 0x12345678]
const values = [...edges, ...Array.from({ length: 200 }, (_, k) => Math.imul(k + 1, 0x9e3779b1) >>> 0)]

function lowered([, types, kernel]: Spelling): Kernel {
  const request = requestOf(types, kernel)
  const after = lower({ ...request, simd: false })
  const wide = (x: number) => BigInt.asUintN(64, BigInt(x) * 0x9e3779b97f4a7c15n)
  const rows = values.map((x, k): Value[] =>
    request.inputs[0] === 'u8' ? [wide(x)] : [x, values.at(-k) ?? 0].slice(0, request.inputs.length),
  )
  assertSame(bind(request.kernel, request.inputs, request.outputs), after, { tables: [], rows })
  return after
}

for (const spelling of counts) {
  test(`a count: ${spelling[0]}`, () => {
    const text = print(lowered(spelling))
    assert.match(text, /popcnt/)
    // All steps are gone, and what they were given is not kept.
    assert.not.match(text, /1431655765|858993459|252645135|counted/)
  })
}

for (const spelling of others) {
  test(`no count: ${spelling[0]}`, () => assert.not.match(print(lowered(spelling)), /popcnt/))
}

test.run()
