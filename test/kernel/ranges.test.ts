/** Ranges hold every value that the interpreter meets; and they are as narrow as is expected where it matters. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Code } from '../../src/dtype.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import { type Range, typeRange, within } from '../../src/loops/kernel/interval.ts'
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
  type Value,
} from '../../src/loops/kernel/ir.ts'
import { print, printExpr } from '../../src/loops/kernel/print.ts'
import { ranges } from '../../src/loops/kernel/ranges.ts'
import { CheckFailed } from '../../src/outside.ts'
import { randomKernel } from './random-kernel.ts'

const contains = (r: Range, value: Value): boolean => {
  const v = typeof value === 'boolean' ? (value ? 1n : 0n) : value
  return Number.isNaN(v) || (v >= r.lo && v <= r.hi)
}

test('random kernels: every value is within its range', () => {
  let narrower = 0
  fc.assert(
    fc.property(randomKernel({ tables: true, functions: true }), ({ kernel, tables, rows }) => {
      const found = ranges(kernel)
      for (const row of rows) {
        try {
          interpret(kernel, tables, row, {
            onExpr: (e, value) => {
              const r = found.of(e)
              if (!contains(r, value)) {
                const what = `${printExpr(kernel, e)} is ${value}, not in ${r.lo} … ${r.hi}`
                assert.unreachable(`${what}, on ${row.join(', ')}\n${print(kernel)}`)
              }
              if (!within(typeRange(e.type), r)) narrower++
            },
            onSet: (id, value) => assert.ok(contains(found.locals[id] ?? typeRange('b1'), value)),
          })
        } catch (error) {
          if (!(error instanceof CheckFailed)) throw error
        }
      }
    }),
    { numRuns: 2500 },
  )
  assert.ok(narrower > 1000, 'and the test has met ranges narrower than their type')
})

const i8 = 'i8' as Code
const int = (v: number) => constant(i8, BigInt(v))

function rangeText(types: readonly Code[], body: readonly Stmt[], id = types.length - 1, nin = 1): string {
  const kernel: Kernel = {
    name: 'k',
    source: '',
    locals: types.map((type, k) => ({ type, name: `v${k}` })),
    nin,
    outs: [types.length - 1],
    arrays: [],
    checks: [],
    body,
  }
  const r = ranges(kernel).locals[id]
  return `${r?.lo} … ${r?.hi}`
}
const u1 = cast(i8, local('u1', 0))
const of = (e: Expr, param: Code = 'u1') => rangeText([param, e.type], [set(1, e)])

test('arithmetic', () => {
  assert.is(of(op('add', [u1, u1])), '0 … 510')
  assert.is(of(op('sub', [u1, u1])), '-255 … 255')
  assert.is(of(op('mul', [u1, op('neg', [u1])])), '-65025 … 0')
  assert.is(of(op('shr', [op('add', [u1, u1]), int(1)])), '0 … 255')
  assert.is(of(op('min', [op('add', [u1, u1]), int(255)])), '0 … 255')
  assert.is(of(op('and', [op('neg', [u1]), int(15)])), '0 … 15')
  assert.is(of(op('rem', [op('sub', [u1, int(10)]), int(7)])), '-6 … 6')
  assert.is(of(op('div', [u1, op('sub', [u1, int(3)])])), '-255 … 255')
  assert.is(of(op('xor', [u1, int(256)])), '0 … 511')
  assert.is(of(op('abs', [op('sub', [u1, int(200)])])), '0 … 200')
  assert.is(of(cast('i1', u1)), '-128 … 127')
  assert.is(of(op('lt', [u1, int(256)])), '1 … 1')
  const x = cast(i8, local('i4', 0))
  assert.is(of(op('add', [x, x]), 'i4'), '-4294967296 … 4294967294')
  assert.is(of(op('mul', [op('mul', [x, x]), x]), 'i4'), `${-(2n ** 63n)} … ${2n ** 63n - 1n}`)
})

test('a float on its way to an integer', () => {
  const f = cast('f8', local('u1', 0))
  const half = op('mul', [f, constant('f8', 0.5)])
  assert.is(of(cast(i8, op('floor', [half]))), '0 … 127')
  const clamped = op('min', [op('max', [local('f8', 0), constant('f8', 0)]), constant('f8', 255)])
  assert.is(of(cast('i4', clamped), 'f8'), '0 … 255')
  const picked = select(
    op('lt', [local('f8', 0), constant('f8', 2)]),
    constant('f8', 2),
    select(op('gt', [local('f8', 0), constant('f8', 9)]), constant('f8', 9), local('f8', 0)),
  )
  assert.is(of(cast('i4', picked), 'f8'), '0 … 9', 'NaN comes through, as 0')
})

const counting = (from: number, cond: (i: Expr) => Expr, step: number, inside: Stmt[] = []): Stmt[] => [
  set(1, int(from)),
  {
    kind: 'loop',
    label: 0,
    body: [
      { kind: 'if', cond: op('not', [cond(local(i8, 1))]), then: [{ kind: 'break', label: 0 }], else: [] },
      ...inside,
    ],
    update: [set(1, op('add', [local(i8, 1), int(step)]))],
  },
]

test('counters', () => {
  const to = (n: number) => (i: Expr) => op('lt', [i, int(n)])
  assert.is(rangeText(['u1', i8], counting(0, to(50), 1)), '0 … 50')
  assert.is(
    rangeText(
      ['u1', i8],
      counting(10, (i) => op('gt', [i, int(0)]), -2),
    ),
    '-1 … 10',
  )
  assert.is(
    rangeText(
      ['u1', i8],
      counting(0, (i) => op('lt', [i, u1]), 1),
    ),
    '0 … 255',
  )
  const inside = [set(2, local(i8, 1))]
  assert.is(
    rangeText(['u1', i8, i8], counting(5, to(50), 1, inside), 2),
    '0 … 49',
    'or 0, if the loop is never run',
  )
  const stop: Stmt = {
    kind: 'if',
    cond: op('gt', [local(i8, 1), int(20)]),
    then: [set(2, local(i8, 1)), { kind: 'break', label: 0 }],
    else: [],
  }
  assert.is(rangeText(['u1', i8, i8], counting(5, to(50), 1, [stop]), 2), '0 … 21')
})

test('a negative zero that reaches a local only in a later round of a loop', () => {
  // Each round hands it one local further; the bounds 0 and -0 are one bound, else this does not end.
  const types: Code[] = ['u1', ...Array.from({ length: 6 }, () => 'f8' as Code)]
  const hand = (to: number) => set(to, local('f8', to - 1))
  const stop: Stmt = {
    kind: 'if',
    cond: op('gt', [u1, int(9)]),
    then: [{ kind: 'break', label: 0 }],
    else: [],
  }
  const body = [stop, ...[6, 5, 4, 3, 2].map(hand), set(1, constant('f8', -0))]
  assert.is(rangeText(types, [{ kind: 'loop', label: 0, body, update: [] }]), '0 … 0')
})

test('conditions', () => {
  const x = local(i8, 0)
  const branch = (cond: Expr, param: Code = i8) =>
    rangeText(
      [param, i8],
      [{ kind: 'if', cond, then: [set(1, param === i8 ? x : cast(i8, local(param, 0)))], else: [] }],
    )
  const between = op('and', [op('ge', [x, int(3)]), op('lt', [x, int(9)])])
  assert.is(branch(between), '0 … 8')
  assert.is(branch(op('not', [op('or', [op('lt', [x, int(-5)]), op('gt', [x, int(5)])])])), '-5 … 5')
  assert.is(
    branch(op('eq', [op('add', [op('and', [x, int(7)]), int(1)]), int(3)])),
    `${-(2n ** 63n)} … ${2n ** 63n - 1n}`,
  )
  assert.is(branch(op('lt', [cast(i8, local('i2', 0)), int(9)]), 'i2'), '-32768 … 8')
  assert.is(branch(op('lt', [cast('f8', local('u2', 0)), constant('f8', 10.5)]), 'u2'), '0 … 10')
  assert.is(branch(op('gt', [int(3), int(5)])), '0 … 0', 'never')
})

test.run()
