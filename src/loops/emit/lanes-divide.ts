/**
 * Integer division on lanes. wasm has none, but floats of more than twice as many digits do: their quotient is rounded to an integer
 * only where it is one, so rounding it down, or towards zero, gives the integer quotient.
 */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import type { Op } from '../kernel/ops.ts'
import type { Asm, Ref } from './asm.ts'
import { laneRows } from './lanes.ts'
import { castLanes, resize } from './lanes-cast.ts'
import { constLanes, intShape } from './lanes-shape.ts'

export type Division = Extract<Op, 'div' | 'floordiv' | 'rem'>

const isDivision = (op: Op): op is Division => op === 'div' || op === 'floordiv' || op === 'rem'

/** Can this op on integers be divided in floats? 64 bits are more than any has. */
export const dividesInFloats = (op: Op, type: Code): op is Division =>
  isDivision(op) && dtypes[type].kind !== 'f' && dtypes[type].bytes <= 4

/** Added to an integer it puts its low bits at the end of the mantissa, also those of a negative one. */
const magic = { f4: 2 ** 23 + 2 ** 22, f8: 2 ** 52 + 2 ** 51 } as const

/** `divisor` is the constant that all lanes are divided by, if it is one: division by 0 gives 0. */
export function divideLanes(
  asm: Asm,
  op: Division,
  code: Code,
  lanes: number,
  dividends: readonly Ref[],
  divisors: readonly Ref[],
  divisor: bigint | undefined,
): readonly Ref[] {
  const { m } = asm
  const { bytes } = dtypes[code]
  const shape = m[intShape(bytes)]
  const xs = dividends.map((r) => asm.share(r, binaryen.v128))
  const ys = divisors.map((r) => asm.share(r, binaryen.v128))
  const type = bytes === 4 ? 'f8' : 'f4'
  const float = m[type === 'f8' ? 'f64x2' : 'f32x4']
  const x = castLanes(
    asm,
    xs.map((r) => r()),
    lanes,
    code,
    type,
  )
  const y = castLanes(
    asm,
    ys.map((r) => r()),
    lanes,
    code,
    type,
  )
  const wide = x.map((r, j) => {
    const quotient = float.div(r, y[j] ?? 0)
    const whole = op === 'floordiv' ? float.floor(quotient) : float.trunc(quotient)
    return float.add(whole, constLanes(asm, type, magic[type]))
  })
  const quotients = resize(asm, wide, lanes, type === 'f8' ? 8 : 4, bytes, false, 'low bits')
  return quotients.map((q, j) => {
    const [a, b] = [() => xs[j]?.() ?? 0, () => ys[j]?.() ?? 0]
    const multiple = () => laneRows[code].mul?.(asm, q, b()) ?? 0
    const result = op === 'rem' ? shape.sub(a(), multiple()) : q
    if (divisor !== undefined && divisor !== 0n) return result
    return m.v128.andnot(result, shape.eq(b(), constLanes(asm, code, 0)))
  })
}
