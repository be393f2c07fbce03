/**
 * node bench/parallel.mjs: the parallel target against cpu and against Numba's target='parallel', on the kernel table; what short
 * calls cost; and what more threads than processors do. `--sizes`, `--filter` and `--quick` as in the other benchmarks, `--no-numba`
 * leaves Numba out, `--only table,alone,arrays,folds,prange,short,even,threads` picks parts.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import {
  free,
  getNumThreads,
  guvectorize,
  jit,
  ones,
  prange,
  resident,
  setNumThreads,
  vectorize,
  zeros,
} from '../dist/index.js'
import { aloneContender } from './alone.mjs'
import { calling, elements } from './contenders.mjs'
import { codes, compare, inputsOf, kernels, resultsOf } from './kernels.mjs'
import { startPeer } from './peers/child.mjs'
import { pythonPeers } from './peers/python.mjs'
import { race, timed, warmed } from './race.mjs'
import { three } from './report.mjs'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    filter: { type: 'string', default: '' },
    sizes: { type: 'string', default: '1e6' },
    only: { type: 'string', default: 'table,alone,arrays,folds,prange,short,even,threads' },
    'no-numba': { type: 'boolean', default: false },
  },
})
const settings = options.quick
  ? { rounds: 5, sampleMs: 3, budgetMs: 250 }
  : { rounds: 15, sampleMs: 10, budgetMs: 3000 }
const parts = options.only.split(',')
const wanted = new RegExp(options.filter, 'i')
const geometric = (list) => Math.exp(list.reduce((sum, x) => sum + Math.log(x), 0) / list.length)
const folder = fileURLToPath(new URL('.cache/', import.meta.url))
mkdirSync(folder, { recursive: true })

function numbaPeer() {
  if (options['no-numba']) return null
  const { found, missing } = pythonPeers()
  const plain = found.find(({ svml }) => !svml)
  for (const { peer, reason } of missing) console.log(`${peer} is missing: ${reason}`)
  if (!plain) return null
  const env = { ...plain.env, NUMBA_NUM_THREADS: String(getNumThreads()) }
  return startPeer(plain.command, plain.args, env)
}

/** Numba over the same inputs, its result compared with ours. */
async function numbaContender(peer, row, inputs, want) {
  const files = inputs.map((data, k) => {
    const file = join(folder, `input-${k}.bin`)
    writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    return file
  })
  const { inputs: inCodes, results } = codes(row)
  const view = (dtype, length, file) => ({ dtype, length, file, shape: [length], stride: [1], offset: 0 })
  const n = want[0].length
  const names = await peer.ask({
    do: 'load',
    inputs: inCodes.map((code, k) => view(code, n, files[k])),
    outputs: results.map((code) => view(code, n, null)),
    args: Object.keys(row.args),
    outs: row.outs,
    numpy: null,
    numba: row.numba ?? null,
    helper: row.numbaHelper ?? null,
    target: 'parallel',
  })
  if (!names.includes('numba')) return []
  return [{ name: 'Numba', time: (times) => peer.ask({ do: 'time', who: 'numba', times }) }]
}

async function table() {
  const peer = numbaPeer()
  for (const n of options.sizes.split(',').map(Number)) {
    const gains = []
    const ahead = []
    for (const row of kernels.filter(({ name, types }) => wanted.test(`${name} ${types}`))) {
      const inputs = inputsOf(row, n)
      const placed = inputs.map((data) => resident(data))
      const out = codes(row).results.map((code) => zeros([n], code))
      const cpu = vectorize([row.types], row.kernel)
      const parallel = cpu.on('parallel')
      const want = resultsOf(row, n)
      row.loop(n, ...inputs, ...want)
      const contenders = [
        { name: 'cpu', time: timed(calling(cpu, [...placed, ...out])) },
        { name: 'parallel', time: timed(calling(parallel, [...placed, ...out])) },
      ]
      for (const { time, name } of contenders) {
        await warmed(time, options.quick ? 100 : 700)
        compare(row, name, out.map(elements), want)
      }
      try {
        if (peer) contenders.push(...(await numbaContender(peer, row, inputs, want)))
      } catch (error) {
        console.log(`  Numba: ${error.message}`)
      }
      const times = await race(contenders, settings)
      const gain = times.cpu.median / times.parallel.median
      gains.push(gain)
      const numba = times.Numba && times.Numba.median / times.parallel.median
      if (numba) ahead.push(numba)
      const last = parallel.explain().last
      console.log(
        `${row.name} ${row.types} ${n}: cpu ${three(times.cpu.median / n)} ns, parallel ${three(times.parallel.median / n)} ns, ` +
          `${three(gain)} times cpu${numba ? `, ${three(numba)} times Numba parallel` : ''} (${last.why ?? `${last.threads} threads`})`,
      )
      for (const x of [...placed, ...out]) free(x)
    }
    console.log(
      `${n}: geometric mean ${three(geometric(gains))} times cpu, worst ${three(Math.min(...gains))}` +
        (ahead.length
          ? `; ${three(geometric(ahead))} times Numba parallel, worst ${three(Math.min(...ahead))}`
          : ''),
    )
  }
  peer?.stop()
}

