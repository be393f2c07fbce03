/**
 * Expressions to instructions. One text for every width: a value is either uniform (one scalar, the same for all lanes) or a
 * list of registers; an op takes the scalar row or the lane row accordingly. With one lane everything is uniform.
 */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import { isInt } from '../kernel/evaluate.ts'
import { typeRange, within } from '../kernel/interval.ts'
import type { Expr, Stmt, Store } from '../kernel/ir.ts'
import { rangeAlone } from '../kernel/ranges.ts'
import { contextLayout } from '../loop.ts'
import type { Asm, Ref } from './asm.ts'
import { constantOn, integerLanes, multiplyWidening, widenedFactors } from './integers.ts'
import { choose, extract, laneRows, replace, splat } from './lanes.ts'
import {
  anyLane,
  castLanes,
  maskToNumbers,
  nonzero,
  registers,
  resizeMask,
  type Width,
} from './lanes-cast.ts'
import { extremaLanes } from './lanes-extrema.ts'
import { shiftByConst, shiftLanes } from './lanes-integer.ts'
import { constLanes } from './lanes-shape.ts'
import { scalarRows, wasmType } from './scalar.ts'
import { scalarBits, scalarCast, scalarConst, scalarLoad } from './scalar-cast.ts'

export type Val =
  | { readonly uniform: true; readonly type: Code; readonly ref: Ref }
  /** For b1 the registers are a mask of `width` bytes a lane; otherwise `width` is the type's. */
  | { readonly uniform: false; readonly type: Code; readonly width: Width; readonly regs: readonly Ref[] }

/** Where a local of the IR lives: one scalar, or the registers of all lanes. */
export interface Place {
  readonly type: Code
  readonly uniform: boolean
  readonly ids: readonly number[]
}

/** Array operands: arrays.ts knows where they lie. */
export interface Arrays {
  readonly element: (e: Expr & { kind: 'element' }) => Val
  /** Is it another element on each lane? */
  readonly varies: (e: Expr & { kind: 'element' }) => boolean
  /** An i32. */
  readonly size: (view: number, axis: number) => Ref
  /** Writes an element. */
  readonly store: (s: Store) => void
  /** The loop, where it is a counted one: true if that was done. */
  readonly loop: (s: Stmt & { kind: 'loop' }) => boolean
}

export function arraysOf({ arrays }: Body): Arrays {
  if (!arrays) throw new Error('IR: a kernel of scalars has no array operands')
  return arrays
}

export interface Body {
  readonly asm: Asm
  readonly lanes: number
  /** The width of masks in locals: that of the widest type, so that a mask fills its registers. */
  readonly maskWidth: Width
  readonly places: readonly Place[]
  readonly arrayLengths: readonly number[]
  /** Absent in kernels of scalars. */
  readonly arrays: Arrays | null
  /** The lanes of an input operand. */
  input(operand: number): Val
  /** The mask of lanes that take part, or null for all of them. */
  active(): readonly number[] | null
  /** The wasm local that holds the context's address. */
  readonly context: number
}

const uniform = (type: Code, ref: Ref): Val => ({ uniform: true, type, ref })
const varying = (type: Code, regs: readonly Ref[], width: Width = dtypes[type].bytes): Val => ({
  uniform: false,
  type,
  width,
  regs,
})

/** The registers of a value, a uniform one repeated in all lanes; a mask gets the given width. */
export function lanesOf(body: Body, v: Val, width: Width = body.maskWidth): readonly Ref[] {
  const { asm, lanes } = body
  if (v.type === 'b1') {
    if (!v.uniform) return resizeMask(asm, v.regs, lanes, v.width, width)
    const mask = asm.share(asm.m.i32x4.splat(asm.m.i32.sub(asm.m.i32.const(0), v.ref)), binaryen.v128)
    return Array.from({ length: registers(lanes, width) }, () => mask())
  }
  if (!v.uniform) return v.regs
  const count = registers(lanes, dtypes[v.type].bytes)
  if (count === 1) return [splat(asm, v.type, v.ref)]
  const all = asm.share(splat(asm, v.type, v.ref), binaryen.v128)
  return Array.from({ length: count }, () => all())
}

