/**
 * Runs loops on the device: one dispatch a call, over the same plan that the other targets have. Arrays of the host are uploaded, and
 * results for the host read back; GpuArrays stay where they are. Loaded when the target `gpu` is first used.
 */
import { clear as clearHost } from '../../broadcast/copy.ts'
import type { Plan } from '../../broadcast/plan.ts'
import type { Strided } from '../../broadcast/view.ts'
import { type Code, dtypes, type TypedArray } from '../../dtype.ts'
import { BoundsError, TargetError } from '../../errors.ts'
import type { WgslLoop } from '../../loops/loop.ts'
import { allocatePlain } from '../memory/resident.ts'
import type { Report } from '../target.ts'
import { awaitCheck } from './array.ts'
import { type Bindings, bindOperands, deliver, release } from './bindings.ts'
import { allocateOnGpu, giveStorage, gpuDataOf, isOnGpu, readBack, takeStorage, traffic } from './buffers.ts'
import { acquireGpu, type Gpu } from './device.ts'
import {
  firstArray,
  groupSize,
  layoutOf,
  mayFail,
  perInvocation,
  type ShaderKind,
  shaderText,
  usesTables,
} from './shader.ts'

export type RunOnGpu = (operands: readonly Strided[], plan: Plan, report: Report) => Promise<void>

interface Pipeline {
  readonly kind: ShaderKind
  readonly pipeline: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
}

const storage = (readOnly: boolean) => ({ type: readOnly ? 'read-only-storage' : 'storage' }) as const
const compute = 0x4

/** Compiles the shader; errors of the driver come as rejections that show its text. */
async function build({ device }: Gpu, loop: WgslLoop, kind: ShaderKind): Promise<Pipeline> {
  const code = shaderText(loop, kind)
  const written = new Set(
    kind.access.flatMap((one, k) => (one.kind === 'array' && k >= loop.inputs.length ? [one.array] : [])),
  )
  const arrays = new Set(kind.access.flatMap((one) => (one.kind === 'array' ? [one.array] : [])))
  const entries: GPUBindGroupLayoutEntry[] = [
    { binding: 0, visibility: compute, buffer: { type: 'uniform' } },
  ]
  if (usesTables(loop)) entries.push({ binding: 1, visibility: compute, buffer: storage(true) })
  if (mayFail(loop)) entries.push({ binding: 2, visibility: compute, buffer: storage(false) })
  for (const array of arrays)
    entries.push({ binding: firstArray + array, visibility: compute, buffer: storage(!written.has(array)) })
  const most = device.limits.maxStorageBuffersPerShaderStage
  if (entries.length - 1 > most)
    throw refused(
      `${loop.name} needs ${entries.length - 1} arrays at once, and this device allows ${most}; give scalars for some, or split the kernel`,
    )
  device.pushErrorScope('validation')
  const layout = device.createBindGroupLayout({ entries })
  const module = device.createShaderModule({ code, label: loop.name })
  const made = device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module, entryPoint: 'main' },
  })
  const [pipeline, error] = await Promise.all([made.catch((cause: unknown) => cause), device.popErrorScope()])
  if (pipeline instanceof Error || error) {
    const info = await module.getCompilationInfo()
    const first = info.messages.find((message) => message.type === 'error')
    const line = first ? `: ${first.message} in \`${code.split('\n')[first.lineNum - 1]?.trim()}\`` : ''
    const reason = `its WGSL was refused${line || `: ${error?.message ?? String(pipeline)}`}`
    throw new TargetError(`${loop.name} cannot run on the gpu: ${reason}`, { target: 'gpu', reason })
  }
  return { kind, pipeline: pipeline as GPUComputePipeline, layout }
}

const refused = (reason: string): Error => new TargetError(reason, { target: 'gpu', reason })

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
  words[1] = plan.size
  words[3] = width
  if (kind.rank > 0)
    [...plan.outer, plan.inner].forEach((size, axis) => {
      words[layout.sizes + axis] = size
    })
  const codes = [...loop.inputs, ...loop.outputs]
  operands.forEach((operand, k) => {
    const at = layout.operands[k] ?? 0
    if ('value' in operand) words.set(wordsOf(codes[k] ?? 'f4', operand.value), at)
    else {
      words[at] = operand.offset
      if (kind.rank > 0)
        operand.steps.forEach((step, axis) => {
          words[at + 1 + axis] = step
        })
    }
  })
  return words
}

const cell = new DataView(new ArrayBuffer(8))

/** The bits of an element, as one or two words. */
function wordsOf(code: Code, value: number | bigint): number[] {
  if (code === 'f4') cell.setFloat32(0, Number(value), true)
  else if (code === 'f8') cell.setFloat64(0, Number(value), true)
  else cell.setBigInt64(0, BigInt(value), true)
  const words = [cell.getUint32(0, true), cell.getUint32(4, true)]
  return words.slice(0, dtypes[code].bytes === 8 ? 2 : 1)
}

