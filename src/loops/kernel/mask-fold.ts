/**
 * A reducing kernel under a mask: `(acc, x) -> acc` becomes `(acc, has, x, take) -> (acc, has)`. What is not taken leaves the
 * accumulator alone, and the first that is taken becomes it: no identity is needed to skip elements, nor is one made up.
 */
import { cast, type Kernel, type Local, local, mapStmts, op, type Stmt, set } from './ir.ts'

const [acc, has, x, take] = [0, 1, 2, 3] as const

/** The kernel has two parameters and one result, of the type of the first. */
export function maskFold(kernel: Kernel): Kernel {
  const [first, second, ...rest] = kernel.locals
  const [out = 0] = kernel.outs
  if (!first || !second) throw new TypeError(`${kernel.name} does not take two values`)
  const moved = (id: number): number => (id === 0 ? acc : id === 1 ? x : id + 2)
  const flag = (name: string): Local => ({ type: 'b1', name })
  const locals = [first, flag('has'), second, flag('take'), ...rest]
  const result = locals.length
  const any = result + 1
  const inner = moveAll(kernel.body, moved)
  const own = (id: number) => local(locals[id]?.type ?? 'f8', id)
  const combined: Stmt[] = [...inner, set(result, cast(first.type, own(moved(out))))]
  const taken: Stmt = {
    kind: 'if',
    cond: own(has),
    then: combined,
    else: [set(result, cast(first.type, own(x)))],
  }
  return {
    ...kernel,
    locals: [...locals, { type: first.type, name: 'out' }, flag('any')],
    nin: 4,
    outs: [result, any],
    body: [
      set(result, own(acc)),
      set(any, op('or', [own(has), own(take)])),
      { kind: 'if', cond: own(take), then: [taken], else: [] },
    ],
  }
}

function moveAll(body: readonly Stmt[], moved: (id: number) => number): Stmt[] {
  const renamed = (list: readonly Stmt[]): Stmt[] =>
    list.map((s): Stmt => {
      switch (s.kind) {
        case 'set':
          return { ...s, local: moved(s.local) }
        case 'if':
          return { ...s, then: renamed(s.then), else: renamed(s.else) }
        case 'loop':
          return { ...s, body: renamed(s.body), update: renamed(s.update) }
        case 'block':
          return { ...s, body: renamed(s.body) }
        case 'store':
        case 'break':
        case 'continue':
          return s
      }
    })
  return renamed(mapStmts(body, (e) => (e.kind === 'local' ? { ...e, local: moved(e.local) } : e)))
}
