/** Folds element by element, for loops that are no code. The tree is tree.ts's, told once more in the plainest way. */
import { store } from '../../broadcast/nested.ts'
import { type Code, dtypes } from '../../dtype.ts'
import type { JsLoop } from '../../loops/loop.ts'
import type { FoldJob, Report } from '../target.ts'
import { blockSize, eachTile, partialCount, withoutAxis } from './tile.ts'

type Value = number | bigint
type Join = (a: Value, b: Value) => Value

/** An element that a mask leaves out, or a part of the tree without elements, is undefined. */
function joined(join: Join, a: Value | undefined, b: Value | undefined): Value | undefined {
  if (a === undefined) return b
  return b === undefined ? a : join(a, b)
}

/** The tree over these values; undefined when there are none. */
export function treeOf(values: readonly (Value | undefined)[], join: Join): Value | undefined {
  let level: (Value | undefined)[] = []
  for (let from = 0; from < values.length; from += blockSize) {
    const partials = new Array<Value | undefined>(partialCount).fill(undefined)
    for (let i = from; i < Math.min(from + blockSize, values.length); i++)
      partials[i % partialCount] = joined(join, partials[i % partialCount], values[i])
    level.push(pairwise(partials, join)[0])
  }
  while (level.length > 1) level = nextLevel(level, join)
  return level[0]
}

function pairwise(values: readonly (Value | undefined)[], join: Join): readonly (Value | undefined)[] {
  return values.length === 1 ? values : pairwise(nextLevel(values, join), join)
}

const nextLevel = (values: readonly (Value | undefined)[], join: Join): (Value | undefined)[] =>
  Array.from({ length: Math.ceil(values.length / 2) }, (_, k) =>
    joined(join, values[2 * k], values[2 * k + 1]),
  )

/** As a typed array of the accumulator's dtype keeps it. */
function converter(from: Code, to: Code): (value: Value) => Value {
  const slot = { data: new dtypes[to].array(1), code: to }
  return (value) => {
    store(slot, 0, from === 'b1' ? Number(value) !== 0 : value)
    return slot.data[0] as Value
  }
}

function eachLine(
  job: FoldJob,
  visit: (values: readonly (Value | undefined)[], at: (result: number) => number) => void,
): void {
  const [x, mask] = job.elements
  if (!x) return
  const results = job.results.map((result) =>
    result && result.shape.length === x.shape.length ? withoutAxis(result, job.axis) : result,
  )
  eachTile(job, results, ({ offsets, length, steps, outputs, outputSteps }, resultOffsets, resultSteps) => {
    for (let output = 0; output < outputs; output++) {
      const place = (k: number, i: number) =>
        (offsets[k] as number) + output * (outputSteps[k] as number) + i * (steps[k] as number)
      const values = Array.from({ length }, (_, i) =>
        mask && Number(mask.data[place(1, i)]) === 0 ? undefined : (x.data[place(0, i)] as Value),
      )
      visit(values, (k) => (resultOffsets[k] as number) + output * (resultSteps[k] as number))
    }
  })
}

export function reducePlainly(
  { element, join, inputs, outputs }: JsLoop,
  job: FoldJob,
  report: Report,
): void {
  const [x] = job.elements
  const [to = 'f8'] = outputs
  const convert = converter(x?.code ?? inputs[1] ?? to, to)
  const count = <T>(result: T): T => {
    report.calls++
    return result
  }
  const asValue = converter(to, to)
  const step: Join = (a, b) => count(asValue(toValue(element([a, b])[0])))
  const joinTwo: Join = (a, b) => count(asValue(toValue((join ?? element)([a, b])[0])))
  eachLine(job, (values, at) => {
    let value: Value | undefined
    if (job.tree) {
      const root = treeOf(
        values.map((v) => (v === undefined ? v : convert(v))),
        joinTwo,
      )
      value = joined(joinTwo, job.initial?.[0], root)
    } else {
      value = job.initial?.[0]
      for (const v of values) if (v !== undefined) value = value === undefined ? convert(v) : step(value, v)
    }
    const flags: readonly (Value | undefined)[] = [value ?? 0, value === undefined ? 0 : 1]
    for (const [k, result] of job.results.entries()) if (result) store(result, at(k), flags[k] ?? 0)
  })
}

const toValue = (value: number | bigint | boolean | undefined): Value =>
  typeof value === 'boolean' ? Number(value) : (value ?? 0)

export function accumulatePlainly({ element, inputs, outputs }: JsLoop, job: FoldJob, report: Report): void {
  const [x] = job.elements
  const [result] = job.results
  const [to = 'f8'] = outputs
  if (!result) return
  const convert = converter(x?.code ?? inputs[1] ?? to, to)
  const asValue = converter(to, to)
  const step = result.stride[job.axis] as number
  eachLine(job, (values, at) => {
    let value: Value | undefined
    for (const [i, v] of values.entries()) {
      if (v === undefined) continue
      value = value === undefined ? convert(v) : asValue(toValue(element([value, v])[0]))
      report.calls++
      store(result, at(0) + i * step, value)
    }
  })
}
