/**
 * What a kernel of arrays counts with: its counted loops (`for (let i = from; i < to; i += step)`), and the indices of every access
 * to an array operand as linear forms over counters, sizes and other locals. Bounds, lanes and addresses are decided from this.
 *
 * A form holds where it stands: it is worth what the index is, given what its locals hold there. It is computed without wrapping;
 * where the kernel's own arithmetic might wrap, the index stays an atom, or has no form.
 */
import { isInt } from './evaluate.ts'
import { type IntRange, isIntRange, typeRange, within } from './interval.ts'
import { type Expr, type Kernel, parts, type Stmt } from './ir.ts'
import {
  addIndex,
  atom,
  type Index,
  isLinear,
  keysOf,
  type Linear,
  minus,
  plus,
  scaleIndex,
  split,
  whole,
} from './linear.ts'
import { type Ranges, ranges } from './ranges.ts'
import { localsOf, mayFail, writesOf } from './reads.ts'

export type Loop = Extract<Stmt, { kind: 'loop' }>
export type Element = Extract<Expr, { kind: 'element' }>
export type Load = Extract<Expr, { kind: 'load' }>
export type Store = Extract<Stmt, { kind: 'store' }>

/** A loop that leaves at its head when its counter has passed `last`, and changes the counter by `step` at its end. */
export interface Counted {
  readonly counter: number
  readonly step: bigint
  /** What the counter holds at first, and the last value it may have within: both as of the moment before the loop. */
  readonly first: Linear
  readonly last: Linear
}

/** A loop around an access, or the kernel itself. */
export interface Around {
  readonly loop: Loop | null
  readonly counted: Counted | null
  readonly written: ReadonlySet<number>
  /** As of an access. */
  readonly conditions: number
}

export interface Access {
  readonly node: Element | Load | Store
  /** One an axis; undefined where it has no form. */
  readonly indices: readonly (Index | undefined)[]
  /** The index expressions. */
  readonly exprs: readonly Expr[]
  /** Outermost first: the kernel itself, then loops. */
  readonly around: readonly Around[]
  /** How many `if`s, and ways out before it, decide whether a round comes here. */
  readonly conditions: number
}

export interface Scan {
  readonly kernel: Kernel
  readonly facts: Ranges
  readonly accesses: readonly Access[]
  readonly around: ReadonlyMap<Loop, Around>
  /** The expression of an atom, worth it where its locals hold what they held. */
  readonly atomOf: (key: string) => Expr
  /** The locals of an atom; of one that stands for a counter's first value, in that loop, none. */
  readonly localsIn: (key: string, loop: Loop | null) => ReadonlySet<number>
}

export const localKey = (id: number): string => `v${id}`
export const sizeKey = (dim: number): string => `n${dim}`
const none: ReadonlySet<number> = new Set()

type Forms = ReadonlyMap<number, Index>

const exitOf = (s: Loop): Expr | undefined => {
  const [head] = s.body
  if (head?.kind !== 'if' || head.else.length > 0 || head.then.length !== 1) return undefined
  const [exit] = head.then
  return exit?.kind === 'break' && exit.label === s.label ? head.cond : undefined
}

/** `a op b` leaves: a form that is 0 or more as long as the loop goes on. */
function goesOn(cond: Expr, form: (e: Expr) => Linear | undefined): Linear | undefined {
  if (cond.kind !== 'op') return undefined
  const [x, y] = cond.args
  if (!x || !y || !isInt(x.type)) return undefined
  const [a, b] = [form(x), form(y)]
  if (!a || !b) return undefined
  switch (cond.op) {
    case 'ge':
      return plus(minus(b, a), whole(-1n))
    case 'gt':
      return minus(b, a)
    case 'le':
      return plus(minus(a, b), whole(-1n))
    case 'lt':
      return minus(a, b)
    default:
      return undefined
  }
}

const scans = new WeakMap<Kernel, Scan>()

/** Several passes and each version of the code ask, so the answer is kept. */
export function scan(kernel: Kernel): Scan {
  const known = scans.get(kernel) ?? scanned(kernel)
  scans.set(kernel, known)
  return known
}

