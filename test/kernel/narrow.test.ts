/** Narrowed kernels compute the same bits; the lanes that people expect come out. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Code, codes } from '../../src/dtype.ts'
import { bind } from '../../src/loops/kernel/bind.ts'
import { isInt } from '../../src/loops/kernel/evaluate.ts'
import {
  cast,
  constant,
  type Expr,
  type Kernel,
  local,
  op,
  type Stmt,
  set,
  visit,
} from '../../src/loops/kernel/ir.ts'
import { narrow } from '../../src/loops/kernel/narrow.ts'
import { print } from '../../src/loops/kernel/print.ts'
import { simplify } from '../../src/loops/kernel/simplify.ts'
import { assertSame } from './preserves.ts'
import { randomKernel, valuesOf } from './random-kernel.ts'

const whole = (kernel: Kernel): Kernel => simplify(narrow(simplify(kernel)))

test('random kernels: every bit stays', () => {
  let changed = 0
  fc.assert(
    fc.property(randomKernel({ tables: true }), (k) => {
      const after = narrow(k.kernel)
      assertSame(k.kernel, after, k)
      assertSame(k.kernel, whole(k.kernel), k)
      if (print(after) !== print(k.kernel)) changed++
    }),
    { numRuns: 1500 },
  )
  assert.ok(changed > 100, 'and the test has met kernels that become narrower')
})

test('random kernels of ints, between narrow operands and results: every bit stays', () => {
  let wide = 0
  let left = 0
  const count = (kernel: Kernel): number => {
    let found = 0
    visit(kernel.body, (e) => {
      if (e.kind === 'op' && e.args[0]?.type === 'i8') found++
    })
    return found
  }
  const memory = fc.array(fc.constantFrom<Code>(...codes.filter((c) => c !== 'i8' && c !== 'u8')), {
    minLength: 5,
    maxLength: 5,
  })
  const cases = fc
    .tuple(randomKernel({ types: ['i8', 'i8', 'i8', 'b1', 'u1', 'i4'], elements: 1, tables: true }), memory)
    .chain(([{ kernel, tables }, types]) => {
      const inputs = types.slice(0, kernel.nin)
      const bound = bind(kernel, inputs, types.slice(kernel.nin, kernel.nin + kernel.outs.length))
      const row = fc.tuple(...inputs.map(valuesOf))
      return fc.array(row, { minLength: 4, maxLength: 4 }).map((rows) => ({ bound, tables, rows }))
    })
  fc.assert(
    fc.property(cases, ({ bound, tables, rows }) => {
      const after = whole(bound)
      assertSame(bound, after, { tables, rows })
      wide += count(simplify(bound))
      left += count(after)
    }),
    { numRuns: 2500 },
  )
  assert.ok(left < 0.7 * wide, `${left} of ${wide} ops stay 8 bytes wide`)
})

const i8 = 'i8' as Code
const int = (v: number) => constant(i8, BigInt(v))
/** Parameter k, as an int. */
const arg = (type: Code, k: number) => cast(i8, local(type, k))
const letters = 'abcdefgh'

/** Parameters, locals of type int, one result; the last statements set it. */
function kernel(params: readonly Code[], ints: number, result: Code, body: readonly Stmt[]): Kernel {
  const locals = [...params, ...Array.from({ length: ints }, () => i8)].map((type, k) => ({
    type,
    name: letters[k] ?? '?',
  }))
  return {
    name: 'k',
    source: '',
    locals: [...locals, { type: result, name: 'r' }],
    nin: params.length,
    outs: [locals.length],
    arrays: [],
    checks: [],
    body,
  }
}

function becomes(params: readonly Code[], result: Code, value: Expr, text: string): void {
  const k = kernel(params, 0, result, [set(params.length, cast(result, value))])
  const lines = print(whole(bind(k, params, [result]))).split('\n')
  assert.is(lines.slice(1, -2).join('\n').replaceAll('  ', ''), text)
}

const two = (type: Code): [Expr, Expr] => [arg(type, 0), arg(type, 1)]

