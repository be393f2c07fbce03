/** The registry: which targets there are, and which one a function runs on. Adding a target is a file and a row here. */

import { clear } from '../broadcast/copy.ts'
import type { Strided } from '../broadcast/view.ts'
import { OptionError, TargetError } from '../errors.ts'
import { settings, warnOnce } from '../settings.ts'
import { cpu } from './cpu.ts'
import { gpu } from './gpu/gpu.ts'
import { js } from './js.ts'
import { makeResult } from './memory/results.ts'
import { parallel } from './parallel/parallel.ts'
import type { Target } from './target.ts'

const targets = new Map<string, Target>([cpu, parallel, gpu, js].map((target) => [target.name, target]))

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

/** Does a function on this target return promises? */
export const isAsync = (name: string | undefined): boolean =>
  targets.get(name ?? settings.target)?.kind === 'async'

/** An asynchronous target finds out whether it can run here. */
export const findTarget = async (name: string | undefined): Promise<void> =>
  targets.get(name ?? settings.target)?.find?.()

type Work = Parameters<NonNullable<Target['refuses']>>[0]

/**
 * The target a function runs on: the one it names, else the configured one; `fallback` when that is not available here, or does not
 * run this work. That it is not available is said once on the console.
 * @throws TargetError with the reason when there is no fallback
 */
export function chooseTarget(name: string | undefined, fallback: string | undefined, work?: Work): Chosen {
  if (!settings.jit)
    return { target: js, why: 'compilation is off (LANEWISE_DISABLE_JIT or configure({ jit: false }))' }
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

function reasonAgainst(
  name: string,
  work: Work | undefined,
): { readonly text: string; readonly reason: string; readonly missing: boolean } | null {
  const target = targets.get(name)
  const missing = target
    ? target.unavailable()
    : `it is not registered; there are ${targetNames().join(', ')}`
  if (missing !== null) return { text: `is not available: ${missing}`, reason: missing, missing: true }
  const refusal = work ? (target?.refuses?.(work) ?? null) : null
  return refusal === null ? null : { text: `does not run this: ${refusal}`, reason: refusal, missing: false }
}

/** Makes a new result zeros, wherever it is. */
export const clearResult = (target: Target, made: Strided): void =>
  target.clear ? target.clear(made) : clear(made)

/** A new result as what the user gets of this target. */
export const resultOf = (target: Target, { code, data, shape, stride }: Strided): unknown =>
  (target.makeResult ?? makeResult)(code, data, shape, stride)
