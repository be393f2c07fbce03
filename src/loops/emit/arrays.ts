/**
 * Array operands. A core call has a pointer to the first element of each, the core sizes, and the byte step of each axis. An index
 * that is not known to be inside is compared with its size before an address is made of it, so that no memory outside the operand
 * is touched. On lanes, an element is uniform, or lies at a fixed step from lane to lane.
 */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import type { Access, Element, Scan } from '../kernel/access.ts'
import type { Core, Expr, Store } from '../kernel/ir.ts'
import { type Pack, placeIn } from '../kernel/packs.ts'
import { movesOf } from '../kernel/parallel.ts'
import type { Ref } from './asm.ts'
import type { Control } from './control.ts'
import { choose } from './lanes.ts'
import { resizeMask } from './lanes-cast.ts'
import { gather, gatherFrom, loadLanes, scatter, scatterTo, storeLanes } from './lanes-memory.ts'
import { type ArrayParams, bytesOf, isUnit, type Pointers, stride } from './pointers.ts'
import { rowAccesses } from './row-accesses.ts'
import { scalarLoad, scalarStore } from './scalar-cast.ts'
import { type Arrays, type Body, emitExpr, fail, lanesOf } from './values.ts'

/** Core sizes come first from parameter `first` on, then the steps, operand by operand. */
export function arrayParams(
  core: Core,
  pointer: (operand: number) => number,
  first: number,
  unit: boolean,
): ArrayParams {
  const steps: number[][] = core.views.map(() => [])
  let next = first + core.sizes
  const inOrder = core.views.map((view, k) => ({ view, k })).sort((a, b) => a.view.operand - b.view.operand)
  for (const { view, k } of inOrder) {
    steps[k] = view.dims.map((dim) => (dim < 0 ? -1 : next++))
  }
  return {
    core,
    pointer,
    size: (dim) => first + dim,
    step: (view, axis) => steps[view]?.[axis] ?? -1,
    count: next - first,
    unit,
  }
}

/** What tells lanes apart: nothing, a counter of the kernel, or the loop dimension, in which every operand has a byte step. */
export type LaneAxis =
  | { readonly kind: 'none' }
  | { readonly kind: 'counter'; readonly counter: number }
  /** `step` is null where cores of all operands are neighbours, element by element. */
  | {
      readonly kind: 'loop'
      readonly step: ((operand: number) => number) | null
      /** Cores of one known size in C order: where each lane's begins. */
      readonly packed?: Packed
    }
  /** The places of a core, each lane's counted in elements from its start. */
  | { readonly kind: 'row'; readonly places: Pack['places'] }

export interface Packed {
  readonly size: number
  readonly lanes: (operand: number) => readonly number[]
}

/** What the array operands of a body need to know. */
export interface ArrayContext {
  readonly params: ArrayParams
  readonly found: Scan
  readonly access: ReadonlyMap<Access['node'], Access>
  readonly axis: LaneAxis
  readonly pointers: Pointers
  /** The places of scalars: a counter whose lanes differ has one too. */
  readonly scalars: () => Body
}

function sizeOf({ asm }: Body, { core, size }: ArrayParams, view: number, axis: number): Ref {
  const dim = core.views[view]?.dims[axis] ?? -1
  return dim < 0 ? asm.m.i32.const(1) : asm.get(size(dim))
}

/** An index that is a narrow integer in 64 bits is compared as it is: what is negative is larger than every size. */
function indexOf(
  body: Body,
  e: Expr,
): { readonly value: () => Ref; readonly wide: boolean; readonly signed: boolean } {
  const { asm } = body
  const narrow = e.kind === 'cast' && dtypes[e.arg.type].kind !== 'f' && dtypes[e.arg.type].bytes < 8
  const source = narrow ? e.arg : e
  const emitted = emitExpr(body, source)
  if (!emitted.uniform) throw new Error('IR: the index of an array operand varies between lanes')
  const value = asm.share(emitted.ref, narrow ? binaryen.i32 : binaryen.i64)
  return { value, wide: !narrow, signed: dtypes[source.type].kind === 'i' }
}

