/** The gpu in worker threads and forked children, and programs that find none. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../packed.ts'
import { skip } from '../skip.ts'
import { reasonForNoGpu } from './driver.ts'

const dist = pathToFileURL(join(root, 'dist/index.js')).href

/** The JSON that a program prints; it must end by itself. */
function inProcess(code: string): unknown {
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return JSON.parse(out)
}

const kernels = `
  const { vectorize, guvectorize, gpuInfo, toGpu, ready } = await import('${dist}')
  const twice = vectorize(['f4(f4)'], '(x) => 2 * x', { target: 'gpu' })
  const x = new Float32Array([1, 2])
`

const reason = await reasonForNoGpu()
const name = 'in a worker thread and in a forked child, after the parent has used it'
if (reason !== null) skip(name, reason)
else
  test(name, () => {
    const child = `(async () => {${kernels}
      const { parentPort } = await import('node:worker_threads')
      const answer = [...(await twice(x)).data]
      parentPort ? parentPort.postMessage(answer) : process.send(answer)
    })()`
    const answers = inProcess(`${kernels}
      import { spawn } from 'node:child_process'
      import { Worker } from 'node:worker_threads'
      const child = ${JSON.stringify(child)}
      const there = await toGpu(x)
      await twice(there)
      const heard = (one) => new Promise((resolve, reject) => one.once('message', resolve).once('error', reject))
      const worker = new Worker(child, { eval: true })
      const forked = spawn(process.execPath, ['-e', child], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
      const answers = await Promise.all([heard(worker), heard(forked)])
      forked.disconnect()
      console.log(JSON.stringify([...answers, [...(await (await twice(there)).read()).data]]))`)
    assert.equal(answers, [
      [2, 4],
      [2, 4],
      [2, 4],
    ])
  })

/** With what \`import('webgpu')\` gives in place of the package. */
const without = (resolved: string) => `
  import { register } from 'node:module'
  register('data:text/javascript,' + encodeURIComponent(
    "export const resolve = async (name, context, next) => { if (name !== 'webgpu') return next(name, context); ${resolved} }"))
  ${kernels}
  const add = vectorize(['f4(f4,f4)'], '(x, y) => x + y', { target: 'gpu', identity: 0 })
  const head = guvectorize(['f4(f4[:])'], '(n)->()', '(x) => x[0]', { target: 'gpu' })
  const near = vectorize(['f4(f4)'], '(x) => 2 * x', { target: 'gpu', fallback: 'cpu' })
  const calls = [() => twice(x), () => toGpu(x), () => add.reduce(x), () => add.at(x, [0], 1), () => head(x)]
  const errors = await Promise.all(calls.map(async (call) => { try { await call() } catch ({ code, reason }) { return [code, reason] } }))
  const info = await gpuInfo()
  const result = await near(x)
  console.log(JSON.stringify({ errors, info, fallen: [...result.data], target: near.explain().last.target }))
`
const fake = encodeURIComponent('export const create = () => ({ requestAdapter: async () => null })')
const programs: readonly (readonly [string, RegExp, string])[] = [
  ['the package', /npm install webgpu/, "throw new Error('there is no webgpu here')"],
  ['an adapter', /there is no adapter/, `return { url: 'data:text/javascript,${fake}', shortCircuit: true }`],
]
for (const [what, text, resolved] of programs)
  test(`without ${what}: a typed error everywhere, and the fallback`, () => {
    const answer = inProcess(without(resolved)) as {
      errors: [string, string][]
      info: { available: boolean; reason: string }
      fallen: number[]
      target: string
    }
    assert.is(answer.errors.length, 5)
    for (const [code, reason] of answer.errors) {
      assert.is(code, 'target')
      assert.match(reason, text)
    }
    assert.is(answer.info.available, false)
    assert.match(answer.info.reason, text)
    assert.equal([answer.fallen, answer.target], [[2, 4], 'cpu'])
  })

test.run()
