/**
 * Keeps integers on the narrowest lanes that provably give the same result. The language's `int` is an i8; two facts make it
 * narrower. Where its range fits a narrow type, that type holds it. And where only the low n bits of a value are used, as in a sum
 * that is stored to i4, the ops that work from low bits to high ones (add, sub, mul, and, or, xor, shl …) may drop the others.
 *
 * One function says both: `as(type, e)` computes `e` modulo 2^n in a type of n bits. Asked of a type that holds every value of `e`,
 * that is `e` itself. Ops that look at whole values (comparisons, division, right shifts, conversions to floats, indices) ask for
 * such a type; stores and the ops above ask for what they were asked for.
 *
 * Locals: types start narrow, every reader says how many bits it needs, and it is done over until no local grows. A local that is
 * set in a loop has at least 4 bytes unless only its low bits are used, or nothing in the kernel is as wide: counters in narrow
 * registers would save nothing and cost conversions.
 */
import { type Code, dtypes } from '../../dtype.ts'
import { bitsOf, isFloat, isInt, wrap } from './evaluate.ts'
import { fromIdiom } from './idioms.ts'
import { isIntRange, typeRange, within } from './interval.ts'
import { cast, constant, type Expr, type Kernel, local, op, type Stmt, visit } from './ir.ts'
import { liveness } from './liveness.ts'
import { type Ranges, ranges } from './ranges.ts'
import { mayFail, writesOf } from './reads.ts'
import { rewrite } from './rules.ts'
import { bytesOf, fit, intType, isRing, signOf, type Widths, widths } from './widths.ts'

type OpExpr = Extract<Expr, { kind: 'op' }>
type CastExpr = Extract<Expr, { kind: 'cast' }>

/** A cast, and at once without the one below it where two are one. */
const to = (type: Code, e: Expr): Expr => rewrite(cast(type, e))

const exactInF8 = { lo: -(2n ** 53n), hi: 2n ** 53n }

interface Rewriter {
  /** The index of an array: an i8. */
  readonly index: (e: Expr) => Expr
  /** Congruent to `e` modulo 2^n, in a type of n bits. */
  readonly as: (type: Code, e: Expr) => Expr
  /** `e` itself, of its own type: for floats and b1. */
  readonly value: (e: Expr) => Expr
}

