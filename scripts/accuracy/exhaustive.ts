/**
 * The worst error of functions of one argument on f4 over all 2^32 operands, a minute or two each; recorded in exhaustive.json with
 * a digest of the function's IR, so that main.ts can tell whether it is still that function.
 *   node --import tsx scripts/accuracy/exhaustive.ts [name …]
 * What is recorded already and has not changed is left out. The fused rows need an engine that fuses.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fuses } from '../../src/loops/fuses.ts'
import { expand } from '../../src/loops/kernel/expand.ts'
import { functionNames } from '../../src/loops/kernel/math/functions.ts'
import { type Op, opRow } from '../../src/loops/kernel/ops.ts'
import { print } from '../../src/loops/kernel/print.ts'
import { kernelOf } from '../../test/math/run-function.ts'
import { measureSingle } from './f4.ts'

const file = new URL('exhaustive.json', import.meta.url)

export interface Row {
  readonly digest: string
  readonly ulp: number
  readonly at: number
  readonly wrong: number
}

/** By function and way: `exp plain`, `exp fused`. */
export function recordedRows(): Record<string, Row> {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
}

export const digestOf = (name: Op, fma: boolean): string =>
  createHash('sha256')
    .update(print(expand(kernelOf(name, 'f4'), fma)))
    .digest('hex')
    .slice(0, 16)

export const rowName = (name: Op, fma: boolean): string => `${name} ${fma ? 'fused' : 'plain'}`

function main(names: readonly string[]): void {
  for (const name of functionNames.filter((n) => opRow(n).arity === 1)) {
    if (names.length > 0 && !names.includes(name)) continue
    for (const fma of fuses() ? [true, false] : [false]) {
      const key = rowName(name, fma)
      const digest = digestOf(name, fma)
      if (recordedRows()[key]?.digest === digest) continue
      const { ulp, at, wrong } = measureSingle(name, 1, fma)
      const rows = { ...recordedRows(), [key]: { digest, ulp, at: at[0] ?? 0, wrong } }
      const sorted = Object.fromEntries(Object.entries(rows).sort(([a], [b]) => (a < b ? -1 : 1)))
      writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`)
      console.log(`${key} ${ulp.toFixed(4)} at ${at}${wrong > 0 ? `: ${wrong} WRONG` : ''}`)
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2))
