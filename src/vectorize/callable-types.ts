/** What `vectorize` and `jit` give back. */
import type { NdArray } from 'ndarray'
import type { View } from '../broadcast/view.ts'
import type { Casting, Code, DType, TypedArray } from '../dtype.ts'
import type { TargetArrays } from '../targets/extras.ts'
import type { Answer, Result, Scalar, WholeAnswer, WholeInferred } from './result-types.ts'
import type { ArgType, HasArrays, Signature, Signatures } from './signature-types.ts'

export type Nested = Scalar | readonly Nested[]

/** An array that lives on an asynchronous target. */
type DeviceArray = TargetArrays[keyof TargetArrays]

/** What an array function takes: a view, a typed array (1-d), a number, bigint or boolean, nested arrays; on the gpu what lives there. */
export type Operand = View | NdArray | TypedArray | Scalar | readonly Nested[] | DeviceArray

/** What it may be told to write into. */
export type Output = View | NdArray | DeviceArray

/** The targets that come with lanewise, and those that others register. */
export type TargetName = 'cpu' | 'parallel' | 'gpu' | 'js' | (string & {})

export interface CallOptions<Out = Output | readonly (Output | null)[]> {
  /** Where results go; null leaves a result to be allocated. */
  readonly out?: Out
  /** Compute only where this is true. */
  readonly where?: Operand
  readonly casting?: Casting
  /** The memory order of new results. */
  readonly order?: 'K' | 'C' | 'F' | 'A'
  /** The dtype of the results, which chooses the loop. */
  readonly dtype?: DType
  /** The loop, by its signature. */
  readonly signature?: string | readonly (DType | null)[]
}

/** What `accumulate` and `reduceat` take. */
export interface AccumulateOptions<Out = Output | readonly (Output | null)[]> {
  /** The axis to go along, 0 when left out. */
  readonly axis?: number
  /** The dtype to compute in; that of the array when left out, 64 bits for sums and products of narrower integers. */
  readonly dtype?: DType
  /** Where results go, and their dtype. */
  readonly out?: Out
}

/** What `reduce` takes. */
export interface ReduceOptions<Out = Output | readonly (Output | null)[]>
  extends Omit<AccumulateOptions<Out>, 'axis'> {
  /** One axis (0 when left out), several, or null for all. */
  readonly axis?: number | readonly number[] | null
  /** Reduced axes stay, with size 1. */
  readonly keepdims?: boolean
  /** What comes before the first element instead of the identity; null for nothing. A list has one for each result. */
  readonly initial?: Scalar | readonly Scalar[] | null
  /** Reduce only where this is true. */
  readonly where?: Operand
}

/** What `at` takes as an index: an integer, a slice, an array of integers, a mask (booleans or uint8). */
export type Index =
  | number
  | { readonly start?: number; readonly stop?: number; readonly step?: number }
  | readonly (number | bigint | boolean)[]
  | TypedArray
  | View
  | NdArray

/** What an asynchronous call takes besides. Its operands must not be changed until it settles. */
export interface AsyncOptions {
  /**
   * Calls it off: the promise is rejected with the signal's reason, and outputs hold anything. On `parallel` a kernel that never ends
   * is ended too; where a call works on the calling thread, an element that has begun is finished first.
   */
  readonly signal?: AbortSignal
  /** Called now and then, and at the end: so many of all elements are done (of a kernel of arrays: calls of it). */
  readonly onProgress?: (done: number, total: number) => void
}

export interface Explanation {
  readonly signature: string
  readonly target: string
  readonly vectorized: boolean
  readonly lanes: number
  readonly interleave: number
  readonly fma: boolean
  /** Why it is not on lanes, what was checked, what fastmath changed. */
  readonly notes: readonly { readonly reason: string; readonly line: number; readonly column: number }[]
  /** The last call: what really ran. */
  readonly last?: {
    readonly target: string
    readonly threads: number
    readonly calls: number
    readonly bytesCopied: number
    readonly why?: string
    /** With `debug` from 1 on. */
    readonly milliseconds?: number
  }
}

/** What every compiled function can do. */
export interface Compiled {
  /** The same function on another target. */
  on(target: TargetName): Compiled
  async(...args: unknown[]): Promise<unknown>
  /** Compiled and loaded; a synchronous call then never waits. */
  ready(): Promise<this>
  /** Reads `env` anew, or takes these values instead. */
  recompile(env?: object): this
  inspect(what: 'types' | 'ir' | 'wat' | 'wgsl', signature?: string): string
  explain(signature?: string): Explanation
}

/** Calls on an asynchronous target return promises; on a target whose name is not known yet, perhaps. */
export type Settled<T extends TargetName, R> = string extends T
  ? R | Promise<R>
  : T extends keyof TargetArrays
    ? Promise<R>
    : R

