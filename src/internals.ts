/**
 * What target.ts and testing.ts take from the library. No entry of the package: with it as one of the build, which reaches all that
 * index.ts does, these two cost index.ts no files of its own (scripts/build.mjs).
 */

export { walk } from './broadcast/walk.ts'
export { codeOfArray, codes, dtypes } from './dtype.ts'
export * from './index.ts'
export { jsLoop } from './loops/js.ts'
export { castValue, leave } from './loops/kernel/evaluate.ts'
export { infer } from './loops/kernel/infer.ts'
export { interpret } from './loops/kernel/interpret.ts'
export { parts, visit } from './loops/kernel/ir.ts'
export { define } from './loops/kernel/parse.ts'
export { print } from './loops/kernel/print.ts'
export { parseSignature } from './loops/signature.ts'
export { CheckFailed, outside } from './outside.ts'
export { walkCoreRuns } from './targets/core-runs.ts'
export { treeOf } from './targets/fold/plain.ts'
export { walkFold } from './targets/fold/tile.ts'
export { checkIndices } from './targets/indexed.ts'
export { arraysOf, innerRuns } from './targets/inner-runs.ts'
export { hostMemory } from './targets/memory/host.ts'
export { addressOf } from './targets/memory/resident.ts'
export { targetVersion } from './targets/target.ts'
