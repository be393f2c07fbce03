/**
 * Random kernels as source text, with every kind of statement and with effects in the middle of expressions. They always end. Either
 * every local is a float (an int has no -0 and wraps at 64 bits, which JavaScript's numbers do not), and nothing divides, so that the
 * sign of a zero is never seen; or locals are ints, and expressions are what integers are written for: quotients, shifts, means, and
 * sums that are cut off near the ends of narrow types.
 */

export type Dialect = 'floats' | 'integers'

const literals: Readonly<Record<Dialect, readonly string[]>> = {
  floats: ['0.5', '2', '-1.25', '3'],
  integers: ['0', '1', '-1', '3', '100', '127', '-128', '255', '256', '-32768', '65535', '0x7fffffff'],
}
const bounds = ['0', '1', '-1', '100', '127', '-128', '-127', '254', '255', '-32768', '32767', '65535']

/** Numbers below n, the same ones for the same seed. */
export type Random = (n: number) => number

export function random(seed: number): Random {
  let state = seed >>> 0
  return (n) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39) >>> 0
    return ((mixed ^ (mixed >>> 16)) >>> 0) % n
  }
}

interface Scope {
  readonly names: readonly string[]
  /** What `break` and `continue` may name, innermost last; undefined for a loop without a label. */
  readonly loops: readonly (string | undefined)[]
  readonly functions: readonly string[]
}

class Writer {
  private readonly r: Random
  private readonly dialect: Dialect
  private count = 0
  constructor(r: Random, dialect: Dialect) {
    this.r = r
    this.dialect = dialect
  }

  private pick<T>(list: readonly T[]): T {
    return list[this.r(list.length)] as T
  }
  private fresh(start: string): string {
    return `${start}${this.count++}`
  }

  expr(s: Scope, depth: number): string {
    const e = () => this.expr(s, depth - 1)
    const name = () => this.pick(s.names)
    if (depth <= 0) return this.pick([name, name, () => this.pick(literals[this.dialect])])()
    if (this.dialect === 'integers' && this.r(2) === 0) return this.integral(e)
    switch (this.r(18)) {
      case 0:
      case 1:
        return `(${e()} + ${e()})`
      case 2:
        return `(${e()} - ${e()})`
      case 3:
        return `(${e()} * ${e()})`
      case 4:
        return `(${this.test(s, depth - 1)} ? ${e()} : ${e()})`
      case 5:
        return `(${e()} && ${e()})`
      case 6:
        return `(${e()} || ${e()})`
      case 7:
        return `(${name()} = ${e()})`
      case 8:
        return `(${name()} ${this.pick(['+=', '-=', '*=', '&&=', '||='])} ${e()})`
      case 9:
        return this.pick([`${name()}++`, `++${name()}`, `${name()}--`, `--${name()}`])
      case 10:
        return `(${e()}, ${e()})`
      case 11:
        return `Math.${this.pick(['min', 'max'])}(${e()}, ${e()})`
      case 12:
        return `Math.${this.pick(['floor', 'abs', 'trunc', 'sign'])}(${e()})`
      case 13:
        return `(${e()} ${this.pick(['|', '&', '^', '>>', '<<', '>>>'])} ${e()})`
      case 14:
        return `(+(${this.test(s, depth - 1)}) + ${e()})`
      case 15:
      case 16:
        return s.functions.length > 0 ? `${this.pick(s.functions)}(${e()}, ${e()})` : e()
      default:
        return `(${e()} % 7)`
    }
  }

  /** What only integers are asked for; `e` writes an operand. */
  private integral(e: () => string): string {
    const bound = () => this.pick(bounds)
    const sum = () => `${e()} ${this.pick(['+', '-'])} ${e()}`
    switch (this.r(9)) {
      case 0:
        return `Math.${this.pick(['trunc', 'floor', 'round', 'ceil'])}((${sum()}) / ${this.pick(['2', '4', '-2', '10', e()])})`
      case 1:
        return `((${e()} / ${e()}) | 0)`
      case 2:
        return `(${e()} % ${this.pick(['8', '-3', e()])})`
      case 3:
        return `Math.min(${bound()}, ${sum()})`
      case 4:
        return `Math.max(${bound()}, ${sum()})`
      case 5: {
        const [inner, outer] = this.pick([
          ['min', 'max'],
          ['max', 'min'],
        ] as const)
        const clamped = `Math.${outer}(${bound()}, Math.${inner}(${bound()}, ${sum()}))`
        return this.r(2) === 0 ? clamped : `Math.${inner}(${bound()}, ${clamped})`
      }
      case 6:
        return `((${sum()}${this.pick(['', ' + 1'])}) >> ${this.pick(['1', '2', '31'])})`
      case 7:
        return this.pick([`Math.imul(${e()}, ${e()})`, `Math.clz32(${e()})`, `(- ${e()})`, `(~${e()})`])
      default:
        return `((${e()} << ${this.pick(['24', '16', '40'])}) ${this.pick(['>>', '>>>'])} ${this.pick(['24', '16'])})`
    }
  }

