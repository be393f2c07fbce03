/** Runs a loop by hand: its two functions over columns of values laid out in a memory, without a target. */
import { dtypes, type TypedArray } from '../../src/dtype.ts'
import type { Tables, Value } from '../../src/loops/kernel/ir.ts'
import type { WasmLoop } from '../../src/loops/loop.ts'

export interface Layout {
  readonly class: 'vector' | 'strided'
  /** The byte step of operand k is this times its element size; 0 repeats the first row. */
  readonly step: (operand: number) => number
  /** What the outputs hold before, a row an element: for loops that leave some of it. */
  readonly held?: readonly (readonly Value[])[]
}

export type Outcome =
  | { readonly columns: Value[][] }
  | { readonly failed: number; index: number; size: number }

const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536, shared: true })
const contextAt = 1024
const tablesAt = 4096
const operandsAt = 65536
const room = 32768
/** Written around outputs: a loop that writes elsewhere changes it. */
const canary = 0xa5

function write(view: TypedArray, at: number, value: Value): void {
  const stored = view instanceof BigInt64Array || view instanceof BigUint64Array ? value : Number(value)
  view[at] = stored as number
}

/** The results of the loop on `rows`, a column an output. Throws when a byte beside the outputs has changed. */
export function runLoop(
  loop: WasmLoop,
  tables: Tables,
  rows: readonly (readonly Value[])[],
  layout: Layout,
): Outcome {
  const module = new WebAssembly.Module(loop.shared as BufferSource)
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  const bytes = new Uint8Array(memory.buffer)
  bytes.fill(canary, contextAt)
  let at = tablesAt
  tables.forEach((table, k) => {
    bytes.set(new Uint8Array(table.buffer, table.byteOffset, table.byteLength), at)
    new Int32Array(memory.buffer)[(contextAt + loop.context.tables) / 4 + k] = at
    at += Math.ceil((table.byteLength + 8) / 16) * 16
  })
  const codes = [...loop.inputs, ...loop.outputs]
  const views = codes.map((code) => new dtypes[code].array(memory.buffer))
  const args: number[] = [contextAt, rows.length]
  const starts = codes.map((code, k) => {
    const size = dtypes[code].bytes
    const step = layout.step(k)
    const start = operandsAt + k * room + (step < 0 ? room / 2 : 64)
    args.push(start, step * size)
    const count = step === 0 ? 1 : rows.length
    const own = k < loop.inputs.length
    const from = own ? rows : layout.held
    const column = own ? k : k - loop.inputs.length
    if (from) {
      for (let i = 0; i < count; i++) {
        write(views[k] as TypedArray, start / size + i * step, (from[i] as Value[])[column] as Value)
      }
    }
    return start / size
  })
  const before = bytes.slice(operandsAt)
  const code = (exports[layout.class] as (...args: number[]) => number)(...args)
  if (code !== 0) {
    const facts = new Float64Array(memory.buffer)
    return {
      failed: code,
      index: facts[(contextAt + loop.context.errorIndex) / 8] as number,
      size: facts[(contextAt + loop.context.errorSize) / 8] as number,
    }
  }
  const columns = loop.outputs.map((code, k) => {
    const operand = loop.inputs.length + k
    const view = views[operand] as TypedArray
    const size = dtypes[code].bytes
    return rows.map((_, i) => {
      const index = (starts[operand] as number) + i * layout.step(operand)
      const value = view[index] as number | bigint
      bytes.set(before.subarray(index * size - operandsAt, (index + 1) * size - operandsAt), index * size)
      return code === 'b1' ? value !== 0 : value
    })
  })
  if (Buffer.compare(bytes.subarray(operandsAt), before) !== 0)
    throw new Error('the loop wrote beside its outputs')
  return { columns }
}