/** What runs a loop: a pipeline for each kind of call, made when it comes. */
export function makeRun(loop: WgslLoop, tables: readonly TypedArray[]): RunOnGpu {
  const pipelines = new WeakMap<Gpu, Map<string, Promise<Pipeline>>>()
  const tableBuffers = new WeakMap<Gpu, GPUBuffer>()

  const pipelineFor = (gpu: Gpu, kind: ShaderKind): Promise<Pipeline> => {
    const own = pipelines.get(gpu) ?? new Map<string, Promise<Pipeline>>()
    pipelines.set(gpu, own)
    const key = `${kind.kind} ${kind.rank} ${kind.access.map((one) => (one.kind === 'value' ? 'v' : `${one.array}:${one.step}`))}`
    const made = own.get(key) ?? build(gpu, loop, kind)
    own.set(key, made)
    return made
  }
  const tablesOn = (gpu: Gpu): GPUBuffer => {
    let buffer = tableBuffers.get(gpu)
    if (!buffer) {
      const words = tableWords(tables)
      buffer = takeStorage(gpu, words.byteLength)
      gpu.device.queue.writeBuffer(buffer, 0, words)
      tableBuffers.set(gpu, buffer)
    }
    return buffer
  }

  const run = async (operands: readonly Strided[], plan: Plan, report: Report): Promise<void> => {
    const gpu = await acquireGpu()
    const bindings = bindOperands(gpu, loop, operands, plan)
    try {
      const kind: ShaderKind = {
        kind: bindings.dense ? 'dense' : 'strided',
        rank: bindings.dense ? 0 : plan.outer.length + 1,
        access: bindings.access,
      }
      const limit = gpu.device.limits.maxStorageBufferBindingSize
      if (bindings.buffers.some(({ size }) => size > limit))
        throw refused(`${loop.name} was given an array larger than what this device binds (${limit} bytes)`)
      const failed = dispatch(gpu, await pipelineFor(gpu, kind), bindings, plan)
      report.calls++
      report.bytesCopied += bindings.uploaded
      const check = failed ? checked(loop, gpu, failed) : undefined
      // Who reads a result on the device hears of it then.
      check?.catch(() => {})
      for (const { data } of operands.slice(loop.inputs.length)) {
        const own = gpuDataOf(data)
        if (own && check) awaitCheck(data, check)
      }
      if (bindings.results.length > 0) {
        report.bytesCopied += await deliver(gpu, bindings, operands, plan)
        await check
      }
    } finally {
      release(gpu, bindings)
    }
  }

  /** Submits the work; returns the buffer in which a failed check stands. */
  const dispatch = (
    gpu: Gpu,
    { kind, pipeline, layout }: Pipeline,
    bindings: Bindings,
    plan: Plan,
  ): GPUBuffer | null => {
    const { device } = gpu
    const invocations = Math.ceil(plan.size / perInvocation(kind))
    const groups = Math.ceil(invocations / groupSize)
    const wide = Math.min(groups, device.limits.maxComputeWorkgroupsPerDimension)
    const words = parametersOf(loop, kind, bindings, plan, wide * groupSize)
    const parameters = takeStorage(gpu, words.byteLength)
    device.queue.writeBuffer(parameters, 0, words)
    const entries: GPUBindGroupEntry[] = [
      { binding: 0, resource: { buffer: parameters, size: Math.max(32, words.byteLength) } },
      ...bindings.buffers.map((buffer, array) => ({ binding: firstArray + array, resource: { buffer } })),
    ]
    if (usesTables(loop)) entries.push({ binding: 1, resource: { buffer: tablesOn(gpu) } })
    const failed = mayFail(loop) ? takeStorage(gpu, 16) : null
    if (failed) {
      device.queue.writeBuffer(failed, 0, new Uint32Array(4))
      entries.push({ binding: 2, resource: { buffer: failed, size: 16 } })
    }
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, device.createBindGroup({ layout, entries }))
    pass.dispatchWorkgroups(wide, Math.ceil(groups / wide))
    pass.end()
    device.queue.submit([encoder.finish()])
    traffic.dispatches++
    giveStorage(gpu, parameters)
    return failed
  }
  return run
}

/** Rejects when an index was outside its table. */
async function checked(loop: WgslLoop, gpu: Gpu, failed: GPUBuffer): Promise<void> {
  const reading = readBack(gpu, failed, 16)
  giveStorage(gpu, failed)
  const [code = 0, low = 0, high = 0, size = 0] = new Uint32Array((await reading).buffer as ArrayBuffer)
  if (code === 0) return
  const check = loop.checks[code - 1]
  const index = Number(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)))
  const { line, column } = check?.at ?? { line: 0, column: 0 }
  throw new BoundsError(
    `index ${index} is out of bounds for '${check?.array ?? 'array'}' with size ${size} (${loop.name}, line ${line}, column ${column})`,
    { line, column, index, size },
  )
}

/** All tables, one after another, each from a word of its own. */
function tableWords(tables: readonly TypedArray[]): Uint32Array<ArrayBuffer> {
  const starts = [0]
  for (const table of tables) starts.push((starts.at(-1) ?? 0) + Math.ceil(table.byteLength / 4))
  const words = new Uint32Array(Math.max(1, starts.at(-1) ?? 0))
  const bytes = new Uint8Array(words.buffer)
  tables.forEach((table, k) => {
    bytes.set(
      new Uint8Array(table.buffer as ArrayBuffer, table.byteOffset, table.byteLength),
      4 * (starts[k] ?? 0),
    )
  })
  return words
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
