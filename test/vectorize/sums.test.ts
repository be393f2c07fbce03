/** Float32 sums of many numbers are within 4 units in the last place on every axis; scripts/accuracy/sums.ts adds up 1e7. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sumErrors } from '../../scripts/accuracy/sum-errors.ts'
import { resident } from '../../src/index.ts'
import { add } from '../../src/ufuncs.ts'
import { type Loose, targets } from './functions.ts'

const shapes = [[200_000], [400, 500], [20, 500, 20], [2, 100_000], [100_000, 2]]

for (const target of targets) {
  test(`${target}: the error of float32 sums`, () => {
    const { reduce } = (add as unknown as Loose).on(target) as unknown as Loose
    for (const shape of target === 'cpu' ? shapes : [[20_000], [40, 50]])
      for (const axis of [...shape.keys(), null])
        for (const place of [(x: object) => x, resident as (x: never) => unknown]) {
          const worst = sumErrors(shape, axis, (x) => reduce(place(x as never), { axis }))
          assert.ok(worst <= 4, `${worst} ULP along axis ${axis} of (${shape})`)
        }
  })
}

test('the measure itself: adding up one after another is far off', () => {
  const worst = sumErrors([200_000], 0, ({ data }) => {
    const sum = new Float32Array(1)
    for (const value of data) sum[0] = (sum[0] as number) + Number(value)
    return sum[0]
  })
  assert.ok(worst > 20, `${worst} ULP`)
})

test.run()
