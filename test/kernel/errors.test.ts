/** Every mistake has an error that says where it is and what to do. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { KernelSyntaxError } from '../../src/errors.ts'
import { kernelBrand } from '../../src/loops/kernel/capture.ts'
import { define, recapture } from '../../src/loops/kernel/parse.ts'
import { bad } from './dsl.ts'

declare const outside: number
declare const np: { sqrt: (x: number) => number }
declare function helper(x: number): number

// Not a kernel at all
bad(Math.sqrt, 'no JavaScript source', { hint: '(x) => Math.sqrt(x)' })
bad(((x: number) => x).bind(null), 'no JavaScript source', { hint: '.bind()' })
bad('', 'no JavaScript source')
bad('3', 'this is no function', { at: '1:1' })
bad('x => x, y', 'this is no function')
bad('class A {}', 'a class is no function')
bad('async x => x', 'cannot be an async function')
bad('function* (x) { yield x }', 'cannot be a generator')
bad('x => x +', 'Unexpected token', { at: '1:9' })
bad('x => x) + 1', 'Unexpected token', { at: '1:7' })
bad('(x: number) => x', 'Unexpected token', { at: '1:3', hint: 'without type annotations' })

// Syntax outside the language
bad('x => {\n  try { return x } catch { return 0 }\n}', '`try` is not part', { at: '2:3', hint: 'with if' })
bad('x => "a" + x', 'a string stands where a number', { at: '1:6' })
bad('x => `a` + x', 'a string is not part')
bad('x => /a/', 'a regular expression')
bad('x => ({ a: x })', 'an object is not part', { at: '1:7', hint: 'return [q, r]' })
bad('function (x) { return this.y + x }', '`this` is not part', { at: '1:23', hint: 'env' })
bad('x => new Foo(x)', '`new` is not part', { at: '1:6' })
bad('x => typeof x', '`typeof` is not part')
bad('x => { throw 1 }', '`throw` is not part', { hint: 'Return NaN' })
bad('x => { for (const k in x) return k }', '`for … in` is not part', { hint: 'for (let i = 0' })
bad('x => { for (const v of x) return v; return 1 }', 'cannot loop over a number', { at: '1:8' })
bad('x => 1 in x', '`in` is not part')
bad('x => x instanceof y', /instanceof|not defined/)
bad('x => { class A {} return x }', 'a class is not part')
bad('x => { const f = async v => v; return f(x) }', 'cannot call an async function')

// Names
bad('x => k * x', '`k` is not defined', { at: '1:6', hint: '({ k }) => x => k * x' })
bad((x: number) => outside * x, '`outside` is not defined', { hint: /cannot see the variables around/ })
bad('(x) => {\n  const y = x * G\n  return y + H\n}', '`G` is not defined', {
  at: '2:17',
  hint: '({ G, H }) => (x) => { …',
})
bad('x => { y = 3; return x }', '`y` is not a variable of the kernel', { at: '1:8' })
bad('x => { const y = 3; y = 4; return x }', '`y` is a constant', { at: '1:21' })
bad('x => y + (() => { let y = x; return y })()', '`y` is not defined', { at: '1:6' })
bad('x => { const a = b; const b = 1; return a }', '`b` is used before it is declared', { at: '1:18' })
bad('x => Math.random()', 'Math.random cannot be used', { hint: 'pass it as an input' })
bad('x => Math.sqrrt(x)', '`sqrrt` is not in Math', { at: '1:11', hint: 'Did you mean Math.sqrt?' })
bad('x => Math.arctan2(x, x)', '`arctan2` is not in Math', { hint: 'Math.atan2' })
bad((x: number) => np.sqrt(x), '`np` is not defined', { hint: 'Math.sqrt for np.sqrt' })
bad('x => { for (const i of range(10)) x += i; return x }', '`range` is not defined', { hint: 'let i = 0' })
bad(
  'x => { let s = 0; for (const i of prange(10)) { x += s; s += i } return x }',
  '`s` is carried from one',
  {
    at: '1:54',
    hint: 'any order',
  },
)
bad(
  'x => { let s = 0; for (const i of prange(10)) { s += i; s *= 2 } return s + x }',
  '`s` is carried from',
  {
    at: '1:57',
  },
)
bad('x => { let s = 0; for (const i of prange(10)) s = i - s; return s + x }', '`s` is carried from')
bad('x => { for (const i of prange(9)) if (i > x) break; return x }', '`break` or `return` leaves', {
  at: '1:8',
  hint: 'continue',
})
bad('x => { for (const i of prange(9)) if (i > x) return i; return x }', '`break` or `return` leaves')
bad('x => { for (const i of prange(1, 2, x)) x += i; return x }', 'the step of `prange`')
bad('x => { for (const i of prange(1, 2, 0)) x += i; return x }', 'the step of `prange`')
bad('x => { for (const i of prange()) x += i; return x }', '1 to 3 arguments, not 0')
bad('x => x + prange', 'a function stands where a number is needed', { hint: 'for (const i of prange(n))' })
bad('x => parseInt(x)', '`parseInt` is not defined', { hint: 'Math.trunc' })
bad('x => { console.log(x); return x }', '`console` is not defined', { hint: 'debugger' })

// Factories
bad('({ g }) => x => g * x', 'a factory (it gives back a function), but no `env`', { hint: 'env: { g }' })
bad('function ({ g }) { function k(x) { return x * g } return k }', 'no `env` is given')
bad('x => x', '`env` is given, but the kernel is not a factory', {
  options: { env: { g: 1 } },
  hint: '({ g }) => x => x',
})
bad('({ g }) => x => g * x', '`g` is null in env', { options: { env: { g: null } }, hint: 'Give it a value' })
bad('({ g }) => x => g * x', '`g` is undefined in env', { options: { env: { g: undefined } } })
bad('({ g, h }) => x => g * h * x', '`h` is not in env', {
  at: '1:24',
  hint: 'It has: g.',
  options: { env: { g: 1 } },
})
bad('({ g }) => x => g * h', '`h` is not defined', { hint: 'Add `h` to env', options: { env: { g: 1 } } })
bad('({ g }) => x => g(x)', '`g` is a number, not a function', { options: { env: { g: 1 } } })
bad('({ g }) => x => g * x', 'a string stands', { options: { env: { g: 'a' } } })
bad('({ g }) => x => g.a.b * x', '`b` is not in a', { options: { env: { g: { a: {} } } } })
bad('({ f }) => x => f * x', 'a function stands where a number', { options: { env: { f: Math.sin } } })
bad('({ f }) => x => f(x)', '`helper` is not defined', {
  hint: 'only its own source is compiled',
  options: { env: { f: (x: number) => helper(x) } },
})
bad('({ t }) => x => t * x', 'an array stands where a number', {
  options: { env: { t: new Float64Array(2) } },
})
bad('({ t }) => x => { t[0] = x; return x }', '`t` is captured and read only', {
  options: { env: { t: new Float64Array(2) } },
})
bad('({ t }) => x => t[0][1]', 'an array of other things than numbers', {
  options: { env: { t: [[1], [2]] } },
})
bad('({ n }) => x => n', 'more than 64 bits', { options: { env: { n: 2n ** 80n } } })

// Functions and tuples
bad('function fact(n) { return n < 2 ? 1 : n * fact(n - 1) }', 'calls itself', { at: '1:43', hint: 'loop' })
bad('x => { const f = v => v < 1 ? v : f(v - 1); return f(x) }', 'calls itself', { at: '1:35' })
bad('x => { const f = v => g(v); const g = v => f(v); return f(x) }', 'calls itself')
bad('x => (v => v)', /gives back a function/)
bad('x => { const f = x > 0 ? Math.sin : Math.cos; return f(x) }', 'either a function or a function')
bad('x => { let f = Math.sin; f = Math.cos; return f(x) }', 'assigned again', { hint: 'use const' })
bad('x => x(3)', '`x` is a number, not a function', { at: '1:6' })
bad('x => x[0]', 'a number cannot be indexed', { hint: 'guvectorize' })
bad('x => x.length', 'no property `length`', { at: '1:8', hint: 'guvectorize' })
bad('x => [1, x]["a"]', 'a tuple has no property')
bad('x => [1, 2, x][x]', 'the index of a tuple must be a constant')
bad('x => { const [a, b] = x; return a }', 'a number cannot be taken apart', { at: '1:14' })
bad('x => { const [a, b] = [x]; return a + b }', 'undefined stands where a number')
bad('(x, [a, b]) => x', 'it has a plain name', { at: '1:5' })
bad('x => [x, [x, x]]', 'a tuple stands where a number')
bad('x => [x, ...x]', 'a number cannot be spread', { at: '1:10' })
bad('x => Math.pow(x)', 'Math.pow needs 2 arguments, not 1')

// Results
bad('x => { if (x > 0) return 1 }', 'not every path', { hint: 'Add a return' })
bad('x => { x + 1 }', 'the kernel returns nothing')
bad('x => {}', 'the kernel returns nothing')
bad('x => { if (x > 0) return 1; return [1, 2] }', 'a tuple of 2, but another return gives a number', {
  at: '1:29',
})
bad('x => { let c; c ??= x; return c }', 'known only when the kernel runs')
bad('(x, y) => x + y', 'takes 2 arguments, but the signature has 1', { signature: 'f8' })
bad('(x, y = 1) => x + y', 'takes 1 to 2 arguments, but the signature has 3', { signature: 'f8,f8,f8' })
bad('x => x', 'returns 1 value, but the signature has 2 results', { signature: 'f8->f8,f8', hint: '[q, r]' })

// Types
bad('(x, y) => x & y', 'a bitwise operator on a 64-bit integer and a float', {
  signature: 'i8,f8',
  at: '1:11',
  hint: 'BigInt(x)',
})
bad('x => BigInt.asIntN(7, x)', 'a constant width', { signature: 'i8' })

test('a place in a captured function shows the call too', () => {
  const inner = '({ f }) => x =>\n  f(x)'
  const f = (x: number) => helper(x)
  const error = thrown(() => define(inner, { env: { f } }))
  assert.is(error.line, 1)
  assert.match(error.message, 'That is inlined here')
  assert.match(error.message, '2 |   f(x)')
})

test('no signature of a lanewise function takes the arguments', async () => {
  const { infer } = await import('../../src/loops/kernel/infer.ts')
  const signatures = [{ inputs: ['i4'], outputs: ['i4'] }] as const
  const f = Object.assign(() => 0, { [kernelBrand]: { definition: define('v => v'), signatures } })
  const definition = define('({ f }) => x => f(x)', { env: { f } })
  assert.throws(() => infer(definition, ['f8']), /no signature of .* takes \(f8\)/)
  assert.is(infer(definition, ['i2']).kernel.outs.length, 1)
})

test('values that are taken anew are checked anew', () => {
  const definition = define('({ g }) => x => g * x', { env: { g: 1 } })
  assert.match(thrown(() => recapture(definition, {})).message, '`g` is not in env')
})

test('a kernel that grows without end is stopped', () => {
  const lines = Array.from({ length: 20 }, (_, k) => `const f${k + 1} = v => f${k}(v) + f${k}(v + 1)`)
  const source = `x => { const f0 = v => v; ${lines.join('; ')}; return f20(x) }`
  assert.match(thrown(() => define(source)).message, 'grows beyond')
})

function thrown(run: () => unknown) {
  try {
    run()
  } catch (error) {
    if (error instanceof KernelSyntaxError) return error
  }
  throw new Error('no KernelSyntaxError')
}

test.run()
