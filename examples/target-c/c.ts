/** The target 'c': loops in C, compiled with the system's `cc` into shared libraries, and called through koffi. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import koffi from 'koffi'
import * as lanewise from 'lanewise/target'
import { emitC } from './emit.ts'

declare module 'lanewise/target' {
  interface TargetSettings {
    /** The compiler, and its flags besides those that say what arithmetic means. */
    cc?: string
    cFlags?: readonly string[]
  }
}

/** What arithmetic means: overflow wraps, and nothing is fused. */
const meaning = ['-std=gnu11', '-fwrapv', '-ffp-contract=off', '-fno-math-errno', '-fPIC', '-shared', '-w']
const settings = { cc: process.env.CC ?? 'cc', cFlags: ['-O3', '-march=native'] }

type Compiled = (...pointers: unknown[]) => number
const compiled = new Map<string, Compiled>()
const folder = mkdtempSync(join(tmpdir(), 'lanewise-c-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** The function `run` of a text in C, of so many pointers. */
function compile(code: string, pointers: number): Compiled {
  const key = [settings.cc, ...settings.cFlags, code].join('\n')
  const known = compiled.get(key)
  if (known) return known
  const file = join(folder, `loop${compiled.size}`)
  writeFileSync(`${file}.c`, code)
  const args = [...settings.cFlags, ...meaning, '-o', `${file}.so`, `${file}.c`, '-lm']
  execFileSync(settings.cc, args, { stdio: 'pipe' })
  const parameters = Array.from({ length: pointers }, () => 'void *')
  const run: Compiled = koffi.load(`${file}.so`).func('run', 'int', parameters)
  compiled.set(key, run)
  return run
}

/** Why a compiler of this name cannot be called, or null. */
const reasons = new Map<string, string | null>()
function reasonAgainst(cc: string): string | null {
  try {
    execFileSync(cc, ['--version'], { stdio: 'pipe' })
    return null
  } catch {
    return `there is no C compiler '${cc}' here`
  }
}

function load(loop: lanewise.EmittedLoop, tables: readonly lanewise.TypedArray[]): lanewise.Runner {
  const error = new Float64Array(2)
  const run = compile(String(loop.code), 2 + tables.length + loop.operands.length)
  return lanewise.innerRuns(loop, ({ n, operands, offsets, steps, sizes, viewSteps }) => {
    const places = operands.flatMap((_, k) => [offsets[k] ?? 0, steps[k] ?? 0])
    const numbers = BigInt64Array.from([n, ...places, ...sizes, ...viewSteps.flat()], BigInt)
    const failed = run(numbers, error, ...tables, ...operands.map(({ data }) => data))
    if (failed !== 0) throw new lanewise.CheckFailed(failed - 1, error[0] ?? 0, error[1] ?? 0)
  })
}

export const c: lanewise.IrTarget = {
  version: lanewise.targetVersion,
  name: 'c',
  consumes: 'ir',
  kind: 'sync',
  unavailable() {
    const { cc } = settings
    if (!reasons.has(cc)) reasons.set(cc, reasonAgainst(cc))
    return reasons.get(cc) ?? null
  },
  forms: ['masked', 'indexed'],
  emit: (loop) => ({ code: emitC(loop) }),
  load,
  memory: lanewise.hostMemory,
  settings: {
    cc: (value) => (typeof value === 'string' ? () => Object.assign(settings, { cc: value }) : 'a command'),
    cFlags: (value) =>
      Array.isArray(value) ? () => Object.assign(settings, { cFlags: value }) : 'a list of flags',
  },
}
