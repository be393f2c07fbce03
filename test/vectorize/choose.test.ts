import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { codes } from '../../src/dtype.ts'
import { parseSignature } from '../../src/loops/signature.ts'
import { dtypesOf, type Given, narrowed, search } from '../../src/vectorize/choose.ts'

const loop = (text: string) => {
  const { inputs, outputs } = parseSignature(text)
  return { text, inputs: inputs.map((t) => t.code), outputs: (outputs ?? []).map((t) => t.code) }
}
const chosen = (loops: string, given: string): string | undefined =>
  search(loops.split(' ').map(loop), given.split(' ') as Given[])?.text

// loops, arguments, the loop that runs
const found: [string, string, string | undefined][] = [
  // exact before order, else the first safe one
  ['f8(f8,f8) f4(f4,f4)', 'f4 f4', 'f4(f4,f4)'],
  ['f8(f8,f8) f4(f4,f4)', 'f4 i2', 'f8(f8,f8)'],
  ['f4(f4,f4) f8(f8,f8)', 'f4 i2', 'f4(f4,f4)'],
  ['f4(f4,f4) f8(f8,f8)', 'i4 i4', 'f8(f8,f8)'],
  ['i4(i4,i4) f8(f8,f8)', 'u1 i2', 'i4(i4,i4)'],
  ['i4(i4,i4) f8(f8,f8)', 'u4 i2', 'f8(f8,f8)'],
  ['i4(i4,i4)', 'i8 i4', undefined],
  ['i4(i4,i4)', 'f4 i4', undefined],
  // NumPy's ldexp: loops fi->f dl->d
  ['f4(f4,i4) f8(f8,i8)', 'f8 i8', 'f8(f8,i8)'],
  ['f4(f4,i4) f8(f8,i8)', 'f4 i2', 'f4(f4,i4)'],
  ['f4(f4,i4) f8(f8,i8)', 'number i8', 'f8(f8,i8)'],
  ['f4(f4,i4) f8(f8,i8)', 'f4 number', 'f4(f4,i4)'],
  // scalars are weak: the arrays decide
  ['i4(i4,i4) f8(f8,f8)', 'i4 number', 'i4(i4,i4)'],
  ['u1(u1,u1) i4(i4,i4) f8(f8,f8)', 'number u1', 'u1(u1,u1)'],
  ['f4(f4,f4) f8(f8,f8)', 'f4 number', 'f4(f4,f4)'],
  ['f4(f4,f4) f8(f8,f8)', 'f4 bigint', 'f4(f4,f4)'],
  ['f4(f4,f4) f8(f8,f8)', 'f8 boolean', 'f8(f8,f8)'],
  ['i4(i4,i4) f8(f8,f8)', 'b1 number', 'f8(f8,f8)'],
  ['f8(i4,f4)', 'i4 number', 'f8(i4,f4)'],
  // scalars alone: f8, i8, b1
  ['i4(i4,i4) f8(f8,f8)', 'number number', 'f8(f8,f8)'],
  ['i8(i8,i8) f8(f8,f8)', 'bigint bigint', 'i8(i8,i8)'],
  ['i8(i8,i8) f8(f8,f8)', 'number bigint', 'f8(f8,f8)'],
  ['b1(b1,b1) f8(f8,f8)', 'boolean boolean', 'b1(b1,b1)'],
  ['f8(f8,f8)', 'bigint boolean', 'f8(f8,f8)'],
  ['i4(i4,i4)', 'number number', 'i4(i4,i4)'],
  // uint8 arrays as masks, where nothing else takes them
  ['b1(b1,b1)', 'u1 u1', 'b1(b1,b1)'],
  ['b1(b1,b1) u1(u1,u1)', 'u1 u1', 'u1(u1,u1)'],
  ['b1(b1,b1) i2(i2,i2)', 'u1 u1', 'i2(i2,i2)'],
  ['f8(b1,f8,f8)', 'u1 f8 number', 'f8(b1,f8,f8)'],
  ['b1(b1,b1)', 'u2 u1', undefined],
  ['b1(b1,b1)', 'i1 i1', undefined],
]

for (const [loops, given, want] of found) {
  test(`(${given}) among ${loops}`, () => assert.is(chosen(loops, given), want))
}

test('a loop with exactly the dtypes always wins', () => {
  const pair = fc.tuple(fc.constantFrom(...codes), fc.constantFrom(...codes))
  fc.assert(
    fc.property(fc.uniqueArray(pair, { minLength: 1, selector: String }), fc.nat(), (pairs, pick) => {
      const loops = pairs.map((inputs) => ({ inputs, outputs: [] }))
      const wanted = loops[pick % loops.length]
      assert.is(search(loops, wanted?.inputs ?? []), wanted)
    }),
  )
})

test('scalars take the dtype to which the arrays promote', () => {
  assert.equal(dtypesOf(['i4', 'number', 'f4']), ['i4', 'f8', 'f4'])
  assert.equal(dtypesOf(['u1', 'bigint']), ['u1', 'u1'])
  assert.equal(dtypesOf(['b1', 'bigint', 'number', 'boolean']), ['b1', 'i8', 'f8', 'b1'])
  assert.equal(dtypesOf(['number', 'bigint', 'boolean']), ['f8', 'i8', 'b1'])
})

test('a dtype that is asked for leaves the loops that have it', () => {
  const loops = ['i4(i4,i4)', 'f4(f4,f4)', 'f8(f8,f8)', 'b1(f8,f8)'].map(loop)
  const texts = (asked: Parameters<typeof narrowed>[1]) => narrowed(loops, asked).map((l) => l.text)
  assert.equal(texts(null).length, 4)
  assert.equal(texts([null, null, 'f8']), ['f8(f8,f8)'])
  assert.equal(texts(['f8', null, null]), ['f8(f8,f8)', 'b1(f8,f8)'])
  assert.equal(texts(['i4', 'i4', 'f8']), [])
})

test.run()
