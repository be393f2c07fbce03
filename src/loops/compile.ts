/** The pipeline, one line a pass: a typed kernel and the dtypes of its operands in memory, to a loop. */
import type { Code } from '../dtype.ts'
import { type EmitRequest, emitWasm, emitWat } from './emit/wasm.ts'
import { emitWgsl, readsOf } from './emit/wgsl/emit.ts'
import { type Sharing, sharing } from './emit/wgsl/shared.ts'
import { classOf, pairClasses } from './emit/wgsl/types.ts'
import { bind } from './kernel/bind.ts'
import { bounds } from './kernel/bounds.ts'
import { chunked } from './kernel/chunks.ts'
import { closed } from './kernel/closed.ts'
import { surelyEnds } from './kernel/ends.ts'
import { expand } from './kernel/expand.ts'
import { fastmath } from './kernel/fastmath.ts'
import { filledOperands } from './kernel/filled.ts'
import { type Forked, fork } from './kernel/fork.ts'
import { integral } from './kernel/integral.ts'
import { cast, type Kernel, type Local, local, set } from './kernel/ir.ts'
import { distinctLabels } from './kernel/labels.ts'
import { mask } from './kernel/mask.ts'
import { maskFold } from './kernel/mask-fold.ts'
import { narrow } from './kernel/narrow.ts'
import { parallel } from './kernel/parallel.ts'
import { popcounts } from './kernel/popcount.ts'
import { print } from './kernel/print.ts'
import { simplify } from './kernel/simplify.ts'
import {
  type CompileRequest,
  formInputs,
  type IrLoop,
  type LoopOf,
  type SplitLoop,
  type WasmLoop,
  type WgslLoop,
} from './loop.ts'

type Pass = readonly [name: string, run: (kernel: Kernel, request: CompileRequest) => Kernel]

/** In order. Each means the same as the one before: the interpreter is asked in the tests. */
export const passes: readonly Pass[] = [
  ['infer', (kernel) => kernel],
  ['chunked', (kernel) => chunked(kernel)],
  ['bind', (kernel, { inputs, outputs }) => bind(kernel, inputs, outputs)],
  ['mask', (kernel, { form }) => (form === 'masked' ? mask(kernel) : kernel)],
  ['simplify', (kernel) => simplify(kernel)],
  ['fastmath', (kernel, { fastmath: flags = [], fma = false }) => fastmath(kernel, flags, fma)],
  ['integral', (kernel) => integral(kernel)],
  ['narrow', (kernel) => narrow(kernel)],
  ['simplify again', (kernel) => simplify(kernel)],
  ['popcounts', (kernel) => popcounts(kernel)],
  ['expand', (kernel, { fma, wide }) => expand(kernel, fma, wide)],
  ['closed', (kernel) => closed(kernel)],
  ['bounds', (kernel, { boundscheck }) => bounds(kernel, boundscheck === false)],
  ['parallel', (kernel, { simd }) => (simd ? parallel(kernel) : kernel)],
]

/** The kernel that is emitted. */
export const lower = (request: CompileRequest): Kernel =>
  passes.reduce((kernel, [, run]) => run(kernel, request), request.kernel)

const lowered = (request: CompileRequest): EmitRequest => ({
  ...request,
  kernel: lower(request),
  ends: surelyEnds(request.kernel),
})

/** What is emitted: the loop, and for a reducing one how two accumulators meet. */
function emitted(request: CompileRequest): EmitRequest {
  const own = flagged(request)
  if (!isFold(request)) return lowered(own)
  const accumulators = own.outputs
  const join =
    own.inputs.length === 2 * accumulators.length
      ? lowered({ ...own, inputs: [...accumulators, ...accumulators] })
      : null
  return { ...lowered(own), fold: { join } }
}

const isFold = ({ form }: CompileRequest): boolean => form === 'fold' || form === 'masked fold'

/** In a masked fold the accumulators have a flag behind them, and so have the elements. */
function flagged(request: CompileRequest): CompileRequest {
  if (request.form !== 'masked fold') return request
  const withFlag = (codes: readonly Code[]): Code[] => [...codes, 'b1']
  const { inputs, outputs } = request
  return {
    ...request,
    kernel: maskFold(request.kernel),
    inputs: [...withFlag(inputs.slice(0, outputs.length)), ...withFlag(inputs.slice(outputs.length))],
    outputs: withFlag(outputs),
  }
}

export function compile(request: CompileRequest): WasmLoop {
  const loop = emitWasm(emitted(request))
  if (request.form !== undefined && request.form !== 'map') return loop
  const { forked, notes } = fork(request.kernel, request.outputs.length)
  return { ...loop, notes: [...loop.notes, ...notes], ...(forked && { split: splitLoop(request, forked) }) }
}

function splitLoop(request: CompileRequest, { main, ranges, floats, ints }: Forked): SplitLoop {
  const on = (kernel: Kernel, beyond: readonly Code[]): WasmLoop =>
    emitWasm(lowered({ ...request, kernel, outputs: [...request.outputs, 'f8', 'i8', ...beyond] }))
  return {
    main: on(main, []),
    ranges: ranges.map(({ kernel, own, repeatable }) => ({ loop: on(kernel, ['u1']), own, repeatable })),
    floats,
    ints,
  }
}

