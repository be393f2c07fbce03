/**
 * The programs by which Numba is usually introduced, as functions by `jit`. `arrays` are the shapes of float64 arguments, filled by
 * `fill` from the number of an element; `numbers` are the others. The twins are in peers/literature.py, under the same names.
 */
export const programs = [
  {
    name: 'sum of tanh, 2000x2000',
    key: 'sum_tanh',
    signature: 'f8(f8[:,:])',
    shape: [2000, 2000],
    kernel: (a) => {
      let s = 0
      for (let i = 0; i < a.shape[0]; i++) for (let j = 0; j < a.shape[1]; j++) s += Math.tanh(a[i][j])
      return s
    },
  },
  {
    name: 'sum2d, 2000x2000',
    key: 'sum2d',
    signature: 'f8(f8[:,:])',
    shape: [2000, 2000],
    kernel: (a) => {
      let s = 0
      for (let i = 0; i < a.shape[0]; i++) for (let j = 0; j < a.shape[1]; j++) s += a[i][j]
      return s
    },
  },
  {
    name: 'f(I, J): int(cos(log(1))) over 10000x10000',
    key: 'count',
    signature: 'i8(i8,i8)',
    numbers: [10000, 10000],
    kernel: (I, J) => {
      let s = 0
      for (let i = 0; i < I; i++) for (let j = 0; j < J; j++) s += Math.cos(Math.log(1)) | 0
      return s
    },
  },
  {
    name: 'the same over an array of ones, 2000x2000',
    key: 'count_array',
    signature: 'i8(f8[:,:])',
    shape: [2000, 2000],
    ones: true,
    kernel: (a) => {
      let s = 0
      for (let i = 0; i < a.shape[0]; i++)
        for (let j = 0; j < a.shape[1]; j++) s += Math.cos(Math.log(a[i][j])) | 0
      return s
    },
  },
  {
    name: 'pure_sum(1e8)',
    key: 'pure_sum',
    signature: 'i8(i8)',
    numbers: [1e8],
    kernel: (n) => {
      let s = 0
      for (let i = 0; i < n; i++) s += i
      return s
    },
  },
]

/** Element k of an array argument: from 0 to below 2, the same in Python. */
export const element = ({ ones }, k) => (ones ? 1 : (k % 1000) / 500)

/** The program ready to run: compiled on its first call. */
export function prepare(program, { jit, ones, empty }, plain = false) {
  const run = jit(program.signature, program.kernel)
  if (!program.shape) return () => run(...program.numbers)
  const size = program.shape.reduce((a, b) => a * b, 1)
  const data = new Float64Array(size)
  for (let k = 0; k < size; k++) data[k] = element(program, k)
  const a = plain
    ? { data, shape: program.shape, stride: [program.shape[1], 1], offset: 0 }
    : program.ones
      ? ones(program.shape, 'f8')
      : empty(program.shape, 'f8')
  if (!plain) a.data.set(data, a.offset)
  return () => run(a)
}
