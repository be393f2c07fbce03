/**
 * Promise 3 over all methods: the result is as if every input had been copied first. The oracle is the same call on inputs that were.
 * Operands are views of one buffer: shifted, backwards, transposed, repeated, of different dtypes.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Code, dtypes, type TypedArray } from '../../src/dtype.ts'
import { resident } from '../../src/index.ts'
import * as ufuncs from '../../src/ufuncs.ts'
import { elementAt, indices } from '../broadcast/arbitrary.ts'
import { type Loose, targets } from './functions.ts'

const bytes = 192
const codes = ['f8', 'f4', 'i4', 'i2', 'u1', 'i8'] as const
const { add, maximum, subtract, less } = ufuncs
const functions: Readonly<Record<string, unknown>> = { add, maximum, subtract, less }

const joining = ['add', 'maximum', 'subtract']

/** Numbers from 0 to below 1, the same on every machine. */
function generator(seed: number) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

interface Part {
  readonly code: Code
  readonly shape: number[]
  readonly stride: number[]
  readonly offset: number
}

type Random = ReturnType<typeof generator>

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
const upTo = (random: Random, n: number): number => Math.floor(random() * (n + 1))

/** A view of this shape that lies inside the buffer; an output does not meet itself. */
function part(random: Random, code: Code, shape: readonly number[], output = false): Part {
  const length = bytes / dtypes[code].bytes
  for (;;) {
    const stride = shape.map(() =>
      pick(random, output ? [1, 1, -1, 2, 3, -2, 4] : [1, 1, -1, 2, 3, -2, 4, 0]),
    )
    const ends = shape.map((size, axis) => (stride[axis] ?? 0) * (size - 1))
    const low = -ends.reduce((sum, end) => sum + Math.min(end, 0), 0)
    const high = length - 1 - ends.reduce((sum, end) => sum + Math.max(end, 0), 0)
    if (low > high) continue
    const made = { code, shape: [...shape], stride, offset: low + upTo(random, high - low) }
    const places = [...indices(made.shape)].map((index) => elementAt(made, index))
    if (!output || new Set(places).size === places.length) return made
  }
}

type Memory = (values: Uint8Array) => { readonly buffer: ArrayBufferLike; readonly from: number }

const memories: Readonly<Record<'plain' | 'resident', Memory>> = {
  plain: (values) => ({ buffer: values.slice().buffer, from: 0 }),
  resident: (values) => {
    const { buffer, byteOffset } = resident(values).data as Uint8Array
    return { buffer, from: byteOffset }
  },
}

type Shared = ReturnType<Memory>

const viewIn = ({ buffer, from }: Shared, { code, shape, stride, offset }: Part) => {
  const { array, bytes: size } = dtypes[code]
  const data: TypedArray = new array(buffer as ArrayBuffer, from, bytes / size)
  return { data, shape, stride, offset, ...(code === 'b1' ? { dtype: 'bool' } : {}) }
}

const all = ({ buffer, from }: Shared) => [...new Uint8Array(buffer, from, bytes)]

interface Trial {
  readonly inputs: readonly Part[]
  readonly out: Part
  run(f: Loose, inputs: readonly ReturnType<typeof viewIn>[], out: ReturnType<typeof viewIn>): unknown
  /** Small whole numbers, which are indices too. */
  readonly small: boolean
}

const shapeOf = (random: Random): number[] =>
  Array.from({ length: 1 + upTo(random, 1) }, () => 1 + upTo(random, 3))

