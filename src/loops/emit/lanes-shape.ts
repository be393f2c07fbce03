/** The shapes of 128-bit registers, and registers of constants. */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import type { Asm, Ref } from './asm.ts'

export type IntShape = 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2'
export type FloatShape = 'f32x4' | 'f64x2'

const intShapes: Readonly<Record<1 | 2 | 4 | 8, IntShape>> = {
  1: 'i8x16',
  2: 'i16x8',
  4: 'i32x4',
  8: 'i64x2',
}

/** The integer shape with elements of this many bytes: also that of masks. */
export const intShape = (bytes: 1 | 2 | 4 | 8): IntShape => intShapes[bytes]
export const floatShape = (code: Code): FloatShape => (code === 'f4' ? 'f32x4' : 'f64x2')

/** The same register in which every lane is `value`, made once before the loop. */
export function splatConst(asm: Asm, shape: IntShape | FloatShape, value: number | bigint): Ref {
  const { m } = asm
  return asm.hoisted(`${shape} ${Object.is(value, -0) ? '-0' : value}`, binaryen.v128, () => {
    switch (shape) {
      case 'f32x4':
        return m.f32x4.splat(m.f32.const(Number(value)))
      case 'f64x2':
        return m.f64x2.splat(m.f64.const(Number(value)))
      case 'i64x2':
        return m.i64x2.splat(m.i64.const(BigInt.asIntN(64, BigInt(value))))
      default:
        return m[shape].splat(m.i32.const(Number(BigInt.asIntN(32, BigInt(value)))))
    }
  })
}

export const constLanes = (asm: Asm, code: Code, value: number | bigint): Ref =>
  splatConst(asm, dtypes[code].kind === 'f' ? floatShape(code) : intShape(dtypes[code].bytes), value)
