/**
 * The grammar of type strings once more, for the compiler of the user's TypeScript: `Signatures<'f8(f8,f8)'>` knows arity,
 * ranks and results. It accepts what `parseSignature` accepts; what it cannot read (a `string` that is not a literal, a
 * mistake that the run time will explain) becomes `Signature`, which stands for any.
 */
import type { Code } from '../dtype.ts'
import type { CodeByChar, CodeByName } from '../dtype-types.ts'

export interface ArgType {
  readonly code: Code
  /** 0 for a scalar, else the number of dimensions between the brackets. */
  readonly rank: number
}

export interface Signature {
  readonly inputs: readonly ArgType[]
  /** Null where the results are inferred from the kernel. */
  readonly outputs: readonly ArgType[] | null
}

/** Of a ufunc without signatures: the kernel alone decides. */
interface Inferring extends Signature {
  readonly outputs: null
}

/** One signature or several, each parsed, in order. */
export type Signatures<S> = S extends string
  ? readonly [Parse<S>]
  : S extends readonly string[]
    ? { readonly [K in keyof S]: Parse<S[K]> }
    : readonly Inferring[]

export type Parse<S> = S extends string
  ? string extends S
    ? Signature
    : OrAny<Whole<WithoutSpace<S>>>
  : Signature

/** `never` marks text that the grammar does not cover, anywhere within. */
type OrAny<P> = [P] extends [never]
  ? Signature
  : P extends { inputs: infer I; outputs: infer O }
    ? [I] extends [never]
      ? Signature
      : [O] extends [never]
        ? Signature
        : { readonly inputs: I; readonly outputs: O }
    : Signature

type WithoutSpace<S extends string> = S extends `${infer A} ${infer B}`
  ? WithoutSpace<`${A}${B}`>
  : S extends `${infer A}\n${infer B}`
    ? WithoutSpace<`${A}${B}`>
    : S extends `${infer A}\t${infer B}`
      ? WithoutSpace<`${A}${B}`>
      : S extends `${infer A}\r${infer B}`
        ? WithoutSpace<`${A}${B}`>
        : S

type Whole<S extends string> = S extends `${infer Inputs}->${infer Outputs}`
  ? { inputs: Chars<Inputs>; outputs: Chars<Outputs> }
  : S extends `(${infer Inputs})`
    ? { inputs: List<Inputs>; outputs: null }
    : S extends `UniTuple(${infer Uniform})(${infer Inputs})`
      ? { inputs: List<Inputs>; outputs: UniTuple<Uniform> }
      : S extends `Tuple(${infer Outputs})(${infer Inputs})`
        ? { inputs: List<Inputs>; outputs: List<Outputs> }
        : S extends `${'void' | 'none'}(${infer Inputs})`
          ? { inputs: List<Inputs>; outputs: readonly [] }
          : S extends `${infer Output}(${infer Inputs})`
            ? { inputs: List<Inputs>; outputs: List<Output> }
            : never

/** `f8,2` and `f8[:,:],2`. */
type UniTuple<S extends string> = S extends `${infer Name}[${infer Dims}],${infer Count extends number}`
  ? Repeat<One<`${Name}[${Dims}]`>, Count>
  : S extends `${infer Of},${infer Count extends number}`
    ? Repeat<One<Of>, Count>
    : never

/** `dd`: one character a type. */
type Chars<
  S extends string,
  Done extends readonly ArgType[] = readonly [],
> = S extends `${infer C}${infer Rest}`
  ? C extends keyof CodeByChar
    ? Chars<Rest, readonly [...Done, { code: CodeByChar[C]; rank: 0 }]>
    : never
  : Done

/** `f8,f8[:,:],i4`: the commas within brackets belong to a type. */
type List<
  S extends string,
  Done extends readonly ArgType[] = readonly [],
> = S extends `${infer Head},${infer Rest}`
  ? Head extends `${string}[${infer Open}`
    ? Open extends `${string}]`
      ? Join<Done, One<Head>, Rest>
      : S extends `${infer Name}[${infer Dims}],${infer Next}`
        ? Join<Done, One<`${Name}[${Dims}]`>, Next>
        : Last<Done, One<S>>
    : Join<Done, One<Head>, Rest>
  : Last<Done, One<S>>

type Join<Done extends readonly ArgType[], Arg, Rest extends string> = [Arg] extends [never]
  ? never
  : Arg extends ArgType
    ? List<Rest, readonly [...Done, Arg]>
    : never

type Last<Done extends readonly ArgType[], Arg> = [Arg] extends [never] ? never : readonly [...Done, Arg]

type One<S extends string> = S extends `${infer Name}[${infer Dims}]`
  ? Name extends keyof CodeByName
    ? { code: CodeByName[Name]; rank: Rank<Dims> }
    : never
  : S extends keyof CodeByName
    ? { code: CodeByName[S]; rank: 0 }
    : never

type Rank<
  Dims extends string,
  Seen extends readonly unknown[] = [unknown],
> = Dims extends `${string},${infer Rest}` ? Rank<Rest, [...Seen, unknown]> : Seen['length']

type Repeat<Arg, Count extends number, Done extends readonly unknown[] = readonly []> = [Arg] extends [never]
  ? never
  : number extends Count
    ? never
    : Done['length'] extends Count
      ? Done
      : Done['length'] extends 64
        ? never
        : Repeat<Arg, Count, readonly [...Done, Arg]>

/** Does a signature have arrays among its arguments or results? */
export type HasArrays<S> = Signatures<S>[number] extends infer Sig
  ? Sig extends { inputs: readonly ArgType[]; outputs: infer O }
    ? true extends IsArray<Sig['inputs'][number]> | IsArray<O extends readonly unknown[] ? O[number] : never>
      ? true
      : false
    : false
  : false

type IsArray<T> = T extends { readonly rank: infer R }
  ? number extends R
    ? false
    : R extends 0
      ? false
      : true
  : false
