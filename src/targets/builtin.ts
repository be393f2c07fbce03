/** The targets that come with lanewise, a row each; what they bring besides running loops is in extras.ts. */
import { cpu } from './cpu.ts'
import { gpu } from './gpu/gpu.ts'
import { js } from './js.ts'
import { parallel } from './parallel/parallel.ts'
import type { Target } from './target.ts'

export const builtin: readonly Target[] = [
  cpu, // SIMD WebAssembly on this thread
  parallel, // the same loops on many threads
  gpu, // WGSL on WebGPU
  js, // the kernel itself, called for every element
]
