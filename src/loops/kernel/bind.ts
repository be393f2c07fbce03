/**
 * A kernel meets its operands: the elements are read with the dtypes they have in memory and cast to the parameters, the results
 * are cast to the dtypes of the outputs. So an i4 array given to an f8 loop needs no buffer: the conversion is part of the code.
 */
import type { Code } from '../../dtype.ts'
import { cast, type Kernel, type Local, local, type Stmt, set } from './ir.ts'

/** The kernel on operands of these dtypes in memory; its `outs` are new locals of the types `outputs`. */
export function bind(kernel: Kernel, inputs: readonly Code[], outputs: readonly Code[]): Kernel {
  if (inputs.length !== kernel.nin || outputs.length !== kernel.outs.length) {
    throw new TypeError(`${kernel.name} has ${kernel.nin} inputs and ${kernel.outs.length} outputs`)
  }
  const typeOf = (id: number): Code => kernel.locals[id]?.type ?? 'f8'
  const reads = inputs.map(
    (type, operand): Stmt => set(operand, cast(typeOf(operand), { kind: 'input', type, operand })),
  )
  const first = kernel.locals.length
  const results = outputs.map((type, k): Local => ({ type, name: outputs.length === 1 ? 'out' : `out${k}` }))
  // An early return leaves a block of the body's own, so it comes by here too.
  const writes = outputs.map((type, k): Stmt => {
    const id = kernel.outs[k] ?? 0
    return set(first + k, cast(type, local(typeOf(id), id)))
  })
  return {
    ...kernel,
    locals: [...kernel.locals, ...results],
    outs: results.map((_, k) => first + k),
    body: [...reads, ...kernel.body, ...writes],
  }
}
