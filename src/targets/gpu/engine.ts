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
import { type Bindings, bindOperands, deliver, release } from './bindings.ts'
import { allocateOnGpu, freeGpuData, gpuDataOf, isOnGpu } from './buffers.ts'
import { acquireGpu } from './device.ts'
import { type Bound, dispatch, type Entry, groupsOf, makeShaders, rectangle, wordsOf } from './pipelines.ts'
import { layoutOf, perInvocation, type ShaderKind, shaderText } from './shader.ts'
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
  if (kind.rank > 0) words.set([...plan.outer, plan.inner], layout.sizes)
  const codes = [...loop.inputs, ...loop.outputs]
  operands.forEach((operand, k) => {
    const at = layout.operands[k] ?? 0
    if ('value' in operand) words.set(wordsOf(codes[k] ?? 'f4', operand.value), at)
    else words.set(kind.rank > 0 ? [operand.offset, ...operand.steps] : [operand.offset], at)
  })
  return words
}

/** What runs a loop: a pipeline for each kind of call, made when it comes. */
export function makeRun(loop: WgslLoop, tables: readonly TypedArray[]): RunOnGpu {
  const shaders = makeShaders(loop, tables, shaderText, entriesOf)

  return async (operands, plan, report) => {
    const gpu = await acquireGpu()
    const bindings = bindOperands(gpu, loop, operands, plan)
    try {
      const { dense, access, buffers } = bindings
      const kind: ShaderKind = {
        kind: dense ? 'dense' : 'strided',
        rank: dense ? 0 : plan.outer.length + 1,
        access,
      }
      const pipeline = await shaders.pipeline(gpu, kind)
      const groups = rectangle(gpu, groupsOf(Math.ceil(plan.size / perInvocation(kind))))
      const call = shaders.begin(gpu)
      const arrays = buffers.map((buffer, array): Bound => [firstArray + array, buffer])
      const words = parametersOf(loop, kind, bindings, plan, groups.wide * groupSize)
      const submitted = dispatch(gpu, pipeline, words, [...call.bound, ...arrays], groups)
      report.calls++
      report.bytesCopied += bindings.uploaded
      const check = call.end()
      // Who reads a result on the device hears of it then.
      check?.catch(() => {})
      for (const { data } of operands.slice(loop.inputs.length)) {
        const own = gpuDataOf(data)
        if (own) own.check = check
      }
      await submitted
      if (bindings.results.length === 0) return
      report.bytesCopied += await deliver(gpu, bindings, operands, plan)
      await check
    } finally {
      release(gpu, bindings)
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
