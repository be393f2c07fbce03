/**
 * Straight-line code whose indices are numbers, on lanes within one core: elements of an output that lie side by side in a row are
 * computed together where they are made by the same operations. A product of 4 by 4 then takes two columns at a time, each sum in the
 * order of the source.
 */
import { type Code, dtypes } from '../../dtype.ts'
import { exprCost } from './cost.ts'
import {
  type Core,
  constant,
  type Expr,
  type Kernel,
  type Local,
  local,
  parts,
  type Stmt,
  set,
  withParts,
} from './ir.ts'

type Element = Extract<Expr, { kind: 'element' }>
type Store = Extract<Stmt, { kind: 'store' }>

/** Code of so many lanes. Where its elements lie, lane by lane, is counted in elements from the start of the array. */
export interface Pack {
  readonly lanes: number
  readonly kernel: Kernel
  readonly places: ReadonlyMap<Element | Store, readonly number[]>
}

/** What a body leaves behind: the last store to each element, its value made of what elements held at first. */
interface Written {
  readonly store: Store
  readonly at: number
  readonly value: Expr
}

/** An element's place in an array whose axes have this size, in C order; null where an index is no number. */
export function placeIn(
  core: Core | undefined,
  { view, indices }: Element | Store,
  size: number,
): number | null {
  const dims = core?.views[view]?.dims ?? []
  let at = 0
  for (const [axis, index] of indices.entries()) {
    if (index.kind !== 'const' || typeof index.value !== 'bigint') return null
    if ((dims[axis] ?? -1) >= 0) at = at * size + Number(index.value)
  }
  return at
}

interface Values {
  readonly written: readonly Written[]
  /** The number of each value: each is one node, however often the body computes it. */
  readonly ids: ReadonlyMap<Expr, number>
}

/** Null where the body is no straight line, or needs more than elements. */
function valuesOf(kernel: Kernel, size: number): Values | null {
  const known = new Map<string, Expr>()
  const ids = new Map<Expr, number>()
  const one = (key: string, e: Expr): Expr => {
    const made = known.get(key) ?? e
    known.set(key, made)
    if (!ids.has(made)) ids.set(made, ids.size)
    return made
  }
  const held = new Map<number, Expr>()
  const written = new Map<string, Written>()

  const value = (e: Expr): Expr | null => {
    switch (e.kind) {
      case 'const':
        return one(`${e.type} ${Object.is(e.value, -0) ? '-0' : e.value}`, e)
      case 'local':
        return held.get(e.local) ?? value(constant(e.type, zeroOf(e.type)))
      case 'element': {
        const at = placeIn(kernel.core, e, size)
        if (at === null) return null
        const key = `${e.view} ${at}`
        return written.get(key)?.value ?? one(`element ${key}`, e)
      }
      case 'op':
      case 'cast':
      case 'bits':
      case 'select': {
        const own = parts(e).map(value)
        const args = own.flatMap((arg) => (arg ? [arg] : []))
        if (args.length < own.length) return null
        return one(`${nameOf(e)} ${args.map((arg) => ids.get(arg))}`, withParts(e, args))
      }
      case 'input':
      case 'load':
      case 'size':
        return null
    }
  }
  for (const s of kernel.body) {
    if (s.kind !== 'set' && s.kind !== 'store') return null
    const made = value(s.value)
    if (!made) return null
    if (s.kind === 'set') {
      held.set(s.local, made)
      continue
    }
    const at = placeIn(kernel.core, s, size)
    if (at === null) return null
    written.set(`${s.view} ${at}`, { store: s, at, value: made })
  }
  return { written: [...written.values()], ids }
}

const zeroOf = (type: Code) => (type === 'b1' ? false : dtypes[type].kind === 'f' ? 0 : 0n)

const nameOf = (e: Expr): string => `${e.kind} ${e.type} ${e.kind === 'op' ? e.op : ''} ${parts(e)[0]?.type}`

/** Neighbours in a row that are stored. */
function rowsOf(all: readonly Written[], size: number): Written[][] {
  const rows: Written[][] = []
  for (const one of [...all].sort((a, b) => a.store.view - b.store.view || a.at - b.at)) {
    const row = rows.at(-1)
    const last = row?.at(-1)
    if (last?.store.view === one.store.view && last.at === one.at - 1 && one.at % size > 0) row?.push(one)
    else rows.push([one])
  }
  return rows
}

/** Three of four lanes are better than two and one; other counts are powers of two. */
const lanesFor = (left: number, most: number): number =>
  most === 4 && left === 3 ? 3 : Math.min(most, 2 ** Math.floor(Math.log2(left)))

/** Code of so many lanes under construction. */
interface Group {
  readonly lanes: number
  /** What lanes compute together, by the values that it is of each. */
  readonly known: Map<string, Expr>
  readonly places: Map<Element | Store, readonly number[]>
  readonly stores: Store[]
}

interface Placed extends Values {
  readonly of: (node: Element | Store) => number
}

/** Values, one a lane, as one expression of so many lanes; null where they are made in different ways. */
function merged(group: Group, placed: Placed, each: readonly Expr[]): Expr | null {
  const key = each.map((e) => placed.ids.get(e)).join(' ')
  const known = group.known.get(key)
  if (known) return known
  const [first] = each
  if (!first || each.some((e) => nameOf(e) !== nameOf(first))) return null
  if (group.lanes === 3 && first.type !== 'b1' && dtypes[first.type].bytes !== 4) return null
  const keep = (e: Expr): Expr => {
    group.known.set(key, e)
    return e
  }
  if (first.kind === 'const') return each.every((e) => e === first) ? keep(first) : null
  if (first.kind === 'element') {
    const own = each.flatMap((e) => (e.kind === 'element' && e.view === first.view ? [e] : []))
    if (own.length < each.length) return null
    const made = { ...first }
    group.places.set(
      made,
      own.map((e) => placed.of(e)),
    )
    return keep(made)
  }
  const args: Expr[] = []
  for (const k of parts(first).keys()) {
    const arg = merged(
      group,
      placed,
      each.map((e) => parts(e)[k] ?? e),
    )
    if (!arg) return null
    args.push(arg)
  }
  return keep(withParts(first, args))
}

