/**
 * Loops in SIMD WebAssembly, on this thread or elsewhere. Resident operands are computed where they lie, one call of the inner loop a
 * run of the plan; with a plain one among them, all pass through the staging memory: in blocks, or in whole spans.
 */
import type { Plan } from '../broadcast/plan.ts'
import type { Strided } from '../broadcast/view.ts'
import type { Code, TypedArray } from '../dtype.ts'
import type { WasmLoop } from '../loops/loop.ts'
import { type CoresElsewhere, coreRunner } from './cores.ts'
import { type Folder, type FoldsElsewhere, makeFolder } from './fold/folder.ts'
import { outside, runStagedIndexed, setLength } from './indexed.ts'
import { elementBytes, failure, type Instance, instantiate, instantiateIfRoom, invoke } from './instance.ts'
import type { Block } from './memory/allocator.ts'
import type { Heap } from './memory/heap.ts'
import { addressOf, residentHeap, stagingHeap } from './memory/resident.ts'
import { makeRunRange, type RunRange, unitsOf, type Work } from './range.ts'
import { stageSpans } from './spans.ts'
import { isSingle, runStaged, runStagedShort } from './staging.ts'
import { longestShort, type Report, type Run, type Runner, type ShortOperands } from './target.ts'

/** A loop that nobody can call any more gives its context back. */
const collected = new FinalizationRegistry<{ heap: Heap; blocks: readonly Block[] }>(({ heap, blocks }) => {
  for (const block of blocks) heap.release(block)
})

/** Where a run may go instead of this thread alone; null: it stays here. What it gives back is the code of a failed check, or 0. */
export interface Elsewhere {
  /** Operands in the memory of `instance`, which is that of resident arrays. */
  inMemory(instance: Instance, work: Work, report: Report): number | null
  /** Operands some of which are plain. `resident` loads the loop into the memory of resident arrays, if it has room. */
  plain(
    operands: readonly Strided[],
    plan: Plan,
    resident: () => Instance | null,
    report: Report,
  ): { readonly code: number; readonly instance: Instance } | null
}

/**
 * @param elsewhere is asked before each run of a loop that goes element by element
 * @param coresElsewhere before those of core calls
 * @param foldsElsewhere makes what is asked before each fold
 */
export function loadWasm(
  loop: WasmLoop,
  tables: readonly TypedArray[],
  elsewhere: Elsewhere | null = null,
  coresElsewhere: CoresElsewhere | null = null,
  foldsElsewhere: FoldsElsewhere | null = null,
): Runner {
  if (loop.core) return makeCoreRunner(loop, tables, coresElsewhere)
  const runner = makeRunner(loop, tables, elsewhere)
  if (!loop.fold) return runner
  const keep = (heap: Heap, blocks: readonly Block[]) => {
    collected.register(folder.reduce, { heap, blocks })
  }
  const folder: Folder = makeFolder(loop, tables, keep, foldsElsewhere)
  return { ...runner, ...folder }
}

function makeCoreRunner(
  loop: WasmLoop,
  tables: readonly TypedArray[],
  elsewhere: CoresElsewhere | null,
): Runner {
  const load = (heap: Heap): Instance => {
    const made = instantiate(loop, tables, heap)
    collected.register(runCore, { heap: made.heap, blocks: made.blocks })
    return made
  }
  const runCore = coreRunner(loop, load, elsewhere)
  return { runCore }
}