/** The address of an element, every index that is not known to be inside checked. */
function checkedAddress(body: Body, params: ArrayParams, node: Omit<Store, 'kind' | 'value'>): Ref {
  const { asm } = body
  const { m } = asm
  const { core, pointer, step } = params
  const { view, indices, check, inside } = node
  const slot = core.views[view]
  if (!slot) throw new Error(`IR: no array operand ${view}`)
  let address = asm.get(pointer(slot.operand))
  for (const [axis, e] of indices.entries()) {
    const { value, wide, signed } = indexOf(body, e)
    if ((inside?.[axis] ?? 'checked') === 'checked') {
      const size = () => sizeOf(body, params, view, axis)
      const outside = wide ? m.i64.ge_u(value(), m.i64.extend_u(size())) : m.i32.ge_u(value(), size())
      const { i32, i64 } = signed ? m.f64.convert_s : m.f64.convert_u
      const index = wide ? i64(value()) : i32(value())
      asm.emit(m.if(outside, fail(body, check + axis, index, m.f64.convert_s.i32(size()))))
    }
    if ((slot.dims[axis] ?? -1) < 0) continue
    const at = wide ? m.i32.wrap(value()) : value()
    const by = isUnit(params, view, axis) ? m.i32.const(bytesOf(params, view)) : asm.get(step(view, axis))
    address = m.i32.add(address, m.i32.mul(at, by))
  }
  return address
}

/** Bytes from the start of a packed core to an element. */
const packedOffset = ({ core }: ArrayParams, { size }: Packed, node: Element | Store): number =>
  (placeIn(core, node, size) ?? 0) * dtypes[core.views[node.view]?.type ?? 'f8'].bytes

