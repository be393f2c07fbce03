/**
 * Kernels of arrays on the cpu target. Resident operands are computed where they lie; plain ones are copied into the same memory for
 * the time of the call, in parts of the loop where they are large, and outputs among them back.
 */

import { clear, copy } from '../broadcast/copy.ts'
import {
  axisOf,
  type CoreCall,
  corePlan,
  coreSteps,
  coresIn,
  type Part,
  partOf,
  partOfCall,
  walkCores,
} from '../broadcast/core.ts'
import type { Plan } from '../broadcast/plan.ts'
import { contiguousStrides, sizeOf } from '../broadcast/shape.ts'
import type { Strided } from '../broadcast/view.ts'
import { dtypes } from '../dtype.ts'
import { MemoryError } from '../errors.ts'
import type { WasmLoop } from '../loops/loop.ts'
import { failure, type Instance, invoke } from './instance.ts'
import type { Block } from './memory/allocator.ts'
import type { Heap } from './memory/heap.ts'
import { addressOf, residentHeap, stagingHeap } from './memory/resident.ts'
import type { Report, RunCore } from './target.ts'

/** An operand, and where element 0 of its data lies. */
export interface Placed {
  readonly operand: Strided
  readonly base: number
}

/** Core calls over operands that lie in the memory of `instance`. */
export interface CoreJob {
  readonly instance: Instance
  readonly placed: readonly Placed[]
  readonly call: CoreCall
  /** Over the loop dimensions; the mask, if there is one, is its last operand. */
  readonly plan: Plan
  /** Core sizes, then core steps in bytes. */
  readonly sizes: readonly number[]
  readonly vector: boolean
  /** Whether each operand has to be zeros when a core call begins. */
  readonly zeros: readonly boolean[]
}

/** Where core calls may go instead of this thread alone. */
export interface CoresElsewhere {
  /** May they, so that plain operands had better pass through the memory of resident arrays? */
  wants(call: CoreCall, operands: readonly Strided[]): boolean
  /** @param alone runs them on this thread. Gives back the code of a failed check, or 0. */
  run(job: CoreJob, alone: () => number, report: Report): number
}

/** Plain operands of more bytes go through wasm memory in parts of about this size. */
const partBytes = 2 ** 22

export const bytesOf = ({ shape, code }: Strided): number => sizeOf(shape) * dtypes[code].bytes

/** Room for a plain operand, in C order. */
export const roomFor = (heap: Heap, operand: Strided): Block | undefined =>
  heap.reserve(Math.max(8, bytesOf(operand)))

function reserve(heap: Heap, operand: Strided): Block {
  const bytes = Math.max(8, bytesOf(operand))
  const block = roomFor(heap, operand)
  if (block) return block
  throw new MemoryError(`wasm memory is full: no ${bytes} bytes for an operand of a core call`, { bytes })
}

/** Which of them there are: a bit each. */
const homesOf = (homes: readonly (Block | undefined)[]): number =>
  homes.reduce((bits, home, k) => (home ? bits + 2 ** k : bits), 0)

export const inBlock = (heap: Heap, { shape, code }: Strided, block: Block): Strided => ({
  data: heap.view(code),
  code,
  shape,
  stride: contiguousStrides(shape),
  offset: block.address / dtypes[code].bytes,
})

/** The vector class of kernels of arrays: along the last axis of each operand elements are neighbours. */
function lastAreNeighbours(
  { core }: WasmLoop,
  { sizes }: CoreCall,
  steps: readonly (readonly number[])[],
): boolean {
  return (core?.views ?? []).every(({ operand, dims }) => {
    const size = sizes[dims.at(-1) ?? -1] ?? 1
    return size <= 1 || steps[operand]?.at(-1) === 1
  })
}

/** What operands of these shapes and strides need but for the places where they begin. */
interface Planned {
  readonly call: CoreCall
  /** Which operands lie in memory of the call's own, in C order: a bit each. */
  readonly homes: number
  readonly bytes: readonly number[]
  readonly plan: Plan
  /** From an operand's offset to where the plan begins with it. */
  readonly shifts: readonly number[]
  readonly sizes: readonly number[]
  readonly vector: boolean
  readonly zeros: readonly boolean[]
}

