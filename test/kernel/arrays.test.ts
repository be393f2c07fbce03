/** Array parameters in the kernel language: they mean what the same code means to V8 on nested arrays. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { KernelSyntaxError } from '../../src/errors.ts'
import type { ArrayValue, Value } from '../../src/loops/kernel/ir.ts'
import { print } from '../../src/loops/kernel/print.ts'
import { verify } from '../../src/loops/kernel/verify.ts'
import { noIndex } from '../../src/outside.ts'
import { thrown } from '../thrown.ts'
import { arrayKernel, dense, interpreted } from './arrays.ts'

// biome-ignore lint/suspicious/noExplicitAny: kernels see arrays of numbers and rows of them
type Any = any

/** Runs a kernel on copies of these arrays and returns the operands from `from` on, as lists. */
function run(
  layout: string,
  signature: string,
  kernel: CallableFunction | string,
  operands: readonly (Value | ArrayValue)[],
): readonly (readonly number[])[] {
  const made = arrayKernel(layout, signature, kernel)
  assert.equal(verify(made.kernel), [])
  const outcome = interpreted(made, operands)
  if ('check' in outcome)
    assert.unreachable(`index ${outcome.index} of ${outcome.size}\n${print(made.kernel)}`)
  const arrays = operands
    .slice(made.inputs.length)
    .map((a) => (typeof a === 'object' ? [...a.data].map(Number) : []))
  const { results } = outcome as { results: readonly Value[] }
  return results.length > 0 ? [results.map(Number)] : arrays
}

const five = () => dense([5], [3, 1, 4, 1, 5])
const table = () => dense([2, 3], [1, 2, 3, 4, 5, 6])

test('elements, lengths, stores', () => {
  const kernel = (a: Any, out: Any) => {
    for (let i = 0; i < a.length; i++) out[i] = a[a.length - 1 - i] * 2
  }
  assert.equal(run('(n)->(n)', 'void(f8[:],f8[:])', kernel, [five(), dense([5])]), [[10, 2, 8, 2, 6]])
})

test('two indices, get, set and shape', () => {
  const kernel = (a: Any, out: Any) => {
    const [m, n] = a.shape
    for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out.set(j, i, a[i][j] + a.get(i, j) / 2)
  }
  const want = [[1.5, 6, 3, 7.5, 4.5, 9]]
  assert.equal(run('(m,n)->(n,m)', 'void(f8[:,:],f8[:,:])', kernel, [table(), dense([3, 2])]), want)
})

test('compound assignment and updates', () => {
  const kernel = (a: Any, out: Any) => {
    out[0] += a[0]
    out[0] *= 3
    out[1]++
    --out[1]
    ++out[2]
    out[3] = out[2]++
    out[4] = out[0] ||= 7
    out[4] &&= out[4] + 1
  }
  assert.equal(run('(n)->(n)', 'void(f8[:],f8[:])', kernel, [five(), dense([5])]), [[9, 0, 2, 1, 10]])
})

test('an assignment has the value that is assigned, not the element it became', () => {
  const kernel = (a: Any, narrow: Any, wide: Any) => {
    wide[0] = narrow[0] = a[0] + 0.5
    wide[1] = narrow[1] += 0.25
    wide[2] = ++narrow[2]
  }
  const operands = [dense([3], [300]), dense([3], [], 'u1'), dense([3])]
  const want = [
    [44, 0, 1],
    [300.5, 0.25, 1],
  ]
  assert.equal(run('(n)->(n),(n)', 'void(f8[:],u1[:],f8[:])', kernel, operands), want)
})

test('indices and values are found in the order of JavaScript', () => {
  const kernel = `(a, out) => {
    let i = 0
    out[i++] = i * 10
    out[i] = i = 3
    const row = a[i]
    i = 0
    out[2] = row + i
    ;[out[3], out[4]] = [out[4] + 1, out[0]]
    out[0] = out[1] + (out[1] = 5)
  }`
  assert.equal(run('(n)->(n)', 'void(f8[:],f8[:])', kernel, [five(), dense([5])]), [[8, 5, 1, 1, 10]])
})

