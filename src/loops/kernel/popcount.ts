/**
 * Population counts as people write them without an instruction for it, by sums of ever wider fields (Warren, Hacker's Delight,
 * 5-1):
 *   x - ((x >>> 1) & 0x55555555), (x & 0x33333333) + ((x >>> 2) & 0x33333333), (x + (x >>> 4)) & 0x0f0f0f0f, and then
 *   imul(x, 0x01010101) >>> 24, or x + (x >>> 8), x + (x >>> 16), x & 0x3f
 * Not these texts are looked for, but what a value is: fields that hold how many ones there are in as many bits of another value.
 * So steps may be spelled in many ways, and leave out masks where no sum can reach its neighbour.
 */
import { bitsOf, castValue, isInt } from './evaluate.ts'
import { cast, type Expr, type Kernel, type Local, local, mapExpr, op, type Stmt, set, visit } from './ir.ts'
import type { Op } from './ops.ts'
import { sameExpr, writesOf } from './reads.ts'
import { simplify } from './simplify.ts'

/** In each field of `width` bits from `k * width` on: how many ones `of` has in the `summed` bits from there on. */
interface Fields {
  readonly of: Expr
  readonly width: number
  readonly summed: number
}
type Known = ReadonlyMap<number, Fields>

/** Casts to the other sign keep all bits. */
const bare = (e: Expr): Expr =>
  e.kind === 'cast' && isInt(e.arg.type) && bitsOf(e.arg.type) === bitsOf(e.type) ? bare(e.arg) : e

const isOp = (e: Expr, name: Op): readonly [Expr, Expr] | undefined => {
  const [a, b] = e.kind === 'op' && e.op === name ? e.args : []
  return a && b && isInt(a.type) ? [bare(a), bare(b)] : undefined
}

const unsigned = (e: Expr): bigint | undefined => {
  const value = e.kind === 'const' ? castValue(e.type, e.value) : undefined
  return typeof value === 'bigint' ? BigInt.asUintN(bitsOf(e.type), value) : undefined
}

/** `width` ones at the low end of each field of `every` bits. */
const ones = (bits: number, width: number, every: number): bigint => {
  let all = 0n
  for (let at = 0; at < bits; at += every) all |= ((1n << BigInt(width)) - 1n) << BigInt(at)
  return BigInt.asUintN(bits, all)
}

/** `e >> by`, where that is a number. */
function shifted(e: Expr): { readonly from: Expr; readonly by: number } | undefined {
  const [from, count] = isOp(e, 'shr') ?? []
  const by = count && unsigned(count)
  return from && by !== undefined && by < BigInt(bitsOf(e.type)) ? { from, by: Number(by) } : undefined
}

/** `e & mask`, where that is a number. */
function masked(e: Expr): { readonly inner: Expr; readonly mask: bigint } | undefined {
  const [inner, by] = isOp(e, 'and') ?? []
  const mask = by && unsigned(by)
  return inner && mask !== undefined ? { inner, mask } : undefined
}

function fieldsOf(given: Expr, known: Known): Fields | undefined {
  const e = bare(given)
  if (e.kind === 'local') return known.get(e.local)
  return halves(e) ?? pairs(e, known) ?? pairs(swapped(e), known) ?? summedAlone(e, known)
}

const swapped = (e: Expr): Expr => (e.kind === 'op' ? { ...e, args: [...e.args].reverse() } : e)

/** x - ((x >> 1) & 0x55…): of two bits, each loses the higher. */
function halves(e: Expr): Fields | undefined {
  const [x, less] = isOp(e, 'sub') ?? []
  const half = less && masked(less)
  const moved = half && shifted(half.inner)
  if (!x || !moved || moved.by !== 1 || !sameExpr(x, moved.from)) return undefined
  return half.mask === ones(bitsOf(e.type), 1, 2) ? { of: x, width: 2, summed: 2 } : undefined
}

/** (a & m) + ((a >> w) & m): neighbours are added in a field of both. */
function pairs(e: Expr, known: Known): Fields | undefined {
  const [first, second] = isOp(e, 'add') ?? []
  const [low, high] = [first && masked(first), second && masked(second)]
  const moved = second && shifted(high?.inner ?? second)
  if (!low || !moved || !sameExpr(low.inner, moved.from)) return undefined
  const before = fieldsOf(low.inner, known) ?? { of: low.inner, width: 1, summed: 1 }
  const { of, width, summed } = before
  const mask = ones(bitsOf(e.type), width, 2 * width)
  if (summed !== width || moved.by !== width || low.mask !== mask) return undefined
  // Of two fields, the shift alone leaves the higher.
  if (high ? high.mask !== mask : 2 * width !== bitsOf(e.type)) return undefined
  return { of, width: 2 * width, summed: 2 * width }
}

