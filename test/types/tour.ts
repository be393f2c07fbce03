/** Compiled, never run: the forms of use that the design promises, together, as one program of a user. */
import {
  arange,
  configure,
  type DType,
  free,
  jit,
  linspace,
  type Operand,
  plain,
  ready,
  resident,
  toArray,
  vectorize,
  zeros,
} from 'lanewise'
import ndarray from 'ndarray'
import { type F8, u1 } from './arrays.ts'
import { same } from './same.ts'

const hypot = vectorize(['f4(f4,f4)', 'f8(f8,f8)'])((x, y) => Math.sqrt(x * x + y * y))
const add = vectorize(['i4(i4,i4)', 'f8(f8,f8)'], (x, y) => x + y, { identity: 0 })
const lazy = vectorize((x, y) => x * y + 1)
const divmod = vectorize(['UniTuple(f8,2)(f8,f8)'], (x, y) => {
  const q = Math.floor(x / y)
  return [q, x - q * y]
})
const sq = jit(['f4(f4)', 'f8(f8)'], (x) => x * x)
const fall = vectorize(
  ['f8(f8)'],
  ({ g, sq }) =>
    (t) =>
      0.5 * g * sq(t),
  { env: { g: 9.81, sq } },
)

const x = ndarray(new Float64Array(6), [2, 3])
const y = ndarray(new Float64Array(6), [2, 3]).transpose(1, 0).step(-1, 1)
const out = zeros([2, 3], 'f8')
const where = u1
const signal = new AbortController().signal
const dtype: DType = 'float64'

hypot(x, y)
hypot(x, y, out)
hypot(x, y, { out })
hypot(x, y, { out, where, casting: 'same_kind', order: 'K', dtype, signature: 'f8(f8,f8)' })
hypot(x, y, { signature: ['f8', null, 'f8'] })

const fast = hypot.on('parallel')
same<typeof fast.nin, 2>()
const later = await hypot.async(x, y, { signal, onProgress: (done, total) => done / total })
same<typeof later, F8>()
const wat: string = hypot.inspect('wat')
const why = hypot.explain().notes.map(({ reason, line, column }) => `${line}:${column} ${reason}`)

await ready()
await (await fall.ready()).async(linspace(0, 1, 5))
configure({ target: 'js' })

{
  using a = hypot(resident(x), arange(0, 3))
  const nested = toArray(plain(a))
  free(resident(add(a, 1)))
  const [q, rest] = divmod(lazy(a, 2), [1, 2, 3])
  const sum: number = q.get(0) + rest.get(0)
  console.log(wat, why, nested, sum, fall(2).toFixed(1))
}

/** A function of a user that takes what lanewise takes. */
export function norm(...components: [Operand, Operand]): number {
  const length = hypot(...components)
  return typeof length === 'number' ? length : length.size
}
