/**
 * A function that is compiled once for each kind of its arguments: numbers, arrays of how many dimensions, functions. Each variant is a
 * function of its own; this one chooses.
 */
import { toStrided } from '../broadcast/operand.ts'
import { LanewiseError, NoLoopError } from '../errors.ts'
import { parseSignature } from '../loops/signature.ts'
import { isOptions } from '../vectorize/options.ts'
import { type AnyUfunc, kernelBrand } from '../vectorize/ufunc.ts'
import { isScalar } from '../vectorize/weak.ts'

/** What an argument is: the dimensions of an array, 0 for a number; or the function that it is. */
export type Kind = number | CallableFunction

interface Variants {
  readonly byRanks: Map<string, AnyUfunc>
  readonly byFunction: WeakMap<CallableFunction, Variants>
}

export interface DispatchParts {
  readonly name: string
  readonly doc: string
  readonly nin: number
  /** How many arguments have to be given; the others have defaults. */
  readonly required: number
  /** Those that signatures list, by the ranks of their arguments. */
  readonly listed: readonly { readonly ranks: readonly number[]; readonly f: AnyUfunc }[]
  /** Null: there are no others. */
  readonly make: ((kinds: readonly Kind[], env: object | undefined) => AnyUfunc) | null
  readonly brand: (variants: readonly AnyUfunc[]) => unknown
}

const noVariants = (): Variants => ({ byRanks: new Map(), byFunction: new WeakMap() })

function kindOf(value: unknown): Kind {
  if (typeof value === 'function') return value
  return isScalar(value) ? 0 : toStrided(value).shape.length
}

const keyOf = (kinds: readonly Kind[]): string =>
  kinds.map((kind) => (typeof kind === 'function' ? 'f' : kind)).join()

interface Family {
  readonly parts: DispatchParts
  readonly root: Variants
  /** All variants, in the order in which they were made. */
  readonly all: Set<WeakRef<AnyUfunc>>
  env: object | undefined
  readonly members: Map<string | undefined, AnyUfunc>
}

const alive = ({ all }: Family): AnyUfunc[] => [...all].flatMap((ref) => ref.deref() ?? [])

const rankText = (key: string): string =>
  `(${key
    .split(',')
    .map((rank) => (rank === '0' ? 'number' : `${rank}-d array`))
    .join(', ')})`

function variantOf(family: Family, kinds: readonly Kind[]): AnyUfunc {
  const { parts, root } = family
  let node = root
  for (const kind of kinds) {
    if (typeof kind !== 'function') continue
    const next = node.byFunction.get(kind) ?? noVariants()
    node.byFunction.set(kind, next)
    node = next
  }
  const key = keyOf(kinds)
  const known = node.byRanks.get(key)
  if (known) return known
  if (!parts.make) {
    const keys = [...root.byRanks.keys()].map(rankText)
    throw new NoLoopError(`${parts.name}() got ${rankText(key)}; it takes ${keys.join(' or ')}`, {
      dtypes: kinds.map(String),
      types: alive(family).flatMap((f) => f.types),
    })
  }
  const made = parts.make(kinds, family.env)
  node.byRanks.set(key, made)
  family.all.add(new WeakRef(made))
  return made
}

/** What the variant itself takes: functions are part of it, and options stay. */
function sorted(parts: DispatchParts, args: readonly unknown[]): { kinds: Kind[]; rest: unknown[] } {
  const last = args.at(-1)
  const count = isOptions(last) ? args.length - 1 : args.length
  const { nin, required } = parts
  if (count < required || count > nin) {
    const takes = required < nin ? `from ${required} to ${nin}` : nin
    throw new NoLoopError(`${parts.name}() takes ${takes} positional arguments but ${count} were given`, {
      dtypes: [],
      types: [],
    })
  }
  const kinds = args.slice(0, count).map((value, k) => {
    try {
      return kindOf(value)
    } catch (error) {
      if (error instanceof LanewiseError) error.message = `${parts.name}() input ${k}: ${error.message}`
      throw error
    }
  })
  return { kinds, rest: args.filter((value, k) => k >= count || typeof value !== 'function') }
}

export function makeDispatcher(parts: DispatchParts): AnyUfunc {
  const root = noVariants()
  const all = new Set<WeakRef<AnyUfunc>>()
  for (const { ranks, f } of parts.listed) {
    root.byRanks.set(keyOf(ranks), f)
    all.add(new WeakRef(f))
  }
  return memberOf({ parts, root, all, env: undefined, members: new Map() }, undefined)
}

function memberOf(family: Family, target: string | undefined): AnyUfunc {
  const known = family.members.get(target)
  if (known) return known
  const { parts } = family
  let last: AnyUfunc | null = null
  const onTarget = (f: AnyUfunc): AnyUfunc => (target === undefined ? f : f.on(target))
  const find = (args: readonly unknown[]) => {
    const { kinds, rest } = sorted(parts, args)
    last = onTarget(variantOf(family, kinds))
    return { f: last, rest }
  }
  /** The variant that a signature names; without one that of the last call, else the first. */
  const named = (signature: string | undefined): AnyUfunc => {
    if (signature !== undefined)
      return onTarget(
        variantOf(
          family,
          parseSignature(signature).inputs.map(({ rank }) => rank),
        ),
      )
    const [first] = alive(family)
    const found = last ?? (first && onTarget(first))
    if (found) return found
    throw new NoLoopError(
      `${parts.name} has no loop yet: it is compiled when it is called. Call it, or name a signature such as 'f8(f8[:])'`,
      { dtypes: [], types: [] },
    )
  }
  const methods = {
    name: parts.name,
    length: parts.nin,
    doc: parts.doc,
    nin: parts.nin,
    on: (other: string) => memberOf(family, other),
    async async(...args: unknown[]) {
      const { f, rest } = find(args)
      return f.async(...rest)
    },
    async ready(this: AnyUfunc) {
      await Promise.all(alive(family).map((f) => onTarget(f).ready()))
      return this
    },
    recompile(this: AnyUfunc, env?: object) {
      family.env = env ?? family.env
      for (const f of alive(family)) f.recompile(env)
      return this
    },
    inspect: (what: string, signature?: string) => named(signature).inspect(what, signature),
    explain: (signature?: string) => named(signature).explain(signature),
    [Symbol.for('nodejs.util.inspect.custom')]: () => {
      const types = alive(family).flatMap((f) => f.types)
      return `<jit '${parts.name}' ${types.join(', ') || 'without signatures'}>`
    },
  }
  const values = Object.fromEntries(
    Reflect.ownKeys(methods).map((key) => [key, { value: Reflect.get(methods, key), configurable: true }]),
  )
  const made = Object.defineProperties(
    (...args: unknown[]) => {
      const { f, rest } = find(args)
      return f(...rest)
    },
    {
      ...values,
      types: { get: () => alive(family).flatMap((f) => f.types), enumerable: true },
      ntypes: { get: () => alive(family).flatMap((f) => f.types).length, enumerable: true },
      [kernelBrand]: { get: () => parts.brand(alive(family)) },
    },
  ) as AnyUfunc
  family.members.set(target, made)
  return made
}
