/**
 * Kernels of arrays on the cpu target. Resident operands are computed where they lie; plain ones are copied as a whole into the
 * same memory for the time of the call, and outputs among them back.
 */

import { clear, copy } from '../broadcast/copy.ts'
import { type CoreCall, corePlan, coreSteps } from '../broadcast/core.ts'
import { contiguousStrides, sizeOf } from '../broadcast/shape.ts'
import type { Strided } from '../broadcast/view.ts'
import { walk } from '../broadcast/walk.ts'
import { dtypes } from '../dtype.ts'
import { MemoryError } from '../errors.ts'
import type { WasmLoop } from '../loops/loop.ts'
import { failure, type Instance, invoke } from './instance.ts'
import type { Block } from './memory/allocator.ts'
import type { Heap } from './memory/heap.ts'
import { addressOf, residentHeap, stagingHeap } from './memory/resident.ts'
import type { Report, RunCore } from './target.ts'

/** An operand, and where element 0 of its data lies. */
interface Placed {
  readonly operand: Strided
  readonly base: number
}

/** Room for a plain operand, in C order. */
function reserve(heap: Heap, { shape, code }: Strided): Block {
  const bytes = Math.max(8, sizeOf(shape) * dtypes[code].bytes)
  const block = heap.reserve(bytes)
  if (block) return block
  throw new MemoryError(`wasm memory is full: no ${bytes} bytes for an operand of a core call`, { bytes })
}

const inBlock = (heap: Heap, { shape, code }: Strided, block: Block): Strided => ({
  data: heap.view(code),
  code,
  shape,
  stride: contiguousStrides(shape),
  offset: block.address / dtypes[code].bytes,
})

function callAll(
  loop: WasmLoop,
  instance: Instance,
  placed: readonly Placed[],
  call: CoreCall,
  report: Report,
): void {
  const operands = placed.map(({ operand }) => operand)
  const bytes = operands.map(({ code }) => dtypes[code].bytes)
  const plan = corePlan(call, operands)
  const args = [instance.context, 0]
  placed.forEach((_, k) => {
    args.push(0, (plan.innerSteps[k] ?? 0) * (bytes[k] ?? 0))
  })
  args.push(...call.sizes)
  operands.forEach((operand, k) => {
    args.push(...coreSteps(operand, call.ranks[k] ?? 0).map((step) => step * (bytes[k] ?? 0)))
  })
  let failed = 0
  walk(plan, (offsets, n) => {
    if (failed !== 0) return
    args[1] = n
    placed.forEach(({ base }, k) => {
      args[2 + 2 * k] = base + (offsets[k] ?? 0) * (bytes[k] ?? 0)
    })
    failed = invoke(instance.strided, args)
    report.calls++
  })
  if (failed !== 0) throw failure(loop, instance, failed)
}

/** `instanceIn` loads the loop into a memory. */
export function coreRunner(loop: WasmLoop, instanceIn: (heap: Heap) => Instance): RunCore {
  let resident: Instance | null = null
  let staged: Instance | null = null

  const instanceFor = (inResident: boolean): Instance => {
    if (inResident) {
      resident ??= instanceIn(residentHeap())
      return resident
    }
    staged ??= instanceIn(stagingHeap())
    return staged
  }

  return (operands, call, report) => {
    const addresses = operands.map(({ data }) => addressOf(data))
    const instance = instanceFor(addresses.some((address) => address >= 0))
    const { heap } = instance
    const blocks: Block[] = []
    try {
      // All room first: a memory that grows gives new views.
      const homes = operands.map((operand, k) => {
        if ((addresses[k] ?? -1) >= 0) return undefined
        const block = reserve(heap, operand)
        blocks.push(block)
        return block
      })
      const placed = operands.map((operand, k): Placed => {
        const home = homes[k]
        return home
          ? { operand: inBlock(heap, operand, home), base: 0 }
          : { operand, base: addresses[k] ?? 0 }
      })
      placed.forEach(({ operand: to }, k) => {
        const from = operands[k]
        if (call.access[k] === 'write') clear(to)
        else if (homes[k] && from) {
          copy(from, to)
          report.bytesCopied += sizeOf(to.shape) * dtypes[to.code].bytes
        }
      })
      callAll(loop, instance, placed, call, report)
      placed.forEach(({ operand: from }, k) => {
        const to = operands[k]
        if (!homes[k] || !to || call.access[k] === 'read') return
        copy(from, to)
        report.bytesCopied += sizeOf(to.shape) * dtypes[to.code].bytes
      })
    } finally {
      for (const block of blocks) heap.release(block)
    }
  }
}
