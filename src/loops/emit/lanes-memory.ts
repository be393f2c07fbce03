/** Lanes from memory and back: neighbours at once, or one by one at any step. */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import type { Asm, Ref } from './asm.ts'
import { maskToNumbers, nonzero, registers, type Width } from './lanes-cast.ts'
import { loadShuffled, shuffledSteps } from './lanes-shuffled.ts'

/** An element's register in memory: b1 is a byte. */
export const memoryCode = (code: Code): Code => (code === 'b1' ? 'u1' : code)

function loadLane({ m }: Asm, bytes: Width, lane: number, pointer: Ref, into: Ref, offset = 0): Ref {
  switch (bytes) {
    case 1:
      return m.v128.load8_lane(offset, 1, lane, pointer, into)
    case 2:
      return m.v128.load16_lane(offset, 1, lane, pointer, into)
    case 4:
      return m.v128.load32_lane(offset, 1, lane, pointer, into)
    case 8:
      return m.v128.load64_lane(offset, 1, lane, pointer, into)
  }
}

function loadSplat({ m }: Asm, bytes: Width, pointer: Ref, offset = 0): Ref {
  switch (bytes) {
    case 1:
      return m.v128.load8_splat(offset, 1, pointer)
    case 2:
      return m.v128.load16_splat(offset, 1, pointer)
    case 4:
      return m.v128.load32_splat(offset, 1, pointer)
    case 8:
      return m.v128.load64_splat(offset, 1, pointer)
  }
}

/** An element at the same offset from each of these pointers, a lane each. */
export function gatherFrom(asm: Asm, bytes: Width, pointers: readonly number[], offset: number): Ref[] {
  const per = 16 / bytes
  return Array.from({ length: registers(pointers.length, bytes) }, (_, j) =>
    pointers
      .slice(j * per, (j + 1) * per)
      .reduce(
        (made, id, lane) =>
          lane === 0
            ? loadSplat(asm, bytes, asm.get(id), offset)
            : loadLane(asm, bytes, lane, asm.get(id), made, offset),
        0,
      ),
  )
}

/** Each lane to the same offset from its pointer. */
export function scatterTo(
  asm: Asm,
  bytes: Width,
  regs: readonly (() => Ref)[],
  pointers: readonly number[],
  offset: number,
): void {
  const per = 16 / bytes
  for (const [lane, id] of pointers.entries()) {
    const source = regs[Math.floor(lane / per)]
    if (source) asm.emit(storeLane(asm, bytes, offset, lane % per, asm.get(id), source()))
  }
}

function storeLane({ m }: Asm, bytes: Width, offset: number, lane: number, pointer: Ref, from: Ref): Ref {
  switch (bytes) {
    case 1:
      return m.v128.store8_lane(offset, 1, lane, pointer, from)
    case 2:
      return m.v128.store16_lane(offset, 1, lane, pointer, from)
    case 4:
      return m.v128.store32_lane(offset, 1, lane, pointer, from)
    case 8:
      return m.v128.store64_lane(offset, 1, lane, pointer, from)
  }
}

/** The first L elements at `pointer`, `offset` bytes on, side by side. Where they fill no register, its rest is a repetition. */
function loadNeighbours(asm: Asm, bytes: Width, lanes: number, pointer: number, offset = 0): Ref[] {
  const total = bytes * lanes
  if (total < 16) return [loadSplat(asm, total as Width, asm.get(pointer), offset)]
  return Array.from({ length: total / 16 }, (_, j) => asm.m.v128.load(offset + 16 * j, 1, asm.get(pointer)))
}

/** Elements at these offsets from one pointer, a lane each. */
export function loadPlaces(asm: Asm, bytes: Width, pointer: number, offsets: readonly number[]): Ref[] {
  const lanes = offsets.length
  const [first = 0] = offsets
  if (offsets.every((at) => at === first)) {
    const all = asm.share(loadSplat(asm, bytes, asm.get(pointer), first), binaryen.v128)
    return Array.from({ length: registers(lanes, bytes) }, () => all())
  }
  const near = offsets.every((at, lane) => at === first + lane * bytes)
  // Of three lanes the first two come together.
  if (near && lanes !== 3) return loadNeighbours(asm, bytes, lanes, pointer, first)
  if (near) {
    const two = loadSplat(asm, (2 * bytes) as Width, asm.get(pointer), first)
    return [loadLane(asm, bytes, 2, asm.get(pointer), two, first + 2 * bytes)]
  }
  const per = 16 / bytes
  return Array.from({ length: registers(lanes, bytes) }, (_, j) =>
    offsets
      .slice(j * per, (j + 1) * per)
      .reduce(
        (made, at, lane) =>
          lane === 0
            ? loadSplat(asm, bytes, asm.get(pointer), at)
            : loadLane(asm, bytes, lane, asm.get(pointer), made, at),
        0,
      ),
  )
}

/** L neighbours, from one pointer on. */
export function storeTogether(
  asm: Asm,
  bytes: Width,
  lanes: number,
  regs: readonly Ref[],
  pointer: number,
  offset: number,
): void {
  if (lanes !== 3) {
    storeNeighbours(asm, bytes, lanes, regs, pointer, offset)
    return
  }
  const three = asm.share(regs[0] ?? 0, binaryen.v128)
  asm.emit(storeLane(asm, (2 * bytes) as Width, offset, 0, asm.get(pointer), three()))
  asm.emit(storeLane(asm, bytes, offset + 2 * bytes, 2, asm.get(pointer), three()))
}

