/** Bad input: a typed error with its facts, NumPy's words, and no array changed. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { View } from '../../src/broadcast/view.ts'
import {
  BoundsError,
  BroadcastError,
  CastingError,
  LanewiseError,
  MemoryError,
  NoLoopError,
  OptionError,
  OutputError,
  SignatureError,
  TargetError,
} from '../../src/errors.ts'
import {
  array,
  configure,
  empty,
  free,
  full,
  linspace,
  ones,
  resident,
  vectorize,
  zeros,
} from '../../src/index.ts'
import { f8, functions, i4, range, targets, view } from './functions.ts'

type Facts = Readonly<Record<string, unknown>>
type Raised = abstract new (...args: never[]) => object

/** Runs it, expects the error, and that none of the arrays changed. */
function fails(run: () => unknown, raised: Raised, message: RegExp, facts: Facts = {}): void {
  try {
    run()
  } catch (error) {
    if (!(error instanceof raised)) throw error
    assert.instance(error, LanewiseError)
    const { message: text } = error as Error
    assert.match(text, message)
    for (const [name, value] of Object.entries(facts)) assert.equal(Reflect.get(error, name), value, name)
    return
  }
  assert.unreachable('no error')
}

for (const target of targets) {
  const { add, divmod, both } = functions(target)
  const x = f8(1, 2, 3)
  const y = f8(10, 20, 30)
  const out = f8(7, 7, 7)
  const check = (name: string, run: () => void) =>
    test(`${target}: ${name}`, () => {
      run()
      assert.equal(
        [[...x], [...y], [...out]],
        [
          [1, 2, 3],
          [10, 20, 30],
          [7, 7, 7],
        ],
      )
    })

  check('too few and too many arguments', () => {
    fails(() => add(x), NoLoopError, /^add\(\) takes from 2 to 3 positional arguments but 1 were given$/)
    fails(
      () => add(x, y, out, x),
      NoLoopError,
      /^add\(\) takes from 2 to 3 positional arguments but 4 were given$/,
      {
        dtypes: ['f8', 'f8', 'f8', 'f8'],
        types: ['i4(i4,i4)', 'i8(i8,i8)', 'f4(f4,f4)', 'f8(f8,f8)'],
      },
    )
    fails(() => add(), NoLoopError, /but 0 were given/)
    fails(() => divmod(x, y, out, out, x, {}), NoLoopError, /takes from 2 to 4 .* but 5 were given/)
  })

  check('shapes that do not broadcast', () => {
    fails(
      () => add(x, f8(1, 2), { order: 'C' }),
      BroadcastError,
      /^operands could not be broadcast together with shapes \(3,\) \(2,\)/,
      {
        shapes: [[3], [2]],
      },
    )
    fails(() => add(range([2]), range([0])), BroadcastError, /shapes \(2,\) \(0,\)/)
    fails(() => add([[1], [2, 3]], 1), BroadcastError, /input 0.*ragged/)
  })

  check('out of the wrong shape', () => {
    fails(
      () => add(range([2, 3]), 1, out),
      OutputError,
      /^non-broadcastable output operand with shape \(3,\) doesn't match the broadcast shape \(2,3\)$/,
      { operand: 2, shape: [3], want: [2, 3] },
    )
    fails(() => add(x, y, f8(0, 0)), OutputError, /shapes \(3,\) \(3,\) \(2,\)/, {
      operand: 2,
      shape: [2],
      want: [3],
    })
    fails(() => divmod(x, y, null, f8(0)), OutputError, /shape \(1,\)/, { operand: 3 })
  })

  check('out that a result cannot be cast to', () => {
    fails(
      () => add(x, y, { out: new BigInt64Array(3) }),
      CastingError,
      /^Cannot cast ufunc 'add' output from dtype\('float64'\) to dtype\('int64'\) with casting rule 'same_kind'$/,
      { from: 'f8', to: 'i8', casting: 'same_kind', operand: 2 },
    )
    fails(
      () => divmod(x, y, out, i4(0, 0, 0)),
      CastingError,
      /output 1 from dtype\('float64'\) to dtype\('int32'\)/,
      {
        operand: 3,
      },
    )
    fails(() => add(x, y, { out: new Float32Array(3), casting: 'safe' }), CastingError, /casting rule 'safe'/)
  })

  check('inputs that may not be cast', () => {
    fails(
      () => add(new Float32Array(3), x, { casting: 'no' }),
      CastingError,
      /^Cannot cast ufunc 'add' input 0 from dtype\('float32'\) to dtype\('float64'\) with casting rule 'no'$/,
      { operand: 0 },
    )
    fails(
      () => add(x, 1, { dtype: 'i4' }),
      CastingError,
      /input 0 from dtype\('float64'\) to dtype\('int32'\)/,
    )
  })

  check('dtypes without a loop', () => {
    fails(
      () => both(new Uint16Array(3), x),
      NoLoopError,
      /^ufunc 'both' not supported for the input types, and the inputs could not be safely coerced to any supported types according to the casting rule 'safe'/,
      { dtypes: ['u2', 'f8'], types: ['b1(b1,b1)'] },
    )
    fails(
      () => add(x, y, { signature: 'dd->f' }),
      NoLoopError,
      /^No loop matching the specified signature and casting was found for ufunc add/,
    )
  })

  check('scalars that the loop cannot hold', () => {
    const facts = { from: 'number', to: 'i4', operand: 1 }
    fails(
      () => add(i4(1), 0.5),
      CastingError,
      /input 1: the number 0\.5 cannot be represented in int32.*dtype: 'f8'/,
      facts,
    )
    fails(() => add(i4(1), 2 ** 31), CastingError, /2147483648/, facts)
    fails(() => add(i4(1), Number.NaN), CastingError, /NaN/, facts)
    fails(() => add(-(2n ** 63n) - 1n, new BigInt64Array(1)), CastingError, /bigint/, {
      from: 'bigint',
      to: 'i8',
      operand: 0,
    })
    fails(() => add(i4(1), 0.5, { out: i4(0) }), CastingError, /0\.5/)
    // NumPy: OverflowError, int too large to convert to float.
    fails(
      () => add(f8(1), 10n ** 400n),
      CastingError,
      /input 1: a bigint of 401 digits is too large for float64/,
      {
        from: 'bigint',
        to: 'f8',
        operand: 1,
      },
    )
  })

  check('what is no array', () => {
    for (const value of [
      'x',
      null,
      undefined,
      new Date(),
      () => 1,
      Symbol.iterator,
      new DataView(new ArrayBuffer(8)),
    ]) {
      fails(() => add(value, y), OptionError, /^add\(\) input 0: .* is not an array/)
      fails(() => add(x, [value]), OptionError, /^add\(\) input 1: an array element is/)
    }
    for (const value of ['x', 3, true, [1, 2, 3], () => 1]) {
      fails(() => add(x, y, value), OutputError, /^return arrays must be of ArrayType/, { operand: 2 })
    }
  })

  check('out in the wrong form', () => {
    fails(() => divmod(x, y, { out }), OutputError, /'out' must be a tuple of arrays/)
    fails(() => divmod(x, y, { out: [out] }), OutputError, /must have exactly one entry per ufunc output/)
    fails(
      () => add(x, y, out, { out }),
      OutputError,
      /cannot specify 'out' as both a positional and keyword argument/,
    )
  })

  check('views that reach outside their data', () => {
    fails(
      () => add({ data: x, shape: [4], stride: [1], offset: 0 }, 1),
      BoundsError,
      /input 0: .*reaches element 3 of data that has 3 elements/,
      {
        index: 3,
        size: 3,
      },
    )
    fails(() => add({ data: x, shape: [2], stride: [-2], offset: 1 }, 1), BoundsError, /element -1/)
    fails(
      () => add(x, y, { data: out, shape: [3], stride: [2], offset: 0 }),
      LanewiseError,
      /outside|reaches element 4/,
    )
    fails(
      () => add({ data: x, shape: [3], stride: [0.5], offset: 0 }, 1),
      OptionError,
      /strides are integers/,
    )
  })

  check('freed arrays', () => {
    const gone = resident(f8(1, 2, 3))
    const part = gone.lo(1)
    free(gone as View)
    fails(() => add(gone, y), MemoryError, /freed/)
    fails(() => add(x, y, gone), MemoryError, /freed/)
    fails(() => add(part, 1), MemoryError, /freed/)
  })

  check('unknown and wrong keywords', () => {
    const known = ['out', 'where', 'casting', 'order', 'dtype', 'signature']
    fails(() => add(x, y, { ouput: out }), OptionError, /^add\(\) got an unknown option 'ouput'/, {
      option: 'ouput',
      known,
    })
    fails(
      () => add(x, y, { where: i4(1, 0, 1) }),
      CastingError,
      /Cannot cast array data from dtype\('int32'\) to dtype\('bool'\) according to the rule 'safe'/,
      { from: 'i4', to: 'b1', casting: 'safe', operand: 'where' },
    )
    fails(() => add(x, y, { where: 1 }), CastingError, /from dtype\('float64'\) to dtype\('bool'\)/)
    fails(() => add(x, y, { where: [1, 0, 1] }), CastingError, /from dtype\('float64'\)/)
    fails(() => add(x, y, { where: 'x' }), OptionError, /is not an array/)
    fails(() => add(x, y, { where: [true, false] }), BroadcastError, /could not be broadcast together/)
    fails(
      () => add(x, y, { out, where: [[true], [false]] }),
      OutputError,
      /non-broadcastable output operand with shape \(3,\) doesn't match the broadcast shape \(2,3\)/,
    )
    fails(() => add(x, y, { casting: 'loose' }), OptionError, /no, equiv, safe, same_kind, unsafe/, {
      option: 'casting',
    })
    fails(() => add(x, y, { order: 'X' }), OptionError, /K, C, F, A/, { option: 'order' })
    fails(() => add(x, y, { dtype: 'f16' }), OptionError, /f16 is no dtype/, { option: 'dtype' })
    fails(() => add(x, y, { signature: 'f8(f8' }), SignatureError, /position 5/)
    fails(() => add(x, y, { signature: 'd->d' }), OptionError, /signature/)
    fails(() => add(x, y, { dtype: 'f8', signature: 'dd->d' }), OptionError, /either dtype or signature/)
  })
}

