/** How many lanes a kernel runs on, and what cannot run on lanes. One lane count for all values of a kernel. */
import { type Code, dtypes } from '../../dtype.ts'
import { type Expr, type Kernel, type Pos, parts, type Stmt, visit } from '../kernel/ir.ts'
import { opRow } from '../kernel/ops.ts'
import type { Note } from '../loop.ts'
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

/** Registers that a value of the widest type may take: more hide the latency of dependency chains, too many spill. */
const maxRegisters = 4

const note = (reason: string, at: Pos = { line: 1, column: 1 }): Note => ({ reason, ...at })

/** What an expression does one element at a time, if anything. */
function lanewise(e: Expr): { scalarLoop: boolean; reason: string; at?: Pos | undefined } | null {
  if (e.kind === 'load') return { scalarLoop: false, reason: 'elements of a table are read lane by lane' }
  if (e.kind !== 'op') return null
  const type = e.args[0]?.type ?? e.type
  if (laneRows[type][e.op]) return null
  const { math } = opRow(e.op)
  if (dtypes[type].kind === 'f') {
    const name = math ? `Math.${math}` : '%'
    return {
      scalarLoop: true,
      reason: `${name} has no lane instructions: the loop calls it for each element`,
      at: e.at,
    }
  }
  if ((e.op === 'shl' || e.op === 'shr') && e.args[1]?.kind === 'const') return null
  return { scalarLoop: false, reason: `integer ${e.op} on ${type} runs lane by lane`, at: e.at }
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

const hasLoop = (body: readonly Stmt[]): boolean => {
  let found = false
  visit(
    body,
    () => {},
    (s) => {
      if (s.kind === 'loop') found = true
    },
  )
  return found
}

/**
 * The rule: as many lanes as fill one register with the narrowest operand, but at most four registers of the widest value.
 * A kernel with a loop always takes four registers, because iterations wait for each other.
 */
export function chooseShape(
  kernel: Kernel,
  inputs: readonly Code[],
  outputs: readonly Code[],
  simd: boolean,
  varying: (e: Expr) => boolean,
): Shape {
  const notes: Note[] = []
  let scalarLoop = !simd
  if (!simd) notes.push(note('simd: false'))
  visit(kernel.body, (e) => {
    if (!varying(e)) return
    const found = lanewise(e)
    if (!found) return
    const known = notes.some((n) => n.reason === found.reason && n.line === found.at?.line)
    if (!known) notes.push(note(found.reason, found.at))
    if (found.scalarLoop) scalarLoop = true
  })
  const widest = widths(kernel, varying)
  if (scalarLoop) return { lanes: 1, widest, vectorized: false, notes }
  const narrowest = Math.min(...[...inputs, ...outputs].map((c) => dtypes[c].bytes))
  const filled = hasLoop(kernel.body) ? (maxRegisters * 16) / widest : 16 / narrowest
  const lanes = Math.min(16, Math.max(16 / widest, Math.min(filled, (maxRegisters * 16) / widest)))
  return { lanes: (globalThis as { LANES?: number }).LANES ?? lanes, widest, vectorized: true, notes }
}

/** Visits the operands of an expression and itself. */
export function anyPart(e: Expr, test: (e: Expr) => boolean): boolean {
  return test(e) || parts(e).some((p) => anyPart(p, test))
}
