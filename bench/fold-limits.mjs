/**
 * node bench/fold-limits.mjs: what memory allows a reduction of 1e7 float64. Bare loops of hand-written WebAssembly read all of them in
 * 1 to 8 streams; a vector takes one addition, one bare maximum (pmax, wrong for NaN and zeros), or an exact one. In turns (race.mjs) with
 * our reductions and with NumPy's, once as it comes and once without the huge pages that it asks the system for: a program of
 * JavaScript cannot ask for those. `--filter maximum`
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import binaryen from 'binaryen'
import ndarray from 'ndarray'
import { ready, resident } from '../dist/index.js'
import { add, maximum } from '../dist/ufuncs.js'
import { generator } from './kernels/inputs.mjs'
import { readOptions } from './options.mjs'
import { startPeer } from './peers/child.mjs'
import { pythonPeers } from './peers/python.mjs'
import { race, timed } from './race.mjs'
import { machine, three } from './report.mjs'

const n = 1e7
const first = 65536
const get = (name) => `(local.get $${name})`
const set = (name, value) => `(local.set $${name} ${value})`

/** Streams far apart, and for each of them as many vectors a round. */
const ways = [
  [1, 4],
  [2, 4],
  [4, 2],
  [4, 4],
  [8, 1],
  [8, 2],
]

/** A maximum with NaNs and the signs of zeros right, as it is made of both orders of pmax (loops/emit/lanes-extrema.ts). */
const exact = (sum, load) =>
  [
    set('x', load),
    set('p', `(f64x2.pmax ${get(sum)} ${get('x')})`),
    set('q', `(f64x2.pmax ${get('x')} ${get(sum)})`),
    set(sum, `(f64x2.sub (v128.or ${get('p')} ${get('q')}) (v128.xor ${get('p')} ${get('q')}))`),
  ].join(' ')

/** A function that reads all n, `op` joining what it reads. */
function reading(name, op, [streams, vectors]) {
  const span = (n / streams) * 8
  const sums = Array.from({ length: streams * vectors }, (_, k) => `s${k}`)
  const steps = sums.map((sum, k) => {
    const offset = first + Math.floor(k / vectors) * span + (k % vectors) * 16
    const load = `(v128.load offset=${offset} align=1 ${get('i')})`
    return op === 'exact' ? exact(sum, load) : set(sum, `(f64x2.${op} ${get(sum)} ${load})`)
  })
  return `(func (export "${name}") (result f64) (local $i i32) (local $x v128) (local $p v128) (local $q v128) ${sums.map((sum) => `(local $${sum} v128)`).join(' ')}
    (loop $again ${steps.join('\n')} ${set('i', `(i32.add ${get('i')} (i32.const ${16 * vectors}))`)}
      (br_if $again (i32.lt_u ${get('i')} (i32.const ${span - (span % (16 * vectors))}))))
    (f64x2.extract_lane 0 ${sums.map(get).reduce((a, b) => `(f64x2.${op === 'exact' ? 'pmax' : op} ${a} ${b})`)}))`
}

const nameOf = (op, way) => `${op} ${way.join('x')}`
const ops = ['add', 'pmax', 'exact']
const module = binaryen.parseText(
  `(module (memory (export "memory") ${Math.ceil((n * 8) / 65536) + 2})
    ${ops.flatMap((op) => ways.map((way) => reading(nameOf(op, way), op, way))).join('\n')})`,
)
module.setFeatures(binaryen.Features.SIMD128)
const bare = new WebAssembly.Instance(new WebAssembly.Module(module.emitBinary())).exports

const options = readOptions()
const random = generator(1)
const data = Float64Array.from({ length: n }, random)
new Float64Array(bare.memory.buffer, first, n).set(data)

await ready()
const shapes = [[n], [4000, 2500]]
const [line, table] = shapes.map((shape) => resident(ndarray(data, shape)))
const rows = [add, maximum].flatMap((f, k) => [
  {
    name: `${f.name}.reduce of 1e7`,
    ops: k === 0 ? ['add'] : ['pmax', 'exact'],
    ours: () => f.reduce(line),
    numpy: `np.${f.name}.reduce(x[0])`,
  },
  ...[0, 1].map((axis) => ({
    name: `${f.name}.reduce of 4000 x 2500, axis ${axis}`,
    ops: k === 0 ? ['add'] : ['pmax', 'exact'],
    ours: () => f.reduce(table, { axis }),
    numpy: `np.${f.name}.reduce(x[0].reshape(4000, 2500), axis=${axis})`,
  })),
])

const folder = fileURLToPath(new URL('.cache/fold-limits/', import.meta.url))
mkdirSync(folder, { recursive: true })
const file = join(folder, 'input.bin')
writeFileSync(file, new Uint8Array(data.buffer))
const python = pythonPeers().found.find(({ svml }) => !svml)
const script = fileURLToPath(new URL('peers/methods.py', import.meta.url))
const peers = !python
  ? []
  : [
      ['NumPy', {}],
      ['NumPy without huge pages', { NUMPY_MADVISE_HUGEPAGE: '0' }],
    ].map(([name, env]) => ({ name, peer: startPeer(python.command, [script], env) }))

console.log(`${machine()}; ms`)
for (const { name, ops: own, ours, numpy } of rows) {
  if (!options.filter.test(name)) continue
  for (const { peer } of peers)
    await peer.ask({ do: 'load', arrays: [{ file, dtype: 'float64', shape: [n] }], run: numpy })
  const loops = own.flatMap((op) =>
    ways.map((way) => ({ name: nameOf(op, way), time: timed(bare[nameOf(op, way)]) })),
  )
  const times = await race(
    [
      { name: 'ours', time: timed(ours) },
      ...loops,
      ...peers.map(({ name: who, peer }) => ({
        name: who,
        time: (times) => peer.ask({ do: 'time', times }),
      })),
    ],
    options.quick ? { rounds: 7, sampleMs: 5 } : { rounds: 15, sampleMs: 20, budgetMs: 12e3 },
  )
  const ms = (who) => three(times[who].median / 1e6)
  const best = own.map((op) => {
    const way = ways
      .map((way) => nameOf(op, way))
      .reduce((a, b) => (times[a].median <= times[b].median ? a : b))
    return `bare ${way} ${ms(way)}`
  })
  const numpys = peers.map((peer) => `${peer.name} ${ms(peer.name)}`)
  console.log(`${name}: ${[`ours ${ms('ours')}`, ...best, ...numpys].join(', ')}`)
}
for (const { peer } of peers) peer.stop()
rmSync(folder, { recursive: true })