/** Batches of matrices, and moving means of rows. */
async function arrays() {
  const matmul = guvectorize(['void(f8[:,:],f8[:,:],f8[:,:])'], '(m,n),(n,p)->(m,p)', (a, b, out) => {
    for (let i = 0; i < a.shape[0]; i++)
      for (let j = 0; j < b.shape[1]; j++) {
        let s = 0
        for (let k = 0; k < a.shape[1]; k++) s += a[i][k] * b[k][j]
        out[i][j] = s
      }
  })
  for (const [count, size] of [
    [1, 256],
    [8, 200],
    [500, 32],
    [20000, 8],
    [100000, 3],
  ]) {
    const [a, b, out] = [0, 0, 0].map(() => ones([count, size, size]))
    const times = await race(
      ['cpu', 'parallel'].map((name) => ({ name, time: timed(calling(matmul.on(name), [a, b, out])) })),
      settings,
    )
    console.log(
      `${count} products of ${size} by ${size}: cpu ${three(times.cpu.median / 1e3)} µs, ${three(times.cpu.median / times.parallel.median)} times cpu`,
    )
    for (const x of [a, b, out]) free(x)
  }
}

/** Reductions and accumulations. */
async function folds() {
  const add = vectorize(['f8(f8,f8)'], (x, y) => x + y, { identity: 0 })
  const logaddexp = vectorize(
    ['f8(f8,f8)'],
    (x, y) => Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y))),
    { identity: 'reorderable' },
  )
  const indices = Array.from({ length: 1000 }, (_, i) => Math.floor((i * i) / 1.001))
  const rows = [
    ['add.reduce', add, 'reduce', [1e5]],
    ['add.reduce', add, 'reduce', [1e6]],
    ['add.reduce', add, 'reduce', [1e7]],
    ['logaddexp.reduce', logaddexp, 'reduce', [1e4]],
    ['logaddexp.reduce', logaddexp, 'reduce', [1e6]],
    ['logaddexp.reduce, plain,', logaddexp, 'reduce', [1e6], {}, true],
    ['add.reduce axis 0', add, 'reduce', [1000, 1000], { axis: 0 }],
    ['add.reduce axis 1', add, 'reduce', [1000, 1000], { axis: 1 }],
    ['add.reduce axis 0', add, 'reduce', [1e5, 10], { axis: 0 }],
    ['logaddexp.reduce axis 0', logaddexp, 'reduce', [1000, 1000], { axis: 0 }],
    ['logaddexp.reduce, all axes,', logaddexp, 'reduce', [1000, 1000], { axis: null }],
    ['add.accumulate axis 0', add, 'accumulate', [1000, 1000], { axis: 0 }],
    ['add.accumulate axis 1', add, 'accumulate', [1000, 1000], { axis: 1 }],
    ['logaddexp.accumulate axis 1', logaddexp, 'accumulate', [1000, 1000], { axis: 1 }],
    ['logaddexp.accumulate axis 1, plain,', logaddexp, 'accumulate', [1000, 1000], { axis: 1 }, true],
    ['logaddexp.reduceat', logaddexp, 'reduceat', [1e6], {}],
  ].filter(([name]) => wanted.test(name))
  for (const [name, f, method, shape, keywords = {}, plain = false] of rows) {
    const x = ones(shape)
    for (let i = 0; i < x.data.length; i++) x.data[i] = Math.sin(i)
    const given = plain ? { ...x, data: x.data.slice(), shape, stride: x.stride, offset: 0 } : x
    const args = method === 'reduceat' ? [given, indices, keywords] : [given, keywords]
    const contenders = ['cpu', 'parallel'].map((target) => {
      const on = f.on(target)
      return {
        name: target,
        time: timed(() => {
          const y = on[method](...args)
          if (method !== 'reduce') free(y)
        }),
      }
    })
    for (const { time } of contenders) await warmed(time, options.quick ? 50 : 400)
    const { cpu, parallel } = await race(contenders, settings)
    const { last } = f.on('parallel').explain()
    console.log(
      `${name} of ${shape.join(' by ')}: cpu ${three(cpu.median / 1e3)} µs, parallel ${three(parallel.median / 1e3)} µs, ` +
        `${three(cpu.median / parallel.median)} times cpu (${last?.why ?? `${last?.threads} threads`})`,
    )
    free(x)
  }
}

