/**
 * Which counted loops may run on lanes: several rounds side by side, statement by statement. That gives every bit that one round
 * after another gives when no round reads or writes what another one writes, in locals or in array operands, and no index is left
 * to check. Views of one kernel share no memory: the call has seen to that, and that no output overlaps itself.
 *
 * Of the loops of a nest the one is taken that walks along the last axes of its operands, where elements are neighbours. It need
 * not be the innermost: in `for i for j for k` of a matrix product it is j, and each lane adds up its own sum, in its own order.
 */
import { type Access, type Around, type Loop, localKey, type Scan, scan } from './access.ts'
import { cost } from './cost.ts'
import { type Expr, type Kernel, type Pos, parts, type Stmt, visit } from './ir.ts'
import { isLinear, keysOf, type Linear, minus, split } from './linear.ts'
import { liveness } from './liveness.ts'
import { some, writesOf } from './reads.ts'
import { type Sum, sumOf } from './sums.ts'
import { analyseUniformity, type Uniformity } from './uniform.ts'

/** How a loop runs on lanes. */
export interface LaneFacts {
  readonly counter: number
  readonly uniformity: Uniformity
  /** The counter is also read outside of indices. */
  readonly counts: boolean
  readonly sums: readonly Sum[]
}

/** Rounds that cost less are through before the sum is: an addition waits for the one before it. */
const cheapRound = 40

/** How an index moves from one round to the next: times the step of each axis. */
export const movesOf = (access: Access, counter: number): readonly bigint[] =>
  access.indices.map((index) => (index && isLinear(index) ? split(index, localKey(counter)).times : 0n))

const within = (access: Access, loop: Loop): boolean => access.around.some((a) => a.loop === loop)

const steady = (form: Linear, { written, loop }: Around, { localsIn }: Scan): boolean =>
  keysOf(form).every((key) => [...localsIn(key, loop)].every((id) => !written.has(id)))

/** Do two accesses to one view never mean one element in different rounds? One axis that tells them apart is enough. */
export function apart(a: Access, b: Access, around: Around, counter: number, found: Scan): boolean {
  return a.indices.some((x, axis) => {
    const y = b.indices[axis]
    if (!x || !y || !isLinear(x) || !isLinear(y)) return false
    const [p, q] = [split(x, localKey(counter)), split(y, localKey(counter))]
    const difference = minus(p.rest, q.rest)
    if (p.times !== q.times || difference.terms.size > 0 || !steady(p.rest, around, found)) return false
    if (p.times === 0n) return difference.constant !== 0n
    return difference.constant === 0n || difference.constant % p.times !== 0n
  })
}

/** Exits that lead out of the rounds. */
export function leavesRound(body: readonly Stmt[]): boolean {
  const own = new Set<number>()
  const walk = (list: readonly Stmt[]): boolean =>
    list.some((s) => {
      switch (s.kind) {
        case 'break':
        case 'continue':
          return !own.has(s.label)
        case 'if':
          return walk(s.then) || walk(s.else)
        case 'loop':
          own.add(s.label)
          return walk(s.body) || walk(s.update)
        case 'block':
          own.add(s.label)
          return walk(s.body)
        default:
          return false
      }
    })
  return walk(body)
}

/** Visits what is computed, but not what only says where. */
export function visitValues(body: readonly Stmt[], see: (e: Expr) => void): void {
  const expr = (e: Expr): void => {
    see(e)
    if (e.kind !== 'element') for (const p of parts(e)) expr(p)
  }
  for (const s of body) {
    switch (s.kind) {
      case 'set':
      case 'store':
        expr(s.value)
        break
      case 'if':
        expr(s.cond)
        visitValues(s.then, see)
        visitValues(s.else, see)
        break
      case 'loop':
        visitValues(s.body, see)
        visitValues(s.update, see)
        break
      case 'block':
        visitValues(s.body, see)
        break
      case 'break':
      case 'continue':
        break
    }
  }
}

/** What a round of a counted loop runs: without the exit at its head and the step of its counter. */
export const roundOf = (loop: Loop): readonly Stmt[] => loop.body.slice(1)

