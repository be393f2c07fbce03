/**
 * x modulo π/2 for finite arguments of any size, exactly, after Payne and Hanek: of the product of x and 2/π only the bits from
 * 2^1 down are computed, in integers, because all higher ones are whole turns.
 * f8: x = y * 2^e with y in [1, 2^32) and e a multiple of 32, so that y meets 2/π at a whole word.
 * f4: the products of x with parts of 1/2π are exact in f8, and each gives up its whole turns.
 */
import { constant, type Expr } from '../ir.ts'
import {
  abs,
  add,
  and,
  type Build,
  convert,
  copysign,
  eq,
  floor,
  fromBits,
  lt,
  mul,
  ne,
  nearest,
  or,
  select,
  shl,
  shr,
  sub,
  toBits,
  withType,
  xor,
} from './build.ts'
import { product, sumOfAny } from './double.ts'
import { formatOf } from './formats.ts'
import { narrowRest, type Reduced } from './reduce.ts'

/** 2^-49 * 2/π in words of 64 bits. */
const twoOverPi = [
  0x000000000000517cn,
  0xc1b727220a94fe13n,
  0xabe8fa9a6ee06db1n,
  0x4acc9e21c820ff28n,
  0xb1d5ef5de2b0db92n,
  0x371d2126e9700324n,
  0x977504e8c90e7f0en,
  0xf58e5894d39f7441n,
  0x1afa975da24274cen,
  0x38135a2fbf209cc8n,
  0xeb1cc1a99cfa4e42n,
  0x2fc5defc941d8ffcn,
  0x4bffef02cc07f797n,
  0x88c5ad05368fb69bn,
  0x3f6793e584dba7a3n,
  0x1fb34f2ff516ba93n,
  0xdd63f5f2f8bd9e83n,
  0x9cfbc529497535fdn,
  0xafd88fc6ae842b01n,
] as const

/** 1/2π in parts of 28 bits. */
const overTwoPi = [
  0.15915493667125702, 6.420638298809678e-9, 1.791623720709712e-17, 7.0940550210363e-26,
  2.3430016250507518e-34, 1.1051689957903868e-42, 8.194643072298603e-51, 3.9565608536596436e-59,
] as const

const halfPi = [1.5707963267948966, 6.123233995736765e-17] as const
const low32 = 0xffffffffn
/** The biased exponent of y, less than that of x by a multiple of 32, at which y meets word 0. */
const firstExponent = 1040n

/** What `reduce` gives, for arguments of at least 2^20 in size; nonsense for infinities and NaN. */
export const reduceHuge = (b: Build, x: Expr): Reduced =>
  b.type === 'f8' ? hugeDouble(b, x) : b.wide ? hugeSingle(b, x) : hugeNarrow(b, x)

/** Halves of 2/π's words, from that which y's exponent asks for: seven of 32 bits. */
function window(b: Build, place: Expr): Expr[] {
  const word = (k: number): Expr => ({ kind: 'const', type: 'u8', value: twoOverPi[k] ?? 0n })
  let words = twoOverPi.map((_, k) => word(k))
  // A binary decision for each bit of the place, the highest first.
  for (let bit = 9; bit >= 6; bit--) {
    const far = b.let(ne(and(place, 1n << BigInt(bit)), 0n))
    const step = 2 ** (bit - 6)
    words = words.slice(0, 3 + step).map((near, k) => b.let(select(far, words[k + step] ?? word(18), near)))
  }
  const halves = words.flatMap((w) => [shr(w, 32n), and(w, low32)])
  const odd = b.let(ne(and(place, 32n), 0n))
  return Array.from({ length: 7 }, (_, k) =>
    b.let(select(odd, halves[k + 1] ?? word(18), halves[k] ?? word(18))),
  )
}

/** y in [0, 2^32) as three words of 32 bits, the first before the point. */
function limbs(b: Build, y: Expr): Expr[] {
  const shift = 2 ** 52
  const whole = (v: Expr): Expr => and(toBits(add(v, shift)), low32)
  let rest = y
  return [0, 1, 2].map(() => {
    const top = b.let(floor(rest))
    rest = b.let(mul(sub(rest, top), 2 ** 32))
    return b.let(whole(top))
  })
}

