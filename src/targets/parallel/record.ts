/** A job as numbers in shared memory: which loop, over which plan, in ranges of how many units. */
import type { Plan } from '../../broadcast/plan.ts'
import type { WasmLoop } from '../../loops/loop.ts'
import type { CoreWork } from '../core-range.ts'
import type { Work } from '../range.ts'
import { type Control, recordOf, recordWords } from './control.ts'
import { foldWords, readFold, writeFold } from './fold-record.ts'

/** A loop as any thread can load it: bytes in shared memory, and a context to copy. */
export interface SharedLoop {
  /** Never used twice. */
  readonly id: number
  readonly code: number
  readonly codeBytes: number
  readonly context: number
  readonly contextBytes: number
  readonly errorIndex: number
  readonly errorSize: number
  /** Bytes of an element of each operand. */
  readonly bytes: readonly number[]
}

export interface Job {
  readonly loop: SharedLoop
  readonly work: Work
  /** Units of a range; the last one may be shorter. */
  readonly range: number
  readonly ranges: number
}

export function describeLoop(
  id: number,
  loop: WasmLoop,
  code: number,
  codeBytes: number,
  context: number,
  bytes: readonly number[],
): SharedLoop {
  const { errorIndex, errorSize } = loop.context
  return { id, code, codeBytes, context, contextBytes: loop.context.bytes, errorIndex, errorSize, bytes }
}

const wordsOf = ({ work }: Job): number => {
  const { plan, core, fold } = work
  const own = core
    ? core.sizes.length +
      plan.innerSteps.length +
      core.clears.reduce((n, { shape }) => n + 2 + 2 * shape.length, 6)
    : fold
      ? foldWords(fold)
      : 0
  return 17 + plan.outer.length + plan.innerSteps.length * (4 + plan.outer.length) + own
}

/** False: it does not fit a slot, as with very many operands of very many axes. */
export const fitsRecord = (job: Job): boolean => wordsOf(job) <= recordWords

/** What the numbers behind the plan are. */
const kinds = { plain: 0, core: 1, fold: 2 } as const

export function writeRecord(control: Control, slot: number, job: Job): void {
  const { loop, work, range, ranges } = job
  const { plan, pointers, inputs, byRows } = work
  const { f64 } = control
  let at = recordOf(control, slot)
  const put = (...numbers: readonly number[]) => {
    for (const number of numbers) f64[at++] = number
  }
  put(loop.id, loop.code, loop.codeBytes, loop.context, loop.contextBytes, loop.errorIndex, loop.errorSize)
  put(range, ranges, pointers.length, inputs, byRows ? 1 : 0)
  put(plan.size, plan.inner, plan.outer.length, ...plan.outer)
  pointers.forEach((pointer, k) => {
    put(loop.bytes[k] ?? 0, pointer, plan.offsets[k] ?? 0, plan.innerSteps[k] ?? 0)
    put(...(plan.outerSteps[k] ?? []))
  })
  const { core, fold } = work
  put(core ? kinds.core : fold ? kinds.fold : kinds.plain)
  if (fold) writeFold(put, fold)
  if (!core) return
  put(
    core.vector ? 1 : 0,
    core.mask,
    core.memory,
    core.repeatable ? 1 : 0,
    core.sizes.length,
    core.clears.length,
  )
  put(...core.sizes, ...core.perThread)
  for (const { operand, shape, stride } of core.clears) put(operand, shape.length, ...shape, ...stride)
}

export function readRecord(control: Control, slot: number): Job {
  const { f64 } = control
  let at = recordOf(control, slot)
  const next = (): number => f64[at++] as number
  // Array.from takes a microsecond, and workers read this at the start of every job.
  const many = (count: number): number[] => {
    const read: number[] = []
    for (let k = 0; k < count; k++) read.push(next())
    return read
  }
  const [id, code, codeBytes, context, contextBytes, errorIndex, errorSize] = many(7) as Seven
  const [range, ranges, operands, inputs, byRows] = many(5) as Five
  const [size, inner, axes] = many(3) as [number, number, number]
  const outer = many(axes)
  const rows: { own: Four; outerSteps: number[] }[] = []
  for (let k = 0; k < operands; k++) rows.push({ own: many(4) as Four, outerSteps: many(axes) })
  const plan: Plan = {
    size,
    inner,
    outer,
    innerSteps: rows.map(({ own }) => own[3]),
    outerSteps: rows.map(({ outerSteps }) => outerSteps),
    offsets: rows.map(({ own }) => own[2]),
  }
  const bytes = rows.map(({ own }) => own[0])
  const readCore = (): CoreWork => {
    const [vector, mask, memory, repeatable, sizes, clears] = many(6) as Six
    return {
      vector: vector === 1,
      mask,
      memory,
      repeatable: repeatable === 1,
      sizes: many(sizes),
      perThread: many(operands),
      clears: Array.from({ length: clears }, () => {
        const [operand, rank] = [next(), next()]
        return { operand, shape: many(rank), stride: many(rank) }
      }),
    }
  }
  const kind = next()
  const core = kind === kinds.core ? readCore() : undefined
  const fold = kind === kinds.fold ? readFold(next) : undefined
  return {
    loop: { id, code, codeBytes, context, contextBytes, errorIndex, errorSize, bytes },
    work: {
      plan,
      pointers: rows.map(({ own }) => own[1]),
      inputs,
      byRows: byRows === 1,
      ...(core && { core }),
      ...(fold && { fold }),
    },
    range,
    ranges,
  }
}

type Four = [number, number, number, number]
type Five = [...Four, number]
type Six = [...Five, number]
type Seven = [...Five, number, number]
