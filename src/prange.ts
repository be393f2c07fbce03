/** `prange`: the range whose iterations need nothing of each other. In JavaScript it is a plain range; kernels know it by its brand. */

/** The property by which a kernel knows it; a `Symbol.for`, so that two copies of lanewise agree. */
const brand = Symbol.for('lanewise.prange')

export const isPrange = (value: unknown): boolean =>
  typeof value === 'function' && Reflect.get(value, brand) === true

function* range(from: number, to: number, step: number): Generator<number, void> {
  if (!Number.isInteger(step) || step === 0)
    throw new RangeError(`the step of prange is a whole number that is not 0, but got ${step}`)
  // Multiplied, as Python's range: so that it ends where adding up would stand still.
  const count = Math.ceil((to - from) / step)
  for (let k = 0; k < count; k++) yield from + k * step
}

/**
 * The whole numbers from 0, or from `start`, to before `stop`, `step` apart: for kernels of `jit` and `guvectorize`, and for plain code.
 * In a kernel the iterations may come in any order, so that none may use what another has computed; locals from outside may be joined
 * to with one of `+= *= &= |= ^=`, Math.min and Math.max. Matches `numba.prange`.
 * @throws RangeError for a step that is 0 or no whole number
 */
export function prange(stop: number): Generator<number, void>
export function prange(start: number, stop: number, step?: number): Generator<number, void>
export function prange(first: number, stop?: number, step = 1): Generator<number, void> {
  return stop === undefined ? range(0, first, 1) : range(first, stop, step)
}
Object.defineProperty(prange, brand, { value: true })
