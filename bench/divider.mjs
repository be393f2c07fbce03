/**
 * node bench/divider.mjs: what 128-bit lanes can do at most where a kernel divides. Divisions between registers alone, no memory
 * and nothing else to do, take this long an element: no loop of ours with one division can be faster, on this machine.
 */
import binaryen from 'binaryen'
import { timed } from './race.mjs'
import { machine, three } from './report.mjs'

const chains = ['a', 'b', 'c', 'd']
const steps = 1e6
const get = (name) => `(local.get $${name})`
const divide = (name) => `(local.set $${name} (f64x2.div ${get(name)} ${get('by')}))`
const start = (name, value) => `(local.set $${name} (f64x2.splat (f64.const ${value})))`
const text = `(module (func (export "divide") (param $n i32) (result f64) (local $by v128) ${chains.map((name) => `(local $${name} v128)`).join(' ')}
  ${start('by', 1.0000001)} ${chains.map((name, k) => start(name, 1.1 + k)).join(' ')}
  (loop $again ${chains.map(divide).join(' ')}
    (local.set $n (i32.sub ${get('n')} (i32.const 1))) (br_if $again ${get('n')}))
  (f64x2.extract_lane 0 ${chains.slice(1).reduce((sum, name) => `(f64x2.add ${sum} ${get(name)})`, get('a'))})))`

const module = binaryen.parseText(text)
module.setFeatures(binaryen.Features.SIMD128)
const { divide: run } = new WebAssembly.Instance(new WebAssembly.Module(module.emitBinary())).exports
const time = timed(() => run(steps))
time(2)
const samples = Array.from({ length: 21 }, () => time(1) / (steps * chains.length * 2)).sort((a, b) => a - b)
console.log(
  `${machine()}\nf64x2.div, registers only: ${three(samples[10])} ns an element, best ${three(samples[0])}`,
)
