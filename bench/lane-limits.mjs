/**
 * node bench/lane-limits.mjs: how fast 128-bit lanes can be at all where a row of the kernel table is behind Numba's 256 or 512 bits. For
 * each such row a bare loop, written by hand, that knows everything which ours has to find out: arrays in order, a size without a
 * rest, no checks. It is tried with 1, 2, 4 and 8 registers a round, and the best of them races our function, on the same inputs and
 * after a comparison of the results; 1.0 says that ours is as fast as any loop of WebAssembly that computes the same.
 *   --sizes 65e3   --filter clamp
 */
import binaryen from 'binaryen'
import { codes, compare, inputsOf, kernels } from './kernels.mjs'
import { readOptions } from './options.mjs'
import { race, timed } from './race.mjs'
import { machine, three } from './report.mjs'

// The bare loops go over the very arrays of ours: where they lie makes a tenth.
let memory
WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor(descriptor) {
    super(descriptor)
    memory ??= this
  }
}
const { empty, free, resident, vectorize } = await import('../dist/index.js')

const get = (name) => `(local.get $${name})`
const set = (name, value) => `(local.set $${name} ${value})`
const f8 = (op, ...args) => `(f64x2.${op} ${args.join(' ')})`
const i4 = (op, ...args) => `(i32x4.${op} ${args.join(' ')})`
const v128 = (op, ...args) => `(v128.${op} ${args.join(' ')})`
/** A number is one of f8; 'i32x4 7' says the shape. */
const splat = (value) => {
  const [shape, x] = typeof value === 'number' ? ['f64x2', value] : value.split(' ')
  return `(${shape}.splat (${shape === 'f64x2' ? 'f64' : 'i32'}.const ${x}))`
}
const choose = (then, otherwise, mask) => `(v128.bitselect ${then} ${otherwise} ${mask})`

/** Four registers of numbers below 256, as bytes. */
function packed(count, store) {
  const all = [0, 1, 2, 3].map(count)
  const pair = (k) => `(i16x8.narrow_i32x4_u ${all[k].value} ${all[k + 1].value})`
  return [...all.flatMap(({ before }) => before), store(`(i8x16.narrow_i16x8_u ${pair(0)} ${pair(2)})`)]
}

/** Groups that go on until the last lane of the last group has come to 1; who is there keeps still. */
function collatz(groups, { shape, load, store }) {
  const lanes = (x) => `(${shape}.splat (${shape.slice(0, 3)}.const ${x}))`
  const all = groups.map((group) => ({
    group,
    term: group.name('term'),
    steps: group.name('steps'),
    on: group.name('on'),
  }))
  const round = ({ term, steps, on }) => {
    const odd = `(${shape}.neg ${v128('and', get(term), lanes(1))})`
    const up = `(${shape}.add (${shape}.add ${get(term)} (${shape}.shl ${get(term)} (i32.const 1))) ${lanes(1)})`
    const next = choose(up, `(${shape}.shr_u ${get(term)} (i32.const 1))`, odd)
    return [
      set(term, choose(next, get(term), get(on))),
      set(steps, `(${shape}.sub ${get(steps)} ${get(on)})`),
    ]
  }
  return [
    ...all.flatMap(({ group, term, steps }) => [set(term, load(group)), set(steps, lanes(0))]),
    '(block $done (loop $next',
    ...all.map(({ term, on }) => set(on, `(${shape}.ne ${get(term)} ${lanes(1)})`)),
    `(br_if $done (i32.eqz (v128.any_true ${all.map(({ on }) => get(on)).reduce((a, b) => v128('or', a, b))})))`,
    ...all.flatMap(round),
    '(br $next)))',
    ...all.map(({ group, steps }) => store(group, get(steps))),
  ]
}

/**
 * `per`: elements a group of statements computes. `bytes`: what each array moves by then. `body(load, store, name)`: the group, where
 * `load(k, instruction, more)` reads array k, `store(value, more)` writes the result, and `name(x)` is a local of its own. `joint(groups)`: all groups of a round, where they are not one after another.
 */
