/** Reductions on the device: one axis in a few dispatches, in the tree that all targets share. */
import { makePlan, type Plan } from '../../broadcast/plan.ts'
import { stridesFor } from '../../broadcast/shape.ts'
import type { Strided } from '../../broadcast/view.ts'
import { dtypes, type TypedArray } from '../../dtype.ts'
import type { WgslLoop } from '../../loops/loop.ts'
import { blockSize, withoutAxis } from '../fold/tile.ts'
import type { FoldJob, Report } from '../target.ts'
import { bindOperands, scatter } from './bindings.ts'
import { giveStorage, gpuDataOf, readBack, takeStorage } from './buffers.ts'
import { acquireGpu } from './device.ts'
import {
  type Bound,
  dispatch,
  type Entry,
  groupsOf,
  makeShaders,
  rectangle,
  refused,
  wordsOf,
} from './pipelines.ts'
import {
  type FoldKind,
  type FoldStage,
  firstFoldArray,
  foldLayout,
  foldShader,
  recordsIn,
  recordsOut,
  recordWords,
} from './shader-fold.ts'
import { groupSize, headWord } from './shader-text.ts'

/** `keeps`: every step of a fold from the left. */
export type FoldOnGpu = (job: FoldJob, keeps: boolean, report: Report) => Promise<void>

/** Where something lies over the outputs, and its step along the axis. */
interface Place {
  readonly offset: number
  readonly steps: readonly number[]
  readonly along: number
}

const stepsOf = (plan: Plan, k: number): number[] => [...(plan.outerSteps[k] ?? []), plan.innerSteps[k] ?? 0]

export function makeFold(loop: WgslLoop, tables: readonly TypedArray[]): FoldOnGpu {
  const shaders = makeShaders(loop, tables, foldShader, entriesOf)

  return async (job, keeps, report) => {
    const { elements, axis, results, initial, tree } = job
    const [first] = elements
    if (!first) return
    const gpu = await acquireGpu()
    const length = first.shape[axis] ?? 1
    // Outputs make the plan; the axis is one more, which is the fastest.
    const wanted = results.map((result) => (result && keeps ? withoutAxis(result, axis) : result))
    const outer = makePlan(withoutAxis(first, axis).shape, [
      ...elements.map((one) => withoutAxis(one, axis)),
      ...wanted.filter((one) => one !== null),
    ])
    const along = elements.map((one) => stridesFor(one, first.shape)[axis] ?? 0)
    const inputs: Plan = {
      size: outer.size * length,
      inner: length,
      innerSteps: along,
      outer: [...outer.outer, outer.inner],
      outerSteps: elements.map((_, k) => stepsOf(outer, k)),
      offsets: outer.offsets.slice(0, elements.length),
    }
    const codes = elements.map(({ code }) => code)
    const targets = results.flatMap((result) => (result ? [gpuDataOf(result.data)?.buffer] : []))
    const bindings = bindOperands(
      gpu,
      { ...loop, form: 'map', inputs: codes, outputs: [] },
      elements,
      inputs,
      targets,
    )
    const temporary: GPUBuffer[] = []
    const take = (bytes: number) => {
      const buffer = takeStorage(gpu, bytes)
      temporary.push(buffer)
      return buffer
    }
    try {
      const outs = placeResults(job, outer, keeps, length, bindings.buffers.length, take)
      const base = {
        rank: outer.outer.length + 1,
        sources: bindings.operands.map((one, k) => ({
          code: codes[k] ?? 'f4',
          array: 'value' in one ? null : one.array,
        })),
        results: outs.map((one) => (one ? { code: one.code, array: one.array } : null)),
        steps: keeps,
        initial: initial !== null,
      }
      const layout = foldLayout({ ...base, stage: 'left' })
      const words = new Uint32Array(layout.words)
      words.set([...outer.outer, outer.inner], layout.sizes)
      words[layout.length] = length
      bindings.operands.forEach((one, k) => {
        const at = layout.sources[k] ?? 0
        words.set('value' in one ? wordsOf(codes[k] ?? 'f4', one.value) : [one.offset, ...one.steps], at)
      })
      outs.forEach((one, k) => {
        if (one) words.set([one.place.offset, ...one.place.steps, one.place.along], layout.results[k] ?? 0)
      })
      initial?.slice(0, loop.outputs.length).forEach((value, k) => {
        words.set(wordsOf(loop.outputs[k] ?? 'f4', value), layout.initial[k] ?? 0)
      })
      const call = shaders.begin(gpu)
      const arrays: Bound[] = bindings.buffers.map((buffer, array) => [firstFoldArray + array, buffer])
      // Results may be views of one array.
      const outputs = new Map(
        outs.flatMap((one) => (one ? [[firstFoldArray + one.array, one.buffer] as const] : [])),
      )
      const run = async (stage: FoldStage, units: number, blocks: number, bound: readonly Bound[]) => {
        const kind: FoldKind = { ...base, stage }
        const pipeline = await shaders.pipeline(gpu, kind)
        const groups = rectangle(
          gpu,
          stage === 'blocks' ? Math.ceil(units / (groupSize / 8)) : groupsOf(units),
        )
        words[headWord.n] = units
        words[headWord.width] = groups.wide
        words[layout.blocks] = blocks
        report.calls++
        await dispatch(gpu, pipeline, words, [...call.bound, ...bound], groups)
      }
      if (tree && !keeps) {
        let blocks = Math.ceil(length / blockSize)
        const bytes = 4 * recordWords(loop) * outer.size
        let from = take(bytes * blocks)
        await run('blocks', outer.size * blocks, blocks, [...arrays, [recordsOut, from]])
        while (blocks > 1) {
          const now = Math.ceil(blocks / 2)
          const into = take(bytes * now)
          await run('level', outer.size * now, blocks, [
            [recordsIn, from],
            [recordsOut, into],
          ])
          ;[from, blocks] = [into, now]
        }
        await run('finish', outer.size, blocks, [[recordsIn, from], ...outputs])
      } else await run('left', outer.size, 1, [...arrays, ...outputs])
      report.bytesCopied += bindings.uploaded
      const check = call.end()
      const back = outs.flatMap((one) => (one?.host ? [one] : []))
      const parts = await Promise.all(
        back.map(({ buffer, code, count }) => readBack(gpu, buffer, count * dtypes[code].bytes)),
      )
      back.forEach(({ host, plan }, k) => {
        const part = parts[k]
        if (!part || !host) return
        report.bytesCopied += part.byteLength
        scatter(part, host, plan, 0)
      })
      await check
    } finally {
      for (const buffer of [...temporary, ...bindings.temporary]) giveStorage(gpu, buffer)
    }
  }

  /** Results on the device are written where they are; others to buffers in the order of the plan. */
  function placeResults(
    { elements, axis, results }: FoldJob,
    outer: Plan,
    keeps: boolean,
    length: number,
    firstFree: number,
    take: (bytes: number) => GPUBuffer,
  ) {
    let array = firstFree
    let k = elements.length
    const arrays = new Map<GPUBuffer, number>()
    return results.map((result: Strided | null, number) => {
      if (!result) return null
      const index = k++
      const want = loop.outputs[number] ?? 'b1'
      if (result.code !== want)
        throw refused(`${loop.name} reduces to ${want} on the gpu, and was given an output of ${result.code}`)
      const own = gpuDataOf(result.data)
      const offset = outer.offsets[index] ?? 0
      const steps = stepsOf(outer, index)
      const along = keeps ? (result.stride[axis] ?? 0) : 0
      const count = outer.size * (keeps ? length : 1)
      const buffer = own?.buffer ?? take(count * dtypes[result.code].bytes)
      const known = arrays.get(buffer) ?? array++
      arrays.set(buffer, known)
      const plan = resultPlan(outer, index, keeps ? { length, along } : null)
      const place: Place = own ? { offset, steps, along } : densePlace(outer, keeps ? length : 1)
      return {
        code: result.code,
        array: known,
        buffer,
        place,
        host: own ? null : result,
        plan,
        index: 0,
        count,
      }
    })
  }
}

