/**
 * What sums over prange mean. Iterations are cut into at most `chunkCount` chunks of neighbours, by their number alone; a local that
 * they join to by adding or multiplying floats is joined to within each chunk first, and the chunks' results are joined in order. So
 * the bits are the same for any number of threads. Other joins give the same bits in any order, and need no chunks.
 */
import { dtypes } from '../../dtype.ts'
import {
  cast,
  constant,
  type Expr,
  type Kernel,
  type Local,
  local,
  op,
  type Prange,
  type Stmt,
  select,
  set,
} from './ir.ts'
import { freeLabel } from './reads.ts'

/** Their numbers fit a byte. */
export const chunkCount = 256

export type Loop = Extract<Stmt, { kind: 'loop' }>
export type Joined = Prange['joins'][number]

const int = (value: number): Expr => constant('i8', BigInt(value))
const read = (id: number): Expr => local('i8', id)
const add = (a: Expr, b: Expr): Expr => op('add', [a, b])

/** Beyond what a float counts in ones, no loop ends: such a bound stands for any that is further away. */
const furthest = 2 ** 53

/** The bound as an integer: the counter is one. A bound that is NaN ends the loop before it begins. */
function wholeBound({ to, step }: Prange, first: Expr): Expr {
  if (to.type === 'b1' || dtypes[to.type].kind !== 'f') return cast('i8', to)
  const bound = cast('f8', to)
  const limit = constant('f8', step > 0 ? furthest : -furthest)
  const whole = op(step > 0 ? 'ceil' : 'floor', [bound])
  const near = op(step > 0 ? 'min' : 'max', [whole, limit])
  return select(op('eq', [bound, bound]), cast('i8', near), first)
}

/** Locals of the chunks of one loop, all i8. */
export interface Cut {
  /** What the counter holds before the loop, and the bound. */
  readonly first: number
  readonly to: number
  /** Iterations, and those of a chunk. */
  readonly count: number
  readonly length: number
}

/** Is it counted in integers? */
export const isCut = (kernel: Kernel, { counter }: Prange): boolean => kernel.locals[counter]?.type === 'i8'

/** Sets the locals of `cut`, where the loop begins. */
export function cutting(prange: Prange, { first, to, count, length }: Cut): Stmt[] {
  const { step, counter } = prange
  const way = Math.abs(step)
  const distance = step > 0 ? op('sub', [read(to), read(first)]) : op('sub', [read(first), read(to)])
  const rounds = way === 1 ? distance : op('div', [add(distance, int(way - 1)), int(way)])
  return [
    set(first, read(counter)),
    set(to, wholeBound(prange, read(first))),
    set(count, op('max', [rounds, int(0)])),
    set(length, op('div', [add(read(count), int(chunkCount - 1)), int(chunkCount)])),
  ]
}

/** The counter's value in iteration number `n`, or the bound where that comes first. */
export function counterAt({ step }: Prange, { first, to }: Cut, n: Expr): Expr {
  const value = add(read(first), step === 1 ? n : op('mul', [n, int(step)]))
  return op(step > 0 ? 'min' : 'max', [value, read(to)])
}

/** The loop, up to before `bound`. */
export function loopTo(s: Loop, { counter, step }: Prange, bound: number, label = s.label): Loop {
  const [head, ...rest] = s.body
  if (head?.kind !== 'if') throw new Error('IR: a loop over prange begins with its exit')
  const cond = op(step > 0 ? 'ge' : 'le', [read(counter), read(bound)])
  return {
    kind: 'loop',
    label,
    body: [{ ...head, cond }, ...rest],
    update: s.update,
    ...(s.at && { at: s.at }),
  }
}

/** What a chunk's result begins with, so that joining adds nothing; null: with what is there, which may be joined twice. */
export function neutral(kernel: Kernel, { local: id, join }: Joined): Expr | null {
  const type = kernel.locals[id]?.type ?? 'f8'
  const float = dtypes[type].kind === 'f'
  switch (join) {
    case 'add':
      return constant(type, float ? -0 : 0n)
    case 'mul':
      return constant(type, float ? 1 : 1n)
    case 'xor':
      return constant(type, 0n)
    default:
      return null
  }
}

/** Does the order of joining change bits? */
const isOrdered = (kernel: Kernel, { local: id, join }: Joined): boolean =>
  (join === 'add' || join === 'mul') && dtypes[kernel.locals[id]?.type ?? 'f8'].kind === 'f'

const known = new WeakMap<Kernel, Kernel>()

/** The kernel with loops over prange as plain loops, and sums of floats in chunks. */
export function chunked(kernel: Kernel): Kernel {
  const made = known.get(kernel) ?? inChunks(kernel)
  known.set(kernel, made)
  return made
}

function inChunks(kernel: Kernel): Kernel {
  const locals: Local[] = [...kernel.locals]
  let label = freeLabel(kernel)
  let found = false
  const made = (name: string, type: Local['type'] = 'i8'): number => locals.push({ name, type }) - 1
  const plain = ({ prange: _, ...s }: Loop): Loop => s

  const cutUp = (s: Loop, prange: Prange, sums: readonly Joined[]): Stmt[] => {
    const cut: Cut = { first: made('first'), to: made('to'), count: made('count'), length: made('length') }
    const [from, end, bound] = [made('from'), made('end'), made('bound')]
    const outer = label++
    const before = sums.map(({ local: id }) => ({ id, kept: made('sum', kernel.locals[id]?.type ?? 'f8') }))
    const typeOf = (id: number) => kernel.locals[id]?.type ?? 'f8'
    const body: Stmt[] = [
      {
        kind: 'if',
        cond: op('ge', [read(from), read(cut.count)]),
        then: [{ kind: 'break', label: outer }],
        else: [],
      },
      set(end, op('min', [add(read(from), read(cut.length)), read(cut.count)])),
      set(bound, counterAt(prange, cut, read(end))),
      ...before.map(({ id, kept }) => set(kept, local(typeOf(id), id))),
      ...sums.map((sum) => set(sum.local, neutral(kernel, sum) as Expr)),
      loopTo(s, prange, bound),
      ...before.map(({ id, kept }, k) =>
        set(id, op(sums[k]?.join ?? 'add', [local(typeOf(id), kept), local(typeOf(id), id)])),
      ),
    ]
    return [
      ...cutting(prange, cut),
      set(from, int(0)),
      { kind: 'loop', label: outer, body, update: [set(from, read(end))], ...(s.at && { at: s.at }) },
    ]
  }

  const list = (body: readonly Stmt[]): Stmt[] =>
    body.flatMap((s): Stmt[] => {
      switch (s.kind) {
        case 'if':
          return [{ ...s, then: list(s.then), else: list(s.else) }]
        case 'block':
          return [{ ...s, body: list(s.body) }]
        case 'loop': {
          const inner = { ...s, body: list(s.body), update: list(s.update) }
          const { prange } = s
          if (!prange) return [inner]
          found = true
          const sums = prange.joins.filter((sum) => isOrdered(kernel, sum))
          return sums.length === 0 || !isCut(kernel, prange)
            ? [plain(inner)]
            : cutUp(plain(inner), prange, sums)
        }
        default:
          return [s]
      }
    })
  const body = list(kernel.body)
  return found ? { ...kernel, locals, body } : kernel
}
