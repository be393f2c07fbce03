/**
 * Quotients that become integers at once: `out = (a + b) / 2` of integers, stored to an integer type, is computed in f8 by the
 * language's rules, and cut off. Division by a power of two is exact there while the dividend is within 2^53, so it is
 * integer division: no conversion to f8 and back, and `narrow` may find narrower lanes for it.
 */
import { castValue, isInt } from './evaluate.ts'
import { within } from './interval.ts'
import { cast, constant, type Expr, type Kernel, mapStmts, op } from './ir.ts'
import { type Ranges, ranges } from './ranges.ts'

/** `e` as dividend and the power of two that divides it. */
function quotient(e: Expr): { readonly dividend: Expr; readonly divisor: bigint } | undefined {
  if (e.kind !== 'op' || e.type !== 'f8' || (e.op !== 'mul' && e.op !== 'div')) return undefined
  const [x, c] = e.args
  if (x?.kind !== 'cast' || !isInt(x.arg.type) || c?.kind !== 'const') return undefined
  const factor = Number(castValue('f8', c.value))
  const divisor = e.op === 'div' ? factor : 1 / factor
  const power = Math.log2(divisor)
  if (!Number.isInteger(power) || power < 1 || power > 53 || 2 ** power !== divisor) return undefined
  return { dividend: x.arg, divisor: BigInt(divisor) }
}

const exact = { lo: -(2n ** 53n), hi: 2n ** 53n }

/** An integer made of a quotient of floats, as a quotient of integers. */
function asInteger(e: Expr, facts: Ranges): Expr {
  if (e.kind !== 'cast' || !isInt(e.type)) return e
  const arg = e.arg.kind === 'op' && e.arg.op === 'trunc' ? e.arg.args[0] : e.arg
  const found = arg && quotient(arg)
  if (!found || !within(facts.of(found.dividend), exact)) return e
  const { dividend, divisor } = found
  const wide = dividend.type === 'u8' ? 'u8' : 'i8'
  return cast(e.type, op('div', [cast(wide, dividend), constant(wide, divisor)]))
}

const isQuotient = (e: Expr): boolean =>
  e.kind === 'cast' && isInt(e.type) && e.arg.type === 'f8' && e.arg.kind === 'op'

export function integral(kernel: Kernel): Kernel {
  let any = false
  mapStmts(kernel.body, (e) => {
    if (isQuotient(e)) any = true
    return e
  })
  if (!any) return kernel
  const facts = ranges(kernel)
  return { ...kernel, body: mapStmts(kernel.body, (e) => asInteger(e, facts)) }
}
