/** What a kernel of arrays writes to: outputs, and inputs that it may write. */
import { copied } from '../broadcast/copy.ts'
import { isBranded, isView } from '../broadcast/operand.ts'
import { mayOverlapItself } from '../broadcast/overlap.ts'
import { type Shape, sameShape, shapeText } from '../broadcast/shape.ts'
import type { Strided } from '../broadcast/view.ts'
import { codeOfArray } from '../dtype.ts'
import { OutputError } from '../errors.ts'
import { isElsewhere } from '../targets/memory/resident.ts'
import { checkDistinct, separate } from '../vectorize/distinct.ts'
import type { Core, Ready } from '../vectorize/prepare.ts'

/**
 * Inputs that are written have to be arrays in which it can be found afterwards.
 * @throws OutputError for numbers, nested arrays, and views of what is no typed array
 */
export function checkWritable(
  { name, nin }: Core,
  args: readonly unknown[],
  writable: ReadonlySet<number>,
): void {
  for (const operand of writable) {
    const value = args[operand]
    if (operand >= nin || isBranded(value)) continue
    if (codeOfArray(isView(value) ? value.data : value) !== undefined) continue
    throw new OutputError(
      `${name}() writes to its argument ${operand}, but that is ${Array.isArray(value) ? 'a nested array' : 'no array of its own'}, of which it has a copy: give a typed array, or a view of one`,
      { operand },
    )
  }
}

/** @throws OutputError where an input that is written would be stretched: several calls of the kernel would write one element */
export function checkUnstretched({ name }: Core, operand: number, own: Shape, loop: Shape): void {
  if (sameShape(own, loop)) return
  throw new OutputError(
    `${name}: non-broadcastable output operand with shape ${shapeText(own)} doesn't match the broadcast shape ${shapeText(loop)}: operand ${operand} is written, so it does not stretch over the loop dimensions`,
    { operand, shape: own, want: loop },
  )
}

/** Inputs that share memory with what is written are copied; says whether any was. @throws OutputError where two that are written share memory */
export function separateAll(
  { name, nin }: Core,
  moved: Strided[],
  ready: Ready,
  writable: ReadonlySet<number>,
): boolean {
  checkDistinct(name, moved, (k) => k >= nin || writable.has(k))
  // What an asynchronous target reads, it has copied before it writes.
  if (ready.target.kind === 'async') return false
  let copies = separate(moved, nin, ready, false)
  for (const w of writable) {
    const written = moved[w]
    if (w >= nin || !written) continue
    const pair: Strided[] = []
    for (let i = 0; i < nin; i++) {
      const input = moved[i]
      if (i === w || !input || writable.has(i)) continue
      pair[0] = input
      pair[1] = written
      copies = separate(pair, 1, ready, false) || copies
      moved[i] = pair[0] ?? input
    }
  }
  return copies
}

/**
 * The operand itself, or one to compute in: what is written in a dtype of its own, or overlaps itself, is computed elsewhere and
 * copied back, for kernels take the elements that they write for distinct.
 */
export function temporary(
  { nin }: Core,
  ready: Ready,
  writable: ReadonlySet<number>,
  operand: Strided,
  k: number,
): Strided {
  if (k < nin && !writable.has(k)) return operand
  const code = (k < nin ? ready.inputs[k] : ready.outputs[k - nin]) ?? operand.code
  if (operand.code === code && !mayOverlapItself(operand)) return operand
  if (isElsewhere(operand.data))
    throw new OutputError(
      operand.code === code
        ? `operand ${k} is written, but its elements overlap each other: on the target '${ready.target.name}' give an array whose elements are its own`
        : `operand ${k} is written as ${code}, and on the target '${ready.target.name}' it has to be an array of that dtype: it is one of ${operand.code}`,
      { operand: k },
    )
  return copied(operand, code, 'K', (c, length) => ready.target.memory.allocate(c, length, [operand.data]))
}
