/** The registry: which targets there are, and which one a function runs on. Adding a target is a file and a row here. */
import { OptionError, TargetError } from '../errors.ts'
import { settings } from '../settings.ts'
import { cpu } from './cpu.ts'
import { js } from './js.ts'
import { parallel } from './parallel/parallel.ts'
import type { Target } from './target.ts'

const targets = new Map<string, Target>([cpu, parallel, js].map((target) => [target.name, target]))

/** The names of all targets, also of those that are not available here. */
export const targetNames = (): string[] => [...targets.keys()]

/**
 * The target of this name.
 * @throws TargetError when there is none
 */
export function getTarget(name: string): Target {
  const target = targets.get(name)
  if (target) return target
  const reason = `no target of this name is registered; there are ${targetNames().join(', ')}`
  throw new TargetError(`unknown target '${name}': ${reason}`, { target: name, reason })
}

const parts = ['name', 'isa', 'kind', 'unavailable', 'load', 'allocate'] as const

/**
 * Makes a target known under its name, or replaces the one of that name.
 * @throws OptionError when a part of the interface is missing
 */
export function registerTarget(target: Target): void {
  const missing = parts.find((part) => target?.[part] === undefined)
  if (missing)
    throw new OptionError(`a target has the parts ${parts.join(', ')}; '${missing}' is missing`, {
      option: missing,
      known: parts,
    })
  targets.set(target.name, target)
  settings.epoch++
}

export interface Chosen {
  readonly target: Target
  /** Why it is not the one that was asked for. */
  readonly why?: string
}

/**
 * The target a function runs on: the one it names, else the configured one; `fallback` when that is not available here.
 * @throws TargetError with the reason when it is not available and there is no fallback
 */
export function chooseTarget(name: string | undefined, fallback: string | undefined): Chosen {
  if (!settings.jit)
    return { target: js, why: 'compilation is off (LANEWISE_DISABLE_JIT or configure({ jit: false }))' }
  const wanted = name ?? settings.target
  const reason = reasonAgainst(wanted)
  if (reason === null) return { target: getTarget(wanted) }
  const why = `target '${wanted}' is not available: ${reason}`
  if (fallback === undefined) throw new TargetError(why, { target: wanted, reason })
  const other = reasonAgainst(fallback)
  if (other === null) return { target: getTarget(fallback), why }
  throw new TargetError(`${why}; nor is its fallback '${fallback}': ${other}`, {
    target: fallback,
    reason: other,
  })
}

const reasonAgainst = (name: string): string | null => {
  const target = targets.get(name)
  return target ? target.unavailable() : `it is not registered; there are ${targetNames().join(', ')}`
}
