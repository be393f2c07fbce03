/** A wasm loop in a memory: the module's two functions, and its context block with the tables it reads. */
import { dtypes, type TypedArray } from '../dtype.ts'
import { MemoryError } from '../errors.ts'
import type { WasmLoop } from '../loops/loop.ts'
import { outside } from '../outside.ts'
import type { Block } from './memory/allocator.ts'
import type { Heap } from './memory/heap.ts'

/** (context, n, pointer, byte step, …) -> 0 or the number of a failed check. */
export type InnerLoop = (...args: number[]) => number
/** (context, n, rows, pointer, byte step, byte step from row to row, …) -> the first code that is not 0. */
export type RowsLoop = InnerLoop

export interface Instance {
  readonly heap: Heap
  readonly vector: InnerLoop
  readonly strided: InnerLoop
  readonly vectorRows: RowsLoop
  readonly stridedRows: RowsLoop
  /** All functions of the module by name: a reducing loop has more. */
  readonly functions: Readonly<Record<string, unknown>>
  /** The address of the context block. */
  readonly context: number
  /** Where single operands are put that do not live in this memory. */
  readonly slots: number
  readonly blocks: readonly Block[]
}

/** Blocks of these sizes; all of them or, in a full memory, null. */
function reserve(heap: Heap, sizes: readonly number[]): Block[] | null {
  const blocks: Block[] = []
  for (const bytes of sizes) {
    const block = heap.reserve(bytes)
    if (block) blocks.push(block)
    else {
      for (const taken of blocks) heap.release(taken)
      return null
    }
  }
  return blocks
}

/** Compiled modules of a loop, one a kind of memory. */
const modules = new WeakMap<Uint8Array, WebAssembly.Module>()

function moduleOf(code: Uint8Array): WebAssembly.Module {
  let known = modules.get(code)
  if (!known) {
    known = new WebAssembly.Module(code as BufferSource)
    modules.set(code, known)
  }
  return known
}

/** Loads a loop into a memory; null when there is no room for its context, its tables and what else it is given. */
export function instantiateIfRoom(
  loop: WasmLoop,
  tables: readonly TypedArray[],
  heap: Heap,
  slots = 0,
): Instance | null {
  // Room for one element even in an empty table: a lane that takes no part reads it.
  const sizes = tables.map((table) => Math.max(8, table.byteLength))
  const blocks = reserve(heap, [loop.context.bytes, slots, ...sizes])
  if (!blocks) return null
  const [context, slot, ...copies] = blocks as [Block, Block, ...Block[]]
  for (const [k, { address }] of copies.entries()) {
    const { buffer, byteOffset, byteLength } = tables[k] as TypedArray
    new Uint8Array(heap.buffer()).set(new Uint8Array(buffer, byteOffset, byteLength), address)
    heap.view('i4')[(context.address + loop.context.tables) / 4 + k] = address
  }
  const { exports } = new WebAssembly.Instance(moduleOf(heap.shared ? loop.shared : loop.unshared), {
    env: { memory: heap.memory },
  })
  return {
    heap,
    vector: exports.vector as InnerLoop,
    strided: exports.strided as InnerLoop,
    vectorRows: exports.vectorRows as RowsLoop,
    stridedRows: exports.stridedRows as RowsLoop,
    functions: exports,
    context: context.address,
    slots: slot.address,
    blocks,
  }
}

/** Loads a loop into a memory. @throws MemoryError when there is no room for its context or its tables */
export function instantiate(loop: WasmLoop, tables: readonly TypedArray[], heap: Heap): Instance {
  const made = instantiateIfRoom(loop, tables, heap)
  if (made) return made
  const bytes = tables.reduce((sum, table) => sum + table.byteLength, loop.context.bytes)
  throw new MemoryError(`wasm memory is full: no ${bytes} bytes for ${loop.name} and its tables`, { bytes })
}

/** The error that a loop's return code stands for. */
export function failure(loop: WasmLoop, { heap, context }: Instance, code: number): Error {
  const facts = heap.view('f8')
  const index = facts[(context + loop.context.errorIndex) / 8] ?? 0
  const size = facts[(context + loop.context.errorSize) / 8] ?? 0
  return outside(loop.checks[code - 1], loop.name, index, size)
}

/** Calls an inner loop with arguments kept in an array, without spreading it for the usual numbers of operands. */
export function invoke(f: InnerLoop, a: readonly number[]): number {
  switch (a.length) {
    case 6:
      return f(a[0] as number, a[1] as number, a[2] as number, a[3] as number, a[4] as number, a[5] as number)
    case 7:
      return f(
        a[0] as number,
        a[1] as number,
        a[2] as number,
        a[3] as number,
        a[4] as number,
        a[5] as number,
        a[6] as number,
      )
    case 8:
      return f(
        a[0] as number,
        a[1] as number,
        a[2] as number,
        a[3] as number,
        a[4] as number,
        a[5] as number,
        a[6] as number,
        a[7] as number,
      )
    case 10:
      return f(
        a[0] as number,
        a[1] as number,
        a[2] as number,
        a[3] as number,
        a[4] as number,
        a[5] as number,
        a[6] as number,
        a[7] as number,
        a[8] as number,
        a[9] as number,
      )
    default:
      return f(...a)
  }
}

/** The bytes of one element of each operand of a loop. */
export const elementBytes = (loop: WasmLoop): number[] =>
  [...loop.inputs, ...loop.outputs].map((code) => dtypes[code].bytes)
