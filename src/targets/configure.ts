/** `configure`: the settings of the whole library, checked. */
import { OptionError } from '../errors.ts'
import { type DebugLevel, debugLevels, isDebugLevel, settings } from '../settings.ts'
import { unknownOption } from '../unknown-option.ts'
import type { BuiltinSettings } from './extras.ts'
import { getTarget, targetSettings } from './index.ts'
import { setMaximumMemory } from './memory/resident.ts'
import type { TargetSettings } from './target.ts'

export interface Configuration extends BuiltinSettings, TargetSettings {
  /** The target of functions that name none. */
  target?: string
  /** False: kernels are called, not compiled, so that a debugger stops in them. */
  jit?: boolean
  /** 0, or a rung of the debugging ladder: 1 compiles, 2 code, 3 IR after each pass, 4 plans. */
  debug?: DebugLevel
  /** True: no fused multiply-adds, in which machines differ. */
  deterministic?: boolean
  memory?: {
    /** The bytes that resident arrays may take together; what does not fit becomes a plain array. Infinity: all there is. */
    maximum?: number
  }
}

/** Checks a value; what it gives back puts it into effect. */
type Read = (value: unknown, option: string) => () => void

function wrong(option: string, want: string, value: unknown, known = Object.keys(readersNow())): never {
  throw new OptionError(`configure: '${option}' must be ${want}, but got ${String(value)}`, { option, known })
}

const flag =
  (key: 'jit' | 'deterministic'): Read =>
  (value, option) => {
    if (typeof value !== 'boolean') return wrong(option, 'a boolean', value)
    return () => {
      settings[key] = value
    }
  }

const readers: Readonly<
  Record<Exclude<keyof Configuration, keyof BuiltinSettings | keyof TargetSettings>, Read>
> = {
  target(value, option) {
    if (typeof value !== 'string') return wrong(option, 'the name of a target', value)
    const { name } = getTarget(value)
    return () => {
      settings.target = name
    }
  },
  jit: flag('jit'),
  debug(value, option) {
    if (!isDebugLevel(value))
      return wrong(option, `0 or one of ${Object.keys(debugLevels).join(', ')}`, value)
    return () => {
      settings.debug = value
    }
  },
  deterministic: flag('deterministic'),
  memory(value, option) {
    if (typeof value !== 'object' || value === null) return wrong(option, 'an object { maximum }', value)
    const { maximum, ...rest } = value as { maximum?: unknown }
    for (const name of Object.keys(rest)) unknownOption('configure', `memory.${name}`, ['memory.maximum'])
    if (maximum === undefined) return () => {}
    if (typeof maximum !== 'number' || !(maximum >= 0))
      return wrong('memory.maximum', 'a number of bytes from 0', maximum, ['memory.maximum'])
    return () => setMaximumMemory(maximum)
  },
}
/** Those of the library, then those of its targets. */
function readersNow(): Readonly<Record<string, Read>> {
  const own = targetSettings().map(([option, read]): [string, Read] => [
    option,
    (value) => {
      const effect = read(value)
      return typeof effect === 'string' ? wrong(option, effect, value) : effect
    },
  ])
  return { ...Object.fromEntries(own), ...readers }
}

/**
 * Changes settings of the whole library; functions that exist already follow.
 * @throws OptionError for an unknown setting or a wrong value, TargetError for an unknown target; then nothing is changed
 */
export function configure(given: Configuration): void {
  const known = readersNow()
  const names = Object.keys(known)
  if (typeof given !== 'object' || given === null)
    throw new OptionError(`configure takes an object of settings, but got ${String(given)}`, {
      option: 'settings',
      known: names,
    })
  const changes = Object.entries(given).map(([option, value]) => {
    const read = Object.hasOwn(known, option) ? known[option] : undefined
    if (!read) return unknownOption('configure', option, names)
    return value === undefined ? () => {} : read(value, option)
  })
  for (const change of changes) change()
  settings.epoch++
}
