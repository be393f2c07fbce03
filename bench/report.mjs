/** From timings to what a reader sees: JSON with everything, Markdown with ratios. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

const folder = new URL('results/', import.meta.url)

/** What the numbers were taken on. */
export function machine() {
  const model = cpus()[0]?.model ?? 'unknown processor'
  return `${model}, ${cpus().length} cores, Node ${process.versions.node} (V8 ${process.versions.v8}), ${process.platform}`
}

/** A number with three significant digits, without an exponent. */
export const three = (x) => (x >= 100 ? x.toFixed(0) : x.toPrecision(3))

const perElement = (one, who) => (one.times?.[who] ? one.times[who].median / one.n : undefined)

/** How many times faster `who` is than `peer`, from the medians of the same rounds. */
export const ratio = (one, who, peer) =>
  one.times?.[who] && one.times[peer] ? one.times[peer].median / one.times[who].median : undefined

const title = (one) => `${one.name} ${one.types ? `\`${one.types}\`` : ''}`.trim()

/** "1.9 (worst 0.8: exp `f8(f8)`)" over the cases where both took part. */
export function geometricMean(list, who, peer) {
  const rated = list
    .map((one) => ({ one, value: ratio(one, who, peer) }))
    .filter(({ value }) => value !== undefined)
  if (rated.length === 0) return '—'
  const mean = Math.exp(rated.reduce((sum, { value }) => sum + Math.log(value), 0) / rated.length)
  const worst = rated.reduce((a, b) => (b.value < a.value ? b : a))
  return `**${three(mean)}** over ${rated.length}, worst ${three(worst.value)}: ${title(worst.one)}`
}

const table = (head, rows) =>
  [head, head.map((_, k) => (k ? '--:' : ':--')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')

const cell = (value) => (value === undefined ? '' : three(value))

const peersOf = (list, names) => names.filter((peer) => list.some((one) => one.times?.[peer]))

const peerNames = ['loop', 'ndarray-ops', 'NumPy', 'Numba', 'Numba SVML', 'C', 'target-c']

/** The kernel or layout table at one size: our nanoseconds an element, then how many times faster we are. */
export function ratioTable(list) {
  const peers = peersOf(list, peerNames)
  const head = [
    '',
    'lanes',
    'resident',
    'plain',
    'new result',
    ...peers.map((peer) => `vs ${peer}`),
    'plain vs loop',
  ]
  const rows = list.map((one) => {
    if (one.error) return [title(one), `failed: ${one.error.split('\n')[0]}`, ...head.slice(2).map(() => '')]
    const ours = ['resident', 'plain', 'allocating'].map((who) => cell(perElement(one, who)))
    const ratios = peers.map((peer) => cell(ratio(one, 'resident', peer)))
    return [title(one), one.lanes ?? '', ...ours, ...ratios, cell(ratio(one, 'plain', 'loop'))]
  })
  const means = [...peers.map((peer) => ['resident', peer]), ['plain', 'loop']].map(
    ([who, peer]) => `- ${who} against ${peer}: ${geometricMean(list, who, peer)}`,
  )
  return `${table(head, rows)}\n\nGeometric means:\n${means.join('\n')}\n`
}

function timeTable(one) {
  if (one.error) return `${one.name} failed: ${one.error}\n`
  const long = one.section === 'startup'
  const rows = Object.entries(one.times).map(([who, { median, min }]) => [
    who,
    three(long ? median / 1e6 : median),
    three(long ? min / 1e6 : min),
  ])
  return `${table([one.name, long ? 'ms' : 'ns', 'best'], rows)}\n`
}

/** The whole page. */
export function markdown(results) {
  const { cases } = results
  const parts = [
    `# ${results.title}\n`,
    `${results.machine}. ${results.peers.map(({ name, version }) => `${name}: ${version}`).join('. ')}.\n`,
    ...results.missing.map(({ peer, reason }) => `Left out: ${peer} (${reason}).\n`),
    `Nanoseconds an element are medians; a ratio above 1 says how many times faster lanewise is than the peer. Results are
preallocated, except under "new result" (of resident arrays, freed before the next call). All outputs were compared with those of the loop before
timing. \`resident\` arrays lie in wasm memory, \`plain\` ones are ordinary typed arrays. ${results.protocol}\n`,
  ]
  for (const [section, heading] of [
    ['kernels', 'Kernels'],
    ['layouts', 'Layouts: a + b, float64, where a is a view'],
  ]) {
    const rows = cases.filter((one) => one.section === section)
    const sizes = [...new Set(rows.map(({ n }) => n))].sort((a, b) => a - b)
    for (const n of sizes) {
      parts.push(
        `## ${heading}, ${n.toLocaleString('en')} elements\n`,
        ratioTable(rows.filter((one) => one.n === n)),
      )
    }
  }
  const rest = cases.filter(({ section }) => section === 'calls' || section === 'startup')
  if (rest.length > 0) parts.push('## Calls and start\n', ...rest.map(timeTable))
  return parts.join('\n')
}

