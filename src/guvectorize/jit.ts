/**
 * `jit`: functions for other kernels, and for JavaScript. One whose arguments are all numbers is a ufunc. One of arrays takes them whole,
 * and is compiled for their dimensions; one without signatures finds out what its arguments are when it is called.
 */
import { KernelSyntaxError, SignatureError } from '../errors.ts'
import type { CoreLayout } from '../loops/kernel/infer-core.ts'
import { type DefineOptions, type Definition, define, recapture } from '../loops/kernel/parse.ts'
import { type ArgType, formatSignature, parseSignature } from '../loops/signature.ts'
import { compiledSource } from '../vectorize/compiled.ts'
import { fastmathOf, type Options, readOptions } from '../vectorize/options.ts'
import type { Jit } from '../vectorize/types.ts'
import { type AnyUfunc, kernelBrand, makeUfunc } from '../vectorize/ufunc.ts'
import {
  buildUfunc,
  callable as calledWith,
  type DefinedBy,
  defining,
  type KernelFunction,
  refuseFreed,
  startCompiler,
} from '../vectorize/vectorize.ts'
import { type Kind, makeDispatcher } from './dispatch.ts'
import { jitFinish } from './jit-finish.ts'
import { guess, parameters, type SyntaxProblem } from './kinds.ts'
import type { Operands } from './signatures.ts'
import { arraySource, type Grammar } from './source.ts'

type Kernel = KernelFunction | string

const array = (code: ArgType['code'], rank: number): ArgType => ({ code, rank, contiguous: null })

/** All axes of an argument are core dimensions, and none is another's. */
function coreLayout(ranks: readonly number[]): CoreLayout {
  let sizes = 0
  const dims = ranks.map((rank) => Array.from({ length: rank }, () => sizes++))
  return { nin: ranks.length, sizes, dims }
}

const layoutText = ({ dims }: CoreLayout): string =>
  dims.map((own) => `(${own.map((dim) => `d${dim}`).join(',')})`).join(',')

function readSignature(text: string): Operands {
  const { inputs, outputs } = parseSignature(text)
  return { text, inputs, outputs, returned: true }
}

/** The dimensions of the results, 0 for a number. */
const resultRanks = ({ program }: Definition): number[] => [
  ...program.outs.map(() => 0),
  ...program.results.map((view) => program.made.find((made) => made.view === view)?.sizes.length ?? 0),
]

function checkResults({ name }: Definition, ranks: readonly number[], listed: readonly Operands[]): void {
  for (const { text, outputs } of listed) {
    if (outputs === null || outputs.map(({ rank }) => rank).join() === ranks.join()) continue
    const says = (list: readonly number[]) =>
      list.length === 0
        ? 'nothing'
        : list.map((rank) => (rank === 0 ? 'a number' : `a ${rank}-d array`)).join(', ')
    throw new SignatureError(
      `the signature "${text}" says that ${name || 'the kernel'} returns ${says(outputs.map(({ rank }) => rank))}, but it returns ${says(ranks)}`,
      { text, position: 0 },
    )
  }
}

interface ArrayJit {
  readonly options: Options
  /** Signatures whose arguments have these ranks; null: compiled for the dtypes it meets. */
  readonly listed: readonly Operands[] | null
  readonly ranks: readonly number[]
  readonly functions: readonly (CallableFunction | null)[]
}

const definitionOf = (kernel: Kernel, { options, ranks, functions }: Omit<ArrayJit, 'listed'>): Definition =>
  define(kernel, {
    env: options.env as DefineOptions['env'],
    name: options.name,
    arrays: { nin: ranks.length, ranks, once: true, functions },
  })

/** The function for arguments of these dimensions. */
function arrayJit(kernel: Kernel, given: ArrayJit): AnyUfunc {
  const { options, ranks } = given
  const listed = given.listed ?? []
  let definition = definitionOf(kernel, given)
  const results = resultRanks(definition)
  checkResults(definition, results, listed)
  const core = coreLayout(ranks)
  const grammar: Grammar = {
    core,
    listed,
    read: readSignature,
    text: (inputs, outputs, known) =>
      formatSignature({
        inputs: known?.inputs ?? inputs.map((code, k) => array(code, ranks[k] ?? 0)),
        outputs: results.map((rank, k) => known?.outputs?.[k] ?? array(outputs[k] ?? 'f8', rank)),
      }),
  }
  const writable = new Set(
    definition.program.views.flatMap(({ operand, stored }) =>
      stored && operand < ranks.length ? [operand] : [],
    ),
  )
  const sourceNow = () => {
    refuseFreed(definition.captured)
    return compiledSource({
      definition,
      function: callable(kernel, definition),
      signatures: given.listed?.map(({ text }) => text) ?? null,
      simd: options.simd ?? true,
      boundscheck: options.boundscheck,
      fastmath: fastmathOf(options),
      precision: options.precision,
      arrays: arraySource(grammar),
    })
  }
  const source = sourceNow()
  startCompiler(options.target, options.fallback)
  return makeUfunc({
    name: definition.name || 'jit',
    doc: options.doc ?? '',
    nin: ranks.length,
    nout: results.length,
    identity: null,
    target: options.target,
    fallback: options.fallback,
    signature: layoutText(core),
    finish: jitFinish({ ranks, results, writable }),
    takesOuts: false,
    source,
    remake(values) {
      definition = recapture(definition, values)
      return sourceNow()
    },
    brand: (loops) => ({ definition, signatures: loops.lazy ? [] : loops.overloads }),
  })
}

