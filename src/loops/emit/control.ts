/**
 * Statements to instructions, as ispc does it. Where control is uniform, branches are real. Where lanes disagree, both sides
 * run and a mask says which lanes take part: a `set` keeps the others' value if they still need it, `break`, `continue` and early returns take their
 * lanes out of the mask until the block or loop ends, and a loop runs while any lane is left.
 */
import binaryen from 'binaryen'
import { dtypes } from '../../dtype.ts'
import { cost, skipAbove } from '../kernel/cost.ts'
import { isInt } from '../kernel/evaluate.ts'
import type { Stmt } from '../kernel/ir.ts'
import type { Liveness } from '../kernel/liveness.ts'
import type { Ref } from './asm.ts'
import { choose, laneRows } from './lanes.ts'
import { anyLane, registers, resizeMask } from './lanes-cast.ts'
import { arraysOf, type Body, emitExpr, isVarying, lanesOf } from './values.ts'

/** A mask: the wasm locals of its registers. */
export type Mask = readonly number[]

export interface Control extends Body {
  /** Labels whose exits are all under uniform control: they become real branches. */
  readonly uniformLabels: ReadonlySet<number>
  /** The lanes that take part now; null means all. */
  exec: Mask | null
  /** Locals whose value the lanes that take no part still need. */
  keep: ReadonlySet<number>
  readonly liveness: Liveness
  readonly targets: Map<number, Target>
}

export type Target =
  | { readonly masked: false; readonly exit: string; readonly next: string }
  | {
      readonly masked: true
      /** Null: nobody asks which lanes broke out, as all of them are back afterwards. */
      readonly broke: Mask | null
      readonly continued: Mask
      /** The lanes within, and the wasm label behind it: all of them may leave at once. */
      readonly lanes: Mask
      readonly exit: string
    }

/** Whether lanes may leave the mask within these statements. */
function hasMaskedExit(c: Control, body: readonly Stmt[]): boolean {
  return body.some((s) => {
    switch (s.kind) {
      case 'set':
      case 'store':
        return false
      case 'if':
        return hasMaskedExit(c, s.then) || hasMaskedExit(c, s.else)
      case 'loop':
        return hasMaskedExit(c, s.body) || hasMaskedExit(c, s.update)
      case 'block':
        return hasMaskedExit(c, s.body)
      case 'break':
      case 'continue':
        return c.targets.get(s.label)?.masked ?? !c.uniformLabels.has(s.label)
    }
  })
}

const newMask = (c: Control): Mask =>
  Array.from({ length: registers(c.lanes, c.maskWidth) }, () => c.asm.local(binaryen.v128))

const read = (c: Control, mask: Mask): Ref[] => mask.map((id) => c.asm.get(id))

function assign(c: Control, mask: Mask, values: readonly Ref[]): void {
  mask.forEach((id, j) => {
    const value = values[j]
    if (value !== undefined) c.asm.set(id, value)
  })
}

const all = (c: Control, bit: 0 | -1): Ref[] =>
  Array.from({ length: registers(c.lanes, c.maskWidth) }, () =>
    c.asm.hoisted(`mask ${bit}`, binaryen.v128, () => c.asm.m.i32x4.splat(c.asm.m.i32.const(bit))),
  )

const combine = (c: Control, op: 'and' | 'or' | 'andnot', a: readonly Ref[], b: readonly Ref[]): Ref[] =>
  a.map((r, j) => c.asm.m.v128[op](r, b[j] ?? 0))

const taking = (c: Control): Ref[] => (c.exec ? read(c, c.exec) : all(c, -1))

const noLane = (c: Control): Ref => c.asm.m.i32.eqz(anyLane(c.asm, taking(c)))

export function emitStmts(c: Control, body: readonly Stmt[]): void {
  for (const s of body) emitStmt(c, s)
}

