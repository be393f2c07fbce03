/**
 * Addresses in counted loops. An index that is a sum of multiples of the counter moves by the same number of bytes each round: its
 * address is computed once before the loop and then added to. Accesses that differ by a constant along the last axis, where
 * elements are known to be neighbours, share one pointer.
 */
import binaryen from 'binaryen'
import { type Code, dtypes } from '../../dtype.ts'
import type { Access, Loop, Scan } from '../kernel/access.ts'
import { localKey } from '../kernel/access.ts'
import type { Core } from '../kernel/ir.ts'
import { isLinear, keysOf, type Linear, plus, split, whole } from '../kernel/linear.ts'
import type { Ref } from './asm.ts'
import { type Body, emitExpr } from './values.ts'

/** The parameters of the loop that array operands are read by. */
export interface ArrayParams {
  readonly core: Core
  readonly pointer: (operand: number) => number
  /** Of a core size. */
  readonly size: (dim: number) => number
  /** Of the byte step along an axis of a view; -1 along one of size 1. */
  readonly step: (view: number, axis: number) => number
  /** How many there are of both. */
  readonly count: number
  /** Along the last axes elements are neighbours. */
  readonly unit: boolean
}

/**
 * Where an access finds its element in this round: a wasm local, and bytes behind it. The local is an address inside the operand where
 * they are not 0, so they may be an instruction's offset.
 */
export interface Pointer {
  readonly id: number
  readonly offset: number
}
export type Pointers = Map<Access['node'], Pointer>

export const bytesOf = ({ core }: ArrayParams, view: number): number =>
  dtypes[core.views[view]?.type as Code].bytes

/** Is the step along this axis known to be one element? Of `contiguous`, C order alone is kept by the copies of plain operands. */
export function isUnit({ core, unit }: ArrayParams, view: number, axis: number): boolean {
  const slot = core.views[view]
  return slot !== undefined && axis === slot.dims.length - 1 && (unit || slot.contiguous === 'C')
}

/** Bytes from one round to the next: a number where it is known, else a local that is set before everything else. */
export function stride(
  { asm }: Body,
  params: ArrayParams,
  view: number,
  moves: readonly bigint[],
): number | { readonly id: () => Ref } {
  const { m } = asm
  const terms = moves.flatMap((times, axis) =>
    times === 0n || params.step(view, axis) < 0 ? [] : [{ times: Number(times), axis }],
  )
  const [only] = terms
  if (!only) return 0
  if (terms.length === 1 && isUnit(params, view, only.axis)) return only.times * bytesOf(params, view)
  const key = `step ${view} ${moves.join(' ')}`
  const value = () =>
    terms
      .map(({ times, axis }) => m.i32.mul(asm.get(params.step(view, axis)), m.i32.const(times)))
      .reduce((a, b) => m.i32.add(a, b))
  return { id: () => asm.hoisted(key, binaryen.i32, value) }
}

/** An integer expression as an i32, modulo 2^32. */
export function emitInt(body: Body, key: string, { atomOf }: Scan): Ref {
  const value = emitExpr(body, atomOf(key))
  if (!value.uniform) throw new Error(`IR: ${key} in an address differs between lanes`)
  return dtypes[value.type].bytes === 8 ? body.asm.m.i32.wrap(value.ref) : value.ref
}

/** A linear form as an i32, modulo 2^32: what addresses are computed in. */
function emitLinear(body: Body, { constant, terms }: Linear, found: Scan): Ref {
  const { m } = body.asm
  const all = [...terms].map(([key, times]) => {
    const value = emitInt(body, key, found)
    return times === 1n ? value : m.i32.mul(value, m.i32.const(Number(BigInt.asIntN(32, times))))
  })
  const low = Number(BigInt.asIntN(32, constant))
  const parts = low === 0 && all.length > 0 ? all : [...all, m.i32.const(low)]
  return parts.reduce((a, b) => m.i32.add(a, b))
}

/** The address of the element with these indices. */
function address(
  body: Body,
  params: ArrayParams,
  view: number,
  indices: readonly Linear[],
  found: Scan,
): Ref {
  const { asm } = body
  const { m } = asm
  const operand = params.core.views[view]?.operand ?? -1
  return indices.reduce(
    (at, index, axis) => {
      const step = params.step(view, axis)
      if (step < 0) return at
      const by = isUnit(params, view, axis) ? m.i32.const(bytesOf(params, view)) : asm.get(step)
      return m.i32.add(at, m.i32.mul(emitLinear(body, index, found), by))
    },
    asm.get(params.pointer(operand)),
  )
}

const movesOfForms = (forms: readonly Linear[], counter: number): bigint[] =>
  forms.map((form) => split(form, localKey(counter)).times)