/** The code of a group: what is used more than once is a local. */
function codeOf(kernel: Kernel, { lanes, places, stores }: Group): Pack {
  const uses = new Map<Expr, number>()
  const count = (e: Expr): void => {
    const before = uses.get(e) ?? 0
    uses.set(e, before + 1)
    if (before === 0 && e.kind !== 'element') parts(e).forEach(count)
  }
  for (const { value } of stores) count(value)
  const locals: Local[] = []
  const done = new Map<Expr, Expr>()
  const own = new Map<Element | Store, readonly number[]>(places)
  const body: Stmt[] = []
  const emit = (e: Expr): Expr => {
    const made = done.get(e)
    if (made) return made
    const next = e.kind === 'element' || e.kind === 'const' ? e : withParts(e, parts(e).map(emit))
    if (e.kind === 'const' || (uses.get(e) ?? 0) < 2) return next
    const id = locals.push({ type: e.type, name: `t${locals.length}` }) - 1
    body.push(set(id, next))
    const read = local(e.type, id)
    done.set(e, read)
    return read
  }
  for (const s of stores) {
    const store = { ...s, value: emit(s.value) }
    own.set(store, places.get(s) ?? [])
    body.push(store)
  }
  return { lanes, places: own, kernel: { ...kernel, locals, nin: 0, outs: [], body } }
}

/** Does one element need what another held before it was written? Then the order of stores matters. */
function crossed({ written, of }: Placed): boolean {
  const stored = new Map(written.map((one) => [`${one.store.view} ${one.at}`, one]))
  return written.some((one) => {
    const seen = new Set<Expr>()
    const reads = (e: Expr): boolean => {
      if (seen.has(e)) return false
      seen.add(e)
      if (e.kind !== 'element') return parts(e).some(reads)
      const other = stored.get(`${e.view} ${of(e)}`)
      return other !== undefined && other !== one
    }
    return reads(one.value)
  })
}

/** What an expression costs beside its operands. */
const ownCost = (e: Expr): number => {
  const operands = parts(e).map((p) => local(p.type, 0))
  return e.kind === 'element' ? 0 : exprCost(withParts(e, operands))
}

/** Instructions, more or less: an element from a place of its own on each lane is loaded and put in its lane, which takes three. */
function costOf({ lanes, kernel, places }: Pack): number {
  const one = (e: Expr): number => {
    if (e.kind !== 'element') return parts(e).reduce((sum, p) => sum + one(p), ownCost(e))
    const at = places.get(e) ?? []
    const near = at.every((place, lane) => place === (at[0] ?? 0) + lane)
    return near || at.every((place) => place === at[0]) ? 1 : 3 * lanes
  }
  return kernel.body.reduce((sum, s) => {
    if (s.kind === 'set') return sum + one(s.value)
    return s.kind === 'store' ? sum + one(s.value) + (lanes === 3 ? 2 : 1) : sum
  }, 0)
}

/**
 * The code of one core whose axes all have this size, `most` lanes to a register; null where that is no better than whole cores side
 * by side: what they compute costs a part of it, but each element has to find its lane.
 */
export function packs(kernel: Kernel, size: number, most: number): Pack[] | null {
  const values = kernel.outs.length > 0 ? null : valuesOf(kernel, size)
  if (!values) return null
  const placed: Placed = { ...values, of: (node) => placeIn(kernel.core, node, size) ?? 0 }
  if (crossed(placed)) return null
  const groups = new Map<number, Group>()
  const groupOf = (lanes: number): Group => {
    const made = groups.get(lanes) ?? { lanes, known: new Map(), places: new Map(), stores: [] }
    groups.set(lanes, made)
    return made
  }
  const pack = (row: readonly Written[], limit: number): void => {
    const [first] = row
    if (!first) return
    const lanes = lanesFor(row.length, limit)
    const own = row.slice(0, lanes)
    const group = groupOf(lanes)
    const value = merged(
      group,
      placed,
      own.map((one) => one.value),
    )
    if (!value) {
      pack(own, lanes === 3 ? 2 : lanes / 2)
    } else {
      const store = { ...first.store, value }
      group.stores.push(store)
      group.places.set(
        store,
        own.map(({ at }) => at),
      )
    }
    pack(row.slice(lanes), limit)
  }
  for (const row of rowsOf(values.written, size)) pack(row, most)
  const made = [...groups.values()].filter(({ stores }) => stores.length > 0).map((g) => codeOf(kernel, g))
  const rows = made.reduce((sum, one) => sum + costOf(one), 0)
  const elements = [...values.ids.keys()].filter((e) => e.kind === 'element').length
  const computed = [...values.ids.keys()].reduce((sum, e) => sum + ownCost(e), 0)
  const cores = computed / most + 2 * (elements + values.written.length)
  const stored = made.flatMap(({ lanes, kernel: { body } }) =>
    body.flatMap((s) => (s.kind === 'store' && lanes > 1 ? [lanes] : [])),
  )
  const together = stored.reduce((sum, lanes) => sum + lanes, 0)
  return rows < cores && 2 * together >= values.written.length ? made : null
}
