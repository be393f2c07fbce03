/**
 * No target has a private path: without its files, its row in targets/builtin.ts and its lines in targets/extras.ts, the rest compiles,
 * the other targets run, and suites that are about none in particular pass as they stand.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../packed.ts'

/** What belongs to a target, and to nothing else. */
const own: Readonly<Record<string, string>> = { cpu: 'cpu.ts', parallel: 'parallel', gpu: 'gpu', js: 'js.ts' }

mkdirSync(join(root, '.cache'), { recursive: true })

/** A copy of the sources without a target; the lines that name it are gone. */
function without(target: string): string {
  const folder = mkdtempSync(join(root, `.cache/without-${target}-`))
  cpSync(join(root, 'src'), join(folder, 'src'), { recursive: true })
  rmSync(join(folder, 'src/targets', own[target] ?? ''), { recursive: true })
  const title = target.replace(/^./, (c) => c.toUpperCase())
  const names = new RegExp(`\\b${target}(?![a-z])|\\b${title}(Settings|Arrays)\\b`)
  for (const file of ['builtin.ts', 'extras.ts']) {
    const path = join(folder, 'src/targets', file)
    const lines = readFileSync(path, 'utf8').split('\n')
    writeFileSync(path, lines.filter((line) => !names.test(line)).join('\n'))
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', include: ['src'], exclude: [] }),
  )
  return folder
}

const run = promisify(execFile)
const node = (...args: string[]): Promise<string> =>
  run(process.execPath, args, { cwd: root }).then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }) => {
      throw new Error(stdout + stderr)
    },
  )

/** Suites of functions on cpu and js, or on those of them that there are. */
const suites = ['vectorize/calls', 'vectorize/where', 'vectorize/at']
/** A case of every feature. */
const cases =
  /arithmetic of f8|where, of f4|sums of i4|reduceat|at, of i4|async|cores that|kernel makes|jit|outside|freed/

/** A program of the names of the targets that it has, and of suites, in one file: that costs less than a loader for each. */
async function program(folder: string, others: readonly string[]): Promise<string> {
  const workerUrl = join(root, 'dist/parallel-worker.js')
  const settings = { target: others[0], ...(others.includes('parallel') && { workerUrl }) }
  const first = join(folder, 'first.ts')
  writeFileSync(
    first,
    `import { configure, ready } from './src/index.ts'
configure(${JSON.stringify(settings)})
await ready()
`,
  )
  const contents = `import ${JSON.stringify(first)}
import { targetNames } from './src/index.ts'
import { conformance } from './src/testing.ts'
import { test } from 'uvu'
${suites.map((suite) => `import './test/${suite}.test.ts'`).join('\n')}
console.log('targets', String(targetNames()))
for (const name of ${JSON.stringify(others.filter((name) => name !== 'gpu'))})
  for (const one of conformance(name)) if (${cases}.test(one.name)) test(one.name, one.run)
test.run()
`
  const outfile = join(folder, 'run/of/all.mjs')
  await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'silent',
    // The package says of its files that they do nothing when imported; those of tests do.
    ignoreAnnotations: true,
    plugins: [
      {
        name: 'copy',
        setup({ onResolve }) {
          onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
            const [, inside] = join(resolveDir, path).split(join(root, 'src'))
            return inside === undefined ? undefined : { path: join(folder, 'src', inside) }
          })
        },
      },
    ],
  })
  symlinkSync(join(root, 'dist'), join(folder, 'dist'))
  return outfile
}

for (const target of Object.keys(own))
  test(`the rest does without ${target}`, async () => {
    const folder = without(target)
    try {
      await node('node_modules/typescript/bin/tsc', '--noEmit', '-p', folder)
      const others = Object.keys(own).filter((name) => name !== target)
      const output = await node(...process.execArgv, await program(folder, others))
      assert.match(output, `targets ${others}\n`)
      const [, total, passed] = /Total: +(\d+)\s+Passed: +(\d+)/.exec(output) ?? []
      assert.is(passed, total)
      const ran = others.filter((name) => name !== 'gpu').length
      assert.ok(Number(passed) >= 12 * ran + 30, output)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

test.run()