const trials: Readonly<Record<string, (random: Random) => Trial>> = {
  call(random) {
    const shape = shapeOf(random)
    const masked = random() < 0.5
    const inputs = [
      part(random, pick(random, codes), shape),
      part(random, pick(random, codes), shape.slice(upTo(random, 1))),
    ]
    if (masked) inputs.push(part(random, pick(random, ['b1', 'u1']), shape))
    const out = part(random, pick(random, codes), shape, true)
    return {
      inputs,
      out,
      small: false,
      run: (f, [a, b, where], out) => f(a, b, { out, casting: 'unsafe', ...(where ? { where } : {}) }),
    }
  },
  outer(random) {
    const [a, b] = [shapeOf(random).slice(0, 1), shapeOf(random).slice(0, 1)]
    const inputs = [a, b].map((shape) => part(random, pick(random, codes), shape))
    return {
      inputs,
      out: part(random, pick(random, codes), [...a, ...b], true),
      small: false,
      run: (f, [a, b], out) => f.outer(a, b, { out, casting: 'unsafe' }),
    }
  },
  reduce(random) {
    const shape = shapeOf(random)
    const axis = upTo(random, shape.length - 1)
    const keepdims = random() < 0.5
    const masked = random() < 0.4
    const inputs = [part(random, pick(random, codes), shape)]
    if (masked) inputs.push(part(random, pick(random, ['b1', 'u1']), shape))
    const want = shape.flatMap((size, k) => (k !== axis ? [size] : keepdims ? [1] : []))
    return {
      inputs,
      out: part(random, pick(random, codes), want, true),
      small: false,
      run: (f, [x, where], out) =>
        f.reduce(x, { axis, keepdims, out, ...(where ? { where, initial: 1 } : {}) }),
    }
  },
  accumulate(random) {
    const shape = shapeOf(random)
    const axis = upTo(random, shape.length - 1)
    const x = part(random, pick(random, codes), shape, true)
    return {
      inputs: [x],
      // Half of them in place.
      out: random() < 0.5 ? x : part(random, pick(random, codes), shape, true),
      small: false,
      run: (f, [x], out) => f.accumulate(x, { axis, out }),
    }
  },
  reduceat(random) {
    const shape = shapeOf(random)
    const axis = upTo(random, shape.length - 1)
    // Every index is below 4.
    shape[axis] = 4
    const count = random() < 0.6 ? 4 : 1 + upTo(random, 2)
    const code = pick(random, ['i4', 'i2', 'u1', 'i8'] as const)
    const x = part(random, code, shape, true)
    const inPlace = count === shape[axis] && random() < 0.5
    return {
      inputs: [x, part(random, code, [count])],
      out: inPlace ? x : part(random, code, shape.with(axis, count), true),
      small: true,
      run: (f, [x, at], out) => f.reduceat(x, at, { axis, out }),
    }
  },
  at(random) {
    const code = pick(random, ['i4', 'i2', 'i8'] as const)
    const [length, count] = [4 + upTo(random, 3), 1 + upTo(random, 5)]
    return {
      inputs: [part(random, code, [count]), part(random, random() < 0.5 ? code : 'u1', [count])],
      out: part(random, code, [length], true),
      small: true,
      run: (f, [at, b], x) => f.at(x, at, b),
    }
  },
}

/** Bytes that are finite as every dtype; or, element by element, indices from 0 to 3. */
const filled = (random: Random, { small, out }: Trial): Uint8Array => {
  if (!small) return Uint8Array.from({ length: bytes }, () => upTo(random, 63))
  const { array, bytes: size, big } = dtypes[out.code]
  const data = new array(bytes / size)
  for (let i = 0; i < data.length; i++) data[i] = big ? BigInt(upTo(random, 3)) : upTo(random, 3)
  return new Uint8Array(data.buffer)
}

/** What a call does, or the error that it raises. */
function outcome(run: () => unknown, after: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return `${error}`
  }
  return after()
}

const rounds = { cpu: 300, js: 100 }

for (const target of targets) {
  for (const place of ['plain', 'resident'] as const) {
    for (const [method, make] of Object.entries(trials)) {
      test(`${target}: ${method} on ${place} views of one buffer`, () => {
        const random = generator(method.length * 7 + place.length)
        const memory = memories[place]
        let [changed, errors] = [0, 0]
        for (let round = 0; round < rounds[target]; round++) {
          const name = pick(random, method === 'call' || method === 'outer' ? [...joining, 'less'] : joining)
          const f = (functions[name] as Loose).on(target) as unknown as Loose
          const trial = make(random)
          const values = filled(random, trial)
          const apart = memories.plain(values)
          const copies = trial.inputs.map((input) => viewIn(memories.plain(values), input))
          const want = outcome(
            () => trial.run(f, copies, viewIn(apart, trial.out)),
            () => all(apart),
          )
          const shared = memory(values)
          const views = trial.inputs.map((input) => viewIn(shared, input))
          // In place: the very same object.
          const out = trial.inputs[0] === trial.out ? views[0] : viewIn(shared, trial.out)
          const got = outcome(
            () => trial.run(f, views, out as ReturnType<typeof viewIn>),
            () => all(shared),
          )
          if (typeof want === 'string') errors++
          else if (JSON.stringify(want) !== JSON.stringify([...values])) changed++
          assert.equal(got, want, `round ${round}: ${name}.${method} ${JSON.stringify(trial)}`)
        }
        assert.ok(
          changed > (target === 'cpu' ? 150 : 60),
          `${changed} calls changed the buffer, ${errors} failed`,
        )
      })
    }
  }
}

test.run()
