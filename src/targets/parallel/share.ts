/**
 * Whether a run is worth sharing, and in what ranges. Each loop learns what an element costs from its own runs; a run shorter than
 * it takes to bring others in stays on this thread.
 */
import { mayOverlapItself } from '../../broadcast/overlap.ts'
import type { Plan } from '../../broadcast/plan.ts'
import { unitsOf, type Work } from '../range.ts'
import { mostRanges } from './control.ts'

/** In nanoseconds; tests set them to next to nothing, so that everything is shared that can be. */
export const limits = {
  /** A run has to take so long on one thread to be shared while workers look for jobs, and while they sleep. */
  awake: 20_000,
  asleep: 300_000,
  /** A reduction has to take so long: it has more ranges, and their results have to be joined. */
  fold: 4_000_000,
  /** What a range should take at least: claiming one costs a fraction of a microsecond. */
  range: 6_000,
  /** An element has to take so long for plain operands: below, copying is most of the work, and only one thread can copy. */
  copied: 4,
}
/** Ranges a thread, so that uneven kernels come out even. */
const rangesPerThread = 24
/** What an element is taken to cost before anything was measured. */
const firstGuess = 1
/** Of the calls that are too short to share one in so many is timed: the clock costs as much as the shortest, and more where caches are cold. */
const measuredCalls = 16

export interface Cost {
  /** Nanoseconds an element on one thread, as far as is known; else a guess. */
  nanoseconds(guess?: number): number
  /** Is this run, too short to share, to be timed? */
  measures(): boolean
  learn(n: number, milliseconds: number): void
}

export function makeCost(): Cost {
  let known: number | null = null
  let calls = 0
  return {
    nanoseconds: (guess = firstGuess) => known ?? guess,
    measures: () => known === null || calls++ % measuredCalls === 0,
    learn(n, milliseconds) {
      const cost = (1e6 * milliseconds) / n
      // The first runs of a loop are slower, and so is every run that was interrupted: what is lower is believed at once.
      known = known === null || cost < known ? cost : 0.9 * known + 0.1 * cost
    },
  }
}

export const isWorth = (nanoseconds: number, awake: (nanoseconds: number) => boolean): boolean =>
  nanoseconds >= limits.asleep || (nanoseconds >= limits.awake && awake(nanoseconds))

/** May its ranges run in any order? Not where elements of outputs share memory: the last one written has to win. */
export function isShareable({ plan, pointers, inputs }: Work): boolean {
  for (let k = inputs; k < pointers.length; k++) {
    if (mayOverlapItself(layoutOf(plan, k))) return false
    for (let other = inputs; other < k; other++) if (pointers[k] === pointers[other]) return false
  }
  return true
}

const layoutOf = (plan: Plan, k: number) => ({
  shape: [...plan.outer, plan.inner],
  stride: [...(plan.outerSteps[k] ?? []), plan.innerSteps[k] ?? 0],
  offset: 0,
})

/** Is no output an input? Then what was computed once can be computed again. */
export function isRepeatable({ pointers, inputs, core, fold }: Work): boolean {
  if (core) return core.repeatable
  if (fold) return fold.repeatable
  for (let k = inputs; k < pointers.length; k++)
    for (let i = 0; i < inputs; i++) if (pointers[i] === pointers[k]) return false
  return true
}

/** As many ranges as work of so many nanoseconds should have. */
export const rangesFor = (nanoseconds: number, threads: number): number =>
  Math.max(1, Math.min(mostRanges, threads * rangesPerThread, Math.ceil(nanoseconds / limits.range)))

/** Units of a range: a multiple of what one step of the loop takes, so that no range but the last has a rest. */
export function rangeOf(work: Work, nanoseconds: number, threads: number, step: number): number {
  const units = unitsOf(work)
  const even = Math.ceil(units / rangesFor(nanoseconds, threads))
  const multiple = work.byRows || (work.core && even < 8 * step) ? 1 : even > 64 * step ? 64 * step : step
  return Math.max(multiple, Math.ceil(even / multiple) * multiple)
}
