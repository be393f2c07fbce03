/** Simplified kernels compute the same bits; and what is expected to go, goes. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Code, codes } from '../../src/dtype.ts'
import { castValue, isFloat, isInt } from '../../src/loops/kernel/evaluate.ts'
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
import { domains, type Pattern } from '../../src/loops/kernel/match.ts'
import { type Op, opRow, ops } from '../../src/loops/kernel/ops.ts'
import { print, printExpr } from '../../src/loops/kernel/print.ts'
import { rules } from '../../src/loops/kernel/rules.ts'
import { simplify } from '../../src/loops/kernel/simplify.ts'
import { verify } from '../../src/loops/kernel/verify.ts'
import { assertSame } from './preserves.ts'
import { randomKernel, valuesOf } from './random-kernel.ts'

test('random kernels: every bit stays', () => {
  fc.assert(
    fc.property(randomKernel({ tables: true, functions: true }), (k) => {
      const after = simplify(k.kernel)
      assertSame(k.kernel, after, k)
      assert.is(print(simplify(after)), print(after), 'once is enough')
    }),
    { numRuns: 1500 },
  )
})

/** x, y, z of one type; `e` into a result. */
const of = (types: readonly Code[], e: Expr): Kernel => ({
  name: 'k',
  source: '',
  locals: [...types, e.type].map((type, k) => ({ type, name: k === types.length ? 'r' : ('xyz'[k] ?? 'w') })),
  nin: types.length,
  outs: [types.length],
  arrays: [],
  checks: [],
  body: [set(types.length, e)],
})

// Random kernels hit a rule's exact shape seldom: so small expressions over few variables and the constants that rules look for.
test('small expressions with telling constants: every bit stays', () => {
  const names = Object.keys(ops) as Op[]
  const cases = fc.constantFrom<Code>(...codes).chain((type) => {
    const special = isFloat(type) ? [0, -0, 1, -1, 2, 4, 0.5, NaN] : [0n, 1n, -1n, 2n, 4n, 64n, 128n, 33n]
    const x = fc.constantFrom(local(type, 0), local(type, 1))
    const c =
      type === 'b1'
        ? fc.constantFrom(constant(type, true), constant(type, false))
        : fc
            .constantFrom(...special)
            .map((v) =>
              constant(
                type,
                typeof v === 'bigint' ? (type[0] === 'u' ? BigInt.asUintN(8, v) : BigInt.asIntN(8, v)) : v,
              ),
            )
    const domain = isInt(type) ? 'int' : isFloat(type) ? 'float' : 'bool'
    const usable = names.filter((name) => opRow(name)[domain] && opRow(name).math === undefined)
    const arithmetic = usable.filter((name) => opRow(name).result === 'same')
    const grow = (pool: readonly Op[], inner: fc.Arbitrary<Expr>) =>
      fc
        .tuple(fc.constantFrom(...pool), inner, inner)
        .map(([name, a, b]) => op(name, [a, b, a].slice(0, opRow(name).arity)))
    const leaf: fc.Arbitrary<Expr> = fc.oneof(x, c)
    const one = grow(arithmetic, leaf)
    const two = grow(arithmetic, fc.oneof(leaf, one))
    const truth = grow(usable, fc.oneof(leaf, one))
    const cond = truth.map((t) => cast('b1', t))
    const choice = fc.tuple(cond, leaf, fc.oneof(leaf, one)).map(([b, t, f]) => select(b, t, f))
    const negated = cond.map((b) => op('not', [b]))
    const wider = fc
      .tuple(fc.constantFrom<Code>(...codes), one, fc.constantFrom<Code>(...codes))
      .map(([to, t, by]) => cast(to, cast(by, t)))
    const row = fc.tuple(valuesOf(type), valuesOf(type))
    return fc.tuple(
      fc.oneof(two, truth, choice, negated, wider).map((e) => of([type, type], e)),
      fc.array(row, { minLength: 4, maxLength: 4 }),
    )
  })
  fc.assert(
    fc.property(cases, ([kernel, rows]) => assertSame(kernel, simplify(kernel), { tables: [], rows })),
    { numRuns: 5000 },
  )
})

