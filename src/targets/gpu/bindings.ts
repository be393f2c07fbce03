/** One call's operands as the shader sees them: values among the parameters, and arrays on the device, uploaded where they are on the host. */
import { store } from '../../broadcast/nested.ts'
import { partsOf } from '../../broadcast/parts.ts'
import type { Plan } from '../../broadcast/plan.ts'
import type { Strided } from '../../broadcast/view.ts'
import { walk } from '../../broadcast/walk.ts'
import { type Code, dtypes, type TypedArray } from '../../dtype.ts'
import { addressOf } from '../memory/resident.ts'
import { giveStorage, gpuDataOf, readBack, takeStorage, upload } from './buffers.ts'
import { type Gpu, refused } from './device.ts'

/**
 * `value`: read, and a single element may be among the parameters; `read`: from an array. `write`: what it holds does not count, `both`: it
 * does. `scratch`: of use to this work alone.
 */
export type Use = 'value' | 'read' | 'write' | 'both' | 'scratch'

/** An operand, and which of its elements the work reaches: sizes and steps (in elements) along axes, the last the fastest. */
export interface Reach {
  readonly operand: Strided
  readonly use: Use
  readonly sizes: readonly number[]
  readonly steps: readonly number[]
  readonly offset: number
}

/** An operand on the device: steps count elements. */
export interface Placed {
  readonly array: number
  readonly offset: number
  readonly steps: readonly number[]
}

export type Window = Required<GPUBufferBinding> & { readonly buffer: GPUBuffer }

export interface Bindings {
  /** A value's element, or where the array's elements are. */
  readonly operands: readonly (Placed | { readonly value: number | bigint })[]
  readonly arrays: readonly Window[]
  /** What the host is to get, one after another in the order of its axes. */
  readonly results: readonly { readonly reach: Reach; readonly buffer: GPUBuffer; readonly from: number }[]
  /** Bytes that went to the device. */
  readonly uploaded: number
  /** What only this work needs; to be given back when it has been submitted. */
  readonly temporary: readonly GPUBuffer[]
}

export const stepsOf = (plan: Plan, k: number): number[] => [
  ...(plan.outerSteps[k] ?? []),
  plan.innerSteps[k] ?? 0,
]
export const sizesOf = ({ outer, inner }: Plan): number[] => [...outer, inner]