/** Loops over prange in one call of a jit function, and what it makes of a loop that only moves memory. */
async function ranges() {
  const n = 1e6
  const [x, y] = [ones([n]), zeros([n])]
  for (let i = 0; i < n; i++) x.data[i] = Math.sin(i)
  const uneven = Array.from({ length: 2000 }, (_, i) => i)
  const rows = [
    [
      'sum of exp',
      jit(['f8(f8[:])'], (a) => {
        let s = 0
        for (const i of prange(a.length)) s += Math.exp(-a[i] * a[i])
        return s
      }),
      [x],
    ],
    [
      'exp into an array',
      jit(['void(f8[:],f8[:])'], (a, out) => {
        for (const i of prange(a.length)) out[i] = Math.exp(-a[i] * a[i])
      }),
      [x, y],
    ],
    [
      'scaled copy',
      jit(['void(f8[:],f8[:])'], (a, out) => {
        for (const i of prange(a.length)) out[i] = 2 * a[i]
      }),
      [x, y],
    ],
    [
      'uneven rounds',
      jit(['i4(i4[:])'], (a) => {
        let longest = 0
        for (const i of prange(a.length)) {
          let [m, steps] = [a[i] + 1, 0]
          for (let k = 0; k < 20 * i; k++) {
            m = (m * 1103515245 + 12345) & 2147483647
            steps += m & 1
          }
          longest = Math.max(longest, steps)
        }
        return longest
      }),
      [Int32Array.from(uneven)],
    ],
  ].filter(([name]) => wanted.test(name))
  for (const [name, f, args] of rows) {
    const contenders = ['cpu', 'parallel'].map((target) => ({
      name: target,
      time: timed(calling(f.on(target), args)),
    }))
    const { cpu, parallel } = await race(contenders, settings)
    const { last } = f.on('parallel').explain()
    console.log(
      `prange, ${name}: cpu ${three(cpu.median / 1e3)} µs, ${three(cpu.median / parallel.median)} times cpu (${last?.why ?? `${last?.threads} threads`})`,
    )
  }
  for (const array of [x, y]) free(array)
}

async function short() {
  const add = vectorize(['f8(f8,f8)'], (x, y) => x + y)
  const exp = vectorize(['f8(f8)'], (x) => Math.exp(x))
  for (const [name, f, nin] of [
    ['a + b', add, 2],
    ['exp', exp, 1],
  ])
    for (const n of [100, 1e3, 4e3, 1e4, 3e4, 1e5]) {
      const args = Array.from({ length: nin + 1 }, () => ones([n]))
      const both = ['cpu', 'parallel'].map((target) => ({
        name: target,
        time: timed(calling(f.on(target), args)),
      }))
      for (const { time } of both) await warmed(time, options.quick ? 50 : 300)
      const { cpu, parallel } = await race(both, settings)
      console.log(
        `${name} on ${n}: cpu ${three(cpu.median)} ns, parallel ${three(parallel.median)} ns, ${three(parallel.median - cpu.median)} more`,
      )
      for (const x of args) free(x)
    }
}

