/**
 * The layout grammar against NumPy's own table (test_signature* of its test suite), and what we have beyond it. What else NumPy's
 * suite and sources say about gufuncs is tested in
 * - numpy.test.ts: 900 layouts and 1400 calls that the real NumPy made, right ones and wrong ones, with the words and positions of
 *   its errors: `out`, `axes`, `axis`, `keepdims`, `order`, `casting`, `dtype`, `signature`
 * - calls.test.ts: the table of `axes` of vecdot, (3,3,3) with (3,1,3); the words for sizes that differ and dimensions that are missing
 * - sizes.test.ts: frozen, optional, stretching and computed sizes; matmul of vectors, matrices and stacks
 * - written.test.ts: outputs that share memory; more.test.ts: `where`, `reduce`, and the methods that gufuncs do not have
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { SignatureError } from '../../src/errors.ts'
import { type Counts, type Layout, parseLayout } from '../../src/guvectorize/layout.ts'
import { computeSize } from '../../src/guvectorize/size.ts'
import { thrown } from '../thrown.ts'

/** What NumPy's `test_signature` gives: dimensions an operand, their numbers, flags (I inferred, Q may be ignored), sizes. */
function facts({ dims, inputs, outputs }: Layout) {
  const operands = [...inputs, ...outputs]
  return {
    counts: operands.map((core) => core.length),
    ixs: operands.flat().map(({ dim }) => dim),
    flags: dims.map(
      ({ size, optional }) => (size.kind === 'inferred' ? 'I' : '') + (optional ? 'Q' : '') || '0',
    ),
    sizes: dims.map(({ size }) => (size.kind === 'frozen' ? size.size : -1)),
  }
}

const counts = (nin: number, nout: number): Counts => ({ nin, nout })

const numpy: readonly [Counts, string, ReturnType<typeof facts>][] = [
  [counts(2, 1), '(i),(i)->()', { counts: [1, 1, 0], ixs: [0, 0], flags: ['I'], sizes: [-1] }],
  [counts(2, 1), '(),()->()', { counts: [0, 0, 0], ixs: [], flags: [], sizes: [] }],
  [
    counts(2, 1),
    '(i1,i2),(J_1)->(_kAB)',
    { counts: [2, 1, 1], ixs: [0, 1, 2, 3], flags: ['I', 'I', 'I', 'I'], sizes: [-1, -1, -1, -1] },
  ],
  [
    counts(2, 1),
    '(i1, i12),   (J_1)->(i12, i2)',
    { counts: [2, 1, 2], ixs: [0, 1, 2, 1, 3], flags: ['I', 'I', 'I', 'I'], sizes: [-1, -1, -1, -1] },
  ],
  [
    counts(2, 1),
    '(n,k),(k,m)->(n,m)',
    { counts: [2, 2, 2], ixs: [0, 1, 1, 2, 0, 2], flags: ['I', 'I', 'I'], sizes: [-1, -1, -1] },
  ],
  [
    counts(2, 1),
    '(n?,k),(k,m?)->(n?,m?)',
    { counts: [2, 2, 2], ixs: [0, 1, 1, 2, 0, 2], flags: ['IQ', 'I', 'IQ'], sizes: [-1, -1, -1] },
  ],
  [counts(1, 1), '(3)->()', { counts: [1, 0], ixs: [0], flags: ['0'], sizes: [3] }],
  [counts(1, 1), '(  3)  -> ( )', { counts: [1, 0], ixs: [0], flags: ['0'], sizes: [3] }],
  [
    counts(3, 1),
    '(3),(03,3),(n)->(9)',
    { counts: [1, 2, 1, 1], ixs: [0, 0, 0, 1, 2], flags: ['0', 'I', '0'], sizes: [3, -1, 9] },
  ],
  [
    counts(3, 1),
    '(3?),(3?,3?),(n)->(9)',
    { counts: [1, 2, 1, 1], ixs: [0, 0, 0, 1, 2], flags: ['Q', 'I', '0'], sizes: [3, -1, 9] },
  ],
  [
    counts(3, 1),
    '(  3? ) , (3? ,  3?) ,(n)-> (9)',
    { counts: [1, 2, 1, 1], ixs: [0, 0, 0, 1, 2], flags: ['Q', 'I', '0'], sizes: [3, -1, 9] },
  ],
]

