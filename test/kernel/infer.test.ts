/** The types of the kernel language, and what they do to values. Oracles: JavaScript's BigInt for 64 bits, Math.fround for f4. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { kernelBrand } from '../../src/loops/kernel/capture.ts'
import { infer } from '../../src/loops/kernel/infer.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import { define, recapture } from '../../src/loops/kernel/parse.ts'
import { compiled, gives, ir, ok } from './dsl.ts'

// Results that are left out: NumPy's promotion of what entered
gives('(x, y) => x + y', 'i4,i4', 'i4')
gives('(x, y) => x + y', 'u1,i1', 'i2')
gives('(x, y) => x + y', 'u2,i2', 'i4')
gives('(x, y) => x + y', 'i8,u8', 'f8')
gives('(x, y) => x + y', 'b1,b1', 'b1')
gives('x => x + 1', 'b1', 'i8')
gives('x => x + 1', 'u1', 'u1')
gives('x => x + 0.5', 'u1', 'f8')
gives('x => x + 1n', 'i4', 'i8')
gives('x => x + 1n', 'u8', 'u8')
gives('x => 1n', 'f8', 'i8')
gives('x => 1', 'i4', 'f8')
gives('x => (x > 0 ? 1 : 2)', 'f4', 'f8')
gives('x => +(x > 0)', 'f4', 'f8')
gives('x => x > 0', 'f4', 'b1')
gives('x => !x', 'f4', 'b1')
gives('x => true', 'f4', 'b1')
gives('(x, y) => (x > 0) & (y > 0)', 'f4,f4', 'b1')
gives('x => -x', 'u1', 'u1')
gives('x => x | 0', 'f4', 'f4')
gives('x => x >>> 0', 'i4', 'i4')
gives('x => [x, x > 0, x / 2]', 'i2', 'i2,b1,f8')
gives('x => BigInt(x)', 'f8', 'i8')
gives('x => Number(x)', 'i8', 'f8')

// Floats: weak values widen nothing, an int widens f4 unless its dtypes fit
gives('x => x * 0.1 + 2', 'f4', 'f4')
gives('x => -0 * x', 'i4', 'f8')
gives('x => x * 1e17', 'i4', 'f8')
gives('(x, y) => x * y', 'u1,f4', 'f4')
gives('(x, y) => x * y', 'i2,f4', 'f4')
gives('(x, y) => x * y', 'b1,f4', 'f4')
gives('(x, y) => x * y', 'i4,f4', 'f8')
gives('(x, y) => x * y', 'i8,f4', 'f8')
gives('(x, y) => (x > 0 ? x : 1) * y', 'u1,f4', 'f4')
gives('(x, y) => x * 0.5 * y', 'u1,f4', 'f8')
gives('(x, y) => (x > 0) * 0.5 * y', 'u1,f4', 'f4')
gives('x => { let s = 0; for (let i = 0; i < 3; i++) s += x * i; return s }', 'f4', 'f4')
gives('x => { let s = 0.5; for (let i = 0; i < 3; i++) s *= 0.5; return s * x }', 'f4', 'f4')
gives('(x, y) => { let s = x; s = y; return s }', 'i4,f4', 'f8')
gives('(x, y) => { let s = x; s = y; return s }', 'i2,f4', 'f4')

// Functions: integers stay integers where the function allows it
gives('(x, y) => x / y', 'i4,i4', 'f8')
gives('(x, y) => x / y', 'u1,f4', 'f4')
gives('x => Math.sqrt(x)', 'f4', 'f4')
gives('x => Math.sqrt(x)', 'u1', 'f8')
gives('x => Math.abs(x)', 'i4', 'i4')
gives('x => Math.floor(x)', 'i4', 'i4')
gives('x => Math.floor(x)', 'f4', 'f4')
gives('(x, y) => Math.floor(x / y)', 'i4,i4', 'i4')
gives('(x, y) => Math.trunc(x / y)', 'i2,u1', 'i2')
gives('(x, y) => Math.ceil(x / y)', 'i4,i4', 'f8')
gives('(x, y) => Math.min(x, y)', 'i4,u1', 'i4')
gives('x => Math.max(0, x)', 'f4', 'f4')
gives('x => Math.fround(x)', 'f8', 'f8')
gives('x => Math.fround(x)', 'f4', 'f4')
gives('(x, y) => Math.atan2(x, y)', 'f4,i2', 'f4')
gives('x => x ** 2', 'i4', 'i4')
gives('x => x ** 3', 'i8', 'i8')
gives('x => x ** -1', 'i4', 'f8')
gives('x => 2 ** x', 'i4', 'f8')
gives('x => x ** 0.5', 'f4', 'f4')
gives('x => Math.clz32(x)', 'u1', 'u1')
gives('x => Math.min()', 'u1', 'f8')

// Exact integers
ok('(x, y) => (x + y) / 2', 'i4,i4', [[2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1]])
ok('(x, y) => x + y', 'i4,i4', [[2 ** 31 - 1, 1, -(2 ** 31)]])
ok('(x, y) => x + y', 'i4,i4->i8', [[2 ** 31 - 1, 1, 2n ** 31n]])
ok('(x, y) => x * y', 'i4,i4->i8', [[2 ** 31 - 1, 2 ** 31 - 1, (2n ** 31n - 1n) ** 2n]])
ok('(x, y) => x * y', 'u4,u4->u8', [[2 ** 32 - 1, 2 ** 32 - 1, (2n ** 32n - 1n) ** 2n]])
ok('(x, y) => x / y', 'i4,i4', [
  [7, 2, 3.5],
  [1, 0, Infinity],
  [0, 0, NaN],
])
ok('(x, y) => Math.trunc(x / y)', 'i4,i4', [
  [-7, 2, -3],
  [7, 0, 0],
])
ok('(x, y) => Math.floor(x / y)', 'i4,i4', [
  [-7, 2, -4],
  [7, -2, -4],
  [6, -2, -3],
  [7, 0, 0],
])
ok('(x, y) => (x / y) | 0', 'i4,i4', [
  [-7, 2, -3],
  [7, 0, 0],
])
ok('(x, y) => ~~(x / y)', 'u1,u1', [[200, 7, 28]])
ok('(x, y) => x % y', 'i4,i4', [
  [-7, 3, -1],
  [7, -3, 1],
  [7, 0, 0],
])
ok('x => 1 / -x', 'i4', [[0, Infinity]])
ok('x => x', 'u1->i1', [[200, -56]])
ok('x => x', 'f8->u1', [
  [300.7, 44],
  [-1, 255],
  [NaN, 0],
  [Infinity, 0],
])
ok('x => x', 'f8->b1', [
  [NaN, true],
  [0, false],
  [-0, false],
  [0.1, true],
])
ok('x => (x ? 1 : 0)', 'f8->i4', [
  [NaN, 0],
  [-0, 0],
  [1e-320, 1],
])
ok('x => x ** 10', 'i4->i8', [
  [-3, 59049n],
  [7, 282475249n],
])
ok('x => x ** 0', 'i4', [[0, 1]])

// 64 bits: what BigInt gives, cut to 64 bits
const big = [0n, 1n, -1n, 2n, 5n, -7n, 63n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 0x123456789abcdefn]
const wide: Record<string, (x: bigint, y: bigint) => bigint> = {
  '(x, y) => x * y + x - y': (x, y) => x * y + x - y,
  '(x, y) => (x & y) ^ (x | ~y)': (x, y) => (x & y) ^ (x | ~y),
  '(x, y) => x * 6364136223846793005n + y * 3': (x, y) => x * 6364136223846793005n + y * 3n,
  '(x, y) => x << (y & 63)': (x, y) => x << (y & 63n),
  '(x, y) => x >> (y & 63)': (x, y) => x >> (y & 63n),
  '(x, y) => -x + y ** 3': (x, y) => -x + y ** 3n,
  '(x, y) => x > y ? x : y': (x, y) => (x > y ? x : y),
  '(x, y) => Math.min(x, y)': (x, y) => (x < y ? x : y),
  '(x, y) => Math.abs(x) + Math.sign(y)': (x, y) => (x < 0n ? -x : x) + (y > 0n ? 1n : y < 0n ? -1n : 0n),
  '(x, y) => y == 0 ? 7n : Math.trunc(x / y) * 3n + x % y': (x, y) =>
    y === 0n ? 7n : (x / y) * 3n + (x % y),
}
for (const [source, oracle] of Object.entries(wide)) {
  for (const [type, cut] of [
    ['i8', BigInt.asIntN],
    ['u8', BigInt.asUintN],
  ] as const) {
    // Unsigned values cannot be negated into something negative, so those kernels are left to i8.
    if (type === 'u8' && /-x|abs/.test(source)) continue
    test(`${source} of ${type}`, () => {
      const { kernel, tables } = compiled(source, `${type},${type}`)
      for (const a of big) {
        for (const b of big) {
          const [x, y] = [cut(64, a), cut(64, b)]
          assert.is(interpret(kernel, tables, [x, y])[0], cut(64, oracle(x, y)), `${x}, ${y}`)
        }
      }
    })
  }
}
ok('x => x >>> 1', 'i8', [[-1n, 2n ** 63n - 1n]])
ok('(x, y) => x < y', 'u8,i4', [
  [0n, -1, false],
  [2n ** 64n - 1n, 5, false],
  [3n, 5, true],
])
ok('(x, y) => x >= y', 'i4,u8', [
  [-1, 2n ** 64n - 1n, false],
  [5, 5n, true],
  [-1, 0n, false],
])
ok('(x, y) => x == y', 'u8,i8', [
  [2n ** 64n - 1n, -1n, false],
  [7n, 7n, true],
])
ok('(x, y) => x != y', 'u8,i8', [
  [2n ** 64n - 1n, -1n, true],
  [7n, 7n, false],
])
ok('x => x > 5', 'u8', [
  [2n ** 64n - 1n, true],
  [5n, false],
])
ok('x => x > -5', 'u8', [[0n, true]])
ok('x => BigInt.asUintN(8, x) + 1n', 'i8', [[-1n, 256n]])
ok('x => BigInt.asIntN(16, x)', 'u8', [[65535n, -1n]])

// f4: every operation rounds
const { fround } = Math
const single: Record<string, (x: number, y: number) => number> = {
  '(x, y) => x * y + 0.1': (x, y) => fround(fround(x * y) + fround(0.1)),
  '(x, y) => x / 3 - y': (x, y) => fround(fround(x / 3) - y),
  '(x, y) => { let s = 0.1; s += x; s += y; return s }': (x, y) => fround(fround(fround(0.1) + x) + y),
  '(x, y) => x < 0.1 ? 0.1 : y': (x, y) => (x < fround(0.1) ? fround(0.1) : y),
  '(x, y) => Math.sqrt(x) * y ** 2': (x, y) => fround(fround(Math.sqrt(x)) * fround(y * y)),
  '(x, y) => { if (x > y) return 0.1; return x }': (x, y) => (x > y ? fround(0.1) : x),
}
for (const [source, oracle] of Object.entries(single)) {
  test(`${source} of f4`, () => {
    const { kernel, tables } = compiled(source, 'f4,f4')
    const values = [0, -0, 0.1, 1 / 3, -7.7, 1e20, 1e38, 1e-40, 16777217, NaN, Infinity].map(fround)
    for (const x of values) {
      for (const y of values) {
        const [got] = interpret(kernel, tables, [x, y])
        assert.ok(Object.is(got, oracle(x, y)), `${x}, ${y}: ${got}`)
      }
    }
  })
}

// Judged by value, not by spelling
for (const two of [
  '2',
  '2.0',
  '4 / 2',
  '1 + 1',
  '0x2',
  '2e0',
  '+2',
  '- -2',
  '1 << 1',
  'Math.sqrt(4)',
  '(0, 2)',
  '!0 + !0',
]) {
  gives(`x => x * (${two})`, 'i2', 'i2')
}
gives('({ k }) => x => x * k', 'i2', 'i2', { env: { k: 2 } })
gives('({ k }) => x => x * k', 'i2', 'f8', { env: { k: 2.5 } })
gives('({ k }) => x => x * k', 'f4', 'f4', { env: { k: 2.5 } })
gives('({ k }) => x => x * k', 'i2', 'i8', { env: { k: 2n } })
gives('x => { const k = 4; return x * (k / 2) }', 'i2', 'i2')

// The IR itself
ir('(x, y) => Math.sqrt(x * x + y * y)', 'f4,f4', 'out:f4 = sqrt(x * x + y * y)')
ir('x => { if (x < 0) return -x; return x }', 'f8', 'if x < 0:f8 { result:f8 = -x } else { result:f8 = x }')
ir('(x, y) => x > y && x || y', 'f8,f8', 't:f8 = x > y ? x : 0:f8 out:f8 = abs(t) > 0:f8 ? t : y')
ir(
  'x => { for (let i = 0; i < 3; i++) x += i; return x }',
  'f8',
  `
  x.2:f8 = x
  i:i8 = 0:i8
  loop L1 { if ~(i < 3:i8) { break L1 } x.2:f8 = x.2 + f8(i) } update { i:i8 = i + 1:i8 }
  out:f8 = x.2`,
)
ir('x => Number.isNaN(x) ? 1 : x', 'i4', 'out:i4 = i4(i8(x))')

// Tables
const env = { t: new Int16Array([10, -20, 30]), w: [1, 2, 4], h: [0.5, 1] }
ok('({ t }) => x => t[x]', 'i4', [[1, -20]], { env })
ok(
  '({ t }) => x => t[x]',
  'f8',
  [
    [2, 30],
    [-0, 10],
  ],
  { env },
)
ok('({ t }) => x => t.length', 'f8', [[2, 3]], { env })
ok('({ t }) => x => { for (const v of t) x += v; return x }', 'f8', [[2, 22]], { env })
ok('({ t }) => x => { const [a, b] = t; return a + b * x }', 'f8', [[2, -30]], { env })
gives('({ t }) => x => t[0]', 'f4', 'i2', { env })
gives('({ w }) => x => w[0] * x', 'i2', 'i2', { env })
gives('({ h }) => x => h[0] * x', 'f4', 'f4', { env })
ir(
  '({ t }) => x => (x >= 0 && x < 3 ? t[x] : 0)',
  'i4',
  `table t:i2[3]
  if i8(x) >= 0:i8 & i8(x) < 3:i8 { t:i8 = i8(t[i8(x)]) } else { t:i8 = 0:i8 } out:i2 = i2(t)`,
  { env },
)

test('an index that is no whole number fails its check', () => {
  const { kernel, tables } = compiled('({ t }) => x =>\n  t[x]', 'f8', { env })
  for (const x of [0.5, -1, 3, NaN, Infinity, 2 ** 64])
    assert.throws(() => interpret(kernel, tables, [x]), 'check 0')
  assert.equal(kernel.checks, [{ at: { line: 2, column: 3 }, array: 't' }])
})

test('what is not reached is not checked', () => {
  const { kernel, tables } = compiled('({ t }) => x => x < 3 && t[x] > 0 || x > 5', 'i4', { env })
  assert.equal(
    [1, 2, 4, 9].map((x) => interpret(kernel, tables, [x])[0]),
    [false, true, false, true],
  )
})

test('two names of one array are one table', () => {
  const t = new Float64Array([1, 2])
  assert.is(compiled('({ a, b }) => x => a[0] + b[1] * x', 'f8', { env: { a: t, b: t } }).tables.length, 1)
})

// Captured functions of lanewise
const definition = define('(a, b) => a * b + 0.1')
const signatures = [
  { inputs: ['f4', 'f4'], outputs: ['f4'] },
  { inputs: ['f8', 'f8'], outputs: ['f8'] },
] as const
const signed = Object.assign(() => 0, { [kernelBrand]: { definition, signatures } })
const lazy = Object.assign(() => 0, {
  [kernelBrand]: () => define('({ k }) => a => a * k', { env: { k: 3 } }),
})
gives('({ f }) => (x, y) => f(x, y)', 'i2,i2', 'f4', { env: { f: signed } })
gives('({ f }) => (x, y) => f(x, y)', 'i4,i2', 'f8', { env: { f: signed } })
gives('({ f }) => (x, y) => f(x, 0.5)', 'f4,f4', 'f4', { env: { f: signed } })
gives('({ f }) => (x, y) => f(0.5, 2)', 'f4,f4', 'f8', { env: { f: signed } })
ok('({ f }) => (x, y) => f(x, y)', 'u1,u1->f8', [[3, 1, fround(3 + fround(0.1))]], { env: { f: signed } })
const mixed = Object.assign(() => 0, {
  [kernelBrand]: {
    definition,
    signatures: [
      { inputs: ['f4', 'f8'], outputs: ['f8'] },
      { inputs: ['f4', 'f4'], outputs: ['f4'] },
    ],
  },
})
gives('({ f }) => (x, y) => f(x, y)', 'f4,f4', 'f4', { env: { f: mixed } })
gives('({ f }) => x => f(x, x > 0)', 'f4', 'f8', { env: { f: mixed } })
gives('({ f }) => x => f(x)', 'u1', 'u1', { env: { f: lazy } })
ok('({ f }) => x => f(x)', 'u1->i4', [[200, 600]], { env: { f: lazy } })

test('a kernel of lanewise can be a kernel again', () => {
  const again = define(lazy, { name: 'again' })
  assert.is(again.name, 'again')
  const { kernel, tables } = infer(again, ['f8'])
  assert.equal(interpret(kernel, tables, [2]), [6])
})

test('a captured array is read anew too', () => {
  const c = [1, 2]
  const made = define('({ c, d }) => x => c[0] + d[1] * x', { env: { c, d: c } })
  c[0] = 0.5
  const [before, after] = [made, recapture(made)].map((d) => infer(d, ['f8']))
  assert.equal([before?.tables.length, after?.tables.length], [1, 1])
  assert.equal([Number(before?.tables[0]?.[0]), after?.tables[0]?.[0]], [1, 0.5])
})

test('captured values are read when the kernel is defined, and anew when asked', () => {
  const values = { k: 2 }
  const made = define('({ k }) => x => x * k', { env: () => values })
  values.k = 5
  const run = (d: typeof made) => {
    const { kernel, tables } = infer(d, ['f8'])
    return interpret(kernel, tables, [1])[0]
  }
  assert.equal([run(made), run(recapture(made)), run(recapture(made, { k: 7 })), run(made)], [2, 5, 7, 2])
})

// Parameters that may be left out
test('a parameter with a default may be left out', () => {
  const made = define('(x, k = 2, m = k * x) => x * k + m')
  assert.equal([made.arity, made.required], [3, 1])
  const results = ([['f8'], ['f8', 'f8'], ['f8', 'f8', 'f8']] as const).map((inputs) => {
    const { kernel, tables } = infer(made, inputs)
    return interpret(kernel, tables, [3, 5, 7].slice(0, inputs.length))[0]
  })
  assert.equal(results, [12, 30, 22])
})

// What compilers leave behind
const cov =
  'function (x) { cov_1a2b().f[0]++; cov_1a2b().s[0]++; return (cov_1a2b().b[0][0]++, x > 0) ? x : (cov_1a2b().s[1]++, -x) }'
ok(cov, 'f8', [[-2, 2]])
ok('x => { const f = u((v) => v * 2, "f"); return f(x) }', 'f8', [[2, 4]])
ok('x => __pow(x, 2) + (0, Math.abs)(x)', 'f8', [[-3, 12]])
ok('x => { const [a, b] = _slicedToArray([x, 2 * x], 2); return a + b }', 'f8', [[1, 3]])
ok(
  'x => { var a, b; return (a = x) > 0 && (b = 2), a > 0 ? a * b : !1 ? 1 : void 0 === a ? 5 : 1 / 0 }',
  'f8',
  [
    [2, 4],
    [-1, Infinity],
  ],
)
ok(
  'function (x) { var k = arguments.length > 1 && arguments[1] !== void 0 ? arguments[1] : 2; return x * k }',
  'f8',
  [[3, 6]],
)
ok(
  'function (x) { var k = arguments.length > 1 && arguments[1] !== void 0 ? arguments[1] : 2; return x * k }',
  'f8,f8',
  [[3, 5, 15]],
)
ok('x => { const m = (...v) => Math.max(...v, 0) + v.length; return m(x, 1) }', 'f8', [[3, 5]])

test('source text of every form is read', () => {
  const forms = [
    'x=>x+1',
    ' /* a */ (x) => { return x + 1 } // end',
    'function f(x) { return x + 1 };',
    'f(x) { return x + 1 }',
    '((x) => x + 1)',
  ]
  for (const form of forms) {
    const { kernel, tables } = infer(define(form), ['f8'])
    assert.equal(interpret(kernel, tables, [1]), [2], form)
  }
})

test.run()
