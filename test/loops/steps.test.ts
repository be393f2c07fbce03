/** Loads at every step: the right elements, and none before the first or behind the last, at both ends of a memory. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { codes, dtypes } from '../../src/dtype.ts'
import { compile } from '../../src/loops/compile.ts'
import { infer } from '../../src/loops/kernel/infer.ts'
import { define } from '../../src/loops/kernel/parse.ts'

const pageBytes = 65536
const contextAt = 1024
const outAt = 8192
const steps = [-4, -3, -2, -1, 1, 2, 3, 4, 5, 6]

for (const code of codes) {
  test(`${code}: steps from ${steps[0]} to ${steps.at(-1)}`, () => {
    const { kernel } = infer(
      define((x: number) => x),
      [code],
      [code],
    )
    const loop = compile({ kernel, inputs: [code], outputs: [code], simd: true })
    const { array, bytes } = dtypes[code]
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true })
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(loop.shared as BufferSource), {
      env: { memory },
    })
    const run = exports.strided as (...args: number[]) => number
    const all = new array(memory.buffer)
    const perStep = loop.lanes * loop.interleave
    const lengths = [1, perStep - 1, perStep, perStep + 1, 3 * perStep - 1].filter((n) => n > 0)
    for (const step of steps) {
      for (const n of lengths) {
        const span = (n - 1) * Math.abs(step)
        // At address 0, and so that the last element is the memory's last: a load beyond it traps.
        for (const low of [0, (2 * pageBytes) / bytes - 1 - span]) {
          const value = (i: number) => (code === 'b1' ? (i % 3) & 1 : (7 * i + 1) % 120)
          for (let i = 0; i < n; i++) {
            const at = low + (step < 0 ? span : 0) + i * step
            all[at] = (dtypes[code].big ? BigInt(value(i)) : value(i)) as number
          }
          const first = low + (step < 0 ? span : 0)
          assert.is(run(contextAt, n, first * bytes, step * bytes, outAt, bytes), 0)
          const got = Array.from(all.subarray(outAt / bytes, outAt / bytes + n) as Float64Array, Number)
          assert.equal(
            got,
            Array.from({ length: n }, (_, i) => value(i)),
            `step ${step}, ${n} elements from ${low}`,
          )
        }
      }
    }
  })
}

test.run()