function emitStmt(c: Control, s: Stmt): void {
  switch (s.kind) {
    case 'set':
      emitSet(c, s)
      break
    case 'store':
      arraysOf(c).store(s)
      break
    case 'if':
      if (isVarying(c, s.cond)) emitMaskedIf(c, s)
      else emitUniformIf(c, s)
      break
    case 'block':
      if (c.uniformLabels.has(s.label)) emitUniformBlock(c, s)
      else emitMaskedBlock(c, s)
      break
    case 'loop':
      if (c.arrays?.loop(s)) break
      if (c.uniformLabels.has(s.label)) emitUniformLoop(c, s)
      else emitMaskedLoop(c, s)
      break
    case 'break':
    case 'continue':
      emitExit(c, s)
      break
  }
}

/** `n = n + x` of integers on the lanes of a mask alone: the others add 0. Null for any other value. */
function maskedSum(c: Control, s: Stmt & { kind: 'set' }, mask: () => readonly Ref[]): Ref[] | null {
  const { asm } = c
  const { value } = s
  if (value.kind !== 'op' || (value.op !== 'add' && value.op !== 'sub') || !isInt(value.type)) return null
  const [from, by] = value.args
  const place = c.places[s.local]
  const [add, sub] = [laneRows[value.type].add, laneRows[value.type].sub]
  if (from?.kind !== 'local' || from.local !== s.local || !by || !place || !add || !sub) return null
  const [same, opposite] = value.op === 'add' ? [add, sub] : [sub, add]
  const taken = mask()
  // A mask is -1 where it is true.
  if (by.kind === 'const' && by.value === 1n)
    return place.ids.map((id, j) => opposite(asm, asm.get(id), taken[j] ?? 0))
  const steps = lanesOf(c, emitExpr(c, by))
  return place.ids.map((id, j) => same(asm, asm.get(id), asm.m.v128.and(steps[j] ?? 0, taken[j] ?? 0)))
}

function emitSet(c: Control, s: Stmt & { kind: 'set' }): void {
  const { asm } = c
  const place = c.places[s.local]
  if (!place) throw new Error(`IR: no local ${s.local}`)
  const width = place.type === 'b1' ? c.maskWidth : dtypes[place.type].bytes
  const masked = !place.uniform && c.exec !== null && c.keep.has(s.local)
  const mask = () => resizeMask(asm, taking(c), c.lanes, c.maskWidth, width)
  const summed = masked ? maskedSum(c, s, mask) : null
  if (summed) {
    place.ids.forEach((id, j) => {
      asm.set(id, summed[j] ?? 0)
    })
    return
  }
  const value = emitExpr(c, s.value)
  if (place.uniform) {
    if (!value.uniform) throw new Error(`IR: uniform local ${s.local} set to a varying value`)
    const [id] = place.ids
    if (id !== undefined) asm.set(id, value.ref)
    return
  }
  const regs = lanesOf(c, value)
  const taken = masked ? mask() : null
  place.ids.forEach((id, j) => {
    const next = regs[j] ?? 0
    asm.set(id, taken ? choose(asm, taken[j] ?? 0, next, asm.get(id)) : next)
  })
}

function emitUniformIf(c: Control, s: Stmt & { kind: 'if' }): void {
  const { asm } = c
  const cond = emitExpr(c, s.cond)
  if (!cond.uniform) return
  const then = asm.block(() => emitStmts(c, s.then))
  const otherwise = s.else.length > 0 ? asm.block(() => emitStmts(c, s.else)) : undefined
  asm.emit(asm.m.if(cond.ref, then, otherwise))
}

/** The exit that a branch consists of, if it is nothing else. */
const onlyExit = (body: readonly Stmt[]): (Stmt & { kind: 'break' | 'continue' }) | null => {
  const [first] = body
  return body.length === 1 && (first?.kind === 'break' || first?.kind === 'continue') ? first : null
}

