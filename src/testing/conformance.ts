/** The suite that a target has to pass. */
import { getTarget, registerTarget, targetNames } from '../targets/index.ts'
import type { Target } from '../targets/target.ts'
import { arrays } from './arrays.ts'
import type { Case, Feature, Row, Setup } from './cases.ts'
import { expectError } from './check.ts'
import { elementwise } from './elementwise.ts'
import { methods } from './methods.ts'

export interface ConformanceOptions {
  /** How many values of its dtype a float may be off; 0 when left out: the bits of all targets of lanewise are the same. */
  readonly tolerance?: number
  /** What the target does not run. Such cases pass if it refuses them with a TargetError. */
  readonly without?: readonly Feature[]
}

const rows: readonly Row[] = [...elementwise, ...methods, ...arrays]

/**
 * The suite as plain cases, for uvu, node:test or vitest: `for (const { name, run } of conformance(target)) test(name, run)`.
 * The target is registered if it is not yet. Cases run one after another or together.
 */
export function conformance(target: Target | string, options: ConformanceOptions = {}): Case[] {
  const { tolerance = 0, without = [] } = options
  if (
    typeof target !== 'string' &&
    !(targetNames().includes(target.name) && getTarget(target.name) === target)
  )
    registerTarget(target)
  const { name } = typeof target === 'string' ? getTarget(target) : target
  const setup: Setup = { target: name, tolerance }
  return rows.map((row): Case => {
    const missing = row.needs.filter((feature) => without.includes(feature))
    if (missing.length === 0) return { name: `${name}: ${row.name}`, run: () => row.run(setup) }
    return {
      name: `${name} refuses: ${row.name}`,
      run: async () => {
        await expectError(`without ${missing.join(', ')}`, 'target', () => row.run(setup))
      },
    }
  })
}
