/** What a target may be, and what becomes of one that is not whole, or does not run everything. */
import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  BoundsError,
  configure,
  OptionError,
  ready,
  registerTarget,
  TargetError,
  vectorize,
} from '../../src/index.ts'
import {
  hostMemory,
  type IrTarget,
  innerRuns,
  interpret,
  type Runner,
  targetVersion,
} from '../../src/target.ts'
import { conformance } from '../../src/testing.ts'

await ready()

/** The typed IR, interpreted: the least there is. */
const plain = (parts: Partial<IrTarget> & { readonly name: string }): IrTarget => ({
  version: targetVersion,
  consumes: 'ir',
  kind: 'sync',
  unavailable: () => null,
  emit: () => ({ code: '' }),
  load: (loop, tables): Runner =>
    innerRuns(loop, ({ n, operands, offsets, steps }) => {
      const { inputs, kernel } = loop
      for (let i = 0; i < n; i++) {
        const at = (k: number) => (offsets[k] ?? 0) + i * (steps[k] ?? 0)
        const values = inputs.map((_, k) => operands[k]?.data[at(k)] ?? 0)
        interpret(kernel, tables, values).forEach((value, k) => {
          const to = operands[inputs.length + k]
          if (to) to.data[at(inputs.length + k)] = value as number
        })
      }
    }),
  memory: hostMemory,
  ...parts,
})

const add = (target: string, options = {}) =>
  vectorize('f8(f8,f8)', (x, y) => x + y, { name: 'add', identity: 0, target, ...options })

test('what is missing, or written for another version, is refused', () => {
  const { emit: _, ...rest } = plain({ name: 'silent' })
  assert.throws(
    () => registerTarget(rest as never),
    (e: unknown) => e instanceof OptionError && e.option === 'emit',
  )
  assert.throws(
    () => registerTarget({ ...plain({ name: 'old' }), version: 0 } as never),
    (e: unknown) =>
      e instanceof TargetError && /for version 0 of targets, and this lanewise has version 1/.test(e.reason),
  )
  assert.throws(
    () => registerTarget(undefined as never),
    (e: unknown) => e instanceof OptionError,
  )
})

test('a refusal of emit, or a way to run that is not there, is one before anything runs; a fallback takes over', () => {
  const reason = 'no subtraction'
  registerTarget(
    plain({
      name: 'additive',
      emit({ kernel }) {
        if (JSON.stringify(kernel.body).includes('"sub"'))
          throw new TargetError(reason, { target: 'additive', reason })
        return { code: '' }
      },
    }),
  )
  const minus = (options: object) =>
    vectorize('f8(f8,f8)', (x, y) => x - y, { name: 'minus', target: 'additive', ...options })
  const out = Float64Array.of(7)
  assert.throws(
    () => minus({})([3], [1], { out: { data: out, shape: [1], stride: [1] } }),
    (e: unknown) => e instanceof TargetError && e.reason === reason,
  )
  assert.equal([...out], [7])
  const f = minus({ fallback: 'cpu' })
  assert.is(f(3, 1), 2)
  assert.is(f.explain().last?.target, 'cpu')
  assert.is(f.explain().last?.why, `target 'additive' does not run this: ${reason}`)
  assert.is(add('additive')(3, 1), 4)

  registerTarget(plain({ name: 'still', load: () => ({}) }))
  assert.throws(() => add('still')(1, 2), /^the target 'still' cannot run add: it has no run/)
  assert.is(add('still', { fallback: 'js' })(1, 2), 3)
})

test('code is emitted once a loop, and printed', () => {
  let emitted = 0
  registerTarget(
    plain({
      name: 'counting',
      emit() {
        emitted++
        return { code: 'once', lanes: 4, notes: [{ reason: 'by hand', line: 1, column: 1 }] }
      },
    }),
  )
  const f = add('counting')
  const { error } = console
  const lines: string[] = []
  console.error = (line: string) => lines.push(line)
  try {
    configure({ debug: 2 })
    f(1, 2)
  } finally {
    configure({ debug: 0 })
    console.error = error
  }
  f(1, 2)
  f.on('counting')([1], 2)
  assert.is(emitted, 1)
  assert.ok(lines.includes('lanewise[2] once'))
  const { vectorized, lanes, notes } = f.explain()
  assert.equal(
    { vectorized, lanes, notes },
    { vectorized: true, lanes: 4, notes: [{ reason: 'by hand', line: 1, column: 1 }] },
  )
})