const rows = [
  {
    row: 'rational polynomial',
    per: 2,
    bytes: [16, 16, 16],
    constants: { one: 1, half: 0.5, more: 1.5, quarter: 0.25 },
    body: (load, store, name) => {
      const [a, b] = [name('a'), name('b')]
      const poly = f8(
        'add',
        f8(
          'mul',
          f8('add', f8('mul', f8('add', f8('mul', get('half'), get(a)), get(b)), get(a)), get('more')),
          get(a),
        ),
        f8('mul', get(b), get(b)),
      )
      const below = f8(
        'add',
        f8('add', get('one'), f8('mul', get(a), get(a))),
        f8('mul', f8('mul', get('quarter'), get(b)), get(b)),
      )
      return [set(a, load(0)), set(b, load(1)), store(f8('div', poly, below))]
    },
  },
  {
    row: 'clamp and select',
    per: 2,
    bytes: [16, 16, 16, 16],
    constants: { tenth: 0.1 },
    body: (load, store, name) => {
      const [x, low, high] = [name('x'), name('low'), name('high')]
      const below = f8('sub', get(low), f8('mul', f8('sub', get(low), get(x)), get('tenth')))
      const above = f8('add', get(high), f8('mul', f8('sub', get(x), get(high)), get('tenth')))
      const upper = choose(above, get(x), f8('gt', get(x), get(high)))
      return [
        set(x, load(0)),
        set(low, load(1)),
        set(high, load(2)),
        store(choose(below, upper, f8('lt', get(x), get(low)))),
      ]
    },
  },
  {
    row: 'xorshift mix',
    per: 2,
    bytes: [16, 16],
    constants: {},
    body: (load, store, name) => {
      const [x, y] = [name('x'), name('y')]
      const xor = (a, b) => `(v128.xor ${a} ${b})`
      const right = (a) =>
        `(i8x16.shuffle 0 1 2 3 20 21 22 23 8 9 10 11 28 29 30 31 (i64x2.shr_u ${a} (i32.const 7)) (i32x4.shr_s ${a} (i32.const 7)))`
      return [
        set(x, load(0)),
        set(y, xor(get(x), `(i64x2.shl ${get(x)} (i32.const 13))`)),
        set(x, xor(get(y), right(get(y)))),
        store(xor(get(x), `(i64x2.shl ${get(x)} (i32.const 17))`)),
      ]
    },
  },
  {
    row: 'axpy',
    per: 2,
    bytes: [8, 8, 16],
    constants: { factor: 2.5 },
    body: (load, store) => [
      store(
        f8(
          'add',
          f8('mul', get('factor'), f8('convert_low_i32x4_s', load(0, 'v128.load64_zero'))),
          f8('promote_low_f32x4', load(1, 'v128.load64_zero')),
        ),
      ),
    ],
  },
  {
    row: 'axpy',
    types: 'shuffled',
    per: 4,
    bytes: [16, 16, 32],
    constants: { factor: 2.5 },
    body: (load, store, name) => {
      const [x, y] = [name('x'), name('y')]
      const high = (r) => `(i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 ${get(r)} ${get(r)})`
      const one = (a, b) =>
        f8('add', f8('mul', get('factor'), f8('convert_low_i32x4_s', a)), f8('promote_low_f32x4', b))
      return [set(x, load(0)), set(y, load(1)), store(one(get(x), get(y))), store(one(high(x), high(y)), 16)]
    },
  },
  {
    row: 'a + b',
    per: 2,
    bytes: [16, 16, 16],
    constants: {},
    body: (load, store) => [store(f8('add', load(0), load(1)))],
  },
  {
    row: 'a * b + c',
    per: 2,
    bytes: [16, 16, 16, 16],
    constants: {},
    body: (load, store) => [store(f8('add', f8('mul', load(0), load(1)), load(2)))],
  },
  {
    row: 'mean (a + b) / 2',
    per: 4,
    bytes: [16, 16, 16],
    constants: {},
    // Half of what differs is added to what is common; one more where that is below zero and half of one was lost.
    body: (load, store, name) => {
      const [a, b, odd, down] = ['a', 'b', 'odd', 'down'].map((x) => name(x))
      const floor = i4('add', v128('and', get(a), get(b)), i4('shr_s', get(odd), '(i32.const 1)'))
      const lost = v128('and', get(odd), i4('shr_u', get(down), '(i32.const 31)'))
      return [
        set(a, load(0)),
        set(b, load(1)),
        set(odd, v128('xor', get(a), get(b))),
        set(down, floor),
        store(i4('add', get(down), lost)),
      ]
    },
  },
  {
    row: 'a < b',
    per: 16,
    bytes: [128, 128, 16],
    constants: { low: 'i8x16 1' },
    body: (load, store) => {
      const less = (k) => f8('lt', load(0, 'v128.load', 16 * k), load(1, 'v128.load', 16 * k))
      const evens = (k) =>
        `(i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 ${less(2 * k)} ${less(2 * k + 1)})`
      const shorts = (k) => `(i16x8.narrow_i32x4_s ${evens(2 * k)} ${evens(2 * k + 1)})`
      return [store(v128('and', `(i8x16.narrow_i16x8_s ${shorts(0)} ${shorts(1)})`, get('low')))]
    },
  },
  {
    row: 'population count',
    types: 'popcnt',
    per: 16,
    bytes: [64, 16],
    constants: { ones: 'i16x8 1' },
    body: (load, store) => {
      const count = (k) => ({
        before: [],
        value: `(i32x4.dot_i16x8_s (i16x8.extadd_pairwise_i8x16_u (i8x16.popcnt ${load(0, 'v128.load', 16 * k)})) ${get('ones')})`,
      })
      return packed(count, store)
    },
  },
  {
    row: 'population count',
    types: 'popcnt of pairs',
    per: 16,
    bytes: [64, 16],
    constants: {},
    body: (load, store) => {
      const pairs = (k) => `(i16x8.extadd_pairwise_i8x16_u (i8x16.popcnt ${load(0, 'v128.load', 16 * k)}))`
      const shorts = (k) =>
        `(i16x8.extadd_pairwise_i8x16_u (i8x16.narrow_i16x8_u ${pairs(2 * k)} ${pairs(2 * k + 1)}))`
      return [store(`(i8x16.narrow_i16x8_u ${shorts(0)} ${shorts(1)})`)]
    },
  },
  {
    row: 'Collatz length',
    types: 'in 64 bits',
    per: 2,
    bytes: [8, 8],
    constants: {},
    joint: (groups) =>
      collatz(groups, {
        shape: 'i64x2',
        load: ({ load }) => load(0, 'v128.load32x2_s'),
        store: ({ store }, steps) =>
          store(
            `(i8x16.shuffle 0 1 2 3 8 9 10 11 0 1 2 3 8 9 10 11 ${steps} ${steps})`,
            0,
            'v128.store64_lane',
            ' 0',
          ),
      }),
  },
  {
    row: 'Collatz length',
    types: 'one by one',
    per: 1,
    bytes: [4, 4],
    constants: {},
    joint: (groups) =>
      groups.flatMap(({ load, store, name }, j) => {
        const [term, steps] = [name('term', 'i64'), name('steps', 'i32')]
        const up = `(i64.add (i64.mul ${get(term)} (i64.const 3)) (i64.const 1))`
        const down = `(i64.shr_s ${get(term)} (i64.const 1))`
        const next = `(select ${up} ${down} (i32.wrap_i64 (i64.and ${get(term)} (i64.const 1))))`
        return [
          set(term, load(0, 'i64.load32_s')),
          set(steps, '(i32.const 0)'),
          `(block $done${j} (loop $next${j}
            (br_if $done${j} (i64.eq ${get(term)} (i64.const 1)))
            ${set(term, next)} ${set(steps, `(i32.add ${get(steps)} (i32.const 1))`)} (br $next${j})))`,
          store(get(steps), 0, 'i32.store'),
        ]
      }),
  },
]

