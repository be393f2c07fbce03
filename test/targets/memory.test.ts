/** Promise 6: a resident array's data stays valid until it is freed or collected, and a freed one cannot be used. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { MemoryError } from '../../src/errors.ts'
import { ready } from '../../src/index.ts'
import { configure } from '../../src/targets/configure.ts'
import {
  array,
  empty,
  format,
  free,
  full,
  isResident,
  plain,
  resident,
  toArray,
  zeros,
} from '../../src/targets/memory/arrays.ts'
import { makeHeap, pageBytes } from '../../src/targets/memory/heap.ts'
import { addressOf, memoryInfo, residentHeap } from '../../src/targets/memory/resident.ts'
import { vectorize } from '../../src/vectorize/vectorize.ts'
import { thrown } from '../thrown.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

await ready()

const data = (x: { data: unknown }) => x.data as Float64Array

test('arrays stay valid while the memory grows under them', () => {
  const before = memoryInfo().reserved
  const arrays = Array.from({ length: 60 }, (_, i) => full(100_000 + i, i))
  const { reserved, shared } = memoryInfo()
  assert.ok(shared)
  assert.ok(reserved > before + 40 * 800_000, 'the memory has grown several times')
  for (const [i, x] of arrays.entries()) {
    assert.is(data(x).length, 100_000 + i)
    assert.ok(data(x).every((value) => value === i))
    assert.is(addressOf(data(x)), data(x).byteOffset)
    data(x)[99_999] = -1
    assert.is(
      residentHeap().view('f8')[data(x).byteOffset / 8 + 99_999],
      -1,
      'old views and new ones show one memory',
    )
  }
  const { used } = memoryInfo()
  for (const x of arrays) free(x)
  assert.ok(memoryInfo().used <= used - 60 * 800_000)
  assert.ok(memoryInfo().peak >= used)
})

test('arrays in a row do not share their last 12 bits', () => {
  const arrays = Array.from({ length: 4 }, () => empty(4096))
  const low = arrays.map((x) => data(x).byteOffset % 4096)
  for (const [i, a] of low.entries())
    for (const b of low.slice(i + 1)) assert.ok(Math.min(Math.abs(a - b), 4096 - Math.abs(a - b)) >= 64)
})

test('a freed array, and every view of it, is an error', () => {
  const x = zeros([2, 3])
  const view = x.transpose(1, 0).lo(1)
  free(x)
  for (const use of [
    () => addressOf(data(view)),
    () => format(view),
    () => toArray(x),
    () => resident(view),
    () => plain(view),
    () => array(view),
    () => free(x),
    () => free(view),
  ]) {
    const raised = thrown(use)
    assert.instance(raised, MemoryError)
    assert.match(raised.message, 'was freed')
  }
  assert.not(isResident(x))
})

test('the memory of a freed array is used again', () => {
  const x = empty(1000)
  const { used } = memoryInfo()
  free(x)
  const y = empty(1000)
  assert.is(data(y).byteOffset, data(x).byteOffset)
  assert.is(memoryInfo().used, used)
  assert.throws(() => addressOf(data(x)))
  assert.is(addressOf(data(y)), data(y).byteOffset)
})

test('only whole arrays are freed, ordinary ones are left alone', () => {
  const x = empty(1000)
  const part = ndarray(data(x).subarray(8))
  assert.instance(
    thrown(() => free(part)),
    MemoryError,
  )
  assert.is(addressOf(data(x)), data(x).byteOffset)
  const own = new Float64Array(3)
  free(own)
  free(ndarray(own))
  assert.is(addressOf(own), -1)
})

test('using frees at the end of the block, once', () => {
  const x = empty(10)
  x[Symbol.dispose]()
  x[Symbol.dispose]()
  assert.throws(() => addressOf(x.data))
})

test('collected arrays give their memory back', async () => {
  const { used } = memoryInfo()
  ;(() => {
    for (let i = 0; i < 50; i++) empty(10_000)
  })()
  assert.ok(memoryInfo().used >= used + 50 * 80_000)
  for (let i = 0; i < 20 && memoryInfo().used > used; i++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.ok(memoryInfo().used <= used)
})

test('a view keeps the array alive, and collecting a freed array frees nothing twice', async () => {
  let whole: ReturnType<typeof full> | undefined = full(10_000, 3)
  const view = whole.lo(5_000)
  whole = undefined
  ;(() => {
    free(empty(123))
  })()
  const taken = full(123, 9)
  for (let i = 0; i < 5; i++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const others = Array.from({ length: 20 }, () => full(10_000, 1))
  assert.is(others.length, 20)
  assert.ok(data(view).every((value) => value === 3))
  assert.ok(data(taken).every((value) => value === 9))
})

test('when the memory is full, results are plain arrays, counted, until there is room', () => {
  const { used, plainFallbacks } = memoryInfo()
  try {
    configure({ memory: { maximum: used + 100_000 } })
    const first = empty(8_000)
    assert.ok(isResident(first))
    const second = full(8_000, 7)
    assert.not(isResident(second))
    assert.ok(data(second).every((value) => value === 7))
    assert.not(isResident(array([1, 2, 3].concat(new Array(8000).fill(1)))))
    assert.is(memoryInfo().plainFallbacks, plainFallbacks + 2)
    free(second)
    free(first)
    assert.ok(isResident(empty(8_000)), 'the next allocation tries again')
  } finally {
    configure({ memory: { maximum: Number.POSITIVE_INFINITY } })
  }
})

test('a loop that finds no room beside resident arrays runs all the same, and says so', () => {
  const x = array([1, 2, 3])
  const out = empty(3)
  try {
    for (const table of [new Float64Array([10]), new Float64Array(1e5)]) {
      const { used } = memoryInfo()
      configure({ memory: { maximum: used } })
      const f = vectorize(
        ['f8(f8,f8)'],
        ({ table }) =>
          (a, b) =>
            a + b + (table[0] ?? 0),
        { env: { table } },
      )
      for (let i = 0; i < 3; i++) {
        f(x, 0.5, out)
        assert.equal(
          [...out.data],
          [1.5, 2.5, 3.5].map((value) => value + (table[0] ?? 0)),
        )
      }
      assert.match(f.explain().last?.why ?? '', /no room left for this loop/)
      assert.is(memoryInfo().used, used)
      configure({ memory: { maximum: used + 10_000 + table.byteLength } })
      f(x, 0.5, out)
      assert.is(f.explain().last?.why, undefined)
      assert.is(f.explain().last?.bytesCopied, 0)
    }
  } finally {
    configure({ memory: { maximum: Number.POSITIVE_INFINITY } })
  }
})

test('a reduction that finds no room to work in goes through the other memory, and says so', () => {
  const x = array(Array.from({ length: 3000 }, (_, i) => i))
  const add = vectorize(['f8(f8,f8)'], (a, b) => a + b, { identity: 0 })
  const sum = (2999 * 3000) / 2
  try {
    configure({ memory: { maximum: memoryInfo().used } })
    assert.is(add.reduce(x), sum)
    assert.match(add.explain().last?.why ?? '', /no room left for this reduction/)
    assert.is(add.accumulate(x).get(2999), sum)
    configure({ memory: { maximum: Number.POSITIVE_INFINITY } })
    assert.is(add.reduce(x), sum)
    assert.is(add.explain().last?.why, undefined)
    assert.is(add.explain().last?.bytesCopied, 0)
  } finally {
    configure({ memory: { maximum: Number.POSITIVE_INFINITY } })
  }
})

test('an array larger than any memory is an error with the bytes, and takes nothing', () => {
  const before = memoryInfo()
  for (const shape of [2 ** 40, 2 ** 50, [2 ** 32, 2 ** 32]]) {
    const error = thrown(() => empty(shape))
    assert.instance(error, MemoryError)
    assert.match(error.message, /more than this engine can allocate/)
    assert.ok(Number(error.bytes) >= 2 ** 34)
  }
  assert.equal(memoryInfo(), before)
})

test('an unshared heap that may not grow keeps its views; one that grows renews them', () => {
  const fixed = makeHeap({ shared: false, initial: 4 * pageBytes, maximum: 4 * pageBytes })
  const view = fixed.view('u1')
  assert.is(fixed.reserve(5 * pageBytes), undefined)
  assert.ok(fixed.reserve(2 * pageBytes))
  assert.is(fixed.view('u1'), view)
  assert.is(view.length, 4 * pageBytes)

  const growing = makeHeap({ shared: false, initial: pageBytes, maximum: 100 * pageBytes })
  const old = growing.view('u1')
  const block = growing.reserve(50 * pageBytes)
  assert.ok(block)
  assert.is(old.length, 0, 'detached')
  assert.ok(growing.view('u1').length >= block.address + block.bytes)
  assert.ok(growing.owns(growing.buffer()))
  assert.ok(growing.release(block))
  assert.not(growing.release(block))
})

test('address 0 and its neighbours belong to nobody', () => {
  const heap = makeHeap({ shared: false, initial: pageBytes, maximum: pageBytes })
  assert.ok((heap.reserve(8)?.address ?? 0) >= 1024)
})

test('an output that was freed is of no concern to later calls', () => {
  const add = vectorize(['f8(f8,f8)'], (x, y) => x + y)
  const [a, b] = [new Float64Array([1, 2]), new Float64Array([3, 4])]
  for (let turn = 0; turn < 3; turn++) {
    const out = zeros([2])
    add(a, b, out)
    free(out)
    for (let k = 0; k < 2; k++) {
      const sum = add(a, b)
      assert.equal([...sum.data], [4, 6])
      assert.not(isResident(sum))
    }
  }
})

test.run()
