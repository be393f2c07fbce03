/** Never run: this file compiles, or a test fails. What calls take and return. */
import type { NdArray } from 'ndarray'
import type { Result, Vectorize } from '../../src/vectorize/types.ts'

declare const vectorize: Vectorize
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function same<A, B>(..._: Equal<A, B> extends true ? [] : [A, 'is not', B]): void
declare const x: NdArray<Float64Array>,
  y: NdArray<Float64Array>,
  any: NdArray,
  f4: NdArray<Float32Array>,
  i4: NdArray<Int32Array>,
  u1: NdArray<Uint8Array>,
  out: NdArray<Float64Array>

const hypot = vectorize(['f4(f4,f4)', 'f8(f8,f8)'])((x, y) => Math.sqrt(x * x + y * y))
const add = vectorize(['i4(i4,i4)', 'f8(f8,f8)'], (x, y) => x + y, { identity: 0 })
const lazy = vectorize((x, y) => x * y + 1)
const divmod = vectorize(['UniTuple(f8,2)(f8,f8)'], (x, y) => {
  const q = Math.floor(x / y)
  return [q, x - q * y]
})
const sq = vectorize(['f4(f4)', 'f8(f8)'], (x) => x * x)
const fall = vectorize(
  ['f8(f8)'],
  ({ g, sq }) =>
    (t) =>
      0.5 * g * sq(t),
  { env: { g: 9.81, sq } },
)

const a = hypot(x, y)
same<typeof a, NdArray<Float64Array>>()
const b = hypot(f4, f4)
same<typeof b, NdArray<Float32Array>>()
const c = hypot(f4, 2)
same<typeof c, NdArray<Float32Array>>()
const d = hypot(1, 2)
same<typeof d, number>()
const e = hypot(x, y, out)
same<typeof e, NdArray<Float64Array>>()
const f = hypot(x, y, { out })
same<typeof f, NdArray<Float64Array>>()
const g = hypot(any, 1)
same<typeof g, NdArray<Float64Array> | NdArray<Float32Array>>()
const h = add(i4, u1)
same<typeof h, NdArray<Int32Array>>()
const i = add(i4, f4)
same<typeof i, NdArray<Float64Array>>()
const j = lazy(x, y)
same<typeof j, Result>()
const k = lazy(1, 2)
same<typeof k, number>()
const l = divmod(x, 2)
same<typeof l, [NdArray<Float64Array>, NdArray<Float64Array>]>()
const [q, r] = divmod(7, 2)
same<typeof q, number>()
const m = fall(x)
same<typeof m, NdArray<Float64Array>>()
const n = hypot([1, 2], [3, 4])
same<typeof n, NdArray<Float64Array>>()
const o = hypot(x, y, { where: true, casting: 'safe', order: 'C', dtype: 'f8' })

export { o, r }
