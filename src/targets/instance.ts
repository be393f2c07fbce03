/** A wasm loop in a memory: the module's two functions, and its context block with the tables it reads. */
import { dtypes, type TypedArray } from '../dtype.ts'
import { BoundsError, MemoryError } from '../errors.ts'
import type { WasmLoop } from '../loops/loop.ts'
import type { Block } from './memory/allocator.ts'
import type { Heap } from './memory/heap.ts'

/** (context, n, pointer, byte step, …) -> 0 or the number of a failed check. */
export type InnerLoop = (...args: number[]) => number

export interface Instance {
  readonly heap: Heap
  readonly vector: InnerLoop
  readonly strided: InnerLoop
  /** All functions of the module by name: a reducing loop has more. */
  readonly functions: Readonly<Record<string, unknown>>
  /** The address of the context block. */
  readonly context: number
  readonly blocks: readonly Block[]
}

/** The functions of `Math` that loops call, and JavaScript's remainder. */
const outside: Record<string, unknown> = { rem: (a: number, b: number) => a % b }
for (const name of Object.getOwnPropertyNames(Math)) outside[name] = Math[name as 'exp']

function reserve(heap: Heap, bytes: number): Block {
  const block = heap.reserve(bytes)
  if (block) return block
  throw new MemoryError(`wasm memory is full: no ${bytes} bytes for a loop's context or tables`, { bytes })
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

/** Loads a loop into a memory. @throws MemoryError when there is no room for its tables */
export function instantiate(loop: WasmLoop, tables: readonly TypedArray[], heap: Heap): Instance {
  const module = moduleOf(heap.shared ? loop.shared : loop.unshared)
  const { exports } = new WebAssembly.Instance(module, {
    env: { memory: heap.memory },
    math: outside as WebAssembly.ModuleImports,
  })
  const context = reserve(heap, loop.context.bytes)
  const copies = tables.map((table) => {
    // Room for one element even if there is none: a lane that takes no part reads it.
    const block = reserve(heap, Math.max(8, table.byteLength))
    new Uint8Array(heap.buffer()).set(
      new Uint8Array(table.buffer, table.byteOffset, table.byteLength),
      block.address,
    )
    return block
  })
  const words = heap.view('i4')
  copies.forEach((block, k) => {
    words[(context.address + loop.context.tables) / 4 + k] = block.address
  })
  return {
    heap,
    vector: exports.vector as InnerLoop,
    strided: exports.strided as InnerLoop,
    functions: exports,
    context: context.address,
    blocks: [context, ...copies],
  }
}

/** The error that a loop's return code stands for. */
export function failure(loop: WasmLoop, { heap, context }: Instance, code: number): Error {
  const facts = heap.view('f8')
  const index = facts[(context + loop.context.errorIndex) / 8] ?? 0
  const size = facts[(context + loop.context.errorSize) / 8] ?? 0
  const check = loop.checks[code - 1]
  const { line, column } = check?.at ?? { line: 0, column: 0 }
  return new BoundsError(
    `index ${index} is out of bounds for '${check?.array ?? 'array'}' with size ${size} (${loop.name}, line ${line}, column ${column})`,
    { line, column, index, size },
  )
}

/** Calls an inner loop with arguments kept in an array, without spreading it for the usual numbers of operands. */
export function invoke(f: InnerLoop, a: readonly number[]): number {
  switch (a.length) {
    case 6:
      return f(a[0] as number, a[1] as number, a[2] as number, a[3] as number, a[4] as number, a[5] as number)
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
    default:
      return f(...a)
  }
}

/** The bytes of one element of each operand of a loop. */
export const elementBytes = (loop: WasmLoop): number[] =>
  [...loop.inputs, ...loop.outputs].map((code) => dtypes[code].bytes)