/** `needs(local, bits)` is told of every read. */
function rewriter(
  facts: Ranges,
  { natural, meeting, operands, idiom, single }: Widths,
  typeOfLocal: (id: number) => Code,
  needs: (id: number, bits: number) => void,
): Rewriter {
  const nonNegative = (e: Expr): boolean => facts.of(e).lo >= 0

  const as = (type: Code, e: Expr): Expr => {
    const only = single(e)
    if (only !== undefined) return constant(type, wrap(type, only))
    switch (e.kind) {
      case 'const':
        return to(type, e)
      case 'local':
        needs(e.local, bitsOf(type))
        return to(type, local(typeOfLocal(e.local), e.local))
      case 'input':
        return to(type, e)
      case 'load':
        return to(type, { ...e, index: index(e.index) })
      case 'element':
        return to(type, { ...e, indices: e.indices.map(index) })
      case 'size':
        return to(type, e)
      case 'cast':
        return castAs(type, e)
      case 'bits':
        return to(type, { ...e, arg: value(e.arg) })
      case 'select': {
        const inner = bytesOf(natural(e)) < bytesOf(type) ? natural(e) : type
        const made: Expr = {
          ...e,
          type: inner,
          cond: value(e.cond),
          then: as(inner, e.then),
          else: as(inner, e.else),
        }
        return to(type, made)
      }
      case 'op':
        return isRing(e.op) ? ringAs(type, e) : to(type, wrapped(type, e) ?? whole(e))
    }
  }

  const castAs = (type: Code, e: CastExpr): Expr => {
    const narrower = bitsOf(type) <= bitsOf(e.type)
    if (!isInt(e.arg.type)) return to(type, cast(narrower ? type : e.type, value(e.arg)))
    const keeps = within(facts.of(e.arg), typeRange(e.type))
    return keeps || narrower ? as(type, e.arg) : to(type, as(e.type, e.arg))
  }

  const ringAs = (type: Code, e: OpExpr): Expr => {
    const inner = bytesOf(natural(e)) < bytesOf(type) ? natural(e) : type
    if (e.op !== 'shl') return to(type, { ...e, type: inner, args: e.args.map((a) => as(inner, a)) })
    const [x, count] = e.args
    if (!x || !count) return e
    const k = facts.of(count)
    const bits = BigInt(bitsOf(inner))
    if (isIntRange(k) && k.lo >= bits && k.hi < BigInt(bitsOf(e.type)) && !mayFail(e))
      return constant(type, 0n)
    const inside = k.lo >= 0 && k.hi < bits
    const at = inside ? inner : e.type
    return to(type, { ...e, type: at, args: [as(at, x), as(at, count)] })
  }

  /** The low bits of what overflows only at the end of its operands' type, |-128| and -128 / -1: there it wraps to them. */
  const wrapped = (type: Code, e: OpExpr): Expr | undefined => {
    if (e.op !== 'abs' && e.op !== 'div' && e.op !== 'floordiv') return undefined
    const own = operands(e)
    const holds = bitsOf(own) >= bitsOf(type) && bitsOf(own) < bitsOf(meeting(e))
    return holds && !idiom(e) ? { ...e, type: own, args: e.args.map((a) => as(own, a)) } : undefined
  }

  /** An op on whole values, in the type in which its operands meet. */
  const whole = (e: OpExpr): Expr => {
    const [a, b] = e.args
    if (!a) return e
    if (e.op === 'clz') return { ...e, args: [as(e.type, a)] }
    const found = idiom(e)
    if (found) return fromIdiom(found, as)
    if (e.op === 'shr' && b) return shiftRight(e, a, b)
    const type = meeting(e)
    if (b && (e.op === 'min' || e.op === 'max')) {
      const [x, y] = [facts.of(a), facts.of(b)]
      const first = e.op === 'min' ? x.hi <= y.lo : x.lo >= y.hi
      const second = e.op === 'min' ? y.hi <= x.lo : y.lo >= x.hi
      if (first && !mayFail(b)) return as(type, a)
      if (second && !mayFail(a)) return as(type, b)
    }
    // Of what is not negative, division by a power of two is a shift.
    const power = b && nonNegative(a) ? powerOf(b) : undefined
    if (power !== undefined && (e.op === 'div' || e.op === 'floordiv')) {
      return rewrite(op('shr', [as(type, a), constant(type, power)], e.at))
    }
    if (power !== undefined && e.op === 'rem') {
      return rewrite(op('and', [as(type, a), constant(type, wrap(type, (1n << power) - 1n))], e.at))
    }
    const result = e.type === 'b1' ? 'b1' : type
    return { ...e, type: result, args: e.args.map((x) => as(type, x)) }
  }

  const shiftRight = (e: OpExpr, x: Expr, count: Expr): Expr => {
    const type = fit(facts.of(x), bytesOf(natural(x)), dtypes[natural(x)].kind === 'u' ? 'u' : 'i', e.type)
    const bits = BigInt(bitsOf(type))
    const k = facts.of(count)
    if (k.lo >= 0 && k.hi < bits) return { ...e, type, args: [as(type, x), as(type, count)] }
    const all = single(count)
    if (all === undefined || all < 0n || all >= BigInt(bitsOf(e.type)) || mayFail(x)) {
      return { ...e, args: [as(e.type, x), as(e.type, count)] }
    }
    // Every bit is shifted out: what is left is the sign.
    return dtypes[type].kind === 'u'
      ? constant(type, 0n)
      : op('shr', [as(type, x), constant(type, bits - 1n)], e.at)
  }

  const index = (e: Expr): Expr => to('i8', as(natural(e), e))

  const value = (e: Expr): Expr => {
    if (isInt(e.type)) return as(e.type, e)
    const only = single(e)
    if (only !== undefined) return constant(e.type, only === 1n)
    switch (e.kind) {
      case 'const':
      case 'local':
      case 'input':
        return e
      case 'load':
        return { ...e, index: index(e.index) }
      case 'bits':
        return { ...e, arg: value(e.arg) }
      case 'element':
        return { ...e, indices: e.indices.map(index) }
      case 'size':
        return e
      case 'select':
        return { ...e, cond: value(e.cond), then: value(e.then), else: value(e.else) }
      case 'cast': {
        if (!isInt(e.arg.type)) return { ...e, arg: value(e.arg) }
        const type = natural(e.arg)
        const float = e.type === 'f8' && bytesOf(type) === 8 ? inF8(e.arg) : undefined
        return float ?? to(e.type, as(type, e.arg))
      }
      case 'op':
        return isInt(e.args[0]?.type ?? e.type) ? whole(e) : { ...e, args: e.args.map(value) }
    }
  }

  /** An integer of more than 4 bytes on its way to f8, computed as f8: exact while everything is within 2^53. */
  const inF8 = (e: Expr): Expr | undefined => {
    if (!within(facts.of(e), exactInF8)) return undefined
    const type = natural(e)
    if (bytesOf(type) <= 4) return to('f8', as(type, e))
    if (e.kind === 'cast') {
      return isInt(e.arg.type) && within(facts.of(e.arg), typeRange(e.type)) ? inF8(e.arg) : undefined
    }
    if (e.kind !== 'op' || (e.op !== 'add' && e.op !== 'sub' && e.op !== 'mul' && e.op !== 'neg'))
      return undefined
    const [a, b] = e.args
    const x = a && inF8(a)
    if (!x) return undefined
    // No integer is -0: so 0 - x stands for -x, and 0 is added to products that may be -0.
    if (e.op === 'neg') return op('sub', [constant('f8', 0), x])
    const y = b && inF8(b)
    if (!y) return undefined
    const made = op(e.op, [x, y])
    const clean = e.op !== 'mul' || (nonNegative(a) && nonNegative(b))
    return clean ? made : op('add', [made, constant('f8', 0)])
  }

  return { as, value, index }
}

