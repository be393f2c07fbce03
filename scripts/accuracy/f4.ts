/**
 * The worst error of math functions on f4 against the same function on f8, whose error is far below the last place of f4: both are
 * computed and compared in one compiled loop, so that all 2^32 operands take about a minute.
 */
import { type Expr, type Kernel, op, type Stmt, set } from '../../src/loops/kernel/ir.ts'
import {
  abs,
  and,
  convert,
  div,
  fromBits,
  ge,
  max,
  min,
  mul,
  ne,
  not,
  or,
  pmax,
  pmin,
  select,
  shr,
  startBuild,
  sub,
  toBits,
  withType,
  xor,
} from '../../src/loops/kernel/math/build.ts'
import { type Op, opRow } from '../../src/loops/kernel/ops.ts'
import { functionLoop, kernelLoop } from '../../test/math/run-function.ts'
import { generator } from './inputs.ts'
import type { Worst } from './worst.ts'

/**
 * The error on f4 in units in the last place of the rounded result; infinite where the kind differs: NaN, or a sign. Infinities
 * count as 2^128.
 */
function errorKernel(name: Op): Kernel {
  const { arity } = opRow(name)
  const inputs = Array.from({ length: arity }, (_, operand): Expr => ({ kind: 'input', type: 'f4', operand }))
  const locals = inputs.map((_, k) => ({ type: 'f4' as const, name: `x${k}` }))
  const body: Stmt[] = []
  const supply = { locals: [...locals, { type: 'f8' as const, name: 'error' }], label: () => 0 }
  const b = withType(startBuild('f4', { fma: false, wide: true }, supply, body), 'f8')
  const x = inputs.map(b.let)
  const got = b.let(convert('f8', b.let(op(name, x))))
  const wide = x.map((e) => b.let(convert('f8', e)))
  const exact = b.let(op(name, wide))
  const finite = (e: Expr) => pmax(pmin(e, 2 ** 128), -(2 ** 128))
  const field = and(toBits(convert('f4', abs(exact))), 0x7f800000n)
  // 2^23 of the last place's units; those of subnormal numbers are all the same, and infinity's would be 2^104.
  const unit = convert('f8', fromBits(max(min(field, 0x7f000000n), 0x00800000n)))
  const apart = b.let(mul(div(abs(sub(finite(got), finite(exact))), unit), 2 ** 23))
  const signs = ne(shr(xor(toBits(got), toBits(exact)), 63n), 0n)
  const wrong = select(or(signs, not(ge(apart, 0))), b.number(Infinity), apart)
  const both = and(ne(got, got), ne(exact, exact))
  body.push(set(arity, select(both, b.number(0), wrong)))
  const { locals: all } = supply
  return {
    name,
    source: '',
    locals: all,
    nin: arity,
    outs: [arity],
    arrays: [],
    checks: [],
    body,
  }
}

const block = 1 << 15

/** Runs the error kernel over blocks of bit patterns that `fill` writes, until it says that there are no more. */
function sweep(name: Op, fma: boolean, fill: (columns: readonly Uint32Array[]) => boolean): Worst {
  const loop = kernelLoop(errorKernel(name), block, { fma })
  const errors = loop.output as Float64Array
  const columns = loop.inputs.map((c) => new Uint32Array(c.buffer, c.byteOffset, block))
  let [ulp, wrong] = [0, 0]
  let at: number[] = []
  while (fill(columns)) {
    loop.run(block)
    for (let i = 0; i < block; i++) {
      const error = errors[i] as number
      if (error <= ulp && error < Infinity) continue
      if (error === Infinity) wrong++
      if (error > ulp) {
        ulp = error
        at = loop.inputs.map((column) => Number(column[i]))
      }
    }
  }
  const [got = 0, want = 0] = (['f4', 'f8'] as const).map((type) => {
    const one = functionLoop(name, type, 1, { fma })
    at.forEach((x, k) => {
      const column = one.inputs[k]
      if (column) column[0] = x
    })
    one.run(1)
    return Number(one.output[0])
  })
  return { ulp, at, got, want, wrong }
}

/** A function of one argument over every `stride`-th bit pattern. */
export function measureSingle(name: Op, stride: number, fma: boolean): Worst {
  let start = 0
  return sweep(name, fma, ([patterns]) => {
    if (start >= 2 ** 32 || !patterns) return false
    // In 32 bits, which is what patterns have.
    for (let i = 0, pattern = start | 0; i < block; i++, pattern = (pattern + stride) | 0)
      patterns[i] = pattern
    start += block * stride
    return true
  })
}

const single = new Float32Array(1)
const bits = new Uint32Array(single.buffer)
const bitsOf = (x: number): number => {
  single[0] = x
  return bits[0] ?? 0
}

/** Where functions of two arguments turn: edges, powers of two, and their neighbours. */
const corners = [0, 1, 2, 3, 0.5, 1.5, 2 ** 24, 2 ** 127, 2 ** -126, 2 ** -149, Math.PI, 1e10, Infinity, NaN]
  .flatMap((x) => [bitsOf(x), bitsOf(x) + 1, bitsOf(x) - 1])
  .flatMap((x) => [x, (x ^ 0x80000000) >>> 0])

/** A function of two arguments over `count` pairs: corners, random bits, near 1, similar sizes, results of every size, and what cancels. */
export function measurePairs(name: Op, count: number, fma: boolean): Worst {
  const random = generator(name.length * 31)
  const any = () => Math.floor(random() * 2 ** 32)
  const number = (pattern: number): number => {
    bits[0] = pattern
    return single[0] ?? 0
  }
  const pair = (k: number): [number, number] => {
    if (k < corners.length ** 2)
      return [corners[k % corners.length] ?? 0, corners[Math.floor(k / corners.length)] ?? 0]
    const x = any()
    if (name === 'logaddexp' && k % 2 === 0) {
      // Next to where the result is 0.
      const at = -random() * Math.LN2
      return [bitsOf(at), bitsOf(Math.log1p(-Math.exp(Math.fround(at))))]
    }
    switch (name === 'ldexp' ? 4 : k % 4) {
      case 0:
        return [x, any()]
      case 1:
        return [
          bitsOf(1 + (random() - 0.5) / 2 ** (random() * 22)),
          bitsOf((random() - 0.5) * 2 ** (random() * 30)),
        ]
      case 2:
        return [x, bitsOf(number(x) * 2 ** (random() * 40 - 20))]
      case 3: {
        // Powers of every size; for the others any two numbers that are not far apart.
        const base = name === 'pow' ? x & 0x7fffffff : x
        const power = ((random() * 2 - 1) * 105) / Math.log2(Math.abs(number(base)) || 1)
        return [base, bitsOf(name === 'pow' ? power : number(base) + random())]
      }
      default:
        return [x, bitsOf(Math.trunc(random() * 600 - 300))]
    }
  }
  let done = 0
  return sweep(name, fma, ([first, second]) => {
    if (done >= count || !first || !second) return false
    for (let i = 0; i < block; i++) [first[i], second[i]] = pair(done + i) as [number, number]
    done += block
    return true
  })
}
