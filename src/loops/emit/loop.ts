/**
 * The loop around a kernel's body, in both stride classes. One body serves every element. A rest that fills no full step goes
 * through the same instructions: the loop steps back to the last full step there is, or, where there is none or the loop works
 * in place, the rest is copied to scratch memory, padded with its last element.
 * In the vector class an input with step 0 is put there likewise, once, before the loop.
 */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import { jam } from '../kernel/jam.ts'
import { contextLayout } from '../loop.ts'
import { createAsm, type Frame, type Module, type Ref } from './asm.ts'
import { batches } from './batches.ts'
import { arrayParamsOf, controlOf, emitKernel, type Reads, readLanes, writeLanes } from './frame.ts'
import { contextParam, countParam, pointerParam, stepParam } from './params.ts'
import type { FrameRequest } from './request.ts'
import { groupsOf, stepsOf } from './shape.ts'

/** The dtypes of all operands: a masked kernel also reads its outputs, which follow the inputs. */
const operandCodes = ({ inputs, outputs }: FrameRequest): readonly Code[] => [...inputs, ...outputs]

/** Bytes of scratch memory for one operand. */
const scratchBytes = (code: Code, lanes: number) => Math.max(16, dtypes[code].bytes * lanes)

/** Where each operand's scratch memory lies in the context, and where it all ends. */
function scratchLayout(request: FrameRequest): { offsets: number[]; bytes: number } {
  const codes = operandCodes(request)
  let bytes = Math.ceil((contextLayout.tables + 4 * request.kernel.arrays.length) / 16) * 16
  const offsets = codes.map((code) => {
    const at = bytes
    bytes += scratchBytes(code, request.shape.lanes)
    return at
  })
  return { offsets, bytes }
}

export const contextBytes = (request: FrameRequest): number => scratchLayout(request).bytes

/** `first`: how many elements beyond its pointers it begins, where they are neighbours. */
function emitBody(asm: Frame, request: FrameRequest, strided: boolean, unit = false, first = 0): Ref {
  const { inputs, shape } = request
  const step = (operand: number) => (strided ? stepParam(operand) : null)
  const codes = operandCodes(request)
  const input: Reads = (k) => readLanes(asm, codes[k] ?? 'f8', shape.lanes, pointerParam(k), step(k), first)
  return asm.block(() => {
    const { control, results } = emitKernel(asm, request, input, unit)
    results.forEach((value, k) => {
      const operand = inputs.length + k
      if (value) writeLanes(control, value, pointerParam(operand), step(operand), first)
    })
  })
}

/** Full steps of neighbours, in groups of lanes one after another where that is better. */
function emitGroups(asm: Frame, request: FrameRequest, steps: number): Ref[] {
  const { kernel, inputs, outputs, shape } = request
  const groups = groupsOf(kernel, inputs, outputs, shape)
  const own = { ...request, shape: { ...shape, lanes: shape.lanes / groups } }
  return Array.from({ length: steps * groups }, (_, j) =>
    emitBody(asm, own, false, false, j * own.shape.lanes),
  )
}

/** One element at a time; both stride classes are this loop. In kernels of arrays the class is that of their last axes. */
function scalarLoop(asm: Frame, request: FrameRequest, strided: boolean): Ref {
  const { m } = asm
  const operands = request.inputs.length + request.outputs.length
  const before = batches(asm, request, !strided, {
    params: arrayParamsOf(request, !strided),
    scalars: () =>
      controlOf(
        asm,
        request,
        (k) => readLanes(asm, operandCodes(request)[k] ?? 'f8', 1, pointerParam(k), stepParam(k)),
        !strided,
      ),
    body: (own) => emitBody(asm, own, true, !strided),
  })
  const kernel = !strided && request.simd ? jam(request.kernel).kernel : request.kernel
  const body = emitBody(asm, { ...request, kernel }, true, !strided)
  const advance = Array.from({ length: operands }, (_, k) =>
    m.local.set(pointerParam(k), m.i32.add(asm.get(pointerParam(k)), asm.get(stepParam(k)))),
  )
  const count = m.local.set(countParam, m.i32.sub(asm.get(countParam), m.i32.const(1)))
  const loop = m.loop(
    'main',
    m.block(null, [m.br('end', m.i32.eqz(asm.get(countParam))), body, ...advance, count, m.br('main')]),
  )
  return m.block(null, [...asm.prologue(), ...before, m.block('end', [loop]), m.i32.const(0)], binaryen.i32)
}

