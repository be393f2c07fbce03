/** Which loop folds: one whose result is the accumulator it takes. And the errors of functions that have none. */
import { type Code, canCast, dtypes, promote } from '../dtype.ts'
import { NoLoopError, TargetError } from '../errors.ts'
import { narrowed, search } from './choose.ts'
import type { FoldOptions } from './fold-options.ts'
import { digits } from './key.ts'
import { type Core, type FoldReady, loaded } from './prepare.ts'
import type { Overload } from './source.ts'

/** @throws NoLoopError for a function that is not (x, y) -> one result */
export function requireBinary({ name, nin, nout, signature, source }: Core, method: string): void {
  const error = (text: string): Error =>
    new NoLoopError(text, { dtypes: [], types: source.overloads.map((overload) => overload.text) })
  const refuse = (rule: string): Error =>
    error(`${method} only supported for ${rule}: ${name} has ${nin} inputs and ${nout} outputs`)
  if (signature !== null)
    throw error(`Reduction not defined on ufunc with signature: ${name} has ${signature}`)
  if (nin !== 2) throw refuse('binary functions')
  if (nout !== 1) throw refuse('functions returning a single value')
}

/** Sums and products of integers below 64 bits are computed in 64. */
function widened(code: Code): Code | null {
  const { kind, bytes } = dtypes[code]
  if (kind === 'f' || bytes === 8) return null
  return kind === 'u' ? 'u8' : 'i8'
}

const folds = ({ inputs, outputs }: Overload): boolean => inputs[0] === outputs[0]

function chooseOverload(core: Core, method: string, x: Code, options: FoldOptions): Overload {
  const { source } = core
  let asked = options.dtype ?? null
  if (asked === null && options.out === undefined && source.sums()) {
    const wide = widened(x)
    const listed = source.overloads.some(({ inputs }) => inputs.every((code) => code === wide))
    if (wide !== null && (source.lazy || listed)) asked = wide
  }
  const first = asked ?? options.out?.code ?? x
  if (source.lazy) return lazily(core, method, first, x, asked)
  const loops = narrowed(source.overloads.filter(folds), asked === null ? null : [asked, null, asked])
  const hit = search(loops, [first, x])
  if (hit) return hit
  // Casts of reductions are unsafe; masks take every dtype, as those of logical_and do.
  const forced = loops.find(
    ({ outputs }) => asked !== null || (outputs[0] === 'b1' && core.identity !== null),
  )
  if (forced) return forced
  throw noFold(core, method, [first, x])
}

/** Made for the dtype of the accumulator; where that is not the result's, for the result's. */
function lazily(core: Core, method: string, first: Code, x: Code, asked: Code | null): Overload {
  const { source } = core
  const code = asked ?? promote(first, x)
  const made = asked === null ? source.overload([code, code]) : source.overload([code, code], [asked])
  if (folds(made)) return made
  const [result = code] = made.outputs
  const again = source.overload([result, result])
  if (folds(again) && (canCast(code, result) || core.identity !== null)) return again
  throw noFold(core, method, [code, code])
}

const noFold = ({ name, source }: Core, method: string, given: readonly Code[]): Error => {
  const types = source.overloads.map((overload) => overload.text)
  return new NoLoopError(
    `No loop matching the specified signature and casting was found for ufunc ${name}: ${method} needs one whose result has the dtype of its first input; got (${given.join(', ')}), the loops are ${types.join(' ')}`,
    { dtypes: given, types },
  )
}

/**
 * The loaded loop that folds elements of dtype `x`.
 * @throws NoLoopError, TargetError, NotReadyError
 */
export function foldLoop(core: Core, method: string, x: Code, options: FoldOptions): FoldReady {
  const { dtype, out, where } = options
  const asked = (((dtype ? digits[dtype] : 0) << 4) | (out ? digits[out.code] : 0)) << 1
  const key = (((asked | (where ? 1 : 0)) << 4) | digits[x]) >>> 0
  const known = core.byFold.get(key)
  if (known) return known
  const made = load(core, method, chooseOverload(core, method, x, options), x, where !== undefined)
  core.byFold.set(key, made)
  return made
}

function load(core: Core, method: string, overload: Overload, x: Code, masked: boolean): FoldReady {
  const code = overload.outputs[0] as Code
  const form = masked ? 'masked fold' : 'fold'
  const ready = loaded(core, { overload, form, inputs: [code, x], outputs: [code] })
  const { reduce, accumulate, target } = ready
  if (!reduce || !accumulate) {
    const reason = `it has no ${method}`
    throw new TargetError(`the target '${target.name}' cannot run ${core.name}.${method}: ${reason}`, {
      target: target.name,
      reason,
    })
  }
  const tree = core.identity !== null && overload.inputs.every((input) => input === code)
  let further: FoldReady | undefined
  return {
    ...{ ready, code, tree, reduce, accumulate },
    further: () => (further ??= load(core, method, overload, code, masked)),
  }
}
