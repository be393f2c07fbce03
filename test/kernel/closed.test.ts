/** Loops that add up a counter, or what does not change, end as they would have: the interpreter runs them before and after. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Code } from '../../src/dtype.ts'
import { lower } from '../../src/loops/compile.ts'
import { closed } from '../../src/loops/kernel/closed.ts'
import { castValue, sameValue } from '../../src/loops/kernel/evaluate.ts'
import { infer } from '../../src/loops/kernel/infer.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import type { Kernel, Value } from '../../src/loops/kernel/ir.ts'
import { define } from '../../src/loops/kernel/parse.ts'
import { print } from '../../src/loops/kernel/print.ts'
import { simplify } from '../../src/loops/kernel/simplify.ts'
import { verify } from '../../src/loops/kernel/verify.ts'

const loops = (kernel: Kernel) => print(kernel).match(/loop /g)?.length ?? 0

/** How many loops are left, and what runs. `m` is where counters start, `n` where they end, `x` any number. */
const kernels: readonly [number, string][] = [
  [0, 'for (let i = 0; i < n - m; i++) s += i'],
  [0, 'for (let i = m; i < n; i++) s += i'],
  [0, 'for (let i = m; i <= n; i++) s -= i'],
  [0, 'let i = m; for (; i < n; i++) s = x + s\ns += i * 1000'],
  [0, 'for (let i = m; i < n; i++) { s += x * 3; t = i + t; }\ns = s * 7 + t'],
  [1, 'let i = m; while (i < n) { s -= 5; i++ }\ns ^= i'],
  [1, 'for (let k = 0; k < 3; k++) for (let i = m; i < n; i++) s += i + 0 * k'],
  [1, 'for (let i = m; i < n; i++) s += 2 * i'],
  [1, 'for (let i = m; i < n; i += 2) s += i'],
  [1, 'for (let i = m; i < n; i++) { s += i; s += t }'],
  [1, 'for (let i = m; i < n; i++) { s += t; t += 1 }'],
  [1, 'for (let i = m; i < n; i++) s = t - s'],
]
const wide = 2n ** 63n
const starts: readonly Value[] = [0n, -3n, 100n, 250n, 32760n, 2n ** 31n - 9n, wide - 30n, -wide]

for (const [left, text] of kernels)
  test(`${text.replaceAll('\n', '; ')}`, () => {
    for (const type of ['i1', 'u1', 'i2', 'i4', 'u4', 'i8', 'u8'] as const satisfies readonly Code[]) {
      const source = `(m, n, x) => { let s = x | 0, t = 1\n${text}\nreturn s }`
      const { kernel, tables } = infer(define(source), [type, type, type], [type])
      const before = simplify(kernel)
      const after = closed(before)
      assert.equal(verify(after), [])
      if (type === 'i4') assert.is(loops(after), left, print(after))
      const whole = lower({
        kernel,
        tables,
        inputs: [type, type, type],
        outputs: [type],
        simd: true,
      } as never)
      for (const start of starts)
        for (const many of [-2n, 0n, 1n, 2n, 7n, 20n]) {
          const m = castValue(type, start)
          const n = castValue(type, (start as bigint) + many)
          // Of u8, `n - m` is never negative, and nothing is above the largest: these would not end.
          if (type === 'u8' && (start === -3n || many < 0n)) continue
          // Wrapped at its end, a range would be very long.
          if (BigInt(n as bigint) - BigInt(m as bigint) !== many) continue
          const row = [m, n, castValue(type, 77n)]
          const [want] = interpret(before, tables, row, { steps: 1e5 })
          for (const made of [after, whole]) {
            const [got] = interpret(made, tables, row, { steps: 1e5 })
            if (want === undefined || got === undefined || !sameValue(want, got))
              assert.unreachable(`${type} ${row}: ${got}, not ${want}\n${print(before)}\n${print(made)}`)
          }
        }
    }
  })

test('a formula takes the place of a long loop, and explain() says so', () => {
  const { kernel } = infer(
    define('(n) => { let s = 0; for (let i = 0; i < n; i++) s += i; return s }'),
    ['i8'],
    ['i8'],
  )
  const after = closed(simplify(kernel))
  assert.equal(interpret(after, [], [100000000n], { steps: 100 }), [4999999950000000n])
  assert.match(after.notes?.at(-1)?.reason ?? '', /a loop is not run/)
})

test.run()
