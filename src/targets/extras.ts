/**
 * What the targets of builtin.ts bring besides running loops: public functions, settings, arrays that live there. A line is about one
 * target: without its lines, and its row there, everything else is as it was.
 */
import type { GpuArrays, GpuSettings } from './gpu/gpu.ts'
import type { ParallelSettings } from './parallel/parallel.ts'

export type { GpuArray } from './gpu/array.ts'
export { gpuInfo, toGpu } from './gpu/gpu.ts'
export type { GpuInfo } from './gpu/info.ts'
export { getNumThreads, setNumThreads } from './parallel/threads.ts'

/** Settings of `configure`. */
// biome-ignore lint/suspicious/noEmptyInterface: the lines below add to it.
export interface BuiltinSettings {}
export interface BuiltinSettings extends ParallelSettings {}
export interface BuiltinSettings extends GpuSettings {}

/** By the target's name: arrays of which only it reaches the elements. */
// biome-ignore lint/suspicious/noEmptyInterface: the lines below add to it.
export interface TargetArrays {}
export interface TargetArrays extends GpuArrays {}