export function planCores(
  loop: WasmLoop,
  operands: readonly Strided[],
  call: CoreCall,
  homes: number,
): Planned {
  const bytes = operands.map(({ code }) => dtypes[code].bytes)
  const steps = operands.map((operand, k) => coreSteps(operand, call.ranks[k] ?? 0))
  const made = corePlan(call, operands)
  return {
    call,
    homes,
    bytes,
    plan: made,
    shifts: operands.map(({ offset }, k) => (made.offsets[k] ?? 0) - offset),
    sizes: [...call.sizes, ...steps.flatMap((own, k) => own.map((step) => step * (bytes[k] ?? 0)))],
    vector: lastAreNeighbours(loop, call, steps),
    zeros: call.access.map((access, k) => access === 'write' && !loop.fills?.includes(k)),
  }
}

/** The plan for operands that begin elsewhere. */
const movedTo = ({ plan, shifts }: Planned, operands: readonly Placed[], mask: Strided | null): Plan =>
  mask ? plan : { ...plan, offsets: operands.map(({ operand }, k) => operand.offset + (shifts[k] ?? 0)) }

function callAll(
  loop: WasmLoop,
  instance: Instance,
  placed: readonly Placed[],
  planned: Planned,
  elsewhere: CoresElsewhere | null,
  report: Report,
): void {
  const { call, bytes, sizes, vector, zeros } = planned
  const plan = movedTo(planned, placed, call.mask)
  const job: CoreJob = { instance, placed, call, plan, sizes, vector, zeros }
  const failed = elsewhere
    ? elsewhere.run(job, () => callHere(job, bytes, report), report)
    : callHere(job, bytes, report)
  if (failed !== 0) throw failure(loop, instance, failed)
}

function callHere(
  { instance, placed, call, plan, sizes, vector, zeros }: CoreJob,
  bytes: readonly number[],
  report: Report,
): number {
  const args = [instance.context, 0]
  for (let k = 0; k < placed.length; k++) args.push(0, (plan.innerSteps[k] ?? 0) * (bytes[k] ?? 0))
  for (const size of sizes) args.push(size)
  const inner = vector ? instance.vector : instance.strided
  for (let k = 0; k < placed.length; k++)
    if (call.mask === null && zeros[k]) clear((placed[k] as Placed).operand)
  let failed = 0
  walkCores(plan, call.mask, (offsets, n) => {
    if (failed !== 0) return
    args[1] = n
    for (let k = 0; k < placed.length; k++) {
      const { operand, base } = placed[k] as Placed
      const offset = offsets[k] ?? 0
      args[2 + 2 * k] = base + offset * (bytes[k] ?? 0)
      if (call.mask !== null && zeros[k])
        clear(coresIn(operand, call.ranks[k] ?? 0, offset, n, plan.innerSteps[k] ?? 0))
    }
    failed = invoke(inner, args)
    report.calls++
  })
  return failed
}

/** Do core calls write to one array, in one order only? */
export const isWrittenByAll = (call: CoreCall, operands: readonly Strided[]): boolean =>
  operands.some(
    (operand, k) =>
      call.access[k] === 'both' && call.loop.some((size, a) => size > 1 && axisOf(call, k, operand, a) < 0),
  )

/** How a call with large plain operands is cut. An input that all elements write to sees them in one order only, so it is not. */
function partsOf(call: CoreCall, operands: readonly Strided[], plain: readonly boolean[]): Part[] {
  const axis = call.loop.findIndex((size) => size > 1)
  const count = call.loop[axis] ?? 1
  const whole: Part[] = [{ axis, from: 0, n: count }]
  const shared = isWrittenByAll(call, operands)
  const moving = operands.filter((operand, k) => plain[k] && axisOf(call, k, operand, axis) >= 0)
  const bytes = moving.reduce((sum, operand) => sum + bytesOf(operand), 0)
  if (axis < 0 || shared || bytes <= partBytes) return whole
  const n = Math.max(1, Math.floor((count * partBytes) / bytes))
  return Array.from({ length: Math.ceil(count / n) }, (_, k) => ({
    axis,
    from: k * n,
    n: Math.min(n, count - k * n),
  }))
}

