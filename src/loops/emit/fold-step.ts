/** Accumulators in wasm locals, and one application of the kernel to them: what the functions of a reducing loop are made of. */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import type { Frame, Module, Ref } from './asm.ts'
import type { Control } from './control.ts'
import { emitKernel } from './frame.ts'
import { registers, resizeMask } from './lanes-cast.ts'
import type { FrameRequest } from './request.ts'
import { wasmType } from './scalar.ts'
import { emitCast, lanesOf, type Val } from './values.ts'

/** An accumulator in wasm locals. */
export interface Accumulator {
  readonly code: Code
  readonly ids: readonly number[]
}

export function accumulatorsOf(asm: Frame, { outputs, shape }: FrameRequest): Accumulator[] {
  return outputs.map((code) => {
    if (shape.lanes === 1) return { code, ids: [asm.local(wasmType(code))] }
    const width = code === 'b1' ? shape.widest : dtypes[code].bytes
    const ids = Array.from({ length: registers(shape.lanes, width) }, () => asm.local(binaryen.v128))
    return { code, ids }
  })
}

export function lanesIn(asm: Frame, { shape }: FrameRequest, { code, ids }: Accumulator): Val {
  if (shape.lanes === 1) return { uniform: true, type: code, ref: asm.get(ids[0] ?? 0) }
  const regs = ids.map((id) => asm.get(id))
  const width = code === 'b1' ? shape.widest : dtypes[code].bytes
  return { uniform: false, type: code, width, regs }
}

/** The kernel reads an operand's masks one byte wide. */
function asInput(asm: Frame, request: FrameRequest, accumulator: Accumulator): Val {
  const value = lanesIn(asm, request, accumulator)
  if (value.uniform || value.type !== 'b1') return value
  const { lanes, widest } = request.shape
  return { ...value, width: 1, regs: resizeMask(asm, value.regs, lanes, widest, 1) }
}

export function assign(control: Control, { ids }: Accumulator, value: Val): void {
  const { asm, lanes } = control
  if (lanes === 1 && value.uniform) asm.set(ids[0] ?? 0, value.ref)
  else {
    const regs = lanesOf(control, value)
    ids.forEach((id, j) => {
      asm.set(id, regs[j] ?? 0)
    })
  }
}

/** One application of the kernel to the accumulators and the next elements. */
export function emitStep(
  asm: Frame,
  request: FrameRequest,
  accumulators: readonly Accumulator[],
  element: (operand: number) => Val,
): Control {
  const { control, results } = emitKernel(asm, request, (operand) => {
    const accumulator = accumulators[operand]
    return accumulator ? asInput(asm, request, accumulator) : element(operand)
  })
  // All results are there before the first accumulator changes: they are locals of their own.
  accumulators.forEach((accumulator, k) => {
    const result = results[k]
    if (result) assign(control, accumulator, result)
  })
  return control
}

export const parameters = (count: number) => Array.from({ length: count }, () => binaryen.i32)

export function addFunction(
  m: Module,
  name: string,
  params: readonly number[],
  asm: Frame,
  body: readonly Ref[],
): void {
  const code = m.block(null, [...asm.prologue(), ...body, m.i32.const(0)], binaryen.i32)
  m.addFunction(name, binaryen.createType([...params]), binaryen.i32, asm.vars, code)
  m.addFunctionExport(name, name)
}

/** The accumulators of these elements alone: converted. */
export function emitStart(
  control: Control,
  accumulators: readonly Accumulator[],
  elements: number,
  element: (operand: number) => Val,
): void {
  accumulators.forEach((accumulator, k) => {
    const first = element(elements === accumulators.length ? k : 0)
    assign(control, accumulator, emitCast(control, first, accumulator.code))
  })
}
