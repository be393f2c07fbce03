/**
 * Rewrite rules as data. A pattern is a variable ('x', 'y', 'z'; 'c', 'd' are constants only), a number or boolean, or an op (or
 * 'select') with patterns. A variable that stands twice must match the same expression twice.
 */
import { type Code, dtypes } from '../../dtype.ts'
import { castValue, isFloat, isInt, sameValue } from './evaluate.ts'
import { constant, type Expr, op, parts, select } from './ir.ts'
import type { Op } from './ops.ts'
import { mayFail, sameExpr } from './reads.ts'

export type Variable = 'x' | 'y' | 'z' | 'c' | 'd'
export type Pattern = Variable | number | boolean | readonly [Op | 'select', ...Pattern[]]
/** The types that the first operand may have, what is matched, what it becomes. */
export type Rule = readonly [on: Domain, from: Pattern, to: Pattern]

export const domains = {
  any: () => true,
  number: (type: Code) => type !== 'b1',
  int: isInt,
  signed: (type: Code) => dtypes[type].kind === 'i',
  unsigned: (type: Code) => dtypes[type].kind === 'u',
  float: isFloat,
  bool: (type: Code) => type === 'b1',
  exact: (type: Code) => !isFloat(type),
} satisfies Record<string, (type: Code) => boolean>
export type Domain = keyof typeof domains

type Bindings = Map<Variable, Expr>

function match(pattern: Pattern, e: Expr, found: Bindings): boolean {
  if (typeof pattern === 'number' || typeof pattern === 'boolean') {
    return e.kind === 'const' && sameValue(e.value, castValue(e.type, pattern))
  }
  if (typeof pattern === 'string') {
    if ((pattern === 'c' || pattern === 'd') && e.kind !== 'const') return false
    const before = found.get(pattern)
    if (before) return sameExpr(before, e)
    found.set(pattern, e)
    return true
  }
  const [name, ...args] = pattern
  if (name === 'select' ? e.kind !== 'select' : !(e.kind === 'op' && e.op === name)) return false
  const inner = parts(e)
  return args.every((p, i) => {
    const part = inner[i]
    return part !== undefined && match(p, part, found)
  })
}

function make(pattern: Pattern, type: Code, found: Bindings): Expr {
  if (typeof pattern === 'boolean') return constant('b1', pattern)
  if (typeof pattern === 'number') return constant(type, castValue(type, pattern))
  if (typeof pattern === 'string') {
    const e = found.get(pattern)
    if (!e) throw new TypeError(`the rule does not bind ${pattern}`)
    return e
  }
  const [name, ...args] = pattern
  const made = args.map((p) => make(p, type, found))
  if (name !== 'select') return op(name, made)
  const [cond, then, otherwise] = made
  if (!cond || !then || !otherwise) throw new TypeError('select has three parts')
  return select(cond, then, otherwise)
}

const names = (p: Pattern): Variable[] =>
  typeof p === 'string' ? [p] : typeof p === 'object' ? p.slice(1).flatMap((q) => names(q as Pattern)) : []

/** The rules as one function: what the first that applies makes of `e`, undefined when none does. */
export function rewriter(rules: readonly Rule[]): (e: Expr) => Expr | undefined {
  const byRoot = new Map<string, Rule[]>()
  for (const rule of rules) {
    const [, from] = rule
    const root = typeof from === 'object' ? from[0] : ''
    byRoot.set(root, [...(byRoot.get(root) ?? []), rule])
  }
  return (e) => {
    const root = e.kind === 'op' ? e.op : e.kind
    const first = parts(e)[e.kind === 'select' ? 1 : 0]
    if (!first) return undefined
    for (const [on, from, to] of byRoot.get(root) ?? []) {
      const found: Bindings = new Map()
      if (!domains[on](first.type) || !match(from, e, found)) continue
      const kept = new Set(names(to))
      // What a rule drops must not have been able to fail.
      if ([...found].some(([name, part]) => !kept.has(name) && mayFail(part))) continue
      return make(to, first.type, found)
    }
    return undefined
  }
}
