/** Replays a call that the real NumPy made, and compares results, memory order, and errors. */
import * as assert from 'uvu/assert'
import type { View } from '../../src/broadcast/view.ts'
import { type Code, codeOfArray, dtypes, type TypedArray } from '../../src/dtype.ts'
import {
  AxisError,
  BoundsError,
  BroadcastError,
  CastingError,
  NoLoopError,
  OptionError,
  OutputError,
} from '../../src/errors.ts'
import { resident, vectorize } from '../../src/index.ts'
import * as ufuncs from '../../src/ufuncs.ts'
import { elementAt, indices } from '../broadcast/arbitrary.ts'
import {
  type ErrorName,
  elements,
  type IndexSpec,
  type KeywordSpec,
  type Method,
  type OperandSpec,
  type RecordedCall,
  type RecordedResult,
  unpacked,
} from '../fixtures/ufuncs.ts'

// biome-ignore lint/suspicious/noExplicitAny: arguments of every kind are the subject here
type Loose = (...args: any[]) => any
type Ufunc = Loose & Record<Exclude<Method, 'call'>, Loose>

const { floor_divide, remainder } = ufuncs
const codes = ['i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f4', 'f8'] as const
/** Functions with two results, which are no part of lanewise/ufuncs. */
const several = {
  divmod: vectorize(
    codes.map((code) => `UniTuple(${code},2)(${code},${code})`),
    ({ floor_divide, remainder }) =>
      (x: number, y: number) => [floor_divide(x, y), remainder(x, y)],
    { name: 'divmod', env: { floor_divide, remainder } },
  ),
  modf: vectorize(['UniTuple(f4,2)(f4)', 'UniTuple(f8,2)(f8)'], (x) => [x % 1, Math.trunc(x)], {
    name: 'modf',
  }),
}
const functions = { ...ufuncs, ...several } as unknown as Readonly<Record<string, Ufunc>>

const classes: Readonly<Record<ErrorName, readonly (abstract new (...args: never[]) => object)[]>> = {
  axis: [AxisError],
  casting: [CastingError],
  index: [BoundsError, AxisError, BroadcastError, OptionError],
  output: [OutputError],
  // An output of another shape is an OutputError here, whichever way it does not fit.
  broadcast: [BroadcastError, OutputError],
  'no-loop': [NoLoopError],
}

export type Place = 'plain' | 'resident'

function viewOf([code, shape, stride, offset, length, seed]: OperandSpec, place: Place): View {
  const made = elements(code, seed, length)
  const data = place === 'plain' ? made : (resident(made).data as TypedArray)
  return { data, shape, stride, offset, ...(code === 'b1' ? { dtype: 'bool' } : {}) }
}

const operandOf = (spec: OperandSpec | number, place: Place): View | number =>
  typeof spec === 'number' ? spec : viewOf(spec, place)

function indexOf(spec: IndexSpec): unknown {
  if ('integer' in spec) return spec.integer
  if ('slice' in spec) {
    const [start, stop, step] = spec.slice.map((part) => part ?? undefined)
    return { start, stop, step }
  }
  if ('mask' in spec) return spec.mask.length > 0 ? spec.mask : new Uint8Array(0)
  if ('list' in spec) return spec.list
  const { array, big } = dtypes[spec.dtype]
  const data = new array(spec.array.length)
  spec.array.forEach((value, i) => {
    data[i] = big ? BigInt(value) : value
  })
  return data
}

/** The elements of a view in C order. */
const inOrder = ({ data, shape, stride, offset = 0 }: View): (number | bigint)[] =>
  [...indices(shape)].map((index) => data[elementAt({ shape, stride, offset }, index)] as number | bigint)

function checkElements(got: readonly unknown[], want: TypedArray, story: string): void {
  const wanted = [...want] as unknown[]
  if (got.length !== wanted.length || !got.every((value, i) => Object.is(value, wanted[i])))
    assert.unreachable(`${story}\n  got  ${got.join(' ')}\n  want ${wanted.join(' ')}`)
}

const codeOfResult = (code: Code): Code => (code === 'b1' ? 'u1' : code)

/** The whole data of an array that was written to. */
const checkWritten = ({ data }: View, want: RecordedResult, story: string): void =>
  checkElements([...data], unpacked(want.out, codeOfArray(data) ?? 'f8'), story)

