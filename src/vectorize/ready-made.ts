/**
 * Ufuncs of our own tables. Their definitions are known to hold no error, so a kernel is read and typed, and the compiler loaded, when
 * the function is first used: importing a table costs nothing else.
 */
import { parseSignature } from '../loops/signature.ts'
import type { Options } from './options.ts'
import type { Vectorize } from './types.ts'
import { type AnyUfunc, makeUfunc, type UfuncParts } from './ufunc.ts'
import { type KernelFunction, ufuncParts } from './vectorize.ts'

function make(signatures: readonly string[], kernel: KernelFunction, options: Options): AnyUfunc {
  let made: UfuncParts | undefined
  const own = (): UfuncParts => {
    made ??= ufuncParts(kernel, { signatures, options })
    return made
  }
  const [first = ''] = signatures
  const { inputs, outputs } = parseSignature(first)
  return makeUfunc({
    name: options.name ?? '',
    doc: options.doc ?? '',
    nin: inputs.length,
    nout: outputs?.length ?? 1,
    identity: options.identity ?? null,
    target: undefined,
    fallback: undefined,
    source: {
      get overloads() {
        return own().source.overloads
      },
      lazy: false,
      sums: () => own().source.sums(),
      overload: (from, to) => own().source.overload(from, to),
      parse: (text) => own().source.parse(text),
      loop: (isa, bound) => own().source.loop(isa, bound),
      loopAsync: (isa, bound) => own().source.loopAsync(isa, bound),
      inspect: (what, bound) => own().source.inspect(what, bound),
      ready: () => own().source.ready(),
    },
    remake: (env) => own().remake(env),
    brand: (loops) => own().brand(loops),
  })
}

/** `vectorize(signatures, kernel, options)`, for rows of a table. */
export const readyMade = make as unknown as Vectorize
