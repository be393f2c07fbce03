/** Rewrites that `fastmath` allows: rules of the flags that were given, and one division for several by the same number. */
import { isFloat } from './evaluate.ts'
import { type FastRule, fastRules } from './fastmath-rules.ts'
import {
  constant,
  type Expr,
  type Fastmath,
  type Kernel,
  type Local,
  local,
  mapExpr,
  mapStmts,
  op,
  type Pos,
  type Remark,
  type Stmt,
  set,
  visit,
} from './ir.ts'
import { rewrite } from './rules.ts'

const flagsOf = (needs: readonly Fastmath[]) => `fastmath ${needs.join(', ')}`

/** Tells what was done where; the same thing in one place once. */
interface Log {
  readonly notes: Remark[]
  readonly used: Set<Fastmath>
  add(needs: readonly Fastmath[], says: string, at: Pos | undefined): void
}

function startLog(): Log {
  const notes: Remark[] = []
  const used = new Set<Fastmath>()
  return {
    notes,
    used,
    add(needs, says, { line, column } = { line: 1, column: 1 }) {
      for (const flag of needs) used.add(flag)
      const reason = `${flagsOf(needs)}: ${says}`
      if (!notes.some((n) => n.reason === reason && n.line === line)) notes.push({ reason, line, column })
    },
  }
}

/** Where in the source an expression, or the first part of it that knows, stands. */
function placeOf(e: Expr): Pos | undefined {
  let found: Pos | undefined
  visit([set(0, e)], (p) => {
    if (p.kind === 'op') found ??= p.at
  })
  return found
}

/** One rule everywhere, until it finds nothing: a rule that undid itself would not end. */
function everywhere(kernel: Kernel, rule: FastRule, log: Log): Kernel {
  for (let now = kernel, rounds = 0; ; rounds++) {
    let changed = false
    const body = mapStmts(now.body, (e) => {
      const made = rounds < 64 ? rule.rewrite(e) : undefined
      if (!made) return e
      changed = true
      log.add(rule.needs, rule.says, placeOf(e))
      return mapExpr(made, rewrite)
    })
    if (!changed) return now
    now = { ...now, body }
  }
}

/** Several divisions by one local, which is set once, as products with its reciprocal. */
function reciprocals(kernel: Kernel, log: Log): Kernel {
  const divisions = new Map<number, number>()
  visit(kernel.body, (e) => {
    const [, by] = e.kind === 'op' && e.op === 'div' && isFloat(e.type) ? e.args : []
    if (by?.kind === 'local') divisions.set(by.local, (divisions.get(by.local) ?? 0) + 1)
  })
  const sets = new Map<number, number>()
  visit(
    kernel.body,
    () => {},
    (s) => {
      if (s.kind === 'set') sets.set(s.local, (sets.get(s.local) ?? 0) + 1)
    },
  )
  const locals: Local[] = [...kernel.locals]
  const inverse = new Map<number, Expr>()
  for (const [id, count] of divisions) {
    const type = kernel.locals[id]?.type
    if (count < 2 || sets.get(id) !== 1 || !type) continue
    inverse.set(id, local(type, locals.length))
    locals.push({ type, name: `1/${kernel.locals[id]?.name}` })
  }
  if (inverse.size === 0) return kernel
  const replaced = mapStmts(kernel.body, (e) => {
    const [x, by] = e.kind === 'op' && e.op === 'div' ? e.args : []
    const factor = by?.kind === 'local' ? inverse.get(by.local) : undefined
    if (e.kind !== 'op' || !x || !factor) return e
    log.add(['arcp'], 'several divisions by one number multiply by its reciprocal', e.at)
    return op('mul', [x, factor], e.at)
  })
  const list = (body: readonly Stmt[]): Stmt[] =>
    body.flatMap((s): Stmt[] => {
      switch (s.kind) {
        case 'set': {
          const made = inverse.get(s.local)
          if (made?.kind !== 'local') return [s]
          return [s, set(made.local, op('div', [constant(made.type, 1), local(made.type, s.local)]))]
        }
        case 'if':
          return [{ ...s, then: list(s.then), else: list(s.else) }]
        case 'loop':
          return [{ ...s, body: list(s.body), update: list(s.update) }]
        case 'block':
          return [{ ...s, body: list(s.body) }]
        default:
          return [s]
      }
    })
  return { ...kernel, locals, body: list(replaced) }
}

/** The kernel with what these flags allow, and notes of what each has changed. `fma`: whether the engine fuses. */
export function fastmath(kernel: Kernel, flags: readonly Fastmath[], fma: boolean): Kernel {
  if (flags.length === 0) return kernel
  const log = startLog()
  const given = new Set(flags)
  const usable = (rule: FastRule) =>
    rule.needs.every((flag) => given.has(flag)) && (fma || !rule.needs.includes('contract'))
  const shared = given.has('arcp') ? reciprocals(kernel, log) : kernel
  const made = fastRules.filter(usable).reduce((now, rule) => everywhere(now, rule, log), shared)
  const sums = (flag: Fastmath) => flag === 'reassoc' && made.core !== undefined
  const idle = flags.filter((flag) => !log.used.has(flag) && !sums(flag))
  const nothing = idle.map((flag): Remark => {
    const why =
      flag === 'contract' && !fma ? 'not used, as this engine does not fuse, or must not' : 'changed nothing'
    return { reason: `${flagsOf([flag])}: ${why}`, line: 1, column: 1 }
  })
  const reassoc = made.core && given.has('reassoc') ? { reassoc: true as const } : {}
  return { ...made, ...reassoc, notes: [...log.notes, ...nothing] }
}
