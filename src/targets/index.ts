/** The registry: which targets there are, and which one a function runs on. */

import type { Strided } from '../broadcast/view.ts'
import { OptionError, TargetError } from '../errors.ts'
import { settings, warnOnce } from '../settings.ts'
import { builtin } from './builtin.ts'
import { type Target, targetVersion, type Work } from './target.ts'

const targets = new Map<string, Target>()

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

const parts = ['version', 'name', 'consumes', 'kind', 'unavailable', 'load', 'memory'] as const
const emitting = [...parts, 'emit'] as const

/**
 * Makes a target known under its name, or replaces the one of that name. Functions that exist already follow.
 * @throws OptionError when a part of the interface is missing, TargetError when it is written for another version of it
 */
export function registerTarget(target: Target): void {
  const known = target?.consumes === 'ir' ? emitting : parts
  const missing = known.find((part) => Reflect.get(Object(target), part) === undefined)
  if (missing)
    throw new OptionError(`a target has the parts ${known.join(', ')}; '${missing}' is missing`, {
      option: missing,
      known,
    })
  const { name, version } = target
  if (version !== targetVersion) {
    const reason = `it is written for version ${String(version)} of targets, and this lanewise has version ${targetVersion}`
    throw new TargetError(`the target '${name}' cannot be registered: ${reason}`, { target: name, reason })
  }
  targets.set(name, target)
  settings.epoch++
}

for (const target of builtin) registerTarget(target)

/** The options that targets bring for `configure`. */
export const targetSettings = () =>
  [...targets.values()].flatMap((target) => Object.entries(target.settings ?? {}))

export interface Chosen {
  readonly target: Target
  /** Why it is not the one that was asked for. */
  readonly why?: string
}

/** Does a function on this target return promises? */
export const isAsync = (name: string | undefined): boolean =>
  targets.get(name ?? settings.target)?.kind === 'async'

/** An asynchronous target finds out whether it can run here. */
export const findTarget = async (name: string | undefined): Promise<void> =>
  targets.get(name ?? settings.target)?.find?.()

/**
 * The target a function runs on: the one it names, else the configured one; `fallback` when that is not available here, or does not
 * run this work. That it is not available is said once on the console.
 * @throws TargetError with the reason when there is no fallback
 */
export function chooseTarget(name: string | undefined, fallback: string | undefined, work?: Work): Chosen {
  if (!settings.jit)
    return {
      target: getTarget('js'),
      why: 'compilation is off (LANEWISE_DISABLE_JIT or configure({ jit: false }))',
    }
  const wanted = name ?? settings.target
  const reason = reasonAgainst(wanted, work)
  if (reason === null) return { target: getTarget(wanted) }
  const why = `target '${wanted}' ${reason.text}`
  if (fallback === undefined) throw new TargetError(why, { target: wanted, reason: reason.reason })
  const other = reasonAgainst(fallback, work)
  if (other === null) {
    if (reason.missing) warnOnce(`${why}; functions with the fallback '${fallback}' run there`)
    return { target: getTarget(fallback), why }
  }
  throw new TargetError(`${why}; nor is its fallback '${fallback}': ${other.reason}`, {
    target: fallback,
    reason: other.reason,
  })
}

/**
 * The fallback, when a target that was chosen turns out not to run the work as it is made ready.
 * @throws `error` when it says something else, or there is no fallback
 */
export function insteadOf(
  { target }: Chosen,
  error: unknown,
  fallback: string | undefined,
  work: Work,
): Chosen {
  if (!(error instanceof TargetError) || fallback === undefined || fallback === target.name) throw error
  const { target: other } = chooseTarget(fallback, undefined, work)
  return { target: other, why: `target '${target.name}' does not run this: ${error.reason}` }
}

function reasonAgainst(
  name: string,
  work: Work | undefined,
): { readonly text: string; readonly reason: string; readonly missing: boolean } | null {
  const target = targets.get(name)
  const missing = target
    ? target.unavailable()
    : `it is not registered; there are ${targetNames().join(', ')}`
  if (missing !== null) return { text: `is not available: ${missing}`, reason: missing, missing: true }
  const refusal = target && work ? (target.refuses?.(work) ?? null) : null
  return refusal === null ? null : { text: `does not run this: ${refusal}`, reason: refusal, missing: false }
}

/** A new result as what the user gets of this target. */
export const resultOf = (target: Target, { code, data, shape, stride, offset }: Strided): unknown =>
  target.memory.makeResult(code, data, shape, stride, offset)
