/** Memory that folds work in. */
import { MemoryError } from '../../errors.ts'
import type { Block } from '../memory/allocator.ts'
import type { Heap } from '../memory/heap.ts'

/** One block a heap and purpose. They do not overlap in time, so all share it. */
const arenas = new WeakMap<Heap, Map<number, Block>>()

export function arena(heap: Heap, purpose: number, bytes: number): number {
  let blocks = arenas.get(heap)
  if (!blocks) {
    blocks = new Map()
    arenas.set(heap, blocks)
  }
  const known = blocks.get(purpose)
  if (known && known.bytes >= bytes) return known.address
  if (known) heap.release(known)
  blocks.delete(purpose)
  const block = heap.reserve(bytes)
  if (!block)
    throw new MemoryError(`wasm memory is full: no ${bytes} bytes for a reduction to work in`, { bytes })
  blocks.set(purpose, block)
  return block.address
}
