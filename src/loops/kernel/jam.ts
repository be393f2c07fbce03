/**
 * Four rounds of an outer loop at a time, where each adds to the elements that the rounds before it have added to:
 * `for i for j out[i + j] += a[i] * b[j]`, or `for k for j out[j] += a[k] * b[k][j]`. An element is read once, gets four terms in the
 * order of the source, and is written once. Where the place moves on with the outer counter, the first and last elements of the four
 * rounds, which not all of them come to, are done one by one.
 */
import { type Loop, localKey, type Scan, scan } from './access.ts'
import {
  cast,
  constant,
  type Expr,
  type Kernel,
  type Local,
  local,
  mapExpr,
  op,
  type Remark,
  type Stmt,
  type Store,
  set,
} from './ir.ts'
import { exprOf, isLinear, keysOf, type Linear, same, split } from './linear.ts'
import { liveness } from './liveness.ts'
import { laneFacts, roundOf } from './parallel.ts'
import { freeLabel, localsOf, sameExpr, writesOf } from './reads.ts'

/** Rounds at a time. */
const together = 4
/** With fewer rounds of the inner loop there is little to gain. */
const enough = 8n

interface Nest {
  readonly outer: { readonly loop: Loop; readonly counter: number; readonly last: Linear }
  readonly inner: {
    readonly loop: Loop
    readonly counter: number
    readonly first: bigint
    readonly last: Linear
  }
  readonly store: Store
  /** How far the place moves on with a round of the outer loop. */
  readonly skew: 0 | 1
}

/** The statements of the outer loop's round are the inner loop alone, and what sets its counter. */
function innerOf(loop: Loop): Loop | null {
  const round = roundOf(loop)
  const last = round.at(-1)
  return last?.kind === 'loop' && last.lanes && round.slice(0, -1).every((s) => s.kind === 'set')
    ? last
    : null
}

function nestOf(found: Scan, loop: Loop): Nest | null {
  const { kernel, around, accesses } = found
  const inner = innerOf(loop)
  const [o, n] = [around.get(loop), inner && around.get(inner)]
  if (!inner || !o?.counted || !n?.counted || o.counted.step !== 1n || loop.update.length !== 1) return null
  const { counter } = n.counted
  const round = roundOf(inner)
  const own = accesses.filter((access) => access.around.some((a) => a.loop === loop))
  const stores = round.flatMap((s) => (s.kind === 'store' ? [s] : []))
  const [store] = stores
  const facts = laneFacts(found, inner)
  const steady = keysOf(n.counted.last).every((key) =>
    [...found.localsIn(key, null)].every((id) => !o.written.has(id)),
  )
  const after = liveness(kernel.body, kernel.outs).around(loop).after
  const sets = roundOf(loop).slice(0, -1)
  if (
    stores.length !== 1 ||
    !store ||
    !steady ||
    n.counted.first.terms.size > 0 ||
    typeof facts === 'string' ||
    facts.sums.length > 0 ||
    !round.every((s) => s.kind === 'set' || s.kind === 'store') ||
    !sets.every((s) => s.kind === 'set' && s.local === counter) ||
    [...writesOf([...sets, inner])].some((id) => after.has(id)) ||
    writesOf(round).has(o.counted.counter)
  )
    return null
  const inside = own.every(
    ({ node, exprs, conditions }) =>
      node.kind !== 'load' &&
      exprs.length === (node.inside?.length ?? 0) &&
      node.inside?.every((i) => i === 'always') &&
      conditions === o.conditions,
  )
  const mine = own.filter(({ node }) => node.kind !== 'load' && node.view === store.view)
  const [read, write] = mine
  if (!inside || mine.length !== 2 || read?.node.kind !== 'element' || write?.node !== store) return null
  const forms = write.indices.flatMap((index) => (index && isLinear(index) ? [index] : []))
  const alike = read.indices.every((index, axis) => {
    const form = forms[axis]
    return index && isLinear(index) && form && same(index, form)
  })
  const moves = forms.map((form) => ({
    inner: split(form, localKey(counter)).times,
    outer: split(form, localKey(o.counted?.counter ?? -1)).times,
  }))
  const last = moves.pop()
  if (!alike || forms.length < write.indices.length || last?.inner !== 1n) return null
  if (moves.some((m) => m.inner !== 0n || m.outer !== 0n) || (last.outer !== 0n && last.outer !== 1n))
    return null
  return {
    outer: { loop, counter: o.counted.counter, last: o.counted.last },
    inner: { loop: inner, counter, first: n.counted.first.constant, last: n.counted.last },
    store,
    skew: last.outer === 0n ? 0 : 1,
  }
}

