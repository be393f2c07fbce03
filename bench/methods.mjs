/**
 * node bench/methods.mjs: reduce, accumulate, at and outer against NumPy's, results compared first, taking turns (race.mjs).
 * `npm run bench:peers` runs it too.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ndarray from 'ndarray'
import { free, ready, resident } from '../dist/index.js'
import { add, maximum, multiply } from '../dist/ufuncs.js'
import { generator } from './kernels/inputs.mjs'
import { readOptions } from './options.mjs'
import { startPeer } from './peers/child.mjs'
import { pythonPeers } from './peers/python.mjs'
import { race, timed } from './race.mjs'
import { machine, three } from './report.mjs'

const options = readOptions()
const settings = options.quick
  ? { rounds: 7, sampleMs: 5, budgetMs: 1500 }
  : { rounds: 15, sampleMs: 20, budgetMs: 6000 }
const folder = fileURLToPath(new URL('.cache/methods/', import.meta.url))
mkdirSync(folder, { recursive: true })
const random = generator(1)
const uniform = (n) => Float64Array.from({ length: n }, random)
const near1 = (n) => Float64Array.from({ length: n }, () => 1 + (random() - 0.5) * 1e-3)
const bins = (n) => Int32Array.from({ length: n }, () => Math.floor(random() * 1000))

const line = [10 ** 7]
const table = [4000, 2500]
const [few, cached, square] = [[10], [65000], [3000, 3000]]
const reducing = (name, f, shape, settings, numpy) => ({
  name,
  inputs: () => [ndarray(uniform(shape[0] * (shape[1] ?? 1)), shape)],
  ours: ([x]) => f.reduce(x, settings),
  numpy,
})

const counting = (name, indices) => ({
  name,
  inputs: () => [ndarray(new Float64Array(1000)), ndarray(indices(10 ** 6)), ndarray(uniform(10 ** 6))],
  ours([x, index, b]) {
    add.at(x, index, b)
    return x
  },
  numpy: '(np.add.at(x[0], x[1], x[2]), x[0])[1]',
  kept: true,
})

/** `ours` gives the result; what is an array of its own is freed again, as NumPy's is. */
const rows = [
  reducing('add.reduce of 10', add, few, {}, 'np.add.reduce(x[0])'),
  reducing('add.reduce of 65e3', add, cached, {}, 'np.add.reduce(x[0])'),
  reducing('maximum.reduce of 65e3', maximum, cached, {}, 'np.maximum.reduce(x[0])'),
  reducing('add.reduce of 1e7', add, line, {}, 'np.add.reduce(x[0])'),
  reducing('add.reduce of 4000 x 2500, axis 0', add, table, { axis: 0 }, 'np.add.reduce(x[0], axis=0)'),
  reducing('add.reduce of 4000 x 2500, axis 1', add, table, { axis: 1 }, 'np.add.reduce(x[0], axis=1)'),
  reducing('maximum.reduce of 1e7', maximum, line, {}, 'np.maximum.reduce(x[0])'),
  reducing('maximum.reduce, axis 0', maximum, table, { axis: 0 }, 'np.maximum.reduce(x[0], axis=0)'),
  reducing('maximum.reduce, axis 1', maximum, table, { axis: 1 }, 'np.maximum.reduce(x[0], axis=1)'),
  {
    name: 'multiply.accumulate of 1e7, into out',
    inputs: () => [ndarray(near1(line[0]), line), ndarray(new Float64Array(line[0]), line)],
    ours: ([x, out]) => multiply.accumulate(x, { out }),
    numpy: 'np.multiply.accumulate(x[0], out=x[1])',
    kept: true,
  },
  {
    name: 'multiply.accumulate of 4000 x 2500, axis 1, into out',
    inputs: () => [ndarray(near1(line[0]), table), ndarray(new Float64Array(line[0]), table)],
    ours: ([x, out]) => multiply.accumulate(x, { axis: 1, out }),
    numpy: 'np.multiply.accumulate(x[0], axis=1, out=x[1])',
    kept: true,
  },
  counting('add.at, 1e6 random indices into 1000 bins', bins),
  counting('the same with indices of int64', (n) => BigInt64Array.from(bins(n), BigInt)),
  {
    name: 'add.outer 3000 x 3000, new result',
    inputs: () => [ndarray(uniform(3000)), ndarray(uniform(3000))],
    ours: ([a, b]) => add.outer(a, b),
    numpy: 'np.add.outer(x[0], x[1])',
  },
  {
    name: 'add.outer 3000 x 3000, into out',
    inputs: () => [ndarray(uniform(3000)), ndarray(uniform(3000)), ndarray(new Float64Array(9e6), square)],
    ours: ([a, b, out]) => add.outer(a, b, { out }),
    numpy: 'np.add.outer(x[0], x[1], out=x[2])',
    kept: true,
  },
].filter(({ name }) => options.filter.test(name))

const valuesOf = (result) =>
  typeof result === 'number' ? [result] : result.data.subarray(result.offset, result.offset + result.size)

/** Sums differ in their rounding; all else does not differ by more. */
function compare(name, ours, theirs) {
  ours.forEach((value, i) => {
    if (!(Math.abs(value - theirs[i]) <= 1e-9 * Math.abs(theirs[i])))
      throw new Error(`${name}: ${value} instead of NumPy's ${theirs[i]} at ${i}`)
  })
}

const { found, missing } = pythonPeers()
for (const { peer, reason } of missing) console.log(`${peer} is left out: ${reason}`)
const python = found.find(({ svml }) => !svml)
const script = fileURLToPath(new URL('peers/methods.py', import.meta.url))
const numpy = python ? startPeer(python.command, [script]) : null
await ready()
console.log(machine())
for (const row of rows) {
  const inputs = row.inputs()
  const own = inputs.map((x) => resident(x))
  const call = () => row.ours(own)
  const peers = []
  if (numpy) {
    const arrays = inputs.map((x, k) => {
      const file = join(folder, `input-${k}.bin`)
      writeFileSync(file, new Uint8Array(x.data.buffer))
      return { file, dtype: x.dtype.replace('big', ''), shape: x.shape }
    })
    const file = join(folder, 'result.bin')
    await numpy.ask({ do: 'load', arrays, run: row.numpy })
    await numpy.ask({ do: 'save', file })
    const { buffer, byteOffset, byteLength } = readFileSync(file)
    compare(row.name, valuesOf(call()), new Float64Array(buffer.slice(byteOffset, byteOffset + byteLength)))
    peers.push({ name: 'NumPy', time: (times) => numpy.ask({ do: 'time', times }) })
  }
  const once = row.kept
    ? call
    : () => {
        const result = call()
        if (typeof result !== 'number') free(result)
      }
  const times = await race([{ name: 'lanewise', time: timed(once) }, ...peers], settings)
  const ratio = times.NumPy
    ? `, ${three(times.NumPy.median / times.lanewise.median)} times as fast as NumPy`
    : ''
  console.log(`${row.name}: ${three(times.lanewise.median / 1e3)} us${ratio}`)
  for (const x of own) free(x)
}
numpy?.stop()
rmSync(folder, { recursive: true })
