/** A range of core calls, wherever it runs: on the thread that was asked, or on a worker that knows numbers only. */
import { clear } from '../broadcast/copy.ts'
import { coresIn } from '../broadcast/core.ts'
import type { Plan } from '../broadcast/plan.ts'
import { walkRange } from '../broadcast/walk.ts'
import type { Code, TypedArray } from '../dtype.ts'
import type { Instance } from './instance.ts'

/** What core calls have besides a plan over their loop dimensions. */
export interface CoreWork {
  /** Core sizes, then core steps in bytes: what the loop takes behind pointers and steps. */
  readonly sizes: readonly number[]
  readonly vector: boolean
  /** Where the byte of the first core call lies that says whether it runs; -1: all do. */
  readonly mask: number
  /** The memory has at least so many bytes. */
  readonly memory: number
  /** Bytes from what the kernel makes on one thread to the same on the next, one an operand; 0 for what they share. */
  readonly perThread: readonly number[]
  /** Outputs that are zeros when a core call begins, and their cores, in elements. */
  readonly clears: readonly Cleared[]
  /** No core call reads what it writes, so that it may be called again. */
  readonly repeatable: boolean
}

export interface Cleared {
  readonly operand: number
  readonly shape: readonly number[]
  readonly stride: readonly number[]
}

/** Of the thread that runs it. */
export interface CoreThread {
  readonly thread: number
  /** The memory as elements, once it has so many bytes. */
  readonly view: (code: Code, bytes: number) => TypedArray
}

/** Zeros have the same bits in every dtype of a width. */
const codeOfBytes: Readonly<Record<number, Code>> = { 1: 'u1', 2: 'u2', 4: 'u4', 8: 'f8' }

type Run = (
  plan: Plan,
  pointers: readonly number[],
  core: CoreWork,
  from: number,
  to: number,
  report: { calls: number },
) => number

export function makeCoreRange(
  { context, vector, strided }: Pick<Instance, 'context' | 'vector' | 'strided'>,
  bytes: readonly number[],
  { thread, view }: CoreThread,
): Run {
  return (plan, pointers, core, from, to, report) => {
    const inner = core.vector ? vector : strided
    const bases = pointers.map((pointer, k) => pointer + thread * (core.perThread[k] ?? 0))
    const args = [context, 0]
    for (let k = 0; k < bytes.length; k++) args.push(0, (plan.innerSteps[k] ?? 0) * (bytes[k] ?? 0))
    args.push(...core.sizes)
    const outputs = core.clears.map(({ operand, shape, stride }) => {
      const size = bytes[operand] ?? 1
      const code = codeOfBytes[size] ?? 'u1'
      const base = (bases[operand] ?? 0) / size
      const whole = {
        data: view(code, core.memory),
        code,
        shape: [1, ...shape],
        stride: [0, ...stride],
        offset: 0,
      }
      return { operand, whole, base, rank: shape.length }
    })
    const call = (offsets: readonly number[], skip: number, n: number): number => {
      for (const { operand, whole, base, rank } of outputs) {
        const step = plan.innerSteps[operand] ?? 0
        clear(coresIn(whole, rank, base + (offsets[operand] ?? 0) + skip * step, n, step))
      }
      args[1] = n
      for (let k = 0; k < bytes.length; k++)
        args[2 + 2 * k] =
          (bases[k] ?? 0) + ((offsets[k] ?? 0) + skip * (plan.innerSteps[k] ?? 0)) * (bytes[k] ?? 0)
      report.calls++
      return inner(...args)
    }
    const mask = core.mask < 0 ? null : view('u1', core.memory)
    let code = 0
    let first = core.mask + from
    walkRange(plan, from, to, (offsets, n) => {
      for (let i = 0; i < n && code === 0; ) {
        if (mask && mask[first + i] === 0) {
          i++
          continue
        }
        const skip = i
        if (!mask) i = n
        else while (i < n && mask[first + i] !== 0) i++
        code = call(offsets, skip, i - skip)
      }
      first += n
    })
    return code
  }
}
