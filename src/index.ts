export type { View } from './broadcast/view.ts'
export type { Code, DType, TypedArray } from './dtype.ts'
export * from './errors.ts'
export type { ArrayOptions } from './targets/memory/array-types.ts'
export {
  arange,
  array,
  empty,
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
} from './targets/memory/arrays.ts'
export { memoryInfo } from './targets/memory/resident.ts'
