/** What stands behind a ufunc: its loops, listed or made when they are asked for. Types only: how they are made is compiled.ts's. */
import type { Code } from '../dtype.ts'
import type { ArrayValue, Kernel, Tables, Value } from '../loops/kernel/ir.ts'
import type { Loop, LoopForm } from '../loops/loop.ts'
import type { Types } from './choose.ts'

/** A kernel between given dtypes: what a signature lists. */
export interface Overload extends Types {
  /** In the grammar of signatures. */
  readonly text: string
  readonly kernel: Kernel
  readonly tables: Tables
  /** With `precision: 'float-float'`: the op of f8 that it has and pairs of f4 have not, or null. */
  readonly floatFloat?: { readonly lacks: string | null }
  /** Of a kernel that makes arrays whose sizes are not those of parameters: what computes them. */
  readonly sizing?: Sizing
}

export interface Sizing {
  /** Its results are the sizes, i8; of the views only parameters are there. */
  readonly kernel: Kernel
  /** It may take long. */
  readonly loops: boolean
  /** The sizes in a call, from its numbers and arrays and the dtypes that these have in memory. */
  readonly interpret: (
    memory: readonly Code[],
    scalars: readonly Value[],
    arrays: readonly ArrayValue[],
  ) => readonly number[]
}

/**
 * An overload whose operands have these dtypes in memory; a mask is not among the inputs. Those of a fold are the accumulator and
 * the element.
 */
export interface Bound {
  readonly overload: Overload
  readonly form: LoopForm
  readonly inputs: readonly Code[]
  readonly outputs: readonly Code[]
}

export interface Source {
  /** In the order of the search; those of a lazy function are the ones it has been asked for. */
  readonly overloads: readonly Overload[]
  /** Without signatures, every combination of dtypes is a loop of its own. */
  readonly lazy: boolean
  /** Is the kernel exactly `x + y`, or `x * y`? Such reductions widen integers. */
  sums(): boolean
  /** The kernel between other dtypes; results are inferred when they are left out. */
  overload(inputs: readonly Code[], outputs?: readonly Code[]): Overload
  /** Reads a signature; results that are to be inferred are null. */
  parse(text: string): { readonly inputs: readonly Code[]; readonly outputs: readonly Code[] | null }
  loop(isa: Loop['isa'], bound: Bound): Loop
  loopAsync(isa: Loop['isa'], bound: Bound): Promise<Loop>
  inspect(what: 'types' | 'ir' | 'wat' | 'wgsl', bound: Bound): string
  /** The compiler is loaded: `loop` never has to refuse. */
  ready(): Promise<void>
}
