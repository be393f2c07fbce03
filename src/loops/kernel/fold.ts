/**
 * Arithmetic of constants, as JavaScript does it. Weak values are judged by value and minifiers fold what they can, so `4 / 2` has to
 * be the constant 2 here too. Only what is exact on every engine is folded.
 */
import type { BinaryOperator, Constant, UnaryOperator } from './tree.ts'

const arithmetic: Record<Exclude<BinaryOperator, '**'>, (a: number, b: number) => number | boolean> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<<': (a, b) => a << b,
  '>>': (a, b) => a >> b,
  '>>>': (a, b) => a >>> b,
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
}

const bigArithmetic: Partial<Record<BinaryOperator, (a: bigint, b: bigint) => bigint>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
}

/** A power is folded where it is exact: a safe integer from integers. */
function power(a: number, b: number): number | undefined {
  const value = a ** b
  const isExact = Number.isInteger(a) && Number.isInteger(b) && b >= 0 && Number.isSafeInteger(value)
  return isExact ? value : undefined
}

const big64 = (value: bigint): bigint => BigInt.asIntN(64, value)

export function foldBinary(operator: BinaryOperator, a: Constant, b: Constant): Constant | undefined {
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    const value = bigArithmetic[operator]?.(a, b)
    return value === undefined ? undefined : big64(value)
  }
  if (typeof a === 'bigint' || typeof b === 'bigint') return undefined
  if (operator === '**') return power(Number(a), Number(b))
  return arithmetic[operator](Number(a), Number(b))
}

export function foldUnary(operator: UnaryOperator, a: Constant): Constant | undefined {
  if (operator === '!') return !a
  if (typeof a === 'bigint') return operator === '-' ? big64(-a) : operator === '~' ? ~a : undefined
  const value = Number(a)
  return operator === '-' ? -value : operator === '~' ? ~value : value
}
