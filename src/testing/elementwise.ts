/** Ops, casts and control flow on every dtype; then every layout, and what calls can be told. */
import { type Code, codes, dtypes } from '../dtype.ts'
import type { Value } from '../loops/kernel/ir.ts'
import { dtypesIn, on, type Row, type Setup } from './cases.ts'
import { type Element, elementOf, expectResult, Mismatch } from './check.ts'
import { type Laid, laid, meeting, pick, type Random, randomFrom } from './operands.ts'

interface Kernel {
  readonly name: string
  readonly signature: string
  readonly text: string
  readonly env?: object
}

const list = (name: string, signature: string, results: readonly string[], parameters = 'x, y'): Kernel => ({
  name,
  signature,
  text: `(${parameters}) => [${results.join(', ')}]`,
})

const several = (code: string, count: number, inputs: string) => `UniTuple(${code},${count})(${inputs})`

const ints = codes.filter((code) => dtypes[code].kind !== 'f' && code !== 'b1')
const floats = ['f4', 'f8'] as const

const whole = [
  'x + y',
  'x - y',
  'x * y',
  'x & y',
  'x | y',
  'x ^ y',
  'x % y',
  'Math.min(x, y)',
  'Math.max(x, y)',
]
const shifts = [
  'x << (y & 7)',
  'x >> (y & 7)',
  '-x',
  '~x',
  'Math.abs(x)',
  'Math.trunc(x / y)',
  'Math.floor(x / y)',
]
const real = ['x + y', 'x - y', 'x * y', 'x / y', 'x % y', 'Math.min(x, y)', 'Math.max(x, y)']
const rounding = [
  '-x',
  ...['abs', 'sign', 'floor', 'ceil', 'trunc', 'round', 'sqrt'].map((f) => `Math.${f}(x)`),
]
const comparisons = ['x < y', 'x <= y', 'x > y', 'x >= y', 'x === y', 'x !== y']
const functions = [
  ['exp', 'expm1', 'log', 'log1p', 'log2', 'log10', 'cbrt'],
  ['sin', 'cos', 'tan', 'asin', 'acos', 'atan'],
  ['sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh'],
].map((names) => names.map((f) => `Math.${f}(x)`))
const binary = ['Math.pow(x, y)', 'Math.atan2(x, y)', 'Math.hypot(x, y)']
const narrow = codes.filter((code) => code !== 'i8' && code !== 'u8' && code !== 'f8')
const wide = ['i8', 'u8', 'f8'] as const

const kernels: readonly Kernel[] = [
  ...ints.flatMap((code) => [
    list(`arithmetic of ${code}`, several(code, whole.length, `${code},${code}`), whole),
    list(`shifts and signs of ${code}`, several(code, shifts.length, `${code},${code}`), shifts),
  ]),
  ...floats.flatMap((code) => [
    list(`arithmetic of ${code}`, several(code, real.length, `${code},${code}`), real),
    list(`rounding of ${code}`, several(code, rounding.length, code), rounding, 'x'),
    ...functions.map((own) => list(`${own[0]} … of ${code}`, several(code, own.length, code), own, 'x')),
    list(`functions of two ${code}`, several(code, binary.length, `${code},${code}`), binary),
  ]),
  ...codes.map((code) => list(`comparisons of ${code}`, several('b1', 6, `${code},${code}`), comparisons)),
  list('logic', several('b1', 4, 'b1,b1'), ['x && y', 'x || y', '!x', 'x ? y : !y']),
  ...codes.flatMap((code) => [
    list(
      `casts of ${code}`,
      `Tuple(${narrow.join(',')})(${code})`,
      narrow.map(() => 'x'),
      'x',
    ),
    list(
      `casts of ${code} to wide`,
      `Tuple(${wide.join(',')})(${code})`,
      wide.map(() => 'x'),
      'x',
    ),
  ]),
  {
    name: 'a loop that elements leave one by one',
    signature: 'i4(f8,f8)',
    text: `(cx, cy) => {
      let [x, y, n] = [0, 0, 0]
      while (n < 40) {
        const [a, b] = [x * x, y * y]
        if (a + b > 4) break
        y = 2 * x * y + cy
        x = a - b + cx
        n++
      }
      return n
    }`,
  },
  {
    name: 'loops in a loop, continue and return',
    signature: 'i4(i4)',
    text: `(x) => {
      let s = 0
      outer: for (let i = 0; i < 9; i++) {
        if ((x + i) % 3 === 0) continue
        for (let k = 0; k <= i; k++) {
          if (((x >> k) & 3) === 3) continue outer
          s += k ^ x
          if (s > 1000) return -s
        }
      }
      return s
    }`,
  },
  {
    name: 'branches in f4',
    signature: 'f4(f4,f4)',
    text: `(x, y) => {
      if (x > y) { if (y < 0) return x - y * 3; x = y / 7 }
      else if (x === y) return x
      return (x + 1) * (y - 2)
    }`,
  },
  {
    name: 'a table',
    signature: 'f4(u1)',
    text: '({ table }) => (x) => table[x % 5] * 2 + table[(x + 3) % 5]',
    env: { table: Float32Array.of(1.5, -2, 0.1, 1e30, -0) },
  },
]

