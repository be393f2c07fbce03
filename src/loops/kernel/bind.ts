/**
 * A kernel meets its operands: the elements are read with the dtypes they have in memory and cast to the parameters, the results
 * are cast to the dtypes of the outputs. So an i4 array given to an f8 loop needs no buffer: the conversion is part of the code.
 */
import type { Code } from '../../dtype.ts'
import { cast, type Expr, type Kernel, type Local, local, mapStmts, type Stmt, set } from './ir.ts'

/** The kernel on operands of these dtypes in memory; its `outs` are new locals of the types `outputs`. */
export function bind(kernel: Kernel, inputs: readonly Code[], outputs: readonly Code[]): Kernel {
  const { core } = kernel
  const writesArrays = core !== undefined && kernel.outs.length === 0
  if (inputs.length !== kernel.nin || (outputs.length !== kernel.outs.length && !writesArrays)) {
    throw new TypeError(`${kernel.name} has ${kernel.nin} inputs and ${kernel.outs.length} outputs`)
  }
  const typeOf = (id: number): Code => kernel.locals[id]?.type ?? 'f8'
  const arrays = new Set(core?.views.map((view) => view.operand))
  const reads = inputs.flatMap((type, operand): Stmt[] =>
    arrays.has(operand) ? [] : [set(operand, cast(typeOf(operand), { kind: 'input', type, operand }))],
  )
  const body = core ? bindArrays(kernel, [...inputs, ...outputs]) : kernel.body
  const views = core?.views.map((view) => ({
    ...view,
    type: [...inputs, ...outputs][view.operand] ?? view.type,
  }))
  const first = kernel.locals.length
  const returned = writesArrays ? [] : outputs
  const results = returned.map((type, k): Local => ({ type, name: outputs.length === 1 ? 'out' : `out${k}` }))
  // An early return leaves a block of the body's own, so it comes by here too.
  const writes = returned.map((type, k): Stmt => {
    const id = kernel.outs[k] ?? 0
    return set(first + k, cast(type, local(typeOf(id), id)))
  })
  return {
    ...kernel,
    locals: [...kernel.locals, ...results],
    outs: results.map((_, k) => first + k),
    ...(core && views ? { core: { ...core, views } } : {}),
    body: [...reads, ...body, ...writes],
  }
}

/** Elements of array operands are cast where they are read and written. */
function bindArrays({ core, body }: Kernel, codes: readonly Code[]): Stmt[] {
  const memory = (view: number): Code | undefined => codes[core?.views[view]?.operand ?? -1]
  const read = (e: Expr): Expr =>
    e.kind === 'element' ? cast(e.type, { ...e, type: memory(e.view) ?? e.type }) : e
  const stores = (list: readonly Stmt[]): Stmt[] =>
    list.map((s): Stmt => {
      switch (s.kind) {
        case 'store':
          return { ...s, value: cast(memory(s.view) ?? s.value.type, s.value) }
        case 'if':
          return { ...s, then: stores(s.then), else: stores(s.else) }
        case 'loop':
          return { ...s, body: stores(s.body), update: stores(s.update) }
        case 'block':
          return { ...s, body: stores(s.body) }
        case 'set':
        case 'break':
        case 'continue':
          return s
      }
    })
  return stores(mapStmts(body, read))
}