/** A module whose `run(n, pointer, …)` goes through n elements, `unroll` groups a round. */
function bare({ per, bytes, constants, body, joint }, unroll) {
  const pointers = bytes.map((_, k) => `p${k}`)
  const locals = new Map(Object.keys(constants).map((name) => [name, 'v128']))
  const out = bytes.length - 1
  const groups = Array.from({ length: unroll }, (_, j) => ({
    name: (x, type = 'v128') => {
      locals.set(`${x}${j}`, type)
      return `${x}${j}`
    },
    load: (k, instruction = 'v128.load', more = 0) =>
      `(${instruction} offset=${j * bytes[k] + more} align=1 ${get(`p${k}`)})`,
    store: (value, more = 0, instruction = 'v128.store', lane = '') =>
      `(${instruction} offset=${j * bytes[out] + more} align=1${lane} ${get(`p${out}`)} ${value})`,
  }))
  const statements = joint
    ? joint(groups)
    : groups.flatMap(({ load, store, name }) => body(load, store, name))
  const text = `(module (import "env" "memory" (memory 1 65536 shared))
    (func (export "run") (param $n i32) ${pointers.map((p) => `(param $${p} i32)`).join(' ')}
      ${[...locals].map(([name, type]) => `(local $${name} ${type})`).join(' ')}
      ${Object.entries(constants)
        .map(([name, value]) => set(name, splat(value)))
        .join(' ')}
      (loop $again ${statements.join('\n')}
        ${pointers.map((p, k) => set(p, `(i32.add ${get(p)} (i32.const ${bytes[k] * unroll}))`)).join(' ')}
        (local.set $n (i32.sub ${get('n')} (i32.const ${per * unroll})))
        (br_if $again ${get('n')}))))`
  const module = binaryen.parseText(text)
  module.setFeatures(binaryen.Features.SIMD128 | binaryen.Features.Atomics)
  return new WebAssembly.Module(module.emitBinary())
}

