/** Reductions, accumulations, `outer`, `at` and `async`. */
import { type Code, dtypes } from '../dtype.ts'
import type { Value } from '../loops/kernel/ir.ts'
import { treeOf } from '../targets/fold/plain.ts'
import { on, type Row } from './cases.ts'
import { elementOf, expectError, expectResult, Mismatch } from './check.ts'
import { indices, type Laid, laid, pick, randomFrom } from './operands.ts'

interface Fold {
  readonly name: string
  readonly text: string
  readonly codes: readonly Code[]
  /** Undefined: it folds from the left. */
  readonly identity?: number
  /** Elements in memory, where they are not the accumulator's. */
  readonly element?: Code
  /** In any order the same bits. */
  readonly exact: boolean
}

const folds: readonly Fold[] = [
  { name: 'sums', text: '(a, b) => a + b', codes: ['i4', 'u8', 'i2'], identity: 0, exact: true },
  { name: 'maxima', text: '(a, b) => Math.max(a, b)', codes: ['f8', 'f4', 'u1'], exact: true },
  { name: 'sums of floats', text: '(a, b) => a + b', codes: ['f8', 'f4'], identity: 0, exact: false },
  {
    name: 'sums of i2 in f8',
    text: '(a, b) => a + b',
    codes: ['f8'],
    element: 'i2',
    identity: 0,
    exact: true,
  },
  { name: 'folds from the left', text: '(a, b) => a / 2 - b', codes: ['f8', 'f4'], exact: true },
]

const memoryValue = (code: Code, value: Value): Value => {
  const slot = new dtypes[code].array(1)
  slot[0] = (dtypes[code].big ? BigInt(value) : Number(value)) as number
  return slot[0] as Value
}

/** How accumulators of a fold meet, as its definition says: in the tree if it has an identity, else from the left. */
function folder({ text, identity, element }: Fold, code: Code) {
  const join = elementOf(text, `${code}(${code},${code})`)
  const two = (a: Value, b: Value) => join([a, b])[0] as Value
  const own = (values: readonly Value[]) => (element ? values.map((v) => memoryValue(code, v)) : values)
  return {
    two,
    own,
    all(values: readonly Value[], initial = identity): Value {
      const first = initial === undefined ? undefined : memoryValue(code, initial)
      if (identity === undefined) {
        const list = first === undefined ? own(values) : [first, ...own(values)]
        return list.reduce(two)
      }
      const root = treeOf(
        own(values).map((v) => [v as number]),
        ([a], [b]) => [two(a as number, b as number) as number],
      )?.[0]
      return first === undefined ? (root as Value) : root === undefined ? first : two(first, root)
    },
  }
}

/** The elements of every line along an axis, line by line in C order. */
function lines({ operand, data }: Laid, axis: number): Value[][] {
  const { shape, stride, offset = 0 } = operand as { shape: number[]; stride: number[]; offset?: number }
  const others = shape.map((_, k) => k).filter((k) => k !== axis)
  return indices(
    others.map((k) => shape[k] ?? 1),
    others.map((k) => stride[k] ?? 0),
    offset,
  ).map((start) =>
    Array.from({ length: shape[axis] ?? 0 }, (_, i) => data[start + i * (stride[axis] ?? 0)] as Value),
  )
}

/** Numbers whose sums stay normal: a tolerance is one of the result, not of what cancelled. */
function positive(one: Laid): Laid {
  one.at.forEach((i, k) => {
    one.data[i] = (dtypes[one.code].big ? BigInt(k % 19) : (k % 19) + 0.1) as number
  })
  return one
}

const shapes = [[1], [8], [300], [3, 70], [257, 9], [4, 3, 5]]

