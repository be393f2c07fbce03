/** Reductions on the device: one axis in a few dispatches, in the tree that all targets share. */
import { partsOf } from '../../broadcast/parts.ts'
import { makePlan, type Plan } from '../../broadcast/plan.ts'
import { stridesFor } from '../../broadcast/shape.ts'
import type { TypedArray } from '../../dtype.ts'
import type { WgslLoop } from '../../loops/loop.ts'
import { blockSize, withoutAxis } from '../fold/tile.ts'
import type { FoldJob, Report } from '../target.ts'
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
} from './bindings.ts'
import { takeStorage } from './buffers.ts'
import { concluded, handled } from './conclude.ts'
import { acquireGpu, refused } from './device.ts'
import { type Bound, boundTo, dispatch, type Entry, makeShaders, rectangle, wordsOf } from './pipelines.ts'
import {
  type FoldKind,
  type FoldStage,
  fanIn,
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

export function makeFold(loop: WgslLoop, tables: readonly TypedArray[]): FoldOnGpu {
  const shaders = makeShaders(loop, tables, foldShader, entriesOf)

  return async (job, keeps, report) => {
    const { elements, axis, results, initial, tree } = job
    const [first] = elements
    if (!first) return
    results.forEach((result, k) => {
      const want = loop.outputs[k] ?? 'b1'
      if (result && result.code !== want)
        throw refused(`${loop.name} reduces to ${want} on the gpu, and was given an output of ${result.code}`)
    })
    const gpu = await acquireGpu()
    const length = first.shape[axis] ?? 1
    const written = results.filter((one) => one !== null)
    // Outputs make the plan; the axis is one more, which is the fastest.
    const outer = makePlan(withoutAxis(first, axis).shape, [
      ...elements.map((one) => withoutAxis(one, axis)),
      ...written.map((one) => (keeps ? withoutAxis(one, axis) : one)),
    ])
    const elementsOf = (plan: Plan, from: number, count: number): Reach[] =>
      elements.map((operand, k) => {
        const step = stridesFor(operand, first.shape)[axis] ?? 0
        const { sizes, steps, offset } = overPlan(plan, k)
        return {
          operand,
          use: 'value',
          sizes: [...sizes, count],
          steps: [...steps, step],
          offset: offset + from * step,
        }
      })
    const resultsOf = (plan: Plan): Reach[] =>
      written.map((operand, w) => {
        const { sizes, steps, offset } = overPlan(plan, elements.length + w)
        if (!keeps) return { operand, use: 'write', sizes, steps, offset }
        const step = operand.stride[axis] ?? 0
        return { operand, use: 'write', sizes: [...sizes, length], steps: [...steps, step], offset }
      })
    const sources = sourcesOf(gpu, [...elementsOf(outer, 0, length), ...resultsOf(outer)], {
      elementwise: false,
    })
    const works: Bindings[] = []
    const records: GPUBuffer[] = []
    const take = (bytes: number) => {
      const buffer = takeStorage(gpu, bytes)
      records.push(buffer)
      return buffer
    }
    const inBlocks = tree && !keeps
    const allBlocks = Math.ceil(length / blockSize)
    const recordBytes = 4 * recordWords(loop)
    const fits = (part: Plan, chunk: number) =>
      fitsBindings(gpu, [...elementsOf(part, 0, chunk), ...resultsOf(part)], sources) &&
      recordBytes * part.size * allBlocks <= gpu.mostBound
    // Outputs are shared out before the axis of one is cut, which only blocks allow.
    const [single = outer] = partsOf(outer, () => 1)
    let chunk = length
    while (inBlocks && chunk > blockSize && !fits(single, chunk))
      chunk = blockSize * Math.ceil(chunk / 2 / blockSize)

    try {
      const call = shaders.begin(gpu)
      const submitted: Promise<void>[] = []
      const run = async (part: Plan, stage: Stage): Promise<void> => {
        const own = {
          elements: stage.elements ?? [],
          results: stage.results ?? [],
        }
        const bindings = bindOperands(gpu, [...own.elements, ...own.results], {
          ...sources,
          buffers: [
            ...sources.buffers.slice(0, own.elements.length),
            ...sources.buffers.slice(elements.length),
          ],
        })
        works.push(bindings)
        const placed = bindings.operands
        let next = own.elements.length
        const outs = results.map((result) => {
          const place = result && own.results.length > 0 ? placed[next++] : undefined
          return result && place && 'array' in place ? { code: result.code, place } : null
        })
        const kind: FoldKind = {
          stage: stage.name,
          rank: part.outer.length + 1,
          sources: elements.map(({ code }, k) => {
            const place = own.elements.length > 0 ? placed[k] : undefined
            return { code, array: place && 'array' in place ? place.array : null }
          }),
          results: outs.map((one) => one && { code: one.code, array: one.place.array }),
          steps: keeps,
          initial: initial !== null,
        }
        const layout = foldLayout(kind)
        const words = new Uint32Array(layout.words)
        words.set(sizesOf(part), layout.sizes)
        own.elements.forEach(({ operand: { code } }, k) => {
          const place = placed[k]
          if (!place) return
          const mine = 'value' in place ? wordsOf(code, place.value) : [place.offset, ...place.steps]
          words.set(mine, layout.sources[k] ?? 0)
        })
        outs.forEach((one, k) => {
          if (one) words.set([one.place.offset, ...one.place.steps], layout.results[k] ?? 0)
        })
        initial?.slice(0, loop.outputs.length).forEach((value, k) => {
          words.set(wordsOf(loop.outputs[k] ?? 'f4', value), layout.initial[k] ?? 0)
        })
        const pipeline = await shaders.pipeline(gpu, kind)
        const inGroup = stage.name === 'blocks' || stage.name === 'level' ? groupSize / fanIn : groupSize
        const groups = rectangle(gpu, Math.ceil(stage.units / inGroup))
        words[headWord.n] = stage.units
        words[headWord.width] = groups.wide
        words[layout.length] = stage.length ?? length
        words[layout.blocks] = stage.blocks
        words[layout.firstBlock] = stage.firstBlock ?? 0
        words[layout.allBlocks] = allBlocks
        report.calls++
        report.bytesCopied += bindings.uploaded
        const bound = boundTo(firstFoldArray, [...call.bound, ...stage.records], bindings.arrays)
        submitted.push(handled(dispatch(gpu, pipeline, words, bound, groups)))
      }

      for (const part of fitting(gpu, outer, (one) => fits(one, chunk))) {
        if (!inBlocks) {
          const all = { elements: elementsOf(part, 0, length), results: resultsOf(part) }
          await run(part, { name: 'left', units: part.size, blocks: 1, records: [], ...all })
          continue
        }
        const bytes = recordBytes * part.size
        let from = take(bytes * allBlocks)
        for (let at = 0; at < length; at += chunk) {
          const count = Math.min(chunk, length - at)
          const blocks = Math.ceil(count / blockSize)
          await run(part, {
            name: 'blocks',
            units: part.size * blocks,
            blocks,
            firstBlock: at / blockSize,
            length: count,
            records: [[recordsOut, { buffer: from }]],
            elements: elementsOf(part, at, count),
          })
        }
        let blocks = allBlocks
        while (blocks > 1) {
          const now = Math.ceil(blocks / fanIn)
          const into = take(bytes * now)
          await run(part, {
            name: 'level',
            units: part.size * now,
            blocks,
            records: [
              [recordsIn, { buffer: from }],
              [recordsOut, { buffer: into }],
            ],
          })
          ;[from, blocks] = [into, now]
        }
        await run(part, {
          name: 'finish',
          units: part.size,
          blocks,
          records: [[recordsIn, { buffer: from }]],
          results: resultsOf(part),
        })
      }
      await concluded(gpu, call, submitted, elements, written, works, report)
    } finally {
      release(gpu, [sources, { temporary: records }, ...works])
    }
  }
}

/** One dispatch. */
interface Stage {
  readonly name: FoldStage
  readonly units: number
  readonly blocks: number
  readonly firstBlock?: number
  /** Elements along the axis, where that is not all of it. */
  readonly length?: number
  readonly records: readonly Bound[]
  readonly elements?: readonly Reach[]
  readonly results?: readonly Reach[]
}

const overPlan = (plan: Plan, k: number) => ({
  sizes: sizesOf(plan),
  steps: stepsOf(plan, k),
  offset: plan.offsets[k] ?? 0,
})

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
