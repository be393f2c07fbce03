/**
 * A kernel of arrays for cores of one small size: its counted loops written out, indices as numbers, and what it reads of its inputs
 * more than once kept in locals. So a batch of 3 by 3 products neither counts nor computes an address.
 */
import type { Loop, Scan } from './access.ts'
import { constant, type Expr, type Kernel, type Local, local, mapExpr, parts, type Stmt, set } from './ir.ts'
import type { Linear } from './linear.ts'
import { leavesRound, roundOf } from './parallel.ts'
import { rewrite } from './rules.ts'

/** Ops and elements: more are not worth the code. */
const largest = 320

/** What counters hold in a round. */
type Counters = ReadonlyMap<number, bigint>

/** Does what an expression computes, indices left out, fit the room that is left? */
function sizeOf(e: Expr): number {
  const own = e.kind === 'const' || e.kind === 'local' || e.kind === 'input' ? 0 : 1
  return own + (e.kind === 'element' ? 0 : parts(e).reduce((sum, p) => sum + sizeOf(p), 0))
}

function writtenOut(kernel: Kernel, found: Scan, size: bigint): Stmt[] | null {
  const views = kernel.core?.views ?? []
  let room = largest

  const known = (e: Expr, counters: Counters): Expr =>
    mapExpr(e, (x) => {
      if (x.kind === 'size') return constant(x.type, (views[x.view]?.dims[x.axis] ?? -1) < 0 ? 1n : size)
      const value = x.kind === 'local' ? counters.get(x.local) : undefined
      return rewrite(value === undefined ? x : constant(x.type, value))
    })
  const numberOf = ({ constant: start, terms }: Linear, counters: Counters): bigint | null => {
    let sum = start
    for (const [key, times] of terms) {
      const atom = known(found.atomOf(key), counters)
      if (atom.kind !== 'const' || typeof atom.value !== 'bigint') return null
      sum += times * atom.value
    }
    return sum
  }

  const rounds = (s: Loop, counters: Counters): Stmt[] | null => {
    const counted = found.around.get(s)?.counted
    if (!counted || s.update.length !== 1 || leavesRound(roundOf(s))) return null
    const { counter, step } = counted
    const [first, last] = [numberOf(counted.first, counters), numberOf(counted.last, counters)]
    if (first === null || last === null) return null
    const made: Stmt[] = []
    let at = first
    for (; step > 0n ? at <= last : at >= last; at += step) {
      const round = list(roundOf(s), new Map([...counters, [counter, at]]))
      if (!round) return null
      made.push(...round)
    }
    return [...made, set(counter, constant(kernel.locals[counter]?.type ?? 'i8', at))]
  }

  const list = (body: readonly Stmt[], counters: Counters): Stmt[] | null => {
    const made: Stmt[] = []
    for (const s of body) {
      const next = statement(s, counters)
      if (!next || room < 0) return null
      made.push(...next)
    }
    return made
  }

  const statement = (s: Stmt, counters: Counters): Stmt[] | null => {
    const value = (e: Expr): Expr => {
      const made = known(e, counters)
      room -= sizeOf(made)
      return made
    }
    switch (s.kind) {
      case 'set':
        return [{ ...s, value: value(s.value) }]
      case 'store':
        return [{ ...s, indices: s.indices.map((e) => known(e, counters)), value: value(s.value) }]
      case 'loop':
        return rounds(s, counters)
      case 'if': {
        const cond = value(s.cond)
        if (cond.kind === 'const') return list(cond.value === true ? s.then : s.else, counters)
        const [then, otherwise] = [list(s.then, counters), list(s.else, counters)]
        return then && otherwise && [{ ...s, cond, then, else: otherwise }]
      }
      case 'block': {
        const inner = list(s.body, counters)
        return inner && [{ ...s, body: inner }]
      }
      case 'break':
      case 'continue':
        return [s]
    }
  }
  return list(kernel.body, new Map())
}

type Element = Extract<Expr, { kind: 'element' }>

/** Which element of an array that nobody writes to; null for any other. */
function keyOf({ core }: Kernel, e: Element): string | null {
  const places = e.indices.map((index) => (index.kind === 'const' ? index.value : null))
  return core?.views[e.view]?.stored || places.includes(null) ? null : `${e.view} ${places}`
}

/** Elements that are read more than once are read once, before the first statement that needs them. */
function readOnce(kernel: Kernel, body: readonly Stmt[]): Pick<Kernel, 'locals' | 'body'> {
  const reads = new Map<string, number>()
  const elements = (e: Expr, see: (e: Element) => void): void => {
    if (e.kind === 'element') see(e)
    else for (const p of parts(e)) elements(p, see)
  }
  const valuesOf = (s: Stmt): Expr[] => (s.kind === 'set' || s.kind === 'store' ? [s.value] : [])
  for (const e of body.flatMap(valuesOf))
    elements(e, (one) => {
      const key = keyOf(kernel, one)
      if (key) reads.set(key, (reads.get(key) ?? 0) + 1)
    })
  const locals: Local[] = [...kernel.locals]
  const ids = new Map<string, number>()
  const made: Stmt[] = []
  for (const s of body) {
    const value = (e: Expr): Expr =>
      mapExpr(e, (x) => {
        const key = x.kind === 'element' ? keyOf(kernel, x) : null
        if (x.kind !== 'element' || key === null || (reads.get(key) ?? 0) < 2) return x
        let id = ids.get(key)
        if (id === undefined) {
          id = locals.push({ type: x.type, name: `${kernel.core?.views[x.view]?.name}${x.view}` }) - 1
          ids.set(key, id)
          made.push(set(id, x))
        }
        return local(x.type, id)
      })
    made.push(s.kind === 'set' || s.kind === 'store' ? { ...s, value: value(s.value) } : s)
  }
  return { locals, body: made }
}

/** The kernel without loops, for cores whose sizes are all `size`; null where a loop is not counted, or it would be too long. */
export function unrolled(kernel: Kernel, found: Scan, size: number): Kernel | null {
  const body = writtenOut(kernel, found, BigInt(size))
  return body && { ...kernel, body }
}

/** What it reads of its inputs more than once kept in locals. */
export const keeping = (kernel: Kernel): Kernel => ({ ...kernel, ...readOnce(kernel, kernel.body) })
