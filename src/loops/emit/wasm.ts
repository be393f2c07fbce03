/** A bound kernel to a wasm module: `vector` and `strided`, two stride classes of one loop. */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import { filledOperands } from '../kernel/filled.ts'
import { cast, type Kernel, set } from '../kernel/ir.ts'
import { lockstep } from '../kernel/lockstep.ts'
import { analyseUniformity } from '../kernel/uniform.ts'
import { contextLayout, formInputs, type LoopForm, type WasmLoop } from '../loop.ts'
import { arrayFacts } from './array-notes.ts'
import type { Module } from './asm.ts'
import { batchOf } from './batch.ts'
import { addPartials, addScan, partialShape } from './fold.ts'
import { addColumns } from './fold-columns.ts'
import { addRuns } from './fold-runs.ts'
import { addStreams, streamsOf } from './fold-streams.ts'
import { addIndexed } from './indexed.ts'
import { addLoop, contextBytes } from './loop.ts'
import type { FrameRequest } from './request.ts'
import { addRows } from './rows.ts'
import { chooseShape } from './shape.ts'
import { addStaging } from './staging.ts'

/** The most a 32-bit memory can have: what the imported memory may declare. */
const maximumPages = 65536

export interface EmitRequest {
  readonly kernel: Kernel
  readonly inputs: readonly Code[]
  readonly outputs: readonly Code[]
  readonly simd: boolean
  readonly x86?: boolean
  readonly boundscheck?: boolean
  readonly form?: LoopForm
  /** Whether the kernel may hold `fma`, which becomes relaxed SIMD. */
  readonly fma?: boolean
  /** Of a reducing loop; `join` is the kernel on two lots of accumulators, null where there is no such thing. */
  readonly fold?: { readonly join: EmitRequest | null }
  /** What the loop says of it. */
  readonly ends?: boolean
}

/** What is emitted, and how: the frame's request. */
function frameOf({
  kernel: given,
  inputs,
  outputs,
  simd,
  x86 = false,
  form = 'map',
}: EmitRequest): FrameRequest {
  const shape = chooseShape(given, simd && form !== 'indexed', analyseUniformity(given).varies)
  const kernel = shape.lanes > 1 ? lockstep(given) : given
  const uniformity = analyseUniformity(kernel)
  return { kernel, inputs: formInputs(form, inputs), outputs, shape, uniformity, form, simd, x86 }
}

/** Memory first: an instruction names the memory that exists when it is made. */
function importMemory(m: Module, shared: boolean): void {
  m.setMemory(1, maximumPages, null, [], shared)
  m.addMemoryImport('0', 'env', 'memory', shared)
}

/** Both stride classes of a loop; scalar code is the same in both. */
function addClasses(m: Module, request: FrameRequest, vector: string, strided: string): void {
  if (request.form === 'indexed') addIndexed(m, strided, request)
  else addLoop(m, strided, request, true)
  if (request.shape.lanes === 1 && !request.kernel.core) m.addFunctionExport(strided, vector)
  else addLoop(m, vector, request, false)
}

interface Built {
  readonly m: Module
  readonly frames: readonly FrameRequest[]
}

function buildModule(request: EmitRequest, frame: FrameRequest): Built {
  const m = new binaryen.Module()
  m.setFeatures(
    binaryen.Features.SIMD128 |
      binaryen.Features.BulkMemory |
      binaryen.Features.Atomics |
      binaryen.Features.NontrappingFPToInt |
      binaryen.Features.SignExt |
      (request.fma ? binaryen.Features.RelaxedSIMD : 0),
  )
  importMemory(m, true)
  addClasses(m, frame, 'vector', 'strided')
  if (!request.fold && !request.kernel.core) {
    const operands = frame.inputs.length + frame.outputs.length
    addRows(m, 'vectorRows', frame.shape.lanes === 1 ? 'strided' : 'vector', operands)
    addRows(m, 'stridedRows', 'strided', operands)
  }
  const frames = request.fold ? [frame, ...addFold(m, request, frame, request.fold)] : [frame]
  const staged = frames.filter(({ shape }) => shape.lanes > 1)
  addStaging(
    m,
    new Set(staged.flatMap(({ inputs, outputs }) => [...inputs, ...outputs].map((c) => dtypes[c].bytes * 8))),
  )
  return { m, frames }
}

