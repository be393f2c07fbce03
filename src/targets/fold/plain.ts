/** Folds element by element, for loops that are no code. The tree is tree.ts's, told once more in the plainest way. */
import { store } from '../../broadcast/nested.ts'
import { type Code, dtypes } from '../../dtype.ts'
import type { JsLoop } from '../../loops/loop.ts'
import type { FoldJob, Report } from '../target.ts'
import { blockSize, partialCount, walkFold } from './tile.ts'

type Value = number | bigint
/** A value of each accumulator. */
type Accumulators = readonly Value[]
type Maybe = Accumulators | undefined
type Join = (a: Accumulators, b: Accumulators) => Accumulators

/** An element that a mask leaves out, or a part of the tree without elements, is undefined. */
function joined(join: Join, a: Maybe, b: Maybe): Maybe {
  if (a === undefined) return b
  return b === undefined ? a : join(a, b)
}

/** The tree over these values; undefined when there are none. */
export function treeOf(values: readonly Maybe[], join: Join): Maybe {
  let level: Maybe[] = []
  for (let from = 0; from < values.length; from += blockSize) {
    const partials = new Array<Maybe>(partialCount).fill(undefined)
    for (let i = from; i < Math.min(from + blockSize, values.length); i++)
      partials[i % partialCount] = joined(join, partials[i % partialCount], values[i])
    level.push(pairwise(partials, join)[0])
  }
  while (level.length > 1) level = nextLevel(level, join)
  return level[0]
}

function pairwise(values: readonly Maybe[], join: Join): readonly Maybe[] {
  return values.length === 1 ? values : pairwise(nextLevel(values, join), join)
}

const nextLevel = (values: readonly Maybe[], join: Join): Maybe[] =>
  Array.from({ length: Math.ceil(values.length / 2) }, (_, k) =>
    joined(join, values[2 * k], values[2 * k + 1]),
  )

/** As typed arrays of the accumulators' dtypes keep them. */
function converter(from: readonly Code[], to: readonly Code[]): (values: Accumulators) => Accumulators {
  const slots = to.map((code) => ({ data: new dtypes[code].array(1), code }))
  return (values) =>
    slots.map((slot, k) => {
      const value = values[k] ?? 0
      store(slot, 0, from[k] === 'b1' ? Number(value) !== 0 : value)
      return slot.data[0] as Value
    })
}

/** `count` accumulators; what elements there are besides is a mask. */
function eachLine(
  job: FoldJob,
  count: number,
  visit: (values: readonly Maybe[], at: (result: number) => number) => void,
): void {
  const xs = job.elements.slice(0, count)
  const mask = job.elements[count]
  walkFold(job, ({ offsets, length, steps, outputs, outputSteps }, resultOffsets, resultSteps) => {
    for (let output = 0; output < outputs; output++) {
      const place = (k: number, i: number) =>
        (offsets[k] as number) + output * (outputSteps[k] as number) + i * (steps[k] as number)
      const values = Array.from({ length }, (_, i) =>
        mask && Number(mask.data[place(count, i)]) === 0
          ? undefined
          : xs.map(({ data }, k) => data[place(k, i)] as Value),
      )
      visit(values, (k) => (resultOffsets[k] as number) + output * (resultSteps[k] as number))
    }
  })
}

/** What both begin with: elements to accumulators, and the kernel on them. */
function steps({ element, join, inputs, outputs }: JsLoop, job: FoldJob, report: Report) {
  const keep = converter(outputs, outputs)
  const counted =
    (apply: JsLoop['element']): Join =>
    (a, b) => {
      report.calls++
      return keep(apply([...a, ...b]).map((value) => (typeof value === 'boolean' ? Number(value) : value)))
    }
  const from = outputs.map((code, k) => job.elements[k]?.code ?? inputs[outputs.length + k] ?? code)
  return { start: converter(from, outputs), step: counted(element), joinTwo: counted(join ?? element) }
}

export function reducePlainly(loop: JsLoop, job: FoldJob, report: Report): void {
  const { start, step, joinTwo } = steps(loop, job, report)
  const count = loop.outputs.length
  eachLine(job, count, (values, at) => {
    let value: Maybe = job.initial?.slice(0, count)
    if (job.tree) {
      const root = treeOf(
        values.map((v) => (v === undefined ? v : start(v))),
        joinTwo,
      )
      value = joined(joinTwo, value, root)
    } else {
      for (const v of values) if (v !== undefined) value = value === undefined ? start(v) : step(value, v)
    }
    for (const [k, result] of job.results.entries())
      if (result) store(result, at(k), k < count ? (value?.[k] ?? 0) : value === undefined ? 0 : 1)
  })
}

export function accumulatePlainly(loop: JsLoop, job: FoldJob, report: Report): void {
  const { start, step } = steps(loop, job, report)
  eachLine(job, loop.outputs.length, (values, at) => {
    let value: Maybe
    for (const [i, v] of values.entries()) {
      if (v === undefined) continue
      value = value === undefined ? start(v) : step(value, v)
      for (const [k, result] of job.results.entries())
        if (result) store(result, at(k) + i * (result.stride[job.axis] as number), value[k] ?? 0)
    }
  })
}
