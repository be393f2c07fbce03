/** The public types of defining: options, and the call forms of `vectorize` and `jit`. */
import type { JitFunction, TargetName, Ufunc } from './callable-types.ts'
import type { ArrayReturnable, Kernel, KernelEnv, MadeArray, Returnable } from './kernel-types.ts'
import type { Scalar } from './result-types.ts'

export type {
  AsyncOptions,
  CallOptions,
  Compiled,
  Explanation,
  Index,
  Inputs,
  JitFunction,
  Nested,
  Operand,
  Output,
  ReduceOptions,
  Settled,
  TargetName,
  Ufunc,
} from './callable-types.ts'
export type {
  ArrayReturnable,
  Kernel,
  KernelArray,
  KernelEnv,
  MadeArray,
  PlainKernel,
  Returnable,
} from './kernel-types.ts'
export type { Answer, Result, Scalar } from './result-types.ts'

export interface Options<E = undefined> {
  readonly target?: TargetName
  /** Runs the calls when `target` is not available; without it that is an error. */
  readonly fallback?: TargetName
  readonly name?: string
  readonly doc?: string
  /** The value that changes nothing, or `'reorderable'` where there is none but the order is free. */
  readonly identity?: Scalar | 'reorderable' | null
  /** Captured values; the kernel is then a factory `({ k }) => x => …`. */
  readonly env?: E | (() => E)
  readonly fastmath?: boolean | readonly ('nnan' | 'ninf' | 'nsz' | 'arcp' | 'contract' | 'afn' | 'reassoc')[]
  /**
   * Default true. With false, indices of arrays are taken to be inside: one that is not reads or writes other memory of the library,
   * or ends in a `WebAssembly.RuntimeError`. The js target checks them all the same.
   */
  readonly boundscheck?: boolean
  /** Default true. */
  readonly simd?: boolean
  readonly writableArgs?: readonly (number | string)[]
  readonly cache?: boolean
  /** gpu: f8 as pairs of f4. */
  readonly precision?: 'float-float'
}

/** One signature or a list of them. */
export type SignatureText = string | readonly string[]

/** A kernel given as text: what tells it from a signature. */
export type KernelText = `${string}=>${string}` | `function${string}`

/** Options that name their target, so that the type of calls can tell a promise from a value. */
type For<E, T extends TargetName> = Options<E> & { readonly target?: T }

/** What a kernel, or the kernel a factory makes, returns. */
type ReturnedBy<K> = K extends (...args: never[]) => infer R
  ? R extends (...args: never[]) => infer Inner
    ? Widened<Inner>
    : Widened<R>
  : Scalar

type Widened<R> = R extends readonly unknown[]
  ? { -readonly [I in keyof R]: Widened<R[I]> }
  : R extends number
    ? number
    : R extends bigint
      ? bigint
      : R extends boolean
        ? boolean
        : R extends MadeArray
          ? MadeArray
          : R extends void
            ? undefined
            : Scalar

/** Without signatures a kernel of vectorize takes numbers; what one of jit takes, its calls tell. */
interface LazyParameters {
  readonly vectorize: number[]
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly jit: any[]
}
interface LazyReturns {
  readonly vectorize: Returnable
  // biome-ignore lint/suspicious/noConfusingVoidType: what a kernel returns that only writes
  readonly jit: ArrayReturnable | void
}
type LazyFunction<F extends keyof LazyParameters, R> = (...inputs: LazyParameters[F]) => R

type LazyKernel<F extends keyof LazyParameters, E, R> =
  | KernelText
  | ([E] extends [undefined] ? LazyFunction<F, R> : (env: KernelEnv<E>) => LazyFunction<F, R>)

/** What the two functions make. */
interface Makes<S, T extends TargetName, R> {
  readonly vectorize: Ufunc<S, T, R>
  readonly jit: JitFunction<S, T, R>
}
type Made<F extends keyof Makes<unknown, 'cpu', Scalar>, S, T extends TargetName, R> = Makes<S, T, R>[F]

/** The call forms that both have. */
interface Define<F extends 'vectorize' | 'jit'> {
  // No signatures: the kernel is text.
  <E = undefined, T extends TargetName = 'cpu'>(
    kernel: KernelText,
    options?: For<E, T>,
  ): Made<F, unknown, T, Scalar>
  // Signatures, then the kernel.
  <const S extends SignatureText, K extends Kernel<S>>(
    signatures: S,
    kernel: K,
  ): Made<F, S, 'cpu', ReturnedBy<K>>
  <const S extends SignatureText, E = undefined, T extends TargetName = 'cpu'>(
    signatures: S,
    kernel: Kernel<S, NoInfer<E>>,
    options: For<E, T>,
  ): Made<F, S, T, Scalar>
  <const S extends SignatureText, E = undefined, T extends TargetName = 'cpu'>(
    signatures: S,
    options: For<E, T>,
    kernel: Kernel<S, NoInfer<E>>,
  ): Made<F, S, T, Scalar>
  // Curried, as a decorator would be.
  <const S extends SignatureText, E = undefined, T extends TargetName = 'cpu'>(
    signatures: S,
    options?: For<E, T>,
  ): <K extends Kernel<S, NoInfer<E>>>(kernel: K) => Made<F, S, T, ReturnedBy<K>>
  // No signatures.
  <R extends LazyReturns[F]>(kernel: LazyFunction<F, R>): Made<F, unknown, 'cpu', Widened<R>>
  <R extends LazyReturns[F], E = undefined, T extends TargetName = 'cpu'>(
    kernel: LazyKernel<F, NoInfer<E>, R>,
    options: For<E, T>,
  ): Made<F, unknown, T, Widened<R>>
  <R extends LazyReturns[F], E = undefined, T extends TargetName = 'cpu'>(
    options: For<E, T>,
    kernel: LazyKernel<F, NoInfer<E>, R>,
  ): Made<F, unknown, T, Widened<R>>
  <E = undefined, T extends TargetName = 'cpu'>(
    options: For<E, T>,
  ): <R extends LazyReturns[F]>(kernel: LazyKernel<F, NoInfer<E>, R>) => Made<F, unknown, T, Widened<R>>
}

export interface Vectorize extends Define<'vectorize'> {}
export interface Jit extends Define<'jit'> {}