/** A constant's registers come from a local that is set before the loop. */
function constantLanes(body: Body, e: Expr & { kind: 'const' }): readonly Ref[] {
  const count = registers(body.lanes, dtypes[e.type].bytes)
  const value = typeof e.value === 'boolean' ? Number(e.value) : e.value
  return Array.from({ length: count }, () => constLanes(body.asm, e.type, value))
}

const operandLanes = (body: Body, e: Expr, width?: Width): readonly Ref[] =>
  e.kind === 'const' && e.type !== 'b1' ? constantLanes(body, e) : lanesOf(body, emitExpr(body, e), width)

export function emitExpr(body: Body, e: Expr): Val {
  const { asm } = body
  switch (e.kind) {
    case 'const':
      return uniform(e.type, scalarConst(asm, e.type, e.value))
    case 'local': {
      const place = body.places[e.local]
      if (!place) throw new Error(`IR: no local ${e.local}`)
      const [first] = place.ids
      if (place.uniform) return uniform(e.type, asm.get(first ?? 0))
      const width = e.type === 'b1' ? body.maskWidth : dtypes[e.type].bytes
      return varying(
        e.type,
        place.ids.map((id) => asm.get(id)),
        width,
      )
    }
    case 'input':
      return body.input(e.operand)
    case 'op':
      return emitOp(body, e)
    case 'cast':
      return emitCast(body, emitExpr(body, e.arg), e.type, fits(e.arg, e.type))
    case 'bits': {
      const v = emitExpr(body, e.arg)
      if (v.uniform) return uniform(e.type, scalarBits(asm, v.type, e.type, v.ref))
      return varying(e.type, v.regs)
    }
    case 'select':
      return emitSelect(body, e)
    case 'load':
      return emitLoad(body, e)
    case 'element':
      return arraysOf(body).element(e)
    case 'size':
      return uniform(e.type, arraysOf(body).size(e.view, e.axis))
  }
}

function emitOp(body: Body, e: Expr & { kind: 'op' }): Val {
  const { asm, lanes } = body
  const [a] = e.args
  const type = a?.type ?? e.type
  if (!a) throw new Error(`IR: ${e.op} without operands`)
  const values = e.args.map((x) => (isVarying(body, x) ? null : emitExpr(body, x)))
  const scalar = scalarRows[type][e.op]
  if (values.every((v) => v !== null)) {
    const [x = 0, y = 0, z = 0] = values.map((v) => (v.uniform ? v.ref : 0))
    if (!scalar) throw new Error(`IR: ${e.op} is not defined on ${type}`)
    return uniform(e.type, scalar(asm, x, y, z))
  }
  const right = values[1]
  if ((e.op === 'shl' || e.op === 'shr') && right?.uniform) {
    const { op } = e
    const known = constantOn(e)
    if (known !== undefined) {
      const count = Number(BigInt.asUintN(64, known) % BigInt(8 * dtypes[type].bytes))
      return varying(
        e.type,
        operandLanes(body, a).map((r) => shiftByConst(asm, op, type, r, count)),
      )
    }
    const shared = asm.share(scalarCast(asm, type, 'i4', right.ref), binaryen.i32)
    return varying(
      e.type,
      operandLanes(body, a).map((r) => shiftLanes(asm, op, type, r, shared())),
    )
  }
  const factors = widenedFactors(e)
  if (factors) {
    const [x, y] = factors.map((f) => operandLanes(body, f).map((r) => asm.share(r, binaryen.v128)))
    return varying(e.type, multiplyWidening(asm, factors[0].type, lanes, x ?? [], y ?? []))
  }
  const row = laneRows[type][e.op]
  const width = type === 'b1' ? maskWidthOf(body, e.args) : dtypes[type].bytes
  const operands = e.args.map((x) => operandLanes(body, x, width))
  const count = registers(lanes, width)
  const better = integerLanes(asm, e, lanes, operands) ?? extremaLanes(asm, e, operands)
  if (better) return varying(e.type, better)
  if (row) {
    const regs = Array.from({ length: count }, (_, j) => {
      const [x = 0, y = 0, z = 0] = operands.map((regs) => regs[j] ?? 0)
      return row(asm, x, y, z)
    })
    return varying(e.type, regs, width)
  }
  if (!scalar) throw new Error(`IR: ${e.op} is not defined on ${type}`)
  // Lane by lane: take the lanes apart, compute, put them together.
  const shared = operands.map((regs) => regs.map((r) => asm.share(r, binaryen.v128)))
  const per = 16 / dtypes[type].bytes
  const regs = Array.from({ length: count }, (_, j) => {
    let made = constLanes(asm, type, 0)
    for (let lane = 0; lane < Math.min(per, lanes - j * per); lane++) {
      const [x = 0, y = 0, z = 0] = shared.map((regs) => extract(asm, type, regs[j]?.() ?? 0, lane))
      const result = asm.share(scalar(asm, x, y, z), wasmType(type))
      made = replace(asm, type, made, lane, result())
    }
    return made
  })
  return varying(e.type, regs)
}