test('each rule of the table, on each type that it is for: every bit stays, and the rule applies', () => {
  for (const [on, from] of rules) {
    for (const type of codes.filter((c) => domains[on](c))) {
      const instances = fc.tuple(valuesOf(type), valuesOf(type)).map(([c, d]) => {
        const build = (p: Pattern, t: Code): Expr => {
          if (p === 'c' || p === 'd') return constant(t, castValue(t, p === 'c' ? c : d))
          if (typeof p === 'string') return local(t, t === 'b1' && type !== 'b1' ? 3 : 'xyz'.indexOf(p))
          if (typeof p !== 'object') return constant(t, castValue(t, p))
          const [name, ...args] = p
          const [a, b, e] = args.map((q, k) => build(q, name === 'select' && k === 0 ? 'b1' : t))
          if (name === 'select' && a && b && e) return select(a, b, e)
          return op(
            name as Op,
            [a, b].flatMap((q) => q ?? []),
          )
        }
        return build(from, type)
      })
      const row = fc.tuple(valuesOf(type), valuesOf(type), valuesOf(type), fc.boolean())
      const defined = (e: Expr) => verify(of([type, type, type, 'b1'], e)).length === 0
      fc.assert(
        fc.property(instances, fc.array(row, { minLength: 6, maxLength: 6 }), (e, rows) => {
          if (!defined(e)) return
          const kernel = of([type, type, type, 'b1'], e)
          const after = simplify(kernel)
          assertSame(kernel, after, { tables: [], rows })
          assert.is.not(print(after), print(kernel))
        }),
        { numRuns: 40 },
      )
    }
  }
})

const x = (type: Code) => local(type, 0)
const y = (type: Code) => local(type, 1)
const num = (type: Code, v: number) => constant(type, isInt(type) ? BigInt(v) : v)

function becomes(type: Code, e: Expr, text: string): void {
  const kernel = of([type, type], e)
  const after = simplify(kernel)
  const last = after.body[0]
  assert.is(last?.kind === 'set' ? printExpr(after, last.value) : '', text)
}

test('algebra', () => {
  becomes('f8', op('add', [x('f8'), num('f8', 0)]), 'x + 0:f8')
  becomes('f8', op('sub', [x('f8'), num('f8', 0)]), 'x')
  becomes('f8', op('mul', [num('f8', 1), x('f8')]), 'x')
  becomes('f8', op('mul', [x('f8'), num('f8', 0)]), 'x * 0:f8')
  becomes('f8', op('div', [x('f8'), num('f8', 8)]), 'x * 0.125:f8')
  becomes('f8', op('div', [x('f8'), num('f8', 10)]), 'x / 10:f8')
  becomes('f8', op('not', [op('lt', [x('f8'), y('f8')])]), '~(x < y)')
  becomes('i4', op('not', [op('lt', [x('i4'), y('i4')])]), 'x >= y')
  becomes('i4', op('mul', [x('i4'), num('i4', 0)]), '0:i4')
  becomes('i4', op('mul', [x('i4'), num('i4', 8)]), 'x << 3:i4')
  becomes('i4', op('floordiv', [x('i4'), num('i4', 8)]), 'x >> 3:i4')
  becomes('i4', op('div', [x('i4'), num('i4', 8)]), 'x / 8:i4')
  becomes('u4', op('rem', [x('u4'), num('u4', 8)]), 'x & 7:u4')
  becomes('i4', op('shl', [op('shl', [x('i4'), num('i4', 20)]), num('i4', 20)]), '0:i4')
  becomes('i4', op('shr', [op('shr', [x('i4'), num('i4', 20)]), num('i4', 20)]), 'x >> 31:i4')
  becomes('i4', op('add', [num('i4', 2), op('add', [num('i4', 3), x('i4')])]), 'x + 5:i4')
  becomes('f8', op('min', [num('f8', 2), op('min', [x('f8'), num('f8', 3)])]), 'min(x, 2:f8)')
  becomes('i4', cast('i4', cast('i8', x('i4'))), 'x')
  becomes('i4', cast('i1', cast('i8', x('i4'))), 'i1(x)')
  becomes('i4', cast('i4', cast('f4', x('i4'))), 'i4(f4(x))')
  becomes('i4', op('lt', [cast('f8', x('i4')), num('f8', 3)]), 'x < 3:i4')
  becomes('b1', select(op('not', [x('b1')]), num('f8', 1), num('f8', 2)), 'x ? 2:f8 : 1:f8')
  becomes('f8', op('sqrt', [num('f8', 2)]), `${Math.SQRT2}:f8`)
})

