/** Methods given what they do not take: freed arrays, wrong axes and masks, options misspelt; an error that says so, and nothing changed. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { CastingError, LanewiseError, MemoryError, OptionError } from '../../src/errors.ts'
import { free, resident } from '../../src/index.ts'
import * as ufuncs from '../../src/ufuncs.ts'
import { thrown } from '../thrown.ts'
import { f8, i4, type Loose, list, targets, view } from './functions.ts'

for (const target of targets) {
  const add = (ufuncs.add as unknown as Loose).on(target) as unknown as Loose

  test(`${target}: freed arrays, in every place of every method`, () => {
    const x = f8(1, 2, 3)
    const [gone, index, mask] = [
      resident(f8(1, 2, 3)),
      resident(i4(0, 1, 2)),
      resident(Uint8Array.of(1, 0, 1)),
    ]
    const scalar = { data: gone.data, shape: [], stride: [], offset: 0 }
    for (const array of [gone, index, mask]) free(array)
    const calls: Readonly<Record<string, () => unknown>> = {
      input: () => add(gone, 1),
      output: () => add(x, 1, gone),
      mask: () => add(x, 1, { where: mask }),
      'an outer input': () => add.outer(gone, 1),
      'the other outer input': () => add.outer(1, gone),
      'an outer output': () => add.outer(x, 1, { out: gone }),
      'what is reduced': () => add.reduce(gone),
      'what is reduced, a part': () => add.reduce(gone.lo(1)),
      'the output of reduce': () => add.reduce(x, { out: scalar }),
      'the mask of reduce': () => add.reduce(x, { where: mask }),
      'what is accumulated': () => add.accumulate(gone),
      'the output of accumulate': () => add.accumulate(x, { out: gone }),
      'what reduceat takes': () => add.reduceat(gone, [0]),
      'the indices of reduceat': () => add.reduceat(x, index),
      'the output of reduceat': () => add.reduceat(x, [0, 1, 2], { out: gone }),
      'what at changes': () => add.at(gone, 0, 1),
      'the indices of at': () => add.at(x, index, 1),
      'the mask of at': () => add.at(x, mask, 1),
      'the operand of at': () => add.at(x, [0, 1, 2], gone),
    }
    for (const [what, run] of Object.entries(calls)) {
      assert.instance(thrown(run), MemoryError, what)
      assert.equal([...x], [1, 2, 3], what)
    }
  })

  test(`${target}: axes that are none`, () => {
    const x = f8(1, 2, 3)
    for (const axis of ['0', Number.NaN, 1.5, 1n, true, {}, [0.5], ['a'], Number.POSITIVE_INFINITY])
      for (const run of [
        () => add.reduce(x, { axis } as never),
        () => add.accumulate(x, { axis } as never),
        () => add.reduceat(x, [0], { axis } as never),
      ]) {
        const error = thrown(run)
        assert.instance(error, OptionError)
        assert.is(error.option, 'axis')
      }
    assert.is(add.reduce(x, { axis: -0 }), 6)
    assert.equal(list(add.accumulate(x, { axis: -0 })), [1, 3, 6])
  })

  test(`${target}: what is a mask is one of a call and of a reduction alike`, () => {
    const x = f8(1, 2, 3)
    const refused = [
      1,
      0,
      1n,
      Number.NaN,
      [1, 0, 1],
      i4(1, 0, 1),
      f8(1, 0, 1),
      new Int8Array(3),
      null,
      'x',
      {},
    ]
    for (const where of refused)
      for (const run of [() => add(x, 1, { where }), () => add.reduce(x, { where } as never)]) {
        const error = thrown(run)
        assert.ok(error instanceof CastingError || error instanceof OptionError, `${String(where)}: ${error}`)
      }
    const taken: [unknown, number[], number][] = [
      [true, [2, 3, 4], 6],
      [false, [0, 0, 0], 0],
      [[true, false, true], [2, 0, 4], 4],
      [Uint8Array.of(0, 2, 255), [0, 3, 4], 5],
      [view(Uint8Array.of(1), [3], [0]), [2, 3, 4], 6],
    ]
    for (const [where, called, reduced] of taken) {
      assert.equal(list(add(x, 1, { where })), called)
      assert.is(add.reduce(x, { where } as never), reduced)
    }
  })

  test(`${target}: options misspelt, with the list of those there are`, () => {
    const x = f8(1, 2, 3)
    const ofCalls = ['out', 'where', 'casting', 'order', 'dtype', 'signature']
    const ofFolds = ['axis', 'dtype', 'out']
    const rows: [string, () => unknown, readonly string[]][] = [
      ['wher', () => add(x, 1, { wher: true }), ofCalls],
      ['axis', () => add(x, 1, { axis: 0 }), ofCalls],
      ['Out', () => add.outer(x, 1, { Out: x }), ofCalls],
      ['axes', () => add.reduce(x, { axes: 0 } as never), [...ofFolds, 'keepdims', 'initial', 'where']],
      ['initial', () => add.accumulate(x, { initial: 0 } as never), ofFolds],
      ['keepdims', () => add.reduceat(x, [0], { keepdims: true } as never), ofFolds],
      ['order', () => add.resolveDtypes(['f8', 'f8'], { order: 'K' }), ['casting', 'signature']],
    ]
    for (const [option, run, known] of rows) {
      const error = thrown(run)
      assert.instance(error, OptionError)
      assert.is(error.option, option)
      assert.equal([...(error.known as string[])].sort(), [...known].sort())
    }
  })

  test(`${target}: missing and malformed arguments name the method`, () => {
    const x = f8(1, 2, 3)
    const rows: [() => unknown, RegExp][] = [
      [() => add.reduce(undefined), /^add\.reduce\(\) input: undefined is not an array/],
      [() => add.accumulate('x'), /^add\.accumulate\(\) input: the string "x" is not an array/],
      [() => add.reduceat(x, null), /^add\.reduceat\(\) input: null is not an array/],
      [() => add.outer(x), /^add\.outer\(\) input: undefined is not an array/],
      [() => add.at(x, 0, {}), /^add\.at\(\) input: an object of Object is not an array/],
      [() => add.at(x, 0), /second operand needed/],
      [() => add.reduce(x, 1 as never), /^add\.reduce\(\) takes its keywords as an object/],
      [() => add.at(x, { strat: 1 }, 1), /an object with 'strat'/],
    ]
    for (const [run, message] of rows) {
      const error = thrown(run)
      assert.instance(error, LanewiseError)
      assert.match(error.message, message)
    }
  })
}

test.run()
