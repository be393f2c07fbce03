/**
 * What each flag of `fastmath` allows, as rewrites. The flags mean what LLVM's fast-math flags of the same names mean (LLVM Language
 * Reference, "Fast-Math Flags"): a promise about values (nnan, ninf, nsz) or leave to round differently (arcp, contract, afn, reassoc).
 */
import type { Code } from '../../dtype.ts'
import { exprCost, skipAbove } from './cost.ts'
import { castValue, evaluate, isFloat } from './evaluate.ts'
import { constant, type Expr, type Fastmath, op } from './ir.ts'
import { type Rule, rewriter } from './match.ts'
import { mayFail } from './reads.ts'

export interface FastRule {
  /** All of them must be given. */
  readonly needs: readonly Fastmath[]
  /** What it does, for `explain()`. */
  readonly says: string
  readonly rewrite: (e: Expr) => Expr | undefined
}

const byRules = (needs: readonly Fastmath[], says: string, ...rules: readonly Rule[]): FastRule => ({
  needs,
  says,
  rewrite: rewriter(rules),
})

const isNormal = (type: Code, x: number): boolean =>
  Math.abs(x) >= (type === 'f4' ? 2 ** -126 : 2 ** -1022) && Math.abs(x) < Infinity

/** Is what two constants make of each other a number like them? Else x * 1e200 * 1e200 would be infinite for every x. */
function isTame(e: Expr): boolean {
  if (e.kind !== 'op') return true
  const values = e.args.flatMap((a) => (a.kind === 'const' ? [castValue(a.type, a.value)] : []))
  if (values.length < 2) return e.args.every(isTame)
  const made = Number(evaluate(e.op, e.type, values))
  return e.op === 'mul' || e.op === 'div' ? isNormal(e.type, made) : Number.isFinite(made)
}

/** Rules that make one constant of two. */
function joining(needs: readonly Fastmath[], says: string, ...rules: readonly Rule[]): FastRule {
  const join = rewriter(rules)
  const rewrite = (e: Expr): Expr | undefined => {
    const made = join(e)
    return made && isTame(made) ? made : undefined
  }
  return { needs, says, rewrite }
}

/** x / c as x * (1 / c), where that is a normal number. */
function byReciprocal(e: Expr): Expr | undefined {
  if (e.kind !== 'op' || e.op !== 'div' || !isFloat(e.type)) return undefined
  const [x, c] = e.args
  if (!x || x.kind === 'const' || c?.kind !== 'const') return undefined
  const inverse = Number(castValue(e.type, 1 / Number(c.value)))
  return isNormal(e.type, inverse) ? op('mul', [x, constant(e.type, inverse)], e.at) : undefined
}

const sumOfSquares = rewriter([
  ['float', ['hypot', 'x', 'y'], ['sqrt', ['add', ['mul', 'x', 'x'], ['mul', 'y', 'y']]]],
])

/** Its operands stand there twice then: they must not be dear. */
const plainHypot = (e: Expr): Expr | undefined => (exprCost(e) <= skipAbove ? sumOfSquares(e) : undefined)

/** The terms of a sum, or the factors of a product, in order. */
const chain = (e: Expr, name: 'add' | 'mul'): readonly Expr[] =>
  e.kind === 'op' && e.op === name ? e.args.flatMap((a) => chain(a, name)) : [e]

const depth = (e: Expr, name: 'add' | 'mul'): number =>
  e.kind === 'op' && e.op === name ? 1 + Math.max(...e.args.map((a) => depth(a, name))) : 0

function tree(terms: readonly Expr[], name: 'add' | 'mul'): Expr | undefined {
  const [only] = terms
  if (terms.length < 2) return only
  const half = Math.ceil(terms.length / 2)
  const [left, right] = [tree(terms.slice(0, half), name), tree(terms.slice(half), name)]
  return left && right && op(name, [left, right])
}

/** a + b + c + d as (a + b) + (c + d): half as many steps wait for each other. */
function balanced(e: Expr): Expr | undefined {
  if (e.kind !== 'op' || !isFloat(e.type) || (e.op !== 'add' && e.op !== 'mul')) return undefined
  const terms = chain(e, e.op)
  const least = Math.ceil(Math.log2(terms.length))
  if (terms.length < 4 || depth(e, e.op) <= least || mayFail(e)) return undefined
  const made = tree(terms, e.op)
  return made && isTame(made) ? made : undefined
}

/** a*b + c, a*b - c and c - a*b, rounded once. */
function fused(e: Expr): Expr | undefined {
  if (e.kind !== 'op' || !isFloat(e.type) || (e.op !== 'add' && e.op !== 'sub')) return undefined
  const [x, y] = e.args
  if (!x || !y) return undefined
  const factors = (p: Expr) => (p.kind === 'op' && p.op === 'mul' ? p.args : undefined)
  const [a, b] = factors(x) ?? []
  if (a && b) return op('fma', [a, b, e.op === 'add' ? y : op('neg', [y])], e.at)
  const [c, d] = factors(y) ?? []
  if (!c || !d) return undefined
  return op('fma', [e.op === 'add' ? c : op('neg', [c]), d, x], e.at)
}

