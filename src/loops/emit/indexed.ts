/**
 * The loop of an indexed kernel (`at`): x[i] = f(x[i], …) for one index after another. All indices are looked at before the first
 * element is changed; four lanes at a time where they are neighbours.
 */
import binaryen from 'binaryen'
import { contextLayout } from '../loop.ts'
import { createAsm, type Frame, type Module, type Ref } from './asm.ts'
import { emitKernel, readLanes, writeLanes } from './frame.ts'
import { contextParam, countParam, pointerParam, stepParam } from './params.ts'
import type { FrameRequest } from './request.ts'

/** Bytes of an index. */
const indexBytes = 4
const indices = 0

/** Leaves with -1 when an index is outside; afterwards `lowest` is the least index, or 0. */
function checkIndices(asm: Frame, length: number, lowest: number): Ref[] {
  const { m } = asm
  const i32 = () => asm.local(binaryen.i32)
  const [at, left, highest, one] = [i32(), i32(), i32(), i32()]
  const [low, high, four] = [asm.local(binaryen.v128), asm.local(binaryen.v128), asm.local(binaryen.v128)]
  const get = asm.get
  const set = (id: number, value: Ref) => m.local.set(id, value)
  const step = () => get(stepParam(indices))
  const lower = (a: number, b: () => Ref) => set(a, m.select(m.i32.lt_s(get(a), b()), get(a), b()))
  const higher = (a: number, b: () => Ref) => set(a, m.select(m.i32.gt_s(get(a), b()), get(a), b()))
  const lanes = m.loop(
    'lanes',
    m.block(null, [
      set(four, m.v128.load(0, 1, get(at))),
      set(low, m.i32x4.min_s(get(low), get(four))),
      set(high, m.i32x4.max_s(get(high), get(four))),
      set(at, m.i32.add(get(at), m.i32.const(4 * indexBytes))),
      set(left, m.i32.sub(get(left), m.i32.const(4))),
      m.br('lanes', m.i32.ge_u(get(left), m.i32.const(4))),
    ]),
  )
  const joined = [0, 1, 2, 3].flatMap((lane) => [
    lower(lowest, () => m.i32x4.extract_lane(get(low), lane)),
    higher(highest, () => m.i32x4.extract_lane(get(high), lane)),
  ])
  const neighbours = m.i32.and(
    m.i32.eq(step(), m.i32.const(indexBytes)),
    m.i32.ge_u(get(left), m.i32.const(4)),
  )
  const rest = m.loop(
    'rest',
    m.if(
      get(left),
      m.block(null, [
        set(one, m.i32.load(0, 1, get(at))),
        lower(lowest, () => get(one)),
        higher(highest, () => get(one)),
        set(at, m.i32.add(get(at), step())),
        set(left, m.i32.sub(get(left), m.i32.const(1))),
        m.br('rest'),
      ]),
    ),
  )
  const outside = m.i32.or(
    m.i32.ge_s(get(highest), get(length)),
    m.i32.lt_s(get(lowest), m.i32.sub(m.i32.const(0), get(length))),
  )
  return [
    set(at, get(pointerParam(indices))),
    set(left, get(countParam)),
    set(length, m.i32.load(contextLayout.length, 4, get(contextParam))),
    m.if(neighbours, m.block(null, [lanes, ...joined])),
    rest,
    m.if(outside, m.return(m.i32.const(-1))),
  ]
}

/** Adds the function `name` of the inner-loop ABI; the operands are the index, the kernel's further inputs, and the array. */
export function addIndexed(m: Module, name: string, request: FrameRequest): void {
  const { inputs, outputs } = request
  const array = inputs.length
  const params = Array.from({ length: 2 + 2 * (inputs.length + outputs.length) }, () => binaryen.i32)
  const asm = createAsm(m, params, request.x86)
  const i32 = () => asm.local(binaryen.i32)
  const [length, lowest, element, index] = [i32(), i32(), i32(), i32()]
  const code = outputs[0] ?? 'f8'
  const advance = (k: number) => m.i32.add(asm.get(pointerParam(k)), asm.get(stepParam(k)))
  const next = () => {
    const { control, results } = emitKernel(asm, request, (operand) => {
      const [from, pointer] = operand === 0 ? [code, element] : [inputs[operand], pointerParam(operand)]
      return readLanes(asm, from ?? code, 1, pointer, null)
    })
    const [result] = results
    if (result) writeLanes(control, result, element, null)
  }
  /** Few instructions an element are what makes this fast: only where some are negative is the length added to those. */
  const loop = (label: string, negative: boolean) => {
    const body = asm.block(() => {
      asm.set(index, m.i32.load(0, 1, asm.get(pointerParam(indices))))
      if (negative) {
        const wrap = m.i32.and(m.i32.shr_s(asm.get(index), m.i32.const(31)), asm.get(length))
        asm.set(index, m.i32.add(asm.get(index), wrap))
      }
      const distance = m.i32.mul(asm.get(index), asm.get(stepParam(array)))
      asm.set(element, m.i32.add(asm.get(pointerParam(array)), distance))
      next()
      inputs.forEach((_, k) => {
        asm.set(pointerParam(k), advance(k))
      })
      asm.set(countParam, m.i32.sub(asm.get(countParam), m.i32.const(1)))
      asm.emit(m.br(label, asm.get(countParam)))
    })
    return m.loop(label, body)
  }
  const negative = loop('wrapping', true)
  const forward = loop('forward', false)
  const whole = m.block(
    null,
    [
      m.if(m.i32.eqz(asm.get(countParam)), m.return(m.i32.const(0))),
      ...checkIndices(asm, length, lowest),
      ...asm.prologue(),
      m.if(m.i32.lt_s(asm.get(lowest), m.i32.const(0)), negative, forward),
      m.i32.const(0),
    ],
    binaryen.i32,
  )
  m.addFunction(name, binaryen.createType(params), binaryen.i32, asm.vars, whole)
  m.addFunctionExport(name, name)
}
