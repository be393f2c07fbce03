/**
 * Golden texts: the vector instructions of a dozen kernels, in the order of the module's text, one line for a run of the same. So
 * nobody makes a loop longer, or loses an instruction, without seeing it. After a change that is meant:
 *   LANEWISE_UPDATE_GOLDEN=1 node scripts/test.mjs test/loops/golden
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { kernels } from '../../bench/kernels.mjs'
import { bodyOf, requestOf } from './body.ts'

const folder = new URL('golden/', import.meta.url)

/** Rows of the kernel table that call no function of Math: those have texts of their own making. */
const chosen = [
  'f8(f8,f8) a + b',
  'f8(f8,f8,f8) a * b + c',
  'f8(f8,f8,f8) clamp and select',
  'i4(f8,f8) Mandelbrot escape',
  'f8(f8) Newton cube root',
  'f8(f8,f8) logistic map, 50 steps',
  'UniTuple(f4,3)(f4,f4,f4) HSV to RGB',
  'i4(i4,i4) mean (a + b) / 2',
  'u1(u1,u1) saturating blend',
  'i4(i4) Collatz length',
  'i8(i8) xorshift mix',
  'u1(u4) population count',
  'f8(i4,f4) axpy',
  'b1(f8,f8) a < b',
]

/** What computes: neither the moves between locals, nor how elements are read and written. */
function instructions(body: string): string {
  const names = [...body.matchAll(/\((v128\.\w+|[if]\d+x\d+\.\w+|loop|br_if|br)\b/g)].map(
    ([, name = '']) => name,
  )
  const computing = names.filter((name) => !/^v128\.(load|store)|splat$/.test(name))
  const lines: { name: string; count: number }[] = []
  for (const name of computing) {
    const last = lines.at(-1)
    if (last?.name === name) last.count++
    else lines.push({ name, count: 1 })
  }
  return lines.map(({ name, count }) => (count === 1 ? `${name}\n` : `${name} × ${count}\n`)).join('')
}

const fileOf = (name: string) => fileURLToPath(new URL(`${name.replaceAll(/[^a-z0-9]+/gi, '-')}.txt`, folder))
const update = process.env.LANEWISE_UPDATE_GOLDEN === '1'

for (const name of chosen) {
  test(name, () => {
    const row = kernels.find(({ types, name: own }) => `${types} ${own}` === name)
    if (!row) throw new Error(`the kernel table has no row ${name}`)
    const text = instructions(bodyOf(requestOf(row.types, row.kernel)))
    if (update) {
      mkdirSync(folder, { recursive: true })
      writeFileSync(fileOf(name), text)
    }
    assert.fixture(text, readFileSync(fileOf(name), 'utf8'), 'see the head of this file for how to update it')
  })
}

test.run()
