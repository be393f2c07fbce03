/**
 * One row an op and dtype for which wasm has an instruction: it is in the loop's body, the body has all the lanes, and what comes
 * out is what JavaScript computes (8-byte integers: the interpreter).
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Code, dtypes } from '../../src/dtype.ts'
import { compile } from '../../src/loops/compile.ts'
import { bind } from '../../src/loops/kernel/bind.ts'
import { castValue, leave, sameValue } from '../../src/loops/kernel/evaluate.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import type { Value } from '../../src/loops/kernel/ir.ts'
import type { CompileRequest } from '../../src/loops/loop.ts'
import { bodyOf, faults, requestOf } from './body.ts'
import { runLoop } from './run-loop.ts'

const floats = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  3,
  1e9,
  -1e9,
  2 ** 31,
  1e300,
  5e-324,
  Infinity,
  -Infinity,
  NaN,
]

/** Edges and some numbers between, as they are outside. */
function samples(code: Code): Value[] {
  const { kind, bytes, big } = dtypes[code]
  if (code === 'b1') return [false, true]
  if (kind === 'f') return floats.map((x) => castValue(code, x))
  const bits = BigInt(8 * bytes)
  const [lo, hi] = kind === 'i' ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n]
  const near = [
    0n,
    1n,
    2n,
    3n,
    7n,
    8n,
    100n,
    127n,
    hi / 2n,
    hi / 3n,
    hi - 1n,
    hi,
    -1n,
    -2n,
    -7n,
    -100n,
    lo + 1n,
    lo,
  ]
  const own = [...new Set(near)].filter((x) => x >= lo && x <= hi)
  return big ? own : own.map(Number)
}

/** Every value beside every other. */
function rowsOf(codes: readonly Code[]): Value[][] {
  return codes.reduce<Value[][]>(
    (rows, code) => rows.flatMap((row) => samples(code).map((value) => [...row, value])),
    [[]],
  )
}

type Kernel = (...args: never[]) => unknown

