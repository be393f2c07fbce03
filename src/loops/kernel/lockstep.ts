/**
 * Prepares a kernel for lanes: what they do in step is told apart from what each does. Three rewrites, none of which changes what
 * the kernel means:
 *   branches  `if (c) r = a; else r = b`, both cheap, becomes `r = c ? a : b`: no masks
 *   counters  of a local that a loop counts up and that is read after it, a copy counts for the loop alone: the lanes that are
 *             left in the loop agree on it, so it is a scalar
 *   exits     `if (a || b) break` becomes two, where one of the conditions is the same on all lanes: that one is a real branch
 */
import { cost, skipAbove } from './cost.ts'
import {
  type Expr,
  type Kernel,
  type Local,
  local,
  mapExpr,
  mapStmts,
  op,
  type Stmt,
  select,
  set,
} from './ir.ts'
import { localsOf, mayFail, readCounts, some, writesOf } from './reads.ts'
import { analyseUniformity, type Uniformity } from './uniform.ts'

type Loop = Extract<Stmt, { kind: 'loop' }>
type Set = Extract<Stmt, { kind: 'set' }>

/** The lists within a statement, each replaced by what `f` makes of it. */
function mapLists(s: Stmt, f: (body: readonly Stmt[]) => readonly Stmt[]): Stmt {
  switch (s.kind) {
    case 'if':
      return { ...s, then: f(s.then), else: f(s.else) }
    case 'loop':
      return { ...s, body: f(s.body), update: f(s.update) }
    case 'block':
      return { ...s, body: f(s.body) }
    default:
      return s
  }
}

const onlySets = (body: readonly Stmt[]): body is readonly Set[] =>
  body.every((s) => s.kind === 'set' && !mayFail(s.value))

/** The value that each local has after these sets, in terms of those before. */
function valuesAfter(body: readonly Set[]): Map<number, Expr> {
  const values = new Map<number, Expr>()
  for (const s of body) {
    values.set(
      s.local,
      mapExpr(s.value, (e) => (e.kind === 'local' ? (values.get(e.local) ?? e) : e)),
    )
  }
  return values
}

function branches(kernel: Kernel, { varies, labels }: Uniformity): Kernel {
  const merged = (s: Extract<Stmt, { kind: 'if' }>, masked: boolean): Stmt | undefined => {
    if (!varies(s.cond) || !onlySets(s.then) || !onlySets(s.else)) return undefined
    const [then, otherwise] = [valuesAfter(s.then), valuesAfter(s.else)]
    const [only, ...more] = new Set([...then.keys(), ...otherwise.keys()])
    if (only === undefined || more.length > 0 || mayFail(s.cond)) return undefined
    // Under a mask what is set is a select already.
    if (masked && (then.size === 0 || otherwise.size === 0)) return undefined
    const was = local(kernel.locals[only]?.type ?? 'f8', only)
    const made = set(only, select(s.cond, then.get(only) ?? was, otherwise.get(only) ?? was))
    return cost([made]) <= skipAbove ? made : undefined
  }
  const list = (body: readonly Stmt[], masked: boolean): readonly Stmt[] =>
    body.map((s) => {
      const inside = masked || ((s.kind === 'loop' || s.kind === 'block') && !labels.has(s.label))
      const next = mapLists(s, (inner) => list(inner, inside))
      return (next.kind === 'if' && merged(next, masked)) || next
    })
  return { ...kernel, body: list(kernel.body, false) }
}

/** What `id` holds before `body[at]`, if that is plain to see and the same on all lanes. */
function startOf(body: readonly Stmt[], at: number, id: number, { varies }: Uniformity): Expr | undefined {
  for (let k = at - 1; k >= 0; k--) {
    const s = body[k]
    if (!s || !writesOf([s]).has(id)) continue
    if (s.kind !== 'set' || mayFail(s.value) || varies(s.value)) return undefined
    const needs = localsOf(s.value)
    return [...writesOf(body.slice(k, at))].some((w) => needs.has(w)) ? undefined : s.value
  }
  return undefined
}

