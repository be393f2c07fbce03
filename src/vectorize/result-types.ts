/** What a call returns, as TypeScript sees it: loop search, casting and scalars of the run time, on types. */
import type { ArrayByCode, Code, TypedArray } from '../dtype.ts'
import type { CodeOfData, SafelyTo } from '../dtype-types.ts'
import type { ArrayResult, Leaf } from '../targets/memory/array-types.ts'
import type { ArgType, Signature } from './signature-types.ts'

export type Scalar = number | bigint | boolean

/** A result array; without a dtype, one of all. */
export type Result<D extends ArrayByCode[Code] = ArrayByCode[Code]> = ArrayResult<D>

type ResultOf<C extends Code> = C extends Code ? Result<ArrayByCode[C]> : never

type ScalarOf<C extends Code> = C extends 'i8' | 'u8' ? bigint : C extends 'b1' ? boolean : number

/** Scalars in, scalar out; any array in, array out; `boolean` where the operand's type allows both. */
type AllScalars<I> = I extends readonly Scalar[] ? true : HasArray<I> extends true ? false : boolean

type HasArray<I> = I extends readonly [infer Head, ...infer Rest]
  ? [Extract<Head, Scalar>] extends [never]
    ? true
    : HasArray<Rest>
  : false

/** JavaScript numbers beside arrays are weak: they fit every loop. */
type Weak = 'weak'

type CodeOfScalar<X> = X extends number ? 'f8' : X extends bigint ? 'i8' : 'b1'

type CodeOfOperand<X, Strong extends boolean> = X extends Scalar
  ? Strong extends true
    ? CodeOfScalar<X>
    : Weak
  : X extends TypedArray
    ? CodeOfData<X>
    : X extends { readonly data: infer D }
      ? CodeOfView<D>
      : X extends readonly unknown[]
        ? Leaf<X> extends Scalar
          ? CodeOfScalar<Leaf<X>>
          : Code
        : Code

/** A view of bytes may be one of truth values: its `dtype` says so at run time. */
type CodeOfView<D> = 'u1' extends CodeOfData<D> ? CodeOfData<D> | 'b1' : CodeOfData<D>

type CodesOf<I, Strong extends boolean> = { [K in keyof I]: CodeOfOperand<I[K], Strong> }

/** Is every operand's dtype narrowed down, so that the search need not be asked for all eleven? */
type Known<Codes> = Codes extends readonly [infer Head, ...infer Rest]
  ? [Code] extends [Head]
    ? false
    : Known<Rest>
  : Codes extends readonly []
    ? true
    : false

/** Operands of `'u1' | 'b1'` and `'f8'` are `['u1', 'f8'] | ['b1', 'f8']`. */
type Combinations<Codes, Done extends readonly unknown[] = readonly []> = Codes extends readonly [
  infer Head,
  ...infer Rest,
]
  ? Head extends unknown
    ? Combinations<Rest, readonly [...Done, Head]>
    : never
  : Done

type Match = 'exact' | 'safe' | 'possible'

type MatchesOne<C, To extends Code, How extends Match> = [C] extends [Weak]
  ? true
  : How extends 'exact'
    ? [C] extends [To]
      ? true
      : false
    : How extends 'safe'
      ? [C] extends [SafelyTo[To]]
        ? true
        : false
      : [Extract<C, SafelyTo[To] | Weak>] extends [never]
        ? false
        : true

type Matches<Codes, Inputs, How extends Match> = Inputs extends readonly [
  infer Head extends ArgType,
  ...infer Tail,
]
  ? Codes extends readonly [infer C, ...infer Rest]
    ? MatchesOne<C, Head['code'], How> extends true
      ? Matches<Rest, Tail, How>
      : false
    : true
  : true

/** The first signature that matches; never without one. */
type First<Sigs, Codes, How extends Match> = Sigs extends readonly [
  infer Head extends Signature,
  ...infer Rest,
]
  ? Matches<Codes, Head['inputs'], How> extends true
    ? Head
    : First<Rest, Codes, How>
  : never

