/**
 * From the untyped tree to the typed IR, for operands of given dtypes. One walk both finds the types and makes the IR: it is repeated,
 * with the types of locals growing, until none grows any more; the last walk's IR is the answer.
 */
import { type Code, codeOfArray } from '../../dtype.ts'
import { chunked } from './chunks.ts'
import { calls, indexOf } from './infer-calls.ts'
import { type CoreLayout, coresOf, type OwnSize, sizingOf } from './infer-core.ts'
import { binaryOperators, integerDivision, takesBits, unaryOperators } from './infer-operators.ts'
import {
  and,
  constantOf,
  entering,
  int,
  or,
  pick,
  type Typed,
  type Typing,
  toBase,
  toCode,
  truth,
  truthOf,
  typed,
} from './infer-values.ts'
import {
  type ArraySlot,
  type Check,
  type Core,
  type Kernel,
  type Local,
  local,
  type Prange,
  type Stmt,
  set,
  type Tables,
} from './ir.ts'
import { type Definition, programOf } from './parse.ts'
import { outermost, type Place, placeOf, syntaxError, typeError } from './source.ts'
import type { Choice, Program, Signature, Step, Table, Tree } from './tree.ts'
import {
  accepts,
  irType,
  isWeak,
  join,
  resultCode,
  sameType,
  showType,
  type Type,
  weakFloat,
  weakInt,
} from './types.ts'

/** What one walk leaves behind. */
interface Walk {
  readonly locals: readonly Local[]
  readonly outs: readonly number[]
  readonly checks: readonly Check[]
  readonly body: readonly Stmt[]
  /** The types of what is stored to each array parameter. */
  readonly stores: ReadonlyMap<number, Type>
  /** The locals that hold the sizes of made arrays. */
  readonly sizes: readonly number[]
  readonly grew: boolean
  readonly problem: (() => never) | undefined
}

const weakTable = (table: Table): Type => (table.data instanceof Float64Array ? weakFloat : weakInt)

/**
 * The signature by whose types a call is made, found as ufuncs find loops: the first that the arguments' dtypes match exactly, else
 * the first to which they cast safely. Weak arguments go by the others; all by themselves they are f8.
 */
export function chooseSignature(choice: Choice, args: readonly Type[]): Signature | undefined {
  const fits = choice.signatures.filter((s) => s.inputs.length === args.length)
  const every = (holds: (code: Code, type: Type) => boolean) =>
    fits.find((s) => s.inputs.every((code, k) => holds(code, args[k] ?? weakFloat)))
  const alone = args.every(isWeak)
  const exact = (code: Code, type: Type) =>
    isWeak(type) && !alone ? accepts(code, type) : resultCode(type) === code
  return every(exact) ?? every(accepts)
}

