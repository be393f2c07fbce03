/** The keywords of a call, one row each. */
import type { Order } from '../broadcast/shape.ts'
import type { Strided } from '../broadcast/view.ts'
import { type Casting, type Code, castings, codeOf, type DType } from '../dtype.ts'
import { OptionError, OutputError } from '../errors.ts'
import { unknownOption } from '../unknown-option.ts'
import type { Asked } from './choose.ts'
import { readMask } from './mask.ts'
import type { Source } from './source.ts'

export interface CallOptions {
  /** Where results go: one array, or a list with an entry an output (null: allocate it). */
  out?: unknown
  /** Where to compute: a mask that stretches with the operands. Elsewhere `out` keeps what it holds, and a new result is 0. */
  where?: unknown
  /** Which casts of inputs and to `out` are allowed; `same_kind` when left out. */
  casting?: Casting
  /** The memory order of allocated results; `K`, the inputs' own, when left out. */
  order?: Order
  /** The dtype of the results, and so the loop. */
  dtype?: DType
  /** The loop itself: its signature, or a dtype (null: any) for each operand. */
  signature?: string | readonly (DType | null)[]
  /** Of a gufunc: for each operand the axes that are its core. */
  axes?: unknown
  /** Of a gufunc with a single core dimension: the axis of all operands. */
  axis?: unknown
  /** Of a gufunc: outputs keep the core axes of the inputs, with size 1. */
  keepdims?: unknown
}

/** Keywords after checking. */
export interface Keywords {
  /** One entry an output, or null when none was given. */
  readonly out: readonly unknown[] | null
  readonly mask: Strided | null
  readonly casting: Casting
  readonly order: Order
  readonly asked: Asked
  /** As they were given; undefined when they were not. */
  readonly axes: unknown
  readonly axis: unknown
  readonly keepdims: boolean
  /** What tells these apart from others when a loop is looked up; '' for the defaults. */
  readonly key: string
}

export const noKeywords: Keywords = {
  out: null,
  mask: null,
  casting: 'same_kind',
  order: 'K',
  asked: null,
  axes: undefined,
  axis: undefined,
  keepdims: false,
  key: '',
}

/** What a keyword is read for. */
export interface Callee {
  readonly name: string
  readonly nin: number
  readonly nout: number
  readonly source: Source
  /** The layout of a gufunc. */
  readonly signature: string | null
}

type Mutable = { -readonly [K in keyof Keywords]: Keywords[K] }
type Read = (value: unknown, into: Mutable, f: Callee) => void

const orders = ['K', 'C', 'F', 'A'] as const

function oneOf<T extends string>(allowed: readonly T[], option: string, value: unknown, f: Callee): T {
  const hit = allowed.find((a) => a === value)
  if (hit !== undefined) return hit
  throw new OptionError(
    `${f.name}() ${option} must be one of ${allowed.join(', ')}, but got ${String(value)}`,
    {
      option,
      known: allowed,
    },
  )
}

