/** Loops over prange that may be split, and what of a kernel is the same wherever it is computed. */
import { dtypes } from '../../dtype.ts'
import { scan } from './access.ts'
import { isCut, type Loop } from './chunks.ts'
import { type Expr, type Kernel, type Prange, type Remark, type Stmt, visit } from './ir.ts'
import { liveness } from './liveness.ts'
import { apart } from './parallel.ts'
import { localsOf, mayFail } from './reads.ts'

export interface Fork {
  readonly number: number
  readonly loop: Loop
  readonly prange: Prange
}

/** Why the iterations of a loop stay on one thread; null: they need not. */
function reasonAgainst(
  kernel: Kernel,
  loop: Loop,
  prange: Prange,
  found: ReturnType<typeof scan>,
): string | null {
  if (!isCut(kernel, prange)) return 'its counter is no integer'
  for (const { local: id, join } of prange.joins) {
    const { type = 'f8', name = '' } = kernel.locals[id] ?? {}
    const logical = join === 'and' || join === 'or' || join === 'xor'
    if (type === 'b1' || (logical && dtypes[type].kind === 'f')) return `\`${name}\` is no integer`
  }
  const around = found.around.get(loop)
  if (!around) return 'it is never reached'
  const accesses = found.accesses.filter((a) => a.around.some((one) => one.loop === loop))
  for (const a of accesses) {
    const { node } = a
    if (node.kind !== 'store' || prange.own.includes(node.view)) continue
    for (const b of accesses) {
      if (b.node.kind === 'load' || b.node.view !== node.view || apart(a, b, around, prange.counter, found))
        continue
      return `two of its iterations may mean the same element of \`${kernel.core?.views[node.view]?.name}\``
    }
  }
  return null
}

/** The outermost loops that can be split, in the order of the source. */
export function forksOf(kernel: Kernel): {
  readonly forks: readonly Fork[]
  readonly notes: readonly Remark[]
} {
  const found = scan(kernel)
  const forks: Fork[] = []
  const notes: Remark[] = []
  const list = (body: readonly Stmt[]): void => {
    for (const s of body) {
      if (s.kind === 'if') [s.then, s.else].forEach(list)
      else if (s.kind === 'block') list(s.body)
      else if (s.kind === 'loop') {
        const { prange, at = { line: 1, column: 1 } } = s
        const reason = prange ? reasonAgainst(kernel, s, prange, found) : null
        if (prange && reason === null) {
          forks.push({ number: forks.length + 1, loop: s, prange })
          notes.push({ ...at, reason: 'where there are threads, they share the iterations of this prange' })
        } else if (prange)
          notes.push({ ...at, reason: `the iterations of this prange stay on one thread: ${reason}` })
        else [s.body, s.update].forEach(list)
      }
    }
  }
  list(kernel.body)
  return { forks, notes }
}

/** Locals with one value that is made of sizes, constants and unwritten parameters: it is computed anew wherever it is needed. */
export function fixedValues(kernel: Kernel): ReadonlyMap<number, Expr> {
  const values = setsOf(kernel.body)
  const { atEntry } = liveness(kernel.body, kernel.outs)
  const fixed = new Map<number, Expr>()
  for (const [id, [value, ...more]] of values) {
    if (!value || more.length > 0 || mayFail(value) || atEntry.has(id)) continue
    // In the order of the source: what a value is made of comes before it.
    const known = [...localsOf(value)].every((l) => fixed.has(l) || (l < kernel.nin && !values.has(l)))
    if (known) fixed.set(id, value)
  }
  return fixed
}

export function setsOf(body: readonly Stmt[]): Map<number, Expr[]> {
  const values = new Map<number, Expr[]>()
  visit(
    body,
    () => {},
    (s) => {
      if (s.kind === 'set') values.set(s.local, [...(values.get(s.local) ?? []), s.value])
    },
  )
  return values
}

/** Is there a loop over prange? */
export function hasPrange({ body }: Kernel): boolean {
  let found = false
  visit(
    body,
    () => {},
    (s) => {
      if (s.kind === 'loop' && s.prange) found = true
    },
  )
  return found
}