for (const [want, text, expected] of numpy) {
  test(`${text} is read as NumPy reads it`, () => {
    assert.equal(facts(parseLayout(text, want)), expected)
    assert.equal(facts(parseLayout(text)), expected)
  })
}

const refused: readonly [Counts | undefined, string, string, number][] = [
  [counts(2, 1), '((i)),(i)->()', 'expect dimension name or non-zero frozen size', 1],
  [counts(2, 1), '(i),)i(->()', "expect '('", 4],
  [counts(2, 1), '(i),->()', "expect '('", 4],
  [counts(2, 2), '(i),(i)->()', "expect ','", 11],
  [undefined, '(n),(n?)->()', '? cannot be used, name already seen without ?', 5],
  [undefined, '(i?),(i)->()', '? must be used, name already seen with ?', 6],
  [undefined, '(0)->()', 'expect dimension name or non-zero frozen size', 1],
  [undefined, '(i,)->()', "',' must not be followed by ')'", 3],
  [undefined, '(n+1)->()', "expect ',' or ')'", 2],
  [undefined, '(n', "expect ',' or ')'", 2],
  [undefined, '(', 'unexpected end of signature string', 1],
  [undefined, '', "expect '('", 0],
  [undefined, '(n) (n)', "expect '->'", 4],
  [undefined, '(n)->(n) n', "expect '('", 9],
  [undefined, '(n|2)->()', "expect '1' after '|'", 3],
  [undefined, '(n)->(n|1)', "'|1' belongs to inputs", 7],
  [undefined, '(n)->(m+1)', "the size expression uses 'm', which no input has", 6],
  [undefined, '(n)->(n+)', 'expect a name or a number in the size expression', 8],
  [undefined, '(n)->((n+1)', "expect ',' or ')'", 11],
  [counts(1, 1), '(n),(n)->()', "expect '->'", 3],
  [counts(3, 1), '(n),(n)->()', "expect ','", 7],
]

for (const [want, text, message, position] of refused) {
  test(`"${text}" is refused: ${message}`, () => {
    const error = thrown(() => parseLayout(text, want))
    assert.ok(error instanceof SignatureError)
    assert.is(error.message, `${message} at position ${position} in "${text}"`)
    assert.is(error.position, position)
    assert.is(error.text, text)
  })
}

test('no outputs, with an arrow and without', () => {
  for (const text of ['(n),(n)', '(n),(n)->', '(n),(n) -> ']) {
    const { inputs, outputs } = parseLayout(text)
    assert.is(inputs.length, 2)
    assert.is(outputs.length, 0)
  }
})

test('inputs that stretch', () => {
  const { inputs, outputs, dims } = parseLayout('(n|1),( n | 1 ),(3|1)->(n)')
  assert.equal(inputs, [
    [{ dim: 0, stretches: true }],
    [{ dim: 0, stretches: true }],
    [{ dim: 1, stretches: true }],
  ])
  assert.equal(outputs, [[{ dim: 0, stretches: false }]])
  assert.is(dims.length, 2)
})

const expressions: readonly [string, readonly number[], number][] = [
  ['(m),(n)->(m+n-1)', [5, 3], 7],
  ['(n)->(2*n)', [4], 8],
  ['(n,d)->(n*(n-1)/2)', [5, 3], 10],
  ['(n,d)->(n*(n-1)//2)', [6, 3], 15],
  ['(n)->((n+1)/2)', [4], 2],
  ['(m,n)->(min(m,n))', [4, 9], 4],
  ['(m,n)->(max(m, n, 7) - 2)', [4, 6], 5],
  ['(n)->( 2 * n + 1 )', [4], 9],
  ['(a),(b),(c)->(a-b-c)', [9, 3, 2], 4],
]

for (const [text, sizes, want] of expressions) {
  test(`${text} of ${sizes} is ${want}`, () => {
    const size = parseLayout(text).dims.at(-1)?.size
    assert.ok(size?.kind === 'computed')
    assert.is(computeSize(size.size, sizes), want)
  })
}

test('two outputs with one computed size share it', () => {
  const { dims, outputs } = parseLayout('(n)->(n+1),(n + 1)')
  assert.equal(
    outputs.map(([d]) => d?.dim),
    [1, 1],
  )
  assert.is(dims[1]?.name, 'n+1')
})

test.run()