/** Masks of one width stay there; of several, they meet at the width of masks in locals. */
function maskWidthOf(body: Body, args: readonly Expr[]): Width {
  const widths = new Set(args.map((a) => naturalWidth(body, a)))
  const [only] = widths
  return widths.size === 1 && only ? only : body.maskWidth
}

function naturalWidth(body: Body, e: Expr): Width {
  if (e.kind === 'input') return 1
  if (e.kind === 'cast') return dtypes[e.arg.type].bytes
  if (e.kind === 'op') {
    const type = e.args[0]?.type ?? 'b1'
    return type === 'b1' ? maskWidthOf(body, e.args) : dtypes[type].bytes
  }
  return body.maskWidth
}

/** Whether an expression differs between lanes, without emitting it. */
export function isVarying(body: Body, e: Expr): boolean {
  if (body.lanes === 1) return false
  switch (e.kind) {
    case 'const':
    case 'size':
      return false
    case 'element':
      return arraysOf(body).varies(e)
    case 'local':
      return body.places[e.local]?.uniform === false
    case 'input':
      return true
    case 'op':
      return e.args.some((a) => isVarying(body, a))
    case 'cast':
    case 'bits':
      return isVarying(body, e.arg)
    case 'select':
      return isVarying(body, e.cond) || isVarying(body, e.then) || isVarying(body, e.else)
    case 'load':
      return isVarying(body, e.index)
  }
}

/** Is every value it can have one of this type, whatever its locals hold? */
const fits = (e: Expr, type: Code): boolean =>
  dtypes[type].bytes < 4 && isInt(type) && within(rangeAlone(e), typeRange(type))

export function emitCast(body: Body, v: Val, to: Code, inside = false): Val {
  const { asm, lanes } = body
  if (v.uniform) return uniform(to, scalarCast(asm, v.type, to, v.ref))
  if (to === v.type) return v
  if (to === 'b1') return varying('b1', nonzero(asm, v.regs, v.type), dtypes[v.type].bytes)
  if (v.type === 'b1') return varying(to, maskToNumbers(asm, v.regs, lanes, v.width, to))
  return varying(to, castLanes(asm, v.regs, lanes, v.type, to, inside))
}

function emitSelect(body: Body, e: Expr & { kind: 'select' }): Val {
  const { asm } = body
  if (!isVarying(body, e)) {
    const [c, a, b] = [e.cond, e.then, e.else].map((x) => emitExpr(body, x))
    if (!c?.uniform || !a?.uniform || !b?.uniform) throw new Error('IR: a uniform select has a varying part')
    const type = wasmType(e.type)
    const [then, otherwise] = [asm.share(a.ref, type), asm.share(b.ref, type)]
    return uniform(e.type, asm.m.select(c.ref, then(), otherwise()))
  }
  const width = e.type === 'b1' ? body.maskWidth : dtypes[e.type].bytes
  const mask = lanesOf(body, emitExpr(body, e.cond), width)
  const then = operandLanes(body, e.then, width)
  const otherwise = operandLanes(body, e.else, width)
  const regs = then.map((r, j) => choose(asm, mask[j] ?? 0, r, otherwise[j] ?? 0))
  return varying(e.type, regs, width)
}

