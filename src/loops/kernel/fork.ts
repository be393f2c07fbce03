/**
 * A kernel whose loops over prange are run by many threads: everything else of it (`main`), and the iterations of each such loop, a
 * chunk a call (`ranges`). They share two arrays behind the other operands, of floats and of integers. Where `main` comes to such a
 * loop it puts there what it holds, and ends; whoever called it has the chunks run, and calls it again, whereupon it passes over all
 * that it has done, joins what the chunks gave, and goes on behind the loop.
 */
import { type Cut, chunked, counterAt, cutting, type Joined, type Loop, loopTo, neutral } from './chunks.ts'
import { type Fork, fixedValues, forksOf, hasPrange, setsOf } from './fork-find.ts'
import { int, makeState, stateAt, type Type } from './fork-state.ts'
import {
  cast,
  constant,
  type Expr,
  type Kernel,
  type Local,
  local,
  op,
  type Remark,
  type Stmt,
  select,
  set,
  type ViewSlot,
  visit,
} from './ir.ts'
import { liveness } from './liveness.ts'
import { freeLabel, localsOf, writesOf } from './reads.ts'

export interface ForkedRange {
  /** One call is one chunk; its number is the one element of the last operand. */
  readonly kernel: Kernel
  /** Operands that every thread has its own of. */
  readonly own: readonly number[]
  /** A chunk reads nothing that it writes. */
  readonly repeatable: boolean
}

export interface Forked {
  readonly main: Kernel
  readonly ranges: readonly ForkedRange[]
  /** How long the arrays of floats and integers are. */
  readonly floats: number
  readonly ints: number
}

const when = (cond: Expr, then: readonly Stmt[], otherwise: readonly Stmt[] = []): Stmt => ({
  kind: 'if',
  cond,
  then,
  else: otherwise,
})

/** Joins as the source does, in 32 bits where it does; what adds nothing changes nothing. */
function joinedTo(loop: Loop, { local: id, join }: Joined, own: Expr, start: Expr, part: Expr): Expr {
  const narrow = (setsOf(loop.body).get(id) ?? []).some(
    (e) => e.kind === 'cast' && e.arg.kind === 'op' && e.arg.op === join && e.arg.type === 'i4',
  )
  if (!narrow) return op(join, [own, part])
  return select(op('eq', [part, start]), own, cast('i8', op(join, [cast('i4', own), cast('i4', part)])))
}

export interface Forking {
  /** Null where no loop can be split. */
  readonly forked: Forked | null
  /** What became of each loop over prange. */
  readonly notes: readonly Remark[]
}

