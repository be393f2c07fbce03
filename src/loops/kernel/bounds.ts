/**
 * Where indices are tested. Of every index of an array operand or a table it is asked, in this order:
 *   is it inside whatever the call?     `a[i]` in a loop up to `a.length`: it costs nothing
 *   can that be told before a loop?     then it is tested there, once, as far out as possible; there are two versions of the loop,
 *                                       and the one that checks every index runs where the test fails, with all its effects
 *   else                                it is checked where it stands
 * An affine index is largest and smallest where its counters are, so that two comparisons stand for all rounds.
 */
import { dtypes } from '../../dtype.ts'
import { type Access, localKey, type Scan, scan, sizeKey } from './access.ts'
import { constant, type Expr, type Inside, type Kernel, op, type Stmt } from './ir.ts'
import {
  atom,
  exprOf,
  type Index,
  isLinear,
  type Linear,
  minus,
  plus,
  scaleIndex,
  split,
  whole,
} from './linear.ts'

/** Forms that are 0 or more where the test holds; and a list of lists: at least one of each. */
type Test = readonly (readonly Linear[])[]

/** Larger numbers are left to checks: so no test can wrap in 64 bits. */
const large = 2n ** 40n
const mostTimes = 2n ** 16n

/** What has to be 0 or more for all rounds of the loops inside `site`, as of the moment before it; undefined where that is not known there. */
function least(form: Linear, { around }: Access, site: number, { localsIn }: Scan): Linear | undefined {
  let lowest = form
  for (let k = around.length - 1; k >= site; k--) {
    const counted = around[k]?.counted
    if (!counted) continue
    const { rest, times } = split(lowest, localKey(counted.counter))
    if (times === 0n) continue
    const rising = counted.step > 0n
    lowest = plus(rest, times > 0n === rising ? counted.first : counted.last, times)
  }
  const outer = around[site]
  if (!outer) return undefined
  const small = [...lowest.terms].every(
    ([key, times]) =>
      times <= mostTimes &&
      times >= -mostTimes &&
      [...localsIn(key, outer.loop)].every((id) => !outer.written.has(id)),
  )
  return small && lowest.constant <= large && lowest.constant >= -large ? lowest : undefined
}

/** Never negative, whatever is called with what. */
function holds(form: Linear, { facts, atomOf }: Scan): boolean {
  if (form.constant < 0n) return false
  return [...form.terms].every(([key, times]) => {
    if (times < 0n) return false
    const e = atomOf(key)
    if (e.kind === 'size') return true
    if (dtypes[e.type].kind === 'u') return true
    return e.kind === 'local' && (facts.locals[e.local]?.lo ?? -1n) >= 0n
  })
}

/** Who comes here is in a round of each loop around: the largest that `last - first` can be is not negative either. */
function proved(form: Linear, access: Access, site: number, found: Scan): boolean {
  if (holds(form, found)) return true
  return access.around.slice(site).some(({ counted }) => {
    if (!counted) return false
    const { first, last, step } = counted
    const lessThanNone = step > 0n ? minus(first, last) : minus(last, first)
    const known = least(lessThanNone, access, site, found)
    return known !== undefined && holds(plus(form, known), found)
  })
}

/** What decides whether `index` is 0 or more, before `site`: true, a test, or undefined. */
function decide(index: Index, access: Access, site: number, found: Scan): true | Test | undefined {
  if (isLinear(index)) {
    const form = least(index, access, site, found)
    if (!form) return undefined
    if (proved(form, access, site, found)) return true
    return form.terms.size === 0 ? undefined : [[form]]
  }
  const [a, b] = [decide(index.a, access, site, found), decide(index.b, access, site, found)]
  if (index.kind === 'max') {
    if (a === true || b === true) return true
    if (!a || !b) return a ?? b
    return a.flatMap((x) => b.map((y) => [...x, ...y]))
  }
  if (a === true) return b
  if (b === true) return a
  return a && b ? [...a, ...b] : undefined
}

interface Decision {
  readonly inside: Inside
  /** Needed for it. */
  readonly tests: readonly { readonly site: number; readonly test: Test }[]
}

const checked: Decision = { inside: 'checked', tests: [] }

function sizeOf(
  access: Access,
  axis: number,
  { kernel }: Scan,
): { index: Linear; known: bigint | undefined } {
  const { node } = access
  if (node.kind === 'load') {
    const known = BigInt(kernel.arrays[node.array]?.length ?? 0)
    return { index: whole(known), known }
  }
  const dim = kernel.core?.views[node.view]?.dims[axis] ?? -1
  if (dim < 0) return { index: whole(1n), known: 1n }
  return { index: atom(sizeKey(dim)), known: undefined }
}

function decisionOf(access: Access, axis: number, found: Scan): Decision {
  const size = sizeOf(access, axis, found)
  const range = found.facts.of(access.exprs[axis] as Expr)
  const index = access.indices[axis]
  const above = index && addLinear(scaleIndex(index, -1n), plus(size.index, whole(-1n)))
  const sides = [
    { form: index, reached: range.lo >= 0 },
    { form: above, reached: size.known !== undefined && range.hi < size.known },
  ]
  let inside: Inside = 'always'
  const tests: { site: number; test: Test }[] = []
  for (const { form, reached } of sides) {
    const answers = form ? access.around.map((_, site) => decide(form, access, site, found)) : []
    if (answers.includes(true)) continue
    if (reached) {
      inside = 'reached'
      continue
    }
    const site = answers.findIndex((answer) => answer !== undefined)
    const test = answers[site]
    if (!test || test === true) return checked
    tests.push({ site, test })
  }
  return { inside, tests }
}

