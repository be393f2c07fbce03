/**
 * Variables that are declared without a value. JavaScript starts them as `undefined`, which in arithmetic is NaN. Where every read
 * comes after a write nothing of that can be seen and the declaration is dropped; else it becomes a NaN.
 */
import { constant } from './parse-frame.ts'
import type { Place } from './source.ts'
import { branches, type Step, type Tree } from './tree.ts'

/** The locals that may be undefined here; undefined itself where no control flow comes. */
type Unset = ReadonlySet<number> | undefined

const union = (a: Unset, b: Unset): Unset => (a && b ? new Set([...a, ...b]) : (a ?? b))
const size = (a: Unset): number => a?.size ?? -1

interface Jumps {
  readonly breaks: Map<number, Unset>
  readonly continues: Map<number, Unset>
}

function reads(tree: Tree, unset: ReadonlySet<number>, found: Set<number>): void {
  if (tree.kind === 'local' && unset.has(tree.local)) found.add(tree.local)
  for (const part of branches(tree)) reads(part, unset, found)
  if (tree.kind === 'coerce') for (const arg of tree.choice.args) reads(arg, unset, found)
}

function flow(steps: readonly Step[], before: Unset, jumps: Jumps, found: Set<number>): Unset {
  let now = before
  for (const step of steps) {
    if (!now) return undefined
    now = after(step, now, jumps, found)
  }
  return now
}

function after(step: Step, now: ReadonlySet<number>, jumps: Jumps, found: Set<number>): Unset {
  switch (step.kind) {
    case 'declare':
      return new Set([...now, step.local])
    case 'set': {
      reads(step.value, now, found)
      if (!now.has(step.local)) return now
      const next = new Set(now)
      next.delete(step.local)
      return next
    }
    case 'store':
      for (const tree of [...step.indices, step.value]) reads(tree, now, found)
      return now
    case 'make':
      for (const tree of step.sizes) reads(tree, now, found)
      return now
    case 'if':
      reads(step.test, now, found)
      return union(flow(step.then, now, jumps, found), flow(step.else, now, jumps, found))
    case 'block': {
      const end = flow(step.body, now, jumps, found)
      return union(end, jumps.breaks.get(step.label))
    }
    case 'loop': {
      let start: Unset = now
      for (;;) {
        const end = union(flow(step.body, start, jumps, found), jumps.continues.get(step.label))
        const again: Unset = union(start, flow(step.update, end, jumps, found))
        if (size(again) === size(start)) return jumps.breaks.get(step.label)
        start = again
      }
    }
    case 'break':
      jumps.breaks.set(step.label, union(jumps.breaks.get(step.label), now))
      return undefined
    case 'continue':
      jumps.continues.set(step.label, union(jumps.continues.get(step.label), now))
      return undefined
  }
}

const unsetValue = (at: Place): Tree => constant(NaN, at)

function replace(steps: readonly Step[], found: ReadonlySet<number>): Step[] {
  return steps.flatMap((step): Step[] => {
    switch (step.kind) {
      case 'declare':
        return found.has(step.local) ? [{ kind: 'set', local: step.local, value: unsetValue(step.at) }] : []
      case 'if':
        return [{ ...step, then: replace(step.then, found), else: replace(step.else, found) }]
      case 'loop':
        return [{ ...step, body: replace(step.body, found), update: replace(step.update, found) }]
      case 'block':
        return [{ ...step, body: replace(step.body, found) }]
      case 'set':
      case 'store':
      case 'make':
      case 'break':
      case 'continue':
        return [step]
    }
  })
}

/** The steps without declarations. */
export function settle(steps: readonly Step[]): Step[] {
  const found = new Set<number>()
  flow(steps, new Set(), { breaks: new Map(), continues: new Map() }, found)
  return replace(steps, found)
}