/** Where a loop sets `id` if it is one place, run each time round, that makes a new value of the old one alone. */
function stepOf(loop: Loop, id: number): Set | undefined {
  const places = [...loop.body, ...loop.update].filter((s) => writesOf([s]).has(id))
  const [s] = places
  if (places.length !== 1 || s?.kind !== 'set' || mayFail(s.value)) return undefined
  const reads = localsOf(s.value)
  const plain = !some(s.value, (e) => e.kind === 'input')
  return plain && reads.size === 1 && reads.has(id) ? s : undefined
}

/** Are there reads of `id` in the loop besides those of `step`? */
const readsBeside = (loop: Loop, id: number, step: Set): boolean =>
  (readCounts([loop]).get(id) ?? 0) > (readCounts([step]).get(id) ?? 0)

/** The loop with a counter of its own in the place of `id`, which goes on counting for what comes after. */
function withCounter(loop: Loop, step: Set, counter: Expr & { kind: 'local' }): Loop {
  const replace = (e: Expr): Expr => (e.kind === 'local' && e.local === step.local ? counter : e)
  const list = (body: readonly Stmt[]): Stmt[] =>
    body.flatMap((s) =>
      s === step ? [s, set(counter.local, mapExpr(s.value, replace))] : mapStmts([s], replace),
    )
  return { ...loop, body: list(loop.body), update: list(loop.update) }
}

function counters(kernel: Kernel, uniformity: Uniformity): Kernel {
  /** `without`: locals whose counters would differ between lanes after all. */
  const attempt = (without: ReadonlySet<number>): Kernel => {
    const locals: Local[] = [...kernel.locals]
    const copied: number[] = []
    const list = (body: readonly Stmt[]): readonly Stmt[] =>
      body.flatMap((given, at): readonly Stmt[] => {
        const s = mapLists(given, list)
        if (s.kind !== 'loop' || uniformity.labels.has(s.label)) return [s]
        let loop = s
        const starts: Stmt[] = []
        for (const id of writesOf([s])) {
          if (uniformity.locals.has(id) || without.has(id)) continue
          const step = stepOf(loop, id)
          const start = step && readsBeside(loop, id, step) ? startOf(body, at, id, uniformity) : undefined
          if (!step || !start) continue
          const { type, name } = kernel.locals[id] ?? { type: start.type, name: '' }
          copied.push(id)
          locals.push({ type, name: `${name}.all` })
          const counter = { kind: 'local', type, local: locals.length - 1 } as const
          starts.push(set(counter.local, start))
          loop = withCounter(loop, step, counter)
        }
        return [...starts, loop]
      })
    const body = list(kernel.body)
    if (copied.length === 0) return kernel
    const made = { ...kernel, locals, body }
    const same = analyseUniformity(made).locals
    const wrong = copied.filter((_, k) => !same.has(kernel.locals.length + k))
    return wrong.length === 0 ? made : attempt(new Set([...without, ...wrong]))
  }
  return attempt(new Set())
}

/** The conditions of which one is enough. */
function either(cond: Expr): readonly Expr[] {
  if (cond.kind !== 'op') return [cond]
  if (cond.op === 'or') return cond.args.flatMap(either)
  const [inner] = cond.args
  if (cond.op === 'not' && inner?.kind === 'op' && inner.op === 'and') {
    return inner.args.flatMap((e) => either(op('not', [e])))
  }
  return [cond]
}

function exits(kernel: Kernel, { varies }: Uniformity): Kernel {
  const list = (body: readonly Stmt[]): readonly Stmt[] =>
    body.flatMap((given): readonly Stmt[] => {
      const s = mapLists(given, list)
      if (s.kind !== 'if' || s.else.length > 0 || s.then.length !== 1 || mayFail(s.cond)) return [s]
      const [exit] = s.then
      if (exit?.kind !== 'break' && exit?.kind !== 'continue') return [s]
      const conds = either(s.cond)
      const same = conds.filter((e) => !varies(e))
      const other = conds.filter(varies)
      if (same.length === 0 || other.length === 0) return [s]
      return [same, other].map((some) => ({ ...s, cond: some.reduce((a, b) => op('or', [a, b])) }))
    })
  return { ...kernel, body: list(kernel.body) }
}

/** The same kernel, of which more is the same on all lanes. */
export function lockstep(kernel: Kernel): Kernel {
  return [branches, counters, exits].reduce((now, rewrite) => rewrite(now, analyseUniformity(now)), kernel)
}
