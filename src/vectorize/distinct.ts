/** What a call writes has to be distinct arrays: which of two values an element would hold that is in both, nobody could say. */
import { mayShareMemory } from '../broadcast/overlap.ts'
import type { Strided } from '../broadcast/view.ts'
import { OutputError } from '../errors.ts'
import { haveOwnBlocks } from '../targets/memory/resident.ts'

/**
 * `written` are operands by their numbers; null: not written, or not given. NumPy leaves this case undefined.
 * @throws OutputError where two of them share memory
 */
export function checkDistinct(name: string, written: readonly (Strided | null)[]): void {
  for (const [k, one] of written.entries())
    for (let i = 0; i < k; i++) {
      const other = written[i]
      if (!one || !other || haveOwnBlocks(one.data, other.data) || !mayShareMemory(one, other)) continue
      throw new OutputError(
        `${name}: operands ${i} and ${k} are both written, but share memory; give each an array of its own`,
        { operand: k },
      )
    }
}