/** Does a round run each of its statements once, one after another? */
export const straight = (loop: Loop): boolean =>
  roundOf(loop).every((s) => s.kind === 'set' || s.kind === 'store')

/** The facts, or in words why the loop stays scalar. */
export function laneFacts(found: Scan, loop: Loop): LaneFacts | string {
  const around = found.around.get(loop)
  const counted = around?.counted
  if (!around || !counted) return 'it is not counted by a fixed step up to a fixed bound'
  if (counted.step !== 1n || loop.update.length !== 1) return 'its step is not 1'
  const { counter } = counted
  const round = roundOf(loop)
  if (leavesRound(round)) return 'it may be left in the middle of a round'
  const accesses = found.accesses.filter((a) => within(a, loop))
  const written = writesOf(round)
  const { kernel } = found
  const sums: Sum[] = []
  const isSum = (id: number): boolean => {
    const sum = sumOf(kernel, round, id)
    if (sum) sums.push(sum)
    return sum !== null
  }
  const needed = [...liveness(round, []).atEntry].filter((id) => written.has(id))
  const carried = needed.find((id) => !isSum(id))
  const used = [...liveness(kernel.body, kernel.outs).around(loop).after].find(
    (id) => written.has(id) && !needed.includes(id),
  )
  const name = (id: number) => kernel.locals[id]?.name ?? 'a local'
  if (carried !== undefined) return `each round needs \`${name(carried)}\` from the round before`
  if (used !== undefined) return `\`${name(used)}\` is read after it`
  const ordered = sums.flatMap((sum) => (sum.kind === 'ordered' ? [sum] : []))
  if (ordered[0] && cost(round) < cheapRound)
    return `\`${name(ordered[0].local)}\` adds up in order, which takes longer than its terms`
  const apartFromSums = round.filter((s) => !ordered.some(({ set }) => set === s))

  const moves = new Map<Expr, boolean>()
  for (const access of accesses) {
    const { node, conditions } = access
    const inside = node.inside ?? []
    if (inside.length < access.exprs.length || inside.includes('checked'))
      return 'an index in it has to be checked in each round'
    if (inside.includes('reached') && conditions > around.conditions)
      return 'an index in it is inside only where a condition holds'
    if (node.kind === 'element')
      moves.set(
        node,
        movesOf(access, counter).some((n) => n !== 0n),
      )
  }
  const uniformity = analyseUniformity(
    { ...kernel, body: apartFromSums },
    liveness(kernel.body, kernel.outs).around,
    {
      locals: [counter, ...sums.flatMap((sum) => (sum.kind === 'free' ? [sum.local] : []))],
      element: (e) => moves.get(e) ?? true,
    },
  )
  const varies = (id: number) => written.has(id) && !uniformity.locals.has(id)
  for (const access of accesses) {
    const { node, indices } = access
    const own = localKey(counter)
    const fixed = (key: string) =>
      key === own || [...found.localsIn(key, null)].every((id) => id !== counter && !varies(id))
    const linear = indices.every((index) => index && isLinear(index) && keysOf(index).every(fixed))
    if (!linear) return 'an index in it is no sum of multiples of counters'
    const moving = movesOf(access, counter).some((n) => n !== 0n)
    if (node.kind === 'load' && moving) return 'elements of a table are read at each its own index'
    if (node.kind !== 'store') continue
    for (const other of accesses) {
      const { node: b } = other
      if (b.kind === 'load' || b.view !== node.view || apart(access, other, around, counter, found)) continue
      return b === node
        ? `all rounds write to the same place of \`${kernel.core?.views[node.view]?.name}\``
        : `a round may need what another one writes to \`${kernel.core?.views[node.view]?.name}\``
    }
  }
  let counts = false
  visitValues(round, (e) => {
    if (e.kind === 'local' && e.local === counter) counts = true
  })
  return { counter, uniformity, counts, sums }
}

/** Neighbours are worth a lane instruction; elements apart are put together one by one. What is deeper inside counts for more. */
export function laneScore(found: Scan, loop: Loop, counter: number): number {
  let sum = 0
  for (const access of found.accesses) {
    const depth = access.around.findIndex((a) => a.loop === loop)
    if (depth < 0 || access.node.kind === 'load') continue
    const weight = 8 ** (access.around.length - 1 - depth)
    const moves = movesOf(access, counter)
    const axes = moves.flatMap((n, axis) => (n === 0n ? [] : [axis]))
    if (axes.length === 0) continue
    const neighbours = axes.length === 1 && axes[0] === moves.length - 1 && moves[axes[0]] === 1n
    sum += neighbours ? weight : -weight
  }
  return sum
}