/** In order: promises about values first, then what regroups, fusing last. */
export const fastRules: readonly FastRule[] = [
  byRules(
    ['nnan'],
    'no NaN: what is compared with itself is equal, x - x is 0 and x / x is 1',
    ['float', ['eq', 'x', 'x'], true],
    ['float', ['ne', 'x', 'x'], false],
    ['float', ['le', 'x', 'x'], true],
    ['float', ['ge', 'x', 'x'], true],
    ['float', ['sub', 'x', 'x'], 0],
    ['float', ['div', 'x', 'x'], 1],
  ),
  byRules(
    ['nnan'],
    'no NaN: a comparison that fails is the opposite one',
    ['bool', ['not', ['lt', 'x', 'y']], ['ge', 'x', 'y']],
    ['bool', ['not', ['le', 'x', 'y']], ['gt', 'x', 'y']],
    ['bool', ['not', ['gt', 'x', 'y']], ['le', 'x', 'y']],
    ['bool', ['not', ['ge', 'x', 'y']], ['lt', 'x', 'y']],
  ),
  byRules(
    ['nnan', 'nsz'],
    'no NaN and no signed zero: a choice by size is a least or a greatest, x * 0 is 0',
    ['float', ['select', ['le', 'x', 'y'], 'x', 'y'], ['pmin', 'x', 'y']],
    ['float', ['select', ['ge', 'x', 'y'], 'x', 'y'], ['pmax', 'x', 'y']],
    ['float', ['select', ['le', 'x', 'y'], 'y', 'x'], ['pmax', 'x', 'y']],
    ['float', ['select', ['ge', 'x', 'y'], 'y', 'x'], ['pmin', 'x', 'y']],
    ['float', ['mul', 'x', 0], 0],
  ),
  byRules(
    ['ninf'],
    'no infinity: nothing equals one',
    ['float', ['eq', 'x', Infinity], false],
    ['float', ['eq', 'x', -Infinity], false],
    ['float', ['eq', ['abs', 'x'], Infinity], false],
    ['float', ['ne', 'x', Infinity], true],
    ['float', ['ne', 'x', -Infinity], true],
  ),
  byRules(
    ['nnan', 'ninf'],
    'no NaN and no infinity: everything is finite',
    ['float', ['lt', ['abs', 'x'], Infinity], true],
    ['float', ['lt', 'x', Infinity], true],
    ['float', ['gt', 'x', -Infinity], true],
  ),
  byRules(
    ['nsz'],
    'the sign of a zero does not matter: x + 0 is x, 0 - x is -x',
    ['float', ['add', 'x', 0], 'x'],
    ['float', ['sub', 'x', -0], 'x'],
    ['float', ['sub', 0, 'x'], ['neg', 'x']],
    ['float', ['neg', ['sub', 'x', 'y']], ['sub', 'y', 'x']],
  ),
  byRules(
    ['afn', 'ninf', 'nsz'],
    'a power with a half or a quarter for an exponent is a root',
    ['float', ['pow', 'x', 0.5], ['sqrt', 'x']],
    ['float', ['pow', 'x', -0.5], ['div', 1, ['sqrt', 'x']]],
    ['float', ['pow', 'x', 0.25], ['sqrt', ['sqrt', 'x']]],
  ),
  byRules(['afn', 'nnan', 'ninf', 'nsz'], 'a power with a third for an exponent is a cube root', [
    'float',
    ['pow', 'x', 1 / 3],
    ['cbrt', 'x'],
  ]),
  { needs: ['afn'], says: 'hypot is the root of the sum of squares', rewrite: plainHypot },
  joining(
    ['reassoc', 'arcp'],
    'a factor and a divisor become one factor',
    ['float', ['div', ['mul', 'x', 'c'], 'd'], ['mul', 'x', ['div', 'c', 'd']]],
    ['float', ['mul', ['div', 'x', 'c'], 'd'], ['mul', 'x', ['div', 'd', 'c']]],
  ),
  {
    needs: ['arcp'],
    says: 'division by a constant is multiplication by its reciprocal',
    rewrite: byReciprocal,
  },
  byRules(
    ['reassoc', 'nsz'],
    'what is added and taken away again cancels',
    ['float', ['sub', ['add', 'x', 'y'], 'y'], 'x'],
    ['float', ['sub', ['add', 'x', 'y'], 'x'], 'y'],
    ['float', ['add', ['sub', 'x', 'y'], 'y'], 'x'],
  ),
  joining(
    ['reassoc'],
    'constants are joined',
    ['float', ['add', ['add', 'x', 'c'], 'd'], ['add', 'x', ['add', 'c', 'd']]],
    ['float', ['sub', ['add', 'x', 'c'], 'd'], ['add', 'x', ['sub', 'c', 'd']]],
    ['float', ['add', ['sub', 'x', 'c'], 'd'], ['sub', 'x', ['sub', 'c', 'd']]],
    ['float', ['sub', ['sub', 'x', 'c'], 'd'], ['sub', 'x', ['add', 'c', 'd']]],
    ['float', ['mul', ['mul', 'x', 'c'], 'd'], ['mul', 'x', ['mul', 'c', 'd']]],
    ['float', ['div', ['div', 'x', 'c'], 'd'], ['div', 'x', ['mul', 'c', 'd']]],
    ['float', ['add', ['add', 'x', 'c'], 'y'], ['add', ['add', 'x', 'y'], 'c']],
    ['float', ['mul', ['mul', 'x', 'c'], 'y'], ['mul', ['mul', 'x', 'y'], 'c']],
  ),
  { needs: ['reassoc'], says: 'a long sum or product is added up as a tree', rewrite: balanced },
  { needs: ['contract'], says: 'a product and the sum behind it are fused', rewrite: fused },
]
