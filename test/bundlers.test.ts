/** Every kernel of the corpus, after every tool that rewrites functions: the same dtypes and the same bits as before. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect, isDeepStrictEqual } from 'node:util'
import { tsImport } from 'tsx/esm/api'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Code, codeOf, dtypes } from '../src/dtype.ts'
import { infer } from '../src/loops/kernel/infer.ts'
import { interpret } from '../src/loops/kernel/interpret.ts'
import type { Kernel, Tables, Value } from '../src/loops/kernel/ir.ts'
import { define } from '../src/loops/kernel/parse.ts'
import { type Tool, tools } from './bundlers/tools.ts'
import { type Case, corpus } from './kernel/corpus.js'
import { root, temporary } from './packed.ts'

// The built package, as users have it.
const built: typeof import('../src/index.ts') = await import(pathToFileURL(join(root, 'dist/index.js')).href)

const floats = [0, -0, 1, -1, 0.5, -2.75, 3, 7, 2 ** 31, -(2 ** 33) - 1.5, 1e300, Infinity, -Infinity, NaN]
const integers = [0, 1, 2, 3, 7, 100, 127, -1, -2, -128, 255, 32767]
const samples = 60

/** Operands in step: their values meet in many pairs, though not in all. */
function operands(codes: readonly Code[]): number[][] {
  return codes.map((code, k) => {
    const list = dtypes[code].kind === 'f' ? floats : integers
    return Array.from({ length: samples }, (_, i) => {
      const value = list[(i * (k * 4 + 1) + k) % list.length] ?? 0
      return dtypes[code].kind === 'f' ? value : stored(code, value)
    })
  })
}

/** The value that an element of this dtype has after it was stored. */
const stored = (code: Code, value: number): number => Number(typedArray(code, [value])[0])

function typedArray(code: Code, values: readonly number[]) {
  const array = new dtypes[code].array(values.length)
  values.forEach((value, i) => {
    array[i] = dtypes[code].big ? BigInt(value) : value
  })
  return array
}

interface Meaning {
  /** The typed kernel without what is for people. Where it is the same again, so is everything behind it, and nothing needs to run. */
  readonly text: string
  readonly types: readonly Code[]
  readonly interpreted: readonly (readonly Value[])[]
  readonly compiled: readonly (readonly Value[])[]
}

function textOf({ locals, nin, outs, arrays, checks, body }: Kernel, tables: Tables): string {
  const types = [locals, arrays].map((list) => list.map(({ type }) => type))
  return JSON.stringify([types, nin, outs, tables, checks.length, body], (key, value: unknown) => {
    if (key === 'at') return undefined
    return typeof value === 'bigint' ||
      (typeof value === 'number' && !Number.isSafeInteger(value)) ||
      Object.is(value, -0)
      ? inspect(value)
      : value
  })
}

/** What a kernel gives on these dtypes, as the interpreter has it and as the compiled loop has it. */
function meaningOf({ kernel, env }: Case, codes: readonly Code[], known?: Meaning): Meaning {
  const { kernel: ir, tables } = infer(define(kernel, { env }), codes)
  const text = textOf(ir, tables)
  if (text === known?.text) return known
  const values = operands(codes)
  const interpreted = Array.from({ length: samples }, (_, i) =>
    interpret(
      ir,
      tables,
      values.map((list) => list[i] ?? 0),
      { steps: 100_000 },
    ),
  )
  const ufunc = built.vectorize([`(${codes})`], kernel as never, (env ? { env } : {}) as never)
  const result: unknown = ufunc(...values.map((list, k) => typedArray(codes[k] ?? 'f8', list)))
  const results = (Array.isArray(result) ? result : [result]) as { data: ArrayLike<number | bigint> }[]
  return {
    text,
    types: ir.outs.map((id) => ir.locals[id]?.type ?? 'f8'),
    interpreted,
    compiled: Array.from({ length: samples }, (_, i) => results.map(({ data }) => data[i] ?? NaN)),
  }
}

/** The first difference; -0 is not 0. */
function compare(after: Meaning, expected: Meaning | undefined): string | null {
  if (!expected) return 'not in the corpus'
  if (!isDeepStrictEqual(after.types, expected.types))
    return `the results are ${after.types}, but were ${expected.types}`
  for (const way of ['interpreted', 'compiled'] as const) {
    const i = expected[way].findIndex((want, i) => !isDeepStrictEqual(after[way][i], want))
    if (i >= 0) return `${way}, sample ${i} gives ${after[way][i]}, but gave ${expected[way][i]}`
  }
  return null
}

const codesOf = (names: readonly string[]) => names.map((name) => codeOf(name) ?? 'f8')

const before = new Map<string, Meaning>()
const keyOf = ({ name }: Case, codes: readonly Code[]) => `${name} of ${codes.join(', ')}`
for (const row of corpus)
  for (const names of row.inputs) before.set(keyOf(row, codesOf(names)), meaningOf(row, codesOf(names)))

async function throughText(tool: Tool): Promise<readonly Case[]> {
  const source = await tool(readFileSync(join(root, 'test/kernel/corpus.js'), 'utf8'))
  const url = `data:text/javascript;base64,${Buffer.from(source).toString('base64')}`
  const { corpus: after } = (await import(url)) as { corpus: readonly Case[] }
  // The loader of the tests has not had its hands on it.
  for (const { kernel } of after) assert.ok(source.includes(String(kernel)), String(kernel))
  return after
}

/** As a TypeScript file that is run by tsx. */
async function throughTsx(): Promise<readonly Case[]> {
  const file = join(temporary('tsx'), 'corpus.ts')
  writeFileSync(file, readFileSync(join(root, 'test/kernel/corpus.js')))
  const { corpus: after } = (await tsImport(file, import.meta.url)) as { corpus: readonly Case[] }
  assert.ok(after.some(({ kernel }) => String(kernel).includes('__name')))
  return after
}

const ways: Readonly<Record<string, () => Promise<readonly Case[]>>> = {
  ...Object.fromEntries(Object.entries(tools).map(([name, tool]) => [name, () => throughText(tool)])),
  tsx: throughTsx,
}

const show = (error: unknown) => (error instanceof Error ? error.message : String(error))

for (const [name, load] of Object.entries(ways))
  test(name, async () => {
    const after = await load()
    assert.is(after.length, corpus.length)
    const wrong: string[] = []
    let compared = 0
    for (const row of after)
      for (const names of row.inputs) {
        const key = keyOf(row, codesOf(names))
        try {
          const expected = before.get(key)
          const difference = compare(meaningOf(row, codesOf(names), expected), expected)
          if (difference) wrong.push(`${key}: ${difference}\n${row.kernel}`)
          compared++
        } catch (error) {
          wrong.push(`${key}: ${show(error)}\n${row.kernel}`)
        }
      }
    assert.is(wrong.join('\n\n'), '')
    assert.is(compared, before.size)
  })

test('the tools rewrote something', async () => {
  const source = readFileSync(join(root, 'test/kernel/corpus.js'), 'utf8')
  for (const [name, tool] of Object.entries(tools)) assert.is.not(await tool(source), source, name)
})

test.run()
