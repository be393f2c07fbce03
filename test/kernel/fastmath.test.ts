/** What each flag of fastmath does, and that it stays near: the interpreter before and after. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Code } from '../../src/dtype.ts'
import { lower, wat } from '../../src/loops/compile.ts'
import { emitWasm } from '../../src/loops/emit/wasm.ts'
import { fuses } from '../../src/loops/fuses.ts'
import { bind } from '../../src/loops/kernel/bind.ts'
import { sameValue } from '../../src/loops/kernel/evaluate.ts'
import { fastmath } from '../../src/loops/kernel/fastmath.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import { constant, type Expr, type Fastmath, type Kernel, local, op, set } from '../../src/loops/kernel/ir.ts'
import { print } from '../../src/loops/kernel/print.ts'
import { simplify } from '../../src/loops/kernel/simplify.ts'
import { fastmathFlags } from '../../src/vectorize/options.ts'
import { mainLoop, requestOf } from '../loops/body.ts'
import { runLoop } from '../loops/run-loop.ts'

type Source = ((...args: never[]) => unknown) | string

function made(source: Source, flags: readonly Fastmath[], types = 'f8(f8,f8)', fma = true): Kernel {
  const { kernel, inputs, outputs } = requestOf(types, source)
  return simplify(fastmath(simplify(bind(kernel, inputs, outputs)), flags, fma))
}

/** The expression of the result, operands as x and y. */
function result(kernel: Kernel): string {
  const [, text = ''] = /out[^=\n]*= (.*)/.exec(print(kernel)) ?? []
  return text.replaceAll('input0:f8', 'x').replaceAll('input1:f8', 'y').replaceAll(':f8', '')
}

const rows: readonly [readonly Fastmath[], Source, string][] = [
  [['contract'], (x: number, y: number) => x * y + 3, 'fma(x, y, 3)'],
  [['contract'], (x: number, y: number) => x * y - x, 'fma(x, y, -x)'],
  [['contract'], (x: number, y: number) => x - x * y, 'fma(-x, y, x)'],
  [['arcp'], (x: number, y: number) => x / 3 + y, 'x * 0.3333333333333333 + y'],
  [['arcp'], (x: number, y: number) => x / y, 'x / y'],
  [['arcp'], (x: number) => x / 1e-310, 'x / 1e-310'],
  [['reassoc'], (x: number, y: number) => x + 1 + y + 2, 'x + y + 3'],
  [['reassoc'], (x: number) => x * 3 * 5, 'x * 15'],
  [['reassoc'], (x: number) => x * 1e200 * 1e200, 'x * 1e+200 * 1e+200'],
  [['reassoc'], (x: number) => x / 1e200 / 1e200, 'x / 1e+200 / 1e+200'],
  [['reassoc'], (x: number) => x + 1e308 + 1e308, 'x + 1e+308 + 1e+308'],
  [['reassoc', 'arcp'], (x: number) => (x * 1e300) / 1e-300, 'x * 1e+300 * 9.999999999999999e+299'],
  [['reassoc'], (x: number, y: number) => x * y * 1e-200 * 1e-200, 'x * y * 1e-200 * 1e-200'],
  [['reassoc'], (x: number, y: number) => x + y + x * y + x * x, 'x + y + (x * y + x * x)'],
  [['reassoc'], (x: number, y: number) => x + y - y, 'x + y - y'],
  [['reassoc', 'nsz'], (x: number, y: number) => x + y - y, 'x'],
  [['reassoc', 'arcp'], (x: number) => (x * 3) / 6, 'x * 0.5'],
  [['nsz'], (x: number) => x + 0, 'x'],
  [['nsz'], (x: number, y: number) => 0 - (x - y), 'y - x'],
  [['nnan'], (x: number, y: number) => (Number.isNaN(x) ? y : x), 'x'],
  [['nnan'], (x: number) => x / x, '1'],
  [['nnan', 'ninf'], (x: number, y: number) => (Number.isFinite(x) ? x : y), 'x'],
  [['ninf'], (x: number, y: number) => (x === Infinity ? y : x), 'x'],
  [['nnan', 'nsz'], (x: number, y: number) => (x <= y ? x : y), 'pmin(x, y)'],
  [['nnan'], (x: number, y: number) => (x <= y ? x : y), 'x <= y ? x : y'],
  [['afn'], (x: number, y: number) => Math.hypot(x, y), 'sqrt(x * x + y * y)'],
  [['afn', 'ninf', 'nsz'], (x: number) => x ** 0.5, 'sqrt(x)'],
  [['afn'], (x: number) => x ** 0.5, 'pow(x, 0.5)'],
]

