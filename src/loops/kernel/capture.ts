/** Values from outside, as a kernel sees them: what `env` holds, and what the globals it may use hold. */
import { codeOfArray, type TypedArray } from '../../dtype.ts'
import { isPrange } from '../../prange.ts'
import { builtinsOf } from './builtins.ts'
import { makerOf } from './makers.ts'
import { type Build, constant, nothing, type Parsed, type Value } from './parse-frame.ts'
import { scoping } from './scope.ts'
import { type Place, type Source, sourceOf, syntaxError } from './source.ts'

/** The property of a lanewise function that holds its kernel; a `Symbol.for`, so that two copies of lanewise understand each other. */
export const kernelBrand = Symbol.for('lanewise.kernel')

export const resolved = (source: Source): Parsed => ({ ...source, scoping: scoping(source.node) })

const sources = new WeakMap<CallableFunction, Parsed>()

/** A captured function is read once, however many kernels use it. */
function parsedOf(fn: CallableFunction, name: string): Parsed {
  const known = sources.get(fn)
  if (known) return known
  const parsed = resolved(sourceOf(fn, fn.name || name))
  sources.set(fn, parsed)
  return parsed
}

function addTable(build: Build, name: string, data: TypedArray, weak: boolean): Value {
  const old = build.tables.findIndex((t) => t.data === data)
  const table = old < 0 ? build.tables.push({ name, data, weak }) - 1 : old
  return { kind: 'table', table, name, length: data.length }
}

/** Judged by value, as captured numbers are: whole numbers are integers. */
function numbersTable(values: readonly number[]): TypedArray {
  const whole = values.every((v) => Number.isSafeInteger(v) && !Object.is(v, -0))
  return whole ? BigInt64Array.from(values, BigInt) : Float64Array.from(values)
}

function captureArray(build: Build, name: string, value: readonly unknown[], at: Place): Value {
  const numbers = value.filter((v) => typeof v === 'number')
  if (numbers.length !== value.length) {
    syntaxError(
      at,
      `\`${name}\` is an array of other things than numbers`,
      'A kernel can capture typed arrays and plain arrays of numbers; lay nested ones out in one array.',
    )
  }
  const data = build.copies.get(value) ?? numbersTable(numbers)
  build.copies.set(value, data)
  return addTable(build, name, data, true)
}

/** Tables are as they were when they were captured, whenever a loop is loaded. */
function captureTable(build: Build, name: string, value: TypedArray): Value {
  const data = build.copies.get(value) ?? value.slice()
  build.copies.set(value, data)
  return addTable(build, name, data, false)
}

/** @throws KernelSyntaxError for what a kernel can do nothing with */
export function capture(build: Build, name: string, value: unknown, at: Place): Value {
  switch (typeof value) {
    case 'number':
    case 'boolean':
      return constant(value, at)
    case 'bigint':
      if (value >= -(2n ** 63n) && value < 2n ** 64n) return constant(value, at)
      return syntaxError(at, `\`${name}\` is ${value}, which needs more than 64 bits`)
    case 'undefined':
      return nothing
    case 'string':
      return { kind: 'string', text: value }
    case 'symbol':
      return syntaxError(at, `\`${name}\` is a symbol`, 'Kernels compute with numbers.')
    case 'function': {
      const names = builtinsOf(value as CallableFunction)
      if (names) return { kind: 'builtin', names }
      const maker = makerOf(value)
      if (maker) return { kind: 'maker', name: maker }
      if (isPrange(value)) return { kind: 'prange' }
      const compiled = build.compiled(value)
      if (compiled) return { kind: 'compiled', ...compiled, name: compiled.name || name }
      if (value === Math.random) return randomIsRefused(at)
      const parsed = parsedOf(value as CallableFunction, name)
      return { kind: 'function', parsed, node: parsed.node, frame: undefined }
    }
    case 'object': {
      if (value === null) return nothing
      if (codeOfArray(value) !== undefined) return captureTable(build, name, value as TypedArray)
      if (Array.isArray(value)) return captureArray(build, name, value, at)
      return { kind: 'object', name, value }
    }
  }
}

export function randomIsRefused(at: Place): never {
  return syntaxError(
    at,
    'Math.random cannot be used in a kernel',
    'Elements are computed in no fixed order and more than once. Fill an array with random numbers and pass it as an input.',
  )
}
