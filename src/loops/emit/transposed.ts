/**
 * Counted loops of core calls side by side, whose elements lie apart from lane to lane but are neighbours from round to round: whole
 * registers are loaded from each core and transposed, then as many rounds run, and what they store is transposed back. In
 * `cumsum` of many rows that takes as long as copying them.
 */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import { type Element, type Loop, localKey } from '../kernel/access.ts'
import type { Stmt, Store } from '../kernel/ir.ts'
import { isLinear, keysOf } from '../kernel/linear.ts'
import { movesOf, roundOf, visitValues } from '../kernel/parallel.ts'
import type { ArrayContext } from './arrays.ts'
import type { Asm, Ref } from './asm.ts'
import { type Control, emitStmts } from './control.ts'
import type { Width } from './lanes-cast.ts'
import { isUnit } from './pointers.ts'
import { emitSteps } from './steps.ts'
import { arraysOf, emitExpr, lanesOf } from './values.ts'

/** Steps above which rounds take so long that where their elements come from matters little, and as many copies of them too much. */
const mostSteps = 128
/** Accesses above which their registers leave no room. */
const most = 4

interface Block {
  readonly node: Element | Store
  readonly type: Code
}

/** Are all stores outside of conditions, and is nothing left early? */
function plain(round: readonly Stmt[], nested = false): boolean {
  return round.every(
    (s) =>
      s.kind === 'set' ||
      (s.kind === 'store' && !nested) ||
      (s.kind === 'if' && plain(s.then, true) && plain(s.else, true)),
  )
}

/** The accesses to transpose, all of one width; none where the loop runs round by round. */
function blocksOf(c: Control, s: Loop, { axis, params, found }: ArrayContext): readonly Block[] {
  const around = found.around.get(s)
  const counted = around?.counted
  if (axis.kind !== 'loop' || axis.step === null || axis.packed || c.active()) return []
  if (counted?.step !== 1n || !plain(roundOf(s))) return []
  const own = localKey(counted.counter)
  const fixed = (key: string) =>
    key === own || [...found.localsIn(key, null)].every((id) => !around?.written.has(id))
  const accesses = found.accesses.filter((access) => access.around.some(({ loop }) => loop === s))
  const blocks: Block[] = []
  for (const access of accesses) {
    const { node, indices } = access
    if (node.kind === 'load') return []
    const known =
      node.inside?.length === indices.length &&
      node.inside.every((i) => i === 'always') &&
      indices.every((index) => index && isLinear(index) && keysOf(index).every(fixed))
    // What is stored is read nowhere else in it: rounds are read ahead.
    const others = accesses.some((a) => a !== access && a.node.kind !== 'load' && a.node.view === node.view)
    if (!known || (node.kind === 'store' && others)) return []
    const moves = movesOf(access, counted.counter)
    const last = moves.length - 1
    const type = node.kind === 'store' ? node.value.type : node.type
    const neighbours =
      moves.every((n, k) => n === (k === last ? 1n : 0n)) && isUnit(params, node.view, last) && type !== 'b1'
    if (neighbours) blocks.push({ node, type })
    else if (node.kind === 'store' || moves.some((n) => n !== 0n)) return []
  }
  const widths = new Set(blocks.map(({ type }) => dtypes[type].bytes))
  return widths.size === 1 && blocks.length <= most ? blocks : []
}

/** As many registers as they have lanes, rows and columns exchanged. */
function transposed({ m, share }: Asm, bytes: Width, rows: readonly (() => Ref)[]): (() => Ref)[] {
  const [per, half] = [16 / bytes, rows.length / 2]
  const zip = (from: number) =>
    Array.from({ length: 16 }, (_, at) => {
      const [lane, byte] = [Math.floor(at / bytes), at % bytes]
      return (lane % 2) * 16 + (from + Math.floor(lane / 2)) * bytes + byte
    })
  const [low, high] = [zip(0), zip(per / 2)]
  let now = [...rows]
  for (let n = per; n > 1; n /= 2) {
    const [a, b] = [now.slice(0, half), now.slice(half)]
    now = a.flatMap((row, k) => {
      const other = b[k] ?? row
      return [low, high].map((mask) => share(m.i8x16.shuffle(row(), other(), mask), binaryen.v128))
    })
  }
  return now
}

/** Emits the rounds of which there are enough for that. */
export function emitTransposed(c: Control, s: Loop, context: ArrayContext): void {
  const blocks = blocksOf(c, s, context)
  const { axis, params, pointers } = context
  const [one] = blocks
  const step = axis.kind === 'loop' ? axis.step : null
  if (!one || !step) return
  const { bytes } = dtypes[one.type]
  const rounds = 16 / bytes
  let steps = 0
  visitValues(roundOf(s), (e) => {
    if (e.kind !== 'const' && e.kind !== 'local') steps++
  })
  if (c.lanes % rounds !== 0 || steps * rounds > mostSteps) return
  const { asm, lanes } = c
  const { m } = asm
  /** The address in each core, one after another, and how far behind it. */
  const eachCore = (node: Block['node'], visit: (at: () => Ref, offset: number, lane: number) => void) => {
    const pointer = pointers.get(node)
    if (!pointer) throw new Error('IR: neighbours without a pointer')
    const at = asm.local(binaryen.i32)
    asm.set(at, asm.get(pointer.id))
    const by = step(params.core.views[node.view]?.operand ?? -1)
    for (let lane = 0; lane < lanes; lane++) {
      if (lane > 0) asm.set(at, m.i32.add(asm.get(at), asm.get(by)))
      visit(() => asm.get(at), pointer.offset, lane)
    }
  }
  /** Registers by rounds from registers by cores, or the other way round. */
  const exchanged = (regs: readonly (() => Ref)[]): (() => Ref)[][] =>
    Array.from({ length: lanes / rounds }, (_, j) =>
      transposed(asm, bytes, regs.slice(j * rounds, (j + 1) * rounds)),
    )
  emitSteps(c, s, context, rounds, {
    round: () => {
      const loaded = new Map<Block['node'], (() => Ref)[][]>()
      const made = new Map<Block['node'], (() => Ref)[][]>()
      for (const { node } of blocks) {
        if (node.kind === 'store') continue
        const rows: (() => Ref)[] = []
        eachCore(node, (at, offset) => rows.push(asm.share(m.v128.load(offset, 1, at()), binaryen.v128)))
        loaded.set(node, exchanged(rows))
      }
      for (let round = 0; round < rounds; round++) {
        const arrays = arraysOf(c)
        const own: Control = {
          ...c,
          arrays: {
            ...arrays,
            element: (e) => {
              const held = loaded.get(e)
              if (!held) return arrays.element(e)
              const regs = held.map((columns) => columns[round]?.() ?? 0)
              return { uniform: false, type: e.type, width: bytes, regs }
            },
            store: (store) => {
              const regs = lanesOf(own, emitExpr(own, store.value))
              const all = made.get(store) ?? regs.map(() => [])
              regs.forEach((r, j) => {
                all[j]?.push(asm.share(r, binaryen.v128))
              })
              made.set(store, all)
            },
          },
        }
        emitStmts(own, roundOf(s))
        emitStmts(own, s.update)
      }
      for (const [node, all] of made) {
        const rows = all.flatMap((columns) => transposed(asm, bytes, columns))
        eachCore(node, (at, offset, lane) => {
          asm.emit(m.v128.store(offset, 1, at(), rows[lane]?.() ?? 0))
        })
      }
    },
  })
}
