/**
 * A Loop: an inner loop as plain, serialisable data. `loops/` makes it, a target loads and runs it.
 *
 * The one ABI of every inner loop, in both stride classes:
 *   (context, n, pointer, byte step, … one pair an operand, inputs then outputs) -> i32
 * 0, or the number of a failed check (`checks[code - 1]`); the index and the size that failed are then in the context.
 *   vector   every step is the element's size, or 0 for an input (read once)
 *   strided  any steps, also negative
 * An input is either an output, element by element, or shares no memory with any.
 *
 * A loop has a form, which says how elements meet:
 *   map          each element on its own
 *   masked       the last input is a mask; where it is false, nothing is computed and the outputs keep what they hold
 *   indexed      the kernel's first operand and its result are one element of an array, which stands where the output stands; the
 *                first input holds its index there (i4, counted from the end when negative). Elements are taken one after
 *                another, so that an index may repeat. For an index outside it returns -1, and then nothing was computed.
 *   fold         (accumulators, elements) -> accumulators: a reducing loop
 *   masked fold  the same, with one flag behind all accumulators (whether they hold something) and one behind all elements (whether to take them)
 *
 * The inner loop of a reducing loop joins elements to accumulators in memory. It exports more, with the same parameters unless
 * said otherwise:
 *   joinVector, joinStrided   (accumulators, accumulators) -> accumulators, where elements are as many as accumulators
 *   start                     elements -> accumulators: the conversion alone, any steps
 *   scan                      accumulators are read once, each result is the next; a result step of 0 keeps the last
 *   partials, partialsStrided (context, blocks, rows, {pointer, byte step} an element,
 *                             {pointer, partial step, block step} an accumulator): for each of the blocks, which follow each
 *                             other and have `rows` times 8 elements, the 8 partial results; element i joins number i mod 8.
 *                             In `partials` elements are neighbours. `runs` calls them.
 *   runs                      (context, outputs, length, {pointer, byte step, output step} an element,
 *                             {blocks, partial step, rest, rest's partial step} an accumulator): the same for all blocks of each
 *                             output, which stand side by side, output behind output, and for the rest of each
 *   columns                   (context, n, rows, {pointer, row step} an element, {pointer, partial step} an accumulator): the 8
 *                             partial results of n neighbouring outputs, row i joining number i mod 8; at least as many outputs
 *                             as the loop takes elements in one step, whose number the accumulators are rounded up to: the last
 *                             step goes back to take full count
 */
import type { Code } from '../dtype.ts'
import type { ArrayValue, Check, Core, Fastmath, Kernel, Remark, Tables, Value } from './kernel/ir.ts'

/** Elements of a block of the tree in which associative kernels reduce, and its partial results. */
export const blockSize = 256
export const partialCount = 8

/** The fixed part of a context block, in byte offsets; scratch memory follows the tables. */
export const contextLayout = {
  /** i32: set from outside to stop the loop. */
  stop: 0,
  /** i32: the length of the array that an indexed loop changes. */
  length: 4,
  /** f64: the index that failed a check. */
  errorIndex: 8,
  /** f64: the size it was checked against. */
  errorSize: 16,
  /** i32 each: where table k lies. */
  tables: 24,
} as const

export interface ContextLayout {
  readonly stop: number
  readonly length: number
  readonly errorIndex: number
  readonly errorSize: number
  readonly tables: number
  /** The size of the whole block. */
  readonly bytes: number
}

export type Note = Remark

export type LoopForm = 'map' | 'masked' | 'indexed' | 'fold' | 'masked fold'

/** The inputs of a loop of this form, of a kernel with these. */
export function formInputs(form: LoopForm, inputs: readonly Code[]): readonly Code[] {
  switch (form) {
    case 'map':
    case 'fold':
    case 'masked fold':
      return inputs
    case 'masked':
      return [...inputs, 'b1']
    case 'indexed':
      return ['i4', ...inputs.slice(1)]
  }
}

