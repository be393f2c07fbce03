/** The functions that are written in IR, by op. */
import type { Expr } from '../ir.ts'
import type { Op } from '../ops.ts'
import { acos, asin, atan, atan2 } from './arc.ts'
import type { Build } from './build.ts'
import { exp } from './exp.ts'
import { cosh, expm1, sinh, tanh } from './hyperbolic.ts'
import { log } from './log.ts'
import { pow } from './power.ts'
import { cos, sin } from './trig.ts'

/** Emits the statements of a call and returns its value; the operands are locals or constants (y is x where there is only one). */
export type MathFunction = (b: Build, x: Expr, y: Expr) => Expr

const functions: Partial<Record<Op, MathFunction>> = {
  exp: (b, x) => exp(b, x),
  log: (b, x) => log(b, x),
  sin: (b, x) => sin(b, x),
  cos: (b, x) => cos(b, x),
  expm1: (b, x) => expm1(b, x),
  tanh: (b, x) => tanh(b, x),
  sinh: (b, x) => sinh(b, x),
  cosh: (b, x) => cosh(b, x),
  atan: (b, x) => atan(b, x),
  atan2: (b, y, x) => atan2(b, y, x),
  pow: (b, x, y) => pow(b, x, y),
  asin: (b, x) => asin(b, x),
  acos: (b, x) => acos(b, x),
}

export const functionOf = (op: Op): MathFunction | undefined => functions[op]

export const functionNames = Object.keys(functions) as readonly Op[]