type HasDevice<I> = I extends readonly [infer Head, ...infer Rest]
  ? [Head] extends [DeviceArray]
    ? true
    : HasDevice<Rest>
  : false

/** Results beside what lives on the gpu live there. */
type Home<X> = [X] extends [DeviceArray] ? DeviceArray : Result
type OnDevice<I, A> =
  true extends HasDevice<I>
    ? A extends readonly unknown[]
      ? { -readonly [K in keyof A]: DeviceArray }
      : DeviceArray
    : A

type Names = [x1: Operand, x2: Operand, x3: Operand, x4: Operand, x5: Operand, x6: Operand]

type Every<Item, Count extends number, Done extends Item[] = []> = Done['length'] extends Count
  ? Done
  : Every<Item, Count, [...Done, Item]>

type Named<Count extends number, Rest extends Operand[] = Names> = Rest['length'] extends Count
  ? Rest
  : Rest extends [...infer Head extends Operand[], Operand]
    ? Named<Count, Head>
    : Every<Operand, Count>

type LengthOf<List> = List extends readonly unknown[] ? List['length'] : number

export type Nin<S> = LengthOf<Signatures<S>[number]['inputs']>

/** As many results as the signatures say, or the kernel, when it returns a tuple. */
export type Nout<S, R> = NoutOf<Signatures<S>[number]['outputs'], R>
type NoutOf<Outputs, R> = Outputs extends readonly ArgType[]
  ? Outputs['length']
  : [R] extends [readonly unknown[]]
    ? R['length']
    : number

/** The input operands of a call. */
export type Inputs<S> = number extends Nin<S> ? Operand[] : Named<Nin<S>>

type Outputs<S, R> = number extends Nout<S, R> ? (Output | null)[] : Every<Output | null, Nout<S, R>>

/** One for a function with one result, else a list of so many. */
type Each<Count, X> = number extends Count
  ? X
  : Count extends 1
    ? X
    : Count extends number
      ? Every<X, Count>
      : X

/** The outputs of a call that gave every one of them, or null for those it left open. */
type Written<O, A> = O extends readonly unknown[]
  ? {
      -readonly [K in keyof O]: O[K] extends null
        ? A extends readonly unknown[]
          ? A[K & keyof A]
          : Result
        : O[K]
    }
  : O

type Of<S, I, R> = Signatures<S> extends infer Sigs extends readonly Signature[] ? Answer<Sigs, I, R> : never

