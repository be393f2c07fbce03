/** `guvectorize`: a kernel of arrays, with a layout, becomes a function that broadcasts over the loop dimensions. */
import { OptionError, SignatureError } from '../errors.ts'
import { type DefineOptions, type Definition, define, recapture } from '../loops/kernel/parse.ts'
import { compiledSource } from '../vectorize/compiled.ts'
import { fastmathOf, type Options, readOptions } from '../vectorize/options.ts'
import type { Overload } from '../vectorize/source.ts'
import { type AnyUfunc, makeUfunc } from '../vectorize/ufunc.ts'
import {
  callable,
  type DefinedBy,
  defining,
  type KernelFunction,
  refuseFreed,
  startCompiler,
} from '../vectorize/vectorize.ts'
import { checkPromises } from './contiguous.ts'
import { gufuncFinish } from './finish.ts'
import { type Layout, parseLayout } from './layout.ts'
import { gufuncReduce } from './reduce.ts'
import { readOperands } from './signatures.ts'
import { noSizes, ownDims, type SizesOption } from './sizes.ts'
import { arrayParams, arraySource, checkParameters, layoutGrammar } from './source.ts'
import type { Guvectorize } from './types.ts'

interface GuOptions extends Options {
  sizes?: SizesOption
  written?: readonly (number | string)[]
}

const wrongOption = (where: string, option: string, what: string): Error =>
  new OptionError(`${where}: option '${option}' ${what}`, { option, known: ['sizes', 'writableArgs'] })

function checkSizes({ sizes = noSizes }: GuOptions, layout: Layout, where: string): void {
  const known = ownDims(layout)
  const odd = Object.keys(sizes).find((name) => !known.includes(name))
  if (odd === undefined) return
  const those = known.length > 0 ? `those of ${known.join(', ')}` : 'none'
  throw new OptionError(
    `${where}: option 'sizes' tells '${odd}', but in the layout ${layout.text} it tells the sizes that only outputs have: ${those}`,
    { option: 'sizes', known },
  )
}

const isRule = (rule: unknown): boolean => typeof rule === 'number' || typeof rule === 'function'

/** The options of vectorize, and two more. */
function readGuOptions(given: Record<string, unknown>, where: string): GuOptions {
  const { sizes, writableArgs, ...rest } = given
  const options: GuOptions = readOptions(rest, where)
  if (sizes !== undefined) {
    if (typeof sizes !== 'object' || sizes === null || !Object.values(sizes).every(isRule))
      throw wrongOption(
        where,
        'sizes',
        'must be an object of numbers, or functions of the sizes known by then',
      )
    options.sizes = sizes as SizesOption
  }
  if (writableArgs !== undefined) {
    if (
      !Array.isArray(writableArgs) ||
      !writableArgs.every((a) => typeof a === 'string' || Number.isInteger(a))
    )
      throw wrongOption(where, 'writableArgs', 'must be a list of parameters, by number from 0 or by name')
    options.written = writableArgs as (number | string)[]
  }
  return options
}

/** The operands that are written in place. */
function writableOf(options: GuOptions, layout: Layout, { program }: Definition, where: string): Set<number> {
  const count = layout.inputs.length + layout.outputs.length
  const names = program.views.filter(({ operand }) => operand < count).map((view) => view.name)
  const writable = new Set(
    (options.written ?? []).map((arg) => {
      const operand =
        typeof arg === 'number' ? arg : (program.views.find((view) => view.name === arg)?.operand ?? -1)
      if (operand >= 0 && operand < count) return operand
      throw wrongOption(
        where,
        'writableArgs',
        `names ${JSON.stringify(arg)}, which is no array parameter; they are ${names.join(', ')}, 0 to ${count - 1}`,
      )
    }),
  )
  for (const k of writable) {
    if (!layout.inputs[k]?.some(({ stretches }) => stretches)) continue
    throw wrongOption(
      where,
      'writableArgs',
      `names input ${k}, which may stretch in the layout ${layout.text}`,
    )
  }
  for (const { name, operand, stored } of program.views) {
    if (!stored || operand >= layout.inputs.length || writable.has(operand)) continue
    throw new OptionError(
      `${where}: the kernel writes to its input \`${name}\`; inputs are read only unless they are named: { writableArgs: ['${name}'] }`,
      { option: 'writableArgs', known: names },
    )
  }
  return writable
}

