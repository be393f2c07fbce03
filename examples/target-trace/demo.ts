/** Some calls on cpu, written down and drawn: npx tsx examples/target-trace/demo.ts [file.svg] */
import { writeFileSync } from 'node:fs'
import { getTarget, guvectorize, ones, registerTarget, vectorize } from 'lanewise'
import { timeline } from './timeline.ts'
import { trace } from './trace.ts'

const { target, events } = trace(getTarget('cpu'), 'traced')
registerTarget(target)

const options = { target: 'traced' }
const hypot = vectorize('f8(f8,f8)', (x, y) => Math.sqrt(x * x + y * y), { ...options, name: 'hypot' })
const add = vectorize('f8(f8,f8)', (x, y) => x + y, { ...options, name: 'add', identity: 0 })
const sine = vectorize('f4(f4)', (x) => Math.sin(x), { ...options, name: 'sine' })
const rowSums = guvectorize(['f8(f8[:])'], '(n)->()', { ...options, name: 'rowSums' })((row) => {
  let s = 0
  for (const x of row) s += x
  return s
})
await Promise.all([hypot.ready(), add.ready(), sine.ready(), rowSums.ready()])

const [a, b] = [ones([400, 1000]), ones([1000])]
const column = new Float64Array(400)
for (let turn = 0; turn < 3; turn++) {
  hypot(a, b)
  hypot(a.transpose(1, 0), column)
  add.reduce(a, { axis: turn % 2 })
  sine(new Float32Array(200_000))
  rowSums(a)
  for (let k = 0; k < 20; k++) add(b, k)
}
const file = process.argv[2] ?? 'trace.svg'
writeFileSync(file, timeline(events, `${events.length} events on ${target.name}`))
console.log(`${events.length} events; see ${file}`)