/** The nest, four rounds at a time as long as there are so many; the nest itself does the rest. */
function jammed(kernel: Kernel, found: Scan, nest: Nest, locals: Local[], label: () => number): Stmt[] {
  const { outer, inner, store, skew } = nest
  const typeOf = (id: number) => kernel.locals[id]?.type ?? 'i4'
  const int = (id: number, value: bigint) => constant(typeOf(id), value)
  const made = (id: number): number =>
    locals.push({ ...(kernel.locals[id] ?? { type: 'i4', name: 't' }) }) - 1
  const last = (form: Linear) => exprOf(form, found.atomOf)
  const later = (e: Expr, by: bigint): Expr =>
    by === 0n ? e : op(by > 0n ? 'add' : 'sub', [e, constant(e.type, by > 0n ? by : -by)])
  const type = store.value.type
  const [q, at] = [made(inner.counter), locals.push({ type: 'i8', name: 'rows' }) - 1]
  // In 64 bits, so that what it counts by does not wrap.
  const row = (u: number): Expr => cast(typeOf(outer.counter), later(local('i8', at), BigInt(u)))

  /** What the rows read that is the same for all columns is read before them: stores are to other arrays. */
  const rows: { readonly id: number; readonly value: Expr }[] = []
  const keep = (e: Expr): Expr => {
    const known = rows.find(({ value }) => sameExpr(value, e))
    if (known) return local(e.type, known.id)
    const id = locals.push({ type: e.type, name: 'row' }) - 1
    rows.push({ id, value: e })
    return local(e.type, id)
  }

  /** A round of the inner loop, with its counters; what it adds to is `held`, or read where it lies. */
  const round = (i: Expr, j: Expr, held: Expr | null): { sets: Stmt[]; stored: Store } => {
    const names = new Map<number, number>()
    const moves = (e: Expr): boolean => {
      const own = new Set([q, ...names.values()])
      return [...localsOf(e)].some((id) => own.has(id))
    }
    const known = (e: Expr): Expr =>
      mapExpr(e, (x) => {
        if (x.kind === 'element' && x.view === store.view) return held ?? { ...x }
        if (x.kind === 'element') return moves(x) ? { ...x } : keep(x)
        if (x.kind !== 'local') return x
        if (x.local === outer.counter) return i
        if (x.local === inner.counter) return j
        const name = names.get(x.local)
        return name === undefined ? x : local(x.type, name)
      })
    const sets: Stmt[] = []
    for (const s of roundOf(inner.loop)) {
      if (s.kind === 'store')
        return { sets, stored: { ...s, value: known(s.value), indices: s.indices.map(known) } }
      if (s.kind !== 'set') continue
      const value = known(s.value)
      const id = made(s.local)
      names.set(s.local, id)
      sets.push(set(id, value))
    }
    throw new Error('IR: a round without its store')
  }
  /** What some of the rows add to one element; each finds it in a column of its own. */
  const element = (own: readonly number[], column: (u: number) => Expr): Stmt[] => {
    const sum = locals.push({ type, name: 'sum' }) - 1
    const [one, ...more] = own
    if (one === undefined) return []
    const first = round(row(one), column(one), null)
    const others = more.flatMap((u) => {
      const { sets, stored } = round(row(u), column(u), local(type, sum))
      return [...sets, set(sum, stored.value)]
    })
    return [
      ...first.sets,
      set(sum, first.stored.value),
      ...others,
      { ...first.stored, value: local(type, sum) },
    ]
  }
  const all = Array.from({ length: together }, (_, u) => u)
  const edge = skew * (together - 1)
  const column = local(typeOf(inner.counter), q)
  const body = element(all, (u) => later(column, BigInt(-skew * u)))
  // One more than it has to be, so that what four rows of an aligned array store on lanes is aligned too.
  const head = skew * together
  const before = all
    .slice(0, head)
    .flatMap((e) => element(all.slice(0, e + 1), (u) => int(inner.counter, inner.first + BigInt(e - u))))
  // Behind the columns their counter is one past the last.
  const behind = all
    .slice(1, 1 + edge)
    .flatMap((e) => element(all.slice(e), (u) => later(column, BigInt(e - u - 1))))
  const until = (past: Expr, id: number, step: number, inside: readonly Stmt[]): Loop => {
    const [own, counter] = [label(), local(locals[id]?.type ?? 'i8', id)]
    return {
      kind: 'loop',
      label: own,
      body: [{ kind: 'if', cond: past, then: [{ kind: 'break', label: own }], else: [] }, ...inside],
      update: [set(id, later(counter, BigInt(step)))],
    }
  }
  const [test] = inner.loop.body
  if (test?.kind !== 'if') throw new Error('IR: a counted loop without its test')
  // The test as it was, so that it is known to be one.
  const past = mapExpr(test.cond, (x) => (x.kind === 'local' && x.local === inner.counter ? column : x))
  const columns: Stmt[] = [
    set(q, int(inner.counter, inner.first + BigInt(head))),
    { ...until(past, q, 1, body), lanes: true },
  ]
  const left = op('add', [last(outer.last), constant('i8', BigInt(1 - together))])
  const four = until(op('gt', [local('i8', at), left]), at, together, [
    ...rows.map(({ id, value }) => set(id, value)),
    ...before,
    ...columns,
    ...behind,
  ])
  const many = op('ge', [last(inner.last), constant('i8', inner.first + enough - 1n)])
  const start = set(at, cast('i8', local(typeOf(outer.counter), outer.counter)))
  const end = set(outer.counter, row(0))
  return [{ kind: 'if', cond: many, then: [start, four, end], else: [] }, outer.loop]
}

/** The kernel with its nests jammed, and what there is to say of that; the kernel itself where it has none. */
export function jam(kernel: Kernel): { readonly kernel: Kernel; readonly notes: readonly Remark[] } {
  const found = scan(kernel)
  const locals = [...kernel.locals]
  const notes: Remark[] = []
  let labels = freeLabel(kernel)
  const list = (body: readonly Stmt[]): Stmt[] => body.flatMap(statement)
  const statement = (s: Stmt): Stmt[] => {
    switch (s.kind) {
      case 'if':
        return [{ ...s, then: list(s.then), else: list(s.else) }]
      case 'block':
        return [{ ...s, body: list(s.body) }]
      case 'loop': {
        const nest = nestOf(found, s)
        if (!nest) return [{ ...s, body: list(s.body) }]
        notes.push({
          line: 1,
          column: 1,
          ...s.at,
          reason: `${together} rounds at a time add to each element of \`${kernel.core?.views[nest.store.view]?.name}\` before it is stored`,
        })
        return jammed(kernel, found, nest, locals, () => labels++)
      }
      default:
        return [s]
    }
  }
  const body = list(kernel.body)
  return notes.length > 0 ? { kernel: { ...kernel, locals, body }, notes } : { kernel, notes }
}
