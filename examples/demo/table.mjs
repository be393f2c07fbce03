/** The demo's table: first the results are compared, then both sides are timed in turns. */
import { race, timed } from '../../bench/race.mjs'
import { bytes } from './pictures.mjs'

/** The largest difference between two lists of numbers. */
function distance(got, want) {
  let worst = Math.abs(got.length - want.length)
  for (let i = 0; i < want.length; i++) worst = Math.max(worst, Math.abs(got[i] - want[i]))
  return worst
}

/** Steps are { name, ufunc, call, result, loop }. Throws where a result is more than one level away from the loop's. */
export async function printTable(steps) {
  const rows = [['', 'Mpixel/s', 'lanes', 'loop', 'ratio']]
  for (const { name, ufunc, call, result, loop } of steps) {
    const got = bytes(result)
    const off = distance(got, loop())
    if (!(off <= 1)) throw new Error(`${name}: ${off} levels away from the loop`)
    const contenders = [
      { name: 'lanewise', time: timed(call) },
      { name: 'loop', time: timed(loop) },
    ]
    const times = await race(contenders, { rounds: 15, sampleMs: 5, budgetMs: 600 })
    const [picture] = Array.isArray(result) ? result : [result]
    const pixels = picture.shape[0] * picture.shape[1]
    const speed = (who) => ((pixels * 1e3) / times[who].median).toFixed(0)
    const { lanes } = ufunc.explain()
    rows.push([
      name,
      speed('lanewise'),
      String(lanes),
      speed('loop'),
      `${(times.loop.median / times.lanewise.median).toFixed(1)}x`,
    ])
  }
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => row[k].length)))
  for (const row of rows) {
    console.log(row.map((text, k) => (k ? text.padStart(widths[k]) : text.padEnd(widths[k]))).join('  '))
  }
}
