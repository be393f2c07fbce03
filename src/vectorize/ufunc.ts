/**
 * The callable. It takes ready loops, or a source that makes them: nothing here, or in what it calls, knows a compiler.
 * The functions that `on` gives are one family: the same kernel, loops loaded once a target, recompiled together.
 */
import type { Code } from '../dtype.ts'
import { OptionError } from '../errors.ts'
import { settings } from '../settings.ts'
import { getTarget, isAsync } from '../targets/index.ts'
import { accumulate, reduceat } from './accumulate.ts'
import { at } from './at.ts'
import { call, callAsync } from './call.ts'
import type { Explanation } from './callable-types.ts'
import { explain, inspect } from './explain.ts'
import { outer } from './outer.ts'
import { bind, type Core, type Finish, loadedAsync, refresh } from './prepare.ts'
import { reduce } from './reduce.ts'
import { resolveDtypes } from './resolve.ts'
import type { Source } from './source.ts'
import { readWatch } from './watch.ts'

/** What a kernel of another function sees of this one; two copies of lanewise understand each other. */
export const kernelBrand = Symbol.for('lanewise.kernel')
const inspectBrand = Symbol.for('nodejs.util.inspect.custom')

export interface UfuncParts {
  readonly name: string
  readonly doc: string
  readonly nin: number
  readonly nout: number
  readonly identity: unknown
  readonly target: string | undefined
  readonly fallback: string | undefined
  /** Of a gufunc: its layout, and how its calls go on once a loop is found. */
  readonly signature?: string
  readonly finish?: Finish
  /** False: outputs cannot be given. */
  readonly takesOuts?: boolean
  /** Of a gufunc: its reduction; left out, that of ufuncs. */
  readonly reduce?: typeof reduce
  readonly source: Source
  /** The loops anew, with `env` read again or replaced. */
  readonly remake: (env?: object) => Source
  /** What `kernelBrand` shows. */
  readonly brand: (source: Source) => unknown
}

/** The callable before TypeScript knows its signatures: callable-types.ts says what users see. */
export interface AnyUfunc {
  (...args: unknown[]): unknown
  readonly name: string
  readonly doc: string
  readonly nin: number
  readonly nout: number
  readonly nargs: number
  readonly ntypes: number
  readonly types: readonly string[]
  readonly identity: unknown
  readonly signature: string | null
  outer(...args: unknown[]): unknown
  at(...args: unknown[]): unknown
  resolveDtypes(dtypes: unknown, options?: unknown): Code[]
  on(target: string): this
  reduce(x: unknown, options?: unknown): unknown
  accumulate(x: unknown, options?: unknown): unknown
  reduceat(x: unknown, indices: unknown, options?: unknown): unknown
  async(...args: unknown[]): Promise<unknown>
  ready(): Promise<this>
  recompile(env?: object): this
  inspect(what: string, signature?: string): string
  explain(signature?: string): Explanation
}

interface Family {
  readonly parts: UfuncParts
  source: Source
  readonly members: Map<string | undefined, { readonly core: Core; readonly ufunc: AnyUfunc }>
}

/** Makes the function, on the target that its parts name. */
export function makeUfunc(parts: UfuncParts): AnyUfunc {
  const family: Family = { parts, source: parts.source, members: new Map() }
  return memberOf(family, parts.target, parts.fallback)
}

/** The family's function on this target; always the same one. */
function memberOf(family: Family, target: string | undefined, fallback: string | undefined): AnyUfunc {
  const known = family.members.get(target)
  if (known) return known.ufunc
  const core = coreOf(family, target, fallback)
  const ufunc = Object.defineProperties(
    (...args: unknown[]) => call(core, args),
    properties(family, core),
  ) as AnyUfunc
  family.members.set(target, { core, ufunc })
  return ufunc
}

