/**
 * What a counted loop carries from round to round in one way only: `s = s + term`, and the same with other ops. Where the order of the
 * terms cannot change a bit (integers, min and max), or `fastmath` does not mind, each lane has a sum of its own, and they are joined
 * behind the loop. Any other sum adds up in the order of the source, but its terms are computed on lanes.
 */
import { type Code, dtypes } from '../../dtype.ts'
import { isInt } from './evaluate.ts'
import type { Expr, Join, Kernel, Stmt } from './ir.ts'
import type { Op } from './ops.ts'
import { localsOf, readCounts } from './reads.ts'

type Assign = Extract<Stmt, { kind: 'set' }>

export interface Free {
  readonly kind: 'free'
  readonly local: number
  readonly join: Join
}
/** `local = local op term`, or with the term first. */
export interface Ordered {
  readonly kind: 'ordered'
  readonly local: number
  readonly set: Assign
  readonly op: Op
  readonly term: Expr
  readonly termFirst: boolean
}
export type Sum = Free | Ordered

const joins: Partial<Record<Op, Join>> = {
  add: 'add',
  sub: 'add',
  fma: 'add',
  mul: 'mul',
  and: 'and',
  or: 'or',
  xor: 'xor',
  min: 'min',
  max: 'max',
}

/** Is the result the same in every order, bit by bit? Of minima and maxima it is, also with NaN and zeros of both signs. */
const exact = (type: Code, join: Join): boolean => isInt(type) || join === 'min' || join === 'max'

interface Form {
  readonly op: Op
  readonly at: number
  readonly args: readonly Expr[]
}

/** `s op term`, where the term does not know `s`. */
function formOf({ local, value }: Assign): Form | null {
  if (value.kind !== 'op') return null
  const { op, args } = value
  const at = args.findIndex((e) => e.kind === 'local' && e.local === local)
  const alone = args.every((e, k) => k === at || !localsOf(e).has(local))
  return at < 0 || !alone ? null : { op, at, args }
}

/** The sum that `local` is in these rounds; null where it is more than that. */
export function sumOf(kernel: Kernel, round: readonly Stmt[], local: number): Sum | null {
  const sets: Assign[] = []
  const collect = (body: readonly Stmt[]): void => {
    for (const s of body) {
      if (s.kind === 'set' && s.local === local) sets.push(s)
      else if (s.kind === 'if') [s.then, s.else].forEach(collect)
      else if (s.kind === 'block') collect(s.body)
      else if (s.kind === 'loop') [s.body, s.update].forEach(collect)
    }
  }
  collect(round)
  const forms = sets.map(formOf)
  const type = kernel.locals[local]?.type ?? 'f8'
  const reads = readCounts(round).get(local) ?? 0
  if (type === 'b1' || reads !== sets.length || forms.includes(null)) return null
  const ways = new Set(
    forms.map((form) => {
      const last = form?.op === 'fma' ? 2 : 0
      const fits = form && (form.at === last || (form.op !== 'sub' && form.op !== 'fma'))
      return fits ? joins[form.op] : undefined
    }),
  )
  const [join] = ways
  if (join && ways.size === 1 && (exact(type, join) || (kernel.reassoc && dtypes[type].kind === 'f')))
    return { kind: 'free', local, join }
  const [set] = sets
  const [form] = forms
  if (!set || !form || sets.length > 1 || form.args.length !== 2 || !round.includes(set)) return null
  const term = form.args[1 - form.at]
  return term ? { kind: 'ordered', local, set, op: form.op, term, termFirst: form.at === 1 } : null
}
