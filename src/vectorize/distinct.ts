/**
 * Operands that share memory. What a call writes has to be distinct arrays: which of two values an element would hold that is in both,
 * nobody could say. Inputs may be outputs.
 */
import { copied } from '../broadcast/copy.ts'
import { mayOverlapItself, mayShareMemory, sameElements } from '../broadcast/overlap.ts'
import type { Strided } from '../broadcast/view.ts'
import { OutputError } from '../errors.ts'
import { haveOwnBlocks } from '../targets/memory/resident.ts'
import { absent, type Ready } from './prepare.ts'

/**
 * NumPy leaves this case undefined.
 * @throws OutputError where two operands that are given and written share memory
 */
export function checkDistinct(
  name: string,
  operands: readonly Strided[],
  isWritten: (operand: number) => boolean,
): void {
  const written = (k: number): Strided | undefined =>
    isWritten(k) && operands[k] !== absent ? operands[k] : undefined
  for (let k = 1; k < operands.length; k++)
    for (let i = 0; i < k; i++) {
      const one = written(k)
      const other = written(i)
      if (!one || !other || haveOwnBlocks(one.data, other.data) || !mayShareMemory(one, other)) continue
      throw new OutputError(
        `${name}: operands ${i} and ${k} are both written, but share memory; give each an array of its own`,
        { operand: k },
      )
    }
}

/**
 * Inputs that share memory with a given output are copied, unless each element is read just before it is written.
 * Says whether any was.
 */
export function separate(operands: Strided[], first: number, { target }: Ready, elementwise = true): boolean {
  let moved = false
  for (let k = first; k < operands.length; k++) {
    const out = operands[k] as Strided
    if (out === absent) continue
    for (let i = 0; i < first; i++) {
      const input = operands[i] as Strided
      if (haveOwnBlocks(input.data, out.data)) continue
      const inPlace =
        elementwise && input.data === out.data && sameElements(input, out) && !mayOverlapItself(out)
      if (inPlace || !mayShareMemory(input, out)) continue
      operands[i] = copied(input, input.code, 'K', (code, length) =>
        target.memory.allocate(code, length, [input.data]),
      )
      moved = true
    }
  }
  return moved
}
