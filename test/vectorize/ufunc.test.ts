/** The function object: call forms of vectorize, attributes, other targets, captured values, and what it tells about itself. */
import { spawnSync } from 'node:child_process'
import { inspect } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { OptionError, TargetError } from '../../src/errors.ts'
import { configure, jit, registerTarget, vectorize } from '../../src/index.ts'
import { js } from '../../src/targets/js.ts'
import { dtype, f8, i4, type Loose, list } from './functions.ts'

const define = vectorize as unknown as (...args: unknown[]) => Loose & ((kernel: unknown) => Loose)
const sum = (x: number, y: number) => x + y

test('every call form defines the same function', () => {
  const signatures = ['f8(f8,f8)']
  const options = { name: 'sum', identity: 0 }
  const text = '(x, y) => x + y'
  const forms = [
    define(signatures, sum, options),
    define(signatures, options, sum),
    define(signatures, options)(sum),
    define('f8(f8,f8)', sum, options),
    define('dd->d')(text),
    define(signatures, text, options),
    define(signatures, 'function add(x, y) { return x + y }'),
    define(sum, options),
    define(options)(sum),
    define(options, sum),
    define(text),
    define()(sum),
    define([], sum),
  ]
  for (const f of forms) assert.equal(list(f(f8(1, 2), 10)), [11, 12])
})

test('attributes are those of NumPy', () => {
  const f = define(['i4(i4,i4)', '(f8,f8)'], sum, { name: 'sum', doc: 'x + y', identity: 0 })
  assert.equal(
    [f.name, f.doc, f.nin, f.nout, f.nargs, f.ntypes, f.identity, f.signature],
    ['sum', 'x + y', 2, 1, 3, 2, 0, null],
  )
  assert.equal(f.types, ['i4(i4,i4)', 'f8(f8,f8)'])
  assert.equal(define(f.types, sum).types, f.types)
  assert.is(inspect(f), "<ufunc 'sum' i4(i4,i4), f8(f8,f8)>")
  const two = define('UniTuple(f8,2)(f8)', (x: number) => [x, -x])
  assert.equal([two.nin, two.nout, two.identity, two.types[0]], [1, 2, null, 'UniTuple(f8,2)(f8)'])
})

test('without signatures the dtypes make the loop', () => {
  const f = define((x: number, y: number) => x * y + 1, { name: 'f' })
  assert.equal([f.nin, f.nout, f.ntypes], [2, 1, 0])
  assert.is(dtype(f(new Float32Array(2), 3)), 'float32')
  assert.is(dtype(f(i4(1), i4(2))), 'int32')
  assert.is(f(2, 3), 7)
  assert.equal(f.types, ['f4(f4,f4)', 'i4(i4,i4)', 'f8(f8,f8)'])
  assert.is(dtype(f(i4(1), 0.5, { dtype: 'f8' })), 'float64')
  assert.equal(list(f(i4(1), 0.5, { dtype: 'f8' })), [1.5])
  assert.equal(define((x: number) => [x, x > 0]).nout, 2)
})

test('captured values, read anew by recompile', () => {
  let g = 2
  const f = define(
    'f8(f8)',
    ({ g }: { g: number }) =>
      (t: number) =>
        g * t,
    { env: () => ({ g }) },
  )
  const other = f.on('js')
  assert.equal([f(10), other(10)], [20, 20])
  g = 3
  assert.equal([f(10), other(10)], [20, 20])
  assert.is(f.recompile(), f)
  assert.equal([f(10), other(10)], [30, 30])
  f.recompile({ g: 5 })
  assert.equal([f(10), other(10)], [50, 50])
})

test('a function inside the kernel of another', () => {
  const square = define(['f8(f8)'], (x: number) => x * x)
  const f = define(
    'f8(f8)',
    ({ square }: { square: (x: number) => number }) =>
      (x: number) =>
        square(x) + 1,
    { env: { square } },
  )
  assert.is(f(3), 10)
  assert.is(f.on('js')(3), 10)
})

test('a jit function is cast by its signatures, inside kernels and outside', () => {
  const halves = jit(['i4(f8)'], (x) => x / 2)
  assert.is(halves(7), 3)
  const f = vectorize(
    'f8(f8)',
    ({ halves }) =>
      (x) =>
        halves(x) + 0.5,
    { env: { halves } },
  )
  assert.is(f(7), 3.5)
  assert.throws(() => jit('f8(f8)', { nope: 1 } as never), /^jit got an unknown option 'nope'/)
})

test('the same function on another target', () => {
  const f = define(['f8(f8,f8)'], sum)
  assert.is(f.on('js'), f.on('js'))
  assert.is(f.on('js').on('cpu'), f.on('cpu'))
  assert.is(f.on('js').explain().target, 'js')
  assert.is(f.explain().target, 'cpu')
  assert.throws(
    () => f.on('tpu'),
    (e: unknown) => e instanceof TargetError && e.target === 'tpu',
  )
})

test('a registered target, and the fallback of one that is not available', () => {
  const reason = 'its fan is loud'
  let available = false
  registerTarget({ ...js, name: 'abacus', unavailable: () => (available ? null : reason) })
  const make = () => define(['f8(f8)'], (x: number) => x, { target: 'abacus' })
  assert.throws(make, (e: unknown) => e instanceof TargetError && e.reason === reason)
  const f = define(['f8(f8)'], (x: number) => x, { target: 'abacus', fallback: 'cpu' })
  assert.is(f(1), 1)
  assert.is(f.explain().target, 'cpu')
  assert.match(f.explain().notes[0]?.reason ?? '', reason)
  assert.match(f.explain().last?.why ?? '', reason)
  available = true
  assert.is(make().explain().target, 'abacus')
  assert.throws(
    () => registerTarget({ name: 'half' } as never),
    (e: unknown) => e instanceof OptionError,
  )
})

