/**
 * The IR as text for people: `inspect('ir')`, the debug ladder and the tests read it. One statement a line; the type of a local
 * stands where it is set, the type of a literal behind it (`1:i8`), a cast is its type as a function (`i4(x)`).
 */
import type { Expr, Inside, Kernel, Stmt, Value } from './ir.ts'
import type { Op } from './ops.ts'

interface Infix {
  readonly text: string
  /** Higher binds tighter; a chain of equal ones needs no parentheses where `chain` is set. */
  readonly level: number
  readonly chain?: boolean
}

const infix: Partial<Record<Op, Infix>> = {
  mul: { text: '*', level: 5, chain: true },
  div: { text: '/', level: 5, chain: true },
  floordiv: { text: '//', level: 5 },
  rem: { text: '%', level: 5 },
  add: { text: '+', level: 4, chain: true },
  sub: { text: '-', level: 4, chain: true },
  shl: { text: '<<', level: 3 },
  shr: { text: '>>', level: 3 },
  eq: { text: '==', level: 2 },
  ne: { text: '!=', level: 2 },
  lt: { text: '<', level: 2 },
  le: { text: '<=', level: 2 },
  gt: { text: '>', level: 2 },
  ge: { text: '>=', level: 2 },
  and: { text: '&', level: 1 },
  xor: { text: '^', level: 1 },
  or: { text: '|', level: 1 },
}
const prefix: Partial<Record<Op, string>> = { neg: '-', not: '~' }
const chooses = 0
const tightest = 9

const literal = (value: Value): string => (Object.is(value, -0) ? '-0' : String(value))

/** Names of locals; the second `x` is `x.2`. */
function localNames(kernel: Kernel): string[] {
  const seen = new Map<string, number>()
  return kernel.locals.map(({ name }) => {
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return count === 1 ? name : `${name}.${count}`
  })
}

const levelOf = (e: Expr): number => {
  if (e.kind === 'select') return chooses
  return (e.kind === 'op' && infix[e.op]?.level) || tightest
}

function printer(kernel: Kernel) {
  const names = localNames(kernel)
  const nameOf = (id: number) => names[id] ?? `v${id}`
  const arrayOf = (id: number) => kernel.arrays[id]?.name ?? `array${id}`
  const viewOf = (id: number) => kernel.core?.views[id]?.name ?? `operand${id}`
  const typed = (id: number) => `${nameOf(id)}:${kernel.locals[id]?.type ?? '?'}`

  const within = (e: Expr, least: number): string => (levelOf(e) < least ? `(${expr(e)})` : expr(e))

  /** Once it is known which indices are inside, the others show their checks. */
  const access = (indices: readonly Expr[], inside: readonly Inside[] | undefined): string =>
    indices.map((e, k) => (inside?.[k] === 'checked' ? `check(${expr(e)})` : expr(e))).join(', ')

  const expr = (e: Expr): string => {
    switch (e.kind) {
      case 'const':
        return e.type === 'b1' ? literal(e.value) : `${literal(e.value)}:${e.type}`
      case 'local':
        return nameOf(e.local)
      case 'input':
        return `input${e.operand}:${e.type}`
      case 'cast':
        return `${e.type}(${expr(e.arg)})`
      case 'bits':
        return `bits.${e.type}(${expr(e.arg)})`
      case 'select':
        return `${within(e.cond, 1)} ? ${within(e.then, 1)} : ${within(e.else, 1)}`
      case 'load':
        return `${arrayOf(e.array)}[${access([e.index], e.inside)}]`
      case 'element':
        return `${viewOf(e.view)}[${access(e.indices, e.inside)}]`
      case 'size':
        return `${viewOf(e.view)}.shape[${e.axis}]`
      case 'op': {
        const [a, b] = e.args
        const row = infix[e.op]
        if (row && a && b) {
          const left = within(a, row.chain ? row.level : row.level + 1)
          return `${left} ${row.text} ${within(b, row.level + 1)}`
        }
        const sign = prefix[e.op]
        if (sign && a) return `${sign}${within(a, tightest)}`
        return `${e.op}(${e.args.map(expr).join(', ')})`
      }
    }
  }

  const body = (list: readonly Stmt[], indent: string): string =>
    list.map((s) => `${stmt(s, indent)}\n`).join('')

  const stmt = (s: Stmt, indent: string): string => {
    const inner = (list: readonly Stmt[]) => `{\n${body(list, `${indent}  `)}${indent}}`
    switch (s.kind) {
      case 'set':
        return `${indent}${typed(s.local)} = ${expr(s.value)}`
      case 'store':
        return `${indent}${viewOf(s.view)}[${access(s.indices, s.inside)}] = ${expr(s.value)}`
      case 'if': {
        const otherwise = s.else.length > 0 ? ` else ${inner(s.else)}` : ''
        return `${indent}if ${expr(s.cond)} ${inner(s.then)}${otherwise}`
      }
      case 'loop': {
        const update = s.update.length > 0 ? ` update ${inner(s.update)}` : ''
        return `${indent}loop L${s.label}${s.lanes ? ' on lanes' : ''} ${inner(s.body)}${update}`
      }
      case 'block':
        return `${indent}block L${s.label} ${inner(s.body)}`
      case 'break':
      case 'continue':
        return `${indent}${s.kind} L${s.label}`
    }
  }
  return { expr, body, typed }
}

/** The whole kernel. */
export function print(kernel: Kernel): string {
  const p = printer(kernel)
  const inputs = kernel.locals.slice(0, kernel.nin).map((_, k) => p.typed(k))
  const arrays = kernel.arrays.map((a) => `  table ${a.name}:${a.type}[${a.length}]\n`).join('')
  const views = (kernel.core?.views ?? [])
    .map(({ name, type, dims, stored }) => {
      const sizes = dims.map((d) => (d < 0 ? '1' : `n${d}`)).join(', ')
      return `  ${stored ? 'output' : 'input'} ${name}:${type}[${sizes}]\n`
    })
    .join('')
  const head = `${kernel.name}(${inputs.join(', ')}) -> (${kernel.outs.map(p.typed).join(', ')})`
  return `${head} {\n${arrays}${views}${p.body(kernel.body, '  ')}}\n`
}

/** One expression of a kernel. */
export const printExpr = (kernel: Kernel, e: Expr): string => printer(kernel).expr(e)
