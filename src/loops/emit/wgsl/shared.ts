/**
 * Kernels of arrays of which a workgroup takes one core call: its invocations run all of the kernel side by side, but share the rounds of
 * loops whose rounds need nothing of each other. All of them come to such a loop: what decides about that is the same for all of them,
 * and WGSL is to know it, so conditions that hang on more than sizes are agreed upon. What else is written is written by one of them.
 */

import { sharing as rule } from '../../../wgsl-words.ts'
import { type Loop, localKey, type Scan, scan } from '../../kernel/access.ts'
import { type Kernel, type Remark, type Stmt, visit } from '../../kernel/ir.ts'
import { keysOf, type Linear } from '../../kernel/linear.ts'
import { laneFacts, laneScore, leavesRound, roundOf, sizesOnly } from '../../kernel/parallel.ts'
import type { Free } from '../../kernel/sums.ts'
import type { SharedRounds } from '../../loop.ts'
import { mayStop } from './checks.ts'

export interface SharedLoop {
  readonly counter: number
  /** What each invocation adds up for itself, to be joined behind the loop. */
  readonly sums: readonly Free[]
  /** It touches what others write, so all wait for each other before and after it. */
  readonly waits: boolean
}

export interface Sharing {
  readonly loops: ReadonlyMap<Loop, SharedLoop>
  /** Branches that one invocation takes alone. */
  readonly single: ReadonlySet<readonly Stmt[]>
  /** Branches by whose conditions all have to go the same way. */
  readonly agreed: ReadonlySet<Stmt>
  readonly rounds: readonly SharedRounds[]
  readonly notes: readonly Remark[]
}

interface Choice {
  readonly loop: Loop
  readonly outer: readonly Loop[]
  readonly score: number
  readonly sums: readonly Free[]
}

/** Views that are read, and those that are written; what stands in `without` does not count. */
function touched(body: readonly Stmt[], without: ReadonlySet<unknown>) {
  const reads = new Set<number>()
  const writes = new Set<number>()
  const skipped = new Set<unknown>()
  const see = (list: readonly Stmt[]) =>
    visit(
      list,
      (e) => skipped.add(e),
      (s) => skipped.add(s),
    )
  for (const one of without) see(Array.isArray(one) ? (one as readonly Stmt[]) : [one as Stmt])
  visit(
    body,
    (e) => {
      if (e.kind === 'element' && !skipped.has(e)) reads.add(e.view)
    },
    (s) => {
      if (s.kind === 'store' && !skipped.has(s)) writes.add(s.view)
    },
  )
  return { reads, writes }
}

const meet = (a: ReadonlySet<number>, b: ReadonlySet<number>): boolean => [...a].some((one) => b.has(one))

function loopsIn(body: readonly Stmt[]): Loop[] {
  const found: Loop[] = []
  visit(
    body,
    () => {},
    (s) => {
      if (s.kind === 'loop') found.push(s)
    },
  )
  return found
}

