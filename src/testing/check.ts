/** Expectations: what an element has to be, how results are read and compared, and what a refusal looks like. */
import type { View } from '../broadcast/view.ts'
import { type Code, codeOfArray, dtypes } from '../dtype.ts'
import { LanewiseError } from '../errors.ts'
import { jsLoop } from '../loops/js.ts'
import { infer } from '../loops/kernel/infer.ts'
import type { Value } from '../loops/kernel/ir.ts'
import { define } from '../loops/kernel/parse.ts'
import { parseSignature } from '../loops/signature.ts'
import { indices } from './operands.ts'

export type Element = (values: readonly Value[]) => readonly Value[]

/**
 * The typed kernel, interpreted, for operands of these dtypes in memory; left out, those of the signature. Memory in, memory out.
 */
export function elementOf(
  kernel: string,
  signature: string,
  memory: {
    readonly inputs?: readonly Code[]
    readonly outputs?: readonly Code[]
    readonly env?: object
  } = {},
): Element {
  const types = parseSignature(signature)
  const inputs = types.inputs.map(({ code }) => code)
  const outputs = (types.outputs ?? []).map(({ code }) => code)
  const { env } = memory
  const typed = infer(define(kernel, env ? { env: env as never } : {}), inputs, outputs)
  const loop = { ...typed, function: null, form: 'map' } as const
  return jsLoop({ ...loop, inputs: memory.inputs ?? inputs, outputs: memory.outputs ?? outputs }).element
}

/** The elements of a result in C order, and its dtype; a scalar is one. */
export function elements(result: unknown): { code: Code | null; shape: readonly number[]; values: Value[] } {
  if (typeof result !== 'object' || result === null)
    return { code: null, shape: [], values: [result as Value] }
  if (ArrayBuffer.isView(result)) {
    const data = result as unknown as Float64Array
    return { code: codeOfArray(data) ?? null, shape: [data.length], values: [...data] }
  }
  const { data, shape, stride, offset = 0, dtype } = result as View
  const code = dtype === 'bool' ? 'b1' : (codeOfArray(data) ?? null)
  const values = indices(shape, stride, offset).map((at) => data[at] as Value)
  return { code, shape, values }
}

const view = new DataView(new ArrayBuffer(8))
/** Floats as integers in their order; the zeros are neighbours. */
function rank(code: Code, value: number): bigint {
  if (code === 'f4') view.setFloat32(0, value)
  else view.setFloat64(0, value)
  const bits = code === 'f4' ? BigInt(view.getInt32(0)) : view.getBigInt64(0)
  return bits >= 0n ? bits : -(bits & (code === 'f4' ? 0x7fffffffn : 0x7fffffffffffffffn)) - 1n
}

/** How many values of the dtype lie between two; 0 for the same one, Infinity where one is a NaN. */
export function distance(code: Code, a: Value, b: Value): number {
  const [x, y] = [a, b].map((v) => (typeof v === 'boolean' ? Number(v) : v))
  if (Object.is(x, y) || (Number.isNaN(x) && Number.isNaN(y))) return 0
  if (dtypes[code].kind !== 'f' || Number.isNaN(x) || Number.isNaN(y)) return Infinity
  const apart = rank(code, Number(x)) - rank(code, Number(y))
  return Number(apart < 0n ? -apart : apart)
}

export class Mismatch extends Error {
  override readonly name = 'Mismatch'
}

/** @throws Mismatch naming the first element that is further off than `tolerance` */
export function expectValues(
  what: string,
  code: Code,
  got: readonly Value[],
  want: readonly Value[],
  tolerance: number,
): void {
  if (got.length !== want.length)
    throw new Mismatch(`${what}: ${got.length} elements instead of ${want.length}`)
  want.forEach((value, i) => {
    const apart = distance(code, got[i] as Value, value)
    if (apart <= tolerance) return
    const off = Number.isFinite(apart) ? ` (${apart} values of ${code} apart)` : ''
    throw new Mismatch(`${what}, element ${i}: got ${String(got[i])}, want ${String(value)}${off}`)
  })
}

export function expectResult(
  what: string,
  result: unknown,
  want: { readonly code: Code; readonly shape: readonly number[]; readonly values: readonly Value[] },
  tolerance: number,
): void {
  const got = elements(result)
  // Truth values lie in bytes.
  const code = want.code === 'b1' && got.code === 'u1' ? 'b1' : got.code
  if (code !== null && code !== want.code)
    throw new Mismatch(`${what}: the result is ${code}, not ${want.code}`)
  if (got.shape.join() !== want.shape.join())
    throw new Mismatch(`${what}: the result has shape [${got.shape}], not [${want.shape}]`)
  expectValues(what, want.code, got.values, want.values, tolerance)
}

/** @throws Mismatch unless the call fails with an error of this `code`, which is given back */
export async function expectError(what: string, code: string, call: () => unknown): Promise<LanewiseError> {
  try {
    await call()
  } catch (error) {
    if (error instanceof LanewiseError && error.code === code) return error
    // A refusal is told as it is.
    if (error instanceof LanewiseError && error.code === 'target') throw error
    throw new Mismatch(`${what}: expected an error of code '${code}', but got ${String(error)}`)
  }
  throw new Mismatch(`${what}: expected an error of code '${code}', but the call returned`)
}
