/**
 * The last call of a gufunc whose operands were computed where they lie: calls in a loop have the same dtypes, shapes and strides again
 * and again, and then sizes, loop and results need not be found out anew. What depends on where operands lie is looked at in every call.
 */
import type { CoreCall } from '../broadcast/core.ts'
import { isSameLayout } from '../broadcast/recall.ts'
import { type Shape, sizeOf } from '../broadcast/shape.ts'
import type { Layout, Strided } from '../broadcast/view.ts'
import { noKeywords } from '../vectorize/keywords.ts'
import { absent, type Call, type Ready } from '../vectorize/prepare.ts'

export interface RecalledCall {
  readonly ready: Ready
  readonly scalars: number
  /** Of the operands as they were given; `absent` stands for what was allocated. */
  readonly given: readonly Layout[]
  /** Of all operands, results among them. */
  readonly run: readonly Layout[]
  /** The same object again says that shapes and strides are the same again. */
  readonly call: CoreCall
}

const copyOf = ({ shape, stride }: Strided): Layout => ({ shape: [...shape], stride: [...stride], offset: 0 })

/** May such a call be recalled: do its keywords say no more than where results go, and with which loop they are computed? */
export const isPlain = ({ keywords }: Call): boolean =>
  keywords.mask === null &&
  keywords.axes === noKeywords.axes &&
  keywords.axis === noKeywords.axis &&
  !keywords.keepdims &&
  keywords.order === noKeywords.order

export const recallCall = (
  { operands, scalars }: Call,
  ready: Ready,
  run: readonly Strided[],
  call: CoreCall,
): RecalledCall => ({
  ready,
  scalars,
  given: operands.map((operand) => (operand === absent ? absent : copyOf(operand))),
  run: run.map(copyOf),
  call,
})

/** Is this such a call once more? */
export function isAgain(known: RecalledCall, { operands, scalars }: Call, ready: Ready): boolean {
  if (known.ready !== ready || known.scalars !== scalars || known.given.length !== operands.length)
    return false
  for (let k = 0; k < operands.length; k++) {
    const [then, now] = [known.given[k] as Layout, operands[k] as Strided]
    if (then === absent ? now !== absent : now === absent || !isSameLayout(then, now)) return false
  }
  return true
}

/** Allocates the results of such a call. */
export function allocateAgain({ run }: RecalledCall, { operands }: Call, { target, overload }: Ready): void {
  const { inputs, outputs } = overload
  for (let k = inputs.length; k < operands.length; k++) {
    if (operands[k] !== absent) continue
    const { shape, stride } = run[k] as Layout
    const code = outputs[k - inputs.length] ?? 'f8'
    operands[k] = { ...allocated(target, code, shape, operands, inputs.length), stride: [...stride] }
  }
}

function allocated(
  target: Ready['target'],
  code: Strided['code'],
  shape: Shape,
  operands: readonly Strided[],
  nin: number,
): Strided {
  const beside = operands.slice(0, nin).map(({ data }) => data)
  const data = target.memory.allocate(code, sizeOf(shape), beside)
  return { data, code, shape: [...shape], stride: [], offset: 0 }
}
