/**
 * Which addresses are free. A two-level segregated fit (TLSF): free blocks hang in lists by size class, a bitmap finds the
 * first list that surely fits, neighbours know each other and join when they are freed. Every step takes constant time.
 * It knows addresses only; the memory behind them is the heap's.
 */

/** Addresses and sizes are multiples of this: a cache line, and room for any vector. */
export const alignment = 64

/** A range of addresses. While it is in use it is the caller's receipt: it names one allocation, never a later one there. */
export interface Block {
  readonly address: number
  readonly bytes: number
}

export interface Allocator {
  /** A block of at least this many bytes, or undefined when no free range is large enough. */
  allocate(bytes: number): Block | undefined
  /** Takes a block back; false when it is not in use (any more). */
  release(block: Block): boolean
  /** The block in use that starts here. */
  find(address: number): Block | undefined
  /** Adds the addresses up to `end`. */
  extend(end: number): void
  /** Bytes in use. */
  used(): number
}

interface Range {
  address: number
  bytes: number
  free: boolean
  /** Neighbours by address. */
  before: Range | undefined
  after: Range | undefined
  /** Neighbours in the list of free ranges of one class. */
  previous: Range | undefined
  next: Range | undefined
}

const makeRange = (
  address: number,
  bytes: number,
  before: Range | undefined,
  after: Range | undefined,
): Range => ({ address, bytes, free: false, before, after, previous: undefined, next: undefined })

/** Each power of two is cut into 8 classes: a fitting list wastes at most an eighth. */
const splitBits = 3
const splits = 1 << splitBits
const powers = 32

/** An allocator for the addresses from `start`; `extend` gives it the first ones. */
export function makeAllocator(start: number): Allocator {
  const lists = new Array<Range | undefined>(powers * splits).fill(undefined)
  /** Bit p is set when some class of power p has a free range; `classes[p]` says which. */
  let nonEmpty = 0
  const classes = new Uint8Array(powers)
  const inUse = makeDirectory()
  let last: Range | undefined
  let end = start
  let used = 0

  const link = (range: Range): void => {
    const list = classOf(range.bytes)
    const head = lists[list]
    range.free = true
    range.previous = undefined
    range.next = head
    if (head !== undefined) head.previous = range
    lists[list] = range
    classes[list >>> splitBits] = (classes[list >>> splitBits] as number) | (1 << (list & (splits - 1)))
    nonEmpty |= 1 << (list >>> splitBits)
  }

  const unlink = (range: Range): void => {
    const { previous, next } = range
    range.free = false
    if (next !== undefined) next.previous = previous
    if (previous !== undefined) {
      previous.next = next
      return
    }
    const list = classOf(range.bytes)
    lists[list] = next
    if (next !== undefined) return
    const power = list >>> splitBits
    classes[power] = (classes[power] as number) & ~(1 << (list & (splits - 1)))
    if (classes[power] === 0) nonEmpty &= ~(1 << power)
  }

  /** The first free range in a class of which every range fits. */
  const fitting = (bytes: number): Range | undefined => {
    const list = roundUpClass(bytes)
    const power = list >>> splitBits
    const same = (classes[power] as number) & (-1 << (list & (splits - 1)))
    if (same !== 0) return lists[(power << splitBits) | lowestBit(same)]
    const larger = power + 1 < powers ? nonEmpty & (-1 << (power + 1)) : 0
    if (larger === 0) return lastResort(list - 1, bytes)
    const found = lowestBit(larger)
    return lists[(found << splitBits) | lowestBit(classes[found] as number)]
  }

  /** The class below may hold a range that fits, if one looks. */
  const lastResort = (list: number, bytes: number): Range | undefined => {
    let range = list < 0 ? undefined : lists[list]
    while (range !== undefined && range.bytes < bytes) range = range.next
    return range
  }

  const cut = (range: Range, bytes: number): void => {
    const rest = makeRange(range.address + bytes, range.bytes - bytes, range, range.after)
    if (rest.after === undefined) last = rest
    else rest.after.before = rest
    range.after = rest
    range.bytes = bytes
    link(rest)
  }

  /** Makes `range` one with the range after it, which is no longer linked. */
  const join = (range: Range, after: Range): void => {
    range.bytes += after.bytes
    range.after = after.after
    if (range.after === undefined) last = range
    else range.after.before = range
  }

  return {
    allocate(bytes) {
      const size = Math.max(alignment, Math.ceil(bytes / alignment) * alignment)
      const range = fitting(size)
      if (range === undefined) return undefined
      unlink(range)
      if (range.bytes > size) cut(range, size)
      inUse.set(range.address, range)
      used += range.bytes
      return range
    },

    release(block) {
      const range = inUse.get(block.address)
      if (range === undefined || range !== block) return false
      inUse.set(range.address, undefined)
      used -= range.bytes
      // The receipt stays with its holder: the free range is another object, so that the receipt is never valid again.
      let free = makeRange(range.address, range.bytes, range.before, range.after)
      range.before = range.after = undefined
      if (free.before !== undefined) free.before.after = free
      if (free.after === undefined) last = free
      else free.after.before = free
      const { before, after } = free
      if (after?.free) {
        unlink(after)
        join(free, after)
      }
      if (before?.free) {
        unlink(before)
        join(before, free)
        free = before
      }
      link(free)
      return true
    },

    find: (address) => inUse.get(address),

    extend(to) {
      if (to <= end) return
      inUse.extend(to)
      const bytes = to - end
      if (last?.free) {
        unlink(last)
        last.bytes += bytes
        link(last)
      } else {
        const range = makeRange(end, bytes, last, undefined)
        if (last !== undefined) last.after = range
        last = range
        link(range)
      }
      end = to
    },

    used: () => used,
  }
}

const pageBytes = 4096

/**
 * Ranges by their first address: pages of lines. (Not a Map: in V8 a key that is set and deleted again and again leaves its
 * dead entries in one chain, and to use the same address again is what an allocator does.)
 */
function makeDirectory() {
  const pages: ((Range | undefined)[] | undefined)[] = []
  const line = (address: number): number => (address % pageBytes) / alignment
  return {
    get: (address: number): Range | undefined => pages[Math.floor(address / pageBytes)]?.[line(address)],
    set(address: number, range: Range | undefined): void {
      const page = Math.floor(address / pageBytes)
      const lines = pages[page] ?? []
      pages[page] = lines
      lines[line(address)] = range
    },
    extend(end: number): void {
      while (pages.length * pageBytes < end) pages.push(undefined)
    },
  }
}

const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits)

/** The class of ranges of this many bytes: the power of two, and the eighth within it. */
function classOf(bytes: number): number {
  const lines = bytes / alignment
  const power = 31 - Math.clz32(lines)
  if (power < splitBits) return lines
  return ((power - splitBits + 1) << splitBits) | ((lines >>> (power - splitBits)) & (splits - 1))
}

/** The first class in which every range has at least this many bytes. */
function roundUpClass(bytes: number): number {
  const lines = bytes / alignment
  const power = 31 - Math.clz32(lines)
  const step = power < splitBits ? 1 : 1 << (power - splitBits)
  return classOf(Math.ceil(lines / step) * step * alignment)
}