/** What the js target calls: not what is given functions, or makes arrays, for which there is only the interpreter. */
const callable = (kernel: Kernel, { captured, program, arrays }: Definition) =>
  program.made.length > 0 || (arrays?.functions ?? []).some((fn) => fn !== null)
    ? null
    : calledWith(kernel, captured)

const ranksOf = ({ inputs }: Operands): number[] => inputs.map(({ rank }) => rank)

function build(kernel: Kernel, { signatures, options }: DefinedBy<Options>): AnyUfunc {
  if (signatures === null) return lazy(kernel, options)
  const listed = signatures.map(readSignature)
  const groups = new Map<string, Operands[]>()
  for (const operands of listed) {
    const key = ranksOf(operands).join()
    groups.set(key, [...(groups.get(key) ?? []), operands])
  }
  const ofNumbers = ({ inputs, outputs }: Operands) =>
    [...inputs, ...(outputs ?? [])].every(({ rank }) => rank === 0)
  if (listed.every(ofNumbers) && !makesArrays(kernel, options, ranksOf(listed[0] as Operands)))
    return buildUfunc(kernel, { signatures, options })
  const variants = [...groups.values()].map((group) => {
    const ranks = ranksOf(group[0] as Operands)
    return { ranks, f: arrayJit(kernel, { options, listed: group, ranks, functions: [] }) }
  })
  const [only] = variants
  if (only && variants.length === 1) return only.f
  const odd = variants.find(({ f }) => f.nin !== only?.f.nin)
  if (odd)
    throw new SignatureError(
      `all signatures of a function take the same number of inputs: "${odd.f.types[0]}" does not agree with "${only?.f.types[0]}"`,
      { text: odd.f.types[0] ?? '', position: 0 },
    )
  return makeDispatcher({
    name: only?.f.name ?? 'jit',
    doc: options.doc ?? '',
    nin: only?.f.nin ?? 0,
    required: only?.f.nin ?? 0,
    listed: variants,
    make: null,
    brand: (all) => joined(all),
  })
}

/** A kernel of numbers that needs arrays to compute with is called as one of arrays. */
function makesArrays(kernel: Kernel, options: Options, ranks: readonly number[]): boolean {
  if (typeof kernel !== 'string' && kernelBrand in kernel) return false
  return definitionOf(kernel, { options, ranks, functions: [] }).program.made.length > 0
}

interface Branded {
  readonly definition: unknown
  readonly signatures: readonly unknown[]
}

/** What other kernels see of several variants: the kernel is the same in all. */
function joined(variants: readonly AnyUfunc[]): Branded {
  const brands = variants.map((f) => Reflect.get(f, kernelBrand) as Branded)
  return { definition: brands[0]?.definition, signatures: brands.flatMap(({ signatures }) => signatures) }
}

/** Without signatures: a ufunc if the kernel makes sense on numbers, else compiled for what its arguments turn out to be. */
function lazy(kernel: Kernel, options: Options): AnyUfunc {
  try {
    return buildUfunc(kernel, { signatures: null, options })
  } catch (error) {
    if (!(error instanceof KernelSyntaxError)) throw error
    return specialised(kernel, options, error)
  }
}

function specialised(kernel: Kernel, options: Options, problem: SyntaxProblem): AnyUfunc {
  const read = (kinds: readonly Kind[]) => definitionOf(kernel, { options, ...split(kinds) })
  const tried = guess(parameters(kernel, options), read, problem)
  return makeDispatcher({
    name: tried.name || 'jit',
    doc: options.doc ?? '',
    nin: tried.nin,
    required: tried.required,
    listed: [],
    make: (kinds, env) =>
      arrayJit(kernel, { options: env ? { ...options, env } : options, listed: null, ...split(kinds) }),
    brand: () => ({ definition: tried.definition, signatures: [] }),
  })
}

const split = (kinds: readonly Kind[]): Pick<ArrayJit, 'ranks' | 'functions'> => ({
  ranks: kinds.filter((kind) => typeof kind === 'number'),
  functions: kinds.map((kind) => (typeof kind === 'number' ? null : kind)),
})

/**
 * Compiles a function that JavaScript and other kernels call: `jit(signatures, kernel, options?)` and the other forms of
 * `vectorize`. Other kernels take it by their `env`, and it is inlined there.
 *
 * Where signatures have numbers alone, and where there are none and the kernel makes sense on numbers, calls work elementwise, as
 * those of `vectorize`. Else arrays are arguments as a whole: `jit('f8(f8[:,:])', sum2d)`. They are cast safely, and what the kernel
 * writes to them is there afterwards. The kernel may make arrays (`zeros(n)`, `empty([m, n])`, `emptyLike(a)`, `new
 * Float64Array(n)`) and return them: `jit('f8[:](f8[:],f8)', f)`. Without signatures arguments may be functions, for each of which it
 * is compiled anew. Matches `numba.jit`.
 * @throws SignatureError, KernelSyntaxError and KernelTypeError when it is defined, OptionError, TargetError
 */
export const jit = defining('jit', null, readOptions, build) as Jit
