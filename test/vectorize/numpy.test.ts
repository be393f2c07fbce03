/** Random calls of ready-made functions, compared with what the real NumPy did: results, memory order, and errors. */
import { test } from 'uvu'
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
import { ready, resident } from '../../src/index.ts'
import * as ufuncs from '../../src/ufuncs.ts'
import { elementAt, indices } from '../broadcast/arbitrary.ts'
import {
  type ErrorName,
  elements,
  type IndexSpec,
  type OperandSpec,
  type RecordedCall,
  recorded,
  unpacked,
} from '../fixtures/ufuncs.ts'

await ready()

// biome-ignore lint/suspicious/noExplicitAny: arguments of every kind are the subject here
type Loose = (...args: any[]) => any
type Ufunc = Loose & Record<'outer' | 'at' | 'resolveDtypes', Loose>
const functions = ufuncs as unknown as Readonly<Record<string, Ufunc>>

const classes: Readonly<Record<ErrorName, readonly (abstract new (...args: never[]) => object)[]>> = {
  casting: [CastingError],
  index: [BoundsError, AxisError, BroadcastError, OptionError],
  output: [OutputError],
  // An output of another shape is an OutputError here, whichever way it does not fit.
  broadcast: [BroadcastError, OutputError],
  'no-loop': [NoLoopError],
}

type Place = 'plain' | 'resident'

function operandOf(spec: OperandSpec | number, place: Place): View | number {
  if (typeof spec === 'number') return spec
  const [code, shape, stride, offset, length, seed] = spec
  const made = elements(code, seed, length)
  const data = place === 'plain' ? made : (resident(made).data as TypedArray)
  return { data, shape, stride, offset, ...(code === 'b1' ? { dtype: 'bool' } : {}) }
}

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

const same = (a: unknown, b: unknown): boolean => Object.is(a, b)

function checkElements(got: readonly unknown[], want: TypedArray, story: string): void {
  const wanted = [...want] as unknown[]
  if (got.length !== wanted.length || !got.every((value, i) => same(value, wanted[i])))
    assert.unreachable(`${story}\n  got  ${got.join(' ')}\n  want ${wanted.join(' ')}`)
}

const codeOfResult = (code: Code): Code => (code === 'b1' ? 'u1' : code)

function replay(call: RecordedCall, place: Place): void {
  const story = `${place} ${JSON.stringify({ ...call, out: undefined, result: undefined })}`
  const f = functions[call.ufunc]
  if (!f) throw new Error(`there is no ufunc ${call.ufunc}`)
  const { where, out, ...rest } = call.keywords ?? {}
  const output = out && (operandOf(out, place) as View)
  const keywords = {
    ...rest,
    ...(where ? { where: operandOf(where, place) } : {}),
    ...(output ? { out: output } : {}),
  }
  const operands = call.inputs?.map((spec) => operandOf(spec, place)) ?? []
  const before = operands.map((operand) => (typeof operand === 'number' ? [] : [...operand.data]))
  const run = (): unknown => {
    switch (call.method) {
      case 'call':
        return f(...operands, keywords)
      case 'outer':
        return f.outer(...operands, keywords)
      case 'at': {
        const { index } = call
        const [x, ...others] = operands
        if (index === undefined) throw new Error('no index')
        return f.at(x, 'length' in index ? index.map(indexOf) : indexOf(index), ...others)
      }
      case 'resolveDtypes':
        return f.resolveDtypes(call.dtypes, call.keywords)
    }
  }
  if (call.error) {
    let raised: unknown
    try {
      run()
    } catch (error) {
      raised = error
    }
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
  if (call.method === 'resolveDtypes') {
    assert.equal(got, call.result, story)
    return
  }
  const [x] = operands
  const changed = call.method === 'at' ? x : output
  if (call.out !== undefined && typeof changed === 'object') {
    if (output) assert.is(got, output)
    checkElements([...changed.data], unpacked(call.out, codeOfArray(changed.data) ?? 'f8'), story)
    return
  }
  const { result } = call
  if (!result || !('dtype' in result)) throw new Error('nothing was recorded')
  const made = got as View
  assert.is(codeOfArray(made.data), codeOfResult(result.dtype), story)
  assert.equal(made.shape, result.shape, story)
  checkElements(inOrder(made), unpacked(result.out, result.dtype), story)
  const { stride } = result
  if (!stride || made.shape.includes(0)) return
  made.shape.forEach((size, axis) => {
    if (size > 1) assert.is(made.stride[axis], stride[axis], `${story}: stride ${made.stride}, not ${stride}`)
  })
}

for (const method of ['call', 'outer', 'at', 'resolveDtypes'] as const) {
  for (const place of ['plain', 'resident'] as const) {
    if (method === 'resolveDtypes' && place === 'resident') continue
    test(`${method} on ${place} arrays does what NumPy does`, () => {
      const calls = recorded.calls.filter((call) => call.method === method)
      assert.ok(calls.length >= 200)
      for (const call of calls) replay(call, place)
    })
  }
}

test('every keyword was called often enough', () => {
  const seen = new Map<string, number>()
  for (const { method, keywords = {} } of recorded.calls)
    for (const name of Object.keys(keywords)) {
      const key = `${method} ${name}`
      seen.set(key, (seen.get(key) ?? 0) + 1)
    }
  for (const [pair, count] of seen) assert.ok(count >= 20, `${pair}: ${count}`)
  assert.ok(seen.size >= 14)
  assert.ok(recorded.calls.length >= 2000)
})

test.run()
