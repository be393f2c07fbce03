/**
 * node bench/limits.mjs: what 128-bit lanes and this machine's memory can do at most where kernels of arrays are behind others. Bare
 * loops of hand-written WebAssembly, in turns with ours (race.mjs):
 *   three streams   two arrays read and one written, an addition between: no batch of products over as many bytes can take less
 *   conv1d          load, load, multiply, add, store and nothing else; and the same where rounds do not load across two stores that
 *                   are still on their way, which convolution cannot help doing
 *   blur            25 multiplications and additions of f4 between registers, no memory at all
 *   cumsum          one row after another, an addition waiting for the one before
 */
import binaryen from 'binaryen'
import ndarray from 'ndarray'
import { guvectorize, ready, resident, zeros } from '../dist/index.js'
import { arrayKernels } from './kernels/arrays.mjs'
import { race, timed } from './race.mjs'
import { machine, three } from './report.mjs'

const get = (name) => `(local.get $${name})`
const put = (name, value) => `(local.set $${name} ${value})`
const plus = (a, b) => `(i32.add ${a} ${typeof b === 'number' ? `(i32.const ${b})` : b})`
/** Runs `body` while the i32 `name` is less than `end`, `by` added to it each time. */
const loop = (name, end, by, body) =>
  `(loop $${name} ${body} ${put(name, plus(get(name), by))} (br_if $${name} (i32.lt_u ${get(name)} ${end})))`
const from = (n) => `(i32.const ${n})`
const locals = (type, ...names) => names.map((name) => `(local $${name} ${type})`).join(' ')

const streamBytes = 1e5 * 16 * 8
/** a, b and out lie behind one another, a few lines more than pages apart. */
const [streamB, streamOut] = [1, 2].map((k) => k * (streamBytes + 4672))
const streams = `(func (export "streams") ${locals('i32', 'i')}
  ${loop(
    'i',
    from(streamBytes),
    64,
    [0, 16, 32, 48]
      .map(
        (at) =>
          `(v128.store offset=${streamOut + at} ${get('i')} (f64x2.add (v128.load offset=${at} ${get('i')}) (v128.load offset=${streamB + at} ${get('i')})))`,
      )
      .join(' '),
  )})`

/** a has 1e4 elements, b 100; `step` are the bytes that the result moves on by from one element of a to the next. */
const [convB, convOut] = [81920, 83968]
const conv = (name, step) => `(func (export "${name}") ${locals('i32', 'i', 'j', 'o')} ${locals('v128', 'x')}
  ${loop(
    'i',
    from(1e4 * 8),
    8,
    `${put('x', `(v128.load64_splat ${get('i')})`)} ${put('j', from(0))}
    ${loop(
      'j',
      from(800),
      32,
      [0, 16]
        .map(
          (at) =>
            `(v128.store offset=${convOut + at} ${plus(get('o'), get('j'))} (f64x2.add (v128.load offset=${convOut + at} ${plus(get('o'), get('j'))}) (f64x2.mul ${get('x')} (v128.load offset=${convB + at} ${get('j')}))))`,
        )
        .join(' '),
    )} ${put('o', plus(get('o'), step))}`,
  )})`

const pixels = 1e6
/** As many at once as keep the machine busy and stay in registers: neither waits for the other. */
const chains = [0, 1, 2, 3, 4, 5]
const products = chains.map((k) => `p${k}`)
const sums = chains.map((k) => `s${k}`)
const blur = `(func (export "blur") (result f32) ${locals('i32', 'i')} ${locals('v128', 'y', ...products, ...sums)}
  ${['y', ...products].map((name) => put(name, '(f32x4.splat (f32.const 1))')).join(' ')}
  ${loop(
    'i',
    from(pixels),
    4 * chains.length,
    Array.from({ length: 25 }, () =>
      chains
        .map(
          (k) =>
            `${put(`p${k}`, `(f32x4.mul ${get(`p${k}`)} ${get('y')})`)} ${put(`s${k}`, `(f32x4.add ${get(`s${k}`)} ${get(`p${k}`)})`)}`,
        )
        .join(' '),
    ).join(' '),
  )} (f32x4.extract_lane 0 ${sums.map(get).reduce((a, b) => `(f32x4.add ${a} ${b})`)}))`

const rowBytes = 1e6 * 8
const cumsum = `(func (export "cumsum") ${locals('i32', 'i', 'end')} ${locals('f64', 's')}
  ${loop(
    'end',
    from(rowBytes),
    0,
    `${put('s', '(f64.const 0)')} ${put('end', plus(get('end'), 8000))}
    ${loop('i', get('end'), 8, `${put('s', `(f64.add ${get('s')} (f64.load ${get('i')}))`)} (f64.store offset=${rowBytes + 4672} ${get('i')} ${get('s')})`)}`,
  )})`

const text = `(module (memory 640) ${streams} ${conv('conv', 8)} ${conv('apart', 16)} ${blur} ${cumsum})`
const module = binaryen.parseText(text)
module.setFeatures(binaryen.Features.SIMD128)
const bare = new WebAssembly.Instance(new WebAssembly.Module(module.emitBinary())).exports

await ready()
const classes = { f4: Float32Array, f8: Float64Array }
function ours(name, code) {
  const row = arrayKernels.find((one) => one.name === name && one.code === code)
  const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1)
  const inputs = row.shapes.slice(0, -1).map((shape) => {
    const data = new classes[code](sizeOf(shape)).map((_, k) => (k % 7) / 8)
    return resident(ndarray(data, shape))
  })
  const [f, out] = [guvectorize(row.layout, row.kernel), zeros(row.shapes.at(-1), code)]
  return timed(() => f(...inputs, out))
}

const settings = { rounds: 11, sampleMs: 10, budgetMs: 4000 }
const rows = [
  ['1e5 products 4x4', 'f8', [['three streams', bare.streams, 1]]],
  [
    'conv1d 1e4 by 100',
    'f8',
    [
      ['bare conv1d', bare.conv, 1],
      ['the same, stores apart', bare.apart, 1],
    ],
  ],
  ['blur 5x5 of 2000x2000', 'f4', [['its arithmetic alone', bare.blur, 1996 ** 2 / pixels]]],
  ['cumsum 1000x1000', 'f8', [['bare cumsum', bare.cumsum, 1]]],
]
console.log(machine())
for (const [name, code, others] of rows) {
  const contenders = others.map(([who, run]) => ({ name: who, time: timed(run) }))
  const times = await race([{ name: 'lanewise', time: ours(name, code) }, ...contenders], settings)
  const told = others.map(([who, , scale]) => `${who} ${three((times[who].median * scale) / 1e3)} us`)
  console.log(`${name} ${code}: ${three(times.lanewise.median / 1e3)} us, ${told.join(', ')}`)
}
