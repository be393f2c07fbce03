/** `outer`: every element of one array with every element of another. The first gets axes of size 1 for those of the second. */
import { asOperand } from '../broadcast/operand.ts'
import type { Strided } from '../broadcast/view.ts'
import { NoLoopError } from '../errors.ts'
import { call } from './call.ts'
import type { Core } from './prepare.ts'
import { foldOperand } from './reduce.ts'
import { isScalar } from './weak.ts'

/**
 * A result of shape `a.shape + b.shape`; what follows the two inputs is passed on to the call. Matches `numpy.ufunc.outer`, with
 * weak scalars.
 * @throws NoLoopError for a function that does not take two inputs; what a call throws
 */
export function outer(core: Core, args: readonly unknown[]): unknown {
  const { name, nin, signature, source } = core
  const wrong = (message: string) =>
    new NoLoopError(`${name}.outer: ${message}`, {
      dtypes: [],
      types: source.overloads.map((overload) => overload.text),
    })
  if (signature !== null)
    throw wrong(`method outer is not allowed in ufunc with non-trivial signature: it has ${signature}`)
  if (nin !== 2) throw wrong(`outer product only supported for binary functions; it takes ${nin}`)
  const [a, b, ...rest] = args
  const count = foldOperand(core, 'outer', b).shape.length
  const first = isScalar(a) ? a : asOperand(withAxes(foldOperand(core, 'outer', a), count))
  return call(core, [first, b, ...rest])
}

function withAxes(x: Strided, count: number): Strided {
  const more = <T>(item: T): T[] => new Array<T>(count).fill(item)
  return { ...x, shape: [...x.shape, ...more(1)], stride: [...x.stride, ...more(0)] }
}