/** The least work that gains by threads, as microseconds on one: while workers look for jobs, and when each call finds them asleep. */
async function even() {
  const f = vectorize(['f8(f8)'], (x) => Math.exp(-x * x) * Math.sin(x))
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  const large = [ones([1e5]), zeros([1e5])]
  const { one } = await race([{ name: 'one', time: timed(calling(f, large)) }], settings)
  const each = one.median / 1e5
  const middle = (list) => list.sort((a, b) => a - b)[list.length >> 1]
  for (const work of [5, 10, 15, 20, 25, 30, 40, 60, 100, 200, 300, 400, 600]) {
    const n = Math.max(64, Math.round((1000 * work) / each / 64) * 64)
    const args = [ones([n]), zeros([n])]
    const own = ['cpu', 'parallel'].map((target) => calling(f.on(target), args))
    const contenders = own.map((call, k) => ({ name: ['cpu', 'parallel'][k], time: timed(call) }))
    const { cpu, parallel } = await race(contenders, settings)
    const awake = f.on('parallel').explain().last.threads
    const asleep = [[], []]
    for (let turn = 0; turn < 20 * settings.rounds; turn++)
      for (const [k, call] of own.entries()) {
        Atomics.wait(sleeper, 0, 0, 1)
        const start = process.hrtime.bigint()
        call()
        asleep[k].push(Number(process.hrtime.bigint() - start))
      }
    const [alone, woken] = asleep.map(middle)
    console.log(
      `exp and sin on ${n}: cpu ${three(cpu.median / 1e3)} µs; workers awake ${three(cpu.median / parallel.median)} times cpu (${awake} threads), asleep ${three(alone / woken)} times`,
    )
    for (const x of args) free(x)
  }
  for (const x of large) free(x)
}

/** What is lost to independent threads, which is all that the machine gives at that time. */
async function alone() {
  const count = getNumThreads()
  for (const [name, types] of [
    ['exp', 'f8(f8)'],
    ['Black-Scholes call', 'f8(f8,f8,f8)'],
    ['Mandelbrot escape', 'i4(f8,f8)'],
    ['a + b', 'f8(f8,f8)'],
  ].filter((row) => wanted.test(row.join(' '))))
    for (const n of options.sizes.split(',').map(Number)) {
      const row = kernels.find((one) => one.name === name && one.types === types)
      const placed = inputsOf(row, n).map((data) => resident(data))
      const out = codes(row).results.map((code) => zeros([n], code))
      const f = vectorize([row.types], row.kernel)
      const [cpu, parallel] = ['cpu', 'parallel'].map((target) => ({
        name: target,
        time: timed(calling(f.on(target), [...placed, ...out])),
      }))
      const independent = await aloneContender(name, types, n, count)
      for (const { time } of [cpu, parallel, independent]) await warmed(time, 1000)
      const times = await race([cpu, parallel, independent], settings)
      await independent.stop()
      console.log(
        `${name} on ${n}: parallel ${three(times.cpu.median / times.parallel.median)} times cpu, ${count} independent threads ${three(times.cpu.median / times.alone.median)} times`,
      )
      for (const x of [...placed, ...out]) free(x)
    }
}

async function threads() {
  const before = getNumThreads()
  for (const name of ['Black-Scholes', 'a + b', 'Mandelbrot']) {
    const row = kernels.find((one) => one.name.startsWith(name))
    const n = 1e6
    const placed = inputsOf(row, n).map((data) => resident(data))
    const out = codes(row).results.map((code) => zeros([n], code))
    const f = vectorize([row.types], row.kernel)
    const cpu = await race([{ name: 'cpu', time: timed(calling(f, [...placed, ...out])) }], settings)
    for (const count of [1, 2, 4, 8, 16]) {
      setNumThreads(count)
      const g = calling(f.on('parallel'), [...placed, ...out])
      // The first call makes the workers; they start while nothing is timed.
      g()
      await new Promise((resolve) => setTimeout(resolve, 1000))
      const { parallel } = await race([{ name: 'parallel', time: timed(g) }], settings)
      console.log(
        `${row.name} on ${n}, ${count} threads, ${availableParallelism()} processors: ${three(cpu.cpu.median / parallel.median)} times cpu`,
      )
    }
    for (const x of [...placed, ...out]) free(x)
  }
  setNumThreads(before)
}

const all = { table, alone, arrays, folds, prange: ranges, short, even, threads }
for (const part of parts) await all[part]()
rmSync(folder, { recursive: true })