function walk(
  program: Program,
  slots: readonly ArraySlot[],
  inputs: readonly Code[],
  outputs: readonly Code[] | undefined,
  types: Map<number, Type>,
  core: Core | undefined,
  nin: number,
  own: readonly OwnSize[],
  unknown: ReadonlySet<number> | undefined,
): Walk {
  const locals: Local[] = inputs.slice(0, nin).map((type, k) => {
    return { type, name: program.locals[program.params[k] ?? 0] ?? '' }
  })
  const operands = new Map(program.params.slice(0, nin).map((id, k) => [id, k] as const))
  const ids = new Map<number, number>()
  const checks: Check[] = []
  const stores = new Map<number, Type>()
  let grew = false
  let problem: (() => never) | undefined

  const newLocal = (type: Code, name: string): number => locals.push({ type, name }) - 1
  const g: Typing = {
    steps: [],
    newLocal,
    fail(at, message, seen, hint) {
      problem ??= () => typeError(at, message, seen.map(showType), hint)
      return constantOf(NaN)
    },
  }

  const codeOf = (id: number): Code => {
    const type = types.get(id) ?? weakInt
    const out = program.outs.indexOf(id)
    return out < 0 ? irType[type.base] : (outputs?.[out] ?? resultCode(type))
  }
  const idOf = (id: number): number => {
    const made = ids.get(id) ?? newLocal(codeOf(id), program.locals[id] ?? '')
    ids.set(id, made)
    return made
  }

  const readLocal = (id: number): Typed => {
    const operand = operands.get(id)
    const code = operand === undefined ? undefined : inputs[operand]
    if (operand !== undefined && code !== undefined) return entering(code, local(code, operand))
    const type = types.get(id) ?? weakInt
    return typed(local(irType[type.base], idOf(id)), type)
  }

  /** Where only the whole part of a quotient is asked for, that of integers is found without leaving them. */
  const wholePart = (tree: Tree, name: 'div' | 'floordiv'): Typed => {
    if (tree.kind !== 'binary' || tree.operator !== '/') return expr(tree)
    const [a, b] = [expr(tree.left), expr(tree.right)]
    return integerDivision(name, a, b, tree.at) ?? binaryOperators['/'](g, a, b, tree.at)
  }

  const expr = (tree: Tree): Typed => {
    switch (tree.kind) {
      case 'constant':
        return constantOf(tree.value)
      case 'local':
        return readLocal(tree.local)
      case 'unary': {
        const arg = takesBits(tree.operator) ? wholePart(tree.arg, 'div') : expr(tree.arg)
        return unaryOperators[tree.operator](arg, tree.at)
      }
      case 'binary': {
        const side = (part: Tree) => (takesBits(tree.operator) ? wholePart(part, 'div') : expr(part))
        return binaryOperators[tree.operator](g, side(tree.left), side(tree.right), tree.at)
      }
      case 'logical': {
        const join = tree.operator === '&&' ? and : or
        return truthOf(join(truth(expr(tree.left)), truth(expr(tree.right))))
      }
      case 'conditional': {
        const test = truth(expr(tree.test))
        const then = expr(tree.then)
        const otherwise = expr(tree.else)
        const to = join(then.type, otherwise.type)
        return typed(pick(test, toBase(then, to), toBase(otherwise, to)), to)
      }
      case 'call': {
        const name = tree.name === 'Math.trunc' ? 'div' : tree.name === 'Math.floor' ? 'floordiv' : undefined
        const args = tree.args.map((arg) => (name ? wholePart(arg, name) : expr(arg)))
        return calls[tree.name](g, args, tree.at)
      }
      case 'element':
        return element(tree)
      case 'item': {
        const { type, operand } = core?.views[tree.view] ?? { type: 'f8', operand: -1 }
        const read = { kind: 'element', type, view: tree.view, ...access(tree) } as const
        return unknown?.has(operand) ? typed(toCode('i8', read), weakInt) : entering(type, read)
      }
      case 'size':
        return size(tree)
      case 'coerce':
        return coerce(tree)
    }
  }

  const element = (tree: Extract<Tree, { kind: 'element' }>): Typed => {
    const slot = slots[tree.table]
    const table = program.tables[tree.table]
    const index = indexOf(g, expr(tree.index), tree.at)
    const type = slot?.type ?? 'f8'
    const check = checks.push({ at: outermost(tree.at), array: slot?.name ?? '' }) - 1
    const load = { kind: 'load', type, array: tree.table, index, check } as const
    return table?.weak ? typed(load, weakTable(table)) : entering(type, load)
  }

  /** The indices of an access to an array parameter, and the first of their checks. */
  const access = ({
    view,
    indices,
    at,
  }: Extract<Tree, { kind: 'item' }> | Extract<Step, { kind: 'store' }>) => {
    const made = indices.map((index) => indexOf(g, expr(index), index.at))
    const check = checks.length
    const array = core?.views[view]?.name ?? ''
    made.forEach((_, axis) => {
      checks.push({ at: outermost(at), array, ...(made.length > 1 ? { axis } : {}) })
    })
    return { indices: made, check }
  }

  const size = ({ view, axis }: Extract<Tree, { kind: 'size' }>): Typed => {
    const dim = core?.views[view]?.dims[axis] ?? -1
    const value = dim < 0 ? int(1) : toCode('i8', { kind: 'size', type: 'i4', view, axis })
    return typed(value, weakInt)
  }

  const coerce = (tree: Extract<Tree, { kind: 'coerce' }>): Typed => {
    const { choice, side, slot, at } = tree
    const args = choice.args.map((arg) => expr(arg).type)
    const code = chooseSignature(choice, args)?.[side][slot]
    const value = expr(tree.arg)
    if (code) return entering(code, toCode(code, value.expr))
    const known = choice.signatures.map((s) => `(${s.inputs.join(',')})`).join(', ')
    return g.fail(
      at,
      `no signature of ${choice.name ? `\`${choice.name}\`` : 'this function'} takes (${args.map(showType).join(', ')})`,
      args,
      `It has ${known}. Convert the arguments, or add a signature.`,
    )
  }

  const grow = (id: number, type: Type): Type => {
    const old = types.get(id)
    const next = old ? join(old, type) : type
    if (!old || !sameType(old, next)) {
      grew = true
      types.set(id, next)
    }
    return next
  }

  const list = (steps: readonly Step[]): Stmt[] => {
    const before = g.steps
    const made: Stmt[] = []
    g.steps = made
    for (const s of steps) step(s)
    g.steps = before
    return made
  }

  const step = (s: Step): void => {
    switch (s.kind) {
      case 'set': {
        const value = expr(s.value)
        const to = grow(s.local, value.type)
        g.steps.push(set(idOf(s.local), toCode(codeOf(s.local), toBase(value, to))))
        return
      }
      case 'store': {
        const to = core?.views[s.view]?.type ?? 'f8'
        const at = access(s)
        const value = expr(s.value)
        const old = stores.get(s.view)
        stores.set(s.view, old ? join(old, value.type) : value.type)
        g.steps.push({ kind: 'store', view: s.view, ...at, value: toCode(to, value.expr) })
        return
      }
      case 'if': {
        const cond = truth(expr(s.test))
        if (cond.kind === 'const') for (const inner of cond.value === true ? s.then : s.else) step(inner)
        else g.steps.push({ kind: 'if', cond, then: list(s.then), else: list(s.else) })
        return
      }
      case 'loop': {
        const { label, at, prange } = s
        const idIn = (join: Prange['joins'][number]) => ({ ...join, local: idOf(join.local) })
        const over = prange && {
          ...prange,
          counter: idOf(prange.counter),
          to: expr(prange.to).expr,
          joins: prange.joins.map(idIn),
        }
        const loop = { kind: 'loop', label, at: outermost(at), ...(over && { prange: over }) } as const
        g.steps.push({ ...loop, body: list(s.body), update: list(s.update) })
        return
      }
      case 'block':
        g.steps.push({ kind: 'block', label: s.label, body: list(s.body) })
        return
      case 'break':
      case 'continue':
        g.steps.push({ kind: s.kind, label: s.label })
        return
      case 'make':
        setSizes(s.made, false)
        return
      case 'declare':
        return
    }
  }

  const sizes = own.map(() => newLocal('i8', 'size'))
  /** Sizes that are known at entry are set there, others where the array is made. */
  const setSizes = (made: number, known: boolean): void => {
    for (const [k, one] of own.entries()) {
      const id = sizes[k]
      if (id === undefined || one.made !== made || one.known !== known) continue
      g.steps.push(set(id, indexOf(g, expr(one.size), one.size.at, -1)))
    }
  }
  program.made.forEach((_, made) => {
    setSizes(made, true)
  })
  const body = [...g.steps, ...list(program.body)]
  return { locals, outs: program.outs.map(idOf), checks, body, stores, sizes, grew, problem }
}

export interface Inferred {
  readonly kernel: Kernel
  readonly tables: Tables
  /** For each array parameter that is written, the dtype that holds all that is stored to it. */
  readonly stored: ReadonlyMap<number, Code>
  /** Those to which only weak values are stored, literals and the like. */
  readonly weak: ReadonlySet<number>
  /** What computes the sizes of the arrays that the kernel makes, from number `layout.sizes` on; null where there are none. */
  readonly sizing: Kernel | null
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

function checkCounts(definition: Definition, nin: number, nout: number | undefined): void {
  const { arity, required, parsed, program } = definition
  const at: Place = placeOf(parsed, parsed.node)
  if (nin < required || nin > arity) {
    const takes = required === arity ? count(arity, 'argument') : `${required} to ${arity} arguments`
    syntaxError(at, `the kernel takes ${takes}, but the signature has ${nin}`)
  }
  const gives = program.outs.length + program.results.length
  if (nout !== undefined && nout !== gives) {
    const hint = 'UniTuple(f8,2)(f8) is a signature with two results; return [q, r] gives two.'
    syntaxError(
      at,
      `the kernel returns ${count(gives, 'value')}, but the signature has ${count(nout, 'result')}`,
      hint,
    )
  }
}

/**
 * The kernel for operands of these dtypes, with the contents of its tables. Without `outputs` the results have the dtypes that
 * NumPy's promotion of what entered them gives. `beyond` has the dtypes of arrays that the kernel makes, results first.
 * @throws KernelTypeError for operators that are not defined on their operands' types
 * @throws KernelSyntaxError where the number of parameters or results is another
 */
export function infer(
  definition: Definition,
  inputs: readonly Code[],
  outputs?: readonly Code[],
  layout?: CoreLayout,
  beyond: readonly Code[] = [],
): Inferred {
  checkCounts(definition, inputs.length, outputs?.length)
  const program = programOf(definition, inputs.length)
  const arrays = program.tables.map(
    ({ name, data }): ArraySlot => ({ name, type: codeOfArray(data) ?? 'f8', length: data.length }),
  )
  const codeOf = (operand: number): Code => [...inputs, ...beyond][operand] ?? 'b1'
  const cores = layout && coresOf(program, codeOf, layout)
  const { core, own = [] } = cores ?? {}
  const nin = layout ? layout.nin : inputs.length
  const types = new Map<number, Type>()
  const again = () => walk(program, arrays, inputs, outputs, types, core, nin, own, layout?.unknown)
  let last = again()
  while (last.grew) last = again()
  last.problem?.()
  const kernel: Kernel = {
    name: definition.name || 'kernel',
    source: definition.source,
    locals: last.locals,
    nin,
    outs: last.outs,
    arrays,
    checks: last.checks,
    ...(core ? { core } : {}),
    body: last.body,
  }
  const operandOf = (view: number): number => program.views[view]?.operand ?? 0
  const stored = new Map([...last.stores].map(([view, type]) => [operandOf(view), resultCode(type)] as const))
  const weak = new Set([...last.stores].flatMap(([view, type]) => (isWeak(type) ? [operandOf(view)] : [])))
  const sizing = last.sizes.length > 0 ? sizingOf(chunked(kernel), last.sizes) : null
  if (last.sizes.length > 0 && sizing === null)
    syntaxError(
      placeOf(definition.parsed, definition.parsed.node),
      'the size of an array that the kernel makes hangs on elements that it has written before',
      'Compute the size from what the kernel only reads, or in a function of its own that returns it.',
    )
  return { kernel, tables: program.tables.map((t) => t.data), stored, weak, sizing }
}
