/** One call's operands as the shader sees them: values among the parameters, and arrays on the device, uploaded where they are on the host. */
import { store } from '../../broadcast/nested.ts'
import type { Plan } from '../../broadcast/plan.ts'
import type { Strided } from '../../broadcast/view.ts'
import { walk } from '../../broadcast/walk.ts'
import { type Code, dtypes, type TypedArray } from '../../dtype.ts'
import type { WgslLoop } from '../../loops/loop.ts'
import { addressOf } from '../memory/resident.ts'
import { giveStorage, gpuDataOf, readBack, takeStorage, upload } from './buffers.ts'
import type { Gpu } from './device.ts'
import type { Access } from './shader.ts'

/** An operand on the device: steps count elements, those of the outer axes first. */
interface Placed {
  readonly array: number
  readonly offset: number
  readonly steps: readonly number[]
}

export interface Bindings {
  readonly access: readonly Access[]
  /** A value's element, or where the array's elements are. */
  readonly operands: readonly (Placed | { readonly value: number | bigint })[]
  readonly buffers: readonly GPUBuffer[]
  /** Outputs for the host, in the order of the plan. */
  readonly results: readonly { readonly operand: number; readonly buffer: GPUBuffer }[]
  /** Every array is one run of neighbours that begins at a multiple of four, or one element. */
  readonly dense: boolean
  /** Bytes that went to the device. */
  readonly uploaded: number
  /** What only this call needs; to be given back when its work has been submitted. */
  readonly temporary: readonly GPUBuffer[]
}

const stepsOf = (plan: Plan, k: number): number[] => [...(plan.outerSteps[k] ?? []), plan.innerSteps[k] ?? 0]
const sizesOf = ({ outer, inner }: Plan): number[] => [...outer, inner]

/** The steps of an array without gaps, in the order of the plan. */
function denseSteps(sizes: readonly number[]): number[] {
  const steps = new Array<number>(sizes.length).fill(1)
  for (let axis = sizes.length - 2; axis >= 0; axis--)
    steps[axis] = (steps[axis + 1] ?? 1) * (sizes[axis + 1] ?? 1)
  return steps
}

/** The elements that are reached: `low <= i < high`. */
export function spanOf(offset: number, steps: readonly number[], sizes: readonly number[]) {
  let low = offset
  let high = offset + 1
  steps.forEach((step, axis) => {
    const reach = step * ((sizes[axis] ?? 1) - 1)
    if (reach < 0) low += reach
    else high += reach
  })
  return { low, high }
}

/**
 * Operands are the inputs of the loop's form, then the outputs. Host arrays are copied to the device now; inputs in one of the buffers
 * `also`, which the work writes, are copied too.
 */
