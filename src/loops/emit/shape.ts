/** How many lanes a kernel runs on, and what cannot run on lanes. One lane count for all values of a kernel. */
import { type Code, dtypes } from '../../dtype.ts'
import { type Expr, type Kernel, type Pos, parts, visit } from '../kernel/ir.ts'
import type { Note } from '../loop.ts'
import { hasLanes } from './integers.ts'
import { laneRows } from './lanes.ts'
import type { Width } from './lanes-cast.ts'

export interface Shape {
  /** Elements that one iteration handles; 1 is scalar code. */
  readonly lanes: number
  /** Bytes a lane of the widest type. */
  readonly widest: Width
  readonly vectorized: boolean
  readonly notes: readonly Note[]
}

/** Bytes of the widest value: four registers. */
const valueBytes = 64
const maxLanes = 32

const note = (reason: string, at: Pos = { line: 1, column: 1 }): Note => ({ reason, ...at })

/** What an expression does lane by lane, if anything. */
function laneByLane(e: Expr, varying: (e: Expr) => boolean): Note | null {
  if (e.kind === 'load') return note('elements of a table are read lane by lane')
  if (e.kind !== 'op') return null
  const type = e.args[0]?.type ?? e.type
  if (laneRows[type][e.op] || hasLanes(e)) return null
  const [, count] = e.args
  if ((e.op === 'shl' || e.op === 'shr') && count && !varying(count)) return null
  return note(`integer ${e.op} on ${type} runs lane by lane`, e.at)
}

function widths(kernel: Kernel, varying: (e: Expr) => boolean): Width {
  let widest: Width = 1
  const see = (code: Code) => {
    if (dtypes[code].bytes > widest) widest = dtypes[code].bytes
  }
  visit(kernel.body, (e) => {
    if (e.kind !== 'const' && varying(e)) see(e.type)
    // A table index is checked as i8, in scalars.
  })
  for (const id of kernel.outs) see(kernel.locals[id]?.type ?? 'f8')
  return widest
}

/**
 * The rule: as many lanes as fill four registers with the widest value, because instructions wait for each other's results and
 * four that do not keep the machine busy; but no more than 32, which a short rest would have to be padded to.
 */
export function chooseShape(kernel: Kernel, simd: boolean, varying: (e: Expr) => boolean): Shape {
  const notes: Note[] = []
  if (!simd) notes.push(note('simd: false'))
  visit(kernel.body, (e) => {
    if (kernel.core || !varying(e)) return
    const found = laneByLane(e, varying)
    const known = notes.some((n) => n.reason === found?.reason && n.line === found.line)
    if (found && !known) notes.push(found)
  })
  const widest = widths(kernel, varying)
  if (!simd || kernel.core) return { lanes: 1, widest, vectorized: false, notes }
  return { lanes: Math.min(maxLanes, valueBytes / widest), widest, vectorized: true, notes }
}

/** More steps than this, and registers side by side are better: the machine does not see the next group soon enough. */
const mostSteps = 40

/**
 * How many groups of lanes the body is emitted for, one after another; 1 is all registers side by side. Short straight lines whose
 * values all fill a register go register by register: so few of them are held at a time that none has to leave the sixteen that
 * x64 has, and operands of half the width are loaded by halves, where a whole register would have to be taken apart.
 */
export function groupsOf(
  kernel: Kernel,
  inputs: readonly Code[],
  outputs: readonly Code[],
  shape: Shape,
): number {
  const { lanes, widest } = shape
  const straight = kernel.body.every((s) => s.kind === 'set') && kernel.checks.length === 0
  const fills = (code: Code, from: number) => code !== 'b1' && dtypes[code].bytes >= from
  if (
    !straight ||
    !outputs.every((code) => fills(code, widest)) ||
    !inputs.every((code) => fills(code, widest / 2))
  )
    return 1
  let steps = 0
  // A half is as good as a register where it becomes one at once.
  const full = (e: Expr): boolean => {
    if (e.kind === 'const') return true
    if (e.kind !== 'local' && e.kind !== 'input') steps++
    if (e.kind === 'cast' && e.arg.kind === 'input') return fills(e.type, widest)
    return (e.type === 'b1' || fills(e.type, widest)) && parts(e).every(full)
  }
  const all = kernel.body.every((s) => s.kind === 'set' && full(s.value))
  return all && steps <= mostSteps ? (lanes * widest) / 16 : 1
}

/** Operations up to which a loop's own instructions count. */
const fewOperations = 16
const longSteps = 4

/** How many full steps a round of the loop takes: some, where a step is so short that pointers and the count are a fifth of it. */
export function stepsOf(kernel: Kernel): number {
  const straight = kernel.body.every((s) => s.kind === 'set') && kernel.checks.length === 0
  let operations = 0
  visit(kernel.body, (e) => {
    if (e.kind === 'op' || e.kind === 'select') operations++
  })
  return straight && operations <= fewOperations ? longSteps : 1
}