const coreOf = (
  { parts, source }: Family,
  target: string | undefined,
  fallback: string | undefined,
): Core => ({
  name: parts.name,
  nin: parts.nin,
  nout: parts.nout,
  outs: parts.takesOuts === false ? 0 : parts.nout,
  identity: parts.identity,
  target,
  fallback,
  finish: parts.finish ?? null,
  signature: parts.signature ?? null,
  source,
  byCall: new Map(),
  byLoop: new Map(),
  byFold: new Map(),
  epoch: settings.epoch,
  promises: isAsync(target),
  last: null,
  lastLoop: null,
  recalled: null,
  short: {
    data: [],
    offset: [],
    shape: null,
    classes: [],
    digits: [],
    singles: [],
    turn: 0,
    report: { target: '', threads: 1, calls: 0, bytesCopied: 0 },
  },
})

function properties(family: Family, core: Core): PropertyDescriptorMap {
  const { parts } = family
  const { nin, nout } = parts
  const fixed = {
    name: parts.name,
    length: nin,
    doc: parts.doc,
    nin,
    nout,
    nargs: nin + nout,
    identity: parts.identity,
  }
  const methods = {
    signature: parts.signature ?? null,
    on(target: string) {
      return memberOf(family, getTarget(target).name, undefined)
    },
    outer: (...args: unknown[]) => outer(core, args),
    at: (...args: unknown[]) => at(core, args),
    resolveDtypes: (dtypes: unknown, options?: unknown) => resolveDtypes(core, dtypes, options),
    async async(...args: unknown[]) {
      const { rest, watch } = readWatch(parts.name, args, core.fallback !== undefined)
      return callAsync(core, rest, watch)
    },
    async ready(this: AnyUfunc) {
      await prepareAll(core)
      return this
    },
    recompile(this: AnyUfunc, env?: object) {
      recompile(family, env)
      return this
    },
    reduce: (x: unknown, options?: unknown) => (parts.reduce ?? reduce)(core, x, options),
    accumulate: (x: unknown, options?: unknown) => accumulate(core, x, options),
    reduceat: (x: unknown, indices: unknown, options?: unknown) => reduceat(core, x, indices, options),
    inspect: (what: string, signature?: string) => inspect(core, what, signature),
    explain: (signature?: string) => explain(core, signature),
    [inspectBrand]: () => describe(core),
  }
  const texts = () => core.source.overloads.map((overload) => overload.text)
  return {
    ...valuesOf(fixed),
    ...valuesOf(methods),
    types: { get: texts, enumerable: true },
    ntypes: { get: () => core.source.overloads.length, enumerable: true },
    [kernelBrand]: { get: () => parts.brand(core.source) },
  }
}

const valuesOf = (values: object): PropertyDescriptorMap =>
  Object.fromEntries(
    Reflect.ownKeys(values).map((key) => [key, { value: Reflect.get(values, key), configurable: true }]),
  )

function recompile(family: Family, env: object | undefined): void {
  if (env !== undefined && (typeof env !== 'object' || env === null))
    throw new OptionError(`${family.parts.name}.recompile takes an object of captured values`, {
      option: 'env',
      known: ['env'],
    })
  family.source = family.parts.remake(env)
  for (const { core } of family.members.values()) {
    core.source = family.source
    core.last = null
    refresh(core)
  }
}

/** Every listed loop compiled and loaded, for operands of just its dtypes; without signatures, the compiler itself. */
async function prepareAll(core: Core): Promise<void> {
  await core.source.ready()
  for (const { inputs } of core.source.overloads) {
    const outs = Array.from({ length: core.nout }, (): Code | null => null)
    await loadedAsync(
      core,
      bind(core, { form: 'map', given: inputs, outs, asked: null, casting: 'same_kind', widened: null }),
    )
  }
}

const describe = ({ name, signature, source }: Core): string => {
  const types = source.overloads.map((overload) => overload.text).join(', ')
  return `<${signature === null ? 'ufunc' : `gufunc ${signature}`} '${name}' ${types || 'without signatures'}>`
}
