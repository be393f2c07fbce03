/** The kernel table of the benchmarks: what a loop claims about its lanes is what its body holds. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { kernels } from '../../bench/kernels.mjs'
import { compile } from '../../src/loops/compile.ts'
import { bodyOf, faults, requestOf } from './body.ts'

test('the check sees calls, scalar floats, single lanes and narrow shapes', () => {
  const wide = { lanes: 4, notes: [] }
  assert.is(faults('(v128.load)(call $x)(f64.add)(f64x2.add)', wide).length, 3)
  assert.equal(faults('(v128.load)(f64x2.extract_lane 1)', { lanes: 2, notes: [] }), ['single lanes'])
  assert.equal(
    faults('(v128.load)(v128.load64_lane align=1 1)(f64x2.add)(f64.const 1)', { lanes: 2, notes: [] }),
    [],
  )
})

for (const row of kernels) {
  test(`${row.types} ${row.name}`, () => {
    const request = requestOf(row.types, row.kernel)
    const loop = compile(request)
    assert.ok(loop.vectorized, 'on lanes')
    assert.equal(faults(bodyOf(request), loop), [])
  })
}

test.run()
