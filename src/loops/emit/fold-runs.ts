/** The lower level of the tree for many outputs in one call, so that short ones do not pay a way into WebAssembly for each part. */
import binaryen from 'binaryen'
import { dtypes } from '../../dtype.ts'
import { blockSize, partialCount } from '../loop.ts'
import { createAsm, type Module, type Ref } from './asm.ts'
import { addFunction, parameters } from './fold-step.ts'
import type { FrameRequest } from './request.ts'

/**
 * runs(context, outputs, length, {pointer, step, output step} an element,
 *      {blocks, partial step, rest, rest's partial step} an accumulator)
 * The 8 partial results of each whole block of `length` elements, which stand as neighbours, output behind output; and of the rest of
 * each output, if there is one, from `rest` on.
 */
export function addRuns(m: Module, name: string, request: FrameRequest): void {
  const { inputs, outputs, shape } = request
  const codes = inputs.slice(outputs.length)
  const elements = codes.map((code, e) => ({
    bytes: dtypes[code].bytes,
    pointer: 3 + 3 * e,
    step: 4 + 3 * e,
  }))
  const accumulators = outputs.map((code, k) => {
    const blocks = 3 + 3 * codes.length + 4 * k
    const [partialStep, rest, restStep] = [blocks + 1, blocks + 2, blocks + 3]
    return { bytes: dtypes[code].bytes, blocks, partialStep, rest, restStep }
  })
  const params = parameters(3 + 3 * codes.length + 4 * outputs.length)
  const asm = createAsm(m, params)
  const i32 = () => asm.local(binaryen.i32)
  const [context, count, length] = [0, 1, 2]
  const [full, rows, beyond, near, code] = [i32(), i32(), i32(), i32(), i32()]
  const constant = (value: number) => m.i32.const(value)
  const get = asm.get
  const add = (to: number, value: Ref) => asm.set(to, m.i32.add(get(to), value))
  const call = (to: string, args: readonly Ref[]): Ref => m.call(to, [get(context), ...args], binaryen.i32)
  const leave = (value: Ref) => m.if(m.local.tee(code, value, binaryen.i32), m.return(get(code)))
  /** The elements from number `skipped` on. */
  const from = (skipped: () => Ref): Ref[] =>
    elements.flatMap(({ pointer, step }) => [
      m.i32.add(get(pointer), m.i32.mul(skipped(), get(step))),
      get(step),
    ])
  const whole = () => m.i32.mul(get(full), constant(blockSize))
  const partials = (blocks: () => Ref, height: () => Ref, skipped: () => Ref, to: () => Ref[]) => {
    const args = () => [blocks(), height(), ...from(skipped), ...to()]
    const strided = leave(call('partialsStrided', args()))
    return shape.lanes === 1 ? strided : m.if(get(near), leave(call('partials', args())), strided)
  }
  const rests = () => accumulators.flatMap(({ rest, restStep }) => [get(rest), get(restStep)])
  const behind = () => from(() => m.i32.add(whole(), m.i32.mul(get(rows), constant(partialCount))))
  const output = asm.block(() => {
    asm.emit(m.br('end', m.i32.eqz(get(count))))
    const blocks = partials(
      () => get(full),
      () => constant(blockSize / partialCount),
      () => constant(0),
      () => accumulators.flatMap((a) => [get(a.blocks), get(a.partialStep), constant(a.bytes)]),
    )
    asm.emit(m.if(get(full), blocks))
    const short = partials(
      () => constant(1),
      () => get(rows),
      whole,
      () => accumulators.flatMap(({ rest, restStep }) => [get(rest), get(restStep), get(restStep)]),
    )
    asm.emit(m.if(get(rows), short))
    const joined = leave(call('strided', [get(beyond), ...rests(), ...behind(), ...rests()]))
    const begun = leave(call('start', [get(beyond), ...behind(), ...rests()]))
    asm.emit(m.if(get(beyond), m.if(get(rows), joined, begun)))
    for (const { pointer, step } of elements) add(pointer, get(step + 1))
    for (const a of accumulators) {
      add(a.blocks, m.i32.mul(get(full), constant(a.bytes)))
      add(a.rest, constant(a.bytes))
    }
    add(count, constant(-1))
    asm.emit(m.br('output'))
  })
  const body = asm.block(() => {
    asm.set(full, m.i32.div_u(get(length), constant(blockSize)))
    const rest = () => m.i32.rem_u(get(length), constant(blockSize))
    asm.set(rows, m.i32.div_u(rest(), constant(partialCount)))
    asm.set(beyond, m.i32.rem_u(rest(), constant(partialCount)))
    const steps = elements.map(({ bytes, step }) => m.i32.eq(get(step), constant(bytes)))
    asm.set(
      near,
      steps.reduce((a, b) => m.i32.and(a, b)),
    )
    asm.emit(m.block('end', [m.loop('output', output)]))
  })
  addFunction(m, name, params, asm, [body])
}