/** The steps of an array without gaps. */
export function denseSteps(sizes: readonly number[]): number[] {
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

const countOf = ({ sizes }: Reach): number => sizes.reduce((product, size) => product * size, 1)
const spanIn = (reach: Reach) =>
  countOf(reach) === 0
    ? { low: reach.offset, high: reach.offset }
    : spanOf(reach.offset, reach.steps, reach.sizes)
const bytesOf = ({ operand }: Reach): number => dtypes[operand.code].bytes
const isInput = ({ use }: Reach): boolean => use === 'value' || use === 'read'
const isSingle = ({ steps, sizes }: Reach): boolean =>
  steps.every((step, axis) => step === 0 || sizes[axis] === 1)
/** Elements far apart are gathered; others travel with what lies between them. */
const isSparse = (reach: Reach): boolean => {
  const { low, high } = spanIn(reach)
  return high - low > 8 * countOf(reach)
}

/** The buffers of operands that are on the device. */
export interface Sources {
  readonly buffers: readonly (GPUBuffer | undefined)[]
  readonly temporary: readonly GPUBuffer[]
}

const samePlace = (a: Reach, b: Reach): boolean =>
  a.offset === b.offset && a.steps.every((step, axis) => step === b.steps[axis])

const onAnother = (): Error =>
  refused(
    'this GpuArray lives on another device than the one in use, which configure({ device }) has changed: take its elements out with `await x.read()`, and put them there with toGpu',
  )

/**
 * What is read is read as it was before anything is written: so inputs in a buffer that is written, one of the operands' or of `also`, are
 * copied, unless (`elementwise`) each element is read where it is written.
 * @throws TargetError for an array of another device
 */
export function sourcesOf(
  gpu: Gpu,
  reaches: readonly Reach[],
  { elementwise, also = [] }: { elementwise: boolean; also?: readonly (GPUBuffer | undefined)[] },
): Sources {
  const own = reaches.map(({ operand, use }) => {
    const data = use === 'scratch' ? undefined : gpuDataOf(operand.data)
    if (data && data.gpu !== gpu) throw onAnother()
    return data?.buffer
  })
  const copies = new Map<GPUBuffer, GPUBuffer>()
  const buffers = own.map((buffer, k) => {
    const reach = reaches[k]
    if (!buffer || !reach || !isInput(reach)) return buffer
    const clash = reaches.some(
      (other, o) => !isInput(other) && own[o] === buffer && !(elementwise && samePlace(reach, other)),
    )
    if (!clash && !also.includes(buffer)) return buffer
    const known = copies.get(buffer)
    if (known) return known
    const copy = takeStorage(gpu, buffer.size)
    copies.set(buffer, copy)
    const encoder = gpu.device.createCommandEncoder()
    encoder.copyBufferToBuffer(buffer, 0, copy, 0, buffer.size)
    gpu.device.queue.submit([encoder.finish()])
    return copy
  })
  return { buffers, temporary: [...copies.values()] }
}

/** Bindings begin at multiples of this. */
const alignment = 256
const roundUp = (bytes: number) => Math.ceil(bytes / alignment) * alignment

/** The part of each buffer that is bound: all of it where the device allows that, else what is reached of it. */
function windowsOf(
  { mostBound }: Gpu,
  reaches: readonly Reach[],
  { buffers }: Sources,
): Map<GPUBuffer, Window> {
  const windows = new Map<GPUBuffer, Window>()
  reaches.forEach((reach, k) => {
    const buffer = buffers[k]
    if (!buffer) return
    if (buffer.size <= mostBound) {
      windows.set(buffer, { buffer, offset: 0, size: buffer.size })
      return
    }
    const { low, high } = spanIn(reach)
    const bytes = bytesOf(reach)
    const known = windows.get(buffer)
    const from = Math.floor((low * bytes) / alignment) * alignment
    const to = Math.min(buffer.size, roundUp(high * bytes))
    const offset = Math.min(from, known?.offset ?? from)
    const end = Math.max(to, known ? known.offset + known.size : to)
    windows.set(buffer, { buffer, offset, size: end - offset })
  })
  return windows
}

/** Does each array of this work fit into a binding? */
export function fitsBindings(gpu: Gpu, reaches: readonly Reach[], sources: Sources): boolean {
  const windows = [...windowsOf(gpu, reaches, sources).values()]
  const uploads = reaches.filter(
    (reach, k) => !sources.buffers[k] && !(reach.use === 'value' && isSingle(reach)),
  )
  return (
    windows.every(({ size }) => size <= gpu.mostBound) &&
    uploads.every((reach) => roundUp(elementsFor(reach) * bytesOf(reach)) <= gpu.mostBound)
  )
}

const mostParts = 4096

/**
 * A plan in parts, each of which fits.
 * @throws TargetError where not even single elements do, or only too few at a time
 */
export function fitting(gpu: Gpu, plan: Plan, fits: (part: Plan) => boolean): readonly Plan[] {
  if (fits(plan)) return [plan]
  for (let want = Math.ceil(plan.size / 2); ; want = Math.ceil(want / 2)) {
    const whole = want > alignment ? want - (want % alignment) : want
    const parts = [...partsOf(plan, () => whole)]
    if (parts.every(fits)) return parts
    if (want <= 1 || parts.length > mostParts)
      throw refused(
        `what an operand reaches does not fit into what this device binds at once (${gpu.mostBound} bytes), not even in parts: copy it so that its elements are neighbours`,
      )
  }
}

/** What a host array takes on the device. */
function elementsFor(reach: Reach): number {
  if (!isInput(reach) || isSparse(reach)) return countOf(reach)
  const { low, high } = spanIn(reach)
  return high - low
}

/** What every shader binds besides arrays: tables, the failed check, and (of folds) records. */
const boundBesides = 4

/**
 * Where results for the host begin in a buffer that those of a dtype share, in bytes: only where there would be more arrays than
 * the device binds at once.
 */
function sharedResults({ device, mostBound }: Gpu, reaches: readonly Reach[], { buffers }: Sources) {
  const starts = new Map<Reach, number>()
  const sizes = new Map<Code, number>()
  const arrays = new Set(buffers.map((buffer, k) => buffer ?? k)).size
  if (arrays + boundBesides <= device.limits.maxStorageBuffersPerShaderStage) return { starts, sizes }
  reaches.forEach((reach, k) => {
    const { code } = reach.operand
    const from = sizes.get(code) ?? 0
    const bytes = roundUp(countOf(reach) * bytesOf(reach))
    if (buffers[k] || reach.use !== 'write' || from + bytes > mostBound) return
    starts.set(reach, from)
    sizes.set(code, from + bytes)
  })
  return { starts, sizes }
}

/** Host arrays are copied to the device now. Everything fits. */
export function bindOperands(gpu: Gpu, reaches: readonly Reach[], sources: Sources): Bindings {
  const arrays: Window[] = []
  const temporary: GPUBuffer[] = []
  const uploads: { data: TypedArray; low: number; high: number; array: number }[] = []
  const results: { reach: Reach; buffer: GPUBuffer; from: number }[] = []
  let uploaded = 0
  const windows = windowsOf(gpu, reaches, sources)
  const numbers = new Map<GPUBuffer, number>()
  const arrayOf = (window: Window): number => {
    const known = numbers.get(window.buffer)
    if (known !== undefined) return known
    numbers.set(window.buffer, arrays.length)
    return arrays.push(window) - 1
  }
  const made = (reach: Reach, elements: number): GPUBuffer => {
    const buffer = takeStorage(gpu, elements * bytesOf(reach))
    temporary.push(buffer)
    return buffer
  }
  const whole = (buffer: GPUBuffer): Window => ({
    buffer,
    offset: 0,
    size: Math.min(buffer.size, Math.floor(gpu.mostBound / alignment) * alignment),
  })
  const shared = sharedResults(gpu, reaches, sources)
  const sharedBuffers = new Map<Code, GPUBuffer>()
  const sharedBuffer = (code: Code): GPUBuffer => {
    const buffer = sharedBuffers.get(code) ?? takeStorage(gpu, shared.sizes.get(code) ?? 0)
    if (!sharedBuffers.has(code)) temporary.push(buffer)
    sharedBuffers.set(code, buffer)
    return buffer
  }
  const gather = (reach: Reach): Placed => {
    const from = shared.starts.get(reach)
    const buffer = from === undefined ? made(reach, countOf(reach)) : sharedBuffer(reach.operand.code)
    if (reach.use !== 'write' && reach.use !== 'scratch')
      uploaded += upload(gpu, buffer, gathered(reach), 0, countOf(reach))
    if (reach.use === 'write' || reach.use === 'both') results.push({ reach, buffer, from: from ?? 0 })
    const { sizes } = reach
    // Along an axis of size 1 a core may stretch.
    const steps = denseSteps(sizes).map((step, axis) => (sizes[axis] === 1 ? 0 : step))
    return { array: arrayOf(whole(buffer)), offset: (from ?? 0) / bytesOf(reach), steps }
  }

  const operands = reaches.map((reach, k): Placed | { value: number | bigint } => {
    const { operand, use, offset, steps } = reach
    const window = windows.get(sources.buffers[k] as GPUBuffer)
    if (window) return { array: arrayOf(window), offset: offset - window.offset / bytesOf(reach), steps }
    const { data } = operand
    if (use !== 'scratch') addressOf(data)
    if (use === 'value' && isSingle(reach)) return { value: data[offset] ?? 0 }
    if (!isInput(reach) || isSparse(reach)) return gather(reach)
    const { low, high } = spanIn(reach)
    const known = uploads.find((one) => one.data === data && one.low === low && one.high === high)
    if (known) return { array: known.array, offset: offset - low, steps }
    const buffer = made(reach, high - low)
    uploaded += upload(gpu, buffer, data, low, high)
    const array = arrayOf(whole(buffer))
    uploads.push({ data, low, high, array })
    return { array, offset: offset - low, steps }
  })
  return { operands, arrays, results, uploaded, temporary }
}

/** A walk over one operand's elements. */
function planOf({ sizes, steps, offset }: Reach): Plan {
  return {
    size: sizes.reduce((product, size) => product * size, 1),
    inner: sizes.at(-1) ?? 1,
    innerSteps: [steps.at(-1) ?? 0],
    outer: sizes.slice(0, -1),
    outerSteps: [steps.slice(0, -1)],
    offsets: [offset],
  }
}

/** The elements of an operand one after another. */
function gathered(reach: Reach): TypedArray {
  const { data, code } = reach.operand
  const plan = planOf(reach)
  const made = new dtypes[code].array(plan.size) as TypedArray
  const [step = 0] = plan.innerSteps
  let at = 0
  walk(plan, ([offset = 0], n) => {
    for (let i = 0; i < n; i++) made[at++] = data[offset + i * step] as number
  })
  return made
}

/** Puts elements that came back into their places. */
function scatter(bytes: Uint8Array, reach: Reach): void {
  const { operand: to } = reach
  const from = typedFrom(bytes, to.code)
  const plan = planOf(reach)
  const [step = 0] = plan.innerSteps
  let at = 0
  walk(plan, ([start = 0], n) => {
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
export async function deliver(gpu: Gpu, results: Bindings['results']): Promise<number> {
  const parts = results.map(({ reach, buffer, from }) =>
    readBack(gpu, buffer, countOf(reach) * bytesOf(reach), from),
  )
  const bytes = await Promise.all(parts)
  let total = 0
  results.forEach(({ reach }, r) => {
    const part = bytes[r]
    if (!part) return
    total += part.byteLength
    scatter(part, reach)
  })
  return total
}

/** Gives back what only this work needed: all that uses it has been submitted. */
export function release(gpu: Gpu, all: readonly { readonly temporary: readonly GPUBuffer[] }[]): void {
  for (const { temporary } of all) for (const buffer of temporary) giveStorage(gpu, buffer)
}
