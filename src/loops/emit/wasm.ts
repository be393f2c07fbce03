/** A bound kernel to a wasm module: `vector` and `strided`, two stride classes of one loop. */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import type { Kernel } from '../kernel/ir.ts'
import type { Op } from '../kernel/ops.ts'
import { analyseUniformity } from '../kernel/uniform.ts'
import { contextLayout, type LoopForm, type WasmLoop } from '../loop.ts'
import { importOutside, type Module } from './asm.ts'
import { addLoop, contextBytes, type FrameRequest } from './frame.ts'
import { chooseShape } from './shape.ts'
import { addStaging } from './staging.ts'

/** The most a 32-bit memory can have: what the imported memory may declare. */
const maximumPages = 65536

export interface EmitRequest {
  readonly kernel: Kernel
  readonly inputs: readonly Code[]
  readonly outputs: readonly Code[]
  readonly simd: boolean
  readonly form?: LoopForm
  /** Whether the kernel may hold `fma`, which becomes relaxed SIMD. */
  readonly fma?: boolean
}

/** What is emitted, and how: the frame's request. */
function frameOf({ kernel, inputs, outputs, simd, form = 'map' }: EmitRequest): FrameRequest {
  const uniformity = analyseUniformity(kernel)
  const shape = chooseShape(kernel, simd, uniformity.varies)
  const operands: readonly Code[] = form === 'masked' ? [...inputs, 'b1'] : inputs
  return { kernel, inputs: operands, outputs, shape, uniformity, form }
}

/** Memory first: an instruction names the memory that exists when it is made. */
function importMemory(m: Module, shared: boolean): void {
  m.setMemory(1, maximumPages, null, [], shared)
  m.addMemoryImport('0', 'env', 'memory', shared)
}

function buildModule(request: FrameRequest, fma: boolean): { m: Module; imports: ReadonlySet<Op> } {
  const m = new binaryen.Module()
  m.setFeatures(
    binaryen.Features.SIMD128 |
      binaryen.Features.BulkMemory |
      binaryen.Features.Atomics |
      binaryen.Features.NontrappingFPToInt |
      binaryen.Features.SignExt |
      (fma ? binaryen.Features.RelaxedSIMD : 0),
  )
  importMemory(m, true)
  const imports = new Set<Op>()
  addLoop(m, 'strided', request, true, imports)
  if (request.shape.lanes === 1) m.addFunctionExport('strided', 'vector')
  else {
    addLoop(m, 'vector', request, false, imports)
    addStaging(m, new Set([...request.inputs, ...request.outputs].map((c) => dtypes[c].bytes * 8)))
  }
  importOutside(m, imports)
  return { m, imports }
}

/** Emits the loop. The kernel has been bound: its outs have the outputs' dtypes. */
export function emitWasm(emit: EmitRequest): WasmLoop {
  const request = frameOf(emit)
  const { kernel, shape } = request
  const { fma = false } = emit
  const { m, imports } = buildModule(request, fma)
  try {
    const shared = m.emitBinary()
    // The two binaries differ in the import alone.
    importMemory(m, false)
    const unshared = m.emitBinary()
    return {
      isa: 'wasm',
      form: request.form,
      name: kernel.name,
      inputs: request.inputs,
      outputs: request.outputs,
      shared,
      unshared,
      math: [...imports],
      vectorized: shape.vectorized,
      fma,
      lanes: shape.vectorized ? 16 / shape.widest : 1,
      interleave: shape.vectorized ? (shape.lanes * shape.widest) / 16 : 1,
      notes: shape.notes,
      checks: kernel.checks,
      context: { ...contextLayout, bytes: contextBytes(request) },
    }
  } finally {
    m.dispose()
  }
}

/** The text of the module. */
export function emitWat(emit: EmitRequest): string {
  const { m } = buildModule(frameOf(emit), emit.fma === true)
  try {
    return m.emitText()
  } finally {
    m.dispose()
  }
}
