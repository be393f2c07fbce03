/**
 * The yardstick of the wasm code: the same loops, lowered the same way, as WebAssembly (cpu) and as C (examples/target-c, by the system's
 * compiler for this very processor), over the same resident arrays. Both give the same bits.
 *   node bench/native.mjs [n] [part of a kernel's name …]
 */
import { resident, zeros } from '../dist/index.js'
import { calling, contender, elements, ufunc } from './contenders.mjs'
import { codes, inputsOf, kernels } from './kernels.mjs'
import { nativeTarget } from './native-target.mjs'
import { race } from './race.mjs'

const { reason, compiler } = await nativeTarget()
if (reason) {
  console.log(`nothing to compare with: ${reason}`)
  process.exit()
}

const [n = '65536', ...parts] = process.argv.slice(2)
const rows = kernels.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)))
console.log(`${compiler}, ${n} elements`)
console.log(
  '| kernel | signature | cpu, ns an element | C | cpu against C |\n| --- | --- | --- | --- | --- |',
)
const ratios = []
for (const row of rows) {
  const inputs = inputsOf(row, Number(n)).map((one) => resident(one))
  const outs = codes(row).results.map((code) => zeros([Number(n)], code))
  const f = ufunc(row)
  const own = (target) =>
    contender(target, calling(f.on(target), [...inputs, ...outs]), () => outs.map(elements))
  const contenders = [own('cpu'), own('c')]
  const [want, got] = contenders.map(({ run, results }) => {
    run()
    return results().map((data) => new Uint8Array(data.slice().buffer))
  })
  const same = want.every((bytes, k) => Buffer.compare(bytes, got[k]) === 0)
  const times = await race(contenders, { rounds: 15, sampleMs: 2, budgetMs: 600 })
  const [cpu, native] = ['cpu', 'c'].map((name) => times[name].median / Number(n))
  ratios.push(native / cpu)
  console.log(
    `| ${row.name} | \`${row.types}\` | ${cpu.toPrecision(3)} | ${native.toPrecision(3)} | ${(native / cpu).toFixed(2)}${same ? '' : ', other bits'} |`,
  )
}
const middle = ratios.sort((a, b) => a - b)[ratios.length >> 1]
console.log(
  `\n${ratios.length} kernels; C takes ${middle?.toFixed(2)} times as long in the middle (above 1: the wasm code is faster)`,
)
