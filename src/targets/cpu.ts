/** The cpu target: SIMD WebAssembly on this thread. */
import { hostMemory } from './memory/host.ts'
import { type TargetOf, targetVersion } from './target.ts'
import { loadWasm } from './wasm.ts'

export const cpu: TargetOf<'wasm'> = {
  version: targetVersion,
  name: 'cpu',
  consumes: 'wasm',
  kind: 'sync',
  unavailable: () => (typeof WebAssembly === 'undefined' ? 'this engine has no WebAssembly' : null),
  load: (loop, tables) => loadWasm(loop, tables),
  memory: hostMemory,
}
