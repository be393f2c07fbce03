/** The page: waits for the compiler, then computes on views of several layouts; the test reads `outcome`. */
import { ready, vectorize, zeros } from 'lanewise'
import type { Outcome } from './outcome.ts'

const hypot = vectorize(['f4(f4,f4)', 'f8(f8,f8)'], (x, y) => Math.sqrt(x * x + y * y))
const tone = vectorize(
  ['f8(u1,f8)'],
  ({ gain }) =>
    (v, offset) =>
      (v < 128 ? v * gain : 255 - v) + offset,
  {
    env: { gain: 2 },
  },
)

function errorOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error)
  }
  return 'none'
}

function evalWorks(): boolean {
  try {
    return new Function('return true')() === true
  } catch {
    return false
  }
}

async function main(): Promise<Outcome> {
  const rows = 37
  const columns = 53
  const bytes = Uint8Array.from({ length: rows * columns }, (_, i) => (i * 31) & 255)
  const image = { data: bytes, shape: [rows, columns], stride: [columns, 1], offset: 0 }
  const column = {
    data: Float64Array.from({ length: rows }, (_, i) => i / 7),
    shape: [rows, 1],
    stride: [1, 0],
  }

  const early = errorOf(() => hypot(new Float32Array(4), 1))
  await ready()

  const toned = tone(image, column)
  const radius = hypot(toned, column)
  const expected = (i: number, j: number) => {
    const v = bytes[i * columns + j] ?? 0
    const offset = i / 7
    const t = (v < 128 ? v * 2 : 255 - v) + offset
    return Math.sqrt(t * t + offset * offset)
  }
  let wrong = 0
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) if (!Object.is(radius.get(i, j), expected(i, j))) wrong++

  const out = zeros([columns, rows], 'f8')
  hypot(radius.transpose(1, 0), 0, out)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) if (out.get(j, i) !== radius.get(i, j)) wrong++

  return {
    isolated: globalThis.crossOriginIsolated,
    early,
    wrong,
    compared: 2 * rows * columns,
    lanes: hypot.explain('f8(f8,f8)').lanes,
    shape: radius.shape,
    picked: Number(radius.transpose(1, 0).pick(3, null).get(5)) - expected(5, 3),
    evalWorks: evalWorks(),
  }
}

function tell(outcome: Outcome | string): void {
  Object.assign(globalThis, { outcome })
  document.body.dataset.done = 'yes'
}

main().then(tell, (error: unknown) => tell(String(error instanceof Error ? error.stack : error)))
