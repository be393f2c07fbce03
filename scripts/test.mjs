// Runs every test/**/*.test.ts in a process of its own, two at a time, and closes with one line that counts them all.
//   node scripts/test.mjs [part of a path …]
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const processes = 2
const limit = 15 * 60 * 1000

const loader = ['--import', new URL('loader.mjs', import.meta.url).href]

const wanted = process.argv.slice(2)
const files = readdirSync('test', { recursive: true })
  .map((name) => join('test', name))
  .filter(
    (name) => name.endsWith('.test.ts') && (wanted.length === 0 || wanted.some((w) => name.includes(w))),
  )
  .sort()

/** Resolves to what a file printed and how it ended; never rejects. */
const run = (file) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [...loader, file], {
      env: { ...process.env, FORCE_COLOR: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const chunks = []
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.stderr.on('data', (chunk) => chunks.push(chunk))
    const timer = setTimeout(() => child.kill('SIGKILL'), limit)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ output: Buffer.concat(chunks).toString(), code, signal })
    })
  })

const counted = (output, what) =>
  [...output.matchAll(new RegExp(`^ {2}${what}: +(\\d+)`, 'gm'))].reduce((sum, [, n]) => sum + Number(n), 0)

const sum = { passed: 0, failed: 0, skipped: 0 }

function report(file, { output, code, signal }, seconds) {
  const passed = counted(output, 'Passed')
  const skipped = counted(output, 'Skipped')
  let failed = counted(output, 'Total') - passed
  let note = ''
  // A file that dies, or that ends without having run a test, is a failure too.
  if (failed === 0 && (code !== 0 || passed + skipped === 0)) {
    failed = 1
    note = signal ? `ended by ${signal}` : code !== 0 ? `exit code ${code}` : 'no tests in this file'
  }
  sum.passed += passed
  sum.failed += failed
  sum.skipped += skipped
  const counts = `${passed} passed${skipped ? `, ${skipped} skipped` : ''}${failed ? `, ${failed} FAILED` : ''}`
  console.log(`${failed ? 'FAIL' : 'ok  '} ${file}: ${counts} (${seconds.toFixed(1)} s)${note && ` ${note}`}`)
  for (const line of output.match(/^SKIP .*/gm) ?? []) console.log(`     ${line}`)
  if (failed) console.log(output.replace(/^/gm, '     | '))
}

const queue = [...files]
async function work() {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const start = performance.now()
    report(file, await run(file), (performance.now() - start) / 1000)
  }
}
await Promise.all(Array.from({ length: processes }, work))

if (files.length === 0) console.log(`no test file matches ${wanted.join(' ')}`)
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
process.exitCode = sum.failed === 0 && sum.passed > 0 ? 0 : 1
