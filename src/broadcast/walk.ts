/** The one outer loop: goes through a plan and stops at every inner run. */
import type { TypedArray } from '../dtype.ts'
import type { Plan } from './plan.ts'

/** One inner run of `n` elements; `offsets` (elements, one an operand) is reused: read it, do not keep it. */
export type Visit = (offsets: readonly number[], n: number) => void

/** Visits every inner run of the plan. An empty plan has none. */
export function walk(plan: Plan, visit: Visit): void {
  walkRange(plan, 0, plan.size, visit)
}

/** Visits the parts of the inner runs in which `mask`, the data of operand `k`, is true; `offsets` are made anew for each. */
export function walkWhere(plan: Plan, k: number, mask: TypedArray, visit: Visit): void {
  const steps = plan.innerSteps
  const step = steps[k] ?? 0
  walk(plan, (offsets, n) => {
    const isTrue = (i: number) => mask[(offsets[k] ?? 0) + i * step] !== 0
    for (let i = 0; i < n; i++) {
      if (!isTrue(i)) continue
      const from = i
      while (i < n && isTrue(i)) i++
      visit(
        offsets.map((offset, k) => offset + from * (steps[k] ?? 0)),
        i - from,
      )
    }
  })
}

/**
 * Visits the elements `from <= i < to` of the plan, counted in the order of the walk; runs are cut at both ends.
 * Ranges that cover 0 to `plan.size` visit together what `walk` visits.
 */
export function walkRange(plan: Plan, from: number, to: number, visit: Visit): void {
  if (from >= to) return
  const { inner, outer } = plan
  if (outer.length === 0 && from === 0) {
    visit(plan.offsets, to)
    return
  }
  const offsets = plan.offsets.slice()
  const index = new Array<number>(outer.length).fill(0)
  let run = Math.floor(from / inner)
  let skip = from - run * inner
  for (let axis = outer.length - 1; axis >= 0; axis--) {
    const size = outer[axis] as number
    index[axis] = run % size
    run = Math.floor(run / size)
    shift(offsets, plan, axis, index[axis] as number)
  }
  if (skip > 0) skipWithin(offsets, plan, skip)
  for (let left = to - from; ; ) {
    const n = Math.min(inner - skip, left)
    visit(offsets, n)
    left -= n
    if (left === 0) return
    if (skip > 0) skipWithin(offsets, plan, -skip)
    skip = 0
    advance(offsets, index, plan)
  }
}

function shift(offsets: number[], plan: Plan, axis: number, count: number): void {
  for (let k = 0; k < offsets.length; k++)
    offsets[k] = (offsets[k] as number) + ((plan.outerSteps[k] as readonly number[])[axis] as number) * count
}

function skipWithin(offsets: number[], plan: Plan, count: number): void {
  for (let k = 0; k < offsets.length; k++)
    offsets[k] = (offsets[k] as number) + (plan.innerSteps[k] as number) * count
}

/** On to the next run, as an odometer turns. */
function advance(offsets: number[], index: number[], plan: Plan): void {
  for (let axis = index.length - 1; axis >= 0; axis--) {
    const next = (index[axis] as number) + 1
    shift(offsets, plan, axis, 1)
    if (next < (plan.outer[axis] as number)) {
      index[axis] = next
      return
    }
    index[axis] = 0
    shift(offsets, plan, axis, -next)
  }
}
