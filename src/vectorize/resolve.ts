/** `resolveDtypes`: which loop a call would run, asked without making one. */
import { type Casting, type Code, codeOf, codes } from '../dtype.ts'
import { OptionError } from '../errors.ts'
import { unknownOption } from '../unknown-option.ts'
import type { Given, Weak } from './choose.ts'
import { readKeywords } from './keywords.ts'
import { bind, type Core } from './prepare.ts'

const weak: readonly Weak[] = ['number', 'bigint', 'boolean']
const known = ['casting', 'signature'] as const

/**
 * The dtypes of the loop for operands of these dtypes, inputs then outputs: `'number'`, `'bigint'` and `'boolean'` are JavaScript's
 * scalars, null an output to be allocated; outputs may be left out. Matches `numpy.ufunc.resolve_dtypes`.
 * @throws NoLoopError, CastingError as a call would; OptionError for a wrong number of dtypes, what is no dtype, an unknown option
 */
export function resolveDtypes(core: Core, dtypes: unknown, options: unknown = {}): Code[] {
  const { name, nin, nout } = core
  const wrong = (what: string): never => {
    throw new OptionError(`${name}.resolveDtypes: ${what}`, { option: 'dtypes', known: [...codes, ...weak] })
  }
  if (!Array.isArray(dtypes) || (dtypes.length !== nin && dtypes.length !== nin + nout))
    return wrong(`The dtypes must be a list of length ${nin} (inputs) or ${nin + nout} (outputs too)`)
  const one = (value: unknown): Given => {
    const scalar = weak.find((kind) => kind === value)
    const code = typeof value === 'string' ? codeOf(value) : undefined
    return (
      scalar ?? code ?? wrong(`${String(value)} is no dtype (such as 'f8'), 'number', 'bigint' or 'boolean'`)
    )
  }
  const given = dtypes.slice(0, nin).map((value: unknown) => {
    if (value === null) return wrong('All input dtypes must be provided: null stands for an output')
    return one(value)
  })
  const outs = Array.from({ length: nout }, (_, k): Code | null => {
    const value: unknown = dtypes[nin + k] ?? null
    if (value === null) return null
    const code = one(value)
    return code === 'number' || code === 'bigint' || code === 'boolean'
      ? wrong(`an output cannot be a ${code}`)
      : code
  })
  const { asked, casting } = readOptions(core, options)
  const { overload } = bind(core, { form: 'map', given, outs, asked, casting, widened: null })
  return [...overload.inputs, ...overload.outputs]
}

function readOptions(
  core: Core,
  options: unknown,
): { asked: ReturnType<typeof readKeywords>['asked']; casting: Casting } {
  if (typeof options !== 'object' || options === null)
    throw new OptionError(`${core.name}.resolveDtypes takes { casting, signature }`, {
      option: 'options',
      known,
    })
  for (const option of Object.keys(options))
    if (!known.some((name) => name === option)) unknownOption(`${core.name}.resolveDtypes`, option, known)
  return readKeywords(options as Record<string, unknown>, core)
}
