/** The loops over core calls side by side that stand before the scalar one: which of them runs is seen by sizes and steps (batch.ts). */
import binaryen from 'binaryen'
import { dtypes } from '../../dtype.ts'
import { constant, type Expr, op } from '../kernel/ir.ts'
import type { LaneAxis } from './arrays.ts'
import type { Frame, Ref } from './asm.ts'
import { batchOf, type RowPart, type SmallBatch, smallBatches } from './batch.ts'
import type { Control } from './control.ts'
import { countParam, pointerParam, stepParam } from './params.ts'
import type { ArrayParams } from './pointers.ts'
import type { FrameRequest } from './request.ts'
import { emitExpr } from './values.ts'

/** What the frame knows: its parameters, a body of scalars, and how one of these calls is emitted. */
export interface BatchFrame {
  readonly params: ArrayParams
  readonly scalars: () => Control
  readonly body: (request: FrameRequest) => Ref
}

/** Core calls side by side, as long as there are enough. The rest is left to the loop behind it. */
export function batches(asm: Frame, request: FrameRequest, unit: boolean, frame: BatchFrame): Ref[] {
  const batch = batchOf(request)
  if (!batch) return []
  const { m } = asm
  const { params, body } = frame
  const codes = [...request.inputs, ...request.outputs]
  const views = request.kernel.core?.views ?? []
  const step = (operand: number) => asm.get(stepParam(operand))
  const all = (tests: readonly Ref[]): Ref => tests.reduce((a, b) => m.i32.and(a, b), m.i32.const(1))
  const scalars = frame.scalars()
  const holds = (e: Expr): Ref => {
    const value = emitExpr(scalars, e)
    return value.uniform ? value.ref : m.i32.const(0)
  }
  const own = batch.own
  const few = (): Ref =>
    own ? holds(op('lt', [own.rounds, constant('i8', BigInt(own.enough - 1))])) : m.i32.const(1)
  const apart = () =>
    all(
      views
        .filter(({ stored }) => stored)
        .map(({ operand }) => step(operand))
        .map((s) => m.i32.ne(s, m.i32.const(0))),
    )
  const neighbours = () =>
    all(views.map(({ operand, type }) => m.i32.eq(step(operand), m.i32.const(dtypes[type].bytes))))

  const loop = (lanes: number, round: () => Ref): Ref => {
    const [top, end] = [asm.label('batch'), asm.label('end')]
    const made = round()
    const advance = codes.map((_, k) =>
      m.local.set(
        pointerParam(k),
        m.i32.add(asm.get(pointerParam(k)), m.i32.mul(step(k), m.i32.const(lanes))),
      ),
    )
    const rest = m.local.set(countParam, m.i32.sub(asm.get(countParam), m.i32.const(lanes)))
    const enough = m.i32.lt_u(asm.get(countParam), m.i32.const(lanes))
    return m.block(end, [m.loop(top, m.block(null, [m.br(end, enough), made, ...advance, rest, m.br(top)]))])
  }
  const generally = (near: boolean): Ref => {
    const axis: LaneAxis = { kind: 'loop', step: near ? null : stepParam }
    return loop(batch.request.shape.lanes, () => body({ ...batch.request, axis }))
  }

  /** Every size is this one, every core lies in C order, and each writes to memory of its own. */
  const fits = ({ size }: SmallBatch): Ref =>
    all([
      apart(),
      ...Array.from({ length: request.kernel.core?.sizes ?? 0 }, (_, dim) =>
        m.i32.eq(asm.get(params.size(dim)), m.i32.const(size)),
      ),
      ...views.flatMap(({ dims, type }, view) =>
        dims.flatMap((dim, axis) => {
          const inner = dims.slice(axis + 1).filter((d) => d >= 0).length
          const bytes = dtypes[type].bytes * size ** inner
          return dim < 0 ? [] : [m.i32.eq(asm.get(params.step(view, axis)), m.i32.const(bytes))]
        }),
      ),
    ])
  const coresOf = (size: number, own: FrameRequest): Ref => {
    const { lanes } = own.shape
    const starts = codes.map((_, k) =>
      Array.from({ length: lanes }, (_, lane) => (lane === 0 ? pointerParam(k) : asm.local(binaryen.i32))),
    )
    const axis: LaneAxis = {
      kind: 'loop',
      step: stepParam,
      packed: { size, lanes: (operand) => starts[operand] ?? [] },
    }
    return loop(lanes, () =>
      asm.block(() => {
        starts.forEach((ids, k) => {
          for (const [lane, id] of ids.entries())
            if (lane > 0) asm.set(id, m.i32.add(asm.get(ids[lane - 1] ?? id), step(k)))
        })
        asm.emit(body({ ...own, axis }))
      }),
    )
  }
  const rowsOf = (parts: readonly RowPart[]): Ref =>
    loop(1, () =>
      asm.block(() => {
        for (const { request: own, places } of parts)
          asm.emit(body({ ...own, axis: { kind: 'row', places } }))
      }),
    )
  const packed = (way: SmallBatch): Ref =>
    way.kind === 'rows' ? rowsOf(way.parts) : coresOf(way.size, way.request)
  const small = unit ? smallBatches(batch) : []
  return [
    asm.block(() => {
      const test = batch.test ? holds(batch.test) : m.i32.const(1)
      const far = m.i32.and(apart(), few())
      const near = own && unit ? m.i32.and(neighbours(), few()) : neighbours()
      const general = m.if(near, generally(true), m.if(far, generally(false)))
      asm.emit(
        m.if(
          test,
          small.reduceRight((rest, way) => m.if(fits(way), packed(way), rest), general),
        ),
      )
    }),
  ]
}
