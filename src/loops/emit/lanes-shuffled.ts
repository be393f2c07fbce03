/**
 * Lanes a few elements apart, picked out of whole registers: faster than one by one, and what views of channels, of every other
 * element and of reversed arrays need. Nothing before the first element or behind the last is read.
 */
import binaryen from 'binaryen'
import type { Asm, Ref } from './asm.ts'
import type { Width } from './lanes-cast.ts'

/** The steps, in elements, the likelier first: backwards, pairs, pixels with and without alpha. */
export const shuffledSteps = [-1, 2, 4, 3] as const

/** How one register is made: where to load, and shuffles that each join what is there (bytes 0 … 15) to the next load (16 …). */
interface Picks {
  readonly starts: readonly number[]
  readonly shuffles: readonly (readonly number[])[]
}

/** `offsets` are those of the register's elements in memory, in bytes; `last` is where the last load may begin. */
function picksOf(bytes: Width, offsets: readonly number[], last: number): Picks {
  const inside = (start: number, at: number) => at >= start && at + bytes <= start + 16
  const starts: number[] = []
  for (const at of offsets.toSorted((a, b) => a - b))
    if (!starts.some((start) => inside(start, at))) starts.push(Math.min(at, last))
  /** For each byte of the register, its place in this load; null where it has none. */
  const placesIn = (start: number) =>
    Array.from({ length: 16 }, (_, byte) => {
      const at = offsets[Math.floor(byte / bytes)] ?? 0
      return inside(start, at) ? at - start + (byte % bytes) : null
    })
  const [first = 0, ...others] = starts
  let placed = placesIn(first)
  const shuffles = (others.length > 0 ? others : [first]).map((start) => {
    const found = placesIn(start)
    const shuffle = placed.map((at, byte) => at ?? 16 + (found[byte] ?? 0))
    placed = placed.map((at, byte) => ((at ?? found[byte] ?? null) === null ? null : byte))
    return shuffle
  })
  return { starts, shuffles }
}

/** L elements, `step` elements apart: those of `pointer` and after it, or before it. */
export function loadShuffled(asm: Asm, bytes: Width, lanes: number, pointer: number, step: number): Ref[] {
  const { m } = asm
  const per = 16 / bytes
  const lowest = Math.min(0, (lanes - 1) * step * bytes)
  const last = Math.max(0, (lanes - 1) * step * bytes) - lowest + bytes - 16
  const base = asm.share(m.i32.add(asm.get(pointer), m.i32.const(lowest)), binaryen.i32)
  return Array.from({ length: lanes / per }, (_, j) => {
    const offsets = Array.from({ length: per }, (_, k) => (j * per + k) * step * bytes - lowest)
    const { starts, shuffles } = picksOf(bytes, offsets, last)
    const loads = starts.map((start) => asm.share(m.v128.load(start, 1, base()), binaryen.v128))
    const load = (n: number) => loads[Math.min(n, loads.length - 1)]?.() ?? base()
    return shuffles.reduce((there, order, n) => m.i8x16.shuffle(there, load(n + 1), [...order]), load(0))
  })
}