const times = (value) => (value === undefined ? '—' : `${three(value)}x`)

/** The README's part: few rows, the means with their worst rows, and what a call costs. */
export function fragment(results) {
  const { cases } = results
  const largest = Math.max(
    ...cases.filter(({ section, n }) => section === 'kernels' && n <= 65e3).map(({ n }) => n),
  )
  const rows = cases.filter(({ section, n, times }) => section === 'kernels' && n === largest && times)
  const peers = peersOf(rows, peerNames)
  const body = rows.map((one) => [
    title(one),
    cell(perElement(one, 'resident')),
    cell(perElement(one, 'plain')),
    ...peers.map((peer) => times(ratio(one, 'resident', peer))),
  ])
  const head = ['', 'ns, resident', 'ns, plain', ...peers.map((peer) => `vs ${peer}`)]
  const means = [...peers.map((peer) => ['resident', peer]), ['plain', 'loop']]
  const [calls, late] = cases.filter((one) => one.section === 'calls' && one.times)
  const call = (who, at = calls) => three(at.times[who].median)
  const left = results.missing.map(({ peer, reason }) => ` Left out: ${peer} (${reason}).`)
  return `
${results.machine}. ${results.peers.map(({ name, version }) => `${name}: ${version}`).join('. ')}.${left.join('')}
Nanoseconds an element at ${largest.toLocaleString('en')} elements, results preallocated, and how many times faster resident arrays are than each peer
(below 1: slower).

${table(head, body)}

Geometric means over the table:
${means.map(([who, peer]) => `- ${who} against ${peer}: ${geometricMean(rows, who, peer)}`).join('\n')}
${
  late
    ? `
A call on 10 elements: ${call('resident')} ns resident and ${call('plain')} ns plain with \`out\`, ${call('resident, new result')} and ${call('plain, new result')} ns with a new
result (\`new Float64Array(10)\` alone: ${call('part: new Float64Array(10)')}); at the end of the run, when arrays of all dtypes have been through: ${call('resident', late)}, ${call('plain', late)}, ${call('resident, new result', late)} and ${call('plain, new result', late)}.
`
    : ''
}`
}

/** The file of a page: of the README's Node, or of another release beside it. */
function pageOf(name) {
  // The README's numbers are those of Node 20, which has no fused multiply-adds; pages of other releases stand beside them.
  const [release] = process.versions.node.split('.')
  mkdirSync(folder, { recursive: true })
  return release === '20' ? name : `${name}-node${release}`
}

/** Writes results/<name>.json and results/<name>.md. */
export function writeResults(name, results) {
  const page = pageOf(name)
  writeFileSync(new URL(`${page}.json`, folder), `${JSON.stringify(results, null, 1)}\n`)
  writeFileSync(new URL(`${page}.md`, folder), markdown(results))
  return fileURLToPath(new URL(`${page}.md`, folder))
}

/** A page of one table: our times, then how many times faster we are. */
export function writePage(name, where, head, rows, last) {
  const file = new URL(`${pageOf(name)}.md`, folder)
  const text = `# Kernels of arrays\n\n\`node bench/${name}.mjs\`: ${where}.\n\n${table(head, rows)}\n\n${last}\n`
  writeFileSync(file, text)
  return fileURLToPath(file)
}

export const readResults = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'))