test('a target of map alone sees no other form: masks, indices and reductions are runs of it', () => {
  const seen: string[] = []
  const { load } = plain({ name: '' })
  registerTarget(
    plain({
      name: 'mapping',
      load(loop, tables) {
        seen.push(`${loop.form} ${loop.outputs}(${loop.inputs})`)
        return load(loop, tables)
      },
    }),
  )
  const f = add('mapping')
  const out = ndarray(new Float64Array(4))
  f([1, 2, 3, 4], new Float32Array([10]), { where: [true, true, false, true], out })
  assert.equal([...out.data], [11, 12, 0, 14])
  const array = new Int32Array([1, 2, 3])
  f.at(array, [0, -1, 0], [5, 6, 7])
  assert.equal([...array], [13, 2, 9])
  assert.throws(
    () => f.at(array, [0, 3], 1),
    (e: unknown) => e instanceof BoundsError,
  )
  assert.equal([...array], [13, 2, 9])
  assert.is(f.reduce([5, 6, 7]), 18)
  assert.equal([...new Set(seen)], ['map f8(f8,f4)', 'map i4(i4,f8)', 'map f8(f8,f8)', 'map f8(f8)'])
})

test('an asynchronous target: calls and reductions are waited for; it takes masks and indices itself, or they are refused', async () => {
  const { load } = plain({ name: '' })
  registerTarget(
    plain({
      name: 'slow',
      kind: 'async',
      load: (loop, tables) => ({
        run: async (operands, plan, report) => {
          await undefined
          await load(loop, tables).run?.(operands, plan, report)
        },
      }),
    }),
  )
  const f = add('slow')
  assert.is(await (f(1, 2) as unknown), 3)
  assert.is(await (f.reduce(Float64Array.from({ length: 700 }, (_, i) => i)) as unknown), 244650)
  const { last } = f.explain()
  assert.is(last?.target, 'slow')
  const refusal = (call: unknown) => (call as Promise<unknown>).then(String, String)
  const reason = "TargetError: the target 'slow' cannot run add: it does not take the form"
  assert.is(await refusal(f.at(Float64Array.of(1), [0], 1)), `${reason} indexed`)
  assert.is(await refusal(f([1, 2], 2, { where: [true, false] })), `${reason} masked`)
  const cases = conformance('slow', { without: ['at', 'masked', 'arrays'] })
  for (const { name, run } of cases.filter((one) =>
    /sums of (f|i2)|folds from|accumulate, .*f8|reduceat/.test(one.name),
  ))
    await run().catch((error: Error) => assert.unreachable(`${name}: ${error.message}`))
})

test('a target that folds gets reducing loops, and its own reduce is asked', () => {
  const { load } = plain({ name: '' })
  const forms: string[] = []
  registerTarget(
    plain({
      name: 'folding',
      forms: ['fold', 'masked fold'],
      load(loop, tables) {
        forms.push(`${loop.form}: ${Object.keys(loop.fold ?? {})}`)
        const run = load(loop, tables)
        return loop.fold
          ? {
              reduce({ elements, results }) {
                const [x] = elements
                const [to] = results
                if (x && to) to.data[to.offset] = x.shape[0] ?? 0
              },
            }
          : run
      },
    }),
  )
  const f = add('folding')
  assert.is(f.reduce([5, 6, 7]), 3)
  assert.equal(forms, ['fold: join,start,move'])
  assert.throws(
    () => f.accumulate([5, 6, 7]),
    /^the target 'folding' cannot run add\.accumulate: it has no accumulate/,
  )
})

test.run()