function vectorLoop(asm: Frame, request: FrameRequest, strided: boolean): Ref {
  const { m } = asm
  const { inputs, outputs, shape, form } = request
  const { lanes } = shape
  const codes = operandCodes(request)
  const { offsets } = scratchLayout(request)
  const scratch = (k: number) => m.i32.add(asm.get(contextParam), m.i32.const(offsets[k] ?? 0))
  const bytes = (k: number) => dtypes[codes[k] ?? 'f8'].bytes
  const count = () => asm.get(countParam)
  const pointer = (k: number) => asm.get(pointerParam(k))
  const step = (k: number) => asm.get(stepParam(k))
  const tail = asm.local(binaryen.i32)
  const increments = codes.map(() => asm.local(binaryen.i32))
  const homes = codes.map(() => ({ pointer: asm.local(binaryen.i32), step: asm.local(binaryen.i32) }))
  /** Copies `n` elements of operand k to its scratch memory, repeats the last, and reads from there. */
  const stage = (k: number, n: Ref) => [
    m.call(`stage${bytes(k) * 8}`, [scratch(k), pointer(k), step(k), n, m.i32.const(lanes)], binaryen.none),
    m.local.set(pointerParam(k), scratch(k)),
  ]
  const inputIds = inputs.map((_, k) => k)
  const outputIds = outputs.map((_, k) => inputs.length + k)

  const splats = strided
    ? []
    : inputIds.map((k) => m.if(m.i32.eqz(step(k)), m.block(null, stage(k, m.i32.const(1)))))
  const neighbours = (k: number) => m.local.set(stepParam(k), m.i32.const(bytes(k)))
  const total = asm.local(binaryen.i32)
  const inPlace = inputIds
    .flatMap((i) => outputIds.map((k) => m.i32.eq(pointer(i), pointer(k))))
    .reduce((a, b) => m.i32.or(a, b), m.i32.const(0))
  const missing = asm.local(binaryen.i32)
  /** Ends with the last full step there is: some elements are computed twice, which nobody sees unless it is in place. */
  const stepBack = m.block(null, [
    m.local.set(missing, m.i32.sub(m.i32.const(lanes), count())),
    ...codes.map((_, k) =>
      m.local.set(pointerParam(k), m.i32.sub(pointer(k), m.i32.mul(step(k), asm.get(missing)))),
    ),
  ])
  const toScratch = m.block(null, [
    m.local.set(tail, count()),
    ...inputIds.map((k) =>
      m.if(step(k), m.block(null, [...stage(k, count()), ...(strided ? [neighbours(k)] : [])])),
    ),
    ...outputIds.flatMap((k) => {
      const home = homes[k]
      if (!home) return []
      return [
        m.local.set(home.pointer, pointer(k)),
        m.local.set(home.step, step(k)),
        ...(form === 'masked' ? stage(k, count()) : [m.local.set(pointerParam(k), scratch(k))]),
        ...(strided ? [neighbours(k)] : []),
      ]
    }),
  ])
  const roomBefore = m.i32.ge_u(asm.get(total), m.i32.const(lanes))
  const enterTail = m.block(null, [
    m.br('end', m.i32.eqz(count())),
    m.if(m.i32.and(roomBefore, m.i32.eqz(inPlace)), stepBack, toScratch),
    m.local.set(countParam, m.i32.const(lanes)),
  ])
  const enough = (steps: number) => m.i32.ge_u(count(), m.i32.const(steps * lanes))
  /** As many rounds of so many full steps as there are elements for. */
  const rounds = (label: string, steps: number, by: (k: number) => Ref) =>
    m.loop(
      label,
      m.block(null, [
        ...(strided ? [emitBody(asm, request, strided)] : emitGroups(asm, request, steps)),
        ...codes.map((_, k) => m.local.set(pointerParam(k), m.i32.add(pointer(k), by(k)))),
        m.local.set(countParam, m.i32.sub(count(), m.i32.const(steps * lanes))),
        m.br(label, enough(steps)),
      ]),
    )
  const constant = (k: number, steps: number) => m.i32.const(steps * lanes * bytes(k))
  // Results that are neighbours move by a constant: a register more is one too many where there are four operands.
  const known = (k: number) => !strided && k >= inputs.length
  const sizes = codes.flatMap((_, k) =>
    known(k) ? [] : [m.local.set(increments[k] ?? 0, m.i32.mul(step(k), m.i32.const(lanes)))],
  )
  const main = rounds('main', 1, (k) => (known(k) ? constant(k, 1) : asm.get(increments[k] ?? 0)))
  // Short steps several a round, without a register for each pointer's step, where all inputs have one.
  const long = strided ? 1 : stepsOf(request.kernel)
  const allMove = inputIds
    .map((k) => m.i32.ne(step(k), m.i32.const(0)))
    .reduce((a, b) => m.i32.and(a, b), m.i32.const(1))
  const inLongRounds =
    long === 1
      ? []
      : [
          m.if(
            m.i32.and(allMove, enough(long)),
            rounds('long', long, (k) => constant(k, long)),
          ),
        ]
  // Full steps, then the rest as one more full step.
  const steps = m.loop('steps', m.block(null, [m.if(enough(1), main), enterTail, m.br('steps')]))
  const leaveTail = m.if(
    asm.get(tail),
    m.block(
      null,
      outputIds.map((k) => {
        const home = homes[k]
        const [to, by] = [asm.get(home?.pointer ?? 0), asm.get(home?.step ?? 0)]
        return m.call(`spill${bytes(k) * 8}`, [to, by, scratch(k), asm.get(tail)], binaryen.none)
      }),
    ),
  )
  const code = [
    m.local.set(total, count()),
    ...splats,
    ...sizes,
    ...asm.prologue(),
    ...inLongRounds,
    m.block('end', [steps]),
    leaveTail,
    m.i32.const(0),
  ]
  return m.block(null, code, binaryen.i32)
}

/** Adds the function `name` of the inner-loop ABI to the module. */
export function addLoop(m: Module, name: string, request: FrameRequest, strided: boolean): void {
  const operands = request.inputs.length + request.outputs.length
  const count = 2 + 2 * operands + arrayParamsOf(request, !strided).count
  const params = Array.from({ length: count }, () => binaryen.i32)
  const asm = createAsm(m, params, request.x86)
  const body =
    request.shape.lanes === 1 ? scalarLoop(asm, request, strided) : vectorLoop(asm, request, strided)
  m.addFunction(name, binaryen.createType(params), binaryen.i32, asm.vars, body)
  m.addFunctionExport(name, name)
}
