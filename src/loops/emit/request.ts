/** What an inner loop is made of. */
import type { Code } from '../../dtype.ts'
import type { Kernel } from '../kernel/ir.ts'
import type { Uniformity } from '../kernel/uniform.ts'
import type { LoopForm } from '../loop.ts'
import type { LaneAxis } from './arrays.ts'
import type { Shape } from './shape.ts'

export interface FrameRequest {
  readonly kernel: Kernel
  readonly inputs: readonly Code[]
  readonly outputs: readonly Code[]
  readonly shape: Shape
  readonly uniformity: Uniformity
  readonly form: LoopForm
  readonly simd?: boolean
  readonly x86: boolean
  /** What tells lanes apart in a kernel of arrays: nothing when left out. */
  readonly axis?: LaneAxis
}
