/** What `explain()` says of a kernel of arrays: which loops run on lanes, why others do not, and where indices are checked. */
import { type Access, type Loop, scan } from '../kernel/access.ts'
import type { Check, Inside, Kernel, Pos } from '../kernel/ir.ts'
import { jam } from '../kernel/jam.ts'
import { type LaneFacts, laneFacts, laneLoops } from '../kernel/parallel.ts'
import type { Note } from '../loop.ts'
import { type Batch, type SmallBatch, smallBatches } from './batch.ts'
import { laneCounts, widestOf } from './counted.ts'

export interface ArrayFacts {
  /** Of the loop on lanes with the most: lanes in a register, registers at a time. 1 where all is scalar. */
  readonly lanes: number
  readonly interleave: number
  readonly notes: readonly Note[]
}

const start: Pos = { line: 1, column: 1 }
const placed = (at: Pos | undefined) => `${(at ?? start).line}:${(at ?? start).column}`

/** Each place said once, the best that is known of it in any version of the code. */
function checkNotes(checks: readonly Check[], accesses: readonly Access[]): Note[] {
  const rank: readonly Inside[] = ['always', 'reached', 'checked']
  const seen = new Map<number, Set<Inside>>()
  for (const { node, exprs } of accesses) {
    for (const axis of exprs.keys()) {
      const check = node.check + axis
      seen.set(check, (seen.get(check) ?? new Set()).add(node.inside?.[axis] ?? rank[2] ?? 'checked'))
    }
  }
  const notes = new Map<string, Note>()
  for (const [check, inside] of seen) {
    const { at = start, array = 'array' } = checks[check] ?? {}
    if (!inside.has('checked')) continue
    const reason =
      inside.size > 1
        ? `indices of \`${array}\` are tested once, before the loops; where that fails, each is checked`
        : `an index of \`${array}\` is checked each time`
    notes.set(`${at.line} ${reason}`, { ...at, reason })
  }
  return notes.size > 0
    ? [...notes.values()]
    : [{ ...start, reason: 'no index needs a check: all are inside' }]
}

function laneNote(loop: Loop, facts: LaneFacts, kernel: Kernel, lanes: number): Note {
  const nameOf = (id: number) => kernel.locals[id]?.name ?? 'a local'
  const sums = facts.sums.map(({ kind, local }) =>
    kind === 'free'
      ? `; each lane has a \`${nameOf(local)}\` of its own, and they are joined behind it`
      : `; what they give is added to \`${nameOf(local)}\` in order`,
  )
  return {
    ...(loop.at ?? start),
    reason: `the loop over \`${nameOf(facts.counter)}\` runs on lanes, ${lanes} rounds at a time${sums.join('')}`,
  }
}

/** Core calls side by side. */
function batchNote({ own, request }: Batch): Note {
  const many = `elements of the loop dimensions run on lanes, ${request.shape.lanes} at a time`
  return {
    ...start,
    reason: own ? `${many}, where the kernel's own loop has fewer than ${own.enough} rounds` : many,
  }
}

/** Cores of one small size. */
function smallNotes(batch: Batch): Note[] {
  const small = smallBatches(batch)
  const note = (kind: SmallBatch['kind'], how: string): Note[] => {
    const sizes = small.filter((way) => way.kind === kind).map(({ size }) => size)
    const which = sizes.length > 1 ? `all one of ${sizes.join(', ')}` : `all ${sizes[0]}`
    const reason = `cores whose sizes are ${which}, in C order, run without loops, ${how}`
    return sizes.length === 0 ? [] : [{ ...start, reason }]
  }
  const { widest } = batch.request.shape
  return [
    ...note('cores', `${16 / widest} at a time`),
    ...note('rows', `${16 / widest} neighbours in a row at a time`),
  ]
}

export function arrayFacts(
  kernel: Kernel,
  simd: boolean,
  boundscheck: boolean,
  batch: Batch | null,
): ArrayFacts {
  const found = scan(kernel)
  const { chosen, reasons } = laneLoops(found)
  const notes: Note[] = []
  let [best, interleave] = [1, 1]
  const said = new Set<string>()
  for (const loop of simd ? chosen : []) {
    const facts = laneFacts(found, loop)
    if (typeof facts === 'string') continue
    const [lanes = 1] = laneCounts(found, loop, facts)
    const each = 16 / widestOf(found, loop, facts)
    if (lanes > best * interleave) [best, interleave] = [each, lanes / each]
    if (!said.has(placed(loop.at))) notes.push(laneNote(loop, facts, kernel, lanes))
    said.add(placed(loop.at))
  }
  if (simd && chosen.size === 0) {
    for (const { at, reason } of reasons) {
      if (said.has(placed(at))) continue
      said.add(placed(at))
      notes.push({ ...(at ?? start), reason: `the loop runs scalar: ${reason}` })
    }
  }
  if (simd) notes.push(...jam(kernel).notes)
  if (batch) {
    notes.push(batchNote(batch), ...smallNotes(batch))
    const { lanes, widest } = batch.request.shape
    if (best === 1) [best, interleave] = [16 / widest, (lanes * widest) / 16]
  }
  const checks = boundscheck
    ? checkNotes(kernel.checks, found.accesses)
    : [{ ...start, reason: 'boundscheck: false: no index is checked, and one outside is not noticed' }]
  return { lanes: best, interleave, notes: [...notes, ...checks] }
}
