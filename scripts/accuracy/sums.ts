/**
 * The error of float32 sums of 1e7 uniform numbers along each axis, in units in the last place of the exact sum rounded to float32:
 * node --import tsx scripts/accuracy/sums.ts
 */
import { ready } from '../../src/index.ts'
import { add } from '../../src/ufuncs.ts'
import { sumErrors } from './sum-errors.ts'

await ready()
const count = 1e7
const shapes = [[count], [4000, 2500], [2500, 4000], [100, 1000, 100], [10, count / 10], [count / 10, 10]]

console.log('| shape | axis | worst error, ULP |\n| --- | --- | --- |')
for (const shape of shapes)
  for (const axis of [...shape.keys(), null]) {
    if (axis === null && shape.length === 1) continue
    const worst = sumErrors(shape, axis, (x) => add.reduce(x, { axis }))
    console.log(`| ${shape.join(' × ')} | ${axis ?? 'all'} | ${worst.toFixed(0)} |`)
  }
