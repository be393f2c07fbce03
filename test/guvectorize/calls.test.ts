/** Gufuncs people know, against plain JavaScript on nested loops: random loop shapes, strides, axes, dtypes; NumPy's words where they are wrong. */
import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  AxisError,
  BoundsError,
  CastingError,
  CoreDimensionError,
  KernelSyntaxError,
  NoLoopError,
  OptionError,
  SignatureError,
} from '../../src/errors.ts'
import { guvectorize, plain, ready, resident, toArray } from '../../src/index.ts'
import { thrown } from '../thrown.ts'

// biome-ignore lint/suspicious/noExplicitAny: arguments and results of every kind are the subject here
type Any = any

await ready()

const f8 = (shape: readonly number[], fill: (i: number) => number = (i) => i + 1) =>
  ndarray(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => fill(i)),
    [...shape],
  )
const values = (x: Any): Any => toArray(x)

const targets = ['cpu', 'js'] as const

const functions = (target: string): Record<string, Any> => ({
  matmul: guvectorize(
    ['void(f8[:,:],f8[:,:],f8[:,:])'],
    '(m,n),(n,p)->(m,p)',
    (a, b, out) => {
      for (let i = 0; i < a.shape[0]; i++)
        for (let j = 0; j < b.shape[1]; j++) {
          let s = 0
          for (let k = 0; k < a.shape[1]; k++) s += a[i][k] * b[k][j]
          out[i][j] = s
        }
    },
    { target, name: 'matmul' },
  ),
  inner1d: guvectorize(
    ['void(i4[:],i4[:],i4[:])', 'void(f8[:],f8[:],f8[:])'],
    '(n),(n)->()',
    (a, b, out) => {
      for (let i = 0; i < a.length; i++) out[0] += a[i] * b[i]
    },
    { target, name: 'inner1d' },
  ),
  cumsum: guvectorize(
    '(n)->(n)',
    (a, out) => {
      let s = 0
      for (let i = 0; i < a.length; i++) {
        s += a[i]
        out[i] = s
      }
    },
    { target, name: 'cumsum' },
  ),
  conv1d: guvectorize(
    'void(f8[:],f8[:],f8[:])',
    '(m),(n)->(m+n-1)',
    (a, b, out) => {
      for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) out[i + j] += a[i] * b[j]
    },
    { target, name: 'conv1d' },
  ),
  cross: guvectorize(
    ['void(f8[:],f8[:],f8[:])'],
    '(3),(3)->(3)',
    (a, b, out) => {
      for (let i = 0; i < 3; i++) out[i] = a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3]
    },
    { target, name: 'cross' },
  ),
  pdist: guvectorize(
    ['void(f8[:,:],f8[:])'],
    '(n,d)->(n*(n-1)/2)',
    (x, out) => {
      let k = 0
      for (let i = 0; i < x.shape[0]; i++)
        for (let j = i + 1; j < x.shape[0]; j++) {
          let s = 0
          for (let c = 0; c < x.shape[1]; c++) s += (x[i][c] - x[j][c]) ** 2
          out[k++] = Math.sqrt(s)
        }
    },
    { target, name: 'pdist' },
  ),
  sort: guvectorize(
    '(n)->(n)',
    (a, out) => {
      for (let i = 0; i < a.length; i++) {
        let j = i
        for (; j > 0 && out[j - 1] > a[i]; j--) out[j] = out[j - 1]
        out[j] = a[i]
      }
    },
    { target, name: 'sort' },
  ),
  minmax: guvectorize(
    '(n)->(),()',
    (a) => {
      let lo = a[0]
      let hi = a[0]
      for (const x of a) {
        lo = Math.min(lo, x)
        hi = Math.max(hi, x)
      }
      return [lo, hi]
    },
    { target, name: 'minmax' },
  ),
  flexible: guvectorize(
    'void(f8[:,:],f8[:,:],f8[:,:])',
    '(n?,k),(k,m?)->(n?,m?)',
    (a, b, out) => {
      for (let i = 0; i < a.shape[0]; i++)
        for (let j = 0; j < b.shape[1]; j++) for (let k = 0; k < b.length; k++) out[i][j] += a[i][k] * b[k][j]
    },
    { target, name: 'flexible' },
  ),
  stretched: guvectorize(
    '(n|1),(n|1)->(n)',
    (a, b, out) => {
      for (let i = 0; i < out.length; i++) out[i] = a[i] * 10 + b[i]
    },
    { target, name: 'stretched' },
  ),
})

