/**
 * The two memories of this process. Resident arrays live in one, shared with workers wherever they can receive it; plain arrays
 * pass through the other, which is unshared because copying to it is faster.
 *
 * A resident array's `data` stays valid until it is freed: a shared memory grows under its views, and an unshared one is made
 * with its maximum, so that it never grows.
 */
import { type ArrayByCode, type Code, dtypes, type TypedArray } from '../../dtype.ts'
import { MemoryError, TargetError } from '../../errors.ts'
import type { Block } from './allocator.ts'
import { type Heap, makeHeap, maximumPages, pageBytes } from './heap.ts'

const addressSpace = maximumPages * pageBytes
/** An unshared memory claims all of this at its start: enough for images and models, little enough for a browser tab. */
const unsharedBytes = 2 ** 30
const initialBytes = 2 ** 20
const leastBytes = 2 ** 24

/** A class whose instances are the objects it is given. */
class Itself {
  constructor(data: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is how a subclass puts a private field on any object
    return data
  }
}

/**
 * Where an array of ours lies, as a private field of the typed array itself: the one thing about it that can be read in a few
 * nanoseconds (`buffer` and `byteOffset` take longer than a small loop), and that nobody sees.
 */
class Resident extends Itself {
  #address: number
  constructor(data: TypedArray, address: number) {
    super(data)
    this.#address = address
  }
  /** -1 for data that is not ours, or not any more. */
  static addressOf = (data: object): number => (#address in data ? data.#address : -1)
  static forget(data: object): void {
    if (#address in data) data.#address = -1
  }
}

/** The mark on the `data` of a freed array, the same in every copy of lanewise; on what stands for data elsewhere, the target's name. */
const freedMark = Symbol.for('lanewise.freed')
type Marked = { readonly [freedMark]?: true | string }

/** What one copy of lanewise tells the others of its resident arrays. */
interface Keeper {
  owns(buffer: ArrayBufferLike): boolean
  free(data: TypedArray): void
}
const keepersKey = Symbol.for('lanewise.keepers')
/** Held weakly, so that a copy that is not used any more (hot reload) goes with its memory. */
type Keepers = Record<typeof keepersKey, WeakRef<Keeper>[] | undefined>
const ours: Keeper = { owns: (buffer) => resident?.owns(buffer) ?? false, free: freeData }

function announce(): void {
  const everyone = globalThis as unknown as Keepers
  const living = (everyone[keepersKey] ?? []).filter((keeper) => keeper.deref() !== undefined)
  everyone[keepersKey] = [...living, new WeakRef(ours)]
}

/** The other copy of lanewise in whose memory this array lies. */
function keeperOf({ buffer }: TypedArray): Keeper | undefined {
  for (const keeper of (globalThis as unknown as Keepers)[keepersKey] ?? []) {
    const other = keeper.deref()
    if (other !== undefined && other !== ours && other.owns(buffer)) return other
  }
  return undefined
}

/** Does another copy of lanewise keep this array in its wasm memory? */
export const keptElsewhere = (data: TypedArray): boolean => keeperOf(data) !== undefined

let resident: Heap | undefined
let staging: Heap | undefined
let maximum = Number.POSITIVE_INFINITY
let plainFallbacks = 0

/** May a worker receive a shared memory? Browsers say so in `crossOriginIsolated`; Node, Deno and Bun have no such word. */
export function canShare(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false
  const isolated: unknown = Reflect.get(globalThis, 'crossOriginIsolated')
  return typeof isolated !== 'boolean' || isolated
}

/** The heap of resident arrays; it is made when it is first needed. */
export function residentHeap(): Heap {
  if (resident === undefined) {
    resident = makeResident(canShare())
    announce()
  }
  return resident
}

/** The unshared heap for plain arrays on their way through wasm. It grows, which detaches older views of it. */
export function stagingHeap(): Heap {
  staging ??= makeHeap({ shared: false, initial: initialBytes, maximum: addressSpace })
  return staging
}

/** Asks for less and less address space until the engine grants it. */
function makeResident(shared: boolean): Heap {
  let most = shared ? addressSpace : Math.min(unsharedBytes, maximum)
  for (;;) {
    try {
      const heap = makeHeap({ shared, initial: shared ? initialBytes : most, maximum: most })
      heap.limit(maximum)
      return heap
    } catch (error) {
      if (!(error instanceof RangeError) || most <= leastBytes) throw error
      most /= 2
    }
  }
}

/** Caps what resident arrays may take together, in bytes. An unshared heap that exists already keeps its size. */
export function setMaximumMemory(bytes: number): void {
  maximum = bytes
  resident?.limit(bytes)
}

/** Collected arrays give their block back. A block freed before is not in use any more, and a block is never used twice. */
const collected = new FinalizationRegistry<Block>((block) => resident?.release(block))

/** A typed array in resident memory, its elements undefined; null when the heap is full. */
export function allocate<C extends Code>(code: C, length: number): ArrayByCode[C] | null {
  const heap = resident ?? residentHeap()
  const { array, bytes } = dtypes[code]
  const block = heap.reserve(length * bytes)
  if (block === undefined) return null
  const data = new array(heap.buffer(), block.address, length)
  new Resident(data, block.address)
  collected.register(data, block)
  return data as ArrayByCode[C]
}

/** As `allocate`, but an ordinary typed array when the heap is full, which `memoryInfo` counts. */
export function allocateOrPlain<C extends Code>(code: C, length: number): ArrayByCode[C] {
  const data = allocate(code, length)
  if (data !== null) return data
  const ordinary = allocatePlain(code, length)
  plainFallbacks++
  return ordinary
}

/**
 * An ordinary typed array.
 * @throws MemoryError when the engine has no room for so many elements
 */
export function allocatePlain<C extends Code>(code: C, length: number): ArrayByCode[C] {
  const { array, bytes, name } = dtypes[code]
  try {
    return new array(length) as ArrayByCode[C]
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new MemoryError(
      `an array of ${length} elements of ${name} takes ${length * bytes} bytes, more than this engine can allocate`,
      { bytes: length * bytes },
      { cause: error },
    )
  }
}

/** Results of calls with a resident operand live in resident memory too, others in arrays of their own. */
export function allocateBeside(code: Code, length: number, data: readonly unknown[]): TypedArray {
  for (const beside of data) {
    if (ArrayBuffer.isView(beside) && addressOf(beside as TypedArray) >= 0)
      return allocateOrPlain(code, length)
  }
  return allocatePlain(code, length)
}

/**
 * The byte address of a resident array's data (of its element 0), or -1 for data that lives elsewhere, as a subarray does.
 * @throws MemoryError when the array was freed
 */
export function addressOf(data: TypedArray): number {
  const address = Resident.addressOf(data)
  if (address === -1) {
    const mark = (data as Marked)[freedMark]
    if (mark !== undefined) throw mark === true ? freedError(data) : elsewhere(mark)
  }
  return address
}

/** Marks the data of an array that lives on another target: whoever looks for its elements here gets an error. */
export const markElsewhere = (data: TypedArray, target: string): void => {
  Object.defineProperty(data, freedMark, { value: target })
}

/** Does this stand for data on another target? */
export const isElsewhere = (data: TypedArray): boolean => typeof (data as Marked)[freedMark] === 'string'

const elsewhere = (target: string): Error =>
  new TargetError(
    `this array lives on the target '${target}', where only functions on that target reach it: call f.on('${target}'), or take its elements out with \`await x.read()\``,
    { target, reason: 'an operand lives there' },
  )

/** Are these two resident arrays? Each has a block of its own, so they have no byte in common. */
export const haveOwnBlocks = (a: TypedArray, b: TypedArray): boolean =>
  a !== b && Resident.addressOf(a) !== -1 && Resident.addressOf(b) !== -1

/** Was this array freed? Also true of every view with the same `data`. */
export const isFreed = (data: TypedArray): boolean => (data as Marked)[freedMark] === true

/** @throws MemoryError for the data of a freed array */
export function checkNotFreed(data: TypedArray): void {
  if (isFreed(data)) throw freedError(data)
}

const freedError = (data: TypedArray): Error =>
  new MemoryError(
    `this array of ${data.length} elements was freed, and so were all views of it: its memory may hold other data by now. Use it before free(x), or keep a copy made by plain(x)`,
    { bytes: data.byteLength },
  )

/**
 * Gives the memory of a resident array back, and marks it and its views as freed. Data in no memory of lanewise is left alone.
 * @throws MemoryError when it was freed before, or is a part of another array's data
 */
export function freeData(data: TypedArray): void {
  const address = addressOf(data)
  if (address === -1) {
    if (!resident?.owns(data.buffer)) {
      keeperOf(data)?.free(data)
      return
    }
    throw new MemoryError(
      'this typed array is a part of a resident array, or of one that was freed; free(x) takes the array that lanewise returned, or a view with the same data',
      { bytes: data.byteLength },
    )
  }
  const block = resident?.find(address)
  if (block) resident?.release(block)
  Resident.forget(data)
  Object.defineProperty(data, freedMark, { value: true })
}

/** Bytes of resident memory; `plainFallbacks` counts results that became plain arrays because it was full. */
export interface MemoryInfo {
  reserved: number
  used: number
  peak: number
  shared: boolean
  plainFallbacks: number
}

export function memoryInfo(): MemoryInfo {
  const { reserved, used, peak } = resident?.usage() ?? { reserved: 0, used: 0, peak: 0 }
  return { reserved, used, peak, shared: resident?.shared ?? canShare(), plainFallbacks }
}
