/** The elements of a fold, run by run, where wasm can read them. */

/** Elements of a run that has to be copied: as many as a cache likes. */
export const copiedRun = 16384

export interface Source {
  /** Whether all elements are read where they lie. */
  readonly direct: boolean
  /** Brings `n` elements of each operand, from these offsets at these steps (in elements): `at` and `steps` say where, in bytes. */
  place(offsets: readonly number[], steps: readonly number[], n: number): void
  readonly at: number[]
  readonly steps: number[]
}

/** Elements that lie in the memory: where element 0 of each operand does, and the bytes of one. */
export function placedSource(pointers: readonly number[], bytes: readonly number[]): Source {
  const at = pointers.slice()
  const steps = bytes.slice()
  return {
    direct: true,
    at,
    steps,
    place(offsets, by) {
      for (let k = 0; k < at.length; k++) {
        const size = bytes[k] as number
        at[k] = (pointers[k] as number) + (offsets[k] as number) * size
        steps[k] = (by[k] as number) * size
      }
    },
  }
}
