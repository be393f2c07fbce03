/**
 * node bench/literature.mjs: the programs by which Numba is introduced (kernels/literature.mjs), results compared first: hot, taking
 * turns (race.mjs), and cold, as whole processes from start to result. `npm run bench:peers` runs it too.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { empty, jit, ones, ready } from '../dist/index.js'
import { prepare, programs } from './kernels/literature.mjs'
import { readOptions } from './options.mjs'
import { startPeer } from './peers/child.mjs'
import { pythonPeers } from './peers/python.mjs'
import { race, timed, warmed } from './race.mjs'
import { machine, three, writePage } from './report.mjs'

const options = readOptions()
const settings = options.quick
  ? { rounds: 5, sampleMs: 2, budgetMs: 1000 }
  : { rounds: 15, sampleMs: 10, budgetMs: 4000 }
const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const { found, missing } = pythonPeers()
const python = found.find(({ svml }) => !svml)
for (const { peer, reason } of missing) console.log(`${peer} is left out: ${reason}`)
const snake = python ? startPeer(python.command, [path('peers/literature.py')]) : null
await ready()

/** Whole processes; their output is the result. */
const whole = (command, args) => async (times) => {
  let spent = 0
  for (let k = 0; k < times; k++) {
    const start = performance.now()
    execFileSync(command, args, { stdio: 'pipe' })
    spent += performance.now() - start
  }
  return spent * 1e6
}

const ms = ({ median }) => `${three(median / 1e6)} ms`
const against = (times, who) =>
  times.Numba ? `, ${three(times.Numba.median / times[who].median)} times Numba` : ''

console.log(machine())
const lines = []
for (const program of programs.filter(({ name }) => options.filter.test(name))) {
  const { name, key } = program
  const resident = prepare(program, { jit, ones, empty })
  const value = Number(resident())
  const peer = []
  if (snake) {
    const want = await snake.ask({ do: 'value', who: key })
    if (!(Math.abs(value - want) <= 1e-9 * Math.abs(want)))
      throw new Error(`${name}: ${value} by lanewise, ${want} by Numba`)
    peer.push({ name: 'Numba', time: (times) => snake.ask({ do: 'time', who: key, times }) })
  }
  const contenders = [{ name: 'lanewise', time: timed(resident) }, ...peer]
  if (program.shape)
    contenders.push({ name: 'plain', time: timed(prepare(program, { jit, ones, empty }, true)) })
  for (const { name: who, time } of contenders) if (who !== 'Numba') await warmed(time, 1000)
  const hot = await race(contenders, settings)
  const plain = hot.plain ? `; from a plain array ${ms(hot.plain)}${against(hot, 'plain')}` : ''
  console.log(`${name}, hot: ${ms(hot.lanewise)}${against(hot, 'lanewise')}${plain}`)
  const processes = [{ name: 'lanewise', time: whole(process.execPath, [path('literature-cold.mjs'), key]) }]
  if (python)
    processes.push({ name: 'Numba', time: whole(python.command, [path('peers/literature.py'), key]) })
  const cold = await race(processes, { rounds: 5, sampleMs: 0, budgetMs: 1 })
  console.log(`${name}, cold: ${ms(cold.lanewise)}${against(cold, 'lanewise')}`)
  const cells = (times, who) =>
    times[who]
      ? [three(times[who].median / 1e6), times.Numba ? three(times.Numba.median / times[who].median) : '']
      : ['', '']
  lines.push([name, ...cells(hot, 'lanewise'), ...cells(hot, 'plain'), ...cells(cold, 'lanewise')])
}
if (lines.length === programs.length && !options.quick) {
  const head = ['', 'hot, ms', 'vs Numba', 'plain array, ms', 'vs Numba', 'whole process, ms', 'vs Numba']
  const note = `Hot calls and whole processes from start to result, medians in turns; a ratio above 1 says how many times faster lanewise is.`
  console.log(`wrote ${writePage('literature', machine(), head, lines, note)}`)
}
snake?.stop()
