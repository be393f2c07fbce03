/**
 * The short way of a call, for what most calls are: arrays of one shape whose elements are neighbours in C order, numbers among them,
 * outputs given or not; plain arrays if they fit a block; and numbers alone. For small ones the time before the loop is all that counts. It only goes
 * where a call of the same dtypes has gone the long way (call.ts), allocates nothing but results, and leaves everything else, all
 * errors too, to that.
 */
import { contiguousStrides, sameShape } from '../broadcast/shape.ts'
import { type Code, codes, dtypes, type TypedArray } from '../dtype.ts'
import { addressOf } from '../targets/memory/resident.ts'
import { longestShort } from '../targets/target.ts'
import { digits, mostDigits } from './key.ts'
import type { Core, Ready } from './prepare.ts'

/** Says that the call has to go the long way. */
export const notShort = Symbol('not short')

const digitOf = new Map<unknown, number>(
  codes.filter((code) => code !== 'b1').map((code) => [dtypes[code].array, digits[code]]),
)

interface Neighbours {
  readonly data: TypedArray
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  readonly offset?: number
  readonly dtype?: string
}

export function callShort(core: Core, args: readonly unknown[]): unknown {
  const result = tryShort(core, args)
  if (result === notShort) forget(core)
  return result
}

/** Nothing is kept alive by having been an operand, and no later call takes it for one of its own. */
function forget({ nin, nout, short }: Core): void {
  for (let k = 0; k < nin + nout; k++) short.data[k] = 0
  short.shape = null
}

function tryShort(core: Core, args: readonly unknown[]): unknown {
  const { nin, nout, short } = core
  let count = args.length
  const operands = nin + nout
  if (count < nin || operands > mostDigits) return notShort
  const out = onlyOut(args[count - 1])
  if (out !== undefined) count--
  const given = out === undefined ? count : count + nout
  if (given > operands || count < nin) return notShort
  let key = 0
  let n = -1
  let numbers = 0
  let shape: readonly number[] | null = null
  const turn = ++short.turn
  for (let k = 0; k < given; k++) {
    const value = k < count ? args[k] : outputAt(out, k - count, nout)
    if (typeof value === 'number' && k < nin) {
      short.data[k] = value
      key = (key << 4) | digits.number
      numbers++
      continue
    }
    const length = readNeighbours(core, k, value)
    if (length < 0) return notShort
    if (n < 0) shape = short.shape
    else if (length !== n || !sameAs(shape, short.shape)) return notShort
    n = length
    // Most calls have the dtypes of the last one: a comparison instead of a look into the table.
    const kind = (short.data[k] as TypedArray).constructor
    if (kind !== short.classes[k]) {
      short.classes[k] = kind
      short.digits[k] = digitOf.get(kind) ?? -1
    }
    const digit = short.digits[k] as number
    if (digit < 0) return notShort
    key = (key << 4) | digit
  }
  const alone = numbers === given && given === nin
  if (alone) n = 1
  // An operand may be a getter that calls this very function: then what was noted is lost.
  if (n < 1 || short.turn !== turn || (n > longestShort && !beginsResident(core, given))) return notShort
  key <<= 4 * (operands - given)
  const ready = core.byCall.get(key)
  if (
    ready?.runShort === undefined ||
    ready.wantsPlan?.(n) === true ||
    (numbers > 0 && !takesNumbers(core, ready))
  )
    return notShort
  short.shape = shape
  return runShort(core, ready, ready.runShort, n, given, args, out, alone)
}

/** An array of one element, of no use beyond the call. */
function single({ short }: Core, k: number, code: Code): TypedArray {
  const { array } = dtypes[code]
  const held = short.singles[k]
  if (held?.constructor === array) return held
  const made = new array(1)
  short.singles[k] = made
  return made
}

/** The value of `out` if the last argument is an options object with nothing else. */
function onlyOut(last: unknown): unknown {
  if (typeof last !== 'object' || last === null || ArrayBuffer.isView(last) || 'data' in last)
    return undefined
  for (const name in last) if (name !== 'out') return undefined
  return (last as { out?: unknown }).out ?? undefined
}