const foldCase = (fold: Fold, code: Code): Row => ({
  name: `${fold.name}${fold.name.includes(code) ? '' : ` of ${code}`}`,
  needs: [code, 'reduce'],
  async run(setup) {
    const f = on(setup, `${code}(${code},${code})`, fold.text, { identity: fold.identity ?? null })
    const random = randomFrom(code.charCodeAt(1))
    const { all } = folder(fold, code)
    const tolerance = fold.exact ? 0 : setup.tolerance
    for (const shape of shapes)
      for (const place of ['plain', 'resident'] as const) {
        const own = laid(random, fold.element ?? code, shape, place)
        const x = fold.exact ? own : positive(own)
        for (const axis of shape.keys()) {
          const values = lines(x, axis).map((line) => all(line))
          const kept = shape.filter((_, k) => k !== axis)
          const want = { code, shape: kept, values }
          expectResult(
            `axis ${axis} of [${shape}]`,
            await f.reduce(x.operand, { axis, dtype: code }),
            want,
            tolerance,
          )
        }
      }
    const x = positive(laid(random, code, [5, 6], 'plain'))
    const initial = { axis: 0, initial: 3, keepdims: true }
    const values = lines(x, 0).map((line) => all(line, 3))
    expectResult('initial', await f.reduce(x.operand, initial), { code, shape: [1, 6], values }, tolerance)
  },
})

const maskedFold: Row = {
  name: 'reduce with where',
  needs: ['f8', 'reduce', 'masked'],
  async run(setup) {
    const fold: Fold = { name: '', text: '(a, b) => a + b', codes: [], identity: 0, exact: true }
    const f = on(setup, 'f8(f8,f8)', fold.text, { identity: 0 })
    const { two } = folder(fold, 'f8')
    const random = randomFrom(5)
    for (const shape of [[40], [7, 9], [300, 3]]) {
      const x = positive(laid(random, 'f8', shape, 'plain'))
      // Whole numbers: the tree with holes is the same in any order.
      for (const i of x.at) x.data[i] = Math.trunc(Number(x.data[i]))
      const mask = laid(random, 'b1', shape, pick(random, ['plain', 'resident']))
      for (const axis of shape.keys()) {
        const flags = lines(mask, axis)
        const values = lines(x, axis).map((line, k) =>
          line.filter((_, i) => flags[k]?.[i] !== 0).reduce<Value>(two, 0),
        )
        const kept = shape.filter((_, k) => k !== axis)
        const result: unknown = await f.reduce(x.operand, { axis, where: mask.operand })
        expectResult(
          `axis ${axis} of [${shape}]`,
          result,
          { code: 'f8', shape: kept, values },
          setup.tolerance,
        )
      }
    }
  },
}

const accumulateCase = (fold: Fold, code: Code): Row => ({
  name: `accumulate, ${fold.name} of ${code}`,
  needs: [code, 'accumulate'],
  async run(setup) {
    const f = on(setup, `${code}(${code},${code})`, fold.text, { identity: fold.identity ?? null })
    const { two } = folder(fold, code)
    const random = randomFrom(3)
    for (const shape of [[1], [70], [5, 6], [2, 3, 4]])
      for (const axis of shape.keys()) {
        const x = positive(laid(random, code, shape, pick(random, ['plain', 'resident'])))
        const steps = lines(x, axis).map((line) => {
          let a: Value | undefined
          return line.map((v) => (a = a === undefined ? v : two(a, v)))
        })
        // Line by line; back into C order.
        const at = lines({ ...x, data: Float64Array.from(x.data.keys()) }, axis).flat()
        const byPlace = new Map(at.map((place, i) => [Number(place), steps.flat()[i] as Value]))
        const values = x.at.map((place) => byPlace.get(place) as Value)
        const result: unknown = await f.accumulate(x.operand, { axis, dtype: code })
        expectResult(
          `axis ${axis} of [${shape}]`,
          result,
          { code, shape, values },
          fold.exact ? 0 : setup.tolerance,
        )
      }
  },
})

