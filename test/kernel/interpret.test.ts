/** The interpreter against V8: typed-array stores, wrapping, loops, checks. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Code, codes, dtypes } from '../../src/dtype.ts'
import { castValue } from '../../src/loops/kernel/evaluate.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import {
  cast,
  constant,
  type Expr,
  type Kernel,
  local,
  op,
  type Stmt,
  select,
  set,
} from '../../src/loops/kernel/ir.ts'
import type { Op } from '../../src/loops/kernel/ops.ts'
import { CheckFailed } from '../../src/outside.ts'

const kernel = (
  types: readonly Code[],
  nin: number,
  body: readonly Stmt[],
  out = types.length - 1,
): Kernel => ({
  name: 'k',
  source: '',
  locals: types.map((type, k) => ({ type, name: `v${k}` })),
  nin,
  outs: [out],
  arrays: [],
  checks: [],
  body,
})

const one = (e: Expr, types: readonly Code[], inputs: readonly (number | bigint | boolean)[]) =>
  interpret(kernel([...types, e.type], types.length, [set(types.length, e)]), [], inputs)[0]

/** NaN is NaN, -0 is not 0. */
const same = (a: unknown, b: unknown) => assert.ok(Object.is(a, b), `${a} is not ${b}`)

test('a cast between numbers is a typed-array store', () => {
  const value = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(1e300, -1e300, 2 ** 63, -(2 ** 31), -0, 300.7),
  )
  fc.assert(
    fc.property(value, fc.constantFrom<Code>('i1', 'i2', 'i4', 'u1', 'u2', 'u4', 'f4', 'f8'), (x, to) => {
      const stored = new dtypes[to].array(1)
      stored[0] = x as never
      assert.is(one(cast(to, local('f8', 0)), ['f8'], [x]), stored[0])
    }),
  )
  assert.is(one(cast('u8', local('f8', 0)), ['f8'], [-1.5]), 2n ** 64n - 1n)
  assert.is(one(cast('i8', local('f8', 0)), ['f8'], [2 ** 64 + 4096]), 4096n)
  assert.is(one(cast('i8', local('f8', 0)), ['f8'], [Infinity]), 0n)
  assert.is(one(cast('b1', local('f8', 0)), ['f8'], [NaN]), true)
  assert.is(one(cast('b1', local('f8', 0)), ['f8'], [-0]), false)
  assert.is(one(cast('b1', local('u1', 0)), ['u1'], [2]), true)
  assert.is(one(cast('i4', local('b1', 0)), ['b1'], [true]), 1)
})

test('a cast from i8 to f4 rounds once', () => {
  // 2^60 + 2^36 is half-way between two f4; one more must round up, although f8 cannot hold that one.
  assert.is(castValue('f4', 2n ** 60n + 2n ** 36n + 1n), 2 ** 60 + 2 ** 37)
  assert.is(castValue('f4', 2n ** 60n + 2n ** 36n), 2 ** 60)
  assert.is(castValue('f4', -(2n ** 60n + 2n ** 36n + 1n)), -(2 ** 60 + 2 ** 37))
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }), (x) => {
      assert.is(castValue('f4', x), Math.fround(Number(x)))
    }),
  )
})

test('32-bit integers are what JavaScript computes with | 0', () => {
  const js: Partial<Record<Op, (a: number, b: number) => number>> = {
    add: (a, b) => (a + b) | 0,
    sub: (a, b) => (a - b) | 0,
    mul: Math.imul,
    div: (a, b) => (a / b) | 0,
    rem: (a, b) => (a % b) | 0,
    and: (a, b) => a & b,
    or: (a, b) => a | b,
    xor: (a, b) => a ^ b,
    shl: (a, b) => a << b,
    shr: (a, b) => a >> b,
    floordiv: (a, b) => (b === 0 ? 0 : Math.floor(a / b) | 0),
    min: Math.min,
    max: Math.max,
  }
  fc.assert(
    fc.property(fc.integer(), fc.oneof(fc.integer(), fc.integer({ min: -3, max: 40 })), (a, b) => {
      for (const [name, f] of Object.entries(js)) {
        const e = op(name as Op, [local('i4', 0), local('i4', 1)])
        assert.is(one(e, ['i4', 'i4'], [a, b]), f(a, b), `${name}(${a}, ${b})`)
      }
      assert.is(one(op('clz', [local('i4', 0)]), ['i4'], [a]), Math.clz32(a))
      assert.is(one(op('shr', [local('u4', 0), local('u4', 1)]), ['u4', 'u4'], [a, b]), a >>> b)
    }),
  )
})

