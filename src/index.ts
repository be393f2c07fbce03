export type { View } from './broadcast/view.ts'
export type { Casting, Code, DType, TypedArray } from './dtype.ts'
export * from './errors.ts'
export { guvectorize } from './guvectorize/guvectorize.ts'
export { jit } from './guvectorize/jit.ts'
export type { GuCallOptions, Gufunc, GuOptions, GuReduceOptions, Guvectorize } from './guvectorize/types.ts'
export { prange } from './prange.ts'
export { type Configuration, configure } from './targets/configure.ts'
export * from './targets/extras.ts'
export { getTarget, registerTarget, targetNames } from './targets/index.ts'
export type { ArrayOptions } from './targets/memory/array-types.ts'
export {
  arange,
  array,
  empty,
  emptyLike,
  format,
  free,
  full,
  isResident,
  linspace,
  ones,
  plain,
  resident,
  toArray,
  zeros,
  zerosLike,
} from './targets/memory/arrays.ts'
export { memoryInfo } from './targets/memory/resident.ts'
export type { Target } from './targets/target.ts'
export type * from './vectorize/types.ts'
export { ready, vectorize } from './vectorize/vectorize.ts'
