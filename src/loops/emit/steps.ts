/** Counted loops in steps of several rounds, as long as there are so many left. */
import binaryen from 'binaryen'
import { dtypes } from '../../dtype.ts'
import type { Loop } from '../kernel/access.ts'
import { type Expr, op } from '../kernel/ir.ts'
import { exprOf } from '../kernel/linear.ts'
import type { ArrayContext } from './arrays.ts'
import type { Ref } from './asm.ts'
import type { Control } from './control.ts'
import { type Moving, startPointers } from './pointers.ts'
import { emitExpr } from './values.ts'

export interface Step {
  /** Before the first step, if there is one. */
  readonly before?: () => void
  readonly round: (pointers: Moving) => void
  /** Behind the last one. */
  readonly after?: () => void
}

/** `round` moves the counter on, this the pointers. */
export function emitSteps(
  c: Control,
  s: Loop,
  context: ArrayContext,
  rounds: number,
  { before, round, after }: Step,
): void {
  const { asm } = c
  const { m } = asm
  const counted = context.found.around.get(s)?.counted
  const type = counted && c.places[counted.counter]?.type
  if (!counted || !type) throw new Error('IR: steps of a loop that is not counted')
  const counter: Expr = { kind: 'local', type, local: counted.counter }
  const rest = emitExpr(
    c,
    op('sub', [exprOf(counted.last, context.found.atomOf), { kind: 'cast', type: 'i8', arg: counter }]),
  )
  if (!rest.uniform) throw new Error('IR: the end of a counted loop differs between lanes')
  // The rounds behind this one.
  const left = asm.local(binaryen.i64)
  asm.set(left, rest.ref)
  const enough = (): Ref => m.i64.ge_s(asm.get(left), m.i64.const(BigInt(rounds - 1)))
  const [exit, top] = [asm.label('exit'), asm.label('lanes')]
  const whole = asm.block(() => {
    asm.emit(m.br(exit, m.i32.eqz(enough())))
    const pointers = startPointers(
      context.scalars(),
      context.params,
      context.found,
      s,
      context.pointers,
      rounds,
    )
    before?.()
    const step = asm.block(() => {
      round(pointers)
      asm.set(left, m.i64.sub(asm.get(left), m.i64.const(BigInt(rounds))))
      pointers.advance()
      asm.emit(m.br(top, enough()))
    })
    asm.emit(m.loop(top, step))
    after?.()
  }, exit)
  asm.emit(whole)
}

/** Adds so many rounds to a counter's scalar. */
export function addRounds({ asm, places }: Control, counter: number, rounds: number): void {
  const { m } = asm
  const place = places[counter]
  const [id] = place?.ids ?? []
  if (!place || id === undefined) throw new Error('IR: a counter without its place')
  const wide = dtypes[place.type].bytes === 8
  asm.set(
    id,
    wide ? m.i64.add(asm.get(id), m.i64.const(BigInt(rounds))) : m.i32.add(asm.get(id), m.i32.const(rounds)),
  )
}
