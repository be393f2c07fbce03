/** Arrays that live on the device. Views of them are made as those of ndarrays are; their elements come out by `read`. */
import { operandBrand, toStrided } from '../../broadcast/operand.ts'
import { contiguousStrides, sizeOf } from '../../broadcast/shape.ts'
import type { Layout, Strided } from '../../broadcast/view.ts'
import { type ArrayByCode, type Code, dtypes, type TypedArray } from '../../dtype.ts'
import type { ArrayResult } from '../memory/array-types.ts'
import { EvalFreeArray } from '../memory/evalfree.ts'
import { addressOf, allocatePlain } from '../memory/resident.ts'
import { makeResult } from '../memory/results.ts'
import { spanOf, typedFrom } from './bindings.ts'
import { allocateOnGpu, freeGpuData, gpuDataOf, isOnGpu, readBack, upload } from './buffers.ts'
import { acquireGpu } from './device.ts'

type Index = number | null | undefined

/** An array on the device: shape, strides in elements, dtype. On the target `gpu` functions take it as they take ndarrays. */
export class GpuArray {
  readonly shape: number[]
  readonly stride: number[]
  readonly offset: number
  readonly dtype: Code
  readonly #handle: TypedArray

  constructor(
    code: Code,
    handle: TypedArray,
    shape: readonly number[],
    stride: readonly number[],
    offset: number,
  ) {
    this.shape = [...shape]
    this.stride = [...stride]
    this.offset = offset
    this.dtype = code
    this.#handle = handle
  }

  get size(): number {
    return sizeOf(this.shape)
  }
  get dimension(): number {
    return this.shape.length
  }
  get T(): GpuArray {
    return this.#view((x) => x.T)
  }
  transpose(...axes: (number | undefined)[]): GpuArray {
    return this.#view((x) => x.transpose(...axes))
  }
  step(...steps: Index[]): GpuArray {
    return this.#view((x) => x.step(...steps))
  }
  lo(...starts: Index[]): GpuArray {
    return this.#view((x) => x.lo(...starts))
  }
  hi(...ends: Index[]): GpuArray {
    return this.#view((x) => x.hi(...ends))
  }
  pick(...at: Index[]): GpuArray {
    return this.#view((x) => x.pick(...at) as EvalFreeArray)
  }

  #view(make: (x: EvalFreeArray) => EvalFreeArray): GpuArray {
    const { shape, stride, offset } = make(
      new EvalFreeArray(this.#handle, this.shape, this.stride, this.offset),
    )
    return new GpuArray(this.dtype, this.#handle, shape, stride, offset)
  }

  /**
   * The elements as an ndarray of the host, of the same shape.
   * @throws BoundsError of the kernel that made them, MemoryError when it was freed, TargetError when the device was lost
   */
  async read(): Promise<ArrayResult<ArrayByCode[Code]>> {
    const { code, data, shape, stride, offset } = await moves.home(this[operandBrand]())
    return makeResult(code, data, shape, stride, offset) as ArrayResult<ArrayByCode[Code]>
  }

  /** Gives its memory back, and makes it and all views of it unusable. */
  free(): void {
    freeGpuData(here(this.#handle))
  }

  [operandBrand](): Strided {
    const { shape, stride, offset } = this
    return { data: this.#handle, code: this.dtype, shape, stride, offset }
  }
}

/** The elements that an array reaches: `low <= i < high`. */
function reach({ shape, stride, offset }: Layout): { readonly low: number; readonly high: number } {
  return sizeOf(shape) === 0 ? { low: offset, high: offset } : spanOf(offset, stride, shape)
}

function here(handle: TypedArray) {
  const data = gpuDataOf(handle)
  if (!data) throw new TypeError('a GpuArray without data')
  return data
}

/** A result: on the device where its data is, else an ndarray. */
export const makeGpuArray = (
  code: Code,
  data: TypedArray,
  shape: readonly number[],
  stride: readonly number[],
  offset = 0,
): unknown =>
  isOnGpu(data)
    ? new GpuArray(code, data, shape, stride, offset)
    : makeResult(code, data, shape, stride, offset)

/**
 * A copy of an array on the gpu; a GpuArray stays what it is. Shape and dtype are those of the operand.
 * @throws TargetError when there is no gpu, and what is thrown for a malformed operand
 */
export async function toGpu(x: unknown): Promise<GpuArray> {
  if (x instanceof GpuArray) return x
  const { data, code, shape, stride, offset } = await moves.there(asArray(x))
  return new GpuArray(code, data, shape, stride, offset)
}

/** From the host to the device, and back: of each array what it reaches. */
export const moves = {
  async there({ data, code, shape, stride, offset }: Strided): Promise<Strided> {
    addressOf(data)
    const gpu = await acquireGpu()
    const { low, high } = reach({ shape, stride, offset })
    const handle = allocateOnGpu(gpu, code, high - low)
    const own = here(handle)
    if (high > low) upload(gpu, own.buffer, data, low, high)
    return { data: handle, code, shape, stride, offset: offset - low }
  },
  async home(x: Strided): Promise<Strided> {
    const { gpu, buffer, code, check } = here(x.data)
    const { bytes } = dtypes[code]
    const { low, high } = reach(x)
    // Copies begin and end at multiples of four bytes.
    const from = low - (low % 4)
    const part = await readBack(gpu, buffer, (high - from) * bytes, from * bytes)
    await check
    const data = allocatePlain(code, high - low)
    data.set(typedFrom(part, code).subarray(low - from) as never)
    return { ...x, data, offset: x.offset - low }
  },
}

/** Numbers are arrays of no dimension. */
function asArray(x: unknown): Strided {
  const made = (code: Code, value: number | bigint): Strided => {
    const data = allocatePlain(code, 1)
    data[0] = value as number
    return { data, code, shape: [], stride: contiguousStrides([]), offset: 0 }
  }
  switch (typeof x) {
    case 'number':
      return made('f8', x)
    case 'bigint':
      return made('i8', x)
    case 'boolean':
      return made('b1', Number(x))
    default:
      return toStrided(x)
  }
}
