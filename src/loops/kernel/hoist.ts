/**
 * What a loop computes anew each time round although it stays the same, and is dear, is computed once before the loop.
 * That may be for nothing, if the loop never comes to it; but it can do no harm, for expressions are pure. Loads stay.
 */
import { cast, type Expr, type Kernel, type Local, local, type Stmt, set } from './ir.ts'
import type { Op } from './ops.ts'
import { localsOf, mayFail, sameExpr, some, writesOf } from './reads.ts'

const dear: ReadonlySet<Op> = new Set<Op>([
  ...(['div', 'floordiv', 'rem', 'sqrt', 'cbrt', 'hypot', 'exp', 'expm1', 'log', 'log1p', 'log2'] as const),
  ...([
    'log10',
    'pow',
    'sin',
    'cos',
    'tan',
    'asin',
    'acos',
    'atan',
    'atan2',
    'sinh',
    'cosh',
    'tanh',
  ] as const),
  ...(['asinh', 'acosh', 'atanh'] as const),
])

const isDear = (e: Expr): boolean => some(e, (p) => p.kind === 'op' && dear.has(p.op))

export function hoist(kernel: Kernel): Kernel {
  const locals: Local[] = [...kernel.locals]

  const loop = (s: Extract<Stmt, { kind: 'loop' }>): readonly Stmt[] => {
    const written = writesOf([s])
    const steady = (e: Expr) => isDear(e) && !mayFail(e) && ![...localsOf(e)].some((id) => written.has(id))
    const found: { readonly value: Expr; readonly at: Expr }[] = []
    const replace = (e: Expr): Expr => {
      const known = found.find((f) => sameExpr(f.value, e))
      if (known) return known.at
      const at = local(e.type, locals.length)
      locals.push({ type: e.type, name: `h${locals.length}` })
      found.push({ value: e, at })
      return at
    }
    // The largest first: from the leaves up, parts would be found before their whole.
    const largest = (e: Expr): Expr => {
      if (steady(e)) return replace(e)
      switch (e.kind) {
        case 'op':
          return { ...e, args: e.args.map(largest) }
        case 'cast':
          return cast(e.type, largest(e.arg))
        case 'select':
          return { ...e, cond: largest(e.cond), then: largest(e.then), else: largest(e.else) }
        case 'load':
          return { ...e, index: largest(e.index) }
        case 'element':
          return { ...e, indices: e.indices.map(largest) }
        default:
          return e
      }
    }
    const inList = (body: readonly Stmt[]): Stmt[] =>
      body.map((t): Stmt => {
        switch (t.kind) {
          case 'set':
            return { ...t, value: largest(t.value) }
          case 'store':
            return { ...t, indices: t.indices.map(largest), value: largest(t.value) }
          case 'if':
            return { ...t, cond: largest(t.cond), then: inList(t.then), else: inList(t.else) }
          case 'loop':
            return { ...t, body: inList(t.body), update: inList(t.update) }
          case 'block':
            return { ...t, body: inList(t.body) }
          default:
            return t
        }
      })
    // Outer loops first: what is steady there need not be looked for further in.
    const outer: Stmt = { ...s, body: inList(s.body), update: inList(s.update) }
    const before = found.map(({ value, at }) => set(at.kind === 'local' ? at.local : 0, value))
    return [...before, { ...outer, body: list(outer.body), update: list(outer.update) }]
  }

  const list = (body: readonly Stmt[]): readonly Stmt[] =>
    body.flatMap((s): readonly Stmt[] => {
      switch (s.kind) {
        case 'loop':
          return loop(s)
        case 'if':
          return [{ ...s, then: list(s.then), else: list(s.else) }]
        case 'block':
          return [{ ...s, body: list(s.body) }]
        default:
          return [s]
      }
    })

  const body = list(kernel.body)
  return locals.length === kernel.locals.length ? kernel : { ...kernel, locals, body }
}
