/**
 * Functions of `lanewise/math` called from JavaScript, with numbers. They are interpreted at first, so that they work wherever and whenever
 * they are called, and compiled once a program calls them often: the same bits, as neither uses fused multiply-adds.
 */
import { settings } from '../settings.ts'
import { compiler } from './compiler.ts'
import { applyFunction } from './kernel/expand.ts'
import { type Kernel, op, set } from './kernel/ir.ts'
import { functionOf } from './kernel/math/functions.ts'
import { type Op, opRow } from './kernel/ops.ts'

/** A function of one operand ignores the second. */
type Scalar = (x: number, y: number) => number

/** After so many calls it is compiled, which takes as long as some hundreds of them. */
const often = 200

/** out = name(x) or name(x, y). */
function kernelOf(name: Op): Kernel {
  const { arity } = opRow(name)
  const operands = Array.from({ length: arity }, (_, k) => k)
  const inputs = operands.map((operand) => ({ kind: 'input', type: 'f8', operand }) as const)
  return {
    ...{ name, source: '', nin: arity, outs: [arity], arrays: [], checks: [] },
    locals: [...operands, arity].map((k) => ({ type: 'f8', name: k === arity ? 'out' : `x${k}` })),
    body: [set(arity, op(name, inputs))],
  }
}

/** Operands and results, and behind them the context block: of all functions, because no call is interrupted by another. */
let memory: WebAssembly.Memory | undefined
const context = 1024

function compiled(name: Op): Scalar {
  const { arity } = opRow(name)
  const inputs = Array<'f8'>(arity).fill('f8')
  const loop = compiler.compile('wasm', { kernel: kernelOf(name), inputs, outputs: ['f8'], simd: false })
  memory ??= new WebAssembly.Memory({ initial: 1, maximum: 65536 })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(loop.unshared as BufferSource), {
    env: { memory },
  })
  const run = exports.vector as (context: number, n: number, ...operands: number[]) => number
  const values = new Float64Array(memory.buffer, 0, 3)
  if (arity === 1)
    return (x) => {
      values[0] = x
      run(context, 1, 0, 8, 16, 8)
      return values[2] as number
    }
  return (x, y) => {
    values[0] = x
    values[1] = y
    run(context, 1, 0, 8, 8, 8, 16, 8)
    return values[2] as number
  }
}

/** An op on f8 as a function of numbers; what is one instruction anyway is never compiled. */
export function calledFunction(name: Op): Scalar {
  const { arity } = opRow(name)
  if (!functionOf(name)) return (x, y) => applyFunction(name, 'f8', [Number(x), Number(y)])
  let left = often
  let wait = often
  const interpreted: Scalar = (x, y) => {
    if (--left <= 0 && settings.jit) {
      try {
        run = compiled(name)
        return run(x, y)
      } catch {
        // No compiler yet, or no WebAssembly: later, perhaps.
        wait *= 2
        left = wait
      }
    }
    return applyFunction(name, 'f8', arity === 1 ? [x] : [x, y])
  }
  let run = interpreted
  return (x, y) => run(Number(x), Number(y))
}
