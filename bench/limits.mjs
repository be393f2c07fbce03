/**
 * node bench/limits.mjs: what 128-bit lanes and this machine's memory can do at most where kernels of arrays are behind others. Bare
 * loops of hand-written WebAssembly, in turns with ours (race.mjs):
 *   three streams   two arrays read and one written, an addition between: no batch of products over as many bytes can take less
 *   two streams     two arrays read and added to 4 sums, one number written for 8: no vecdot over as many bytes can take less
 *   vecdot          products on lanes, added one by one, in the order of the source
 *   conv1d          16 elements of the result in registers, one number and 16 neighbours multiplied in each round, one store at last
 *                   (its edges left out): nothing is loaded twice that could be kept
 *   blur            25 multiplications and additions of f4 between registers, no memory at all
 *   sum             one addition waiting for the one before, in the order of the source, eight a round
 *   a copy          as many bytes read and written
 *   cumsum          four rows at a time, two columns of them loaded whole, exchanged with rows, added, and exchanged again
 */
import binaryen from 'binaryen'
import ndarray from 'ndarray'
import { empty, guvectorize, jit, ones, ready, resident, zeros } from '../dist/index.js'
import { arrayKernels } from './kernels/arrays.mjs'
import { prepare, programs } from './kernels/literature.mjs'
import { readOptions } from './options.mjs'
import { race, timed, warmed } from './race.mjs'
import { machine, three, writePage } from './report.mjs'

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
const streams = (name, bytes) => `(func (export "${name}") ${locals('i32', 'i')}
  ${loop(
    'i',
    from(bytes),
    64,
    [0, 16, 32, 48]
      .map(
        (at) =>
          `(v128.store offset=${streamOut + at} ${get('i')} (f64x2.add (v128.load offset=${at} ${get('i')}) (v128.load offset=${streamB + at} ${get('i')})))`,
      )
      .join(' '),
  )})`

/** a has 1e4 elements, b 100, between zeros. */
const [convB, convOut] = [81920 + 512, 83968 + 512]
const sums8 = [0, 1, 2, 3, 4, 5, 6, 7]
const conv = `(func (export "conv") ${locals('i32', 'p', 'i', 'q')} ${locals('v128', 'x', ...sums8.map((k) => `s${k}`))}
  ${loop(
    'p',
    from(10099 * 8),
    128,
    `${sums8.map((k) => put(`s${k}`, '(v128.const i64x2 0 0)')).join(' ')} ${put('i', from(0))} ${put('q', from(800))}
    ${loop(
      'i',
      from(800),
      8,
      `${put('x', `(v128.load64_splat ${plus(get('p'), get('i'))})`)} ${sums8
        .map((k) =>
          put(
            `s${k}`,
            `(f64x2.add ${get(`s${k}`)} (f64x2.mul ${get('x')} (v128.load offset=${convB + 16 * k} ${get('q')})))`,
          ),
        )
        .join(' ')} ${put('q', plus(get('q'), -8))}`,
    )} ${sums8.map((k) => `(v128.store offset=${convOut + 16 * k} ${get('p')} ${get(`s${k}`)})`).join(' ')}`,
  )})`

const dotBytes = 1e6 * 64
const [dotB, dotOut] = [1, 2].map((k) => k * (dotBytes + 4672))
const four = [0, 16, 32, 48]
const twoStreams = `(func (export "twoStreams") ${locals('i32', 'i', 'o')} ${locals('v128', 's0', 's16', 's32', 's48')}
  ${loop(
    'i',
    from(dotBytes),
    64,
    `${four
      .map((at) =>
        put(
          `s${at}`,
          `(f64x2.add ${get(`s${at}`)} (f64x2.add (v128.load offset=${at} ${get('i')}) (v128.load offset=${dotB + at} ${get('i')})))`,
        ),
      )
      .join(
        ' ',
      )} (v128.store64_lane offset=${dotOut} 0 ${get('o')} ${get('s0')}) ${put('o', plus(get('o'), 8))}`,
  )})`
