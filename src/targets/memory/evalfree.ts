/**
 * scijs's ndarray without code generation, for pages whose content security policy forbids `eval`: the same fields and methods,
 * with the same meaning, from one class for all dtypes and dimensions.
 */
import type { NdArray } from 'ndarray'
import type { TypedArray } from '../../dtype.ts'

const dtypeNames: Readonly<Record<string, string>> = {
  Float64Array: 'float64',
  Float32Array: 'float32',
  Int8Array: 'int8',
  Int16Array: 'int16',
  Int32Array: 'int32',
  Uint8Array: 'uint8',
  Uint16Array: 'uint16',
  Uint32Array: 'uint32',
  Uint8ClampedArray: 'uint8_clamped',
  BigInt64Array: 'bigint64',
  BigUint64Array: 'biguint64',
}

type Index = number | null | undefined
const given = (index: Index): index is number => typeof index === 'number' && index >= 0

export class EvalFreeArray {
  data: TypedArray
  shape: number[]
  stride: number[]
  offset: number

  constructor(data: TypedArray, shape: readonly number[], stride: readonly number[], offset: number) {
    this.data = data
    this.shape = shape.slice()
    this.stride = stride.slice()
    this.offset = offset | 0
  }

  get dtype(): string {
    return dtypeNames[this.data[Symbol.toStringTag]] ?? 'generic'
  }

  get dimension(): number {
    return this.shape.length
  }

  get size(): number {
    let size = 1
    for (const n of this.shape) size *= n
    return size
  }

  /** The axes from the smallest stride to the largest. */
  get order(): number[] {
    const distance = (axis: number): number => Math.abs(this.stride[axis] as number)
    return [...this.shape.keys()].sort((a, b) => distance(a) - distance(b))
  }

  get T(): EvalFreeArray {
    return new EvalFreeArray(
      this.data,
      this.shape.slice().reverse(),
      this.stride.slice().reverse(),
      this.offset,
    )
  }

  index(...at: number[]): number {
    const { stride } = this
    let index = this.offset
    for (let axis = 0; axis < stride.length; axis++) index += (stride[axis] as number) * (at[axis] as number)
    return index
  }

  get(...at: number[]): number | bigint | undefined {
    return this.data[this.index(...at)]
  }

  set(...atAndValue: (number | bigint)[]): number | bigint | undefined {
    const value = atAndValue[this.shape.length]
    // The assignment converts or refuses the value as the typed array does.
    this.data[this.index(...(atAndValue as number[]))] = value as number
    return value
  }

  /** The first elements of each axis. */
  hi(...ends: Index[]): EvalFreeArray {
    const shape = this.shape.map((size, axis) => {
      const end = ends[axis]
      return given(end) ? end | 0 : size
    })
    return new EvalFreeArray(this.data, shape, this.stride, this.offset)
  }

  /** All but the first elements of each axis. */
  lo(...starts: Index[]): EvalFreeArray {
    let { offset } = this
    const shape = this.shape.map((size, axis) => {
      const start = starts[axis]
      if (!given(start)) return size
      offset += (this.stride[axis] as number) * (start | 0)
      return size - (start | 0)
    })
    return new EvalFreeArray(this.data, shape, this.stride, offset)
  }

  /** Every n-th element of each axis, from the end when n is negative. */
  step(...steps: Index[]): EvalFreeArray {
    const shape = this.shape.slice()
    const stride = this.stride.slice()
    let { offset } = this
    for (const [axis, size] of this.shape.entries()) {
      const given = steps[axis]
      if (typeof given !== 'number') continue
      const step = given | 0
      if (step < 0) offset += (stride[axis] as number) * (size - 1)
      shape[axis] = Math.ceil(step < 0 ? -size / step : size / step)
      stride[axis] = (stride[axis] as number) * step
    }
    return new EvalFreeArray(this.data, shape, stride, offset)
  }

  transpose(...axes: (number | undefined)[]): EvalFreeArray {
    const order = this.shape.map((_, axis) => (axes[axis] === undefined ? axis : (axes[axis] as number) | 0))
    return new EvalFreeArray(
      this.data,
      order.map((axis) => this.shape[axis] as number),
      order.map((axis) => this.stride[axis] as number),
      this.offset,
    )
  }

  /** One element of some axes, which disappear. */
  pick(...at: Index[]): EvalFreeArray | NilArray {
    if (this.shape.length === 0) return new NilArray(this.data)
    const shape: number[] = []
    const stride: number[] = []
    let { offset } = this
    for (const [axis, size] of this.shape.entries()) {
      const index = at[axis]
      if (given(index)) offset = (offset + (this.stride[axis] as number) * index) | 0
      else {
        shape.push(size)
        stride.push(this.stride[axis] as number)
      }
    }
    return new EvalFreeArray(this.data, shape, stride, offset)
  }

  valueOf(): unknown {
    return this.shape.length === 0 ? this.get() : this
  }
}

/** What is left when an element is picked from a 0-d array: an array of dimension -1, with nothing in it. */
class NilArray {
  data: TypedArray
  readonly shape: number[] = []
  readonly stride: number[] = []
  readonly order: number[] = []
  readonly size = 0
  readonly dimension = -1

  constructor(data: TypedArray) {
    this.data = data
  }

  get dtype(): string {
    return dtypeNames[this.data[Symbol.toStringTag]] ?? 'generic'
  }

  index(): number {
    return -1
  }

  get(): undefined {}
  set(): undefined {}

  lo(): NilArray {
    return new NilArray(this.data)
  }
  hi(): NilArray {
    return this.lo()
  }
  step(): NilArray {
    return this.lo()
  }
  transpose(): NilArray {
    return this.lo()
  }

  pick(): null {
    return null
  }
}

/** An array that a page without `eval` can have; its type is scijs's, whose methods it has. */
export const evalFreeArray = (
  data: TypedArray,
  shape: readonly number[],
  stride: readonly number[],
  offset: number,
): NdArray => new EvalFreeArray(data, shape, stride, offset) as unknown as NdArray