test('definitions', () => {
  const define = vectorize as unknown as (...args: unknown[]) => unknown
  const k = (a: number) => a
  fails(() => define('f9(f8)', k), SignatureError, /unknown type 'f9' .*position 0/, {
    position: 0,
    text: 'f9(f8)',
  })
  fails(() => define(['f8(f8)', 'd->d'], k), SignatureError, /duplicate/, { text: 'd->d' })
  fails(
    () => define(['f8(f8)', 'f8(f8,f8)'], (a: number, b: number) => a + b),
    SignatureError,
    /same number of inputs/,
  )
  fails(() => define('void(f8)', k), SignatureError, /guvectorize/)
  fails(() => define('f8[:](f8[:])', k), SignatureError, /guvectorize/, { position: 2 })
  fails(() => define(['f8(f8)', 3], k), SignatureError, /number/)
  fails(() => define('f8(f8)', k, k), OptionError, /one kernel/)
  fails(() => define(k, 'f8(f8)'), OptionError, /signatures first/)
  fails(() => define('f8(f8)', 3), OptionError, /expects signatures, a kernel or options, but got number/)
  fails(() => define(null), OptionError, /null/)
  fails(() => (define('f8(f8)') as (k: unknown) => unknown)('f8(f8)'), OptionError, /the kernel/)
})

