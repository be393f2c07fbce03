/** Sizes of outputs that are computed from those of inputs: `m+n-1`, `2*n`, `n*(n-1)/2`, `min(m,n)`. Division rounds down. */

export type SizeExpr =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'dim'; readonly dim: number }
  | {
      readonly kind: 'operation'
      readonly operator: SizeOperator
      readonly left: SizeExpr
      readonly right: SizeExpr
    }

export type SizeOperator = keyof typeof operators

const operators = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => Math.floor(a / b),
  min: (a: number, b: number) => Math.min(a, b),
  max: (a: number, b: number) => Math.max(a, b),
} as const

/** The value, once the sizes that it is made of are known. */
export function computeSize(e: SizeExpr, sizes: readonly number[]): number {
  switch (e.kind) {
    case 'number':
      return e.value
    case 'dim':
      return sizes[e.dim] ?? 0
    case 'operation':
      return operators[e.operator](computeSize(e.left, sizes), computeSize(e.right, sizes))
  }
}

export const isNameStart = (char: string): boolean => /^[A-Za-z_]$/.test(char)
export const isDigit = (char: string): boolean => /^[0-9]$/.test(char)

/** Walks over a text; whitespace is skipped after each thing that is taken. */
export interface Scanner {
  readonly at: () => number
  /** The next character; '' at the end. */
  readonly char: () => string
  readonly ended: () => boolean
  readonly skip: () => void
  readonly takes: (word: string) => boolean
  readonly name: () => string
  readonly digits: () => string
  readonly back: (to: number) => void
}

export function scanner(text: string): Scanner {
  let at = 0
  const skip = () => {
    while (/\s/.test(text.charAt(at))) at++
  }
  const word = (pattern: RegExp): string => {
    const start = at
    while (pattern.test(text.charAt(at))) at++
    return text.slice(start, at)
  }
  return {
    at: () => at,
    char: () => text.charAt(at),
    ended: () => at >= text.length,
    skip,
    takes(literal) {
      const there = text.startsWith(literal, at)
      if (there) {
        at += literal.length
        skip()
      }
      return there
    },
    name: () => word(/\w/),
    digits: () => word(/[0-9]/),
    back(to) {
      at = to
    },
  }
}

/** Reads a size expression; `dimOf` tells the number of a name. */
export function parseSize(
  s: Scanner,
  fail: (what: string) => never,
  dimOf: (name: string, position: number) => number,
): SizeExpr {
  const operation = (operator: SizeOperator, left: SizeExpr, right: SizeExpr): SizeExpr => ({
    kind: 'operation',
    operator,
    left,
    right,
  })
  const sum = (): SizeExpr => {
    let left = product()
    for (;;) {
      if (s.takes('+')) left = operation('+', left, product())
      else if (s.takes('-')) left = operation('-', left, product())
      else return left
    }
  }
  const product = (): SizeExpr => {
    let left = atom()
    for (;;) {
      if (s.takes('*')) left = operation('*', left, atom())
      else if (s.takes('//') || s.takes('/')) left = operation('/', left, atom())
      else return left
    }
  }
  const atom = (): SizeExpr => {
    if (s.takes('(')) {
      const inner = sum()
      if (!s.takes(')')) fail("expect ')' to close the size expression")
      return inner
    }
    const position = s.at()
    if (isDigit(s.char())) {
      const value = Number(s.digits())
      s.skip()
      return { kind: 'number', value }
    }
    if (!isNameStart(s.char())) fail('expect a name or a number in the size expression')
    const name = s.name()
    s.skip()
    if ((name !== 'min' && name !== 'max') || !s.takes('('))
      return { kind: 'dim', dim: dimOf(name, position) }
    let value = sum()
    while (s.takes(',')) value = operation(name, value, sum())
    if (!s.takes(')')) fail("expect ',' or ')'")
    return value
  }
  return sum()
}
