/**
 * Lanes on neighbouring outputs: a block of the reduced axis, strip by strip. A strip is as many columns as there are lanes; its
 * accumulators stay in registers for several rows of one partial result, so that they are loaded and stored once for all of those.
 */
import binaryen from 'binaryen'
import { dtypes } from '../../dtype.ts'
import { partialCount } from '../loop.ts'
import { createAsm, type Module, type Ref } from './asm.ts'
import { accumulatorsOf, addFunction, assign, emitStart, emitStep, lanesIn, parameters } from './fold-step.ts'
import { controlOf, readLanes, writeLanes } from './frame.ts'
import type { FrameRequest } from './request.ts'

/** Rows of a partial result that a strip takes at a time: more are more streams of memory than are read well at once. */
const rowsAtOnce = 8

/**
 * columns(context, n, rows, {pointer, row step} an element, {pointer, partial step} an accumulator)
 * Row i joins partial i mod 8; there is at least one row. Columns are neighbours, `n` at least as many as there are lanes. The last
 * strip is the last columns there are, which may repeat some of the strip before: its accumulators are apart from those.
 */
export function addColumns(m: Module, name: string, request: FrameRequest): void {
  const { inputs, outputs, shape } = request
  const { lanes } = shape
  const codes = inputs.slice(outputs.length)
  const pointerOf = (e: number) => 3 + 2 * e
  const stepOf = (e: number) => 4 + 2 * e
  const resultOf = (k: number) => 3 + 2 * codes.length + 2 * k
  const params = parameters(3 + 2 * codes.length + 2 * outputs.length)
  const asm = createAsm(m, params, request.x86)
  const [n, rows] = [1, 2]
  const i32 = () => asm.local(binaryen.i32)
  const accumulators = accumulatorsOf(asm, request)
  const [starts, cursors, jumps] = [codes.map(i32), codes.map(i32), codes.map(i32)]
  const targets = outputs.map(i32)
  const [pass, partial, first, rounds, left, round] = [i32(), i32(), i32(), i32(), i32(), i32()]
  const constant = (value: number) => m.i32.const(value)
  const add = (to: number, value: Ref) => asm.set(to, m.i32.add(asm.get(to), value))
  const element = (e: number) => readLanes(asm, codes[e] ?? 'f8', lanes, cursors[e] ?? 0, null)
  const elementBytes = (e: number) => dtypes[codes[e] ?? 'f8'].bytes
  const next = () => {
    cursors.forEach((cursor, e) => {
      add(cursor, asm.get(jumps[e] ?? 0))
    })
  }
  const strip = asm.block(() => {
    cursors.forEach((cursor, e) => {
      asm.set(cursor, asm.get(starts[e] ?? 0))
    })
    asm.set(round, asm.get(rounds))
    const control = controlOf(asm, request, element)
    const begin = asm.block(() => {
      emitStart(control, accumulators, codes.length, element)
      next()
      add(round, constant(-1))
    })
    const resume = asm.block(() => {
      accumulators.forEach((accumulator, k) => {
        assign(control, accumulator, readLanes(asm, accumulator.code, lanes, targets[k] ?? 0, null))
      })
    })
    asm.emit(m.if(asm.get(pass), resume, begin))
    const row = asm.block(() => {
      asm.emit(m.br('joined', m.i32.eqz(asm.get(round))))
      emitStep(asm, request, accumulators, (operand) => element(operand - outputs.length))
      next()
      add(round, constant(-1))
      asm.emit(m.br('row'))
    })
    asm.emit(m.block('joined', [m.loop('row', row)]))
    accumulators.forEach((accumulator, k) => {
      writeLanes(control, lanesIn(asm, request, accumulator), targets[k] ?? 0, null)
      add(targets[k] ?? 0, constant(lanes * dtypes[accumulator.code].bytes))
    })
    starts.forEach((start, e) => {
      add(start, constant(lanes * elementBytes(e)))
    })
    add(left, constant(-lanes))
    asm.emit(m.br('all', m.i32.eqz(asm.get(left))))
    const back = asm.block(() => {
      starts.forEach((start, e) => {
        add(start, m.i32.mul(m.i32.sub(asm.get(left), constant(lanes)), constant(elementBytes(e))))
      })
      asm.set(left, constant(lanes))
    })
    asm.emit(m.if(m.i32.lt_u(asm.get(left), constant(lanes)), back))
    asm.emit(m.br('strip'))
  })
  const eachPartial = asm.block(() => {
    asm.set(first, m.i32.add(asm.get(pass), asm.get(partial)))
    asm.emit(m.br('passed', m.i32.ge_u(asm.get(first), asm.get(rows))))
    const missing = m.i32.sub(asm.get(rows), asm.get(first))
    asm.set(rounds, m.i32.shr_u(m.i32.add(missing, constant(partialCount - 1)), constant(3)))
    const few = m.i32.lt_u(asm.get(rounds), constant(rowsAtOnce))
    asm.set(rounds, m.select(few, asm.get(rounds), constant(rowsAtOnce)))
    starts.forEach((start, e) => {
      asm.set(start, m.i32.add(asm.get(pointerOf(e)), m.i32.mul(asm.get(first), asm.get(stepOf(e)))))
    })
    targets.forEach((target, k) => {
      const by = m.i32.mul(asm.get(partial), asm.get(resultOf(k) + 1))
      asm.set(target, m.i32.add(asm.get(resultOf(k)), by))
    })
    asm.set(left, asm.get(n))
    asm.emit(m.block('all', [m.loop('strip', strip)]))
    add(partial, constant(1))
    asm.emit(m.br('partial', m.i32.lt_u(asm.get(partial), constant(partialCount))))
  })
  const eachPass = asm.block(() => {
    asm.set(partial, constant(0))
    asm.emit(m.block('passed', [m.loop('partial', eachPartial)]))
    add(pass, constant(partialCount * rowsAtOnce))
    asm.emit(m.br('pass', m.i32.lt_u(asm.get(pass), asm.get(rows))))
  })
  const whole = asm.block(() => {
    jumps.forEach((jump, e) => {
      asm.set(jump, m.i32.mul(asm.get(stepOf(e)), constant(partialCount)))
    })
    asm.emit(m.loop('pass', eachPass))
  })
  addFunction(m, name, params, asm, [whole])
}
