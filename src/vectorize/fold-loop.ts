/** Which loop folds: one whose results are the accumulators it takes. And the errors of functions that have none. */
import { store, storedAs } from '../broadcast/nested.ts'
import { type Code, canCast, dtypes, promote } from '../dtype.ts'
import { NoLoopError, TargetError } from '../errors.ts'
import { narrowed, search } from './choose.ts'
import type { FoldOptions } from './fold-options.ts'
import { digits } from './key.ts'
import { type Core, type FoldReady, loaded } from './prepare.ts'
import type { Overload } from './source.ts'
import { isScalar, type Scalar } from './weak.ts'

/**
 * A function folds if it takes an accumulator for each of its results, and then an element for each.
 * @throws NoLoopError for one that does not
 */
export function requireFolding({ name, nin, nout, signature, source }: Core, method: string): void {
  if (signature === null && nin === 2 * nout) return
  const error = (text: string): Error =>
    new NoLoopError(text, { dtypes: [], types: source.overloads.map((overload) => overload.text) })
  if (signature !== null)
    throw error(`Reduction not defined on ufunc with signature: ${name} has ${signature}`)
  const rule =
    nin === 2
      ? 'functions returning a single value, or taking as many accumulators and then elements as they return values'
      : 'binary functions'
  throw error(`${method} only supported for ${rule}: ${name} has ${nin} inputs and ${nout} outputs`)
}

/** Sums and products of integers below 64 bits are computed in 64. */
function widened(code: Code): Code | null {
  const { kind, bytes } = dtypes[code]
  if (kind === 'f' || bytes === 8) return null
  return kind === 'u' ? 'u8' : 'i8'
}

const folds = ({ inputs, outputs }: Overload): boolean => outputs.every((code, k) => code === inputs[k])

function chooseOverload(core: Core, method: string, x: Code, options: FoldOptions): Overload {
  const { source, nout } = core
  let asked = options.dtype ?? null
  if (asked === null && options.outs === undefined && source.sums()) {
    const wide = widened(x)
    const listed = source.overloads.some(({ inputs }) => inputs.every((code) => code === wide))
    if (wide !== null && (source.lazy || listed)) asked = wide
  }
  const every = <T>(value: T): T[] => new Array<T>(nout).fill(value)
  const firsts = every(x).map((code, k) => asked ?? options.outs?.[k]?.code ?? code)
  if (source.lazy) return lazily(core, method, firsts, x, asked)
  const wanted = asked === null ? null : [...every(asked), ...every(null), ...every(asked)]
  const loops = narrowed(source.overloads.filter(folds), wanted)
  const given = [...firsts, ...every(x)]
  const hit = search(loops, given)
  if (hit) return hit
  // Casts of reductions are unsafe; masks take every dtype, as those of logical_and do.
  const forced = loops.find(
    ({ outputs }) => asked !== null || (outputs[0] === 'b1' && core.identity !== null),
  )
  if (forced) return forced
  throw noFold(core, method, given)
}

/** Made for the dtypes of the accumulators; where those are not the results', for the results'. */
function lazily(core: Core, method: string, firsts: readonly Code[], x: Code, asked: Code | null): Overload {
  const { source } = core
  const codes = firsts.map((first) => asked ?? promote(first, x))
  const twice = [...codes, ...codes]
  const made = asked === null ? source.overload(twice) : source.overload(twice, codes)
  if (folds(made)) return made
  const again = source.overload([...made.outputs, ...made.outputs])
  const fits = codes.every((code, k) => canCast(code, made.outputs[k] ?? code))
  if (folds(again) && (fits || core.identity !== null)) return again
  throw noFold(core, method, twice)
}

const noFold = ({ name, source }: Core, method: string, given: readonly Code[]): Error => {
  const types = source.overloads.map((overload) => overload.text)
  return new NoLoopError(
    `No loop matching the specified signature and casting was found for ufunc ${name}: ${method} needs one whose results have the dtypes of its first inputs; got (${given.join(', ')}), the loops are ${types.join(' ')}`,
    { dtypes: given, types },
  )
}

/**
 * The loaded loop that folds elements of dtype `x`.
 * @throws NoLoopError, TargetError, NotReadyError
 */
export function foldLoop(core: Core, method: string, x: Code, options: FoldOptions): FoldReady {
  const { dtype, outs, where } = options
  const [out] = outs ?? []
  const asked = (((dtype ? digits[dtype] : 0) << 4) | (out ? digits[out.code] : 0)) << 1
  const one = (((asked | (where ? 1 : 0)) << 4) | digits[x]) >>> 0
  const key = outs && outs.length > 1 ? `${one} ${outs.map((other) => other?.code)}` : one
  const known = core.byFold.get(key)
  if (known) return known
  const overload = chooseOverload(core, method, x, options)
  const elements = overload.outputs.map(() => x)
  const made = load(core, method, overload, elements, where !== undefined)
  core.byFold.set(key, made)
  return made
}

function load(
  core: Core,
  method: string,
  overload: Overload,
  elements: readonly Code[],
  masked: boolean,
): FoldReady {
  const codes = overload.outputs
  const form = masked ? 'masked fold' : 'fold'
  const ready = loaded(core, { overload, form, inputs: [...codes, ...elements], outputs: codes })
  const { reduce, accumulate, reduceBlock, reduceSlices, target } = ready
  const lacking = (way: string) => (): never => {
    const reason = `it has no ${way}`
    throw new TargetError(`the target '${target.name}' cannot run ${core.name}.${way}: ${reason}`, {
      target: target.name,
      reason,
    })
  }
  const tree = core.identity !== null && overload.inputs.every((code, k) => code === codes[k % codes.length])
  let further: FoldReady | undefined
  let first: (number | bigint)[] | null | undefined
  return {
    ...{ ready, codes, tree, reduceBlock, reduceSlices },
    reduce: reduce ?? lacking('reduce'),
    accumulate: accumulate ?? lacking('accumulate'),
    first: () => {
      if (first === undefined) first = isScalar(core.identity) ? accumulatorsOf(core.identity, codes) : null
      return first
    },
    further: () => (further ??= load(core, method, overload, codes, masked)),
  }
}

/** A value for all accumulators, or one for each, in their dtypes. */
export const accumulatorsOf = (
  value: Scalar | readonly Scalar[],
  codes: readonly Code[],
): (number | bigint)[] =>
  codes.map((code, k) => {
    const slot = { data: new dtypes[code].array(1), code }
    store(slot, 0, storedAs(code, isScalar(value) ? value : (value[k] ?? 0)))
    return slot.data[0] as number | bigint
  })