/** Leaves the function with the number of the check, its facts (two f64) in the context. */
export function fail(body: Body, check: number, index: Ref, size: Ref): Ref {
  const { asm } = body
  const { m } = asm
  const at = () => asm.get(body.context)
  return m.block(null, [
    m.f64.store(contextLayout.errorIndex, 8, at(), index),
    m.f64.store(contextLayout.errorSize, 8, at(), size),
    m.return(m.i32.const(check + 1)),
  ])
}

/** One element of a table, after its check. */
function checkedElement(body: Body, e: Expr & { kind: 'load' }, index: Ref, taking: Ref | null): Ref {
  const { asm } = body
  const { m } = asm
  const size = body.arrayLengths[e.array] ?? 0
  const base = () => m.i32.load(contextLayout.tables + 4 * e.array, 4, asm.get(body.context))
  const shift = m.i32.const(Math.log2(dtypes[e.type].bytes))
  const known = e.inside?.[0] ?? 'checked'
  if (known === 'always' || (known === 'reached' && taking === null))
    return scalarLoad(asm, e.type, m.i32.add(base(), m.i32.shl(m.i32.wrap(index), shift)))
  const i = asm.share(index, binaryen.i64)
  const inside = asm.share(m.i64.lt_u(i(), m.i64.const(BigInt(size))), binaryen.i32)
  if (known === 'checked') {
    const failed = m.i32.eqz(inside())
    asm.emit(
      m.if(
        taking === null ? failed : m.i32.and(taking, failed),
        fail(body, e.check, m.f64.convert_s.i64(i()), m.f64.const(size)),
      ),
    )
  }
  // A lane that takes no part reads element 0; an empty table has room for it.
  const safe = m.select(inside(), m.i32.wrap(i()), m.i32.const(0))
  return scalarLoad(asm, e.type, m.i32.add(base(), m.i32.shl(safe, shift)))
}

function emitLoad(body: Body, e: Expr & { kind: 'load' }): Val {
  const { asm, lanes } = body
  const activeIds = body.active()
  if (!isVarying(body, e)) {
    const index = emitExpr(body, e.index)
    if (!index.uniform) throw new Error('IR: a uniform load has a varying index')
    // Under a mask the check counts only if some lane takes part.
    const taking = activeIds
      ? anyLane(
          asm,
          activeIds.map((id) => asm.get(id)),
        )
      : null
    return uniform(e.type, checkedElement(body, e, scalarCast(asm, index.type, 'i8', index.ref), taking))
  }
  const code = e.type === 'b1' ? 'u1' : e.type
  const indices = operandLanes(body, { kind: 'cast', type: 'i8', arg: e.index }).map((r) =>
    asm.share(r, binaryen.v128),
  )
  const mask = activeIds
    ? resizeMask(
        asm,
        activeIds.map((id) => asm.get(id)),
        lanes,
        body.maskWidth,
        8,
      ).map((r) => asm.share(r, binaryen.v128))
    : null
  const per = 16 / dtypes[code].bytes
  const regs = Array.from({ length: registers(lanes, dtypes[code].bytes) }, (_, j) => {
    let made = constLanes(asm, code, 0)
    for (let lane = j * per; lane < Math.min(lanes, (j + 1) * per); lane++) {
      const index = extract(asm, 'i8', indices[lane >> 1]?.() ?? 0, lane % 2)
      const taking = mask ? asm.m.i32.wrap(extract(asm, 'i8', mask[lane >> 1]?.() ?? 0, lane % 2)) : null
      const element = asm.share(checkedElement(body, e, index, taking), wasmType(code))
      made = replace(asm, code, made, lane % per, element())
    }
    return made
  })
  return e.type === 'b1' ? varying('b1', nonzero(asm, regs, 'u1'), 1) : varying(e.type, regs)
}
