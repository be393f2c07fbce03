import { type Expr, parts, type Stmt } from '../../kernel/ir.ts'
import type { Op } from '../../kernel/ops.ts'
import { emitBits, emitCast, emitConstant, emitEntry, emitExit } from './casts.ts'
import { fails, isChecked, mayStop, someChecked } from './checks.ts'
import type { Names } from './names.ts'
import { emitOp } from './ops.ts'
import { sharedRounds } from './shared-rounds.ts'

type Jump = Extract<Stmt, { kind: 'break' | 'continue' }>
interface Frame {
  readonly kind: 'loop' | 'block'
  readonly label: number
}

/** `leave` while a jump is under way. */
const codeOf = ({ kind, label }: Jump): number => 1 + 2 * label + (kind === 'continue' ? 1 : 0)

/** All jumps in a list of statements. */
function jumpsIn(body: readonly Stmt[]): Jump[] {
  return body.flatMap((s): Jump[] => {
    switch (s.kind) {
      case 'break':
      case 'continue':
        return [s]
      case 'if':
        return jumpsIn([...s.then, ...s.else])
      case 'loop':
        return jumpsIn([...s.body, ...s.update]).filter(({ label }) => label !== s.label)
      case 'block':
        return jumpsIn(s.body).filter(({ label }) => label !== s.label)
      case 'set':
      case 'store':
        return []
    }
  })
}

const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`)

/** Can this jump be said in one word where these frames are around it, the innermost last? */
function word(jump: Jump, frames: readonly Frame[]): 'break' | 'continue' | null {
  if (jump.kind === 'break') return frames.at(-1)?.label === jump.label ? 'break' : null
  const loop = frames.findLast(({ kind }) => kind === 'loop')
  return loop?.label === jump.label ? 'continue' : null
}

/** What follows a frame that jumps leave: they go on to where they lead. */
const onward = (jumps: readonly Jump[], frames: readonly Frame[]): string[] => {
  const distinct = [...new Map(jumps.map((jump) => [codeOf(jump), jump])).values()]
  return distinct.map((jump) => {
    const last = word(jump, frames)
    const code = codeOf(jump)
    return last === null
      ? `if (leave == ${code}) { break; }`
      : `if (leave == ${code}) { leave = 0; ${last}; }`
  })
}

export function statements(body: readonly Stmt[], frames: readonly Frame[], names: Names): string[] {
  const within = (inner: readonly Stmt[], frame: Frame) => statements(inner, [...frames, frame], names)
  return body.flatMap((s): string[] => {
    switch (s.kind) {
      case 'set': {
        const { lines, text } = written(s.value, names)
        return [...lines, `${names.local(s.local)} = ${text};${lineOf([s.value])}`]
      }
      case 'store': {
        const indices = s.indices.map((e) => written(e, names))
        const { lines, text: value } = written(s.value, names)
        const text = emitExit(s.value.type, value, names.classes)
        const before = [...indices.flatMap((one) => one.lines), ...lines]
        const place = names.place(
          s,
          wordPairs(
            s.indices,
            indices.map((one) => one.text),
            names,
          ),
        )
        const line = lineOf([s.value, ...s.indices])
        const guarded = (put: string) => (names.single ? `if (lane == 0u) { ${put} }` : put)
        if (!someChecked(s)) return [...before, `${guarded(names.put(s.view, place, text))}${line}`]
        const own = names.temporary(place)
        const put = guarded(names.put(s.view, own.name, text))
        return [...before, own.line, `if (!stopped) { ${put} }${line}`]
      }
      case 'if': {
        const side = (inner: readonly Stmt[]) => {
          if (!names.sharing?.single.has(inner)) return indented(statements(inner, frames, names))
          const lines = statements(inner, frames, { ...names, single: false })
          return lines.length === 0 ? [] : indented(['if (lane == 0u) {', ...indented(lines), '}'])
        }
        const [then, otherwise] = [side(s.then), side(s.else)]
        const rest = otherwise.length > 0 ? ['} else {', ...otherwise] : []
        const { lines, text } = written(s.cond, names)
        const cond = names.sharing?.agreed.has(s) ? `agreed(${text})` : text
        return [...lines, `if (${cond}) {`, ...then, ...rest, '}']
      }
      case 'block': {
        const inner = within(s.body, { kind: 'block', label: s.label })
        return ['switch (0) { default: {', ...indented(inner), '} }', ...onward(jumpsIn([s]), frames)]
      }
      case 'loop': {
        const frame: Frame = { kind: 'loop', label: s.label }
        const shared = names.sharing?.loops.get(s)
        if (shared)
          return sharedRounds(s, shared, names, (one) =>
            statements([one], frames, { ...names, sharing: null, single: false }),
          )
        const inner = within(s.body, frame)
        const update = within(s.update, frame)
        const last = update.length > 0 ? ['continuing {', ...indented(update), '}'] : []
        const stop = mayStop([s]) ? ['if (stopped) { break; }'] : []
        return ['loop {', ...indented([...stop, ...inner, ...last]), '}', ...onward(jumpsIn([s]), frames)]
      }
      case 'break':
      case 'continue': {
        const one = word(s, frames)
        return one === null ? [`leave = ${codeOf(s)}; break;`] : [`${one};`]
      }
    }
  })
}

/** Where the kernel says this: for errors of the device's compiler, and for who reads the text. */
function lineOf(values: readonly Expr[]): string {
  const line = values.map(firstLine).find((one) => one !== undefined)
  return line === undefined ? '' : ` // line ${line}`
}
const firstLine = (e: Expr): number | undefined =>
  e.kind === 'op' && e.at
    ? e.at.line
    : parts(e)
        .map(firstLine)
        .find((one) => one !== undefined)