/** Where the interpreter's value is the only right one however a machine rounds. */
const isExact = ({ name }: Kernel): boolean => !/…|functions/.test(name)

const sampled = 133

function elementCase(kernel: Kernel): Row {
  const { name, signature, text, env } = kernel
  return {
    name,
    needs: dtypesIn(signature),
    async run(setup) {
      const f = on(setup, signature, text, env ? { env } : {})
      const element = elementOf(text, signature, env ? { env } : {})
      const random = randomFrom(name.length)
      const inputs = f.types[0]?.split('(').at(-1)?.replace(')', '').split(',') as Code[]
      const operands = inputs.map((code) => laid(random, code, [sampled], 'plain'))
      const tolerance = isExact(kernel) ? 0 : setup.tolerance
      await expectCall(setup, f, element, operands, [sampled], {}, tolerance)
    },
  }
}

/** Calls f, and compares all results with the elements that meet. */
async function expectCall(
  setup: Setup,
  f: ReturnType<typeof on>,
  element: Element,
  operands: readonly Laid[],
  shape: readonly number[],
  keywords: object = {},
  tolerance = setup.tolerance,
): Promise<void> {
  const answer: unknown = await f(...operands.map(({ operand }) => operand), keywords)
  const results = f.nout === 1 ? [answer] : (answer as unknown[])
  const want = wanted(element, operands, shape)
  const text = f.types[0] ?? ''
  const outputs = outputsOf(text, f.nout)
  results.forEach((result, k) => {
    const values = want.map((row) => row[k] as Value)
    expectResult(`${text} result ${k}`, result, { code: outputs[k] ?? 'f8', shape, values }, tolerance)
  })
  const last = f.explain().last
  if (last?.target !== setup.target) throw new Mismatch(`${text} ran on ${last?.target}`)
}

/** The dtypes of the results of a signature in its normal form. */
function outputsOf(signature: string, count: number): Code[] {
  const end = signature.lastIndexOf('(')
  const found = signature.slice(0, end).match(/\b[biuf]\d\b/g) as Code[]
  return found.length === 1 ? Array.from({ length: count }, () => found[0] as Code) : found
}

/** The results of every element, in C order. */
function wanted(element: Element, operands: readonly Laid[], shape: readonly number[]): (readonly Value[])[] {
  const places = operands.map(({ operand, at, data }) => {
    const own = 'shape' in operand ? (operand.shape as readonly number[]) : []
    return meeting(own, shape).map((i) => data[at[i] ?? 0] as Value)
  })
  const size = shape.reduce((a, b) => a * b, 1)
  return Array.from({ length: size }, (_, i) => element(places.map((values) => values[i] as Value)))
}

/** Shapes that meet, and what comes of them. */
const meetings: readonly (readonly [a: readonly number[], b: readonly number[], shape: readonly number[]])[] =
  [
    [[], [], []],
    [[1], [1], [1]],
    [[17], [17], [17]],
    [[0], [1], [0]],
    [[3, 0], [1], [3, 0]],
    [
      [5, 7],
      [5, 7],
      [5, 7],
    ],
    [[5, 7], [7], [5, 7]],
    [
      [5, 1],
      [1, 7],
      [5, 7],
    ],
    [
      [2, 3, 4],
      [3, 1],
      [2, 3, 4],
    ],
    [
      [4, 1, 3, 2],
      [5, 1, 1],
      [4, 5, 3, 2],
    ],
    [[4200], [1], [4200]],
    [[11, 67], [67], [11, 67]],
  ]

/** Dtypes in memory of an f8 loop, its operands and its result. */
const memories: readonly (readonly [inputs: readonly Code[], out: Code])[] = [
  [['f8', 'f8'], 'f8'],
  [['f4', 'i2'], 'f8'],
  [['u4', 'i8'], 'f8'],
  [['b1', 'u1'], 'f4'],
]

