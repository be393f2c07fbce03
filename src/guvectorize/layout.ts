/**
 * The layout grammar: which core dimensions each operand has, `(m,n),(n,p)->(m,p)`. NumPy's `_parse_signature` whole (names, frozen
 * sizes `(3)`, optional dimensions `(n?)`), and ours beyond it: inputs that may have size 1 where the others have n, `(n|1)`; sizes
 * of outputs that are computed, `(m),(n)->(m+n-1)`; no outputs at all, `(n),(n)`.
 */
import { SignatureError } from '../errors.ts'
import { isNameStart, parseSize, type SizeExpr, scanner } from './size.ts'

/** A core dimension of the whole layout; operands share it by its name, or by its frozen size. */
export interface Dim {
  /** As it is written: `n`, `3`, `m+n-1`. */
  readonly name: string
  readonly size:
    | { readonly kind: 'inferred' }
    | { readonly kind: 'frozen'; readonly size: number }
    /** Of outputs only. */
    | { readonly kind: 'computed'; readonly size: SizeExpr }
  /** `?`: operands with too few dimensions do without it. */
  readonly optional: boolean
}

/** One core dimension of one operand. */
export interface CoreDim {
  /** Its number in `layout.dims`. */
  readonly dim: number
  /** `|1`: size 1 stretches. */
  readonly stretches: boolean
}

export interface Layout {
  readonly text: string
  readonly dims: readonly Dim[]
  readonly inputs: readonly (readonly CoreDim[])[]
  readonly outputs: readonly (readonly CoreDim[])[]
}

/** How many operands there must be; without it the layout says so itself. */
export interface Counts {
  readonly nin: number
  readonly nout: number
}

function fail(what: string, position: number, text: string): never {
  throw new SignatureError(`${what} at position ${position} in "${text}"`, { text, position })
}

/**
 * Reads a layout. Matches `_parse_signature` of NumPy, error texts and positions included.
 * @throws SignatureError with the position (from 0) of the character that is wrong
 */
export function parseLayout(text: string, counts?: Counts): Layout {
  if (typeof text !== 'string') {
    const message = `a layout is a string such as '(m,n),(n,p)->(m,p)', but got ${typeof text}`
    throw new SignatureError(message, { text: String(text), position: 0 })
  }
  const s = scanner(text)
  const failHere = (what: string): never => fail(what, s.at(), text)
  const dims: Dim[] = []
  /** How many of them inputs have. */
  let read = 0

  /** The number of the dimension: an old one, if it was seen before. */
  const numberOf = (dim: Dim, start: number): number => {
    const key = dim.size.kind === 'frozen' ? String(dim.size.size) : dim.name
    const known = dims.findIndex((d) => d.name === key)
    const old = dims[known]
    if (!old) return dims.push({ ...dim, name: key }) - 1
    if (dim.optional && !old.optional) fail('? cannot be used, name already seen without ?', start, text)
    if (!dim.optional && old.optional) fail('? must be used, name already seen with ?', start, text)
    return known
  }

  /** A size expression, where an output has one instead of a name or a number. */
  const computed = (start: number): CoreDim => {
    s.back(start)
    const size = parseSize(s, failHere, (name, position) => {
      const known = dims.findIndex((d, k) => k < read && d.name === name && d.size.kind === 'inferred')
      if (known < 0) fail(`the size expression uses '${name}', which no input has`, position, text)
      return known
    })
    const name = text.slice(start, s.at()).replaceAll(/\s/g, '')
    const dim: Dim = { name, size: { kind: 'computed', size }, optional: false }
    return { dim: numberOf(dim, start), stretches: false }
  }

  const coreDim = (output: boolean): CoreDim => {
    const start = s.at()
    const named = isNameStart(s.char())
    const word = named ? s.name() : s.digits()
    const frozen = Number(word)
    if (!named && !(frozen > 0) && !(output && (s.char() === '(' || word !== '')))
      fail('expect dimension name or non-zero frozen size', start, text)
    // 3k is neither a name nor a size.
    if (!named && isNameStart(s.char())) fail('expect dimension name or non-zero frozen size', start, text)
    s.skip()
    if (output && (word === '' || /[-+*/(]/.test(s.char()))) return computed(start)
    const optional = s.takes('?')
    const stretches = s.char() === '|'
    if (stretches) {
      if (output) failHere("'|1' belongs to inputs")
      s.takes('|')
      if (!s.takes('1')) failHere("expect '1' after '|'")
    }
    if (!named && !(frozen > 0)) fail('expect dimension name or non-zero frozen size', start, text)
    const size = named ? ({ kind: 'inferred' } as const) : ({ kind: 'frozen', size: frozen } as const)
    return { dim: numberOf({ name: word, size, optional }, start), stretches }
  }

  const operand = (output: boolean): readonly CoreDim[] => {
    if (!s.takes('(')) failHere("expect '('")
    const list: CoreDim[] = []
    while (!s.takes(')')) {
      if (s.ended()) failHere('unexpected end of signature string')
      list.push(coreDim(output))
      if (s.char() !== ',' && s.char() !== ')') failHere("expect ',' or ')'")
      if (s.takes(',') && s.char() === ')') failHere("',' must not be followed by ')'")
    }
    return list
  }

  /** Operands up to the end of the list, or as many as there must be. */
  const operands = (output: boolean, count: number | undefined): (readonly CoreDim[])[] => {
    const list: (readonly CoreDim[])[] = []
    if (count === 0) return list
    for (;;) {
      list.push(operand(output))
      if (list.length === count) return list
      if (!s.takes(',')) return count === undefined ? list : failHere("expect ','")
    }
  }

  s.skip()
  const inputs = operands(false, counts?.nin)
  read = dims.length
  const nout = counts?.nout ?? 0
  if (s.ended() && nout === 0) return { text, dims, inputs, outputs: [] }
  if (!s.takes('->')) failHere("expect '->'")
  const outputs = s.ended() && nout === 0 ? [] : operands(true, counts?.nout)
  if (!s.ended()) {
    operand(true)
    failHere('too many arguments')
  }
  return { text, dims, inputs, outputs }
}

/** The core dimensions of operand k, inputs first. */
export const coreOf = ({ inputs, outputs }: Layout, k: number): readonly CoreDim[] =>
  inputs[k] ?? outputs[k - inputs.length] ?? []

/** Is it a plain ufunc's: no operand has core dimensions? */
export const isTrivial = (layout: Layout): boolean => layout.dims.length === 0