function dtypeCode(value: unknown, option: string, f: Callee): Code {
  const code = typeof value === 'string' ? codeOf(value) : undefined
  if (code !== undefined) return code
  throw new OptionError(`${f.name}() ${option}: ${String(value)} is no dtype (such as 'f8' or 'float64')`, {
    option,
    known: ['b1', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', 'f4', 'f8'],
  })
}

function readOut(value: unknown, { name, nin, nout }: Callee): readonly unknown[] {
  if (Array.isArray(value)) {
    if (value.length === nout) return value
    throw new OutputError(
      `${name}() The 'out' tuple must have exactly one entry per ufunc output: got ${value.length}, it has ${nout}`,
      { operand: nin },
    )
  }
  if (nout === 1) return [value]
  throw new OutputError(
    `${name}() 'out' must be a tuple of arrays: a list with one entry for each of ${nout}`,
    {
      operand: nin,
    },
  )
}

function readSignature(value: unknown, f: Callee): Asked {
  const { nin, nout } = f
  const wrong = (got: string): never => {
    throw new OptionError(
      `${f.name}() signature must be a type string or a list of ${nin + nout} dtypes (null where any will do), but got ${got}`,
      { option: 'signature', known: f.source.overloads.map((o) => o.text) },
    )
  }
  if (Array.isArray(value)) {
    if (value.length !== nin + nout) return wrong(`${value.length} entries`)
    return value.map((entry) => (entry === null ? null : dtypeCode(entry, 'signature', f)))
  }
  if (typeof value !== 'string') return wrong(String(value))
  const { inputs, outputs } = f.source.parse(value)
  if (inputs.length !== nin || (outputs !== null && outputs.length !== nout)) return wrong(value)
  return [...inputs, ...(outputs ?? Array.from({ length: nout }, () => null))]
}

const readers: Readonly<Record<keyof CallOptions, Read>> = {
  out(value, into, f) {
    if (value !== null) into.out = readOut(value, f)
  },
  where(value, into, f) {
    into.mask = readMask(value, f.name)
  },
  casting(value, into, f) {
    into.casting = oneOf(castings, 'casting', value, f)
  },
  order(value, into, f) {
    into.order = oneOf(orders, 'order', value, f)
  },
  dtype(value, into, f) {
    if (value === null) return
    const code = dtypeCode(value, 'dtype', f)
    into.asked = Array.from({ length: f.nin + f.nout }, (_, k) => (k < f.nin ? null : code))
  },
  signature(value, into, f) {
    if (value !== null) into.asked = readSignature(value, f)
  },
  axes(value, into) {
    into.axes = value ?? undefined
  },
  axis(value, into) {
    into.axis = value ?? undefined
  },
  keepdims(value, into, f) {
    if (typeof value !== 'boolean') {
      throw new OptionError(`${f.name}() keepdims must be true or false, but got ${String(value)}`, {
        option: 'keepdims',
        known: ['true', 'false'],
      })
    }
    into.keepdims = value
  },
}

/** What only gufuncs take. */
const ofGufuncs: ReadonlySet<string> = new Set(['axes', 'axis', 'keepdims'])

const takes = (f: Callee, keyword: string): boolean =>
  Object.hasOwn(readers, keyword) && (f.signature !== null || !ofGufuncs.has(keyword))

export const knownKeywords = Object.keys(readers) as readonly (keyof CallOptions)[]

const fromElsewhere: Readonly<Record<string, string>> = {
  sig: 'that is signature',
  subok: 'arrays have no subclasses; leave it out',
  axis: 'it belongs to reductions',
  keepdims: 'it belongs to reductions',
  axes: 'it belongs to gufuncs',
}
const elsewhereOfGufuncs: Readonly<Record<string, string>> = {
  sig: 'that is signature',
  subok: 'arrays have no subclasses; leave it out',
}

/**
 * Checks the keywords of one call.
 * @throws OptionError for an unknown keyword or a wrong value, OutputError for an `out` of the wrong kind, SignatureError
 */
export function readKeywords(given: Readonly<Record<string, unknown>>, f: Callee): Keywords {
  const into: Mutable = { ...noKeywords }
  for (const keyword of Object.keys(given)) {
    if (!takes(f, keyword)) {
      const known = knownKeywords.filter((name) => takes(f, name))
      unknownOption(`${f.name}()`, keyword, known, f.signature === null ? fromElsewhere : elsewhereOfGufuncs)
    }
    const value = given[keyword]
    if (value !== undefined) readers[keyword as keyof CallOptions](value, into, f)
  }
  if (given.dtype != null && given.signature != null)
    throw new OptionError(`${f.name}() takes either dtype or signature, not both`, {
      option: 'signature',
      known: knownKeywords,
    })
  if (into.asked !== null || into.casting !== noKeywords.casting)
    into.key = `${into.casting} ${into.asked ?? ''}`
  return into
}
