/** Pipelines and dispatches: what every kind of work on the device is made of. */
import { type Code, dtypes, type TypedArray } from '../../dtype.ts'
import { TargetError } from '../../errors.ts'
import type { WgslLoop } from '../../loops/loop.ts'
import { outside } from '../../outside.ts'
import { giveStorage, readBack, takeStorage, traffic } from './buffers.ts'
import { type Gpu, refused } from './device.ts'
import { groupSize, mayFail, usesTables } from './shader-text.ts'

export interface Pipeline {
  readonly pipeline: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
}

/** What a binding is, beside those that all shaders share. */
export type Entry = readonly [binding: number, kind: 'read' | 'write']

const types = { read: 'read-only-storage', write: 'storage' } as const
const compute = 0x4

/**
 * Compiles a shader.
 * @throws TargetError with the line of WGSL that was refused, or because it binds more arrays than the device allows
 */
async function buildPipeline(
  { device }: Gpu,
  name: string,
  code: string,
  bound: readonly Entry[],
): Promise<Pipeline> {
  const most = device.limits.maxStorageBuffersPerShaderStage
  if (bound.length > most)
    throw refused(
      `${name} needs ${bound.length} arrays at once, and this device allows ${most}; give scalars for some, or split the kernel`,
    )
  const entries: GPUBindGroupLayoutEntry[] = [
    { binding: 0, visibility: compute, buffer: { type: 'uniform' } },
    ...bound.map(([binding, kind]) => ({ binding, visibility: compute, buffer: { type: types[kind] } })),
  ]
  device.pushErrorScope('validation')
  const layout = device.createBindGroupLayout({ entries })
  const module = device.createShaderModule({ code, label: name })
  const made = device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module, entryPoint: 'main' },
  })
  const [pipeline, error] = await Promise.all([made.catch((cause: unknown) => cause), device.popErrorScope()])
  if (pipeline instanceof Error || error) {
    const info = await module.getCompilationInfo()
    const first = info.messages.find((message) => message.type === 'error')
    const text = first ? (code.split('\n')[first.lineNum - 1] ?? '') : ''
    const line = /\/\/ line (\d+)$/.exec(text)?.[1]
    const where = `\`${text.trim()}\`${line === undefined ? '' : `, made of line ${line} of the kernel`}`
    const reason = `its WGSL was refused: ${first ? `${first.message.split('\n')[0]} in ${where}` : (error?.message ?? String(pipeline))}`
    throw new TargetError(`${name} cannot run on the gpu: ${reason}`, { target: 'gpu', reason })
  }
  return { pipeline: pipeline as GPUComputePipeline, layout }
}

/** Values made once for each device, by a key. */
function perDevice<T>(make: (gpu: Gpu, key: string) => T): (gpu: Gpu, key: string) => T {
  const all = new WeakMap<Gpu, Map<string, T>>()
  return (gpu, key) => {
    const own = all.get(gpu) ?? new Map<string, T>()
    all.set(gpu, own)
    const known = own.get(key)
    if (known !== undefined) return known
    const made = make(gpu, key)
    own.set(key, made)
    return made
  }
}

/** What runs the shaders of one loop. */
export interface Shaders<K> {
  pipeline(gpu: Gpu, kind: K): Promise<Pipeline>
  /** What every dispatch of one call binds, and what is to be waited for once all is submitted. */
  begin(gpu: Gpu): Checks & { readonly bound: readonly Bound[] }
}

/** The promise that rejects when a check of a call failed. */
export interface Checks {
  readonly end: () => Promise<void> | undefined
}

/** The shaders of a loop, made when they are first asked for; kinds are plain data. */
export function makeShaders<K>(
  loop: WgslLoop,
  tables: readonly TypedArray[],
  text: (loop: WgslLoop, kind: K) => string,
  entries: (kind: K, loop: WgslLoop) => readonly Entry[],
): Shaders<K> {
  const shared: Entry[] = [
    ...(usesTables(loop) ? [[1, 'read'] as const] : []),
    ...(mayFail(loop) ? [[2, 'write'] as const] : []),
  ]
  const built = perDevice((gpu, key) => {
    const kind = JSON.parse(key) as K
    return buildPipeline(gpu, loop.name, text(loop, kind), [...shared, ...entries(kind, loop)])
  })
  const tablesOn = perDevice((gpu) => tablesBuffer(gpu, tables))
  return {
    pipeline: (gpu, kind) => built(gpu, JSON.stringify(kind)),
    begin(gpu) {
      const failed = mayFail(loop) ? emptyCheck(gpu) : null
      const bound: Bound[] = []
      if (usesTables(loop)) bound.push([1, { buffer: tablesOn(gpu, '') }])
      if (failed) bound.push([2, { buffer: failed }])
      return { bound, end: () => (failed ? checked(loop, gpu, failed) : undefined) }
    },
  }
}

