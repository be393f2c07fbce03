// The ready-made functions, as a strict TypeScript program.
import { vectorize } from 'lanewise'
import { exp2, frexp } from 'lanewise/math'
import { add, divide, floor_divide, less, power, remainder } from 'lanewise/ufuncs'

const x = Int32Array.of(7, -7, 7)
const y = Int32Array.of(2, 2, -2)
const quotient: Int32Array = floor_divide(x, y).data
const ratio: Float64Array = divide(x, y).data
const mask: Uint8Array = less(x, y).data
const bins = new Float64Array(3)
add.at(bins, [0, 0, 2], 1)
const squared = vectorize(
  ['i4(i4,i4)'],
  ({ floor_divide, power }) =>
    (x, y) =>
      power(floor_divide(x, y), 2),
  {
    env: { floor_divide, power },
  },
)
const doubled = vectorize(
  ['f8(f8)'],
  ({ exp2 }) =>
    (x) =>
      exp2(x),
  { env: { exp2 } },
)
const [mantissa, exponent]: [number, number] = frexp(48)
const lists = [
  quotient,
  remainder(x, y).data,
  ratio,
  mask,
  power(x, 3).data,
  bins,
  squared(x, y).data,
  doubled([1, 10]).data,
  [mantissa, exponent],
]
console.log(
  lists.map((list) => [...list].join(' ')).join(', '),
  power(2, 10),
  add.outer(x, y).shape.join('x'),
)
