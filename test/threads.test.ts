/** The parallel target in a real Chromium, bundled and served in several ways; and its bits, in every engine there is. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { type Browser, chromium } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findChromium } from './browser/chromium.ts'
import type { Outcome } from './browser/parallel/outcome.ts'
import { built, develop, files, outcomeOf, type Served } from './browser/serve.ts'
import { nodeBinary, versions } from './nodes.ts'
import { project, root } from './packed.ts'
import { skip } from './skip.ts'

const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}
const policy = (workers: string) => ({
  'Content-Security-Policy': `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src ${workers}`,
})

type Serve = (folder: string, headers: Record<string, string>) => Promise<Served>

/** esbuild does not see workers: their file is published beside the bundle, and named. */
const bundled: Serve = async (folder, headers) => {
  const outdir = join(folder, 'out')
  await build({
    entryPoints: [join(folder, 'main.ts')],
    outdir,
    bundle: true,
    minify: true,
    format: 'esm',
    splitting: true,
    external: ['node:*'],
    logLevel: 'error',
  })
  copyFileSync(
    join(folder, 'node_modules/lanewise/dist/parallel-worker.js'),
    join(outdir, 'parallel-worker.js'),
  )
  cpSync(join(folder, 'node_modules/lanewise/dist/binaryen'), join(outdir, 'binaryen'), { recursive: true })
  writeFileSync(
    join(outdir, 'index.html'),
    '<!doctype html><body><script type="module" src="/main.js"></script></body>',
  )
  return files(outdir, headers)
}

interface Page {
  readonly serve: Serve
  readonly headers: Record<string, string>
  readonly query?: string
  check(outcome: Outcome): void
}

const sameHashes = ({ hashes }: Outcome, ways: readonly string[]) => {
  for (const way of ways) assert.equal(hashes[way], hashes.cpu, way)
}

const works = (outcome: Outcome): void => {
  assert.is(outcome.isolated, true)
  assert.is(outcome.error, null)
  assert.equal(outcome.fallback.target, 'parallel')
  assert.equal(outcome.sync, { threads: 2, why: null })
  assert.is(outcome.later.why, null)
  assert.ok(outcome.later.threads >= 1)
  assert.ok(outcome.turns >= 1)
  assert.is(outcome.ended, 'enough')
  assert.equal(outcome.warnings, [])
  sameHashes(outcome, ['parallel', 'async'])
}

/** Pages whose workers may not be made compute on their own thread, and say so. */
const alone = (outcome: Outcome): void => {
  assert.is(outcome.error, null)
  assert.is(outcome.sync.threads, 1)
  assert.is(outcome.warnings.length, 1)
  assert.match(outcome.warnings[0] ?? '', /one thread: no worker could be started: .*worker-src/)
  for (const { why } of [outcome.sync, outcome.later])
    assert.match(why ?? '', /no worker could be started: .*worker-src.*configure\({ workerUrl }\)/)
  sameHashes(outcome, ['parallel', 'async'])
}

const notIsolated = (outcome: Outcome): void => {
  assert.is(outcome.isolated, false)
  assert.is(outcome.error?.code, 'target')
  assert.match(outcome.error?.message ?? '', /Cross-Origin-Opener-Policy.*Cross-Origin-Embedder-Policy/)
  assert.is(outcome.fallback.target, 'cpu')
  assert.match(outcome.fallback.why ?? '', /not cross-origin isolated/)
  assert.is(outcome.warnings.length, 1)
  assert.match(outcome.warnings[0] ?? '', /Cross-Origin-Opener-Policy.*fallback 'cpu'/)
}

const pages: Readonly<Record<string, Page>> = {
  'vite dev': { serve: develop, headers: isolated, check: works },
  'vite build': { serve: built, headers: { ...isolated, ...policy("'self'") }, check: works },
  'esbuild, the file named': {
    serve: bundled,
    headers: { ...isolated, ...policy("'self'") },
    query: '?workers=/parallel-worker.js',
    check: works,
  },
  'esbuild, a blob': {
    serve: bundled,
    headers: { ...isolated, ...policy('blob:') },
    query: '?workers=blob',
    check: works,
  },
  'no workers allowed': {
    serve: bundled,
    headers: { ...isolated, ...policy("'none'") },
    query: '?workers=/parallel-worker.js',
    check: alone,
  },
  'not isolated': { serve: bundled, headers: {}, check: notIsolated },
}

const everyEngine = new Map<string, Record<string, string>>()

const found = await findChromium()
let browser: Browser | null = null
for (const [name, { serve, headers, query = '', check }] of Object.entries(pages)) {
  if (typeof found === 'string') {
    skip(`Chromium, ${name}`, found)
    continue
  }
  test(`Chromium, ${name}`, async () => {
    const folder = project('parallel')
    cpSync(join(root, 'test/browser/parallel'), folder, { recursive: true })
    browser ??= await chromium.launch({ ...found, headless: true })
    const server = await serve(folder, headers)
    try {
      const outcome = await outcomeOf<Outcome>(browser, `${server.url}${query}`)
      check(outcome)
      everyEngine.set(`Chromium, ${name}`, { ...outcome.hashes.cpu })
    } finally {
      await server.close()
    }
  })
}

const program = `
  import * as lanewise from 'lanewise'
  import { hashes } from './kernels.js'
  lanewise.configure({ deterministic: true })
  lanewise.setNumThreads(3)
  const found = {}
  for (const target of ['cpu', 'parallel']) found[target] = await hashes(lanewise, target)
  found.async = await hashes(lanewise, 'parallel', (f, operands) => f.async(...operands))
  console.log(JSON.stringify(found))`

const nodeFolder = project('threads')
cpSync(join(root, 'test/browser/parallel/kernels.js'), join(nodeFolder, 'kernels.js'))
writeFileSync(join(nodeFolder, 'program.mjs'), program)
for (const major of versions) {
  const node = nodeBinary(major)
  if ('reason' in node) {
    skip(`Node ${major}`, node.reason)
    continue
  }
  test(`Node ${major}`, () => {
    const text = execFileSync(node.path, ['program.mjs'], {
      cwd: nodeFolder,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    const found = JSON.parse(text) as Record<string, Record<string, string>>
    for (const way of ['parallel', 'async']) assert.equal(found[way], found.cpu, way)
    everyEngine.set(`Node ${major}`, found.cpu ?? {})
  })
}

test('every engine has the same bits', async () => {
  await browser?.close()
  const [first, ...others] = everyEngine
  assert.ok(first)
  assert.ok(Object.keys(first[1]).length > 25)
  for (const [name, hashes] of others) assert.equal(hashes, first[1], `${name} against ${first[0]}`)
})

test.run()
