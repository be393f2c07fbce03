/** Random kernels of arrays as source text: nested loops, affine, clamped and data-dependent indices, sums, conditions. */

export interface Chance {
  /** From 0 to below 1. */
  readonly next: () => number
  readonly int: (from: number, to: number) => number
}

export const randomLayout = '(n),(m,n),(n)->(n),(m,n)'
export const randomSignature = 'void(f8[:],f8[:,:],f8[:],f8[:],f8[:,:])'

export function randomArrayKernel({ next, int }: Chance): string {
  let names = 0
  const pick = <T>(...list: readonly T[]): T => list[int(0, list.length - 1)] as T

  /** `size`: what it should stay below, most of the time. */
  const index = (counters: readonly string[], size: string): string => {
    if (counters.length === 0) return pick('0', '0', '1')
    const i = counters[next() < 0.7 ? counters.length - 1 : int(0, counters.length - 1)] as string
    const chance = next()
    if (chance < 0.76) return i
    if (chance < 0.8) return `${i} + 1`
    if (chance < 0.84) return `${i} - 1`
    if (chance < 0.86) return `2 * ${i}`
    if (chance < 0.89) return `${size} - 1 - ${i}`
    if (chance < 0.92) return `Math.min(${i} + 1, ${size} - 1)`
    if (chance < 0.95) return `Math.max(${i} - 2, 0)`
    if (chance < 0.97) return `at[${i}]`
    return pick('0', '1', `${i} + ${counters[0]}`)
  }
  const one = (name: string, counters: readonly string[]) => `${name}[${index(counters, 'a.length')}]`
  const two = (name: string, counters: readonly string[]) => {
    const outer = counters.length > 1 ? counters.slice(0, -1) : counters
    return `${name}[${index(outer, 'b.shape[0]')}][${index(counters, 'b.shape[1]')}]`
  }
  const read = (counters: readonly string[]): string =>
    pick(
      () => one('a', counters),
      () => one('a', counters),
      () => two('b', counters),
      () => (next() < 0.5 ? one('out', counters) : two('sum', counters)),
      () => counters.at(-1) ?? '3',
      () => String(int(-2, 4) / 2),
    )()
  const value = (counters: readonly string[], locals: readonly string[], depth = 2): string => {
    if (depth === 0 || next() < 0.3)
      return locals.length > 0 && next() < 0.4 ? pick(...locals) : read(counters)
    const x = value(counters, locals, depth - 1)
    const y = value(counters, locals, depth - 1)
    return pick(`(${x} + ${y})`, `(${x} - ${y})`, `${x} * ${y}`, `Math.max(${x}, ${y})`)
  }
  const loop = (counters: readonly string[], body: (inner: readonly string[]) => string): string => {
    const i = `i${names++}`
    const size = pick(
      'a.length',
      'a.length',
      'b.shape[1]',
      counters.length === 0 ? 'b.shape[0]' : 'a.length',
      '3',
    )
    const from = pick('0', '0', '0', '1', counters.at(-1) ?? '0')
    const to = next() < 0.75 ? size : `${size} - 1`
    const inner = body([...counters, i])
    if (next() < 0.12) return `for (let ${i} = ${to} - 1; ${i} >= 0; ${i}--) {\n${inner}}\n`
    const step = next() < 0.1 ? `${i} += 2` : `${i}++`
    return `for (let ${i} = ${from}; ${i} < ${to}; ${step}) {\n${inner}}\n`
  }
  const store = (counters: readonly string[], locals: readonly string[]): string => {
    const place = next() < 0.5 ? one('out', counters) : two('sum', counters)
    return `${place} ${pick('=', '=', '+=')} ${value(counters, locals)}\n`
  }
  /** What a round does to a sum: exact in any order, or only in that of the source, with terms that cost something or not. */
  const added = (s: string, counters: readonly string[], locals: readonly string[]): string => {
    const v = () => value(counters, locals, 1)
    const chance = next()
    if (chance < 0.35) return `${s} += ${value(counters, [...locals, s], 1)}\n`
    if (chance < 0.45) return `${s} ${pick('+=', '-=')} ${v()}\n`
    if (chance < 0.6) return `${s} = Math.${pick('min', 'max')}(${s}, ${v()})\n`
    const costly = `Math.sqrt(Math.abs(${v()} / (1.5 + ${v()} * ${v()}))) / (3 + ${v()} * ${v()})`
    return chance < 0.8 ? `${s} += ${costly}\n` : `${s} = ${costly} - ${s}\n`
  }
  const addedInt = (s: string, counters: readonly string[], locals: readonly string[]): string => {
    const v = () => `(${value(counters, locals, 1)} | 0)`
    return pick(
      `${s} ${pick('+=', '-=', '^=')} ${v()}\n`,
      `${s} = Math.${pick('min', 'max')}(${v()}, ${s})\n`,
      `if (${read(counters)} < ${read(counters)}) ${s}++\n`,
      `${s} = ${s} * (${v()} % 3 + 1) | 0\n`,
      `${s} += ${v()}\nif (${read(counters)} > 1) ${s} -= ${v()}\n`,
    )
  }
  const statements = (counters: readonly string[], locals: readonly string[], depth: number): string => {
    const count = depth === 0 ? 1 : int(1, 2)
    return Array.from({ length: count }, () => {
      const chance = next()
      if (depth > 0 && chance < 0.35) return loop(counters, (inner) => statements(inner, locals, depth - 1))
      if (depth > 0 && chance < 0.6) {
        const s = `s${names++}`
        if (next() < 0.6) {
          const sum = loop(counters, (inner) => added(s, inner, locals))
          return `let ${s} = ${read(counters)}\n${sum}${store(counters, [...locals, s])}`
        }
        const sum = loop(counters, (inner) => addedInt(s, inner, locals))
        return `let ${s} = ${int(-1, 3)}\n${sum}${store(counters, [...locals, s])}`
      }
      if (chance < 0.72) return `if (${read(counters)} < ${read(counters)}) {\n${store(counters, locals)}}\n`
      if (chance < 0.8) {
        const t = `t${names++}`
        return `const ${t} = ${value(counters, locals)}\n${store(counters, [...locals, t])}`
      }
      return store(counters, locals)
    }).join('')
  }
  const outer = loop([], (inner) => statements(inner, [], 2))
  return `(a, b, at, out, sum) => {\n${outer}${next() < 0.3 ? loop([], (inner) => statements(inner, [], 1)) : ''}}`
}