/** One after another in the order of the plan, the axis fastest. */
function densePlace({ outer, inner }: Plan, length: number): Place {
  const sizes = [...outer, inner]
  const steps = new Array<number>(sizes.length).fill(length)
  for (let axis = sizes.length - 2; axis >= 0; axis--)
    steps[axis] = (steps[axis + 1] ?? 1) * (sizes[axis + 1] ?? 1)
  return { offset: 0, steps, along: 1 }
}

/** The plan of one result alone, in the order in which it was computed. */
function resultPlan(
  plan: Plan,
  k: number,
  kept: { readonly length: number; readonly along: number } | null,
): Plan {
  const own = { outerSteps: [plan.outerSteps[k] ?? []], offsets: [plan.offsets[k] ?? 0] }
  if (!kept) return { ...plan, ...own, innerSteps: [plan.innerSteps[k] ?? 0] }
  return {
    size: plan.size * kept.length,
    inner: kept.length,
    innerSteps: [kept.along],
    outer: [...plan.outer, plan.inner],
    outerSteps: [stepsOf(plan, k)],
    offsets: own.offsets,
  }
}

/** What a stage binds. */
function entriesOf({ stage, sources, results }: FoldKind): Entry[] {
  const reads = stage === 'blocks' || stage === 'left'
  const puts = stage === 'finish' || stage === 'left'
  const distinct = (list: readonly number[]) => [...new Set(list)]
  const of = (list: readonly ({ readonly array: number | null } | null)[]) =>
    distinct(list.flatMap((one) => (one && one.array !== null ? [firstFoldArray + one.array] : [])))
  return [
    ...(stage === 'level' || stage === 'finish' ? [[recordsIn, 'read'] as const] : []),
    ...(stage === 'level' || stage === 'blocks' ? [[recordsOut, 'write'] as const] : []),
    ...(reads ? of(sources).map((binding) => [binding, 'read'] as const) : []),
    ...(puts ? of(results).map((binding) => [binding, 'write'] as const) : []),
  ]
}