  test(s: Scope, depth: number): string {
    const e = () => this.expr(s, depth - 1)
    switch (this.r(6)) {
      case 0:
        return `(${this.test(s, depth - 1)} && ${this.test(s, depth - 1)})`
      case 1:
        return `!(${e()})`
      case 2:
        return e()
      default:
        return `(${e()} ${this.pick(['<', '<=', '>', '>=', '===', '!=='])} ${e()})`
    }
  }

  private jump(s: Scope): string {
    const loop = this.pick(s.loops)
    const name = loop === undefined ? '' : ` ${loop}`
    return `${this.pick(['break', 'continue'])}${name}`
  }

  statement(s: Scope, depth: number): string {
    const e = () => this.expr(s, 2)
    const body = (inner: Scope = s) => `{ ${this.list(inner, depth - 1)} }`
    if (depth <= 0) return `${e()};`
    switch (this.r(13)) {
      case 0:
      case 1:
        return `if (${this.test(s, 2)}) ${body()}`
      case 2:
        return `if (${this.test(s, 2)}) ${body()} else ${body()}`
      case 3: {
        const i = this.fresh('i')
        const label = this.r(2) === 0 ? this.fresh('L') : undefined
        const inner = { ...s, loops: [...s.loops, label] }
        return `${label ? `${label}: ` : ''}for (let ${i} = 0; ${i} < ${1 + this.r(4)}; ${i}++) ${body(inner)}`
      }
      case 4: {
        const n = this.fresh('n')
        const inner = { ...s, loops: [...s.loops, undefined] }
        return `let ${n} = 0; while (${n}++ < 3 && ${this.test(s, 2)}) ${body(inner)}`
      }
      case 5: {
        const n = this.fresh('n')
        const inner = { ...s, loops: [...s.loops, undefined] }
        return `let ${n} = 0; do ${body(inner)} while (${n}++ < 2 && ${this.test(s, 2)});`
      }
      case 6: {
        const cases = Array.from({ length: 1 + this.r(4) }, (_, k) => {
          const end = this.pick(['', 'break;', 'break;'])
          return `case ${k}: ${this.r(4) === 0 ? '' : this.list({ ...s, loops: [] }, depth - 1) + end}`
        })
        const other = this.r(2) === 0 ? [] : [`default: ${this.list({ ...s, loops: [] }, depth - 1)}`]
        const at = this.r(cases.length + 1)
        return `switch (${e()} & 3) { ${[...cases.slice(0, at), ...other, ...cases.slice(at)].join(' ')} }`
      }
      case 7:
        return s.loops.length > 0 ? `if (${this.test(s, 1)}) ${this.jump(s)};` : `${e()};`
      case 8:
        return this.r(3) === 0 ? `return ${e()};` : `if (${this.test(s, 1)}) return ${e()};`
      case 9:
        return `[${this.pick(s.names)}, ${this.pick(s.names)}] = [${e()}, ${e()}];`
      case 10:
        return `${this.test(s, 1)} && (${e()});`
      default:
        return `${e()};`
    }
  }

  list(s: Scope, depth: number): string {
    let scope = s
    const parts: string[] = []
    for (let k = 1 + this.r(3); k > 0; k--) {
      if (this.r(3) === 0) {
        const name = this.fresh('v')
        parts.push(`${this.pick(['let', 'var'])} ${name} = ${this.start()}${this.expr(scope, 2)};`)
        scope = { ...scope, names: [...scope.names, name] }
      } else parts.push(this.statement(scope, depth))
    }
    return parts.join(' ')
  }

  /** Makes a local a float, whatever else it is given. */
  private start = (): string => (this.dialect === 'floats' ? '0.25 + ' : '')

  kernel(): string {
    const outer: Scope = { names: ['x', 'y', 'a'], loops: [], functions: [] }
    const inner = { ...outer, names: ['x', 'a', 'p', 'q'] }
    const [one, prelude] =
      this.dialect === 'floats' ? ['0.5', 'x *= 1; y *= 1; let a = 0.25;'] : ['1', 'let a = 1;']
    const helper = `const f = (p, q) => { p += ${one}; q += ${one}; ${this.list(inner, 2)} return ${this.expr(inner, 2)}; };`
    const body = this.list({ ...outer, functions: ['f'] }, 3)
    return `(x, y) => { ${prelude} ${helper} ${body} return ${this.expr({ ...outer, functions: ['f'] }, 2)}; }`
  }
}

export const randomSource = (seed: number, dialect: Dialect = 'floats'): string =>
  new Writer(random(seed), dialect).kernel()
