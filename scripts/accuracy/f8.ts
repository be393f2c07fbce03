/**
 * The worst error of math functions on f8, against MPFR.
 *   node --import tsx scripts/accuracy/f8.ts [count] [name …]
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Op } from '../../src/loops/kernel/ops.ts'
import { opRow } from '../../src/loops/kernel/ops.ts'
import { functionLoop } from '../../test/math/run-function.ts'
import { operands, pairs } from './inputs.ts'
import { type Worst, worstOf } from './worst.ts'

export function reference(name: string, arity: number, values: Float64Array): Float64Array {
  const file = fileURLToPath(new URL('reference.py', import.meta.url))
  const input = new Uint8Array(values.buffer)
  const done = spawnSync('python3', [file, name, String(arity)], { input, maxBuffer: 2 ** 30 })
  if (done.status !== 0) throw new Error(String(done.stderr))
  return new Float64Array(Uint8Array.from(done.stdout).buffer)
}

export function measure(name: Op, count: number, fmas: readonly boolean[]): Worst[] {
  if (fmas.length === 0) return []
  const { arity } = opRow(name)
  const values = arity === 1 ? operands(name, count) : pairs(name, count)
  const n = values.length / arity
  const wanted = reference(name, arity, values)
  return fmas.map((fma) => {
    const loop = functionLoop(name, 'f8', n, { fma })
    loop.inputs.forEach((column, k) => {
      for (let i = 0; i < n; i++) column[i] = values[i * arity + k] ?? 0
    })
    loop.run(n)
    return worstOf(values, arity, wanted, loop.output as Float64Array)
  })
}
