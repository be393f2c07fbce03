/** What is called uniform is given the same values, in the same order, whatever the element. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Code } from '../../src/dtype.ts'
import { bind } from '../../src/loops/kernel/bind.ts'
import { sameValue } from '../../src/loops/kernel/evaluate.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import {
  cast,
  constant,
  type Expr,
  type Kernel,
  local,
  op,
  type Stmt,
  set,
  type Value,
} from '../../src/loops/kernel/ir.ts'
import { print } from '../../src/loops/kernel/print.ts'
import { analyseUniformity } from '../../src/loops/kernel/uniform.ts'
import { randomKernel } from './random-kernel.ts'

const i8 = 'i8' as Code
const int = (v: number) => constant(i8, BigInt(v))
const plus = (id: number) => set(id, op('add', [local(i8, id), int(1)]))

/** A counter at the head of every loop and block: how often they are entered is then a local's trace. */
function counted(kernel: Kernel): Kernel {
  const locals = [...kernel.locals]
  const counter = (): Stmt => {
    locals.push({ type: i8, name: `n${locals.length}` })
    return plus(locals.length - 1)
  }
  const list = (body: readonly Stmt[]): Stmt[] =>
    body.flatMap((s): Stmt[] => {
      switch (s.kind) {
        case 'if':
          return [{ ...s, then: [counter(), ...list(s.then)], else: [...list(s.else), counter()] }, counter()]
        case 'block':
          return [{ ...s, body: [...list(s.body), counter()] }, counter()]
        case 'loop':
          return [
            { ...s, body: [counter(), ...list(s.body), counter()], update: [...list(s.update), counter()] },
            counter(),
          ]
        default:
          return [s]
      }
    })
  const body = list(kernel.body)
  return { ...kernel, locals, body }
}

test('random kernels: a uniform local has one history for all elements', () => {
  let uniform = 0
  let varying = 0
  fc.assert(
    fc.property(randomKernel({ elements: 6, size: 160 }), ({ kernel, rows }) => {
      const params = kernel.locals.slice(0, kernel.nin).map((l) => l.type)
      const results = kernel.outs.map((id) => kernel.locals[id]?.type ?? 'f8')
      const bound = bind(counted(kernel), params, results)
      // Who is away needs everything: then a uniform local has one history, also for those who left.
      const everything = new Set(bound.locals.keys())
      const { locals } = analyseUniformity(bound, () => ({ after: everything, second: everything }))
      const histories = rows.map((row) => {
        const history = new Map<number, Value[]>()
        const onSet = (id: number, value: Value) => history.set(id, [...(history.get(id) ?? []), value])
        interpret(bound, [], row, { onSet })
        return history
      })
      for (const id of bound.locals.keys()) {
        if (!locals.has(id)) {
          varying++
          continue
        }
        const [first, ...others] = histories.map((h) => h.get(id) ?? [])
        if (first?.length) uniform++
        for (const other of others) {
          const same = first?.length === other.length && first.every((v, k) => sameValue(v, other[k] ?? 0))
          if (!same) assert.unreachable(`${bound.locals[id]?.name} varies in\n${print(bound)}`)
        }
      }
    }),
    { numRuns: 1500 },
  )
  assert.ok(uniform > 1000 && varying > 1000, `${uniform} uniform, ${varying} varying`)
})

/** i counts to `end` under label 0; the body also does `inside`. */
function counting(end: Expr, inside: readonly Stmt[]): Kernel {
  return {
    name: 'k',
    source: '',
    locals: ['x', 'i', 'sum', 'free'].map((name) => ({ type: i8, name })),
    nin: 1,
    outs: [2],
    arrays: [],
    checks: [],
    body: [
      set(0, { kind: 'input', type: i8, operand: 0 }),
      {
        kind: 'loop',
        label: 0,
        body: [
          { kind: 'if', cond: op('ge', [local(i8, 1), end]), then: [{ kind: 'break', label: 0 }], else: [] },
          ...inside,
        ],
        update: [plus(1)],
      },
      plus(3),
    ],
  }
}

const uniformNames = (kernel: Kernel): string => {
  const { locals } = analyseUniformity(kernel)
  return kernel.locals.flatMap((l, id) => (locals.has(id) ? [l.name] : [])).join(' ')
}

test('a counter to a constant is uniform, and stays so beside a varying sum', () => {
  const sum = set(2, op('add', [local(i8, 2), local(i8, 0)]))
  const kernel = counting(int(9), [sum])
  assert.is(uniformNames(kernel), 'i free')
  assert.ok(analyseUniformity(kernel).labels.has(0))
})

test('a counter to an operand is uniform, though the loop is not', () => {
  const kernel = counting(local(i8, 0), [])
  assert.is(uniformNames(kernel), 'i sum free')
  assert.not(analyseUniformity(kernel).labels.has(0))
})

const leave: Stmt & { kind: 'if' } = {
  kind: 'if',
  cond: cast('b1', local(i8, 0)),
  then: [{ kind: 'break', label: 0 }],
  else: [],
}

test('a counter of a loop that some lanes leave is uniform for those that are left', () => {
  const kernel = counting(int(9), [leave])
  assert.is(uniformNames(kernel), 'i sum free')
  assert.not(analyseUniformity(kernel).labels.has(0))
})

test('a counter that is read behind the loop that some lanes leave varies', () => {
  assert.is(uniformNames({ ...counting(int(9), [leave]), outs: [1] }), 'sum free')
})

test('a loop in one branch is uniform, unless its counter is read in the other or behind', () => {
  const inBranch = (outs: readonly number[], otherwise: readonly Stmt[]): Kernel => {
    const made = counting(int(9), [])
    const [enter, loop, last] = made.body
    if (!enter || !loop || !last) throw new Error('three statements')
    const cond = cast('b1', local(i8, 0))
    const body = [enter, set(1, int(0)), { kind: 'if' as const, cond, then: [loop], else: otherwise }, last]
    return { ...made, outs, body }
  }
  assert.is(uniformNames(inBranch([3], [])), 'i sum free')
  assert.ok(analyseUniformity(inBranch([3], [])).labels.has(0))
  assert.is(uniformNames(inBranch([1], [])), 'sum free')
  assert.is(uniformNames(inBranch([2], [set(2, local(i8, 1))])), 'free')
})

test('lanes that leave for further out are missing at the head of the inner loop too', () => {
  const outwards: Stmt = { ...leave, then: [{ kind: 'break', label: 9 }] }
  const kernel = counting(int(9), [
    plus(3),
    { kind: 'loop', label: 1, body: [plus(2), outwards], update: [] },
  ])
  const inner = {
    ...kernel,
    body: [{ kind: 'block', label: 9, body: kernel.body.slice(0, -1) } as Stmt, plus(0)],
  }
  assert.is(uniformNames(inner), 'i free')
  assert.equal([...analyseUniformity(inner).labels], [])
})

test.run()