/** A break of all the lanes that are left in the loop: it is a branch, behind which nobody need ask whether one is left. */
function leavesAtOnce(c: Control, s: Stmt): boolean {
  if (s.kind !== 'if' || s.else.length > 0 || isVarying(c, s.cond)) return false
  const target = c.targets.get(onlyExit(s.then)?.label ?? -1)
  return onlyExit(s.then)?.kind === 'break' && target?.masked === true && target.lanes === c.exec
}

function emitMaskedIf(c: Control, s: Stmt & { kind: 'if' }): void {
  const { asm } = c
  const negated = s.cond.kind === 'op' && s.cond.op === 'not' ? s.cond.args[0] : undefined
  const cond = newMask(c)
  assign(c, cond, lanesOf(c, emitExpr(c, negated ?? s.cond), c.maskWidth))
  const outer = c.exec
  const holds = () => (outer ? combine(c, 'and', read(c, outer), read(c, cond)) : read(c, cond))
  const fails = () => combine(c, 'andnot', outer ? read(c, outer) : all(c, -1), read(c, cond))
  const [yes, no] = negated ? [fails, holds] : [holds, fails]
  const leaving = s.else.length === 0 ? onlyExit(s.then) : s.then.length === 0 ? onlyExit(s.else) : null
  if (leaving && outer) {
    const [gone, stay] = s.else.length === 0 ? [yes, no] : [no, yes]
    collect(c, leaving, gone)
    assign(c, outer, stay())
    return
  }
  // Who goes to the other branch waits for its start, who comes from there for the end.
  const { after, second } = c.liveness.around(s)
  const kept = c.keep
  const branch = (body: readonly Stmt[], lanes: () => Ref[], waiting: ReadonlySet<number>): Mask => {
    const mask = newMask(c)
    assign(c, mask, lanes())
    c.exec = mask
    c.keep = new Set([...kept, ...waiting])
    if (!s.rare && cost(body) <= skipAbove) emitStmts(c, body)
    else
      asm.emit(
        asm.m.if(
          anyLane(asm, read(c, mask)),
          asm.block(() => emitStmts(c, body)),
        ),
      )
    return mask
  }
  const leaves = hasMaskedExit(c, s.then) || hasMaskedExit(c, s.else)
  const parts: Mask[] = []
  if (s.then.length > 0 || leaves) parts.push(branch(s.then, yes, second))
  if (s.else.length > 0 || leaves) parts.push(branch(s.else, no, after))
  c.exec = outer
  c.keep = kept
  const [a, b] = parts
  if (leaves && outer && a && b) assign(c, outer, combine(c, 'or', read(c, a), read(c, b)))
}

function emitUniformBlock(c: Control, s: Stmt & { kind: 'block' }): void {
  const exit = c.asm.label('block')
  c.targets.set(s.label, { masked: false, exit, next: exit })
  c.asm.emit(c.asm.block(() => emitStmts(c, s.body), exit))
}

function emitUniformLoop(c: Control, s: Stmt & { kind: 'loop' }): void {
  const { asm } = c
  const [exit, next, top] = [asm.label('exit'), asm.label('next'), asm.label('loop')]
  // It may end for lanes that come here, and for no others.
  const guard = c.exec ? [asm.m.br(exit, noLane(c))] : []
  c.targets.set(s.label, { masked: false, exit, next })
  const iteration = asm.block(() => {
    asm.emit(asm.block(() => emitStmts(c, s.body), next))
    emitStmts(c, s.update)
    asm.emit(asm.m.br(top))
  })
  asm.emit(asm.m.block(exit, [...guard, asm.m.loop(top, iteration)]))
}

/** A mask to leave from, its own copy of the lanes that enter. Who leaves waits at the end, or at a loop's update. */
function enter(c: Control, s: Stmt & { kind: 'block' | 'loop' }, exit: string): Target & { masked: true } {
  const broke = c.exec ? newMask(c) : null
  const mask = newMask(c)
  const target = { masked: true as const, broke, continued: newMask(c), lanes: mask, exit }
  if (broke) assign(c, broke, all(c, 0))
  c.targets.set(s.label, target)
  assign(c, mask, taking(c))
  c.exec = mask
  const { after, second } = c.liveness.around(s)
  const repeats = s.kind === 'loop' && continuesTo(s.body, s.label)
  c.keep = new Set([...c.keep, ...after, ...(repeats ? second : [])])
  return target
}

