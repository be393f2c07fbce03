/**
 * No target has a private path: without its files, its row in targets/builtin.ts and its lines in targets/extras.ts, the rest compiles,
 * and the other targets run.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../packed.ts'

/** What belongs to a target, and to nothing else. */
const own: Readonly<Record<string, string>> = { cpu: 'cpu.ts', parallel: 'parallel', gpu: 'gpu', js: 'js.ts' }

mkdirSync(join(root, '.cache'), { recursive: true })

/** A copy of the sources without some targets; the lines that name them are gone. */
function without(targets: readonly string[]): string {
  const folder = mkdtempSync(join(root, `.cache/without-${targets.join('-')}-`))
  cpSync(join(root, 'src'), join(folder, 'src'), { recursive: true })
  for (const target of targets) {
    rmSync(join(folder, 'src/targets', own[target] ?? ''), { recursive: true })
    const title = target.replace(/^./, (c) => c.toUpperCase())
    const names = new RegExp(`\\b${target}(?![a-z])|\\b${title}(Settings|Arrays)\\b`)
    for (const file of ['builtin.ts', 'extras.ts']) {
      const path = join(folder, 'src/targets', file)
      const lines = readFileSync(path, 'utf8').split('\n')
      writeFileSync(path, lines.filter((line) => !names.test(line)).join('\n'))
    }
  }
  const tsconfig = { extends: '../../tsconfig.json', include: ['src'], exclude: [] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  return folder
}

const node = (cwd: string, ...args: string[]): string => {
  try {
    return execFileSync(process.execPath, args, { cwd, encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(stdout + stderr)
  }
}

/** Each with one that is nothing to it: copies take their time. */
const pairs = [
  ['cpu', 'gpu'],
  ['parallel', 'js'],
] as const

for (const pair of pairs)
  test(`the rest does without ${pair.join(' and ')}`, () => {
    const folder = without(pair)
    try {
      node(folder, join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', '.')
      const others = Object.keys(own).filter((name) => !(pair as readonly string[]).includes(name))
      const workerUrl = new URL('../../dist/parallel-worker.js', import.meta.url)
      const settings = {
        target: others[0],
        ...(others.includes('parallel') && { workerUrl: workerUrl.href }),
      }
      writeFileSync(
        join(folder, 'run.ts'),
        `import { configure, ready, targetNames } from './src/index.ts'
import { conformance } from './src/testing.ts'
await ready()
configure(${JSON.stringify(settings)})
let count = 0
for (const name of ${JSON.stringify(others.filter((name) => name !== 'gpu'))})
  for (const one of conformance(name))
    if (/arithmetic of f8|where, of f4|sums of i4|at, of i4|matrix/.test(one.name)) { await one.run(); count++ }
console.log(count, String(targetNames()))
`,
      )
      const ran = others.filter((name) => name !== 'gpu').length
      assert.is(node(folder, '--import', 'tsx', 'run.ts').trim(), `${6 * ran} ${others}`)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

test.run()
