/** Random calls of ready-made functions and of their methods, compared with what the real NumPy did. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ready } from '../../src/index.ts'
import { folds } from '../fixtures/folds.ts'
import { methods, type OperandSpec, type RecordedCall, recorded } from '../fixtures/ufuncs.ts'
import { replay } from './replay.ts'

await ready()

const calls: readonly RecordedCall[] = [...recorded.calls, ...methods.calls]

const names = ['call', 'outer', 'at', 'resolveDtypes', 'reduce', 'accumulate', 'reduceat'] as const
for (const method of names) {
  for (const place of ['plain', 'resident'] as const) {
    if (method === 'resolveDtypes' && place === 'resident') continue
    test(`${method} on ${place} arrays does what NumPy does`, () => {
      const own = calls.filter((call) => call.method === method)
      assert.ok(own.length >= 200)
      for (const call of own) replay(call, place)
    })
  }
}

/** What a call is an example of, besides its keywords: each of these names a pair with its method. */
function* forms({ method, index, inputs, outs, keywords = {} }: RecordedCall): Generator<string> {
  const { axis, initial, out } = keywords
  if (outs) yield 'outputs by position'
  if (outs?.includes(null)) yield 'some outputs by position'
  if (Array.isArray(out) && typeof out[0] !== 'string') {
    yield 'a tuple as out'
    if (out.includes(null)) yield 'a tuple as out with null in it'
  }
  if (axis !== undefined)
    yield axis === null
      ? 'axis null'
      : typeof axis === 'number'
        ? 'axis a number'
        : axis.length > 0
          ? 'axis a list'
          : 'axis []'
  if (initial === null) yield 'initial null'
  if (method === 'at') {
    yield inputs.length > 1 ? (typeof inputs[1] === 'number' ? 'a number' : 'an array') : 'no second operand'
    const entries = index !== undefined && 'length' in index ? index : index ? [index] : []
    for (const entry of entries) yield `index: ${Object.keys(entry)[0]}`
  }
  if (method === 'reduceat' && index) yield 'list' in index ? 'a list of indices' : 'an array of indices'
}

/** How an operand lies in memory. */
function* layouts([, shape, stride]: OperandSpec): Generator<string> {
  if (shape.length === 0) yield '0-d'
  else if (shape.includes(0)) yield 'no elements'
  if (stride.some((step, axis) => step < 0 && (shape[axis] ?? 1) > 1)) yield 'backwards'
  if (stride.some((step, axis) => step === 0 && (shape[axis] ?? 1) > 1)) yield 'repeated'
  const [first = 0, last = 0] = [stride[0], stride.at(-1)].map((step) => Math.abs(step ?? 0))
  if (shape.length > 1) yield first > last ? 'C' : 'F'
  if (last > 1) yield 'with gaps'
}

const tally = (found: Iterable<string>): Map<string, number> => {
  const seen = new Map<string, number>()
  for (const one of found) seen.set(one, (seen.get(one) ?? 0) + 1)
  return seen
}

test('every keyword and form was called at least 20 times on each method, on every dtype and layout', () => {
  const pairs = tally(
    calls.flatMap((call) =>
      [...Object.keys(call.keywords ?? {}), ...forms(call)].map((what) => `${call.method}: ${what}`),
    ),
  )
  const ofCalls = ['out', 'where', 'casting', 'order', 'dtype', 'signature']
  const ofFolds = ['axis a number', 'dtype', 'out']
  const wanted = {
    call: [
      ...ofCalls,
      'outputs by position',
      'some outputs by position',
      'a tuple as out',
      'a tuple as out with null in it',
    ],
    outer: ofCalls,
    at: ['integer', 'slice', 'mask', 'list', 'array']
      .map((kind) => `index: ${kind}`)
      .concat(['a number', 'an array', 'no second operand']),
    resolveDtypes: ['casting', 'signature'],
    reduce: [
      ...ofFolds,
      'axis a list',
      'axis null',
      'axis []',
      'keepdims',
      'initial',
      'initial null',
      'where',
    ],
    accumulate: ofFolds,
    reduceat: [...ofFolds, 'a list of indices', 'an array of indices'],
  }
  for (const [method, list] of Object.entries(wanted))
    for (const what of list) {
      const count = pairs.get(`${method}: ${what}`) ?? 0
      assert.ok(count >= 20, `${method}: ${what}: ${count}`)
    }
  for (const method of ['call', 'outer', 'at', 'reduce', 'accumulate', 'reduceat'] as const) {
    const specs = calls
      .filter((call) => call.method === method)
      .flatMap(({ inputs }) => inputs.filter((spec) => typeof spec !== 'number'))
    const codes = tally(specs.map(([code]) => code))
    const kinds = tally(specs.flatMap((spec) => [...layouts(spec)]))
    for (const code of ['b1', 'i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f4', 'f8'])
      assert.ok((codes.get(code) ?? 0) >= 20, `${method} of ${code}: ${codes.get(code)}`)
    const never =
      method === 'at'
        ? ['repeated', '0-d', 'no elements']
        : method === 'accumulate' || method === 'reduceat'
          ? ['0-d']
          : []
    for (const kind of ['C', 'F', 'backwards', 'repeated', 'with gaps', '0-d', 'no elements'])
      if (!never.includes(kind))
        assert.ok((kinds.get(kind) ?? 0) >= 20, `${method}, ${kind}: ${kinds.get(kind)}`)
  }
  assert.ok(calls.length >= 4000)
  assert.is(folds.reduce.length, 900)
})

test.run()