interface Group {
  readonly view: number
  readonly indices: readonly Linear[]
  readonly members: { readonly node: Access['node']; readonly last: bigint }[]
}

/** The accesses whose addresses this loop moves: it is the innermost counted loop around them. */
function groupsOf(params: ArrayParams, found: Scan, loop: Loop): Group[] {
  const groups = new Map<string, Group>()
  for (const { node, indices, around } of found.accesses) {
    const innermost = around.findLast(({ counted }) => counted !== null)
    if (node.kind === 'load' || !innermost?.counted || innermost.loop !== loop) continue
    const own = localKey(innermost.counted.counter)
    const forms = indices.flatMap((index) => (index && isLinear(index) ? [index] : []))
    const steady = forms.every((form) =>
      keysOf(form).every(
        (key) => key === own || [...found.localsIn(key, null)].every((id) => !innermost.written.has(id)),
      ),
    )
    if (forms.length < indices.length || !steady) continue
    const inside = node.inside ?? []
    if (inside.length < indices.length || inside.includes('checked')) continue
    const axis = forms.length - 1
    const last = forms[axis]
    // Behind a pointer that is inside, what is inside too can be reached by a constant.
    const shared =
      last !== undefined && isUnit(params, node.view, axis) && inside.every((i) => i === 'always')
    const bare = shared ? [...forms.slice(0, -1), plus(last, whole(-last.constant))] : forms
    const key = `${node.view} ${shared} ${bare.map((f) => `${f.constant} ${[...f.terms].sort()}`).join(';')}`
    const group = groups.get(key) ?? { view: node.view, indices: bare, members: [] }
    group.members.push({ node, last: shared ? last.constant : 0n })
    groups.set(key, group)
  }
  return [...groups.values()]
}

/** Do all accesses of a loop have pointers that move by constants, and some that move? */
export function movesByConstants(scalars: Body, params: ArrayParams, found: Scan, loop: Loop): boolean {
  const counted = found.around.get(loop)?.counted
  if (!counted) return false
  const groups = groupsOf(params, found, loop)
  const bytes = groups.map(({ view, indices }) =>
    stride(scalars, params, view, movesOfForms(indices, counted.counter)),
  )
  const members = groups.reduce((sum, group) => sum + group.members.length, 0)
  const accesses = found.accesses.filter(({ around }) => around.some((a) => a.loop === loop))
  return (
    members === accesses.length && bytes.every((by) => typeof by === 'number') && bytes.some((by) => by !== 0)
  )
}

/** How the pointers of a loop move. */
export interface Moving {
  /** Adds to them what the rounds of a step take. */
  readonly advance: () => void
  /** Has them stand for elements so many rounds on, by constants; false where one moves by no constant. */
  readonly ahead: (rounds: number) => boolean
}

/** Sets the pointers of a loop, as of now, to be moved on by so many rounds at a time; `scalars` has the counter's own place. */
export function startPointers(
  scalars: Body,
  params: ArrayParams,
  found: Scan,
  loop: Loop,
  pointers: Pointers,
  rounds: number,
): Moving {
  const { asm } = scalars
  const { m } = asm
  const counted = found.around.get(loop)?.counted
  if (!counted) return { advance: () => {}, ahead: () => false }
  const moving = groupsOf(params, found, loop).map(({ view, indices, members }) => {
    const least = members.reduce((low, { last }) => (last < low ? last : low), members[0]?.last ?? 0n)
    const from = indices.map((index, axis) =>
      axis === indices.length - 1 ? plus(index, whole(least)) : index,
    )
    const id = asm.local(binaryen.i32)
    asm.set(id, address(scalars, params, view, from, found))
    const own = members.map(({ node, last }) => ({
      node,
      offset: Number(last - least) * bytesOf(params, view),
    }))
    for (const { node, offset } of own) pointers.set(node, { id, offset })
    const moves = (rounds: number) =>
      movesOfForms(indices, counted.counter).map((times) => times * counted.step * BigInt(rounds))
    const by = (rounds: number) => stride(scalars, params, view, moves(rounds))
    return { id, own, by }
  })
  return {
    advance: () => {
      for (const { id, by } of moving) {
        const bytes = by(rounds)
        if (bytes === 0) continue
        asm.set(id, m.i32.add(asm.get(id), typeof bytes === 'number' ? m.i32.const(bytes) : bytes.id()))
      }
    },
    ahead: (rounds) =>
      moving.every(({ id, own, by }) => {
        const bytes = by(rounds)
        if (typeof bytes !== 'number') return false
        for (const { node, offset } of own) pointers.set(node, { id, offset: offset + bytes })
        return true
      }),
  }
}