/** How the body of a loop reads and writes its array operands. */
export function accessesIn(control: () => Control, context: ArrayContext): Omit<Arrays, 'loop'> {
  const { params, axis, pointers } = context
  if (axis.kind === 'row')
    return {
      size: (view, k) => sizeOf(control(), params, view, k),
      ...rowAccesses(control, params, axis.places),
    }

  const addressOf = (node: Element | Store): { ref: Ref; offset: number } => {
    const { asm } = control()
    const pointer = pointers.get(node)
    if (!pointer) return { ref: checkedAddress(context.scalars(), params, node), offset: 0 }
    const { id, offset } = pointer
    if (offset >= 0) return { ref: asm.get(id), offset }
    return { ref: asm.m.i32.add(asm.get(id), asm.m.i32.const(offset)), offset: 0 }
  }

  /** Where lanes begin: at a pointer, and so many elements behind it where they are neighbours. */
  const lanesFrom = (node: Element | Store, step: number | null): { at: number; first: number } => {
    const { asm } = control()
    const { ref, offset } = addressOf(node)
    const at = asm.local(binaryen.i32)
    if (step === null || offset === 0) {
      asm.set(at, ref)
      return { at, first: offset / bytesOf(params, node.view) }
    }
    asm.set(at, asm.m.i32.add(ref, asm.m.i32.const(offset)))
    return { at, first: 0 }
  }

  /** Bytes from lane to lane: 0 for an element that all lanes share, null for neighbours. */
  const laneStep = (node: Access['node'] & { view: number }): 0 | null | number => {
    switch (axis.kind) {
      case 'none':
        return 0
      case 'loop':
        return axis.step === null ? null : axis.step(params.core.views[node.view]?.operand ?? -1)
      case 'counter': {
        const known = context.access.get(node)
        if (!known) throw new Error('IR: an access that nothing is known of runs on lanes')
        const by = stride(control(), params, node.view, movesOf(known, axis.counter))
        if (by === 0) return 0
        const { asm } = control()
        if (by === bytesOf(params, node.view)) return null
        const value = typeof by === 'number' ? asm.m.i32.const(by) : by.id()
        const id = asm.local(binaryen.i32)
        asm.set(id, value)
        return id
      }
    }
  }

  /** From core to core, steps are large: nothing is gained by asking for neighbours. */
  const load = (
    asm: Control['asm'],
    type: Code,
    lanes: number,
    { at, first }: { at: number; first: number },
    step: number | null,
  ): readonly Ref[] =>
    axis.kind === 'loop' && step !== null && type !== 'b1'
      ? gather(asm, dtypes[type].bytes, lanes, at, step)
      : loadLanes(asm, type, lanes, at, step, first)

  const packed = axis.kind === 'loop' ? axis.packed : undefined
  /** Where each lane's element lies. */
  const lanesAt = (packed: Packed, node: Element | Store) => {
    const ids = packed.lanes(params.core.views[node.view]?.operand ?? -1)
    return { ids, offset: packedOffset(params, packed, node) }
  }

  const element: Arrays['element'] = (e) => {
    const { asm, lanes } = control()
    if (packed) {
      const { ids, offset } = lanesAt(packed, e)
      const { bytes } = dtypes[e.type]
      return { uniform: false, type: e.type, width: bytes, regs: gatherFrom(asm, bytes, ids, offset) }
    }
    const step = laneStep(e)
    if (step === 0) {
      const { ref, offset } = addressOf(e)
      return { uniform: true, type: e.type, ref: scalarLoad(asm, e.type, ref, offset) }
    }
    const regs = load(asm, e.type, lanes, lanesFrom(e, step), step)
    return { uniform: false, type: e.type, width: e.type === 'b1' ? 1 : dtypes[e.type].bytes, regs }
  }

  const store: Arrays['store'] = (s) => {
    const c = control()
    const { asm, lanes, maskWidth } = c
    const { type } = s.value
    if (packed) {
      const { ids, offset } = lanesAt(packed, s)
      const value = lanesOf(c, emitExpr(c, s.value))
      const { bytes } = dtypes[type]
      const next = blended(c, type, value, () => gatherFrom(asm, bytes, ids, offset))
      const shared = next.map((r) => asm.share(r, binaryen.v128))
      scatterTo(asm, bytes, shared, ids, offset)
      return
    }
    const step = laneStep(s)
    if (step === 0) {
      const { ref, offset } = addressOf(s)
      const at = asm.share(ref, binaryen.i32)
      const value = emitExpr(c, s.value)
      if (!value.uniform) throw new Error('IR: a value that varies between lanes is stored in one place')
      asm.emit(scalarStore(asm, type, at(), value.ref, offset))
      return
    }
    const place = lanesFrom(s, step)
    const { at, first } = place
    const value = emitExpr(c, s.value)
    const next = blended(c, type, lanesOf(c, value), () => load(asm, type, lanes, place, step))
    const width = type === 'b1' ? maskWidth : dtypes[type].bytes
    if (axis.kind === 'loop' && step !== null && type !== 'b1') {
      const shared = next.map((r) => asm.share(r, binaryen.v128))
      scatter(asm, dtypes[type].bytes, lanes, shared, at, step)
    } else storeLanes(asm, type, lanes, next, width, at, step, first)
  }

  /** Under a mask the other lanes' elements are written as they are. */
  const blended = (c: Control, type: Code, regs: readonly Ref[], there: () => readonly Ref[]) => {
    const active = c.active()
    if (!active) return regs
    const { asm, lanes, maskWidth } = c
    const { bytes } = dtypes[type]
    const width = type === 'b1' ? maskWidth : bytes
    const next = regs.map((r) => asm.share(r, binaryen.v128))
    const held = there()
    const old = type === 'b1' ? resizeMask(asm, held, lanes, 1, width) : held
    const taking = active.map((id) => asm.get(id))
    const mask = resizeMask(asm, taking, lanes, maskWidth, width)
    return next.map((r, j) => choose(asm, mask[j] ?? 0, r(), old[j] ?? 0))
  }

  return {
    size: (view, k) => sizeOf(control(), params, view, k),
    element,
    varies: (e) => {
      if (axis.kind === 'none') return false
      if (axis.kind === 'loop') return true
      const known = context.access.get(e)
      return (
        known === undefined ||
        movesOf(known, axis.counter).some((n, k) => n !== 0n && params.step(e.view, k) >= 0)
      )
    },
    store,
  }
}
