/** `vectorize`: a scalar kernel becomes a broadcasting array function. Here its call forms are read and its parts put together. */
import { codeOfArray, type TypedArray } from '../dtype.ts'
import { OptionError, SignatureError } from '../errors.ts'
import { compiler } from '../loops/compiler.ts'
import type { Value } from '../loops/kernel/ir.ts'
import { type DefineOptions, define, recapture } from '../loops/kernel/parse.ts'
import { chooseTarget } from '../targets/index.ts'
import { checkNotFreed } from '../targets/memory/resident.ts'
import { checkedTables } from './checked-tables.ts'
import { compiledSource, sampleOverload } from './compiled.ts'
import { fastmathOf, isOptions, type Options, readOptions } from './options.ts'
import type { Vectorize } from './types.ts'
import { type AnyUfunc, kernelBrand, makeUfunc, type UfuncParts } from './ufunc.ts'

// biome-ignore lint/complexity/noBannedTypes: a kernel is any function; its source says what it takes.
export type KernelFunction = Function

/**
 * The compiler is loaded in this thread: in a browser a synchronous call needs it first. Elsewhere calls wait by themselves, and
 * this only starts the compile thread early.
 */
export const ready = (): Promise<void> => compiler.ready()

/** What a function was defined by. */
export interface DefinedBy<O> {
  readonly signatures: readonly string[] | null
  /** Of guvectorize. */
  readonly layout: string | null
  readonly kernel: KernelFunction | string | null
  readonly options: O
}

/** A string that holds `=>` or starts with `function` is a kernel, any other a signature. */
export const isKernelText = (text: string): boolean =>
  text.includes('=>') || /^\s*(async\s+)?function\b/.test(text)

type ReadOptions<O> = (given: Record<string, unknown>, where: string) => O

/** Checks a layout as soon as it is given; null where there is none. */
type CheckLayout = ((text: string) => unknown) | null

/** The call forms, under the name that errors tell. With a layout, it follows the signatures. */
export const defining =
  <O extends Options>(
    where: string,
    layout: CheckLayout,
    readOwn: ReadOptions<O>,
    build: (kernel: KernelFunction | string, given: DefinedBy<O>) => AnyUfunc,
  ) =>
  (...args: readonly unknown[]): unknown => {
    const given = read(args, where, layout, readOwn)
    if (layout && given.layout === null) throw wrongArgument(where, args[0], "a layout such as '(n),(n)->()'")
    if (given.kernel !== null) return build(given.kernel, given)
    return (kernel: unknown, options?: unknown): AnyUfunc => {
      const rest = read(options === undefined ? [kernel] : [kernel, options], `${where}(…)`, null, readOwn)
      if (rest.kernel === null || rest.signatures !== null)
        throw wrongArgument(`${where}(…)`, kernel, 'the kernel, a function or its source')
      return build(rest.kernel, { ...given, options: { ...given.options, ...rest.options } })
    }
  }

/**
 * Makes an array function of a scalar kernel: `vectorize(signatures, kernel, options?)`, `vectorize(signatures, options?)(kernel)`,
 * `vectorize(kernel, options?)` (compiled for the dtypes it meets) and `vectorize(options)(kernel)`. Options may also stand before
 * the kernel. Matches `numba.vectorize`.
 * @throws SignatureError, KernelSyntaxError and KernelTypeError when it is defined, OptionError, TargetError
 */
export const vectorize = defining('vectorize', null, readOptions, buildUfunc) as Vectorize

const isText = (arg: unknown): arg is string => typeof arg === 'string' && !isKernelText(arg)

const wrongArgument = (where: string, value: unknown, want: string): Error =>
  new OptionError(`${where} expects ${want}, but got ${describe(value)}`, {
    option: 'arguments',
    known: ['signatures', 'kernel', 'options'],
  })

const describe = (value: unknown): string =>
  typeof value === 'string'
    ? JSON.stringify(value)
    : Array.isArray(value)
      ? 'a list'
      : value === null
        ? 'null'
        : typeof value