test('rows are arrays, also for helpers, and stay the rows they were', () => {
  const kernel = (a: Any, out: Any) => {
    const sum = (row: Any) => {
      let s = 0
      for (const x of row) s += x
      return s
    }
    let k = 0
    for (const row of a) {
      out[k] = sum(row)
      k++
    }
    let i = 0
    const first = a[i]
    i = 1
    out[0] += 100 * first[2] + 1000 * sum(a[i])
  }
  assert.equal(run('(m,n)->(m)', 'void(f8[:,:],f8[:])', kernel, [table(), dense([2])]), [[15306, 15]])
})

test('helpers write into the arrays they are given', () => {
  const kernel = (a: Any, out: Any) => {
    const swap = (v: Any, i: number, j: number) => {
      const t = v[i]
      v[i] = v[j]
      v[j] = t
    }
    for (let i = 0; i < a.length; i++) out[i] = a[i]
    for (let i = 1; i < out.length; i++)
      for (let j = i; j > 0 && out[j - 1] > out[j]; j--) swap(out, j, j - 1)
  }
  assert.equal(run('(n)->(n)', 'void(f8[:],f8[:])', kernel, [five(), dense([5])]), [[1, 1, 3, 4, 5]])
})

test('numbers beside arrays; a result is written to [0] or returned', () => {
  const written = (a: Any, k: number, out: Any) => {
    out[0] = a[k] * k
  }
  const returned = (a: Any, k: number) => a[k] * k
  assert.equal(run('(n),()->()', 'void(f8[:],i4,f8[:])', written, [five(), 2, dense([1])]), [[8]])
  assert.equal(run('(n),()->()', 'f8(f8[:],i4)', returned, [five(), 2]), [[8]])
  const both = (a: Any) => [a[0], a.length]
  assert.equal(run('(n)->(),()', 'UniTuple(f8,2)(f8[:])', both, [five()]), [[3, 5]])
})

test('an early return leaves the kernel', () => {
  const kernel = (a: Any, out: Any) => {
    for (let i = 0; i < a.length; i++) {
      if (a[i] === 4) return
      out[i] = 1
    }
    out[0] = 7
  }
  assert.equal(run('(n)->(n)', 'void(f8[:],f8[:])', kernel, [five(), dense([5])]), [[1, 1, 0, 0, 0]])
})

test('three dimensions, negative and zero strides', () => {
  const kernel = (a: Any, out: Any) => {
    let s = 0
    for (let i = 0; i < a.shape[0]; i++) {
      const plane = a[i]
      for (let j = 0; j < plane.shape[0]; j++)
        for (let k = 0; k < plane[j].length; k++) s = s * 2 + plane[j][k]
    }
    out[0] = s
  }
  const a: ArrayValue = { data: Float64Array.of(1, 2, 3, 4), shape: [2, 2, 2], stride: [-2, 0, 1], offset: 2 }
  let want = 0
  for (const v of [3, 4, 3, 4, 1, 2, 1, 2]) want = want * 2 + v
  assert.equal(run('(a,b,c)->()', 'void(f8[:,:,:],f8[:])', kernel, [a, dense([1])]), [[want]])
})

test('stores cast as typed arrays do', () => {
  const kernel = (a: Any, out: Any) => {
    for (let i = 0; i < a.length; i++) out[i] = a[i] * 1.5
  }
  const a = dense([5], [200, -1, NaN, 1e10, 0.5])
  const want = Array.from(Uint8Array.from([300, -1.5, NaN, 1.5e10, 0.75]))
  assert.equal(run('(n)->(n)', 'void(f8[:],u1[:])', kernel, [a, dense([5], [], 'u1')]), [want])
  const truth = (a: Any, out: Any) => {
    for (let i = 0; i < a.length; i++) out[i] = a[i] > 0
  }
  const flags = [[1, 0, 0, 1, 1]]
  assert.equal(run('(n)->(n)', 'void(f8[:],b1[:])', truth, [a, dense([5], [], 'b1')]), flags)
})

