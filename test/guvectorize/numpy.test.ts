/** Layouts and calls as the real NumPy has them, over random loop shapes, strides, axes and mistakes: what comes out, and its words. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  AxisError,
  BroadcastError,
  CastingError,
  CoreDimensionError,
  NoLoopError,
  OptionError,
  OutputError,
  SignatureError,
} from '../../src/errors.ts'
import { parseLayout } from '../../src/guvectorize/layout.ts'
import { guvectorize, ready, toArray } from '../../src/index.ts'
import { type RecordedCall, recorded } from '../fixtures/gufuncs.ts'
import { elements, type OperandSpec, unpacked } from '../fixtures/ufuncs.ts'
import { thrown } from '../thrown.ts'

// biome-ignore lint/suspicious/noExplicitAny: arguments and results of every kind are the subject here
type Any = any

await ready()

test('layouts: dimensions, numbers, flags and sizes', () => {
  const right = recorded.layouts.filter(({ error }) => error === undefined)
  assert.ok(right.length > 150)
  for (const { nin, nout, text, counts, ixs, flags, sizes } of right) {
    const { dims, inputs, outputs } = parseLayout(text, { nin, nout })
    const operands = [...inputs, ...outputs]
    assert.equal(
      {
        counts: operands.map((core) => core.length),
        ixs: operands.flat().map(({ dim }) => dim),
        flags: dims.map(({ size, optional }) => (size.kind === 'inferred' ? 2 : 0) + (optional ? 4 : 0)),
        sizes: dims.map(({ size }) => (size.kind === 'frozen' ? size.size : -1)),
      },
      { counts, ixs, flags, sizes },
      text,
    )
  }
})

/** What we have beyond NumPy's grammar: size expressions of outputs. */
const isOurs = (text: string): boolean => /->.*[(,]\s*(?:[-+*/\w(]|\s)*[-+*/(]/.test(text)

test('layouts: every mistake in NumPy’s words, at its position', () => {
  const wrong = recorded.layouts.filter(({ error }) => error !== undefined)
  let compared = 0
  for (const { nin, nout, text, error } of wrong) {
    // C's strtol takes a sign, and NumPy tells the wrong position for it.
    if (isOurs(text) || /\(\s*\+\d/.test(text)) continue
    const made = thrown(() => parseLayout(text, { nin, nout }))
    assert.instance(made, SignatureError, text)
    assert.is(made.message, error, text)
    compared++
  }
  assert.ok(compared > 300, `${compared}`)
})

const product = `(a, b, out) => {
  for (let i = 0; i < a.shape[0]; i++) for (let j = 0; j < b.shape[1]; j++) {
    let s = 0
    for (let k = 0; k < b.shape[0]; k++) s += a[i][k] * b[k][j]
    out[i][j] = s
  }
}`
const dot = '(a, b, out) => { for (let i = 0; i < a.length; i++) out[0] += a[i] * b[i] }'

const ranks = (rank: string, count: number, codes: readonly string[]) =>
  codes.map((code) => `void(${Array.from({ length: count }, () => `${code}[${rank}]`).join()})`)

const functions: Readonly<Record<string, () => Any>> = {
  inner1d: () => guvectorize(ranks(':', 3, ['i8', 'f8']), '(i),(i)->()', dot, { name: 'inner1d' }),
  innerwt: () =>
    guvectorize(
      ranks(':', 4, ['i8', 'f8']),
      '(i),(i),(i)->()',
      '(a, b, w, out) => { for (let i = 0; i < a.length; i++) out[0] += a[i] * b[i] * w[i] }',
      { name: 'innerwt' },
    ),
  matrix_multiply: () =>
    guvectorize(ranks(':,:', 3, ['i8', 'f4', 'f8']), '(m,n),(n,p)->(m,p)', product, {
      name: 'matrix_multiply',
    }),
  matmul: () =>
    guvectorize(ranks(':,:', 3, ['i8', 'f4', 'f8']), '(m?,n),(n,p?)->(m?,p?)', product, { name: 'matmul' }),
  cross1d: () =>
    guvectorize(
      ranks(':', 3, ['i8', 'f8']),
      '(3),(3)->(3)',
      '(a, b, out) => { for (let i = 0; i < 3; i++) { const j = (i + 1) % 3, k = (i + 2) % 3; out[i] = a[j] * b[k] - a[k] * b[j] } }',
      { name: 'cross1d' },
    ),
  euclidean_pdist: () =>
    guvectorize(
      ['void(f4[:,:],f4[:])', 'void(f8[:,:],f8[:])'],
      '(n,d)->(p)',
      '(x, out) => { let at = 0; for (let i = 0; i < x.length; i++) for (let j = i + 1; j < x.length; j++) { let s = 0; for (let k = 0; k < x.shape[1]; k++) s += (x[i][k] - x[j][k]) * (x[i][k] - x[j][k]); out[at++] = Math.sqrt(s) } }',
      { name: 'euclidean_pdist' },
    ),
  cumsum: () =>
    guvectorize(
      ranks(':', 2, ['i8', 'f8']),
      '(i)->(i)',
      '(a, out) => { let s = a[0] * 0; for (let i = 0; i < a.length; i++) { s += a[i]; out[i] = s } }'.replace(
        'a[0] * 0',
        '0',
      ),
      { name: 'cumsum' },
    ),
  conv1d_full: () =>
    guvectorize(
      ranks(':', 3, ['f8']),
      '(m),(n)->(m+n-1)',
      '(a, b, out) => { for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) out[i + j] += a[i] * b[j] }',
      { name: 'conv1d_full' },
    ),
  outer: () =>
    guvectorize(
      'void(f8[:],f8[:],f8[:,:])',
      '(n),(m)->(n,m)',
      '(a, b, out) => { for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) out[i][j] = a[i] * b[j] }',
    ),
  turn: () =>
    guvectorize(
      'void(f8[:,:],f8[:,:])',
      '(m,n)->(n,m)',
      '(a, out) => { for (let i = 0; i < a.length; i++) for (let j = 0; j < a.shape[1]; j++) out[j][i] = a[i][j] }',
    ),
  range: () =>
    guvectorize(
      'UniTuple(f8,2)(f8[:])',
      '(n)->(),()',
      '(a) => { let low = a[0], high = a[0]; for (const x of a) { low = Math.min(low, x); high = Math.max(high, x) } return [low, high] }',
    ),
  distances: () =>
    guvectorize(
      'void(f8[:,:],f8[:,:])',
      '(n,d)->(n,n)',
      '(x, out) => { for (let i = 0; i < x.length; i++) for (let j = 0; j < x.length; j++) for (let k = 0; k < x.shape[1]; k++) out[i][j] += Math.abs(x[i][k] - x[j][k]) }',
    ),
  weighted: () =>
    guvectorize(
      'void(f8[:],f8,f8[:])',
      '(n),()->()',
      '(a, k, out) => { for (const x of a) out[0] += x * k }',
    ),
}

const made = new Map<string, Any>()
const functionOf = (name: string): Any => {
  const known = made.get(name) ?? functions[name]?.()
  made.set(name, known)
  return known
}

const viewOf = ([code, shape, stride, offset, length, seed]: OperandSpec) => ({
  data: elements(code, seed, length),
  shape,
  stride,
  offset,
  ...(code === 'b1' ? { dtype: 'bool' } : {}),
})

/** Our classes for Python's: what concerns axes and outputs has classes of its own here. */
const classes: Readonly<Record<NonNullable<RecordedCall['error']>, readonly unknown[]>> = {
  axis: [AxisError],
  value: [CoreDimensionError, BroadcastError, OutputError, OptionError, AxisError],
  type: [OptionError, NoLoopError, CastingError],
}

const texts = /core dimension \d+, with|does not have enough dimensions|out of bounds/

/** What the words are about, where ours say more, or the layout is spelled otherwise. */
const compares = ({ name, text = '' }: RecordedCall): boolean =>
  texts.test(text) &&
  !/argument/.test(text) &&
  name !== 'conv1d_full' &&
  !(name in { outer: 1, turn: 1, range: 1, distances: 1, weighted: 1 })

for (const name of Object.keys(functions)) {
  test(`${name}: random calls`, () => {
    const calls = recorded.calls.filter((call) => call.name === name)
    assert.ok(calls.length > 20)
    for (const [k, call] of calls.entries()) {
      const what = `${name} ${k}: ${JSON.stringify({ inputs: call.inputs.map((spec) => spec.slice(0, 2)), out: call.out?.slice(0, 2), keywords: call.keywords })} ${call.text ?? ''}`
      const out = call.out && viewOf(call.out)
      const run = () =>
        functionOf(name)(
          ...call.inputs.map(viewOf),
          ...(out ? [out] : []),
          ...(call.keywords ? [call.keywords] : []),
        )
      if (call.error !== undefined) {
        const error = thrown(run)
        assert.ok(
          classes[call.error].some((one) => error instanceof (one as typeof AxisError)),
          `${what}: ${error}`,
        )
        if (compares(call)) assert.is(error.message, call.text, what)
        continue
      }
      const answer = run()
      if (out && call.written) {
        assert.is(answer, out)
        assert.equal([...out.data], [...unpacked(call.written, call.out?.[0] ?? 'f8')], what)
        continue
      }
      for (const [r, want] of (call.results ?? []).entries()) {
        const got = (call.results?.length ?? 1) > 1 ? answer[r] : answer
        assert.equal(got.shape, want.shape, what)
        assert.equal(
          (toArray(got) as Any[]).flat?.(9) ?? [toArray(got)],
          [...unpacked(want.out, want.dtype)],
          what,
        )
        if (want.stride) {
          const moves = want.shape.map((size) => size > 1)
          const only = (stride: readonly number[]) => stride.filter((_, axis) => moves[axis])
          assert.equal(only(got.stride), only(want.stride), what)
        }
      }
    }
  })
}

/** What has no word of the loop search in it. */
const chooses = /Cannot cast|No loop matching|did not contain a loop|not supported/

test('calls that choose their loop: casting, dtype, signature, outputs of any dtype; keepdims, axis and axes', () => {
  const seen = new Map<string, number>()
  for (const [k, call] of recorded.keywords.entries()) {
    const { name, keywords = {}, error, text = '' } = call
    const what = `${name} ${k}: ${JSON.stringify({ inputs: call.inputs.map((spec) => spec.slice(0, 2)), out: call.out?.slice(0, 2), keywords })} ${text}`
    const out = call.out && viewOf(call.out)
    const run = () => functionOf(name)(...call.inputs.map(viewOf), ...(out ? [out] : []), keywords)
    if (error !== undefined) {
      const made = thrown(run)
      assert.ok(
        classes[error].some((one) => made instanceof (one as typeof AxisError)),
        `${what}: ${made}`,
      )
      if (/^Cannot cast/.test(text)) assert.instance(made, CastingError, what)
      if (!chooses.test(text) && compares(call)) assert.is(made.message, text, what)
      continue
    }
    for (const keyword of [...Object.keys(keywords), ...(out ? ['out'] : [])])
      seen.set(keyword, (seen.get(keyword) ?? 0) + 1)
    const answer = run()
    if (out && call.written) {
      assert.is(answer, out)
      assert.equal([...out.data], [...unpacked(call.written, call.out?.[0] ?? 'f8')], what)
      continue
    }
    const [want] = call.results ?? []
    if (!want) continue
    assert.equal(answer.shape, want.shape, what)
    assert.is(answer.data.constructor, unpacked(want.out, want.dtype).constructor, what)
    assert.equal(
      (toArray(answer) as Any[]).flat?.(9) ?? [toArray(answer)],
      [...unpacked(want.out, want.dtype)],
      what,
    )
  }
  for (const keyword of ['casting', 'dtype', 'signature', 'out', 'keepdims', 'axis', 'axes'])
    assert.ok((seen.get(keyword) ?? 0) >= 20, `${keyword}: ${seen.get(keyword)}`)
})

test('where chooses among the results of random calls: with an output, in which the others stay, and without one', () => {
  let compared = 0
  for (const [k, call] of recorded.calls.entries()) {
    const [want, ...more] = call.results ?? []
    if (!want || more.length > 0 || call.keywords) continue
    const parsed = parseLayout(functionOf(call.name).signature)
    const core = call.name === 'matmul' ? 0 : (parsed.outputs[0]?.length ?? 0)
    // Whether its operands have their optional dimensions is seen from their ranks.
    if (call.name === 'matmul' && call.inputs.some(([, shape]) => shape.length < 2)) continue
    const loop = want.shape.slice(0, want.shape.length - (call.name === 'matmul' ? 2 : core))
    const count = loop.reduce((a, b) => a * b, 1)
    const mask = {
      data: Uint8Array.from({ length: count }, (_, i) => Number((i * 7 + k) % 3 > 0)),
      shape: loop,
      stride: loop.map((_, axis) => loop.slice(axis + 1).reduce((a, b) => a * b, 1)),
      offset: 0,
    }
    const inputs = call.inputs.map(viewOf)
    const all = [...unpacked(want.out, want.dtype)]
    const size = count === 0 ? 0 : all.length / count
    const chosen = (rest: Any) => all.map((v, i) => (mask.data[Math.floor(i / size)] ? v : rest))
    const flat = (x: Any) => (toArray(x) as Any[]).flat?.(9) ?? [toArray(x)]
    const what = `${call.name} ${k} ${JSON.stringify(want.shape)}`
    const zero = want.dtype === 'i8' ? 0n : 0
    const got = functionOf(call.name)(...inputs, { where: mask })
    assert.equal(flat(got), chosen(zero), what)
    const nine = want.dtype === 'i8' ? 9n : 9
    got.data.fill(nine)
    assert.is(functionOf(call.name)(...inputs, got, { where: mask }), got)
    assert.equal(flat(got), chosen(nine), what)
    compared++
  }
  assert.ok(compared > 200, `${compared}`)
})

test.run()