interface Choice {
  readonly loop: Loop
  readonly score: number
}

/** What was found about a loop that stays scalar. */
export interface Reason {
  readonly at: Pos | undefined
  readonly reason: string
}

/** The loops to run on lanes, none within another; and why the others do not. */
export function laneLoops(found: Scan): {
  readonly chosen: ReadonlySet<Loop>
  readonly reasons: readonly Reason[]
} {
  const reasons: Reason[] = []
  const best = (body: readonly Stmt[]): Choice[] =>
    body.flatMap((s): Choice[] => {
      switch (s.kind) {
        case 'if':
          return [...best(s.then), ...best(s.else)]
        case 'block':
          return best(s.body)
        case 'loop': {
          const inner = best(s.body)
          const facts = laneFacts(found, s)
          if (typeof facts === 'string') {
            reasons.push({ at: s.at, reason: facts })
            return inner
          }
          const own = laneScore(found, s, facts.counter)
          if (own <= 0) reasons.push({ at: s.at, reason: 'along it, elements are no neighbours' })
          if (own <= 0 || inner.some((choice) => choice.score >= own)) return inner
          return [{ loop: s, score: own }]
        }
        default:
          return []
      }
    })
  const chosen = new Set(best(found.kernel.body).map(({ loop }) => loop))
  return { chosen, reasons }
}

/** Marks the loops that run on lanes. */
export function parallel(kernel: Kernel): Kernel {
  if (!kernel.core) return kernel
  const { chosen } = laneLoops(scan(kernel))
  const list = (body: readonly Stmt[]): Stmt[] =>
    body.map((s): Stmt => {
      switch (s.kind) {
        case 'if':
          return { ...s, then: list(s.then), else: list(s.else) }
        case 'block':
          return { ...s, body: list(s.body) }
        case 'loop': {
          const next = { ...s, body: list(s.body), update: list(s.update) }
          return chosen.has(s) ? { ...next, lanes: true } : next
        }
        default:
          return s
      }
    })
  return { ...kernel, body: list(kernel.body) }
}

/** How elements of the loop dimension run side by side: each lane is a core call of its own. */
export interface BatchFacts {
  /** The body, without the version that checks. */
  readonly kernel: Kernel
  /** What has to hold for it; null: nothing. It is made of sizes. */
  readonly test: Expr | null
  readonly uniformity: Uniformity
}

/**
 * May core calls run side by side? Every index is the same for all and known to be inside. That each writes to memory of its own
 * is seen at run time, by the steps of the loop dimension.
 */
export function batchFacts(whole: Kernel, found: Scan): BatchFacts | null {
  const only = whole.body.at(-1)
  const tested = only?.kind === 'if' && only.else.length > 0 && sizesOnly(only.cond)
  const body = tested ? [...whole.body.slice(0, -1), ...only.then] : whole.body
  const kernel = { ...whole, body }
  const uniformity = analyseUniformity(kernel)
  const nodes = new Set<unknown>()
  visit(
    body,
    (e) => nodes.add(e),
    (s) => nodes.add(s),
  )
  const conditions = tested ? 1 : 0
  const fits = found.accesses.every((access) => {
    if (!nodes.has(access.node)) return true
    const { node, exprs, indices } = access
    const inside = node.inside ?? []
    if (node.kind === 'load' || inside.length < exprs.length || inside.includes('checked')) return false
    if (inside.includes('reached') && access.conditions > conditions) return false
    return indices.every((index) => index && isLinear(index)) && exprs.every((e) => !uniformity.varies(e))
  })
  return fits ? { kernel, test: tested ? only.cond : null, uniformity } : null
}

/** Such a test is the same for all core calls. */
export const sizesOnly = (e: Expr): boolean =>
  !some(e, (p) => p.kind === 'local' || p.kind === 'element' || p.kind === 'input')
