/** The options of vectorize, one row each: which values are taken, what does not exist yet, and what other libraries call it. */
import { operandBrand } from '../broadcast/operand.ts'
import { OptionError } from '../errors.ts'
import type { Fastmath } from '../loops/kernel/ir.ts'
import { unknownOption } from '../unknown-option.ts'
import type { Options as TypedOptions } from './types.ts'

/** The options of a function before TypeScript knows its kernel. */
export type Options = { -readonly [K in keyof Known]: Known[K] }
type Known = TypedOptions<unknown>

/** An option's values: `null` when this one is taken, else what is wrong with it. */
type Check = (value: unknown) => string | null

const ofType =
  (...types: string[]): Check =>
  (value) =>
    types.includes(typeof value) ? null : `must be a ${types.join(' or a ')}`

const isIdentity: Check = (value) =>
  value === null || value === 'reorderable' || ['number', 'bigint', 'boolean'].includes(typeof value)
    ? null
    : "must be a number, bigint or boolean, 'reorderable' or null"

const isEnv: Check = (value) =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'
    ? null
    : 'must be an object of captured values, or a function that returns one'

/** All there are: a new one is a type error here. */
const everyFlag: Readonly<Record<Fastmath, true>> = {
  nnan: true,
  ninf: true,
  nsz: true,
  arcp: true,
  contract: true,
  afn: true,
  reassoc: true,
}
export const fastmathFlags = Object.keys(everyFlag) as readonly Fastmath[]

const isFastmath: Check = (value) => {
  if (typeof value === 'boolean') return null
  const wrong = Array.isArray(value)
    ? value.find((flag) => !fastmathFlags.some((known) => known === flag))
    : value
  if (Array.isArray(value) && wrong === undefined) return null
  return `must be true, false or a list of ${fastmathFlags.join(', ')}; got ${String(wrong)}`
}

/** Only this value exists: any other would do nothing, and nothing is silent. */
const only =
  (allowed: unknown, why: string): Check =>
  (value) =>
    value === allowed ? null : why

/** The same where lists are taken: none or an empty one asks for nothing. */
const nothing =
  (why: string): Check =>
  (value) =>
    value === false || (Array.isArray(value) && value.length === 0) ? null : why

const checks: Readonly<Record<keyof Options, Check>> = {
  target: ofType('string'),
  fallback: ofType('string'),
  name: ofType('string'),
  doc: ofType('string'),
  identity: isIdentity,
  env: isEnv,
  simd: ofType('boolean'),
  boundscheck: ofType('boolean'),
  fastmath: isFastmath,
  cache: only(false, 'does not exist in this version: kernels are compiled anew in each process'),
  precision: only('float-float', "must be 'float-float', which is for the gpu"),
  writableArgs: nothing(
    'belongs to guvectorize: a scalar kernel has no arrays to write to, and one of jit may write to all that it is given',
  ),
}

export const knownOptions = Object.keys(checks) as readonly (keyof Options)[]

/** What people who know Numba or NumPy may write. */
const fromElsewhere: Readonly<Record<string, string>> = {
  nopython: 'kernels are always compiled whole; leave it out',
  nogil: 'there is no interpreter lock; leave it out',
  forceobj: "that is { target: 'js' }",
  parallel: "that is { target: 'parallel' }",
  writable_args: 'that is writableArgs, of guvectorize',
  locals: 'the types of locals are inferred; leave it out',
  otypes: "results belong in the signature: 'f8(f8,f8)'",
  signature: 'signatures are the first argument',
  signatures: 'signatures are the first argument',
  excluded: 'capture values that are no arrays with env',
  error_model: 'division by zero follows IEEE 754; leave it out',
  inline: 'functions that a kernel calls are always inlined; leave it out',
  debug: 'that is configure({ debug: 1 }) or LANEWISE_DEBUG=1',
  jit: 'that is configure({ jit: false }) or LANEWISE_DISABLE_JIT=1',
  out: 'it belongs to a call: f(x, { out })',
  where: 'it belongs to a call: f(x, { where })',
  dtype: 'it belongs to a call: f(x, { dtype })',
  casting: 'it belongs to a call: f(x, { casting })',
}

/**
 * Checks options; the result holds those that were given a value.
 * @throws OptionError for an unknown name, a value of the wrong type, and what does not exist yet
 */
export function readOptions(given: object, where: string): Options {
  const options: Record<string, unknown> = {}
  for (const [option, value] of Object.entries(given)) {
    if (!Object.hasOwn(checks, option)) unknownOption(where, option, knownOptions, fromElsewhere)
    if (value === undefined) continue
    const wrong = checks[option as keyof Options](value)
    if (wrong !== null)
      throw new OptionError(`${where}: option '${option}' ${wrong}`, { option, known: knownOptions })
    options[option] = value
  }
  return options as Options
}

/** The flags that were asked for; `true` is all of them. */
export function fastmathOf({ fastmath = false }: Pick<Options, 'fastmath'>): readonly Fastmath[] {
  if (typeof fastmath !== 'boolean') return fastmathFlags.filter((flag) => fastmath.includes(flag))
  return fastmath ? fastmathFlags : []
}

/** A trailing plain object without `data` is options: not an array, not a view, not a nested list. */
export function isOptions(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !('data' in value) &&
    !(operandBrand in value) &&
    isPlain(value)
  )
}

/** Also of another realm, where Object.prototype is another object. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