test('sums that are stored narrow are computed narrow', () => {
  becomes(['i4', 'i4'], 'i4', op('add', two('i4')), 'out:i4 = input0:i4 + input1:i4')
  becomes(['u1', 'u1'], 'u1', op('add', two('u1')), 'out:u1 = input0:u1 + input1:u1')
  becomes(['i8', 'i8'], 'i8', op('add', two('i8')), 'out:i8 = input0:i8 + input1:i8')
  becomes(['i8', 'i8'], 'i2', op('mul', two('i8')), 'out:i2 = i2(input0:i8) * i2(input1:i8)')
  becomes(['i1', 'i4'], 'i4', op('add', [arg('i1', 0), arg('i4', 1)]), 'out:i4 = i4(input0:i1) + input1:i4')
})

test('what goes through a wider sum is one narrow op', () => {
  const sum = op('add', two('u1'))
  becomes(['u1', 'u1'], 'u1', op('min', [int(255), sum]), 'out:u1 = addSat(input0:u1, input1:u1)')
  const up = op('shr', [op('add', [sum, int(1)]), int(1)])
  becomes(['u1', 'u1'], 'u1', up, 'out:u1 = rhadd(input0:u1, input1:u1)')
  const mean = op('div', [op('add', two('i4')), int(2)])
  becomes(['i4', 'i4'], 'i4', mean, 'out:i4 = zhadd(input0:i4, input1:i4)')
})

test('random clamps, means and shifts of sums of narrow operands: every bit stays, and many are one narrow op', () => {
  const ends = { u1: [0, 255], i1: [-128, 127], u2: [0, 65535], i2: [-32768, 32767] } as const
  const types = fc.constantFrom('u1' as const, 'i1' as const, 'u2' as const, 'i2' as const)
  const cases = fc.tuple(types, types, fc.boolean()).chain(([type, result, minus]) => {
    const [lo, hi] = ends[type]
    const bound = fc.constantFrom(lo, hi, lo, hi, lo - 1, hi + 1, lo + 100, hi - 100)
    const clamp = fc.tuple(fc.constantFrom('min', 'max'), bound)
    const other = fc.tuple(fc.constantFrom('add', 'shr', 'div', 'floordiv'), fc.constantFrom(1, 2, 4))
    const steps = fc.array(fc.oneof({ weight: 4, arbitrary: clamp }, other), { minLength: 1, maxLength: 4 })
    const rows = fc.array(fc.tuple(valuesOf(type), valuesOf(type)), { minLength: 16, maxLength: 16 })
    return fc.tuple(steps, rows).map(([list, values]) => {
      const value = list.reduce<Expr>(
        (e, [name, by]) => op(name, [e, int(by)]),
        op(minus ? 'sub' : 'add', two(type)),
      )
      const k = kernel([type, type], 0, result, [set(2, cast(result, value))])
      return { bound: bind(k, [type, type], [result]), tables: [], rows: values }
    })
  })
  let found = 0
  fc.assert(
    fc.property(cases, (k) => {
      const after = whole(k.bound)
      assertSame(k.bound, after, k)
      if (/Sat|hadd/.test(print(after))) found++
    }),
    { numRuns: 4000 },
  )
  assert.ok(found > 100, `${found} idioms`)
})

test('what looks at whole values gets the type that holds them', () => {
  const [sum, product] = [op('add', two('u1')), op('mul', two('u1'))]
  becomes(
    ['u1', 'u1'],
    'u1',
    op('min', [int(254), sum]),
    'out:u1 = u1(min(u2(input0:u1) + u2(input1:u1), 254:u2))',
  )
  becomes(
    ['u1', 'u1'],
    'u1',
    op('shr', [product, int(1)]),
    'out:u1 = u1(u2(input0:u1) * u2(input1:u1) >> 1:u2)',
  )
  becomes(
    ['u1', 'u1'],
    'u1',
    op('div', [op('sub', two('u1')), int(2)]),
    'out:u1 = u1((i2(input0:u1) - i2(input1:u1)) / 2:i2)',
  )
  becomes(
    ['u1', 'u1'],
    'u1',
    op('div', [product, int(2)]),
    'out:u1 = u1(u2(input0:u1) * u2(input1:u1) >> 1:u2)',
  )
  becomes(['i4', 'i4'], 'b1', op('lt', two('i4')), 'out:b1 = input0:i4 < input1:i4')
  becomes(['u1', 'i2'], 'b1', op('lt', [arg('u1', 0), arg('i2', 1)]), 'out:b1 = i2(input0:u1) < input1:i2')
  becomes(['i1'], 'i2', op('abs', [arg('i1', 0)]), 'out:i2 = abs(i2(input0:i1))')
  becomes(['u1'], 'b1', op('lt', [arg('u1', 0), int(256)]), 'out:b1 = true')
})

