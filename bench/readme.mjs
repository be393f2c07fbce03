/**
 * npm run bench:readme: puts the numbers of the last `npm run bench:peers` between the two marks of README.md, so that every number
 * there comes from a command.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fragment, readResults } from './report.mjs'

const [start, end] = ['<!-- bench:start -->', '<!-- bench:end -->']
const file = new URL('../README.md', import.meta.url)
const text = readFileSync(file, 'utf8')
const [from, to] = [text.indexOf(start), text.indexOf(end)]
if (from < 0 || to < from) throw new Error(`README.md has no ${start} … ${end}`)
writeFileSync(
  file,
  `${text.slice(0, from + start.length)}\n${fragment(readResults('peers'))}\n${text.slice(to)}`,
)
