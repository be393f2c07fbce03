/**
 * A bound kernel under a mask (`where`): one more input says which elements are computed, and the results of the others are what
 * the outputs hold already. In the IR the mask is input operand `nin`, and the outputs, which are read, are the operands behind it.
 */
import { type Expr, type Kernel, type Local, local, type Stmt, select, set, visit } from './ir.ts'
import { mayFail } from './reads.ts'

/**
 * May the kernel run on elements that nobody asked for? Not when it could fail there, or never end; and a loop is worth skipping
 * when no lane takes it.
 */
function harmless(body: readonly Stmt[]): boolean {
  let safe = true
  visit(
    body,
    (e) => {
      if (mayFail(e)) safe = false
    },
    (s) => {
      if (s.kind === 'loop') safe = false
    },
  )
  return safe
}

/** The masked kernel; `bound` is what `bind` made. */
export function mask(bound: Kernel): Kernel {
  const { nin, locals, outs, body } = bound
  const typeOf = (id: number) => locals[id]?.type ?? 'f8'
  const taken: Expr = { kind: 'input', type: 'b1', operand: nin }
  const held = outs.map((id, k): Expr => ({ kind: 'input', type: typeOf(id), operand: nin + 1 + k }))
  const keep = (k: number): Expr => held[k] ?? taken
  if (!harmless(body)) {
    const before = outs.map((id, k) => set(id, keep(k)))
    // `bind` reads every operand first.
    const reads = body.slice(0, nin)
    return {
      ...bound,
      body: [...reads, ...before, { kind: 'if', cond: taken, then: body.slice(nin), else: [] }],
    }
  }
  const results = outs.map((id): Local => ({ type: typeOf(id), name: locals[id]?.name ?? 'out' }))
  const blends = outs.map((id, k) => set(locals.length + k, select(taken, local(typeOf(id), id), keep(k))))
  return {
    ...bound,
    locals: [...locals, ...results],
    outs: outs.map((_, k) => locals.length + k),
    body: [...body, ...blends],
  }
}
