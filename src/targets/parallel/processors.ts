import { builtin } from './builtin.ts'
import { mostThreads } from './control.ts'

let known: number | null = null

/** Processors that this process may use, as far as the pool can have threads. */
export function processors(): number {
  if (known !== null) return known
  const os = builtin<typeof import('node:os')>('node:os')
  const count = os ? os.availableParallelism() : (globalThis.navigator?.hardwareConcurrency ?? 1)
  known = Math.min(mostThreads, Math.max(1, count))
  return known
}
