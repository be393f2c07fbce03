/**
 * What a target is: where loops run. Everything else is settled before one is asked: which loop, casting rules, broadcasting, shapes.
 *
 *   refuses -> compiled to what it consumes -> emit -> load, once for each kernel and its dtypes; then the ways to run, in every call
 *
 * It takes loops in code that lanewise emits (wasm, wgsl), as functions (js), or in the typed IR and emits code of its own. Whatever
 * cannot be run has to be a TargetError in one of these steps: then a fallback can take over, and nothing was written.
 */
import type { Code, TypedArray } from '../dtype.ts'
import type { Kernel } from '../loops/kernel/ir.ts'
import type { Consumed, Emitted, EmittedLoop, IrLoop, LoopForm, Loops } from '../loops/loop.ts'
import type { Memory } from './memory/memory.ts'
import type { Runner } from './runner.ts'

export type { Memory } from './memory/memory.ts'
export * from './runner.ts'

/** The version of this interface. It counts up when targets written for it would have to change. */
export const targetVersion = 1

export interface TargetOf<C extends Consumed, L = Loops[C]> {
  readonly version: typeof targetVersion
  readonly name: string
  readonly consumes: C
  /** Decides what calls return: values, or promises of them. */
  readonly kind: 'sync' | 'async'
  /** Null, or the reason why it cannot run here. */
  unavailable(): string | null
  /** Of an asynchronous target: finds out whether it can run here, so that `unavailable` knows. */
  find?(): Promise<void>
  /** Null, or why it does not run this: asked before it is compiled. */
  refuses?(work: Work): string | null
  /** Makes it ready to run. `tables` are the arrays that the kernel has captured. */
  load(loop: L, tables: readonly TypedArray[]): Runner
  /** Where results lie: `hostMemory` is that of cpu. */
  readonly memory: Memory
  /** Options of its own for `configure`: what the value has to be, if it is not that, else what puts it into effect. */
  readonly settings?: Readonly<Record<string, (value: unknown) => string | (() => void)>>
}

export interface IrTarget extends TargetOf<'ir', EmittedLoop> {
  /** Code for the loop. It is kept; `load` gets it beside the loop. */
  emit(loop: IrLoop): Emitted
  /** Those that it takes besides `map`. Others are made of runs of `map`; an asynchronous target takes `masked` and `indexed` or has none. */
  readonly forms?: readonly LoopForm[]
}

export type Target = TargetOf<'wasm'> | TargetOf<'wgsl'> | TargetOf<'js'> | IrTarget

/** Types of those options: `declare module 'lanewise/target' { interface TargetSettings { … } }` beside a target adds its own. */
// biome-ignore lint/suspicious/noEmptyInterface: others add to it.
export interface TargetSettings {}

/** A kernel as it was typed, and how its elements are to meet: see `LoopForm`. */
export interface Work {
  readonly overload: {
    readonly inputs: readonly Code[]
    readonly outputs: readonly Code[]
    readonly kernel: Kernel
    /** Of a kernel that makes arrays whose sizes it computes. */
    readonly sizing?: { readonly loops: boolean }
    /** With `precision: 'float-float'`: f8 is to be the sum of two f4; an op that this lacks, or null. */
    readonly floatFloat?: { readonly lacks: string | null }
  }
  readonly form: LoopForm
}
