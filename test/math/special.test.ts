/**
 * Special values and landmarks of every function, in f8 and f4, on lanes and scalars, with and without FMA: on every Node that we promise,
 * and in Chromium. The compiled modules are made once, and run there; each engine must give the interpreter's bits, too, also where nothing
 * is special.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { recorded } from '../../scripts/accuracy/inputs.ts'
import { emitWasm } from '../../src/loops/emit/wasm.ts'
import { expand } from '../../src/loops/kernel/expand.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import { cast, type Expr, type Kernel, op, set } from '../../src/loops/kernel/ir.ts'
import { functionNames } from '../../src/loops/kernel/math/functions.ts'
import { type Op, opRow, ops } from '../../src/loops/kernel/ops.ts'
import { findChromium } from '../browser/chromium.ts'
import { nodeBinary, versions } from '../nodes.ts'
import { skip } from '../skip.ts'
import type { Subject } from './landmarks.ts'
import { kernelOf } from './run-function.ts'
import { arityOf, mistakes, rowsOf } from './special-values.ts'

type Float = 'f4' | 'f8'

interface Case {
  readonly name: Subject
  readonly type: Float
  readonly fma: boolean
  readonly simd: boolean
  readonly rows: readonly (readonly number[])[]
  readonly want: readonly number[]
  /** What `engine.mjs` takes. */
  readonly run: { readonly code: string; readonly type: Float; readonly columns: readonly string[] }
}

const base64 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
const column = (values: readonly number[]) => base64(new Uint8Array(Float64Array.from(values).buffer))

function casesOf(
  name: Subject,
  type: Float,
  kernel: Kernel,
  rows: readonly (readonly number[])[],
  fma: boolean,
): Case[] {
  const inputs = Array<Float>(kernel.nin).fill(type)
  const want = rows.map((row) => Number(interpret(kernel, [], row)[0]))
  const columns = inputs.map((_, k) => column(rows.map((row) => row[k] ?? 0)))
  return [true, false].map((simd) => {
    const code = base64(emitWasm({ kernel, inputs, outputs: [type], simd, fma }).unshared)
    return { name, type, fma, simd, rows, want, run: { code, type, columns } }
  })
}

/** Tells whether an engine fuses: (1 + e)² - (1 + 2e) is e², which two roundings lose. */
const probes = (['f8', 'f4'] as const).flatMap((type) => {
  const kernel = { ...kernelOf('rem', type), nin: 2 }
  const e = type === 'f8' ? 2 ** -30 : 2 ** -14
  const [x, y] = [0, 1].map((operand) => ({ kind: 'input' as const, type, operand }))
  const body = kernel.body.map((s) =>
    s.kind === 'set' && x && y ? { ...s, value: op('fma', [x, x, y]) } : s,
  )
  return casesOf('fma', type, { ...kernel, body }, [[1 + e, -1 - 2 * e]], true)
})
/** The rows that have known results, and behind them some of those in which the function works. */
function allRows(name: Subject, type: Float): (readonly number[])[] {
  const arity = arityOf(name)
  const values = recorded(name, arity)
  const samples = Array.from({ length: 50 }, (_, k) => values.slice(40 * k * arity, (40 * k + 1) * arity))
  return [
    ...rowsOf(name, type),
    ...samples.map((row) => Array.from(row, type === 'f4' ? Math.fround : Number)),
  ]
}

/** What is one instruction or a few: sqrt, round, min, copysign and their like, and arithmetic. */
const instructions = (Object.keys(ops) as Op[]).filter((name) => {
  const { float, arity, result } = opRow(name)
  return float && arity < 3 && result === 'same' && !functionNames.includes(name)
})
const mayFuse = (name: Subject): boolean => functionNames.some((f) => f === name)
const names: readonly Subject[] = [...functionNames, ...instructions, 'fround']

function kernelFor(name: Subject, type: Float, fma: boolean): Kernel {
  if (name !== 'fround') return expand(kernelOf(name, type), fma)
  const x: Expr = { kind: 'input', type, operand: 0 }
  return { ...kernelOf('abs', type), name, body: [set(1, cast(type, cast('f4', x)))] }
}

const cases = names.flatMap((name) =>
  (['f8', 'f4'] as const).flatMap((type) =>
    (mayFuse(name) ? [false, true] : [false]).flatMap((fma) =>
      casesOf(name, type, kernelFor(name, type, fma), allRows(name, type), fma),
    ),
  ),
)
const runs = [...probes, ...cases].map((c) => c.run)

const engine = fileURLToPath(new URL('engine.mjs', import.meta.url))

/** What the cases give in an engine; null for modules that it does not take. */
type Results = readonly (string | null)[]

function inNode(path: string): Results {
  const input = JSON.stringify(runs)
  const env = { ...process.env, NODE_OPTIONS: '' }
  return JSON.parse(
    execFileSync(path, [engine, 'stdin'], { input, maxBuffer: 2 ** 28, encoding: 'utf8', env }),
  )
}

async function inChromium(
  found: Exclude<Awaited<ReturnType<typeof findChromium>>, string>,
): Promise<Results> {
  const browser = await chromium.launch({ ...found, headless: true })
  try {
    const page = await browser.newPage()
    const source = `data:text/javascript;base64,${readFileSync(engine, 'base64')}`
    return await page.evaluate<Results>(
      `import('${source}').then((m) => m.runCases(${JSON.stringify(runs)}))`,
    )
  } finally {
    await browser.close()
  }
}

function testEngine(title: string, results: Results, knowsRelaxed: boolean): void {
  const numbers = (k: number): number[] | undefined => {
    const text = results[k]
    return text ? [...new Float64Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer)] : undefined
  }
  const fuses = probes.every((probe, k) => Object.is(numbers(k)?.[0], probe.want[0]))
  if (!knowsRelaxed) test(`${title} does not know relaxed SIMD`, () => assert.is(fuses, false))
  for (const name of names) {
    const ways = fuses && mayFuse(name) ? 8 : 4
    test(`${title}: special values of ${name}${ways === 8 ? ', also fused' : ''}`, () => {
      const ran = cases.flatMap((c, k) =>
        c.name === name && (fuses || !c.fma) ? [{ c, got: numbers(k + probes.length) }] : [],
      )
      assert.is(ran.length, ways)
      for (const { c, got } of ran) {
        const way = `${c.simd ? 'on lanes' : 'scalar'}${c.fma ? ', fused' : ''}`
        assert.ok(got, `the engine takes the module ${way}`)
        assert.equal(mistakes(name, c.type, got), [], way)
        c.want.forEach((want, i) => {
          assert.ok(
            Object.is(got[i], want),
            `${name}(${c.rows[i]}) on ${c.type}, ${way}: ${got[i]}, interpreted ${want}`,
          )
        })
      }
    })
  }
}

for (const major of versions) {
  const node = nodeBinary(major)
  if ('reason' in node) skip(`Node ${major}`, node.reason)
  else testEngine(`Node ${major}`, inNode(node.path), major > 20)
}
const found = await findChromium()
if (typeof found === 'string') skip('Chromium', found)
else testEngine('Chromium', await inChromium(found), true)

test.run()
