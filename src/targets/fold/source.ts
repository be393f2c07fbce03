/**
 * The elements of a fold, run by run, where wasm can read them: resident ones where they lie, others copied to a buffer just
 * before they are used. And the way back for results.
 */

import { store } from '../../broadcast/nested.ts'
import type { Strided } from '../../broadcast/view.ts'
import { type Code, dtypes, type TypedArray } from '../../dtype.ts'
import type { Heap } from '../memory/heap.ts'
import { addressOf, residentHeap } from '../memory/resident.ts'
import { copyIn, copyOut } from '../staging.ts'
import type { Report } from '../target.ts'
import { arena } from './arena.ts'
import { copiedRun, type Source } from './placed.ts'

export function makeSource(operands: readonly Strided[], heap: Heap, report: Report): Source {
  const bytes = operands.map(({ code }) => dtypes[code].bytes)
  const addresses = operands.map(({ data }) => {
    const address = addressOf(data)
    return address >= 0 && heap === residentHeap() ? address : -1
  })
  const buffers = addresses.map((address, k) =>
    address >= 0 ? 0 : arena(heap, 1 + k, copiedRun * (bytes[k] as number)),
  )
  const at = addresses.slice()
  const steps: number[] = bytes.slice()
  return {
    direct: addresses.every((address) => address >= 0),
    at,
    steps,
    place(offsets, by, n) {
      for (let k = 0; k < operands.length; k++) {
        const size = bytes[k] as number
        const offset = offsets[k] as number
        const step = by[k] as number
        const address = addresses[k] as number
        if (address >= 0) {
          at[k] = address + offset * size
          steps[k] = step * size
          continue
        }
        const { data, code } = operands[k] as Strided
        const start = buffers[k] as number
        const count = step === 0 ? 1 : n
        copyIn(heap.view(code), start / size, data, offset, step, count)
        report.bytesCopied += count * size
        at[k] = start
        steps[k] = step === 0 ? 0 : size
      }
    },
  }
}

/** `n` neighbours from wasm memory, seen as elements of a dtype, to a result. */
export function deliver(
  from: TypedArray,
  code: Code,
  address: number,
  result: Strided,
  offset: number,
  step: number,
  n: number,
): void {
  const first = address / dtypes[code].bytes
  if (result.code === code && !(result.data instanceof Uint8ClampedArray))
    copyOut(from, first, result.data, offset, step, n)
  else for (let i = 0; i < n; i++) store(result, offset + i * step, from[first + i] as number | bigint)
}
