/** The kernel table's types, for the tests that compile every row. */
export interface KernelRow {
  readonly name: string
  readonly types: string
  readonly args: Readonly<Record<string, unknown>>
  readonly outs: readonly string[]
  readonly kernel: (...args: readonly never[]) => unknown
  readonly loop: (n: number, ...arrays: readonly Numbers[]) => void
  readonly tolerance: Readonly<Record<string, number | string>>
}
export type Numbers = Uint8Array | Int32Array | Uint32Array | BigInt64Array | Float32Array | Float64Array
export const kernels: readonly KernelRow[]
export function codes(row: KernelRow): { inputs: string[]; results: string[] }
export function inputsOf(row: KernelRow, n: number, seed?: number): Numbers[]
export function resultsOf(row: KernelRow, n: number): Numbers[]
export function compare(row: KernelRow, who: string, got: readonly Numbers[], want: readonly Numbers[]): void