/** What a reducing loop has besides: see loop.ts. Returns the frames of further inner loops. */
function addFold(
  m: Module,
  request: EmitRequest,
  frame: FrameRequest,
  { join }: { join: EmitRequest | null },
): FrameRequest[] {
  const { outputs, shape } = frame
  const elements = frame.inputs.slice(outputs.length)
  const same = elements.length === outputs.length && elements.every((code, k) => code === outputs[k])
  const conversion = conversionKernel(elements, outputs)
  const start = frameOf({ kernel: conversion, inputs: elements, outputs, simd: request.simd, x86: frame.x86 })
  addLoop(m, 'start', start, true)
  addScan(m, 'scan', { ...frame, shape: { ...shape, lanes: 1 } })
  if (!join) return [start]
  const partial = { ...frame, shape: partialShape(shape) }
  addPartials(m, 'partialsStrided', partial, true)
  if (shape.lanes > 1) addPartials(m, 'partials', partial, false)
  const streams = streamsOf(frame)
  if (streams) addStreams(m, 'streams', frame, streams)
  addRuns(m, 'runs', frame, streams)
  addColumns(m, 'columns', frame)
  if (same) {
    m.addFunctionExport(shape.lanes === 1 ? 'strided' : 'vector', 'joinVector')
    m.addFunctionExport('strided', 'joinStrided')
    return [start]
  }
  const joining = frameOf(join)
  addClasses(m, joining, 'joinVector', 'joinStrided')
  return [start, joining]
}

/** Elements to accumulators: each its own, or one element to all. */
function conversionKernel(elements: readonly Code[], accumulators: readonly Code[]): Kernel {
  const input = (k: number) => (elements.length === accumulators.length ? k : 0)
  return {
    ...{ name: 'start', source: '', nin: elements.length, arrays: [], checks: [] },
    locals: accumulators.map((type, k) => ({ type, name: `acc${k}` })),
    outs: accumulators.map((_, k) => k),
    body: accumulators.map((type, k) => {
      const operand = input(k)
      return set(k, cast(type, { kind: 'input', type: elements[operand] ?? type, operand }))
    }),
  }
}

/** What `explain()` says of lanes. */
function laneReport(
  { kernel, simd, boundscheck = true }: EmitRequest,
  frame: FrameRequest,
): Pick<WasmLoop, 'vectorized' | 'lanes' | 'interleave' | 'notes'> {
  const own = [...frame.shape.notes, ...(kernel.notes ?? [])]
  if (kernel.core) {
    const { lanes, interleave, notes } = arrayFacts(kernel, simd, boundscheck, batchOf(frame))
    return { vectorized: lanes * interleave > 1, lanes, interleave, notes: [...own, ...notes] }
  }
  const { vectorized, lanes, widest } = frame.shape
  if (!vectorized) return { vectorized, lanes: 1, interleave: 1, notes: own }
  return { vectorized, lanes: 16 / widest, interleave: (lanes * widest) / 16, notes: own }
}

/** Emits the loop. The kernel has been bound: its outs have the outputs' dtypes. */
export function emitWasm(request: EmitRequest): WasmLoop {
  const { kernel, inputs, outputs, fold, fma = false, ends = true } = request
  const frame = frameOf(request)
  const { m, frames } = buildModule(request, frame)
  try {
    const shared = m.emitBinary()
    // The two binaries differ in the import alone.
    importMemory(m, false)
    const unshared = m.emitBinary()
    const loop: WasmLoop = {
      isa: 'wasm',
      form: frame.form,
      name: kernel.name,
      inputs: frame.inputs,
      outputs,
      shared,
      unshared,
      fma,
      ...laneReport(request, frame),
      checks: kernel.checks,
      ends,
      ...(kernel.core ? { core: kernel.core, fills: filledOperands(kernel) } : {}),
      context: { ...contextLayout, bytes: Math.max(...frames.map(contextBytes)) },
    }
    if (!fold) return loop
    return { ...loop, fold: { elements: inputs.slice(outputs.length), accumulators: outputs } }
  } finally {
    m.dispose()
  }
}

/** The text of the module. */
export function emitWat(request: EmitRequest): string {
  const { m } = buildModule(request, frameOf(request))
  try {
    return m.emitText()
  } finally {
    m.dispose()
  }
}
