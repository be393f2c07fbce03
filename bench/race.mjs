/**
 * How contenders are timed against each other on a machine that others use too: not in blocks one after another, where a slow
 * minute hits one of them, but round-robin. Every round takes one sample of each contender, in an order that rotates; a sample is
 * as many calls as fill `sampleMs`. What counts is the median over the rounds, and the ratio of medians of the same rounds.
 */

const median = (sorted) => {
  const half = sorted.length >> 1
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** A function of JavaScript as a contender: `time(k)` gives the nanoseconds of k calls. */
export function timed(run) {
  return (times) => {
    const start = process.hrtime.bigint()
    for (let i = 0; i < times; i++) run()
    return Number(process.hrtime.bigint() - start)
  }
}

/** Calls until the engine has made its best code of what is called: long functions run as its first, quick code for up to a second. */
export async function warmed(time, ms = 1500) {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    time(1)
    await new Promise(setImmediate)
  }
}

/** Doubles the number of calls until they fill a sample; this also warms the contender up. */
async function calibrate(time, sampleMs) {
  const enough = sampleMs * 1e6
  let times = 1
  let spent = await time(times)
  while (spent < enough) {
    times = Math.min(times * 8, Math.ceil(times * Math.max(1.5, (1.2 * enough) / spent)))
    spent = await time(times)
  }
  return { times, spent }
}

/**
 * Races `[{ name, time }]`. Returns for each name { median, min, rounds } in nanoseconds a call.
 * `budgetMs` bounds the rounds of contenders whose single call is long.
 */
export async function race(contenders, { rounds = 21, sampleMs = 3, budgetMs = 4000 } = {}) {
  const lanes = []
  let round = 0
  for (const { name, time } of contenders) {
    const { times, spent } = await calibrate(time, sampleMs)
    lanes.push({ name, time, times, samples: [] })
    round += spent / 1e6
  }
  const count = Math.max(5, Math.min(rounds, Math.floor(budgetMs / round)))
  for (let turn = 0; turn < count; turn++) {
    for (let k = 0; k < lanes.length; k++) {
      const lane = lanes[(turn + k) % lanes.length]
      // Not counted: the contender before has filled the caches with its own arrays.
      await lane.time(1)
      lane.samples.push((await lane.time(lane.times)) / lane.times)
    }
  }
  return Object.fromEntries(
    lanes.map(({ name, samples }) => {
      const sorted = samples.sort((a, b) => a - b)
      return [name, { median: median(sorted), min: sorted[0], rounds: count }]
    }),
  )
}
