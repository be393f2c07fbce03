/**
 * Measures the worst errors of math functions, f8 against MPFR, f4 against Math in f8, and writes docs/accuracy.md.
 *   node --import tsx scripts/accuracy/main.ts [operands of f8] [stride of f4] [name …]
 * A stride of 1 takes all 2^32 operands. With names nothing is written. Needs Python with gmpy2, and for the fused columns an
 * engine that fuses (Node 22 and later on x64 with FMA, and on arm64).
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fuses } from '../../src/loops/fuses.ts'
import { functionNames } from '../../src/loops/kernel/math/functions.ts'
import { opRow } from '../../src/loops/kernel/ops.ts'
import { measureSingle } from './f4.ts'
import { measure } from './f8.ts'
import type { Worst } from './worst.ts'

const [count = '1000000', stride = '251', ...names] = process.argv.slice(2)
const ways = fuses() ? [false, true] : [false]

const show = (name: string, way: number, { ulp, wrong, at, got, want }: Worst) => {
  const where = ulp > 0 ? `at ${at.join(', ')}: ${got} for ${want}` : ''
  console.log(
    `${name} ${way === 1 ? 'fused' : 'plain'} ${ulp.toFixed(4)}${wrong ? ` (${wrong} WRONG)` : ''} ${where}`,
  )
}

const rows = functionNames
  .filter((name) => names.length === 0 || names.includes(name))
  .map((name) => {
    const double = Number(count) > 0 ? measure(name, Number(count), ways) : []
    double.forEach((w, way) => show(`${name} f8`, way, w))
    const one = Number(stride) > 0 && opRow(name).arity === 1
    const single = one ? ways.map((fma) => measureSingle(name, Number(stride), fma)) : []
    single.forEach((w, way) => show(`${name} f4`, way, w))
    const cells = [...[0, 1].map((k) => double[k]), ...[0, 1].map((k) => single[k])]
    const ulps = cells.map((w) => (w ? w.ulp.toFixed(3) : ''))
    return `| ${name === 'rem' ? '%' : name} | ${ulps.join(' | ')} |`
  })

const every = stride === '1' ? 'all 2^32 operands' : `every ${stride}th of all 2^32 operands`
const text = `# Accuracy of the math functions

The worst errors found, in units in the last place of the exact result (0.5 is correct rounding); zeros, infinities and NaN have
to be right. f8: ${Number(count).toLocaleString('en-US')} operands or pairs, random bit patterns, the ranges in which each function works, and awkward
places, against MPFR. f4: ${every}, for functions of one argument, against f8. "Fused" is what engines with fused
multiply-adds run. Written by \`node --import tsx scripts/accuracy/main.ts${process.argv.length > 2 ? ` ${process.argv.slice(2).join(' ')}` : ''}\`.

| function | f8 | f8, fused | f4 | f4, fused |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`
if (names.length === 0) {
  const docs = new URL('../../docs/', import.meta.url)
  mkdirSync(docs, { recursive: true })
  writeFileSync(new URL('accuracy.md', docs), text)
}