test('the mean of two i4 goes through f8, never through i8', () => {
  const mean = op('div', [cast('f8', op('add', two('i4'))), constant('f8', 2)])
  becomes(['i4', 'i4'], 'i4', mean, 'out:i4 = i4((f8(input0:i4) + f8(input1:i4)) * 0.5:f8)')
  becomes(
    ['u1', 'u1'],
    'u1',
    op('div', [cast('f8', op('add', two('u1'))), constant('f8', 2)]),
    'out:u1 = u1(f8(u2(input0:u1) + u2(input1:u1)) * 0.5:f8)',
  )
  const product = op('sub', [op('mul', two('i2')), op('mul', [arg('i4', 2), arg('i2', 1)])])
  becomes(
    ['i2', 'i2', 'i4'],
    'f8',
    product,
    'b:i2 = input1:i2\nout:f8 = f8(i4(input0:i2) * i4(b)) - (f8(input2:i4) * f8(b) + 0:f8)',
  )
})

test('an i8 that is full stays one; a use that needs little of it does not', () => {
  const mixed = op('xor', [arg('i8', 0), op('shr', [arg('i8', 0), int(7)])])
  becomes(['i8'], 'i8', mixed, 'a:i8 = input0:i8\nout:i8 = a ^ a >> 7:i8')
  becomes(['i4'], 'i4', op('and', [arg('i4', 0), int(15)]), 'out:i4 = input0:i4 & 15:i4')
  becomes(['i4'], 'u1', op('and', [arg('i4', 0), int(15)]), 'out:u1 = u1(input0:i4) & 15:u1')
})

const times = (id: number, n: number, inside: readonly Stmt[]): Stmt[] => [
  set(id, int(0)),
  {
    kind: 'loop',
    label: 0,
    body: [
      { kind: 'if', cond: op('ge', [local(i8, id), int(n)]), then: [{ kind: 'break', label: 0 }], else: [] },
      ...inside,
    ],
    update: [set(id, op('add', [local(i8, id), int(1)]))],
  },
]

test('counters and sums in loops', () => {
  const sum = set(2, op('add', [local(i8, 2), op('mul', [arg('i4', 0), local(i8, 1)])]))
  const k = kernel(['i4'], 2, 'i4', [...times(1, 50, [sum]), set(3, cast('i4', local(i8, 2)))])
  assert.is(
    print(whole(bind(k, ['i4'], ['i4']))),
    `k(a:i4) -> (out:i4) {
  a:i4 = input0:i4
  b:i4 = 0:i4
  loop L0 {
    if b >= 50:i4 {
      break L0
    }
    c:i4 = c + a * b
  } update {
    b:i4 = b + 1:i4
  }
  out:i4 = c
}
`,
  )
  const halves = kernel(['f8'], 2, 'f8', [...times(1, 50, []), set(3, cast('f8', local(i8, 1)))])
  const beside = whole(bind(halves, ['f8'], ['f8'])).locals.map((l) => `${l.name}:${l.type}`)
  assert.ok(beside.includes('b:i4'), 'a counter beside f8 has 4 bytes')
  const steps = kernel(['u1'], 1, 'u1', [...times(1, 50, []), set(2, cast('u1', local(i8, 1)))])
  const types = whole(bind(steps, ['u1'], ['u1'])).locals.map((l) => `${l.name}:${l.type}`)
  assert.ok(types.includes('b:i1'), 'a counter that is stored narrow, where nothing is wide, is narrow')
})

test('nothing is left 8 bytes wide in a kernel of small ints', () => {
  const blend = op('shr', [
    op('add', [
      op('add', [
        op('mul', [arg('u1', 0), arg('u1', 2)]),
        op('mul', [arg('u1', 1), op('sub', [int(255), arg('u1', 2)])]),
      ]),
      int(128),
    ]),
    int(8),
  ])
  const k = kernel(['u1', 'u1', 'u1'], 0, 'u1', [set(3, cast('u1', blend))])
  const after = whole(bind(k, ['u1', 'u1', 'u1'], ['u1']))
  visit(after.body, (e) => assert.not(isInt(e.type) && (e.type === 'i8' || e.type === 'u8')))
})

test.run()
