/**
 * The array operands of a kernel once its dtypes are known: parameters, whose core sizes the layout numbers, then arrays that the
 * kernel makes, whose sizes have numbers of their own unless they are those of another array.
 */
import type { Code } from '../../dtype.ts'
import { type Core, type Kernel, type Stmt, type ViewSlot, visit } from './ir.ts'
import { simplify } from './simplify.ts'
import type { Program, Tree, View } from './tree.ts'

/** What the layout of a kernel of arrays says about its operands. */
export interface CoreLayout {
  readonly nin: number
  /** How many core sizes there are, and for each operand the numbers of its own; none for an operand without core dimensions. */
  readonly sizes: number
  readonly dims: readonly (readonly number[])[]
  /** What signatures promise of operands, `f8[::1]`; left out: nothing. */
  readonly contiguous?: readonly ViewSlot['contiguous'][]
  /** Operands whose dtypes are being looked for: what is read from them tells nothing about those of others. */
  readonly unknown?: ReadonlySet<number>
}

/** A size that a call computes before it runs the kernel. */
export interface OwnSize {
  readonly size: Tree
  /** Made of parameters and sizes alone. */
  readonly known: boolean
  /** Which array it is of. */
  readonly made: number
}

export interface Cores {
  readonly core: Core
  /** From number `layout.sizes` on. */
  readonly own: readonly OwnSize[]
}

/** A parameter without core dimensions that the kernel has as an array is one of a single element. */
const paramDims = ({ operand, rank }: View, { dims }: CoreLayout): readonly number[] => {
  const own = dims[operand] ?? []
  return own.length === rank ? own : Array.from({ length: rank }, () => -1)
}

export function coresOf(program: Program, codeOf: (operand: number) => Code, layout: CoreLayout): Cores {
  const own: OwnSize[] = []
  const dims = new Map<number, readonly number[]>()
  for (const [view, slot] of program.views.entries()) dims.set(view, paramDims(slot, layout))
  for (const [made, { view, sizes, known }] of program.made.entries()) {
    const numbers = sizes.map((size) => {
      const shared = known && size.kind === 'size' ? dims.get(size.view)?.[size.axis] : undefined
      return shared ?? layout.sizes + own.push({ size, known, made }) - 1
    })
    dims.set(view, numbers)
  }
  const views = program.views.map(
    ({ name, operand, stored }, view): ViewSlot => ({
      name,
      operand,
      stored,
      contiguous: program.made.some((made) => made.view === view)
        ? 'C'
        : (layout.contiguous?.[operand] ?? null),
      type: codeOf(operand),
      dims: dims.get(view) ?? [],
    }),
  )
  return { core: { sizes: layout.sizes + own.length, views }, own }
}

/** The statements up to the last of those that set `sizes`, without what they store. */
function upTo(body: readonly Stmt[], sizes: Set<number>): Stmt[] {
  const kept: Stmt[] = []
  for (const s of body) {
    if (sizes.size === 0) break
    if (s.kind === 'store') continue
    if (s.kind === 'set') sizes.delete(s.local)
    kept.push(s.kind === 'block' ? { ...s, body: upTo(s.body, sizes) } : withoutStores(s))
  }
  return kept
}

function withoutStores(s: Stmt): Stmt {
  const list = (body: readonly Stmt[]): Stmt[] =>
    body.flatMap((inner) => (inner.kind === 'store' ? [] : [withoutStores(inner)]))
  switch (s.kind) {
    case 'if':
      return { ...s, then: list(s.then), else: list(s.else) }
    case 'loop':
      return { ...s, body: list(s.body), update: list(s.update) }
    case 'block':
      return { ...s, body: list(s.body) }
    default:
      return s
  }
}

/**
 * The part of a kernel that computes the sizes of the arrays it makes: those locals are its results. Null where it reads what it
 * has written itself, so that it cannot be run on its own.
 */
export function sizingOf(kernel: Kernel, sizes: readonly number[]): Kernel | null {
  const body = upTo(kernel.body, new Set(sizes))
  const { core } = kernel
  // Parameters come first among the views.
  const views = core?.views.filter((view) => view.operand < kernel.nin) ?? []
  const sizing = simplify({ ...kernel, outs: sizes, body, ...(core ? { core: { ...core, views } } : {}) })
  let reads = false
  visit(sizing.body, (e) => {
    if (e.kind !== 'element') return
    const view = core?.views[e.view]
    if (view?.stored || (view?.operand ?? 0) >= kernel.nin) reads = true
  })
  return reads ? null : sizing
}
