/**
 * The grammar of type strings, and its printer. Two spellings, one meaning:
 *
 *   f8(f8,f8)   (f8,f8)   void(f8[:],f8[:,:])   f8[:](f8[::1],f8)   UniTuple(f8,2)(f8)   Tuple(f8,i4)(f8)
 *   dd->d       dd->dd    (NumPy's type characters)
 *
 * Whitespace is free. What is printed parses to the same signature again.
 */
import { type Code, codeOf, codeOfChar, dtypes } from '../dtype.ts'
import { SignatureError } from '../errors.ts'

export interface ArgType {
  readonly code: Code
  /** 0 for a scalar, else the number of dimensions between the brackets. */
  readonly rank: number
  /** `[::1]` and `[:,::1]` promise C order, `[::1,:]` Fortran order, `[:]` nothing. */
  readonly contiguous: 'C' | 'F' | null
}

export interface Signature {
  readonly inputs: readonly ArgType[]
  /** Null where the results are inferred from the kernel; empty for `void`. */
  readonly outputs: readonly ArgType[] | null
}

/** As many as a ufunc of NumPy may have. */
const maxOperands = 64

/** Names from elsewhere, and what they are called here. */
const meant: Readonly<Record<string, readonly Code[]>> = {
  float: ['f8', 'f4'],
  number: ['f8'],
  f: ['f4'],
  d: ['f8'],
  f32: ['f4'],
  f64: ['f8'],
  float4: ['f4'],
  float8: ['f8'],
  single: ['f4'],
  int: ['i4', 'i8'],
  uint: ['u4', 'u8'],
  integer: ['i4', 'i8'],
  intc: ['i4'],
  uintc: ['u4'],
  i16: ['i2'],
  i32: ['i4'],
  i64: ['i8'],
  u16: ['u2'],
  u32: ['u4'],
  u64: ['u8'],
  byte: ['u1', 'i1'],
  char: ['i1'],
  uchar: ['u1'],
  short: ['i2'],
  ushort: ['u2'],
  long: ['i8', 'i4'],
  ulong: ['u8', 'u4'],
  longlong: ['i8'],
  ulonglong: ['u8'],
  bigint: ['i8', 'u8'],
  intp: ['i8', 'i4'],
  uintp: ['u8', 'u4'],
  size_t: ['u8'],
  bool_: ['b1'],
  bool8: ['b1'],
  boolean: ['b1'],
  uint8clamped: ['u1'],
}

const meantBy = (name: string) => (Object.hasOwn(meant, name) ? meant[name] : undefined)

const planned = new Set([
  'f2',
  'f16',
  'float16',
  'half',
  'c8',
  'c16',
  'complex64',
  'complex128',
  'e',
  'F',
  'D',
])

const named = (code: Code) => `'${code}' (${dtypes[code].name})`

function adviceOn(name: string): string {
  if (planned.has(name)) return 'half-precision and complex numbers are planned, not there yet'
  const small = name.toLowerCase()
  const own = codeOf(small)
  const known = meantBy(name) ?? (own ? [own] : (meantBy(small) ?? closest(name)))
  return known.length > 0
    ? `did you mean ${known.map(named).join(' or ')}?`
    : `the types are ${Object.keys(dtypes).join(' ')} and their long names (${dtypes.f8.name}, ${dtypes.i4.name} …)`
}

/** The dtypes whose short or long name is one edit away. */
function closest(name: string): Code[] {
  return Object.values(dtypes)
    .filter((row) => oneEdit(name, row.name) || (name.length === 2 && row.code[0] === name[0]))
    .map((row) => row.code)
}

