/**
 * The worst error of functions of one argument on f4 over all 2^32 operands, a minute or two each; kept in f4.json.
 *   node --import tsx scripts/accuracy/exhaustive.ts [name …]
 * What is there already and has not changed is left out. The fused rows need an engine that fuses.
 */
import { opRow } from '../../src/loops/kernel/ops.ts'
import { measureSingle } from './f4.ts'
import { measured, waysOf } from './inputs.ts'
import { keep, known } from './rows.ts'

const names = process.argv.slice(2)
const all = 2 ** 32

for (const name of measured.filter((n) => opRow(n).arity === 1)) {
  if (names.length > 0 && !names.includes(name)) continue
  for (const fma of waysOf(name)) {
    if (known(name, 'f4', fma, all)) continue
    const worst = measureSingle(name, 1, fma)
    keep(name, 'f4', fma, all, worst)
    console.log(`${name} ${fma ? 'fused' : 'plain'} ${worst.ulp.toFixed(4)} at ${worst.at}`)
  }
}
