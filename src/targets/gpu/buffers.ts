/**
 * Memory of the device: buffers in sizes of powers of two (in quarters of them), used again when nobody holds them any more. Work is
 * done in the order in which it was submitted, so a buffer can be given to somebody else at once.
 */
import { type Code, dtypes, type TypedArray } from '../../dtype.ts'
import { MemoryError, TargetError } from '../../errors.ts'
import { markElsewhere } from '../memory/resident.ts'
import type { Gpu } from './device.ts'

/** Read and written by shaders, and copied to and from: any buffer may become any other's successor. */
const storageUsage = 0x80 | 0x40 | 0x8 | 0x4
const readUsage = 0x1 | 0x8
/** What is kept for later, in bytes. */
const mostKept = 2 ** 28

interface Pool {
  readonly free: Map<number, GPUBuffer[]>
  kept: number
}
const pools = new WeakMap<Gpu, { readonly storage: Pool; readonly reading: Pool }>()
const poolsOf = (gpu: Gpu) => {
  let own = pools.get(gpu)
  if (!own) {
    own = { storage: { free: new Map(), kept: 0 }, reading: { free: new Map(), kept: 0 } }
    pools.set(gpu, own)
  }
  return own
}

/** The least of the sizes that holds so many bytes: at most a quarter is wasted. */
function sizeFor(bytes: number): number {
  const least = Math.max(256, bytes)
  const step = 2 ** Math.max(6, Math.floor(Math.log2(least)) - 2)
  return Math.ceil(least / step) * step
}

/** What the host has done for the device, for tests and `explain()`. */
export const traffic = { uploads: 0, dispatches: 0, readBacks: 0 }

function take(gpu: Gpu, kind: 'storage' | 'reading', bytes: number): GPUBuffer {
  const { maxBufferSize } = gpu.device.limits
  const rounded = sizeFor(bytes)
  const size = rounded > maxBufferSize && bytes <= maxBufferSize ? maxBufferSize : rounded
  const pool = poolsOf(gpu)[kind]
  const known = pool.free.get(size)?.pop()
  if (known) {
    pool.kept -= size
    return known
  }
  if (size > maxBufferSize)
    throw new MemoryError(
      `an array of ${bytes} bytes is larger than what this device holds in one piece (${maxBufferSize})`,
      { bytes },
    )
  return gpu.device.createBuffer({ size, usage: kind === 'storage' ? storageUsage : readUsage })
}

function giveBack(gpu: Gpu, kind: 'storage' | 'reading', buffer: GPUBuffer): void {
  const pool = poolsOf(gpu)[kind]
  if (gpu.lost !== null || pool.kept + buffer.size > mostKept) {
    buffer.destroy()
    return
  }
  pool.kept += buffer.size
  const list = pool.free.get(buffer.size)
  if (list) list.push(buffer)
  else pool.free.set(buffer.size, [buffer])
}

export const takeStorage = (gpu: Gpu, bytes: number): GPUBuffer => take(gpu, 'storage', bytes)
export const giveStorage = (gpu: Gpu, buffer: GPUBuffer): void => giveBack(gpu, 'storage', buffer)

/** Elements that live on the device. `handle` stands for them where a typed array is expected; it has no elements. */
export interface GpuData {
  readonly gpu: Gpu
  readonly code: Code
  readonly length: number
  readonly buffer: GPUBuffer
  freed: boolean
  /** Rejects when what was computed here last failed a check. */
  check: Promise<void> | undefined
}

const dataOf = new WeakMap<TypedArray, GpuData>()
const collected = new FinalizationRegistry<GpuData>((data) => freeGpuData(data))

/** New memory for so many elements, and its handle. */
export function allocateOnGpu(gpu: Gpu, code: Code, length: number): TypedArray {
  const { array, bytes } = dtypes[code]
  const handle = new array(0) as TypedArray
  const buffer = takeStorage(gpu, length * bytes)
  const data: GpuData = { gpu, code, length, buffer, freed: false, check: undefined }
  dataOf.set(handle, data)
  markElsewhere(handle, 'gpu')
  collected.register(handle, data)
  return handle
}

export function freeGpuData(data: GpuData): void {
  if (data.freed) return
  data.freed = true
  giveStorage(data.gpu, data.buffer)
}

/**
 * What a handle stands for; undefined for an array of the host.
 * @throws MemoryError when it was freed, TargetError when its device was lost
 */
export function gpuDataOf(handle: TypedArray): GpuData | undefined {
  const data = dataOf.get(handle)
  if (!data) return undefined
  if (data.freed) throw new MemoryError('this GpuArray was freed, and so were all views of it', { bytes: 0 })
  if (data.gpu.lost !== null)
    throw new TargetError(`the contents of this GpuArray are gone: ${data.gpu.lost}`, {
      target: 'gpu',
      reason: data.gpu.lost,
    })
  return data
}

/** The check of what was computed there last, whatever has become of it. */
export const checkOf = (handle: TypedArray): Promise<void> | undefined => dataOf.get(handle)?.check

export const isOnGpu = (handle: unknown): boolean => dataOf.has(handle as TypedArray)

const bytesOf = (data: TypedArray, from: number, to: number): Uint8Array =>
  new Uint8Array(
    data.buffer as ArrayBuffer,
    data.byteOffset + from * data.BYTES_PER_ELEMENT,
    (to - from) * data.BYTES_PER_ELEMENT,
  )

/** Elements `from` to before `to` into the beginning of a buffer. */
export function upload(
  { device }: Gpu,
  buffer: GPUBuffer,
  data: TypedArray,
  from: number,
  to: number,
): number {
  const bytes = bytesOf(data, from, to)
  const whole = bytes.length % 4 === 0 && !isShared(data.buffer)
  // Dawn in Node 20 reads shared memory from where it is not; a copy is never wrong.
  const source = whole ? bytes : new Uint8Array(Math.ceil(bytes.length / 4) * 4)
  if (!whole) source.set(bytes)
  device.queue.writeBuffer(buffer, 0, source as Uint8Array<ArrayBuffer>)
  traffic.uploads++
  return bytes.length
}

const isShared = (buffer: ArrayBufferLike): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer

/** Copies bytes of a buffer out, from a multiple of four on; it is free for others as soon as this was called. */
export function readBack(gpu: Gpu, buffer: GPUBuffer, bytes: number, from = 0): Promise<Uint8Array> {
  const size = Math.max(4, Math.ceil(bytes / 4) * 4)
  const reading = take(gpu, 'reading', size)
  const encoder = gpu.device.createCommandEncoder()
  encoder.copyBufferToBuffer(buffer, from, reading, 0, size)
  gpu.device.queue.submit([encoder.finish()])
  traffic.readBacks++
  return mapped(gpu, reading, size, bytes)
}

async function mapped(gpu: Gpu, reading: GPUBuffer, size: number, bytes: number): Promise<Uint8Array> {
  try {
    await reading.mapAsync(0x1, 0, size)
  } catch (cause) {
    const reason = gpu.lost ?? (cause instanceof Error ? cause.message : String(cause))
    throw new TargetError(
      `results could not be read from the gpu: ${reason}`,
      { target: 'gpu', reason },
      { cause },
    )
  }
  const copy = new Uint8Array(reading.getMappedRange(0, size)).slice(0, bytes)
  reading.unmap()
  giveBack(gpu, 'reading', reading)
  return copy
}