/** `instanceIn` loads the loop into a memory. */
export function coreRunner(
  loop: WasmLoop,
  instanceIn: (heap: Heap) => Instance,
  elsewhere: CoresElsewhere | null,
): RunCore {
  let resident: Instance | null = null
  let staged: Instance | null = null
  let last: Planned | null = null
  const plannedFor = (operands: readonly Strided[], call: CoreCall, homes: number): Planned => {
    if (last?.call !== call || last.homes !== homes) last = planCores(loop, operands, call, homes)
    return last
  }

  const instanceFor = (inResident: boolean): Instance => {
    if (inResident) {
      resident ??= instanceIn(residentHeap())
      return resident
    }
    staged ??= instanceIn(stagingHeap())
    return staged
  }

  const runCore: RunCore = (operands, call, report) => {
    const addresses = operands.map(({ data }) => addressOf(data))
    const areResident = addresses.some((address) => address >= 0)
    if (areResident || !elsewhere?.wants(call, operands)) {
      runIn(areResident, addresses, operands, call, report)
      return
    }
    try {
      runIn(true, addresses, operands, call, report)
    } catch (error) {
      // A full memory shows before anything has run.
      if (!(error instanceof MemoryError)) throw error
      report.why ??= 'the memory of resident arrays has no room left to share this call'
      runIn(false, addresses, operands, call, report)
    }
  }

  const runIn = (
    inResident: boolean,
    addresses: readonly number[],
    operands: readonly Strided[],
    call: CoreCall,
    report: Report,
  ): void => {
    const instance = instanceFor(inResident)
    const { heap } = instance
    if (addresses.every((address) => address >= 0)) {
      const placed = operands.map((operand, k): Placed => ({ operand, base: addresses[k] ?? 0 }))
      operands.forEach((operand, k) => {
        if (call.access[k] === 'scratch') clear(operand)
      })
      callAll(loop, instance, placed, plannedFor(operands, call, 0), elsewhere, report)
      return
    }
    const blocks: Block[] = []
    const parts = partsOf(
      call,
      operands,
      addresses.map((address) => address < 0),
    )
    const [first] = parts
    const axes = operands.map((operand, k) => (first ? axisOf(call, k, operand, first.axis) : -1))
    try {
      // All room first: a memory that grows gives new views.
      const homes = operands.map((operand, k) => {
        if ((addresses[k] ?? -1) >= 0) return undefined
        const block = reserve(heap, first ? partOf(operand, axes[k] ?? -1, first) : operand)
        blocks.push(block)
        return block
      })
      for (const part of parts) {
        /** What this part brings to wasm memory: operands that lie along its axis, and with the first part all others. */
        const comes = operands.map((_, k) => part === first || (axes[k] ?? -1) >= 0)
        const own = operands.map((operand, k) => partOf(operand, axes[k] ?? -1, part))
        const placed = own.map((operand, k): Placed => {
          const home = homes[k]
          return home
            ? { operand: inBlock(heap, operand, home), base: 0 }
            : { operand, base: addresses[k] ?? 0 }
        })
        placed.forEach(({ operand: to }, k) => {
          const from = own[k]
          const access = call.access[k]
          if (!from || !comes[k]) return
          if (access === 'scratch') clear(to)
          else if (homes[k] && (access !== 'write' || call.mask !== null)) {
            copy(from, to)
            report.bytesCopied += bytesOf(to)
          }
        })
        const here = placed.map(({ operand }) => operand)
        const planned =
          parts.length === 1
            ? plannedFor(here, call, homesOf(homes))
            : planCores(loop, here, partOfCall(call, part), homesOf(homes))
        callAll(loop, instance, placed, planned, elsewhere, report)
        placed.forEach(({ operand: from }, k) => {
          const to = own[k]
          const access = call.access[k]
          const goes = comes[k] || part === parts.at(-1)
          if (!homes[k] || !to || !goes || access === 'read' || access === 'scratch') return
          copy(from, to)
          report.bytesCopied += bytesOf(to)
        })
      }
    } finally {
      for (const block of blocks) heap.release(block)
    }
  }
  return runCore
}
