/** The page: the same calls on cpu and gpu; the test reads `outcome`. */
import { gpuInfo, ready, toGpu, vectorize } from 'lanewise'
import { conformance } from 'lanewise/testing'
import type { Outcome } from './outcome.ts'

const wave = vectorize(['f4(f4,f4)'], (x, y) => Math.sin(x) * y + Math.exp(-y))
const add = vectorize(['f4(f4,f4)'], (x, y) => x + y, { identity: 0 })
const orbit = vectorize(['i4(f4,f4)'], (x, y) => {
  let [re, im, steps] = [0, 0, 0]
  while (steps < 50 && re * re + im * im <= 4) {
    const next = re * re - im * im + x
    im = 2 * re * im + y
    re = next
    steps++
  }
  return steps
})

/** Drivers may take such operands for zeros: see test/gpu/conformance.test.ts. */
const subnormal = /(arithmetic|rounding|…) of f4$|of two f4$|branches in f4$|layouts of f4/

const different = (a: ArrayLike<number>, b: ArrayLike<number>, allowed: number): number => {
  let count = 0
  for (let i = 0; i < a.length; i++) if (!(Math.abs((a[i] ?? 0) - (b[i] ?? 0)) <= allowed)) count++
  return count
}

/** The suite that every target passes; the cases that did not pass, with the reason. */
async function suite(): Promise<Outcome['suite']> {
  const cases = conformance('gpu', { without: ['f8'] })
  const chosen = cases.filter(({ name }) => !subnormal.test(name))
  const failed: string[] = []
  for (const { name, run } of chosen)
    try {
      await run()
    } catch (error) {
      failed.push(`${name}: ${String(error)}`)
    }
  return { passed: chosen.length - failed.length, failed }
}

async function main(): Promise<Outcome> {
  await ready()
  const { available, adapter, reason } = await gpuInfo()
  const n = 3000
  const x = Float32Array.from({ length: n }, (_, i) => i / 300 - 5)
  const y = Float32Array.from({ length: n }, (_, i) => ((i * 7) % n) / n)
  const onGpu = await wave.on('gpu')(x, y)
  const steps = await orbit.on('gpu')(x, y)
  const sums = await (
    await add
      .on('gpu')
      .reduce(await toGpu({ data: x, shape: [3, 1000], stride: [1000, 1], offset: 0 }), { axis: 1 })
  ).read()
  return {
    available,
    adapter: adapter ?? reason ?? '',
    waves: different(onGpu.data, wave(x, y).data, 1e-6),
    escapes: different(steps.data, orbit(x, y).data, 0),
    sums: different(
      sums.data,
      add.reduce({ data: x, shape: [3, 1000], stride: [1000, 1], offset: 0 }, { axis: 1 })
        .data as Float32Array,
      0,
    ),
    dispatched: wave.on('gpu').explain().last?.target ?? '',
    suite: await suite(),
  }
}

const page = globalThis as { outcome?: Outcome | string }
main()
  .then(
    (outcome) => {
      page.outcome = outcome
    },
    (error: unknown) => {
      page.outcome = String(error instanceof Error ? error.stack : error)
    },
  )
  .finally(() => document.body.setAttribute('data-done', ''))