/** The kernel in parts. `outputs` is how many operands there are behind the inputs. */
export function fork(kernel: Kernel, outputs: number): Forking {
  // A kernel of numbers becomes one of arrays with none of its own.
  const { core = { sizes: 0, views: [] } } = kernel
  if (!hasPrange(kernel)) return { forked: null, notes: [] }
  const { forks, notes } = forksOf(kernel)
  if (forks.length === 0) return { forked: null, notes }
  const operands = kernel.nin + outputs
  const locals: Local[] = [...kernel.locals]
  let label = freeLabel(kernel)
  const made = (name: string, type: Type = 'i8'): number => locals.push({ name, type }) - 1
  const typeOf = (id: number): Type => locals[id]?.type ?? 'f8'
  const read = (id: number): Expr => local(typeOf(id), id)
  const state = makeState(kernel, operands, typeOf)
  const written = writesOf(kernel.body)
  const fixed = fixedValues(kernel)

  const live = new Map(
    forks.map((one) => {
      const { after } = liveness(kernel.body, kernel.outs).around(one.loop)
      return [one, { after, entry: liveness([one.loop], [...after]).atEntry }] as const
    }),
  )
  for (const { after, entry } of live.values())
    for (const id of [...after, ...entry])
      if (!fixed.has(id) && (id >= kernel.nin || written.has(id))) state.keep(id)

  const numbersIn = (s: Stmt): number[] => {
    const inside: number[] = []
    visit(
      [s],
      () => {},
      (t) => {
        for (const { loop, number } of forks) if (loop === t) inside.push(number)
      },
    )
    return inside
  }
  /** What a branch that holds a fork was taken by. */
  const taken = new Map<Stmt, number>()
  visit(
    kernel.body,
    () => {},
    (s) => {
      if (s.kind !== 'if' || numbersIn(s).length === 0) return
      taken.set(s, made('taken', 'b1'))
      state.keep(taken.get(s) ?? 0)
    },
  )
  state.placePartials(forks)

  /** The fixed values that these locals need. */
  const fix = (wanted: Iterable<number>): Stmt[] => {
    const all = new Set(wanted)
    for (const [id, value] of [...fixed].reverse())
      if (all.has(id)) for (const l of localsOf(value)) all.add(l)
    return [...fixed].flatMap(([id, value]) => (all.has(id) ? [set(id, value)] : []))
  }
  const cutLocals = (): Cut => ({
    first: made('first'),
    to: made('to'),
    count: made('count'),
    length: made('length'),
  })
  const resume = made('resume')
  const end = label++
  const fresh = op('eq', [read(resume), int(0)])
  const note = (at: keyof typeof stateAt): Expr => int(stateAt[at])

  const joining = ({ loop, prange }: Fork): Stmt[] => {
    if (prange.joins.length === 0) return []
    const [chunk, length, chunks] = [made('chunk'), made('length'), made('chunks')]
    const own = label++
    const rounds = op('add', [state.read('i8', note('count')), op('sub', [read(length), int(1)])])
    const starts = prange.joins.map(({ local: id }) => ({ id, kept: made('start', typeOf(id)) }))
    const body = prange.joins.map((join, k): Stmt => {
      const start = neutral(kernel, join) ?? read(starts[k]?.kept ?? 0)
      const part = state.read(typeOf(join.local), state.partialAt(join, read(chunk)))
      return set(join.local, joinedTo(loop, join, read(join.local), start, part))
    })
    return [
      ...starts.map(({ id, kept }) => set(kept, read(id))),
      set(length, state.read('i8', note('length'))),
      set(chunks, op('div', [rounds, read(length)])),
      set(chunk, int(0)),
      {
        ...{ kind: 'loop', label: own },
        body: [when(op('ge', [read(chunk), read(chunks)]), [{ kind: 'break', label: own }]), ...body],
        update: [set(chunk, op('add', [read(chunk), int(1)]))],
      },
    ]
  }

  const waiting = (one: Fork): Stmt => {
    const cut = cutLocals()
    const leaving: Stmt[] = [
      ...cutting(one.prange, cut),
      state.write(note('count'), read(cut.count)),
      state.write(note('length'), read(cut.length)),
      ...state.save(),
      state.write(note('next'), int(one.number)),
      { kind: 'break', label: end },
    ]
    const again = op('eq', [read(resume), int(one.number)])
    return when(fresh, leaving, [when(again, [set(resume, int(0)), ...joining(one)])])
  }

  /** What has been done is passed over as long as there is something to come back to. */
  const list = (body: readonly Stmt[]): Stmt[] => {
    const out: Stmt[] = []
    let run: Stmt[] = []
    for (const s of body) {
      const numbers = numbersIn(s)
      if (numbers.length === 0) {
        run.push(s)
        continue
      }
      const condition = taken.get(s)
      if (s.kind === 'if' && condition !== undefined) run.push(set(condition, s.cond))
      if (run.length > 0) out.push(when(fresh, run))
      run = []
      const one = forks.find(({ loop }) => loop === s)
      if (one) {
        out.push(waiting(one))
        continue
      }
      const no = constant('b1', false)
      const upTo = op('le', [read(resume), int(numbers.at(-1) ?? 0)])
      const behind = select(op('ge', [read(resume), int(numbers[0] ?? 0)]), upTo, no)
      const here = select(fresh, constant('b1', true), behind)
      const inner: Stmt =
        s.kind === 'if'
          ? when(read(condition ?? 0), list(s.then), list(s.else))
          : s.kind === 'loop'
            ? { ...s, body: list(s.body), update: list(s.update) }
            : s.kind === 'block'
              ? { ...s, body: list(s.body) }
              : s
      out.push(when(here, [inner]))
    }
    return [...out, ...run]
  }

  const numberView = core.views.length + 2
  const single = (name: string, operand: number, type: Type): ViewSlot => ({
    ...{ name, operand, type, stored: true, contiguous: null },
    dims: [-1],
  })
  const zero = { indices: [int(0)], check: 0, inside: ['always'] } as const
  const withCore = (views: readonly ViewSlot[], body: readonly Stmt[]): Kernel => ({
    ...kernel,
    locals,
    outs: [],
    core: { sizes: core.sizes + 2, views: [...core.views, ...state.views, ...views] },
    body,
  })

  const main = withCore(
    kernel.outs.map((id, k) => single('result', kernel.nin + k, typeOf(id))),
    [
      set(resume, state.read('i8', note('next'))),
      ...fix(fixed.keys()),
      when(
        op('ne', [read(resume), int(0)]),
        state.load(() => true),
      ),
      state.write(note('next'), int(0)),
      { kind: 'block', label: end, body: list(kernel.body) },
      ...kernel.outs.map(
        (id, k): Stmt => ({ kind: 'store', view: numberView + k, ...zero, value: read(id) }),
      ),
    ],
  )

  const rangeOf = (one: Fork): ForkedRange => {
    const { loop, prange } = one
    const { counter, joins } = prange
    const entry = live.get(one)?.entry ?? new Set<number>()
    const cut = cutLocals()
    const [chunk, from, until, bound] = [made('chunk'), made('from'), made('until'), made('bound')]
    // A constant tells more than what was kept.
    const begins = (setsOf(kernel.body).get(counter) ?? []).filter((e) => e.kind === 'const')
    const begin = begins.length === 1 && (setsOf(kernel.body).get(counter) ?? []).length === 2 ? begins : []
    const body: Stmt[] = [
      ...fix(entry),
      ...state.load((id) => entry.has(id)),
      ...begin.map((value) => set(counter, value)),
      ...cutting(prange, cut),
      set(chunk, cast('i8', { kind: 'element', type: 'u1', view: numberView, ...zero })),
      set(from, op('mul', [read(chunk), read(cut.length)])),
      set(until, op('min', [op('add', [read(from), read(cut.length)]), read(cut.count)])),
      set(bound, counterAt(prange, cut, read(until))),
      set(counter, counterAt(prange, cut, read(from))),
      ...joins.flatMap((join) => {
        const start = neutral(kernel, join)
        return start ? [set(join.local, start)] : []
      }),
      loopTo(loop, prange, bound),
      ...joins.map((join) => state.write(state.partialAt(join, read(chunk)), read(join.local))),
    ]
    const reads = new Set<number>()
    const stores = new Set<number>()
    visit(
      loop.body,
      (e) => {
        if (e.kind === 'element') reads.add(e.view)
      },
      (s) => {
        if (s.kind === 'store' && !prange.own.includes(s.view)) stores.add(s.view)
      },
    )
    return {
      kernel: chunked(withCore([{ ...single('chunk', operands + 2, 'u1'), stored: false }], body)),
      own: prange.own.map((view) => core.views[view]?.operand ?? -1),
      repeatable: [...stores].every((view) => !reads.has(view)),
    }
  }
  const ranges = forks.map(rangeOf)
  return { forked: { main: chunked(main), ranges, ...state.lengths() }, notes }
}
