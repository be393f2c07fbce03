/**
 * Counted loops whose end is known without running them: `for (let i = 0; i < n; i++) s += i`, and the same of a number that does not
 * change. Integers wrap, so a sum of many terms is their number times one of them, or Gauss's formula, modulo 2^64, bit by bit.
 */
import { type Code, dtypes } from '../../dtype.ts'
import { type Loop, type Scan, scan } from './access.ts'
import { isInt } from './evaluate.ts'
import {
  cast,
  constant,
  type Expr,
  type Kernel,
  local,
  mapStmts,
  op,
  type Remark,
  type Stmt,
  set,
  visit,
} from './ir.ts'
import { exprOf } from './linear.ts'
import { localsOf, mayFail, writesOf } from './reads.ts'

type Assign = Extract<Stmt, { kind: 'set' }>

const add = (a: Expr, b: Expr): Expr => op('add', [a, b])

/** `s + term` or `s - term` of integers: the term. */
function termOf({ local: id, value }: Assign): { readonly op: 'add' | 'sub'; readonly term: Expr } | null {
  if (value.kind !== 'op' || !isInt(value.type)) return null
  const [a, b] = value.args
  if (!a || !b || (value.op !== 'add' && value.op !== 'sub')) return null
  const isSum = (e: Expr): boolean => e.kind === 'local' && e.local === id
  if (isSum(a) && !localsOf(b).has(id)) return { op: value.op, term: b }
  if (value.op === 'add' && isSum(b) && !localsOf(a).has(id)) return { op: 'add', term: a }
  return null
}

/** Is it the counter, the same modulo the size of `to`? */
const isCounter = (e: Expr, counter: number, to: Code): boolean =>
  e.kind === 'cast'
    ? isInt(e.type) &&
      isInt(e.arg.type) &&
      dtypes[e.type].bytes >= dtypes[to].bytes &&
      isCounter(e.arg, counter, to)
    : e.kind === 'local' && e.local === counter

const plain = (loop: Loop): boolean => loop.body.slice(1).every((s) => s.kind === 'set' && termOf(s) !== null)

/** What the loop leaves behind, if that is plain to see; its head has said that there is a first round. */
function ending(kernel: Kernel, found: Scan, loop: Loop): Stmt[] | null {
  const counted = found.around.get(loop)?.counted
  const sets = loop.body.slice(1)
  if (counted?.step !== 1n || loop.update.length !== 1) return null
  const { counter } = counted
  const type = kernel.locals[counter]?.type
  if (!type || !isInt(type)) return null
  const written = writesOf([loop])
  const first = cast('i8', local(type, counter))
  const last = exprOf(counted.last, found.atomOf)
  const rounds = add(op('sub', [last, first]), constant('i8', 1n))
  const made: Stmt[] = []
  for (const s of sets) {
    const sum = s.kind === 'set' ? termOf(s) : null
    if (s.kind !== 'set' || !sum || s.local === counter || mayFail(sum.term)) return null
    if (sets.filter((other) => other.kind === 'set' && other.local === s.local).length > 1) return null
    const to = sum.term.type
    const steady = [...localsOf(sum.term)].every((id) => !written.has(id))
    if (!steady && !isCounter(sum.term, counter, to)) return null
    // 0 + 1 + … + (rounds - 1): one of both factors is even.
    const half = cast('i8', op('shr', [cast('u8', rounds), constant('u8', 1n)]))
    const triangle = op('mul', [
      half,
      op('or', [op('sub', [rounds, constant('i8', 1n)]), constant('i8', 1n)]),
    ])
    const all = steady
      ? op('mul', [cast(to, rounds), sum.term])
      : cast(to, add(op('mul', [rounds, first]), triangle))
    made.push(set(s.local, op(sum.op, [local(to, s.local), all])))
  }
  return [...made, set(counter, cast(type, add(last, constant('i8', 1n))))]
}

export function closed(given: Kernel): Kernel {
  let some = false
  visit(
    given.body,
    () => {},
    (s) => {
      if (s.kind === 'loop' && plain(s)) some = true
    },
  )
  if (!some) return given
  // Every loop an object of its own: what is known of one holds in its place.
  const kernel = { ...given, body: mapStmts(given.body, (e) => e) }
  const found = scan(kernel)
  const notes: Remark[] = []
  const list = (body: readonly Stmt[]): Stmt[] => body.map(statement)
  const statement = (s: Stmt): Stmt => {
    switch (s.kind) {
      case 'if':
        return { ...s, then: list(s.then), else: list(s.else) }
      case 'block':
        return { ...s, body: list(s.body) }
      case 'loop': {
        const end = ending(kernel, found, s)
        const [head] = s.body
        if (end && head?.kind === 'if') {
          notes.push({
            line: 1,
            column: 1,
            ...s.at,
            reason: 'a loop is not run: what it adds up to is a formula',
          })
          return { kind: 'if', cond: head.cond, then: [], else: end }
        }
        return { ...s, body: list(s.body), update: list(s.update) }
      }
      default:
        return s
    }
  }
  const body = list(kernel.body)
  return notes.length > 0 ? { ...kernel, body, notes: [...(kernel.notes ?? []), ...notes] } : given
}