/** A function from arrays to arrays, with broadcasting. `S`: signatures; `T`: target; `R`: what the kernel returns. */
export interface Ufunc<S = unknown, T extends TargetName = 'cpu', R = Scalar> extends Compiled {
  <I extends Inputs<S>>(...inputs: I): Settled<T, OnDevice<I, Of<S, I, R>>>
  <I extends Inputs<S>>(
    ...args: [...inputs: I, options: CallOptions<null>]
  ): Settled<T, OnDevice<I, Of<S, I, R>>>
  <I extends Inputs<S>, const O extends Output | readonly (Output | null)[]>(
    ...args: [...inputs: I, options: CallOptions<O> & { readonly out: O }]
  ): Settled<T, Written<O, Of<S, I, R>>>
  <O extends Output>(...args: [...inputs: Inputs<S>, out: O, options?: CallOptions<null>]): Settled<T, O>
  <O extends Outputs<S, R>>(...args: [...inputs: Inputs<S>, ...outs: O]): Settled<T, Written<O, unknown>>
  <I extends Inputs<S>>(...args: [...inputs: I, options: CallOptions]): Settled<T, OnDevice<I, Of<S, I, R>>>
  async<I extends Inputs<S>>(...inputs: I): Promise<OnDevice<I, Of<S, I, R>>>
  async<I extends Inputs<S>>(
    ...args: [...inputs: I, options: CallOptions<null> & AsyncOptions]
  ): Promise<OnDevice<I, Of<S, I, R>>>
  async(...args: unknown[]): Promise<unknown>
  /**
   * Every element of `a` with every element of `b`: a result of shape `a.shape + b.shape`. Matches `numpy.ufunc.outer`.
   * @throws NoLoopError for a function that does not take two inputs; what a call throws
   */
  outer<A extends Operand, B extends Operand>(
    a: A,
    b: B,
    options?: CallOptions,
  ): Settled<T, OnDevice<[A, B], Of<S, [A, B], R>>>
  /**
   * `x[i] = f(x[i], b)` for one index after another, in place: an index that comes twice counts twice. A list of numbers is one
   * array of indices; a list of anything else has an entry an axis. Casts are unsafe. Matches `numpy.ufunc.at`.
   * @throws BoundsError for an index outside; AxisError, BroadcastError, OptionError for indices that do not fit; OutputError for
   *   `x` that is no array; NoLoopError unless it takes one or two inputs and gives one result. Then nothing is changed.
   */
  at(x: Output | TypedArray, indices: Index | readonly Index[], b?: Operand): Settled<T, void>
  /**
   * The dtypes of the loop that operands of these dtypes would run, inputs then outputs; null is an output to be allocated.
   * Matches `numpy.ufunc.resolve_dtypes`.
   * @throws NoLoopError, CastingError as the call would
   */
  resolveDtypes(
    dtypes: readonly (DType | 'number' | 'bigint' | 'boolean' | null)[],
    options?: { readonly casting?: Casting; readonly signature?: string | readonly (DType | null)[] },
  ): Code[]
  on<U extends TargetName>(target: U): Ufunc<S, U, R>
  /**
   * Reduces an array along axes: `add.reduce(x)` is its sum over axis 0. Functions `(x, y) => z`, and those of several results
   * that take as many accumulators and then as many elements: `(lo, hi, x, y) => [Math.min(lo, x), Math.max(hi, y)]`, to which
   * each element comes as x and as y.
   * With an `identity` the function counts as associative and reduces on lanes, in a tree that depends on the indices alone, so
   * that every memory layout gives the same bits; others fold from the left, along one axis. Matches `numpy.ufunc.reduce`.
   * @returns an array, or a number, bigint or boolean when no axis is left; a list of those for several results
   * @throws AxisError, OutputError; NoLoopError without a loop whose results have the dtypes of its first inputs, for an empty array without an
   *   identity, for several axes of a function without one; BroadcastError and CastingError for `where`
   */
  reduce<const O extends Output>(x: Operand, options: ReduceOptions<O> & { readonly out: O }): Settled<T, O>
  reduce<X extends Operand>(
    x: X,
    options: ReduceOptions & { readonly keepdims: true },
  ): Settled<T, Each<Nout<S, R>, Home<X>>>
  reduce<X extends Operand>(x: X, options?: ReduceOptions): Settled<T, Each<Nout<S, R>, Home<X> | Scalar>>
  /**
   * Every step of a fold from the left along an axis: `add.accumulate(x)` is its running sum. `out` may be the array itself.
   * Matches `numpy.ufunc.accumulate`.
   * @throws AxisError (also for a 0-d array, and for several axes), OutputError, NoLoopError
   */
  accumulate<const O extends Output>(
    x: Operand,
    options: AccumulateOptions<O> & { readonly out: O },
  ): Settled<T, O>
  accumulate<X extends Operand>(x: X, options?: AccumulateOptions): Settled<T, Each<Nout<S, R>, Home<X>>>
  /**
   * Reduces the slices of an axis that begin at `indices`, each up to the next index; one element where that is not larger.
   * Matches `numpy.ufunc.reduceat`.
   * @throws BoundsError for an index outside the axis, AxisError, OutputError, NoLoopError
   */
  reduceat<const O extends Output>(
    x: Operand,
    indices: Operand,
    options: AccumulateOptions<O> & { readonly out: O },
  ): Settled<T, O>
  reduceat<X extends Operand>(
    x: X,
    indices: Operand,
    options?: AccumulateOptions,
  ): Settled<T, Each<Nout<S, R>, Home<X>>>
  readonly name: string
  readonly doc: string
  readonly nin: Nin<S>
  readonly nout: Nout<S, R>
  readonly nargs: number
  readonly ntypes: number
  /** The loops, in the grammar of signatures. */
  readonly types: readonly string[]
  readonly identity: unknown
  /** Null: a ufunc has no core dimensions. */
  readonly signature: string | null
}

/** Functions are arguments of functions without signatures. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the kernel calls it with
type AnyFunction = (...inputs: any[]) => unknown

type JitInputs<S> = [unknown] extends [S] ? (Operand | AnyFunction)[] : Inputs<S>

type JitAnswer<S, I, R> =
  HasArrays<S> extends true
    ? Signatures<S> extends infer Sigs extends readonly Signature[]
      ? WholeAnswer<Sigs, I>
      : never
    : [R] extends [Scalar | readonly Scalar[]]
      ? Of<S, I, R>
      : WholeInferred<R>

/**
 * A function for other kernels and for JavaScript. One of numbers works elementwise; one of arrays takes them whole, and gives numbers
 * and the arrays that it makes.
 */
export interface JitFunction<S = unknown, T extends TargetName = 'cpu', R = Scalar> extends Compiled {
  <I extends JitInputs<S>>(...args: I): Settled<T, JitAnswer<S, I, R>>
  async<I extends JitInputs<S>>(...inputs: I): Promise<JitAnswer<S, I, R>>
  async(...args: unknown[]): Promise<unknown>
  on<U extends TargetName>(target: U): JitFunction<S, U, R>
}
