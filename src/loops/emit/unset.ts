/** Which locals may be read before they are set: those must be 0 again for every element. */
import type { Expr, Kernel, Stmt } from '../kernel/ir.ts'
import { parts } from '../kernel/ir.ts'

/** Locals set on every path. */
type SetLocals = ReadonlySet<number>

const both = (a: SetLocals, b: SetLocals): SetLocals => new Set([...a].filter((id) => b.has(id)))

export function needsReset(kernel: Kernel): readonly number[] {
  const early = new Set<number>()
  const see = (e: Expr, known: SetLocals): void => {
    if (e.kind === 'local' && !known.has(e.local)) early.add(e.local)
    for (const p of parts(e)) see(p, known)
  }
  const walk = (body: readonly Stmt[], start: SetLocals): SetLocals => {
    let known = start
    for (const s of body) {
      switch (s.kind) {
        case 'set':
          see(s.value, known)
          known = new Set([...known, s.local])
          break
        case 'store':
          for (const e of [...s.indices, s.value]) see(e, known)
          break
        case 'if':
          see(s.cond, known)
          known = both(walk(s.then, known), walk(s.else, known))
          break
        case 'loop':
          // `continue` may skip what the body sets.
          if (leaves(s.body)) walk(s.body, known)
          walk(s.update, leaves(s.body) ? known : walk(s.body, known))
          break
        case 'block': {
          // What is set before the first way out is set afterwards; later sets may be skipped.
          const whole = walk(s.body, known)
          known = leaves(s.body) ? known : whole
          break
        }
        case 'break':
        case 'continue':
          break
      }
    }
    return known
  }
  const end = walk(kernel.body, new Set())
  for (const id of kernel.outs) if (!end.has(id)) early.add(id)
  return [...early].sort((a, b) => a - b)
}

function leaves(body: readonly Stmt[]): boolean {
  return body.some((s) => {
    if (s.kind === 'break' || s.kind === 'continue') return true
    if (s.kind === 'if') return leaves(s.then) || leaves(s.else)
    if (s.kind === 'block' || s.kind === 'loop') return leaves(s.body)
    return false
  })
}
