/** Kernels of arrays for tests: defined with a layout, run by the interpreter on arrays of any strides. */
import type { Code, TypedArray } from '../../src/dtype.ts'
import { dtypes } from '../../src/dtype.ts'
import { parseLayout } from '../../src/guvectorize/layout.ts'
import { infer } from '../../src/loops/kernel/infer.ts'
import type { CoreLayout } from '../../src/loops/kernel/infer-core.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import type { ArrayValue, Kernel, Tables, Value } from '../../src/loops/kernel/ir.ts'
import { define } from '../../src/loops/kernel/parse.ts'
import { parseSignature } from '../../src/loops/signature.ts'
import { CheckFailed } from '../../src/outside.ts'

export interface ArrayKernel {
  readonly kernel: Kernel
  readonly tables: Tables
  readonly inputs: readonly Code[]
  readonly outputs: readonly Code[]
}

/** `arrayKernel('(n),(n)->()', 'void(f8[:],f8[:],f8[:])', (a, b, out) => …)` */
export function arrayKernel(
  layoutText: string,
  signatureText: string,
  kernel: CallableFunction | string,
  env?: object,
): ArrayKernel {
  const layout = parseLayout(layoutText)
  const signature = parseSignature(signatureText)
  const operands = [...layout.inputs, ...layout.outputs]
  const nin = layout.inputs.length
  const core: CoreLayout = {
    nin,
    sizes: layout.dims.length,
    dims: operands.map((dims) => dims.map(({ dim }) => dim)),
  }
  const params = signature.inputs
  const ranks = operands.map((dims, k) => params[k]?.rank ?? dims.length)
  const definition = define(kernel, { arrays: { nin, ranks, once: false }, env })
  const returned = signature.outputs ?? []
  const codes = params.map((p) => p.code)
  const { kernel: made, tables } = infer(
    definition,
    codes,
    returned.map((p) => p.code),
    core,
  )
  const outputs = returned.length > 0 ? returned.map((p) => p.code) : codes.slice(nin)
  return { kernel: made, tables, inputs: codes.slice(0, nin), outputs }
}

/** An array in C order with these elements; `f8` unless told. */
export function dense(
  shape: readonly number[],
  values: readonly number[] = [],
  code: Code = 'f8',
): ArrayValue {
  const size = shape.reduce((a, b) => a * b, 1)
  const data = new dtypes[code].array(size) as TypedArray
  values.forEach((v, i) => {
    data[i] = dtypes[code].big ? BigInt(v) : v
  })
  const stride = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))
  return { data, shape, stride, offset: 0 }
}

export type Outcome =
  | { readonly results: readonly Value[] }
  | { readonly check: number; readonly index: number; readonly size: number }

/** What the interpreter makes of a kernel whose operands are numbers or arrays; arrays are written in place. */
export function interpreted(
  { kernel, tables }: Pick<ArrayKernel, 'kernel' | 'tables'>,
  operands: readonly (Value | ArrayValue)[],
  steps = 1e6,
): Outcome {
  const scalars = operands.slice(0, kernel.nin).map((v) => (typeof v === 'object' ? 0 : v))
  const arrays = (kernel.core?.views ?? []).map(({ operand }) => operands[operand] as ArrayValue)
  try {
    return { results: interpret(kernel, tables, scalars, { arrays, steps }) }
  } catch (error) {
    if (!(error instanceof CheckFailed)) throw error
    return { check: error.check, index: error.index, size: error.size }
  }
}
