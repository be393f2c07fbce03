/** What adapter there is: for users who want to know before they choose a target. */
import { TargetError } from '../../errors.ts'
import { acquireGpu } from './device.ts'

/** What `gpuInfo()` tells. */
export interface GpuInfo {
  available: boolean
  adapter?: string
  limits?: Record<string, number>
  features?: string[]
  reason?: string
}

/** The adapter that the target `gpu` uses, its limits and features; or the reason why there is none. Never rejects. */
export async function gpuInfo(): Promise<GpuInfo> {
  try {
    const { device, adapter } = await acquireGpu()
    const limits: Record<string, number> = {}
    const all = device.limits as unknown as Record<string, unknown>
    for (const name in device.limits) {
      const value = all[name]
      if (typeof value === 'number') limits[name] = value
    }
    return { available: true, adapter, limits, features: [...device.features].sort() }
  } catch (error) {
    return { available: false, reason: error instanceof TargetError ? error.reason : String(error) }
  }
}