test('options', () => {
  const known = [
    'target',
    'fallback',
    'name',
    'doc',
    'identity',
    'env',
    'simd',
    'boundscheck',
    'fastmath',
    'cache',
    'precision',
    'writableArgs',
  ]
  const given = (options: object) => () =>
    (vectorize as (...args: unknown[]) => unknown)('f8(f8)', (a: number) => a, options)
  fails(given({ taget: 'cpu' }), OptionError, /unknown option 'taget'/, { option: 'taget', known })
  fails(given({ Target: 'cpu' }), OptionError, /did you mean 'target'\?/)
  fails(given({ nopython: true }), OptionError, /always compiled/, { option: 'nopython' })
  fails(given({ forceobj: true }), OptionError, /target: 'js'/)
  fails(given({ parallel: true }), OptionError, /target: 'parallel'/)
  fails(given({ cache: true }), OptionError, /does not exist in this version/, { option: 'cache' })
  fails(given({ fastmath: 'fast' }), OptionError, /a list of nnan, ninf/, { option: 'fastmath' })
  fails(given({ fastmath: ['contract', 'fast'] }), OptionError, /got fast/)
  fails(given({ boundscheck: 1 }), OptionError, /must be a boolean/)
  fails(given({ writableArgs: [0] }), OptionError, /guvectorize/)
  fails(given({ identity: 'zero' }), OptionError, /reorderable/)
  fails(given({ name: 3 }), OptionError, /must be a string/)
  fails(given({ precision: 'double' }), OptionError, /must be 'float-float'/)
  fails(given({ simd: 'yes' }), OptionError, /must be a boolean/)
  fails(given({ target: 'tpu' }), TargetError, /'tpu' is not available/, { target: 'tpu' })
  fails(given({ target: 'tpu', fallback: 'npu' }), TargetError, /nor is its fallback 'npu'/, {
    target: 'npu',
  })
  given({
    cache: false,
    fastmath: false,
    boundscheck: true,
    simd: false,
    identity: null,
    doc: '',
    env: undefined,
    writableArgs: [],
  })()
  given({ fastmath: [] })()
})

