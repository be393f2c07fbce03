/** What only asynchronous calls take: a signal that calls them off, and a function that hears how far they are. */
import { OptionError } from '../errors.ts'
import { throwIfAborted, type Watch } from '../targets/target.ts'
import { isOptions } from './options.ts'

const known = ['signal', 'onProgress'] as const

/** Signals of another realm too. */
const isSignal = (value: unknown): value is AbortSignal =>
  typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value

const isProgress = (value: unknown): value is Watch['progress'] => typeof value === 'function'

/**
 * Takes `signal` and `onProgress` out of the last argument.
 * @param patient see `Watch`
 * @throws OptionError when one of them is something else; the reason of a signal that is aborted already
 */
export function readWatch(
  name: string,
  args: readonly unknown[],
  patient: boolean,
): { rest: unknown[]; watch: Watch } {
  const last = args.at(-1)
  const options = isOptions(last) ? last : {}
  const { signal, onProgress, ...rest } = options
  if (signal !== undefined && signal !== null && !isSignal(signal))
    throw wrong(name, 'signal', 'an AbortSignal')
  if (onProgress !== undefined && onProgress !== null && !isProgress(onProgress))
    throw wrong(name, 'onProgress', 'a function')
  throwIfAborted(signal ?? undefined)
  const watch: Watch = { signal: signal ?? undefined, patient, progress: onProgress ?? (() => {}) }
  return { rest: last === options ? [...args.slice(0, -1), rest] : [...args], watch }
}

const wrong = (name: string, option: string, want: string): Error =>
  new OptionError(`${name}.async: option '${option}' must be ${want}`, { option, known })
