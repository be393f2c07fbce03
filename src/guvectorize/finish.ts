/**
 * The second half of a gufunc's call, once its loop is found: core axes to the end, sizes bound, results allocated, inputs that
 * share memory with outputs copied, the kernel run over the loop dimensions.
 */

import { type Access, type CoreCall, copyCores } from '../broadcast/core.ts'
import { contiguousStrides, outputStrides, type Shape, sizeOf } from '../broadcast/shape.ts'
import type { Strided } from '../broadcast/view.ts'
import { CoreDimensionError, TargetError } from '../errors.ts'
import { resultOf } from '../targets/index.ts'
import { separate } from '../vectorize/distinct.ts'
import { absent, type Call, type Core, type Finish, type Last, type Ready } from '../vectorize/prepare.ts'
import { readAxes, withCoreAt, withCoreLast } from './axes.ts'
import { checkContiguous } from './contiguous.ts'
import { coreOf, type Layout } from './layout.ts'
import { madeArrays, most } from './made.ts'
import { allocateAgain, isAgain, isPlain, type RecalledCall, recallCall } from './recall.ts'
import { bindSizes, missingDims, noSizes, type Sizes, type SizesOption } from './sizes.ts'
import { checkUnstretched, checkWritable, separateAll, temporary } from './written.ts'

export interface GufuncRules {
  readonly layout: Layout
  readonly sizes: SizesOption
  /** Operands that are written in place: outputs keep what they hold, inputs are written. */
  readonly writable: ReadonlySet<number>
}

/** An operand with an axis for each core dimension of the layout: size 1 where one is missing. */
function whole(layout: Layout, k: number, operand: Strided, missing: readonly boolean[]): Strided {
  const core = coreOf(layout, k)
  if (!core.some(({ dim }) => missing[dim])) return operand
  const has = core.filter(({ dim }) => !missing[dim]).length
  const first = operand.shape.length - has
  let next = first
  const axes = core.map(({ dim }) => (missing[dim] ? -1 : next++))
  return {
    ...operand,
    shape: [
      ...operand.shape.slice(0, first),
      ...axes.map((axis) => (axis < 0 ? 1 : (operand.shape[axis] ?? 1))),
    ],
    stride: [
      ...operand.stride.slice(0, first),
      ...axes.map((axis) => (axis < 0 ? 0 : (operand.stride[axis] ?? 0))),
    ],
  }
}

/** The strides of a new result: loop dimensions in the order of the inputs', then the core in C order. */
function resultStrides(loop: Shape, core: Shape, inputs: readonly Strided[], call: Call): number[] {
  const { order } = call.keywords
  if (order === 'F') return contiguousStrides([...loop, ...core], 'F')
  const size = Math.max(1, sizeOf(core))
  return [...outputStrides(loop, inputs, order).map((s) => s * size), ...contiguousStrides(core)]
}

const loopPart = ({ data, code, shape, stride, offset }: Strided, core: number): Strided => ({
  data,
  code,
  shape: shape.slice(0, shape.length - core),
  stride: stride.slice(0, stride.length - core),
  offset,
})

/** A given output without the axes of size 1 that `keepdims` keeps. */
function withoutKept(core: Core, k: number, out: Strided, kept: number): Strided {
  const sizes = out.shape.slice(out.shape.length - kept)
  if (sizes.every((size) => size === 1)) return loopPart(out, kept)
  throw new CoreDimensionError(
    `${core.name}: Output operand ${k - core.nin} keeps the core dimensions of the inputs (keepdims), so they have size 1, but it has shape (${out.shape.join(',')})`,
    { name: '', sizes, operand: k },
  )
}

function checkSizes(core: Core, { sizes }: Sizes): void {
  const large = sizes.find((size) => size > most)
  if (large === undefined) return
  throw new CoreDimensionError(
    `${core.name}: a core dimension of ${large} is beyond what a kernel can count to, ${most}`,
    {
      name: '',
      sizes: [large],
      operand: 0,
    },
  )
}

