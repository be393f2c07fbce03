/**
 * Replaces calls of math functions by the statements of math/: each becomes temporaries, set before the statement that holds the
 * call, and an expression in its place. Expressions are pure, so that computing a call early changes nothing.
 */
import { castValue, evaluate, isFloat } from './evaluate.ts'
import { interpret } from './interpret.ts'
import { constant, type Expr, type Kernel, mapExpr, type Stmt, set } from './ir.ts'
import { type Machine, type Supply, startBuild } from './math/build.ts'
import { functionOf } from './math/functions.ts'
import type { Op } from './ops.ts'
import { freeLabel } from './reads.ts'

type Call = Extract<Expr, { kind: 'op' }>

const isCall = (e: Expr): e is Call => e.kind === 'op' && isFloat(e.type) && functionOf(e.op) !== undefined

/** A call on constants is what the interpreter makes of its statements: the same bits as anywhere. */
function folded(call: Call, machine: Machine): Expr {
  const body: Stmt[] = []
  let label = 0
  const supply: Supply = { locals: [{ type: call.type, name: 'out' }], label: () => label++ }
  const b = startBuild(call.type === 'f4' ? 'f4' : 'f8', machine, supply, body)
  const [x, y = x] = call.args
  const value = x && y && functionOf(call.op)?.(b, x, y)
  if (!value) return call
  body.push(set(0, value))
  const kernel = { name: call.op, source: '', nin: 0, outs: [0], arrays: [], checks: [], body }
  const [result = NaN] = interpret({ ...kernel, locals: supply.locals }, [], [])
  return { kind: 'const', type: call.type, value: result }
}

/** What a function makes of these operands: the bits that lanes without fused multiply-adds give. */
export function applyFunction(name: Op, type: 'f4' | 'f8', args: readonly number[]): number {
  const call: Call = { kind: 'op', op: name, type, args: args.map((x) => constant(type, castValue(type, x))) }
  const made = functionOf(name)
    ? folded(call, { fma: false, wide: true })
    : constant(type, evaluate(name, type, args))
  return made.kind === 'const' ? Number(made.value) : NaN
}

/** The same kernel without calls of functions that are written in IR. */
export function expand(kernel: Kernel, fma = false, wide = true): Kernel {
  const machine = { fma, wide }
  let label = freeLabel(kernel)
  const supply: Supply = { locals: [...kernel.locals], label: () => label++ }

  const inExpr = (e: Expr, before: Stmt[]): Expr =>
    mapExpr(e, (part) => {
      if (!isCall(part)) return part
      const make = functionOf(part.op)
      if (!make) return part
      if (part.args.every((a) => a.kind === 'const')) return folded(part, machine)
      const b = startBuild(part.type === 'f4' ? 'f4' : 'f8', machine, supply, before)
      const [x, y = x] = part.args.map(b.let)
      return x && y ? make(b, x, y) : part
    })

  const inList = (body: readonly Stmt[]): Stmt[] =>
    body.flatMap((s): Stmt[] => {
      const before: Stmt[] = []
      switch (s.kind) {
        case 'set': {
          const value = inExpr(s.value, before)
          return [...before, { ...s, value }]
        }
        case 'store': {
          const indices = s.indices.map((e) => inExpr(e, before))
          const value = inExpr(s.value, before)
          return [...before, { ...s, indices, value }]
        }
        case 'if': {
          const cond = inExpr(s.cond, before)
          return [...before, { ...s, cond, then: inList(s.then), else: inList(s.else) }]
        }
        case 'loop':
          return [{ ...s, body: inList(s.body), update: inList(s.update) }]
        case 'block':
          return [{ ...s, body: inList(s.body) }]
        case 'break':
        case 'continue':
          return [s]
      }
    })

  const body = inList(kernel.body)
  return { ...kernel, locals: supply.locals, body }
}