export function bindOperands(
  gpu: Gpu,
  loop: WgslLoop,
  operands: readonly Strided[],
  plan: Plan,
  also: readonly (GPUBuffer | undefined)[] = [],
): Bindings {
  const sizes = sizesOf(plan)
  const inputs = loop.inputs.length
  const buffers: GPUBuffer[] = []
  const temporary: GPUBuffer[] = []
  const uploads: { data: TypedArray; low: number; high: number; array: number }[] = []
  const results: { operand: number; buffer: GPUBuffer }[] = []
  let uploaded = 0
  const arrayOf = (buffer: GPUBuffer): number => {
    const known = buffers.indexOf(buffer)
    return known >= 0 ? known : buffers.push(buffer) - 1
  }
  const outputs = operands.slice(inputs).map(({ data }) => gpuDataOf(data)?.buffer)
  /** An input that an output overwrites elsewhere than where it is read is copied first. */
  const apart = (buffer: GPUBuffer, k: number): GPUBuffer => {
    const clash = outputs.some((out, o) => {
      if (out !== buffer) return false
      const other = inputs + o
      const own = stepsOf(plan, k)
      const same =
        plan.offsets[k] === plan.offsets[other] &&
        stepsOf(plan, other).every((step, axis) => step === own[axis])
      return !same
    })
    if (!clash && !also.includes(buffer)) return buffer
    const copy = takeStorage(gpu, buffer.size)
    temporary.push(copy)
    const encoder = gpu.device.createCommandEncoder()
    encoder.copyBufferToBuffer(buffer, 0, copy, 0, buffer.size)
    gpu.device.queue.submit([encoder.finish()])
    return copy
  }

  const input = (k: number): Placed | { value: number | bigint } => {
    const { data, code } = operands[k] as Strided
    const steps = stepsOf(plan, k)
    const offset = plan.offsets[k] ?? 0
    const own = gpuDataOf(data)
    if (own) return { array: arrayOf(apart(own.buffer, k)), offset, steps }
    addressOf(data)
    if (steps.every((step, axis) => step === 0 || sizes[axis] === 1)) return { value: data[offset] ?? 0 }
    const { low, high } = spanOf(offset, steps, sizes)
    const known = uploads.find((one) => one.data === data && one.low === low && one.high === high)
    if (known) return { array: known.array, offset: offset - low, steps }
    const buffer = takeStorage(gpu, (high - low) * dtypes[code].bytes)
    temporary.push(buffer)
    uploaded += upload(gpu, buffer, data, low, high)
    const array = arrayOf(buffer)
    uploads.push({ data, low, high, array })
    return { array, offset: offset - low, steps }
  }

  const output = (k: number): Placed => {
    const operand = operands[k] as Strided
    const own = gpuDataOf(operand.data)
    if (own) return { array: arrayOf(own.buffer), offset: plan.offsets[k] ?? 0, steps: stepsOf(plan, k) }
    addressOf(operand.data)
    const buffer = takeStorage(gpu, plan.size * dtypes[operand.code].bytes)
    temporary.push(buffer)
    // What the mask leaves out stays what it is.
    if (loop.form === 'masked') uploaded += upload(gpu, buffer, gathered(operand, plan, k), 0, plan.size)
    results.push({ operand: k, buffer })
    return { array: arrayOf(buffer), offset: 0, steps: denseSteps(sizes) }
  }

  const placed = operands.map((_, k) => (k < inputs ? input(k) : output(k)))
  const neighbours = (one: Placed, k: number): boolean => {
    const single = plan.outer.length === 0
    const step = one.steps[0]
    if (!single || (step !== 1 && (step !== 0 || k >= inputs))) return false
    if (step === 0) return true
    // A whole group of four is written at the end, which may not reach into what belongs to somebody else.
    const behind = one.offset + plan.size
    const ends =
      k < inputs || plan.size % 4 === 0 || behind >= (gpuDataOf((operands[k] as Strided).data)?.length ?? 0)
    return one.offset % 4 === 0 && ends
  }
  const dense = placed.every((one, k) => 'value' in one || neighbours(one, k))
  const access = placed.map((one): Access => {
    if ('value' in one) return { kind: 'value' }
    return { kind: 'array', array: one.array, step: dense && one.steps[0] === 0 ? 0 : 1 }
  })
  return { access, operands: placed, buffers, results, dense, uploaded, temporary }
}

/** The elements of an operand one after another, in the order of the plan. */
function gathered({ data, code }: Strided, plan: Plan, k: number): TypedArray {
  const made = new dtypes[code].array(plan.size) as TypedArray
  let at = 0
  walk(plan, (offsets, n) => {
    const step = plan.innerSteps[k] ?? 0
    for (let i = 0; i < n; i++) made[at++] = data[(offsets[k] ?? 0) + i * step] as number
  })
  return made
}

/** Puts elements that came back into their places. */
export function scatter(bytes: Uint8Array, to: Strided, plan: Plan, k: number): void {
  const from = typedFrom(bytes, to.code)
  const step = plan.innerSteps[k] ?? 0
  let at = 0
  walk(plan, (offsets, n) => {
    const start = offsets[k] ?? 0
    if (step === 1) {
      const part = from.subarray(at, at + n) as Float64Array
      ;(to.data as Float64Array).set(part, start)
    } else for (let i = 0; i < n; i++) store(to, start + i * step, from[at + i] as number)
    at += n
  })
}

export const typedFrom = (bytes: Uint8Array, code: Code): TypedArray => {
  const { array, bytes: size } = dtypes[code]
  return new array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength / size) as TypedArray
}

/** Reads what the host is to get, and puts it there. Returns the bytes that came. */
export async function deliver(
  gpu: Gpu,
  { results }: Bindings,
  operands: readonly Strided[],
  plan: Plan,
): Promise<number> {
  const parts = results.map(({ operand, buffer }) => {
    const { code } = operands[operand] as Strided
    return readBack(gpu, buffer, plan.size * dtypes[code].bytes)
  })
  const bytes = await Promise.all(parts)
  let total = 0
  results.forEach(({ operand }, r) => {
    const part = bytes[r]
    if (!part) return
    total += part.byteLength
    scatter(part, operands[operand] as Strided, plan, operand)
  })
  return total
}

/** Gives back what only one call needed: work that uses it has been submitted. */
export function release(gpu: Gpu, { temporary }: Bindings): void {
  for (const buffer of temporary) giveStorage(gpu, buffer)
}