function checkMade(got: unknown, want: RecordedResult, story: string): void {
  const { dtype, shape, stride, out } = want
  if (dtype === undefined) throw new Error('nothing was recorded')
  const values = unpacked(out, dtype)
  if (typeof got !== 'object') {
    const kind = dtype === 'b1' ? 'boolean' : dtypes[dtype].big ? 'bigint' : 'number'
    assert.is(typeof got, kind, story)
    checkElements([typeof got === 'boolean' ? Number(got) : got], values, story)
    assert.equal(shape, [], story)
    return
  }
  const made = got as View
  assert.is(codeOfArray(made.data), codeOfResult(dtype), story)
  assert.equal(made.shape, shape, story)
  checkElements(inOrder(made), values, story)
  if (!stride || made.shape.includes(0)) return
  made.shape.forEach((size, axis) => {
    if (size > 1) assert.is(made.stride[axis], stride[axis], `${story}: stride ${made.stride}, not ${stride}`)
  })
}

/** One `out`, or a tuple of them. */
type Given = View | readonly (View | null)[] | undefined

const isSpec = (out: NonNullable<KeywordSpec['out']>): out is OperandSpec => typeof out[0] === 'string'

function givenOf(out: KeywordSpec['out'], place: Place): Given {
  if (out === undefined) return undefined
  return isSpec(out) ? viewOf(out, place) : out.map((one) => one && viewOf(one, place))
}

interface Arranged {
  readonly operands: readonly (View | number)[]
  readonly positional: readonly (View | null)[]
  readonly out: Given
  run(): unknown
}

function arranged(call: RecordedCall, place: Place): Arranged {
  const f = functions[call.ufunc]
  if (!f) throw new Error(`there is no ufunc ${call.ufunc}`)
  const { where, out: outSpec, ...rest } = call.keywords ?? {}
  const out = givenOf(outSpec, place)
  const mask = where && viewOf(where, place)
  const keywords = { ...rest, ...(mask ? { where: mask } : {}), ...(out ? { out } : {}) }
  const operands = call.inputs?.map((spec) => operandOf(spec, place)) ?? []
  const positional = call.outs?.map((one) => one && viewOf(one, place)) ?? []
  const { index } = call
  const list = index !== undefined && 'length' in index ? index.map(indexOf) : index && indexOf(index)
  const [x, ...others] = operands
  const runs: Readonly<Record<Method, () => unknown>> = {
    call: () => f(...operands, ...positional, keywords),
    outer: () => f.outer(...operands, keywords),
    at: () => f.at(x, list, ...others),
    resolveDtypes: () => f.resolveDtypes(call.dtypes, call.keywords),
    reduce: () => f.reduce(x, keywords),
    accumulate: () => f.accumulate(x, keywords),
    reduceat: () => f.reduceat(x, list, keywords),
  }
  return { operands, positional, out, run: runs[call.method] }
}

/** What a call raised; undefined when it did not. */
function raisedBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

/** Runs the call, and compares everything that NumPy showed of it. */
export function replay(call: RecordedCall, place: Place): void {
  const facts = { ...call, out: undefined, result: undefined, results: undefined }
  const story = `${place} ${JSON.stringify(facts)}`
  const { operands, positional, out, run } = arranged(call, place)
  if (call.error) {
    const before = operands.map((operand) => (typeof operand === 'number' ? [] : [...operand.data]))
    const raised = raisedBy(run)
    if (!classes[call.error].some((known) => raised instanceof known))
      assert.unreachable(`${story}: ${call.error} expected, but got ${raised}`)
    operands.forEach((operand, k) => {
      if (typeof operand !== 'number') assert.equal([...operand.data], before[k], story)
    })
    return
  }
  let got: unknown
  try {
    got = run()
  } catch (error) {
    throw new Error(`${story}: ${error}`)
  }
  const { result, results } = call
  if (call.method === 'resolveDtypes') {
    assert.equal(got, result, story)
  } else if (results) {
    const given = positional.length > 0 ? positional : Array.isArray(out) ? out : []
    const list = results.length > 1 ? (got as unknown[]) : [got]
    assert.is(list.length, results.length, story)
    results.forEach((want, k) => {
      const own: View | null | undefined = given[k]
      if (own) assert.is(list[k], own, story)
      if (own) checkWritten(own, want, story)
      else checkMade(list[k], want, story)
    })
  } else if (call.out !== undefined) {
    const changed = (call.method === 'at' ? operands[0] : out) as View
    if (call.method !== 'at') assert.is(got, changed, story)
    checkWritten(changed, { out: call.out }, story)
  } else checkMade(got, result as RecordedResult, story)
}