/** Every signature that matches. */
type Every<Sigs, Codes, How extends Match> = Sigs extends readonly [
  infer Head extends Signature,
  ...infer Rest,
]
  ? (Matches<Codes, Head['inputs'], How> extends true ? Head : never) | Every<Rest, Codes, How>
  : never

type Or<A, B> = [A] extends [never] ? B : A

/** The loop for operands of these dtypes, a union where they leave it open: exact, else safe, else (masks, casting) any. */
type Search<Sigs extends readonly Signature[], Codes> = number extends Sigs['length']
  ? Sigs[number]
  : Known<Codes> extends true
    ? SearchEach<Sigs, Combinations<Codes>>
    : Or<Every<Sigs, Codes, 'possible'>, Sigs[number]>

// An operand that may be a number or an array is not weak when it is the only one that can be an array.
type SearchEach<Sigs extends readonly Signature[], Codes> = Codes extends readonly Weak[]
  ? never
  : Or<First<Sigs, Codes, 'exact'>, Or<First<Sigs, Codes, 'safe'>, Sigs[number]>>

/** One result of dtype `C`. */
type Item<C extends Code, IsScalar extends boolean> = IsScalar extends true ? ScalarOf<C> : ResultOf<C>

/** One result where the kernel alone knows the dtype; `R` is what it returns to TypeScript. */
type InferredItem<R, IsScalar extends boolean> = [R] extends [boolean]
  ? Item<'b1', IsScalar>
  : IsScalar extends true
    ? [R] extends [number]
      ? number
      : Scalar
    : Result

type Inferred<R, IsScalar extends boolean> = [R] extends [readonly unknown[]]
  ? { -readonly [K in keyof R]: InferredItem<R[K], IsScalar> }
  : InferredItem<R, IsScalar>

type Results<Outputs, R, IsScalar extends boolean> = Outputs extends null
  ? Inferred<R, IsScalar>
  : Outputs extends readonly [infer Only extends ArgType]
    ? Item<Only['code'], IsScalar>
    : Outputs extends readonly ArgType[]
      ? number extends Outputs['length']
        ? InferredItem<Scalar, IsScalar>
        : {
            -readonly [K in keyof Outputs]: Outputs[K] extends ArgType
              ? Item<Outputs[K]['code'], IsScalar>
              : never
          }
      : Inferred<R, IsScalar>

type ResultsOf<Sig, R, IsScalar extends boolean> = Sig extends Signature
  ? Results<Sig['outputs'], R, IsScalar>
  : never

/** What a function of whole arrays returns: numbers and arrays, as its signature says. */
type WholeItem<T> = T extends ArgType
  ? T['rank'] extends 0
    ? ScalarOf<T['code']>
    : ResultOf<T['code']>
  : never

type WholeResults<Sig> = Sig extends { readonly outputs: infer Outputs }
  ? Outputs extends readonly []
    ? undefined
    : Outputs extends readonly [infer Only]
      ? WholeItem<Only>
      : Outputs extends readonly ArgType[]
        ? { -readonly [K in keyof Outputs]: WholeItem<Outputs[K]> }
        : Scalar | Result
  : never

export type WholeAnswer<Sigs extends readonly Signature[], I> = WholeResults<Search<Sigs, CodesOf<I, false>>>

/** The same where there are no signatures; `R` is what the kernel returns. */
export type WholeInferred<R> = [R] extends [undefined]
  ? undefined
  : [R] extends [readonly Scalar[]]
    ? { -readonly [K in keyof R]: Scalar }
    : [R] extends [Scalar]
      ? Scalar
      : Scalar | Result | (Scalar | Result)[]

/** What a call with inputs of types `I` returns; `R` is what the kernel returns, where no signature says it. */
export type Answer<Sigs extends readonly Signature[], I, R> =
  AllScalars<I> extends infer IsScalar extends boolean
    ? IsScalar extends boolean
      ? ResultsOf<Search<Sigs, CodesOf<I, IsScalar>>, R, IsScalar>
      : never
    : never
