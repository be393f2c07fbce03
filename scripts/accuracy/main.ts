/**
 * Measures the worst errors of math functions, f8 against MPFR, f4 against our own f8, and writes docs/accuracy.md.
 *   node --import tsx scripts/accuracy/main.ts [operands of f8] [stride of f4] [name …]
 * What rows.ts has kept of functions that have not changed since is not measured again. With names docs/accuracy.md is not written.
 * Needs Python with gmpy2, and for the fused columns an engine that fuses (Node 22 and later on x64 with FMA, and on arm64).
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { functionNames } from '../../src/loops/kernel/math/functions.ts'
import { type Op, opRow } from '../../src/loops/kernel/ops.ts'
import { measurePairs, measureSingle } from './f4.ts'
import { measure } from './f8.ts'
import { measured, waysOf } from './inputs.ts'
import { keep, known } from './rows.ts'
import type { Worst } from './worst.ts'

const [count = '1000000', stride = '251', ...names] = process.argv.slice(2)

const show = (name: string, way: number, { ulp, wrong, at, got, want }: Worst) => {
  const where = ulp > 0 ? `at ${at.join(', ')}: ${got} for ${want}` : ''
  console.log(
    `${name} ${way === 1 ? 'fused' : 'plain'} ${ulp.toFixed(4)}${wrong ? ` (${wrong} WRONG)` : ''} ${where}`,
  )
}

/** The cell of a function on f4; bold where it holds for all operands. */
function single(name: Op, fma: boolean): string {
  const all = known(name, 'f4', fma, 2 ** 32)
  if (all) return `**${all.ulp.toFixed(3)}**`
  // In f4 the next number is another one than in f8: that has tests of its own.
  if (name === 'nextafter') return ''
  const pairs = Math.floor(2 ** 32 / Number(stride) / 8)
  const worst =
    opRow(name).arity === 1 ? measureSingle(name, Number(stride), fma) : measurePairs(name, pairs, fma)
  show(`${name} f4`, fma ? 1 : 0, worst)
  return worst.ulp.toFixed(3)
}

/** The cells of a function on f8. */
function double(name: Op): string[] {
  const missing = waysOf(name).filter((fma) => !known(name, 'f8', fma, Number(count)))
  measure(name, Number(count), missing).forEach((worst, k) => {
    const fma = missing[k] ?? false
    show(`${name} f8`, fma ? 1 : 0, worst)
    keep(name, 'f8', fma, Number(count), worst)
  })
  return waysOf(name).map((fma) => known(name, 'f8', fma, Number(count))?.ulp.toFixed(3) ?? '')
}

/** Without and with fused multiply-adds; of what does not use them both are the same. */
function columns(name: Op, cells: readonly string[]): readonly string[] {
  const [plain = '', fused = functionNames.includes(name) ? '' : plain] = cells
  return [plain, fused]
}

const rows = measured
  .filter((name) => names.length === 0 || names.includes(name))
  .map((name) => {
    const doubles = Number(count) > 0 ? double(name) : []
    const singles = Number(stride) > 0 ? waysOf(name).map((fma) => single(name, fma)) : []
    const cells = [...columns(name, doubles), ...columns(name, singles)]
    return `| ${name === 'rem' ? '%' : name} | ${cells.join(' | ')} |`
  })

const text = `# Accuracy of the math functions

The worst errors found, in units in the last place of the exact result (0.5 is correct rounding); zeros, infinities and NaN have
to be right.

- f8: ${Number(count).toLocaleString('en-US')} operands or pairs, random bit patterns, the ranges in which each function works, awkward places, and where
  results cancel, against MPFR.
- f4, against f8: bold numbers are over all 2^32 operands (\`scripts/accuracy/exhaustive.ts\`), others of one argument over every
  ${stride}th, those of two over random and awkward pairs. 0.500 is what is computed in f8 and rounded.
- "Fused" is what engines with fused multiply-adds run; mantissa and exponent are the results of frexp. From sqrt on it is
  instructions, which fuse nothing.

Written by \`node --import tsx scripts/accuracy/main.ts${process.argv.length > 2 ? ` ${process.argv.slice(2).join(' ')}` : ''}\`. What has been measured of functions
that are still the same is kept in \`scripts/accuracy/*.json\`.

The goal is 1, on f8 2 for pow, tanh, gamma and lgamma. lgamma keeps it next to its zeros. logaddexp keeps it down to results of some
2^-52 of the lesser power; where e^x + e^y is closer to 1 than that, the error is some 2^-107 of the lesser power.
hypot of more than two numbers is taken two by two, and so are its errors.

| function | f8 | f8, fused | f4 | f4, fused |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`
if (names.length === 0) {
  const docs = new URL('../../docs/', import.meta.url)
  mkdirSync(docs, { recursive: true })
  writeFileSync(new URL('accuracy.md', docs), text)
}