/** a + (a >> n), with a mask behind it or without: fields have room for the sum. */
function summedAlone(e: Expr, known: Known): Fields | undefined {
  const clean = masked(e)
  const [a, b] = isOp(clean?.inner ?? e, 'add') ?? []
  if (!a || !b) return undefined
  const [first, moved] = shifted(b) ? [a, shifted(b)] : [b, shifted(a)]
  const before = moved && sameExpr(first, moved.from) ? fieldsOf(first, known) : undefined
  if (!before || moved?.by !== before.summed) return undefined
  const { of, width } = before
  const summed = 2 * before.summed
  if (BigInt(summed) >= 1n << BigInt(width)) return undefined
  if (!clean) return width >= 8 ? { of, width, summed } : undefined
  // What is kept are the fields of twice the bits, and in each of them room for the sum.
  const full = summed === 2 * width && clean.mask === ones(bitsOf(e.type), width, summed)
  return full ? { of, width: summed, summed } : undefined
}

/** What `e` counts all ones of, if it does. */
function countedBy(e: Expr, known: Known): Expr | undefined {
  if (e.kind === 'local' || !isInt(e.type)) return undefined
  const bits = bitsOf(e.type)
  const fields = fieldsOf(e, known)
  if (fields?.width === bits && fields.summed === bits) return fields.of
  return lowestField(e, known) ?? highestField(e, bits, known)
}

/** a & m, where the mask takes the field at the low end, and maybe a cast has taken more than that. */
function lowestField(e: Expr, known: Known): Expr | undefined {
  const last = masked(e)
  const isLow = last && (last.mask & (last.mask + 1n)) === 0n
  if (!isLow) return undefined
  const { inner } = last
  const sum = fieldsOf(inner.kind === 'cast' && isInt(inner.arg.type) ? inner.arg : inner, known)
  const bits = sum && bitsOf(sum.of.type)
  const whole = sum?.summed === bits && last.mask >= BigInt(bits ?? 0)
  return sum && whole && last.mask < 1n << BigInt(sum.width) ? sum.of : undefined
}

/** imul(a, 0x01010101) >> 24: a product with ones in all fields has the sum of all fields in its highest. */
function highestField(e: Expr, bits: number, known: Known): Expr | undefined {
  const moved = shifted(e)
  const [a, factor] = (moved && isOp(moved.from, 'mul')) ?? []
  const each = a && fieldsOf(a, known)
  if (!moved || !factor || !each || each.summed !== each.width) return undefined
  if (moved.by !== bits - each.width || 1n << BigInt(each.width - 1) <= BigInt(bits)) return undefined
  return unsigned(factor) === ones(bits, 1, each.width) ? each.of : undefined
}

/** Does it have the mask that all spellings begin with? */
function begins(kernel: Kernel): boolean {
  let found = false
  visit(kernel.body, (e) => {
    found ||= e.kind === 'const' && isInt(e.type) && unsigned(e) === ones(bitsOf(e.type), 1, 2)
  })
  return found
}

/** Counts of ones as `popcnt`. */
export function popcounts(kernel: Kernel): Kernel {
  if (!begins(kernel)) return kernel
  const locals: Local[] = [...kernel.locals]
  let found = 0
  const counts = (e: Expr, known: Known): Expr =>
    mapExpr(e, (part) => {
      const of = countedBy(part, known)
      if (!of) return part
      found++
      return cast(part.type, op('popcnt', [of]))
    })

  const list = (body: readonly Stmt[], start: Known): Stmt[] => {
    let known = start
    const without = (statements: readonly Stmt[]): Known => {
      const written = writesOf(statements)
      return new Map([...known].filter(([id]) => !written.has(id)))
    }
    return body.flatMap((s): Stmt[] => {
      switch (s.kind) {
        case 'set': {
          const value = counts(s.value, known)
          const fields = fieldsOf(s.value, known)
          known = without([s])
          if (!fields) return [{ ...s, value }]
          // What was counted is kept: x itself may be what is written here.
          const { of } = fields
          const kept = locals.push({ type: of.type, name: `counted${locals.length}` }) - 1
          known = new Map(known).set(s.local, { ...fields, of: local(of.type, kept) })
          return [set(kept, of), { ...s, value }]
        }
        case 'store':
          return [{ ...s, indices: s.indices.map((e) => counts(e, known)), value: counts(s.value, known) }]
        case 'if': {
          const [then, otherwise] = [list(s.then, known), list(s.else, known)]
          const cond = counts(s.cond, known)
          known = without([s])
          return [{ ...s, cond, then, else: otherwise }]
        }
        case 'block': {
          const inner = list(s.body, known)
          known = without([s])
          return [{ ...s, body: inner }]
        }
        case 'loop': {
          known = without([s])
          return [{ ...s, body: list(s.body, known), update: list(s.update, new Map()) }]
        }
        case 'break':
        case 'continue':
          return [s]
      }
    })
  }
  const body = list(kernel.body, new Map())
  return found === 0 ? kernel : simplify({ ...kernel, locals, body })
}