/** L elements, `step` bytes apart, one by one. */
export function gather(asm: Asm, bytes: Width, lanes: number, pointer: number, step: number): Ref[] {
  const { m } = asm
  const per = 16 / bytes
  const at = asm.local(binaryen.i32)
  asm.set(at, asm.get(pointer))
  const next = () => asm.set(at, m.i32.add(asm.get(at), asm.get(step)))
  return Array.from({ length: registers(lanes, bytes) }, (_, j) => {
    const register = asm.local(binaryen.v128)
    for (let lane = j * per; lane < Math.min(lanes, (j + 1) * per); lane++) {
      if (lane > 0) next()
      const first = lane % per === 0
      const loaded = first
        ? loadSplat(asm, bytes, asm.get(at))
        : loadLane(asm, bytes, lane % per, asm.get(at), asm.get(register))
      asm.set(register, loaded)
    }
    return asm.get(register)
  })
}

/** Elements at any step; where they turn out to lie close together, they are loaded by whole registers. */
function loadAtStep(asm: Asm, bytes: Width, lanes: number, pointer: number, step: number): Ref[] {
  const { m } = asm
  const into = Array.from({ length: registers(lanes, bytes) }, () => asm.local(binaryen.v128))
  const fill = (load: () => Ref[]) =>
    asm.block(() => {
      load().forEach((r, j) => {
        asm.set(into[j] ?? 0, r)
      })
    })
  const stepIs = (elements: number) => m.i32.eq(asm.get(step), m.i32.const(elements * bytes))
  const together = fill(() => loadNeighbours(asm, bytes, lanes, pointer))
  const apart = fill(() => gather(asm, bytes, lanes, pointer, step))
  const otherwise =
    bytes * lanes < 16
      ? apart
      : shuffledSteps.reduceRight(
          (rest, by) =>
            m.if(
              stepIs(by),
              fill(() => loadShuffled(asm, bytes, lanes, pointer, by)),
              rest,
            ),
          apart,
        )
  asm.emit(m.if(stepIs(1), together, otherwise))
  return into.map((id) => asm.get(id))
}

/**
 * Loads an operand's lanes; b1 becomes a mask one byte wide. `step` is null where elements are neighbours; then the first is `first`
 * elements beyond the pointer.
 */
export function loadLanes(
  asm: Asm,
  code: Code,
  lanes: number,
  pointer: number,
  step: number | null,
  first = 0,
): readonly Ref[] {
  const { bytes } = dtypes[code]
  const regs =
    step === null
      ? loadNeighbours(asm, bytes, lanes, pointer, first * bytes)
      : loadAtStep(asm, bytes, lanes, pointer, step)
  return code === 'b1' ? nonzero(asm, regs, 'u1') : regs
}

/** L elements that are neighbours, `offset` bytes beyond the pointer. */
function storeNeighbours(
  asm: Asm,
  bytes: Width,
  lanes: number,
  regs: readonly Ref[],
  pointer: number,
  offset = 0,
): void {
  const total = bytes * lanes
  regs.forEach((r, j) => {
    const at = asm.get(pointer)
    const whole = () => asm.m.v128.store(offset + 16 * j, 1, at, r)
    asm.emit(total < 16 ? storeLane(asm, total as Width, offset, 0, at, r) : whole())
  })
}

/** L elements, `step` bytes apart, one by one. */
export function scatter(
  asm: Asm,
  bytes: Width,
  lanes: number,
  regs: readonly (() => Ref)[],
  pointer: number,
  step: number,
): void {
  const { m } = asm
  const per = 16 / bytes
  const at = asm.local(binaryen.i32)
  asm.set(at, asm.get(pointer))
  for (let lane = 0; lane < lanes; lane++) {
    if (lane > 0) asm.set(at, m.i32.add(asm.get(at), asm.get(step)))
    const source = regs[Math.floor(lane / per)]
    if (source) asm.emit(storeLane(asm, bytes, 0, lane % per, asm.get(at), source()))
  }
}

/** Stores lanes; a b1 is given as a mask of `width`. `first` is as for loads. */
export function storeLanes(
  asm: Asm,
  code: Code,
  lanes: number,
  value: readonly Ref[],
  width: Width,
  pointer: number,
  step: number | null,
  first = 0,
): void {
  const { m } = asm
  const { bytes } = dtypes[code]
  const regs = code === 'b1' ? maskToNumbers(asm, value, lanes, width, 'u1') : value
  if (step === null) {
    storeNeighbours(asm, bytes, lanes, regs, pointer, first * bytes)
    return
  }
  const shared = regs.map((r) => asm.share(r, binaryen.v128))
  const adjacent = m.i32.eq(asm.get(step), m.i32.const(bytes))
  const together = asm.block(() => {
    const again = shared.map((r) => r())
    storeNeighbours(asm, bytes, lanes, again, pointer)
  })
  const apart = asm.block(() => scatter(asm, bytes, lanes, shared, pointer, step))
  asm.emit(m.if(adjacent, together, apart))
}
