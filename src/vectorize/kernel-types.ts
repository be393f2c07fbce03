/** What a kernel is to TypeScript: a function of numbers, whatever the dtypes; with `env` a factory of one. */

import type { NdArray } from 'ndarray'
import type { TypedArray } from '../dtype.ts'
import type { Compiled, JitFunction, Nout, Ufunc } from './callable-types.ts'
import type { Scalar } from './result-types.ts'
import type { ArgType, HasArrays, Signature, Signatures } from './signature-types.ts'

/** An array parameter. Its elements are the one `any`: under `noUncheckedIndexedAccess` nothing else allows `a[i][j] * 2`. */
export interface KernelArray<Rank extends number = number> {
  // biome-ignore lint/suspicious/noExplicitAny: see above
  [index: number]: any
  readonly length: number
  readonly shape: Shape<Rank>
  // biome-ignore lint/suspicious/noExplicitAny: see above
  get(...index: Shape<Rank>): any
  set(...indexAndValue: [...index: Shape<Rank>, value: Scalar]): void
  // biome-ignore lint/suspicious/noExplicitAny: see above
  [Symbol.iterator](): IterableIterator<any>
}

/** As many numbers as there are dimensions. */
type Shape<Rank extends number, Done extends readonly number[] = readonly []> = number extends Rank
  ? readonly number[]
  : Done['length'] extends Rank
    ? Done
    : Shape<Rank, readonly [...Done, number]>

type Parameter<T> = T extends { readonly rank: infer R extends number }
  ? R extends 0
    ? number
    : KernelArray<R>
  : never

type Parameters<Inputs extends readonly ArgType[]> = number extends Inputs['length']
  ? number[]
  : { -readonly [K in keyof Inputs]: Parameter<Inputs[K]> }

type Returned<Outputs> = Outputs extends readonly []
  ? // biome-ignore lint/suspicious/noConfusingVoidType: it is a return type, chosen here
    void
  : Outputs extends readonly [infer Only]
    ? ReturnedItem<Only>
    : Outputs extends readonly ArgType[]
      ? number extends Outputs['length']
        ? Returnable
        : { readonly [K in keyof Outputs]: ReturnedItem<Outputs[K]> }
      : Returnable

type ReturnedItem<T> = T extends { readonly rank: 0 } ? Scalar : MadeArray

/** An array that a kernel made: `new Float64Array(n)`, or what a captured `zeros` gives. */
export type MadeArray = KernelArray | TypedArray | NdArray

/** What a kernel may return where no signature says it. */
export type Returnable = Scalar | readonly Scalar[]

/** What one of arrays may return. */
export type ArrayReturnable = Scalar | MadeArray | readonly (Scalar | MadeArray)[]

type KernelOf<S extends Signature> = S extends Signature
  ? (...inputs: Parameters<S['inputs']>) => Returned<S['outputs']>
  : never

/** Captured values as the kernel sees them: scalars are numbers, tables have no holes, compiled functions take numbers. */
export type KernelEnv<E> = { readonly [K in keyof E]: Captured<E[K]> }

type Captured<V> = V extends boolean
  ? boolean
  : V extends number | bigint
    ? number
    : V extends TypedArray
      ? KernelArray<1>
      : V extends Compiled
        ? (...inputs: KernelArgument[]) => InlinedBy<V>
        : V extends (shape: infer _, ...more: never[]) => Disposable
          ? (...inputs: MakerArgument[]) => KernelArray
          : V

/** What any array parameter has, whatever its dimensions. */
interface AnyKernelArray {
  // biome-ignore lint/suspicious/noExplicitAny: as in KernelArray
  [index: number]: any
  readonly length: number
  readonly shape: readonly number[]
}

/** What a kernel gives to functions that it calls: numbers, arrays and rows of them, functions. */
// biome-ignore lint/suspicious/noExplicitAny: a function of whatever its kernel calls it with
type KernelArgument = number | AnyKernelArray | ((...inputs: any[]) => unknown)

/** Sizes, a value, an array whose shape is taken, a dtype. */
type MakerArgument = number | readonly number[] | AnyKernelArray | string

// The first question spares TypeScript from comparing a jit function with a ufunc.
type InlinedBy<V> = V extends { readonly nin: number }
  ? Inlined<V extends Ufunc<infer S, infer _, infer R> ? Nout<S, R> : number>
  : V extends JitFunction<infer S, infer _, infer R>
    ? HasArrays<S> extends true
      ? InlinedItems<Signatures<S>[number]['outputs']>
      : Inlined<Nout<S, R>>
    : number

type InlinedItem<T> = T extends { readonly rank: 0 } ? number : KernelArray

type InlinedItems<Outputs> = Outputs extends readonly [infer Only]
  ? InlinedItem<Only>
  : Outputs extends readonly []
    ? undefined
    : { readonly [K in keyof Outputs]: InlinedItem<Outputs[K]> }

type Inlined<Count extends number, Done extends readonly number[] = readonly []> = number extends Count
  ? number
  : Count extends 1
    ? number
    : Done['length'] extends Count
      ? Done
      : Inlined<Count, readonly [...Done, number]>

/** The kernel itself, without `env`. Signatures of one ufunc share an arity; where they do not, the run time says so. */
export type PlainKernel<S> = S extends string | readonly string[]
  ? KernelOf<Signatures<S>[number]>
  : (...inputs: number[]) => Returnable

/** A kernel for these signatures (`unknown`: none) that captures `E`, or its source. */
export type Kernel<S, E = undefined> =
  | string
  | ([E] extends [undefined] ? PlainKernel<S> : (env: KernelEnv<E>) => PlainKernel<S>)
