/**
 * A kernel's body among the locals of a wasm function: where its values live, how inputs are read and results written. The loops
 * around it are those of loop.ts, fold.ts and indexed.ts.
 */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import { scan } from '../kernel/access.ts'
import type { Kernel } from '../kernel/ir.ts'
import { liveness } from '../kernel/liveness.ts'
import { type ArrayContext, arrayParams } from './arrays.ts'
import type { Frame, Ref } from './asm.ts'
import { type Control, emitStmts } from './control.ts'
import { arraysIn } from './counted.ts'
import { registers } from './lanes-cast.ts'
import { loadLanes, storeLanes } from './lanes-memory.ts'
import { contextParam, pointerParam } from './params.ts'
import type { ArrayParams } from './pointers.ts'
import type { FrameRequest } from './request.ts'
import { wasmType } from './scalar.ts'
import { scalarLoad, scalarStore } from './scalar-cast.ts'
import { needsReset } from './unset.ts'
import { lanesOf, type Place, type Val } from './values.ts'

function placesOf(asm: Frame, request: FrameRequest): Place[] {
  const { kernel, shape, uniformity } = request
  return kernel.locals.map((local, id) => {
    const uniform = shape.lanes === 1 || uniformity.locals.has(id)
    const width = local.type === 'b1' ? shape.widest : dtypes[local.type].bytes
    const ids = uniform
      ? [asm.local(wasmType(local.type))]
      : Array.from({ length: registers(shape.lanes, width) }, () => asm.local(binaryen.v128))
    return { type: local.type, uniform, ids }
  })
}

function zero(asm: Frame, place: Place): Ref {
  if (!place.uniform)
    return asm.hoisted('i64x2 0', binaryen.v128, () => asm.m.i64x2.splat(asm.m.i64.const(0n)))
  switch (wasmType(place.type)) {
    case binaryen.f32:
      return asm.m.f32.const(0)
    case binaryen.f64:
      return asm.m.f64.const(0)
    case binaryen.i64:
      return asm.m.i64.const(0n)
    default:
      return asm.m.i32.const(0)
  }
}

/** Where the lanes of an input operand come from. */
export type Reads = (operand: number) => Val

export function controlOf(asm: Frame, request: FrameRequest, input: Reads, unit = false): Control {
  const { kernel, shape, uniformity } = request
  const labels = shape.lanes === 1 ? allLabels(kernel) : uniformity.labels
  const made: Control = {
    asm,
    lanes: shape.lanes,
    maskWidth: shape.widest,
    places: placesOf(asm, request),
    arrayLengths: kernel.arrays.map((a) => a.length),
    arrays: null,
    context: contextParam,
    exec: null,
    keep: new Set(),
    liveness: liveness(kernel.body, kernel.outs),
    targets: new Map(),
    uniformLabels: labels,
    active: () => control.exec,
    input,
  }
  const control: Control = kernel.core
    ? {
        ...made,
        arrays: arraysIn(
          () => control,
          arrayContext(request, unit, () => control),
        ),
      }
    : made
  return control
}

/** What array operands need: they come after pointers and steps. `unit`: their last axes are known to be neighbours. */
function arrayContext(request: FrameRequest, unit: boolean, scalars: () => Control): ArrayContext {
  let access: ArrayContext['access'] | null = null
  return {
    params: arrayParamsOf(request, unit),
    // Code without loops, whose indices are numbers, never asks: it may be long.
    get found() {
      return scan(request.kernel)
    },
    get access() {
      access ??= new Map(scan(request.kernel).accesses.map((one) => [one.node, one]))
      return access
    },
    axis: request.axis ?? { kind: 'none' },
    pointers: new Map(),
    scalars,
  }
}

export const arrayParamsOf = ({ kernel, inputs, outputs }: FrameRequest, unit: boolean): ArrayParams =>
  arrayParams(
    kernel.core ?? { sizes: 0, views: [] },
    pointerParam,
    pointerParam(inputs.length + outputs.length),
    unit,
  )

/**
 * The next elements in memory: one, or as many as there are lanes, neighbours where there is no step. Neighbours may begin some
 * elements beyond the pointer.
 */
export function readLanes(
  asm: Frame,
  code: Code,
  lanes: number,
  pointer: number,
  step: number | null,
  first = 0,
): Val {
  if (lanes === 1) return { uniform: true, type: code, ref: scalarLoad(asm, code, asm.get(pointer)) }
  const regs = loadLanes(asm, code, lanes, pointer, step, first)
  return { uniform: false, type: code, width: code === 'b1' ? 1 : dtypes[code].bytes, regs }
}

/** Writes a value of as many lanes. */
export function writeLanes(
  control: Control,
  value: Val,
  pointer: number,
  step: number | null,
  first = 0,
): void {
  const { asm, lanes, maskWidth } = control
  if (lanes === 1 && value.uniform) asm.emit(scalarStore(asm, value.type, asm.get(pointer), value.ref))
  else storeLanes(asm, value.type, lanes, lanesOf(control, value), maskWidth, pointer, step, first)
}

/** The kernel's statements, here and now: its results afterwards, null for outputs that it writes itself. */
export function emitKernel(
  asm: Frame,
  request: FrameRequest,
  input: Reads,
  unit = false,
): { control: Control; results: (Val | null)[] } {
  const { kernel, outputs, shape } = request
  const control = controlOf(asm, request, input, unit)
  for (const id of needsReset(kernel)) {
    const place = control.places[id]
    for (const wasmLocal of place?.ids ?? []) if (place) asm.set(wasmLocal, zero(asm, place))
  }
  emitStmts(control, kernel.body)
  const results = outputs.map((type, k): Val | null => {
    const place = control.places[kernel.outs[k] ?? -1]
    if (!place) return null
    const { ids } = place
    if (place.uniform) return { uniform: true, type, ref: asm.get(ids[0] ?? 0) }
    const width = type === 'b1' ? shape.widest : dtypes[type].bytes
    return { uniform: false, type, width, regs: ids.map((id) => asm.get(id)) }
  })
  return { control, results }
}

function allLabels(kernel: Kernel): ReadonlySet<number> {
  const labels = new Set<number>()
  const walk = (body: Kernel['body']): void => {
    for (const s of body) {
      if (s.kind === 'if') {
        walk(s.then)
        walk(s.else)
      } else if (s.kind === 'loop' || s.kind === 'block') {
        labels.add(s.label)
        walk(s.body)
        if (s.kind === 'loop') walk(s.update)
      }
    }
  }
  walk(kernel.body)
  return labels
}