function oneEdit(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false
  let head = 0
  while (head < a.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < Math.min(a.length, b.length) - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++
  return Math.max(a.length, b.length) - head - tail <= 1
}

/**
 * Reads a type string.
 * @throws SignatureError with the text and the position (from 0) of the character that is wrong
 */
export function parseSignature(text: string): Signature {
  if (typeof text !== 'string') {
    throw new SignatureError(`a signature is a string such as 'f8(f8,f8)', but got ${typeof text}`, {
      text: String(text),
      position: 0,
    })
  }
  const arrow = text.indexOf('->')
  return arrow < 0 ? parseNames(text) : parseChars(text, arrow)
}

function fail(text: string, position: number, what: string): never {
  const line = text.replace(/\s/g, ' ')
  throw new SignatureError(
    `${what} at position ${position} in "${line}"\n    ${line}\n    ${' '.repeat(position)}^`,
    { text, position },
  )
}

/** `dd->d`: one character a type. */
function parseChars(text: string, arrow: number): Signature {
  const read = (from: number, to: number): ArgType[] => {
    const types: ArgType[] = []
    for (let at = from; at < to; at++) {
      const char = text[at] ?? ''
      if (/\s/.test(char)) continue
      if (char === '(')
        fail(
          text,
          at,
          `unexpected '(': '->' joins type characters (dd->d), or belongs to a guvectorize layout`,
        )
      const code = codeOfChar(char)
      if (code === undefined) fail(text, at, `unknown type character '${char}' (${adviceOnChar(char)})`)
      types.push({ code, rank: 0, contiguous: null })
    }
    if (types.length === 0) fail(text, to, 'expected a type character')
    if (types.length > maxOperands) fail(text, from, `more than ${maxOperands} operands`)
    return types
  }
  return { inputs: read(0, arrow), outputs: read(arrow + 2, text.length) }
}

const adviceOnChar = (char: string) =>
  planned.has(char)
    ? adviceOn(char)
    : `the characters are ${Object.values(dtypes)
        .map((row) => row.char)
        .join(' ')}`

/** `result(argument, …)`, the result left out or a tuple. */
function parseNames(text: string): Signature {
  let at = 0
  const skip = () => {
    while (/\s/.test(text[at] ?? '')) at++
  }
  const sees = (char: string): boolean => {
    skip()
    return text[at] === char
  }
  const takes = (char: string): boolean => {
    const there = sees(char)
    if (there) at++
    return there
  }
  const found = () => (at < text.length ? `found '${text[at]}'` : 'the text ended')
  const expect = (char: string, why: string) => {
    if (!takes(char)) fail(text, at, `expected '${char}' ${why}, but ${found()}`)
  }
  const word = (what: string): { name: string; start: number } => {
    skip()
    const start = at
    while (/[\w?]/.test(text[at] ?? '')) at++
    if (at === start) fail(text, at, `expected ${what}, but ${found()}`)
    return { name: text.slice(start, at), start }
  }

  const brackets = (): Pick<ArgType, 'rank' | 'contiguous'> => {
    if (!takes('[')) return { rank: 0, contiguous: null }
    const dense: boolean[] = []
    const places: number[] = []
    do {
      skip()
      places.push(at)
      expect(':', 'for a dimension')
      const stepped = takes(':')
      if (stepped) expect('1', "after '::' (only '::1', contiguous, has a meaning)")
      dense.push(stepped)
    } while (takes(','))
    expect(']', 'to close the dimensions')
    const rank = dense.length
    const misplaced = dense.findIndex((d, i) => d && i !== 0 && i !== rank - 1)
    const second = dense.indexOf(true, dense.indexOf(true) + 1)
    const wrong = misplaced >= 0 ? misplaced : dense.includes(true) ? second : -1
    if (wrong >= 0)
      fail(
        text,
        places[wrong] ?? at,
        "'::1' stands once, on the last dimension (C order) or the first (Fortran)",
      )
    return { rank, contiguous: dense.at(-1) ? 'C' : dense[0] ? 'F' : null }
  }
  const typeNamed = (name: string, start: number): ArgType => {
    const code = codeOf(name)
    if (code === undefined) fail(text, start, `unknown type '${name}' (${adviceOn(name)})`)
    return { code, ...brackets() }
  }
  const type = (): ArgType => {
    const { name, start } = word('a type')
    return typeNamed(name, start)
  }
  const list = (what: string): ArgType[] => {
    expect('(', `to open ${what}`)
    const types: ArgType[] = []
    do {
      if (types.length === maxOperands) fail(text, at, `more than ${maxOperands} operands`)
      types.push(type())
    } while (takes(','))
    expect(')', `or ',' in ${what}`)
    return types
  }
  const uniTuple = (): ArgType[] => {
    expect('(', 'to open the tuple')
    const of = type()
    expect(',', 'and a count, as in UniTuple(f8,2)')
    const { name, start } = word('a count')
    const count = /^\d+$/.test(name) ? Number(name) : 0
    if (count < 1 || count > maxOperands) fail(text, start, `expected a count from 1 to ${maxOperands}`)
    expect(')', 'to close the tuple')
    return Array.from({ length: count }, () => of)
  }
  const results = (): ArgType[] | null => {
    if (sees('(')) return null
    const { name, start } = word("a result type or '('")
    switch (name) {
      case 'void':
      case 'none':
        return []
      case 'Tuple':
        return list('the tuple')
      case 'UniTuple':
        return uniTuple()
      default:
        return [typeNamed(name, start)]
    }
  }

  const outputs = results()
  const inputs = list('the argument types')
  skip()
  if (at < text.length) fail(text, at, `unexpected '${text[at]}' after the signature`)
  return { inputs, outputs }
}

/** `f8`, `f8[:,:]`, `f8[:,::1]`. */
export function formatType(type: ArgType): string {
  if (type.rank === 0) return type.code
  const axes = Array.from({ length: type.rank }, () => ':')
  if (type.contiguous) axes[type.contiguous === 'C' ? type.rank - 1 : 0] = '::1'
  return `${type.code}[${axes.join(',')}]`
}

const formatAll = (types: readonly ArgType[]) => types.map(formatType).join(',')

/** The canonical text: `parseSignature(formatSignature(s))` is `s`. */
export function formatSignature({ inputs, outputs }: Signature): string {
  const args = `(${formatAll(inputs)})`
  if (outputs === null) return args
  const first = outputs[0]
  if (first === undefined) return `void${args}`
  if (outputs.length === 1) return formatType(first) + args
  const uniform = outputs.every((t) => formatType(t) === formatType(first))
  return uniform
    ? `UniTuple(${formatType(first)},${outputs.length})${args}`
    : `Tuple(${formatAll(outputs)})${args}`
}

/** The signature of scalars of these dtypes. */
export const scalarSignature = (inputs: readonly Code[], outputs: readonly Code[] | null): Signature => {
  const types = (list: readonly Code[]) => list.map((code): ArgType => ({ code, rank: 0, contiguous: null }))
  return { inputs: types(inputs), outputs: outputs && types(outputs) }
}
