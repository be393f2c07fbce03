/** The functions that are written in IR, by op. */
import type { Expr } from '../ir.ts'
import type { Op } from '../ops.ts'
import type { Build } from './build.ts'
import { exp } from './exp.ts'
import { log } from './log.ts'
import { cos, sin } from './trig.ts'

/** Emits the statements of a call and returns its value; the operands are locals or constants (y is x where there is only one). */
export type MathFunction = (b: Build, x: Expr, y: Expr) => Expr

const functions: Partial<Record<Op, MathFunction>> = {
  exp: (b, x) => exp(b, x),
  log: (b, x) => log(b, x),
  sin: (b, x) => sin(b, x),
  cos: (b, x) => cos(b, x),
}

export const functionOf = (op: Op): MathFunction | undefined => functions[op]

export const functionNames = Object.keys(functions) as readonly Op[]