function makeRunner(loop: WasmLoop, tables: readonly TypedArray[], elsewhere: Elsewhere | null): Runner {
  const codes = [...loop.inputs, ...loop.outputs]
  const bytes = elementBytes(loop)
  const inputs = loop.inputs.length
  const indexed = loop.form === 'indexed'
  const pointers = new Array<number>(bytes.length).fill(0)
  const args = new Array<number>(2 + 2 * bytes.length).fill(0)
  let resident: Instance | null = null
  let staged: Instance | null = null
  const ranges = new Map<Instance, RunRange>()

  const keep = <I extends Instance | null>(instance: I): I => {
    if (instance) collected.register(run, { heap: instance.heap, blocks: instance.blocks })
    return instance
  }
  /** Null when the resident memory has no room for the loop: then the other has to do. */
  const inResident = (): Instance | null => {
    resident ??= keep(instantiateIfRoom(loop, tables, residentHeap(), 8 * bytes.length))
    return resident
  }
  const inStaging = (): Instance => {
    staged ??= keep(instantiate(loop, tables, stagingHeap()))
    return staged
  }

  /** Fills `pointers`; false when some operand has to be staged. */
  const locate = (operands: readonly Strided[], plan: Plan): boolean => {
    let found = 0
    for (let k = 0; k < operands.length; k++) {
      const address = addressOf((operands[k] as Strided).data)
      pointers[k] = address
      if (address >= 0) found++
    }
    if (found === operands.length) return true
    if (found === 0) return false
    for (let k = 0; k < operands.length; k++) {
      if ((pointers[k] as number) < 0 && (k >= inputs || !isSingle(plan, k))) return false
    }
    return true
  }

  /** Copies single plain elements into the resident memory. */
  const fillSlots = (operands: readonly Strided[], plan: Plan, { heap, slots }: Instance): void => {
    for (let k = 0; k < inputs; k++) {
      if ((pointers[k] as number) >= 0) continue
      const { data, code } = operands[k] as Strided
      const at = slots + 8 * k
      const view: TypedArray = heap.view(code)
      view[at / (bytes[k] as number)] = data[plan.offsets[k] as number] as number
      pointers[k] = at - (plan.offsets[k] as number) * (bytes[k] as number)
    }
  }

  /** Runs the plan over operands in the instance's memory, at `pointers`. */
  const runInMemory = (instance: Instance, plan: Plan, report: Report): number => {
    let runRange = ranges.get(instance)
    if (!runRange) {
      runRange = makeRunRange(instance, bytes)
      ranges.set(instance, runRange)
    }
    const work = { plan, pointers, inputs, byRows: plan.outer.length > 0 }
    const code = instance === resident ? elsewhere?.inMemory(instance, work, report) : null
    if (code !== null && code !== undefined) return code
    return runRange(work, 0, unitsOf(work), report)
  }

  const run: Run = (operands, plan, report) => {
    const located = locate(operands, plan)
    const direct = located ? inResident() : null
    const instance = direct ?? inStaging()
    if (located && !direct) report.why ??= 'the memory of resident arrays has no room left for this loop'
    let code: number
    if (direct) {
      fillSlots(operands, plan, instance)
      if (indexed) setLength(loop, instance, operands)
      code = runInMemory(instance, plan, report)
    } else if (indexed) {
      code = runStagedIndexed(loop, instance, operands, plan, report)
    } else {
      const shared = elsewhere?.plain(operands, plan, inResident, report)
      if (shared) {
        if (shared.code !== 0) throw failure(loop, shared.instance, shared.code)
        return
      }
      const masked = loop.form === 'masked'
      const finish = stageSpans(instance.heap, operands, inputs, masked, plan, pointers, report)
      code = finish
        ? runInMemory(instance, plan, report)
        : runStaged(instance, operands, inputs, masked, plan, report)
      finish?.()
    }
    if (code < 0) throw outside(operands, plan)
    if (code !== 0) throw failure(loop, instance, code)
  }

  const runShort = (n: number, operands: ShortOperands, report: Report): boolean => {
    const { data, offset } = operands
    let arrays = 0
    let found = 0
    for (let k = 0; k < bytes.length; k++) {
      const from = data[k] as TypedArray | number
      const address = typeof from === 'number' ? -1 : addressOf(from)
      if (typeof from !== 'number') arrays++
      if (address >= 0) found++
      pointers[k] = address + (offset[k] as number) * (bytes[k] as number)
    }
    if (found !== arrays && (found !== 0 || n > longestShort)) return false
    const instance = found === 0 ? inStaging() : inResident()
    if (!instance) return false
    let code: number
    if (found === 0) {
      code = runStagedShort(instance, codes, inputs, n, operands, args, report)
    } else {
      for (let k = 0; k < bytes.length; k++) {
        const size = bytes[k] as number
        const from = data[k]
        if (typeof from === 'number') {
          const view: TypedArray = instance.heap.view(codes[k] as Code)
          pointers[k] = instance.slots + 8 * k
          view[(pointers[k] as number) / size] = from
        } else if (k >= inputs && !inPlace(n, k, operands)) return false
        args[2 + 2 * k] = pointers[k] as number
        args[3 + 2 * k] = typeof from === 'number' ? 0 : size
      }
      args[0] = instance.context
      args[1] = n
      code = invoke(instance.vector, args)
      report.calls++
    }
    if (code !== 0) throw failure(loop, instance, code)
    return true
  }

  /** May output k be written while the inputs are read? Each lies apart from it, or is the same elements. */
  const inPlace = (n: number, k: number, { data }: ShortOperands): boolean => {
    const start = pointers[k] as number
    const size = bytes[k] as number
    for (let i = 0; i < inputs; i++) {
      if (typeof data[i] === 'number') continue
      const from = pointers[i] as number
      const same = from === start && bytes[i] === size
      if (!same && from < start + n * size && start < from + n * (bytes[i] as number)) return false
    }
    return true
  }
  return { run, runShort }
}
