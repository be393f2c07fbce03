/**
 * Ops on integers that have better instructions than those of their row: products and quotients by constants, products of what was
 * half as wide, quotients in floats.
 */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import { castValue, isInt } from '../kernel/evaluate.ts'
import { constant, type Expr } from '../kernel/ir.ts'
import type { Asm, Ref } from './asm.ts'
import { registers } from './lanes-cast.ts'
import { divideLanes, dividesInFloats } from './lanes-divide.ts'
import { divideByPower, timesConst } from './lanes-integer.ts'
import { intShape } from './lanes-shape.ts'

type OpExpr = Extract<Expr, { kind: 'op' }>

/** The constant on the right of an op, as a number of its type. */
export function constantOn(e: OpExpr): bigint | undefined {
  const right = e.args[1]
  if (right?.kind !== 'const') return undefined
  const value = castValue(right.type, right.value)
  return typeof value === 'bigint' ? value : undefined
}

const exponentOf = (value: bigint): number | undefined =>
  value > 1n && (value & (value - 1n)) === 0n ? value.toString(2).length - 1 : undefined

/** The power of two by which signed numbers are divided here, as its exponent. */
function powerBelow(e: OpExpr): number | undefined {
  const by = constantOn(e)
  const signed = dtypes[e.type].kind === 'i'
  return by !== undefined && signed && (e.op === 'div' || e.op === 'rem') ? exponentOf(by) : undefined
}

/** Is there an instruction, or a few, for this op on lanes although its row has none? */
export const hasLanes = (e: OpExpr): boolean =>
  isInt(e.type) && (powerBelow(e) !== undefined || dividesInFloats(e.op, e.type))

/** The op on registers; null where its row says best. */
export function integerLanes(
  asm: Asm,
  e: OpExpr,
  lanes: number,
  [xs = [], ys = []]: readonly (readonly Ref[])[],
): readonly Ref[] | null {
  if (!isInt(e.type)) return null
  const by = constantOn(e)
  if (e.op === 'mul' && by !== undefined && dtypes[e.type].bytes === 8) {
    const made = xs.map((x) => timesConst(asm, x, by))
    return made.every((r) => r !== undefined) ? made : null
  }
  const k = powerBelow(e)
  if (k !== undefined) {
    const { bytes } = dtypes[e.type]
    const shape = asm.m[intShape(bytes)]
    return xs.map((r) => {
      const x = asm.share(r, binaryen.v128)
      const quotient = divideByPower(asm, e.type, x(), k)
      return e.op === 'div' ? quotient : shape.sub(x(), shape.shl(quotient, asm.m.i32.const(k)))
    })
  }
  return dividesInFloats(e.op, e.type) ? divideLanes(asm, e.op, e.type, lanes, xs, ys, by) : null
}

/** The factors of a product, where both were of half its width: then the instruction that widens them multiplies too. */
export function widenedFactors(e: OpExpr): readonly [Expr, Expr] | undefined {
  const [a, b] = e.args
  if (e.op !== 'mul' || !isInt(e.type) || a?.kind !== 'cast' || !b) return undefined
  const from = a.arg.type
  if (!isInt(from) || dtypes[from].bytes * 2 !== dtypes[e.type].bytes) return undefined
  if (b.kind === 'cast') return b.arg.type === from ? [a.arg, b.arg] : undefined
  if (b.kind !== 'const') return undefined
  const value = castValue(from, b.value)
  return castValue(b.type, value) === castValue(b.type, b.value) ? [a.arg, constant(from, value)] : undefined
}

/** Products of twice the width. */
export function multiplyWidening(
  { m }: Asm,
  from: Code,
  lanes: number,
  xs: readonly (() => Ref)[],
  ys: readonly (() => Ref)[],
): Ref[] {
  const { bytes, kind } = dtypes[from]
  const s = kind === 'i' ? 's' : 'u'
  return Array.from({ length: registers(lanes, bytes === 1 ? 2 : bytes === 2 ? 4 : 8) }, (_, j) => {
    const end = j % 2 === 0 ? 'low' : 'high'
    const [x, y] = [xs[j >> 1]?.() ?? 0, ys[j >> 1]?.() ?? 0]
    if (bytes === 1) return m.i16x8[`extmul_${end}_i8x16_${s}`](x, y)
    if (bytes === 2) return m.i32x4[`extmul_${end}_i16x8_${s}`](x, y)
    return m.i64x2[`extmul_${end}_i32x4_${s}`](x, y)
  })
}
