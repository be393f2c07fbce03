import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { codes, dtypes } from '../../src/dtype.ts'
import { SignatureError } from '../../src/errors.ts'
import { formatSignature, parseSignature, type Signature } from '../../src/loops/signature.ts'

// text, canonical text
const good: [string, string][] = [
  ['f8(f8,f8)', 'f8(f8,f8)'],
  ['  f8 ( f8 ,\n f8 ) ', 'f8(f8,f8)'],
  ['float64(float64, float32)', 'f8(f8,f4)'],
  ['double(double)', 'f8(f8)'],
  ['bool(int8,uint64)', 'b1(i1,u8)'],
  ['(f8,f8)', '(f8,f8)'],
  ['void(f8[:],f8[:,:])', 'void(f8[:],f8[:,:])'],
  ['f8[:](f8[:],f8)', 'f8[:](f8[:],f8)'],
  ['f8[::1](f8[ : : 1 ])', 'f8[::1](f8[::1])'],
  ['void(f8[:,::1],f8[::1,:],i4[:,:,:])', 'void(f8[:,::1],f8[::1,:],i4[:,:,:])'],
  ['UniTuple(f8,2)(f8)', 'UniTuple(f8,2)(f8)'],
  ['UniTuple( f4 , 1 )(f4)', 'f4(f4)'],
  ['Tuple(f8,i4)(f8)', 'Tuple(f8,i4)(f8)'],
  ['Tuple(f8,f8,f8)(f8)', 'UniTuple(f8,3)(f8)'],
  ['dd->d', 'f8(f8,f8)'],
  [' d d -> d d ', 'UniTuple(f8,2)(f8,f8)'],
  ['ff->f', 'f4(f4,f4)'],
  ['?bB->?', 'b1(b1,i1,u1)'],
  ['hHiIlLqQ->fi', 'Tuple(f4,i4)(i2,u2,i4,u4,i8,u8,i8,u8)'],
]

for (const [text, canonical] of good) {
  test(`reads ${JSON.stringify(text)}`, () => {
    const signature = parseSignature(text)
    assert.is(formatSignature(signature), canonical)
    assert.equal(parseSignature(canonical), signature)
  })
}

test('gives plain data', () => {
  assert.equal(parseSignature('f8[:](f4[:,::1],i4)'), {
    inputs: [
      { code: 'f4', rank: 2, contiguous: 'C' },
      { code: 'i4', rank: 0, contiguous: null },
    ],
    outputs: [{ code: 'f8', rank: 1, contiguous: null }],
  })
  assert.is(parseSignature('(f8)').outputs, null)
  assert.equal(parseSignature('void(f8[:])').outputs, [])
})

