/** One math function as a loop of its own: over whole arrays, for tests of values, accuracy and speed. */
import { dtypes, type FloatCode, type TypedArray } from '../../src/dtype.ts'
import { emitWasm } from '../../src/loops/emit/wasm.ts'
import { expand } from '../../src/loops/kernel/expand.ts'
import { type Kernel, op, set } from '../../src/loops/kernel/ir.ts'
import { type Op, opRow } from '../../src/loops/kernel/ops.ts'

export interface FunctionOptions {
  readonly simd?: boolean
  readonly fma?: boolean
}

/** out = name(x) or name(x, y), unexpanded. */
export function kernelOf(name: Op, type: FloatCode): Kernel {
  const { arity } = opRow(name)
  const inputs = Array.from({ length: arity }, (_, k) => k)
  return {
    name,
    source: '',
    locals: [...inputs.map((k) => ({ type, name: `x${k}` })), { type, name: 'out' }],
    nin: arity,
    outs: [arity],
    arrays: [],
    checks: [],
    body: [
      set(
        arity,
        op(
          name,
          inputs.map((operand) => ({ kind: 'input', type, operand })),
        ),
      ),
    ],
  }
}

const page = 65536

export interface Runner {
  readonly inputs: readonly TypedArray[]
  readonly output: TypedArray
  /** Computes the first n elements. */
  run(n: number): void
}

/** The function compiled, with room for `n` elements a column. */
export const functionLoop = (name: Op, type: FloatCode, n: number, options: FunctionOptions = {}): Runner =>
  kernelLoop(kernelOf(name, type), n, options)

/** A kernel of one result compiled, with room for `n` elements a column. */
export function kernelLoop(unexpanded: Kernel, n: number, options: FunctionOptions = {}): Runner {
  const { simd = true, fma = false } = options
  const kernel = expand(unexpanded, fma)
  const codes = [...kernel.locals.slice(0, kernel.nin), ...kernel.outs.map((id) => kernel.locals[id])]
  const types = codes.map((local) => local?.type ?? 'f8')
  const inputs = types.slice(0, kernel.nin)
  const outputs = types.slice(kernel.nin)
  const loop = emitWasm({ kernel, inputs, outputs, simd, fma })
  // An odd number of lines between columns, so that they do not meet in the same cache sets.
  const column = Math.ceil((n * 8 + 4160) / 64) * 64
  const pages = Math.ceil((4096 + column * types.length) / page)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(loop.shared as BufferSource), {
    env: { memory },
  })
  const at = (k: number) => 4096 + k * column
  const views = types.map((type, k) => new dtypes[type].array(memory.buffer, at(k), n))
  const vector = exports.vector as (...args: number[]) => number
  const operands = types.flatMap((type, k) => [at(k), dtypes[type].bytes])
  return {
    inputs: views.slice(0, kernel.nin),
    output: views[kernel.nin] as TypedArray,
    run: (count) => void vector(1024, count, ...operands),
  }
}
