/** Kernels of arrays on the device: core calls over the loop dimensions, one dispatch a part of them. */
import { type CoreCall, corePlan, coreSteps } from '../../broadcast/core.ts'
import type { Plan } from '../../broadcast/plan.ts'
import { contiguousStrides } from '../../broadcast/shape.ts'
import type { Strided } from '../../broadcast/view.ts'
import type { TypedArray } from '../../dtype.ts'
import type { WgslLoop } from '../../loops/loop.ts'
import { sharing } from '../../wgsl-words.ts'
import type { Report } from '../target.ts'
import {
  type Bindings,
  bindOperands,
  fitsBindings,
  fitting,
  type Reach,
  release,
  sizesOf,
  sourcesOf,
  stepsOf,
  type Use,
} from './bindings.ts'
import { concluded, handled } from './conclude.ts'
import { acquireGpu } from './device.ts'
import { boundTo, dispatch, type Entry, groupsOf, makeShaders, rectangle, wordsOf } from './pipelines.ts'
import { type CoreKind, type CoreOperand, coreLayoutOf, coreShader } from './shader-core.ts'
import { firstArray, groupSize, headWord } from './shader-text.ts'

export type CoresOnGpu = (operands: readonly Strided[], call: CoreCall, report: Report) => Promise<void>

/** What a shader of this kind binds. */
function entriesOf({ operands, mask }: CoreKind): Entry[] {
  const all = mask ? [...operands, mask] : operands
  const entries = new Map<number, Entry[1]>()
  for (const { array, written } of all)
    if (array !== null) entries.set(array, written || entries.get(array) === 'write' ? 'write' : 'read')
  return [...entries].map(([array, kind]) => [firstArray + array, kind] as const)
}

/** An operand over the elements of a plan: its loop axes, then those of its core. */
function reachOf(operand: Strided, k: number, plan: Plan, call: CoreCall, isArray: boolean): Reach {
  const access = call.access[k] ?? 'read'
  const rank = call.ranks[k] ?? 0
  const core = operand.shape.slice(operand.shape.length - rank)
  const loop = sizesOf(plan)
  if (access === 'scratch') {
    const sizes = [...loop, ...core]
    return { operand, use: 'scratch', sizes, steps: contiguousStrides(sizes), offset: 0 }
  }
  const use: Use =
    access === 'read' ? (isArray ? 'read' : 'value') : access === 'both' || call.mask ? 'both' : 'write'
  return {
    operand,
    use,
    sizes: [...loop, ...core],
    steps: [...stepsOf(plan, k), ...coreSteps(operand, rank)],
    offset: plan.offsets[k] ?? 0,
  }
}

export function makeCores(loop: WgslLoop, tables: readonly TypedArray[]): CoresOnGpu {
  const shaders = makeShaders(loop, tables, coreShader, entriesOf)
  const views = new Set(loop.core?.views.map(({ operand }) => operand))

  return async (operands, call, report) => {
    const gpu = await acquireGpu()
    const { mask } = call
    const whole = corePlan(call, operands)
    const reachesOf = (plan: Plan): Reach[] => {
      const own = operands.map((operand, k) => reachOf(operand, k, plan, call, views.has(k)))
      if (!mask) return own
      const k = operands.length
      const { [k]: offset = 0 } = plan.offsets
      return [...own, { operand: mask, use: 'value', sizes: sizesOf(plan), steps: stepsOf(plan, k), offset }]
    }
    const shared = isShared(loop, call, whole.size)
    if (shared) report.why = 'a workgroup took each core call, and shared the rounds of its loops'
    const sources = sourcesOf(gpu, reachesOf(whole), { elementwise: false })
    const works: Bindings[] = []
    try {
      const checks = shaders.begin(gpu)
      const submitted: Promise<void>[] = []
      for (const plan of fitting(gpu, whole, (part) => fitsBindings(gpu, reachesOf(part), sources))) {
        const reaches = reachesOf(plan)
        const bindings = bindOperands(gpu, reaches, sources)
        works.push(bindings)
        const all = bindings.operands.map((place, k): CoreOperand => {
          const access = call.access[k] ?? 'read'
          return {
            code: reaches[k]?.operand.code ?? 'f4',
            array: 'array' in place ? place.array : null,
            rank: call.ranks[k] ?? 0,
            written: access !== 'read',
            cleared:
              views.has(k) && (access === 'scratch' || (access === 'write' && !loop.fills?.includes(k))),
          }
        })
        const kind: CoreKind = {
          rank: plan.outer.length + 1,
          sizes: call.sizes.length,
          operands: all.slice(0, operands.length),
          mask: all[operands.length] ?? null,
          shared,
        }
        const pipeline = await shaders.pipeline(gpu, kind)
        const groups = rectangle(gpu, shared ? plan.size : groupsOf(plan.size))
        const width = shared ? groups.wide : groups.wide * groupSize
        const words = parametersOf(kind, call, plan, reaches, bindings, width)
        const bound = boundTo(firstArray, checks.bound, bindings.arrays)
        submitted.push(handled(dispatch(gpu, pipeline, words, bound, groups)))
        report.calls++
        report.bytesCopied += bindings.uploaded
      }
      const written = operands.filter((_, k) => call.access[k] === 'write' || call.access[k] === 'both')
      const read = mask ? operands : operands.filter((_, k) => call.access[k] !== 'write')
      await concluded(gpu, checks, submitted, read, written, works, report)
    } finally {
      release(gpu, [sources, ...works])
    }
  }
}

/** Is there a round for each invocation of a workgroup, in one of the loops that they would share; and are calls few? */
function isShared({ shared }: WgslLoop, { sizes }: CoreCall, calls: number): boolean {
  if (!shared || calls > sharing.calls) return false
  return shared.rounds.some(
    (one) =>
      one.sizes.reduce((sum, [size, times]) => sum + times * (sizes[size] ?? 0), one.constant) >=
      sharing.rounds,
  )
}

/** The parameters of a dispatch: see `coreLayoutOf`. */
function parametersOf(
  kind: CoreKind,
  call: CoreCall,
  plan: Plan,
  reaches: readonly Reach[],
  { operands }: Bindings,
  width: number,
): Uint32Array<ArrayBuffer> {
  const layout = coreLayoutOf(kind)
  const words = new Uint32Array(layout.words)
  words[headWord.n] = plan.size
  words[headWord.width] = width
  words.set(sizesOf(plan), layout.loop)
  words.set(call.sizes, layout.sizes)
  operands.forEach((place, k) => {
    const { operand, sizes = [] } = reaches[k] ?? {}
    const at = layout.operands[k] ?? layout.mask
    if ('value' in place) words.set(wordsOf(operand?.code ?? 'f4', place.value), at)
    else {
      const loopSteps = place.steps.slice(0, kind.rank)
      const core = [...sizes.slice(kind.rank), ...place.steps.slice(kind.rank)]
      words.set([place.offset, ...loopSteps, ...core], at)
    }
  })
  return words
}
