/**
 * Which integer type an expression is computed in, given those of the locals: the narrowest that holds all its values, but not
 * narrower than its operands are anyway (a conversion costs more than it saves), and never wider than the type it has.
 */
import { type Code, dtypes } from '../../dtype.ts'
import { isInt } from './evaluate.ts'
import { type Idiom, idiomOf } from './idioms.ts'
import { join, type Range, typeRange, within } from './interval.ts'
import { type Expr, parts } from './ir.ts'
import { type Op, opRow } from './ops.ts'
import type { Ranges } from './ranges.ts'
import { mayFail } from './reads.ts'

type Sign = 'i' | 'u'
export const bytesOf = (type: Code): number => dtypes[type].bytes
const signed: Readonly<Record<number, Code>> = { 1: 'i1', 2: 'i2', 4: 'i4', 8: 'i8' }
const unsigned: Readonly<Record<number, Code>> = { 1: 'u1', 2: 'u2', 4: 'u4', 8: 'u8' }

/** The integer type of so many bytes. */
export const intType = (bytes: number, sign: Sign): Code => (sign === 'u' ? unsigned : signed)[bytes] ?? 'i8'

/** The narrowest type of at least `least` bytes that holds `range`; at most `whole`. */
export function fit(range: Range, least: number, sign: Sign, whole: Code): Code {
  for (let bytes = 1; bytes < bytesOf(whole); bytes *= 2) {
    if (bytes < least) continue
    const found = [intType(bytes, sign), intType(bytes, sign === 'u' ? 'i' : 'u')].find((t) =>
      within(range, typeRange(t)),
    )
    if (found) return found
  }
  return whole
}

/** Ops of which the low n bits of the result depend on the low n bits of the operands alone (so do selects). */
const ring: ReadonlySet<Op> = new Set<Op>(['add', 'sub', 'mul', 'neg', 'and', 'or', 'xor', 'not', 'shl'])
export const isRing = (op: Op): boolean => ring.has(op)

export interface Widths {
  /** The type that the value of `e`, an integer, is computed in when all of it is needed: it holds every value of `e`. */
  natural(e: Expr): Code
  /** The type in which the operands of an op like `min` or `<` meet: it holds all of them, and the result. */
  meeting(e: Extract<Expr, { kind: 'op' }>): Code
  /** The type that holds the operands, if not the result. */
  operands(e: Extract<Expr, { kind: 'op' }>): Code
  /** The narrow op that `e` is with its wider parts: see idioms.ts. */
  idiom(e: Extract<Expr, { kind: 'op' }>): Idiom | undefined
  /** The one value that `e` always has, if computing it cannot fail. */
  single(e: Expr): bigint | undefined
}

/** Unsigned where everything that enters is. */
export function signOf(e: Expr, ofLocal: (id: number) => Sign | undefined): Sign {
  const signs = new Set<Sign>()
  const collect = (p: Expr): void => {
    if (p.kind === 'const') return
    if (p.kind === 'local') {
      const sign = isInt(p.type) ? ofLocal(p.local) : undefined
      if (sign) signs.add(sign)
    } else if (
      p.kind === 'input' ||
      p.kind === 'load' ||
      p.kind === 'element' ||
      (p.kind === 'cast' && !isInt(p.arg.type))
    ) {
      if (isInt(p.type)) signs.add(dtypes[p.type].kind === 'u' ? 'u' : 'i')
    } else if (p.kind === 'select') {
      collect(p.then)
      collect(p.else)
    } else parts(p).forEach(collect)
  }
  collect(e)
  return signs.has('u') && !signs.has('i') ? 'u' : 'i'
}

export function widths(
  ranges: Ranges,
  typeOfLocal: (id: number) => Code | undefined,
  signOfLocal: (id: number) => Sign | undefined,
): Widths {
  const known = new Map<Expr, Code>()
  const sign = (e: Expr) => signOf(e, signOfLocal)
  const widest = (list: readonly Expr[]) => Math.max(1, ...list.map((e) => bytesOf(natural(e))))

  const single = (e: Expr): bigint | undefined => {
    const { lo, hi } = ranges.of(e)
    return typeof lo === 'bigint' && lo === hi && !mayFail(e) ? lo : undefined
  }

  const holding = (e: Extract<Expr, { kind: 'op' }>, more: readonly Range[]): Code => {
    const all = [...e.args.map((a) => ranges.of(a)), ...more]
    return fit(all.reduce(join), widest(e.args), sign(e), e.args[0]?.type ?? e.type)
  }
  const operands = (e: Extract<Expr, { kind: 'op' }>): Code => holding(e, [])
  const meeting = (e: Extract<Expr, { kind: 'op' }>): Code =>
    holding(e, opRow(e.op).result === 'b1' ? [] : [ranges.of(e)])

  const idiom = (e: Extract<Expr, { kind: 'op' }>): Idiom | undefined =>
    idiomOf(e, ranges, (range, operands) => {
      const [first] = operands
      return fit(range, widest(operands), first ? sign(first) : 'i', e.type)
    })

  const find = (e: Expr): Code => {
    const range = ranges.of(e)
    if (e.kind === 'const' || single(e) !== undefined) return fit(range, 1, 'i', e.type)
    switch (e.kind) {
      case 'local': {
        const type = typeOfLocal(e.local) ?? e.type
        return within(range, typeRange(type)) ? type : fit(range, bytesOf(type), sign(e), e.type)
      }
      case 'input':
      case 'load':
      case 'bits':
      case 'element':
      case 'size':
        return e.type
      case 'cast':
        // Floats become integers four bytes at a time.
        if (!isInt(e.arg.type)) return fit(range, e.arg.type === 'b1' ? 1 : 4, sign(e), e.type)
        return within(ranges.of(e.arg), typeRange(e.type)) ? natural(e.arg) : e.type
      case 'select':
        return fit(range, widest([e.then, e.else]), sign(e), e.type)
      case 'op': {
        const found = idiom(e)
        if (found) return found.type
        if (isRing(e.op))
          return fit(range, widest(e.op === 'shl' ? e.args.slice(0, 1) : e.args), sign(e), e.type)
        return e.op === 'clz' ? e.type : meeting(e)
      }
    }
  }
  const natural = (e: Expr): Code => {
    const type = known.get(e) ?? find(e)
    known.set(e, type)
    return type
  }
  return { natural, meeting, operands, idiom, single }
}
