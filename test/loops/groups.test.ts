/** Short straight lines go through the registers of a step one after another: see emit/shape.ts. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { empty, ones, ready, resident, vectorize } from '../../src/index.ts'
import { wat } from '../../src/loops/compile.ts'
import { bodyOf, mainLoop, requestOf } from './body.ts'

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

test('short steps go several a round, with constants for the steps of all pointers', () => {
  const text = wat(requestOf('f8(f8,f8,f8)', (x: number, y: number, z: number) => x * y + z))
  const body = mainLoop(text, 'long')
  assert.is(body.match(/v128\.store/g)?.length, 16)
  assert.is(body.match(/i32\.const 256/g)?.length, 4)
  assert.not.match(wat(requestOf('f8(f8)', (x: number) => Math.exp(x))), /loop \$long/)
})

test('rounds of several steps, steps and rests give each element once', async () => {
  await ready()
  const sizes = Array.from({ length: 300 }, (_, n) => n)
  const f = vectorize(['f8(f8,f8)'])((x: number, y: number) => x - y)
  for (const n of sizes) {
    const [x, y] = [resident(Float64Array.from({ length: n }, (_, i) => i * i)), ones(n)]
    // Behind the last element there is another: nobody writes it.
    const room = empty(n + 1)
    room.data.fill(7)
    f(x, y, room.hi(n))
    assert.equal([...room.data], [...Array.from({ length: n }, (_, i) => i * i - 1), 7], `${n}`)
    f(x, 3, x)
    assert.equal(
      [...x.data],
      Array.from({ length: n }, (_, i) => i * i - 3),
      `${n} in place, with a scalar`,
    )
  }
})

test.run()