for (const target of targets) {
  const g = functions(target)

  test(`${target}: products of matrices, alone, stacked, stretched`, () => {
    const a = f8([2, 3])
    const b = f8([3, 2], (i) => i - 2)
    assert.equal(values(g.matmul(a, b)), [
      [4, 10],
      [4, 19],
    ])
    const stack = g.matmul(f8([4, 1, 2, 3]), f8([5, 3, 2]))
    assert.equal(stack.shape, [4, 5, 2, 2])
    assert.is(stack.get(1, 2, 1, 0), 10 * 13 + 11 * 15 + 12 * 17)
    assert.equal(values(g.matmul(f8([2, 0]), f8([0, 2]))), [
      [0, 0],
      [0, 0],
    ])
    assert.equal(g.matmul(f8([0, 2, 3]), f8([3, 2])).shape, [0, 2, 2])
  })

  test(`${target}: the loop is found by dtypes; inputs cast safely, outputs to what is given`, () => {
    const ints = Int32Array.of(1, 2, 3)
    const exact = g.inner1d(ints, ints)
    assert.ok(exact.data instanceof Int32Array)
    assert.is(exact.get(), 14)
    assert.ok(g.inner1d(ints, Float32Array.of(1, 2, 0.5)).data instanceof Float64Array)
    assert.is(g.inner1d(ints, Float32Array.of(1, 2, 0.5)).get(), 6.5)
    const out = ndarray(new Float32Array(1), [])
    assert.is(g.inner1d(Float64Array.of(0.1), Float64Array.of(3), out), out)
    assert.is(out.get(), Math.fround(0.1 * 3))
    const narrow = ndarray(new Int32Array(1), [])
    assert.instance(
      thrown(() => g.inner1d(Float64Array.of(1), Float64Array.of(2), narrow)),
      CastingError,
    )
    g.inner1d(Float64Array.of(300.5), Float64Array.of(1), narrow, { casting: 'unsafe' })
    assert.is(narrow.get(), 300)
    const big = BigInt64Array.of(3n, 4n)
    assert.is(g.inner1d(big, big).get(), 25)
    const text = Reflect.get(g.inner1d, 'types').join(' ')
    assert.is(text, 'void(i4[:],i4[:],i4[:]) void(f8[:],f8[:],f8[:])')
  })

  test(`${target}: without signatures outputs have the dtype of what is stored`, () => {
    for (const [input, want] of [
      [Int16Array.of(1, 2, 3), Int16Array],
      [Float32Array.of(1, 2, 3), Float32Array],
      [Float64Array.of(1, 2, 3), Float64Array],
      [BigInt64Array.of(1n, 2n, 3n), BigInt64Array],
    ] as const) {
      const sums = g.cumsum(input)
      assert.instance(sums.data, want)
      assert.equal([...sums.data].map(Number), [1, 3, 6])
    }
    assert.equal(
      values(
        g.cumsum([
          [1, 2],
          [3, 4],
        ]),
      ),
      [
        [1, 3],
        [3, 7],
      ],
    )
  })

  test(`${target}: computed, frozen and optional dimensions`, () => {
    assert.equal(values(g.conv1d([1, 2, 3], [1, 10])), [1, 12, 23, 30])
    assert.equal(g.conv1d(f8([4, 1, 3]), f8([2, 5])).shape, [4, 2, 7])
    assert.equal(
      values(
        g.cross(
          [1, 0, 0],
          [
            [0, 1, 0],
            [0, 0, 1],
          ],
        ),
      ),
      [
        [0, 0, 1],
        [0, -1, 0],
      ],
    )
    assert.equal(
      values(
        g.pdist([
          [0, 0],
          [3, 4],
          [0, 8],
        ]),
      ),
      [5, 8, 5],
    )
    assert.equal(values(g.pdist([[0, 0]])), [])
    assert.equal(
      values(
        g.flexible(
          [1, 2],
          [
            [1, 2],
            [3, 4],
          ],
        ),
      ),
      [7, 10],
    )
    assert.equal(values(g.flexible([[1, 2]], [3, 4])), [11])
    assert.is(g.flexible([1, 2], [3, 4]).get(), 11)
    assert.equal(g.flexible(f8([5, 2, 3]), f8([3])).shape, [5, 2])
    assert.equal(g.flexible(f8([3]), f8([7, 3, 2])).shape, [7, 2])
    assert.equal(values(g.stretched([1], [1, 2, 3])), [11, 12, 13])
    assert.equal(values(g.stretched([1, 2], [[5], [6]])), [
      [15, 25],
      [16, 26],
    ])
  })

  test(`${target}: several results, returned`, () => {
    const [lo, hi] = g.minmax([
      [3, 1, 2],
      [9, 8, 7],
    ])
    assert.equal(
      [values(lo), values(hi)],
      [
        [1, 7],
        [3, 9],
      ],
    )
    const out = new Float64Array(2)
    const [first, second] = g.minmax(f8([2, 3]), { out: [null, ndarray(out)] })
    assert.equal(values(first), [1, 4])
    assert.is(second.data, out)
    assert.equal([...out], [3, 6])
  })

  test(`${target}: axes, axis and keepdims as NumPy has them`, () => {
    const a = f8([3, 4, 5])
    const b = f8([3, 5, 6], (i) => (i * 7) % 11)
    const c = g.matmul(a, b, {
      axes: [
        [1, 2],
        [1, 2],
        [0, 1],
      ],
    })
    assert.equal(c.shape, [4, 6, 3])
    const want = g.matmul(a, b)
    assert.is(c.get(3, 2, 1), want.get(1, 3, 2))
    const x = f8([3, 4])
    assert.equal(g.inner1d(x, x, { axis: 0 }).shape, [4])
    assert.equal(values(g.inner1d(x, x, { axis: 0 })), [107, 140, 179, 224])
    assert.equal(g.inner1d(f8([4, 3]), f8([3]), { keepdims: true }).shape, [4, 1])
    assert.equal(g.inner1d(x, x, { axis: 0, keepdims: true }).shape, [1, 4])
    assert.equal(g.inner1d(x, x, { axes: [0, 0, 1], keepdims: true }).shape, [4, 1])
    assert.equal(
      values(
        g.cumsum(
          [
            [1, 2],
            [3, 4],
          ],
          { axis: 0 },
        ),
      ),
      [
        [1, 2],
        [4, 6],
      ],
    )
    // the table of NumPy's vecdot: a(3,3,3), b(3,1,3)
    const p = f8([3, 3, 3])
    const q = f8([3, 1, 3])
    for (const axes of [
      [[-1], [-1], []],
      [-1, -1, []],
      [-1, -1],
      [0, 0],
      [0, 2],
    ])
      assert.ok(g.inner1d(p, q, { axes }))
    const refused: readonly [unknown, unknown][] = [
      [{ axes: -1 }, OptionError],
      [{ axes: [-1.5, -1] }, OptionError],
      [{ axes: [-1] }, OptionError],
      [{ axes: [0, 1] }, CoreDimensionError],
      [{ axes: [-1, -1, -1] }, AxisError],
      [{ axes: [-1, -1, [-1]] }, AxisError],
      [{ axes: [-1, [-2, -1], []] }, AxisError],
      [{ axes: [3, -1] }, AxisError],
      [{ axis: 3 }, AxisError],
      [{ axis: 0, axes: [0, 0] }, OptionError],
      [{ keepdims: 1 }, OptionError],
      [{ where: [1] }, CastingError],
    ]
    for (const [options, error] of refused)
      assert.instance(
        thrown(() => g.inner1d(p, q, options)),
        error,
        JSON.stringify(options),
      )
    assert.instance(
      thrown(() =>
        g.matmul(a, b, {
          axes: [
            [1, 1],
            [1, 2],
            [0, 1],
          ],
        }),
      ),
      OptionError,
    )
    assert.instance(
      thrown(() => g.matmul(a, b, { axis: 0 })),
      OptionError,
    )
    assert.instance(
      thrown(() => g.matmul(a, b, { keepdims: true })),
      OptionError,
    )
  })

  test(`${target}: views with any strides, plain and resident, in and out`, () => {
    let state = 12345
    const random = (n: number) => {
      state = (state * 1103515245 + 12345) % 2 ** 31
      return Math.floor((state / 2 ** 31) * n)
    }
    const view = (shape: readonly number[], inResident: boolean) => {
      const order = shape.map((_, axis) => axis).sort(() => random(3) - 1)
      const stride: number[] = []
      let span = 1 + random(2)
      let offset = 3
      for (const axis of order) {
        const size = shape[axis] ?? 1
        const down = random(3) === 0
        stride[axis] = down ? -span : span
        if (down) offset += span * (size - 1)
        span *= size + random(2)
      }
      const data = Float64Array.from({ length: span + 8 }, () => random(19) - 9)
      return { data: inResident ? resident(data).data : data, shape: [...shape], stride, offset }
    }
    for (let run = 0; run < 40; run++) {
      const [m, n, p, loops] = [random(4), random(4), random(4), 1 + random(3)]
      const a = view(run % 3 ? [loops, m, n] : [m, n], run % 4 === 1)
      const b = view(run % 2 ? [loops, n, p] : [2, 1, n, p], run % 4 < 2)
      const shape = [...(run % 2 ? [] : [2]), ...(run % 3 || run % 2 ? [loops] : [1]), m, p]
      const out = view(shape, run % 5 === 0)
      const before = [...(out.data as Float64Array)]
      const at = ({ data, shape, stride, offset }: Any, index: readonly number[]) => {
        const skip = index.length - shape.length
        return data[
          shape.reduce(
            (s: number, size: number, axis: number) =>
              s + (size === 1 ? 0 : (index[axis + skip] ?? 0)) * stride[axis],
            offset,
          )
        ]
      }
      assert.is(g.matmul(a, b, out), out)
      const touched = new Set<number>()
      const each = (axis: number, index: readonly number[]): void => {
        if (axis < shape.length) {
          for (let i = 0; i < (shape[axis] ?? 0); i++) each(axis + 1, [...index, i])
          return
        }
        const head = index.slice(0, -2)
        const [i = 0, j = 0] = index.slice(-2)
        let want = 0
        for (let k = 0; k < n; k++) want += at(a, [...head, i, k]) * at(b, [...head, k, j])
        assert.is(at(out, index) + 0, want + 0)
        touched.add(out.offset + index.reduce((s, x, axis) => s + x * (out.stride[axis] ?? 0), 0))
      }
      each(0, [])
      before.forEach((v, k) => {
        if (!touched.has(k)) assert.is(out.data[k], v)
      })
      assert.equal(values(g.matmul(a, b)), values(out))
    }
  })

  test(`${target}: inputs may be the output`, () => {
    const y = f8([2, 2])
    g.matmul(y, y, y)
    assert.equal(values(y), [
      [7, 10],
      [15, 22],
    ])
    const x = Float64Array.of(5, 3, 4, 1)
    g.sort(x, x)
    assert.equal([...x], [1, 3, 4, 5])
    const z = resident(Float64Array.of(1, 2, 3, 4))
    g.cumsum(z.hi(3), z.lo(1))
    assert.equal(values(z), [1, 1, 3, 6])
  })

  test(`${target}: an index outside is an error that names it, and nothing else is touched`, () => {
    const pick = guvectorize(
      'void(f8[:],i8[:],f8[:])',
      '(n),(m)->(m)',
      `(a, at, out) => {
        for (let i = 0; i < at.length; i++) out[i] = a[at[i]]
      }`,
      { target, name: 'pick' },
    ) as Any
    const data = Float64Array.of(9, 1, 2, 3, 9)
    assert.equal(values(pick(data.subarray(1, 4), BigInt64Array.of(2n, 0n))), [3, 1])
    for (const index of [3n, -1n, 2n ** 40n]) {
      const error = thrown(() => pick(data.subarray(1, 4), BigInt64Array.of(0n, index)))
      assert.ok(error instanceof BoundsError, `${error}`)
      assert.is(error.index, Number(index))
      assert.is(error.size, 3)
      assert.is(error.line, 2)
      assert.match(error.message, "'a'")
    }
  })

  test(`${target}: outputs read as zero until written, unless they are writable`, () => {
    const kernel = (a: Any, out: Any) => {
      for (let i = 0; i < a.length; i += 2) out[i] += a[i]
    }
    const zeroed = guvectorize('void(f8[:],f8[:])', '(n)->(n)', kernel, { target }) as Any
    const kept = guvectorize('void(f8[:],f8[:])', '(n)->(n)', kernel, {
      target,
      writableArgs: ['out'],
    }) as Any
    const byNumber = guvectorize('void(f8[:],f8[:])', '(n)->(n)', kernel, {
      target,
      writableArgs: [1],
    }) as Any
    const full = () => Float64Array.of(5, 5, 5)
    assert.equal(values(zeroed([1, 2, 3], ndarray(full()))), [1, 0, 3])
    assert.equal(values(kept([1, 2, 3], ndarray(full()))), [6, 5, 8])
    assert.equal(values(byNumber([1, 2, 3], resident(full()))), [6, 5, 8])
    assert.equal(values(kept([1, 2, 3])), [1, 0, 3])
  })

  test(`${target}: no outputs: inputs that are named are written`, () => {
    const kernel = (x: Any, y: Any) => {
      for (let i = 0; i < x.length; i++) y[i] = x[i] * 2
    }
    const double = guvectorize('void(f8[:],f8[:])', '(n),(n)', kernel, { target, writableArgs: ['y'] }) as Any
    const two = Float64Array.of(1, 1, 1)
    assert.is(double([1, 2, 3], two), undefined)
    assert.equal([...two], [2, 4, 6])
    const narrow = Float32Array.of(0, 0)
    double([1.5, 2], narrow)
    assert.equal([...narrow], [3, 4])
    assert.instance(
      thrown(() => double([1, 2], Int32Array.of(0, 0))),
      CastingError,
    )
    double(two.subarray(0, 2), two.subarray(1))
    assert.equal([...two], [2, 4, 8])
    const error = thrown(() => guvectorize('void(f8[:],f8[:])', '(n),(n)', kernel, { target }))
    assert.ok(error instanceof OptionError)
    assert.match(error.message, "writableArgs: ['y']")
  })

  test(`${target}: sizes that only an output has`, () => {
    const kernel = (n: Any, out: Any) => {
      for (let i = 0; i < out.length; i++) out[i] = n + i
    }
    const ramp = guvectorize('void(f8,f8[:])', '()->(n)', kernel, { target, sizes: { n: 3 } }) as Any
    assert.equal(values(ramp([10, 20])), [
      [10, 11, 12],
      [20, 21, 22],
    ])
    assert.equal(values(ramp(5)), [5, 6, 7])
    const open = guvectorize('void(f8,f8[:])', '()->(n)', kernel, { target }) as Any
    assert.equal(values(open(1, ndarray(new Float64Array(2)))), [1, 2])
    assert.instance(
      thrown(() => open(1)),
      CoreDimensionError,
    )
  })

  test(`${target}: numbers in, a number out; any array in, an array out`, () => {
    const add = guvectorize('(),()->()', (x: number, y: number) => x + y, { target }) as Any
    assert.is(add(1, 2), 3)
    assert.equal(values(add([1, 2], 3)), [4, 5])
    assert.equal(add(ndarray(Float64Array.of(1), []), 2).shape, [])
    assert.is(g.inner1d([1, 2], [3, 4]).get(), 11)
  })

  test(`${target}: captured values, explain and inspect`, () => {
    const scaled = guvectorize(
      'void(f8[:],f8[:])',
      '(n)->(n)',
      ({ k, table }: Any) =>
        (a: Any, out: Any) => {
          for (let i = 0; i < a.length; i++) out[i] = a[i] * k + table[i]
        },
      { target, env: { k: 3, table: Float64Array.of(100, 200) } },
    ) as Any
    assert.equal(values(scaled([1, 2])), [103, 206])
    scaled.recompile({ k: 1, table: [1, 2] })
    assert.equal(values(scaled([1, 2])), [2, 4])
    assert.is(scaled.signature, '(n)->(n)')
    assert.is(scaled.nin + scaled.nout, 2)
    const { notes, last, vectorized } = scaled.explain()
    assert.is(vectorized, false)
    assert.ok(notes.length > 0)
    assert.is(last.target, target)
    assert.match(scaled.inspect('ir'), 'out')
  })
}

