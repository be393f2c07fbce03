/** How a fold is cut: every run of neighbouring outputs, with the axis beside it, is a tile. */
import { makePlan, type Plan } from '../../broadcast/plan.ts'
import { stridesFor } from '../../broadcast/shape.ts'
import type { Layout, Strided } from '../../broadcast/view.ts'
import { walk } from '../../broadcast/walk.ts'
import type { FoldJob } from '../target.ts'

/** Elements of a block of the tree, and its partial results: reducing loops have them in their code. */
export const blockSize = 256
export const partialCount = 8

/** The axis, and neighbouring outputs beside it. Offsets and steps count elements, one an operand. */
export interface Tile {
  readonly offsets: readonly number[]
  /** Along the axis. */
  readonly length: number
  readonly steps: readonly number[]
  /** From one output to the next. */
  readonly outputs: number
  readonly outputSteps: readonly number[]
}

const without = <T>(list: readonly T[], axis: number): T[] => list.filter((_, i) => i !== axis)

export function withoutAxis(operand: Strided, axis: number): Strided {
  return { ...operand, shape: without(operand.shape, axis), stride: without(operand.stride, axis) }
}

type VisitTile = (tile: Tile, resultOffsets: readonly number[], resultSteps: readonly number[]) => void

/** Visits every tile of a job, whose results may have the axis, as those of `accumulate` do. */
export function walkFold(job: FoldJob, visit: VisitTile): void {
  const rank = job.elements[0]?.shape.length
  const results = job.results.map((result) =>
    result && result.shape.length === rank ? withoutAxis(result, job.axis) : result,
  )
  eachTile(job, results, visit)
}

/** Visits every tile of a job; `results` lack the axis. */
export function eachTile(job: FoldJob, results: readonly (Strided | null)[], visit: VisitTile): void {
  const { elements, axis } = job
  const [{ shape } = { shape: [] }] = elements
  const wanted = results.filter((result) => result !== null)
  const plan: Plan = makePlan(without(shape, axis), [
    ...elements.map((operand): Layout => withoutAxis(operand, axis)),
    ...wanted,
  ])
  const count = elements.length
  const places = results.map((result) => (result ? count + wanted.indexOf(result) : -1))
  const steps = elements.map((operand) => stridesFor(operand, shape)[axis] as number)
  const outputSteps = plan.innerSteps.slice(0, count)
  const resultSteps = places.map((place) => plan.innerSteps[place] ?? 0)
  if (plan.size === 0) return
  walk(plan, (offsets, outputs) => {
    const tile = {
      offsets: offsets.slice(0, count),
      length: shape[axis] as number,
      steps,
      outputs,
      outputSteps,
    }
    visit(
      tile,
      places.map((place) => offsets[place] ?? 0),
      resultSteps,
    )
  })
}