/** The text of the emitted module. */
export function wat(request: CompileRequest): string {
  return emitWat(emitted(request))
}

/** For the gpu: no fused multiply-adds, which drivers may or may not fuse, and no f8. */
function forGpu(request: CompileRequest): {
  readonly kernel: Kernel
  readonly code: string
  readonly shared?: Sharing & { readonly code: string }
} {
  // There, every reducing loop knows which accumulators hold something: so nothing needs to be told of what is missing.
  const own = isFold(request) ? flagged({ ...request, form: 'masked fold' }) : request
  const on = (inputs: readonly Code[]) =>
    lower({ ...own, inputs, outputs: own.outputs, simd: false, fma: false, wide: false })
  const { form = 'map', inputs, outputs } = own
  const kernel = on(inputs)
  const returned = kernel.core && kernel.outs.length === 0 ? [] : outputs
  const reads = readsOf(form, inputs, outputs)
  const element = { name: 'element', kernel, reads, outputs: returned } as const
  const classes = request.precision === 'float-float' ? pairClasses : classOf
  if (!isFold(request)) {
    const code = emitWgsl([element], classes)
    const shared = sharing(kernel)
    const together = shared ? emitWgsl([{ ...element, sharing: shared }], classes) : 'leave'
    // By `leave` WGSL does not see that all go the same way.
    return shared && !/\bleave\b/.test(together)
      ? { kernel, code, shared: { ...shared, code: together } }
      : { kernel, code }
  }
  const both = [...outputs, ...outputs]
  const join = { name: 'join', kernel: on(both), reads: both, outputs } as const
  return { kernel, code: emitWgsl([element, join], classes) }
}

export function compileWgsl(request: CompileRequest): WgslLoop {
  const { kernel, code, shared } = forGpu(request)
  const { form = 'map', outputs } = request
  const { name, notes = [], checks, core } = kernel
  const inputs = formInputs(form, request.inputs)
  const reads = readsOf(form, request.inputs, outputs)
  return {
    isa: 'wgsl',
    form,
    name,
    inputs,
    outputs,
    reads,
    code,
    notes: [...notes, ...(shared?.notes ?? [])],
    checks,
    ...(core ? { core, returns: kernel.outs.length > 0, fills: filledOperands(kernel) } : {}),
    ...(shared ? { shared: { code: shared.code, rounds: shared.rounds } } : {}),
  }
}

/** For targets that emit code of their own: what it means on every machine, so no fused multiply-adds, nothing marked for lanes, no label twice. */
export function compileIr(request: CompileRequest): IrLoop {
  const { form = 'map' } = request
  const own = flagged(request)
  const { inputs, outputs } = own
  const on = (memory: readonly Code[]) =>
    distinctLabels(lower({ ...own, inputs: memory, form: 'map', simd: false, fma: false }))
  const kernel = on(inputs)
  const { name, notes = [], checks, core } = kernel
  const operands = [...formInputs(form, inputs), ...outputs]
  for (const { operand, type } of core?.views ?? []) operands[operand] ??= type
  const loop = {
    isa: 'ir',
    form,
    name,
    inputs: formInputs(form, inputs),
    outputs,
    operands,
    kernel,
    notes,
    checks,
  } as const
  if (!isFold(request)) return loop
  const join = on([...outputs, ...outputs])
  const elements = inputs.slice(outputs.length)
  return {
    ...loop,
    fold: { join, start: conversion(name, elements, outputs), move: conversion(name, outputs, outputs) },
  }
}

/** Operands of these dtypes to those, one by one. */
function conversion(name: string, from: readonly Code[], to: readonly Code[]): Kernel {
  const locals = to.map((type, k): Local => ({ type, name: `out${k}` }))
  const parameters = from.map((type, k): Local => ({ type, name: `in${k}` }))
  const reads = from.map((type, operand) => set(operand, { kind: 'input', type, operand }))
  const writes = to.map((type, k) => set(from.length + k, cast(type, local(from[k] ?? type, k))))
  return {
    ...{ name, source: '', nin: from.length, arrays: [], checks: [] },
    locals: [...parameters, ...locals],
    outs: to.map((_, k) => from.length + k),
    body: [...reads, ...writes],
  }
}

/** The text of the shader's functions. */
export function wgsl(request: CompileRequest): string {
  const { code, shared } = forGpu(request)
  return shared ? `${code}\n\n// Where a workgroup takes a core call\n${shared.code}` : code
}

/** The IR after each pass. */
export function ir(given: CompileRequest): string {
  const request = flagged(given)
  let kernel = request.kernel
  return passes
    .map(([name, run]) => {
      kernel = run(kernel, request)
      return `;; ${name}\n${print(kernel)}`
    })
    .join('\n\n')
}

/** What the compile thread, or the page, is asked for. */
export interface JobResults extends LoopOf {
  readonly 'wat text': string
  readonly 'wgsl text': string
  readonly 'ir text': string
}
export type Job = keyof JobResults

export const jobs: { readonly [J in Job]: (request: CompileRequest) => JobResults[J] } = {
  wasm: compile,
  wgsl: compileWgsl,
  ir: compileIr,
  'wat text': wat,
  'wgsl text': wgsl,
  'ir text': ir,
}