// text, position, what the message says
const bad: [string, number, RegExp][] = [
  ['', 0, /expected a result type or '\('.*the text ended/],
  ['f8', 2, /expected '\(' to open the argument types, but the text ended/],
  ['f8(', 3, /expected a type, but the text ended/],
  ['f8()', 3, /expected a type, but found '\)'/],
  ['f8(f8', 5, /expected '\)' or ','/],
  ['f8(f8,)', 6, /expected a type, but found '\)'/],
  ['f8(f8;f8)', 5, /expected '\)' or ','.*found ';'/],
  ['f8(f8))', 6, /unexpected '\)' after the signature/],
  ['f8 f8(f8)', 3, /expected '\(' to open the argument types, but found 'f'/],
  ['float(f8)', 0, /unknown type 'float' \(did you mean 'f8' \(float64\) or 'f4' \(float32\)\?\)/],
  ['f8(f8, int)', 7, /unknown type 'int' \(did you mean 'i4' \(int32\) or 'i8' \(int64\)\?\)/],
  ['i16(i16)', 0, /did you mean 'i2' \(int16\)/],
  ['f8(f32)', 3, /did you mean 'f4' \(float32\)/],
  ['f8(flaot64)', 3, /unknown type 'flaot64'/],
  ['f8(float46)', 3, /unknown type 'float46'/],
  ['f8(folat64)', 3, /the types are b1 i1/],
  ['f8(floa64)', 3, /did you mean 'f8'/],
  ['f8(u3)', 3, /did you mean 'u1' \(uint8\) or 'u2'/],
  ['f16(f16)', 0, /planned/],
  ['c8(c8)', 0, /planned/],
  ['c16(f8)', 0, /planned/],
  ['f8(complex128)', 3, /planned/],
  ['F8(f8)', 0, /unknown type 'F8'/],
  ['f8(f8[)', 6, /expected ':' for a dimension/],
  ['f8(f8[])', 6, /expected ':' for a dimension/],
  ['f8(f8[:,])', 8, /expected ':' for a dimension/],
  ['f8(f8[:)', 7, /expected '\]'/],
  ['f8(f8[::2])', 8, /expected '1' after '::'/],
  ['f8(f8[::1,::1])', 10, /'::1' stands once/],
  ['f8(f8[:,::1,:])', 8, /'::1' stands once/],
  ['f8(f8[3])', 6, /expected ':' for a dimension, but found '3'/],
  ['UniTuple(f8)(f8)', 11, /expected ',' and a count/],
  ['UniTuple(f8,0)(f8)', 12, /count from 1 to 64/],
  ['UniTuple(f8,x)(f8)', 12, /count from 1 to 64/],
  ['UniTuple(f8,999999999)(f8)', 12, /count from 1 to 64/],
  ['Tuple()(f8)', 6, /expected a type/],
  ['void', 4, /expected '\('/],
  ['f8(void)', 3, /unknown type 'void'/],
  ['dd->', 4, /expected a type character/],
  ['->d', 0, /expected a type character/],
  ['dx->d', 1, /unknown type character 'x'/],
  ['dD->d', 1, /planned/],
  ['dd->d->d', 5, /unknown type character '-'/],
  ['(n),(n)->()', 0, /guvectorize layout/],
  [`f8(${'f8,'.repeat(64)}f8)`, 195, /more than 64 operands/],
]

for (const [text, position, message] of bad) {
  test(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
    try {
      parseSignature(text)
    } catch (error) {
      if (!(error instanceof SignatureError)) throw error
      assert.is(error.code, 'signature')
      assert.is(error.text, text)
      assert.is(error.position, position, error.message)
      assert.match(error.message, message)
      const [, line = '', caret = ''] = error.message.split('\n')
      assert.is(line.slice(4), text)
      assert.is(caret.indexOf('^') - 4, position)
      return
    }
    assert.unreachable('no error')
  })
}

test('what is no string is refused with a typed error', () => {
  for (const value of [undefined, null, 3, {}, ['f8(f8)']]) {
    assert.throws(
      () => parseSignature(value as unknown as string),
      (e: unknown) => e instanceof SignatureError,
    )
  }
})

const argType = fc
  .tuple(fc.constantFrom(...codes), fc.nat(3), fc.constantFrom('C' as const, 'F' as const, null))
  .map(([code, rank, order]) => {
    const contiguous = rank === 0 ? null : rank === 1 && order ? ('C' as const) : order
    return { code, rank, contiguous }
  })
const signatures: fc.Arbitrary<Signature> = fc.record(
  {
    inputs: fc.array(argType, { minLength: 1, maxLength: 5 }),
    outputs: fc.option(fc.array(argType, { maxLength: 4 })),
  },
  { noNullPrototype: true },
)

test('every signature comes back from its text', () => {
  fc.assert(
    fc.property(signatures, (s) => {
      assert.equal(parseSignature(formatSignature(s)), s)
    }),
  )
})

test("NumPy's characters name the same dtypes", () => {
  for (const row of Object.values(dtypes)) {
    assert.equal(parseSignature(`${row.char}->${row.char}`), parseSignature(`${row.code}(${row.name})`))
  }
})

test.run()
