/** The public types of `guvectorize`. */
import type {
  CallOptions,
  Compiled,
  Operand,
  Output,
  ReduceOptions,
  Settled,
  TargetName,
} from '../vectorize/callable-types.ts'
import type {
  Kernel,
  KernelArray,
  KernelEnv,
  KernelText,
  Options,
  Result,
  SignatureText,
} from '../vectorize/types.ts'

export interface GuOptions<E = undefined> extends Options<E> {
  /** Sizes of dimensions that only outputs have: numbers, or functions of the sizes known by then. */
  readonly sizes?: Readonly<Record<string, number | ((sizes: Readonly<Record<string, number>>) => number)>>
  /** Parameters that the kernel finds as they are and may change: outputs that are not zeroed, inputs that are written. */
  readonly writableArgs?: readonly (number | string)[]
}

export interface GuCallOptions extends CallOptions {
  /** For each operand the axes that are its core, in the layout's order. */
  readonly axes?: readonly (number | readonly number[])[]
  /** Of layouts with a single core dimension: its axis in every operand. */
  readonly axis?: number
  /** Outputs keep the core axes of the inputs, with size 1. */
  readonly keepdims?: boolean
}

export interface GuReduceOptions extends Omit<ReduceOptions, 'where' | 'initial'> {
  /** What comes before the first element. */
  readonly initial?: Operand | null
}

/** What a layout's calls give: nothing, one array, or a list of several. */
type Results<L extends string> = string extends L
  ? Result
  : L extends `${string}->${infer Outputs}`
    ? Outputs extends `${string}),${string}(${string}`
      ? Result[]
      : Result
    : undefined

type Argument = Operand | Output | null | GuCallOptions

/** A function from arrays to arrays that broadcasts over what its layout leaves of their dimensions. */
export interface Gufunc<L extends string = string, T extends TargetName = 'cpu'> extends Compiled {
  (...args: Argument[]): Settled<T, Results<L>>
  async(...args: unknown[]): Promise<Results<L>>
  on<U extends TargetName>(target: U): Gufunc<L, U>
  /**
   * Of a layout such as `(n,n),(n,n)->(n,n)`, two inputs and a result of as many core dimensions each: joins the elements of loop axes
   * (0 unless told; counted without the core), from the left. An `initial` array stretches to the result. NumPy has no such thing.
   * @throws NoLoopError for other layouts, for no elements without `initial` or identity, for several axes without an identity;
   *   CoreDimensionError where a result has another shape than the elements; AxisError, OutputError
   */
  reduce(x: Operand, options?: GuReduceOptions): Settled<T, Result>
  readonly name: string
  readonly doc: string
  readonly nin: number
  readonly nout: number
  readonly nargs: number
  readonly ntypes: number
  /** The loops, in the grammar of signatures. */
  readonly types: readonly string[]
  readonly identity: unknown
  /** The layout. */
  readonly signature: string
}

/** Parameters by number: without signatures only the layout knows which are arrays. */
// biome-ignore lint/suspicious/noExplicitAny: a parameter is a number or an array, as the layout says
type Parameters = any[]
type LazyKernel<E> =
  | KernelText
  | ([E] extends [undefined]
      ? (...operands: Parameters) => unknown
      : (env: KernelEnv<E>) => (...operands: Parameters) => unknown)

type For<E, T extends TargetName> = GuOptions<E> & { readonly target?: T }

export interface Guvectorize {
  // Signatures, layout, kernel.
  <const S extends SignatureText, const L extends string, E = undefined, T extends TargetName = 'cpu'>(
    signatures: S,
    layout: L,
    kernel: Kernel<S, NoInfer<E>>,
    options?: For<E, T>,
  ): Gufunc<L, T>
  <const S extends SignatureText, const L extends string, E = undefined, T extends TargetName = 'cpu'>(
    signatures: S,
    layout: L,
    options?: For<E, T>,
  ): (kernel: Kernel<S, NoInfer<E>>) => Gufunc<L, T>
  <const S extends SignatureText, const L extends string, E = undefined, T extends TargetName = 'cpu'>(
    signatures: S,
    layout: L,
    options: For<E, T>,
    kernel: Kernel<S, NoInfer<E>>,
  ): Gufunc<L, T>
  // Without signatures.
  <const L extends string, E = undefined, T extends TargetName = 'cpu'>(
    layout: L,
    kernel: LazyKernel<NoInfer<E>>,
    options?: For<E, T>,
  ): Gufunc<L, T>
  <const L extends string, E = undefined, T extends TargetName = 'cpu'>(
    layout: L,
    options: For<E, T>,
    kernel: LazyKernel<NoInfer<E>>,
  ): Gufunc<L, T>
  <const L extends string, E = undefined, T extends TargetName = 'cpu'>(
    layout: L,
    options?: For<E, T>,
  ): (kernel: LazyKernel<NoInfer<E>>) => Gufunc<L, T>
}

export type { KernelArray }
