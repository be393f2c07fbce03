/**
 * The meaning of the typed IR: it runs a kernel on one element of each operand. Slow and plain; everything else that runs kernels
 * must agree with it, bit for bit.
 */
import { CheckFailed } from '../../outside.ts'
import { chunked } from './chunks.ts'
import { bitsValue, castValue, enter, evaluate, leave, zeroOf } from './evaluate.ts'
import type { ArrayValue, Expr, Inside, Kernel, Stmt, Store, Tables, Value } from './ir.ts'

/** An index that a pass took for inside may not be outside: that is a mistake of the pass. */
function outside(known: Inside | undefined, check: number, index: number, size: number): Error {
  if (known === undefined || known === 'checked') return new CheckFailed(check, index, size)
  return new Error(`IR: an index known to be inside is ${index} of ${size}`)
}

export interface InterpretOptions {
  /** The array operands, in the order of `kernel.core.views`; stores go into them. */
  readonly arrays?: readonly ArrayValue[]
  /** Give up after so many statements. */
  readonly steps?: number
  /** Sees the value of every expression, as it is held inside (see evaluate.ts). */
  readonly onExpr?: (e: Expr, value: Value) => void
  /** Sees every value that a local is given. */
  readonly onSet?: (local: number, value: Value) => void
}

/** How a list of statements was left, if not at its end. */
type Exit = Extract<Stmt, { kind: 'break' | 'continue' }> | undefined

/**
 * The results of `kernel` on these inputs: numbers for floats and integers of up to 4 bytes, bigints for i8 and u8, booleans for b1.
 * @throws CheckFailed when an index is outside its array
 */
export function interpret(
  given: Kernel,
  tables: Tables,
  inputs: readonly Value[],
  options: InterpretOptions = {},
): Value[] {
  const kernel = chunked(given)
  const { onExpr, onSet } = options
  let steps = options.steps ?? Infinity
  const locals = kernel.locals.map((l, k) =>
    k < kernel.nin ? enter(l.type, inputs[k] ?? 0) : zeroOf(l.type),
  )

  const arrayOf = (view: number): ArrayValue => {
    const array = options.arrays?.[view]
    if (!array) throw new TypeError(`${kernel.name}: array operand ${view} is missing`)
    return array
  }
  /** Where an element of an array operand lies: its indices are computed and checked one after another. */
  const placeOf = ({ view, indices, check, inside }: Omit<Store, 'kind' | 'value'>): number => {
    const { shape, stride, offset } = arrayOf(view)
    return indices.reduce((at, e, axis) => {
      const index = Number(value(e))
      const size = shape[axis] ?? 0
      if (!(index >= 0 && index < size)) throw outside(inside?.[axis], check + axis, index, size)
      return at + index * (stride[axis] ?? 0)
    }, offset)
  }

  const compute = (e: Expr): Value => {
    switch (e.kind) {
      case 'const':
        return castValue(e.type, e.value)
      case 'local':
        return locals[e.local] ?? zeroOf(e.type)
      case 'input':
        return enter(e.type, inputs[e.operand] ?? 0)
      case 'op':
        return evaluate(e.op, e.args[0]?.type ?? e.type, e.args.map(value))
      case 'cast':
        return castValue(e.type, value(e.arg))
      case 'bits':
        return bitsValue(e.arg.type, e.type, value(e.arg))
      case 'select':
        return value(e.cond) === true ? value(e.then) : value(e.else)
      case 'load': {
        const index = Number(value(e.index))
        const table = tables[e.array]
        const element = table?.[index]
        if (element === undefined) throw outside(e.inside?.[0], e.check, index, table?.length ?? 0)
        return enter(e.type, element)
      }
      case 'element': {
        const { data } = arrayOf(e.view)
        return enter(e.type, data[placeOf(e)] ?? 0)
      }
      case 'size':
        return enter(e.type, arrayOf(e.view).shape[e.axis] ?? 0)
    }
  }
  const value: (e: Expr) => Value = onExpr
    ? (e) => {
        const v = compute(e)
        onExpr(e, v)
        return v
      }
    : compute

  const run = (body: readonly Stmt[]): Exit => {
    for (const s of body) {
      const exit = step(s)
      if (exit) return exit
    }
    return undefined
  }

  const step = (s: Stmt): Exit => {
    if (--steps < 0) throw new Error('step limit reached')
    switch (s.kind) {
      case 'set': {
        const v = value(s.value)
        locals[s.local] = v
        onSet?.(s.local, v)
        return undefined
      }
      case 'store': {
        const at = placeOf(s)
        const element = leave(s.value.type, value(s.value))
        const { data } = arrayOf(s.view)
        data[at] = typeof element === 'boolean' ? Number(element) : element
        return undefined
      }
      case 'if':
        return run(value(s.cond) === true ? s.then : s.else)
      case 'block': {
        const exit = run(s.body)
        return exit?.kind === 'break' && exit.label === s.label ? undefined : exit
      }
      case 'loop':
        for (;;) {
          if (--steps < 0) throw new Error('step limit reached')
          const exit = run(s.body)
          if (exit && exit.label !== s.label) return exit
          if (exit?.kind === 'break') return undefined
          const last = run(s.update)
          if (last) return last.kind === 'break' && last.label === s.label ? undefined : last
        }
      case 'break':
      case 'continue':
        return s
    }
  }

  run(kernel.body)
  return kernel.outs.map((id) => {
    const type = kernel.locals[id]?.type ?? 'f8'
    return leave(type, locals[id] ?? zeroOf(type))
  })
}