const sums: ReadonlySet<Op> = new Set<Op>(['add', 'sub'])
const products: ReadonlySet<Op> = new Set<Op>(['mul', 'div'])
const roundings: ReadonlySet<Op> = new Set<Op>([...sums, ...products])

/** The op of which this is a result, where a driver might take it apart. */
export const roundingOf = (e: Expr): Op | null =>
  e.kind === 'op' && e.type === 'f4' && roundings.has(e.op) ? e.op : null

interface Written {
  /** What has to stand before. */
  readonly lines: readonly string[]
  readonly text: string
  readonly depth: number
}

/** Indices as the checks take them. */
const wordPairs = (indices: readonly Expr[], texts: readonly string[], { classes }: Names): string[] =>
  indices.map(({ type }, axis) => emitCast(type, 'i8', texts[axis] ?? '', classes))

/** Deeper ones take drivers' compilers minutes. */
const deepest = 5

/** An expression, its deeper parts in temporaries. */
function written(e: Expr, names: Names): Written {
  if (e.kind === 'select' && (fails(e.then) || fails(e.else))) return branched(e, names)
  const operands = parts(e).map((part) => written(part, names))
  const lines = operands.flatMap((one) => one.lines)
  const text = expression(
    e,
    operands.map((one) => one.text),
    names,
  )
  const depth = 1 + Math.max(-1, ...operands.map((one) => one.depth))
  if (depth < deepest) return { lines, text, depth }
  const { name, line } = names.temporary(text)
  return { lines: [...lines, line], text: name, depth: 0 }
}

/** A choice of which only one side may be looked at: the other may be outside its array. */
function branched(e: Extract<Expr, { kind: 'select' }>, names: Names): Written {
  const cond = written(e.cond, names)
  const { name, line } = names.variable(e.type)
  const side = (value: Expr) => {
    const { lines, text } = written(value, names)
    return indented([...lines, `${name} = ${text};`])
  }
  const lines = [line, `if (${cond.text}) {`, ...side(e.then), '} else {', ...side(e.else), '}']
  return { lines: [...cond.lines, ...lines], text: name, depth: 0 }
}

/** An expression over the texts of its parts. What a driver would fold into another value is hidden from it. */
function expression(e: Expr, args: readonly string[], names: Names): string {
  const [a = '', b = '', c = ''] = args
  switch (e.kind) {
    case 'const':
      return emitConstant(e.type, e.value, names.classes)
    case 'local':
      return names.local(e.local)
    case 'input':
      return emitEntry(e.type, names.input(e.operand), names.classes)
    case 'cast':
      return emitCast(e.arg.type, e.type, a, names.classes)
    case 'bits':
      return emitBits(e.arg.type, e.type, a)
    case 'select':
      return `select(${c}, ${b}, ${a})`
    case 'load':
      return emitEntry(
        e.type,
        names.load(
          e.array,
          emitCast(e.index.type, 'i8', a, names.classes),
          isChecked(e.inside, 0) ? e.check : -1,
        ),
        names.classes,
      )
    case 'element':
      return emitEntry(
        e.type,
        names.get(e.view, names.place(e, wordPairs(e.indices, args, names))),
        names.classes,
      )
    case 'size':
      return names.size(e.view, e.axis)
    case 'op': {
      const hides = hidden(e, names)
      const [x = '', y = ''] = e.args.map((arg, k) => (hides(arg, k) ? `exact(${args[k]})` : (args[k] ?? '')))
      const code = e.args[0]?.type ?? e.type
      const text = emitOp(e.op, code, x, y, names.classes)
      if (text === null) throw new TypeError(`${e.op} of ${code} has no WGSL`)
      return text
    }
  }
}

/**
 * Which operands of an op on f4 the driver must not look into: sums within sums, since it folds (x + c) - c, products within products,
 * since it folds (x / y) * y, and the second of two products that it would take a factor out of. What stands in a local is hidden from a
 * sum in any case. So are divisors that are constants, in whose place it multiplies, and zeros, which it takes to have no sign.
 */
function hidden(e: Extract<Expr, { kind: 'op' }>, names: Names): (arg: Expr, k: number) => boolean {
  if (e.args[0]?.type !== 'f4') return () => false
  const constants = e.args.every((arg) => arg.kind === 'const')
  if (constants) return () => true
  if (!roundings.has(e.op)) return () => false
  const isSum = sums.has(e.op)
  const alike = isSum ? sums : products
  const factors = isSum && e.args.every((arg) => roundingOf(arg) === 'mul')
  return (arg, k) => {
    if (arg.kind === 'const') return arg.value === 0 || (e.op === 'div' && k === 1)
    if (arg.kind === 'local') return [...names.roundings(arg.local)].some((op) => isSum || alike.has(op))
    const op = roundingOf(arg)
    return op !== null && (alike.has(op) || (factors && k === 1))
  }
}
