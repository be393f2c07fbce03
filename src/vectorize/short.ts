/**
 * The short way of a call, for small arrays, whose time is spent before the loop: vectors of one length whose elements are
 * neighbours, numbers among them, outputs given by position or not at all. It only goes where a call of the same dtypes has
 * gone the long way (call.ts), allocates nothing but results, and leaves everything else, all errors too, to that.
 */
import { type Code, codes, dtypes, type TypedArray } from '../dtype.ts'
import { settings } from '../settings.ts'
import { makeResult } from '../targets/memory/results.ts'
import { longestShort } from '../targets/target.ts'
import { digits, mostDigits } from './key.ts'
import type { Core, Ready } from './prepare.ts'

/** Says that the call has to go the long way. */
export const notShort = Symbol('not short')

const digitOf = new Map<unknown, number>(
  codes.filter((code) => code !== 'b1').map((code) => [dtypes[code].array, digits[code]]),
)

interface Vector {
  readonly data: TypedArray
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  readonly offset?: number
  readonly dtype?: string
}

export function callShort(core: Core, args: readonly unknown[]): unknown {
  const { nin, nout, short } = core
  const count = args.length
  const operands = nin + nout
  if (count < nin || count > operands || operands > mostDigits || core.epoch !== settings.epoch)
    return notShort
  let key = 0
  let n = -1
  let numbers = 0
  for (let k = 0; k < count; k++) {
    const value = args[k]
    if (typeof value === 'number' && k < nin) {
      short.data[k] = value
      key = (key << 4) | digits.number
      numbers++
      continue
    }
    const length = readVector(core, k, value)
    if (length < 0 || (n >= 0 && length !== n)) return notShort
    n = length
    const digit = digitOf.get((short.data[k] as TypedArray).constructor)
    if (digit === undefined) return notShort
    key = (key << 4) | digit
  }
  if (n < 1 || n > longestShort) return notShort
  key <<= 4 * (operands - count)
  const ready = core.byCall.get(key)
  if (ready?.runShort === undefined || (numbers > 0 && !takesNumbers(core, ready))) return notShort
  return runShort(core, ready, ready.runShort, n, args)
}

/** Notes operand k if it is a vector of neighbours inside its data; returns its length, or -1. */
function readVector({ short }: Core, k: number, value: unknown): number {
  if (typeof value !== 'object' || value === null) return -1
  if (ArrayBuffer.isView(value)) {
    short.data[k] = value as TypedArray
    short.offset[k] = 0
    return (value as TypedArray).length
  }
  const { data, shape, stride, offset = 0, dtype } = value as Vector
  if (!ArrayBuffer.isView(data) || !Array.isArray(shape) || !Array.isArray(stride)) return -1
  if (shape.length !== 1 || stride.length !== 1 || stride[0] !== 1 || dtype === 'bool') return -1
  const length = shape[0] as number
  if (!Number.isInteger(length) || !Number.isInteger(offset)) return -1
  if (offset < 0 || length < 0 || offset + length > data.length) return -1
  short.data[k] = data
  short.offset[k] = offset
  return length
}

/** Floats take every number; for the others the long way has to look at the value. */
function takesNumbers({ nin, short }: Core, { overload }: Ready): boolean {
  for (let k = 0; k < nin; k++)
    if (typeof short.data[k] === 'number' && dtypes[overload.inputs[k] as Code].kind !== 'f') return false
  return true
}

function runShort(
  core: Core,
  ready: Ready,
  run: NonNullable<Ready['runShort']>,
  n: number,
  args: readonly unknown[],
): unknown {
  const { nin, nout, short } = core
  const { target, overload } = ready
  for (let k = args.length; k < nin + nout; k++) {
    short.data[k] = target.allocate(overload.outputs[k - nin] as Code, n, short.data)
    short.offset[k] = 0
  }
  const { report } = short
  report.target = target.name
  report.calls = 0
  report.bytesCopied = 0
  core.last = report
  core.lastLoop = ready
  const done = ready.why === undefined && run(n, short, report)
  const result = done ? resultOf(core, ready, n, args) : notShort
  // Nothing is kept alive by having been an operand.
  for (let k = 0; k < nin + nout; k++) short.data[k] = 0
  return result
}

function resultOf(
  { nin, nout, short }: Core,
  { overload }: Ready,
  n: number,
  args: readonly unknown[],
): unknown {
  const at = (k: number) =>
    nin + k < args.length
      ? args[nin + k]
      : makeResult(overload.outputs[k] as Code, short.data[nin + k] as TypedArray, [n], [1])
  if (nout === 1) return at(0)
  return Array.from({ length: nout }, (_, k) => at(k))
}