function emitMaskedBlock(c: Control, s: Stmt & { kind: 'block' }): void {
  const { asm } = c
  const outer = c.exec
  const kept = c.keep
  const exit = asm.label('block')
  const { broke } = enter(c, s, exit)
  const body = asm.block(() => {
    s.body.forEach((inner, i) => {
      emitStmt(c, inner)
      const rest = s.body.slice(i + 1)
      if (hasMaskedExit(c, [inner]) && cost(rest) > skipAbove) asm.emit(asm.m.br(exit, noLane(c)))
    })
  }, exit)
  asm.emit(body)
  // Without an outer mask nobody can have left for further out: all lanes are back.
  if (outer && broke) assign(c, outer, combine(c, 'or', taking(c), read(c, broke)))
  c.exec = outer
  c.keep = kept
}

function emitMaskedLoop(c: Control, s: Stmt & { kind: 'loop' }): void {
  const { asm } = c
  const outer = c.exec
  const kept = c.keep
  const [exit, next, top] = [asm.label('exit'), asm.label('next'), asm.label('loop')]
  const target = enter(c, s, exit)
  const continues = continuesTo(s.body, s.label)
  const iteration = asm.block(() => {
    if (continues) assign(c, target.continued, all(c, 0))
    const body = asm.block(() => {
      for (const inner of s.body) {
        emitStmt(c, inner)
        if (hasMaskedExit(c, [inner]) && !leavesAtOnce(c, inner))
          asm.emit(asm.m.br(continues ? next : exit, noLane(c)))
      }
    }, next)
    asm.emit(body)
    if (continues && c.exec) assign(c, c.exec, combine(c, 'or', taking(c), read(c, target.continued)))
    emitStmts(c, s.update)
    // All lanes may have left in the update, or be only waiting for it.
    const emptied = continues || hasMaskedExit(c, s.update)
    asm.emit(emptied ? asm.m.br(top, anyLane(asm, taking(c))) : asm.m.br(top))
  })
  asm.emit(asm.m.block(exit, [asm.m.loop(top, iteration)]))
  if (outer && target.broke) assign(c, outer, read(c, target.broke))
  c.exec = outer
  c.keep = kept
}

function continuesTo(body: readonly Stmt[], label: number): boolean {
  return body.some((s) => {
    if (s.kind === 'continue') return s.label === label
    if (s.kind === 'if') return continuesTo(s.then, label) || continuesTo(s.else, label)
    if (s.kind === 'block') return continuesTo(s.body, label)
    if (s.kind === 'loop') return continuesTo(s.body, label) || continuesTo(s.update, label)
    return false
  })
}

/** Remembers the lanes that go to the end of a block, or to the next iteration of a loop. */
function collect(c: Control, s: Stmt & { kind: 'break' | 'continue' }, lanes: () => readonly Ref[]): void {
  const target = c.targets.get(s.label)
  if (!target?.masked) throw new Error(`IR: masked exit to label ${s.label}`)
  const pool = s.kind === 'break' ? target.broke : target.continued
  if (pool) assign(c, pool, combine(c, 'or', read(c, pool), lanes()))
}

function emitExit(c: Control, s: Stmt & { kind: 'break' | 'continue' }): void {
  const target = c.targets.get(s.label)
  if (!target) throw new Error(`IR: no target for label ${s.label}`)
  if (!target.masked) {
    c.asm.emit(c.asm.m.br(s.kind === 'break' ? target.exit : target.next))
    return
  }
  collect(c, s, () => taking(c))
  if (c.exec) assign(c, c.exec, all(c, 0))
  if (s.kind === 'break' && c.exec === target.lanes) c.asm.emit(c.asm.m.br(target.exit))
}
