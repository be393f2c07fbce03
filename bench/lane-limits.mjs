/**
 * node bench/lane-limits.mjs: how fast 128-bit lanes can be at all where a row of the kernel table is behind Numba's 256 or 512 bits. For
 * each such row a bare loop, written by hand, that knows everything which ours has to find out: arrays in order, a size without a
 * rest, no checks. It is tried with 1, 2, 4 and 8 registers a round, and the best of them races our function, on the same inputs and
 * after a comparison of the results; 1.0 says that ours is as fast as any loop of WebAssembly that computes the same.
 *   --sizes 65e3   --filter clamp
 */
import binaryen from 'binaryen'
import { empty, free, resident, vectorize } from '../dist/index.js'
import { codes, compare, inputsOf, kernels } from './kernels.mjs'
import { readOptions } from './options.mjs'
import { race, timed } from './race.mjs'
import { machine, three } from './report.mjs'

const get = (name) => `(local.get $${name})`
const set = (name, value) => `(local.set $${name} ${value})`
const f8 = (op, ...args) => `(f64x2.${op} ${args.join(' ')})`
const choose = (then, otherwise, mask) => `(v128.bitselect ${then} ${otherwise} ${mask})`

/**
 * `per`: elements a group of statements computes. `bytes`: what each array moves by then. `body(load, store, name)`: the group, where
 * `load(k, offset, instruction)` reads array k, `store(offset, value, instruction)` writes the result, and `name(x)` is a local of its own.
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
]

/** A module whose `run(n, pointer, …)` goes through n elements, `unroll` groups a round. */
function bare({ per, bytes, constants, body }, unroll) {
  const pointers = bytes.map((_, k) => `p${k}`)
  const locals = new Set()
  const out = bytes.length - 1
  const groups = Array.from({ length: unroll }, (_, j) => {
    const name = (x) => {
      locals.add(`${x}${j}`)
      return `${x}${j}`
    }
    const load = (k, instruction = 'v128.load') =>
      `(${instruction} offset=${j * bytes[k]} align=1 ${get(`p${k}`)})`
    const store = (value, more = 0) =>
      `(v128.store offset=${j * bytes[out] + more} align=1 ${get(`p${out}`)} ${value})`
    return body(load, store, name)
  }).flat()
  const text = `(module (import "env" "memory" (memory 1 65536))
    (func (export "run") (param $n i32) ${pointers.map((p) => `(param $${p} i32)`).join(' ')}
      ${[...locals, ...Object.keys(constants)].map((name) => `(local $${name} v128)`).join(' ')}
      ${Object.entries(constants)
        .map(([name, value]) => set(name, f8('splat', `(f64.const ${value})`)))
        .join(' ')}
      (loop $again ${groups.join('\n')}
        ${pointers.map((p, k) => set(p, `(i32.add ${get(p)} (i32.const ${bytes[k] * unroll}))`)).join(' ')}
        (local.set $n (i32.sub ${get('n')} (i32.const ${per * unroll})))
        (br_if $again ${get('n')}))))`
  const module = binaryen.parseText(text)
  module.setFeatures(binaryen.Features.SIMD128)
  return new WebAssembly.Module(module.emitBinary())
}

const options = readOptions()
// Whole rounds of 8 groups of 4.
const n = Math.floor((process.argv.includes('--sizes') ? (options.sizes[0] ?? 65e3) : 65e3) / 32) * 32
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
  f(...operands, out)
  // Arrays a few lines apart, so that they do not meet in the same cache sets, and beyond the first page.
  const starts = []
  let end = 65536
  for (const size of limit.bytes) {
    starts.push(end)
    end += Math.ceil((size * n) / limit.per / 4096) * 4096 + 4096 + 320
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / 65536), maximum: 65536 })
  inputs.forEach((x, k) => new x.constructor(memory.buffer, starts[k], n).set(x))
  const result = new out.data.constructor(memory.buffer, starts.at(-1), n)
  const loops = [1, 2, 4, 8].map((unroll) => {
    const { run } = new WebAssembly.Instance(bare(limit, unroll), { env: { memory } }).exports
    run(n, ...starts)
    compare({ ...row, tolerance: { ulp: 0 } }, `bare loop of ${unroll}`, [result], [out.data])
    return { name: `bare ${unroll}`, time: timed(() => run(n, ...starts)) }
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