test('loop dimensions in the order of the inputs, the core in C order', () => {
  const { cumsum } = functions('cpu')
  const x = ndarray(new Float64Array(24), [2, 3, 4], [4, 8, 1])
  assert.equal(cumsum(x).stride, [4, 8, 1])
  assert.equal(cumsum(x, { order: 'C' }).stride, [12, 4, 1])
  assert.equal(cumsum(x, { order: 'F' }).stride, [1, 2, 6])
})

test('results live where operands do', () => {
  const { matmul } = functions('cpu')
  const made = matmul(resident(f8([2, 2])), f8([2, 2]))
  assert.equal(values(made), [
    [7, 10],
    [15, 22],
  ])
  assert.is.not(plain(made), made)
})

test('an asynchronous call, and a loop that is ready', async () => {
  const { matmul } = functions('cpu')
  await matmul.ready()
  assert.equal(values(await matmul.async(f8([2, 2]), f8([2, 2]))), [
    [7, 10],
    [15, 22],
  ])
})

test('the four forms', () => {
  const kernel = (a: Any, out: Any) => {
    out[0] = a[a.length - 1]
  }
  const text = '(a, out) => { out[0] = a[a.length - 1] }'
  for (const f of [
    guvectorize(['void(f8[:],f8[:])'], '(n)->()', kernel),
    guvectorize('void(f8[:],f8[:])', '(n)->()')(kernel),
    guvectorize('(n)->()', kernel),
    guvectorize('(n)->()')(kernel),
    guvectorize('(n)->()', { name: 'last' })(kernel),
    guvectorize('d->d', '(n)->()', text),
    guvectorize([], '(n)->()', text),
  ] as Any[])
    assert.is(f([1, 2, 7]).get(), 7)
})