test('f8 arithmetic between f4 values that is rounded to f4 is f4 arithmetic, near the edges too', () => {
  const f8 = (k: number) => cast('f8', local('f4', k))
  const names: Op[] = ['add', 'sub', 'mul', 'div', 'min', 'max']
  const kernels = names.map((name) => of(['f4', 'f4'], cast('f4', op(name, [f8(0), f8(1)]))))
  kernels.push(of(['f4', 'f4'], cast('f4', op('sqrt', [f8(0)]))))
  for (const k of kernels) assert.not.match(print(simplify(k)), /f8/)
  const bits = fc.integer().map((b) => new Float32Array(Int32Array.of(b).buffer)[0] ?? 0)
  const value = fc.oneof(
    bits,
    fc.float(),
    fc.integer({ min: 1, max: 1 << 24 }).map((m) => m * 2 ** -149),
  )
  fc.assert(
    fc.property(fc.tuple(value, value), (row) => {
      for (const k of kernels) assertSame(k, simplify(k), { tables: [], rows: [row] })
    }),
    { numRuns: 3000 },
  )
  becomes('f4', cast('f4', op('mul', [cast('f8', x('f4')), num('f8', 0.5)])), 'x * 0.5:f4')
  becomes('f4', cast('f4', op('mul', [cast('f8', x('f4')), num('f8', 0.1)])), 'f4(f8(x) * 0.1:f8)')
})

test('statements', () => {
  const i4 = 'i4' as Code
  const kernel: Kernel = {
    ...of([i4], num(i4, 0)),
    locals: [...'xrab'].map((name) => ({ type: i4, name })),
    outs: [1],
    body: [
      {
        kind: 'block',
        label: 0,
        body: [
          set(2, num(i4, 5)),
          set(3, op('add', [x(i4), local(i4, 2)])),
          { kind: 'if', cond: op('gt', [local(i4, 2), num(i4, 9)]), then: [set(1, x(i4))], else: [] },
          set(1, op('mul', [local(i4, 3), local(i4, 3)])),
          { kind: 'break', label: 0 },
          set(1, num(i4, 7)),
        ],
      },
    ],
  }
  assert.is(print(simplify(kernel)), 'k(x:i4) -> (r:i4) {\n  b:i4 = x + 5:i4\n  r:i4 = b * b\n}\n')
})

test('values do not move past what changes them', () => {
  const i4 = 'i4' as Code
  const kernel: Kernel = {
    ...of([i4], num(i4, 0)),
    locals: [...'xra'].map((name) => ({ type: i4, name })),
    outs: [1, 0],
    body: [set(2, op('neg', [x(i4)])), set(0, num(i4, 1)), set(1, op('sub', [local(i4, 2), x(i4)]))],
  }
  assert.is(
    print(simplify(kernel)),
    'k(x:i4) -> (r:i4, x:i4) {\n  a:i4 = -x\n  x:i4 = 1:i4\n  r:i4 = a - 1:i4\n}\n',
  )
})

test('a dear expression that a loop does not change is computed before it', () => {
  const f8 = 'f8' as Code
  const stop: Stmt = {
    kind: 'if',
    cond: op('gt', [local(f8, 1), num(f8, 100)]),
    then: [{ kind: 'break', label: 0 }],
    else: [],
  }
  const kernel: Kernel = {
    ...of([f8], num(f8, 0)),
    body: [
      {
        kind: 'loop',
        label: 0,
        body: [stop, set(1, op('add', [local(f8, 1), op('div', [num(f8, 1), x(f8)])]))],
        update: [],
      },
    ],
  }
  assert.is(
    print(simplify(kernel)),
    `k(x:f8) -> (r:f8) {
  h2:f8 = 1:f8 / x
  loop L0 {
    if r > 100:f8 {
      break L0
    }
    r:f8 = r + h2
  }
}
`,
  )
})

test.run()
