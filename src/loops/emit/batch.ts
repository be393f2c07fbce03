/**
 * Core calls side by side: each lane is an element of the loop dimension. It is for kernels whose own loops do not run on lanes, or
 * are too short for it, as in a batch of 3 by 3 products; and where cores lie interleaved, so that their elements are neighbours.
 */
import { type Code, dtypes } from '../../dtype.ts'
import { scan } from '../kernel/access.ts'
import { type Expr, type Kernel, visit } from '../kernel/ir.ts'
import { exprOf, minus } from '../kernel/linear.ts'
import { type Pack, packs } from '../kernel/packs.ts'
import { type BatchFacts, batchFacts, laneFacts, visitValues } from '../kernel/parallel.ts'
import { analyseUniformity } from '../kernel/uniform.ts'
import { keeping, unrolled } from '../kernel/unroll.ts'
import { laneCounts } from './counted.ts'
import type { Width } from './lanes-cast.ts'
import type { FrameRequest } from './request.ts'

/** Bytes of the widest value: two registers, as few cores at a time keep their places in the cache. */
const valueBytes = 32

/** With fewer rounds than this, or than a register has lanes, a loop is not worth its own lanes. */
const fewRounds = 4

export interface Batch extends BatchFacts {
  /** The request with the kernel, the lanes and the uniformity of a batch. */
  readonly request: FrameRequest
  /** Own loops run on lanes: this is how many rounds they have, and how many they need for that. */
  readonly own: { readonly rounds: Expr; readonly enough: number } | null
}

function widestOf({ kernel, uniformity }: BatchFacts): Width {
  let widest: Width = 1
  const see = (code: Code) => {
    if (dtypes[code].bytes > widest) widest = dtypes[code].bytes
  }
  visitValues(kernel.body, (e) => {
    if (e.kind !== 'const' && uniformity.varies(e)) see(e.type)
  })
  visit(
    kernel.body,
    () => {},
    (s) => {
      if (s.kind === 'store') see(s.value.type)
    },
  )
  for (const id of kernel.outs) see(kernel.locals[id]?.type ?? 'f8')
  return widest
}

/** Sizes of cores that have code of their own: pairs, points, homogeneous ones, and what a cache line holds of f8. */
const smallSizes = [2, 3, 4, 8] as const

/** Cores of one small size, in C order: one register of them at a time, or one core whose rows are on lanes, part by part. */
export type SmallBatch =
  | { readonly kind: 'cores'; readonly size: number; readonly request: FrameRequest }
  | { readonly kind: 'rows'; readonly size: number; readonly parts: readonly RowPart[] }

export interface RowPart {
  readonly request: FrameRequest
  readonly places: Pack['places']
}

const small = new WeakMap<Batch, SmallBatch[]>()

/** Asked for once for the code and once for `explain()`. */
export function smallBatches(batch: Batch): SmallBatch[] {
  const known = small.get(batch) ?? smallOf(batch)
  small.set(batch, known)
  return known
}

function smallOf({ kernel, request }: Batch): SmallBatch[] {
  const { sizes = 0, views = [] } = kernel.core ?? {}
  if (sizes < 1 || sizes > 3 || views.some(({ type }) => type === 'b1')) return []
  const found = scan(kernel)
  const { widest } = request.shape
  const on = (made: Kernel, lanes: number): FrameRequest => ({
    ...request,
    kernel: made,
    uniformity: analyseUniformity(made),
    shape: { ...request.shape, lanes },
  })
  return smallSizes.flatMap((size): SmallBatch[] => {
    const made = unrolled(kernel, found, size)
    if (!made) return []
    const rows = packs(made, size, 16 / widest)
    if (!rows) return [{ kind: 'cores', size, request: on(keeping(made), 16 / widest) }]
    const parts = rows.map(({ lanes, kernel: own, places }) => ({ request: on(own, lanes), places }))
    return [{ kind: 'rows', size, parts }]
  })
}

const batched = new WeakMap<FrameRequest, Batch | null>()

/** How the kernel runs in batches; null where it does not. Both stride classes and `explain()` ask. */
export function batchOf(request: FrameRequest): Batch | null {
  const known = batched.get(request)
  if (known !== undefined) return known
  const made = findBatch(request)
  batched.set(request, made)
  return made
}

function findBatch(request: FrameRequest): Batch | null {
  const whole = request.kernel
  if (!whole.core || !request.simd) return null
  const found = scan(whole)
  const facts = batchFacts(whole, found)
  if (!facts) return null
  const widest = widestOf(facts)
  const lanes = valueBytes / widest
  const shape = { ...request.shape, lanes, widest }
  const { kernel, uniformity } = facts
  const batch = { ...facts, request: { ...request, kernel, uniformity, shape }, own: null }
  const inside = scan(kernel)
  const loops = [...inside.around.values()].filter(({ loop }) => loop?.lanes)
  if (loops.length === 0) return batch
  const [only] = loops
  if (loops.length > 1 || !only?.counted || !only.loop) return null
  const count = minus(only.counted.last, only.counted.first)
  const sizes = [...count.terms.keys()].every((key) => inside.atomOf(key).kind === 'size')
  const lane = laneFacts(inside, only.loop)
  if (!sizes || typeof lane === 'string') return null
  const register = laneCounts(inside, only.loop, lane).at(-1) ?? 1
  return { ...batch, own: { rounds: exprOf(count, inside.atomOf), enough: Math.max(fewRounds, register) } }
}
