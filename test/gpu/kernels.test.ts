/** The shaders against the interpreter: random kernels of all types, bit for bit, but where a float32 is subnormal on the way. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { makePlan } from '../../src/broadcast/plan.ts'
import type { Strided } from '../../src/broadcast/view.ts'
import { type Code, dtypes, type TypedArray } from '../../src/dtype.ts'
import { ready } from '../../src/index.ts'
import { compileWgsl } from '../../src/loops/compile.ts'
import { bind } from '../../src/loops/kernel/bind.ts'
import { sameValue } from '../../src/loops/kernel/evaluate.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import type { Expr, Kernel, Value } from '../../src/loops/kernel/ir.ts'
import { print } from '../../src/loops/kernel/print.ts'
import { acquireGpu } from '../../src/targets/gpu/device.ts'
import { gpu } from '../../src/targets/gpu/gpu.ts'
import * as ufuncs from '../../src/ufuncs.ts'
import { type RandomKernel, type RandomOptions, randomKernel } from '../kernel/random-kernel.ts'
import { skip } from '../skip.ts'
import { reasonForNoGpu } from './driver.ts'

const column = (code: Code, values: readonly Value[]): Strided => {
  const data = new dtypes[code].array(values.length) as TypedArray
  values.forEach((value, i) => {
    data[i] = (dtypes[code].big ? BigInt(value) : Number(value)) as number
  })
  return { data, code, shape: [values.length], stride: [1], offset: 0 }
}

const typesOf = (kernel: Kernel, ids: readonly number[]) => ids.map((id) => kernel.locals[id]?.type ?? 'f8')

/** A driver may take these for zeros; what is a little smaller may be rounded to the last of them. */
const isSubnormal = (e: Expr, value: Value): boolean =>
  e.type === 'f4' && value !== 0 && Math.abs(Number(value)) <= 2 ** -126

async function check({ kernel, tables, rows }: RandomKernel): Promise<void> {
  const inputs = typesOf(
    kernel,
    Array.from({ length: kernel.nin }, (_, k) => k),
  )
  const outputs = typesOf(kernel, kernel.outs)
  const loop = compileWgsl({ kernel, inputs, outputs, simd: false })
  const bound = bind(kernel, inputs, outputs)
  const operands = [
    ...inputs.map((code, k) =>
      column(
        code,
        rows.map((row) => row[k] ?? 0),
      ),
    ),
    ...outputs.map((code) =>
      column(
        code,
        rows.map(() => 0),
      ),
    ),
  ]
  const plan = makePlan([rows.length], operands)
  await gpu.load(loop, tables).run?.(operands, plan, { threads: 1, calls: 0, bytesCopied: 0 })
  rows.forEach((row, i) => {
    let subnormal = false
    const onExpr = (e: Expr, value: Value) => {
      subnormal ||= isSubnormal(e, value)
    }
    const want = interpret(bound, tables, row, { steps: 100000, onExpr })
    // From there on it is not known what is right.
    if (subnormal) return
    outputs.forEach((code, k) => {
      const raw = operands[inputs.length + k]?.data[i] ?? NaN
      const got: Value = code === 'b1' ? raw !== 0 : raw
      const expected = want[k] ?? NaN
      if (sameValue(expected, got)) return
      const text = `row ${row.map(String)}, output ${k}: ${got} instead of ${expected}\n${print(bound)}\n${loop.code}`
      assert.unreachable(text)
    })
  })
}

const cases: [string, RandomOptions][] = [
  ['integers, straight', { types: ['i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'b1'], loops: false }],
  [
    'narrowed integers',
    { types: ['i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8'], loops: false, narrowed: true },
  ],
  ['64 bits', { types: ['i8', 'u8', 'b1'], loops: false }],
  ['integers, with loops', { types: ['i4', 'u1', 'b1', 'i8'] }],
  ['float32, straight', { types: ['f4', 'b1'], loops: false }],
  ['float64, straight', { types: ['f8', 'b1'], loops: false }],
  ['all types, with loops', {}],
  ['tables', { types: ['f4', 'i4', 'i8', 'b1'], tables: true }],
]
const runs = Number(process.env.LANEWISE_TEST_RUNS ?? 20)

const reason = await reasonForNoGpu()
for (const [name, options] of cases) {
  const title = `the gpu on random kernels: ${name}`
  if (reason !== null) skip(title, reason)
  else
    test(title, () =>
      fc.assert(fc.asyncProperty(randomKernel({ ...options, size: 60 }), check), {
        numRuns: runs,
        interruptAfterTimeLimit: 60000,
        includeErrorInReport: true,
      }),
    )
}

const title = 'the WGSL of every function that comes with lanewise is valid'
if (reason !== null) skip(title, reason)
else
  test(title, async () => {
    await ready()
    const { device } = await acquireGpu()
    const outside = [
      'struct Parameters { zero: u32 }',
      '@group(0) @binding(0) var<uniform> lw: Parameters;',
      '@group(0) @binding(1) var<storage, read> tables: array<u32>;',
      '@group(0) @binding(2) var<storage, read_write> failed: array<atomic<u32>, 4>;',
    ]
    for (const f of Object.values(ufuncs))
      for (const type of f.types) {
        if (type.includes('f8')) continue
        const code = [...outside, f.inspect('wgsl', type)].join('\n')
        const { messages } = await device.createShaderModule({ code }).getCompilationInfo()
        assert.equal(
          messages.map(({ message }) => message),
          [],
          `${f.name} ${type}`,
        )
      }
  })

test.run()
