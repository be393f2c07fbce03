/**
 * Runs loops on the device: one dispatch a call, over the same plan that the other targets have. Arrays of the host are uploaded, and
 * results for the host read back; GpuArrays stay where they are. Loaded when the target `gpu` is first used.
 */
import { clear as clearHost } from '../../broadcast/copy.ts'
import type { Plan } from '../../broadcast/plan.ts'
import type { Strided } from '../../broadcast/view.ts'
import type { Code, TypedArray } from '../../dtype.ts'
import type { WgslLoop } from '../../loops/loop.ts'
import { allocatePlain } from '../memory/resident.ts'
import type { Report } from '../target.ts'
import {
  type Bindings,
  bindOperands,
  fitsBindings,
  fitting,
  type Reach,
  release,
  sizesOf,
  sourcesOf,
  stepsOf,
} from './bindings.ts'
import { allocateOnGpu, freeGpuData, gpuDataOf, isOnGpu } from './buffers.ts'
import { concluded, handled } from './conclude.ts'
import { acquireGpu } from './device.ts'
import { boundTo, dispatch, type Entry, groupsOf, makeShaders, rectangle, wordsOf } from './pipelines.ts'
import { type Access, layoutOf, perInvocation, type ShaderKind, shaderText } from './shader.ts'
import { firstArray, groupSize, headWord } from './shader-text.ts'

export type RunOnGpu = (operands: readonly Strided[], plan: Plan, report: Report) => Promise<void>

/** What a shader of this kind binds. */
function entriesOf({ access }: ShaderKind, loop: WgslLoop): Entry[] {
  const arrays = access.flatMap((one, k) =>
    one.kind === 'array' ? [{ array: one.array, written: k >= loop.inputs.length }] : [],
  )
  const written = new Set(arrays.filter((one) => one.written).map(({ array }) => array))
  return [...new Set(arrays.map(({ array }) => array))].map(
    (array) => [firstArray + array, written.has(array) ? 'write' : 'read'] as const,
  )
}

/** The parameters of a dispatch: see `layoutOf`. */
function parametersOf(
  loop: WgslLoop,
  kind: ShaderKind,
  { operands }: Bindings,
  plan: Plan,
  width: number,
): Uint32Array<ArrayBuffer> {
  const layout = layoutOf(kind)
  const words = new Uint32Array(layout.words)
  words[headWord.n] = plan.size
  words[headWord.width] = width
  if (kind.rank > 0) words.set(sizesOf(plan), layout.sizes)
  const codes = [...loop.inputs, ...loop.outputs]
  operands.forEach((operand, k) => {
    const at = layout.operands[k] ?? 0
    if ('value' in operand) words.set(wordsOf(codes[k] ?? 'f4', operand.value), at)
    else words.set(kind.rank > 0 ? [operand.offset, ...operand.steps] : [operand.offset], at)
  })
  return words
}

/** Operands are the inputs of the loop's form, then the outputs. */
const reachesOf = (loop: WgslLoop, operands: readonly Strided[], plan: Plan): Reach[] => {
  // What a mask leaves out stays what it is.
  const output = loop.form === 'masked' ? 'both' : 'write'
  return operands.map((operand, k) => ({
    operand,
    use: k < loop.inputs.length ? 'value' : output,
    sizes: sizesOf(plan),
    steps: stepsOf(plan, k),
    offset: plan.offsets[k] ?? 0,
  }))
}

/** Is every array one run of neighbours that begins at a multiple of four, or one element? */
function isDense(loop: WgslLoop, { operands: placed }: Bindings, operands: readonly Strided[], plan: Plan) {
  return placed.every((one, k) => {
    if ('value' in one) return true
    const [step, ...more] = one.steps
    if (more.length > 0) return false
    const isInput = k < loop.inputs.length
    if (step === 0) return isInput
    // A whole group of four is written at the end, which may not reach into what belongs to somebody else.
    const behind = (plan.offsets[k] ?? 0) + plan.size
    const own = gpuDataOf((operands[k] as Strided).data)
    const ends = isInput || plan.size % 4 === 0 || behind >= (own?.length ?? 0)
    return step === 1 && one.offset % 4 === 0 && ends
  })
}

/** What runs a loop: a pipeline for each kind of call, made when it comes. */
export function makeRun(loop: WgslLoop, tables: readonly TypedArray[]): RunOnGpu {
  const shaders = makeShaders(loop, tables, shaderText, entriesOf)

  return async (operands, plan, report) => {
    const gpu = await acquireGpu()
    const reaches = (part: Plan) => reachesOf(loop, operands, part)
    const sources = sourcesOf(gpu, reaches(plan), { elementwise: true })
    const works: Bindings[] = []
    try {
      const call = shaders.begin(gpu)
      const submitted: Promise<void>[] = []
      for (const part of fitting(gpu, plan, (one) => fitsBindings(gpu, reaches(one), sources))) {
        const bindings = bindOperands(gpu, reaches(part), sources)
        works.push(bindings)
        const dense = isDense(loop, bindings, operands, part)
        const access = bindings.operands.map((one): Access => {
          if ('value' in one) return { kind: 'value' }
          return { kind: 'array', array: one.array, step: dense && one.steps[0] === 0 ? 0 : 1 }
        })
        const kind: ShaderKind = {
          kind: dense ? 'dense' : 'strided',
          rank: dense ? 0 : part.outer.length + 1,
          access,
        }
        const pipeline = await shaders.pipeline(gpu, kind)
        const groups = rectangle(gpu, groupsOf(Math.ceil(part.size / perInvocation(kind))))
        const words = parametersOf(loop, kind, bindings, part, groups.wide * groupSize)
        const bound = boundTo(firstArray, call.bound, bindings.arrays)
        submitted.push(handled(dispatch(gpu, pipeline, words, bound, groups)))
        report.calls++
        report.bytesCopied += bindings.uploaded
      }
      const read = loop.form === 'masked' ? operands : operands.slice(0, loop.inputs.length)
      await concluded(gpu, call, submitted, read, operands.slice(loop.inputs.length), works, report)
    } finally {
      release(gpu, [sources, ...works])
    }
  }
}

/** Zeros, on the device or the host. */
export function clear(made: Strided): void {
  const own = gpuDataOf(made.data)
  if (!own) {
    clearHost(made)
    return
  }
  const encoder = own.gpu.device.createCommandEncoder()
  encoder.clearBuffer(own.buffer)
  own.gpu.device.queue.submit([encoder.finish()])
}

/** Memory beside what lives on the device is there, other memory on the host. */
export function allocate(code: Code, length: number, beside: readonly unknown[]): TypedArray {
  const data = beside.find(isOnGpu)
  const own = data ? gpuDataOf(data as TypedArray) : undefined
  return own ? allocateOnGpu(own.gpu, code, length) : allocatePlain(code, length)
}

/** Gives such memory back. */
export function free(data: TypedArray): void {
  const own = gpuDataOf(data)
  if (own) freeGpuData(own)
}
