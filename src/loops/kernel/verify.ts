/** What a well-formed kernel looks like. The tests run it after every pass; it returns what is wrong, in words. */
import { type Code, dtypes } from '../../dtype.ts'
import { castValue, isFloat, isInt, sameValue } from './evaluate.ts'
import type { Expr, Kernel, Stmt, Store } from './ir.ts'
import { opRow } from './ops.ts'
import { printExpr } from './print.ts'

const domainOf = (type: Code): 'int' | 'float' | 'bool' =>
  isInt(type) ? 'int' : isFloat(type) ? 'float' : 'bool'

function constProblem(e: Extract<Expr, { kind: 'const' }>): string | undefined {
  const want = { b: 'boolean', i: 'bigint', u: 'bigint', f: 'number' }[dtypes[e.type].kind]
  if (typeof e.value !== want) return `a constant of ${e.type} is a ${want}`
  return sameValue(castValue(e.type, e.value), e.value) ? undefined : `the value does not fit ${e.type}`
}

function opProblem(e: Extract<Expr, { kind: 'op' }>): string | undefined {
  const row = opRow(e.op)
  const [a] = e.args
  if (!a || e.args.length !== row.arity) return `${e.op} takes ${row.arity} operands`
  if (e.args.some((x) => x.type !== a.type)) return `operands of ${e.args.map((x) => x.type).join(' and ')}`
  if (!row[domainOf(a.type)]) return `${e.op} is not defined on ${a.type}`
  const result = row.result === 'b1' ? 'b1' : a.type
  return e.type === result ? undefined : `the result is ${result}, not ${e.type}`
}

/** An access to an array operand, of a value of `type`. */
function accessProblem(kernel: Kernel, e: Pick<Store, 'view' | 'indices'>, type: Code): string | undefined {
  const view = kernel.core?.views[e.view]
  if (!view) return `there is no array operand ${e.view}`
  if (view.type !== type) return `an element of ${view.name} is ${view.type}, not ${type}`
  if (e.indices.length !== view.dims.length) return `${view.name} has ${view.dims.length} axes`
  return e.indices.every((index) => index.type === 'i8') ? undefined : 'an index is i8'
}

function exprProblem(kernel: Kernel, e: Expr): string | undefined {
  switch (e.kind) {
    case 'const':
      return constProblem(e)
    case 'local': {
      const type = kernel.locals[e.local]?.type
      return type === e.type ? undefined : `local ${e.local} is ${type ?? 'missing'}, not ${e.type}`
    }
    case 'input':
      // A masked kernel also reads its mask and its outputs.
      return e.operand <= kernel.nin + kernel.outs.length ? undefined : `there is no operand ${e.operand}`
    case 'op':
      return opProblem(e)
    case 'cast':
      return undefined
    case 'bits':
      return dtypes[e.type].bytes === dtypes[e.arg.type].bytes ? undefined : 'the sizes differ'
    case 'select':
      if (e.cond.type !== 'b1') return `the condition is ${e.cond.type}`
      return e.then.type === e.type && e.else.type === e.type ? undefined : 'the sides differ in type'
    case 'load':
      if (e.index.type !== 'i8') return `the index is ${e.index.type}`
      return e.array < kernel.arrays.length ? undefined : `there is no table ${e.array}`
    case 'element':
      return accessProblem(kernel, e, e.type)
    case 'size': {
      const axes = kernel.core?.views[e.view]?.dims
      return axes && e.axis < axes.length && e.type === 'i4' ? undefined : `there is no such size`
    }
  }
}

/** What is wrong with a kernel; empty when nothing is. */
export function verify(kernel: Kernel): string[] {
  const problems: string[] = []
  const expr = (e: Expr): void => {
    const problem = exprProblem(kernel, e)
    if (problem) problems.push(`${printExpr(kernel, e)}: ${problem}`)
    if (e.kind === 'op') e.args.forEach(expr)
    else if (e.kind === 'cast' || e.kind === 'bits') expr(e.arg)
    else if (e.kind === 'load') expr(e.index)
    else if (e.kind === 'element') e.indices.forEach(expr)
    else if (e.kind === 'select') [e.cond, e.then, e.else].forEach(expr)
  }
  const list = (body: readonly Stmt[], loops: readonly number[], blocks: readonly number[]): void => {
    for (const s of body) {
      switch (s.kind) {
        case 'set': {
          expr(s.value)
          const type = kernel.locals[s.local]?.type
          if (type !== s.value.type) problems.push(`local ${s.local} of ${type} is set to ${s.value.type}`)
          break
        }
        case 'store': {
          for (const e of [...s.indices, s.value]) expr(e)
          const problem = accessProblem(kernel, s, s.value.type)
          if (problem) problems.push(`a store: ${problem}`)
          if (!kernel.core?.views[s.view]?.stored)
            problems.push(`a store to operand ${s.view}, which is read only`)
          break
        }
        case 'if':
          expr(s.cond)
          if (s.cond.type !== 'b1') problems.push(`the condition of an if is ${s.cond.type}`)
          list(s.then, loops, blocks)
          list(s.else, loops, blocks)
          break
        case 'loop':
          list(s.body, [...loops, s.label], blocks)
          list(s.update, loops, [...blocks, s.label])
          break
        case 'block':
          list(s.body, loops, [...blocks, s.label])
          break
        case 'continue':
          if (!loops.includes(s.label)) problems.push(`continue L${s.label} is in no such loop`)
          break
        case 'break':
          if (!loops.includes(s.label) && !blocks.includes(s.label)) {
            problems.push(`break L${s.label} is in nothing of that label`)
          }
          break
      }
    }
  }
  for (const id of kernel.outs) if (!kernel.locals[id]) problems.push(`result ${id} is no local`)
  list(kernel.body, [], [])
  return problems
}