/** Each of signatures, layout, kernel and options at most once, signatures first. */
function read<O extends Options>(
  args: readonly unknown[],
  where: string,
  checkLayout: CheckLayout,
  readOwn: ReadOptions<O>,
): DefinedBy<O> {
  // One text alone is the layout; of two, the second.
  const isLayout = (i: number) =>
    checkLayout !== null && isText(args[i]) && !isText(args[i + 1]) && !Array.isArray(args[i + 1])
  let layout: string | null = null
  let signatures: readonly string[] | null = null
  let kernel: DefinedBy<O>['kernel'] = null
  let options: O | null = null
  for (const [i, arg] of args.entries()) {
    if (arg === undefined) continue
    if (typeof arg === 'function' || (typeof arg === 'string' && isKernelText(arg))) {
      if (kernel !== null) throw wrongArgument(where, arg, 'one kernel')
      kernel = arg
    } else if (typeof arg === 'string' && isLayout(i) && layout === null && i < 2) {
      checkLayout?.(arg)
      layout = arg
    } else if (typeof arg === 'string' || Array.isArray(arg)) {
      if (i > 0) throw wrongArgument(where, arg, 'the signatures first')
      signatures = typeof arg === 'string' ? [arg] : listOf(arg)
    } else if (isOptions(arg)) {
      if (options !== null) throw wrongArgument(where, arg, 'options once')
      options = readOwn(arg, where)
    } else throw wrongArgument(where, arg, 'signatures, a kernel or options')
  }
  return { signatures, layout, kernel, options: options ?? readOwn({}, where) }
}

/** An empty list is none: lazy. */
function listOf(list: readonly unknown[]): readonly string[] | null {
  const texts = list.map((text) => {
    if (typeof text === 'string') return text
    throw new SignatureError(`a signature is a string such as 'f8(f8,f8)', but got ${describe(text)}`, {
      text: String(text),
      position: 0,
    })
  })
  return texts.length === 0 ? null : texts
}

/** The function of a scalar kernel. */
export function buildUfunc(
  kernel: KernelFunction | string,
  given: Pick<DefinedBy<Options>, 'signatures' | 'options'>,
): AnyUfunc {
  return makeUfunc(ufuncParts(kernel, given))
}

/** Reads a definition, and begins to load the compiler. */
export function ufuncParts(
  kernel: KernelFunction | string,
  { signatures, options }: Pick<DefinedBy<Options>, 'signatures' | 'options'>,
): UfuncParts {
  const { env, name, target, fallback, simd = true, boundscheck } = options
  startCompiler(target, fallback)
  let definition = define(kernel, { env: env as DefineOptions['env'], name })
  const sourceNow = () => {
    refuseFreed(definition.captured)
    const own = callable(kernel, definition.captured)
    return compiledSource({
      definition,
      function: own,
      signatures,
      simd,
      boundscheck,
      fastmath: fastmathOf(options),
      precision: options.precision,
    })
  }
  const source = sourceNow()
  const first = source.overloads[0] ?? sampleOverload(definition)
  return {
    name: definition.name || 'ufunc',
    doc: options.doc ?? '',
    nin: first.inputs.length,
    nout: first.outputs.length,
    identity: options.identity ?? null,
    target,
    fallback,
    source,
    remake(values) {
      definition = recapture(definition, values)
      return sourceNow()
    },
    brand: (loops) => ({ definition, signatures: loops.lazy ? [] : loops.overloads }),
  }
}

/** Begins to load what compiles for a target, while the definition is read. @throws TargetError */
export function startCompiler(target: string | undefined, fallback: string | undefined): void {
  if (chooseTarget(target, fallback).target.consumes !== 'js') compiler.start()
}

/** @throws MemoryError for the data of a freed array */
export function refuseFreed(captured: object | undefined): void {
  for (const value of Object.values(captured ?? {}))
    if (codeOfArray(value) !== undefined) checkNotFreed(value as TypedArray)
}

/** The function to call for one element: what a factory makes of its captured values. */
export function callable(
  kernel: KernelFunction | string,
  captured: object | undefined,
): ((...values: Value[]) => unknown) | null {
  if (typeof kernel === 'string' || kernelBrand in kernel) return null
  return captured === undefined ? (...values) => kernel(...values) : kernel(checkedTables(captured))
}
