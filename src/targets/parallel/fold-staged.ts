/** Folds of plain arrays: copied to shared memory for the time of a job, where what an element costs is worth it. */
import { copy } from '../../broadcast/copy.ts'
import { mayOverlapItself } from '../../broadcast/overlap.ts'
import { outputStrides, sizeOf } from '../../broadcast/shape.ts'
import type { Strided } from '../../broadcast/view.ts'
import type { TypedArray } from '../../dtype.ts'
import type { WasmLoop } from '../../loops/loop.ts'
import { bytesOf } from '../cores.ts'
import { addressOf, allocate, freeData } from '../memory/resident.ts'
import type { FoldJob, Report } from '../target.ts'

/** Plain operands take so many bytes of shared memory, at most. */
const mostBytes = 2 ** 26

export interface StagedFold {
  readonly job: FoldJob
  copyOut(): void
  release(): void
}

export const isPlain = ({ data }: Strided): boolean => addressOf(data) < 0

/** @param many the results have as many elements, or segments: threads write them where they are to be. Null: there is no room. */
export function stageFold(
  job: FoldJob,
  { outputs }: WasmLoop,
  many: boolean,
  report: Report,
): StagedFold | null {
  const { elements, results } = job
  const moves = (result: Strided | null, k: number): result is Strided =>
    many && result !== null && isPlain(result) && result.code === outputs[k] && !mayOverlapItself(result)
  const moving = [...elements.filter(isPlain), ...results.filter(moves)]
  if (moving.reduce((sum, one) => sum + bytesOf(one), 0) > mostBytes) return null
  const made = new Map<Strided, Strided>()
  const release = () => {
    for (const { data } of made.values()) freeData(data)
  }
  for (const one of moving) {
    const { code, shape } = one
    const data: TypedArray | null = allocate(code, sizeOf(shape))
    if (!data) {
      release()
      return null
    }
    made.set(one, { data, code, shape, stride: outputStrides(shape, [one], 'K'), offset: 0 })
  }
  const move = (from: Strided, to: Strided) => {
    copy(from, to)
    report.bytesCopied += bytesOf(to)
  }
  for (const one of elements) {
    const to = made.get(one)
    if (to) move(one, to)
  }
  return {
    job: {
      ...job,
      elements: elements.map((one) => made.get(one) ?? one),
      results: results.map((one) => (one && made.get(one)) ?? one),
    },
    copyOut() {
      for (const one of results) {
        const from = one && made.get(one)
        if (from) move(from, one)
      }
    },
    release,
  }
}