export interface WasmLoop {
  readonly isa: 'wasm'
  readonly form: LoopForm
  readonly name: string
  /** dtypes in memory, of the operands as the form has them. */
  readonly inputs: readonly Code[]
  readonly outputs: readonly Code[]
  /** A module that exports `vector` and `strided`, imports `env.memory`, shared or not, and nothing else. */
  readonly shared: Uint8Array
  readonly unshared: Uint8Array
  readonly vectorized: boolean
  /** Its math functions use fused multiply-adds; the module then needs relaxed SIMD. */
  readonly fma: boolean
  /** Elements that one step of the loop handles, and registers that the widest value takes. */
  readonly lanes: number
  readonly interleave: number
  readonly notes: readonly Note[]
  readonly checks: readonly Check[]
  /** Every loop of the kernel counts up to a fixed bound; any other may go on for ever. */
  readonly ends: boolean
  /** Of a kernel of arrays: its loop has core sizes and core steps (in bytes, operand by operand) behind the pointers and steps. */
  readonly core?: Core
  /** Of a kernel with loops over prange: the same in parts (kernel/fork.ts), for targets with threads. */
  readonly split?: SplitLoop
  /** Outputs of such a kernel that it writes whole (kernel/filled.ts): they need not be zeros before. */
  readonly fills?: readonly number[]
  /** The context block that the loop needs. */
  readonly context: ContextLayout
  /** A reducing loop: dtypes of its elements in memory, and of its accumulators. */
  readonly fold?: { readonly elements: readonly Code[]; readonly accumulators: readonly Code[] }
}

/**
 * `main` and `ranges` have the operands of the loop, then an array of floats and one of integers, with a core size each. `main` is
 * called until the first integer is 0; else that is the number of a range, from 1, whose chunks are to be run first: the second integer
 * is how many iterations there are, the third how many of them are a chunk. A range has one operand more: the number of its chunk, u1.
 */
export interface SplitLoop {
  readonly main: WasmLoop
  readonly ranges: readonly RangeLoop[]
  readonly floats: number
  readonly ints: number
}
export interface RangeLoop {
  readonly loop: WasmLoop
  /** Operands that every thread has its own of. */
  readonly own: readonly number[]
  /** Reads nothing that it writes. */
  readonly repeatable: boolean
}

/** The kernel itself, element by element: for debuggers, and where nothing may be compiled. It does not travel to other threads. */
export interface JsLoop {
  readonly isa: 'js'
  readonly form: LoopForm
  readonly name: string
  /** dtypes in memory, of the operands as the form has them. */
  readonly inputs: readonly Code[]
  readonly outputs: readonly Code[]
  /** The user's function with its captured values, or null where the interpreter runs the typed kernel. */
  readonly function: ((...values: Value[]) => unknown) | null
  readonly kernel: Kernel
  readonly tables: Tables
  /** What memory holds in, what memory is to hold out. */
  readonly element: (values: readonly Value[]) => readonly Value[]
  /** Of a reducing loop: two accumulators to one. */
  readonly join?: (values: readonly Value[]) => readonly Value[]
  /** Of a kernel of arrays: one core call. The arrays are those of `kernel.core.views`; what it returns is for memory. */
  readonly core?: (scalars: readonly Value[], arrays: readonly ArrayValue[]) => readonly Value[]
  readonly notes: readonly Note[]
}

/** An element's computation as WGSL: a function `element`, of what memory holds in and out (emit/wgsl/). */
export interface WgslLoop {
  readonly isa: 'wgsl'
  readonly form: LoopForm
  readonly name: string
  /** dtypes in memory, of the operands as the form has them. */
  readonly inputs: readonly Code[]
  readonly outputs: readonly Code[]
  /** What an element is computed from: the inputs; with a mask also what the outputs hold. */
  readonly reads: readonly Code[]
  readonly code: string
  readonly notes: readonly Note[]
  readonly checks: readonly Check[]
  /** Of a kernel of arrays, which returns results or writes them. */
  readonly core?: Core
  readonly returns?: boolean
  /** As of wasm. */
  readonly fills?: readonly number[]
  /** Such a kernel for a workgroup: invocation `lane` takes its share of the rounds of some loops, all run the rest. */
  readonly shared?: { readonly code: string; readonly rounds: readonly SharedRounds[] }
}