function build(kernel: KernelFunction | string, given: DefinedBy<GuOptions>): AnyUfunc {
  const { signatures, layout: text, options } = given
  const where = 'guvectorize'
  const layout = parseLayout(text ?? '')
  checkSizes(options, layout, where)
  const listed = (signatures ?? []).map((s) => readOperands(layout, s))
  checkPromises(layout, listed)
  const { env, name, target, fallback, simd = true, boundscheck } = options
  const arrays = arrayParams(layout, listed)
  let definition = define(kernel, { env: env as DefineOptions['env'], name, arrays })
  checkParameters(layout, definition)
  const returned = definition.arity < arrays.ranks.length
  const odd = listed.find((operands) => operands.returned !== returned)
  if (odd)
    throw new SignatureError(
      `the signature "${odd.text}" ${odd.returned ? 'has results, but the kernel has its outputs as parameters: void(…)' : 'has the outputs as parameters, but the kernel returns them: f8(…)'}`,
      { text: odd.text, position: 0 },
    )
  const writable = writableOf(options, layout, definition, where)
  const sourceNow = () => {
    refuseFreed(definition.captured)
    // What the functions that make arrays give JavaScript is no array of its elements: the interpreter runs such a kernel.
    const call = definition.program.made.length > 0 ? null : callable(kernel, definition.captured)
    return compiledSource({
      definition,
      function: call,
      signatures,
      simd,
      boundscheck,
      fastmath: fastmathOf(options),
      precision: options.precision,
      arrays: arraySource(layoutGrammar(layout, listed, returned)),
    })
  }
  const source = sourceNow()
  startCompiler(target, fallback)
  return makeUfunc({
    name: definition.name || 'gufunc',
    doc: options.doc ?? '',
    nin: layout.inputs.length,
    nout: layout.outputs.length,
    identity: options.identity ?? null,
    target,
    fallback,
    signature: layout.text,
    finish: gufuncFinish({ layout, sizes: options.sizes ?? noSizes, writable }),
    reduce: gufuncReduce(layout),
    source,
    remake(values) {
      definition = recapture(definition, values)
      return sourceNow()
    },
    brand: (loops) => ({
      definition,
      signatures: loops.lazy ? [] : loops.overloads.map((o) => parametersOf(layout, o, returned)),
    }),
  })
}

/** The dtypes of the kernel's parameters and of what it returns, for kernels that call it. */
const parametersOf = ({ outputs: all }: Layout, { inputs, outputs }: Overload, returned: boolean) =>
  returned ? { inputs, outputs } : { inputs: [...inputs, ...outputs.slice(0, all.length)], outputs: [] }

/**
 * Makes an array function of a kernel of arrays: `guvectorize(signatures, layout, kernel, options?)`,
 * `guvectorize(signatures, layout, options?)(kernel)`, `guvectorize(layout, kernel, options?)` (compiled for the dtypes it meets,
 * the outputs' inferred) and `guvectorize(layout, options?)(kernel)`.
 *
 * The layout names each operand's core dimensions, its last axes: `(m,n),(n,p)->(m,p)`; what is left broadcasts. Calls take `out`,
 * `axes`, `axis`, `keepdims`, `where` (an element a core), `casting`, `order`, `dtype` and `signature`. Matches `numba.guvectorize` and the calls of NumPy's
 * gufuncs.
 * @throws SignatureError, KernelSyntaxError and KernelTypeError when it is defined, OptionError, TargetError
 */
export const guvectorize = defining('guvectorize', parseLayout, readGuOptions, build) as Guvectorize
