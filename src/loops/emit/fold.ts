/**
 * The functions of a reducing loop that the inner loop itself cannot be: those that keep accumulators in registers.
 *
 * `partials` goes through whole blocks of the reduced axis. A block has 8 partial results, element i joins number i mod 8, and
 * the partials are the lanes: so the order of operations is the same on every kernel, layout and machine. In scalar code they
 * come one after another. `scan` folds from the left and writes down every step, for kernels that are not associative.
 * The kernel's first inputs are the accumulators, the others the elements.
 */
import binaryen from 'binaryen'
import { partialCount } from '../loop.ts'
import { createAsm, type Module, type Ref } from './asm.ts'
import { accumulatorsOf, addFunction, emitStart, emitStep, lanesIn, parameters } from './fold-step.ts'
import { controlOf, readLanes, writeLanes } from './frame.ts'
import type { FrameRequest } from './request.ts'
import type { Shape } from './shape.ts'

/** The shape in which lanes are the partial results. Masks have to fill a register: what lies beside it may be anything. */
export const partialShape = (shape: Shape): Shape =>
  shape.lanes === 1 ? shape : { ...shape, lanes: partialCount, widest: shape.widest === 1 ? 2 : shape.widest }

/**
 * partials(context, blocks, rows, {pointer, byte step} an element, {pointer, partial step, block step} an accumulator)
 * Blocks follow each other; each is `rows` times 8 elements, at least 8.
 */
export function addPartials(m: Module, name: string, request: FrameRequest, strided: boolean): void {
  const { inputs, outputs, shape } = request
  const codes = inputs.slice(outputs.length)
  const pointerOf = (e: number) => 3 + 2 * e
  const stepOf = (e: number) => 4 + 2 * e
  const resultOf = (k: number) => 3 + 2 * codes.length + 3 * k
  const params = parameters(3 + 2 * codes.length + 3 * outputs.length)
  const asm = createAsm(m, params, request.x86)
  const [blocks, rows] = [1, 2]
  const i32 = () => asm.local(binaryen.i32)
  const accumulators = accumulatorsOf(asm, request)
  const cursors = codes.map(i32)
  const targets = outputs.map(i32)
  const [left, partial] = [i32(), i32()]
  const add = (to: number, value: Ref) => asm.set(to, m.i32.add(asm.get(to), value))
  const times8 = (e: number) => m.i32.mul(asm.get(stepOf(e)), m.i32.const(partialCount))
  const element = (e: number) =>
    readLanes(asm, codes[e] ?? 'f8', shape.lanes, cursors[e] ?? 0, strided ? stepOf(e) : null)

  const row = asm.block(() => {
    add(left, m.i32.const(-1))
    asm.emit(m.br('last', m.i32.eqz(asm.get(left))))
    cursors.forEach((cursor, e) => {
      add(cursor, times8(e))
    })
    emitStep(asm, request, accumulators, (operand) => element(operand - outputs.length))
    asm.emit(m.br('row'))
  })
  /** One partial in scalar code, all of them on lanes. */
  const fold = asm.block(() => {
    const control = controlOf(asm, request, element)
    emitStart(control, accumulators, codes.length, element)
    asm.set(left, asm.get(rows))
    asm.emit(m.block('last', [m.loop('row', row)]))
    accumulators.forEach((accumulator, k) => {
      writeLanes(control, lanesIn(asm, request, accumulator), targets[k] ?? 0, resultOf(k) + 1)
    })
  })
  const eachPartial = () =>
    asm.block(() => {
      asm.set(partial, m.i32.const(partialCount))
      const body = asm.block(() => {
        asm.emit(fold)
        cursors.forEach((cursor, e) => {
          add(pointerOf(e), asm.get(stepOf(e)))
          asm.set(cursor, asm.get(pointerOf(e)))
        })
        targets.forEach((target, k) => {
          add(target, asm.get(resultOf(k) + 1))
        })
        add(partial, m.i32.const(-1))
        asm.emit(m.br('partial', asm.get(partial)))
      })
      asm.emit(m.loop('partial', body))
      codes.forEach((_, e) => {
        add(pointerOf(e), m.i32.sub(m.i32.const(0), times8(e)))
      })
    })
  const block = asm.block(() => {
    asm.emit(m.br('end', m.i32.eqz(asm.get(blocks))))
    cursors.forEach((cursor, e) => {
      asm.set(cursor, asm.get(pointerOf(e)))
    })
    targets.forEach((target, k) => {
      asm.set(target, asm.get(resultOf(k)))
    })
    asm.emit(shape.lanes === 1 ? eachPartial() : fold)
    codes.forEach((_, e) => {
      add(pointerOf(e), m.i32.mul(asm.get(rows), times8(e)))
    })
    outputs.forEach((_, k) => {
      add(resultOf(k), asm.get(resultOf(k) + 2))
    })
    add(blocks, m.i32.const(-1))
    asm.emit(m.br('block'))
  })
  addFunction(m, name, params, asm, [m.block('end', [m.loop('block', block)])])
}

/**
 * scan, with the parameters of an inner loop: accumulators are read once, then (accumulators, elements) -> results, of which
 * each is the next accumulator. A result step of 0 keeps only the last. Always scalar: each step waits for the one before.
 */
export function addScan(m: Module, name: string, request: FrameRequest): void {
  const { inputs, outputs } = request
  const pointerOf = (k: number) => 2 + 2 * k
  const params = parameters(2 + 2 * (inputs.length + outputs.length))
  const asm = createAsm(m, params, request.x86)
  const count = 1
  const accumulators = accumulatorsOf(asm, request)
  const start = accumulators.map(({ code, ids: [id = 0] }, k) => {
    const value = readLanes(asm, code, 1, pointerOf(k), null)
    return m.local.set(id, value.uniform ? value.ref : 0)
  })
  const body = asm.block(() => {
    asm.emit(m.br('end', m.i32.eqz(asm.get(count))))
    const control = emitStep(asm, request, accumulators, (k) =>
      readLanes(asm, inputs[k] ?? 'f8', 1, pointerOf(k), null),
    )
    accumulators.forEach((accumulator, k) => {
      writeLanes(control, lanesIn(asm, request, accumulator), pointerOf(inputs.length + k), null)
    })
    for (let k = outputs.length; k < inputs.length + outputs.length; k++)
      asm.set(pointerOf(k), m.i32.add(asm.get(pointerOf(k)), asm.get(pointerOf(k) + 1)))
    asm.set(count, m.i32.sub(asm.get(count), m.i32.const(1)))
    asm.emit(m.br('next'))
  })
  addFunction(m, name, params, asm, [...start, m.block('end', [m.loop('next', body)])])
}
