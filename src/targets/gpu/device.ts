/**
 * The device: the browser's, or that of the `webgpu` package in Node, or one that the user hands in. It is asked for when it is first
 * needed, and again after it was lost.
 */
import { TargetError } from '../../errors.ts'

/** What a device of ours has beside itself. */
export interface Gpu {
  readonly device: GPUDevice
  readonly adapter: string
  /** Bytes of the largest binding. */
  readonly mostBound: number
  /** Null while the device lives. */
  lost: string | null
}

let current: Gpu | null = null
let pending: Promise<Gpu> | null = null
/** Why the last attempt failed. */
let reason: string | null = null
let given: GPUDevice | null = null
/** That of our own, as long as it lives: also while another is in use. */
let mine: Gpu | null = null
const known = new WeakMap<GPUDevice, Gpu>()
/** Dawn for Node crashes when these are collected while their device is in use. */
const keptAlive: unknown[] = []

/** In a variable, so that bundlers leave the import alone. */
const nodePackage = 'webgpu'

interface NodeGpu {
  readonly create: (flags: readonly string[]) => GPU
  readonly globals: object
}

async function entry(): Promise<GPU> {
  const own = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu
  if (own) return own
  if (typeof process === 'undefined' || !process.versions?.node)
    throw new Error(
      'this browser has no WebGPU here (navigator.gpu); it needs a secure context: https, or localhost',
    )
  let loaded: NodeGpu
  try {
    loaded = (await import(/* @vite-ignore */ /* webpackIgnore: true */ nodePackage)) as NodeGpu
  } catch (cause) {
    const text = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new Error(`in Node it needs the package \`webgpu\`: npm install webgpu (${text})`)
  }
  return loaded.create([])
}

/** All that the adapter grants of what large arrays and kernels of many operands need. */
const wanted = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupStorageSize',
] as const

async function acquire(): Promise<Gpu> {
  if (given) {
    const own = watched(given, 'the device that was handed in')
    if (own.lost !== null) throw new Error(`${own.lost}; configure({ device }) hands in another`)
    return own
  }
  if (mine && mine.lost === null) return mine
  const gpu = await entry()
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter)
    throw new Error(
      'there is no adapter: no GPU, no driver (Vulkan, Metal or D3D12), or the browser keeps it off',
    )
  const { limits } = adapter
  const requiredLimits = Object.fromEntries(wanted.map((name) => [name, limits[name]]))
  const { vendor, architecture, description } = adapter.info
  const device = await adapter.requestDevice({ requiredLimits })
  keptAlive.push(gpu, adapter)
  mine = watched(device, [vendor, architecture, description].filter(Boolean).join(' '))
  return mine
}

function watched(device: GPUDevice, adapter: string): Gpu {
  const before = known.get(device)
  if (before) return before
  const { maxStorageBufferBindingSize: mostBound } = device.limits
  const made: Gpu = { device, adapter, mostBound, lost: null }
  void device.lost.then((info) => {
    made.lost = `the device was lost (${info.reason || 'unknown'}: ${info.message})`
    if (current === made) current = null
  })
  known.set(device, made)
  return made
}

/**
 * The device.
 * @throws TargetError when there is none; the next call tries again
 */
export async function acquireGpu(): Promise<Gpu> {
  if (current) return current
  const wanted = given
  pending ??= acquire()
  try {
    const gpu = await pending
    if (given !== wanted) return acquireGpu()
    reason = null
    current = gpu
    return gpu
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error)
    throw new TargetError(
      `target 'gpu' is not available: ${reason}`,
      { target: 'gpu', reason },
      { cause: error },
    )
  } finally {
    pending = null
  }
}

export const refused = (reason: string): Error => new TargetError(reason, { target: 'gpu', reason })

/** Finds out whether there is a device; then `reasonAgainst` knows. */
export async function findGpu(): Promise<void> {
  if (current) return
  await acquireGpu().catch(() => {})
}

export const reasonAgainst = (): string | null => reason

/** Uses this device from now on; null: one of our own. */
export function setDevice(device: GPUDevice | null): void {
  if (given === device) return
  given = device
  current = null
  pending = null
  reason = null
}