function hugeDouble(b: Build, x: Expr): Reduced {
  const field = b.let(shr(toBits(abs(x)), 52n))
  const place = b.let(sub(field, firstExponent))
  const exponent = add(and(place, 31n), 1023n)
  const y = b.let(fromBits(or(and(toBits(x), 0xfffffffffffffn), shl(exponent, 52n))))
  const words = window(b, place)
  const parts = limbs(b, y)
  // Column c of the product has the weight 2^(-30 - 32c) of quarter turns; of the last, only what it carries counts.
  const columns = [0, 1, 2, 3, 4].map((c) =>
    [2, 1, 0].flatMap((i, k) => {
      const [part, word] = [parts[i], words[c + k]]
      return part && word ? [b.let(mul(part, word))] : []
    }),
  )
  let carry: Expr | undefined
  const digits: Expr[] = []
  for (let c = 3; c >= 0; c--) {
    const terms = [
      ...(columns[c] ?? []).map((p) => and(p, low32)),
      ...(columns[c + 1] ?? []).map((p) => shr(p, 32n)),
      ...(carry ? [carry] : []),
    ]
    const sum = b.let(terms.reduce((s, t) => add(s, t)))
    digits.unshift(sum)
    carry = shr(sum, 32n)
  }
  const [d0, d1, d2, d3] = digits
  if (!d0 || !d1 || !d2 || !d3) return { high: x, low: x, quarters: field }
  const top = b.let(or(shl(d0, 32n), and(d1, low32)))
  const bottom = b.let(or(shl(d2, 32n), and(d3, low32)))
  const n = b.let(shr(add(top, 1n << 61n), 62n))
  const rest = b.let(sub(top, shl(n, 62n)))
  // A negative rest is turned round: size and sign apart.
  const negative = b.let(ne(shr(rest, 63n), 0n))
  const borrow = select(eq(bottom, 0n), sub(0n, rest), xor(rest, (1n << 64n) - 1n))
  const size = b.let(select(negative, borrow, rest))
  const small = b.let(select(negative, sub(0n, bottom), bottom))
  const below = (v: Expr): Expr => sub(fromBits(or(and(v, low32), 0x4330000000000000n)), 2 ** 52)
  const a = b.let(mul(below(shr(size, 32n)), 2 ** -30))
  const c = b.let(mul(below(size), 2 ** -62))
  const tail = add(mul(below(shr(small, 32n)), 2 ** -94), mul(below(small), 2 ** -126))
  const sum = b.let(add(a, c))
  const left = b.let(add(sub(c, sub(sum, a)), tail))
  const turns = b.let(add(sum, left))
  const missing = sub(left, sub(turns, sum))
  const { high: big, low: lost } = product(b, turns, b.number(halfPi[0]))
  const rough = add(lost, add(mul(turns, halfPi[1]), mul(missing, halfPi[0])))
  const correction = b.let(rough)
  const rounded = b.let(add(big, correction))
  const less = sub(sub(rounded, big), correction)
  const sign = b.let(mul(select(negative, b.number(-1), 1), copysign(b.number(1), x)))
  const quarters = b.let(select(lt(x, 0), sub(0n, n), n))
  return { high: b.let(mul(rounded, sign)), low: b.let(mul(less, sign)), quarters }
}

/** For f4: the rest in f8. */
export function hugeRest(b: Build, x: Expr): { rest: Expr; quarters: Expr } {
  const wide = b.let(convert('f8', x))
  // What the sums lose counts where the rest is tiny, next to a zero or a pole.
  let turns: Expr = constant('f8', 0)
  let lost: Expr = constant('f8', 0)
  for (const part of overTwoPi) {
    const whole = b.let(mul(wide, part))
    const { high, low } = sumOfAny(b, turns, b.let(sub(whole, nearest(whole))))
    turns = b.let(sub(high, nearest(high)))
    lost = b.let(add(lost, low))
  }
  const quarters = b.let(mul(turns, 4))
  const { magic } = formatOf(withType(b, 'f8'))
  const shifted = b.let(add(quarters, magic))
  const left = add(sub(quarters, sub(shifted, magic)), mul(lost, 4))
  const rest = b.let(mul(left, halfPi[0]))
  return { rest, quarters: toBits(shifted) }
}

function hugeSingle(b: Build, x: Expr): Reduced {
  const { rest, quarters } = hugeRest(b, x)
  return narrowRest(b, rest, quarters)
}

/** 2^-32 * 2/π in words of 32 bits, for an f4 that has no f8 beside it. */
const shortWords = [
  0n,
  0xa2f9836en,
  0x4e441529n,
  0xfc2757d1n,
  0xf534ddc0n,
  0xdb629599n,
  0x3c439041n,
  0xfe5163abn,
] as const
const quarterTurn = { high: 1.5707963705062866, low: -4.371138828673793e-8 } as const

/** The integer x * 2^23 / its power of two meets 2/π where a bit of that weighs two quarter turns; 96 bits from there count. */
function hugeNarrow(b: Build, x: Expr): Reduced {
  const pattern = toBits(x)
  const place = b.let(sub(and(shr(pattern, 23n), 255n), 120n))
  const first = b.let(shr(place, 5n))
  const shift = b.let(convert('u8', and(place, 31n)))
  const word = (k: number): Expr =>
    b.let(
      [1, 2, 3, 4].reduce<Expr>(
        (rest, i) => select(eq(first, BigInt(i)), constant('u8', shortWords[i + k] ?? 0n), rest),
        constant('u8', shortWords[k] ?? 0n),
      ),
    )
  const [w0, w1, w2, w3] = [word(0), word(1), word(2), word(3)]
  const pairOf = (a: Expr, c: Expr): Expr => shl(or(shl(a, 32n), c), shift)
  const top = or(pairOf(w0, w1), shr(w2, sub(constant('u8', 32n), shift)))
  const bottom = shr(pairOf(w2, w3), 32n)
  const m = b.let(convert('u8', or(and(pattern, 0x7fffffn), 0x800000n)))
  const turns = b.let(add(mul(top, m), shr(mul(bottom, m), 32n)))
  const n = b.let(shr(add(turns, 1n << 61n), 62n))
  const rest = b.let(convert('i8', sub(turns, shl(n, 62n))))
  const big = b.let(convert('f4', rest))
  const high = b.let(mul(big, 2 ** -62))
  const low = b.let(mul(convert('f4', sub(rest, convert('i8', big))), 2 ** -62))
  const p = product(b, high, b.number(quarterTurn.high))
  const more = b.let(add(p.low, add(mul(high, quarterTurn.low), mul(low, quarterTurn.high))))
  const whole = b.let(add(p.high, more))
  const missing = sub(sub(whole, p.high), more)
  const sign = b.let(copysign(b.number(1), x))
  const turned = convert('u4', n)
  const quarters = b.let(select(lt(x, 0), sub(0n, turned), turned))
  return { high: b.let(mul(whole, sign)), low: b.let(mul(missing, sign)), quarters }
}
