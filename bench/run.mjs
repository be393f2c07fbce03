/**
 * npm run bench: lanewise against JavaScript. Every case is a suite of benny; the suites run in short rounds whose order turns
 * around, so that a slow minute of the machine does not hit one contender only, and the samples of all rounds are taken together.
 */
import benny from 'benny'
import { cases } from './cases.mjs'
import { readOptions } from './options.mjs'
import { race } from './race.mjs'
import { machine, three, writeResults } from './report.mjs'
import { startupCases } from './startup.mjs'

const options = readOptions()
const rounds = options.quick ? 2 : 4
const limits = options.quick ? { minSamples: 3, maxTime: 0.02 } : { minSamples: 5, maxTime: 0.05 }

async function suite({ name, types, n }, contenders) {
  const samples = Object.fromEntries(contenders.map((one) => [one.name, []]))
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 ? contenders.toReversed() : contenders
    const tests = order.map((one) => benny.add(one.name, () => void one.run(), limits))
    const { results } = await benny.suite(`${name} ${types} ${n}, round ${round + 1}`, ...tests)
    for (const one of results)
      samples[one.name].push(...one.details.sampleResults.map((seconds) => seconds * 1e9))
  }
  return Object.fromEntries(
    Object.entries(samples).map(([who, list]) => {
      const sorted = list.sort((a, b) => a - b)
      return [who, { median: sorted[sorted.length >> 1], min: sorted[0], rounds }]
    }),
  )
}

const done = []
for (const one of [...cases(options), ...startupCases().filter(({ name }) => options.filter.test(name))]) {
  const { section, name, types, n } = one
  const base = { section, name, types, n }
  try {
    const { contenders, lanes, close } = one.open()
    // Processes are nothing benny can call; they are raced like the peers.
    const times =
      section === 'startup' ? await race(contenders, { rounds: 7 }) : await suite(base, contenders)
    close()
    done.push({ ...base, lanes, times })
    console.log(
      Object.entries(times)
        .map(([who, { median }]) => `  ${who} ${three(median / n)}`)
        .join(','),
    ) // ns an element
  } catch (error) {
    done.push({ ...base, error: error.message })
    console.log(`  failed: ${error.message}`)
  }
}

const file = writeResults('javascript', {
  title: 'lanewise against JavaScript',
  machine: machine(),
  date: new Date().toISOString(),
  peers: [{ name: 'benny', version: 'one suite a row, in rounds of alternating order' }],
  protocol: `${rounds} rounds of benny.`,
  missing: [],
  cases: done,
})
console.log(`\nwrote ${file}`)
