/** Where indices are tested: nowhere, once before a loop, or each time. The interpreter finds an index taken for inside wrongly. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compile, compileIr, lower, wat } from '../../src/loops/compile.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import { type Kernel, visit } from '../../src/loops/kernel/ir.ts'
import { print } from '../../src/loops/kernel/print.ts'
import { arrayKernel } from './arrays.ts'

// biome-ignore lint/suspicious/noExplicitAny: kernels see arrays of numbers and rows of them
type Any = any

const lowered = (layout: string, signature: string, kernel: CallableFunction, boundscheck = true) => {
  const made = arrayKernel(layout, signature, kernel)
  return print(lower({ ...made, simd: true, boundscheck }))
}
const checks = (text: string) => text.split('check(').length - 1
const versions = (text: string) => text.split('loop L1').length - 1

const matmul = (a: Any, b: Any, out: Any) => {
  for (let i = 0; i < a.shape[0]; i++)
    for (let j = 0; j < b.shape[1]; j++) {
      let s = 0
      for (let k = 0; k < a.shape[1]; k++) s += a[i][k] * b[k][j]
      out[i][j] = s
    }
}
const gather = (a: Any, at: Any, out: Any) => {
  for (let i = 0; i < at.length; i++) out[i] = a[at[i]]
}

test('a matrix product needs no check: its sizes are those of the layout', () => {
  const text = lowered('(m,n),(n,p)->(m,p)', 'void(f8[:,:],f8[:,:],f8[:,:])', matmul)
  assert.is(checks(text), 0)
  assert.is(versions(text), 1)
  assert.match(text, /loop L2 on lanes/)
})

test('an index of two counters is tested once, before both loops', () => {
  const text = lowered('(m),(n)->(m+n-1)', 'void(f8[:],f8[:],f8[:])', (a: Any, b: Any, out: Any) => {
    for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) out[i + j] += a[i] * b[j]
  })
  assert.match(text, /^ {2}if i8\(out\.shape\[0\]\) .* >= 0:i8 \{$/m)
  assert.is(versions(text), 2)
  assert.is(checks(text), 2)
  assert.not.match(text.slice(0, text.indexOf('} else {')), /check\(/)
})

test('targets of the IR see no label twice, however many versions a loop has', () => {
  const conv = (a: Any, b: Any, out: Any) => {
    for (let i = 0; i < a.length; i++)
      for (let j = 0; j < b.length; j++) {
        if (b[j] === 0) continue
        out[i + j] += a[i] * b[j]
      }
  }
  const made = arrayKernel('(m),(n)->(m+n-1)', 'void(f8[:],f8[:],f8[:])', conv)
  const labelsOf = (kernel: Kernel) => {
    const labels: number[] = []
    visit(
      kernel.body,
      () => {},
      (s) => (s.kind === 'loop' || s.kind === 'block') && labels.push(s.label),
    )
    return labels
  }
  assert.ok(
    new Set(labelsOf(lower({ ...made, simd: false }))).size <
      labelsOf(lower({ ...made, simd: false })).length,
  )
  const { kernel } = compileIr({ ...made, simd: false })
  const labels = labelsOf(kernel)
  assert.is(new Set(labels).size, labels.length)
  const array = (...data: number[]) => ({
    data: Float64Array.from(data),
    shape: [data.length],
    stride: [1],
    offset: 0,
  })
  const out = array(0, 0, 0, 0)
  interpret(kernel, [], [0, 0], { arrays: [array(1, 2), array(3, 0, 5), out] })
  assert.equal([...out.data], [3, 6, 5, 10])
})

test('clamped indices are inside', () => {
  const text = lowered('(n)->(n)', 'void(f8[:],f8[:])', (a: Any, out: Any) => {
    for (let i = 0; i < a.length; i++) out[i] = a[Math.min(i + 1, a.length - 1)] - a[Math.max(i - 1, 0)]
  })
  assert.is(checks(text), 0)
  assert.is(versions(text), 1)
})

test('an index from data is checked, and only that one', () => {
  const text = lowered('(n),(m)->(m)', 'void(f8[:],i8[:],f8[:])', gather)
  assert.match(text, /a\[check\(at\[i8\(i\)\]\)\]/)
  assert.is(checks(text), 1)
  assert.is(versions(text), 1)
})

test('boundscheck: false has no check, and explain says so', () => {
  const made = arrayKernel('(n),(m)->(m)', 'void(f8[:],i8[:],f8[:])', gather)
  // One in either class; the error cell is written by nothing else.
  const count = (boundscheck: boolean) =>
    wat({ ...made, simd: true, boundscheck }).split(/f64\.store offset=8\b/).length - 1
  assert.is(count(true), 2)
  assert.is(count(false), 0)
  const { notes } = compile({ ...made, simd: true, boundscheck: false })
  assert.ok(notes.some(({ reason }) => reason.startsWith('boundscheck: false')))
})

test('explain names the loop on lanes, and what is checked', () => {
  const product = arrayKernel('(m,n),(n,p)->(m,p)', 'void(f8[:,:],f8[:,:],f8[:,:])', matmul)
  const loop = compile({ ...product, simd: true })
  assert.equal([loop.vectorized, loop.lanes, loop.interleave], [true, 2, 4])
  assert.equal(
    loop.notes.map(({ reason }) => reason),
    [
      'the loop over `j` runs on lanes, 8 rounds at a time',
      "elements of the loop dimensions run on lanes, 4 at a time, where the kernel's own loop has fewer than 4 rounds",
      'cores whose sizes are all one of 2, 3, 4, in C order, run without loops, 2 neighbours in a row at a time',
      'no index needs a check: all are inside',
    ],
  )
  const gathered = compile({
    ...arrayKernel('(n),(m)->(m)', 'void(f8[:],i8[:],f8[:])', gather),
    simd: true,
  })
  assert.is(gathered.vectorized, false)
  assert.equal(
    gathered.notes.map(({ reason }) => reason),
    [
      'the loop runs scalar: an index in it has to be checked in each round',
      'an index of `a` is checked each time',
    ],
  )
})

test('a sum of floats stays in order: its loop is scalar, but rows run side by side', () => {
  const made = arrayKernel('(n)->()', 'void(f8[:],f8[:])', (a: Any, out: Any) => {
    let s = 0
    for (let i = 0; i < a.length; i++) s += a[i]
    out[0] = s
  })
  const loop = compile({ ...made, simd: true })
  assert.match(loop.notes[0]?.reason ?? '', /`s` adds up in order/)
  assert.match(loop.notes[1]?.reason ?? '', /elements of the loop dimensions run on lanes, 4 at a time$/)
  assert.match(
    loop.notes[2]?.reason ?? '',
    /all one of 2, 3, 4, 8, in C order, run without loops, 2 at a time$/,
  )
  assert.equal([loop.vectorized, loop.lanes, loop.interleave], [true, 2, 2])
})

test.run()
