/** Rough numbers of instructions: what decides whether lanes compute something for nothing, or branch around it. */
import type { Expr, Stmt } from './ir.ts'

export function exprCost(e: Expr): number {
  switch (e.kind) {
    case 'const':
    case 'local':
    case 'input':
    case 'size':
      return 0
    case 'bits':
      return exprCost(e.arg)
    case 'op':
      return e.args.reduce((sum, a) => sum + exprCost(a), e.op === 'div' || e.op === 'sqrt' ? 8 : 1)
    case 'cast':
      return 2 + exprCost(e.arg)
    case 'select':
      return 1 + exprCost(e.cond) + exprCost(e.then) + exprCost(e.else)
    case 'load':
      return 16 + exprCost(e.index)
    case 'element':
      return e.indices.reduce((sum, index) => sum + 4 + exprCost(index), 1)
  }
}

/** Of a list of statements that runs once; a loop is always worth skipping. */
export function cost(body: readonly Stmt[]): number {
  let sum = 0
  for (const s of body) {
    if (s.kind === 'set' || s.kind === 'store') sum += 1 + exprCost(s.value)
    else if (s.kind === 'if') sum += 2 + exprCost(s.cond) + cost(s.then) + cost(s.else)
    else if (s.kind === 'block') sum += cost(s.body)
    else if (s.kind === 'loop') sum += 1000
  }
  return sum
}

/** A branch that costs more than this is skipped when no lane takes it. */
export const skipAbove = 24
