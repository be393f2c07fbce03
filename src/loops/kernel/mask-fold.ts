/**
 * A reducing kernel under a mask: `(acc, x) -> acc` becomes `(acc, has, x, take) -> (acc, has)`, also where there are several
 * accumulators and as many elements. What is not taken leaves the accumulators alone, and the first that is taken becomes them:
 * no identity is needed to skip elements, nor is one made up.
 */
import { cast, type Kernel, type Local, local, mapStmts, op, type Stmt, set } from './ir.ts'

/** The kernel has as many results as accumulators, and of their types; the elements are the other half of its parameters. */
export function maskFold(kernel: Kernel): Kernel {
  const count = kernel.outs.length
  if (kernel.nin !== 2 * count)
    throw new TypeError(`${kernel.name} does not take an accumulator and an element for each of its results`)
  const [has, take] = [count, 2 * count + 1]
  const moved = (id: number): number => (id < count ? id : id < 2 * count ? id + 1 : id + 2)
  const flag = (name: string): Local => ({ type: 'b1', name })
  const accumulators = kernel.locals.slice(0, count)
  const elements = kernel.locals.slice(count, 2 * count)
  const rest = kernel.locals.slice(2 * count)
  const locals = [...accumulators, flag('has'), ...elements, flag('take'), ...rest]
  const own = (id: number) => local(locals[id]?.type ?? 'f8', id)
  const results = accumulators.map((_, k) => locals.length + k)
  const any = locals.length + count
  const setAll = (from: (k: number) => number): Stmt[] =>
    accumulators.map(({ type }, k) => set(results[k] ?? 0, cast(type, own(from(k)))))
  const taken: Stmt = {
    kind: 'if',
    cond: own(has),
    then: [...moveAll(kernel.body, moved), ...setAll((k) => moved(kernel.outs[k] ?? 0))],
    else: setAll((k) => moved(count + k)),
  }
  return {
    ...kernel,
    locals: [...locals, ...accumulators.map(({ type }, k) => ({ type, name: `out${k}` })), flag('any')],
    nin: 2 * count + 2,
    outs: [...results, any],
    body: [
      ...setAll((k) => k),
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