/** Elements of any layout: axes in any order, steps of any size and sign, resident or not, one object twice. */
function layoutCase(code: Code, [a, b, shape]: (typeof meetings)[number], k: number): Row {
  const signature = `${code}(${code},${code})`
  const text = '(x, y) => x - y'
  return {
    name: `layouts of ${code}: [${a}] and [${b}]`,
    needs: [code],
    async run(setup) {
      const f = on(setup, signature, text)
      const element = elementOf(text, signature)
      const random = randomFrom(100 * k + code.charCodeAt(0) + Number(code[1]))
      for (const places of [
        ['plain', 'plain'],
        ['resident', 'resident'],
        ['plain', 'resident'],
      ] as const)
        for (let turn = 0; turn < (shape.length > 0 && Math.max(...shape) > 50 ? 1 : 3); turn++) {
          const operands = [laid(random, code, a, places[0]), laid(random, code, b, places[1])]
          await expectCall(setup, f, element, operands, shape)
        }
      const [one] = [laid(random, code, a, 'plain')]
      await expectCall(setup, f, element, [one, one], a)
    },
  }
}

const out = (random: Random, code: Code, shape: readonly number[]): Laid => laid(random, code, shape, 'plain')
const valuesOf = ({ data, at }: Laid): Value[] => at.map((i) => data[i] as Value)

const memoryCase = ([inputs, to]: (typeof memories)[number]): Row => ({
  name: `an f8 loop on ${inputs.join(' and ')} into ${to}`,
  needs: ['f8'],
  async run(setup) {
    const [signature, text] = ['f8(f8,f8)', '(x, y) => x * 0.5 + y']
    const f = on(setup, signature, text)
    const element = elementOf(text, signature, { inputs, outputs: [to] })
    const random = randomFrom(7)
    for (const shape of [[40], [9, 11]]) {
      const operands = inputs.map((code) => laid(random, code, shape, pick(random, ['plain', 'resident'])))
      const given = out(random, to, shape)
      const before = given.data.slice()
      await f(...operands.map((one) => one.operand), { out: given.operand })
      const values = wanted(element, operands, shape).map(([value]) => value as Value)
      expectResult('given output', given.operand, { code: to, shape, values }, setup.tolerance)
      const others = [...before.keys()].filter((i) => !given.at.includes(i))
      const apart = others.find((i) => !Object.is(given.data[i], before[i]))
      if (apart !== undefined)
        throw new Mismatch(`element ${apart} of the data is no part of the output, but was written`)
    }
  },
})

const maskCase = (code: Code): Row => ({
  name: `where, of ${code}`,
  needs: [code, 'masked'],
  async run(setup) {
    const signature = `${code}(${code},${code})`
    const text = '(x, y) => x + y'
    const f = on(setup, signature, text)
    const element = elementOf(text, signature)
    const random = randomFrom(code.charCodeAt(1))
    for (const shape of [[33], [6, 7], [3, 1, 5]]) {
      const operands = [laid(random, code, shape, 'plain'), laid(random, code, shape, 'resident')]
      const mask = laid(random, 'b1', pick(random, [shape, shape.slice(-1)]), 'plain')
      const given = out(random, code, shape)
      const kept = valuesOf(given)
      const taken = meeting((mask.operand as { shape: number[] }).shape, shape).map(
        (i) => mask.data[mask.at[i] ?? 0] !== 0,
      )
      const want = wanted(element, operands, shape).map(([value], i) => (taken[i] ? value : kept[i]) as Value)
      await f(...operands.map((one) => one.operand), { out: given.operand, where: mask.operand })
      expectResult('where', given.operand, { code, shape, values: want }, setup.tolerance)
      const fresh: unknown = await f(...operands.map((one) => one.operand), { where: mask.operand })
      const zeros = want.map((value, i) => (taken[i] ? value : dtypes[code].big ? 0n : 0))
      expectResult('where, new result', fresh, { code, shape, values: zeros }, setup.tolerance)
    }
  },
})

export const elementwise: readonly Row[] = [
  ...kernels.map(elementCase),
  ...(['f8', 'f4', 'i4', 'u1', 'i2', 'i8'] as const).flatMap((code) =>
    meetings.map((row, k) => layoutCase(code, row, k)),
  ),
  ...memories.map(memoryCase),
  ...(['f8', 'f4', 'u1', 'i4', 'i8'] as const).map(maskCase),
]
