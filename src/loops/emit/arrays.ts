/**
 * Array operands in scalar code. A core call has a pointer to the first element of each, the core sizes, and the byte step of each
 * axis; every index is compared with its size before an address is made of it, so that no memory outside the operand is touched.
 */
import binaryen from 'binaryen'
import { dtypes } from '../../dtype.ts'
import type { Core, Expr, Store } from '../kernel/ir.ts'
import type { Ref } from './asm.ts'
import { scalarLoad, scalarStore } from './scalar-cast.ts'
import { type Arrays, type Body, emitExpr, fail } from './values.ts'

/** The parameters of the loop that array operands are read by. */
export interface ArrayParams {
  readonly core: Core
  readonly pointer: (operand: number) => number
  /** Of a core size. */
  readonly size: (dim: number) => number
  /** Of the byte step along an axis of a view. */
  readonly step: (view: number, axis: number) => number
  /** How many there are of both. */
  readonly count: number
}

/** Core sizes come first from parameter `first` on, then the steps, operand by operand. */
export function arrayParams(core: Core, pointer: (operand: number) => number, first: number): ArrayParams {
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
  }
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

/** The address of an element, every index checked. */
function addressOf(
  body: Body,
  params: ArrayParams,
  { view, indices, check }: Pick<Store, 'view' | 'indices' | 'check'>,
): Ref {
  const { asm } = body
  const { m } = asm
  const { core, pointer, step } = params
  const slot = core.views[view]
  if (!slot) throw new Error(`IR: no array operand ${view}`)
  let address = asm.get(pointer(slot.operand))
  for (const [axis, e] of indices.entries()) {
    const { value, wide, signed } = indexOf(body, e)
    const size = () => sizeOf(body, params, view, axis)
    const outside = wide ? m.i64.ge_u(value(), m.i64.extend_u(size())) : m.i32.ge_u(value(), size())
    const { i32, i64 } = signed ? m.f64.convert_s : m.f64.convert_u
    const index = wide ? i64(value()) : i32(value())
    asm.emit(m.if(outside, fail(body, check + axis, index, m.f64.convert_s.i32(size()))))
    if ((slot.dims[axis] ?? -1) < 0) continue
    const at = wide ? m.i32.wrap(value()) : value()
    // Operands that are copied here lie in C order, so that it alone can be counted on.
    const near = slot.contiguous === 'C' && axis === slot.dims.length - 1
    const bytes = near ? m.i32.const(dtypes[slot.type].bytes) : asm.get(step(view, axis))
    address = m.i32.add(address, m.i32.mul(at, bytes))
  }
  return address
}

/** How the body of a loop with these parameters reads and writes its array operands. */
export function arraysIn(body: () => Body, params: ArrayParams): Arrays {
  return {
    size: (view, axis) => sizeOf(body(), params, view, axis),
    element: (e) => scalarLoad(body().asm, e.type, addressOf(body(), params, e)),
    store(s) {
      const { asm } = body()
      const address = asm.share(addressOf(body(), params, s), binaryen.i32)
      const value = emitExpr(body(), s.value)
      if (!value.uniform) throw new Error('IR: a value that varies between lanes is stored')
      asm.emit(scalarStore(asm, s.value.type, address(), value.ref))
    },
  }
}
