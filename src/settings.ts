/**
 * What holds for the whole library, and the environment variables behind it: they are read here and nowhere else.
 * `configure` (targets/configure.ts) is the checked way to change a setting.
 */

/** The debugging ladder (`LANEWISE_DEBUG` or `configure({ debug })`): each level also prints what those before it do. */
export const debugLevels = {
  1: 'compiles: one line a loop, with its dtypes, target and milliseconds; `explain().last` has the milliseconds of the call',
  2: 'code: the WebAssembly text of every loop',
  3: 'the IR after each pass',
  4: 'plans: the dtypes, layouts and inner run of every call',
} as const

export type DebugLevel = 0 | keyof typeof debugLevels

export interface Settings {
  /** The target of functions that name none. */
  target: string
  /** False: kernels are called, not compiled (target `js`), so that a debugger stops in them. */
  jit: boolean
  debug: DebugLevel
  /** True: nothing is used in which machines differ. */
  deterministic: boolean
  /** Threads of the parallel target, this one counted; null: one a processor. */
  readonly threads: number | null
  /** Counts changes after which loops must be looked up anew. */
  epoch: number
}

const environment: Readonly<Record<string, string | undefined>> =
  (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env ?? {}

export const isDebugLevel = (level: unknown): level is DebugLevel =>
  level === 0 || (typeof level === 'number' && level in debugLevels)

function levelOf(text: string | undefined): DebugLevel {
  const level = Number(text ?? 0)
  return isDebugLevel(level) ? level : level > 4 ? 4 : 0
}

function countOf(text: string | undefined): number | null {
  const count = Number(text ?? '')
  return Number.isInteger(count) && count >= 1 ? Math.min(64, count) : null
}

/** Set, and to no way of saying no. */
const isOn = (text: string | undefined) => !/^(0|false|no|off)?$/i.test(text?.trim() ?? '')

export const settings: Settings = {
  target: 'cpu',
  jit: !isOn(environment.LANEWISE_DISABLE_JIT),
  debug: levelOf(environment.LANEWISE_DEBUG),
  deterministic: false,
  threads: countOf(environment.LANEWISE_NUM_THREADS),
  epoch: 0,
}

const said = new Set<string>()

/** Warns of what makes calls slower than was asked for, and of what to do about it: each text once. */
export function warnOnce(text: string): void {
  if (said.has(text)) return
  said.add(text)
  console.warn(`lanewise: ${text}`)
}

/** Prints to stderr (a browser's console) when this rung of the ladder is reached; `text` is made only then. */
export function debug(level: keyof typeof debugLevels, text: () => string): void {
  if (settings.debug >= level) console.error(`lanewise[${level}] ${text()}`)
}
