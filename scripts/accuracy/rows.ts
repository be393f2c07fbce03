/**
 * What has been measured, by function and way (`exp plain`, `exp fused`), with a digest of the function's IR, so that it can be told
 * whether it is still that function: f4.json over all operands of f4, f8.json over so many of f8.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expand } from '../../src/loops/kernel/expand.ts'
import type { Op } from '../../src/loops/kernel/ops.ts'
import { print } from '../../src/loops/kernel/print.ts'
import { kernelOf } from '../../test/math/run-function.ts'
import type { Worst } from './worst.ts'

type Float = 'f4' | 'f8'

interface Row {
  readonly digest: string
  /** How many operands, or pairs. */
  readonly count: number
  readonly ulp: number
  readonly at: readonly number[]
}

const fileOf = (type: Float) => new URL(`${type}.json`, import.meta.url)
const keyOf = (name: Op, fma: boolean): string => `${name} ${fma ? 'fused' : 'plain'}`

function rowsOf(type: Float): Record<string, Row> {
  const file = fileOf(type)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
}

const digestOf = (name: Op, type: Float, fma: boolean): string =>
  createHash('sha256')
    .update(print(expand(kernelOf(name, type), fma)))
    .digest('hex')
    .slice(0, 16)

/** What has been measured of the function as it is now, from at least so many operands. */
export function known(name: Op, type: Float, fma: boolean, count: number): Row | undefined {
  const row = rowsOf(type)[keyOf(name, fma)]
  return row && row.count >= count && row.digest === digestOf(name, type, fma) ? row : undefined
}

/** @throws Error where a result is of another kind: that is no accuracy */
export function keep(name: Op, type: Float, fma: boolean, count: number, { ulp, at, wrong }: Worst): void {
  if (wrong > 0)
    throw new Error(`${keyOf(name, fma)} on ${type}: ${wrong} results of another kind, one at ${at}`)
  const row: Row = { digest: digestOf(name, type, fma), count, ulp, at }
  // Others may have written in the meantime.
  const rows = Object.entries({ ...rowsOf(type), [keyOf(name, fma)]: row })
  const sorted = Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(fileOf(type), `${JSON.stringify(sorted, null, 1)}\n`)
}