const definitions: readonly [string, () => unknown, unknown, RegExp][] = [
  ['no layout', () => guvectorize(['void(f8[:])'] as Any), OptionError, /layout/],
  ['a malformed layout', () => guvectorize('(n,)->()'), SignatureError, /must not be followed/],
  [
    'too few operands',
    () => guvectorize('void(f8[:])', '(n)->()', (_a: Any) => {}),
    SignatureError,
    /1 operand, but the layout/,
  ],
  [
    'wrong ranks',
    () => guvectorize('void(f8[:,:],f8[:])', '(n)->()', (_a: Any, _b: Any) => {}),
    SignatureError,
    /gives input 0 2 dimensions/,
  ],
  [
    'a number as output',
    () => guvectorize('void(f8[:],f8)', '(n)->()', (_a: Any, _b: Any) => {}),
    SignatureError,
    /output 0/,
  ],
  [
    'a returned array',
    () => guvectorize('f8[:](f8[:])', '(n)->(n)', (_a: Any) => 1 as Any),
    SignatureError,
    /arrays are written/,
  ],
  [
    'parameters',
    () => guvectorize('(n),(n)->()', (_a: Any) => 1),
    KernelSyntaxError,
    /1 parameters, but the layout/,
  ],
  [
    'returned or written',
    () => guvectorize('f8(f8[:])', '(n)->()', '(a, out) => { out[0] = 1 }'),
    SignatureError,
    /outputs as parameters/,
  ],
  ['sizes', () => guvectorize('()->(n)', { sizes: { n: 'x' as Any } }), OptionError, /sizes/],
  [
    'writableArgs',
    () => guvectorize('(n)->(n)', '(a, out) => { out[0] = a[0] }', { writableArgs: ['b'] }),
    OptionError,
    /a, out/,
  ],
]
for (const [what, define, error, message] of definitions) {
  test(`refused when it is defined: ${what}`, () => {
    const made = thrown(define)
    assert.instance(made, error, `${made}`)
    assert.match(made.message, message)
  })
}

test('calls in NumPy’s words', () => {
  const { matmul, inner1d } = functions('cpu')
  const cases: readonly [() => unknown, unknown, string][] = [
    [
      () => inner1d(f8([3]), f8([1])),
      CoreDimensionError,
      'inner1d: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature (n),(n)->() (size 1 is different from 3)',
    ],
    [
      () => matmul(f8([3]), f8([3, 2])),
      CoreDimensionError,
      'matmul: Input operand 0 does not have enough dimensions (has 1, gufunc core with signature (m,n),(n,p)->(m,p) requires 2)',
    ],
    [
      () => inner1d(f8([3])),
      NoLoopError,
      'inner1d() takes from 2 to 3 positional arguments but 1 were given',
    ],
  ]
  for (const [run, error, message] of cases) {
    const made = thrown(run)
    assert.instance(made, error)
    assert.is(made.message, message)
  }
})

test.run()