const reduceatCase: Row = {
  name: 'reduceat',
  needs: ['i4', 'reduce'],
  async run(setup) {
    const f = on(setup, 'i4(i4,i4)', '(a, b) => a * 3 + b')
    const [fold] = [folder({ name: '', text: '(a, b) => a * 3 + b', codes: [], exact: true }, 'i4')]
    const x = laid(randomFrom(2), 'i4', [4, 12], 'plain')
    const starts = [0, 4, 1, 8, 8, 11]
    const values = lines(x, 1).flatMap((line) =>
      starts.map((from, k) => fold.all(line.slice(from, Math.max(from + 1, starts[k + 1] ?? line.length)))),
    )
    const result: unknown = await f.reduceat(x.operand, starts, { axis: 1, dtype: 'i4' })
    expectResult('reduceat', result, { code: 'i4', shape: [4, starts.length], values }, 0)
  },
}

const outerCase: Row = {
  name: 'outer',
  needs: ['f4'],
  async run(setup) {
    const f = on(setup, 'f4(f4,f4)', '(x, y) => x * y')
    const element = elementOf('(x, y) => x * y', 'f4(f4,f4)')
    const random = randomFrom(4)
    const [a, b] = [laid(random, 'f4', [2, 3], 'plain'), laid(random, 'f4', [5], 'resident')]
    const values = a.at.flatMap((i) =>
      b.at.map((k) => element([a.data[i] as Value, b.data[k] as Value])[0] as Value),
    )
    const result: unknown = await f.outer(a.operand, b.operand)
    expectResult('outer', result, { code: 'f4', shape: [2, 3, 5], values }, setup.tolerance)
  },
}

const atCase = (code: Code): Row => ({
  name: `at, of ${code}`,
  needs: [code, 'at'],
  async run(setup) {
    const f = on(setup, `${code}(${code},${code})`, '(x, y) => x + y')
    const element = elementOf('(x, y) => x + y', `${code}(${code},${code})`)
    const random = randomFrom(6)
    for (const place of ['plain', 'resident'] as const) {
      const x = laid(random, code, [9], place)
      const positions = [3, -1, 3, 0, 8, 3]
      const y = laid(random, code, [positions.length], pick(random, ['plain', 'resident']))
      const values = x.at.map((i) => x.data[i] as Value)
      positions.forEach((index, k) => {
        const i = index < 0 ? index + 9 : index
        values[i] = element([values[i] as Value, y.data[y.at[k] ?? 0] as Value])[0] as Value
      })
      await f.at(x.operand, positions, y.operand)
      expectResult('at', x.operand, { code, shape: [9], values }, 0)
      const error = await expectError('an index outside', 'bounds', () =>
        f.at(x.operand, [0, 9], y.operand && 1),
      )
      if (Reflect.get(error, 'index') !== 9)
        throw new Mismatch(`the error's index is ${Reflect.get(error, 'index')}`)
      expectResult('after the error', x.operand, { code, shape: [9], values }, 0)
    }
  },
})

const asyncCase: Row = {
  name: 'async gives what the call gives',
  needs: ['f8'],
  async run(setup) {
    const text = '(x, y) => x / (y + 2)'
    const f = on(setup, 'f8(f8,f8)', text)
    const element = elementOf(text, 'f8(f8,f8)')
    const random = randomFrom(8)
    for (const shape of [[4], [3000], [40, 30]]) {
      const [a, b] = [laid(random, 'f8', shape, 'plain'), laid(random, 'f8', shape, 'resident')]
      const values = a.at.map(
        (i, k) => element([a.data[i] as Value, b.data[b.at[k] ?? 0] as Value])[0] as Value,
      )
      const want = { code: 'f8', shape, values } as const
      expectResult('async', await f.async(a.operand, b.operand), want, setup.tolerance)
    }
  },
}

const each = (of: (fold: Fold, code: Code) => Row): Row[] =>
  folds.flatMap((fold) => fold.codes.map((code) => of(fold, code)))

export const methods: readonly Row[] = [
  ...each(foldCase),
  maskedFold,
  ...each(accumulateCase).filter(({ name }) => !name.includes('i2')),
  reduceatCase,
  outerCase,
  ...(['f8', 'f4', 'i4', 'u1'] as const).map(atCase),
  asyncCase,
]