/** How many rounds a loop has: a number, and core sizes so many times. */
export interface SharedRounds {
  readonly constant: number
  readonly sizes: readonly (readonly [size: number, times: number])[]
}

/** The typed IR itself, for targets that emit code of their own. All passes are behind it but those that lay it out on lanes. */
export interface IrLoop {
  readonly isa: 'ir'
  readonly form: LoopForm
  readonly name: string
  /** dtypes in memory, of the operands as the form has them. */
  readonly inputs: readonly Code[]
  readonly outputs: readonly Code[]
  /** Those of all operands: inputs, outputs, and the arrays that a kernel makes. */
  readonly operands: readonly Code[]
  /**
   * One element, or one core call, of any form: `{ kind: 'input', operand }` reads operands in memory (of a fold accumulators, then
   * elements), `outs` are what memory is to hold. The mask of `masked` and the index of `indexed` are the business of targets that take them.
   */
  readonly kernel: Kernel
  /** Of a reducing loop: two accumulators to one, elements to accumulators, and accumulators as they are. */
  readonly fold?: { readonly join: Kernel; readonly start: Kernel; readonly move: Kernel }
  readonly notes: readonly Note[]
  readonly checks: readonly Check[]
}

/** What a target makes of it. */
export interface Emitted {
  readonly code: string | Uint8Array
  /** Elements that one step handles; 1 when left out. */
  readonly lanes?: number
  readonly notes?: readonly Note[]
}
export type EmittedLoop = IrLoop & Emitted

export type Loop = WasmLoop | JsLoop | WgslLoop | IrLoop | EmittedLoop

/** What the pipeline is asked for: one kernel, the dtypes that its operands have in memory, and how to compile. */
export interface CompileRequest {
  readonly kernel: Kernel
  readonly inputs: readonly Code[]
  readonly outputs: readonly Code[]
  readonly simd: boolean
  /** False: indices of array operands and tables are taken to be inside. */
  readonly boundscheck?: boolean
  /** `map` when left out. `inputs` are the kernel's own: no mask, no index. */
  readonly form?: LoopForm
  /** Whether math functions may use fused multiply-adds: only where `fuses` (loops/fuses.ts) says that the engine fuses. */
  readonly fma?: boolean
  /** Whether this is for an x86 processor: other instructions are fast there. No result differs. */
  readonly x86?: boolean
  /** For the gpu: f8 as the sum of two f4. */
  readonly precision?: 'float-float' | undefined
  /** False: functions of f4 do without f8. */
  readonly wide?: boolean
  /** What arithmetic may do besides what it means. */
  readonly fastmath?: readonly Fastmath[]
}

/** The loops that are compiled, by the kind of code. */
export interface LoopOf {
  wasm: WasmLoop
  wgsl: WgslLoop
  ir: IrLoop
}
export type CompiledIsa = keyof LoopOf

/** What a target may consume. */
export interface Loops extends LoopOf {
  js: JsLoop
}
export type Consumed = keyof Loops

/** Makes loops. In Node it answers at once; in a browser only after `ready()`. */
export interface Compiler {
  /** Begins to load in the background where that is possible; never waits. */
  start(): void
  /** @throws NotReadyError where it cannot be waited for */
  compile<I extends CompiledIsa>(isa: I, request: CompileRequest): LoopOf[I]
  compileAsync<I extends CompiledIsa>(isa: I, request: CompileRequest): Promise<LoopOf[I]>
  /** The text of the module, of the shader's function, or the IR after each pass. */
  inspect(request: CompileRequest, what: 'wat' | 'ir' | 'wgsl'): string
  ready(): Promise<void>
}
