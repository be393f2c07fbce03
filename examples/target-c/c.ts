/** The target 'c': loops in C, compiled with the system's `cc` into shared libraries, and called through koffi. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import koffi from 'koffi'
import * as lanewise from 'lanewise/target'
import { emitC } from './emit.ts'

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
  /** Calls the function for one run of operands; a check that failed is an error. */
  function invoke(
    operands: readonly lanewise.Strided[],
    numbers: readonly number[],
    report: lanewise.Report,
  ): void {
    const run = compile(String(loop.code), 2 + tables.length + operands.length)
    report.calls++
    const failed = run(
      BigInt64Array.from(numbers, BigInt),
      error,
      ...tables,
      ...operands.map(({ data }) => data),
    )
    if (failed !== 0) throw lanewise.outside(loop.checks[failed - 1], loop.name, error[0] ?? 0, error[1] ?? 0)
  }
  const places = (offsets: readonly number[], steps: readonly number[], count: number): number[] =>
    offsets.slice(0, count).flatMap((offset, k) => [offset, steps[k] ?? 0])
  const run: lanewise.Run = (operands, plan, report) => {
    // A freed operand is an error here.
    for (const { data } of operands) lanewise.addressOf(data)
    if (loop.form === 'indexed') lanewise.checkIndices(operands, plan)
    const length = operands.at(-1)?.shape[0] ?? 0
    lanewise.walk(plan, (offsets, n) =>
      invoke(operands, [n, length, ...places(offsets, plan.innerSteps, operands.length)], report),
    )
  }
  const { core } = loop.kernel
  if (!core) return { run }
  return {
    runCore(operands, call, report) {
      for (const { data } of operands) lanewise.addressOf(data)
      lanewise.walkCoreRuns(operands, call, ({ n, offsets, steps, coreSteps }) => {
        const inside = core.views.flatMap(({ operand, dims }) =>
          dims.map((_, d) => coreSteps[operand]?.[d] ?? 0),
        )
        invoke(operands, [n, 0, ...places(offsets, steps, operands.length), ...call.sizes, ...inside], report)
      })
    },
  }
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
  emit: (loop) => ({ code: emitC(loop) }),
  load,
  memory: lanewise.hostMemory,
  settings: {
    cc: (value) => (typeof value === 'string' ? () => Object.assign(settings, { cc: value }) : 'a command'),
    cFlags: (value) =>
      Array.isArray(value) ? () => Object.assign(settings, { cFlags: value }) : 'a list of flags',
  },
}
