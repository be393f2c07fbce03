import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Block, makeAllocator } from '../../src/targets/memory/allocator.ts'

test('blocks in use never overlap, and what is freed is whole again', () => {
  const step = fc.oneof(
    fc.record({ take: fc.oneof(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 40000 })) }),
    fc.record({ give: fc.nat() }),
  )
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 120 }), (steps) => {
      const start = 1024
      let end = 65536
      const allocator = makeAllocator(start)
      allocator.extend(end)
      const live: Block[] = []
      for (const it of steps) {
        if ('give' in it) {
          const [block] = live.length > 0 ? live.splice(it.give % live.length, 1) : []
          if (block !== undefined) {
            assert.ok(allocator.release(block))
            assert.not(allocator.release(block), 'a receipt is good once')
          }
          continue
        }
        let block = allocator.allocate(it.take)
        if (block === undefined) {
          end += 65536
          allocator.extend(end)
          block = allocator.allocate(it.take)
        }
        assert.ok(block, 'a fresh 64 KiB holds any of these')
        assert.is(block.address % 64, 0)
        assert.ok(block.bytes >= it.take && block.address >= start && block.address + block.bytes <= end)
        for (const other of live)
          assert.ok(
            block.address >= other.address + other.bytes || other.address >= block.address + block.bytes,
          )
        assert.is(allocator.find(block.address), block)
        live.push(block)
      }
      assert.is(
        allocator.used(),
        live.reduce((sum, block) => sum + block.bytes, 0),
      )
      for (const block of live) allocator.release(block)
      assert.is(allocator.used(), 0)
      assert.is(allocator.allocate(end - start)?.address, start, 'all ranges have joined')
    }),
    { numRuns: 300 },
  )
})

test('a receipt does not free the block that took its place', () => {
  const allocator = makeAllocator(1024)
  allocator.extend(65536)
  const first = allocator.allocate(100) as Block
  allocator.release(first)
  const second = allocator.allocate(100) as Block
  assert.is(second.address, first.address)
  assert.not(allocator.release(first))
  assert.is(allocator.find(second.address), second)
})

test('a heap that is exactly full can still be used whole', () => {
  const allocator = makeAllocator(1024)
  allocator.extend(1024 + 1000 * 64)
  assert.ok(allocator.allocate(1000 * 64))
  assert.is(allocator.allocate(1), undefined)
})

test.run()
