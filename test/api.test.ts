/** The public surface, the promise of no eval, and what merely importing lanewise costs. Asks the built package. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { skip } from './skip.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
mkdirSync(join(root, '.cache'), { recursive: true })

function node(args: readonly string[], source: string, type: 'module' | 'commonjs' = 'module'): string {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...args, `--input-type=${type}`, '--eval', source],
    { cwd: root, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
  )
  assert.is(status, 0, stderr)
  return stdout.trim()
}

const exported = [
  'AxisError',
  'BoundsError',
  'BroadcastError',
  'CastingError',
  'CoreDimensionError',
  'KernelSyntaxError',
  'KernelTypeError',
  'LanewiseError',
  'MemoryError',
  'NoLoopError',
  'NotReadyError',
  'OptionError',
  'OutputError',
  'SignatureError',
  'TargetError',
  'arange',
  'array',
  'configure',
  'empty',
  'emptyLike',
  'format',
  'free',
  'full',
  'getNumThreads',
  'getTarget',
  'gpuInfo',
  'guvectorize',
  'isResident',
  'jit',
  'linspace',
  'memoryInfo',
  'ones',
  'plain',
  'prange',
  'ready',
  'registerTarget',
  'resident',
  'setNumThreads',
  'targetNames',
  'toArray',
  'toGpu',
  'vectorize',
  'zeros',
  'zerosLike',
]

test('the exports', () => {
  const names = node([], `console.log(Object.keys(await import('lanewise')).sort().join('\\n'))`)
  assert.equal(names.split('\n'), exported)
})

/** Loaded by `code`, in a process of its own: files as the module loader resolved them, and worker threads. */
function loadedBy(code: string): { files: string[]; workers: number } {
  const hook = `
    export async function load(url, context, next) { console.log('LOAD ' + url); return next(url, context) }`
  const source = `
    import { register } from 'node:module'
    import worker from 'node:worker_threads'
    import { syncBuiltinESMExports } from 'node:module'
    let workers = 0
    worker.Worker = class extends worker.Worker { constructor(...args) { super(...args); workers++ } }
    syncBuiltinESMExports()
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}))
    ${code}
    console.log('WORKERS ' + workers)`
  const lines = node([], source).split('\n')
  const after = (word: string) => lines.filter((l) => l.startsWith(word)).map((l) => l.slice(word.length + 1))
  return { files: after('LOAD'), workers: Number(after('WORKERS')[0]) }
}

test('importing it loads neither binaryen nor webgpu nor the emitter, and starts no thread', () => {
  const { files, workers } = loadedBy(`await import('lanewise')`)
  assert.ok(files.some((file) => file.endsWith('/dist/index.js')))
  assert.equal(
    files.filter((file) => /binaryen|webgpu|compile/.test(file)),
    [],
  )
  assert.is(workers, 0)
})

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major === 20 && minor < 19)
  skip('require in CommonJS', `Node ${process.version} cannot require ES modules`)
else
  test('require in CommonJS', () => {
    const names = node([], `console.log(Object.keys(require('lanewise')).sort().join('\\n'))`, 'commonjs')
    assert.equal(
      names.split('\n').filter((name) => name !== '__esModule'),
      exported,
    )
  })

const files = () => readdirSync(dist).filter((name) => name.endsWith('.js'))

