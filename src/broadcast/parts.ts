/** Work in parts, one after another, which together are the whole: a thread does something else between them. */
import { axisOf, type CoreCall, partOf, partOfCall } from './core.ts'
import type { Plan } from './plan.ts'
import { sizeOf } from './shape.ts'
import type { Strided } from './view.ts'

/** How many elements the next part is to have, asked before each; parts have at most so many, and at least one. */
export type Wanted = () => number

/** The plan from index `from` to before `from + n` of its slowest axis. */
function cut(plan: Plan, from: number, n: number): Plan {
  const { size, inner, innerSteps, outer, outerSteps, offsets } = plan
  const [slowest = inner, ...rest] = outer
  const stepOf = (k: number) => (outer.length > 0 ? outerSteps[k]?.[0] : innerSteps[k]) ?? 0
  return {
    size: (size / slowest) * n,
    inner: outer.length > 0 ? inner : n,
    innerSteps,
    outer: outer.length === 0 ? outer : n === 1 ? rest : [n, ...rest],
    outerSteps: n === 1 && outer.length > 0 ? outerSteps.map((steps) => steps.slice(1)) : outerSteps,
    offsets: offsets.map((offset, k) => offset + from * stepOf(k)),
  }
}

/** The parts of a plan, in the order in which a walk visits them. */
export function* partsOf(plan: Plan, wanted: Wanted): Generator<Plan> {
  const size = plan.outer[0] ?? plan.inner
  const each = plan.size / size
  for (let from = 0; from < size; ) {
    const want = Math.max(1, Math.floor(wanted()))
    if (from === 0 && want >= plan.size) {
      yield plan
      return
    }
    if (want >= each) {
      const n = Math.min(size - from, Math.floor(want / each))
      yield cut(plan, from, n)
      from += n
    } else {
      yield* partsOf(cut(plan, from, 1), wanted)
      from++
    }
  }
}

export interface CorePart {
  readonly operands: readonly Strided[]
  readonly call: CoreCall
}

/** The parts of a call of a kernel of arrays: fewer of its loop's elements. */
export function* corePartsOf(whole: CorePart, wanted: Wanted): Generator<CorePart> {
  const { operands, call } = whole
  const size = sizeOf(call.loop)
  const axis = call.loop.findIndex((n) => n > 1)
  if (axis < 0) {
    yield whole
    return
  }
  const along = call.loop[axis] ?? 1
  const each = size / along
  const part = (from: number, n: number): CorePart => ({
    operands: operands.map((operand, k) =>
      partOf(operand, axisOf(call, k, operand, axis), { axis, from, n }),
    ),
    call: partOfCall(call, { axis, from, n }),
  })
  for (let from = 0; from < along; ) {
    const want = Math.max(1, Math.floor(wanted()))
    if (from === 0 && want >= size) {
      yield whole
      return
    }
    if (want >= each) {
      const n = Math.min(along - from, Math.floor(want / each))
      yield part(from, n)
      from += n
    } else {
      yield* corePartsOf(part(from, 1), wanted)
      from++
    }
  }
}
