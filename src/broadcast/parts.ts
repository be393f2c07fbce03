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

/** Work of `size` elements, `along` of its slowest axis, which can be cut there, and the parts of such a cut again. */
interface Work<P> {
  readonly whole: P
  readonly size: number
  readonly along: number
  part(from: number, n: number): P
}

/** Parts one after another; what is too much even for one step of the slowest axis is cut along the next. */
function* inParts<P>(work: Work<P>, wanted: Wanted, workOf: (part: P) => Work<P>): Generator<P> {
  const { whole, size, along, part } = work
  const each = size / along
  for (let from = 0; from < along; ) {
    const want = Math.max(1, Math.floor(wanted()))
    if (from === 0 && want >= size) {
      yield whole
      return
    }
    const n = Math.min(along - from, Math.floor(want / each))
    if (n > 0) yield part(from, n)
    else yield* inParts(workOf(part(from, 1)), wanted, workOf)
    from += Math.max(n, 1)
  }
}

const planWork = (plan: Plan): Work<Plan> => ({
  whole: plan,
  size: plan.size,
  along: plan.outer[0] ?? plan.inner,
  part: (from, n) => cut(plan, from, n),
})

/** The parts of a plan, in the order in which a walk visits them. */
export const partsOf = (plan: Plan, wanted: Wanted): Generator<Plan> =>
  inParts(planWork(plan), wanted, planWork)

export interface CorePart {
  readonly operands: readonly Strided[]
  readonly call: CoreCall
}

function coreWork(whole: CorePart): Work<CorePart> {
  const { operands, call } = whole
  const first = call.loop.findIndex((n) => n > 1)
  const axis = Math.max(first, 0)
  return {
    whole,
    size: sizeOf(call.loop),
    along: first < 0 ? 1 : (call.loop[axis] ?? 1),
    part: (from, n) => ({
      operands: operands.map((operand, k) =>
        partOf(operand, axisOf(call, k, operand, axis), { axis, from, n }),
      ),
      call: partOfCall(call, { axis, from, n }),
    }),
  }
}

/** The parts of a call of a kernel of arrays: fewer of its loop's elements. */
export const corePartsOf = (whole: CorePart, wanted: Wanted): Generator<CorePart> =>
  inParts(coreWork(whole), wanted, coreWork)