const bytesOf = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)

const options = readOptions()
// Whole rounds of 8 groups of 16.
const n = Math.floor((process.argv.includes('--sizes') ? (options.sizes[0] ?? 65e3) : 65e3) / 128) * 128
console.log(
  `${machine()}\n${n} elements; ns an element of the bare loop (the better of 1, 2, 4 and 8 groups a round), of ours, and how many times faster ours is`,
)
for (const limit of rows) {
  const row = kernels.find(({ name }) => name === limit.row)
  if (!options.filter.test(limit.row)) continue
  const inputs = inputsOf(row, n)
  const f = vectorize([row.types])(row.kernel)
  const operands = inputs.map((x) => resident(x))
  const out = empty([n], codes(row).results[0])
  const places = [...operands, out].map(({ data }) => data.byteOffset)
  const loops = [1, 2, 4, 8].map((unroll) => {
    const { run } = new WebAssembly.Instance(bare(limit, unroll), { env: { memory } }).exports
    const result = new out.data.constructor(n)
    bytesOf(out.data).fill(0)
    run(n, ...places)
    result.set(out.data)
    f(...operands, out)
    compare({ ...row, tolerance: { ulp: 0 } }, `bare loop of ${unroll}`, [result], [out.data])
    return { name: `bare ${unroll}`, time: timed(() => run(n, ...places)) }
  })
  const times = await race(
    [...loops, { name: 'ours', time: timed(() => f(...operands, out)) }],
    options.quick ? { rounds: 7, sampleMs: 1 } : {},
  )
  const best = Math.min(...loops.map(({ name }) => times[name].median))
  const least = Math.min(...loops.map(({ name }) => times[name].min))
  console.log(
    `${limit.row} ${limit.types ?? ''}: ${loops.map(({ name }) => `${name} ${three(times[name].median / n)}`).join(', ')}; bare ${three(best / n)}, ours ${three(times.ours.median / n)}, ratio ${three(best / times.ours.median)}; at their best ${three(least / n)} and ${three(times.ours.min / n)}`,
  )
  for (const x of [...operands, out]) free(x)
}
