/**
 * Kernels of arrays that are no code: the function itself is called, with views on which `a[i][j]` works, or the interpreter runs
 * the typed kernel. Either way an index outside is a BoundsError.
 */
import type { Code } from '../dtype.ts'
import { BoundsError } from '../errors.ts'
import { bind } from './kernel/bind.ts'
import { castValue, enter, leave } from './kernel/evaluate.ts'
import { interpret } from './kernel/interpret.ts'
import type { ArrayValue, Kernel, Tables, Value, ViewSlot } from './kernel/ir.ts'

/** One core call: the scalar inputs (anything at the places of arrays), then the arrays. Gives what the kernel returns. */
export type CoreElement = (scalars: readonly Value[], arrays: readonly ArrayValue[]) => readonly Value[]

const toValue = (value: unknown): Value =>
  typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? value : Number(value)

const seen = (value: Value): Value => (typeof value === 'boolean' ? Number(value) : value)

interface Access {
  readonly name: string
  /** The dtype in memory, and the one that the kernel works with. */
  readonly memory: Code
  readonly type: Code
}

/** What an expression in brackets becomes; names of properties are no such thing. */
const isIndex = (key: string): boolean => key === 'NaN' || !Number.isNaN(Number(key))

/** An array parameter as JavaScript sees it. */
function arrayView(array: ArrayValue, access: Access): object {
  const { data, shape, stride, offset } = array
  const { name, memory, type } = access
  const size = shape[0] ?? 0
  const checked = (index: number): number => {
    if (Number.isInteger(index) && index >= 0 && index < size) return offset + index * (stride[0] ?? 0)
    throw new BoundsError(`index ${index} is out of bounds for '${name}' with size ${size}`, {
      line: 0,
      column: 0,
      index,
      size,
    })
  }
  const row = (index: number): unknown => {
    const at = checked(index)
    if (shape.length === 1) return seen(leave(type, castValue(type, enter(memory, data[at] ?? 0))))
    return arrayView({ data, shape: shape.slice(1), stride: stride.slice(1), offset: at }, access)
  }
  const write = (index: number, value: unknown): void => {
    const element = leave(memory, castValue(memory, castValue(type, toValue(value))))
    data[checked(index)] = seen(element) as number
  }
  const get = (first: number, ...rest: number[]): unknown => {
    const found = row(first)
    return rest.length === 0 ? found : Reflect.apply((found as { get: typeof get }).get, found, rest)
  }
  const set = (...args: unknown[]): void => {
    const [first, second, ...rest] = args
    if (args.length === 2) write(Number(first), second)
    else Reflect.apply((row(Number(first)) as { set: typeof set }).set, undefined, [second, ...rest])
  }
  function* each(): Generator<unknown> {
    for (let i = 0; i < size; i++) yield row(i)
  }
  // With data, stride and offset it is an operand for the functions that the kernel calls.
  const own: Readonly<Record<PropertyKey, unknown>> = {
    length: size,
    data,
    shape: [...shape],
    stride: [...stride],
    offset,
    get,
    set,
    [Symbol.iterator]: each,
  }
  return new Proxy(own, {
    get: (_, key) =>
      typeof key === 'string' && !Object.hasOwn(own, key) && isIndex(key)
        ? row(Number(key))
        : Reflect.get(own, key),
    set(_, key, value) {
      write(Number(key), value)
      return true
    },
  })
}

/** Calls the function. */
export function callingCore(
  call: (...values: never[]) => unknown,
  kernel: Kernel,
  inputs: readonly Code[],
  outputs: readonly Code[],
): CoreElement {
  const views = kernel.core?.views ?? []
  const memory = [...inputs, ...outputs]
  const accessOf = ({ name, type, operand }: ViewSlot): Access => ({
    name,
    type,
    memory: memory[operand] ?? type,
  })
  const gives = kernel.outs.map((id): Code => kernel.locals[id]?.type ?? 'f8')
  return (scalars, arrays) => {
    const args: unknown[] = scalars.map((value, k) => {
      const type = kernel.locals[k]?.type ?? 'f8'
      return seen(leave(type, castValue(type, enter(inputs[k] ?? type, value))))
    })
    views.forEach((view, v) => {
      const array = arrays[v]
      if (array) args[view.operand] = arrayView(array, accessOf(view))
    })
    const result: unknown = Reflect.apply(call, undefined, args)
    const list: unknown[] = gives.length > 1 && Array.isArray(result) ? result : [result]
    return gives.map((type, k) => {
      const to = outputs[k] ?? type
      return leave(to, castValue(to, enter(type, toValue(list[k]))))
    })
  }
}

/** Runs the typed kernel. */
export function interpretingCore(
  kernel: Kernel,
  tables: Tables,
  inputs: readonly Code[],
  outputs: readonly Code[],
): CoreElement {
  const bound = bind(kernel, inputs, outputs)
  return (scalars, arrays) => interpret(bound, tables, scalars, { arrays })
}
