/** Short straight lines go through the registers of a step one after another: see emit/shape.ts. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bodyOf, requestOf } from './body.ts'

test('operands of half the width are loaded by halves, and nothing is taken apart', () => {
  const body = bodyOf(requestOf('f8(i4,f4)', (x: number, y: number) => 2.5 * x + y))
  assert.is(body.match(/v128\.load64_splat/g)?.length, 8)
  assert.is(body.match(/v128\.store/g)?.length, 4)
  assert.not.match(body, /shuffle/)
})

test('a register is stored before the next is loaded', () => {
  const body = bodyOf(requestOf('f8(f8,f8)', (x: number, y: number) => (x + y) / (x - y)))
  const order = [...body.matchAll(/v128\.(load|store)/g)].map(([, what]) => what).join(' ')
  assert.is(order, Array.from({ length: 4 }, () => 'load load store').join(' '))
})

test('with branches, or with results that fill no register, registers go side by side', () => {
  const ends = (types: string, kernel: (x: number, y: number) => unknown) =>
    [...bodyOf(requestOf(types, kernel)).matchAll(/v128\.(load|store)/g)].at(1)?.[1]
  assert.is(
    ends('b1(f8,f8)', (x, y) => x < y),
    'load',
  )
  assert.is(
    ends('f8(f8,f8)', (x, y) => Math.exp(x) * y),
    'load',
  )
})

test.run()
