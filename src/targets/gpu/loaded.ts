/** All that is loaded when the target `gpu` is first used, as one file of its own. */
export { GpuArray, makeGpuArray, moves, toGpu } from './array.ts'
export { makeAt } from './at.ts'
export { makeCores } from './cores.ts'
export { findGpu, reasonAgainst, setDevice } from './device.ts'
export { allocate, clear, free, makeRun } from './engine.ts'
export { makeFold } from './fold.ts'
export { gpuInfo } from './info.ts'