/** k, where `e` is the constant 2^k. */
function powerOf(e: Expr): bigint | undefined {
  if (e.kind !== 'const' || typeof e.value !== 'bigint' || e.value <= 0n) return undefined
  return (e.value & (e.value - 1n)) === 0n ? BigInt(e.value.toString(2).length - 1) : undefined
}

/** The bytes of the widest thing that a kernel reads, writes or computes in floats. */
function widestIn(kernel: Kernel): number {
  let widest = Math.max(1, ...kernel.outs.map((id) => bytesOf(kernel.locals[id]?.type ?? 'f8')))
  visit(kernel.body, (e) => {
    const enters = e.kind === 'input' || e.kind === 'load' || e.kind === 'element'
    if (enters || isFloat(e.type)) widest = Math.max(widest, bytesOf(e.type))
  })
  return widest
}

export function narrow(kernel: Kernel): Kernel {
  const facts = ranges(kernel)
  const { atEntry } = liveness(kernel.body, kernel.outs)
  const loops: Stmt[] = []
  const given = kernel.locals.map((): Expr[] => [])
  visit(
    kernel.body,
    () => {},
    (s) => {
      if (s.kind === 'loop') loops.push(s)
      if (s.kind === 'set') given[s.local]?.push(s.value)
    },
  )
  const isFixed = kernel.locals.map(
    (l, id) =>
      !isInt(l.type) ||
      kernel.outs.includes(id) ||
      (id < kernel.nin && (atEntry.has(id) || given[id]?.length === 0)),
  )
  const inLoop = writesOf(loops)
  const leastInLoop = Math.min(4, widestIn(kernel))

  // unsigned where all that it is given is; asked about itself on the way, a local has no opinion
  const signs = new Map<number, 'i' | 'u' | undefined>()
  const signOfLocal = (id: number): 'i' | 'u' | undefined => {
    if (signs.has(id)) return signs.get(id)
    const type = kernel.locals[id]?.type ?? 'i8'
    signs.set(id, undefined)
    const all = (given[id] ?? []).map((e) => signOf(e, signOfLocal))
    const sign =
      isFixed[id] || all.length === 0
        ? dtypes[type].kind === 'u'
          ? 'u'
          : 'i'
        : all.includes('i')
          ? 'i'
          : 'u'
    signs.set(id, sign)
    return sign
  }

  const bits = kernel.locals.map(() => 1)
  const bytes = kernel.locals.map(() => 1)
  const typeFor = (id: number): Code => {
    const type = kernel.locals[id]?.type ?? 'f8'
    if (isFixed[id]) return type
    const sign = signOfLocal(id) ?? 'i'
    const range = facts.locals[id] ?? typeRange(type)
    const enough = bytesOf(fit(range, 1, sign, type))
    const used = [1, 2, 4, 8].find((n) => n * 8 >= (bits[id] ?? 1)) ?? 8
    const size = Math.min(used, bytesOf(fit(range, bytes[id] ?? 1, sign, type)))
    if (size < enough) return intType(size, sign)
    return fit(range, inLoop.has(id) ? Math.max(size, leastInLoop) : size, sign, type)
  }

  for (;;) {
    let grown = false
    const grow = (list: number[], id: number, size: number): void => {
      if (size <= (list[id] ?? 0)) return
      list[id] = size
      grown = true
    }
    const types = kernel.locals.map((_, id) => typeFor(id))
    const typeOf = (id: number): Code => types[id] ?? 'i8'
    const wide = widths(facts, typeOf, signOfLocal)
    const { as, value, index } = rewriter(facts, wide, typeOf, (id, n) => grow(bits, id, n))
    const list = (body: readonly Stmt[]): Stmt[] => body.map(stmt)
    const stmt = (s: Stmt): Stmt => {
      switch (s.kind) {
        case 'set':
          if (!isInt(s.value.type)) return { ...s, value: value(s.value) }
          grow(bytes, s.local, bytesOf(wide.natural(s.value)))
          return { ...s, value: as(typeOf(s.local), s.value) }
        case 'store': {
          const { type } = s.value
          return {
            ...s,
            indices: s.indices.map(index),
            value: isInt(type) ? as(type, s.value) : value(s.value),
          }
        }
        case 'if':
          return { ...s, cond: value(s.cond), then: list(s.then), else: list(s.else) }
        case 'loop':
          return { ...s, body: list(s.body), update: list(s.update) }
        case 'block':
          return { ...s, body: list(s.body) }
        case 'break':
        case 'continue':
          return s
      }
    }
    const body = list(kernel.body)
    const locals = kernel.locals.map((l, id) => ({ ...l, type: typeOf(id) }))
    if (!grown) return { ...kernel, locals, body }
  }
}
