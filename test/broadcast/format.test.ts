import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { formatStrided } from '../../src/broadcast/format.ts'
import { contiguousStrides } from '../../src/broadcast/shape.ts'
import { codeOf, dtypes } from '../../src/dtype.ts'
import { numpy } from '../fixtures/numpy.ts'

test('prints arrays as NumPy does', () => {
  assert.ok(numpy.printed.length > 100)
  for (const { dtype, shape, bytes, text } of numpy.printed) {
    const code = codeOf(dtype) ?? 'f8'
    const raw = Uint8Array.from(Buffer.from(bytes, 'base64'))
    const data = new dtypes[code].array(raw.buffer)
    assert.is(formatStrided({ data, code, shape, stride: contiguousStrides(shape), offset: 0 }), text)
  }
})

test('prints a view by its strides', () => {
  const data = Float64Array.of(9, 1, 2.5, 3, 4)
  assert.is(
    formatStrided({ data, code: 'f8', shape: [2, 2], stride: [-1, -2], offset: 4 }),
    '[[4.  2.5]\n [3.  1. ]]',
  )
})

test.run()
