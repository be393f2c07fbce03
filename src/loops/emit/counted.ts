/**
 * Counted loops of kernels of arrays: tested at their end, with pointers instead of indices; and on lanes, those that
 * `kernel/parallel.ts` has chosen: four registers at a time, then one, then the rest round by round.
 */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import type { Loop, Scan } from '../kernel/access.ts'
import { type LaneFacts, laneFacts, movesOf, roundOf, straight, visitValues } from '../kernel/parallel.ts'
import { type ArrayContext, accessesIn } from './arrays.ts'
import type { Ref } from './asm.ts'
import { type Control, emitStmts } from './control.ts'
import { splat } from './lanes.ts'
import { registers, type Width } from './lanes-cast.ts'
import { intShape } from './lanes-shape.ts'
import { movesByConstants, startPointers } from './pointers.ts'
import { addRounds, emitSteps } from './steps.ts'
import { addInOrder, endSum, startSum } from './sums.ts'
import { emitTransposed } from './transposed.ts'
import { type Arrays, emitExpr, type Place } from './values.ts'

/** Bytes of the widest value: four registers, then one. */
const stages = [64, 16] as const
const maxLanes = 32

/** How a body reads and writes its array operands, and runs its counted loops. */
export const arraysIn = (control: () => Control, context: ArrayContext): Arrays => ({
  ...accessesIn(control, context),
  loop: (s) => emitCounted(control(), s, context),
})

/** Emits the loop if it is a counted one. */
function emitCounted(c: Control, s: Loop, context: ArrayContext): boolean {
  const counted = context.found.around.get(s)?.counted
  if (!counted || !c.uniformLabels.has(s.label)) return false
  if (s.lanes && c.lanes === 1) {
    const facts = laneFacts(context.found, s)
    if (typeof facts === 'string') throw new Error(`IR: a loop on lanes: ${facts}`)
    for (const lanes of laneCounts(context.found, s, facts)) emitLanes(c, s, context, facts, lanes)
  }
  if (c.lanes > 1) emitTransposed(c, s, context)
  else if (!s.lanes) emitInRow(c, s, context)
  emitRounds(c, s, context)
  return true
}

/** Bytes of the widest value that differs between lanes. */
export function widestOf(found: Scan, s: Loop, { uniformity }: LaneFacts): Width {
  let widest: Width = 1
  const see = (code: Code) => {
    if (dtypes[code].bytes > widest) widest = dtypes[code].bytes
  }
  visitValues(roundOf(s), (e) => {
    if (e.kind !== 'const' && uniformity.varies(e)) see(e.type)
  })
  // What is stored alone, such as a constant, has its width too.
  for (const { node, around } of found.accesses) {
    if (node.kind === 'store' && around.some(({ loop }) => loop === s)) see(node.value.type)
  }
  return widest
}

/** How many rounds run at once: as long as there are so many left, in this order. */
export function laneCounts(found: Scan, s: Loop, facts: LaneFacts): number[] {
  const widest = widestOf(found, s, facts)
  return stages.map((bytes) => Math.min(maxLanes, bytes / widest))
}

/** Steps of a round, above which registers go side by side: the machine does not see the next one's soon enough. */
const mostSteps = 40
/** Registers that elements may wait in, of the sixteen that x64 has. */
const waiting = 12

/**
 * Do the registers of a step go one after another? V8 moves loads ahead of arithmetic, but not ahead of a store, so side by side all
 * elements that are read wait in registers. Where these are too few, straight lines go register by register, unless they read what
 * is the same for all: that is read once side by side.
 */
function oneByOne(found: Scan, s: Loop, { counter, sums }: LaneFacts, widest: Width): boolean {
  const inside = found.accesses.filter(({ around }) => around.some(({ loop }) => loop === s))
  const moves = inside.every((access) => movesOf(access, counter).some((n) => n !== 0n))
  const fills = inside.every(({ node }) => {
    const code = node.kind === 'store' ? node.value.type : node.type
    return code !== 'b1' && dtypes[code].bytes === widest
  })
  const reads = inside.filter(({ node }) => node.kind === 'element').length
  let steps = 0
  visitValues(roundOf(s), (e) => {
    if (e.kind !== 'const' && e.kind !== 'local' && dtypes[e.type].bytes === widest) steps++
  })
  const crowded = (reads * stages[0]) / stages[1] > waiting
  return straight(s) && sums.length === 0 && moves && fills && crowded && steps <= mostSteps
}

/** Is the counter still at or before its last value? */
function goesOn(c: Control, s: Loop): Ref {
  const [head] = s.body
  if (head?.kind !== 'if') throw new Error('IR: a counted loop without its test')
  const cond = emitExpr(c, head.cond)
  if (!cond.uniform) throw new Error('IR: the test of a counted loop differs between lanes')
  return c.asm.m.i32.eqz(cond.ref)
}

/** Steps of a round of which eight, and of which four, are emitted in a row. */
const short = [
  [4, 8],
  [12, 4],
] as const

/**
 * Several short rounds in a row, where one needs what the one before it has made: counting and comparing between them takes places in
 * the processor that additions wait for.
 */
