/**
 * Which values and which branches are the same on all lanes. What comes from an operand varies; so does a local that is set while
 * lanes are away (in the other branch of an `if`, or out of a loop that goes on) that still need what it held. A counter that only
 * its own loop reads is the same on all lanes that are left in the loop, and the others never look at it.
 * The emitter keeps what does not vary in scalars, with real branches.
 */
import { type Expr, type Kernel, parts, type Stmt } from './ir.ts'
import { type Liveness, liveness } from './liveness.ts'

export interface Uniformity {
  /** Locals that hold one value for all lanes that read it. */
  readonly locals: ReadonlySet<number>
  /** Labels that all lanes leave, and repeat, together. */
  readonly labels: ReadonlySet<number>
  /** Does the expression differ between lanes? */
  readonly varies: (e: Expr) => boolean
}

type Exit = Stmt & { kind: 'break' | 'continue' }
/** Exits that some lanes may have taken, while the others go on: the first of each kind and label stands for all. */
type Gone = ReadonlyMap<string, Exit>
type Labelled = Stmt & { kind: 'loop' | 'block' }

const nobody: Gone = new Map()
const joined = (a: Gone, b: Gone): Gone => (b.size === 0 ? a : new Map([...a, ...b]))

/** Where the lanes are, seen from those that are here. */
interface Where {
  /** Locals that lanes which are away still need. */
  readonly needed: ReadonlySet<number>
  /** Labels around that lanes entered together and have parted in since. */
  readonly parted: ReadonlySet<number>
  /** The labels around, outermost first. */
  readonly around: readonly Labelled[]
}

/** What lanes differ in from the start: locals, and elements of array operands. */
export interface Sources {
  readonly locals: Iterable<number>
  readonly element: (e: Expr & { kind: 'element' }) => boolean
}

const operands: Sources = { locals: [], element: () => true }

/** `needs` says what lanes still read where they are; a test may say: everything. */
export function analyseUniformity(
  kernel: Kernel,
  needs: Liveness['around'] = liveness(kernel.body, kernel.outs).around,
  sources: Sources = operands,
): Uniformity {
  const varying = new Set<number>(sources.locals)
  const masked = new Set<number>()
  const seen = new Set<number>()
  /** Of each loop, how lanes have left an earlier iteration. */
  const left = new Map<number, Gone>()

  const varies = (e: Expr): boolean => {
    if (e.kind === 'input') return true
    if (e.kind === 'element') return sources.element(e)
    if (e.kind === 'local') return varying.has(e.local)
    return parts(e).some(varies)
  }

  /** Lanes part here; those that go elsewhere still need these. */
  const apart = (at: Where, ...needed: readonly ReadonlySet<number>[]): Where => ({
    ...at,
    needed: new Set([at.needed, ...needed].flatMap((set) => [...set])),
    parted: new Set(at.around.map((s) => s.label)),
  })
  /** The others, after lanes have gone. */
  const without = (at: Where, gone: Gone): Where => {
    const landings = [...gone.values()].flatMap((exit) => {
      const target = at.around.find((s) => s.label === exit.label)
      if (!target) return []
      const { after, second } = needs(target)
      return [exit.kind === 'break' ? after : second]
    })
    return gone.size === 0 ? at : apart(at, ...landings)
  }
  const back = (gone: Gone, label: number, kind?: Exit['kind']): Gone =>
    new Map([...gone].filter(([, exit]) => exit.label !== label || (kind && exit.kind !== kind)))

  const walk = (body: readonly Stmt[], start: Where): Gone => {
    let at = start
    let gone = nobody
    for (const s of body) {
      const now = statement(s, at)
      if (now.size === 0) continue
      gone = joined(gone, now)
      at = without(at, now)
    }
    return gone
  }

  const statement = (s: Stmt, at: Where): Gone => {
    switch (s.kind) {
      case 'set':
        if (at.needed.has(s.local) || varies(s.value)) varying.add(s.local)
        return nobody
      case 'store':
        return nobody
      case 'if': {
        if (!varies(s.cond)) return joined(walk(s.then, at), walk(s.else, at))
        const { after, second } = needs(s)
        return joined(walk(s.then, apart(at, second)), walk(s.else, apart(at, after)))
      }
      case 'block':
        seen.add(s.label)
        return back(walk(s.body, { ...at, around: [...at.around, s] }), s.label)
      case 'loop': {
        seen.add(s.label)
        const inner = without({ ...at, around: [...at.around, s] }, left.get(s.label) ?? nobody)
        const inBody = walk(s.body, inner)
        // Who went on to the next iteration is back at the update.
        const stillGone = back(inBody, s.label, 'continue')
        const all = joined(stillGone, walk(s.update, without(inner, stillGone)))
        left.set(s.label, all)
        return back(all, s.label)
      }
      case 'break':
      case 'continue': {
        if (!at.parted.has(s.label)) return nobody
        masked.add(s.label)
        // A loop that some lanes leave for further out ends when none is left in it.
        const from = at.around.findIndex((t) => t.label === s.label)
        for (const t of at.around.slice(from)) if (t.kind === 'loop') masked.add(t.label)
        return new Map([[`${s.kind} ${s.label}`, s]])
      }
    }
  }

  const size = () => [...left.values()].reduce((sum, gone) => sum + gone.size, varying.size + masked.size)
  for (let known = -1; known !== size(); ) {
    known = size()
    walk(kernel.body, { needed: new Set(), parted: new Set(), around: [] })
  }
  const locals = kernel.locals.flatMap((_, id) => (varying.has(id) ? [] : [id]))
  const labels = [...seen].filter((label) => !masked.has(label))
  return { locals: new Set(locals), labels: new Set(labels), varies }
}