const lane = (at, k) => `(f64x2.extract_lane ${k} ${get(`t${at}`)})`
const vecdot = `(func (export "vecdot") ${locals('i32', 'i', 'o')} ${locals('v128', 't0', 't16', 't32', 't48')}
  ${loop(
    'i',
    from(dotBytes),
    64,
    `${four
      .map((at) =>
        put(
          `t${at}`,
          `(f64x2.mul (v128.load offset=${at} ${get('i')}) (v128.load offset=${dotB + at} ${get('i')}))`,
        ),
      )
      .join(' ')} (f64.store offset=${dotOut} ${get('o')} ${four
      .flatMap((at) => [lane(at, 0), lane(at, 1)])
      .reduce((a, b) => `(f64.add ${a} ${b})`, '(f64.const 0)')}) ${put('o', plus(get('o'), 8))}`,
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
const [low, high] = [
  '0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23',
  '8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31',
]
const zip = (half, a, b) => `(i8x16.shuffle ${half} ${get(a)} ${get(b)})`
/** Two rows, `at` bytes on. */
const twoRows = (at) => {
  const [s, a, b, t] = ['s', 'a', 'b', 't'].map((name) => `${name}${at}`)
  const store = (behind, half) =>
    `(v128.store offset=${rowBytes + 4672 + at + behind} ${get('i')} ${zip(half, t, s)})`
  return [
    put(a, `(v128.load offset=${at} ${get('i')})`),
    put(b, `(v128.load offset=${at + 8000} ${get('i')})`),
    put(t, `(f64x2.add ${get(s)} ${zip(low, a, b)})`),
    put(s, `(f64x2.add ${get(t)} ${zip(high, a, b)})`),
    store(0, low),
    store(8000, high),
  ].join(' ')
}
const cumsum = `(func (export "cumsum") ${locals('i32', 'i', 'r', 'end')} ${locals('v128', ...[0, 16000].flatMap((at) => ['s', 'a', 'b', 't'].map((name) => `${name}${at}`)))}
  ${loop(
    'r',
    from(rowBytes),
    32000,
    `${[0, 16000].map((at) => put(`s${at}`, '(v128.const i64x2 0 0)')).join(' ')} ${put('i', get('r'))} ${put('end', plus(get('r'), 8000))}
    ${loop('i', get('end'), 16, `${twoRows(0)} ${twoRows(16000)}`)}`,
  )})`

const sum = `(func (export "sum") (result f64) ${locals('i32', 'i')} ${locals('f64', 's')}
  ${loop('i', from(4e6 * 8), 64, sums8.map((k) => put('s', `(f64.add ${get('s')} (f64.load offset=${8 * k} ${get('i')}))`)).join(' '))} ${get('s')})`
const sum2d = programs.find(({ key }) => key === 'sum2d')

const small = 1e5 * 9 * 8
const copy = `(func (export "copy") ${locals('i32', 'i')}
  ${loop(
    'i',
    from(rowBytes),
    64,
    four
      .map(
        (at) =>
          `(v128.store offset=${rowBytes + 4672 + at} ${get('i')} (v128.load offset=${at} ${get('i')}))`,
      )
      .join(' '),
  )})`
const text = `(module (memory (export "memory") 2200) ${streams('streams4', streamBytes)} ${streams('streams3', small)} ${twoStreams} ${vecdot} ${conv} ${blur} ${cumsum} ${copy} ${sum})`
const module = binaryen.parseText(text)
module.setFeatures(binaryen.Features.SIMD128)
const bare = new WebAssembly.Instance(new WebAssembly.Module(module.emitBinary())).exports
// Memory that nobody has written to is one page of zeros, which lies in the nearest cache.
new Float64Array(bare.memory.buffer).fill(0.5)

const options = readOptions()
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
  ['1e5 products 3x3', 'f8', [['three streams', bare.streams3, 1]]],
  ['1e5 products 4x4', 'f8', [['three streams', bare.streams4, 1]]],
  [
    'vecdot 1e6x8',
    'f8',
    [
      ['bare vecdot', bare.vecdot, 1],
      ['two streams', bare.twoStreams, 1],
    ],
  ],
  ['conv1d 1e4 by 100', 'f8', [['bare conv1d', bare.conv, 1]]],
  ['blur 5x5 of 2000x2000', 'f4', [['its arithmetic alone', bare.blur, 1996 ** 2 / pixels]]],
  [
    'cumsum 1000x1000',
    'f8',
    [
      ['bare cumsum', bare.cumsum, 1],
      ['a copy', bare.copy, 1],
    ],
  ],
  ['sum2d 2000x2000', 'f8', [['bare sum', bare.sum, 1]], () => timed(prepare(sum2d, { jit, ones, empty }))],
]
console.log(machine())
const lines = []
for (const [name, code, others, own] of rows.filter(([name, code]) =>
  options.filter.test(`${name} ${code}`),
)) {
  const contenders = others.map(([who, run]) => ({ name: who, time: timed(run) }))
  const time = own?.() ?? ours(name, code)
  await warmed(time)
  const times = await race([{ name: 'lanewise', time }, ...contenders], settings)
  const spent = times.lanewise.median
  for (const [who, , scale] of others) {
    const least = times[who].median * scale
    lines.push([`${name} \`${code}\``, three(spent / 1e3), who, three(least / 1e3), three(spent / least)])
    console.log(lines.at(-1).join(', '))
  }
}
const note = `How long it takes, in us, and the least that it could: bare loops of WebAssembly by hand (the head of bench/limits.mjs says what
they do), in turns, medians. The last column is how many times as long ours takes. Of convolution bare loops are level with NumPy (\`gufuncs.md\`), which has lanes of 512 bits; ours has its zeros to write besides, and the ends of its rows element by element. 
The sum waits for each addition, and for pages of 4 KiB: NumPy asks for huge ones, without which (\`NUMPY_MADVISE_HUGEPAGE=0\`) Numba's takes 1.1 times as long.`
if (lines.length > rows.length)
  console.log(
    `wrote ${writePage('limits', machine(), ['', 'us', 'bare loop', 'us', 'ours / bare'], lines, note)}`,
  )
