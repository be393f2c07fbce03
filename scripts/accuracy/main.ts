/**
 * Measures the worst errors of math functions: f8 against MPFR, f4 against f8.
 *   node --import tsx scripts/accuracy/main.ts [operands of f8] [stride of f4] [name …]
 * Needs Python with gmpy2, and an engine with relaxed SIMD for the fused column.
 */
import { fuses } from '../../src/loops/fuses.ts'
import { functionNames } from '../../src/loops/kernel/math/functions.ts'
import { opRow } from '../../src/loops/kernel/ops.ts'
import { measureSingle } from './f4.ts'
import { measure } from './f8.ts'
import type { Worst } from './worst.ts'

const [count = '100000', stride = '997', ...names] = process.argv.slice(2)
const ways = fuses() ? [false, true] : [false]

const show = (name: string, fma: boolean, { ulp, wrong, at, got, want }: Worst) => {
  const where = `at ${at.join(', ')}: ${got} for ${want}`
  console.log(
    `${name} ${fma ? 'fused' : 'plain'} ${ulp.toFixed(4)}${wrong ? ` (${wrong} WRONG)` : ''} ${where}`,
  )
}

for (const name of functionNames) {
  if (names.length > 0 && !names.includes(name)) continue
  if (Number(count) > 0) measure(name, Number(count), ways).forEach((w, k) => show(`${name} f8`, k === 1, w))
  if (Number(stride) > 0 && opRow(name).arity === 1) {
    for (const fma of ways) show(`${name} f4`, fma, measureSingle(name, Number(stride), fma))
  }
}