const outputAt = (out: unknown, k: number, nout: number): unknown =>
  nout === 1 ? out : Array.isArray(out) && out.length === nout ? out[k] : undefined

/** A shape of one axis is null here: most are. */
const sameAs = (a: readonly number[] | null, b: readonly number[] | null): boolean =>
  a === b || (a !== null && b !== null && sameShape(a, b))

/** Notes operand k if its elements are neighbours in C order inside its data; returns how many, or -1. */
function readNeighbours({ short }: Core, k: number, value: unknown): number {
  if (typeof value !== 'object' || value === null) return -1
  if (ArrayBuffer.isView(value)) {
    short.data[k] = value as TypedArray
    short.offset[k] = 0
    short.shape = null
    return (value as TypedArray).length
  }
  const { data, shape, stride, offset = 0, dtype } = value as Neighbours
  if (!ArrayBuffer.isView(data) || !Array.isArray(shape) || !Array.isArray(stride)) return -1
  const dimension = shape.length
  if (dimension === 0 || stride.length !== dimension || dtype === 'bool') return -1
  let length = 1
  for (let axis = dimension - 1; axis >= 0; axis--) {
    const size = shape[axis] as number
    if (!Number.isInteger(size) || size < 0 || stride[axis] !== length) return -1
    length *= size
  }
  if (!Number.isInteger(offset) || offset < 0 || offset + length > data.length) return -1
  short.data[k] = data
  short.offset[k] = offset
  short.shape = dimension === 1 ? null : shape
  return length
}

/** Resident arrays can be of any length: nothing has to be staged. */
function beginsResident({ short }: Core, given: number): boolean {
  for (let k = 0; k < given; k++) {
    const data = short.data[k]
    if (typeof data !== 'number') return addressOf(data as TypedArray) !== -1
  }
  return false
}

/** Floats take every number; for the others the long way has to look at the value. */
function takesNumbers({ nin, short }: Core, { overload }: Ready): boolean {
  for (let k = 0; k < nin; k++)
    if (typeof short.data[k] === 'number' && dtypes[overload.inputs[k] as Code].kind !== 'f') return false
  return true
}

/** @param alone all inputs are numbers, so the results are scalars */
function runShort(
  core: Core,
  ready: Ready,
  run: NonNullable<Ready['runShort']>,
  n: number,
  given: number,
  args: readonly unknown[],
  out: unknown,
  alone: boolean,
): unknown {
  const { nin, nout, short } = core
  const { target, overload } = ready
  for (let k = given; k < nin + nout; k++) {
    const code = overload.outputs[k - nin] as Code
    short.data[k] = alone ? single(core, k - nin, code) : target.memory.allocate(code, n, short.data)
    short.offset[k] = 0
  }
  const { report } = short
  report.target = target.name
  report.calls = 0
  report.bytesCopied = 0
  core.last = report
  core.lastLoop = ready
  try {
    const done = ready.why === undefined && run(n, short, report)
    return done ? resultOf(core, ready, n, given, args, out, alone) : notShort
  } finally {
    forget(core)
  }
}

function resultOf(
  { nin, nout, short }: Core,
  { overload, target }: Ready,
  n: number,
  given: number,
  args: readonly unknown[],
  out: unknown,
  alone: boolean,
): unknown {
  const at = (k: number): unknown => {
    const code = overload.outputs[k] as Code
    const data = short.data[nin + k] as TypedArray
    if (alone) return code === 'b1' ? data[0] !== 0 : data[0]
    if (nin + k < given) return out === undefined ? args[nin + k] : outputAt(out, k, nout)
    const shape = short.shape === null ? [n] : [...short.shape]
    const stride = short.shape === null ? [1] : contiguousStrides(shape)
    return target.memory.makeResult(code, data, shape, stride)
  }
  if (nout === 1) return at(0)
  return Array.from({ length: nout }, (_, k) => at(k))
}
