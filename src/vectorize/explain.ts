/** What was compiled, why it is or is not on lanes, and what the last call did. */

import type { Code } from '../dtype.ts'
import { NoLoopError, OptionError } from '../errors.ts'
import type { Loop, Note } from '../loops/loop.ts'
import { settings } from '../settings.ts'
import type { Explanation } from './callable-types.ts'
import { type Core, loaded, refresh } from './prepare.ts'
import type { Bound, Overload } from './source.ts'

/** The loop that a signature names; without one the loop of the last call, else the first. */
function boundOf(core: Core, signature: string | undefined): Bound {
  if (core.epoch !== settings.epoch) refresh(core)
  if (signature === undefined && core.lastLoop) return core.lastLoop
  const overload = overloadOf(core, signature)
  return { overload, form: 'map', inputs: overload.inputs, outputs: overload.outputs }
}

const agree = (a: readonly Code[], b: readonly Code[]) =>
  a.length === b.length && a.every((code, k) => code === b[k])

function overloadOf({ name, nin, source }: Core, signature: string | undefined): Overload {
  const types = source.overloads.map((overload) => overload.text)
  if (signature === undefined) {
    const [first] = source.overloads
    if (first) return first
    return source.overload(Array.from({ length: nin }, () => 'f8'))
  }
  const { inputs, outputs } = source.parse(signature)
  const listed = source.overloads.find(
    (o) => agree(o.inputs, inputs) && (outputs === null || agree(o.outputs, outputs)),
  )
  if (listed) return listed
  if (source.lazy && inputs.length === nin) return source.overload(inputs, outputs ?? undefined)
  throw new NoLoopError(`${name} has no loop ${signature}; its loops are ${types.join(' ')}`, {
    dtypes: inputs,
    types,
  })
}

const facts = (loop: Loop) => {
  switch (loop.isa) {
    case 'wasm':
      return { vectorized: loop.vectorized, lanes: loop.lanes, interleave: loop.interleave, fma: loop.fma }
    case 'js':
    case 'wgsl':
      return { vectorized: false, lanes: 1, interleave: 1, fma: false }
    case 'ir': {
      const lanes = 'lanes' in loop ? (loop.lanes ?? 1) : 1
      return { vectorized: lanes > 1, lanes, interleave: 1, fma: false }
    }
  }
}

/**
 * What a signature was compiled to; it is compiled now if it was not yet.
 * @throws NoLoopError for a signature that is not there, SignatureError, NotReadyError where the compiler cannot be waited for
 */
export function explain(core: Core, signature?: string): Explanation {
  const { overload, target, loop, why } = loaded(core, boundOf(core, signature))
  const fallen: Note[] = why === undefined ? [] : [{ reason: why, line: 1, column: 1 }]
  return {
    signature: overload.text,
    target: target.name,
    ...facts(loop),
    notes: [...fallen, ...loop.notes],
    ...(core.last ? { last: { ...core.last } } : {}),
  }
}

const views = ['types', 'ir', 'wat', 'wgsl'] as const

/**
 * `types`: the dtype of every local. `ir`: the kernel after each pass. `wat`: the WebAssembly text. `wgsl`: the shader's function.
 * @throws OptionError for another view, NoLoopError for a signature that is not there
 */
export function inspect(core: Core, what: string, signature?: string): string {
  const view = views.find((v) => v === what)
  if (view === undefined)
    throw new OptionError(`inspect shows ${views.map((v) => `'${v}'`).join(', ')}, but got ${String(what)}`, {
      option: 'what',
      known: views,
    })
  return core.source.inspect(view, boundOf(core, signature))
}
