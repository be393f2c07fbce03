/** `at` on the device: indices are sorted here by the elements that they mean; each element is changed by one invocation, in the order of its indices. */
import type { Plan } from '../../broadcast/plan.ts'
import type { Strided } from '../../broadcast/view.ts'
import type { TypedArray } from '../../dtype.ts'
import type { WgslLoop } from '../../loops/loop.ts'
import type { Report } from '../target.ts'
import { bindOperands, fitsBindings, type Reach, release, sourcesOf } from './bindings.ts'
import { takeStorage, upload } from './buffers.ts'
import { concluded, handled } from './conclude.ts'
import { acquireGpu, refused } from './device.ts'
import type { RunOnGpu } from './engine.ts'
import { boundTo, dispatch, type Entry, groupsOf, makeShaders, rectangle, wordsOf } from './pipelines.ts'
import { type AtKind, atLayout, atShader, turnsArray } from './shader-at.ts'
import { firstArray, groupSize, headWord } from './shader-text.ts'

function entriesOf({ operand, array }: AtKind): Entry[] {
  const read = operand?.array ?? null
  return [
    [turnsArray, 'read'],
    [firstArray + 1 + array, 'write'],
    ...(read === null ? [] : [[firstArray + 1 + read, 'read'] as const]),
  ]
}

/** The indices, which are all inside and count from the start, by what they mean: see `shader-at.ts`. */
function turnsOf(places: Int32Array): { readonly words: Uint32Array; readonly count: number } {
  const slots = new Map<number, number>()
  const own = places.map((place) => {
    const slot = slots.get(place) ?? slots.size
    slots.set(place, slot)
    return slot
  })
  const count = slots.size
  const words = new Uint32Array(2 * count + 1 + places.length)
  for (const slot of own) words[slot + 1] = (words[slot + 1] ?? 0) + 1
  for (let slot = 0; slot < count; slot++) words[slot + 1] = (words[slot + 1] ?? 0) + (words[slot] ?? 0)
  words.set([...slots.keys()], count + 1)
  const next = words.slice(0, count)
  own.forEach((slot, i) => {
    const turn = next[slot] ?? 0
    next[slot] = turn + 1
    words[2 * count + 1 + turn] = i
  })
  return { words, count }
}

/** Operands are the indices, on the host, what the kernel takes besides, and an array of one axis. */
export function makeAt(loop: WgslLoop, tables: readonly TypedArray[]): RunOnGpu {
  const shaders = makeShaders(loop, tables, atShader, entriesOf)

  return async (operands: readonly Strided[], plan: Plan, report: Report) => {
    const gpu = await acquireGpu()
    const [places, ...others] = operands
    const array = others.at(-1)
    if (!places || !array) return
    const operand = others.length > 1 ? others[0] : undefined
    const { words: turns, count } = turnsOf(places.data as Int32Array)
    const reachOf = (one: Strided, use: Reach['use'], size: number, step: number): Reach => ({
      operand: one,
      use,
      sizes: [size],
      steps: [step],
      offset: one.offset,
    })
    const [length = 0] = array.shape
    const reaches = [
      ...(operand ? [reachOf(operand, 'value', plan.size, plan.innerSteps[1] ?? 0)] : []),
      reachOf(array, 'both', length, array.stride[0] ?? 1),
    ]
    const sources = sourcesOf(gpu, reaches, { elementwise: false })
    const temporary: GPUBuffer[] = []
    try {
      if (!fitsBindings(gpu, reaches, sources) || turns.byteLength > gpu.mostBound)
        throw refused(`${loop.name}.at(): the array or its indices are more than this device binds at once`)
      const call = shaders.begin(gpu)
      const sorted = takeStorage(gpu, turns.byteLength)
      temporary.push(sorted)
      upload(gpu, sorted, turns, 0, turns.length)
      const bindings = bindOperands(gpu, reaches, sources)
      temporary.push(...bindings.temporary)
      const [value, to] = operand ? bindings.operands : [null, bindings.operands[0]]
      if (!to || !('array' in to)) return
      const kind: AtKind = {
        operand:
          operand && value ? { code: operand.code, array: 'array' in value ? value.array : null } : null,
        array: to.array,
      }
      const pipeline = await shaders.pipeline(gpu, kind)
      const groups = rectangle(gpu, groupsOf(count))
      const layout = atLayout()
      const words = new Uint32Array(layout.words)
      words[headWord.n] = count
      words[headWord.width] = groups.wide * groupSize
      if (operand && value)
        words.set(
          'value' in value ? wordsOf(operand.code, value.value) : [value.offset, ...value.steps],
          layout.operand,
        )
      words.set([to.offset, ...to.steps], layout.array)
      const bound = boundTo(
        firstArray + 1,
        [...call.bound, [turnsArray, { buffer: sorted }]],
        bindings.arrays,
      )
      const submitted = [handled(dispatch(gpu, pipeline, words, bound, groups))]
      report.calls++
      report.bytesCopied += bindings.uploaded + turns.byteLength
      await concluded(gpu, call, submitted, others, [array], [bindings], report)
    } finally {
      release(gpu, [sources, { temporary }])
    }
  }
}
