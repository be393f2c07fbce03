/** The page: calls on many threads, synchronous and not; the test reads `outcome`. */
import * as lanewise from 'lanewise'
import { hashes } from './kernels.js'
import type { Outcome } from './outcome.ts'

const { configure, ready, setNumThreads, vectorize, zeros } = lanewise

const kernel = (x: number) => {
  let s = x
  for (let i = 0; i < 400; i++) s = s * 0.5 + i
  return s
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function useWorkers(way: string | null): Promise<void> {
  if (way === null) return
  if (way !== 'blob') {
    configure({ workerUrl: way })
    return
  }
  const text = await (await fetch('/parallel-worker.js')).text()
  configure({ workerUrl: URL.createObjectURL(new Blob([text], { type: 'text/javascript' })) })
}

/** What the library says on the console. */
const warnings: string[] = []
const { warn } = console
console.warn = (...args: unknown[]) => {
  warnings.push(args.join(' '))
  warn(...args)
}

async function main(): Promise<Outcome> {
  const options = new URLSearchParams(location.search)
  await ready()
  configure({ deterministic: true })
  setNumThreads(2)
  await useWorkers(options.get('workers'))

  const cpu = vectorize(['f8(f8)'], kernel)
  const careful = vectorize(['f8(f8)'], kernel, { target: 'parallel', fallback: 'cpu' })
  const x = new Float64Array(40_000)
  let error: Outcome['error'] = null
  try {
    vectorize(['f8(f8)'], kernel, { target: 'parallel' })
  } catch (thrown) {
    const { code, message } = thrown as { code: string; message: string }
    error = { code, message }
  }
  careful(x)
  const fallen = careful.explain().last
  const fallback = { target: fallen?.target ?? '', why: fallen?.why ?? null }
  const found: Record<string, Record<string, string>> = { cpu: await hashes(lanewise, 'cpu') }
  const nothing = { threads: 0, why: null }
  const seen = {
    isolated: globalThis.crossOriginIsolated,
    error,
    fallback,
    hashes: found,
    sync: nothing,
    later: nothing,
    turns: 0,
    ended: null,
    warnings,
  }
  if (error) return seen
  const f = cpu.on('parallel')

  // Until workers have started, or have failed to.
  let sync: Outcome['sync'] = nothing
  const resident = zeros(40_000)
  for (let tries = 0; tries < 200; tries++) {
    f(resident)
    const { threads = 0, why = null } = f.explain().last ?? {}
    sync = { threads, why }
    if (threads > 1 || why?.includes('worker')) break
    await pause(20)
  }
  let turns = 0
  let over = false
  const turn = async () => {
    while (!over) {
      await pause(0)
      turns++
    }
  }
  void turn()
  const y = await f.async(x)
  over = true
  const { threads = 0, why = null } = f.explain().last ?? {}
  const want = cpu(x)
  if (want.data.some((value, i) => value !== y.data[i]))
    throw new Error('an asynchronous call gave something else')

  let ended: string | null = null
  if (why === null) {
    const endless = vectorize(
      ['f8(f8)'],
      (v) => {
        let s = v
        while (s >= 0) s = s * 0.5 + 1
        return s
      },
      { target: 'parallel' },
    )
    const controller = new AbortController()
    setTimeout(() => controller.abort('enough'), 50)
    ended = await endless.async(zeros(8), { signal: controller.signal }).then(
      () => 'it ended',
      (reason: unknown) => String(reason),
    )
  }
  found.parallel = await hashes(lanewise, 'parallel')
  found.async = await hashes(lanewise, 'parallel', (g, operands) => g.async(...operands))
  return { ...seen, sync, later: { threads, why }, turns, ended }
}

function tell(outcome: Outcome | string): void {
  Object.assign(globalThis, { outcome })
  document.body.dataset.done = 'yes'
}

main().then(tell, (error: unknown) => tell(String(error instanceof Error ? error.stack : error)))