function scanned(kernel: Kernel): Scan {
  const facts = ranges(kernel)
  const views = kernel.core?.views ?? []
  const atoms = new Map<string, { readonly expr: Expr; readonly locals: ReadonlySet<number> }>()
  /** Atoms that stand for what a counter holds before its loop. */
  const entries = new Map<string, Loop>()
  for (const [view, { dims }] of views.entries()) {
    for (const [axis, dim] of dims.entries()) {
      if (dim >= 0) atoms.set(sizeKey(dim), { expr: { kind: 'size', type: 'i4', view, axis }, locals: none })
    }
  }
  const accesses: Access[] = []
  const around = new Map<Loop, Around>()

  /** Equal for expressions that are worth the same; undefined for what a store or another element may change. */
  const keyOf = (e: Expr): string | undefined => {
    const inner = parts(e).map(keyOf)
    if (inner.includes(undefined)) return undefined
    switch (e.kind) {
      case 'const':
        return `${e.type}#${e.value}`
      case 'local':
        return localKey(e.local)
      case 'size': {
        const dim = views[e.view]?.dims[e.axis] ?? -1
        return dim < 0 ? 'i4#1' : sizeKey(dim)
      }
      case 'op':
        return `${e.op}.${e.type}(${inner})`
      case 'cast':
      case 'bits':
        return `${e.kind}.${e.type}(${inner})`
      case 'select':
        return `select(${inner})`
      case 'input':
      case 'load':
      case 'element':
        return undefined
    }
  }

  const atomFor = (e: Expr): Linear | undefined => {
    const key = keyOf(e)
    if (key === undefined) return undefined
    if (!atoms.has(key)) atoms.set(key, { expr: e, locals: localsOf(e) })
    return atom(key)
  }

  const rangeOf = (e: Expr): IntRange => {
    const r = facts.of(e)
    return isIntRange(r) ? r : { lo: -(2n ** 63n), hi: 2n ** 63n - 1n }
  }

  /** Does this sum or product stay within its type? */
  const exact = (e: Extract<Expr, { kind: 'op' }>): boolean => {
    const [a, b] = e.args.map(rangeOf)
    if (!a) return false
    const y = b ?? a
    const ends =
      e.op === 'add'
        ? [a.lo + y.lo, a.hi + y.hi]
        : e.op === 'sub'
          ? [a.lo - y.hi, a.hi - y.lo]
          : e.op === 'neg'
            ? [-a.hi, -a.lo]
            : e.op === 'mul'
              ? [a.lo * y.lo, a.lo * y.hi, a.hi * y.lo, a.hi * y.hi]
              : undefined
    const range = typeRange(e.type)
    return ends?.every((x) => x >= range.lo && x <= range.hi) ?? false
  }

  const formOf = (e: Expr, env: Forms): Index | undefined => {
    if (!isInt(e.type)) return undefined
    switch (e.kind) {
      case 'const':
        return typeof e.value === 'bigint' ? whole(e.value) : undefined
      case 'size':
        return (views[e.view]?.dims[e.axis] ?? -1) < 0 ? whole(1n) : atomFor(e)
      case 'local':
        return env.get(e.local) ?? atomFor(e)
      case 'cast':
        return isInt(e.arg.type) && within(rangeOf(e.arg), typeRange(e.type))
          ? formOf(e.arg, env)
          : atomFor(e)
      case 'op': {
        const [x, y] = e.args
        if (!x) return undefined
        const a = formOf(x, env)
        const b = y && formOf(y, env)
        if ((e.op === 'min' || e.op === 'max') && a && b) return { kind: e.op, a, b }
        if (!exact(e) || !a) return atomFor(e)
        if (e.op === 'neg') return scaleIndex(a, -1n)
        if (!b) return atomFor(e)
        if (e.op === 'add') return addIndex(a, b) ?? atomFor(e)
        if (e.op === 'sub') return addIndex(a, scaleIndex(b, -1n)) ?? atomFor(e)
        if (e.op !== 'mul') return atomFor(e)
        if (isLinear(b) && b.terms.size === 0) return scaleIndex(a, b.constant)
        if (isLinear(a) && a.terms.size === 0) return scaleIndex(b, a.constant)
        return atomFor(e)
      }
      default:
        return atomFor(e)
    }
  }
  const linearOf = (e: Expr, env: Forms): Linear | undefined => {
    const form = formOf(e, env)
    return form && isLinear(form) ? form : atomFor(e)
  }

  const localsIn = (key: string, loop: Loop | null): ReadonlySet<number> =>
    loop && entries.get(key) === loop ? none : (atoms.get(key)?.locals ?? none)

  /** What is still so after these locals have been set. */
  const without = (env: Forms, written: ReadonlySet<number>): Forms =>
    written.size === 0
      ? env
      : new Map(
          [...env].filter(
            ([id, form]) =>
              !written.has(id) &&
              keysOf(form).every((key) =>
                [...(atoms.get(key)?.locals ?? none)].every((l) => !written.has(l)),
              ),
          ),
        )

  const countedOf = (s: Loop, env: Forms, inside: Forms, written: ReadonlySet<number>): Counted | null => {
    const cond = exitOf(s)
    const left = cond && goesOn(cond, (e) => linearOf(e, inside))
    if (!left) return null
    const sets = s.update.flatMap((t) => (t.kind === 'set' ? [t] : []))
    for (const { local, value } of sets) {
      const key = localKey(local)
      const { rest, times } = split(left, key)
      if (times !== 1n && times !== -1n) continue
      if (writesOf([...s.body]).has(local) || sets.filter((t) => t.local === local).length > 1) continue
      if (writesOf(s.update.filter((t) => t.kind !== 'set')).has(local)) continue
      const next = linearOf(value, inside)
      const by = next && minus(next, atom(key))
      if (!by || by.terms.size > 0 || by.constant === 0n || by.constant > 0n !== times < 0n) continue
      if (keysOf(rest).some((k) => [...localsIn(k, null)].some((id) => written.has(id)))) continue
      const form = env.get(local)
      let first = form && isLinear(form) ? form : undefined
      if (!first) {
        const entry = `${key}@${s.label}`
        atoms.set(entry, {
          expr: { kind: 'local', type: kernel.locals[local]?.type ?? 'i8', local },
          locals: new Set([local]),
        })
        entries.set(entry, s)
        first = atom(entry)
      }
      // Rising, it goes on while rest - i >= 0; falling, while rest + i >= 0.
      return {
        counter: local,
        step: by.constant,
        first,
        last: times < 0n ? rest : plus(whole(0n), rest, -1n),
      }
    }
    return null
  }

  interface Place {
    readonly env: Forms
    readonly around: readonly Around[]
    readonly conditions: number
    readonly formless?: boolean
  }

  const deeper = (at: Place): Place => ({ ...at, conditions: at.conditions + 1 })

  const see = (node: Access['node'], exprs: readonly Expr[], at: Place): void => {
    const indices = exprs.map((e) => (at.formless || mayFail(e) ? undefined : formOf(e, at.env)))
    accesses.push({ node, indices, exprs, around: at.around, conditions: at.conditions })
  }
  const expr = (e: Expr, at: Place): void => {
    // One side of a select only is asked for.
    const inner = e.kind === 'select' ? deeper(at) : at
    for (const p of parts(e)) expr(p, inner)
    if (e.kind === 'element') see(e, e.indices, at)
    else if (e.kind === 'load') see(e, [e.index], at)
  }

  const list = (body: readonly Stmt[], start: Place): Place => body.reduce((at, s) => stmt(s, at), start)

  const leaves = (body: readonly Stmt[]): boolean =>
    body.some((s) => {
      switch (s.kind) {
        case 'break':
        case 'continue':
          return true
        case 'if':
          return leaves(s.then) || leaves(s.else)
        case 'loop':
        case 'block':
          return leaves(s.body)
        default:
          return false
      }
    })

  const stmt = (s: Stmt, at: Place): Place => {
    switch (s.kind) {
      case 'set': {
        expr(s.value, at)
        const form = mayFail(s.value) ? undefined : formOf(s.value, at.env)
        const env = new Map(without(at.env, new Set([s.local])))
        const own = form && keysOf(form).some((key) => localsIn(key, null).has(s.local))
        if (form && !own) env.set(s.local, form)
        return { ...at, env }
      }
      case 'store':
        for (const e of [...s.indices, s.value]) expr(e, at)
        see(s, s.indices, at)
        return at
      case 'if': {
        expr(s.cond, at)
        list(s.then, deeper(at))
        list(s.else, deeper(at))
        const after = leaves(s.then) || leaves(s.else) ? deeper(at) : at
        return { ...after, env: without(at.env, writesOf([s])) }
      }
      case 'block': {
        list(s.body, at)
        return { ...(leavesOut(s) ? deeper(at) : at), env: without(at.env, writesOf([s])) }
      }
      case 'loop': {
        const written = writesOf([s])
        const env = without(at.env, written)
        const counted = countedOf(s, at.env, env, written)
        const own: Around = { loop: s, counted, written, conditions: at.conditions }
        around.set(s, own)
        const inside: Place = { ...(counted ? at : deeper(at)), env, around: [...at.around, own] }
        // The counted exit is not taken within; any other may be.
        const [head, ...rest] = s.body
        if (counted && head?.kind === 'if') expr(head.cond, inside)
        const end = list(counted ? rest : s.body, inside)
        // An atom of the counter is what it is in the body: behind its step there are no forms.
        const step = s.update.findIndex((t) => t.kind === 'set' && t.local === counted?.counter)
        const before = counted ? s.update.slice(0, step) : s.update
        const again = list(before, { ...end, env, around: inside.around })
        list(s.update.slice(before.length), { ...again, formless: true })
        return { ...(leavesOut(s) ? deeper(at) : at), env: without(at.env, written) }
      }
      case 'break':
      case 'continue':
        return at
    }
  }
  /** May it go on behind an outer label? */
  const leavesOut = (s: Stmt): boolean => {
    const own = new Set<number>()
    const walk = (body: readonly Stmt[]): boolean =>
      body.some((t) => {
        switch (t.kind) {
          case 'break':
          case 'continue':
            return !own.has(t.label)
          case 'if':
            return walk(t.then) || walk(t.else)
          case 'loop':
            own.add(t.label)
            return walk(t.body) || walk(t.update)
          case 'block':
            own.add(t.label)
            return walk(t.body)
          default:
            return false
        }
      })
    return walk([s])
  }

  const root: Around = { loop: null, counted: null, written: writesOf(kernel.body), conditions: 0 }
  list(kernel.body, { env: new Map(), around: [root], conditions: 0 })
  const atomOf = (key: string): Expr => {
    const known = atoms.get(key)
    if (!known) throw new Error(`IR: no atom ${key}`)
    return known.expr
  }
  return { kernel, facts, accesses, around, atomOf, localsIn }
}