const outside: readonly [string, string, number, number][] = [
  ['past the end', '(a, out) => { out[0] = a[a.length] }', 5, 5],
  ['below 0', '(a, out) => { out[0] = a[0 - a.length] }', -5, 5],
  ['a fraction', '(a, out) => { out[0] = a[a[0] / 2] }', noIndex, 5],
  ['NaN', '(a, out) => { out[0] = a[Math.sqrt(0 - a[0])] }', noIndex, 5],
  ['of a store', '(a, out) => { out[a[2] + 3] = 1 }', 7, 5],
  ['of a compound store', '(a, out) => { out[a[2] + 1] += 1 }', 5, 5],
  ['huge', '(a, out) => { out[0] = a[2 ** 40 + a[0]] }', 2 ** 40 + 3, 5],
]
for (const [what, kernel, index, size] of outside) {
  test(`an index outside is a failed check: ${what}`, () => {
    const made = arrayKernel('(n)->(n)', 'void(f8[:],f8[:])', kernel)
    const outcome = interpreted(made, [five(), dense([5])])
    assert.equal({ ...outcome, check: 0 }, { check: 0, index, size })
  })
}

test('each axis has its own check, and what is not evaluated does not fail', () => {
  const kernel = (a: Any, i: number, out: Any) => {
    out[0] = i < a.shape[0] && a[i][3] > 0 ? 1 : 2
  }
  const made = arrayKernel('(m,n),()->()', 'void(f8[:,:],i4,f8[:])', kernel)
  const checks = [
    interpreted(made, [table(), -1, dense([1])]),
    interpreted(made, [table(), 1, dense([1])]),
    interpreted(made, [table(), 9, dense([1])]),
  ].map((o) => ('check' in o ? made.kernel.checks[o.check]?.axis : 'fine'))
  assert.equal(checks, [0, 1, 'fine'])
})

const refused: readonly [string, string, RegExp, RegExp?][] = [
  ['(a, out) => { out[0] = a[-1] }', '2', /has no element -1: indices count from 0/, /a\[a\.length - 1\]/],
  ['(a, out) => { out[0] = a.get(-2) }', '2', /has no element -2/, /a\.length - 2/],
  ['(a, out) => { out[0] = a }', '2', /an array stands where a number is needed/, /a\[i\]/],
  ['(a, out) => { out = a }', '2', /is an array and is assigned again/],
  ['(a, out) => { out[0] = a.sum() }', '2', /an array has no property `sum`/, /length, shape/],
  ['(a, out) => { out.length = 3 }', '2', /this property of an array cannot be assigned/],
  ['(a, out) => { out[0] = a.get(1, 2) }', '2', /`get` takes 1 arguments here, not 2/, /a\.get\(i\)/],
  ['(a, out) => { out.set(1) }', '2', /`set` takes 2 arguments here, not 1/, /out\.set\(i, value\)/],
  ['(a, out) => a[0]', '2', /returns a value, but its outputs are parameters/, /out\[i\]/],
  ['(a, out) => { out[0] = a[0][1] }', '2', /a number cannot be indexed/],
  ['(a, out) => { const f = a.get; out[0] = f }', '2', /a function stands where a number is needed/],
  ['([x], out) => { out[0] = x }', '2', /a parameter of a kernel is an array, so it has a plain name/],
]
for (const [source, , message, hint] of refused) {
  test(`${source} is refused`, () => {
    const error = thrown(() => arrayKernel('(n)->(n)', 'void(f8[:],f8[:])', source))
    assert.ok(error instanceof KernelSyntaxError, `${error}`)
    assert.match(error.message, message)
    if (hint) assert.match(error.hint ?? '', hint)
  })
}

test('a row cannot be assigned as a whole', () => {
  const error = thrown(() =>
    arrayKernel('(m,n)->(m,n)', 'void(f8[:,:],f8[:,:])', '(a, out) => { out[0] = 1 }'),
  )
  assert.match(error.message, /a row cannot be assigned as a whole/)
})

test.run()
