/** The memory of this machine as a target has it: results lie in resident memory beside what does, else in arrays of their own. */
import { clear } from '../../broadcast/copy.ts'
import type { Memory } from '../target.ts'
import { addressOf, allocateBeside, freeData } from './resident.ts'
import { makeResult } from './results.ts'

export const hostMemory: Memory = {
  allocate: allocateBeside,
  free(data) {
    if (addressOf(data) >= 0) freeData(data)
  },
  clear,
  makeResult,
}
