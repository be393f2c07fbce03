/**
 * min and max of floats where the processor's own instructions take their second operand if one is NaN or both are zeros: x86. Engines
 * follow those with seven more for the exact results of wasm's min and max. Fewer do, because pmin and pmax are the bare instructions:
 * in both orders they differ only for NaNs and zeros of two signs, and bits tell the rest.
 */
import binaryen from 'binaryen'
import type { Expr } from '../kernel/ir.ts'
import type { Asm, Ref } from './asm.ts'
import { floatShape, splatConst } from './lanes-shape.ts'

type Extremum = 'min' | 'max'
const isExtremum = (op: string): op is Extremum => op === 'min' || op === 'max'

/** The op on registers of floats; null where its row says best. */
export function extremaLanes(
  asm: Asm,
  { op, type, args }: Extract<Expr, { kind: 'op' }>,
  [xs = [], ys = []]: readonly (readonly Ref[])[],
): readonly Ref[] | null {
  if (!asm.x86 || !isExtremum(op) || (type !== 'f4' && type !== 'f8')) return null
  const shape = floatShape(type)
  const bare = asm.m[shape][op === 'min' ? 'pmin' : 'pmax']
  const pairs = xs.map((x, j) => [x, ys[j] ?? 0] as const)
  const constant = args.findIndex((arg) => arg.kind === 'const' && !Number.isNaN(arg.value))
  const known = args[constant]
  const isZero = (zero: number) => known?.kind === 'const' && Object.is(known.value, zero)
  // What is not greater (less) than a constant stays: a NaN, and a zero beside a zero.
  if (known && !(op === 'min' && isZero(-0))) {
    const stays = pairs.map(([x, y]) => (constant === 0 ? bare(y, x) : bare(x, y)))
    if (!(op === 'max' && isZero(0))) return stays
    return stays.map((result) => asm.m[shape].add(result, splatConst(asm, shape, 0)))
  }
  return pairs.map(([left, right]) => {
    const [x, y] = [asm.share(left, binaryen.v128), asm.share(right, binaryen.v128)]
    const [p, q] = [asm.share(bare(x(), y()), binaryen.v128), asm.share(bare(y(), x()), binaryen.v128)]
    // A NaN or'ed with anything is a NaN; of two zeros, -0 is left.
    const least = asm.m.v128.or(p(), q())
    // Zeros of two signs differ by the sign bit: -0 - -0 is +0, and all else stays less +0.
    return op === 'min' ? least : asm.m[shape].sub(least, asm.m.v128.xor(p(), q()))
  })
}
