/**
 * A loop that is no code: the kernel itself is called for every element, so that a debugger stops in it. Only inputs and results
 * are cast; what lies between follows plain JavaScript. Kernels with 64-bit integers, those given as text, and those that make arrays or
 * take functions go through the interpreter instead: numbers cannot hold the first, and nothing here evaluates text.
 */
import { type Code, dtypes } from '../dtype.ts'
import { BoundsError } from '../errors.ts'
import { CheckFailed, outside } from '../outside.ts'
import { callingCore, interpretingCore } from './js-arrays.ts'
import { castValue, enter, leave } from './kernel/evaluate.ts'
import { expand } from './kernel/expand.ts'
import { interpret } from './kernel/interpret.ts'
import type { Kernel, Tables, Value } from './kernel/ir.ts'
import { formInputs, type JsLoop, type LoopForm, type Note } from './loop.ts'

export interface JsRequest {
  /** The kernel with its captured values; null when it was given as text. */
  readonly function: ((...values: Value[]) => unknown) | null
  readonly kernel: Kernel
  readonly tables: Tables
  /** dtypes in memory. */
  readonly inputs: readonly Code[]
  readonly outputs: readonly Code[]
  readonly form: LoopForm
}

type Element = JsLoop['element']

/** Makes the loop of a kernel for operands of these dtypes in memory. */
export function jsLoop(request: JsRequest): JsLoop {
  const { kernel, inputs, outputs, form } = request
  const wants = kernel.locals.slice(0, kernel.nin).map((local) => local.type)
  const gives = kernel.outs.map((id): Code => kernel.locals[id]?.type ?? 'f8')
  const reason = whyInterpreted(request, [
    ...wants,
    ...gives,
    ...(kernel.core?.views ?? []).map((view) => view.type),
  ])
  const call = reason === null ? request.function : null
  const compute = call ? calling(call, gives, interpreting(request)) : interpreting(request)
  const element: Element = (values) => {
    const given = wants.map((type, k) =>
      leave(type, castValue(type, enter(inputs[k] ?? type, values[k] ?? 0))),
    )
    return compute(given).map((value, k): Value => {
      const type = gives[k] ?? 'f8'
      const memory = outputs[k] ?? type
      return leave(memory, castValue(memory, enter(type, value)))
    })
  }
  const notes: Note[] = [
    { reason: reason ?? 'the kernel itself is called for every element', line: 1, column: 1 },
  ]
  return {
    isa: 'js',
    form,
    name: kernel.name,
    inputs: formInputs(form, inputs),
    outputs,
    function: call,
    kernel,
    tables: request.tables,
    element,
    ...(kernel.core ? { core: coreElement(request, call) } : {}),
    notes,
  }
}

/** A kernel of arrays; failed checks of the interpreter become errors. */
function coreElement(request: JsRequest, call: JsRequest['function']): NonNullable<JsLoop['core']> {
  const { kernel, tables, inputs, outputs } = request
  if (call) return callingCore(call, kernel, inputs, outputs)
  const run = interpretingCore(kernel, tables, inputs, outputs)
  return (scalars, arrays) => checked(kernel, () => run(scalars, arrays))
}

function whyInterpreted(request: JsRequest, types: readonly Code[]): string | null {
  const big = types.find((type) => dtypes[type].big)
  if (big) return `interpreted: JavaScript's numbers cannot hold ${big}`
  return request.function
    ? null
    : 'interpreted: the kernel was given as source text, makes arrays, or takes functions'
}

/** A kernel sees numbers only: 0 and 1 for b1. Where in it an index was outside, `located` finds out. */
const calling =
  (call: (...values: Value[]) => unknown, gives: readonly Code[], located: Element): Element =>
  (values) => {
    try {
      const result = call(...values.map((value) => (typeof value === 'boolean' ? Number(value) : value)))
      return gives.length === 1 ? [toValue(result)] : gives.map((_, k) => toValue(part(result, k)))
    } catch (error) {
      if (error instanceof BoundsError) located(values)
      throw error
    }
  }

const part = (result: unknown, k: number): unknown => (Array.isArray(result) ? result[k] : undefined)

const toValue = (result: unknown): Value =>
  typeof result === 'number' || typeof result === 'bigint' || typeof result === 'boolean'
    ? result
    : Number(result)

const interpreting = (request: JsRequest): Element => {
  const { tables } = request
  let expanded: Kernel | undefined
  return (values) => {
    // Only there have functions of lanewise/math a meaning.
    expanded ??= expand(request.kernel)
    const kernel = expanded
    return checked(kernel, () => interpret(kernel, tables, values))
  }
}

function checked<T>(kernel: Kernel, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof CheckFailed)) throw error
    throw outside(kernel.checks[error.check], kernel.name, error.index, error.size)
  }
}