test('no built file evaluates text', () => {
  assert.ok(files().includes('index.js'))
  for (const file of files()) {
    const text = readFileSync(join(dist, file), 'utf8')
    assert.not.match(text, /\beval\s*\(|new\s+Function\b|\bFunction\s*\(\s*['"`]/, file)
  }
})

test('no built file awaits at its top level', () => {
  // A CommonJS `require` of a graph with a top-level await fails; so would this, for chunks that load later.
  const chunks = JSON.stringify(files().filter((file) => !file.startsWith('compile')))
  const out = node(
    ['--no-warnings'],
    `for (const file of ${chunks}) require(${JSON.stringify(`${dist}/`)} + file); console.log('fine')`,
    'commonjs',
  )
  assert.is(out, 'fine')
})

test('a compile thread that dies is an error for those who wait, and is replaced', () => {
  const out = node(
    [],
    `
    import threads from 'node:worker_threads'
    import { syncBuiltinESMExports } from 'node:module'
    let latest
    const { Worker } = threads
    threads.Worker = class extends Worker {
      constructor(...args) { super(...args); latest = this }
    }
    syncBuiltinESMExports()
    const { vectorize } = await import('lanewise')
    const add = (n) => vectorize('f8(f8)', ({ n }) => (x) => x + n, { env: { n } })
    const results = [add(1)(1)]
    await latest.terminate()
    results.push(add(2)(1))
    const waiting = add(3).async(1)
    latest.terminate()
    results.push(await waiting.catch((error) => error.message), add(4)(1))
    latest.terminate()
    // No event can come while this waits.
    try { results.push(add(5)(1)) } catch (error) { results.push(error.message) }
    results.push(add(6)(1))
    console.log(JSON.stringify(results))`,
  )
  assert.equal(JSON.parse(out), [
    2,
    3,
    'no loop was compiled: the compile thread ended with code 1 before it answered. The next call starts another one',
    5,
    'no loop was compiled: the compile thread ended before it answered. The next call starts another one',
    7,
  ])
})

/** What a thread that stands in the place of the compile thread does while a synchronous call waits for it; null: it is the real one. */
const deaths: Readonly<Record<string, string | null>> = {
  'it ends its process': 'setTimeout(() => process.exit(7), 200)',
  'it throws': `setTimeout(() => { throw new Error('unforeseen') }, 200)`,
  'it has nothing more to do': 'setTimeout(() => workerData.port.close(), 200)',
  'it has no memory left': null,
}

for (const [death, program] of Object.entries(deaths))
  test(`a synchronous call hears that its compile thread dies: ${death}`, () => {
    const out = node(
      [],
      `
      import threads from 'node:worker_threads'
      import { syncBuiltinESMExports } from 'node:module'
      const { Worker } = threads
      const program = ${JSON.stringify(program)}
      let dies = true
      threads.Worker = class extends Worker {
        constructor(url, options) {
          if (!dies) super(url, options)
          else if (program === null) super(url, { ...options, resourceLimits: { maxOldGenerationSizeMb: 4 } })
          else super('const { workerData } = require("node:worker_threads"); workerData.port.on("message", () => {});' + program, { ...options, eval: true })
        }
      }
      syncBuiltinESMExports()
      const { vectorize } = await import('lanewise')
      const add = vectorize('f8(f8)', ({ n }) => (x) => x + n, { env: { n: 1 } })
      try { add(1) } catch (error) { console.log(error.message) }
      dies = false
      console.log(add(1))`,
    )
    assert.is(
      out
        .split('\n')
        .filter((line) => !line.startsWith('<') && line.trim())
        .slice(0, 2)
        .join('\n'),
      'no loop was compiled: the compile thread ended before it answered. The next call starts another one\n2',
    )
  })

test('arrays of another copy of lanewise: computed with, brought out, freed', () => {
  const out = node(
    ['--no-warnings'],
    `
    import { cpSync, mkdtempSync, rmSync } from 'node:fs'
    import { pathToFileURL } from 'node:url'
    const folder = mkdtempSync(${JSON.stringify(join(root, '.cache/copy-'))})
    cpSync(${JSON.stringify(dist)}, folder, { recursive: true })
    const [here, other] = [await import('lanewise'), await import(pathToFileURL(folder + '/index.js').href)]
    const add = here.vectorize('f8(f8,f8)', (x, y) => x + y)
    const x = other.ones([3])
    const brought = here.plain(x)
    const results = [here.toArray(add(x, 1)), brought !== x, brought.data.buffer.byteLength, here.isResident(x)]
    const used = other.memoryInfo().used
    here.free(x)
    results.push(other.memoryInfo().used < used)
    for (const use of [() => other.free(x), () => here.free(x), () => add(x, 1), () => here.plain(x)])
      try { use(); results.push('no error') } catch (error) { results.push(error instanceof here.MemoryError) }
    console.log(JSON.stringify([...results, here.toArray(brought)]))
    rmSync(folder, { recursive: true, force: true })`,
  )
  assert.equal(JSON.parse(out), [[2, 2, 2], true, 24, false, true, true, true, true, true, [1, 1, 1]])
})

test.run()
