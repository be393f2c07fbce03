/** A heap: an allocator over one WebAssembly.Memory, and typed arrays over the whole of it. */
import { type ArrayByCode, type Code, dtypes } from '../../dtype.ts'
import { type Allocator, alignment, type Block, makeAllocator } from './allocator.ts'

export interface Heap {
  readonly memory: WebAssembly.Memory
  readonly shared: boolean
  /** A block of memory, 64-byte aligned; the memory grows for it. Undefined when the heap is full. */
  reserve(bytes: number): Block | undefined
  /** Gives a block back; false when it was already. */
  release(block: Block): boolean
  /** The block in use that starts at this address. */
  find(address: number): Block | undefined
  /** The whole memory as elements of a dtype, as it is now: ask again after `reserve`. */
  view<C extends Code>(code: C): ArrayByCode[C]
  /** Is this buffer the memory, also as it was before it grew? */
  owns(buffer: ArrayBufferLike): boolean
  /** The current buffer. */
  buffer(): ArrayBufferLike
  /** Caps the bytes that may be in use. What is in use stays. */
  limit(bytes: number): void
  usage(): { readonly reserved: number; readonly used: number; readonly peak: number }
}

export interface HeapOptions {
  readonly shared: boolean
  /** Bytes to start with, and to which it may grow. */
  readonly initial: number
  readonly maximum: number
}

export const pageBytes = 65536
/** A wasm memory has at most this many pages; the last is left alone, so that no pointer wraps to 0. */
export const maximumPages = 65535

/** Never handed out: a null pointer, and what lies a little beside it, is nobody's data. */
const guardBytes = 1024

const toPages = (bytes: number): number => Math.min(maximumPages, Math.max(1, Math.ceil(bytes / pageBytes)))

/** @throws RangeError when the engine cannot reserve the addresses */
export function makeHeap({ shared, initial, maximum }: HeapOptions): Heap {
  const most = toPages(maximum)
  const memory = new WebAssembly.Memory({
    initial: Math.min(toPages(initial), most),
    maximum: most,
    shared,
  })
  const allocator: Allocator = makeAllocator(guardBytes)
  let buffer: ArrayBufferLike = memory.buffer
  // A shared memory that grows gets a new buffer object, and arrays over the old ones stay valid.
  const buffers = new Set<ArrayBufferLike>([buffer])
  let views: Partial<ArrayByCode> = {}
  let budget = most * pageBytes
  let peak = 0
  allocator.extend(buffer.byteLength)

  /** Makes room for `bytes` more: doubles while small, then in larger and larger steps, at last page by page. */
  const grow = (bytes: number): boolean => {
    const now = buffer.byteLength / pageBytes
    const needed = Math.ceil(bytes / pageBytes) + 1
    const wished = Math.max(needed, Math.min(now, 4096))
    for (const pages of [wished, needed]) {
      const step = Math.min(pages, most - now)
      if (step * pageBytes < bytes || !grown(step)) continue
      buffer = memory.buffer
      if (!shared) buffers.clear()
      buffers.add(buffer)
      views = {}
      allocator.extend(buffer.byteLength)
      return true
    }
    return false
  }

  const grown = (pages: number): boolean => {
    try {
      memory.grow(pages)
      return true
    } catch {
      // The engine has no more: as good as full.
      return false
    }
  }

  return {
    memory,
    shared,
    reserve(bytes) {
      const size = spread(bytes)
      if (allocator.used() + size > budget) return undefined
      let block = allocator.allocate(size)
      if (block === undefined && grow(size)) block = allocator.allocate(size)
      if (block !== undefined && allocator.used() > peak) peak = allocator.used()
      return block
    },
    release: (block) => allocator.release(block),
    find: (address) => allocator.find(address),
    view(code) {
      const known = views[code]
      if (known !== undefined) return known
      const made = new dtypes[code].array(buffer) as ArrayByCode[typeof code]
      views[code] = made
      return made
    },
    owns: (candidate) => candidate === buffer || (buffers.size > 1 && buffers.has(candidate)),
    buffer: () => buffer,
    limit(bytes) {
      budget = Math.min(bytes, most * pageBytes)
    },
    usage: () => ({ reserved: buffer.byteLength, used: allocator.used(), peak }),
  }
}

/**
 * Operands whose addresses agree in their last 12 bits slow each other down (a load waits for a store that only looks like
 * its own), and arrays of a round size allocated in a row would agree. So large blocks take up a few lines more than a page.
 */
const pageOffset = 9 * alignment
const largeBytes = 16384
function spread(bytes: number): number {
  if (bytes < largeBytes) return Math.max(alignment, Math.ceil(bytes / alignment) * alignment)
  return Math.ceil((bytes - pageOffset) / 4096) * 4096 + pageOffset
}
