/**
 * Outputs of which a kernel writes every element, whatever it is called with, before it reads any: what they held makes no difference,
 * so nobody has to clear them. `for i for j { …; out[i][j] = s }` over the sizes of `out` is the usual case.
 */
import { type Access, type Around, localKey, type Scan, scan, sizeKey } from './access.ts'
import type { Kernel } from './ir.ts'
import { atom, type Index, isLinear, type Linear, minus, plus, same, whole } from './linear.ts'
import { leavesRound, roundOf } from './parallel.ts'

const isWhole = (form: Linear, value: bigint): boolean => same(form, whole(value))

/** The loops around an access that counts with nothing else; null where one is no such loop, or may be left early. */
function wholeLoops({ around }: Access): readonly Around[] | null {
  const loops = around.filter(({ loop }) => loop !== null)
  const plain = loops.every(
    ({ loop, counted }) =>
      loop && counted && counted.step === 1n && isWhole(counted.first, 0n) && !leavesRound(roundOf(loop)),
  )
  return plain ? loops : null
}

/** Does this store come to every element of its view, once a call? */
function fills(access: Access, { kernel }: Scan): boolean {
  const { node, indices, conditions } = access
  if (node.kind !== 'store' || conditions > 0) return false
  const loops = wholeLoops(access)
  const dims = kernel.core?.views[node.view]?.dims ?? []
  if (!loops) return false
  const left = new Set(loops)
  const each = indices.every((index, axis) => {
    const dim = dims[axis] ?? -1
    if (!index || !isLinear(index)) return false
    if (dim < 0) return isWhole(index, 0n)
    const own = loops.find(({ counted }) => counted && same(index, atom(localKey(counted.counter))))
    const last = plus(atom(sizeKey(dim)), whole(-1n))
    return own?.counted != null && same(own.counted.last, last) && left.delete(own)
  })
  // Around any other loop it would not come to its elements where that has no round.
  return each && left.size === 0
}

const sameIndex = (a: Index | undefined, b: Index | undefined): boolean =>
  a !== undefined && b !== undefined && isLinear(a) && isLinear(b) && isWhole(minus(a, b), 0n)

/** Is it the element that this store has written, later in the same round? */
function follows(read: Access, store: Access, accesses: readonly Access[]): boolean {
  const innermost = store.around.at(-1)?.loop
  return (
    accesses.indexOf(read) > accesses.indexOf(store) &&
    read.around.some(({ loop }) => loop === innermost) &&
    read.indices.every((index, axis) => sameIndex(index, store.indices[axis]))
  )
}

/** The operands of these outputs. Where a check may fail, none: an error leaves zeros behind. */
export function filledOperands(kernel: Kernel): number[] {
  if (!kernel.core) return []
  const found = scan(kernel)
  const { accesses } = found
  const checked = accesses.some(
    ({ node, exprs }) =>
      (node.inside?.length ?? 0) < exprs.length || node.inside?.some((i) => i !== 'always'),
  )
  if (checked) return []
  const returned = kernel.outs.map((_, k) => kernel.nin + k)
  const written = kernel.core.views.flatMap(({ operand }, view) => {
    const own = accesses.filter(({ node }) => node.kind !== 'load' && node.view === view)
    const store = own.find((access) => fills(access, found))
    const reads = own.filter(({ node }) => node.kind === 'element')
    return store && reads.every((read) => follows(read, store, accesses)) ? [operand] : []
  })
  return [...returned, ...written]
}