test('configure({ jit: false }) calls the kernel itself', () => {
  const seen: number[] = []
  const f = define('f8(f8)', (x: number) => x + 1)
  const spy = define(
    'f8(f8)',
    ({ note }: { note: (x: number) => number }) =>
      (x: number) =>
        note(x),
    {
      env: { note: Math.abs },
    },
  )
  configure({ jit: false })
  try {
    assert.is(f(1), 2)
    assert.is(f.explain().target, 'js')
    assert.match(f.explain().last?.why ?? '', /LANEWISE_DISABLE_JIT/)
    seen.push(spy(-3) as number)
  } finally {
    configure({ jit: true })
  }
  assert.equal(seen, [3])
  assert.is(f.explain().target, 'cpu')
})

test('LANEWISE_DISABLE_JIT and LANEWISE_DEBUG', () => {
  const source = `import { vectorize } from './src/index.ts'
    const f = vectorize(['f8(f8)'], (x) => x * 2, { name: 'twice' })
    console.log(f.explain().target, f(new Float64Array([4])).get(0))`
  const run = (env: Record<string, string>) =>
    spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', source], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    })
  const one = run({ LANEWISE_DISABLE_JIT: '1', LANEWISE_DEBUG: '1' })
  assert.is(one.stdout, 'js 8\n', one.stderr)
  assert.match(one.stderr, /^lanewise\[1\] twice f8\(f8\) for js: [\d.]+ ms\n$/)
  const four = run({ LANEWISE_DISABLE_JIT: '1', LANEWISE_DEBUG: '4' })
  assert.match(four.stderr, /lanewise\[4\] twice f8\(f8\) over \(1,\): f8\(1,\) stride \[1\] offset 0/)
})

test('ways to say that LANEWISE_DISABLE_JIT is not set', () => {
  const source = "console.log((await import('./src/settings.ts')).settings.jit)"
  for (const [value, jit] of [
    ['', true],
    ['False', true],
    ['yes', false],
  ] as const) {
    const { stdout } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', source],
      {
        encoding: 'utf8',
        env: { ...process.env, LANEWISE_DISABLE_JIT: value },
      },
    )
    assert.is(stdout, `${jit}\n`, value)
  }
})

test('asynchronous calls', async () => {
  const f = define(['f8(f8,f8)'], sum)
  assert.is(await f.ready(), f)
  const out = f8(0, 0)
  const steps: number[][] = []
  const given = await f.async(f8(1, 2), 3, { out, onProgress: (...at: number[]) => steps.push(at) })
  assert.is(given, out)
  assert.equal([...out], [4, 5])
  assert.equal(steps, [[2, 2]])
  const failed = await f.async(f8(1, 2), f8(1, 2, 3)).then(
    () => null,
    (error: Error) => error.name,
  )
  assert.is(failed, 'BroadcastError')
  const stopped = await f.async(1, 2, { signal: AbortSignal.abort('enough') }).then(
    () => null,
    (error: unknown) => error,
  )
  assert.is(stopped, 'enough')
  assert.is(await define((x: number) => x + 1).async(1), 2)
})

test('inspect shows types, IR and WebAssembly', () => {
  const f = define(['f4(f4,f4)', 'f8(f8,f8)'], (a: number, b: number) => {
    const c = a * b
    return c + 1
  })
  assert.match(f.inspect('types'), /a: float32 \(parameter\)/)
  assert.match(f.inspect('types', 'dd->d'), /c: float64/)
  assert.match(f.inspect('ir', 'f8(f8,f8)'), /;; bind/)
  assert.match(f.inspect('wat', '(f8,f8)'), /f64x2\.mul/)
  assert.match(f.inspect('wat', 'f4(f4,f4)'), /f32x4\.mul/)
  assert.throws(
    () => f.inspect('wat', 'i4(i4,i4)'),
    /no loop i4\(i4,i4\); its loops are f4\(f4,f4\) f8\(f8,f8\)/,
  )
  assert.match(f.inspect('wgsl', 'f4(f4,f4)'), /fn element\(i0: f32, i1: f32\) -> Results/)
  assert.throws(
    () => f.inspect('asm' as never),
    (e: unknown) => e instanceof OptionError,
  )
})

test('explain tells what was compiled and what the last call did', () => {
  const f = define(['f4(f4)', 'f8(f8)'], (x: number) => Math.sqrt(x))
  assert.is(f.explain().signature, 'f4(f4)')
  assert.is(f.explain().last, undefined)
  f(new Float64Array(10))
  const { signature, vectorized, lanes, last } = f.explain()
  assert.equal({ signature, vectorized, lanes }, { signature: 'f8(f8)', vectorized: true, lanes: 2 })
  assert.equal({ ...last }, { target: 'cpu', threads: 1, calls: 1, bytesCopied: 160 })
  assert.is(f.explain('f4(f4)').lanes, 4)
  assert.is(
    define('i8(i8)', (x: number) => x, { target: 'js' })
      .explain()
      .notes[0]?.reason.startsWith('interpreted'),
    true,
  )
})

test.run()
