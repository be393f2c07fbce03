/**
 * Asynchronous calls on the parallel target: workers do all the work, this thread only copies plain operands in and out. A job that is
 * called off ends after the ranges begun; a worker that does not come out of one is ended, and replaced.
 */
import type { Plan } from '../../broadcast/plan.ts'
import { contiguousStrides } from '../../broadcast/shape.ts'
import type { Strided } from '../../broadcast/view.ts'
import { walk } from '../../broadcast/walk.ts'
import { dtypes, type TypedArray } from '../../dtype.ts'
import type { WasmLoop } from '../../loops/loop.ts'
import { type Instance, instantiateIfRoom } from '../instance.ts'
import type { Block } from '../memory/allocator.ts'
import { addressOf, residentHeap } from '../memory/resident.ts'
import { unitsOf, type Work } from '../range.ts'
import { copyIn, copyOut, isSingle } from '../staging.ts'
import type { Report, RunLater } from '../target.ts'
import { doneElsewhere, doneHere, noRoom } from './crew-job.ts'
import { regionBytes } from './pool.ts'
import { isShareable, rangeOf } from './share.ts'
import { type Shared, shareLoop } from './shared-loop.ts'
import { threads } from './threads.ts'

/** Elements of a part: plain operands take so much shared memory. */
const most = 2 ** 18

/** Elements that a range is a multiple of. */
const step = 64

/** The operands of a part in shared memory, for this part alone. */
interface Placed {
  readonly work: Work
  /** Copies the results out, and gives the memory back. */
  copyOut(): void
  release(): void
}

/** Null: there is no room. */
function place(loop: WasmLoop, operands: readonly Strided[], plan: Plan, report: Report): Placed | null {
  const heap = residentHeap()
  const inputs = loop.inputs.length
  const blocks: Block[] = []
  const release = () => {
    for (const block of blocks.splice(0)) heap.release(block)
  }
  const shape = [...plan.outer, plan.inner]
  const steps = contiguousStrides(shape)
  const own = {
    innerSteps: [...plan.innerSteps],
    outerSteps: [...plan.outerSteps],
    offsets: [...plan.offsets],
  }
  const staged: number[] = []
  const pointers: number[] = []
  for (const [k, { data, code }] of operands.entries()) {
    const address = addressOf(data)
    if (address >= 0) {
      pointers.push(address)
      continue
    }
    const single = k < inputs && isSingle(plan, k)
    const block = heap.reserve((single ? 1 : plan.size) * dtypes[code].bytes)
    if (!block) {
      release()
      return null
    }
    blocks.push(block)
    pointers.push(block.address)
    own.offsets[k] = 0
    if (!single) {
      own.innerSteps[k] = 1
      own.outerSteps[k] = steps.slice(0, -1)
    }
    staged.push(k)
  }
  const each = (
    move: (k: number, view: TypedArray, at: number, offset: number, step: number, n: number) => void,
  ) => {
    const wide = staged.filter((k) => k >= inputs || !isSingle(plan, k))
    const views = wide.map((k) => heap.view((operands[k] as Strided).code) as TypedArray)
    const starts = wide.map((k) => (pointers[k] as number) / dtypes[(operands[k] as Strided).code].bytes)
    let at = 0
    walk(plan, (offsets, n) => {
      wide.forEach((k, i) => {
        move(
          k,
          views[i] as TypedArray,
          (starts[i] as number) + at,
          offsets[k] as number,
          plan.innerSteps[k] as number,
          n,
        )
      })
      at += n
    })
  }
  const count = (k: number, n: number) => {
    report.bytesCopied += n * dtypes[(operands[k] as Strided).code].bytes
  }
  for (const k of staged) {
    if (k >= inputs || !isSingle(plan, k)) continue
    const { data, code } = operands[k] as Strided
    copyIn(
      heap.view(code),
      (pointers[k] as number) / dtypes[code].bytes,
      data,
      plan.offsets[k] as number,
      1,
      1,
    )
    count(k, 1)
  }
  // Where a mask is false, outputs keep what they hold.
  const copied = loop.form === 'masked' ? operands.length : inputs
  each((k, view, at, offset, step, n) => {
    if (k >= copied) return
    copyIn(view, at, (operands[k] as Strided).data, offset, step, n)
    count(k, n)
  })
  return {
    work: { plan: { ...plan, ...own }, pointers, inputs, byRows: plan.outer.length > 0 },
    copyOut() {
      each((k, view, at, offset, step, n) => {
        if (k < inputs) return
        copyOut(view, at, (operands[k] as Strided).data, offset, step, n)
        count(k, n)
      })
    },
    release,
  }
}

/** A loop whose context nobody else writes to gives it back when it is collected. */
const collected = new FinalizationRegistry<readonly Block[]>((blocks) => {
  for (const block of blocks) residentHeap().release(block)
})

interface Loaded {
  readonly instance: Instance
  readonly shared: Shared
}

/** Loads a loop once, for as long as its owner lives. Null: there is no room, here or on a worker. */
export function makeLoad(owner: object, loop: WasmLoop, tables: readonly TypedArray[]): () => Loaded | null {
  let loaded: Loaded | null = null
  return () => {
    if (loaded) return loaded
    if (loop.context.bytes > regionBytes) return null
    const instance = instantiateIfRoom(loop, tables, residentHeap())
    if (!instance) return null
    collected.register(owner, instance.blocks)
    const shared = shareLoop(owner, loop, instance)
    loaded = shared && { instance, shared }
    return loaded
  }
}

export function makeLater(loop: WasmLoop, tables: readonly TypedArray[]): RunLater {
  const runner: RunLater = {
    most,
    async run(operands, plan, report, watch) {
      const own = load()
      const placed = own && place(loop, operands, plan, report)
      if (!placed) return doneHere(noRoom, loop, report, watch)
      const { work } = placed
      try {
        const range = isShareable(work)
          ? rangeOf(work, Number.POSITIVE_INFINITY, threads.count(), step)
          : unitsOf(work)
        const done = await doneElsewhere(own, loop, work, range, report, watch)
        if (done) placed.copyOut()
        return done
      } finally {
        placed.release()
      }
    },
  }
  const load = makeLoad(runner, loop, tables)
  return runner
}