const addLinear = (a: Index, b: Linear): Index =>
  isLinear(a) ? plus(a, b) : { ...a, a: addLinear(a.a, b), b: addLinear(a.b, b) }

const zero = constant('i8', 0n)

/** The test as an expression; atoms of 64 bits have to be small for it to mean anything. */
function condition(tests: readonly Test[], { atomOf, facts }: Scan): Expr {
  const all = new Map<string, Expr>()
  const keyOf = (form: Linear) => `${form.constant} ${[...form.terms].sort().join(' ')}`
  const positive = (form: Linear) => op('ge', [exprOf(form, atomOf), zero])
  const wide = new Set<string>()
  for (const either of tests.flat()) {
    const key = either.map(keyOf).join(' | ')
    if (!all.has(key))
      all.set(
        key,
        either.map(positive).reduce((a, b) => op('or', [a, b])),
      )
    for (const form of either) for (const key of form.terms.keys()) wide.add(key)
  }
  for (const key of wide) {
    const e = atomOf(key)
    const range = e.kind === 'local' ? facts.locals[e.local] : undefined
    if (dtypes[e.type].bytes < 8 || (range && range.lo >= -large && range.hi <= large)) continue
    const form: Linear = { constant: large, terms: new Map([[key, 1n]]) }
    all.set(`low ${key}`, positive(form))
    all.set(`high ${key}`, positive({ constant: large, terms: new Map([[key, -1n]]) }))
  }
  return [...all.values()].reduce((a, b) => op('and', [a, b]))
}

/** What is known of each access, in the version of the code that is being written; and the test that a version needs. */
function rewriter(
  kernel: Kernel,
  insideOf: (node: Access['node'], tested: boolean) => readonly Inside[],
  testsAt: (s: Stmt | null) => readonly Test[],
  found?: Scan,
): Kernel {
  /** Every access is an object of its own in either version. */
  const expr = (e: Expr, tested: boolean): Expr => {
    const inside = (node: Access['node']) => insideOf(node, tested)
    const walk = (x: Expr): Expr => {
      switch (x.kind) {
        case 'element':
          return { ...x, indices: x.indices.map(walk), inside: inside(x) }
        case 'load':
          return { ...x, index: walk(x.index), inside: inside(x) }
        case 'op':
          return { ...x, args: x.args.map(walk) }
        case 'cast':
        case 'bits':
          return { ...x, arg: walk(x.arg) }
        case 'select':
          return { ...x, cond: walk(x.cond), then: walk(x.then), else: walk(x.else) }
        case 'const':
        case 'local':
        case 'input':
        case 'size':
          return x
      }
    }
    return walk(e)
  }
  const list = (body: readonly Stmt[], tested: boolean): Stmt[] => body.map((s) => stmt(s, tested))
  const stmt = (s: Stmt, tested: boolean): Stmt => {
    switch (s.kind) {
      case 'set':
        return { ...s, value: expr(s.value, tested) }
      case 'store':
        return {
          ...s,
          indices: s.indices.map((e) => expr(e, tested)),
          value: expr(s.value, tested),
          inside: insideOf(s, tested),
        }
      case 'if':
        return { ...s, cond: expr(s.cond, tested), then: list(s.then, tested), else: list(s.else, tested) }
      case 'block':
        return { ...s, body: list(s.body, tested) }
      case 'loop': {
        const loop = (how: boolean): Stmt => ({ ...s, body: list(s.body, how), update: list(s.update, how) })
        const tests = tested && found ? testsAt(s) : []
        if (!found || tests.length === 0) return loop(tested)
        return { kind: 'if', cond: condition(tests, found), then: [loop(true)], else: [loop(false)] }
      }
      case 'break':
      case 'continue':
        return s
    }
  }
  const tests = found ? testsAt(null) : []
  const body: Stmt[] =
    found && tests.length > 0
      ? [
          {
            kind: 'if',
            cond: condition(tests, found),
            then: list(kernel.body, true),
            else: list(kernel.body, false),
          },
        ]
      : list(kernel.body, true)
  return { ...kernel, body }
}

/**
 * The same kernel with what is known of its indices, tests before its loops, and two versions of what stands behind a test.
 * `trust`: what is not known is believed, so that nothing is tested; this is `boundscheck: false`.
 */
export function bounds(kernel: Kernel, trust = false): Kernel {
  if (!kernel.core && !trust) return kernel
  // Every access an object of its own: what is known of one holds in its place.
  const fresh = rewriter(
    kernel,
    () => [],
    () => [],
  )
  const found = scan(fresh)
  const known = new Map<Access['node'], readonly Decision[]>()
  const unconditional = new Set<Access['node']>()
  const tests = new Map<Stmt | null, Test[]>()
  for (const access of found.accesses) {
    const decisions = access.exprs.map((_, axis) => decisionOf(access, axis, found))
    known.set(access.node, decisions)
    if (access.conditions === 0) unconditional.add(access.node)
    for (const { site, test } of trust ? [] : decisions.flatMap((d) => d.tests)) {
      const loop = access.around[site]?.loop ?? null
      tests.set(loop, [...(tests.get(loop) ?? []), test])
    }
  }
  // What every round comes to has passed its tests; what only some do may be outside in the others.
  const believed = ({ inside, tests }: Decision, node: Access['node']): Inside =>
    inside === 'checked' || (tests.length > 0 && !unconditional.has(node)) ? 'reached' : inside
  return rewriter(
    fresh,
    (node, tested) =>
      (known.get(node) ?? []).map((decision) =>
        trust
          ? believed(decision, node)
          : tested || decision.tests.length === 0
            ? decision.inside
            : 'checked',
      ),
    (s) => tests.get(s) ?? [],
    found,
  )
}
