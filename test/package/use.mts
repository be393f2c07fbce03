// The same as a strict TypeScript program.
import { type Ufunc, vectorize } from 'lanewise'
import ndarray from 'ndarray'

const hypot = vectorize(['f4(f4,f4)', 'f8(f8,f8)'])((x, y) => Math.sqrt(x * x + y * y))
const x = ndarray(new Float64Array([3, 5, 8, 20, 7, 9]), [2, 3])
const r = hypot(x, [4, 12, 15])
const data: Float64Array = r.data
const five: number = hypot(3, 4)
const any: Ufunc = hypot
console.log(r.shape.join('x'), [...data].join(' '), five, any.explain('f8(f8,f8)').lanes)
