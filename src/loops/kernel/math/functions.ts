/** The functions that are written in IR, by op. */
import type { Expr } from '../ir.ts'
import type { Op } from '../ops.ts'
import { acos, asin, atan, atan2 } from './arc.ts'
import type { Build } from './build.ts'
import { erf, erfc } from './erf.ts'
import { exp, exp2 } from './exp.ts'
import { gamma } from './gamma.ts'
import { cosh, expm1, sinh, tanh } from './hyperbolic.ts'
import { lgamma } from './lgamma.ts'
import { log } from './log.ts'
import { acosh, asinh, atanh, log1p, log2, log10 } from './log-more.ts'
import { logaddexp } from './logaddexp.ts'
import { exponent, ldexp, mantissa, nextafter } from './parts.ts'
import { pow } from './power.ts'
import { rem } from './rem.ts'
import { cbrt, hypot } from './roots.ts'
import { tan } from './tan.ts'
import { cos, cospi, sin, sinpi } from './trig.ts'

/** Emits the statements of a call and returns its value; the operands are locals or constants (y is x where there is only one). */
export type MathFunction = (b: Build, x: Expr, y: Expr) => Expr

const functions: Partial<Record<Op, MathFunction>> = {
  exp,
  expm1,
  log,
  log1p,
  log2,
  log10,
  pow,
  cbrt,
  hypot,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  atan2,
  sinh,
  cosh,
  tanh,
  asinh,
  acosh,
  atanh,
  rem,
  exp2,
  erf,
  erfc,
  gamma,
  lgamma,
  logaddexp,
  sinpi,
  cospi,
  nextafter,
  ldexp,
  mantissa,
  exponent,
}

export const functionOf = (op: Op): MathFunction | undefined => functions[op]

export const functionNames = Object.keys(functions) as readonly Op[]
