/** `configure`: the settings of the whole library, checked. */
import { OptionError } from '../errors.ts'
import { type DebugLevel, debugLevels, isDebugLevel, settings } from '../settings.ts'
import { getTarget } from './index.ts'

export interface Configuration {
  /** The target of functions that name none. */
  target?: string
  /** False: kernels are called, not compiled, so that a debugger stops in them. */
  jit?: boolean
  /** 0, or a rung of the debugging ladder: 1 compiles, 2 code, 3 IR after each pass, 4 plans. */
  debug?: DebugLevel
}

type Setters = { readonly [K in keyof Required<Configuration>]: (value: unknown) => void }

const wrong = (option: string, want: string): never => {
  throw new OptionError(`configure: '${option}' must be ${want}`, { option, known: Object.keys(setters) })
}

const setters: Setters = {
  target(value) {
    if (typeof value !== 'string') return wrong('target', 'the name of a target')
    settings.target = getTarget(value).name
  },
  jit(value) {
    if (typeof value !== 'boolean') return wrong('jit', 'a boolean')
    settings.jit = value
  },
  debug(value) {
    if (!isDebugLevel(value)) return wrong('debug', `0 or one of ${Object.keys(debugLevels).join(', ')}`)
    settings.debug = value
  },
}

const planned: Readonly<Record<string, string>> = {
  deterministic: 'bits that agree across engines do not exist in this version',
  workerUrl: 'there are no workers to place in this version',
  memory: 'the memory grows as far as the engine lets it in this version',
}

/**
 * Changes settings of the whole library; functions that exist already follow.
 * @throws OptionError for an unknown setting or a wrong value, TargetError for an unknown target; then nothing is changed
 */
export function configure(given: Configuration): void {
  const before = { ...settings }
  try {
    for (const [option, value] of Object.entries(given)) {
      if (Object.hasOwn(setters, option)) {
        if (value !== undefined) setters[option as keyof Configuration](value)
        continue
      }
      const known = Object.keys(setters)
      const hint = Object.hasOwn(planned, option) ? planned[option] : `known settings: ${known.join(', ')}`
      throw new OptionError(`configure got an unknown option '${option}': ${hint}`, { option, known })
    }
  } catch (error) {
    Object.assign(settings, before)
    throw error
  }
  settings.epoch++
}