function emitInRow(c: Control, s: Loop, context: ArrayContext): void {
  const { found, params } = context
  const counted = found.around.get(s)?.counted
  let steps = 0
  visitValues(roundOf(s), (e) => {
    if (e.kind !== 'const' && e.kind !== 'local') steps++
  })
  const rounds = short.find(([most]) => steps <= most)?.[1]
  if (!rounds || !counted || counted.step !== 1n || s.update.length !== 1 || !straight(s)) return
  if (!movesByConstants(context.scalars(), params, found, s)) return
  emitSteps(c, s, context, rounds, {
    round: ({ ahead }) => {
      for (let k = 0; k < rounds; k++) {
        ahead(k)
        emitStmts(c, [...roundOf(s), ...s.update])
      }
    },
  })
}

/** Round by round, on as many lanes as there are already. */
function emitRounds(c: Control, s: Loop, context: ArrayContext): void {
  const { asm } = c
  const { m } = asm
  const [exit, next, top] = [asm.label('exit'), asm.label('next'), asm.label('loop')]
  c.targets.set(s.label, { masked: false, exit, next })
  const whole = asm.block(() => {
    asm.emit(m.br(exit, m.i32.eqz(goesOn(c, s))))
    const { advance } = startPointers(
      context.scalars(),
      context.params,
      context.found,
      s,
      context.pointers,
      1,
    )
    const round = asm.block(() => {
      asm.emit(asm.block(() => emitStmts(c, roundOf(s)), next))
      emitStmts(c, s.update)
      advance()
      asm.emit(m.br(top, goesOn(c, s)))
    })
    asm.emit(m.loop(top, round))
  }, exit)
  asm.emit(whole)
}

/** The numbers `from`, `from` + 1 … as lanes of an integer type. */
function iota(c: Control, code: Code, from: number): Ref[] {
  const { bytes } = dtypes[code]
  const per = 16 / bytes
  return Array.from({ length: registers(c.lanes, bytes) }, (_, j) =>
    c.asm.hoisted(`iota ${bytes} ${from + j * per}`, binaryen.v128, () => {
      const register = new Uint8Array(16)
      for (let lane = 0; lane < per; lane++) register[lane * bytes] = from + j * per + lane
      return c.asm.m.v128.const([...register])
    }),
  )
}

/** The lanes within the loop: places of their own for what differs, scalars for the rest. */
function laneControl(
  c: Control,
  context: ArrayContext,
  { counter, uniformity, counts }: LaneFacts,
  lanes: number,
  widest: Width,
): Control {
  const { asm } = c
  const written = uniformity.locals
  const places = c.places.map((place, id): Place => {
    if (id === counter ? !counts : written.has(id)) return place
    const width = place.type === 'b1' ? widest : dtypes[place.type].bytes
    const ids = Array.from({ length: registers(lanes, width) }, () => asm.local(binaryen.v128))
    return { type: place.type, uniform: false, ids }
  })
  const axis = { kind: 'counter', counter } as const
  const inner: Control = {
    ...c,
    lanes,
    maskWidth: widest,
    places,
    uniformLabels: uniformity.labels,
    exec: null,
    keep: new Set(),
    targets: new Map(),
    active: () => inner.exec,
    arrays: arraysIn(() => inner, { ...context, axis, scalars: () => scalars }),
  }
  const scalars: Control = { ...inner, lanes: 1, places: c.places, active: () => null }
  return inner
}

/** As many rounds as fill so many lanes. */
function emitLanes(c: Control, s: Loop, context: ArrayContext, facts: LaneFacts, lanes: number): void {
  const { asm } = c
  const { m } = asm
  const { counter } = facts
  const place = c.places[counter]
  const id = place?.ids[0]
  if (!place || id === undefined || lanes < 2) return
  const widest = widestOf(context.found, s, facts)
  const per = oneByOne(context.found, s, facts, widest) ? 16 / widest : lanes
  const inner = laneControl(c, context, facts, lanes, widest)
  const single = per < lanes ? laneControl(c, context, facts, per, widest) : inner
  const apart = facts.sums.flatMap((sum) => (sum.kind === 'free' ? [sum] : []))
  const ordered = new Map(
    facts.sums.flatMap((sum) => (sum.kind === 'ordered' ? [[sum.set, sum] as const] : [])),
  )
  emitSteps(c, s, context, lanes, {
    before: () => {
      for (const sum of apart) startSum(c, inner, sum)
    },
    round: ({ ahead }) => {
      const apiece = per < lanes && ahead(per) && ahead(0)
      for (let from = 0; from < lanes; from += apiece ? per : lanes) {
        const own = apiece ? single : inner
        if (apiece) ahead(from)
        if (facts.counts) {
          const shape = m[intShape(dtypes[place.type].bytes)]
          const value = asm.share(splat(asm, place.type, asm.get(id)), binaryen.v128)
          const numbers = iota(own, place.type, from)
          own.places[counter]?.ids.forEach((reg, j) => {
            asm.set(reg, shape.add(value(), numbers[j] ?? 0))
          })
        }
        for (const statement of roundOf(s)) {
          const sum = statement.kind === 'set' && ordered.get(statement)
          if (sum) addInOrder(c, own, sum)
          else emitStmts(own, [statement])
        }
      }
      addRounds(c, counter, lanes)
    },
    after: () => {
      for (const sum of apart) endSum(c, inner, sum)
    },
  })
}
