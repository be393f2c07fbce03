/**
 * Several blocks of the reduced axis at the same time, from places that lie apart. One block's additions wait for each other, and one
 * place in memory is read no faster than a single page is fetched: several keep the processor and the memory busy.
 */
import binaryen from 'binaryen'
import { dtypes } from '../../dtype.ts'
import { cost } from '../kernel/cost.ts'
import { partialCount } from '../loop.ts'
import { createAsm, type Module, type Ref } from './asm.ts'
import { partialShape } from './fold.ts'
import { accumulatorsOf, addFunction, emitStart, emitStep, lanesIn, parameters } from './fold-step.ts'
import { controlOf, readLanes, writeLanes } from './frame.ts'
import { registers } from './lanes-cast.ts'
import type { FrameRequest } from './request.ts'
import type { Shape } from './shape.ts'

/** Registers of accumulators that keep a processor busy, and places that are worth reading at once. */
const busy = 16
const mostStreams = 8
/** Kernels that cost more than this keep it busy by themselves. */
const cheap = 8

export interface Streams {
  readonly count: number
  /** Partial results that are computed together: all 8, or some, and then the others of the same block. */
  readonly shape: Shape
}

/** Null where one block at a time does as well. */
export function streamsOf({ kernel, inputs, outputs, shape }: FrameRequest): Streams | null {
  if (shape.lanes === 1 || cost(kernel.body) > cheap) return null
  const whole = partialShape(shape)
  const sizes = new Set([...inputs, ...outputs].map((code) => dtypes[code].bytes))
  const [bytes = 1] = sizes
  // Where nothing is converted, two registers at a time; else conversions want whole ones.
  const lanes = sizes.size === 1 && whole.widest === bytes ? Math.min(whole.lanes, 32 / bytes) : whole.lanes
  const held = outputs.reduce((sum, code) => {
    return sum + registers(lanes, code === 'b1' ? whole.widest : dtypes[code].bytes)
  }, 0)
  const count = Math.min(mostStreams, Math.floor(busy / held))
  return count > 1 ? { count, shape: { ...whole, lanes } } : null
}

/**
 * streams(context, blocks, rows, {pointer, distance} an element, {pointer, partial step, block step, distance} an accumulator)
 * That many blocks of each stream, which follow each other there; a stream begins `distance` bytes behind the one before. Elements
 * are neighbours, and a block is `rows` times 8 of them.
 */
export function addStreams(m: Module, name: string, given: FrameRequest, { count, shape }: Streams): void {
  const request = { ...given, shape }
  const { inputs, outputs } = request
  const codes = inputs.slice(outputs.length)
  const pointerOf = (e: number) => 3 + 2 * e
  const resultOf = (k: number) => 3 + 2 * codes.length + 4 * k
  const params = parameters(3 + 2 * codes.length + 4 * outputs.length)
  const asm = createAsm(m, params, request.x86)
  const [blocks, rows] = [1, 2]
  const i32 = () => asm.local(binaryen.i32)
  const [left, first] = [i32(), i32()]
  const streams = Array.from({ length: count }, () => ({
    accumulators: accumulatorsOf(asm, request),
    cursors: codes.map(i32),
  }))
  const targets = outputs.map(i32)
  type Stream = (typeof streams)[number]
  const constant = (value: number) => m.i32.const(value)
  const add = (to: number, value: Ref) => asm.set(to, m.i32.add(asm.get(to), value))
  const rowBytes = codes.map((code) => partialCount * dtypes[code].bytes)
  const elementOf =
    ({ cursors }: Stream) =>
    (e: number) =>
      readLanes(asm, codes[e] ?? 'f8', shape.lanes, cursors[e] ?? 0, null)
  /** Each stream's place follows from the one before: as many cursors would not stay in registers. */
  const placeStreams = () => {
    streams.slice(1).forEach(({ cursors }, s) => {
      cursors.forEach((cursor, e) => {
        const before = asm.get(streams[s]?.cursors[e] ?? 0)
        asm.set(cursor, m.i32.add(before, asm.get(pointerOf(e) + 1)))
      })
    })
  }
  const row = asm.block(() => {
    add(left, constant(-1))
    asm.emit(m.br('last', m.i32.eqz(asm.get(left))))
    streams[0]?.cursors.forEach((cursor, e) => {
      add(cursor, constant(rowBytes[e] ?? 0))
    })
    placeStreams()
    for (const stream of streams)
      emitStep(asm, request, stream.accumulators, (operand) => elementOf(stream)(operand - outputs.length))
    asm.emit(m.br('row'))
  })
  /** The partials from number `first` on, as many as there are lanes. */
  const group = asm.block(() => {
    streams[0]?.cursors.forEach((cursor, e) => {
      const skipped = m.i32.mul(asm.get(first), constant(dtypes[codes[e] ?? 'f8'].bytes))
      asm.set(cursor, m.i32.add(asm.get(pointerOf(e)), skipped))
    })
    placeStreams()
    const controls = streams.map((stream) => {
      const control = controlOf(asm, request, elementOf(stream))
      emitStart(control, stream.accumulators, codes.length, elementOf(stream))
      return control
    })
    asm.set(left, asm.get(rows))
    asm.emit(m.block('last', [m.loop('row', row)]))
    outputs.forEach((_, k) => {
      const skipped = m.i32.mul(asm.get(first), asm.get(resultOf(k) + 1))
      asm.set(targets[k] ?? 0, m.i32.add(asm.get(resultOf(k)), skipped))
    })
    controls.forEach((control, s) => {
      streams[s]?.accumulators.forEach((accumulator, k) => {
        writeLanes(control, lanesIn(asm, request, accumulator), targets[k] ?? 0, resultOf(k) + 1)
        add(targets[k] ?? 0, asm.get(resultOf(k) + 3))
      })
    })
    add(first, constant(shape.lanes))
    asm.emit(m.br('group', m.i32.lt_u(asm.get(first), constant(partialCount))))
  })
  const block = asm.block(() => {
    asm.emit(m.br('end', m.i32.eqz(asm.get(blocks))))
    asm.set(first, constant(0))
    asm.emit(m.loop('group', group))
    codes.forEach((_, e) => {
      add(pointerOf(e), m.i32.mul(asm.get(rows), constant(rowBytes[e] ?? 0)))
    })
    outputs.forEach((_, k) => {
      add(resultOf(k), asm.get(resultOf(k) + 2))
    })
    add(blocks, constant(-1))
    asm.emit(m.br('block'))
  })
  addFunction(m, name, params, asm, [m.block('end', [m.loop('block', block)])])
}
