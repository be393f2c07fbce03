/** The lower level of the tree for many outputs in one call, so that short ones do not pay a way into WebAssembly for each part. */
import binaryen from 'binaryen'
import { dtypes } from '../../dtype.ts'
import { blockSize, partialCount } from '../loop.ts'
import { createAsm, type Module, type Ref } from './asm.ts'
import { addFunction, parameters } from './fold-step.ts'
import type { Streams } from './fold-streams.ts'
import type { FrameRequest } from './request.ts'

/**
 * runs(context, outputs, length, {pointer, step, output step} an element,
 *      {blocks, partial step, rest, rest's partial step} an accumulator)
 * The 8 partial results of each whole block of `length` elements, which stand as neighbours, output behind output; and of the rest of
 * each output, if there is one, from `rest` on. What is streams is as many outputs, or else the blocks of one output in as many parts.
 */
export function addRuns(m: Module, name: string, request: FrameRequest, streams: Streams | null): void {
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
  const [part, taken, together] = [i32(), i32(), i32()]
  const constant = (value: number) => m.i32.const(value)
  const get = asm.get
  const times = (a: Ref, b: Ref) => m.i32.mul(a, b)
  const add = (to: number, value: Ref) => asm.set(to, m.i32.add(get(to), value))
  const call = (to: string, args: readonly Ref[]): Ref => m.call(to, [get(context), ...args], binaryen.i32)
  const leave = (value: Ref) => m.if(m.local.tee(code, value, binaryen.i32), m.return(get(code)))
  /** Where an element's number `skipped` is. */
  const behind = ({ pointer, step }: (typeof elements)[number], skipped: Ref) =>
    m.i32.add(get(pointer), times(skipped, get(step)))
  const from = (skipped: () => Ref): Ref[] =>
    elements.flatMap((element) => [behind(element, skipped()), get(element.step)])
  const whole = () => times(get(full), constant(blockSize))
  const partials = (blocks: () => Ref, height: () => Ref, skipped: () => Ref, to: () => readonly Ref[]) => {
    const args = () => [blocks(), height(), ...from(skipped), ...to()]
    const strided = leave(call('partialsStrided', args()))
    return shape.lanes === 1 ? strided : m.if(get(near), leave(call('partials', args())), strided)
  }
  const blockRows = () => constant(blockSize / partialCount)

  /** An output's own whole blocks: as streams, and what that leaves. */
  const wholeBlocks = asm.block(() => {
    asm.set(taken, constant(0))
    if (streams) {
      const split = asm.block(() => {
        asm.set(part, m.i32.div_u(get(full), constant(streams.count)))
        const distances = elements.flatMap(({ bytes, pointer }) => [
          get(pointer),
          times(get(part), constant(blockSize * bytes)),
        ])
        const to = accumulators.flatMap(({ bytes, blocks, partialStep }) => [
          ...[get(blocks), get(partialStep), constant(bytes)],
          times(get(part), constant(bytes)),
        ])
        asm.emit(leave(call('streams', [get(part), blockRows(), ...distances, ...to])))
        asm.set(taken, times(get(part), constant(streams.count)))
      })
      asm.emit(m.if(m.i32.and(get(near), m.i32.ge_u(get(full), constant(streams.count))), split))
    }
    const left = () => m.i32.sub(get(full), get(taken))
    const to = () =>
      accumulators.flatMap(({ bytes, blocks, partialStep }) => [
        m.i32.add(get(blocks), times(get(taken), constant(bytes))),
        ...[get(partialStep), constant(bytes)],
      ])
    asm.emit(partials(left, blockRows, () => times(get(taken), constant(blockSize)), to))
  })
  const ownRows = () =>
    partials(
      () => constant(1),
      () => get(rows),
      whole,
      () => accumulators.flatMap(({ rest, restStep }) => [get(rest), get(restStep), get(restStep)]),
    )
  /** The same of several outputs, each of which is a stream. */
  const inStreams = (blocks: Ref, height: Ref, skipped: () => Ref, to: readonly Ref[]) =>
    leave(
      call('streams', [
        ...[blocks, height],
        ...elements.flatMap((element) => [behind(element, skipped()), get(element.step + 1)]),
        ...to,
      ]),
    )
  const severalBlocks = () => {
    const to = accumulators.flatMap(({ bytes, blocks, partialStep }) => [
      ...[get(blocks), get(partialStep), constant(bytes)],
      times(get(full), constant(bytes)),
    ])
    return inStreams(get(full), blockRows(), () => constant(0), to)
  }
  const severalRows = () => {
    const to = accumulators.flatMap(({ bytes, rest, restStep }) => [
      ...[get(rest), get(restStep), get(restStep)],
      constant(bytes),
    ])
    return inStreams(constant(1), get(rows), whole, to)
  }

  const rests = () => accumulators.flatMap(({ rest, restStep }) => [get(rest), get(restStep)])
  /** What fills no row, and on to the next output. */
  const finish = asm.block(() => {
    const last = () => from(() => m.i32.add(whole(), times(get(rows), constant(partialCount))))
    const joined = leave(call('strided', [get(beyond), ...rests(), ...last(), ...rests()]))
    const begun = leave(call('start', [get(beyond), ...last(), ...rests()]))
    asm.emit(m.if(get(beyond), m.if(get(rows), joined, begun)))
    for (const { pointer, step } of elements) add(pointer, get(step + 1))
    for (const a of accumulators) {
      add(a.blocks, times(get(full), constant(a.bytes)))
      add(a.rest, constant(a.bytes))
    }
    add(count, constant(-1))
    add(together, constant(-1))
    asm.emit(m.br('finish', get(together)))
  })
  const output = asm.block(() => {
    asm.emit(m.br('end', m.i32.eqz(get(count))))
    asm.set(together, constant(1))
    const single = m.block(null, [m.if(get(full), wholeBlocks), m.if(get(rows), ownRows())])
    if (streams) {
      const several = asm.block(() => {
        asm.set(together, constant(streams.count))
        asm.emit(m.if(get(full), severalBlocks()))
        asm.emit(m.if(get(rows), severalRows()))
      })
      const enough = m.i32.ge_u(get(count), constant(streams.count))
      asm.emit(m.if(m.i32.and(get(near), enough), several, single))
    } else asm.emit(single)
    asm.emit(m.loop('finish', finish))
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