export function gufuncFinish({ layout, sizes: option, writable }: GufuncRules): Finish {
  let recalled: RecalledCall | null = null

  /** The last call once more, with other data; null where operands have to be copied this time. */
  const again = (core: Core, request: Call, ready: Ready, known: RecalledCall): unknown => {
    const { operands, outs } = request
    const { runCore } = ready
    if (runCore === undefined) return null
    if (writable.size > 0) checkWritable(core, request.args, writable)
    if ((outs !== null || writable.size > 0) && separateAll(core, operands, ready, writable)) return null
    allocateAgain(known, request, ready)
    const report: Last = { target: ready.target.name, threads: 1, calls: 0, bytesCopied: 0 }
    if (ready.why !== undefined) report.why = ready.why
    const done: unknown = runCore(operands, known.call, report)
    core.last = report
    core.lastLoop = ready
    const alone = request.scalars === core.nin && outs === null && known.call.loop.length === 0
    const results = () => {
      const all = operands.slice(core.nin).map((o, k): unknown => {
        const given = givenOut(request, k)
        if (given !== undefined) return given
        return alone && o.shape.length === 0 ? single(o) : resultOf(ready.target, o)
      })
      return core.nout === 0 ? undefined : core.nout === 1 ? all[0] : all
    }
    return done instanceof Promise ? done.then(results) : results()
  }
  return (core, request, ready) => {
    if (recalled !== null && isPlain(request) && isAgain(recalled, request, ready)) {
      const done = again(core, request, ready, recalled)
      if (done !== null) return done
    }
    const { nin, nout, name } = core
    const { keywords, scalars, outs } = request
    const { mask } = keywords
    if (writable.size > 0) checkWritable(core, request.args, writable)
    // With a mask, it stands between inputs and outputs.
    const operands = mask === null ? request.operands : request.operands.filter((_, k) => k !== nin)
    const { runCore } = ready
    if (runCore === undefined) {
      throw new TargetError(`the target '${ready.target.name}' does not run kernels of arrays`, {
        target: ready.target.name,
        reason: 'it takes scalar kernels only',
      })
    }
    const missing = missingDims(
      { layout, name },
      operands.map((o, k) => (o === absent || (k >= nin && keywords.keepdims) ? null : o.shape)),
    )
    const axes = readAxes({ name, layout, missing, ...pick(keywords) })
    const kept = keywords.keepdims ? (axes.counts[nin] ?? 0) : 0
    const moved = operands.map((o, k): Strided => {
      if (o === absent) return o
      const last = withCoreLast(o, axes.of(k, o.shape.length))
      return k >= nin && kept > 0 ? withoutKept(core, k, last, kept) : last
    })
    const bound = bindSizes(
      layout,
      moved.slice(0, nin).map((o) => o.shape),
      moved.slice(nin).map((o) => (o === absent ? null : o.shape)),
      option,
      name,
      mask?.shape,
    )
    checkSizes(core, bound)
    const alone = scalars === nin && outs === null && bound.loop.length === 0
    const sync = ready.target.kind === 'sync'
    const selects = mask && sync ? apartFrom(mask, moved.slice(nin), ready) : mask
    const inputs = moved.slice(0, nin).map((o, k) => loopPart(o, bound.cores[k]?.length ?? 0))
    for (const k of writable) if (k < nin) checkUnstretched(core, k, inputs[k]?.shape ?? [], bound.loop)
    if (outs !== null || writable.size > 0) separateAll(core, moved, ready, writable)

    for (let k = nin; k < nin + nout; k++) {
      if (moved[k] !== absent) continue
      const code = ready.overload.outputs[k - nin] ?? 'f8'
      const own = bound.cores[k] ?? []
      const shape = [...bound.loop, ...own]
      const data = ready.target.memory.allocate(
        code,
        sizeOf(shape),
        moved.slice(0, nin).map((o) => o.data),
      )
      const made = { data, code, shape, stride: resultStrides(bound.loop, own, inputs, request), offset: 0 }
      // What the mask leaves out is 0.
      if (mask !== null) ready.target.memory.clear(made)
      moved[k] = made
    }
    const run = moved.map((o, k) => temporary(core, ready, writable, o, k))
    checkContiguous(name, ready, run)
    const made = madeArrays(core, ready, run, bound.sizes)
    run.push(...made.arrays)
    const call: CoreCall = {
      loop: bound.loop,
      sizes: made.sizes,
      ranks: run.map((o, k) => (k < nin + nout ? coreOf(layout, k).length : o.shape.length)),
      access: run.map((_, k): Access => {
        if (k >= nin + nout) return 'scratch'
        return writable.has(k) ? 'both' : k < nin ? 'read' : 'write'
      }),
      mask: selects,
    }
    const report: Last = { target: ready.target.name, threads: 1, calls: 0, bytesCopied: 0 }
    if (ready.why !== undefined) report.why = ready.why
    let done: unknown
    const calls = sizeOf(bound.loop) > 0
    if (calls) {
      const complete = bound.missing.includes(true)
        ? run.map((o, k) => (k < nin + nout ? whole(layout, k, o, bound.missing) : o))
        : run
      done = runCore(complete, call, report)
    }
    core.last = report
    core.lastLoop = ready
    const inPlace = run.every((o, k) => o === request.operands[k] || request.operands[k] === absent)
    if (calls && inPlace && option === noSizes && made.arrays.length === 0 && isPlain(request))
      recalled = bound.missing.includes(true) ? null : recallCall(request, ready, run, call)
    const results = (): unknown => {
      if (calls)
        run.forEach((o, k) => {
          const to = moved[k]
          if (to && to !== o) copyCores(call, k, o, to)
        })
      const all = moved.slice(nin).map((o, k): unknown => {
        const given = givenOut(request, k)
        if (given !== undefined) return given
        if (alone && o.shape.length + kept === 0) return single(o)
        const ones = Array.from({ length: kept }, () => 1)
        const full: Strided =
          kept === 0 ? o : { ...o, shape: [...o.shape, ...ones], stride: [...o.stride, ...ones] }
        const back = withCoreAt(full, axes.of(nin + k, full.shape.length))
        return resultOf(ready.target, back)
      })
      return nout === 0 ? undefined : nout === 1 ? all[0] : all
    }
    return done instanceof Promise ? done.then(results) : results()
  }
}

const pick = ({ axes, axis, keepdims }: Call['keywords']) => ({ axes, axis, keepdims })

function givenOut({ outs, outsFrom, outsTo }: Call, k: number): unknown {
  const out = outs === null || outsFrom + k >= outsTo ? undefined : outs[outsFrom + k]
  return out ?? undefined
}

export function single({ data, offset, code }: Strided): unknown {
  const value = data[offset]
  return code === 'b1' ? value !== 0 : value
}

/** The mask, or a copy of it where outputs lie in the same memory. */
function apartFrom(mask: Strided, outs: readonly Strided[], ready: Ready): Strided {
  const all = [mask, ...outs]
  separate(all, 1, ready, false)
  return all[0] ?? mask
}
