/** Sums of counted loops on lanes (`kernel/sums.ts`): a sum a lane, joined behind the loop, or lanes added up in the order of the source. */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import { isInt } from '../kernel/evaluate.ts'
import type { Join } from '../kernel/ir.ts'
import type { Op } from '../kernel/ops.ts'
import type { Free, Ordered } from '../kernel/sums.ts'
import type { Ref } from './asm.ts'
import type { Control } from './control.ts'
import { extract, laneRows, splat } from './lanes.ts'
import { constLanes } from './lanes-shape.ts'
import { scalarRows, wasmType } from './scalar.ts'
import { emitExpr } from './values.ts'

/** What changes no sum; of minima and maxima there is none that every type has. */
const neutral: Readonly<Record<Join, number | null>> = {
  add: 0,
  mul: 1,
  and: -1,
  or: 0,
  xor: 0,
  min: null,
  max: null,
}

const typeOf = (c: Control, local: number): Code => c.places[local]?.type ?? 'f8'
const scalarOf = (c: Control, local: number): number => c.places[local]?.ids[0] ?? 0

/** Before the first round on lanes. */
export function startSum(scalars: Control, inner: Control, { local, join }: Free): void {
  const { asm } = inner
  const type = typeOf(scalars, local)
  const value = neutral[join]
  // -0 + x is x for every x, also for -0.
  const start = join === 'add' && !isInt(type) ? -0 : value
  for (const id of inner.places[local]?.ids ?? [])
    asm.set(
      id,
      start === null ? splat(asm, type, asm.get(scalarOf(scalars, local))) : constLanes(asm, type, start),
    )
}

/** Behind the last round on lanes: what the scalar holds, and all lanes. */
export function endSum(scalars: Control, inner: Control, { local, join }: Free): void {
  const { asm, lanes } = inner
  const type = typeOf(scalars, local)
  const [id, per] = [scalarOf(scalars, local), 16 / dtypes[type].bytes]
  const row = laneRows[type][join]
  const all = (inner.places[local]?.ids ?? []).map((reg) => asm.get(reg))
  const joined = row ? [all.reduce((a, b) => row(asm, a, b))] : all
  const regs = joined.map((r) => asm.share(r, binaryen.v128))
  for (let lane = 0; lane < Math.min(lanes, per * regs.length); lane++)
    add(scalars, id, type, join, extract(asm, type, regs[Math.floor(lane / per)]?.() ?? 0, lane % per), false)
}

function add({ asm }: Control, id: number, type: Code, op: Op, term: Ref, termFirst: boolean): void {
  const scalar = scalarRows[type][op]
  if (!scalar) throw new Error(`IR: ${op} is not defined on ${type}`)
  asm.set(id, termFirst ? scalar(asm, term, asm.get(id)) : scalar(asm, asm.get(id), term))
}

/** The terms of these rounds, one after another. */
export function addInOrder(scalars: Control, inner: Control, sum: Ordered): void {
  const { asm, lanes } = inner
  const { local, op, term, termFirst } = sum
  const id = scalarOf(scalars, local)
  const value = emitExpr(inner, term)
  const per = 16 / dtypes[term.type].bytes
  const terms = value.uniform
    ? asm.share(value.ref, wasmType(term.type))
    : value.regs.map((r) => asm.share(r, binaryen.v128))
  for (let lane = 0; lane < lanes; lane++) {
    const next =
      typeof terms === 'function'
        ? terms()
        : extract(asm, term.type, terms[Math.floor(lane / per)]?.() ?? 0, lane % per)
    add(scalars, id, term.type, op, next, termFirst)
  }
}
