/**
 * Linear forms: integers that are a sum of whole multiples of atoms, such as `2*i + n - 1`. An atom is whatever a kernel computes
 * that is not taken apart further: a local, a size, `i * w`. Indices of array operands are such forms, or the smaller or larger
 * of two (`Math.min(i + 1, n - 1)`).
 */
import { cast, constant, type Expr, op } from './ir.ts'

export interface Linear {
  readonly constant: bigint
  /** How often each atom is taken, by its key; never 0. */
  readonly terms: ReadonlyMap<string, bigint>
}

export interface Extreme {
  readonly kind: 'min' | 'max'
  readonly a: Index
  readonly b: Index
}
export type Index = Linear | Extreme

export const isLinear = (x: Index): x is Linear => !('kind' in x)

export const whole = (value: bigint): Linear => ({ constant: value, terms: new Map() })
export const atom = (key: string): Linear => ({ constant: 0n, terms: new Map([[key, 1n]]) })

export function plus(a: Linear, b: Linear, times = 1n): Linear {
  const terms = new Map(a.terms)
  for (const [key, n] of b.terms) {
    const sum = (terms.get(key) ?? 0n) + n * times
    if (sum === 0n) terms.delete(key)
    else terms.set(key, sum)
  }
  return { constant: a.constant + b.constant * times, terms }
}

export const minus = (a: Linear, b: Linear): Linear => plus(a, b, -1n)

/** The form without one of its atoms, and how often it had that. */
export function split(a: Linear, key: string): { readonly rest: Linear; readonly times: bigint } {
  const times = a.terms.get(key) ?? 0n
  return { rest: plus(a, atom(key), -times), times }
}

export const same = (a: Linear, b: Linear): boolean => {
  const { constant, terms } = minus(a, b)
  return constant === 0n && terms.size === 0
}

/** The same of both sides, where `b` is a plain form; undefined for two that are not. */
export function addIndex(a: Index, b: Index): Index | undefined {
  if (isLinear(a)) {
    if (isLinear(b)) return plus(a, b)
    return addIndex(b, a)
  }
  const [left, right] = [addIndex(a.a, b), addIndex(a.b, b)]
  return isLinear(b) && left && right ? { kind: a.kind, a: left, b: right } : undefined
}

export function scaleIndex(a: Index, times: bigint): Index {
  if (isLinear(a)) return plus(whole(0n), a, times)
  const kind = times >= 0n ? a.kind : a.kind === 'min' ? 'max' : 'min'
  return { kind, a: scaleIndex(a.a, times), b: scaleIndex(a.b, times) }
}

/** The atoms of an index. */
export const keysOf = (a: Index): readonly string[] =>
  isLinear(a) ? [...a.terms.keys()] : [...keysOf(a.a), ...keysOf(a.b)]

/** The form as an i8 expression; `exprOf` gives an atom's. */
export function exprOf(a: Linear, atomOf: (key: string) => Expr): Expr {
  const terms = [...a.terms].map(([key, n]) => {
    const value = cast('i8', atomOf(key))
    return n === 1n ? value : op('mul', [value, constant('i8', n)])
  })
  const parts = a.constant === 0n && terms.length > 0 ? terms : [...terms, constant('i8', a.constant)]
  return parts.reduce((sum, part) => op('add', [sum, part]))
}