/** `plain` is what JavaScript computes where the kernel's products are more than its numbers hold. */
function check(
  instructions: string,
  types: string,
  kernel: Kernel,
  plain: Kernel = kernel,
  how: Partial<CompileRequest> = {},
): void {
  test(`${types} ${kernel} is ${instructions}`, () => {
    const request = { ...requestOf(types, kernel), ...how }
    const loop = compile(request)
    const body = bodyOf(request)
    const found = new Set([...body.matchAll(/\(([a-z]+\d+(?:x\d+)?\.\w+)/g)].map(([, name]) => name))
    for (const instruction of instructions.split(' '))
      assert.ok(found.has(instruction), `${instruction} is not among ${[...found].join(' ')}`)
    // Some steps of an op may be wider than its operands.
    const wider = faults(body, loop).filter((fault) => !fault.includes('lanes were claimed'))
    assert.equal(wider, [])
    const [out = 'f8'] = request.outputs
    const bound = bind(request.kernel, request.inputs, request.outputs)
    const rows = rowsOf(request.inputs)
    const made = runLoop(loop, [], rows, { class: 'vector', step: () => 1 })
    if ('failed' in made) throw assert.unreachable('a check failed')
    const exact = [...request.inputs, out].every((code) => !dtypes[code].big)
    rows.forEach((row, i) => {
      const got = made.columns[0]?.[i] ?? 0
      const [meant = 0] = interpret(bound, [], row)
      assert.ok(sameValue(meant, got), `${got} instead of ${meant}, of ${row}`)
      if (!exact) return
      const said = leave(out, castValue(out, plain(...(row as never[])) as Value))
      assert.ok(sameValue(said, got), `${got} instead of JavaScript's ${said}, of ${row}`)
    })
  })
}

const shapes = { f4: 'f32x4', f8: 'f64x2' } as const
for (const [c, shape] of Object.entries(shapes)) {
  const [one, two, truth] = [`${c}(${c})`, `${c}(${c},${c})`, `b1(${c},${c})`]
  check(`${shape}.add`, two, (x: number, y: number) => x + y)
  check(`${shape}.sub`, two, (x: number, y: number) => x - y)
  check(`${shape}.mul`, two, (x: number, y: number) => x * y)
  check(`${shape}.div`, two, (x: number, y: number) => x / y)
  check(`${shape}.neg`, one, (x: number) => -x)
  check(`${shape}.abs`, one, (x: number) => Math.abs(x))
  check(`${shape}.sqrt`, one, (x: number) => Math.sqrt(x))
  check(`${shape}.min`, two, (x: number, y: number) => Math.min(x, y))
  check(`${shape}.max`, two, (x: number, y: number) => Math.max(x, y))
  const onX86 = (instructions: string, types: string, kernel: Kernel) =>
    check(instructions, types, kernel, kernel, { x86: true })
  onX86(`${shape}.pmin v128.or`, two, (x: number, y: number) => Math.min(x, y))
  onX86(`${shape}.pmax v128.xor ${shape}.sub`, two, (x: number, y: number) => Math.max(x, y))
  onX86(`${shape}.pmin`, one, (x: number) => Math.min(x, 0))
  onX86(`${shape}.pmin v128.or`, one, (x: number) => Math.min(-0, x))
  onX86(`${shape}.pmin`, one, (x: number) => Math.min(1.5, x))
  onX86(`${shape}.pmax ${shape}.add`, one, (x: number) => Math.max(0, x))
  onX86(`${shape}.pmax`, one, (x: number) => Math.max(x, -0))
  onX86(`${shape}.pmax`, one, (x: number) => Math.max(-Infinity, x))
  check(`${shape}.floor`, one, (x: number) => Math.floor(x))
  check(`${shape}.ceil`, one, (x: number) => Math.ceil(x))
  check(`${shape}.trunc`, one, (x: number) => Math.trunc(x))
  check(`${shape}.eq`, truth, (x: number, y: number) => x === y)
  check(`${shape}.ne`, truth, (x: number, y: number) => x !== y)
  check(`${shape}.lt`, truth, (x: number, y: number) => x < y)
  check(`${shape}.le`, truth, (x: number, y: number) => x <= y)
  check(`${shape}.gt`, truth, (x: number, y: number) => x > y)
  check(`${shape}.ge`, truth, (x: number, y: number) => x >= y)
  check('v128.bitselect', two, (x: number, y: number) => (x <= y ? x : y))
  check(`${shape}.pmin`, two, (x: number, y: number) => (x < y ? x : y))
  check(`${shape}.pmax`, two, (x: number, y: number) => (x > y ? x : y))
  check(`${shape}.pmax`, two, (x: number, y: number) => (x < y ? y : x))
  check(`${shape}.pmin`, two, (x: number, y: number) => (x > y ? y : x))
}
check('f32x4.demote_f64x2_zero', 'f4(f8)', (x: number) => Math.fround(x))
check('f64x2.promote_low_f32x4', 'f8(f4)', (x: number) => x)

const ints: readonly [Code, string, 's' | 'u'][] = [
  ['i1', 'i8x16', 's'],
  ['u1', 'i8x16', 'u'],
  ['i2', 'i16x8', 's'],
  ['u2', 'i16x8', 'u'],
  ['i4', 'i32x4', 's'],
  ['u4', 'i32x4', 'u'],
  ['i8', 'i64x2', 's'],
  ['u8', 'i64x2', 'u'],
]
for (const [c, shape, s] of ints) {
  const wide = shape === 'i64x2'
  const [one, two, truth] = [`${c}(${c})`, `${c}(${c},${c})`, `b1(${c},${c})`]
  check(`${shape}.add`, two, (x: number, y: number) => x + y)
  check(`${shape}.sub`, two, (x: number, y: number) => x - y)
  check(
    shape === 'i8x16' ? 'i16x8.extmul_low_i8x16_u' : `${shape}.mul`,
    two,
    (x: number, y: number) => x * y,
    Math.imul,
  )
  check(`${shape}.neg`, one, (x: number) => -x)
  check('v128.and', two, (x: number, y: number) => x & y)
  check('v128.or', two, (x: number, y: number) => x | y)
  check('v128.xor', two, (x: number, y: number) => x ^ y)
  check('v128.not', one, (x: number) => ~x)
  check(`${shape}.shl`, one, (x: number) => x << 3)
  if (c === 'u4') check('i32x4.shr_u', one, (x: number) => x >>> 3)
  else check(wide && s === 's' ? 'i64x2.shr_u i32x4.shr_s' : `${shape}.shr_${s}`, one, (x: number) => x >> 3)
  check(`${shape}.eq`, truth, (x: number, y: number) => x === y)
  check(`${shape}.ne`, truth, (x: number, y: number) => x !== y)
  check(`${shape}.lt_${wide ? 's' : s}`, truth, (x: number, y: number) => x < y)
  check(`${shape}.ge_${wide ? 's' : s}`, truth, (x: number, y: number) => x >= y)
  if (s === 's') check(`${shape}.abs`, one, (x: number) => Math.abs(x))
  if (wide) continue
  check(`${shape}.min_${s}`, two, (x: number, y: number) => Math.min(x, y))
  check(`${shape}.max_${s}`, two, (x: number, y: number) => Math.max(x, y))
  check(`${shape}.min_${s}`, two, (x: number, y: number) => (x < y ? x : y))
}

// sums that stay at the end of the type's range
check('i8x16.add_sat_u', 'u1(u1,u1)', (x: number, y: number) => Math.min(255, x + y))
check('i8x16.add_sat_u', 'u1(u1,u1)', (x: number, y: number) => Math.max(0, Math.min(x + y, 255)))
check('i8x16.add_sat_u', 'u1(u1,u1)', (x: number, y: number) => (x + y > 255 ? 255 : x + y))
check('i8x16.sub_sat_u', 'u1(u1,u1)', (x: number, y: number) => Math.max(0, x - y))
check('i8x16.add_sat_s', 'i1(i1,i1)', (x: number, y: number) => Math.max(-128, Math.min(127, x + y)))
check('i8x16.sub_sat_s', 'i1(i1,i1)', (x: number, y: number) => Math.min(Math.max(x - y, -128), 127))
check('i16x8.add_sat_u', 'u2(u2,u2)', (x: number, y: number) => Math.min(x + y, 65535))
check('i16x8.sub_sat_u', 'u2(u2,u2)', (x: number, y: number) => Math.max(x - y, 0))
check('i16x8.add_sat_s', 'i2(i2,i2)', (x: number, y: number) => Math.max(-32768, Math.min(32767, x + y)))
check('i16x8.sub_sat_s', 'i2(i2,i2)', (x: number, y: number) => Math.max(-32768, Math.min(32767, x - y)))

// an outer bound that is nearer, or one that takes back what an inner one has cut off
check('i8x16.add_sat_s i8x16.min_s', 'i1(i1,i1)', (x: number, y: number) =>
  Math.min(100, Math.max(-128, Math.min(127, x + y))),
)
check('i16x8.sub_sat_s i16x8.max_s', 'i2(i2,i2)', (x: number, y: number) =>
  Math.max(-100, Math.min(32767, Math.max(-32768, x - y))),
)
check('i8x16.sub_sat_u i8x16.max_u', 'u1(u1,u1)', (x: number, y: number) =>
  Math.max(10, Math.min(255, Math.max(0, x - y))),
)

// means
for (const c of ['u1', 'u2'] as const) {
  const shape = c === 'u1' ? 'i8x16' : 'i16x8'
  check(`${shape}.avgr_u`, `${c}(${c},${c})`, (x: number, y: number) => (x + y + 1) >> 1)
  check(`${shape}.avgr_u`, `${c}(${c},${c})`, (x: number, y: number) => (x + y) >> 1)
}
for (const [c, shape] of ints.filter(([c]) => !dtypes[c].big)) {
  const halving = dtypes[c].bytes <= 2 ? `${shape}.avgr_u` : `v128.and v128.xor ${shape}.add`
  check(halving, `${c}(${c},${c})`, (x: number, y: number) => (x + y) / 2)
  check(halving, `${c}(${c},${c})`, (x: number, y: number) => Math.floor((x + y) / 8))
  check(halving, `${c}(${c},${c})`, (x: number, y: number) => Math.trunc((x + y) / 4))
}

// products of twice the width
check('i16x8.extmul_low_i8x16_u', 'i4(u1,u1)', (x: number, y: number) => x * y)
check('i32x4.extmul_low_i16x8_s', 'i4(i2,i2)', (x: number, y: number) => x * y)
check('i64x2.extmul_low_i32x4_u', 'u8(u4,u4)', (x: number, y: number) => x * y)
check('i64x2.shl i64x2.add', 'i8(i8)', (x: number) => x * 5)

// division: shifts, or floats that are wide enough
for (const c of ['i1', 'u1', 'i2', 'u2', 'i4', 'u4'] as const) {
  const float = dtypes[c].bytes === 4 ? 'f64x2' : 'f32x4'
  check(`${float}.div`, `${c}(${c},${c})`, (x: number, y: number) => Math.trunc(x / y))
  const down = dtypes[c].kind === 'i' ? 'floor' : 'trunc'
  check(`${float}.div ${float}.${down}`, `${c}(${c},${c})`, (x: number, y: number) => Math.floor(x / y))
  check(`${float}.div`, `${c}(${c},${c})`, (x: number, y: number) => (y === 0 ? 0 : (x % y) + 0))
  check(`${float}.div`, `${c}(${c})`, (x: number) => Math.trunc(x / 7))
}
check('i32x4.shr_s i32x4.shr_u', 'i4(i4)', (x: number) => Math.trunc(x / 16))
check('i32x4.shr_s i32x4.shr_u', 'i4(i4)', (x: number) => (x % 16) + 0)
check('i64x2.shr_u', 'i8(i8)', (x: number) => Math.trunc(x / 16))

// JavaScript's own idioms
check('i32x4.mul', 'i4(i4,i4)', (x: number, y: number) => Math.imul(x, y))
check('v128.load', 'i4(i4)', (x: number) => x | 0)
check('i32x4.shr_u', 'u4(i4)', (x: number) => x >>> 4)

// conversions
check('f64x2.convert_low_i32x4_s', 'f8(i4)', (x: number) => x + 0.5)
check('f64x2.convert_low_i32x4_u', 'f8(u4)', (x: number) => x + 0.5)
check('f32x4.convert_i32x4_s', 'f4(i2)', (x: number) => x)
check('i32x4.trunc_sat_f64x2_s_zero', 'i4(f8)', (x: number) => x)
check('i32x4.trunc_sat_f32x4_s', 'i4(f4)', (x: number) => x)
check('i16x8.extend_low_i8x16_u', 'i2(u1)', (x: number) => x)
check('i32x4.extend_low_i16x8_s', 'i4(i2)', (x: number) => x)
check('i64x2.extend_low_i32x4_u', 'i8(u4)', (x: number) => x)
check('i8x16.narrow_i16x8_u', 'u1(u2)', (x: number) => x)
check('i16x8.narrow_i32x4_u', 'u2(u4)', (x: number) => x)

test.run()