/** So many groups of invocations as a rectangle that the device takes. */
export function rectangle({ device }: Gpu, groups: number): { readonly wide: number; readonly high: number } {
  const wide = Math.max(1, Math.min(groups, device.limits.maxComputeWorkgroupsPerDimension))
  return { wide, high: Math.ceil(groups / wide) }
}

export const groupsOf = (invocations: number): number => Math.ceil(invocations / groupSize)

export type Bound = readonly [binding: number, resource: GPUBufferBinding]

/** What all dispatches of a call bind, and a work's arrays, from binding `first` on. */
export const boundTo = (
  first: number,
  bound: readonly Bound[],
  arrays: readonly GPUBufferBinding[],
): Bound[] => [...bound, ...arrays.map((array, k): Bound => [first + k, array])]

/**
 * Submits one dispatch, at once.
 * @throws TargetError, by its promise, when the device refuses it
 */
export async function dispatch(
  gpu: Gpu,
  { pipeline, layout }: Pipeline,
  words: Uint32Array<ArrayBuffer>,
  bound: readonly Bound[],
  { wide, high }: { readonly wide: number; readonly high: number },
): Promise<void> {
  const { device } = gpu
  const parameters = takeStorage(gpu, words.byteLength)
  device.queue.writeBuffer(parameters, 0, words)
  const entries: GPUBindGroupEntry[] = [
    { binding: 0, resource: { buffer: parameters, size: Math.max(32, words.byteLength) } },
    ...bound.map(([binding, resource]) => ({ binding, resource })),
  ]
  device.pushErrorScope('validation')
  const encoder = device.createCommandEncoder()
  const pass = encoder.beginComputePass()
  pass.setPipeline(pipeline)
  pass.setBindGroup(0, device.createBindGroup({ layout, entries }))
  pass.dispatchWorkgroups(wide, high)
  pass.end()
  device.queue.submit([encoder.finish()])
  traffic.dispatches++
  giveStorage(gpu, parameters)
  const error = await device.popErrorScope()
  if (error) throw refused(`the device refused the work: ${error.message}`)
}

/** All tables in one buffer, one after another, each from a word of its own. */
function tablesBuffer(gpu: Gpu, tables: readonly TypedArray[]): GPUBuffer {
  const starts = [0]
  for (const table of tables) starts.push((starts.at(-1) ?? 0) + Math.ceil(table.byteLength / 4))
  const words = new Uint32Array(Math.max(1, starts.at(-1) ?? 0))
  const bytes = new Uint8Array(words.buffer)
  tables.forEach((table, k) => {
    const own = new Uint8Array(table.buffer as ArrayBuffer, table.byteOffset, table.byteLength)
    bytes.set(own, 4 * (starts[k] ?? 0))
  })
  const buffer = takeStorage(gpu, words.byteLength)
  gpu.device.queue.writeBuffer(buffer, 0, words)
  return buffer
}

/** A cell for a failed check: none yet. */
function emptyCheck(gpu: Gpu): GPUBuffer {
  const buffer = takeStorage(gpu, 16)
  gpu.device.queue.writeBuffer(buffer, 0, new Uint32Array(4))
  return buffer
}

/** Rejects when an index was outside its table. The work must have been submitted. */
async function checked(loop: WgslLoop, gpu: Gpu, failed: GPUBuffer): Promise<void> {
  const reading = readBack(gpu, failed, 16)
  giveStorage(gpu, failed)
  const [code = 0, low = 0, high = 0, size = 0] = new Uint32Array((await reading).buffer as ArrayBuffer)
  if (code === 0) return
  const index = Number(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)))
  throw outside(loop.checks[code - 1], loop.name, index, size)
}

const cell = new DataView(new ArrayBuffer(8))

/** The bits of an element, as one or two words. */
export function wordsOf(code: Code, value: number | bigint): number[] {
  if (code === 'f4') cell.setFloat32(0, Number(value), true)
  else if (code === 'f8') cell.setFloat64(0, Number(value), true)
  else cell.setBigInt64(0, BigInt(value), true)
  const words = [cell.getUint32(0, true), cell.getUint32(4, true)]
  return words.slice(0, dtypes[code].bytes === 8 ? 2 : 1)
}