for (const [flags, source, want] of rows) {
  test(`${flags}: ${source}`, () => {
    const kernel = made(source, flags, source.length === 1 ? 'f8(f8)' : 'f8(f8,f8)')
    assert.is(result(kernel), want)
    assert.ok(kernel.notes?.length, 'something is said')
    const plain = made(source, [], source.length === 1 ? 'f8(f8)' : 'f8(f8,f8)')
    assert.is(plain.notes, undefined)
  })
}

test('several divisions by one number multiply by its reciprocal', () => {
  const text = print(made((x: number, y: number) => x / y + 1 / y, ['arcp']))
  assert.is(text.match(/ \/ /g)?.length, 1, text)
})

test('what a flag changed, and that another changed nothing, is said', () => {
  const reasons = (kernel: Kernel) => kernel.notes?.map(({ reason }) => reason) ?? []
  const source = (x: number, y: number) => x * y + 1
  assert.equal(reasons(made(source, ['contract', 'afn'])), [
    'fastmath contract: a product and the sum behind it are fused',
    'fastmath afn: changed nothing',
  ])
  const [alone] = reasons(made(source, ['contract'], 'f8(f8,f8)', false))
  assert.match(alone ?? '', /does not fuse/)
})

test('a fused kernel is relaxed SIMD, and without fusing there is none', () => {
  const request = { ...requestOf('f4(f4,f4)', (x: number, y: number) => x * y + y), fma: true }
  assert.match(mainLoop(wat({ ...request, fastmath: ['contract'] })), /f32x4\.relaxed_madd/)
  assert.not.match(mainLoop(wat(request)), /relaxed_madd/)
})

const f8 = 'f8' as Code

/** Sums, products and quotients of numbers between 1 and 2: no step loses digits. */
const tame = fc.letrec<{ e: Expr }>((tie) => ({
  e: fc.oneof(
    { depthSize: 'large', maxDepth: 6, withCrossShrink: true },
    fc.constantFrom<Expr>(local(f8, 0), local(f8, 1), constant(f8, 1.25), constant(f8, 3)),
    fc
      .tuple(fc.constantFrom('add' as const, 'mul' as const, 'div' as const), tie('e'), tie('e'))
      .map(([name, a, b]) => op(name, [a, b])),
  ),
})).e

const size = (e: Expr): number => (e.kind === 'op' ? e.args.reduce((n, a) => n + size(a), 1) : 0)
const someFlags = fc.oneof(fc.constant([...fastmathFlags]), fc.subarray([...fastmathFlags]))
const values = fc.double({ min: 1, max: 2, noNaN: true })
const kernelOf = (value: Expr): Kernel => ({
  ...{ name: 'k', source: '', nin: 2, outs: [2], arrays: [], checks: [] },
  locals: ['x', 'y', 'out'].map((name) => ({ type: f8, name })),
  body: [set(2, value)],
})

test('random kernels: with all flags each operation is as near as without', () => {
  let changed = 0
  fc.assert(
    fc.property(tame, values, values, someFlags, (e, x, y, flags) => {
      const before = bind(kernelOf(e), [f8, f8], [f8])
      const after = fastmath(before, flags, true)
      if (print(after) !== print(before)) changed++
      const [want, got] = [before, after].map((k) => Number(interpret(k, [], [x, y])[0]))
      if (want === undefined || got === undefined || !(want > 1e-200 && want < 1e200)) return
      // Half a unit for each rounding, before and after; a reciprocal adds one.
      const bound = 2 ** -52 * 2 * (1 + size(e))
      assert.ok(Math.abs(got - want) <= bound * want, `${got} instead of ${want}\n${print(after)}`)
    }),
    { numRuns: 2000 },
  )
  assert.ok(changed > 200, `${changed} kernels changed`)
})

test('the emitted code is the interpreter of the rewritten kernel', () => {
  const fma = fuses()
  fc.assert(
    fc.property(tame, fc.array(fc.tuple(values, values), { minLength: 9, maxLength: 9 }), (e, rows) => {
      const request = { kernel: kernelOf(e), inputs: [f8, f8], outputs: [f8], simd: true, fma }
      const kernel = lower({ ...request, fastmath: fastmathFlags })
      const out = runLoop(emitWasm({ ...request, kernel }), [], rows, { class: 'vector', step: () => 1 })
      if ('failed' in out) throw assert.unreachable('a check failed')
      rows.forEach((row, i) => {
        const [want = 0] = interpret(kernel, [], row)
        assert.ok(sameValue(want, out.columns[0]?.[i] ?? 0), print(kernel))
      })
    }),
    { numRuns: 60 },
  )
})

test.run()
