/** Compiled, never run: each marked line must be an error of TypeScript, with nothing else on it that could be one. */
import { jit, vectorize } from 'lanewise'
import { f8, i4 } from './arrays.ts'

const hypot = vectorize(['f4(f4,f4)', 'f8(f8,f8)'], (x, y) => Math.sqrt(x * x + y * y))

// arity
// @ts-expect-error two inputs
hypot(f8)
// @ts-expect-error two inputs, one output, options
hypot(f8, f8, f8, f8)
// @ts-expect-error the kernel has one parameter too many
vectorize(['f8(f8)'], (x, y) => x + y)
// @ts-expect-error likewise, curried
vectorize(['f8(f8)'])((x, y) => x + y)
// @ts-expect-error likewise, NumPy's letters
vectorize('d->d', (x, y) => x + y)

// operands
// @ts-expect-error text is no operand
hypot(f8, 'x')
// @ts-expect-error nor is a record without strides
hypot(f8, { data: new Float64Array(1), shape: [1] })
// @ts-expect-error a number cannot be written into
hypot(f8, f8, 1)

// what a kernel returns
// @ts-expect-error text is no result
vectorize(['f8(f8)'], (x) => `${x}`)
// @ts-expect-error two results are needed
vectorize(['UniTuple(f8,2)(f8)'], (x) => x)
// @ts-expect-error three are too many
vectorize(['UniTuple(f8,2)(f8)'], (x) => [x, x, x])

// captured values
// @ts-expect-error not a factory although env is given
vectorize(['f8(f8)'], (x) => x + 1, { env: { g: 1 } })
const withG = vectorize(['f8(f8)'], { env: { g: 1 } })
withG(
  // @ts-expect-error no such value
  ({ h }) =>
    (t) =>
      t * h,
)

// options
// @ts-expect-error unknown option of a definition
vectorize(['f8(f8)'], (x) => x, { parallel: true })
// @ts-expect-error unknown option of a call
hypot(f8, f8, { ouut: f8 })
// @ts-expect-error unknown dtype
hypot(f8, f8, { dtype: 'f9' })
// @ts-expect-error unknown casting
hypot(f8, f8, { casting: 'same-kind' })

// results
// @ts-expect-error a scalar has no shape
hypot(1, 2).shape
// @ts-expect-error a promise has no shape
hypot.on('gpu')(f8, f8).shape
// @ts-expect-error i4 is f8 here
hypot(i4, i4).data satisfies Int32Array
// @ts-expect-error jit has no outputs
jit(['f8(f8)'], (x) => x)(f8, f8)