export function sharing(kernel: Kernel): Sharing | null {
  if (!kernel.core) return null
  const found = scan(kernel)

  /** Sizes, and counters of loops around it: the same for all invocations, and far from where an i4 ends. */
  const isEven = (form: Linear, outer: readonly Loop[]): boolean =>
    (form.constant < 0n ? -form.constant : form.constant) < 2n ** 30n &&
    keysOf(form).every((key) => isSize(key) || outer.some((loop) => key === counterKey(found, loop)))

  const choice = (loop: Loop, outer: readonly Loop[]): Choice | null => {
    const counted = found.around.get(loop)?.counted
    const facts = laneFacts(found, loop)
    if (!counted || typeof facts === 'string') return null
    const sums = facts.sums.flatMap((sum) => (sum.kind === 'free' ? [sum] : []))
    const type = kernel.locals[facts.counter]?.type ?? 'f8'
    const isWide = type === 'i8' || (type === 'i4' && isEven(counted.last, outer))
    if (sums.length < facts.sums.length || !isWide) return null
    return { loop, outer, sums, score: laneScore(found, loop, facts.counter) }
  }
  const isApart = (loop: Loop): boolean => {
    const facts = laneFacts(found, loop)
    return typeof facts !== 'string' && facts.sums.length === 0
  }
  /** Counted by sizes, and left only at its head: all go round as often, as WGSL sees. */
  const isPlain = (loop: Loop, outer: readonly Loop[]): boolean => {
    const counted = found.around.get(loop)?.counted
    if (!counted || !isEven(counted.first, outer) || !isEven(counted.last, outer)) return false
    return !leavesRound(roundOf(loop))
  }
  const choose = (body: readonly Stmt[], outer: readonly Loop[]): Choice[] =>
    body.flatMap((s): Choice[] => {
      if (s.kind === 'if') return [...choose(s.then, outer), ...choose(s.else, outer)]
      if (s.kind === 'block') return choose(s.body, outer)
      if (s.kind !== 'loop') return []
      const own = choice(s, outer)
      const inner = mayStop([s]) ? [] : choose(s.body, [...outer, s])
      return own && inner.every(({ score }) => score < own.score) ? [own] : inner
    })
  const chosen = choose(kernel.body, [])
  if (chosen.length === 0) return null

  const single = new Set<readonly Stmt[]>()
  const last = kernel.body.at(-1)
  if (last?.kind === 'if' && sizesOnly(last.cond))
    for (const side of [last.then, last.else])
      if (loopsIn(side).every((loop) => chosen.every((one) => one.loop !== loop))) single.add(side)
  const shared = chosen.map(({ loop }) => loop)
  const alone = touched(kernel.body, new Set<unknown>([...shared, ...single]))
  // All run this, one writes: nobody may read it.
  if (meet(alone.reads, alone.writes)) return null
  const agreed = new Set<Stmt>()
  const holdsShared = (body: readonly Stmt[]) => loopsIn(body).some((loop) => shared.includes(loop))
  /** Finds what has to be agreed upon; false where somebody may jump away whom nobody asks. */
  const agree = (body: readonly Stmt[], outer: readonly Loop[]): boolean =>
    single.has(body) ||
    body.every((s) => {
      switch (s.kind) {
        case 'if':
          if (!sizesOnly(s.cond) && (holdsShared([s]) || jumps([s]))) agreed.add(s)
          return agree(s.then, outer) && agree(s.else, outer)
        case 'block':
          return agree(s.body, outer)
        case 'loop':
          if (!holdsShared(s.body)) return !leavesRound([s])
          if (shared.includes(s)) return true
          return agree(isPlain(s, outer) ? roundOf(s) : s.body, [...outer, s])
        default:
          return true
      }
    })
  if (!agree(kernel.body, [])) return null

  const loops = new Map(
    chosen.map(({ loop, outer, sums }): [Loop, SharedLoop] => {
      const own = touched([loop], new Set())
      const others = touched(kernel.body, new Set([loop]))
      const again = own.writes.size > 0 && !outer.every((one) => isApart(one))
      const waits =
        again ||
        meet(own.writes, others.reads) ||
        meet(own.writes, others.writes) ||
        meet(own.reads, others.writes)
      const counter = found.around.get(loop)?.counted?.counter ?? -1
      return [loop, { counter, sums, waits }]
    }),
  )
  const places = new Map(shared.map(({ at = { line: 1, column: 1 } }) => [`${at.line}:${at.column}`, at]))
  const notes = [...places.values()].map((at) => ({
    ...at,
    reason: `a workgroup takes a core call, and its invocations share the rounds of this loop, where there are ${rule.rounds} and more and at most ${rule.calls} core calls; else an invocation takes one`,
  }))
  return { loops, single, agreed, rounds: shared.map((loop) => roundsOf(found, loop)), notes }
}

/** Is there a way out of what is around? */
const jumps = (body: readonly Stmt[]): boolean =>
  body.some((s) => {
    switch (s.kind) {
      case 'break':
      case 'continue':
        return true
      case 'if':
        return jumps(s.then) || jumps(s.else)
      case 'block':
      case 'loop':
        return leavesRound([s])
      default:
        return false
    }
  })

const sizeNumber = /^n(\d+)$/
const isSize = (key: string): boolean => sizeNumber.test(key)
const counterKey = (found: Scan, loop: Loop): string =>
  localKey(found.around.get(loop)?.counted?.counter ?? -1)

/** How many rounds it has, as far as sizes tell. */
function roundsOf(found: Scan, loop: Loop): SharedRounds {
  const counted = found.around.get(loop)?.counted
  const sizes = new Map<number, number>()
  let constant = 1
  if (counted)
    for (const [form, sign] of [
      [counted.last, 1],
      [counted.first, -1],
    ] as const) {
      constant += sign * Number(form.constant)
      for (const [key, times] of form.terms) {
        const [, dim] = sizeNumber.exec(key) ?? []
        if (dim !== undefined) sizes.set(Number(dim), (sizes.get(Number(dim)) ?? 0) + sign * Number(times))
      }
    }
  return { constant, sizes: [...sizes] }
}