test('options of array makers, and names that every object has', () => {
  const known = ['dtype', 'order']
  for (const make of [
    (o: never) => ones(2, o),
    (o: never) => array([1], o),
    (o: never) => full([2], 1, o),
    (o: never) => empty(2, o),
    (o: never) => zeros(2, o),
  ]) {
    fails(() => make({ dtpye: 'f4' } as never), OptionError, /an unknown option 'dtpye'/, {
      option: 'dtpye',
      known,
    })
    fails(() => make(null as never), SignatureError, /unknown dtype null/)
  }
  fails(() => linspace(0, 1, 2.5), OptionError, /2.5, must be a non-negative integer/)
  fails(
    () => vectorize('constructor(f8)', ((a: number) => a) as never),
    SignatureError,
    /unknown type 'constructor'/,
  )
})

test('errors keep their cause; a class of the user takes in what it made alone', () => {
  const cause = new Error('why')
  assert.is(new MemoryError('m', {}, { cause }).cause, cause)
  assert.is(new BoundsError('m', { line: 1, column: 1, index: 0, size: 0 }, { cause }).cause, cause)
  class Own extends LanewiseError {}
  class OwnBounds extends BoundsError {}
  const other = new OutputError('m', { operand: 0 })
  assert.not.instance(other, Own)
  assert.not.instance(new BoundsError('m', { line: 1, column: 1, index: 0, size: 0 }), OwnBounds)
  assert.instance(new Own('m', 'own'), Own)
  assert.instance(new Own('m', 'own'), LanewiseError)
  assert.equal(Object.keys(other), ['code', 'operand'])
})

test('configure changes nothing when a setting is wrong', () => {
  const set = configure as (settings: object) => void
  fails(() => set({ debug: 9 }), OptionError, /debug/, { option: 'debug' })
  fails(() => set({ jit: false, debug: 9 }), OptionError, /debug/)
  fails(() => set({ jit: 1 }), OptionError, /boolean/)
  fails(() => set({ target: 'tpu' }), TargetError, /unknown target 'tpu'/)
  fails(() => set({ threads: 3 }), OptionError, /unknown option 'threads'/)
  fails(() => set({ jit: false, deterministic: 1 }), OptionError, /'deterministic' must be a boolean/)
  fails(() => set({ memory: 1e9 }), OptionError, /an object \{ maximum \}/, { option: 'memory' })
  fails(() => set({ jit: false, memory: { maximum: -1 } }), OptionError, /a number of bytes/, {
    option: 'memory.maximum',
  })
  fails(() => set({ memory: { minimum: 1 } }), OptionError, /unknown option 'memory.minimum'/)
  for (const settings of [null, undefined, true])
    fails(() => set(settings as never), OptionError, /takes an object of settings/)
  const f = vectorize('f8(f8)', (a) => a)
  f(view(f8(1), [1]))
  assert.is(f.explain().target, 'cpu')
})

test.run()