test('f4 rounds after every op, f8 is plain JavaScript', () => {
  fc.assert(
    fc.property(fc.float(), fc.float(), fc.float(), (a, b, c) => {
      const e = (type: Code) => op('add', [op('mul', [local(type, 0), local(type, 1)]), local(type, 2)])
      same(one(e('f8'), ['f8', 'f8', 'f8'], [a, b, c]), a * b + c)
      same(one(e('f4'), ['f4', 'f4', 'f4'], [a, b, c]), Math.fround(Math.fround(a * b) + c))
      same(one(op('sqrt', [local('f4', 0)]), ['f4'], [a]), Math.fround(Math.sqrt(a)))
    }),
  )
})

test('i8 wraps at 64 bits, also where a quotient does not fit', () => {
  const min = -(2n ** 63n)
  assert.is(one(op('div', [local('i8', 0), constant('i8', -1n)]), ['i8'], [min]), min)
  assert.is(one(op('neg', [local('i8', 0)]), ['i8'], [min]), min)
  assert.is(one(op('abs', [local('i8', 0)]), ['i8'], [min]), min)
  assert.is(one(op('mul', [local('u8', 0), local('u8', 0)]), ['u8'], [2n ** 63n + 1n]), 1n)
})

test('loops: continue goes to the update, break leaves, labels reach outwards', () => {
  // the steps of Collatz's sequence, as V8 does them
  const lt = (a: Expr, b: Expr) => op('lt', [a, b])
  const n = local('i8', 0)
  const steps = local('i8', 1)
  const collatz = kernel(['i8', 'i8'], 1, [
    {
      kind: 'block',
      label: 0,
      body: [
        {
          kind: 'loop',
          label: 1,
          body: [
            { kind: 'if', cond: lt(n, constant('i8', 2n)), then: [{ kind: 'break', label: 0 }], else: [] },
            {
              kind: 'if',
              cond: op('eq', [op('and', [n, constant('i8', 1n)]), constant('i8', 0n)]),
              then: [set(0, op('shr', [n, constant('i8', 1n)])), { kind: 'continue', label: 1 }],
              else: [],
            },
            set(0, op('add', [op('mul', [n, constant('i8', 3n)]), constant('i8', 1n)])),
          ],
          update: [set(1, op('add', [steps, constant('i8', 1n)]))],
        },
        set(1, constant('i8', -1n)),
      ],
    },
  ])
  const js = (x: number) => {
    let count = 0
    for (; x >= 2; count++) x = x % 2 === 0 ? x / 2 : 3 * x + 1
    return count
  }
  for (let x = 1; x < 60; x++) assert.is(interpret(collatz, [], [BigInt(x)])[0], BigInt(js(x)))
  assert.throws(() => interpret(collatz, [], [27n], { steps: 50 }), /step limit/)
})

test('only the chosen side of a select is looked at; an index outside fails its check', () => {
  const load: Expr = { kind: 'load', type: 'f4', array: 0, index: local('i8', 0), check: 3 }
  const inside = op('ge', [local('i8', 0), constant('i8', 0n)])
  const k: Kernel = {
    ...kernel(['i8', 'f4'], 1, [set(1, select(inside, load, constant('f4', 9)))]),
    arrays: [{ name: 'table', type: 'f4', length: 3 }],
  }
  const table = Float32Array.of(0.5, 1.5, 2.5)
  assert.equal(interpret(k, [table], [2n]), [2.5])
  assert.equal(interpret(k, [table], [-1n]), [9])
  try {
    interpret(k, [table], [3n])
    assert.unreachable()
  } catch (error) {
    assert.ok(error instanceof CheckFailed)
    assert.equal([error.check, error.index, error.size], [3, 3, 3])
  }
})

test('values at the door: numbers up to 4 bytes, bigints for 8, booleans', () => {
  const kinds: Record<string, string[]> = {}
  for (const code of codes) {
    const result = one(cast(code, local('f8', 0)), ['f8'], [1])
    const kind = typeof result
    kinds[kind] = [...(kinds[kind] ?? []), code]
  }
  assert.equal(kinds, {
    boolean: ['b1'],
    number: ['i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'f4', 'f8'],
    bigint: ['i8', 'u8'],
  })
})

test('an op on a type it has no meaning for is an error', () => {
  assert.throws(() => one(op('floor', [local('i4', 0)]), ['i4'], [1]), /floor is not defined on i4/)
})

test.run()
